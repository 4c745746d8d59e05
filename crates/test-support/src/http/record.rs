//! What the server answered, noted for a measurement: which routes, statuses, headers and fault codes the tests see.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::LazyLock;

use super::response::Response;

/// The file that `HEALTHBOOK_TEST_RECORD` names; nothing is noted without it.
static FILE: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("HEALTHBOOK_TEST_RECORD").ok());

/// Adds a line: method, path without its query, status, media type, names of headers, fault codes.
pub(super) fn note(method: &str, path: &str, response: &Response) {
    let Some(file) = FILE.as_deref() else { return };
    let path = path.split('?').next().unwrap_or_default();
    let names: Vec<String> = response.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let line = format!(
        "{method}\t{path}\t{}\t{}\t{}\t{}\n",
        response.status,
        response.header("content-type").unwrap_or("-"),
        names.join(","),
        codes(&response.body).join(",")
    );
    // One write of a whole line: many processes append to the file. A measurement that fails fails no test.
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(file) {
        let _ = file.write_all(line.as_bytes());
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
}
