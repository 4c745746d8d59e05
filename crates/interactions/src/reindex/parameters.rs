//! From SearchParameter resources to parameters that do not get in each other's way.

use std::collections::HashSet;

use fhir::{Fault, ResourceType};
use json::Node;
use record_store::Remark;
use search::{CustomParameter, Registry, UnusableParameter};

/// What can be said about a parameter of the database's own.
pub(super) const OWN_FAULTS: [fn(String) -> Fault; 6] = [
    |name| Fault::ParameterIncomplete { name },
    |name| Fault::ParameterKind { name },
    |name| Fault::ParameterExpression { name },
    |name| Fault::ParameterTaken { name },
    |name| Fault::ParameterTwice { name },
    |name| Fault::ParameterTooMany { name },
];

/// The SearchParameters that were read so far.
pub(super) struct Reading {
    r4: Registry,
    /// Canonical urls of R4's own.
    known: HashSet<String>,
    parameters: Vec<CustomParameter>,
    remarks: Vec<Remark>,
}

impl Reading {
    pub(super) fn new(r4: Registry) -> Self {
        let parameters = ResourceType::all().flat_map(|kind| r4.parameters(kind));
        let known = parameters.map(|parameter| parameter.url.clone()).collect();
        Self { r4, known, parameters: Vec::new(), remarks: Vec::new() }
    }

    /// Takes a SearchParameter; `id` names one that has no url.
    pub(super) fn add(&mut self, resource: &Node<'_>, id: &str) {
        let url = resource.text("url").unwrap_or_default();
        if self.known.contains(url) {
            return;
        }
        match CustomParameter::read(resource, &self.r4) {
            Ok(parameter) => self.parameters.push(parameter),
            Err(reason) => {
                let name = if url.is_empty() { format!("SearchParameter/{id}") } else { url.to_owned() };
                self.remarks.push(remark(match reason {
                    UnusableParameter::Incomplete => Fault::ParameterIncomplete { name },
                    UnusableParameter::Kind => Fault::ParameterKind { name },
                    UnusableParameter::Expression => Fault::ParameterExpression { name },
                    UnusableParameter::Taken => Fault::ParameterTaken { name },
                }));
            }
        }
    }

    /// Takes a SearchParameter of a package. That a package is in use says that it is meant, also as a draft. What the
    /// database holds as a resource comes first.
    pub(super) fn add_of_package(&mut self, resource: &Node<'_>) {
        let url = resource.text("url").unwrap_or_default();
        let is_there = self.parameters.iter().any(|known| known.url == url)
            || self.remarks.iter().any(|known| known.name == url);
        if !is_there && resource.text("status") != Some("retired") {
            self.add(resource, resource.text("id").unwrap_or_default());
        }
    }
}

fn remark(fault: Fault) -> Remark {
    let (Fault::ParameterIncomplete { name }
    | Fault::ParameterKind { name }
    | Fault::ParameterExpression { name }
    | Fault::ParameterTaken { name }
    | Fault::ParameterTwice { name }
    | Fault::ParameterTooMany { name }) = &fault
    else {
        return Remark { code: fault.code().to_owned(), name: String::new() };
    };
    Remark { code: fault.code().to_owned(), name: name.chars().take(200).collect() }
}

/// The parameters by url, each with a bit, and what there is to say. What is in force already stays as it is.
pub(super) fn settle(reading: Reading, now: &[CustomParameter]) -> (Vec<CustomParameter>, Vec<Remark>) {
    let Reading { r4, mut parameters, mut remarks, .. } = reading;
    let in_force = |parameter: &CustomParameter| {
        now.iter().find(|known| {
            **known == CustomParameter { bit: known.bit, ready: known.ready, ..parameter.clone() }
        })
    };
    // Those in force come first: a newcomer never takes the name or the bit of one of them.
    parameters.sort_by_key(|parameter| (in_force(parameter).is_none(), parameter.url.clone()));
    let mut settled: Vec<CustomParameter> = Vec::new();
    for mut parameter in parameters {
        let types = parameter.types();
        let overlaps = |other: &&CustomParameter| {
            other.types().iter().any(|resource_type| types.contains(resource_type))
        };
        let twice = settled.iter().any(|other| other.url == parameter.url)
            || settled.iter().filter(overlaps).any(|other| other.code == parameter.code);
        if twice {
            remarks.push(remark(Fault::ParameterTwice { name: parameter.url }));
            continue;
        }
        let taken: Vec<u8> = settled.iter().filter(overlaps).map(|other| other.bit).collect();
        let same = |known: &&CustomParameter| {
            (&known.url, &known.code, &known.expression)
                == (&parameter.url, &parameter.code, &parameter.expression)
        };
        let kept = now.iter().find(same).map(|known| known.bit);
        let kept = kept.filter(|bit| !taken.contains(bit) && r4.is_free_bit(&types, *bit));
        let Some(bit) = kept.or_else(|| r4.free_bit(&types, &taken)) else {
            remarks.push(remark(Fault::ParameterTooMany { name: parameter.url }));
            continue;
        };
        parameter.bit = bit;
        // With another bit the presence of values has to be noted anew.
        parameter.ready = in_force(&parameter).is_some_and(|known| known.ready && known.bit == bit);
        settled.push(parameter);
    }
    settled.sort_by(|one, other| one.url.cmp(&other.url));
    remarks.sort_by(|one, other| (&one.name, &one.code).cmp(&(&other.name, &other.code)));
    (settled, remarks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(code: &str, base: &str, element: &str) -> CustomParameter {
        let text = format!(
            r#"{{"resourceType":"SearchParameter","url":"http://x/{code}-{base}","code":"{code}","type":"token",
               "base":["{base}"],"expression":"{base}.{element}"}}"#
        );
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        CustomParameter::read(&node, &Registry::of_r4()).unwrap()
    }

    fn settled(
        parameters: &[CustomParameter],
        now: &[CustomParameter],
    ) -> (Vec<CustomParameter>, Vec<String>) {
        let reading = Reading { parameters: parameters.to_vec(), ..Reading::new(Registry::of_r4()) };
        let (settled, remarks) = settle(reading, now);
        (settled, remarks.into_iter().map(|remark| remark.code).collect())
    }

    #[test]
    fn what_is_in_force_stays_as_it_is() {
        let (first, said) = settled(&[parameter("b", "Patient", "language")], &[]);
        assert!(said.is_empty() && !first[0].ready);
        let ready = CustomParameter { ready: true, ..first[0].clone() };
        let newcomer = parameter("a", "Patient", "gender");
        let (then, said) =
            settled(&[newcomer, parameter("b", "Patient", "language")], std::slice::from_ref(&ready));
        assert!(said.is_empty());
        assert_eq!(then[1], ready);
        assert!(!then[0].ready && then[0].bit != ready.bit, "{then:?}");
    }

    #[test]
    fn a_changed_expression_is_indexed_anew_and_a_longer_list_of_bases_keeps_its_bit() {
        let (first, _) = settled(&[parameter("b", "Patient", "language")], &[]);
        let ready = CustomParameter { ready: true, ..first[0].clone() };
        let (changed, _) = settled(&[parameter("b", "Patient", "gender")], std::slice::from_ref(&ready));
        assert!(!changed[0].ready);
        let longer = CustomParameter { targets: vec![ResourceType::PATIENT], ..ready.clone() };
        let (longer, _) = settled(&[longer], std::slice::from_ref(&ready));
        assert_eq!((longer[0].ready, longer[0].bit), (false, ready.bit));
    }

    #[test]
    fn nobody_takes_the_name_of_another() {
        let one = parameter("b", "Patient", "language");
        let other = CustomParameter { url: "http://x/other".to_owned(), ..one.clone() };
        let elsewhere = parameter("b", "Group", "language");
        let (settled, said) = settled(&[one.clone(), one, other, elsewhere], &[]);
        assert_eq!((settled.len(), said.len()), (2, 2));
        assert!(said.iter().all(|code| code == "own-parameter-twice"), "{said:?}");
    }

    #[test]
    fn what_is_stored_comes_before_what_a_package_has() {
        let text = |code: &str, element: &str, status: &str| {
            format!(
                r#"{{"resourceType":"SearchParameter","url":"http://x/{code}","code":"{code}","type":"token",
                   "status":"{status}","base":["Patient"],"expression":"Patient.{element}"}}"#
            )
        };
        let mut reading = Reading::new(Registry::of_r4());
        let mut take = |text: &str, of_package: bool| {
            let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
            if of_package { reading.add_of_package(&node) } else { reading.add(&node, "a") }
        };
        take(&text("one", "language", "active"), false);
        take(&text("broken", "language.(", "active"), false);
        take(&text("one", "gender", "active"), true);
        take(&text("broken", "gender", "active"), true);
        take(&text("draft", "gender", "draft"), true);
        take(&text("retired", "gender", "retired"), true);
        let (settled, remarks) = settle(reading, &[]);
        let found: Vec<_> = settled.iter().map(|it| (it.code.as_str(), it.expression.as_str())).collect();
        assert_eq!(found, [("draft", "Patient.gender"), ("one", "Patient.language")]);
        assert_eq!(remarks.len(), 1, "{remarks:?}");
    }

    #[test]
    fn a_type_has_as_many_parameters_as_fit() {
        let many: Vec<CustomParameter> =
            (0..64).map(|number| parameter(&format!("p{number}"), "Patient", "language")).collect();
        let (settled, said) = settled(&many, &[]);
        let bits: HashSet<u8> = settled.iter().map(|parameter| parameter.bit).collect();
        assert_eq!(bits.len(), settled.len());
        assert!(said.iter().all(|code| code == "own-parameter-too-many"), "{said:?}");
        assert_eq!(settled.len() + said.len(), 64);
    }

    #[test]
    fn every_remark_has_its_words() {
        for make in OWN_FAULTS {
            let fault = make("http://x".to_owned());
            let said = remark(fault.clone());
            assert_eq!((said.code.as_str(), said.name.as_str()), (fault.code(), "http://x"));
        }
    }
}
