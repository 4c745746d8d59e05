//! The smallest valid instance of each R4 resource type, made from the element table and what its invariants add.

use std::collections::BTreeMap;

/// The table of types, elements, cardinalities.
const ELEMENTS: &str = include_str!("../../../crates/fhir/definitions/r4-elements.tsv");

struct Element {
    name: &'static str,
    is_required: bool,
    repeats: bool,
    types: &'static str,
}

/// R4's types.
pub struct Types {
    kinds: BTreeMap<&'static str, &'static str>,
    elements: BTreeMap<&'static str, Vec<Element>>,
}

impl Types {
    /// Reads the table.
    pub fn new() -> Self {
        let (mut kinds, mut elements) = (BTreeMap::new(), BTreeMap::new());
        let mut current = "";
        for line in ELEMENTS.lines() {
            let parts: Vec<&'static str> = line.split('\t').collect();
            match parts[..] {
                ["#", name, kind, ..] => {
                    current = name;
                    kinds.insert(name, kind);
                    elements.insert(name, Vec::new());
                }
                [name, least, most, types, ..] => elements.get_mut(current).unwrap().push(Element {
                    name,
                    is_required: least != "0",
                    repeats: most != "1",
                    types,
                }),
                _ => {}
            }
        }
        Self { kinds, elements }
    }

    /// The names of the resource types.
    pub fn resources(&self) -> Vec<&'static str> {
        self.kinds.iter().filter(|(_, kind)| **kind == "resource").map(|(name, _)| *name).collect()
    }

    /// A resource with the elements that it needs only.
    pub fn minimal(&self, resource: &str) -> String {
        let members = self.required(resource, resource);
        format!(
            r#"{{"resourceType":"{resource}"{}}}"#,
            members.iter().map(|m| format!(",{m}")).collect::<String>()
        )
    }

    fn required(&self, kind: &str, path: &str) -> Vec<String> {
        let elements = self.elements[kind].iter().filter(|element| element.is_required);
        let members = elements.map(|element| self.member(element, path));
        let demanded = demanded(path).iter().map(|&member| member.to_owned());
        let mut members: Vec<String> = members.chain(demanded).collect();
        // In the order of the definition: that is the one in which XML gives them back.
        members.sort_by_key(|member| self.place(kind, member));
        members
    }

    /// Where a member stands in the definition of its type.
    fn place(&self, kind: &str, member: &str) -> Option<usize> {
        let name = member.trim_start_matches('"').split('"').next().unwrap();
        self.elements[kind].iter().position(|element| {
            let stem = element.name.strip_suffix("[x]");
            element.name == name || stem.is_some_and(|stem| name.starts_with(stem))
        })
    }

    fn member(&self, element: &Element, path: &str) -> String {
        let first = element.types.split('|').next().unwrap();
        let (kind, target) = match first.split_once('(') {
            Some((kind, targets)) => (kind, targets.trim_end_matches(')').split(',').next().unwrap()),
            None => (first, "Resource"),
        };
        let name = match element.name.strip_suffix("[x]") {
            Some(stem) => format!("{stem}{}{}", kind[..1].to_uppercase(), &kind[1..]),
            None => element.name.to_owned(),
        };
        let value = self.value(kind, target, &format!("{path}.{}", element.name));
        if element.repeats {
            let again = if path == "Linkage" { format!(",{value}") } else { String::new() };
            format!(r#""{name}":[{value}{again}]"#)
        } else {
            format!(r#""{name}":{value}"#)
        }
    }

    fn value(&self, kind: &str, target: &str, path: &str) -> String {
        match kind {
            "code" => format!("\"{}\"", code(path)),
            "Reference" => {
                let target = if target == "Resource" { "Patient" } else { target };
                format!(r#"{{"reference":"{target}/099-minimal"}}"#)
            }
            "string" | "markdown" => "\"Văn bản\"".to_owned(),
            "id" => "\"a1\"".to_owned(),
            "uri" if path == "StructureDefinition.type" => "\"Patient\"".to_owned(),
            "uri" | "url" | "canonical" => format!("\"http://example.org/{path}\""),
            "boolean" => "true".to_owned(),
            "integer" | "positiveInt" | "unsignedInt" => "1".to_owned(),
            "decimal" => "1.50".to_owned(),
            "date" => "\"2026-05-04\"".to_owned(),
            "dateTime" | "instant" => "\"2026-05-04T08:30:00+07:00\"".to_owned(),
            "base64Binary" => "\"AAAA\"".to_owned(),
            "CodeableConcept" => r#"{"text":"Khái niệm"}"#.to_owned(),
            "Coding" => r#"{"system":"http://example.org/codes","code":"a"}"#.to_owned(),
            "Quantity" => r#"{"value":1.50}"#.to_owned(),
            "Money" => r#"{"value":1.50,"currency":"VND"}"#.to_owned(),
            "Attachment" => r#"{"contentType":"text/plain","data":"AAAA"}"#.to_owned(),
            "Period" => r#"{"start":"2026-05-04"}"#.to_owned(),
            "TriggerDefinition" => r#"{"type":"named-event","name":"a"}"#.to_owned(),
            "Identifier" => r#"{"value":"0990"}"#.to_owned(),
            _ => {
                let members = self.required(kind, path);
                assert!(!members.is_empty(), "{path}: a {kind} without content");
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

/// What an invariant demands beside the required elements; Linkage wants two items (lnk-1).
fn demanded(path: &str) -> &'static [&'static str] {
    match path {
        // ait-1
        "AllergyIntolerance" => &[
            r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}"#,
        ],
        // app-3
        "Appointment" => &[r#""start":"2026-05-04T08:30:00+07:00""#, r#""end":"2026-05-04T09:00:00+07:00""#],
        // app-1
        "Appointment.participant" => &[r#""actor":{"reference":"Patient/099-minimal"}"#],
        // apr-1
        "AppointmentResponse" => &[r#""actor":{"reference":"Patient/099-minimal"}"#],
        // cpb-1, cpb-14
        "CapabilityStatement" => {
            &[r#""implementation":{"description":"Văn bản"}"#, r#""rest":[{"mode":"server"}]"#]
        }
        // ppc-1
        // And what the gate can enforce: docs/access.md, section 3.
        "Consent" => &[r#""policy":[{"uri":"http://example.org/policy"}]"#, r#""provision":{"type":"deny"}"#],
        // imr-1
        "ImmunizationRecommendation.recommendation" => &[r#""targetDisease":{"text":"Bệnh"}"#],
        // ipn-1, org-1
        "InsurancePlan" | "Organization" => &[r#""name":"Văn bản""#],
        // sdf-6
        "StructureDefinition" => &[r#""differential":{"element":[{"id":"Patient","path":"Patient"}]}"#],
        // tcp-3
        "TerminologyCapabilities" => &[r#""implementation":{"description":"Văn bản"}"#],
        _ => &[],
    }
}

/// A code of the value set to which R4 binds the element.
fn code(path: &str) -> &'static str {
    let (owner, name) = path.rsplit_once('.').unwrap();
    match (owner, name) {
        ("Appointment", "status") => "booked",
        ("Appointment.participant", "status") => "accepted",
        ("ChargeItem", "status") => "billable",
        ("DocumentManifest" | "DocumentReference" | "List", "status") => "current",
        (
            "Composition" | "DetectedIssue" | "DiagnosticReport" | "Observation" | "RiskAssessment",
            "status",
        ) => "final",
        ("Encounter", "status") => "finished",
        ("GuidanceResponse", "status") => "success",
        ("ImagingStudy", "status") => "available",
        ("Invoice", "status") => "issued",
        ("MeasureReport", "status") => "complete",
        ("ResearchSubject", "status") => "candidate",
        ("Slot", "status") => "free",
        ("Subscription" | "Task", "status") => "requested",
        ("VerificationResult", "status") => "attested",
        (
            "ClinicalImpression"
            | "Communication"
            | "FamilyMemberHistory"
            | "Immunization"
            | "ImmunizationEvaluation"
            | "Media"
            | "MedicationAdministration"
            | "MedicationDispense"
            | "Procedure"
            | "QuestionnaireResponse"
            | "TestReport",
            "status",
        ) => "completed",
        (_, "status" | "lifecycleStatus") => "active",
        (_, "participantStatus") => "accepted",
        (_, "actuality") => "actual",
        (_, "contentType") => "text/plain",
        ("Bundle", "type") => "collection",
        ("EventDefinition.trigger", "type") => "named-event",
        ("Group", "type") => "person",
        ("Linkage.item", "type") => "source",
        ("MeasureReport", "type") => "individual",
        ("NamingSystem.uniqueId", "type") => "oid",
        ("ResearchElementDefinition", "type") => "population",
        ("SearchParameter", "type") => "string",
        ("Subscription.channel", "type") => "rest-hook",
        ("CapabilityStatement" | "TerminologyCapabilities", "kind") => "instance",
        ("NamingSystem", "kind") => "codesystem",
        ("OperationDefinition", "kind") => "operation",
        ("StructureDefinition", "kind") => "resource",
        (_, "fhirVersion") => "4.0.1",
        (_, "format") => "json",
        (_, "intent") => "order",
        (_, "use") => "claim",
        (_, "outcome" | "content") => "complete",
        (_, "purpose") => "benefits",
        (_, "category") => "measurement",
        (_, "start" | "base") | ("CompartmentDefinition", "code") => "Patient",
        (_, "mode") => {
            if owner == "List" {
                "working"
            } else {
                "source"
            }
        }
        (_, "severity") => "information",
        ("OperationOutcome.issue", "code") => "informational",
        ("OperationDefinition" | "SearchParameter", "code") => "test",
        (_, "typeMode") => "none",
        (_, "result") => "pass",
        (_, "eye") => "right",
        _ => panic!("no code for {path}"),
    }
}
