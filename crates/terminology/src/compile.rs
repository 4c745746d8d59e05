//! Finds what a value set needs, and makes it ready to be asked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::budget::{Budget, TooCostly};
use crate::code_system::{CodeSystem, Content};
use crate::compiled::{Compiled, Part, Test};
use crate::filter::chosen;
use crate::grammar::Grammar;
use crate::library::Library;
use crate::value_set::{Composed, Listed, ValueSet};

/// Value sets inside of value sets.
const DEEPEST: usize = 16;
/// Value sets that one value set may need.
const MOST_SETS: usize = 1_000;
/// Parts that are looked at for one question: sets that name each other over and over could cost without end.
const MOST_COST: usize = 10_000;
/// Concepts that are looked at to make a value set ready, once for each filter, over all of its parts.
const MOST_VISITS: usize = 5_000_000;
/// Parts of one value set.
const MOST_PARTS: usize = 1_000;
/// Filters of one part.
const MOST_FILTERS: usize = 50;

/// Which edition of a definition counts where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Editions {
    /// The day on which it must be in force.
    pub day: Option<Box<str>>,
    /// `system|version`: where a value set names no version.
    pub preferred: Vec<Box<str>>,
    /// `system|version`: whatever a value set names.
    pub forced: Vec<Box<str>>,
    /// `system|version`: a value set that names another is refused.
    pub demanded: Vec<Box<str>>,
    /// Systems, with or without a version, whose codes are left out.
    pub left_out: Vec<Box<str>>,
}

/// A definition that is needed and not here, by canonical url.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A code system.
    CodeSystem(Box<str>),
    /// A value set.
    ValueSet(Box<str>),
    /// A code system of which only the names are needed: the value set lists its codes itself.
    Names(Box<str>),
}

impl Editions {
    /// The canonical url of a system, with the version that counts.
    pub(crate) fn system(&self, system: &str, version: Option<&str>) -> String {
        let of = |list: &[Box<str>]| {
            let fits = |it: &str| it.split_once('|').is_some_and(|(url, _)| url == system);
            list.iter().find(|it| fits(it)).map(|it| it.to_string())
        };
        let named = || version.map(|version| format!("{system}|{version}"));
        of(&self.forced)
            .or_else(named)
            .or_else(|| of(&self.preferred))
            .or_else(|| of(&self.demanded))
            .unwrap_or_else(|| system.to_owned())
    }

    /// Whether a canonical url is another version than is demanded.
    fn contradicts(&self, canonical: &str) -> bool {
        let url = canonical.split('|').next();
        self.demanded.iter().any(|it| it.split('|').next() == url && **it != *canonical)
    }

    /// How many there are to be looked through for each part.
    fn count(&self) -> usize {
        [&self.preferred, &self.forced, &self.demanded, &self.left_out].into_iter().map(Vec::len).sum()
    }

    fn leaves_out(&self, system: &str, version: Option<&str>) -> bool {
        self.left_out.iter().any(|it| match it.split_once('|') {
            Some((url, left_out)) => url == system && version.is_none_or(|version| version == left_out),
            None => **it == *system,
        })
    }
}

pub(crate) struct Compiler<'l> {
    library: &'l Library,
    editions: &'l Editions,
    /// What was made ready, by the place of the value set in memory.
    ready: HashMap<*const ValueSet, Arc<Compiled>>,
    path: Vec<*const ValueSet>,
    pub(crate) missing: Vec<Missing>,
    left: usize,
    pub(crate) budget: Budget,
    /// Whether only what is missing is asked: then no concept needs to be looked at.
    only_missing: bool,
}

impl<'l> Compiler<'l> {
    pub(crate) fn new(library: &'l Library, editions: &'l Editions) -> Self {
        Self {
            library,
            editions,
            ready: HashMap::new(),
            path: Vec::new(),
            missing: Vec::new(),
            left: MOST_SETS,
            budget: Budget::new(MOST_VISITS),
            only_missing: false,
        }
    }

    /// Finds what is missing, and nothing else.
    pub(crate) fn for_missing(library: &'l Library, editions: &'l Editions) -> Self {
        Self { only_missing: true, ..Self::new(library, editions) }
    }

    /// A value set made ready, unless that costs too much.
    pub(crate) fn within_budget(mut self, set: &Arc<ValueSet>) -> Result<Arc<Compiled>, TooCostly> {
        let compiled = self.compile(set);
        if self.budget.is_exceeded() { Err(TooCostly) } else { Ok(compiled) }
    }

    pub(crate) fn compile(&mut self, set: &Arc<ValueSet>) -> Arc<Compiled> {
        let place = Arc::as_ptr(set);
        if let Some(ready) = self.ready.get(&place) {
            return Arc::clone(ready);
        }
        // A set that names itself, or that is too deep or too wide, cannot be told.
        if self.path.contains(&place)
            || self.path.len() >= DEEPEST
            || self.left == 0
            || self.budget.is_exceeded()
        {
            return Arc::new(Compiled::unknown());
        }
        self.left -= 1;
        self.path.push(place);
        let compiled = Arc::new(self.set(set).unwrap_or_else(Compiled::unknown));
        self.path.pop();
        self.ready.insert(place, Arc::clone(&compiled));
        compiled
    }

    /// `None` when it costs too much.
    fn set(&mut self, set: &ValueSet) -> Option<Compiled> {
        let parts = || set.include.iter().chain(&set.exclude);
        if parts().count() > MOST_PARTS || parts().any(|part| part.filters.len() > MOST_FILTERS) {
            self.budget.refuse();
        }
        let mut compiled = Compiled { expansion_is_whole: set.expansion_is_whole, ..Compiled::default() };
        for part in &set.include {
            compiled.include.extend(self.part(part, set.inactive));
            self.budget.spend(0)?;
        }
        for part in &gathered(&set.exclude) {
            // Codes that are not in use are left out too, whatever else is taken in.
            compiled.exclude.extend(self.part(part, None));
            self.budget.spend(0)?;
        }
        let mut expansion = set.expansion.iter().map(|list| self.listed(list, None)).collect();
        if set.include.is_empty() && set.expansion.is_empty() {
            return Some(Compiled::unknown());
        }
        if set.include.is_empty() && set.expansion_is_whole {
            std::mem::swap(&mut compiled.include, &mut expansion);
        } else if set.include.is_empty() {
            compiled.include.push(Part { system: None, test: Test::Unknown, sets: Vec::new() });
        }
        compiled.expansion = expansion;
        let named = compiled.include.iter().chain(&compiled.expansion).flat_map(|part| &part.sets);
        self.budget.spend(named.map(|set| set.systems.len()).sum())?;
        Some(finish(compiled))
    }

    fn listed(&mut self, list: &Arc<Composed>, inactive: Option<bool>) -> Part {
        let system = list.system.as_deref().and_then(|system| self.system(system, list.version.as_deref()));
        if let (None, Some(url)) = (system, &list.system) {
            let canonical = self.editions.system(url, list.version.as_deref());
            self.missing.push(Missing::Names(canonical.into()));
        }
        let mut without = HashSet::new();
        if inactive == Some(false)
            && !self.only_missing
            && let Some(system) = &system
            && self.budget.spend(list.concepts.len()).is_some()
        {
            let gone =
                list.concepts.iter().filter(|it| system.get(&it.code).is_some_and(|it| it.is_inactive));
            without.extend(gone.map(|it| it.code.clone()));
        }
        let test = Test::Listed { list: Arc::clone(list), system: system.cloned(), without };
        Part { system: list.system.clone(), test, sets: Vec::new() }
    }

    /// `None` when it holds nothing, or cannot be paid for.
    fn part(&mut self, part: &Arc<Composed>, inactive: Option<bool>) -> Option<Part> {
        self.budget.spend(1 + part.value_sets.len() + self.editions.count())?;
        if let Some(system) = &part.system
            && self.editions.leaves_out(system, part.version.as_deref())
        {
            return None;
        }
        let sets = part.value_sets.iter().map(|canonical| self.import(canonical)).collect();
        if !part.concepts.is_empty() {
            return Some(Part { sets, ..self.listed(part, inactive) });
        }
        let test = match part.system.as_deref() {
            Some(system) => self.of_system(system, part, inactive),
            // A part that says nothing at all holds nothing.
            None if part.value_sets.is_empty() => return None,
            None => Test::Any,
        };
        Some(Part { system: part.system.clone(), test, sets })
    }

    fn import(&mut self, canonical: &str) -> Arc<Compiled> {
        let library = self.library;
        match library.find_value_set(canonical, self.editions.day.as_deref()) {
            Some(set) => self.compile(set),
            None => {
                self.missing.push(Missing::ValueSet(canonical.into()));
                Arc::new(Compiled::unknown())
            }
        }
    }

    fn system(&self, system: &str, version: Option<&str>) -> Option<&'l Arc<CodeSystem>> {
        let canonical = self.editions.system(system, version);
        self.library.find_code_system(&canonical, self.editions.day.as_deref())
    }

    fn of_system(&mut self, system: &str, part: &Composed, inactive: Option<bool>) -> Test {
        let canonical = self.editions.system(system, part.version.as_deref());
        if self.editions.contradicts(&canonical) {
            self.missing.push(Missing::CodeSystem(canonical.into()));
            return Test::Unknown;
        }
        if let Some(grammar) = Grammar::of(system) {
            return if part.filters.is_empty() { Test::Grammar(grammar) } else { Test::Unknown };
        }
        let Some(found) = self.library.find_code_system(&canonical, self.editions.day.as_deref()) else {
            self.missing.push(Missing::CodeSystem(canonical.into()));
            return if part.filters.is_empty() { Test::Whole } else { Test::Unknown };
        };
        if found.content == Content::NotPresent {
            self.missing.push(Missing::CodeSystem(canonical.into()));
            return if part.filters.is_empty() { Test::Whole } else { Test::Unknown };
        }
        if self.only_missing {
            return Test::Unknown;
        }
        let mut marks = match part.filters.as_slice() {
            [] => None,
            filters => match chosen(found, filters, &mut self.budget) {
                Some(marks) => Some(marks),
                None => return Test::Unknown,
            },
        };
        if inactive == Some(false) && self.budget.spend(found.concepts.len()).is_none() {
            return Test::Unknown;
        }
        if inactive == Some(false) && found.concepts.iter().any(|concept| concept.is_inactive) {
            let marks = marks.get_or_insert_with(|| vec![true; found.concepts.len()]);
            for (mark, concept) in marks.iter_mut().zip(&found.concepts) {
                *mark &= !concept.is_inactive;
            }
        }
        Test::Concepts { system: Arc::clone(found), chosen: marks }
    }
}

/// Parts that only name codes of one system, as one part each: a code is looked for once and not in each of them.
fn gathered(parts: &[Arc<Composed>]) -> Vec<Arc<Composed>> {
    let is_list = |part: &Composed| part.value_sets.is_empty() && !part.concepts.is_empty();
    let mut lists: HashMap<_, Composed> = HashMap::new();
    let mut order = Vec::new();
    let mut found = Vec::new();
    for part in parts {
        if !is_list(part) {
            found.push(Arc::clone(part));
            continue;
        }
        let key = (&part.system, &part.version);
        let list = lists.entry(key).or_insert_with(|| {
            order.push(key);
            let (system, version) = (part.system.clone(), part.version.clone());
            Composed { system, version, ..Composed::default() }
        });
        for listed in &part.concepts {
            // What does not fit into one list stays a part by itself.
            if list.add(Listed { code: listed.code.clone(), ..Listed::default() }).is_err() {
                found.push(Arc::clone(part));
                break;
            }
        }
    }
    found.extend(order.into_iter().filter_map(|key| lists.remove(&key)).map(Arc::new));
    found
}

/// Works out the systems and the cost; a set that costs too much cannot be told.
fn finish(mut compiled: Compiled) -> Compiled {
    let mut systems: Vec<Box<str>> = Vec::new();
    let mut cost = 1_usize;
    let mut open = false;
    for part in compiled.include.iter().chain(&compiled.exclude).chain(&compiled.expansion) {
        let below: usize = part.sets.iter().map(|set| set.cost).fold(1, usize::saturating_add);
        cost = cost.saturating_add(below);
    }
    for part in compiled.include.iter().chain(&compiled.expansion) {
        match &part.system {
            Some(system) => systems.push(system.clone()),
            None => systems.extend(part.sets.iter().flat_map(|set| set.systems.iter().cloned())),
        }
    }
    for part in compiled.include.iter().filter(|part| part.system.is_none()) {
        open |= part.sets.iter().all(|set| set.open);
    }
    if cost > MOST_COST {
        return Compiled::unknown();
    }
    systems.sort_unstable();
    systems.dedup();
    Compiled { systems, cost, open, ..std::mem::take(&mut compiled) }
}
