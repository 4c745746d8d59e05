//! What two answers may differ in: nothing but moments, ids that a server makes, and sealed links.

use serde_json::Value;
use test_support::Response;

use super::query::Query;
use super::world::World;
use crate::support::{FHIR_JSON, link};

/// Pages that are followed to find a difference.
const MOST_PAGES: usize = 60;

/// Headers that say when, or are drawn anew for each answer.
/// `Connection` says whether the body of a refused request had arrived when the answer was ready: a matter of the network.
const FREE: [&str; 4] = ["connection", "date", "last-modified", "x-request-id"];

/// Whether this is a UUID of version 7, which only servers make here.
pub fn is_made(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes[14] == b'7'
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2026-11-28T19:09:43.791Z`: the length of a moment with a fraction of a second at the beginning.
fn moment(bytes: &[u8]) -> Option<usize> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.0";
    let fits = bytes.len() > SHAPE.len()
        && SHAPE
            .iter()
            .zip(bytes)
            .all(|(sign, byte)| if *sign == b'0' { byte.is_ascii_digit() } else { sign == byte });
    let end =
        fits.then(|| bytes[SHAPE.len()..].iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0))?;
    Some(SHAPE.len() + end)
}

/// A part of an answer without moments, sealed links and ids that a server made: what queries have created has a number
/// in `made`, other ids are numbered as they appear here.
pub fn canonical(text: &str, made: &[String]) -> String {
    let bytes = text.as_bytes();
    let mut ids: Vec<&str> = Vec::new();
    let mut result = String::with_capacity(text.len());
    let (mut copied, mut place) = (0, 0);
    while place < bytes.len() {
        let rest = &bytes[place..];
        // Most signs begin nothing of this.
        let (length, instead) = match (rest[0], rest.get(4), rest.get(8)) {
            (b'_', Some(b'e'), _) if rest.starts_with(b"_page=") => {
                let is_sealed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_%=".contains(byte);
                let length = rest.iter().take_while(|byte| is_sealed(byte)).count();
                (length, format!("_page=sealed-{}", length - 6))
            }
            (_, Some(b'-'), _) if moment(rest).is_some() => {
                let length = moment(rest).unwrap_or_default();
                (length, format!("moment-{length}"))
            }
            (_, _, Some(b'-')) if text.get(place..place + 36).is_some_and(is_made) => {
                let id = &text[place..place + 36];
                let instead = if let Some(known) = made.iter().position(|one| one.ends_with(id)) {
                    format!("created-{known}")
                } else {
                    let number = ids.iter().position(|one| *one == id).unwrap_or(ids.len());
                    if number == ids.len() {
                        ids.push(id);
                    }
                    format!("id-{number}")
                };
                (36, instead)
            }
            _ => {
                place += 1;
                continue;
            }
        };
        result.push_str(&text[copied..place]);
        result.push_str(&instead);
        place += length;
        copied = place;
    }
    result.push_str(&text[copied..]);
    result
}

/// An answer without what may differ.
fn told(world: &World, answer: &Response) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value))
        .filter(|(name, _)| !FREE.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", world.canonical(value)))
        .collect();
    headers.sort();
    let body = world.canonical(&String::from_utf8_lossy(&answer.body));
    format!("{}\n{}\n\n{body}", answer.status, headers.join("\n"))
}

/// Two answers that should have been the same.
#[derive(Debug)]
pub struct Difference {
    pub page: usize,
    pub with: String,
    pub without: String,
}

impl Difference {
    fn between(page: usize, with: String, without: String) -> Option<Self> {
        (with != without).then_some(Self { page, with, without })
    }

    /// Both, from a little before the first difference.
    pub fn shown(&self) -> String {
        let same =
            self.with.chars().zip(self.without.chars()).take_while(|(one, other)| one == other).count();
        let part = |text: &str| -> String { text.chars().skip(same.saturating_sub(200)).take(700).collect() };
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        format!(
            "page {}, with secrets (status {}, {} bytes):\n...{}\n\nwithout secrets (status {}, {} bytes):\n...{}\n",
            self.page,
            first(&self.with),
            self.with.len(),
            part(&self.with),
            first(&self.without),
            self.without.len(),
            part(&self.without)
        )
    }
}

/// What an answer was: for the count of what was really tried.
pub struct Compared {
    pub status: u16,
    pub entries: usize,
    pub difference: Option<Difference>,
}

/// Asks both worlds the same, to the last page and a page back.
pub fn compare(with: &mut World, without: &mut World, query: &Query) -> Compared {
    let (mut one, mut other) = (with.ask(query), without.ask(query));
    let status = one.status;
    let mut entries = 0;
    let mut relation = "next";
    for page in 1..=MOST_PAGES {
        if let Some(difference) = Difference::between(page, told(with, &one), told(without, &other)) {
            return Compared { status, entries, difference: Some(difference) };
        }
        let (Some(left), Some(right)) = (bundle(&one), bundle(&other)) else { break };
        entries += left["entry"].as_array().map_or(0, Vec::len);
        let (next, same) = (link(&left, relation), link(&right, relation));
        let links = next.zip(same).or_else(|| {
            let back = relation == "next" && page > 1;
            relation = "previous";
            back.then(|| link(&left, relation).zip(link(&right, relation))).flatten()
        });
        let Some((next, same)) = links else { break };
        if relation == "previous" && page % 3 == 0 {
            break;
        }
        one = with.follow(query, &next);
        other = without.follow(query, &same);
    }
    Compared { status, entries, difference: None }
}

fn bundle(answer: &Response) -> Option<Value> {
    let is_json = answer.header("Content-Type").is_some_and(|kind| kind.starts_with(FHIR_JSON));
    let parsed: Value = is_json.then(|| serde_json::from_slice(&answer.body).ok()).flatten()?;
    (parsed["resourceType"] == "Bundle").then_some(parsed)
}
