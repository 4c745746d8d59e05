//! `ValueSet/$expand`: <https://hl7.org/fhir/R4/valueset-operation-expand.html>.

use std::collections::HashSet;

use fhir::{Fault, Instant};
use search::{fold, words};
use serde_json::{Map, Value, json};
use terminology::{
    Composed, Entry, ExpandOptions, Expansion, Missing, TextFilter, UNCLOSED, Unlistable, ValueSet,
};

use super::answer::{designation, part, property};
use super::blocking;
use super::subject::Question;
use crate::Problem;

/// Codes on a page when nothing is said.
const DEFAULT_COUNT: usize = 1_000;
/// Most codes on a page.
const MOST_COUNT: usize = 10_000;
/// The extension that R5 gives to R4 for properties in an expansion.
const PROPERTY: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";

/// The codes of a value set.
pub(crate) async fn expand(mut question: Question<'_>) -> Result<String, Problem> {
    let asked = Asked::read(&question)?;
    let set = question.value_set().await?;
    let (library, editions) = (question.library.clone(), question.editions.clone());
    let (languages, expanded) = (question.languages.clone(), set.clone());
    let work = move || {
        let languages: Vec<&str> = languages.iter().map(String::as_str).collect();
        let properties = asked.properties.iter().map(String::as_str).collect();
        let folded = fold(&asked.filter);
        let wanted: Vec<&str> = words(&folded).collect();
        let code = |code: &str| fold(code).starts_with(&folded);
        // Every word begins a word of the name.
        let name = |name: &str| {
            let name = fold(name);
            !wanted.is_empty() && wanted.iter().all(|it| words(&name).any(|word| word.starts_with(it)))
        };
        let text = (!folded.is_empty()).then_some(TextFilter { code: &code, name: &name });
        let options = ExpandOptions {
            text,
            offset: asked.offset,
            count: if asked.nested { MOST_COUNT } else { asked.count },
            active_only: asked.active_only,
            selectable_only: asked.selectable_only,
            nested: asked.nested,
            languages: &languages,
            designations: asked.designations,
            properties,
            editions,
        };
        let expansion = library.expand(&expanded, &options);
        expansion.map(|expansion| document(&expanded, expansion, &asked))
    };
    match blocking(work).await? {
        Ok(text) => Ok(text),
        Err(unlistable) => Err(refusal(&question, &set, unlistable)),
    }
}

/// What is asked for.
struct Asked {
    filter: String,
    offset: usize,
    count: usize,
    /// Whether a page was asked for.
    paged: bool,
    active_only: bool,
    selectable_only: bool,
    nested: bool,
    designations: bool,
    definition: bool,
    properties: Vec<String>,
    /// Only these designations: a language, or a use.
    only: HashSet<String>,
    /// What has an influence on the codes, to be said in the answer.
    said: Vec<Value>,
}

impl Asked {
    fn read(question: &Question<'_>) -> Result<Self, Problem> {
        let input = &question.input;
        let (offset, count) = (input.number("offset")?, input.number("count")?);
        let flag = |name: &str| Ok::<_, Problem>(input.flag(name)? == Some(true));
        let mut said = Vec::new();
        for name in ["filter", "displayLanguage"] {
            let kind = if name == "filter" { "String" } else { "Code" };
            said.extend(input.text(name).map(|value| part(name, kind, value)));
        }
        for name in
            ["activeOnly", "excludeNested", "excludeNotForUI", "includeDesignations", "includeDefinition"]
        {
            said.extend(input.flag(name)?.map(|value| part(name, "Boolean", value)));
        }
        said.extend(input.text("date").map(|value| part("date", "DateTime", value)));
        for name in ["exclude-system", "system-version", "check-system-version", "force-system-version"] {
            said.extend(input.texts(name).map(|value| part(name, "Uri", value)));
        }
        said.extend(offset.map(|value| part("offset", "Integer", value)));
        said.extend(count.map(|value| part("count", "Integer", value)));
        let filter = input.text("filter").unwrap_or_default().to_owned();
        // Pages, and what fits a text, are lists.
        let flat = offset.is_some() || count.is_some() || !filter.is_empty();
        // Without a system a token is its code.
        let token = |token: &str| token.strip_prefix('|').unwrap_or(token).to_owned();
        let only: HashSet<String> = input.texts("designation").map(token).collect();
        Ok(Self {
            filter,
            offset: offset.unwrap_or(0),
            count: count.unwrap_or(DEFAULT_COUNT).min(MOST_COUNT),
            paged: offset.is_some() || count.is_some(),
            active_only: flag("activeOnly")?,
            selectable_only: flag("excludeNotForUI")?,
            nested: input.flag("excludeNested")? == Some(false) && !flat,
            designations: flag("includeDesignations")? || !only.is_empty(),
            definition: flag("includeDefinition")?,
            properties: input.texts("property").map(str::to_owned).collect(),
            only,
            said,
        })
    }
}

fn refusal(question: &Question<'_>, set: &std::sync::Arc<ValueSet>, unlistable: Unlistable) -> Problem {
    let name = if set.edition.url.is_empty() { "ValueSet".to_owned() } else { set.edition.canonical() };
    let system = match unlistable {
        Unlistable::Unknown { system: Some(system) } => system,
        Unlistable::Unknown { system: None } => "".into(),
        Unlistable::TooMany => return Problem::new(422, Fault::ExpansionImpossible { name }),
    };
    // What is not here is named: the system that is in the way, else the first value set.
    for missing in question.library.missing(set, &question.editions) {
        match missing {
            Missing::CodeSystem(it) if system.is_empty() || it.split('|').next() == Some(&*system) => {
                return Problem::new(404, Fault::CodeSystemUnknown { name: it.to_string() });
            }
            Missing::ValueSet(it) => {
                return Problem::new(404, Fault::ValueSetUnknown { name: it.to_string() });
            }
            _ => {}
        }
    }
    Problem::new(422, Fault::ExpansionImpossible { name })
}

fn document(set: &ValueSet, expansion: Expansion, asked: &Asked) -> String {
    let edition = &set.edition;
    let mut document = Map::new();
    document.insert("resourceType".to_owned(), "ValueSet".into());
    let fields = [("version", &edition.version), ("name", &edition.name), ("title", &edition.title)];
    if !edition.url.is_empty() {
        document.insert("url".to_owned(), (&*edition.url).into());
    }
    for (name, value) in fields {
        if let Some(value) = value {
            document.insert(name.to_owned(), (&**value).into());
        }
    }
    document.insert("status".to_owned(), edition.status.as_deref().unwrap_or("unknown").into());
    if asked.definition && !set.include.is_empty() {
        document.insert("compose".to_owned(), compose(set));
    }
    let mut body = Map::new();
    if expansion.unclosed {
        body.insert("extension".to_owned(), json!([{"url": UNCLOSED, "valueBoolean": true}]));
    }
    body.insert("identifier".to_owned(), format!("urn:uuid:{}", uuid::Uuid::new_v4()).into());
    body.insert("timestamp".to_owned(), Instant::now().to_string().into());
    body.insert("total".to_owned(), expansion.total.into());
    if asked.paged || (!asked.nested && expansion.total > asked.count) {
        body.insert("offset".to_owned(), asked.offset.into());
    }
    let mut said = asked.said.clone();
    said.extend(expansion.used.iter().map(|it| part("version", "Uri", it.as_str())));
    if !said.is_empty() {
        body.insert("parameter".to_owned(), said.into());
    }
    if !expansion.contains.is_empty() {
        let entries = expansion.contains.into_iter().map(|entry| contained(entry, asked));
        body.insert("contains".to_owned(), entries.collect());
    }
    document.insert("expansion".to_owned(), Value::Object(body));
    Value::Object(document).to_string()
}

fn contained(entry: Entry, asked: &Asked) -> Value {
    let mut object = Map::new();
    if !entry.properties.is_empty() {
        let extension = |(name, value): &(Box<str>, terminology::PropertyValue)| {
            let (kind, value) = property(value);
            let value = json!({"url": "value", format!("value{kind}"): value});
            json!({"url": PROPERTY, "extension": [{"url": "code", "valueCode": &**name}, value]})
        };
        object.insert("extension".to_owned(), entry.properties.iter().map(extension).collect());
    }
    object.insert("system".to_owned(), (&*entry.system).into());
    if entry.is_abstract {
        object.insert("abstract".to_owned(), true.into());
    }
    if entry.is_inactive {
        object.insert("inactive".to_owned(), true.into());
    }
    if let Some(version) = &entry.version {
        object.insert("version".to_owned(), (&**version).into());
    }
    object.insert("code".to_owned(), (&*entry.code).into());
    if let Some(display) = &entry.display {
        object.insert("display".to_owned(), (&**display).into());
    }
    let wanted = |it: &&terminology::Designation| asked.only.is_empty() || is_wanted(it, &asked.only);
    let designations: Vec<Value> = entry.designations.iter().filter(wanted).map(designation).collect();
    if !designations.is_empty() {
        object.insert("designation".to_owned(), designations.into());
    }
    if !entry.contains.is_empty() {
        let entries = entry.contains.into_iter().map(|entry| contained(entry, asked));
        object.insert("contains".to_owned(), entries.collect());
    }
    Value::Object(object)
}

/// Tokens: `urn:ietf:bcp:47|vi` or `vi` for a language, `system|code` for a use.
fn is_wanted(it: &terminology::Designation, only: &HashSet<String>) -> bool {
    let has = |system: Option<&str>, code: &str| {
        only.contains(code) || system.is_some_and(|system| only.contains(&format!("{system}|{code}")))
    };
    it.language.as_deref().is_some_and(|language| has(Some("urn:ietf:bcp:47"), language))
        || it
            .usage
            .as_ref()
            .is_some_and(|usage| usage.code.as_deref().is_some_and(|code| has(usage.system.as_deref(), code)))
}

/// The definition again.
fn compose(set: &ValueSet) -> Value {
    let mut object = Map::new();
    if let Some(inactive) = set.inactive {
        object.insert("inactive".to_owned(), inactive.into());
    }
    for (name, parts) in [("include", &set.include), ("exclude", &set.exclude)] {
        if !parts.is_empty() {
            object.insert(name.to_owned(), parts.iter().map(|it| composed(it)).collect());
        }
    }
    Value::Object(object)
}

fn composed(it: &Composed) -> Value {
    let mut object = Map::new();
    for (name, value) in [("system", &it.system), ("version", &it.version)] {
        if let Some(value) = value {
            object.insert(name.to_owned(), (&**value).into());
        }
    }
    let concept = |it: &terminology::Listed| {
        let mut concept = Map::new();
        concept.insert("code".to_owned(), (&*it.code).into());
        if let Some(display) = &it.display {
            concept.insert("display".to_owned(), (&**display).into());
        }
        if !it.designations.is_empty() {
            concept.insert("designation".to_owned(), it.designations.iter().map(designation).collect());
        }
        Value::Object(concept)
    };
    if !it.concepts.is_empty() {
        object.insert("concept".to_owned(), it.concepts.iter().map(concept).collect());
    }
    if !it.filters.is_empty() {
        let filter = |it: &terminology::Filter| {
            let operator = it.operator.map(terminology::Operator::as_str);
            json!({"property": &*it.property, "op": operator.unwrap_or("="), "value": &*it.value})
        };
        object.insert("filter".to_owned(), it.filters.iter().map(filter).collect());
    }
    if !it.value_sets.is_empty() {
        object.insert("valueSet".to_owned(), it.value_sets.iter().map(|it| Value::from(&**it)).collect());
    }
    Value::Object(object)
}
