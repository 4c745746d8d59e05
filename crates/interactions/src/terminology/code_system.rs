//! `CodeSystem/$lookup` and `CodeSystem/$subsumes`:
//! <https://hl7.org/fhir/R4/codesystem-operation-lookup.html>,
//! <https://hl7.org/fhir/R4/codesystem-operation-subsumes.html>.

use std::collections::HashSet;
use std::sync::Arc;

use fhir::Fault;
use serde_json::Value;
use terminology::{CodeSystem, Coding, Concept, Names, PropertyValue};

use super::answer::{Answer, coding, part, property};
use super::input::{invalid, missing};
use super::subject::Question;
use crate::Problem;

/// Codes right below one that are told.
const MOST_CHILDREN: usize = 1_000;

fn not_found(system: &str) -> Problem {
    Problem::new(404, Fault::CodeNotFound { system: system.to_owned() })
}

/// Everything about one code.
pub(crate) async fn lookup(mut question: Question<'_>) -> Result<String, Problem> {
    let asked = match question.input.coding("coding")? {
        Some(coding) => coding.clone(),
        None => {
            let code = question.input.need("code")?;
            let system = question.input.need("system")?;
            let version = question.input.text("version").map(Into::into);
            Coding { system: Some(system.into()), version, code: Some(code.into()), display: None }
        }
    };
    let (Some(url), Some(code)) = (&asked.system, &asked.code) else { return Err(missing("system")) };
    let system = match question.find_code_system(url, asked.version.as_deref()).await {
        Ok(system) => system,
        // Only a system that has rules instead of a list can be known without a definition.
        Err(problem) => return by_rules(&question, url, code).ok_or(problem)?,
    };
    let concept = system.get(code).ok_or_else(|| not_found(url))?;
    let names = Names::of(&question.library, &system, code).ok_or_else(|| not_found(url))?;
    let mut answer = Answer::default();
    let edition = &system.edition;
    let name = edition.title.as_deref().or(edition.name.as_deref()).unwrap_or(&edition.url);
    answer.add("name", "String", name);
    answer.add_some("version", "String", edition.version.as_deref());
    answer.add("display", "String", names.display(&question.wanted()).unwrap_or(&concept.code));
    let wanted: HashSet<&str> = question.input.texts("property").collect();
    let wants = |name: &str| wanted.is_empty() || wanted.contains(name);
    for it in names.designations() {
        let language = it.language.as_deref();
        let by_language = language.is_some_and(|it| wanted.contains(format!("lang.{it}").as_str()));
        if !wants("designation") && !by_language {
            continue;
        }
        let mut parts = Vec::new();
        parts.extend(language.map(|language| part("language", "Code", language)));
        parts.extend(it.usage.as_ref().map(|usage| part("use", "Coding", coding(usage))));
        parts.push(part("value", "String", &*it.value));
        answer.add_parts("designation", parts);
    }
    for (name, value, description) in properties(&system, concept, &names) {
        if wants(name) {
            let (kind, value) = property(&value);
            let mut parts = vec![part("code", "Code", name), part("value", kind, value)];
            parts.extend(description.map(|description| part("description", "String", description)));
            answer.add_parts("property", parts);
        }
    }
    Ok(answer.finish())
}

/// A code of a system that has rules instead of a list: its name is itself.
fn by_rules(question: &Question<'_>, url: &str, code: &str) -> Option<Result<String, Problem>> {
    if !question.library.follows_rules(url, code)? {
        return Some(Err(not_found(url)));
    }
    let mut answer = Answer::default();
    answer.add("name", "String", url);
    answer.add("display", "String", code);
    Some(Ok(answer.finish()))
}

/// The properties of a concept: those that R4 has for every code system (`codesystem.html#status`), then its own.
fn properties<'c>(
    system: &'c CodeSystem,
    concept: &'c Concept,
    names: &Names<'c>,
) -> Vec<(&'c str, PropertyValue, Option<String>)> {
    let mut found: Vec<(&'c str, PropertyValue, Option<String>)> = Vec::new();
    if let Some(definition) = &concept.definition {
        found.push(("definition", PropertyValue::String(definition.clone()), None));
    }
    let related = [("parent", &concept.parents), ("child", &concept.children)];
    for (name, places) in related {
        for other in places.iter().take(MOST_CHILDREN).filter_map(|at| system.concept(*at)) {
            // The names of others are a help for people; the preferred one will do.
            let display = other.display.as_deref().map(str::to_owned);
            found.push((name, PropertyValue::Code(other.code.clone()), display));
        }
    }
    let own = concept.properties.iter().chain(names.supplied_properties());
    for (name, value) in own {
        found.push((name, value.clone(), described(system, value)));
    }
    if concept.is_inactive && !found.iter().any(|(name, ..)| *name == "inactive") {
        found.push(("inactive", PropertyValue::Boolean(true), None));
    }
    if concept.is_abstract && !found.iter().any(|(name, ..)| matches!(*name, "notSelectable" | "abstract")) {
        found.push(("notSelectable", PropertyValue::Boolean(true), None));
    }
    found
}

fn described(system: &CodeSystem, value: &PropertyValue) -> Option<String> {
    match value {
        PropertyValue::Code(code) => system.get(code)?.display.as_deref().map(str::to_owned),
        _ => None,
    }
}

/// How two codes stand to each other.
pub(crate) async fn subsumes(mut question: Question<'_>) -> Result<String, Problem> {
    let named = question.code_system("system", "version").await?;
    let (a, b) = (side(&question, 'A')?, side(&question, 'B')?);
    let system: Arc<CodeSystem> = match (named, a.system.as_deref()) {
        (Some(system), _) => system,
        (None, Some(url)) => question.find_code_system(url, a.version.as_deref()).await?,
        (None, None) => return Err(missing("system")),
    };
    let url = &system.edition.url;
    let find = |coding: &Coding, name: &str| -> Result<u32, Problem> {
        if coding.system.as_ref().is_some_and(|other| !url.is_empty() && other != url) {
            return Err(invalid(name));
        }
        system.find(coding.code.as_deref().unwrap_or_default()).ok_or_else(|| not_found(url))
    };
    let (first, second) = (find(&a, "codingA")?, find(&b, "codingB")?);
    let outcome = if first == second {
        "equivalent"
    } else if !system.has_kinds() {
        "not-subsumed"
    } else if system.is_above(first, second) {
        "subsumes"
    } else if system.is_above(second, first) {
        "subsumed-by"
    } else {
        "not-subsumed"
    };
    let mut answer = Answer::default();
    answer.add("outcome", "Code", Value::from(outcome));
    Ok(answer.finish())
}

fn side(question: &Question<'_>, side: char) -> Result<Coding, Problem> {
    let code = format!("code{side}");
    if let Some(coding) = question.input.coding(&format!("coding{side}"))? {
        return if coding.code.is_some() { Ok(coding.clone()) } else { Err(missing(&code)) };
    }
    Ok(Coding { code: Some(question.input.need(&code)?.into()), ..Coding::default() })
}
