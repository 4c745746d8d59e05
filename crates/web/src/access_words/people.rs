//! Who looked, in words: the agent of an entry, and the role of the policy.

use audit_log::Entry;

use crate::Language;

/// Role, Vietnamese, English.
const ROLES: [(&str, &str, &str); 14] = [
    ("citizen", "người dân", "citizen"),
    ("physician", "bác sĩ", "physician"),
    ("nurse", "điều dưỡng", "nurse"),
    ("pharmacist", "dược sĩ", "pharmacist"),
    ("laboratory", "nhân viên xét nghiệm, chẩn đoán hình ảnh", "staff of laboratory or imaging"),
    ("registrar", "nhân viên tiếp đón", "registrar"),
    ("station-head", "trưởng trạm y tế xã", "head of the commune health station"),
    ("facility-officer", "cán bộ phụ trách dữ liệu của cơ sở", "data officer of the facility"),
    ("system", "phần mềm của cơ sở", "software of the facility"),
    ("ministry", "cán bộ Bộ Y tế", "officer of the Ministry of Health"),
    ("auditor", "cán bộ kiểm tra", "auditor"),
    ("operator", "đơn vị vận hành hệ thống", "operator of the system"),
    ("administrator", "quản trị viên hệ thống", "administrator of the system"),
    (ASSISTED, "nhân viên hỗ trợ tại quầy", "staff helping at the counter"),
];

/// The role of staff in a session that they opened for a citizen.
const ASSISTED: &str = "assisted";

fn role(code: &str, language: Language) -> Option<&'static str> {
    ROLES
        .iter()
        .find(|(known, ..)| *known == code)
        .map(|(_, vietnamese, english)| language.say(vietnamese, english))
}

/// All roles of an entry: who signs in may have several.
fn roles(codes: &str, language: Language) -> Option<String> {
    let known: Vec<&str> = codes.split(' ').filter_map(|code| role(code, language)).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Whether staff sat there instead of a citizen.
pub(super) fn is_assisted(entry: &Entry<'_>) -> bool {
    *entry.role == *ASSISTED
}

/// Who an entry names, from the side of the one whose book it is (`Patient/..`): name and role, as far as they are known.
pub(super) fn who(entry: &Entry<'_>, own: &str, right: &str, language: Language) -> String {
    if *entry.agent == *own {
        return language.say("Bạn", "You").to_owned();
    }
    match &*entry.agent {
        "server" => return language.say("Hệ thống sổ sức khỏe", "The health book system").to_owned(),
        "anonymous" => {
            return language.say("Người chưa đăng nhập", "Somebody who was not signed in").to_owned();
        }
        "unrestricted" => {
            let words = ("Máy chủ chạy không cần đăng nhập", "The server, run without sign-in");
            return language.say(words.0, words.1).to_owned();
        }
        _ => {}
    }
    let role = match right {
        _ if is_assisted(entry) => roles(&entry.role, language),
        "delegation" => Some(language.say("người được bạn ủy quyền", "entrusted by you").to_owned()),
        "guardian" => Some(language.say("cha, mẹ hoặc người giám hộ", "parent or guardian").to_owned()),
        _ => roles(&entry.role, language),
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

#[cfg(test)]
mod tests {
    use access::{OfficerRole, StaffRole};

    use super::*;

    #[test]
    fn every_role_has_words() {
        let staff = StaffRole::ALL.map(StaffRole::code);
        let officers = OfficerRole::ALL.map(OfficerRole::code);
        for code in staff.into_iter().chain(officers).chain(["citizen", access::Assistant::ROLE]) {
            assert!(role(code, Language::Vietnamese).is_some(), "{code}");
        }
    }
}
