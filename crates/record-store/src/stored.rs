//! Rows as the database returns them, and the ids as it stores them.

use access::Shield;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt};
use fhir::{Instant, LogicalId, ResourceType, VersionId};

use crate::shield::Sight;
use crate::{Body, Change, Record, StoreError};

/// Columns of a version: book, key, type, id, version, updated, change, body, whether its book is under the location shield.
pub(crate) type VersionTypes =
    (BigInt, BigInt, SmallInt, Binary, Integer, BigInt, SmallInt, Nullable<Binary>, Bool);

/// A version as it is stored.
pub(crate) type VersionRow = (i64, i64, i16, Vec<u8>, i32, i64, i16, Option<Vec<u8>>, bool);

/// The columns of [`VersionTypes`] of a table `r` that has them all.
pub(crate) const VERSION_COLUMNS: &str = "r.book, r.resource_key, r.resource_type, r.logical_id, r.version, r.updated, r.change, r.body, \
     EXISTS (SELECT 1 FROM shielded_book sb WHERE sb.book = r.book)";

/// First byte of an id that is stored as the 16 bytes of a UUID; no logical id contains it.
const PACKED_UUID: u8 = 0;

/// A logical id as it is stored: 17 bytes for a UUID in its canonical lower-case form, else its characters.
pub(crate) fn pack_id(id: &LogicalId) -> Vec<u8> {
    let text = id.as_str().as_bytes();
    let mut packed = [PACKED_UUID; 17];
    let mut digits = 0;
    if text.len() == 36 {
        for (at, byte) in text.iter().enumerate() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'-' if matches!(at, 8 | 13 | 18 | 23) => continue,
                _ => return text.to_vec(),
            };
            // More digits than a UUID has: a dash is missing.
            let Some(place) = packed.get_mut(1 + digits / 2) else { return text.to_vec() };
            *place = *place << 4 | digit;
            digits += 1;
        }
        if digits == 32 {
            return packed.to_vec();
        }
    }
    text.to_vec()
}

/// The id that [`pack_id`] stored.
pub(crate) fn unpack_id(stored: &[u8]) -> Result<LogicalId, StoreError> {
    let text = match stored {
        [PACKED_UUID, uuid @ ..] if uuid.len() == 16 => {
            let mut text = String::with_capacity(36);
            for (index, byte) in uuid.iter().enumerate() {
                if matches!(index, 4 | 6 | 8 | 10) {
                    text.push('-');
                }
                text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
                text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            }
            text
        }
        _ => String::from_utf8(stored.to_vec()).map_err(|_| StoreError::Corrupt)?,
    };
    LogicalId::try_from(text.as_str()).map_err(|_| StoreError::Corrupt)
}

/// The number of a resource type in the database.
pub(crate) fn type_number(resource_type: ResourceType) -> i16 {
    i16::try_from(resource_type.index()).unwrap_or(i16::MAX)
}

/// The resource type of a number.
pub(crate) fn type_of(number: i16) -> Result<ResourceType, StoreError> {
    u16::try_from(number).ok().and_then(ResourceType::from_index).ok_or(StoreError::Corrupt)
}

/// The number of a version that was only moved.
pub(crate) const MOVED: i16 = 4;

pub(crate) fn change_number(change: Change) -> i16 {
    match change {
        Change::Create => 0,
        Change::Update => 1,
        Change::Delete => 2,
        Change::UpdateAsCreate => 3,
        Change::Moved => MOVED,
    }
}

pub(crate) fn change_of(number: i16) -> Result<Change, StoreError> {
    match number {
        0 => Ok(Change::Create),
        1 => Ok(Change::Update),
        2 => Ok(Change::Delete),
        3 => Ok(Change::UpdateAsCreate),
        MOVED => Ok(Change::Moved),
        _ => Err(StoreError::Corrupt),
    }
}

pub(crate) fn version_of(number: i32) -> Result<VersionId, StoreError> {
    u32::try_from(number).ok().and_then(VersionId::new).ok_or(StoreError::Corrupt)
}

pub(crate) fn version_number(version: VersionId) -> i32 {
    i32::try_from(version.get()).unwrap_or(i32::MAX)
}

/// A row as a record, as far as somebody is shown it.
pub(crate) fn record(row: VersionRow, sight: Sight) -> Result<Record, StoreError> {
    let (book, _, resource_type, id, version, updated, change, body, shielded) = row;
    let (resource_type, id) = (type_of(resource_type)?, unpack_id(&id)?);
    let body = body.map(Body::from_stored);
    let body = match body {
        Some(body) if shielded && sight == Sight::Shielded && Shield::is_about(resource_type) => {
            Some(body.redacted(resource_type, &id, true)?)
        }
        body => body,
    };
    Ok(Record {
        resource_type,
        id,
        version: version_of(version)?,
        last_updated: Instant::from_microseconds(updated),
        change: change_of(change)?,
        body,
        book,
        is_shielded: shielded && sight == Sight::Shielded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        for text in [
            "8a4c9c04-1524-9f1c-d65b-9b17e4520fef",
            "8A4C9C04-1524-9F1C-D65B-9B17E4520FEF",
            "8a4c9c04-1524-9f1c-d65b-9b17e4520fe",
            "8a4c9c0431524-9f1c-d65b-9b17e4520fef",
            "8a4c9c04-1524-9f1c-d65b-9b17e4520feg",
            "------------------------------------",
            "a",
            "0123456789abcdef.",
        ] {
            let id = LogicalId::try_from(text).unwrap();
            assert_eq!(unpack_id(&pack_id(&id)).unwrap(), id, "{text}");
        }
        let id = LogicalId::try_from("8a4c9c04-1524-9f1c-d65b-9b17e4520fef").unwrap();
        assert_eq!(pack_id(&id).len(), 17);
    }
}
