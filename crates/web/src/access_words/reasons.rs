//! Why somebody could look, in words: what for, and by what right.

use audit_log::{Entry, Outcome};

use super::acts::{Act, EMERGENCY, by_request, is_by_request, is_part};
use super::done::{is_count, shows_nothing};
use super::people::{Side, is_assisted, side};
use super::sign_in;
use crate::Language;

/// Purpose, Vietnamese, English.
const PURPOSES: [(&str, &str, &str); 7] = [
    ("PATRQT", "theo yêu cầu của người dân", "at the citizen's request"),
    ("TREAT", "để khám bệnh, chữa bệnh", "for care"),
    ("BTG", "cấp cứu", "emergency"),
    ("HPAYMT", "để thanh toán bảo hiểm y tế", "for payment by the health insurance"),
    ("PUBHLTH", "cho y tế công cộng", "for public health"),
    ("ERESRCH", "để nghiên cứu", "for research"),
    ("HOPERAT", "để vận hành cơ sở", "for running the facility"),
];

/// Right, Vietnamese, English: as `docs/access.md`, section 3 gives it, and for as long as it does.
const RIGHTS: [(&str, &str, &str); 20] = [
    ("shared", "thông tin chung, ai đăng nhập cũng xem được", "open to everybody who is signed in"),
    ("own", "sổ của chính bạn", "your own book"),
    ("delegation", "bạn đã ủy quyền", "you entrusted the book"),
    ("guardian", "là cha, mẹ hoặc người giám hộ", "as parent or guardian"),
    ("presence", "bạn hoặc người giám hộ đã đưa mã cho cơ sở", "you or a guardian gave the facility a code"),
    // It goes on for some time after the visit, the referral and the appointment.
    ("encounter", "bạn đang khám hoặc đã khám tại cơ sở này", "you are or were treated there"),
    (
        "referral",
        "bạn được chuyển đến hoặc được chỉ định dịch vụ tại cơ sở",
        "you were referred there, or something was ordered there for you",
    ),
    ("appointment", "bạn có hoặc vừa có lịch hẹn tại cơ sở", "you have or just had an appointment there"),
    // Mostly, but who registers somebody may name the own facility.
    (
        "home-station",
        "cơ sở được ghi là nơi quản lý sức khỏe của bạn, thường là trạm y tế xã nơi bạn cư trú",
        "it is entered as in charge of your health, as the health station of your commune mostly is",
    ),
    // Whoever had both: a paper is seen by others, too.
    (
        "prescription",
        "cơ sở có mã đơn thuốc và ngày sinh của bạn",
        "the facility had the code of a prescription and your date of birth",
    ),
    ("emergency", EMERGENCY.0, EMERGENCY.1),
    ("consent", "bạn hoặc người giám hộ đã chấp thuận", "you or a guardian consented"),
    ("registration", "cơ sở đã đăng ký sổ cho bạn", "the facility registered you"),
    ("review", "rà soát một lần mở sổ khi cấp cứu", "review of an emergency access"),
    ("everything", "hệ thống tự xử lý", "work of the system itself"),
    ("own-log", "nhật ký truy cập sổ của chính bạn", "the log of your own book"),
    ("facility-officer", "giám sát nhân viên của cơ sở", "oversight of the staff of the facility"),
    ("auditor", "kiểm tra theo nhiệm vụ được giao", "audit of who looked"),
    ("match", "thông tin được hỏi khớp với bạn", "the description fitted you"),
    ("act", "theo quy định về chia sẻ sổ", "by the rules about sharing the book"),
];

/// The right of who sits there instead of the citizen whose book it is.
const ASSISTED: (&str, &str) =
    ("trong phiên nhân viên mở giúp bạn tại quầy", "in a session that staff opened for you at the counter");
/// Of the operator, who acts by commands.
const OPERATOR: (&str, &str) = ("theo lệnh của đơn vị vận hành", "by a command of the operator");
/// Where nobody signs in.
const UNRESTRICTED: (&str, &str) = ("không kiểm tra quyền", "no right was asked for");
/// Of what was refused: there was no right, or what it was about was gone, or other than it was thought.
const REFUSED: (&str, &str) = (
    "không có quyền hoặc không thực hiện được nên bị từ chối",
    "no right to it, or it could not be done, so it was refused",
);
/// Of what was asked for and showed nothing.
const NOTHING: (&str, &str) = (
    "không có quyền xem nên không thấy gì, hoặc sổ không có mục nào phù hợp",
    "no right, so nothing was seen, or there is none",
);

/// The right that an entry names behind the rules: `physician.care/encounter`.
pub(super) fn right<'a>(entry: &'a Entry<'_>) -> &'a str {
    entry.authority.rsplit('/').next().unwrap_or_default()
}

/// Whether it was an emergency. Who was refused has seen nothing in one.
pub(super) fn is_emergency(entry: &Entry<'_>) -> bool {
    entry.outcome != Outcome::Refused && (&*entry.purpose == "BTG" || right(entry) == "emergency")
}

/// What for, and by what rights, from the side of the one whose book it is (`Patient/..`): what the entries of one request say of
/// it, in the order in which they were written, each thing once.
pub(super) fn why(entries: &[&Entry<'_>], own: &str, act: Option<Act>, language: Language) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |words: Option<String>| parts.extend(words.filter(|words| !parts.contains(words)));
    for entry in entries {
        add(named(&PURPOSES, &entry.purpose, language));
    }
    let has_right = entries.iter().any(|entry| right_words(entry, own, act, language).is_some());
    for entry in entries {
        add(match has_right {
            true => right_words(entry, own, act, language),
            false => without_right(entry, own, language),
        });
    }
    match parts.as_slice() {
        [] => language.say("không ghi lý do", "no reason is noted").to_owned(),
        parts => parts.join("; "),
    }
}

/// The words of a code; of one without words the code, and none where there is none.
fn named(
    table: &'static [(&str, &'static str, &'static str)],
    code: &str,
    language: Language,
) -> Option<String> {
    match table.iter().find(|(known, ..)| *known == code) {
        Some((_, vietnamese, english)) => Some(language.say(vietnamese, english).to_owned()),
        None => (!code.is_empty()).then(|| code.to_owned()),
    }
}

/// By what right, where the entry names one.
fn right_words(entry: &Entry<'_>, own: &str, act: Option<Act>, language: Language) -> Option<String> {
    let say = |(vietnamese, english): (&'static str, &'static str)| {
        Some(language.say(vietnamese, english).to_owned())
    };
    match (right(entry), side(entry, own)) {
        ("own" | "own-log", _) if is_assisted(entry) => say(ASSISTED),
        ("everything", Side::Operator) => say(OPERATOR),
        ("everything", Side::Unrestricted) => say(UNRESTRICTED),
        ("everything", _) if is_by_request(entry, own) => Some(
            match act.filter(|_| is_part(entry, own)) {
                Some(act) => act.right(entry, own, language),
                None => by_request(entry, own, language),
            }
            .to_owned(),
        ),
        (right, _) => named(&RIGHTS, right, language),
    }
}

/// Why it was done or not done, where no right is named.
fn without_right(entry: &Entry<'_>, own: &str, language: Language) -> Option<String> {
    let say = |(vietnamese, english): (&'static str, &'static str)| {
        Some(language.say(vietnamese, english).to_owned())
    };
    if let Some(reason) = sign_in::reason(entry, language) {
        return Some(reason.to_owned());
    }
    let is_for_own = entry.basis.is_empty() || *entry.basis == *own;
    match side(entry, own) {
        _ if entry.outcome == Outcome::Refused => say(REFUSED),
        Side::Own => named(&RIGHTS, "own", language),
        Side::Operator => say(OPERATOR),
        Side::Server => named(&RIGHTS, "everything", language),
        _ if is_assisted(entry) && is_for_own => say(ASSISTED),
        _ if is_count(entry) => None,
        _ if shows_nothing(entry) => say(NOTHING),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use access::{Authority, Purpose};

    use super::*;

    #[test]
    fn every_purpose_and_every_right_has_words() {
        for purpose in Purpose::ALL {
            assert!(PURPOSES.iter().any(|(code, ..)| *code == purpose.code()), "{}", purpose.code());
        }
        for right in Authority::ALL {
            assert!(RIGHTS.iter().any(|(code, ..)| *code == right.code()), "{}", right.code());
        }
    }
}
