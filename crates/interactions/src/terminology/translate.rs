//! `ConceptMap/$translate`: <https://hl7.org/fhir/R4/conceptmap-operation-translate.html>.

use std::collections::HashSet;
use std::sync::Arc;

use fhir::Fault;
use serde_json::json;
use terminology::{
    Budget, Coding, ConceptMap, Editions, Library, Membership, TooCostly, Translated, Translation,
};

use super::answer::{Answer, coding, message, part};
use super::blocking;
use super::subject::Question;
use crate::Problem;

/// Maps that send on to others which are read from the database.
const MOST_FURTHER: usize = 8;
/// Steps of one translation: groups, elements and targets that are looked at, and matches.
const MOST_STEPS: usize = 5_000_000;

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
    let task = Task {
        maps,
        codings,
        target_system: question.input.text("targetsystem").map(str::to_owned),
        dependencies: dependencies(&question)?,
        reverse,
    };
    let Found { mut matches, needs_more, .. } = with_further(&mut question, task).await?;
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

/// What is to be translated, by which maps.
struct Task {
    maps: Vec<Arc<ConceptMap>>,
    codings: Vec<Coding>,
    target_system: Option<String>,
    dependencies: Vec<(String, Option<String>, String)>,
    reverse: bool,
}

/// What was found by all maps for all codings.
#[derive(Default)]
struct Found {
    /// Each once, in their order.
    matches: Vec<Translated>,
    needs_more: bool,
    missing: HashSet<Box<str>>,
}

impl Task {
    fn run(&self, library: &Library, editions: &Editions) -> Result<Found, TooCostly> {
        let mut budget = Budget::new(MOST_STEPS);
        let mut found = Found::default();
        let mut seen = HashSet::new();
        for map in &self.maps {
            for coding in &self.codings {
                let Some(code) = coding.code.as_deref() else { continue };
                let asked = Translation {
                    system: coding.system.as_deref(),
                    version: coding.version.as_deref(),
                    code,
                    target_system: self.target_system.as_deref(),
                    dependencies: &self.dependencies,
                    reverse: self.reverse,
                };
                let result = library.translate(map, editions, &asked, &mut budget)?;
                found.needs_more |= result.needs_more;
                found.missing.extend(result.missing);
                found.matches.extend(result.matches.into_iter().filter(|it| seen.insert(it.clone())));
            }
        }
        Ok(found)
    }
}

/// A translation, with the maps that others send on to read from the database when they are not in the library.
async fn with_further(question: &mut Question<'_>, task: Task) -> Result<Found, Problem> {
    let task = Arc::new(task);
    let mut asked: HashSet<Box<str>> = HashSet::new();
    let mut left = MOST_FURTHER;
    loop {
        let (task, library, editions) =
            (Arc::clone(&task), question.library.clone(), question.editions.clone());
        let found = blocking(move || task.run(&library, &editions)).await?;
        let found = found.map_err(|_| Problem::new(400, Fault::SearchTooCostly))?;
        let mut has_more = false;
        for url in found.missing.iter().filter(|_| left > 0) {
            if asked.insert(url.clone()) {
                has_more |= question.find_concept_map(url).await?.is_some();
            }
        }
        if !has_more {
            return Ok(found);
        }
        left -= 1;
    }
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
    let asked: HashSet<&str> = codings.iter().filter_map(|coding| coding.system.as_deref()).collect();
    let has_system = |map: &&Arc<ConceptMap>| {
        map.groups.iter().any(|group| {
            let from = if reverse { &group.target } else { &group.source };
            from.as_deref().is_some_and(|from| asked.contains(from))
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
    let (library, editions) = (question.library.clone(), question.editions.clone());
    let mut found = std::mem::take(matches);
    let work = move || {
        let code = |it: &Translated| {
            let concept = it.concept.clone()?;
            Some((concept.system, concept.code?))
        };
        let codes: Vec<_> = found.iter().map(code).collect();
        let named = codes.iter().flatten().map(|(system, code)| (system.as_deref(), &**code));
        let mut held = library.memberships_in(&set, &editions, named).into_iter();
        let mut codes = codes.iter();
        // What names no code stays.
        found.retain(|_| {
            let names_code = codes.next().is_some_and(Option::is_some);
            !names_code || held.next() != Some(Membership::NotMember)
        });
        found
    };
    *matches = blocking(work).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn task(groups: usize, unmapped: &str, codings: usize) -> Task {
        let group = format!(r#"{{"source":"urn:example:a","unmapped":{unmapped}}}"#);
        let groups = vec![group; groups].join(",");
        let text = format!(r#"{{"resourceType":"ConceptMap","url":"urn:example:map","group":[{groups}]}}"#);
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let coding = |at: usize| Coding { code: Some(format!("c{at}").into()), ..Coding::default() };
        Task {
            maps: vec![Arc::new(ConceptMap::read(&node).unwrap())],
            codings: (0..codings).map(coding).collect(),
            target_system: None,
            dependencies: Vec::new(),
            reverse: false,
        }
    }

    fn run(task: &Task) -> Result<Found, TooCostly> {
        task.run(&Library::default(), &Editions::default())
    }

    #[test]
    fn each_match_and_each_map_that_is_not_here_is_told_once() {
        let found = run(&task(20, r#"{"mode":"fixed","code":"x"}"#, 30)).unwrap();
        assert_eq!((found.matches.len(), found.missing.len()), (1, 0));
        let found = run(&task(3, r#"{"mode":"provided"}"#, 30)).unwrap();
        assert_eq!(found.matches.len(), 30);
        let found = run(&task(20, r#"{"mode":"other-map","url":"urn:example:other"}"#, 30)).unwrap();
        assert_eq!((found.matches.len(), found.missing.len()), (0, 1));
    }

    #[test]
    fn all_codes_together_have_one_budget() {
        assert!(run(&task(100, r#"{"mode":"provided"}"#, 50)).is_ok());
        assert!(run(&task(100, r#"{"mode":"provided"}"#, 1_000)).is_err());
    }
}
