//! The stored form of a resource: compressed once, returned without being parsed.
//!
//! `id`, `meta.versionId` and `meta.lastUpdated` belong to the server and are not stored with the content.
//! The text that is compressed is `head NUL meta-members NUL tail`; U+0000 cannot occur in it, because the
//! parser refuses it. Rendering copies the three parts and writes the server's members between them.

use std::cell::RefCell;

use fhir::{Instant, LogicalId, VersionId};
use json::{Node, Value, write_string};

use crate::StoreError;

/// First byte of a stored body: how the rest is packed.
const FORMAT_ZSTD_DICTIONARY_1: u8 = 1;

/// Fragments of FHIR JSON that occur in most resources, from the synthetic nation by
/// `tools/train_dictionary.py`; never change it, add another with a new format byte.
static DICTIONARY_1: &[u8] = include_bytes!("../dictionary/resources-1.dict");

/// The magic number of a zstd frame: the same four bytes in every body, so they are not stored.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Effort of the compressor: 3 is zstd's default.
const LEVEL: i32 = 3;

/// No stored body is larger than this when it is unpacked.
const MOST_BYTES: usize = 256 << 20;

thread_local! {
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The content of one version, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(Vec<u8>);

impl Body {
    /// Packs a checked resource. `id`, `meta.versionId` and `meta.lastUpdated` are left out; everything else
    /// keeps its place and its lexemes.
    pub fn from_node(resource: &Node<'_>) -> Result<Body, StoreError> {
        let text = content_text(resource);
        let packed = COMPRESSOR.with_borrow_mut(|slot| {
            let compressor = match slot {
                Some(compressor) => compressor,
                None => slot.insert(
                    zstd::bulk::Compressor::with_dictionary(LEVEL, DICTIONARY_1)
                        .and_then(|mut compressor| {
                            compressor.include_checksum(false)?;
                            compressor.include_dictid(false)?;
                            Ok(compressor)
                        })
                        .map_err(|error| StoreError::Unusable(error.to_string()))?,
                ),
            };
            let frame = compressor.compress(text.as_bytes()).map_err(|_| StoreError::Corrupt)?;
            let mut packed = vec![FORMAT_ZSTD_DICTIONARY_1];
            packed.extend_from_slice(frame.strip_prefix(&MAGIC).ok_or(StoreError::Corrupt)?);
            Ok::<_, StoreError>(packed)
        })?;
        Ok(Body(packed))
    }

    /// A body as the database returned it.
    pub(crate) fn from_stored(bytes: Vec<u8>) -> Body {
        Body(bytes)
    }

    /// The bytes for the database.
    pub(crate) fn stored(&self) -> &[u8] {
        &self.0
    }

    /// The resource as JSON, with the server's members.
    pub fn render(&self, id: &LogicalId, version: VersionId, updated: Instant) -> Result<String, StoreError> {
        let text = self.unpack()?;
        let mut parts = text.splitn(3, '\0');
        let (Some(head), Some(meta), Some(tail)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(StoreError::Corrupt);
        };
        let mut out = String::with_capacity(text.len() + 160);
        out.push_str(head);
        out.push_str("\"id\":\"");
        out.push_str(id.as_str());
        out.push_str(&format!("\",\"meta\":{{\"versionId\":\"{version}\",\"lastUpdated\":\"{updated}\""));
        if !meta.is_empty() {
            out.push(',');
            out.push_str(meta);
        }
        out.push('}');
        out.push_str(tail);
        Ok(out)
    }

    fn unpack(&self) -> Result<String, StoreError> {
        let (format, packed) = self.0.split_first().ok_or(StoreError::Corrupt)?;
        if *format != FORMAT_ZSTD_DICTIONARY_1 {
            return Err(StoreError::Corrupt);
        }
        let bytes = DECOMPRESSOR.with_borrow_mut(|slot| {
            let decompressor = match slot {
                Some(decompressor) => decompressor,
                None => slot.insert(
                    zstd::bulk::Decompressor::with_dictionary(DICTIONARY_1)
                        .map_err(|error| StoreError::Unusable(error.to_string()))?,
                ),
            };
            let size = content_size(packed).ok_or(StoreError::Corrupt)?;
            let frame = [&MAGIC, packed].concat();
            decompressor.decompress(&frame, size).map_err(|_| StoreError::Corrupt)
        })?;
        String::from_utf8(bytes).map_err(|_| StoreError::Corrupt)
    }
}

/// Size of the content that a zstd frame without its magic number declares (RFC 8878, section 3.1.1.1).
fn content_size(frame: &[u8]) -> Option<usize> {
    let descriptor = *frame.first()?;
    let single_segment = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let at = 1 + usize::from(!single_segment) + dictionary;
    let length = match descriptor >> 6 {
        0 if single_segment => 1,
        0 => return None,
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let bytes = frame.get(at..at + length)?;
    let mut value = bytes.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if length == 2 {
        value += 256;
    }
    usize::try_from(value).ok().filter(|size| *size <= MOST_BYTES)
}

/// The text to be packed. `resourceType` keeps its place when it comes first, as it nearly always does; the
/// server's members then follow it, else they come first.
fn content_text(resource: &Node<'_>) -> String {
    let mut head = String::from("{");
    let mut tail = String::new();
    let mut meta_rest = String::new();
    let members = resource.members();
    let type_first = members.first().is_some_and(|(name, _)| name == "resourceType");
    for (index, (name, value)) in members.iter().enumerate() {
        match (name.as_ref(), &value.value) {
            ("id", _) => {}
            ("meta", Value::Object(meta)) => {
                for (name, value) in meta.iter().filter(|(name, _)| !is_server_meta(name)) {
                    if !meta_rest.is_empty() {
                        meta_rest.push(',');
                    }
                    write_member(name, value, &mut meta_rest);
                }
            }
            _ if index == 0 && type_first => {
                write_member(name, value, &mut head);
                head.push(',');
            }
            _ => {
                tail.push(',');
                write_member(name, value, &mut tail);
            }
        }
    }
    tail.push('}');
    format!("{head}\0{meta_rest}\0{tail}")
}

fn is_server_meta(name: &str) -> bool {
    matches!(name, "versionId" | "lastUpdated")
}

fn write_member(name: &str, value: &Node<'_>, out: &mut String) {
    write_string(name, out);
    out.push(':');
    value.write(out);
}
