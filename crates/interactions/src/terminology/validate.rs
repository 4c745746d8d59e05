//! `CodeSystem/$validate-code` and `ValueSet/$validate-code`:
//! <https://hl7.org/fhir/R4/codesystem-operation-validate-code.html>,
//! <https://hl7.org/fhir/R4/valueset-operation-validate-code.html>.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::Fault;
use terminology::{CodeSystem, Coding, Content, Library, Membership, Missing, Names, ValueSet, comparable};

use super::answer::{Answer, message};
use super::blocking;
use super::input::missing;
use super::subject::Question;
use crate::Problem;

/// What is said of one coding.
struct Verdict {
    is_valid: bool,
    remark: Option<Fault>,
    display: Option<String>,
}

impl Verdict {
    fn wrong(fault: Fault) -> Self {
        Self { is_valid: false, remark: Some(fault), display: None }
    }
}

/// Whether a code is one of a code system.
pub(crate) async fn in_code_system(mut question: Question<'_>) -> Result<String, Problem> {
    let named = question.code_system("url", "version").await?;
    let url = named
        .as_ref()
        .map(|system| system.edition.url.to_string())
        .or(question.input.text("url").map(str::to_owned));
    let codings = question.codings(url.as_deref(), "version")?;
    let system = match named {
        Some(system) => system,
        // A coding says itself of which system it is.
        None => {
            let first =
                codings.iter().find_map(|coding| Some((coding.system.clone()?, coding.version.clone())));
            let (system, version) = first.ok_or_else(|| missing("url"))?;
            question.find_code_system(&system, version.as_deref()).await?
        }
    };
    let mut known = AllCalled::new();
    let verdicts = codings.iter().map(|coding| of_system(&question, &mut known, &system, coding));
    Ok(answer(verdicts.collect(), &question.languages))
}

fn of_system(
    question: &Question<'_>,
    known: &mut AllCalled,
    system: &CodeSystem,
    coding: &Coding,
) -> Verdict {
    let url = &system.edition.url;
    let unknown = || Fault::CodeUnknown { system: url.to_string() };
    let Some(code) = &coding.code else { return Verdict::wrong(unknown()) };
    if coding.system.as_ref().is_some_and(|other| !url.is_empty() && other != url) {
        return Verdict::wrong(unknown());
    }
    let Some(concept) = system.get(code) else {
        return match system.content {
            Content::Complete => Verdict::wrong(unknown()),
            _ => uncertain(url),
        };
    };
    if concept.is_abstract && !question.accepts_abstract {
        return Verdict::wrong(Fault::CodeAbstract { system: url.to_string() });
    }
    let names = || Names::of(&question.library, system, code);
    shown(question, known, names, (url, code), coding)
}

fn uncertain(system: &str) -> Verdict {
    let remark = Some(Fault::CodeUncertain { system: system.to_owned() });
    Verdict { is_valid: true, remark, display: None }
}

/// What a code is called.
struct Called {
    display: Option<String>,
    /// Every name, to be compared.
    accepted: HashSet<String>,
}

/// What codes are called, by system and code: worked out once, however often a code is asked about.
type AllCalled = HashMap<(Box<str>, Box<str>), Called>;

/// A code that is right: what it is called, and whether that is what was said.
fn shown<'n>(
    question: &Question<'_>,
    known: &mut AllCalled,
    names: impl FnOnce() -> Option<Names<'n>>,
    (system, code): (&str, &str),
    coding: &Coding,
) -> Verdict {
    let called = known.entry((system.into(), code.into())).or_insert_with(|| {
        let names = names();
        // Only a language that is asked for by its parameter narrows what is right.
        let language: Vec<&str> = question.input.text("displayLanguage").into_iter().collect();
        let accepted = names.iter().flat_map(|names| names.accepted(&language)).map(comparable);
        let accepted = accepted.collect();
        Called {
            display: names.and_then(|names| names.display(&question.wanted()).map(str::to_owned)),
            accepted,
        }
    });
    let said = coding.display.as_deref();
    let is_right =
        said.is_none_or(|said| called.accepted.is_empty() || called.accepted.contains(&comparable(said)));
    let remark = (!is_right).then(|| Fault::DisplayWrong { system: system.to_owned() });
    Verdict { is_valid: is_right, remark, display: called.display.clone() }
}

/// Whether a code is in a value set.
pub(crate) async fn in_value_set(mut question: Question<'_>) -> Result<String, Problem> {
    let codings = question.codings(None, "systemVersion")?;
    let mut versions = HashSet::new();
    for coding in &codings {
        // Where the value set names no version of the system, that of the coding counts.
        if let Some(system) = &coding.system
            && let Some(version) = &coding.version
            && versions.insert((system, version))
        {
            question.editions.preferred.push(format!("{system}|{version}").into());
        }
    }
    let set = question.value_set().await?;
    let (mut verdicts, mut known) = (Vec::with_capacity(codings.len()), AllCalled::new());
    let (library, editions, asked) = (question.library.clone(), question.editions.clone(), codings.clone());
    let held = Arc::clone(&set);
    let memberships = blocking(move || {
        // What has no system or no code is answered without its membership.
        let code = |coding: &'_ Coding| coding.code.clone().unwrap_or_default();
        let codes: Vec<_> = asked.iter().map(|coding| (coding.system.clone(), code(coding))).collect();
        library.memberships_in(
            &held,
            &editions,
            codes.iter().map(|(system, code)| (system.as_deref(), &**code)),
        )
    });
    for (coding, membership) in codings.iter().zip(memberships.await?) {
        verdicts.push(of_set(&question, &mut known, &set, coding, membership)?);
    }
    Ok(answer(verdicts, &question.languages))
}

fn of_set(
    question: &Question<'_>,
    known: &mut AllCalled,
    set: &Arc<ValueSet>,
    coding: &Coding,
    membership: Membership,
) -> Result<Verdict, Problem> {
    let value_set = if set.edition.url.is_empty() { "ValueSet".to_owned() } else { set.edition.canonical() };
    let (Some(system), Some(code)) = (&coding.system, &coding.code) else {
        return Ok(Verdict::wrong(Fault::CodeNotInValueSet { value_set }));
    };
    match membership {
        Membership::NotMember => Ok(Verdict::wrong(Fault::CodeNotInValueSet { value_set })),
        Membership::Unknown => not_told(&question.library, question, set, system, value_set),
        Membership::Member => {
            let definition = question.library.code_system(system, &question.editions);
            let concept = definition.and_then(|definition| definition.get(code));
            if concept.is_some_and(|it| it.is_abstract) && !question.accepts_abstract {
                return Ok(Verdict::wrong(Fault::CodeAbstract { system: system.to_string() }));
            }
            let names = || Some(question.library.names(Some(&**set), &question.editions, system, code));
            Ok(shown(question, known, names, (system, code), coding))
        }
    }
}

/// A code of which it cannot be told. A system that is here in part cannot say that a code is wrong; what is not here
/// at all is named.
fn not_told(
    library: &Library,
    question: &Question<'_>,
    set: &Arc<ValueSet>,
    system: &str,
    value_set: String,
) -> Result<Verdict, Problem> {
    let day = question.editions.day.as_deref();
    let in_part = |it: &Arc<CodeSystem>| matches!(it.content, Content::Fragment | Content::Example);
    if library.find_code_system(system, day).is_some_and(in_part) {
        return Ok(uncertain(system));
    }
    for missing in library.missing(set, &question.editions) {
        match missing {
            Missing::CodeSystem(name) => {
                return Err(Problem::new(404, Fault::CodeSystemUnknown { name: name.to_string() }));
            }
            Missing::ValueSet(name) => {
                return Err(Problem::new(404, Fault::ValueSetUnknown { name: name.to_string() }));
            }
            Missing::Names(_) => {}
        }
    }
    Err(Problem::new(422, Fault::ExpansionImpossible { name: value_set }))
}

/// Right when one of the codings is; the first that is speaks for all.
fn answer(verdicts: Vec<Verdict>, languages: &[String]) -> String {
    let mut answer = Answer::default();
    let certain = verdicts.iter().position(|it| it.is_valid && it.remark.is_none());
    let best = certain.or_else(|| verdicts.iter().position(|it| it.is_valid)).unwrap_or(0);
    let verdict = verdicts.into_iter().nth(best);
    answer.add("result", "Boolean", verdict.as_ref().is_some_and(|it| it.is_valid));
    if let Some(verdict) = verdict {
        answer.add_some("message", "String", verdict.remark.map(|fault| message(&fault, languages)));
        answer.add_some("display", "String", verdict.display);
    }
    answer.finish()
}
