//! Keyed hashes of what is searched for.
//!
//! The index stores 64 bits of a code instead of the code: short rows, and nobody who sees the index alone can
//! read it. The key belongs to one database, so that nobody can prepare values that collide in it.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

/// Hashes values for the index of one database.
#[derive(Clone)]
pub struct Hasher {
    key: [u8; 16],
}

/// What is hashed: the same text as a code and as an id must not meet.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Domain {
    Code = 1,
    System = 2,
    Id = 3,
    Url = 4,
    Unit = 5,
}

impl Hasher {
    /// A hasher with the key of a database.
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// Hash of a code, an identifier's value, or any other token (case-sensitive).
    pub fn code(&self, text: &str) -> i64 {
        self.hash(Domain::Code, text)
    }

    /// Hash of a code system or identifier system; 0 for the empty text and for nothing else.
    pub fn system(&self, text: &str) -> i32 {
        self.short(Domain::System, text)
    }

    /// Hash of a unit: canonical UCUM, `system|code`, a code or a text; 0 for the empty text and for nothing else.
    pub fn unit(&self, text: &str) -> i32 {
        self.short(Domain::Unit, text)
    }

    /// Hash of the logical id that a reference names.
    pub fn reference_id(&self, id: &str) -> i64 {
        self.hash(Domain::Id, id)
    }

    /// Hash of a url that a reference or a canonical names.
    pub fn url(&self, url: &str) -> i64 {
        self.hash(Domain::Url, url)
    }

    fn short(&self, domain: Domain, text: &str) -> i32 {
        if text.is_empty() {
            return 0;
        }
        let [a, b, c, d, ..] = self.hash(domain, text).to_le_bytes();
        match i32::from_le_bytes([a, b, c, d]) {
            0 => 1,
            hash => hash,
        }
    }

    fn hash(&self, domain: Domain, text: &str) -> i64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(text.as_bytes());
        hasher.write(&[domain as u8]);
        i64::from_le_bytes(hasher.finish().to_le_bytes())
    }
}

/// The key is a secret.
impl std::fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_stable_and_depend_on_key_and_domain() {
        let hasher = Hasher::new([7; 16]);
        // Stored in databases: these values may never change.
        assert_eq!(hasher.code("male"), PINNED_CODE);
        assert_eq!(hasher.system("http://loinc.org"), PINNED_SYSTEM);
        assert_ne!(hasher.code("1"), hasher.reference_id("1"));
        assert_ne!(hasher.code("1"), hasher.url("1"));
        assert_ne!(hasher.code("1"), Hasher::new([8; 16]).code("1"));
        assert_eq!(hasher.system(""), 0);
        assert_eq!(format!("{hasher:?}"), "Hasher");
    }

    const PINNED_CODE: i64 = 6_421_723_059_949_750_745;
    const PINNED_SYSTEM: i32 = -1_639_215_470;
}
