//! What a concept map makes of a code, forwards and backwards.

use std::collections::HashSet;

use crate::budget::{Budget, TooCostly};
use crate::compile::Editions;
use crate::concept_map::{ConceptMap, MapGroup, MapTarget, OtherElement, Unmapped};
use crate::library::Library;
use crate::node::Coding;

/// Maps that send on to other maps.
const DEEPEST: usize = 8;
/// What a match costs beside the way to it: it has to be written down.
const MATCH: usize = 500;

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Translates a code by a map, which need not be in the library. Groups, targets and matches are paid for.
    pub fn translate(
        &self,
        map: &ConceptMap,
        editions: &Editions,
        asked: &Translation<'_>,
        budget: &mut Budget,
    ) -> Result<TranslationResult, TooCostly> {
        let (result, visited) = (TranslationResult::default(), HashSet::new());
        let mut walk = Walk { library: self, editions, asked, result, visited, budget };
        walk.by_map(map, DEEPEST).ok_or(TooCostly)?;
        Ok(walk.result)
    }
}

/// The way through the maps that send on to others. It ends early (`None`) when it costs too much.
struct Walk<'w> {
    library: &'w Library,
    editions: &'w Editions,
    asked: &'w Translation<'w>,
    result: TranslationResult,
    /// Maps by their place in memory: one that is asked again says the same again.
    visited: HashSet<*const ConceptMap>,
    budget: &'w mut Budget,
}

impl Walk<'_> {
    fn by_map(&mut self, map: &ConceptMap, left: usize) -> Option<()> {
        if !self.visited.insert(std::ptr::from_ref(map)) {
            return Some(());
        }
        let asked = self.asked;
        for group in &map.groups {
            self.budget.spend(1)?;
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
                self.backwards(map, group)?;
            } else {
                self.forwards(map, group, left)?;
            }
        }
        Some(())
    }

    fn forwards(&mut self, map: &ConceptMap, group: &MapGroup, left: usize) -> Option<()> {
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
        let code = self.asked.code;
        if let Some(element) = group.element(code) {
            if element.targets.is_empty() {
                self.add(found("unmatched", None, None))?;
            }
            for target in &element.targets {
                if !self.holds(target)? {
                    continue;
                }
                self.budget.spend(target.products.len())?;
                let made = found(&target.equivalence, target.code.clone(), target.display.clone());
                self.add(Translated { products: target.products.clone(), ..made })?;
            }
            return Some(());
        }
        match &group.unmapped {
            None => {}
            Some(Unmapped::Provided) => self.add(found("equal", Some(code.into()), None))?,
            // A code for everything else means more than the code that it stands for.
            Some(Unmapped::Fixed { code, display }) => {
                self.add(found("wider", Some(code.clone()), display.clone()))?;
            }
            Some(Unmapped::OtherMap(url)) => {
                match self.library.find_concept_map(url, self.editions.day.as_deref()) {
                    Some(other) => {
                        if let Some(left) = left.checked_sub(1) {
                            self.by_map(other, left)?;
                        }
                    }
                    None => self.result.missing.push(url.clone()),
                }
            }
        }
        Some(())
    }

    fn backwards(&mut self, map: &ConceptMap, group: &MapGroup) -> Option<()> {
        for element in &group.elements {
            self.budget.spend(1 + element.targets.len())?;
            let code = Some(self.asked.code);
            for target in element.targets.iter().filter(|target| target.code.as_deref() == code) {
                self.add(Translated {
                    equivalence: contrary(&target.equivalence).into(),
                    concept: Some(Coding {
                        system: group.source.clone(),
                        version: group.source_version.clone(),
                        code: Some(element.code.clone()),
                        display: element.display.clone(),
                    }),
                    products: Vec::new(),
                    map: map.edition.canonical(),
                })?;
            }
        }
        Some(())
    }

    fn add(&mut self, found: Translated) -> Option<()> {
        // A map may give its long names to many codes.
        let texts = found.concept.iter().flat_map(|it| [&it.system, &it.version, &it.code, &it.display]);
        let length: usize = texts.flatten().map(|text| text.len()).sum();
        self.budget.spend(MATCH + length + found.map.len())?;
        self.result.matches.push(found);
        Some(())
    }

    /// Whether the other elements have the values that a target demands.
    fn holds(&mut self, target: &MapTarget) -> Option<bool> {
        let told_values = self.asked.dependencies;
        self.budget.spend(1 + target.depends_on.len().saturating_mul(1 + told_values.len()))?;
        let mut all = true;
        for needed in &target.depends_on {
            let mut told =
                told_values.iter().filter(|(element, ..)| **element == *needed.property).peekable();
            self.result.needs_more |= told.peek().is_none();
            let same_system = |system: &Option<String>| match (system, &needed.system) {
                (Some(told), Some(needed)) => **told == **needed,
                _ => true,
            };
            all &= told.any(|(_, system, code)| same_system(system) && **code == *needed.value);
        }
        Some(all)
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
