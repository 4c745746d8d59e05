//! Random datatypes as JSON text, so that the lexemes of numbers stay what they are.

use crate::definitions::TYPES;
use crate::generator_pools::{
    CODES, DATES, DISPLAYS, FAMILY, GIVEN, IDENTIFIERS, IDS, INSTANTS, MISSING_ID, NUMBERS, PERIOD_ENDS,
    PERIOD_STARTS, PLACES, SYSTEMS, TEXTS, UNITS, URIS, VERSIONS,
};
use crate::random::Random;
use crate::settings::LENIENT;

/// A JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A JSON object in the making.
#[derive(Default)]
pub struct Object(Vec<String>);

impl Object {
    pub fn raw(&mut self, name: &str, value: &str) {
        self.0.push(format!("{}:{value}", quoted(name)));
    }

    pub fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.raw(name, &quoted(value));
        }
    }

    pub fn list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.raw(name, &format!("[{}]", values.join(",")));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn end(&self) -> String {
        format!("{{{}}}", self.0.join(","))
    }
}

/// The elements that a closure writes.
fn object(write: impl FnOnce(&mut Object)) -> String {
    let mut object = Object::default();
    write(&mut object);
    object.end()
}

/// Up to three values.
pub fn several(random: &mut Random, mut make: impl FnMut(&mut Random) -> String) -> Vec<String> {
    let count = 1 + random.below(3);
    (0..count).map(|_| make(random)).collect()
}

/// A value of a datatype; `None` for one that nobody searches.
pub fn datatype(random: &mut Random, name: &str, targets: &[&str]) -> Option<String> {
    Some(match name {
        // Now and then longer than what counts of a text.
        "string" | "markdown" if !*LENIENT && random.chance(2) => {
            quoted(&format!("{} {}", random.pick(&TEXTS), "dài ".repeat(60 + random.below(12))))
        }
        "string" | "markdown" => quoted(random.pick(&TEXTS)),
        "code" | "id" => quoted(random.pick(&CODES)),
        "boolean" => random.pick(&["true", "false"]).to_owned(),
        "decimal" => random.pick(&NUMBERS).to_owned(),
        "integer" | "positiveInt" | "unsignedInt" => random.below(5).to_string(),
        "date" => quoted(random.pick(&DATES)),
        "instant" => quoted(random.pick(&INSTANTS)),
        "dateTime" => quoted(random_date_time(random)),
        "uri" | "url" => quoted(random.pick(&URIS)),
        "canonical" => quoted(&canonical(random)),
        "Coding" => coding(random),
        "CodeableConcept" => concept(random),
        "Identifier" => identifier(random),
        "ContactPoint" => object(|point| {
            if random.chance(85) {
                point.text("system", random.pick(&["phone", "email", "fax"]));
            }
            point.text("value", random.pick(&["0901", "0902", "a@b.vn", "active"]));
        }),
        "HumanName" => human_name(random),
        "Address" => address(random),
        "Period" => object(|period| {
            let (start, end) = (random.chance(75), random.chance(70));
            if start || !end {
                period.text("start", random.pick(&PERIOD_STARTS));
            }
            if end {
                period.text("end", random.pick(&PERIOD_ENDS));
            }
        }),
        "Timing" => object(|timing| {
            if random.chance(70) {
                let events = several(random, |random| quoted(random_date_time(random)));
                timing.list("event", &events);
            } else {
                let bounds = datatype(random, "Period", &[]).unwrap_or_default();
                timing.raw("repeat", &format!("{{\"boundsPeriod\":{bounds}}}"));
            }
        }),
        "Quantity" | "SimpleQuantity" | "Duration" => quantity(random, &UNITS, name == "Quantity"),
        "Age" => {
            let ucum = crate::matching::quantities::UCUM;
            quantity(random, &[(ucum, "a", "tuổi"), (ucum, "mo", "tháng"), (ucum, "d", "ngày")], true)
        }
        "Range" => range(random),
        "SampledData" => object(|data| {
            data.raw("origin", &quantity(random, &UNITS, false));
            data.raw("period", "10");
            if random.chance(50) {
                data.raw("factor", random.pick(&["2", "0.5", "0.1"]));
            }
            data.raw("dimensions", "1");
            data.text("data", random.pick(&["1 2 3", "-1 E 4.5", "0", "100 U 99.5 L"]));
        }),
        "Money" => object(|money| {
            money.raw("value", random.pick(&NUMBERS));
            money.text("currency", random.pick(&["VND", "USD"]));
        }),
        "Reference" => reference(random, targets),
        _ => return None,
    })
}

fn random_date_time(random: &mut Random) -> &'static str {
    if random.chance(50) { random.pick(&DATES) } else { random.pick(&INSTANTS) }
}

pub fn canonical(random: &mut Random) -> String {
    let url = random.pick(&URIS);
    if random.chance(40) { format!("{url}|{}", random.pick(&VERSIONS)) } else { url.to_owned() }
}

pub fn coding(random: &mut Random) -> String {
    object(|coding| {
        if random.chance(75) {
            coding.text("system", random.pick(&SYSTEMS));
        }
        coding.text("code", random.pick(&CODES));
        if random.chance(50) {
            coding.text("display", random.pick(&DISPLAYS));
        }
    })
}

fn concept(random: &mut Random) -> String {
    object(|concept| {
        let coded = random.chance(85);
        if coded {
            let codings = several(random, coding);
            concept.list("coding", &codings);
        }
        if !coded || random.chance(30) {
            concept.text("text", random.pick(&TEXTS));
        }
    })
}

pub fn identifier(random: &mut Random) -> String {
    object(|identifier| {
        if random.chance(50) {
            identifier.raw("type", &concept(random));
        }
        if random.chance(75) {
            identifier.text("system", random.pick(&SYSTEMS));
        }
        identifier.text("value", random.pick(&IDENTIFIERS));
    })
}

fn human_name(random: &mut Random) -> String {
    object(|name| {
        if random.chance(30) {
            name.text("text", &format!("{} {}", random.pick(&FAMILY), random.pick(&GIVEN)));
        }
        if random.chance(80) {
            name.text("family", random.pick(&FAMILY));
        } else if random.chance(40) {
            name.raw(
                "_family",
                "{\"extension\":[{\"url\":\"http://own/reason\",\"valueCode\":\"unknown\"}]}",
            );
        }
        let given = several(random, |random| quoted(random.pick(&GIVEN)));
        name.list("given", &given);
        if random.chance(15) {
            name.list("prefix", &[quoted("Bác sĩ")]);
        }
        if random.chance(10) {
            name.list("suffix", &[quoted("Jr")]);
        }
    })
}

fn address(random: &mut Random) -> String {
    object(|address| {
        if random.chance(60) {
            address.text("use", random.pick(&["home", "work"]));
        }
        if random.chance(30) {
            address.text("text", random.pick(&PLACES));
        }
        if random.chance(40) {
            let lines = several(random, |random| quoted(random.pick(&PLACES)));
            address.list("line", &lines);
        }
        for name in ["city", "district", "state", "postalCode", "country"] {
            if random.chance(50) {
                address.text(name, random.pick(&PLACES));
            }
        }
        address.text("country", if address.is_empty() { "VN" } else { "" });
    })
}

fn quantity(random: &mut Random, units: &[(&str, &str, &str)], comparators: bool) -> String {
    let (system, code, unit) = units[random.below(units.len())];
    let number = random.pick(&NUMBERS);
    amount(random, number, (system, code, unit), comparators)
}

fn amount(random: &mut Random, number: &str, unit: (&str, &str, &str), comparators: bool) -> String {
    object(|quantity| {
        quantity.raw("value", number);
        if comparators && random.chance(15) {
            quantity.text("comparator", random.pick(&["<", "<=", ">", ">="]));
        }
        quantity.text("unit", unit.2);
        quantity.text("system", unit.0);
        quantity.text("code", unit.1);
    })
}

fn range(random: &mut Random) -> String {
    let unit = UNITS[random.below(UNITS.len())];
    object(|range| {
        let (low, high) = (random.chance(80), random.chance(70));
        if low || !high {
            let number = random.pick(&["0", "5", "5.0", "50"]);
            range.raw("low", &amount(random, number, unit, false));
        }
        if high {
            let number = random.pick(&["50", "99.5", "100", "100.5"]);
            range.raw("high", &amount(random, number, unit, false));
        }
    })
}

/// Mostly of this server; also with a version, elsewhere, missing, contained, or without a literal.
fn reference(random: &mut Random, targets: &[&str]) -> String {
    let known: Vec<&str> = targets.iter().copied().filter(|name| TYPES.contains(name)).collect();
    let kind = match random.choose(if known.is_empty() { targets } else { &known }) {
        Some(kind) if !targets.is_empty() && !targets.contains(&"Resource") => kind,
        _ => random.pick(&TYPES),
    };
    let id = random.pick(&IDS);
    object(|reference| {
        let text = match random.below(100) {
            0..=71 => format!("{kind}/{id}"),
            72..=77 => format!("{kind}/{id}/_history/{}", 1 + random.below(3)),
            78..=82 => format!("http://other/fhir/{kind}/{id}"),
            83..=84 => format!("https://other/fhir/{kind}/{id}/_history/2"),
            85..=88 => "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0".to_owned(),
            89..=92 => format!("{kind}/{MISSING_ID}"),
            93..=94 => "#p1".to_owned(),
            _ => String::new(),
        };
        reference.text("reference", &text);
        if random.chance(if text.is_empty() { 70 } else { 10 }) {
            reference.raw("identifier", &identifier(random));
        }
        if reference.is_empty() {
            reference.text("display", "ai đó");
        }
    })
}
