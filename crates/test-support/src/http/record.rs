//! What was asked and answered, noted for `tools/check_traffic.py`: the traffic of the tests against the contract.
//!
//! Every connection notes, so nothing that a test sends by hand escapes. A line of JSON for each answer; the bodies
//! stand in the first line of their shape only, for half a million patients have few.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fs::{File, OpenOptions};
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use super::response::Response;

/// The file that `HEALTHBOOK_TEST_RECORD` names; nothing is noted without it. The unit tests of this crate speak to
/// servers that are not the one under test, and note nothing.
static FILE: LazyLock<Option<Mutex<Record>>> = LazyLock::new(|| {
    if cfg!(test) {
        return None;
    }
    let name = std::env::var_os("HEALTHBOOK_TEST_RECORD")?;
    let file = OpenOptions::new().create(true).append(true).open(name).ok()?;
    Some(Mutex::new(Record { file, shapes: HashSet::new() }))
});

/// Bodies beyond this are noted without their content, and counted.
const LARGEST_BODY: usize = 4 << 20;

#[derive(Debug)]
struct Record {
    file: File,
    shapes: HashSet<u64>,
}

/// What was sent on a connection and is not answered yet.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<u8>);

impl Asked {
    /// Bytes were sent.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        if FILE.is_some() {
            self.0.extend_from_slice(bytes);
        }
    }

    /// The next answer came.
    pub(super) fn answered(&mut self, response: &Response) {
        let Some(record) = FILE.as_ref() else { return };
        let request = Request::taken_from(&mut self.0);
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line(&request, response, |shape| record.shapes.insert(shape));
        // One write of a whole line: many processes append to the file. A measurement that fails fails no test.
        let _ = record.file.write_all(format!("{line}\n").as_bytes());
    }
}

/// A request as it was sent; `-` is the method of what is no HTTP.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// The first one. What follows it was sent before its answer came, and waits for its own.
    fn taken_from(sent: &mut Vec<u8>) -> Self {
        let none = Self { method: "-".into(), target: String::new(), headers: Vec::new(), body: Vec::new() };
        let Some(end) = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            sent.clear();
            return none;
        };
        let rest = sent.split_off(end + 4);
        let head = String::from_utf8_lossy(&std::mem::replace(sent, rest)).into_owned();
        let mut lines = head.lines();
        let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let ([method, target, "HTTP/1.1"], false) = (first.as_slice(), head.contains('\u{fffd}')) else {
            sent.clear();
            return none;
        };
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse());
        let body = match length {
            Some(Ok(length)) if sent.len() > length => {
                let rest = sent.split_off(length);
                std::mem::replace(sent, rest)
            }
            Some(_) => std::mem::take(sent),
            // Chunks end where nobody looked; nothing follows them.
            None if headers.iter().any(|(name, _)| name == "transfer-encoding") => {
                sent.clear();
                Vec::new()
            }
            None => Vec::new(),
        };
        Self { method: (*method).to_owned(), target: (*target).to_owned(), headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("-", |(_, value)| value)
    }
}

/// The line of an answer. `is_new` tells whether a shape is seen for the first time.
fn line(request: &Request, response: &Response, mut is_new: impl FnMut(u64) -> bool) -> Value {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let parameters: Vec<&str> =
        query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect();
    let headers: serde_json::Map<String, Value> =
        response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!(value))).collect();
    let sent: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    let codes = codes(&response.body);
    let mut line = json!({
        "method": request.method, "path": path, "query": parameters, "sent": sent, "sent_media": request.header("content-type"),
        "status": response.status, "headers": headers, "codes": codes,
    });
    let place = (&request.method, place(path), response.status);
    let media = response.header("content-type").unwrap_or("-");
    for (name, media, body, packed) in [
        ("request", request.header("content-type"), &request.body, request.header("content-encoding")),
        ("answer", media, &response.body, response.header("content-encoding").unwrap_or("-")),
    ] {
        if body.is_empty() {
            continue;
        }
        let mut hasher = DefaultHasher::new();
        (name, &place, media).hash(&mut hasher);
        line[name] = if body.len() > LARGEST_BODY {
            "large".into()
        } else if packed != "-" {
            "packed".into()
        } else if !media.contains("json") {
            "other".into()
        } else if let Ok(value) = serde_json::from_slice::<Value>(body) {
            shape(&value, &mut hasher);
            if is_new(hasher.finish()) { json!({ "json": value }) } else { "known".into() }
        } else {
            "broken".into()
        };
    }
    line
}

/// A path without its ids: what has a digit or is long.
fn place(path: &str) -> Vec<&str> {
    let is_id = |part: &str| part.len() > 24 || part.bytes().any(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect()
}

/// Members and kinds of values; the items of a list together.
fn shape(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0.hash(hasher),
        Value::Bool(_) => 1.hash(hasher),
        Value::Number(_) => 2.hash(hasher),
        Value::String(_) => 3.hash(hasher),
        Value::Array(items) => {
            let mut shapes: Vec<u64> = items
                .iter()
                .map(|item| {
                    let mut hasher = DefaultHasher::new();
                    shape(item, &mut hasher);
                    hasher.finish()
                })
                .collect();
            shapes.sort_unstable();
            shapes.dedup();
            (4, shapes).hash(hasher);
        }
        Value::Object(members) => {
            5.hash(hasher);
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            for name in names {
                name.hash(hasher);
                shape(&members[name], hasher);
            }
            6.hash(hasher);
        }
    }
}

/// The fault codes of an answer, in JSON or XML: what stands behind the code system of faults.
fn codes(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let after = text.split("urn:healthbook:fault\"").skip(1);
    let mut codes: Vec<String> = after
        .filter_map(|rest| {
            let start = rest.find("code")?;
            let value = rest.get(start + 4..)?.split('"').nth(if rest.starts_with(',') { 2 } else { 1 })?;
            Some(value.to_owned())
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_both_forms() {
        let json = br#"{"details":{"coding":[{"system":"urn:healthbook:fault","code":"not-found"}]}}"#;
        assert_eq!(codes(json), ["not-found"]);
        let xml = br#"<coding><system value="urn:healthbook:fault"/><code value="busy"/></coding>"#;
        assert_eq!(codes(xml), ["busy"]);
        assert!(codes(b"{}").is_empty());
    }

    #[test]
    fn each_answer_takes_its_request() {
        let mut sent =
            b"POST /a?b=c HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /d HTTP/1.1\r\nAccept: e\r\n\r\n"
                .to_vec();
        let first = Request::taken_from(&mut sent);
        assert_eq!(
            (first.method.as_str(), first.target.as_str(), first.body.as_slice()),
            ("POST", "/a?b=c", &b"{}"[..])
        );
        let second = Request::taken_from(&mut sent);
        assert_eq!((second.method.as_str(), second.header("accept"), sent.is_empty()), ("GET", "e", true));
        for text in ["BAD\r\n\r\n", "GET / HTTP/9\r\n\r\n", "GET / HT", ""] {
            assert_eq!(Request::taken_from(&mut text.as_bytes().to_vec()).method, "-", "{text}");
        }
    }

    #[test]
    fn bodies_stand_in_the_first_line_of_their_shape() {
        let request = Request::taken_from(&mut b"GET /fhir/Patient/a1?x=1 HTTP/1.1\r\n\r\n".to_vec());
        let answer = |body: &str| Response {
            status: 200,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.into(),
        };
        let mut shapes = HashSet::new();
        let mut noted =
            |body: &str| line(&request, &answer(body), |shape| shapes.insert(shape))["answer"].clone();
        assert_eq!(noted(r#"{"a":[1,2],"b":"x"}"#)["json"]["b"], "x");
        assert_eq!(noted(r#"{"b":"y","a":[3]}"#), "known");
        assert!(noted(r#"{"b":"y","a":["3"]}"#).is_object());
        assert_eq!(noted("{"), "broken");
    }
}
