//! A page of the listing: everybody whom the registry knows, part by part, for a book that takes all of them over.

use serde::Deserialize as _;
use serde_json::Value;

use crate::event::{is_id, shortened};
use crate::{Cursor, Demographics, EventFault, Malformed, PageSize, RegistryError};

/// Most parts of a listing.
pub const MOST_PARTS: u16 = 1_000;

/// Most bytes of one person.
const MOST_BYTES: usize = 65_536;

/// Somebody, as the registry knows the person at the time of the page.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// The registry's key of the person.
    pub person: String,
    /// The version of the record.
    pub version: u64,
    /// The record.
    pub record: Demographics,
}

/// An item of a page.
#[derive(Clone, PartialEq, Eq)]
pub enum Listed {
    /// A person.
    Person(Box<ListedPerson>),
    /// Something else, to be parked.
    Malformed(Malformed),
}

impl Listed {
    fn read(item: &Value) -> Self {
        let text = item.to_string();
        let person = item.get("person").and_then(Value::as_str).filter(|key| is_id(key));
        let fault = if text.len() > MOST_BYTES {
            EventFault::TooLarge
        } else if let Some(key) = person {
            let version = item.get("version").and_then(Value::as_u64);
            let record = item.get("record").and_then(|record| Demographics::deserialize(record).ok());
            match version.zip(record) {
                Some((version, record)) => {
                    let person = key.to_owned();
                    return Self::Person(Box::new(ListedPerson { person, version, record }));
                }
                None => EventFault::Structure,
            }
        } else {
            EventFault::Identifier
        };
        let person = person.map(str::to_owned);
        Self::Malformed(Malformed {
            fault,
            id: None,
            person,
            sequence: None,
            text: shortened(text, MOST_BYTES),
        })
    }
}

/// A page of one part.
#[derive(Clone, PartialEq, Eq)]
pub struct PeoplePage {
    /// Who is on it.
    pub people: Vec<Listed>,
    /// Where the next page of the part begins; none after the last.
    pub next: Option<Cursor>,
    /// In how many parts the registry tells its people; a part is known by its number, from 0.
    pub parts: u16,
    /// About how many people there are in all parts.
    pub total: u64,
    /// A place in the feed before which nothing happened that the page does not know.
    pub feed: Cursor,
}

impl PeoplePage {
    /// Reads a page of so many people at most.
    pub fn read(body: &[u8], size: PageSize) -> Result<Self, RegistryError> {
        let wrong = RegistryError::Malformed;
        let page: Value = serde_json::from_slice(body).map_err(|_| wrong("the page is not JSON"))?;
        let cursor = |name: &str| match page.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let cursor = value.as_str().and_then(|text| Cursor::try_from(text).ok());
                cursor.map(Some).ok_or(wrong("a cursor of the page is none"))
            }
        };
        let number = |name: &str| page.get(name).and_then(Value::as_u64);
        let parts = number("parts").and_then(|parts| u16::try_from(parts).ok());
        let parts = parts.filter(|parts| (1..=MOST_PARTS).contains(parts));
        let items = page.get("people").and_then(Value::as_array).ok_or(wrong("the page has no people"))?;
        if items.len() > size.get() {
            return Err(wrong("the page is longer than it was asked for"));
        }
        Ok(Self {
            people: items.iter().map(Listed::read).collect(),
            next: cursor("next")?,
            parts: parts.ok_or(wrong("the page does not tell the number of parts"))?,
            total: number("total").ok_or(wrong("the page does not tell how many people there are"))?,
            feed: cursor("feed")?.ok_or(wrong("the page names no place in the feed"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page() -> Value {
        json!({
            "people": [
                {"person": "p-1", "version": 3, "record": {
                    "number": "099158000017", "name": {"family": "Đặng", "given": "Hoà"}, "sex": "female",
                    "birthDate": "1958"
                }},
                {"person": "p-2", "version": 0, "record": {"number": "0991"}},
                {"person": "a b"}, "text",
            ],
            "next": "7", "parts": 64, "total": 1000, "feed": "12.0"
        })
    }

    #[test]
    fn a_page_is_read_by_its_document_and_what_is_broken_is_handed_on() {
        let size = PageSize::clamped(4);
        let read = PeoplePage::read(page().to_string().as_bytes(), size).ok().unwrap();
        let Listed::Person(first) = &read.people[0] else { panic!("it is one") };
        assert_eq!((first.person.as_str(), first.version), ("p-1", 3));
        assert_eq!((read.parts, read.total, read.feed.as_str()), (64, 1_000, "12.0"));
        assert_eq!(read.next.unwrap().as_str(), "7");
        let faults = [EventFault::Structure, EventFault::Identifier, EventFault::Identifier];
        for (item, fault) in read.people[1..].iter().zip(faults) {
            let Listed::Malformed(broken) = item else { panic!("it is none") };
            assert_eq!(broken.fault, fault);
        }
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        let changes = [
            ("people", json!(null)),
            ("parts", json!(0)),
            ("parts", json!(1_001)),
            ("total", json!("many")),
            ("feed", json!(null)),
            ("next", json!("a b")),
            ("next", json!(7)),
        ];
        for (name, value) in changes {
            let mut page = page();
            page[name] = value;
            assert!(PeoplePage::read(page.to_string().as_bytes(), PageSize::clamped(4)).is_err(), "{name}");
        }
        assert!(PeoplePage::read(page().to_string().as_bytes(), PageSize::clamped(3)).is_err());
        assert!(PeoplePage::read(b"[", PageSize::clamped(3)).is_err());
    }
}
