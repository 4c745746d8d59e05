//! Acts of sharing that the server writes for somebody (`docs/sharing.md`, section 1), as far as the entries of one request say
//! which act it was: each ends in a `Consent`, some in a `Communication` or a `Task` besides.

use audit_log::{Action, Entry, Outcome};

use super::people::{Side, side};
use super::places::{OPEN_BY_CODE, OPEN_IN_EMERGENCY, REVIEW};
use super::reasons::right;
use super::verb::Verb;
use crate::Language;

/// Which act it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A facility opened the book in an emergency: the consent, the notice of it, and the task to review it.
    Emergency,
    /// The same once more, for a longer time; the review stays the one that it has.
    EmergencyAgain,
    /// A facility redeemed a code: nothing else of a facility makes a consent alone.
    Code,
    /// An officer of a facility answered for an emergency.
    Review,
    /// A notice was sent.
    Notice,
    /// Who may see the book was changed, by whom it is for the entry to say; `true` where a consent was made for it.
    Sharing(Side, bool),
}

/// Whether an entry tells of what the server wrote because somebody asked for it.
pub(super) fn is_by_request(entry: &Entry<'_>, own: &str) -> bool {
    let writes = matches!(entry.action, Action::Create | Action::Update | Action::Patch | Action::Delete);
    let by_somebody = !matches!(side(entry, own), Side::Server | Side::Operator | Side::Unrestricted);
    writes && by_somebody && entry.outcome == Outcome::Success && right(entry) == "everything"
}

/// Whether it is one of those of which an act consists.
pub(super) fn is_part(entry: &Entry<'_>, own: &str) -> bool {
    let kind = entry.resource.split('/').next().unwrap_or_default();
    is_by_request(entry, own) && ["Consent", "Communication", "Task"].contains(&kind)
}

/// The act of the entries of one request.
pub(super) fn act_of(entries: &[&Entry<'_>], own: &str) -> Option<Act> {
    let parts: Vec<&&Entry<'_>> = entries.iter().filter(|entry| is_part(entry, own)).collect();
    let by = side(parts.first()?, own);
    let writes = |kind: &str| parts.iter().find(|entry| entry.resource.starts_with(kind));
    let (consent, notice, task) = (writes("Consent/"), writes("Communication/"), writes("Task/"));
    let is_new = consent.is_some_and(|consent| consent.action == Action::Create);
    match (by, consent.is_some(), notice.is_some(), task.is_some()) {
        (Side::Facility, true, true, true) => Some(Act::Emergency),
        (Side::Facility, true, true, false) if !is_new => Some(Act::EmergencyAgain),
        (Side::Facility, true, false, false) if is_new => Some(Act::Code),
        (_, true, ..) => Some(Act::Sharing(by, is_new)),
        (Side::Facility, false, _, true) => Some(Act::Review),
        (_, false, true, false) => Some(Act::Notice),
        _ => None,
    }
}

/// Why the server wrote something for somebody, where it is no act that is known.
pub(super) fn by_request(entry: &Entry<'_>, own: &str, language: Language) -> &'static str {
    let (vietnamese, english) = match side(entry, own) {
        Side::Own => ("hệ thống thực hiện theo yêu cầu của bạn", "done by the system at your request"),
        _ => ("hệ thống thực hiện theo yêu cầu của người này", "done by the system at their request"),
    };
    language.say(vietnamese, english)
}

impl Act {
    /// What was done.
    pub(super) fn words(self, entry: &Entry<'_>, language: Language) -> String {
        let verb = match self {
            Self::Emergency => OPEN_IN_EMERGENCY,
            Self::EmergencyAgain => Verb::new(
                "gia hạn việc mở sổ khi cấp cứu",
                "kept the book open in an emergency",
                "keep the book open in an emergency",
            ),
            Self::Code => OPEN_BY_CODE,
            Self::Review => REVIEW,
            Self::Notice => Verb::new("gửi thông báo cho bạn", "sent you a notice", "send you a notice"),
            Self::Sharing(Side::Own, true) => Verb::new(
                "chặn ai đó, ủy quyền hoặc mở quyền xem sổ",
                "blocked somebody, entrusted somebody or let somebody in",
                "block somebody, entrust somebody or let somebody in",
            ),
            Self::Sharing(Side::OtherCitizen, false) => Verb::new(
                "nhận, kết thúc hoặc thay đổi một quyền xem sổ",
                "accepted, ended or changed a right to see the book",
                "accept, end or change a right to see the book",
            ),
            Self::Sharing(_, true) => Verb::new(
                "chặn ai đó hoặc mở quyền xem sổ",
                "blocked somebody or let somebody in",
                "block somebody or let somebody in",
            ),
            Self::Sharing(_, false) => Verb::new(
                "kết thúc hoặc thay đổi một quyền xem sổ",
                "ended or changed a right to see the book",
                "end or change a right to see the book",
            ),
        };
        verb.told(entry, language)
    }

    /// By what right.
    pub(super) fn right(self, entry: &Entry<'_>, own: &str, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::Emergency | Self::EmergencyAgain => EMERGENCY,
            Self::Code => ("theo mã được đưa cho cơ sở", "by a code that the facility was given"),
            Self::Review => {
                ("mọi lần mở sổ khi cấp cứu đều phải được rà soát", "every emergency has to be reviewed")
            }
            Self::Notice => return by_request(entry, own, language),
            Self::Sharing(Side::Own, _) => ("theo thao tác chia sẻ của bạn", "by your own act of sharing"),
            Self::Sharing(Side::OtherCitizen, _) => (
                "theo thao tác chia sẻ của người được ủy quyền hoặc người giám hộ",
                "by an act of sharing of somebody whom you entrusted, or of a guardian",
            ),
            Self::Sharing(Side::Facility, _) => {
                ("theo thao tác chia sẻ của cơ sở", "by an act of sharing of the facility")
            }
            Self::Sharing(..) => ("theo thao tác chia sẻ của cán bộ", "by an act of sharing of an officer"),
        };
        language.say(vietnamese, english)
    }

    /// Whether it opened the book in an emergency.
    pub(super) fn is_emergency(self) -> bool {
        matches!(self, Self::Emergency | Self::EmergencyAgain)
    }
}

/// Where the reason is told: the notice of each emergency holds it.
pub(super) const EMERGENCY: (&str, &str) = (
    "lý do mở sổ được ghi trong thông báo gửi bạn",
    "the reason for opening the book stands in the notice that you were sent",
);
