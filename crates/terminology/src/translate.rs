//! What a concept map makes of a code, forwards and backwards.

use crate::compile::Editions;
use crate::concept_map::{ConceptMap, MapGroup, MapTarget, OtherElement, Unmapped};
use crate::library::Library;
use crate::node::Coding;

/// Maps that send on to other maps.
const DEEPEST: usize = 8;

/// A code to be translated.
#[derive(Debug, Clone, Copy, Default)]
pub struct Translation<'t> {
    /// Its system; `None` for any.
    pub system: Option<&'t str>,
    /// The version of its system.
    pub version: Option<&'t str>,
    /// The code.
    pub code: &'t str,
    /// Only codes of this system are wanted.
    pub target_system: Option<&'t str>,
    /// Values of other elements: element, system, code.
    pub dependencies: &'t [(String, Option<String>, String)],
    /// From target to source.
    pub reverse: bool,
}

/// A code that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// How the meanings are related.
    pub equivalence: Box<str>,
    /// The code; `None` where the map says that there is none.
    pub concept: Option<Coding>,
    /// Values of other elements.
    pub products: Vec<OtherElement>,
    /// The map that says so.
    pub map: String,
}

/// What became of a translation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TranslationResult {
    /// What was found.
    pub matches: Vec<Translated>,
    /// Whether there is more that depends on elements that were not told.
    pub needs_more: bool,
    /// Maps that are asked for and not here.
    pub missing: Vec<Box<str>>,
}

impl TranslationResult {
    /// Whether there is a translation: a match that is not the statement that there is none.
    pub fn is_translated(&self) -> bool {
        self.matches.iter().any(|it| !matches!(&*it.equivalence, "unmatched" | "disjoint"))
    }
}

impl Library {
    /// Translates a code by a map, which need not be in the library.
    pub fn translate(
        &self,
        map: &ConceptMap,
        editions: &Editions,
        asked: &Translation<'_>,
    ) -> TranslationResult {
        let mut result = TranslationResult::default();
        self.by_map(map, editions, asked, &mut result, DEEPEST);
        result
    }

    fn by_map(
        &self,
        map: &ConceptMap,
        editions: &Editions,
        asked: &Translation<'_>,
        result: &mut TranslationResult,
        left: usize,
    ) {
        for group in &map.groups {
            let (from, from_version, to) = if asked.reverse {
                (&group.target, &group.target_version, &group.source)
            } else {
                (&group.source, &group.source_version, &group.target)
            };
            let fits = |wanted: Option<&str>, have: &Option<Box<str>>| match (wanted, have) {
                (Some(wanted), Some(have)) => wanted == &**have,
                _ => true,
            };
            if !fits(asked.system, from)
                || !fits(asked.version, from_version)
                || (asked.target_system.is_some() && asked.target_system != to.as_deref())
            {
                continue;
            }
            if asked.reverse {
                backwards(map, group, asked, result);
            } else {
                self.forwards(map, group, editions, asked, result, left);
            }
        }
    }

    fn forwards(
        &self,
        map: &ConceptMap,
        group: &MapGroup,
        editions: &Editions,
        asked: &Translation<'_>,
        result: &mut TranslationResult,
        left: usize,
    ) {
        let found = |equivalence: &str, code: Option<Box<str>>, display: Option<Box<str>>| Translated {
            equivalence: equivalence.into(),
            concept: code.map(|code| Coding {
                system: group.target.clone(),
                version: group.target_version.clone(),
                code: Some(code),
                display,
            }),
            products: Vec::new(),
            map: map.edition.canonical(),
        };
        if let Some(element) = group.element(asked.code) {
            if element.targets.is_empty() {
                result.matches.push(found("unmatched", None, None));
            }
            for target in &element.targets {
                if !holds(target, asked, result) {
                    continue;
                }
                let made = found(&target.equivalence, target.code.clone(), target.display.clone());
                result.matches.push(Translated { products: target.products.clone(), ..made });
            }
            return;
        }
        match &group.unmapped {
            None => {}
            Some(Unmapped::Provided) => result.matches.push(found("equal", Some(asked.code.into()), None)),
            // A code for everything else means more than the code that it stands for.
            Some(Unmapped::Fixed { code, display }) => {
                result.matches.push(found("wider", Some(code.clone()), display.clone()));
            }
            Some(Unmapped::OtherMap(url)) => match self.find_concept_map(url, editions.day.as_deref()) {
                Some(other) => {
                    if let Some(left) = left.checked_sub(1) {
                        self.by_map(other, editions, asked, result, left);
                    }
                }
                None => result.missing.push(url.clone()),
            },
        }
    }
}

/// Whether the other elements have the values that a target demands.
fn holds(target: &MapTarget, asked: &Translation<'_>, result: &mut TranslationResult) -> bool {
    let mut all = true;
    for needed in &target.depends_on {
        let mut told =
            asked.dependencies.iter().filter(|(element, ..)| **element == *needed.property).peekable();
        result.needs_more |= told.peek().is_none();
        let same_system = |system: &Option<String>| match (system, &needed.system) {
            (Some(told), Some(needed)) => **told == **needed,
            _ => true,
        };
        all &= told.any(|(_, system, code)| same_system(system) && **code == *needed.value);
    }
    all
}

fn backwards(map: &ConceptMap, group: &MapGroup, asked: &Translation<'_>, result: &mut TranslationResult) {
    for element in &group.elements {
        let targets = element.targets.iter().filter(|target| target.code.as_deref() == Some(asked.code));
        for target in targets {
            result.matches.push(Translated {
                equivalence: contrary(&target.equivalence).into(),
                concept: Some(Coding {
                    system: group.source.clone(),
                    version: group.source_version.clone(),
                    code: Some(element.code.clone()),
                    display: element.display.clone(),
                }),
                products: Vec::new(),
                map: map.edition.canonical(),
            });
        }
    }
}

/// The same relation seen from the other side.
fn contrary(equivalence: &str) -> &str {
    match equivalence {
        "wider" => "narrower",
        "narrower" => "wider",
        "subsumes" => "specializes",
        "specializes" => "subsumes",
        other => other,
    }
}
