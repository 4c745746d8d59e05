//! Reading files, plain or compressed, with a limit on what comes out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use record_store::Message;

/// Size of the buffer in front of the file.
const BUFFER: usize = 64 << 10;

/// An unpacked file, and how much of the packed one was read so far.
pub struct Unpacked {
    /// The content.
    pub content: Box<dyn Read + Send>,
    /// Bytes read from the file itself.
    pub read: Arc<AtomicU64>,
}

/// Opens a file. What it is packed with is told by its first bytes, not by its name.
pub fn open(path: &Path) -> io::Result<Unpacked> {
    let read = Arc::new(AtomicU64::new(0));
    let file = Counted { inner: File::open(path)?, read: Arc::clone(&read) };
    let mut file = BufReader::with_capacity(BUFFER, file);
    let head = file.fill_buf()?;
    let content: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(file))
    } else if head.starts_with(b"BZh") {
        Box::new(MultiBzDecoder::new(file))
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Box::new(zstd::Decoder::with_buffer(file)?)
    } else {
        Box::new(file)
    };
    Ok(Unpacked { content, read })
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads all of a file; `None` when it unpacks to more than `largest` bytes.
pub fn read_all(path: &Path, largest: usize) -> io::Result<Option<Vec<u8>>> {
    let limit = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    open(path)?.content.take(limit).read_to_end(&mut text)?;
    if text.len() > largest {
        return Ok(None);
    }
    // Growing by doubling leaves up to half of the memory unused; a large Bundle is kept for a while.
    text.shrink_to_fit();
    Ok(Some(text))
}

/// The first bytes of a file's content.
pub fn read_head(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(most);
    open(path)?.content.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
    Ok(head)
}

/// SHA-256 of a file as it is, in hexadecimal.
pub fn hash(path: &Path) -> io::Result<String> {
    Ok(hexadecimal(&message(path)?.hash))
}

/// A file as it is, as the message from which resources come.
pub fn message(path: &Path) -> io::Result<Message> {
    let mut length = 0_u64;
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut file = BufReader::with_capacity(BUFFER, File::open(path)?);
    loop {
        let part = file.fill_buf()?;
        if part.is_empty() {
            break;
        }
        context.update(part);
        let count = part.len();
        length = length.saturating_add(count as u64);
        file.consume(count);
    }
    let hash = context.finish().as_ref().try_into().map_err(io::Error::other)?;
    Ok(Message { hash, length })
}

/// Bytes in hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(text).unwrap();
        vec![
            ("plain", text.to_vec()),
            ("gzip", gzip.finish().unwrap()),
            ("bzip2", bzip2.finish().unwrap()),
            ("zstd", zstd::encode_all(text, 1).unwrap()),
        ]
    }

    #[test]
    fn the_first_bytes_tell_the_packing() {
        let folder = test_support::TemporaryDirectory::new();
        let path = folder.path().join("file");
        for (name, bytes) in packed(b"{\"resourceType\":\"Bundle\"}") {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_all(&path, 25).unwrap().unwrap(), b"{\"resourceType\":\"Bundle\"}", "{name}");
            assert_eq!(read_head(&path, 3).unwrap(), b"{\"r", "{name}");
            // Packed in two parts, one behind the other.
            if name != "plain" {
                std::fs::write(&path, [bytes.clone(), bytes].concat()).unwrap();
                assert_eq!(read_all(&path, 1_000).unwrap().unwrap().len(), 50, "{name}");
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit_and_a_torn_file_is_an_error() {
        let folder = test_support::TemporaryDirectory::new();
        let path = folder.path().join("file");
        for (name, bytes) in packed(&vec![b' '; 1 << 20]) {
            std::fs::write(&path, &bytes).unwrap();
            assert!(read_all(&path, 1_000).unwrap().is_none(), "{name}");
            if name != "plain" {
                std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
                assert!(read_all(&path, 2 << 20).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn an_empty_file_is_empty() {
        let folder = test_support::TemporaryDirectory::new();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert_eq!(read_all(&path, 10).unwrap().unwrap(), b"");
        assert_eq!(hash(&path).unwrap(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
