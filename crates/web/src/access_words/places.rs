//! Acts of sharing by the path under which they are noted, `access/...` (`docs/sharing.md`) or that of a page: what was told by
//! them, and what was changed.

use audit_log::{Action, Entry, Outcome};

use super::people::{Side, is_assisted, side};
use super::verb::Verb;
use crate::Language;

/// Behind `access/`: what is told there, and what is changed there, or was to be.
struct Place {
    path: &'static str,
    told: Verb<'static>,
    changed: Verb<'static>,
}

const PLACES: [Place; 11] = [
    Place {
        path: "relations",
        told: Verb::new(
            "xem danh sách ai được xem sổ",
            "looked at the list of who may see the book",
            "look at the list of who may see the book",
        ),
        changed: Verb::new(
            "thay đổi ai được xem sổ",
            "changed who may see the book",
            "change who may see the book",
        ),
    },
    Place {
        path: "blocks",
        told: Verb::new(
            "xem danh sách những ai bị chặn",
            "looked at the list of who is blocked",
            "look at the list of who is blocked",
        ),
        changed: Verb::new(
            "chặn hoặc bỏ chặn ai đó",
            "blocked somebody or lifted a block",
            "block somebody or lift a block",
        ),
    },
    Place {
        path: "delegations",
        told: Verb::new(
            "xem danh sách ủy quyền",
            "looked at the list of who is entrusted with a book",
            "look at the list of who is entrusted with a book",
        ),
        changed: Verb::new(
            "lập, nhận hoặc kết thúc một ủy quyền",
            "made, accepted or ended a delegation",
            "make, accept or end an entrusting",
        ),
    },
    Place { path: "preview", told: PREVIEW, changed: PREVIEW },
    Place { path: "effects", told: EFFECTS, changed: EFFECTS },
    Place { path: "presence-codes", told: CODE, changed: CODE },
    Place {
        path: "notices",
        told: Verb::new(
            "xem cách nhận thông báo",
            "looked at which notices are sent",
            "look at which notices are sent",
        ),
        changed: Verb::new(
            "thay đổi cách nhận thông báo",
            "changed which notices are sent",
            "change which notices are sent",
        ),
    },
    Place {
        path: "emergency",
        told: Verb::new(
            "xem các lần mở sổ khi cấp cứu cần rà soát",
            "looked at the emergencies that are to be reviewed",
            "look at the emergencies that are to be reviewed",
        ),
        changed: OPEN_IN_EMERGENCY,
    },
    Place { path: "visits", told: PRIVATE, changed: PRIVATE },
    Place {
        path: "shields",
        told: Verb::new(
            "xem hoặc đề nghị việc che giấu nơi ở của bạn",
            "looked at or asked for hiding where you live",
            "look at or ask for hiding where you live",
        ),
        changed: Verb::new(
            "bật hoặc tắt việc che giấu nơi ở của bạn",
            "changed whether it is hidden where you live",
            "change whether it is hidden where you live",
        ),
    },
    Place {
        path: "merges",
        told: Verb::new(
            "xem xét sổ của bạn và một sổ khác có phải của cùng một người không",
            "looked into whether your book and another one are one person's",
            "look into whether your book and another one are one person's",
        ),
        changed: Verb::new(
            "gộp hoặc tách sổ của bạn với một sổ khác",
            "joined your book with another one or parted them",
            "join your book with another one or part them",
        ),
    },
];

const PREVIEW: Verb<'_> = Verb::new(
    "xem trước một cơ sở sẽ thấy những gì",
    "looked at what a facility would see",
    "look at what a facility would see",
);
const EFFECTS: Verb<'_> = Verb::new(
    "xem trước hệ quả của một lựa chọn chia sẻ",
    "looked at what a choice about sharing would do",
    "look at what a choice about sharing would do",
);
const CODE: Verb<'_> = Verb::new(
    "tạo mã để cơ sở mở sổ",
    "made a code with which a facility can open the book",
    "make a code with which a facility can open the book",
);
const PRIVATE: Verb<'_> =
    Verb::new("đánh dấu một lượt khám là riêng tư", "marked a visit as private", "mark a visit as private");

/// What an emergency is called, here and where it was opened.
pub(super) const OPEN_IN_EMERGENCY: Verb<'_> =
    Verb::new("mở sổ khi cấp cứu", "opened the book in an emergency", "open the book in an emergency");

/// The same of a code that was shown, here and where it was redeemed.
pub(super) const OPEN_BY_CODE: Verb<'_> = Verb::new(
    "mở sổ bằng mã được đưa cho cơ sở (mã của bạn hoặc mã đơn thuốc)",
    "opened the book with a code that the facility was given (yours, or that of a prescription)",
    "open the book with a code (yours, or that of a prescription)",
);

/// The same of the review of an emergency.
pub(super) const REVIEW: Verb<'_> = Verb::new(
    "rà soát một lần mở sổ khi cấp cứu",
    "reviewed an emergency in which the book was opened",
    "review an emergency in which the book was opened",
);

/// The list that a facility has of those who let it in.
const LIST_OF_FACILITY: Verb<'_> = Verb::new(
    "xem danh sách những người đang cho cơ sở xem sổ, trong đó có bạn",
    "looked at the list of those who let the facility see their books, you among them",
    "look at the list of those who let the facility see their books",
);

/// Who asks somebody to take on a book is told that there is that person; who was entrusted sees it in the own list.
const DELEGATION_OF_OTHER: Verb<'_> = Verb::new(
    "xem hoặc lập một ủy quyền có liên quan đến bạn",
    "looked at or made an entrusting that has to do with you",
    "look at or make an entrusting that has to do with you",
);

/// Pages that do what an act does.
const PAGES: [(&str, &str); 5] = [
    ("book/block", "blocks"),
    ("book/lift", "blocks"),
    ("book/end", "relations"),
    ("auth/access-log/block", "blocks"),
    ("auth/access-log/lift", "blocks"),
];

/// What an entry of an act of sharing says was done; `None` where its path is no such act.
pub(super) fn act_at(entry: &Entry<'_>, own: &str, language: Language) -> Option<String> {
    let path = entry.query.split('?').next().unwrap_or_default();
    let name = match PAGES.iter().find(|(page, _)| *page == path) {
        Some((_, name)) => name,
        None => path.strip_prefix("access/")?.split('/').next()?,
    };
    let is_told = match entry.action {
        Action::Operation => true,
        Action::Sharing => false,
        _ => return None,
    };
    let refused = entry.outcome == Outcome::Refused;
    // Who sits there instead of the citizen does what a citizen does.
    let by = if is_assisted(entry) { Side::Own } else { side(entry, own) };
    let verb = match (name, by, is_told) {
        ("relations", Side::Facility, true) => LIST_OF_FACILITY,
        ("relations", Side::Facility, false) => OPEN_BY_CODE,
        ("delegations", Side::OtherCitizen, true) => DELEGATION_OF_OTHER,
        // Of a refusal the path ends behind the name of the act: who tried tells which of the two it was.
        ("emergency", Side::Facility, false) if refused && *entry.role == *"facility-officer" => REVIEW,
        _ => {
            let place = PLACES.iter().find(|place| place.path == name)?;
            if is_told { place.told } else { place.changed }
        }
    };
    Some(verb.told(entry, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths below `/access` of `docs/sharing.md`, `docs/notices.md` and `docs/merging.md`.
    #[test]
    fn every_act_of_sharing_has_words_and_none_is_its_code() {
        let names = [
            "relations",
            "blocks",
            "delegations",
            "preview",
            "effects",
            "presence-codes",
            "emergency",
            "visits",
            "shields",
            "merges",
            "notices",
        ];
        for name in names {
            for action in [Action::Operation, Action::Sharing] {
                for outcome in [Outcome::Success, Outcome::Refused] {
                    let query = format!("access/{name}");
                    let entry = Entry { action, outcome, query: query.into(), ..Entry::default() };
                    for language in [Language::Vietnamese, Language::English] {
                        let words = act_at(&entry, "Patient/p", language).unwrap();
                        assert!(!words.contains("access") && !words.contains('“'), "{name}: {words}");
                    }
                }
            }
        }
        let other = Entry { query: "access/something".into(), ..Entry::default() };
        assert_eq!(act_at(&other, "Patient/p", Language::English), None);
    }
}
