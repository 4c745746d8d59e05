//! What happens to people in the registry, and how a delivery of it is read.

use fhir::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Demographics, instant_text};

/// Most bytes of a delivery.
const MOST_BYTES: usize = 65_536;

/// Most letters of an id.
const LONGEST_ID: usize = 64;

/// Why the registry tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A birth was registered.
    Birth,
    /// A death was registered.
    Death,
    /// Something was wrong, and is right now.
    Correction,
    /// Another name.
    Name,
    /// Another address in the same commune.
    Address,
    /// The number was cancelled and another given.
    Reissue,
    /// The number turned out to be a second one of somebody.
    Merge,
    /// Another representative.
    Guardianship,
    /// Another commune.
    Move,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [EventKind; 9] = [
        EventKind::Birth,
        EventKind::Death,
        EventKind::Correction,
        EventKind::Name,
        EventKind::Address,
        EventKind::Reissue,
        EventKind::Merge,
        EventKind::Guardianship,
        EventKind::Move,
    ];
}

/// Something that happened, with the whole record after it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Names the event; a second delivery has the same.
    pub id: String,
    /// The registry's key of the person, which outlives every number.
    pub person: String,
    /// The place among the events of the person, from 1, without gaps.
    pub sequence: u64,
    /// The version of the record.
    pub version: u64,
    /// Why.
    pub kind: EventKind,
    /// When it happened.
    #[serde(with = "instant_text")]
    pub occurred: Instant,
    /// When the registry told it.
    #[serde(with = "instant_text")]
    pub emitted: Instant,
    /// The record after it.
    pub record: Demographics,
}

/// What is wrong with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// A member is missing, or has a value that it cannot have.
    #[error("a member is missing or has a wrong value")]
    Structure,
    /// An id that is empty, too long or has other characters than it may have; a sequence of 0.
    #[error("an id or a sequence is not one")]
    Identifier,
    /// Too many bytes.
    #[error("the event is too large")]
    TooLarge,
}

/// A delivery that cannot be read, with what could be read of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub fault: EventFault,
    /// Its id.
    pub id: Option<String>,
    /// Whom it concerns.
    pub person: Option<String>,
    /// Its place.
    pub sequence: Option<u64>,
    /// Its text, cut when it is too large. It may be personal.
    pub text: String,
}

/// An item of a page.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// An event.
    Event(Box<Event>),
    /// Something else, to be parked.
    Malformed(Malformed),
}

impl Delivery {
    /// Reads an item of a page.
    pub fn read(item: Value) -> Delivery {
        let text = item.to_string();
        let member =
            |name: &str| item.get(name).and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
        let (id, person) = (member("id"), member("person"));
        let sequence = item.get("sequence").and_then(Value::as_u64).filter(|sequence| *sequence > 0);
        let read = if text.len() > MOST_BYTES {
            Err(EventFault::TooLarge)
        } else {
            serde_json::from_value::<Event>(item).map_err(|_| EventFault::Structure)
        };
        let has_names = id.is_some() && person.is_some() && sequence.is_some();
        let read = read.and_then(|event| if has_names { Ok(event) } else { Err(EventFault::Identifier) });
        match read {
            Ok(event) => Delivery::Event(Box::new(event)),
            Err(fault) => {
                let text = shortened(text, MOST_BYTES);
                Delivery::Malformed(Malformed { fault, id, person, sequence, text })
            }
        }
    }
}

/// A text of so many bytes at most.
pub(crate) fn shortened(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

/// Letters that no log or index stumbles over.
pub(crate) fn is_id(text: &str) -> bool {
    is_plain(text, LONGEST_ID)
}

/// So many letters at most, and only plain ones.
pub(crate) fn is_plain(text: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    !text.is_empty() && text.len() <= longest && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Value {
        json!({
            "id": "e-1", "person": "p-1", "sequence": 2, "version": 9, "kind": "merge", "unknown": true,
            "occurred": "2026-01-01T08:00:00+07:00", "emitted": "2026-01-02T08:00:00.000Z",
            "record": {
                "number": "099158000017", "name": { "family": "Đặng", "given": "Hoà" }, "sex": "female",
                "birthDate": "1958", "status": { "state": "replaced-by", "number": "099158000018" }
            }
        })
    }

    #[test]
    fn an_event_is_read_by_its_document() {
        let Delivery::Event(event) = Delivery::read(item()) else { panic!("it is one") };
        assert_eq!((event.id.as_str(), event.sequence, event.version), ("e-1", 2, 9));
        assert_eq!(
            (event.kind, event.occurred.to_string().as_str()),
            (EventKind::Merge, "2026-01-01T01:00:00.000Z")
        );
        let number = crate::PersonalNumber::try_from("099158000018").unwrap();
        assert!(event.record.status == crate::Status::ReplacedBy { number });
    }

    #[test]
    fn nobody_has_more_former_numbers_than_one_can_look_for() {
        for (count, is_read) in [(20, true), (21, false), (4_000, false)] {
            let mut item = item();
            let numbers = (0..count).map(|number| json!(format!("0991580{number:05}"))).collect();
            item["record"]["formerNumbers"] = Value::Array(numbers);
            assert_eq!(matches!(Delivery::read(item), Delivery::Event(_)), is_read, "{count}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_handed_on_with_what_could_be() {
        for (place, bad, fault) in [
            ("/kind", json!("rebirth"), EventFault::Structure),
            ("/record/number", json!("99158000017"), EventFault::Structure),
            ("/record/birthDate", json!("1958-02-30"), EventFault::Structure),
            ("/record/status", json!({ "state": "replaced-by" }), EventFault::Structure),
            ("/occurred", json!("yesterday"), EventFault::Structure),
            ("/record/name/given", json!("x".repeat(70_000)), EventFault::TooLarge),
        ] {
            let mut item = item();
            *item.pointer_mut(place).unwrap() = bad;
            let Delivery::Malformed(broken) = Delivery::read(item) else { panic!("{place}") };
            assert_eq!(
                (broken.fault, broken.id.as_deref(), broken.sequence),
                (fault, Some("e-1"), Some(2)),
                "{place}"
            );
            assert!(broken.text.len() <= 65_536);
        }
        for (member, bad) in [
            ("id", json!("a b")),
            ("id", json!("")),
            ("person", json!("x".repeat(65))),
            ("sequence", json!(0)),
        ] {
            let mut item = item();
            item[member] = bad;
            let Delivery::Malformed(broken) = Delivery::read(item) else { panic!("{member}") };
            assert_eq!(broken.fault, EventFault::Identifier, "{member}");
        }
        for item in [json!(null), json!([]), json!("text"), json!(1)] {
            assert!(matches!(Delivery::read(item), Delivery::Malformed(_)));
        }
    }
}
