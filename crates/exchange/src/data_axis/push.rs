//! A pushed message: its header, its checksum, its content.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use json::{Limits, Node, parse};

use super::checksum::compact;
use super::{Encoding, LARGEST_CONTENT, MessageId, PublicKey, ResultCode, checksum};
use crate::check_up::Format;

/// Senders pad or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// To whom senders send: the axis of the Ministry, and that of a province.
const RECEIVERS: [&str; 2] = ["TDLBYT", "HCC"];
/// What is sent.
const CHECK_UP: &str = "sync_checkup";
/// `msg_type` of what is sent.
const SENT: &str = "101";
/// A header has a handful of texts.
const LONGEST_HEADER: usize = 4_096;
/// Deepest nesting of a body.
const DEPTH: usize = 8;
/// How far the clock of a sender may be ahead, in milliseconds.
const AHEAD: i64 = 24 * 3_600 * 1_000;

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The result code.
    pub code: ResultCode,
    /// What is wrong, in Vietnamese; no value of the message stands in it.
    pub notice: String,
}

impl Rejected {
    /// A refusal that names what is wrong.
    pub fn new(code: ResultCode, notice: impl Into<String>) -> Self {
        Self { code, notice: notice.into() }
    }

    fn field(name: &str) -> Self {
        Self::new(ResultCode::InvalidRequest, format!("header.{name}: giá trị không hợp lệ"))
    }
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The message as it came, unpacked.
    pub text: Vec<u8>,
    /// In which form.
    pub format: Format,
}

/// A message whose header is right and whose content was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// `version`, told back.
    pub version: String,
    /// To whom it was sent: the name under which this server answers.
    pub receiver: String,
    /// `msg_id`
    pub id: MessageId,
    /// `send_datetime`, in milliseconds since 1970.
    pub sent: i64,
    /// The form of the content.
    pub format: Format,
    /// What is signed.
    pub checksum: String,
    /// The signature, if there is one.
    signature: Option<String>,
    /// Base64.
    content: String,
}

impl Push {
    /// Reads the body. `now`: milliseconds since 1970.
    pub fn read(body: &[u8], now: i64) -> Result<Self, Rejected> {
        let broken = |notice: &str| Rejected::new(ResultCode::InvalidRequest, notice);
        let document = parse(body, &Limits { depth: DEPTH })
            .map_err(|_| broken("nội dung không phải là JSON hợp lệ"))?;
        let header = document.get("header").ok_or_else(|| broken("thiếu header"))?;
        let span = usize::try_from(header.span.start).ok().zip(usize::try_from(header.span.end).ok());
        let text = span.and_then(|(start, end)| body.get(start..end)).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| broken("header"))?;
        if text.len() > LONGEST_HEADER {
            return Err(broken("header: quá dài"));
        }
        let data = document.get("data");
        let content = data.and_then(|data| data.text("file_content")).unwrap_or_default();
        let signature = document.text("signature").filter(|text| !text.is_empty()).map(str::to_owned);
        let (version, receiver, id, sent, format) = head(header, now)?;
        if content.is_empty() {
            return Err(broken("data.file_content: thiếu nội dung"));
        }
        Ok(Self {
            version,
            receiver,
            id,
            sent,
            format,
            checksum: checksum(&compact(text), content),
            signature,
            content: content.to_owned(),
        })
    }

    /// Verifies the signature by the key of the sender; tells in which encoding it came.
    pub fn verify(&self, key: &PublicKey, encoding: Encoding) -> Result<Encoding, Rejected> {
        let refused = |code: ResultCode| Rejected::new(code, code.vietnamese());
        let signature = self.signature.as_deref().ok_or_else(|| refused(ResultCode::SignatureMissing))?;
        if key.verifies(&self.checksum, signature, encoding) {
            Ok(encoding.of(signature))
        } else {
            Err(refused(ResultCode::SignatureInvalid))
        }
    }

    /// Unpacks the content, up to [`LARGEST_CONTENT`].
    pub fn content(&self) -> Result<Content, Rejected> {
        let broken = |notice: &str| Rejected::new(ResultCode::InvalidRequest, notice);
        // Three bytes of every four letters, so that what is too large is not unpacked to know it.
        if self.content.len() / 4 > LARGEST_CONTENT / 3 + 1 {
            return Err(broken("data.file_content: quá lớn"));
        }
        let text = BASE64.decode(&self.content);
        let text = text.map_err(|_| broken("data.file_content: không phải là base64 hợp lệ"))?;
        Ok(Content { text, format: self.format })
    }
}

type Head = (String, String, MessageId, i64, Format);

/// The rules of the header.
fn head(header: &Node<'_>, now: i64) -> Result<Head, Rejected> {
    let text = |name: &str| header.text(name).unwrap_or_default();
    let check = |name: &str, holds: bool| if holds { Ok(()) } else { Err(Rejected::field(name)) };
    let version = text("version");
    let is_version = version.strip_prefix("1.0.").is_some_and(|patch| {
        (1..=4).contains(&patch.len()) && patch.bytes().all(|byte| byte.is_ascii_digit())
    });
    check("version", is_version)?;
    check("sender_id", super::is_location_number(text("sender_id")))?;
    check("receiver_id", RECEIVERS.contains(&text("receiver_id")))?;
    check("txn_type", text("txn_type") == CHECK_UP)?;
    let id = MessageId::read(text("msg_id")).filter(|id| id.sender() == text("sender_id"));
    let id = id.ok_or_else(|| Rejected::field("msg_id"))?;
    check("msg_type", text("msg_type") == SENT)?;
    // Pictures and PDF are of the protocol, and no check-up.
    let format = match text("data_type") {
        "xml/base64" => Format::Xml,
        "json/base64" => Format::Json,
        _ => return Err(Rejected::field("data_type")),
    };
    let sent = header.get("send_datetime");
    let sent = sent.and_then(|sent| sent.as_number().or_else(|| sent.as_str()));
    let sent = sent.and_then(|sent| sent.parse::<i64>().ok());
    let sent = sent.filter(|sent| *sent > 0 && *sent <= now.saturating_add(AHEAD));
    let sent = sent.ok_or_else(|| Rejected::field("send_datetime"))?;
    Ok((version.to_owned(), text("receiver_id").to_owned(), id, sent, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_132_800_000;

    fn body(changed: &str, by: &str) -> String {
        let good = concat!(
            "{ \"header\": {\"version\": \"1.0.6\", \"sender_id\": \"2000000990019\", \"receiver_id\": \"TDLBYT\",",
            "\"txn_type\": \"sync_checkup\", \"msg_id\": \"200000099001926112000000000000040008000000000000001\",",
            "\"msg_type\": \"101\", \"data_type\": \"xml/base64\", \"send_datetime\": 1795132800000},",
            "\"data\": {\"file_content\": \"PGEvPg==\"}, \"signature\": \"AB\"}"
        );
        assert!(good.contains(changed), "{changed}");
        good.replacen(changed, by, 1)
    }

    #[test]
    fn a_right_message_is_read_and_its_checksum_is_that_of_the_header_without_white_space() {
        let push = Push::read(body("TDLBYT", "TDLBYT").as_bytes(), NOW).unwrap();
        assert!(
            push.checksum.starts_with("9BF08436B7804EA5424C8A13E34FFFB744A4D9A53F7B83936685E83127C07E47.")
        );
        assert_eq!(push.content().unwrap().text, b"<a/>");
        assert_eq!((push.sent, push.format), (NOW, Format::Xml));
    }

    #[test]
    fn each_rule_of_the_header_is_told_by_its_field() {
        let cases = [
            ("\"1.0.6\"", "\"2.0.6\"", "version"),
            ("\"sender_id\": \"2000000990019\"", "\"sender_id\": \"2000000990018\"", "sender_id"),
            ("TDLBYT", "OTHER", "receiver_id"),
            ("sync_checkup", "sync_ehr", "txn_type"),
            ("0000000000040008", "0000000000050008", "msg_id"),
            ("\"200000099001926", "\"200000099002626", "msg_id"),
            ("\"101\"", "\"102\"", "msg_type"),
            ("xml/base64", "pdf/base64", "data_type"),
            ("1795132800000", "1895132800000", "send_datetime"),
            ("1795132800000", "-1", "send_datetime"),
            ("1795132800000", "\"soon\"", "send_datetime"),
        ];
        for (changed, by, field) in cases {
            let rejected = Push::read(body(changed, by).as_bytes(), NOW).unwrap_err();
            assert_eq!(rejected.code, ResultCode::InvalidRequest);
            assert!(rejected.notice.starts_with(&format!("header.{field}:")), "{field}: {}", rejected.notice);
        }
        for broken in ["", "[]", "{}", "{\"header\": 1}", "{\"header\": {}", &"[".repeat(100_000)] {
            assert_eq!(Push::read(broken.as_bytes(), NOW).unwrap_err().code, ResultCode::InvalidRequest);
        }
        let empty = Push::read(body("PGEvPg==", "").as_bytes(), NOW).unwrap_err();
        assert_eq!(empty.code, ResultCode::InvalidRequest);
    }

    #[test]
    fn what_is_too_large_or_no_base64_is_not_unpacked() {
        let large = "A".repeat(LARGEST_CONTENT / 3 * 4 + 64);
        for content in [large.as_str(), "PGE*", "P"] {
            let push = Push::read(body("PGEvPg==", content).as_bytes(), NOW).unwrap();
            assert_eq!(push.content().unwrap_err().code, ResultCode::InvalidRequest);
        }
    }

    #[test]
    fn a_signature_that_is_missing_is_told_from_one_that_does_not_hold() {
        let key = super::super::SigningKey::read(&super::super::SigningKey::make().unwrap()).unwrap();
        let public = PublicKey::read(key.public_pem().unwrap().as_bytes()).unwrap();
        let code = |body: &str| {
            let push = Push::read(body.as_bytes(), NOW).unwrap();
            push.verify(&public, Encoding::Any).map_err(|rejected| rejected.code)
        };
        assert_eq!(code(&body("\"AB\"", "\"\"")), Err(ResultCode::SignatureMissing));
        assert_eq!(code(&body("\"AB\"", "\"AB\"")), Err(ResultCode::SignatureInvalid));
        let checksum = Push::read(body("\"AB\"", "\"\"").as_bytes(), NOW).unwrap().checksum;
        let signature = key.sign(&checksum, Encoding::Base64).unwrap();
        assert_eq!(code(&body("\"AB\"", &format!("\"{signature}\""))), Ok(Encoding::Base64));
        let other = body("\"AB\"", &format!("\"{signature}\"")).replace("PGEvPg==", "PGIvPg==");
        assert_eq!(code(&other), Err(ResultCode::SignatureInvalid));
    }
}
