//! What callers of the store see: records, writes, windows of history, pages, errors.

use access::{Access, Facts};
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use search::{Cursor, IndexRows, SearchPlan};

use crate::{Body, Showing};

/// One version of one resource.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its logical id.
    pub id: LogicalId,
    /// The version.
    pub version: VersionId,
    /// When the version was stored.
    pub last_updated: Instant,
    /// What the interaction was.
    pub change: Change,
    /// The content; `None` for a deletion.
    pub body: Option<Body>,
    /// The number of the book that it stands in.
    pub(crate) book: i64,
    /// Whether its book is under the location shield and who asks is not shown places.
    pub(crate) is_shielded: bool,
}

impl Record {
    /// Whether it stands in the book of a person.
    pub fn is_in_a_book(&self) -> bool {
        self.book != 0
    }

    /// Whether nothing that tells a place may be told beside it.
    pub fn hides_places(&self) -> bool {
        self.is_shielded
    }

    /// Where a `Patient` stands in a walk without `_sort`: its key is the number of its book.
    pub fn place_in_walk(&self) -> Option<Cursor> {
        let is_person = self.resource_type == ResourceType::PATIENT;
        is_person.then(|| Cursor { values: Vec::new(), book: self.book, key: self.book })
    }

    /// Whether this version is a deletion.
    pub fn is_deleted(&self) -> bool {
        self.change == Change::Delete
    }

    /// The resource for an answer, as [`Self::inspect`] has it. It is noted that it is shown.
    pub fn show(&self, showing: &Showing) -> Result<Option<String>, StoreError> {
        let text = self.inspect()?;
        showing.note(self);
        Ok(text)
    }

    /// That the caller is told the resource without [`Self::show`]: as they know it already, or by a text that was inspected
    /// before it was certain that it would be shown.
    pub fn confirm(&self, showing: &Showing) {
        showing.note(self);
    }

    /// The resource as JSON with the server's `id`, `meta.versionId` and `meta.lastUpdated`; `None` for a
    /// deletion. For what the server itself has to know, never for an answer: that it was looked at is noted nowhere.
    pub fn inspect(&self) -> Result<Option<String>, StoreError> {
        self.body.as_ref().map(|body| body.render(&self.id, self.version, self.last_updated)).transpose()
    }
}

/// The interaction that made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `POST`
    Create,
    /// The first `PUT`, or one of a deleted resource: update as create.
    UpdateAsCreate,
    /// A later `PUT`.
    Update,
    /// `DELETE`
    Delete,
    /// The version before about another person ([`Manner::Moved`]): a `PUT` for whoever asks.
    Moved,
}

/// A resource made ready to be stored.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its type.
    pub resource_type: ResourceType,
    /// The compressed content.
    pub body: Body,
    /// How it can be found.
    pub rows: IndexRows,
    /// [`Registry::mark`](search::Registry::mark) of the registry that the rows are of.
    pub mark: i64,
    /// The patient in whose book it belongs; `None` for the shared book. For a `Patient` its own book is
    /// used and this is ignored.
    pub patient: Option<LogicalId>,
    /// What it says about access.
    pub facts: Facts,
    /// How it came to be what it says.
    pub manner: Manner,
}

/// How a version came to be what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// It was sent whole.
    #[default]
    Whole,
    /// It came of a patch: that is what is logged then.
    Patched,
    /// It is the version before about another person, logged as a patch: it stays the word of who wrote that one, and opens
    /// nothing that that one did not. The server alone moves.
    Moved,
}

/// One change of one resource.
#[derive(Debug, Clone)]
pub struct Write {
    /// Type of the resource.
    pub resource_type: ResourceType,
    /// Its logical id.
    pub id: LogicalId,
    /// What must be true for the change to happen.
    pub precondition: Precondition,
    /// The new content; `None` deletes.
    pub content: Option<Content>,
    /// The state that whoever decided it has seen.
    pub seen: Seen,
}

/// The state of a resource that a decision relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// None: nothing was to be decided.
    Unchecked,
    /// It has never been there.
    Absent,
    /// This version, which may be a deletion, was the current one.
    Version(VersionId),
}

/// What must be true of the stored resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing: update, or create when it does not exist.
    None,
    /// The id is new: it was made by the server.
    New,
    /// There is no such resource, or it is deleted.
    Absent,
    /// The current version is this one (`If-Match`).
    Version(VersionId),
}

/// A search whose answer the writes rely on; it is asked again inside the transaction.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The criteria of a conditional interaction or of a conditional reference.
    pub plan: SearchPlan,
    /// The ids that were found, smallest first; nothing is written when they differ now.
    pub found: Vec<LogicalId>,
    /// A name of the criteria that is the same for everybody who asks the same: writers with the same name
    /// wait for each other.
    pub criteria: String,
    /// Who asked: what is hidden from it counts neither time.
    pub access: Access,
}

/// Writes that happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// What they rely on.
    pub expectations: Vec<Expectation>,
    /// The changes, in order. A resource may be changed at most once in a job.
    pub writes: Vec<Write>,
}

impl Job {
    /// Whether it may merge books or part them.
    pub(crate) fn merges_books(&self) -> bool {
        let mut contents = self.writes.iter().filter_map(|write| write.content.as_ref());
        contents.any(|content| content.facts.merge.is_some())
    }
}

/// What came of one write.
#[derive(Debug, Clone)]
pub struct Written {
    /// The version that is current now.
    pub version: VersionId,
    /// When it was stored.
    pub last_updated: Instant,
    /// What happened.
    pub effect: Effect,
    /// The content as whoever wrote it is shown it; `None` after a deletion.
    pub body: Option<Body>,
}

/// What came of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The resource was not there before.
    Created,
    /// A new version of a resource, also of one that was deleted.
    Updated,
    /// The content is the current one to the last character: no new version was made.
    Unchanged,
    /// The resource is deleted now.
    Deleted,
    /// There was nothing to delete.
    NothingToDelete,
}

/// Why nothing of a job was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A search that the job relies on finds something else now: decide again.
    #[error("the answer to a condition changed")]
    ConditionChanged,
    /// The state that the decision relies on is not the current one any more: decide again.
    #[error("the state that was decided on changed")]
    StateChanged,
    /// A precondition does not hold.
    #[error("version conflict")]
    VersionConflict {
        /// Index of the write in the job.
        write: usize,
        /// The current version, if the resource exists.
        current: Option<VersionId>,
    },
    /// Something was written under the key of the request before: [`Store::kept_answer`](crate::Store::kept_answer).
    #[error("the request is repeated")]
    Repeated,
    /// The access does not cover the write.
    #[error("the access does not cover this write")]
    Forbidden,
    /// The queue is full or the database cannot take the write now.
    #[error("the store is busy")]
    Busy,
    /// Anything the caller cannot act on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A failure of the store that the caller cannot act on. The text is for the log; it carries no value of a
/// record.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened or has another layout.
    #[error("the database cannot be used: {0}")]
    Unusable(String),
    /// The time limit of a statement passed.
    #[error("the time limit of the database passed")]
    Timeout,
    /// No connection is free.
    #[error("the store is busy")]
    Busy,
    /// The database is not there, or takes nothing just now: the same may work later.
    #[error("the database is not available: {0}")]
    Away(String),
    /// The database refused or broke.
    #[error("the database failed: {0}")]
    Database(String),
    /// The search would have to look at too many resources.
    #[error("the search is too costly")]
    TooCostly,
    /// Too much has changed since a walk through sorted matches began.
    #[error("too much has changed since the first page")]
    WalkEnded,
    /// A stored body cannot be read.
    #[error("a stored body cannot be read")]
    Corrupt,
    /// The log of accesses cannot be written, and so nothing is shown.
    #[error("the log of accesses cannot be written")]
    NotLogged,
}

impl StoreError {
    /// Whether it tells nothing of what was asked: the same may work in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Busy | Self::NotLogged)
    }
}

/// Which history is asked for.
#[derive(Debug, Clone)]
pub enum HistoryScope {
    /// Of one resource.
    Instance(ResourceType, LogicalId),
    /// Of all resources of a type.
    Type(ResourceType),
    /// Of everything.
    System,
    /// Of everything in the book of a patient.
    Book(LogicalId),
}

/// Which part of a history, newest first.
#[derive(Debug, Clone, Default)]
pub struct HistoryWindow {
    /// `_since`: versions stored at or after.
    pub since: Option<Instant>,
    /// Upper bound that keeps the pages of one walk stable: versions stored at or before.
    pub until: Option<Instant>,
    /// `_at`: the versions that were current at some time in `[low, high)` (microseconds).
    pub at: Option<(i64, i64)>,
    /// Versions on a page.
    pub count: u32,
    /// Where the previous page ended.
    pub after: Option<HistoryCursor>,
}

/// Where a page of history ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// Microseconds.
    pub updated: i64,
    /// Resource key.
    pub key: i64,
    /// Version.
    pub version: i32,
}

/// A page of history.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// The versions, newest first.
    pub records: Vec<Record>,
    /// Where each of them stands.
    pub cursors: Vec<HistoryCursor>,
    /// Where the next page starts, if there is one.
    pub next: Option<HistoryCursor>,
    /// Number of all versions in the window, counted on the first page only.
    pub total: Option<u64>,
}

/// A page of matches. Included resources are found by the caller from the matches.
#[derive(Debug, Clone, Default)]
pub struct SearchPage {
    /// The matches in order.
    pub records: Vec<Record>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
    /// Where the page before ends, if there is one.
    pub previous: Option<Cursor>,
    /// Number of all matches, when it was asked for.
    pub total: Option<u64>,
}

/// A page of a book: `$everything`.
#[derive(Debug, Clone)]
pub struct BookPage {
    /// Resources of the book, by resource key.
    pub records: Vec<Record>,
    /// The key after which the next page starts, if there is one.
    pub next: Option<i64>,
}
