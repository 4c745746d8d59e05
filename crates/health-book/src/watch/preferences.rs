//! How a citizen wants notices, beside the book itself.
//!
//! | act | who |
//! |---|---|
//! | read, set | citizen, own book |

use access::Caller;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use notices::AccessRule;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::HealthBook;
use crate::gate;
use crate::noted::{done, told};
use crate::notice::NoticeKind;
use crate::refusal::{internal, wrong};
use crate::secret::{hashed, open, seal};

/// What the secret of a webhook is derived for.
pub(super) const SECRET: &str = "notice-webhook";
/// What the id of the record is derived for.
const RECORD: &str = "notice-preferences";
/// What it is called in the log.
const PLACE: &str = "access/notices/preferences";

/// What a citizen wants; `PUT /access/notices/preferences`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// The address for mail.
    #[serde(default)]
    pub email: Option<String>,
    /// The address of a webhook.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Rules about which no notice is wanted.
    #[serde(default)]
    pub off: Vec<String>,
}

/// Those of a book.
pub(super) async fn of(store: &Store, patient: &LogicalId, now: Instant) -> Result<Preferences, Problem> {
    let id = hashed(store, RECORD, patient.as_str());
    let Some(record) = store.security_record(SecurityKind::NoticePreferences, &id, now).await? else {
        return Ok(Preferences::default());
    };
    serde_json::from_slice(&open(store, &id, &record.value)?).map_err(|_| internal())
}

/// `GET /access/notices/preferences`
pub async fn get(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    let own = gate::own_book(book.service(), caller, now).await?;
    let store = book.service().store();
    let preferences = of(store, &own.patient, now).await?;
    told(&own.patient, PLACE);
    Ok(shown(store, &own.patient, &preferences))
}

/// `PUT /access/notices/preferences`
pub async fn put(
    book: &HealthBook,
    caller: &Caller,
    wanted: Preferences,
    now: Instant,
) -> Result<Value, Problem> {
    let own = gate::own_book(book.service(), caller, now).await?;
    if let Some(email) = &wanted.email
        && !(is_address(email) && book.courier().has_mail())
    {
        return Err(wrong("email"));
    }
    if let Some(url) = &wanted.webhook
        && !book.courier().may_ask(url)
    {
        return Err(wrong("webhook"));
    }
    if wanted.off.len() > AccessRule::ALL.len() || wanted.off.iter().any(|code| !may_be_off(code)) {
        return Err(wrong("off"));
    }
    let store = book.service().store();
    let id = hashed(store, RECORD, own.patient.as_str());
    let text = serde_json::to_vec(&wanted).map_err(|_| internal())?;
    let record = SecurityRecord::new(SecurityKind::NoticePreferences, &id, seal(store, &id, &text)?);
    store.change_security(SecurityChange::Put(record), Vec::new(), now).await?;
    done(&own.patient, PLACE);
    Ok(shown(store, &own.patient, &wanted))
}

fn shown(store: &Store, patient: &LogicalId, preferences: &Preferences) -> Value {
    json!({
        "email": preferences.email,
        "webhook": preferences.webhook,
        "webhook_secret": hashed(store, SECRET, patient.as_str()),
        "off": preferences.off,
    })
}

fn may_be_off(code: &str) -> bool {
    AccessRule::from_code(code).is_some() && !NoticeKind::ALWAYS.contains(&code)
}

/// Whether it can be an address for mail; whether it is one, mail tells.
fn is_address(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_+".contains(letter);
    let is_host = host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('+');
    (1..=64).contains(&name.len())
        && text.len() <= 254
        && is_host
        && name.chars().chain(host.chars()).all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_notices_of_accesses_can_be_switched_off() {
        assert!(AccessRule::ALL.iter().all(|rule| may_be_off(rule.code())));
        for code in ["emergency-access", "emergency-not-justified", "majority", "", "Night"] {
            assert!(!may_be_off(code), "{code}");
        }
    }

    #[test]
    fn an_address_is_one_and_holds_no_second() {
        for good in ["a@b.vn", "a.b+c@mail.example.vn"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.vn",
            "a@b",
            "a@b.",
            "a@b.vn,c@d.vn",
            "a@b@c.vn",
            "a b@c.vn",
            "a\r\n@b.vn",
            "a@b.vn\nBcc:x",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(!is_address(&format!("{}@b.vn", "a".repeat(65))));
    }
}
