//! JSON Schemas of the types of R4, from its element table, with the codes of small required bindings.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{Element, Kind, ResourceType, TypeId};
use serde_json::{Map, Value, json};
use terminology::Library;

/// Larger value sets are named, not listed.
const MOST_CODES: usize = 40;

const RULES: &str = include_str!("../../validation/definitions/r4-rules.tsv");

/// By path of the element: the canonical of its required binding.
static BINDINGS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = RULES.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let (kind, path, strength) = (fields.next()?, fields.next()?, fields.next()?);
        (kind == "B" && strength == "required").then_some((path, fields.next()?))
    });
    lines.collect()
});

/// A reference to a schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The schemas of all types, by name.
pub(crate) fn schemas() -> Map<String, Value> {
    let library = Library::r4();
    let mut schemas = Map::new();
    let names: Vec<&str> = ResourceType::all().map(ResourceType::as_str).collect();
    schemas.insert("ResourceType".to_owned(), json!({"type": "string", "enum": names}));
    schemas.insert(
        "AnyResource".to_owned(),
        json!({
            "description": "Any resource; the schema of its type, named by resourceType, says more.",
            "type": "object",
            "required": ["resourceType"],
            "properties": {"resourceType": reference("ResourceType")},
        }),
    );
    let beside = json!({
        "type": "object",
        "minProperties": 1,
        "properties": {
            "id": reference("string"),
            "extension": {"type": "array", "minItems": 1, "items": reference("Extension")},
        },
        "additionalProperties": false,
    });
    schemas.insert(
        "PrimitiveExtension".to_owned(),
        json!({
            "description": "id and extensions of a primitive value, or of each value of a list.",
            "anyOf": [beside, {"type": "array", "items": {"anyOf": [beside, {"type": "null"}]}}],
        }),
    );
    for id in TypeId::all() {
        let schema = match id.kind() {
            Kind::Primitive => primitive(id.name()),
            Kind::Abstract if id.name() == "Resource" || id.name() == "DomainResource" => continue,
            _ => structure(&library, id),
        };
        schemas.insert(id.name().to_owned(), schema);
    }
    schemas
}

fn primitive(name: &str) -> Value {
    let text = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match name {
        "boolean" => json!({"type": "boolean"}),
        "decimal" => json!({"type": "number"}),
        "integer" => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        "unsignedInt" => json!({"type": "integer", "minimum": 0, "maximum": i32::MAX}),
        "positiveInt" => json!({"type": "integer", "minimum": 1, "maximum": i32::MAX}),
        "code" => text("^[^\\s]+( [^\\s]+)*$"),
        "id" => text("^[A-Za-z0-9.-]{1,64}$"),
        "uri" | "url" | "canonical" => text("^\\S+$"),
        "oid" => text("^urn:oid:[0-2](\\.(0|[1-9][0-9]*))+$"),
        "uuid" => text("^urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
        "date" => text("^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"),
        "dateTime" => text(
            "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$",
        ),
        "instant" => text(
            "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$",
        ),
        "time" => text("^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?$"),
        "base64Binary" => text("^[0-9A-Za-z+/=\\s]+$"),
        _ => json!({"type": "string", "minLength": 1, "maxLength": 1 << 20}),
    }
}

fn structure(library: &Library, id: TypeId) -> Value {
    let (mut properties, mut required, mut alternatives) = (Map::new(), Vec::new(), Vec::new());
    if let Some(kind) = id.resource_type() {
        properties.insert("resourceType".to_owned(), json!({"const": kind.as_str()}));
        required.push("resourceType".to_owned());
    }
    for element in id.elements() {
        let names = names(element);
        for (name, kind) in &names {
            properties.insert(name.clone(), value(library, id, element, *kind));
        }
        if element.min == 0 {
            continue;
        }
        match names.as_slice() {
            [(name, kind)] if kind.kind() != Kind::Primitive => required.push(name.clone()),
            // A primitive may have extensions in the place of its value.
            names => {
                let forms = names.iter().flat_map(|(name, kind)| {
                    let sibling = (kind.kind() == Kind::Primitive).then(|| format!("_{name}"));
                    std::iter::once(name.clone()).chain(sibling)
                });
                alternatives.push(
                    json!({"anyOf": forms.map(|name| json!({"required": [name]})).collect::<Vec<_>>()}),
                );
            }
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    if !alternatives.is_empty() {
        schema.insert("allOf".to_owned(), alternatives.into());
    }
    schema.insert("patternProperties".to_owned(), json!({"^_[a-z]": reference("PrimitiveExtension")}));
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.into()
}

/// The names of an element in JSON, with the type of each.
fn names(element: &Element) -> Vec<(String, TypeId)> {
    let named = |kind: TypeId| {
        if !element.choice {
            return element.name.to_owned();
        }
        let mut letters = kind.name().chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        element.name.chars().chain(first).chain(letters).collect()
    };
    let types = element.types.iter().take(if element.choice { usize::MAX } else { 1 });
    types.map(|kind| (named(kind.type_id), kind.type_id)).collect()
}

fn value(library: &Library, owner: TypeId, element: &Element, kind: TypeId) -> Value {
    let mut schema = match (kind.kind(), kind.name()) {
        (_, "Resource" | "DomainResource") => reference("AnyResource"),
        (_, "code") => codes(library, owner, element).unwrap_or_else(|| reference("code")),
        (_, name) => reference(name),
    };
    if !element.many {
        return schema;
    }
    if kind.kind() == Kind::Primitive {
        // Where a value of the list is only extensions there is null.
        schema = json!({"anyOf": [schema, {"type": "null"}]});
    }
    json!({"type": "array", "minItems": 1, "items": schema})
}

/// The codes of a small required binding.
fn codes(library: &Library, owner: TypeId, element: &Element) -> Option<Value> {
    let mut current = Some(owner);
    let canonical = loop {
        let kind = current?;
        if let Some(found) = BINDINGS.get(format!("{}.{}", kind.name(), element.name).as_str()) {
            break *found;
        }
        current = kind.base();
    };
    let set = library.find_value_set(canonical, None)?;
    let listed = library.listing(set, MOST_CODES).ok()?;
    let codes: Option<Vec<String>> = listed.into_iter().map(|it| it.code.map(Into::into)).collect();
    let codes = codes.filter(|codes| (1..=MOST_CODES).contains(&codes.len()))?;
    Some(json!({"enum": codes}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_what_r4_says() {
        let schemas = schemas();
        let patient = &schemas["Patient"];
        assert_eq!(patient["properties"]["gender"]["enum"], json!(["male", "female", "other", "unknown"]));
        assert_eq!(patient["properties"]["resourceType"]["const"], "Patient");
        assert_eq!(patient["properties"]["name"]["items"], reference("HumanName"));
        assert_eq!(patient["properties"]["deceasedBoolean"], reference("boolean"));
        assert_eq!(patient["additionalProperties"], false);
        let observation = &schemas["Observation"];
        assert_eq!(observation["required"], json!(["resourceType", "code"]));
        let status = json!({"anyOf": [{"required": ["status"]}, {"required": ["_status"]}]});
        assert_eq!(observation["allOf"], json!([status]));
        assert!(ResourceType::all().all(|kind| schemas.contains_key(kind.as_str())));
    }
}
