//! Ids that are the same whenever the same check-up comes again: computed of facility, visit and place in the message.

use aws_lc_rs::digest::{SHA256, digest};

use super::CheckUp;

/// Bytes of SHA-256 over texts, each with its length before it, so that no two lists of texts meet.
fn hash(texts: &[&str]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    sha256(&bytes)
}

/// SHA-256 of bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    hash
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An id in the shape of a UUID of version 8 (RFC 9562: bits of the maker's own choice).
pub(super) fn id(facility: &str, visit: &str, place: &str) -> String {
    let mut bytes = hash(&["healthbook check-up", facility, visit, place]);
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x80;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let text = hexadecimal(bytes.get(..16).unwrap_or_default());
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

/// The code of a visit that has none: by facility, person and minute.
pub(super) fn visit_code(check_up: &CheckUp) -> String {
    let text = |part, field| check_up.value(part, field).unwrap_or_default();
    let bytes = hash(&[
        "healthbook check-up visit",
        check_up.facility(),
        text("XML1", "SO_CCCD"),
        text("XML1", "SO_CCCD_NGH"),
        text("XML1", "HO_TEN"),
        text("XML1", "NGAY_SINH"),
        text("XML2", "NGAY_VAO"),
    ]);
    format!("KSK-{}", hexadecimal(bytes.get(..12).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_each_of_its_parts_and_on_nothing_else() {
        let first = id("99001", "A1", "Composition");
        assert_eq!(first, id("99001", "A1", "Composition"));
        assert_ne!(first, id("99001", "A", "1Composition"));
        assert_ne!(first, id("99002", "A1", "Composition"));
        assert_eq!((first.len(), &first[14..15]), (36, "8"));
        assert!("89ab".contains(&first[19..20]));
    }
}
