//! What a new contract breaks for clients of an old one.

use serde_json::{Map, Value};

/// Deeper schemas are not looked at: the document is made here, or committed, but may be anybody's file.
const DEEPEST: usize = 60;

/// Something that a client could rely on and cannot any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Where.
    pub place: String,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Break {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// What the new contract breaks: routes, parameters, answers and media types that are gone, what is newly demanded, and
/// types that are narrower. Whether a schema is of requests or of answers is not asked: narrower is a break for either.
pub fn compare(old: &Value, new: &Value) -> Vec<Break> {
    let mut comparison = Comparison { old, new, breaks: Vec::new() };
    for (path, item) in members(&old["paths"]) {
        let Some(now) = new["paths"].get(path) else {
            comparison.say(path, "the path is gone");
            continue;
        };
        for (method, operation) in members(item) {
            let place = format!("{} {path}", method.to_ascii_uppercase());
            match now.get(method) {
                None => comparison.say(&place, "the method is gone"),
                Some(now) => comparison.operation(&place, operation, now),
            }
        }
    }
    for (name, schema) in members(&old["components"]["schemas"]) {
        let place = format!("schema {name}");
        match new["components"]["schemas"].get(name) {
            None => comparison.say(&place, "the schema is gone"),
            Some(now) => comparison.schema(&place, schema, now, DEEPEST),
        }
    }
    comparison.breaks
}

/// Whether a version may break what an earlier one promised (semantic versioning: the first number, or before 1.0.0 the
/// second, is greater).
pub fn may_break(old: &str, new: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> { text.split('.').filter_map(|part| part.parse().ok()).collect() };
    let (old, new) = (parts(old), parts(new));
    match (old.as_slice(), new.as_slice()) {
        ([0, old, ..], [0, new, ..]) => new > old,
        ([old, ..], [new, ..]) => new > old,
        _ => false,
    }
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    breaks: Vec<Break>,
}

impl<'a> Comparison<'a> {
    fn say(&mut self, place: &str, what: impl Into<String>) {
        self.breaks.push(Break { place: place.to_owned(), what: what.into() });
    }

    fn operation(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let (before, now) = (parameters(self.old, old), parameters(self.new, new));
        for (key, parameter) in &before {
            match now.iter().find(|(other, _)| other == key) {
                None => self.say(place, format!("the parameter {key} is gone")),
                Some((_, other)) => {
                    if is_required(other) && !is_required(parameter) {
                        self.say(place, format!("the parameter {key} must be there now"));
                    }
                    self.schema(&format!("{place} {key}"), &parameter["schema"], &other["schema"], DEEPEST);
                }
            }
        }
        for (key, parameter) in &now {
            if is_required(parameter) && !before.iter().any(|(other, _)| other == key) {
                self.say(place, format!("there is a new parameter {key} that must be there"));
            }
        }
        self.bodies(place, old, new);
        for (status, answer) in
            members(&old["responses"]).filter(|(status, _)| status.starts_with(['2', '3']))
        {
            match new["responses"].get(status) {
                None => self.say(place, format!("the answer {status} is gone")),
                Some(other) => {
                    let (answer, other) = (resolved(self.old, answer), resolved(self.new, other));
                    let place = format!("{place} {status}");
                    for (name, _) in members(&answer["headers"]) {
                        if other["headers"].get(name).is_none() {
                            self.say(&place, format!("the header {name} is gone"));
                        }
                    }
                    self.content(&place, &answer["content"], &other["content"]);
                }
            }
        }
        let alternatives = |operation: &'a Value| operation["security"].as_array().into_iter().flatten();
        for way in alternatives(old) {
            if alternatives(new).next().is_some() && !alternatives(new).any(|other| other == way) {
                self.say(place, format!("{way} does not admit any more"));
            }
        }
        if alternatives(old).next().is_none() && alternatives(new).next().is_some() {
            self.say(place, "it was open to everybody");
        }
    }

    fn bodies(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let (before, now) =
            (resolved(self.old, &old["requestBody"]), resolved(self.new, &new["requestBody"]));
        if now["required"] == true && before["required"] != true {
            self.say(place, "a body must be sent now");
        }
        if !before.is_null() {
            self.content(&format!("{place} body"), &before["content"], &now["content"]);
        }
    }

    fn content(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        for (media, before) in members(old) {
            match new.get(media) {
                None => self.say(place, format!("{media} is gone")),
                Some(now) => {
                    self.schema(&format!("{place} {media}"), &before["schema"], &now["schema"], DEEPEST)
                }
            }
        }
    }

    fn schema(&mut self, place: &str, old: &'a Value, new: &'a Value, left: usize) {
        let Some(left) = left.checked_sub(1) else { return };
        for key in ["$ref", "type", "const", "pattern", "format"] {
            if let Some(now) = new.get(key)
                && old.get(key) != Some(now)
            {
                self.say(place, format!("{key} is {now}"));
            }
        }
        if new.get("enum").is_some() && old.get("enum").is_none() {
            self.say(place, "only listed values are allowed now");
        }
        for value in list(&old["enum"]).filter(|_| new.get("enum").is_some()) {
            if !list(&new["enum"]).any(|other| other == value) {
                self.say(place, format!("the value {value} is gone"));
            }
        }
        for name in list(&new["required"]) {
            if !list(&old["required"]).any(|other| other == name) {
                self.say(place, format!("{name} must be there now"));
            }
        }
        for (key, is_narrower) in [
            ("maxLength", false),
            ("maximum", false),
            ("maxItems", false),
            ("minLength", true),
            ("minimum", true),
            ("minItems", true),
        ] {
            let (before, now) = (old[key].as_f64(), new[key].as_f64());
            let narrower = match (before, now) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(before), Some(now)) => {
                    if is_narrower {
                        now > before
                    } else {
                        now < before
                    }
                }
            };
            if narrower {
                self.say(place, format!("{key} is narrower"));
            }
        }
        if new["additionalProperties"] == false && old["additionalProperties"] != false {
            self.say(place, "no other members are allowed now");
        }
        for (name, before) in members(&old["properties"]) {
            match new["properties"].get(name) {
                None => self.say(place, format!("the member {name} is gone")),
                Some(now) => self.schema(&format!("{place}.{name}"), before, now, left),
            }
        }
        for (key, at) in [("items", "[]"), ("additionalProperties", ".*")] {
            if old[key].is_object() && new[key].is_object() {
                self.schema(&format!("{place}{at}"), &old[key], &new[key], left);
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            if new.get(key).is_some() && old.get(key) != new.get(key) {
                self.say(place, format!("{key} has changed"));
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_required(parameter: &Value) -> bool {
    parameter["required"] == true
}

/// What a local reference leads to, once: our references do not lead to references.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = value["$ref"].as_str().and_then(|text| text.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

/// Parameters by place and name.
fn parameters<'a>(document: &'a Value, operation: &'a Value) -> Vec<(String, &'a Value)> {
    let found = list(&operation["parameters"]).map(|parameter| resolved(document, parameter));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    found.map(|it| (format!("{} {}", text(&it["in"]), text(&it["name"])), it)).collect()
}
