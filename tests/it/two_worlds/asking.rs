//! Random queries that change nothing: reads, histories, searches of every kind, operations, batches of them.

use serde_json::{Value, json};

use super::dice::Dice;
use super::parameters::{self, Of, at, links, written};
use super::population::{Cast, OWN_PATIENTS, Step, identity, own_patient};
use super::query::Query;
use crate::support::encode;

/// Types that are asked for.
pub const TYPES: [&str; 16] = [
    "Patient",
    "Encounter",
    "Observation",
    "Observation",
    "Condition",
    "MedicationRequest",
    "Procedure",
    "Immunization",
    "AllergyIntolerance",
    "DiagnosticReport",
    "ServiceRequest",
    "Appointment",
    "RelatedPerson",
    "Consent",
    "Task",
    "Organization",
];

/// What queries name: everything that the world with secrets holds or held, and what nobody wrote.
pub struct Pool {
    /// Every version of every resource.
    pub versions: Vec<Value>,
    pub books: Vec<String>,
    pub organizations: Vec<String>,
}

impl Pool {
    pub fn new(cast: &Cast, steps: &[Step]) -> Self {
        let put = |step: &Step| match step {
            Step::Put(body) => Some(body.clone()),
            _ => None,
        };
        let mut books: Vec<String> = (0..OWN_PATIENTS).map(own_patient).collect();
        books.extend(cast.citizens.iter().map(|citizen| citizen.1.clone()));
        let organizations = cast.facilities.iter().map(|facility| facility.1.clone()).collect();
        Self { versions: steps.iter().filter_map(put).collect(), books, organizations }
    }

    /// A resource of a type, or of any.
    pub fn resource(&self, dice: &mut Dice, kind: Option<&str>) -> Option<&Value> {
        let fitting: Vec<&Value> =
            self.versions.iter().filter(|one| kind.is_none_or(|kind| one["resourceType"] == kind)).collect();
        (!fitting.is_empty()).then(|| *dice.pick(&fitting))
    }

    /// A visit in a book.
    pub fn visit_of(&self, dice: &mut Dice, book: &str) -> Option<String> {
        let of_book = |one: &&Value| {
            one["resourceType"] == "Encounter"
                && one["subject"]["reference"].as_str() == Some(&format!("Patient/{book}"))
        };
        let visits: Vec<&Value> = self.versions.iter().filter(of_book).collect();
        (!visits.is_empty()).then(|| identity(dice.pick::<&Value>(&visits)).1)
    }

    /// `Type/id`, sometimes of nothing.
    pub fn target(&self, dice: &mut Dice) -> String {
        if dice.chance(8) {
            return format!("{}/tw-nobody-{}", dice.word(&TYPES), dice.below(5));
        }
        if dice.chance(10) {
            return format!("~made{}~", dice.below(12));
        }
        if dice.chance(12) {
            return format!("Patient/{}", self.book(dice));
        }
        let (kind, id) = identity(self.resource(dice, None).unwrap());
        format!("{kind}/{id}")
    }

    /// A Patient, sometimes nobody.
    pub fn book(&self, dice: &mut Dice) -> String {
        if dice.chance(8) { format!("tw-nobody-{}", dice.below(5)) } else { dice.pick(&self.books).clone() }
    }
}

/// A random query that changes nothing.
pub fn asking(dice: &mut Dice, pool: &Pool) -> Query {
    let query = match dice.below(100) {
        0..14 => read(dice, pool),
        14..24 => history(dice, pool),
        24..68 => search(dice, pool),
        68..74 => everywhere(dice, pool),
        74..82 => compartment(dice, pool),
        82..89 => operation(dice, pool),
        89..95 => by_post(dice, pool),
        _ => batch(dice, pool),
    };
    match dice.below(20) {
        0 => query.header("Accept", "application/fhir+xml"),
        // A summary and a timeline know no leniency.
        1 if !query.path.contains("/$summary") && !query.path.contains("/$timeline") => {
            query.header("Prefer", "handling=strict")
        }
        _ => query,
    }
}

fn read(dice: &mut Dice, pool: &Pool) -> Query {
    let target = pool.target(dice);
    let mut query = match dice.below(10) {
        0..3 => Query::get(format!("/fhir/{target}/_history/{}", 1 + dice.below(4))),
        _ => Query::get(format!("/fhir/{target}")),
    };
    match dice.below(10) {
        0 => query.method = "HEAD",
        1 | 2 => query = query.header("If-None-Match", &format!("W/\"{}\"", 1 + dice.below(3))),
        3 => {
            query = query.header(
                "If-Modified-Since",
                dice.word(&["Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"]),
            )
        }
        4 => {
            query = query
                .parameter(format!("_elements={}", dice.word(&["status", "subject", "code,subject", "name"])))
        }
        5 => query = query.parameter(format!("_summary={}", dice.word(&["true", "text", "data"]))),
        _ => {}
    }
    query
}

fn since(dice: &mut Dice) -> String {
    dice.word(&["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "~mark0~", "~mark1~"]).to_owned()
}

fn history(dice: &mut Dice, pool: &Pool) -> Query {
    let mut query = match dice.below(6) {
        0 => Query::get("/fhir/_history"),
        1 | 2 => Query::get(format!("/fhir/{}/_history", dice.word(&TYPES))),
        _ => Query::get(format!("/fhir/{}/_history", pool.target(dice))),
    };
    if dice.chance(30) {
        query = query.parameter(format!("_since={}", since(dice)));
    }
    if dice.chance(10) {
        query = query.parameter(format!("_at={}", since(dice)));
    }
    query.parameter(format!("_count={}", dice.word(&["3", "10", "50", "200", "0"])))
}

/// `name[:modifier]=value` of one parameter.
fn leaf(dice: &mut Dice, pool: &Pool, (kind, name, of, place): parameters::Parameter) -> (String, String) {
    let value = pool.resource(dice, Some(kind)).and_then(|resource| {
        let values = at(resource, place);
        (!values.is_empty()).then(|| written(values[dice.below(values.len())], of)).flatten()
    });
    let nobody = match of {
        Of::Token => "nobody",
        Of::Text => "Khôngai",
        Of::Date => "1931-05-05",
        Of::Quantity => "9999",
        Of::Reference(_) => "Patient/tw-nobody-1",
    };
    let value = value.filter(|_| !dice.chance(6)).unwrap_or_else(|| nobody.to_owned());
    let missing = dice.word(&["true", "false"]).to_owned();
    if dice.chance(7) {
        return (format!("{name}:missing"), missing);
    }
    match of {
        Of::Token if dice.chance(25) => (format!("{name}:not"), value),
        Of::Token if dice.chance(15) => (name.to_owned(), value.rsplit('|').next().unwrap().to_owned()),
        Of::Token if dice.chance(5) => (format!("{name}:text"), "Metformin".to_owned()),
        Of::Token if dice.chance(6) => (
            format!("{name}:{}", dice.word(&["in", "not-in"])),
            "http://hl7.org/fhir/ValueSet/observation-codes".to_owned(),
        ),
        Of::Text if dice.chance(50) => (format!("{name}:{}", dice.word(&["exact", "contains"])), value),
        Of::Date | Of::Quantity => (
            name.to_owned(),
            format!("{}{value}", dice.word(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])),
        ),
        Of::Reference(_) if dice.chance(20) => {
            (name.to_owned(), value.rsplit('/').next().unwrap().to_owned())
        }
        _ => (name.to_owned(), value),
    }
}

/// `name=value`, by up to so many links.
fn condition(dice: &mut Dice, pool: &Pool, kind: &str, depth: usize) -> (String, String) {
    let own = parameters::of(kind);
    let onward: Vec<_> = links().into_iter().filter(|link| link.0 == kind).collect();
    let inward: Vec<_> = links().into_iter().filter(|link| link.2 == kind).collect();
    if depth > 0 && dice.chance(45) && !inward.is_empty() {
        let (from, name, _) = *dice.pick(&inward);
        let (rest, value) = condition(dice, pool, from, depth - 1);
        return (format!("_has:{from}:{name}:{rest}"), value);
    }
    if depth > 0 && !onward.is_empty() {
        let (_, name, to) = *dice.pick(&onward);
        let (rest, value) = condition(dice, pool, to, depth - 1);
        let typed = if dice.chance(70) { format!("{name}:{to}") } else { name.to_owned() };
        return (format!("{typed}.{rest}"), value);
    }
    if own.is_empty() || dice.chance(12) {
        return common(dice, pool, kind);
    }
    let parameter = *dice.pick(&own);
    leaf(dice, pool, parameter)
}

/// A parameter of all types.
fn common(dice: &mut Dice, pool: &Pool, kind: &str) -> (String, String) {
    let id =
        |dice: &mut Dice| pool.resource(dice, Some(kind)).map_or("nobody".to_owned(), |one| identity(one).1);
    let (name, value) = match dice.below(8) {
        0 | 1 => ("_id", id(dice)),
        2 => ("_id:not", id(dice)),
        3 => ("_lastUpdated", format!("{}{}", dice.word(&["gt", "le"]), since(dice))),
        4 => ("_content", dice.word(&["huyết", "Metformin", "tái khám", "Trần", "hải sản"]).to_owned()),
        5 => ("_text", dice.word(&["Nguyễn", "Hoa", "Trần"]).to_owned()),
        6 => ("_security", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|V".to_owned()),
        _ => ("_security:missing", "false".to_owned()),
    };
    (name.to_owned(), value)
}

fn shown((name, value): (String, String)) -> String {
    format!("{name}={}", encode(&value))
}

fn filter(dice: &mut Dice, pool: &Pool, kind: &str) -> Option<String> {
    let fitting: Vec<_> = parameters::of(kind)
        .into_iter()
        .filter(|one| matches!(one.2, Of::Token | Of::Text | Of::Date))
        .collect();
    let part = |dice: &mut Dice| -> Option<String> {
        let (kind, name, of, place) = *dice.pick(&fitting);
        let resource = pool.resource(dice, Some(kind))?;
        let value = written(at(resource, place).first()?, of)?;
        Some(match of {
            Of::Date => format!("{name} {} {value}", dice.word(&["eq", "gt", "lt", "ne"])),
            _ => format!("{name} {} \"{value}\"", dice.word(&["eq", "ne", "eq"])),
        })
    };
    let (one, other) = (part(dice)?, part(dice)?);
    let text = match dice.below(4) {
        0 => one,
        1 => format!("{one} and {other}"),
        2 => format!("{one} or {other}"),
        _ => format!("not ({one})"),
    };
    Some(format!("_filter={}", encode(&text)))
}

/// What is added, how it is ordered and shown.
fn result(dice: &mut Dice, kind: &str) -> Vec<String> {
    let mut parameters = Vec::new();
    let mut add = |text: String| parameters.push(text);
    if dice.chance(25) {
        let onward: Vec<_> = links().into_iter().filter(|link| link.0 == kind).collect();
        let iterate = if dice.chance(25) { ":iterate" } else { "" };
        match dice.below(5) {
            0 => add(format!("_include={kind}:*")),
            1 => add("_include=*".to_owned()),
            _ if !onward.is_empty() => add(format!("_include{iterate}={kind}:{}", dice.pick(&onward).1)),
            _ => {}
        }
    }
    if dice.chance(25) {
        let inward: Vec<_> = links().into_iter().filter(|link| link.2 == kind).collect();
        let iterate = if dice.chance(25) { ":iterate" } else { "" };
        match dice.below(6) {
            0 => add("_revinclude=*".to_owned()),
            _ if !inward.is_empty() => {
                let (from, name, _) = *dice.pick(&inward);
                add(format!("_revinclude{iterate}={from}:{name}"));
            }
            _ => {}
        }
    }
    if dice.chance(35) {
        let own = parameters::of(kind);
        let name = if own.is_empty() || dice.chance(25) {
            dice.word(&["_id", "_lastUpdated"])
        } else {
            dice.pick(&own).1
        };
        add(format!("_sort={}{name}", dice.word(&["", "-"])));
    }
    if dice.chance(40) {
        add(format!("_total={}", dice.word(&["accurate", "estimate", "none"])));
    }
    match dice.below(12) {
        0 => add("_summary=count".to_owned()),
        1 => add(format!("_summary={}", dice.word(&["true", "data"]))),
        2 => add(format!("_elements={}", dice.word(&["subject", "status,code", "id"]))),
        _ => {}
    }
    if dice.chance(80) {
        add(format!("_count={}", dice.word(&["1", "2", "5", "20", "100", "0"])));
    }
    parameters
}

fn search_of(dice: &mut Dice, pool: &Pool, path: String, kind: &str) -> Query {
    let mut query = Query::get(path);
    for _ in 0..[0, 1, 1, 1, 2, 2, 3][dice.below(7)] {
        let depth = [0, 0, 0, 1, 1, 2, 3][dice.below(7)];
        query.parameters.push(shown(condition(dice, pool, kind, depth)));
    }
    if dice.chance(8) {
        query.parameters.extend(filter(dice, pool, kind));
    }
    if kind == "Observation" && dice.chance(8) {
        let one = pool.resource(dice, Some(kind)).unwrap();
        let code = one["code"]["coding"][0]["code"].as_str().unwrap();
        let value = format!(
            "http://loinc.org|{code}${}{}",
            dice.word(&["", "gt", "lt"]),
            one["valueQuantity"]["value"]
        );
        query.parameters.push(format!("code-value-quantity={}", encode(&value)));
    }
    query.parameters.extend(result(dice, kind));
    query
}

fn search(dice: &mut Dice, pool: &Pool) -> Query {
    let kind = dice.word(&TYPES);
    let mut query = search_of(dice, pool, format!("/fhir/{kind}"), kind);
    if dice.chance(4) {
        query.method = "HEAD";
    }
    query
}

/// A search of all types.
fn everywhere(dice: &mut Dice, pool: &Pool) -> Query {
    let kind = dice.word(&TYPES);
    let mut query = Query::get("/fhir").parameter(shown(common(dice, pool, kind)));
    if dice.chance(50) {
        query = query.parameter(format!("_type={kind},{}", dice.word(&TYPES)));
    }
    query.parameter(format!("_count={}", dice.word(&["5", "30", "100"]))).parameter("_total=accurate")
}

fn compartment(dice: &mut Dice, pool: &Pool) -> Query {
    let kind = dice.word(&TYPES);
    let owner = match dice.below(5) {
        0 => pool
            .resource(dice, Some("Encounter"))
            .map(identity)
            .map(|(_, id)| format!("Encounter/{id}"))
            .unwrap(),
        _ => format!("Patient/{}", pool.book(dice)),
    };
    match dice.below(6) {
        0 => Query::get(format!("/fhir/{owner}/*")).parameter("_count=50"),
        _ => search_of(dice, pool, format!("/fhir/{owner}/{kind}"), kind),
    }
}

fn operation(dice: &mut Dice, pool: &Pool) -> Query {
    let book = pool.book(dice);
    match dice.below(14) {
        8..11 => summary(dice, pool, &book),
        11.. => {
            let mut query = Query::get(format!("/fhir/Patient/{book}/$timeline"));
            if dice.chance(20) {
                query.method = "POST";
            }
            query.parameter(format!("_count={}", dice.word(&["1", "3", "20", "100"])))
        }
        0..4 => {
            let query = Query::get(format!("/fhir/Patient/{book}/$everything"));
            match dice.below(4) {
                0 => query.parameter(format!("_since={}", since(dice))),
                1 => query.parameter(format!("_type={}", dice.word(&TYPES))),
                _ => query.parameter(format!("_count={}", dice.word(&["4", "20", "200"]))),
            }
        }
        4 | 5 => Query::get("/fhir/Observation/$lastn")
            .parameter(format!("patient=Patient/{book}"))
            .parameter(format!("max={}", 1 + dice.below(3))),
        _ => Query::get(format!(
            "/fhir/Encounter/{}/$everything",
            identity(pool.resource(dice, Some("Encounter")).unwrap()).1
        )),
    }
}

/// A book at a glance, of somebody by id or by identifier.
fn summary(dice: &mut Dice, pool: &Pool, book: &str) -> Query {
    const IPS: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";
    let identifier = pool.resource(dice, Some("Patient")).and_then(|patient| {
        let identifier = &patient["identifier"][0];
        Some(format!("{}|{}", identifier["system"].as_str()?, identifier["value"].as_str()?))
    });
    let mut query = match identifier {
        Some(identifier) if dice.chance(25) => {
            Query::get("/fhir/Patient/$summary").parameter(format!("identifier={}", encode(&identifier)))
        }
        _ => Query::get(format!("/fhir/Patient/{book}/$summary")),
    };
    if dice.chance(20) {
        query.method = "POST";
    }
    if dice.chance(40) { query.parameter(format!("profile={}", encode(IPS))) } else { query }
}

/// The same search, with its parameters in the body.
fn by_post(dice: &mut Dice, pool: &Pool) -> Query {
    let search = search(dice, pool);
    let body = search.parameters.join("&");
    Query { body, ..Query::new("POST", format!("{}/_search", search.path)) }
        .header("Content-Type", "application/x-www-form-urlencoded")
}

fn batch(dice: &mut Dice, pool: &Pool) -> Query {
    let entry = |dice: &mut Dice| {
        let asked = match dice.below(3) {
            0 => search(dice, pool),
            1 => history(dice, pool),
            _ => read(dice, pool),
        };
        let url = asked.target().trim_start_matches("/fhir/").to_owned();
        let mut request = json!({"method": if asked.method == "HEAD" { "HEAD" } else { "GET" }, "url": url});
        if let Some((_, tag)) = asked.headers.iter().find(|(name, _)| name == "If-None-Match") {
            request["ifNoneMatch"] = tag.as_str().into();
        }
        json!({"request": request})
    };
    let entries: Vec<Value> = (0..1 + dice.below(4)).map(|_| entry(dice)).collect();
    let kind = dice.word(&["batch", "batch", "transaction"]);
    Query::with_body("POST", "/fhir", json!({"resourceType": "Bundle", "type": kind, "entry": entries}))
}
