//! Who looked, in words: the agent of an entry, and the role of the policy.

use access::{Assistant, role_in_words};
use audit_log::Entry;

use crate::Language;

fn role(code: &str, language: Language) -> Option<&'static str> {
    role_in_words(code).map(|(vietnamese, english)| language.say(vietnamese, english))
}

/// All roles of an entry: who signs in may have several.
fn roles(codes: &str, language: Language) -> Option<String> {
    let known: Vec<&str> = codes.split(' ').filter_map(|code| role(code, language)).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Agents that are no resource.
const SERVER: &str = "server";
const OPERATOR: &str = "operator";
const ANONYMOUS: &str = "anonymous";
const UNRESTRICTED: &str = "unrestricted";

/// On which side of the book somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The one whose book it is.
    Own,
    /// Another citizen: entrusted, or a guardian.
    OtherCitizen,
    /// Staff or a system of a facility.
    Facility,
    /// An officer, or somebody else whom no facility stands behind.
    Officer,
    /// The server itself.
    Server,
    /// The operator, by a command.
    Operator,
    /// Whoever uses a server without sign-in.
    Unrestricted,
}

/// On which side of the book (`Patient/..`) the agent of an entry stands.
pub(super) fn side(entry: &Entry<'_>, own: &str) -> Side {
    match &*entry.agent {
        agent if agent == own => Side::Own,
        SERVER => Side::Server,
        OPERATOR => Side::Operator,
        UNRESTRICTED => Side::Unrestricted,
        agent if agent.starts_with("Patient/") => Side::OtherCitizen,
        _ if entry.organization.is_empty() => Side::Officer,
        _ => Side::Facility,
    }
}

/// Whether staff sat there instead of a citizen.
pub(super) fn is_assisted(entry: &Entry<'_>) -> bool {
    *entry.role == *Assistant::ROLE
}

/// Who an entry names, from the side of the one whose book it is (`Patient/..`): name and role, as far as they are known.
pub(super) fn who(entry: &Entry<'_>, own: &str, rights: &[&str], language: Language) -> String {
    let no_person = match side(entry, own) {
        Side::Own => Some(("Bạn", "You")),
        Side::Server => Some(("Hệ thống sổ sức khỏe", "The health book system")),
        Side::Operator => Some(("Đơn vị vận hành hệ thống", "The operator of the system")),
        Side::Unrestricted => Some(("Máy chủ chạy không cần đăng nhập", "The server, run without sign-in")),
        _ if *entry.agent == *ANONYMOUS => Some(("Người chưa đăng nhập", "Somebody who was not signed in")),
        Side::OtherCitizen | Side::Facility | Side::Officer => None,
    };
    if let Some((vietnamese, english)) = no_person {
        return language.say(vietnamese, english).to_owned();
    }
    let role = match () {
        () if is_assisted(entry) => roles(&entry.role, language),
        () if rights.contains(&"delegation") => {
            Some(language.say("người được bạn ủy quyền", "entrusted by you").to_owned())
        }
        () if rights.contains(&"guardian") => {
            Some(language.say("cha, mẹ hoặc người giám hộ", "parent or guardian").to_owned())
        }
        () => roles(&entry.role, language),
    };
    match (entry.agent_name.is_empty(), role) {
        (false, Some(role)) => format!("{} ({role})", &*entry.agent_name),
        (false, None) => entry.agent_name.to_string(),
        (true, Some(role)) => {
            let mut letters = role.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
        (true, None) => language.say("Người không rõ tên", "Somebody whose name is not known").to_owned(),
    }
}
