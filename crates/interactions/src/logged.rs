//! How a search or an operation is named in the log of accesses: by its path and its parameters, without what was looked for.

/// Parameters whose values say how an answer is given, and nothing about anybody.
const TOLD: [&str; 7] = ["_count", "_sort", "_include", "_revinclude", "_type", "_summary", "_elements"];

/// Path and parameters; of most parameters the name only.
pub(crate) fn logged_query(place: &str, pairs: &[(String, String)]) -> String {
    let mut text = place.to_owned();
    for (index, (name, value)) in pairs.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        // A chain or modifier may hold an id or a code behind its colon or in brackets; names of parameters do not.
        text.extend(name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "_-.:".contains(*letter)));
        let plain = name.split(':').next().unwrap_or_default();
        if TOLD.contains(&plain) {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::logged_query;

    #[test]
    fn what_was_looked_for_is_not_told() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let query = pairs(&[("patient", "099000000001"), ("code", "http://loinc.org|1"), ("_count", "5")]);
        assert_eq!(logged_query("Observation", &query), "Observation?patient&code&_count=5");
        let query = pairs(&[("_include:iterate", "Observation:subject"), ("name:exact", "Mai")]);
        assert_eq!(
            logged_query("Patient", &query),
            "Patient?_include:iterate=Observation:subject&name:exact"
        );
        assert_eq!(logged_query("Patient/1/_history", &[]), "Patient/1/_history");
    }
}
