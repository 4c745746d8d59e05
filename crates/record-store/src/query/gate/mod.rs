//! The part of every query that the gate decides: which rows there are for a caller, and which may be replaced.

mod compile;
mod filter;
mod predicate;
mod types;

use std::sync::Arc;

use access::{Labels, TypeSet};
use search::{Clause, Registry, Subject};

pub(crate) use compile::{Places, is_everything};

use crate::shield::Sight;

/// An access as a condition on rows. What it does not let through is not there: not for a match, not for a number, not
/// for an order.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Option<Arc<Limits>>);

/// What limits an access.
#[derive(Clone)]
struct Limits {
    registry: Arc<Registry>,
    /// `None`: every row that the rest lets through.
    rights: Option<Vec<Right>>,
    /// The books of [`Authority::Own`](access::Authority::Own).
    own: Vec<i64>,
    /// Under which name grants and denials are looked up; `None`: nobody's.
    grantee: Option<i64>,
    /// Whose labels are own labels; `None`: nobody's.
    author: Option<(i16, i64)>,
    /// The purpose; 0 when none is known, for which only grants of every purpose hold.
    purpose: i16,
    /// Whether only denials that say so hold.
    emergency: bool,
    now: i64,
    /// The only books besides what belongs to none: one, and those that it replaces.
    within: Option<Vec<i64>>,
    filters: Vec<Filter>,
    /// Whether what the location shield hides is shown.
    sight: Sight,
    /// The books that are open by a grant, when they are few: where to look, never whether.
    granted: Option<Vec<i64>>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Limits").finish_non_exhaustive()
    }
}

/// Lines of the same kind.
#[derive(Debug, Clone)]
struct Right {
    kind: Kind,
    types: TypeSet,
    labels: Labels,
    own_labels: Labels,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Shared,
    Own,
    /// By a row of `book_grant` of one of these authorities.
    Granted(Vec<i16>),
}

/// A limit of a scope that is read.
#[derive(Debug, Clone)]
struct Filter {
    types: TypeSet,
    /// Any of these; empty admits nothing.
    any_of: Vec<Vec<Clause>>,
}

/// How a statement names the parts of the row that is tested.
#[derive(Debug, Clone)]
pub(crate) struct RowNames {
    book: String,
    visit: String,
    kind: String,
    key: String,
    /// Labels that the row will give to its visit, when it is about to be written.
    given: Labels,
    /// The only book in which the row can be, when that is known: what holds for the whole of it is asked once.
    only_book: Option<i64>,
}

impl RowNames {
    /// The row of a table that has the columns of `resource`.
    pub(crate) fn of(table: &str) -> Self {
        let column = |name: &str| [table, ".", name].concat();
        Self {
            book: column("book"),
            visit: column("visit"),
            kind: column("resource_type"),
            key: column("resource_key"),
            given: Labels::NONE,
            only_book: None,
        }
    }

    /// The same row, known to be in one of some books.
    pub(crate) fn within(self, books: &[i64]) -> Self {
        let only_book = if let [only] = books { Some(*only) } else { None };
        Self { only_book, ..self }
    }

    /// The same row with labels that it will give: what holds for the whole book does not decide then.
    pub(crate) fn giving(self, given: Labels) -> Self {
        Self { given, only_book: None, ..self }
    }
}

impl Gate {
    /// Whoever may see everything.
    pub(crate) const EVERYTHING: Self = Self(None);

    /// Whether there is no limit at all.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// The books that can hold anything of the caller, where to look first; `None` for all.
    pub(crate) fn books(&self) -> Option<Vec<i64>> {
        let limits = self.0.as_ref()?;
        if let Some(within) = &limits.within {
            return Some(within.iter().copied().chain([0]).collect());
        }
        let rights = limits.rights.as_ref()?;
        let granted = rights.iter().any(|right| matches!(right.kind, Kind::Granted(_)));
        let mut books: Vec<i64> = limits.own.iter().copied().chain([0]).collect();
        if granted {
            books.extend(limits.granted.as_ref()?);
        }
        books.sort_unstable();
        books.dedup();
        Some(books)
    }

    /// Whether books are open by grants and no single book is named, so that knowing them helps to find a way.
    pub(crate) fn wants_granted_books(&self) -> Option<i64> {
        let limits = self.0.as_ref()?;
        let granted = limits.rights.as_ref()?.iter().any(|right| matches!(right.kind, Kind::Granted(_)));
        if granted && limits.within.is_none() { limits.grantee } else { None }
    }

    /// Whether content that is about to be written satisfies the limits of the scopes.
    pub(crate) fn admits(&self, subject: &Subject<'_>) -> bool {
        let Some(limits) = &self.0 else { return true };
        let mut concerned =
            limits.filters.iter().filter(|filter| filter.types.contains(subject.resource_type));
        concerned.all(|filter| {
            filter
                .any_of
                .iter()
                .any(|clauses| clauses.iter().all(|clause| limits.registry.holds(clause, subject)))
        })
    }

    /// What is shown of books under the location shield.
    pub(crate) fn sight(&self) -> Sight {
        self.0.as_ref().map_or(Sight::Whole, |limits| limits.sight)
    }

    /// The moment of the decision.
    pub(crate) fn now(&self) -> i64 {
        self.0.as_ref().map_or(i64::MAX, |limits| limits.now)
    }

    /// The same gate that knows in which books to look.
    #[must_use]
    pub(crate) fn looking_in(self, books: Vec<i64>) -> Self {
        match self.0 {
            None => self,
            Some(limits) => {
                let mut limits = Arc::unwrap_or_clone(limits);
                limits.granted = Some(books);
                Self(Some(Arc::new(limits)))
            }
        }
    }
}
