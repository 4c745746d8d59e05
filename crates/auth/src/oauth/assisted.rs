//! What an app gets from a session that staff opened for a citizen who is present: it reads the own book as long as the
//! session lives. It writes nothing, reaches no book of anybody else, and gets nothing that outlives the session.

use access::{Scope, ScopeContext, ScopeInteractions, Scopes};

/// Scopes that would outlive the session.
const LASTING: [&str; 2] = ["offline_access", "online_access"];

/// What is left of scopes. `user/` would reach the books that are entrusted to the citizen: it is read as `patient/`.
pub(super) fn cut(scopes: &Scopes, others: &[String]) -> (Scopes, Vec<String>) {
    let mut resources: Vec<Scope> = Vec::new();
    for scope in &scopes.resources {
        let ScopeInteractions { read, search, .. } = scope.interactions;
        let scope = Scope {
            context: ScopeContext::Patient,
            interactions: ScopeInteractions { read, search, ..ScopeInteractions::default() },
            ..scope.clone()
        };
        if !scope.interactions.is_empty() && !resources.contains(&scope) {
            resources.push(scope);
        }
    }
    let others = others.iter().filter(|name| !LASTING.contains(&name.as_str())).cloned().collect();
    (Scopes { resources }, others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::scopes;

    #[test]
    fn reading_the_own_book_is_left() {
        for (asked, left) in [
            ("openid offline_access online_access patient/*.cruds", "openid patient/*.rs"),
            ("user/*.cruds", "patient/*.rs"),
            ("user/Observation.rs?code=1 user/Consent.cu", "patient/Observation.rs?code=1"),
            ("launch/patient patient/Patient.s", "launch/patient patient/Patient.s"),
        ] {
            let (resources, others) = scopes::read(asked).unwrap();
            let (resources, others) = cut(&resources, &others);
            assert_eq!(scopes::text(&resources, &others), left);
        }
    }
}
