//! The catalogue of errors as a document in Markdown: code, meaning, what to do, in Vietnamese and English.

use fhir::{CATALOGUE, remedy};

/// `docs/errors.md`
pub fn errors_document() -> String {
    let mut text = String::from(
        "# Errors: codes, meaning, what to do\n\n\
         Made from the catalogue in the code by `healthbook api-spec`; do not edit.\n\n\
         Every refusal of FHIR and of `/access` is an `OperationOutcome`. `issue.details.coding` has the code with the system\n\
         `urn:healthbook:fault`, `issue.details.text` the meaning in Vietnamese (in English by `Accept-Language`),\n\
         `issue.diagnostics` the meaning in English, `issue.expression` the place. Braces stand for what is filled in; no value of a\n\
         record is.\n\n\
         A code keeps its meaning; codes are added. *Status* is that of answers in which the code is the error; without one it is\n\
         a remark in an answer that succeeded.\n",
    );
    for entry in CATALOGUE {
        let Some(remedy) = remedy(entry.code) else { continue };
        let statuses: Vec<String> = remedy.statuses.iter().map(u16::to_string).collect();
        let statuses = if statuses.is_empty() { "–".to_owned() } else { statuses.join(", ") };
        text.push_str(&format!(
            "\n## `{}`\n\nStatus {statuses}; issue type `{}`.\n\n\
             * **vi** {} → {}\n* **en** {} → {}\n",
            entry.code,
            entry.issue_type.as_str(),
            shown(entry.vietnamese),
            remedy.vietnamese,
            shown(entry.english),
            remedy.english
        ));
    }
    text
}

/// Without what only places texts of one language: `{vietnamese:.0}`.
fn shown(text: &str) -> String {
    let mut text = text.to_owned();
    for language in ["english", "vietnamese"] {
        text = text.replace(&format!("{{{language}:.0}}"), "");
        text = text.replace(&format!("{{{language}}}"), "{text}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_in_the_document_once() {
        let document = errors_document();
        for entry in CATALOGUE {
            let heading = format!("\n## `{}`\n", entry.code);
            assert_eq!(document.matches(&heading).count(), 1, "{}", entry.code);
        }
        assert!(!document.contains(":.0}"));
    }
}
