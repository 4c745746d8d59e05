//! Scopes as OAuth knows them: those about resources, which the gate reads, and those that are not.

use access::{ScopeContext, ScopeError, Scopes};

/// The scopes of one request or token: of one context.
pub(crate) fn read(text: &str) -> Result<(Scopes, Vec<String>), ScopeError> {
    let (scopes, others) = Scopes::parse(text)?;
    scopes.one_context()?;
    Ok((scopes, others))
}

/// Scopes as text, those about resources last.
pub(crate) fn text(scopes: &Scopes, others: &[String]) -> String {
    let resources = scopes.to_string();
    let parts =
        others.iter().map(String::as_str).chain((!resources.is_empty()).then_some(resources.as_str()));
    parts.collect::<Vec<_>>().join(" ")
}

/// Whether one of them is about the patient of the context.
pub(super) fn has_patient(scopes: &Scopes) -> bool {
    scopes.resources.iter().any(|scope| scope.context == ScopeContext::Patient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_comes_back_in_the_form_of_version_2() {
        let (scopes, others) = read("openid patient/*.read launch/patient patient/*.rs").unwrap();
        assert_eq!(text(&scopes, &others), "openid launch/patient patient/*.rs");
        assert_eq!(text(&Scopes::default(), &["openid".to_owned()]), "openid");
        assert_eq!(text(&scopes, &[]), "patient/*.rs");
    }

    #[test]
    fn one_patient_stands_beside_nobody_else() {
        assert_eq!(read("patient/*.r user/*.r"), Err(ScopeError::MixedContexts));
    }
}
