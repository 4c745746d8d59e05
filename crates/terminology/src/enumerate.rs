//! The codes of a value set one by one. What is listed is exactly what the question for membership says yes to.

use std::collections::HashSet;

use crate::budget::TooCostly;
use crate::code_system::{CodeSystem, Concept, Content};
use crate::compiled::{Compiled, Part, Test};
use crate::membership::Membership;
use crate::value_set::Listed;

/// Codes that are looked at for one list.
const MOST_CANDIDATES: usize = 2_000_000;
/// Look-ups for one list: each candidate is held against each part.
const MOST_LOOK_UPS: usize = 20_000_000;
/// Bytes of a name that cost as much as a look-up.
const NAME: usize = 256;

/// Why the codes of a value set cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// A code system or value set is not here, or has codes without number.
    #[error("the codes of a part of the value set are not known")]
    Unknown {
        /// The system whose codes are not known, if it is one system.
        system: Option<Box<str>>,
    },
    /// There are too many.
    #[error("the value set has too many codes")]
    TooMany,
}

impl From<TooCostly> for Unlistable {
    fn from(_: TooCostly) -> Self {
        Self::TooMany
    }
}

/// A code of a value set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'c> {
    pub(crate) system: &'c str,
    pub(crate) code: &'c str,
    /// How the value set names it.
    pub(crate) listed: Option<&'c Listed>,
    pub(crate) definition: Option<&'c CodeSystem>,
}

impl<'c> Candidate<'c> {
    pub(crate) fn concept(&self) -> Option<&'c Concept> {
        self.definition?.get(self.code)
    }

    pub(crate) fn version(&self) -> Option<&'c str> {
        self.definition?.edition.version.as_deref()
    }

    pub(crate) fn is_inactive(&self) -> bool {
        self.listed.is_some_and(|it| it.is_inactive) || self.concept().is_some_and(|it| it.is_inactive)
    }

    pub(crate) fn is_abstract(&self) -> bool {
        self.listed.is_some_and(|it| it.is_abstract) || self.concept().is_some_and(|it| it.is_abstract)
    }
}

/// All codes of a value set.
#[derive(Debug, Default)]
pub(crate) struct Codes<'c> {
    pub(crate) found: Vec<Candidate<'c>>,
    /// Systems that are in the value set as a whole and are not, or not completely, known here.
    pub(crate) whole: Vec<&'c str>,
    /// Whether there may be more codes than are known.
    pub(crate) unclosed: bool,
}

/// Lists a value set. `accept_whole` takes a system that is not known here as one thing instead of refusing it.
pub(crate) fn codes(set: &Compiled, accept_whole: bool) -> Result<Codes<'_>, Unlistable> {
    let mut codes = Codes::default();
    let mut walk = Walk { left: MOST_CANDIDATES, accept_whole };
    walk.top(set, &mut codes)?;
    unique(&mut codes);
    let Codes { found, whole, .. } = &mut codes;
    // To look a system up is to read its name.
    let names: usize = found.iter().map(|it| it.system.len() / NAME).sum();
    if found.len().saturating_add(names).saturating_mul(set.cost) > MOST_LOOK_UPS {
        return Err(Unlistable::TooMany);
    }
    let mut unknown = None;
    found.retain(|it| match set.holds_coding(it.system, it.code) {
        Membership::Member => true,
        Membership::NotMember => false,
        // It is listed with its whole system.
        Membership::Unknown if whole.contains(&it.system) => false,
        Membership::Unknown => {
            unknown.get_or_insert(it.system);
            false
        }
    });
    match unknown {
        // The expansion that came with the set says what its definition cannot.
        Some(system) if set.expansion.is_empty() => Err(Unlistable::Unknown { system: Some(system.into()) }),
        _ => Ok(codes),
    }
}

/// Each code once, where it came first.
fn unique(codes: &mut Codes<'_>) {
    let mut seen = HashSet::with_capacity(codes.found.len());
    codes.found.retain(|it| seen.insert((it.system, it.code)));
    codes.whole.sort_unstable();
    codes.whole.dedup();
}

struct Walk {
    left: usize,
    accept_whole: bool,
}

impl Walk {
    fn set<'c>(&mut self, set: &'c Compiled, out: &mut Codes<'c>) -> Result<(), Unlistable> {
        set.include.iter().try_for_each(|part| self.part(part, out))
    }

    /// The codes that may be of a part; which of them are is asked later.
    fn part<'c>(&mut self, part: &'c Part, out: &mut Codes<'c>) -> Result<(), Unlistable> {
        let unknown = || Err(Unlistable::Unknown { system: part.system.clone() });
        match &part.test {
            Test::Listed { list, system, .. } => {
                for listed in &list.concepts {
                    let system_url = part.system.as_deref().unwrap_or_default();
                    let (code, definition) = (&*listed.code, system.as_deref());
                    self.push(Candidate { system: system_url, code, listed: Some(listed), definition }, out)?;
                }
                Ok(())
            }
            Test::Concepts { system, chosen } => {
                let complete = system.content == Content::Complete;
                let url = part.system.as_deref().unwrap_or_default();
                if !complete && self.accept_whole && chosen.is_none() && part.sets.is_empty() {
                    out.whole.push(url);
                    return Ok(());
                }
                out.unclosed |= !complete;
                for (at, concept) in system.concepts.iter().enumerate() {
                    if chosen.as_ref().is_none_or(|marks| marks.get(at) == Some(&true)) {
                        let definition = Some(&**system);
                        self.push(
                            Candidate { system: url, code: &concept.code, listed: None, definition },
                            out,
                        )?;
                    }
                }
                Ok(())
            }
            Test::Whole if self.accept_whole && part.sets.is_empty() => {
                out.whole.extend(part.system.as_deref());
                Ok(())
            }
            Test::Grammar(_) if self.accept_whole && part.sets.is_empty() => {
                out.whole.extend(part.system.as_deref());
                Ok(())
            }
            Test::Any | Test::Grammar(_) | Test::Whole => {
                // What is in all of several sets is in any one of them: the first that can be listed will do.
                for set in &part.sets {
                    let mut inner = Codes::default();
                    // Of several sets one whole system says nothing about the codes of the others.
                    let accept_whole = self.accept_whole;
                    self.accept_whole &= part.sets.len() == 1;
                    let walked = self.top(set, &mut inner);
                    self.accept_whole = accept_whole;
                    if walked.is_ok() {
                        let fits = |system: &str| part.system.as_deref().is_none_or(|own| own == system);
                        out.found.extend(inner.found.into_iter().filter(|it| fits(it.system)));
                        out.whole.extend(inner.whole.into_iter().filter(|it| fits(it)));
                        out.unclosed |= inner.unclosed;
                        return Ok(());
                    }
                    if walked == Err(Unlistable::TooMany) {
                        return walked;
                    }
                }
                unknown()
            }
            Test::Unknown => unknown(),
        }
    }

    /// A set; where its definition does not tell, with the expansion that came with it.
    fn top<'c>(&mut self, set: &'c Compiled, out: &mut Codes<'c>) -> Result<(), Unlistable> {
        let walked = self.set(set, out);
        let failed = match walked {
            // A whole system cannot lose single codes unless its codes are known.
            Ok(()) if !out.whole.is_empty() && !set.exclude.is_empty() => {
                Unlistable::Unknown { system: out.whole.first().map(|it| (*it).into()) }
            }
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        if set.expansion.is_empty() || failed == Unlistable::TooMany {
            return Err(failed);
        }
        *out = Codes { unclosed: !set.expansion_is_whole, ..Codes::default() };
        let accept_whole = std::mem::replace(&mut self.accept_whole, false);
        for part in set.include.iter().chain(&set.expansion) {
            let mut inner = Codes::default();
            match self.part(part, &mut inner) {
                Ok(()) => out.found.append(&mut inner.found),
                Err(Unlistable::TooMany) => return Err(Unlistable::TooMany),
                Err(Unlistable::Unknown { .. }) => {}
            }
        }
        self.accept_whole = accept_whole;
        Ok(())
    }

    fn push<'c>(&mut self, candidate: Candidate<'c>, out: &mut Codes<'c>) -> Result<(), Unlistable> {
        self.left = self.left.checked_sub(1).ok_or(Unlistable::TooMany)?;
        out.found.push(candidate);
        Ok(())
    }
}
