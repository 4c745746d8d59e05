//! Archives of every kind of malice.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(tar).unwrap();
    encoder.finish().unwrap()
}

/// A header with a name as it is, which the writer of archives would refuse.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}

fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        builder.append(&header(name, *kind, content.len() as u64), *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn names(entries: &[(&str, EntryType, &[u8])]) -> (Vec<String>, usize) {
    let unpacked = unpack(&gzip(&tar(entries))).unwrap();
    (unpacked.files.into_iter().map(|(name, _)| name).collect(), unpacked.others)
}

fn refusal(bytes: &[u8]) -> String {
    unpack(bytes).err().expect("it is refused").to_string()
}

#[test]
fn only_json_files_directly_in_the_folder_package_count() {
    let file = EntryType::Regular;
    let (found, others) = names(&[
        ("package", EntryType::Directory, b""),
        ("package/b.json", file, b"{}"),
        ("./package/a.json", file, b"{}"),
        ("package/.index.json", file, b"{}"),
        ("package/example/c.json", file, b"{}"),
        ("package/d.xml", file, b"<a/>"),
        ("other/e.json", file, b"{}"),
        ("f.json", file, b"{}"),
    ]);
    assert_eq!((found, others), (vec!["a.json".to_owned(), "b.json".to_owned()], 5));
}

#[test]
fn paths_that_lead_elsewhere_are_names_of_no_file() {
    let file = EntryType::Regular;
    for name in [
        "package/../../etc/passwd.json",
        "../package/a.json",
        "/package/a.json",
        "package//a.json",
        "package/..\\a.json",
        "package/a\n.json",
        "package/./../a.json",
    ] {
        assert_eq!(names(&[(name, file, b"{}")]), (Vec::new(), 1), "{name}");
    }
    let links = [("package/a.json", EntryType::Symlink, &b""[..]), ("package/b.json", EntryType::Link, b"")];
    assert_eq!(names(&links), (Vec::new(), 2));
}

#[test]
fn names_that_are_no_text_are_no_file() {
    let mut builder = Builder::new(Vec::new());
    let mut odd = header("package/a.json", EntryType::Regular, 2);
    odd.as_gnu_mut().unwrap().name[8] = 0xff;
    odd.set_cksum();
    builder.append(&odd, &b"{}"[..]).unwrap();
    let unpacked = unpack(&gzip(&builder.into_inner().unwrap())).unwrap();
    assert_eq!((unpacked.files.len(), unpacked.others), (0, 1));
}

#[test]
fn a_bomb_stops_at_the_limit() {
    // Some hundred bytes that unpack to a GiB of blanks in one file, and to a header that says so.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let size = 1_u64 << 30;
    encoder.write_all(header("package/a.json", EntryType::Regular, size).as_bytes()).unwrap();
    let part = vec![b' '; 1 << 20];
    (0..1024).for_each(|_| encoder.write_all(&part).unwrap());
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 2 << 20);
    assert!(refusal(&bomb).contains("unpacks to more than 256 MiB"), "{}", refusal(&bomb));
    // The same bytes where nobody looks at them: behind a name that does not count, and behind the end.
    let unread = gzip(&[tar(&[("a.bin", EntryType::Regular, &vec![0; 100_000])]), vec![0; 1 << 20]].concat());
    assert!(unpack_within(&unread, 90_000, 10).is_err());
    assert!(unpack_within(&unread, 1 << 20, 10).is_err(), "what follows counts too");
    assert!(unpack_within(&unread, 2 << 20, 10).is_ok());
}

#[test]
fn holes_are_not_filled() {
    // A sparse file says that it is a TiB of zeros and brings nothing.
    let mut sparse = header("package/a.json", EntryType::GNUSparse, 0);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.realsize = *b"77777777777\0";
    gnu.sparse[0].offset = *b"77777777777\0";
    gnu.sparse[0].numbytes = *b"00000000000\0";
    sparse.set_cksum();
    let archive = gzip(&[sparse.as_bytes().as_slice(), &[0; 1024]].concat());
    if let Ok(unpacked) = unpack(&archive) {
        assert!(unpacked.files.is_empty());
    }
}

#[test]
fn a_hundred_thousand_files_are_too_many() {
    let mut archive = Vec::new();
    for number in 0..100_000 {
        archive.extend(header(&format!("package/{number}.json"), EntryType::Regular, 0).as_bytes());
    }
    archive.extend([0; 1024]);
    assert!(refusal(&gzip(&archive)).contains("more than 20000 files"));
}

#[test]
fn a_hundred_thousand_extended_headers_end() {
    // A long name for a long name for a long name: none of them is a file.
    let mut archive = Vec::new();
    for _ in 0..100_000 {
        archive.extend(header("././@LongLink", EntryType::GNULongName, 0).as_bytes());
    }
    archive.extend([0; 1024]);
    assert!(unpack(&gzip(&archive)).is_err());
}

#[test]
fn what_is_cut_off_or_damaged_is_refused() {
    let whole = gzip(&tar(&[("package/package.json", EntryType::Regular, &[b' '; 2_000])]));
    for length in 0..whole.len() {
        assert!(unpack(&whole[..length]).is_err(), "{length} of {}", whole.len());
    }
    let mut damaged = whole.clone();
    // The checksum of gzip stands before the size.
    let place = damaged.len() - 8;
    damaged[place] ^= 1;
    assert!(unpack(&damaged).is_err());
    for bytes in [&b""[..], b"{}", b"PK\x03\x04", &tar(&[("package/a.json", EntryType::Regular, b"{}")])] {
        assert!(unpack(bytes).is_err());
    }
    assert!(unpack(&gzip(&[])).is_ok_and(|unpacked| unpacked.files.is_empty()), "nothing is in it");
    assert!(unpack(&gzip(&[b'a'; 5_000])).is_err());
}

#[test]
fn one_name_stands_for_one_file() {
    let file = EntryType::Regular;
    let twice = gzip(&tar(&[("package/a.json", file, b"{}"), ("./package/a.json", file, b"[]")]));
    assert!(refusal(&twice).contains("package/a.json is there twice"));
}
