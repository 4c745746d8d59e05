//! The code systems, value sets and concept maps that are known, and what they say.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use json::Node;

use crate::budget::TooCostly;
use crate::code_system::{CodeSystem, Content};
use crate::compile::{Compiler, Editions, Missing};
use crate::compiled::Compiled;
use crate::concept_map::ConceptMap;
use crate::definition::{Definition, DefinitionError};
use crate::edition::Edition;
use crate::grammar::Grammar;
use crate::membership::Membership;
use crate::names::Names;
use crate::shelf::{Shelf, Shelved};
use crate::value_set::ValueSet;

/// Code systems, value sets and concept maps by canonical url and version. Immutable; cloning is cheap.
#[derive(Clone, Default)]
pub struct Library(Arc<Shelves>);

#[derive(Default)]
struct Shelves {
    code_systems: Shelf<Arc<CodeSystem>>,
    value_sets: Shelf<Slot>,
    /// The value sets of all codes of a system, for systems that name one that is not there.
    of_systems: Shelf<Slot>,
    concept_maps: Shelf<Arc<ConceptMap>>,
    /// By the url of the code system.
    supplements: HashMap<Box<str>, Vec<Arc<CodeSystem>>>,
}

/// A value set, and what is worked out when it is asked for the first time.
struct Slot {
    set: Arc<ValueSet>,
    compiled: OnceLock<Arc<Compiled>>,
}

impl Slot {
    fn new(set: Arc<ValueSet>) -> Self {
        Self { set, compiled: OnceLock::new() }
    }
}

impl Shelved for Slot {
    fn edition(&self) -> &Edition {
        &self.set.edition
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    /// What R4 itself defines for its bindings.
    pub fn r4() -> Self {
        static R4: LazyLock<Library> = LazyLock::new(|| Library::default().with(crate::r4::definitions()));
        R4.clone()
    }

    /// This library and further resources. Other resources than CodeSystems, ValueSets and ConceptMaps are passed
    /// over; one without a url is an error. The same url and version replaces what was there.
    pub fn extended<'n, 'a: 'n>(
        &self,
        resources: impl Iterator<Item = &'n Node<'a>>,
    ) -> Result<Self, DefinitionError> {
        let mut definitions = Vec::new();
        for resource in resources {
            match Definition::read(resource) {
                Ok(definition) if definition.edition().url.is_empty() => return Err(DefinitionError::NoUrl),
                Ok(definition) => definitions.push(definition),
                Err(DefinitionError::OtherType) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.with(definitions))
    }

    /// This library and further definitions, which must have urls to be found.
    #[must_use]
    pub fn with(&self, definitions: impl IntoIterator<Item = Definition>) -> Self {
        let fresh = |slot: &Slot| Slot::new(Arc::clone(&slot.set));
        let mut shelves = Shelves {
            code_systems: self.0.code_systems.clone(),
            // What was worked out may be another thing among other definitions.
            value_sets: self.0.value_sets.map(fresh),
            of_systems: self.0.of_systems.map(fresh),
            concept_maps: self.0.concept_maps.clone(),
            supplements: self.0.supplements.clone(),
        };
        for definition in definitions {
            match definition {
                Definition::ValueSet(set) => shelves.value_sets.put(Slot::new(set)),
                Definition::ConceptMap(map) => shelves.concept_maps.put(map),
                Definition::CodeSystem(system) => match &system.supplements {
                    Some(of) if system.content == Content::Supplement => {
                        let url = of.split('|').next().unwrap_or_default();
                        let known = shelves.supplements.entry(url.into()).or_default();
                        known.retain(|it| it.edition.canonical() != system.edition.canonical());
                        known.push(system);
                    }
                    _ => {
                        if let Some(canonical) = &system.value_set {
                            let url = canonical.split('|').next().unwrap_or_default();
                            let set = ValueSet::of_system(url, &system.edition.url);
                            shelves.of_systems.put(Slot::new(Arc::new(set)));
                        }
                        shelves.code_systems.put(system);
                    }
                },
            }
        }
        Self(Arc::new(shelves))
    }

    fn slot(&self, canonical: &str, day: Option<&str>) -> Option<&Slot> {
        let url = canonical.split('|').next()?;
        match self.0.value_sets.has(url) {
            true => self.0.value_sets.find(canonical, day),
            false => self.0.of_systems.find(url, day),
        }
    }

    /// The code system of a canonical url. Without a version it is the one in force on the day, without a day the
    /// newest.
    pub fn find_code_system(&self, canonical: &str, day: Option<&str>) -> Option<&Arc<CodeSystem>> {
        self.0.code_systems.find(canonical, day)
    }

    /// The edition of a code system that counts.
    pub fn code_system(&self, system: &str, editions: &Editions) -> Option<&Arc<CodeSystem>> {
        self.find_code_system(&editions.system(system, None), editions.day.as_deref())
    }

    /// The value set of a canonical url, in the same way.
    pub fn find_value_set(&self, canonical: &str, day: Option<&str>) -> Option<&Arc<ValueSet>> {
        self.slot(canonical, day).map(|slot| &slot.set)
    }

    /// The concept map of a canonical url, in the same way.
    pub fn find_concept_map(&self, canonical: &str, day: Option<&str>) -> Option<&Arc<ConceptMap>> {
        self.0.concept_maps.find(canonical, day)
    }

    /// All concept maps, in the order of their urls.
    pub fn concept_maps(&self) -> Vec<&Arc<ConceptMap>> {
        let mut maps: Vec<_> = self.0.concept_maps.all().collect();
        maps.sort_by(|left, right| left.edition.url.cmp(&right.edition.url));
        maps
    }

    /// What adds names and properties to a code system.
    pub fn supplements(&self, system: &str) -> &[Arc<CodeSystem>] {
        self.0.supplements.get(system).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a code is in a value set. `value_set` is a canonical url, with or without `|version`. A code without
    /// a system (an element of type code) is a member when any system of the set has it.
    pub fn membership(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        let Some(slot) = self.slot(value_set, None) else { return Membership::Unknown };
        if let Some(compiled) = slot.compiled.get() {
            return compiled.holds(system, code);
        }
        let compiled = Compiler::new(self, &Editions::default()).compile(&slot.set);
        slot.compiled.get_or_init(|| compiled).holds(system, code)
    }

    /// Whether a code is in this value set, which need not be in the library.
    pub fn membership_in(
        &self,
        set: &Arc<ValueSet>,
        editions: &Editions,
        system: Option<&str>,
        code: &str,
    ) -> Membership {
        Compiler::new(self, editions).compile(set).holds(system, code)
    }

    /// The same for several codes; the value set is made ready once.
    pub fn memberships_in<'c>(
        &self,
        set: &Arc<ValueSet>,
        editions: &Editions,
        codes: impl IntoIterator<Item = (Option<&'c str>, &'c str)>,
    ) -> Vec<Membership> {
        let compiled = Compiler::new(self, editions).compile(set);
        codes.into_iter().map(|(system, code)| compiled.holds(system, code)).collect()
    }

    pub(crate) fn compiled(
        &self,
        set: &Arc<ValueSet>,
        editions: &Editions,
    ) -> Result<Arc<Compiled>, TooCostly> {
        Compiler::new(self, editions).within_budget(set)
    }

    /// What a value set needs and is not in the library.
    pub fn missing(&self, set: &Arc<ValueSet>, editions: &Editions) -> Vec<Missing> {
        let mut compiler = Compiler::for_missing(self, editions);
        compiler.compile(set);
        compiler.missing
    }

    /// Whether a code system has a code; `None` when it cannot be told.
    pub fn is_known_code(&self, system: &str, code: &str) -> Option<bool> {
        match self.follows_rules(system, code) {
            None => self.find_code_system(system, None)?.knows(code),
            ruled => ruled,
        }
    }

    /// Whether a code follows the rules of its system; `None` for a system that has a list instead.
    pub fn follows_rules(&self, system: &str, code: &str) -> Option<bool> {
        Grammar::of(system).map(|grammar| grammar.accepts(code))
    }

    /// The name of a code in a language; another name when it has none in it.
    pub fn display(&self, system: &str, code: &str, language: &str) -> Option<&str> {
        let found = self.find_code_system(system, None)?;
        Names::of(self, found, code)?.display(&[language])
    }

    /// The names of a code, with those that a value set gives it.
    pub fn names<'n>(
        &'n self,
        set: Option<&'n ValueSet>,
        editions: &Editions,
        system: &str,
        code: &str,
    ) -> Names<'n> {
        let definition = self.code_system(system, editions);
        let concept = definition.and_then(|definition| definition.get(code));
        let parts = set.into_iter().flat_map(|set| set.include.iter().chain(&set.expansion));
        let listed =
            parts.filter(|part| part.system.as_deref() == Some(system)).find_map(|it| it.listed(code));
        Names::found(self, definition.map(|it| &**it), concept, listed, system, code)
    }
}
