//! What a notice says, in both languages: who, where, when, and by which rule.

use fhir::Instant;

use crate::observe::Seen;
use crate::rule::{AccessRule, RuleSettings};
use crate::time::for_people;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Vietnamese.
    pub vietnamese: String,
    /// English.
    pub english: String,
}

/// The text of a notice by a rule about an access at a moment: who looked, in which role (in Vietnamese and in English), and why
/// this is told.
pub fn texts(
    rule: AccessRule,
    seen: &Seen,
    role: (&str, &str),
    at: Instant,
    settings: &RuleSettings,
) -> Texts {
    let facility = named(&seen.organization_name, &seen.organization);
    let (who_vi, who_en) = (who(seen, role.0, facility), who(seen, role.1, facility));
    let Texts { vietnamese: at_vi, english: at_en } = for_people(at);
    let (vietnamese, english) = match rule {
        AccessRule::NewFacility => (
            format!(
                "{facility} lần đầu tiên truy cập sổ sức khỏe của bạn, lúc {at_vi}. Bạn được báo mỗi khi một cơ sở xem sổ lần \
                 đầu."
            ),
            format!(
                "{facility} accessed your health book for the first time, on {at_en}. You are told whenever a facility looks \
                 for the first time."
            ),
        ),
        AccessRule::SameFamily => (
            format!(
                "{who_vi} đã truy cập sổ sức khỏe của bạn lúc {at_vi}. Họ và tên đệm hoặc nơi ở giống bạn: có thể là người \
                 thân, cũng có thể chỉ trùng hợp."
            ),
            format!(
                "{who_en} accessed your health book on {at_en}. Family name and middle name or home are like yours: perhaps a \
                 relative, perhaps by chance."
            ),
        ),
        AccessRule::Colleague => (
            format!(
                "{who_vi} đã truy cập sổ sức khỏe của bạn lúc {at_vi}. Bạn làm việc tại cùng cơ sở này: bạn được báo khi đồng \
                 nghiệp xem sổ."
            ),
            format!(
                "{who_en} accessed your health book on {at_en}. You work at the same facility: you are told when a colleague \
                 looks."
            ),
        ),
        AccessRule::ManyBooks => {
            let (most, minutes) = (settings.many_books, settings.window / 60_000_000);
            (
                format!(
                    "{who_vi} đã xem hơn {most} sổ sức khỏe trong {minutes} phút, trong đó có sổ của bạn, lúc {at_vi}. Cơ sở \
                     cũng được báo về việc này."
                ),
                format!(
                    "{who_en} read more than {most} health books within {minutes} minutes, yours among them, on {at_en}. The \
                     facility is told as well."
                ),
            )
        }
        AccessRule::Night => (
            format!(
                "{who_vi} đã xem sổ sức khỏe của bạn ban đêm, lúc {at_vi}, khi bạn không có lượt khám nào đang diễn ra ở đó. \
                 Cơ sở cũng được báo về việc này."
            ),
            format!(
                "{who_en} read your health book at night, on {at_en}, while no visit of yours was in progress there. The \
                 facility is told as well."
            ),
        ),
    };
    Texts {
        vietnamese: format!(
            "{vietnamese} Phần lớn những việc này có lý do chính đáng. Chi tiết có trong mục “Ai đã xem”; ở đó bạn cũng \
             chặn được cơ sở."
        ),
        english: format!(
            "{english} Most of this has a good reason. Details are under “Who looked”; you can block the facility \
             there, too."
        ),
    }
}

/// Somebody with role and facility; a role alone where there is no name.
fn who(seen: &Seen, role: &str, facility: &str) -> String {
    if !seen.agent_name.is_empty() {
        return format!("{} ({role}, {facility})", seen.agent_name);
    }
    let mut letters = role.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{} ({facility})", letters.as_str())
}

fn named<'t>(name: &'t str, else_by: &'t str) -> &'t str {
    if name.is_empty() { else_by } else { name }
}
