//! Writes resources as XML, reads them again and compares: `round_trip FOLDER_OR_FILES`.
//!
//! Every file is a resource in JSON; the entries of a Bundle are compared one by one as well as in the whole.
//! Equal are two documents whose compact JSON is the same byte for byte, with the members in the order of their
//! names: numbers are compared as they are written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a command for developers: what it cannot read ends it"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use healthbook_xml::{Limits, from_xml, to_xml};
use json::{Node, Value};

fn main() {
    let (mut files, mut resources, mut different) = (0_usize, 0_usize, 0_usize);
    let (mut json_bytes, mut xml_bytes) = (0_usize, 0_usize);
    let (mut writing, mut reading) = (Duration::ZERO, Duration::ZERO);
    for path in std::env::args_os().skip(1).flat_map(|argument| json_files(PathBuf::from(argument))) {
        let text = std::fs::read(&path).unwrap();
        let document = json::parse(&text, &json::Limits::default()).unwrap();
        files += 1;
        json_bytes += text.len();
        let entries = document.get("entry").map(Node::items).unwrap_or_default();
        let held = entries.iter().filter_map(|entry| entry.get("resource"));
        for (index, resource) in std::iter::once(&document).chain(held).enumerate() {
            resources += 1;
            let begun = Instant::now();
            let xml = to_xml(resource).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            let written = Instant::now();
            let back = from_xml(xml.as_bytes(), &Limits::default())
                .unwrap_or_else(|fault| panic!("{}: {fault} {:?}", path.display(), fault.expression));
            if index == 0 {
                xml_bytes += xml.len();
                writing += written - begun;
                reading += written.elapsed();
            }
            if sorted(&back) != sorted(resource) {
                different += 1;
                println!("different: {} ({index})", path.display());
            }
        }
    }
    println!("{files} files, {resources} resources (Bundles and their entries), {different} differences");
    let speed = |bytes: usize, time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!(
        "Bundles as a whole: {:.1} MB of JSON, {:.1} MB of XML; written at {:.0} MB/s, read at {:.0} MB/s of XML",
        json_bytes as f64 / 1e6,
        xml_bytes as f64 / 1e6,
        speed(xml_bytes, writing),
        speed(xml_bytes, reading)
    );
    std::process::exit(i32::from(different > 0));
}

fn json_files(path: PathBuf) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path];
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files
}

/// The compact text with the members in the order of their names.
fn sorted(node: &Node<'_>) -> String {
    fn copy<'a>(node: &'a Node<'a>) -> Node<'a> {
        Node::new(match &node.value {
            Value::Object(members) => {
                let mut members: Vec<_> = members
                    .iter()
                    .map(|(name, node)| (std::borrow::Cow::Borrowed(name.as_ref()), copy(node)))
                    .collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                Value::Object(members)
            }
            Value::Array(items) => Value::Array(items.iter().map(copy).collect()),
            other => other.clone(),
        })
    }
    copy(node).to_json()
}
