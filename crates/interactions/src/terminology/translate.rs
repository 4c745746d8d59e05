//! `ConceptMap/$translate`: <https://hl7.org/fhir/R4/conceptmap-operation-translate.html>.

use std::sync::Arc;

use fhir::Fault;
use serde_json::json;
use terminology::{Coding, ConceptMap, Editions, Membership, Translated, Translation};

use super::answer::{Answer, coding, message, part};
use super::subject::Question;
use crate::Problem;

/// Maps that send on to others which are read from the database.
const MOST_FURTHER: usize = 8;

/// What a code is in another system.
pub(crate) async fn translate(mut question: Question<'_>) -> Result<String, Problem> {
    let codings = question.codings(None, "version")?;
    let reverse = question.input.flag("reverse")? == Some(true);
    let maps = match question.concept_map().await? {
        Some(map) => vec![map],
        None => candidates(&mut question, &codings, reverse).await?,
    };
    let mut answer = Answer::default();
    if maps.is_empty() {
        let name = codings.first().and_then(|coding| coding.system.as_deref()).unwrap_or_default();
        answer.add("result", "Boolean", false);
        let fault = Fault::ConceptMapUnknown { name: name.to_owned() };
        answer.add("message", "String", message(&fault, &question.languages));
        return Ok(answer.finish());
    }
    let dependencies = dependencies(&question)?;
    let mut matches: Vec<Translated> = Vec::new();
    let mut needs_more = false;
    for map in &maps {
        for coding in &codings {
            let Some(code) = coding.code.as_deref() else { continue };
            let target_system = question.input.text("targetsystem").map(str::to_owned);
            let asked = Translation {
                system: coding.system.as_deref(),
                version: coding.version.as_deref(),
                code,
                target_system: target_system.as_deref(),
                dependencies: &dependencies,
                reverse,
            };
            let result = with_further(&mut question, map, &asked).await?;
            needs_more |= result.needs_more;
            for found in result.matches {
                if !matches.contains(&found) {
                    matches.push(found);
                }
            }
        }
    }
    keep_targets(&mut question, &mut matches, reverse).await?;
    let translated = matches.iter().any(|it| !matches!(&*it.equivalence, "unmatched" | "disjoint"));
    answer.add("result", "Boolean", translated);
    if needs_more {
        let fault = Fault::OperationParameterMissing { name: "dependency".to_owned() };
        answer.add("message", "String", message(&fault, &question.languages));
    }
    for found in &matches {
        answer.add_parts("match", parts(&question, found));
    }
    Ok(answer.finish())
}

/// A translation, with the maps that others send on to read from the database when they are not in the library.
async fn with_further(
    question: &mut Question<'_>,
    map: &ConceptMap,
    asked: &Translation<'_>,
) -> Result<terminology::TranslationResult, Problem> {
    for _ in 0..MOST_FURTHER {
        let result = question.library.translate(map, &question.editions, asked);
        let mut found = false;
        for url in &result.missing {
            found |= question.find_concept_map(url).await?.is_some();
        }
        if !found {
            return Ok(result);
        }
    }
    Ok(question.library.translate(map, &question.editions, asked))
}

/// Maps that may know the codes, when none is named.
async fn candidates(
    question: &mut Question<'_>,
    codings: &[Coding],
    reverse: bool,
) -> Result<Vec<Arc<ConceptMap>>, Problem> {
    let parameter = if reverse { "target-system" } else { "source-system" };
    let mut systems: Vec<&str> = codings.iter().filter_map(|coding| coding.system.as_deref()).collect();
    systems.sort_unstable();
    systems.dedup();
    for system in systems {
        let stored = question.stored.matching("ConceptMap", std::iter::once((parameter, system))).await?;
        // What is in the packages is not replaced by what somebody stored.
        let day = question.editions.day.as_deref();
        let new = stored
            .into_iter()
            .filter(|it| question.library.find_concept_map(&it.edition().url, day).is_none())
            .filter(|it| !it.edition().url.is_empty());
        question.library = question.library.with(new.collect::<Vec<_>>());
    }
    let (source, target) = if reverse { ("target", "source") } else { ("source", "target") };
    let (source, target) = (question.input.text(source), question.input.text(target));
    let is_current = |map: &&Arc<ConceptMap>| {
        let newest = question.library.find_concept_map(&map.edition.url, question.editions.day.as_deref());
        newest.is_some_and(|newest| Arc::ptr_eq(newest, map))
    };
    let fits = |wanted: Option<&str>, have: &Option<Box<str>>| match (wanted, have) {
        (Some(wanted), Some(have)) => wanted.split('|').next() == have.split('|').next(),
        _ => true,
    };
    let has_system = |map: &&Arc<ConceptMap>| {
        map.groups.iter().any(|group| {
            let from = if reverse { &group.target } else { &group.source };
            codings.iter().any(|coding| coding.system.is_some() && coding.system == *from)
        })
    };
    let maps = question.library.concept_maps().into_iter();
    let maps = maps.filter(|map| fits(source, &map.source) && fits(target, &map.target));
    Ok(maps.filter(has_system).filter(is_current).cloned().collect())
}

/// Leaves out what is not in the value set that is wanted, where that can be told.
async fn keep_targets(
    question: &mut Question<'_>,
    matches: &mut Vec<Translated>,
    reverse: bool,
) -> Result<(), Problem> {
    let Some(name) = question.input.text(if reverse { "source" } else { "target" }).map(str::to_owned) else {
        return Ok(());
    };
    let Some(set) = question.find_value_set(&name).await? else { return Ok(()) };
    let library = std::mem::take(&mut question.library);
    question.library = question.stored.complete(library, &set, &question.editions, false).await?;
    let editions: &Editions = &question.editions;
    matches.retain(|found| match &found.concept {
        Some(Coding { system, code: Some(code), .. }) => {
            let held = question.library.membership_in(&set, editions, system.as_deref(), code);
            held != Membership::NotMember
        }
        _ => true,
    });
    Ok(())
}

fn dependencies(question: &Question<'_>) -> Result<Vec<(String, Option<String>, String)>, Problem> {
    let mut found = Vec::new();
    for dependency in question.input.parts("dependency") {
        let element = dependency.need("element")?;
        for coding in dependency.concept("concept")?.unwrap_or_default() {
            let code = coding.code.as_deref().unwrap_or_default();
            found.push((element.to_owned(), coding.system.as_deref().map(str::to_owned), code.to_owned()));
        }
    }
    Ok(found)
}

fn parts(question: &Question<'_>, found: &Translated) -> Vec<serde_json::Value> {
    let mut parts = vec![part("equivalence", "Code", &*found.equivalence)];
    if let Some(concept) = &found.concept {
        let mut concept = concept.clone();
        if concept.display.is_none()
            && let (Some(system), Some(code)) = (&concept.system, &concept.code)
        {
            let names = question.library.names(None, &question.editions, system, code);
            concept.display = names.display(&question.wanted()).map(Into::into);
        }
        parts.push(part("concept", "Coding", coding(&concept)));
    }
    for product in &found.products {
        let value = Coding {
            system: product.system.clone(),
            code: Some(product.value.clone()),
            display: product.display.clone(),
            version: None,
        };
        let inner = [part("element", "Uri", &*product.property), part("concept", "Coding", coding(&value))];
        parts.push(json!({"name": "product", "part": inner}));
    }
    if !found.map.is_empty() {
        parts.push(part("source", "Uri", found.map.as_str()));
    }
    parts
}
