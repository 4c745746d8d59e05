//! A value set with everything it needs found: whether a code is in it is a few look-ups, without allocation.

use std::collections::HashSet;
use std::sync::Arc;

use crate::code_system::{CodeSystem, Content};
use crate::grammar::Grammar;
use crate::membership::Membership;
use crate::value_set::Composed;

/// A value set, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub(crate) include: Vec<Part>,
    pub(crate) exclude: Vec<Part>,
    /// The expansion that came with it: counts where the definition cannot tell.
    pub(crate) expansion: Vec<Part>,
    pub(crate) expansion_is_whole: bool,
    /// All systems whose codes may be in it.
    pub(crate) systems: Vec<Box<str>>,
    /// Whether codes of any system may be in it.
    pub(crate) open: bool,
    /// What one question costs at most.
    pub(crate) cost: usize,
}

/// A part of a value set.
#[derive(Debug)]
pub(crate) struct Part {
    /// `None`: of any system.
    pub(crate) system: Option<Box<str>>,
    pub(crate) test: Test,
    /// All of these too.
    pub(crate) sets: Vec<Arc<Compiled>>,
}

/// Which codes of its system a part holds.
#[derive(Debug)]
pub(crate) enum Test {
    /// Those that the value sets hold.
    Any,
    /// Those of a list, some left out.
    Listed { list: Arc<Composed>, system: Option<Arc<CodeSystem>>, without: HashSet<Box<str>> },
    /// Those of the code system; with marks, only the marked ones.
    Concepts { system: Arc<CodeSystem>, chosen: Option<Vec<bool>> },
    /// Those that are made by rules.
    Grammar(Grammar),
    /// All of a system that is not here.
    Whole,
    /// It cannot be told.
    Unknown,
}

impl Compiled {
    /// A value set of which nothing is known.
    pub(crate) fn unknown() -> Self {
        let part = Part { system: None, test: Test::Unknown, sets: Vec::new() };
        Self { include: vec![part], open: true, cost: 1, ..Self::default() }
    }

    /// Without a system, a code is a member when it is one in any system.
    pub(crate) fn holds(&self, system: Option<&str>, code: &str) -> Membership {
        if let Some(system) = system {
            return self.holds_coding(system, code);
        }
        let mut found = if self.open { Membership::Unknown } else { Membership::NotMember };
        for system in &self.systems {
            found = found.or(self.holds_coding(system, code));
            if found == Membership::Member {
                break;
            }
        }
        found
    }

    pub(crate) fn holds_coding(&self, system: &str, code: &str) -> Membership {
        let any = |parts: &[Part]| {
            let mut found = Membership::NotMember;
            for part in parts {
                found = found.or(part.holds(system, code));
                if found == Membership::Member {
                    break;
                }
            }
            found
        };
        let mut found = any(&self.include);
        if found != Membership::NotMember && !self.exclude.is_empty() {
            found = found.and(any(&self.exclude).not());
        }
        if found == Membership::Unknown && !self.expansion.is_empty() {
            let listed = any(&self.expansion);
            if listed == Membership::Member || self.expansion_is_whole {
                return listed;
            }
        }
        found
    }
}

impl Part {
    fn holds(&self, system: &str, code: &str) -> Membership {
        if self.system.as_deref().is_some_and(|own| own != system) {
            return Membership::NotMember;
        }
        let mut found = self.test.holds(code);
        for set in &self.sets {
            if found == Membership::NotMember {
                break;
            }
            found = found.and(set.holds_coding(system, code));
        }
        found
    }
}

impl Test {
    fn holds(&self, code: &str) -> Membership {
        match self {
            Self::Any => Membership::Member,
            Self::Listed { list, system, without } => {
                if list.listed(code).is_some() {
                    return (!without.contains(code)).into();
                }
                // Where case does not count, the list may have the code in another form.
                let concept = system.as_ref().filter(|system| !system.by_folded.is_empty());
                let concept = concept.and_then(|system| system.get(code));
                let listed =
                    concept.is_some_and(|it| list.listed(&it.code).is_some() && !without.contains(&it.code));
                listed.into()
            }
            Self::Concepts { system, chosen } => match system.find(code) {
                Some(at) => {
                    let at = usize::try_from(at).ok();
                    let marked = |marks: &Vec<bool>| at.and_then(|at| marks.get(at)) == Some(&true);
                    chosen.as_ref().is_none_or(marked).into()
                }
                None if system.content == Content::Complete => Membership::NotMember,
                None => Membership::Unknown,
            },
            Self::Grammar(grammar) => grammar.accepts(code).into(),
            Self::Whole | Self::Unknown => Membership::Unknown,
        }
    }
}
