//! Why somebody could look, in words: what for, and by what right.

use audit_log::{Entry, Outcome};

use super::people::is_assisted;
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

/// Right, Vietnamese, English.
const RIGHTS: [(&str, &str, &str); 19] = [
    ("shared", "thông tin chung, ai cũng xem được", "open to everybody"),
    ("own", "sổ của chính bạn", "your own book"),
    ("delegation", "bạn đã ủy quyền", "you entrusted the book"),
    ("guardian", "là cha, mẹ hoặc người giám hộ", "as parent or guardian"),
    ("presence", "bạn đã đưa mã tại cơ sở", "you showed a code at the facility"),
    ("encounter", "đang có lượt khám của bạn tại cơ sở", "you have an open visit there"),
    ("referral", "bạn được chuyển đến cơ sở", "you were referred there"),
    ("appointment", "bạn có lịch hẹn tại cơ sở", "you have an appointment there"),
    ("home-station", "trạm y tế xã nơi bạn cư trú", "the health station of your commune"),
    ("prescription", "bạn đã đưa mã đơn thuốc", "you showed the code of a prescription"),
    ("emergency", "mở sổ khi cấp cứu, có nêu lý do", "the book was opened in an emergency, with a reason"),
    ("consent", "bạn đã chấp thuận", "you consented"),
    ("registration", "cơ sở đã đăng ký cho bạn", "the facility registered you"),
    ("review", "rà soát một lần mở sổ khi cấp cứu", "review of an emergency access"),
    ("everything", "hệ thống tự xử lý", "work of the system itself"),
    ("own-log", "nhật ký truy cập sổ của chính bạn", "the log of your own book"),
    ("facility-officer", "giám sát nhân viên của cơ sở", "oversight of the staff of the facility"),
    ("auditor", "kiểm tra theo nhiệm vụ được giao", "audit of who looked"),
    ("act", "theo quy định về chia sẻ sổ", "by the rules about sharing the book"),
];

/// The right of who sits there instead of the citizen whose book it is.
const ASSISTED: (&str, &str) =
    ("trong phiên nhân viên mở giúp bạn tại quầy", "in a session that staff opened for you at the counter");

/// The right that an entry names behind the rules: `physician.care/encounter`.
pub(super) fn right<'a>(entry: &'a Entry<'_>) -> &'a str {
    entry.authority.rsplit('/').next().unwrap_or_default()
}

/// Whether it was an emergency. Who was refused has seen nothing in one.
pub(super) fn is_emergency(entry: &Entry<'_>) -> bool {
    entry.outcome != Outcome::Refused && (&*entry.purpose == "BTG" || right(entry) == "emergency")
}

/// What for, and by what right, from the side of the one whose book it is (`Patient/..`).
pub(super) fn why(entry: &Entry<'_>, own: &str, language: Language) -> String {
    let find = |table: &'static [(&str, &'static str, &'static str)], code: &str| {
        let found = table.iter().find(|(known, ..)| *known == code);
        found.map(|(_, vietnamese, english)| language.say(vietnamese, english).to_owned())
    };
    let other = |code: &str| (!code.is_empty()).then(|| code.to_owned());
    let purpose = find(&PURPOSES, &entry.purpose).or_else(|| other(&entry.purpose));
    let right = match right(entry) {
        "" if entry.outcome == Outcome::Refused => Some(
            language.say("không có quyền nên bị từ chối", "no right to it, so it was refused").to_owned(),
        ),
        "own" | "own-log" if is_assisted(entry) => Some(language.say(ASSISTED.0, ASSISTED.1).to_owned()),
        right => find(&RIGHTS, right).or_else(|| other(right)),
    };
    match (purpose, right) {
        (Some(purpose), Some(right)) => format!("{purpose}; {right}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) if *entry.agent == *own => language.say("sổ của chính bạn", "your own book").to_owned(),
        (None, None) => language.say("không ghi lý do", "no reason is noted").to_owned(),
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
