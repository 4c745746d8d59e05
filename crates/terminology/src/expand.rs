//! Expansions of value sets: pages of codes with their names.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::code_system::{Designation, PropertyValue};
use crate::compile::Editions;
use crate::enumerate::{Candidate, Codes, Unlistable, codes};
use crate::library::Library;
use crate::names::Names;
use crate::value_set::ValueSet;

/// Nesting of what is answered.
const DEEPEST: usize = 30;
/// Bytes of systems and versions of one answer.
const MOST_WRITTEN: usize = 16 << 20;

/// Which codes have a text: tests of the code and of its names.
pub struct TextFilter<'f> {
    /// Whether a code fits.
    pub code: &'f dyn Fn(&str) -> bool,
    /// Whether a name fits.
    pub name: &'f dyn Fn(&str) -> bool,
}

/// What of a value set is asked for.
#[derive(Default)]
pub struct ExpandOptions<'f> {
    /// Which editions count.
    pub editions: Editions,
    /// Only codes with this text.
    pub text: Option<TextFilter<'f>>,
    /// How many codes are passed over.
    pub offset: usize,
    /// How many are told at most.
    pub count: usize,
    /// Only codes in use.
    pub active_only: bool,
    /// No codes that are not to be chosen.
    pub selectable_only: bool,
    /// Codes inside of those above them. Then there are no pages.
    pub nested: bool,
    /// Languages of the displays, the best first.
    pub languages: &'f [&'f str],
    /// All names too.
    pub designations: bool,
    /// These properties too.
    pub properties: HashSet<&'f str>,
}

/// An expansion.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expansion {
    /// How many codes there are.
    pub total: usize,
    /// The codes that are told.
    pub contains: Vec<Entry>,
    /// Whether there may be more codes than are known.
    pub unclosed: bool,
    /// The code systems that were used, with their versions.
    pub used: Vec<String>,
}

/// A code of an expansion.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// The code system.
    pub system: Box<str>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// The code.
    pub code: Box<str>,
    /// Its name.
    pub display: Option<Box<str>>,
    /// Only there to hold others.
    pub is_abstract: bool,
    /// Not in use any more.
    pub is_inactive: bool,
    /// Further names.
    pub designations: Vec<Designation>,
    /// Properties.
    pub properties: Vec<(Box<str>, PropertyValue)>,
    /// The codes below it.
    pub contains: Vec<Entry>,
}

/// A code, or all codes of a system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListedCode {
    /// The system.
    pub system: Box<str>,
    /// The code; `None` for all.
    pub code: Option<Box<str>>,
}

fn page<'p, 'c>(found: &'p [Candidate<'c>], options: &ExpandOptions<'_>) -> &'p [Candidate<'c>] {
    let rest = found.get(options.offset..).unwrap_or_default();
    rest.get(..options.count).unwrap_or(rest)
}

impl Library {
    /// The codes of a value set, which need not be in the library.
    pub fn expand(&self, set: &Arc<ValueSet>, options: &ExpandOptions<'_>) -> Result<Expansion, Unlistable> {
        let compiled = self.compiled(set, &options.editions)?;
        let Codes { mut found, unclosed, .. } = codes(&compiled, false)?;
        found.retain(|it| {
            let is_unwanted =
                (options.active_only && it.is_inactive()) || (options.selectable_only && it.is_abstract());
            !is_unwanted && options.text.as_ref().is_none_or(|text| self.has_text(it, text))
        });
        let shown = if options.nested { found.as_slice() } else { page(&found, options) };
        // Systems and versions stand at each code: names that are too long would be written over and over.
        let written = shown.iter().map(|it| it.system.len() + it.version().map_or(0, str::len));
        if written.sum::<usize>() > MOST_WRITTEN {
            return Err(Unlistable::TooMany);
        }
        let mut seen = HashSet::new();
        let systems =
            found.iter().filter(|it| seen.insert((it.system, it.definition.map(std::ptr::from_ref))));
        let versions = systems.map(|it| match it.definition {
            Some(definition) => definition.edition.canonical(),
            None => it.system.to_owned(),
        });
        let used: BTreeSet<String> = versions.collect();
        let total = found.len();
        let contains = if options.nested {
            if total > options.count {
                return Err(Unlistable::TooMany);
            }
            self.nested(&found, options)
        } else {
            shown.iter().map(|it| self.entry(it, options)).collect()
        };
        Ok(Expansion { total, contains, unclosed, used: used.into_iter().collect() })
    }

    /// The codes of a value set for a comparison: a system that is not known here counts as a whole.
    pub fn listing(&self, set: &Arc<ValueSet>, most: usize) -> Result<Vec<ListedCode>, Unlistable> {
        let compiled = self.compiled(set, &Editions::default())?;
        let Codes { found, whole, .. } = codes(&compiled, true)?;
        if found.len() + whole.len() > most {
            return Err(Unlistable::TooMany);
        }
        let single = |it: Candidate<'_>| ListedCode { system: it.system.into(), code: Some(it.code.into()) };
        let all = |system: &str| ListedCode { system: system.into(), code: None };
        Ok(found
            .into_iter()
            .filter(|it| !it.listed.is_some_and(|it| it.is_abstract))
            .map(single)
            .chain(whole.into_iter().map(all))
            .collect())
    }

    fn candidate_names<'n>(&'n self, it: &Candidate<'n>) -> Names<'n> {
        Names::found(self, it.definition, it.concept(), it.listed, it.system, it.code)
    }

    fn has_text(&self, it: &Candidate<'_>, text: &TextFilter<'_>) -> bool {
        (text.code)(it.code)
            || self.candidate_names(it).accepted(&[]).into_iter().any(|name| (text.name)(name))
    }

    fn entry(&self, it: &Candidate<'_>, options: &ExpandOptions<'_>) -> Entry {
        let names = self.candidate_names(it);
        let mut properties = Vec::new();
        if !options.properties.is_empty() {
            let own = it.concept().map(|concept| concept.properties.as_slice()).unwrap_or_default();
            let all = own.iter().chain(names.supplied_properties());
            properties.extend(all.filter(|(name, _)| options.properties.contains(&**name)).cloned());
        }
        Entry {
            system: it.system.into(),
            version: it.version().map(Into::into),
            code: it.code.into(),
            display: names.display(options.languages).map(Into::into),
            is_abstract: it.is_abstract(),
            is_inactive: it.is_inactive(),
            designations: if options.designations {
                names.designations().cloned().collect()
            } else {
                Vec::new()
            },
            properties,
            contains: Vec::new(),
        }
    }

    fn nested(&self, found: &[Candidate<'_>], options: &ExpandOptions<'_>) -> Vec<Entry> {
        let places: HashMap<(&str, &str), usize> =
            found.iter().enumerate().map(|(at, it)| ((it.system, it.code), at)).collect();
        let above = |it: &Candidate<'_>| {
            let (definition, concept) = (it.definition?, it.concept()?);
            let parents = concept.parents.iter().filter_map(|at| definition.concept(*at));
            parents.into_iter().find_map(|parent| places.get(&(it.system, &*parent.code)).copied())
        };
        let parents: Vec<Option<usize>> = found.iter().map(above).collect();
        let parent_of = |at: usize| parents.get(at).copied().flatten();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); found.len()];
        let mut top = Vec::new();
        for at in 0..found.len() {
            // What is below too many, or below itself, stands at the top.
            let depth = std::iter::successors(parent_of(at), |at| parent_of(*at)).take(DEEPEST).count();
            let place = parent_of(at).filter(|_| depth < DEEPEST).and_then(|parent| below.get_mut(parent));
            place.unwrap_or(&mut top).push(at);
        }
        self.branch(&top, found, &below, options)
    }

    fn branch(
        &self,
        places: &[usize],
        found: &[Candidate<'_>],
        below: &[Vec<usize>],
        options: &ExpandOptions<'_>,
    ) -> Vec<Entry> {
        let entry = |at: &usize| {
            let children = below.get(*at).map(Vec::as_slice).unwrap_or_default();
            let contains = self.branch(children, found, below, options);
            Some(Entry { contains, ..self.entry(found.get(*at)?, options) })
        };
        places.iter().filter_map(entry).collect()
    }
}
