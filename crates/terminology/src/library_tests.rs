//! R4's own codes, editions, supplements, names and maps. Expectations are from the text of R4.

use json::{Limits, Node};

use crate::{Budget, ConceptMap, Content, Editions, Library, Membership, Translation, TranslationResult};

/// A library of resources in JSON.
pub(crate) fn library(resources: &[&str]) -> Library {
    let nodes: Vec<Node<'_>> =
        resources.iter().map(|text| json::parse(text.as_bytes(), &Limits::default()).unwrap()).collect();
    Library::r4().extended(nodes.iter()).unwrap()
}

fn translated(library: &Library, map: &ConceptMap, asked: &Translation<'_>) -> TranslationResult {
    library.translate(map, &Editions::default(), asked, &mut Budget::new(10_000)).unwrap()
}

#[test]
fn r4_required_bindings() {
    let library = Library::r4();
    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    let ask = |set: &str, system: Option<&str>, code: &str| library.membership(set, system, code);
    for (set, code, expected) in [
        ("administrative-gender", "female", Membership::Member),
        ("administrative-gender", "Female", Membership::NotMember),
        ("administrative-gender|4.0.1", "male", Membership::Member),
        ("administrative-gender|9.9", "male", Membership::Unknown),
        ("observation-status", "final", Membership::Member),
        ("observation-status", "done", Membership::NotMember),
        ("quantity-comparator", "<=", Membership::Member),
        ("quantity-comparator", "=", Membership::NotMember),
        ("currencies", "VND", Membership::Member),
        ("currencies", "HRK", Membership::Member),
        ("currencies", "VNDD", Membership::NotMember),
        ("mimetypes", "application/pdf", Membership::Member),
        ("mimetypes", "pdf", Membership::NotMember),
        ("units-of-time", "d", Membership::Member),
        ("units-of-time", "days", Membership::NotMember),
        ("ucum-units", "mg/dL", Membership::Member),
        ("all-types", "Patient", Membership::Member),
        ("all-types", "HumanName", Membership::Member),
        ("all-types", "Person2", Membership::NotMember),
        ("all-languages", "vi", Membership::Member),
        ("languages", "vi", Membership::NotMember),
        ("languages", "en-US", Membership::Member),
        ("never-was", "x", Membership::Unknown),
    ] {
        let set = format!("http://hl7.org/fhir/ValueSet/{set}");
        assert_eq!(ask(&set, None, code), expected, "{set} {code}");
    }
    assert_eq!(ask(gender, Some("http://hl7.org/fhir/administrative-gender"), "other"), Membership::Member);
    assert_eq!(ask(gender, Some("urn:example:other"), "other"), Membership::NotMember);
    let clinical = "http://hl7.org/fhir/ValueSet/condition-clinical";
    let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    // The hierarchy nests: recurrence is below active.
    assert_eq!(ask(clinical, Some(system), "recurrence"), Membership::Member);
    assert_eq!(ask(clinical, Some(system), "cured"), Membership::NotMember);
}

#[test]
fn r4_sets_by_hierarchy_and_of_others_lists() {
    let library = Library::r4();
    let act_code = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    // ActEncounterCode: everything below _ActEncounterCode, without itself.
    let encounters = "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode";
    for (code, expected) in [
        ("AMB", Membership::Member),
        ("IMP", Membership::Member),
        ("ACUTE", Membership::Member),
        ("_ActEncounterCode", Membership::NotMember),
        ("CASH", Membership::NotMember),
    ] {
        assert_eq!(library.membership(encounters, Some(act_code), code), expected, "{code}");
    }
    // SNOMED CT and LOINC are not ours to hand on.
    let body_site = "http://hl7.org/fhir/ValueSet/body-site";
    assert_eq!(library.membership(body_site, Some("http://snomed.info/sct"), "0"), Membership::Unknown);
    assert_eq!(library.membership(body_site, Some("urn:example:x"), "0"), Membership::NotMember);
    let vital = "http://hl7.org/fhir/ValueSet/observation-vitalsignresult";
    assert_eq!(library.membership(vital, Some("http://loinc.org"), "8867-4"), Membership::Unknown);
    assert_eq!(library.is_known_code("http://loinc.org", "8867-4"), None);
    assert_eq!(library.is_known_code("http://hl7.org/fhir/observation-status", "final"), Some(true));
    assert_eq!(library.is_known_code("http://hl7.org/fhir/observation-status", "done"), Some(false));
    assert_eq!(library.is_known_code("http://unitsofmeasure.org", "mgg"), Some(false));
}

#[test]
fn the_tables_are_whole() {
    let library = Library::r4();
    let lines = include_str!("../definitions/r4-code-systems.tsv").lines();
    let concepts = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_digit())).count();
    let systems: Vec<_> = crate::r4::definitions()
        .into_iter()
        .filter_map(|definition| match definition {
            crate::Definition::CodeSystem(system) => Some(system),
            _ => None,
        })
        .collect();
    let found: usize = systems.iter().map(|system| system.concepts().len()).sum();
    // Some systems repeat a code at several places of their tree.
    assert!(found <= concepts && found > concepts - 200, "{found} of {concepts}");
    let role = library.find_code_system("http://terminology.hl7.org/CodeSystem/v3-RoleCode", None).unwrap();
    assert_eq!(role.content, Content::Complete);
    let at = |code: &str| role.find(code).unwrap();
    assert!(role.is_above(at("FAMMEMB"), at("MTH")) && !role.is_above(at("MTH"), at("FAMMEMB")));
    assert!(role.get("_PersonalRelationshipRoleType").unwrap().is_abstract);
    assert_eq!(
        library.display("http://hl7.org/fhir/administrative-gender", "female", "vi"),
        Some("Female"),
        "another name when there is none in the language"
    );
}

const ICD: &str = "http://example.org/icd";

fn icd(version: &str, period: &str, concepts: &str) -> String {
    format!(
        r#"{{"resourceType":"CodeSystem","url":"{ICD}","version":"{version}","status":"active","content":"complete","extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod","valuePeriod":{{{period}}}}}],"language":"vi","concept":[{concepts}]}}"#
    )
}

#[test]
fn the_edition_in_force_on_the_day_counts() {
    let old = icd("2020", r#""end":"2026-06-30""#, r#"{"code":"A","display":"cũ"}"#);
    let new = icd("2026", r#""start":"2026-07-01""#, r#"{"code":"A","display":"mới"},{"code":"B"}"#);
    for resources in [[&*old, &*new], [&*new, &*old]] {
        let library = library(&resources);
        let version = |canonical: &str, day: Option<&str>| {
            library.find_code_system(canonical, day).and_then(|it| it.edition.version.clone())
        };
        assert_eq!(version(ICD, None).as_deref(), Some("2026"));
        assert_eq!(version(ICD, Some("2026-06-30")).as_deref(), Some("2020"));
        assert_eq!(version(ICD, Some("2026-07-01")).as_deref(), Some("2026"));
        assert_eq!(version(&format!("{ICD}|2020"), None).as_deref(), Some("2020"));
        assert_eq!(version(&format!("{ICD}|2021"), None), None);
        assert_eq!(library.display(ICD, "A", "vi"), Some("mới"));
    }
    let announced = new.replace(r#""content":"complete""#, r#""content":"not-present""#);
    let library = library(&[&old, &announced]);
    assert_eq!(library.is_known_code(ICD, "A"), Some(true), "an edition without codes gives way");
    assert_eq!(library.find_code_system(ICD, Some("2026-08-01")).unwrap().content, Content::NotPresent);
}

#[test]
fn supplements_name_the_codes_of_others() {
    let library = library(&[
        r#"{"resourceType":"CodeSystem","url":"urn:example:gender-vi","version":"1","language":"vi","content":"supplement","supplements":"http://hl7.org/fhir/administrative-gender|4.0.1","concept":[{"code":"female","display":"Nữ","designation":[{"language":"fr","value":"Femme"}]}]}"#,
    ]);
    let gender = "http://hl7.org/fhir/administrative-gender";
    assert_eq!(library.display(gender, "female", "vi"), Some("Nữ"));
    assert_eq!(library.display(gender, "female", "fr-FR"), Some("Femme"));
    assert_eq!(library.display(gender, "female", "en"), Some("Female"));
    assert_eq!(library.display(gender, "male", "vi"), Some("Male"));
    assert_eq!(library.display(gender, "nobody", "vi"), None);
    assert!(library.find_code_system("urn:example:gender-vi", None).is_none());
}

#[test]
fn a_parent_without_a_concept_holds_what_names_it() {
    let library = library(&[
        r#"{"resourceType":"CodeSystem","url":"urn:example:part","content":"fragment","concept":[{"code":"A1","property":[{"code":"parent","valueCode":"A"}],"concept":[{"code":"A1.1"}]}]}"#,
    ]);
    let part = library.find_code_system("urn:example:part", None).unwrap();
    let codes: Vec<_> = part.below("A").into_iter().map(|at| &*part.concept(at).unwrap().code).collect();
    assert_eq!(codes, ["A1", "A1.1"]);
    assert_eq!(part.below("never"), Vec::<u32>::new());
}

#[test]
fn a_resource_without_a_url_cannot_be_in_a_library() {
    let node = json::parse(br#"{"resourceType":"ValueSet","status":"draft"}"#, &Limits::default()).unwrap();
    assert!(Library::r4().extended(std::iter::once(&node)).is_err());
    let other = json::parse(br#"{"resourceType":"Patient"}"#, &Limits::default()).unwrap();
    assert!(Library::r4().extended(std::iter::once(&other)).is_ok());
}

/// A commune that stays, one that is divided, and what happens with others.
const COMMUNES: &str = r#"{"resourceType":"ConceptMap","url":"http://example.org/communes","status":"active","sourceUri":"http://example.org/old-set","targetUri":"http://example.org/new-set","group":[
  {"source":"urn:example:old","target":"urn:example:new","element":[
    {"code":"1","target":[{"code":"A","equivalence":"equivalent"}]},
    {"code":"2","target":[{"code":"A","equivalence":"narrower"},{"code":"B","display":"Xã B","equivalence":"inexact"}]},
    {"code":"3"},
    {"code":"4","target":[{"equivalence":"unmatched"}]},
    {"code":"5","target":[{"code":"C","equivalence":"wider","dependsOn":[{"property":"http://example.org/side","system":"urn:example:sides","value":"north"}],"product":[{"property":"http://example.org/district","system":"urn:example:districts","value":"7"}]}]}
  ]UNMAPPED}]}"#;

fn matches(library: &Library, asked: &Translation<'_>) -> Vec<(String, String)> {
    let map = library.find_concept_map("http://example.org/communes", None).unwrap();
    let found = translated(library, map, asked).matches;
    let code = |it: &crate::Coding| it.code.clone().unwrap_or_default().to_string();
    found
        .iter()
        .map(|it| (it.equivalence.to_string(), it.concept.as_ref().map(code).unwrap_or_default()))
        .collect()
}

#[test]
fn maps_forwards_and_backwards() {
    let library = library(&[&COMMUNES.replace("UNMAPPED", "")]);
    let asked = |code| Translation { system: Some("urn:example:old"), code, ..Translation::default() };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(left, right)| ((*left).to_owned(), (*right).to_owned())).collect()
    };
    assert_eq!(matches(&library, &asked("1")), pairs(&[("equivalent", "A")]));
    assert_eq!(matches(&library, &asked("2")), pairs(&[("narrower", "A"), ("inexact", "B")]));
    assert_eq!(matches(&library, &asked("3")), pairs(&[("unmatched", "")]));
    assert_eq!(matches(&library, &asked("4")), pairs(&[("unmatched", "")]));
    assert_eq!(matches(&library, &asked("9")), pairs(&[]));
    let other = Translation { system: Some("urn:example:never"), ..asked("1") };
    assert_eq!(matches(&library, &other), pairs(&[]));
    let back = Translation { system: Some("urn:example:new"), reverse: true, ..asked("A") };
    assert_eq!(matches(&library, &back), pairs(&[("equivalent", "1"), ("wider", "2")]));
    let elsewhere = Translation { target_system: Some("urn:example:never"), ..asked("1") };
    assert_eq!(matches(&library, &elsewhere), pairs(&[]));

    // A target that depends on another element holds only with its value.
    let side = |value: &str| [("http://example.org/side".to_owned(), None, value.to_owned())];
    let map = library.find_concept_map("http://example.org/communes", None).unwrap();
    let alone = translated(&library, map, &asked("5"));
    assert!(alone.matches.is_empty() && alone.needs_more && !alone.is_translated());
    let south = side("south");
    assert!(matches(&library, &Translation { dependencies: &south, ..asked("5") }).is_empty());
    let north = side("north");
    let found = translated(&library, map, &Translation { dependencies: &north, ..asked("5") });
    assert!(found.is_translated());
    assert_eq!(&*found.matches[0].products[0].value, "7");
}

#[test]
fn what_a_map_does_with_other_codes() {
    let with = |unmapped: &str, more: &[&str]| {
        let map = COMMUNES.replace("UNMAPPED", unmapped);
        library(&[&[&*map], more].concat())
    };
    let asked = Translation { system: Some("urn:example:old"), code: "9", ..Translation::default() };
    let pair = |left: &str, right: &str| vec![(left.to_owned(), right.to_owned())];
    let provided = with(r#","unmapped":{"mode":"provided"}"#, &[]);
    assert_eq!(matches(&provided, &asked), pair("equal", "9"));
    let fixed = with(r#","unmapped":{"mode":"fixed","code":"other","display":"Khác"}"#, &[]);
    assert_eq!(matches(&fixed, &asked), pair("wider", "other"));
    let on = r#","unmapped":{"mode":"other-map","url":"http://example.org/more"}"#;
    let more = r#"{"resourceType":"ConceptMap","url":"http://example.org/more","group":[{"source":"urn:example:old","target":"urn:example:new","element":[{"code":"9","target":[{"code":"Z","equivalence":"equal"}]}]}]}"#;
    assert_eq!(matches(&with(on, &[more]), &asked), pair("equal", "Z"));
    // Maps that send on to each other have an end.
    let round = with(&on.replace("/more", "/communes"), &[]);
    assert!(matches(&round, &asked).is_empty());
    let map = with(on, &[]);
    let result = map.translate(
        map.find_concept_map("http://example.org/communes", None).unwrap(),
        &Editions::default(),
        &asked,
        &mut Budget::new(10_000),
    );
    assert_eq!(result.unwrap().missing, ["http://example.org/more".into()]);
}
