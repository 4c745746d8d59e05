//! A code system: its concepts, their names and their order.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::edition::Edition;
use crate::node::Coding;

/// How much of the code system a definition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Every concept.
    Complete,
    /// Some concepts.
    Fragment,
    /// A few concepts, to show what they look like.
    Example,
    /// No concept.
    NotPresent,
    /// Further names and properties of the concepts of another definition.
    Supplement,
}

impl Content {
    pub(crate) fn read(text: Option<&str>) -> Self {
        match text {
            Some("complete") => Self::Complete,
            Some("fragment") => Self::Fragment,
            Some("example") => Self::Example,
            Some("supplement") => Self::Supplement,
            _ => Self::NotPresent,
        }
    }
}

/// A name of a concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Designation {
    /// The language.
    pub language: Option<Box<str>>,
    /// What the name is for.
    pub usage: Option<Coding>,
    /// The name.
    pub value: Box<str>,
}

/// The value of a property of a concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyValue {
    /// A code of the same system.
    Code(Box<str>),
    /// A code of any system.
    Coding(Box<Coding>),
    /// A text.
    String(Box<str>),
    /// A whole number, as it is written.
    Integer(Box<str>),
    /// Yes or no.
    Boolean(bool),
    /// A date.
    DateTime(Box<str>),
    /// A number, as it is written.
    Decimal(Box<str>),
}

impl PropertyValue {
    /// The value as a filter compares it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Code(text)
            | Self::String(text)
            | Self::Integer(text)
            | Self::DateTime(text)
            | Self::Decimal(text) => Cow::Borrowed(text),
            Self::Coding(coding) => Cow::Borrowed(coding.code.as_deref().unwrap_or_default()),
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        }
    }
}

/// A concept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concept {
    /// The code.
    pub code: Box<str>,
    /// The name that the author prefers.
    pub display: Option<Box<str>>,
    /// What it means.
    pub definition: Option<Box<str>>,
    /// Further names.
    pub designations: Vec<Designation>,
    /// Properties by code, those that make the hierarchy left out.
    pub properties: Vec<(Box<str>, PropertyValue)>,
    /// Positions of the concepts right above.
    pub parents: Vec<u32>,
    /// Positions of the concepts right below.
    pub children: Vec<u32>,
    /// Not in use any more.
    pub is_inactive: bool,
    /// Only there to hold others; not to be chosen itself.
    pub is_abstract: bool,
}

/// A code system as one definition tells it.
#[derive(Debug, Clone)]
pub struct CodeSystem {
    /// Url, version and dates.
    pub edition: Edition,
    /// How much of it is here.
    pub content: Content,
    /// Whether `a` and `A` are two codes; when nothing is said, they are.
    pub case_sensitive: Option<bool>,
    /// `is-a`, `part-of`, `grouped-by` or `classified-with`.
    pub hierarchy_meaning: Option<Box<str>>,
    /// The value set of all its codes.
    pub value_set: Option<Box<str>>,
    /// For a supplement: what it adds to.
    pub supplements: Option<Box<str>>,
    /// Codes of the properties that it declares.
    pub declared: Vec<Box<str>>,
    pub(crate) concepts: Vec<Concept>,
    pub(crate) by_code: HashMap<Box<str>, u32>,
    /// Codes in lower case, where case does not count.
    pub(crate) by_folded: HashMap<Box<str>, u32>,
    /// Positions right below codes that are named as parents and have no concept here.
    pub(crate) below_absent: HashMap<Box<str>, Vec<u32>>,
}

impl CodeSystem {
    /// The concepts in their order, those right above before those below where they nest.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The position of a code.
    pub fn find(&self, code: &str) -> Option<u32> {
        if let Some(found) = self.by_code.get(code) {
            return Some(*found);
        }
        if self.by_folded.is_empty() {
            return None;
        }
        self.by_folded.get(code.to_lowercase().as_str()).copied()
    }

    /// The concept at a position.
    pub fn concept(&self, at: u32) -> Option<&Concept> {
        self.concepts.get(usize::try_from(at).ok()?)
    }

    /// The concept of a code.
    pub fn get(&self, code: &str) -> Option<&Concept> {
        self.concept(self.find(code)?)
    }

    /// Whether the system has a code; `None` when it is not whole here and does not show it.
    pub fn knows(&self, code: &str) -> Option<bool> {
        match self.find(code) {
            Some(_) => Some(true),
            None => (self.content == Content::Complete).then_some(false),
        }
    }

    /// Everything below a position, itself left out.
    pub fn descendants(&self, at: u32) -> Vec<u32> {
        self.reached(vec![at], false, |concept| &concept.children)
    }

    /// Everything below a code, itself left out. The code need not have a concept: others may name it as their
    /// parent.
    pub fn below(&self, code: &str) -> Vec<u32> {
        match self.find(code) {
            Some(at) => self.descendants(at),
            None => self
                .reached(self.below_absent.get(code).cloned().unwrap_or_default(), true, |it| &it.children),
        }
    }

    /// Everything above a position, itself left out.
    pub fn ancestors(&self, at: u32) -> Vec<u32> {
        self.reached(vec![at], false, |concept| &concept.parents)
    }

    /// Whether `above` is somewhere above `below`.
    pub fn is_above(&self, above: u32, below: u32) -> bool {
        above != below && self.ancestors(below).contains(&above)
    }

    /// Whether the hierarchy says that what is below is a kind of what is above: not for parts and for mere groups.
    pub fn has_kinds(&self) -> bool {
        !matches!(self.hierarchy_meaning.as_deref(), Some("part-of" | "grouped-by"))
    }

    fn reached<'s>(
        &'s self,
        begin: Vec<u32>,
        with_begin: bool,
        step: impl Fn(&'s Concept) -> &'s [u32],
    ) -> Vec<u32> {
        let mut seen = vec![false; self.concepts.len()];
        let mut see = |at: u32| {
            let place = usize::try_from(at).ok().and_then(|at| seen.get_mut(at));
            place.is_some_and(|seen| !std::mem::replace(seen, true))
        };
        let mut waiting = begin;
        waiting.retain(|at| see(*at));
        let mut found = if with_begin { waiting.clone() } else { Vec::new() };
        while let Some(from) = waiting.pop() {
            for &next in self.concept(from).map(&step).unwrap_or_default() {
                if see(next) {
                    found.push(next);
                    waiting.push(next);
                }
            }
        }
        found
    }
}
