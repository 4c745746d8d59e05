//! What hostile XML costs: time in ms and growth of the peak memory in KiB for each, and how it was refused.
//!
//! Each input is read by a process of its own, so that no memory of another one is used again. The memory is the
//! peak that Linux counts, set back before the input is looked at; elsewhere it is shown as a question mark.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a command for developers")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use healthbook_xml::{Limits, check_narrative, from_xml};

const OPEN: &str = "<Patient xmlns=\"http://hl7.org/fhir\">";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, length] = arguments.as_slice() {
        return child(kind, length.parse().unwrap());
    }
    println!("{:<34} {:>12} {:>10} {:>10}  outcome", "input", "bytes", "ms", "KiB more");
    for (kind, inputs) in [("resource", inputs()), ("narrative", narratives())] {
        for (name, text) in inputs {
            println!("{name:<34} {:>12} {}", text.len(), parent(kind, &text));
        }
    }
}

fn parent(kind: &str, text: &str) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([kind, &text.len().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

fn child(kind: &str, length: usize) {
    let mut text = vec![0; length];
    std::io::stdin().read_exact(&mut text).unwrap();
    // Tables that are built once are no cost of an input.
    let _ = from_xml(format!("{OPEN}<active value=\"true\"/></Patient>").as_bytes(), &Limits::default());
    let (time, memory, rule) = measure(|| match kind {
        "resource" => from_xml(&text, &Limits::default()).err().map(|error| error.rule.code()),
        _ => check_narrative(std::str::from_utf8(&text).unwrap()).err().map(|fault| fault.rule.code()),
    });
    print!("{time:>10.2} {memory:>10}  {}", rule.unwrap_or("taken"));
}

fn inputs() -> Vec<(&'static str, String)> {
    let entities: String = (1..=9)
        .map(|level| {
            let inner = format!("&lol{};", level - 1).repeat(10);
            format!("<!ENTITY lol{level} \"{inner}\">")
        })
        .collect();
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"lol\">{entities}]>{OPEN}<name><text value=\"&lol9;\"/></name></Patient>"
    );
    let external = format!(
        "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{OPEN}<name><text value=\"&f;\"/></name></Patient>"
    );
    let nested = |levels: usize, name: &str, attributes: &str| {
        format!(
            "{OPEN}{}{}</Patient>",
            format!("<{name}{attributes}>").repeat(levels),
            format!("</{name}>").repeat(levels)
        )
    };
    let attributes: String = (0..100_000).map(|index| format!(" a{index}=\"x\"")).collect();
    let namespaces: String = (0..100_000).map(|index| format!(" xmlns:a{index}=\"x\"")).collect();
    let div = "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">";
    vec![
        ("billion laughs", bomb),
        ("external entity", external),
        ("external DTD", format!("<!DOCTYPE x SYSTEM \"http://e.example/x.dtd\">{OPEN}</Patient>")),
        (
            "DOCTYPE of 16 MiB",
            format!("<!DOCTYPE x [{}]>{OPEN}</Patient>", "<!ENTITY a 'b'>".repeat(1 << 20)),
        ),
        ("10,000 levels of extensions", nested(10_000, "extension", " url=\"u\"")),
        ("1,000,000 levels of extensions", nested(1_000_000, "extension", " url=\"u\"")),
        ("10,000 levels of unknown elements", nested(10_000, "a", "")),
        ("10,000 levels of a narrative", format!("{OPEN}{div}{}", "<p>".repeat(10_000))),
        ("100,000 attributes", format!("{OPEN}<name{attributes}/></Patient>")),
        ("100,000 namespaces", format!("{OPEN}<name{namespaces}/></Patient>")),
        ("a tag of 16 MiB without end", format!("{OPEN}<name {}", "a".repeat(16 << 20))),
        ("a comment of 16 MiB without end", format!("{OPEN}<!-- {}", "-".repeat(16 << 20))),
        ("16 MiB of &", format!("{OPEN}<name><text value=\"{}\"/>", "&".repeat(16 << 20))),
        ("16 MiB of & in a narrative", format!("{OPEN}{div}{}", "&".repeat(16 << 20))),
        ("16 MiB of <", format!("{OPEN}{}", "<".repeat(16 << 20))),
        ("2,000,000 elements", format!("{OPEN}{}", "<name/>".repeat(2_000_000))),
        ("2,000,000 elements in a narrative", format!("{OPEN}{div}{}", "<br/>".repeat(2_000_000))),
        (
            "16 MiB of references",
            format!("{OPEN}<name><text value=\"{}\"/></name></Patient>", "&#x1F600;".repeat((16 << 20) / 9)),
        ),
    ]
}

fn narratives() -> Vec<(&'static str, String)> {
    let div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";
    vec![
        (
            "div: billion laughs",
            format!("<!DOCTYPE div [<!ENTITY a \"{}\">]>{div}&a;</div>", "b".repeat(1 << 20)),
        ),
        ("div: 10,000 levels", format!("{div}{}", "<p>".repeat(10_000))),
        ("div: 1 MiB of attributes", format!("{div}<p{}/></div>", " class='a'".repeat(1 << 17))),
        ("div: 1 MiB of style", format!("{div}<p style=\"{}\">x</p></div>", "a:b;".repeat(1 << 18))),
        ("div: 200,000 elements", format!("{div}{}</div>", "<br/>".repeat(200_000))),
    ]
}

fn measure<T>(work: impl FnOnce() -> T) -> (f64, String, T) {
    // Sets the peak of this process back to what it holds now.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let begun = Instant::now();
    let result = work();
    let time = begun.elapsed().as_secs_f64() * 1e3;
    let memory = match (before, peak()) {
        (Some(before), Some(after)) => after.saturating_sub(before).to_string(),
        _ => "?".to_owned(),
    };
    (time, memory, result)
}

/// The most memory that this process has held, in KiB.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
