//! Roles as people read them: in the log of accesses, in notices.

use crate::Assistant;

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
    (Assistant::ROLE, "nhân viên hỗ trợ tại quầy", "staff helping at the counter"),
];

/// A role in Vietnamese and in English, by its name in the policy, or that of staff in a session that they opened for a citizen.
pub fn role_in_words(code: &str) -> Option<(&'static str, &'static str)> {
    ROLES.iter().find(|(known, ..)| *known == code).map(|(_, vietnamese, english)| (*vietnamese, *english))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn every_role_has_words() {
        for code in Role::ALL.map(Role::code).into_iter().chain([Assistant::ROLE]) {
            assert!(role_in_words(code).is_some(), "{code}");
        }
        assert_eq!(role_in_words("king"), None);
    }
}
