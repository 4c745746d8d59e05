//! Random sets of resources. The elements that search parameters look at are filled from the element table, so
//! no parameter of a type is forgotten.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{Element, Kind, TypeId};

use crate::definitions::{TYPES, searched_paths, type_id};
use crate::generator_elements::{Object, canonical, coding, datatype, quoted};
use crate::generator_pools::{IDS, POSITIONS, URIS, WORDS};
use crate::random::Random;
use crate::world::{Resource, World};

/// Deepest nesting: `ValueSet.expansion.contains` contains itself.
const DEEPEST: usize = 5;

static PATHS: LazyLock<HashMap<&'static str, Vec<String>>> = LazyLock::new(|| {
    let paths = |kind: &&'static str| {
        let mut paths = searched_paths(kind);
        if *kind == "List" {
            paths.push("List.entry.deleted".to_owned());
        }
        (*kind, paths)
    };
    TYPES.iter().map(paths).collect()
});

/// A set of 30 to 60 resources.
pub fn world(random: &mut Random) -> World {
    let mut resources = Vec::new();
    for kind in TYPES {
        let most = if kind == "Observation" { 8 } else { 4 };
        let count = 2 + random.below(most - 1);
        let mut ids = IDS.to_vec();
        for _ in 0..count {
            let id = ids.remove(random.below(ids.len()));
            resources.push(resource(random, kind, id));
        }
    }
    World { resources }
}

/// One resource.
pub fn resource(random: &mut Random, kind: &'static str, id: &str) -> Resource {
    let mut out = Object::default();
    out.text("resourceType", kind);
    out.text("id", id);
    if random.chance(45) {
        out.raw("meta", &meta(random));
    }
    if random.chance(35) {
        let words: Vec<&str> = (0..3).map(|_| random.pick(&WORDS)).collect();
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{}</p></div>", words.join(" "));
        out.raw("text", &format!("{{\"status\":\"generated\",\"div\":{}}}", quoted(&div)));
    }
    if random.chance(10) {
        // A contained resource is not found by itself.
        out.raw("contained", "[{\"resourceType\":\"Patient\",\"id\":\"p1\",\"gender\":\"male\"}]");
    }
    elements(random, &mut out, type_id(kind), kind, &PATHS[kind], 0);
    Resource::read(out.end())
}

fn meta(random: &mut Random) -> String {
    let mut meta = Object::default();
    if random.chance(60) {
        meta.list("tag", &[coding(random)]);
    }
    if random.chance(40) {
        meta.list("security", &[coding(random), coding(random)]);
    }
    if random.chance(50) {
        meta.list("profile", &[quoted(&canonical(random))]);
    }
    if random.chance(40) || meta.is_empty() {
        meta.text("source", random.pick(&URIS));
    }
    meta.end()
}

fn elements(
    random: &mut Random,
    out: &mut Object,
    type_id: TypeId,
    path: &str,
    paths: &[String],
    depth: usize,
) {
    for element in type_id.elements() {
        let own = format!("{path}.{}", element.name);
        let below = format!("{own}.");
        let searched = paths.iter().any(|path| *path == own || path.starts_with(&below));
        if !searched || depth > DEEPEST || !random.chance(55) {
            continue;
        }
        member(random, out, element, &own, paths, depth);
    }
}

/// One element, perhaps repeated, perhaps without a value.
fn member(
    random: &mut Random,
    out: &mut Object,
    element: &'static Element,
    path: &str,
    paths: &[String],
    depth: usize,
) {
    let chosen = &element.types[random.below(element.types.len())];
    let name = match element.choice {
        true => {
            let kind = chosen.type_id.name();
            format!("{}{}{}", element.name, kind[..1].to_uppercase(), &kind[1..])
        }
        false => element.name.to_owned(),
    };
    if chosen.type_id.kind() == Kind::Primitive && !element.many && random.chance(5) {
        out.raw(
            &format!("_{name}"),
            "{\"extension\":[{\"url\":\"http://own/absent\",\"valueBoolean\":true}]}",
        );
        return;
    }
    let make = |random: &mut Random| -> Option<String> {
        if path == "Location.position" {
            let (latitude, longitude) = POSITIONS[random.below(POSITIONS.len())];
            return Some(format!("{{\"longitude\":{longitude},\"latitude\":{latitude}}}"));
        }
        if let Some(value) = datatype(random, chosen.type_id.name(), &chosen.targets) {
            return Some(value);
        }
        let mut inner = Object::default();
        elements(random, &mut inner, chosen.type_id, path, paths, depth + 1);
        (!inner.is_empty()).then(|| inner.end())
    };
    if element.many {
        let count = 1 + random.below(3);
        let values: Vec<String> = (0..count).filter_map(|_| make(random)).collect();
        out.list(&name, &values);
    } else if let Some(value) = make(random) {
        out.raw(&name, &value);
    }
}
