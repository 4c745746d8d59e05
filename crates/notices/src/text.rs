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

/// The text of a notice by a rule about an access at a moment.
pub fn texts(rule: AccessRule, seen: &Seen, at: Instant, settings: &RuleSettings) -> Texts {
    let facility = named(&seen.organization_name, &seen.organization);
    let who = named(&seen.agent_name, &seen.role);
    let (role, at) = (&seen.role, for_people(at));
    let (vietnamese, english) = match rule {
        AccessRule::NewFacility => (
            format!("{facility} lần đầu tiên truy cập sổ sức khoẻ của bạn lúc {at}."),
            format!("{facility} accessed your health book for the first time at {at}."),
        ),
        AccessRule::SameFamily => (
            format!(
                "{who} ({role}, {facility}) đã truy cập sổ sức khoẻ của bạn lúc {at}. Họ và tên đệm hoặc nơi ở giống bạn: có \
                 thể là người thân, cũng có thể chỉ trùng hợp."
            ),
            format!(
                "{who} ({role}, {facility}) accessed your health book at {at}. Family name and middle name or home are like \
                 yours: perhaps a relative, perhaps by chance."
            ),
        ),
        AccessRule::Colleague => (
            format!(
                "{who} ({role}, {facility}) đã truy cập sổ sức khoẻ của bạn lúc {at}. Bạn làm việc tại cùng cơ sở này."
            ),
            format!(
                "{who} ({role}, {facility}) accessed your health book at {at}. You work at the same facility."
            ),
        ),
        AccessRule::ManyBooks => {
            let (most, minutes) = (settings.many_books, settings.window / 60_000_000);
            (
                format!(
                    "{who} ({role}, {facility}) đã xem hơn {most} sổ sức khoẻ trong {minutes} phút, trong đó có sổ của bạn, \
                     lúc {at}. Cơ sở cũng được báo về việc này."
                ),
                format!(
                    "{who} ({role}, {facility}) read more than {most} health books within {minutes} minutes, yours among \
                     them, at {at}. The facility is told as well."
                ),
            )
        }
        AccessRule::Night => (
            format!(
                "{who} ({role}, {facility}) đã xem sổ sức khoẻ của bạn ban đêm, lúc {at}, khi bạn không có lượt khám nào đang \
                 diễn ra ở đó. Cơ sở cũng được báo về việc này."
            ),
            format!(
                "{who} ({role}, {facility}) read your health book at night, at {at}, while no visit of yours was in progress \
                 there. The facility is told as well."
            ),
        ),
    };
    Texts {
        vietnamese: format!(
            "{vietnamese} Phần lớn những việc này có lý do chính đáng. Chi tiết có trong nhật ký truy cập; bạn có thể chặn cơ sở \
             trong mục Chia sẻ."
        ),
        english: format!(
            "{english} Most of this has a good reason. Details are in the log of accesses; you can block the facility under \
             Sharing."
        ),
    }
}

fn named<'t>(name: &'t str, else_by: &'t str) -> &'t str {
    if name.is_empty() { else_by } else { name }
}
