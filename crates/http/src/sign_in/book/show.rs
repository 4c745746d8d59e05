//! What the pages of a book show, made of its resources.

use std::collections::{BTreeMap, BTreeSet};

use ::web::{CheckUp, CheckUpLine, Finding, Glance, GlanceLine, Language, LifeEvent, Measured, NoticeLine};
use fhir::LogicalId;
use interactions::{EventKind, Problem};
use jiff::civil::Date;
use serde_json::Value;

use super::facts::{birth_date, concept_of, has_loinc, items, plain, target, text, value};
use super::reading::Reading;

const CHECK_UP: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-checkup";
const CLASSIFICATION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-observation-health-classification";
const CLASS: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-health-classification-cs";

/// The category of notices.
const NOTICE: &str = "http://terminology.hl7.org/CodeSystem/communication-category|notification";

/// Allergies, problems, medicines, vaccinations: the codes of their sections in `$summary`.
const SECTIONS: [&str; 4] = ["48765-2", "11450-4", "10160-0", "11369-6"];
/// Members that name what stands in them.
const NAMES: [&str; 3] = ["code", "medicationCodeableConcept", "vaccineCode"];
/// Where they say when it was.
const DAYS: [&str; 6] = [
    "/recordedDate",
    "/authoredOn",
    "/occurrenceDateTime",
    "/effectiveDateTime",
    "/dateAsserted",
    "/onsetDateTime",
];

/// Measures with a trend: LOINC code and name.
const MEASURES: [(&str, &str, &str); 6] = [
    ("8302-2", "Chiều cao", "Height"),
    ("29463-7", "Cân nặng", "Weight"),
    ("39156-5", "Chỉ số khối cơ thể (BMI)", "Body mass index"),
    ("8480-6", "Huyết áp tâm thu", "Systolic blood pressure"),
    ("8462-4", "Huyết áp tâm trương", "Diastolic blood pressure"),
    ("8867-4", "Mạch", "Pulse"),
];

fn kind(resource: &Value) -> &str {
    text(resource, "/resourceType")
}

/// What a resource is called in a reference.
fn place(resource: &Value) -> String {
    format!("{}/{}", kind(resource), text(resource, "/id"))
}

/// The names of the facilities among what was found.
pub(super) fn facilities(found: &[Value]) -> BTreeMap<String, String> {
    let organizations = found.iter().filter(|it| kind(it) == "Organization");
    organizations.map(|it| (place(it), text(it, "/name").to_owned())).collect()
}

/// The facility that a reference names.
fn facility(reference: Option<&Value>, known: &BTreeMap<String, String>) -> String {
    let Some(reference) = reference else { return String::new() };
    let known = known.get(target(text(reference, "/reference")));
    known.cloned().unwrap_or_else(|| text(reference, "/display").to_owned())
}

fn class_of(observation: &Value) -> Option<String> {
    let codings = items(observation, "/valueCodeableConcept/coding");
    codings.iter().find(|it| text(it, "/system") == CLASS).map(|it| text(it, "/code").to_owned())
}

/// The entries of all sections.
fn entries(composition: &Value) -> BTreeSet<&str> {
    let sections = items(composition, "/section").iter();
    sections.flat_map(|it| items(it, "/entry")).map(|it| target(text(it, "/reference"))).collect()
}

/// The book at a glance.
pub(super) async fn glance(reading: &Reading<'_>, person: &Value) -> Result<Glance, Problem> {
    let line = |resource: &Value| GlanceLine {
        name: NAMES
            .iter()
            .map(|name| concept_of(resource, name))
            .find(|name| !name.is_empty())
            .unwrap_or_else(
                // A medicine that stands elsewhere.
                || text(resource, "/medicationReference/display").to_owned(),
            ),
        day: DAYS
            .iter()
            .map(|day| text(resource, day))
            .find(|day| !day.is_empty())
            .and_then(|it| reading.day(it)),
    };
    let [allergies, problems, medicines, vaccines] = reading.sections(SECTIONS).await?;
    let visits = [("_sort", "-date"), ("_count", "30"), ("_include", "Encounter:service-provider")];
    let visits = reading.find("Encounter", &visits).await?;
    let names = facilities(&visits);
    let mut treated: Vec<String> = Vec::new();
    for visit in visits.iter().filter(|it| kind(it) == "Encounter") {
        let name = facility(visit.get("serviceProvider"), &names);
        if !name.is_empty() && !treated.contains(&name) {
            treated.push(name);
        }
    }
    Ok(Glance {
        born: birth_date(person),
        allergies: allergies.iter().map(line).collect(),
        problems: problems.iter().map(line).collect(),
        medicines: medicines.iter().map(line).collect(),
        vaccines: vaccines.iter().map(line).collect(),
        check_ups: check_ups(reading).await?,
        facilities: treated,
    })
}

/// The last notices.
pub(super) async fn notices(reading: &Reading<'_>, language: Language) -> Result<Vec<NoticeLine>, Problem> {
    let found =
        reading.find("Communication", &[("category", NOTICE), ("_sort", "-sent"), ("_count", "50")]).await?;
    let in_language = |payload: &&Value| {
        items(payload, "/extension").iter().any(|extension| text(extension, "/valueCode") == language.code())
    };
    let lines = found.iter().filter_map(|notice| {
        let payload = items(notice, "/payload").iter().find(in_language)?;
        Some(NoticeLine {
            topic: text(notice, "/topic/coding/0/code").to_owned(),
            when: reading.moment(text(notice, "/sent"), language),
            text: text(payload, "/contentString").to_owned(),
        })
    });
    Ok(lines.collect())
}

async fn check_ups(reading: &Reading<'_>) -> Result<Vec<CheckUpLine>, Problem> {
    let asked =
        [("_profile", CHECK_UP), ("_sort", "-date"), ("_count", "5"), ("_include", "Composition:author")];
    let found = reading.find("Composition", &asked).await?;
    let classes =
        reading.find("Observation", &[("_profile", CLASSIFICATION), ("_sort", "-date"), ("_count", "20")]);
    let (names, classes) = (facilities(&found), classes.await?);
    let lines = found.iter().filter(|it| kind(it) == "Composition").map(|composition| {
        let entries = entries(composition);
        let class = classes.iter().find(|it| entries.contains(place(it).as_str()));
        CheckUpLine {
            id: text(composition, "/id").to_owned(),
            day: reading.day(text(composition, "/date")),
            facility: facility(items(composition, "/author").first(), &names),
            class: class.and_then(class_of),
        }
    });
    Ok(lines.collect())
}

/// One check-up with the values of earlier days.
pub(super) async fn check_up(
    reading: &Reading<'_>,
    id: &LogicalId,
    language: Language,
) -> Result<CheckUp, Problem> {
    let asked = [
        ("_id", id.as_str()),
        ("_profile", CHECK_UP),
        ("_include", "Composition:entry"),
        ("_include", "Composition:author"),
    ];
    let found = reading.find("Composition", &asked).await?;
    let composition = found.iter().find(|it| kind(it) == "Composition").ok_or_else(Problem::not_found)?;
    let day = reading.day(text(composition, "/date"));
    let by_place: BTreeMap<String, &Value> = found.iter().map(|it| (place(it), it)).collect();
    let mut check_up = CheckUp {
        title: concept_of(composition, "type"),
        day,
        facility: facility(items(composition, "/author").first(), &facilities(&found)),
        ..CheckUp::default()
    };
    let mut measured: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for section in items(composition, "/section") {
        let title = text(section, "/title").to_owned();
        let words = plain(text(section, "/text/div"));
        if !words.is_empty() {
            check_up.conclusions.push((title.clone(), words));
        }
        let mut findings = Vec::new();
        for entry in items(section, "/entry") {
            let Some(resource) = by_place.get(target(text(entry, "/reference"))) else { continue };
            match kind(resource) {
                "Observation" => match class_of(resource) {
                    Some(class) => check_up.class = check_up.class.or(Some(class)),
                    None => observation(resource, language, &mut measured, &mut findings),
                },
                "Condition" => {
                    let name = language.say("Chẩn đoán", "Diagnosis").to_owned();
                    findings.push(Finding { name, value: concept_of(resource, "code") });
                }
                _ => {}
            }
        }
        if !findings.is_empty() {
            check_up.findings.push((title, findings));
        }
    }
    check_up.measured = with_earlier(reading, measured, day, language).await?;
    Ok(check_up)
}

/// The values of an observation: those with a trend, and the others.
fn observation(
    observation: &Value,
    language: Language,
    measured: &mut BTreeMap<usize, (String, String)>,
    findings: &mut Vec<Finding>,
) {
    for part in std::iter::once(observation).chain(items(observation, "/component")) {
        let trended = MEASURES.iter().position(|(code, ..)| has_loinc(part, code));
        let number = part.pointer("/valueQuantity/value").map(Value::to_string);
        if let (Some(measure), Some(number)) = (trended, number) {
            let unit = text(part, "/valueQuantity/unit").to_owned();
            measured.entry(measure).or_insert((number, unit));
        } else if let Some(value) = value(part, language).filter(|value| !value.is_empty()) {
            findings.push(Finding { name: concept_of(part, "code"), value });
        }
    }
}

/// What was measured, with the values of days before.
async fn with_earlier(
    reading: &Reading<'_>,
    measured: BTreeMap<usize, (String, String)>,
    day: Option<Date>,
    language: Language,
) -> Result<Vec<Measured>, Problem> {
    let Some(day) = day.filter(|_| !measured.is_empty()) else { return Ok(Vec::new()) };
    let codes: Vec<String> = std::iter::once("85354-9")
        .chain(MEASURES.iter().map(|(code, ..)| *code))
        .map(|code| format!("http://loinc.org|{code}"))
        .collect();
    let before = format!("lt{day}");
    let asked = [
        ("code", codes.join(",")),
        ("date", before),
        ("_sort", "-date".to_owned()),
        ("_count", "60".to_owned()),
    ];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let earlier = reading.find("Observation", &asked).await?;
    let made = measured.into_iter().filter_map(|(measure, (number, unit))| {
        let (code, vietnamese, english) = MEASURES.get(measure)?;
        let mut values = vec![(day, number)];
        for observation in &earlier {
            let Some(of) = reading.day(text(observation, "/effectiveDateTime")) else { continue };
            let parts = std::iter::once(observation).chain(items(observation, "/component"));
            let part = parts.filter(|part| has_loinc(part, code)).find_map(|part| {
                // A value in another unit cannot be compared.
                (text(part, "/valueQuantity/unit") == unit).then(|| part.pointer("/valueQuantity/value"))?
            });
            if let Some(number) = part.filter(|_| values.last().is_some_and(|(last, _)| *last != of)) {
                values.push((of, number.to_string()));
            }
        }
        Some(Measured { name: language.say(vietnamese, english).to_owned(), unit, values })
    });
    Ok(made.collect())
}

/// A page of the life so far, as `$timeline` tells it, and where it goes on.
pub(super) async fn timeline(
    reading: &Reading<'_>,
    page: Option<&str>,
    language: Language,
) -> Result<(Vec<LifeEvent>, Option<String>), Problem> {
    let (found, next) = reading.events(page).await?;
    let names = reading.facilities(found.iter().filter_map(|(event, _)| event.facility.as_deref())).await?;
    // The visit of a check-up stands there as the check-up.
    let of_check_ups: BTreeSet<&str> = found
        .iter()
        .filter(|(event, _)| event.kind == EventKind::CheckUp)
        .map(|(_, resource)| target(text(resource, "/encounter/reference")))
        .collect();
    let shown = found.iter().filter(|(_, resource)| !of_check_ups.contains(place(resource).as_str()));
    let events = shown.map(|(event, resource)| {
        let date = event.date.as_deref().unwrap_or_default();
        let kind = kind_words(event.kind, language);
        let words = match event.kind {
            EventKind::Encounter => visit_words(resource),
            EventKind::Immunization => concept_of(resource, "vaccineCode"),
            EventKind::Diagnosis | EventKind::Procedure => concept_of(resource, "code"),
            EventKind::CheckUp | EventKind::Document => concept_of(resource, "type"),
        };
        let facility = event.facility.as_deref().and_then(|it| names.get(target(it)).cloned());
        LifeEvent {
            day: reading.day(date),
            about: date.to_owned(),
            stage: event.stage.map_or("", |stage| language.say(stage.vietnamese, stage.english)),
            kind,
            name: if words.is_empty() { kind.to_owned() } else { words },
            facility: facility.unwrap_or_default(),
            check_up: (event.kind == EventKind::CheckUp).then(|| text(resource, "/id").to_owned()),
        }
    });
    Ok((events.collect(), next))
}

fn kind_words(kind: EventKind, language: Language) -> &'static str {
    let (vietnamese, english) = match kind {
        EventKind::Encounter => ("Lần khám", "Visit"),
        EventKind::CheckUp => ("Khám sức khỏe", "Check-up"),
        EventKind::Immunization => ("Tiêm chủng", "Vaccination"),
        EventKind::Diagnosis => ("Chẩn đoán", "Diagnosis"),
        EventKind::Procedure => ("Thủ thuật", "Procedure"),
        EventKind::Document => ("Tài liệu", "Document"),
    };
    language.say(vietnamese, english)
}

/// Why somebody came, or what kind of visit it was.
fn visit_words(encounter: &Value) -> String {
    let of = |member| items(encounter, member).first().map(super::facts::concept).unwrap_or_default();
    let reason = of("/reasonCode");
    if reason.is_empty() { of("/type") } else { reason }
}
