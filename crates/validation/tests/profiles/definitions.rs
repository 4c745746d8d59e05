//! How the tests write profiles and instances, and how they compare what is found.

use std::sync::Arc;

use fhir::{Issue, Severity, check_resource};
use healthbook_validation::{Level, Package, PackageError, Validator};
use json::{Limits, Node};

/// Everything that the tests define has such a url.
pub fn url(name: &str) -> String {
    format!("http://example.org/{name}")
}

/// An element of a profile: its id (path and slice name follow from it) and the rest as JSON members.
pub type ElementText<'a> = (&'a str, &'a str);

/// A StructureDefinition as the tests write it.
#[derive(Clone)]
pub struct Definition {
    name: String,
    kind: &'static str,
    type_name: String,
    base: String,
    members: String,
    elements: Vec<String>,
    in_snapshot: bool,
}

/// A profile of a type of R4.
pub fn profile(name: &str, type_name: &str, elements: &[ElementText<'_>]) -> Definition {
    Definition {
        name: name.to_owned(),
        kind: if type_name.starts_with(|first: char| first.is_lowercase()) {
            "primitive-type"
        } else {
            "resource"
        },
        type_name: type_name.to_owned(),
        base: format!("http://hl7.org/fhir/StructureDefinition/{type_name}"),
        members: String::new(),
        elements: elements.iter().map(|(id, members)| element(id, members)).collect(),
        in_snapshot: false,
    }
}

/// A profile of another profile.
pub fn profile_of(base: &str, name: &str, type_name: &str, elements: &[ElementText<'_>]) -> Definition {
    Definition { base: url(base), ..profile(name, type_name, elements) }
}

/// A profile of a profile that R4 itself has.
pub fn profile_of_core(base: &str, name: &str, type_name: &str) -> Definition {
    let base = format!("http://hl7.org/fhir/StructureDefinition/{base}");
    Definition { base, ..profile(name, type_name, &[]) }
}

/// A definition of an extension that is allowed on the elements of `contexts`.
pub fn extension(name: &str, contexts: &[&str], elements: &[ElementText<'_>]) -> Definition {
    let contexts: Vec<_> =
        contexts.iter().map(|place| format!(r#"{{"type":"element","expression":"{place}"}}"#)).collect();
    extension_in(name, &contexts.join(","), elements)
}

/// A definition of an extension with its contexts as JSON.
pub fn extension_in(name: &str, contexts: &str, elements: &[ElementText<'_>]) -> Definition {
    let fixed = format!(r#""fixedUri":"{}""#, url(name));
    let elements: Vec<_> = elements.iter().copied().chain([("Extension.url", fixed.as_str())]).collect();
    Definition {
        kind: "complex-type",
        members: format!(r#""context":[{contexts}],"#),
        ..profile(name, "Extension", &elements)
    }
}

/// The definition of an extension that has one value of a type.
pub fn simple_extension(name: &str, contexts: &[&str], type_name: &str) -> Definition {
    let value = format!(r#""min":1,"type":[{{"code":"{type_name}"}}]"#);
    extension(name, contexts, &[("Extension.extension", r#""max":"0""#), ("Extension.value[x]", &value)])
}

fn element(id: &str, members: &str) -> String {
    let path: Vec<_> = id.split('.').map(|step| step.split(':').next().unwrap()).collect();
    let slice = id.rsplit('.').next().unwrap().split_once(':').map(|(_, slice)| slice);
    let slice = slice.map(|name| format!(r#","sliceName":"{name}""#)).unwrap_or_default();
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"id":"{id}","path":"{}"{slice}{comma}{members}}}"#, path.join("."))
}

impl Definition {
    /// With more members of the StructureDefinition, for example a version.
    pub fn with(mut self, members: &str) -> Self {
        self.members.push_str(members);
        self.members.push(',');
        self
    }

    pub fn text(&self) -> String {
        let Self { name, kind, type_name, base, members, .. } = self;
        let part = if self.in_snapshot { "snapshot" } else { "differential" };
        let root = format!(r#"{{"id":"{type_name}","path":"{type_name}"}}"#);
        let elements: Vec<_> = std::iter::once(root).chain(self.elements.iter().cloned()).collect();
        format!(
            r#"{{"resourceType":"StructureDefinition","url":"{}","name":"{name}","status":"active",{members}
            "fhirVersion":"4.0.1","kind":"{kind}","abstract":false,"type":"{type_name}","derivation":"constraint",
            "baseDefinition":"{base}","{part}":{{"element":[{}]}}}}"#,
            url(name),
            elements.join(",")
        )
    }
}

/// A complete code system; each code is followed by the codes below it.
pub fn code_system(name: &str, codes: &[(&str, &[&str])]) -> String {
    let concept =
        |code: &str, below: &str| format!(r#"{{"code":"{code}","display":"Display of {code}"{below}}}"#);
    let concepts: Vec<_> = codes
        .iter()
        .map(|(code, below)| {
            let below: Vec<_> = below.iter().map(|code| concept(code, "")).collect();
            let children = format!(r#","concept":[{}]"#, below.join(","));
            concept(code, if below.is_empty() { "" } else { &children })
        })
        .collect();
    format!(
        r#"{{"resourceType":"CodeSystem","url":"{}","status":"active","content":"complete",
        "hierarchyMeaning":"is-a","concept":[{}]}}"#,
        url(name),
        concepts.join(",")
    )
}

/// A value set with the members of one `include`.
pub fn value_set(name: &str, include: &str) -> String {
    format!(
        r#"{{"resourceType":"ValueSet","url":"{}","version":"1.0","status":"active",
        "compose":{{"include":[{include}]}}}}"#,
        url(name)
    )
}

/// A binding as a member of an element.
pub fn binding(strength: &str, value_set: &str) -> String {
    format!(r#""binding":{{"strength":"{strength}","valueSet":"{}"}}"#, url(value_set))
}

/// A Patient with these members.
pub fn patient(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"resourceType":"Patient"{comma}{members}}}"#)
}

/// An Observation with these members besides those that R4 demands.
pub fn observation(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"resourceType":"Observation","status":"final","code":{{"text":"c"}}{comma}{members}}}"#)
}

/// A Bundle of type collection with these resources, at `urn:uuid:09900000-0000-4000-8000-00000000000N`.
pub fn collection(resources: &[&str]) -> String {
    let entry = |(at, resource): (usize, &&str)| {
        format!(r#"{{"fullUrl":"urn:uuid:09900000-0000-4000-8000-00000000000{at}","resource":{resource}}}"#)
    };
    let entries: Vec<_> = resources.iter().enumerate().map(entry).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

pub fn package(resources: Vec<String>) -> Package {
    Package { id: "test".to_owned(), version: "0".to_owned(), canonical: url(""), sha256: [0; 32], resources }
}

pub fn validator(resources: Vec<String>) -> Result<Validator, (String, PackageError)> {
    Validator::new(&[Arc::new(package(resources))])
}

fn show(issue: &Issue) -> String {
    format!("{} {}", issue.expression.as_deref().unwrap_or("-"), issue.fault.code())
}

/// All that is wrong with an instance, as `place code`, sorted.
fn found(validator: &Validator, demanded: &[&str], instance: &str, severity: Severity) -> Vec<String> {
    let resource: Node<'_> = json::parse(instance.as_bytes(), &Limits::default()).expect(instance);
    let (_, broken) = check_resource(&resource);
    let broken: Vec<_> = broken.iter().map(show).collect();
    assert_eq!(broken, [] as [&str; 0], "the structure is not what these tests are about: {instance}");
    let level = if severity == Severity::Error { Level::Errors } else { Level::All };
    let issues = validator.validate(&resource, demanded, level);
    let mut found: Vec<_> = issues.iter().filter(|issue| issue.severity == severity).map(show).collect();
    found.sort();
    found
}

/// An instance, and everything that is wrong with it.
pub type Case<'a> = (String, &'a [&'a str]);

/// What a test loads: the first definition is the profile that instances are held against.
#[derive(Clone, Default)]
pub struct World {
    definitions: Vec<Definition>,
    others: Vec<String>,
}

impl World {
    pub fn new(definitions: &[Definition]) -> Self {
        Self { definitions: definitions.to_vec(), others: Vec::new() }
    }

    /// With code systems and value sets.
    pub fn and(mut self, others: &[String]) -> Self {
        self.others.extend_from_slice(others);
        self
    }

    /// What is wrong with each instance has to be found whether the profile is published as a differential or as a
    /// snapshot, and by a profile that is derived from it and adds nothing.
    pub fn errors(&self, cases: &[Case<'_>]) {
        self.judge("differential", Severity::Error, cases);
        let mut snapshots = self.clone();
        snapshots.definitions.iter_mut().for_each(|definition| definition.in_snapshot = true);
        snapshots.judge("snapshot", Severity::Error, cases);
        let first = &self.definitions[0];
        let heir = profile_of(&first.name, "heir", &first.type_name, &[]);
        let mut heirs = self.clone();
        heirs.definitions.insert(0, heir);
        heirs.judge("derived", Severity::Error, cases);
    }

    /// The warnings; a derived profile or another form says the same.
    pub fn warnings(&self, cases: &[Case<'_>]) {
        self.judge("differential", Severity::Warning, cases);
    }

    fn judge(&self, form: &str, severity: Severity, cases: &[Case<'_>]) {
        let texts =
            self.definitions.iter().map(Definition::text).chain(self.others.iter().cloned()).collect();
        let faults: Vec<_> = package(self.definitions.iter().map(Definition::text).collect())
            .check()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(faults, [] as [&str; 0], "the definitions are FHIR");
        let validator = validator(texts).unwrap();
        let demanded = url(&self.definitions[0].name);
        let mut wrong = String::new();
        for (instance, expected) in cases {
            let found = found(&validator, &[&demanded], instance, severity);
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            if found != expected {
                wrong += &format!("\n[{form}] {instance}\n  expected {expected:?}\n  found    {found:?}");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// The issues of one severity when these profiles are demanded.
pub fn issues(validator: &Validator, demanded: &[&str], instance: &str, severity: Severity) -> Vec<String> {
    found(validator, demanded, instance, severity)
}
