//! How a search or an operation is named in the log of accesses: by its path and its parameters, without what was looked for.

use std::collections::HashSet;
use std::sync::LazyLock;

use access::Access;
use audit_log::Action;
use fhir::{ResourceType, TypeId};
use record_store::{Journal, Showing};
use search::Named;

use crate::Problem;

/// Parameters whose values say how an answer is given, and nothing about anybody.
const TOLD: [&str; 5] = ["_sort", "_include", "_revinclude", "_type", "_summary"];
/// A larger `_count` is in effect nowhere, and could be the number of somebody.
const LARGEST_COUNT: u32 = 99_999;

/// Path and parameters; of most parameters the name only. They are those that were understood: what nobody defined could say
/// anything of anybody, and stays for ever.
pub(crate) fn logged_query(place: &str, understood: &[(String, String)]) -> String {
    let mut text = place.to_owned();
    for (index, (name, value)) in understood.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(name);
        if let Some(told) = told(name.split(':').next().unwrap_or_default(), value) {
            text.push('=');
            text.push_str(&told);
        }
    }
    text
}

/// What is told of the value of a parameter.
fn told(name: &str, value: &str) -> Option<String> {
    match name {
        "_count" => {
            value.parse().ok().filter(|count: &u32| *count <= LARGEST_COUNT).map(|count| count.to_string())
        }
        // A name that no element has is understood, too, and shows nothing.
        "_elements" => Some(value.split(',').filter(|path| is_path(path)).collect::<Vec<_>>().join(",")),
        _ => TOLD.contains(&name).then(|| value.to_owned()),
    }
}

/// The names of all members and elements of R4.
static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let of = |kind: TypeId| kind.elements().iter().map(|element| element.name).chain(kind.property_names());
    TypeId::all().flat_map(of).collect()
});

/// Whether each part of a path of elements is the name of a type of resources or of an element of some type.
fn is_path(path: &str) -> bool {
    let is_name = |part: &str| {
        let plain = part.strip_suffix("[x]").unwrap_or(part);
        NAMES.contains(plain) || part.parse::<ResourceType>().is_ok()
    };
    path.trim().split('.').all(is_name)
}

/// Notes that criteria were asked that name something, whatever they match: nothing is shown by it.
pub(crate) fn note_asked(
    access: &Access,
    action: Action,
    query: &str,
    named: Vec<Named>,
) -> Result<(), Problem> {
    // What the server itself does outside of a request is logged with what it writes.
    if Journal::current().is_some() && !named.is_empty() {
        let _ = Showing::begin_named(access, action, query, named)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::logged_query;

    fn logged(place: &str, query: &[(&str, &str)]) -> String {
        let pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        logged_query(place, &pairs)
    }

    #[test]
    fn what_was_looked_for_is_not_told() {
        let query = [("patient", "099000000001"), ("code", "http://loinc.org|1"), ("_count", "5")];
        assert_eq!(logged("Observation", &query), "Observation?patient&code&_count=5");
        let query = [("_include:iterate", "Observation:subject"), ("name:exact", "Mai")];
        assert_eq!(logged("Patient", &query), "Patient?_include:iterate=Observation:subject&name:exact");
        assert_eq!(logged("Patient/1/_history", &[]), "Patient/1/_history");
    }

    #[test]
    fn no_value_that_is_told_can_say_something_of_somebody() {
        let query =
            [("_count", "0000000990"), ("_elements", "status,name.family,value[x],HIVpositive,Patient.x1")];
        assert_eq!(logged("Patient", &query), "Patient?_count=990&_elements=status,name.family,value[x]");
        for count in ["990000001", "099000000001", "-5", "five"] {
            assert_eq!(logged("Patient", &[("_count", count)]), "Patient?_count", "{count}");
        }
        assert_eq!(
            logged("Observation", &[("_elements", "valueQuantity")]),
            "Observation?_elements=valueQuantity"
        );
    }
}
