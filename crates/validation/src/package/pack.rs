//! Writing an archive that is the same, byte for byte, wherever and whenever it is made of the same files.
//!
//! The build script uses this file too.

use std::io;

use flate2::Crc;

/// Good enough, and four times as fast as the best.
const LEVEL: u8 = 6;

/// Members of gzip: magic, deflate, no flags, no time, no hints, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A `.tgz` of the JSON files among these that count, sorted by name, without times and owners. Files that lie beside
/// `package.json` without a folder are put into the folder `package`, where a FHIR package has them.
pub(crate) fn pack(mut files: Vec<(String, String)>) -> io::Result<Vec<u8>> {
    if files.iter().any(|(name, _)| name == "package.json") {
        files.iter_mut().for_each(|(name, _)| name.insert_str(0, "package/"));
    }
    files.retain(|(name, _)| file_name(name).is_some());
    files.sort();
    let size = files.iter().map(|(_, text)| text.len() + 1_024).sum();
    let mut builder = tar::Builder::new(Vec::with_capacity(size));
    for (name, text) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(text.len()).map_err(io::Error::other)?);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, name, text.as_bytes())?;
    }
    drop(files);
    Ok(gzip(&builder.into_inner()?))
}

/// The name of a JSON file that stands directly in the folder `package`. Other folders hold examples and pages, and
/// hidden files are lists of the others.
pub(crate) fn file_name(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let name = path.strip_prefix("package/")?;
    let is_file = !name.contains(['/', '\\']) && !name.starts_with('.') && name.ends_with(".json");
    (is_file && !name.contains(char::is_control)).then_some(name)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(bytes);
    let mut packed = HEAD.to_vec();
    packed.append(&mut miniz_oxide::deflate::compress_to_vec(bytes, LEVEL));
    packed.extend(checksum.sum().to_le_bytes());
    packed.extend(checksum.amount().to_le_bytes());
    packed
}
