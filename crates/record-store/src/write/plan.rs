//! From a job to rows: preconditions, keys, books, versions, times.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::{Access, Author, Merge, Reach, Shield};
use fhir::{Instant, LogicalId, ResourceType};
use search::{IndexRows, Registry, Slot};

use super::access_rows::{FactRows, Stamp, label_rows, stamp};
use super::{DirectoryRow, Flush, Keys, Pending, ResourceRow, VersionToKeep};
use crate::access_log::{Frames, MessageRow, Signature, put_messages};
use crate::once::Answers;
use crate::parties::author_number;
use crate::query::Held;
use crate::shield::Sight;
use crate::statement::Statement;
use crate::stored::{version_number, version_of};
use crate::{Body, Change, Effect, Job, Manner, Precondition, Seen, StoreError, Write, WriteError, Written};

/// What the directory and the resource table say about an id.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) book: i64,
    pub(crate) key: i64,
    /// Whether the book is under the location shield.
    pub(crate) shielded: bool,
    /// `None` when the id is only reserved for a patient that others refer to.
    pub(crate) current: Option<Current>,
}

/// The current version of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) version: i32,
    pub(crate) updated: i64,
    pub(crate) change: Change,
    pub(crate) body: Option<Body>,
    pub(crate) stamp: Stamp,
}

/// The ids whose state a batch needs before it can be planned.
pub(crate) fn needed_ids(jobs: &[&Job]) -> Vec<(ResourceType, LogicalId)> {
    let mut ids = Vec::new();
    for write in jobs.iter().flat_map(|job| &job.writes) {
        if write.precondition != Precondition::New {
            ids.push((write.resource_type, write.id.clone()));
        }
        if let Some(patient) = write.content.as_ref().and_then(|content| content.patient.clone()) {
            ids.push((ResourceType::PATIENT, patient));
        }
        if let Some(Merge::Into(into)) =
            write.content.as_ref().and_then(|content| content.facts.merge.as_ref())
        {
            ids.push((ResourceType::PATIENT, into.clone()));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// Plans the jobs of one batch, one after the other.
pub(crate) struct Planner<'a> {
    pub(super) registry: &'a Arc<Registry>,
    keys: &'a mut Keys,
    pub(super) state: HashMap<(ResourceType, LogicalId), Directory>,
    pub(super) now: i64,
    /// Kind and number of the author of the job that is being planned.
    author: (i16, i64),
    /// What whoever writes the job is shown.
    sight: Sight,
    /// The books under the location shield, as far as the batch is about them.
    shielded: HashSet<i64>,
    /// Those for which the index in the database is made.
    indexed_shielded: HashSet<i64>,
    pending: Pending,
    /// The identifiers of which it was asked before the batch who has them.
    asked: HashSet<(Slot, i64)>,
    /// Those of them that somebody gets or loses: the answer holds no more.
    moved: HashSet<(Slot, i64)>,
    /// What the log of accesses keeps of the writes.
    pub(super) entries: Frames,
    /// The messages from which the writes came.
    messages: Vec<MessageRow>,
    /// What was written under which key.
    answers: Answers,
}

impl<'a> Planner<'a> {
    /// `state` holds what the database knows of [`needed_ids`]; ids it does not know are left out. `now` is later
    /// than the times of all batches before ([`Clock`](super::Clock)).
    pub(crate) fn new(
        registry: &'a Arc<Registry>,
        keys: &'a mut Keys,
        state: HashMap<(ResourceType, LogicalId), Directory>,
        now: Instant,
    ) -> Self {
        let shielded: HashSet<i64> =
            state.values().filter(|entry| entry.shielded).map(|entry| entry.book).collect();
        Self {
            registry,
            keys,
            state,
            now: now.microseconds(),
            author: (0, 0),
            sight: Sight::Shielded,
            indexed_shielded: shielded.clone(),
            shielded,
            pending: Pending::default(),
            asked: HashSet::new(),
            moved: HashSet::new(),
            entries: Frames::default(),
            messages: Vec::new(),
            answers: Answers::default(),
        }
    }

    /// The same, where requests were answered under these keys.
    pub(crate) fn knowing(mut self, keys: Vec<(Vec<u8>,)>) -> Self {
        self.answers.know(keys.into_iter().map(|(key,)| key));
        self
    }

    /// What is kept of everything that was planned beside it: the entries of the log of accesses, where it came from, and
    /// under which keys.
    pub(crate) fn into_entries(self) -> (Frames, Vec<Statement>) {
        (self.entries, [put_messages(&self.messages), self.answers.into_statements()].concat())
    }

    /// Whether nothing waits to be flushed.
    pub(crate) fn is_flushed(&self) -> bool {
        self.pending.is_empty()
    }

    /// The same, where it was asked who has these identifiers.
    pub(crate) fn watching<'h>(mut self, all: impl Iterator<Item = &'h Held>) -> Self {
        self.asked.extend(all.map(|held| (held.slot, held.code)));
        self
    }

    /// Whether what was planned gives or takes one of these identifiers, which are watched.
    pub(crate) fn moves(&self, all: &[Held]) -> bool {
        all.iter().any(|held| self.moved.contains(&(held.slot, held.code)))
    }

    /// What has to be written now, before anything else is planned.
    pub(crate) fn drain(&mut self) -> Flush {
        self.indexed_shielded.clone_from(&self.shielded);
        self.pending.drain()
    }

    /// Whether something was written under the key of a job before: then nothing else about it matters.
    pub(crate) fn repeats(&self, signature: &Signature) -> bool {
        signature.once().is_some_and(|once| self.answers.has(once))
    }

    /// Plans one job, or refuses it and leaves everything as it was.
    pub(crate) fn job(
        &mut self,
        access: &Access,
        job: &Job,
        signature: &Signature,
    ) -> Result<Vec<Written>, WriteError> {
        if self.repeats(signature) {
            return Err(WriteError::Repeated);
        }
        let unlimited = access.is_unlimited() && access.writable() == Some(&Reach::Everything);
        // Whoever is limited has decided on a state; a write without one was not decided.
        let decided = unlimited || job.writes.iter().all(|write| write.seen != Seen::Unchecked);
        let moves = |write: &Write| write.content.as_ref().is_some_and(|it| it.manner == Manner::Moved);
        // Nobody but the server says something in the name of who said it before.
        let in_own_name = access.author() == &Author::Server || !job.writes.iter().any(moves);
        if !access.may_write() || !decided || !in_own_name {
            return Err(WriteError::Forbidden);
        }
        self.author = author_number(self.registry.hasher(), access.author());
        self.sight = Sight::of(access);
        for (index, write) in job.writes.iter().enumerate() {
            self.check(index, write)?;
        }
        // Patients first get their keys, so that a book exists before anything is put into it.
        for write in job.writes.iter().filter(|write| write.resource_type == ResourceType::PATIENT) {
            if write.content.is_some() {
                self.reserve(write.resource_type, &write.id, None);
            }
        }
        let mut written = Vec::with_capacity(job.writes.len());
        for (index, write) in job.writes.iter().enumerate() {
            let prepared = self.prepare_entry(write)?;
            let done = self.write(write)?;
            self.log(&signature.of_write(index), write, prepared, &done);
            written.push(done);
        }
        let is_version = |done: &Written| !matches!(done.effect, Effect::Unchanged | Effect::NothingToDelete);
        if let Some((request, message)) = signature.message()
            && written.iter().any(is_version)
        {
            self.messages.push(MessageRow { stored: self.now, request, message });
        }
        if let Some(once) = signature.once() {
            self.answers.keep(once, &job.writes, &written, self.now);
        }
        Ok(written)
    }

    fn current(&self, write: &Write) -> Option<&Current> {
        if write.precondition == Precondition::New {
            return None;
        }
        self.state.get(&(write.resource_type, write.id.clone())).and_then(|entry| entry.current.as_ref())
    }

    fn check(&self, index: usize, write: &Write) -> Result<(), WriteError> {
        let stored = self.current(write);
        let as_seen = match write.seen {
            Seen::Unchecked => true,
            Seen::Absent => stored.is_none(),
            Seen::Version(seen) => stored.is_some_and(|stored| stored.version == version_number(seen)),
        };
        if !as_seen {
            return Err(WriteError::StateChanged);
        }
        let current = stored.filter(|current| current.change != Change::Delete);
        let holds = match write.precondition {
            Precondition::None | Precondition::New => true,
            Precondition::Absent => current.is_none(),
            Precondition::Version(wanted) => {
                current.is_some_and(|current| current.version == version_number(wanted))
            }
        };
        if holds {
            return Ok(());
        }
        let current = current.map(|current| version_of(current.version)).transpose()?;
        Err(WriteError::VersionConflict { write: index, current })
    }

    /// The directory entry of an id, made when there is none. `book` is the book of a new entry; `None`
    /// means a book of its own.
    fn reserve(&mut self, resource_type: ResourceType, id: &LogicalId, book: Option<i64>) -> (i64, i64) {
        let name = (resource_type, id.clone());
        if let Some(entry) = self.state.get(&name) {
            return (entry.book, entry.key);
        }
        let key = self.keys.take();
        let book = book.unwrap_or(key);
        let id_hash = self.registry.hasher().reference_id(id.as_str());
        self.pending.register(DirectoryRow { resource_type, id: id.clone(), id_hash, book, key });
        self.state.insert(name, Directory { book, key, shielded: false, current: None });
        (book, key)
    }

    fn write(&mut self, write: &Write) -> Result<Written, WriteError> {
        match &write.content {
            Some(_) => self.put(write),
            None => self.delete(write),
        }
    }

    fn put(&mut self, write: &Write) -> Result<Written, WriteError> {
        let Some(content) = &write.content else { return self.delete(write) };
        let is_patient = write.resource_type == ResourceType::PATIENT;
        let book = match &content.patient {
            _ if is_patient => None,
            Some(patient) => Some(self.reserve(ResourceType::PATIENT, patient, None).0),
            None => Some(0),
        };
        let (stored_book, key) = self.reserve(write.resource_type, &write.id, book);
        let book = book.unwrap_or(stored_book);
        let name = (write.resource_type, write.id.clone());
        let before = self.state.get(&name).and_then(|entry| entry.current.clone());
        let (version, effect) = match &before {
            None => (1, Effect::Created),
            // A repeated write changes nothing; whoever names a version with `If-Match` gets a new one, so
            // that of several who name the same version exactly one succeeds.
            Some(current)
                if write.precondition == Precondition::None
                    && current.body.as_ref() == Some(&content.body) =>
            {
                return Ok(Written {
                    version: version_of(current.version)?,
                    last_updated: Instant::from_microseconds(current.updated),
                    effect: Effect::Unchanged,
                    body: Some(self.shown(write, book, &content.body)?),
                });
            }
            Some(current) if current.change == Change::Delete => (current.version + 1, Effect::Created),
            Some(current) => (current.version + 1, Effect::Updated),
        };
        let change = match (effect, write.precondition) {
            (Effect::Created, Precondition::New) => Change::Create,
            (Effect::Created, _) => Change::UpdateAsCreate,
            _ if content.manner == Manner::Moved => Change::Moved,
            _ => Change::Update,
        };
        if is_patient && content.facts.shielded != self.shielded.contains(&book) {
            self.shield(book, content.facts.shielded);
        }
        let hasher = self.registry.hasher();
        let author = match &before {
            Some(before) if content.manner == Manner::Moved => {
                (before.stamp.author_kind, before.stamp.author)
            }
            _ => self.author,
        };
        let stamp = stamp(hasher, write.resource_type, &write.id, &content.facts, author);
        let facts = FactRows::of(hasher, (book, content.patient.as_ref()), &content.facts, &stamp);
        let body = Some(content.body.clone());
        let after = Current { version, updated: self.time_after(&before), change, body, stamp };
        self.pending.label(label_rows((book, key), content.facts.labels, &stamp));
        // Search parameters may have changed while the job waited.
        let is_hidden = self.shielded.contains(&book) && Shield::is_about(write.resource_type);
        let rows = if content.mark == self.registry.mark() && !is_hidden {
            content.rows.clone()
        } else {
            self.rows_of(write, &after, is_hidden)?
        };
        let shown = self.shown(write, book, &content.body)?;
        self.replace(write, (stored_book, book, key), before, after.clone(), rows, facts)?;
        if is_patient {
            self.merge(book, content.facts.merge.as_ref(), after.updated);
        }
        Ok(Written {
            version: version_of(version)?,
            last_updated: Instant::from_microseconds(after.updated),
            effect,
            body: Some(shown),
        })
    }

    fn delete(&mut self, write: &Write) -> Result<Written, WriteError> {
        let name = (write.resource_type, write.id.clone());
        let Some(entry) = self.state.get(&name).cloned() else {
            return self.nothing_to_delete(None);
        };
        let Some(current) = entry.current.filter(|current| current.change != Change::Delete) else {
            return self.nothing_to_delete(self.state.get(&name).and_then(|entry| entry.current.clone()));
        };
        let version = current.version + 1;
        // Who saw the resource sees that it is gone.
        let (author_kind, author) = self.author;
        let stamp = Stamp { author, author_kind, ..current.stamp };
        let before = Some(current);
        let updated = self.time_after(&before);
        let after = Current { version, updated, change: Change::Delete, body: None, stamp };
        let place = (entry.book, entry.book, entry.key);
        self.replace(write, place, before, after.clone(), IndexRows::default(), FactRows::default())?;
        Ok(Written {
            version: version_of(version)?,
            last_updated: Instant::from_microseconds(after.updated),
            effect: Effect::Deleted,
            body: None,
        })
    }

    fn nothing_to_delete(&self, current: Option<Current>) -> Result<Written, WriteError> {
        let (version, updated) = current.map_or((1, self.now), |current| (current.version, current.updated));
        Ok(Written {
            version: version_of(version)?,
            last_updated: Instant::from_microseconds(updated),
            effect: Effect::NothingToDelete,
            body: None,
        })
    }

    /// The time of a new version: now, and never before the version it follows.
    fn time_after(&self, before: &Option<Current>) -> i64 {
        before.as_ref().map_or(self.now, |current| self.now.max(current.updated))
    }

    fn replace(
        &mut self,
        write: &Write,
        (stored_book, book, key): (i64, i64, i64),
        before: Option<Current>,
        after: Current,
        rows: IndexRows,
        facts: FactRows,
    ) -> Result<(), StoreError> {
        self.note_identifiers(&rows);
        let stored = match before {
            None => None,
            Some(current) => {
                let shielded = self.indexed_shielded.contains(&stored_book);
                let stored_rows = self.rows_of(write, &current, shielded)?;
                self.note_identifiers(&stored_rows);
                self.pending.keep(VersionToKeep {
                    book: stored_book,
                    own_book: stored_book,
                    stamp: current.stamp,
                    key,
                    version: current.version,
                    updated: current.updated,
                    change: current.change,
                    body: current.body,
                });
                Some((stored_book, stored_rows))
            }
        };
        let row = ResourceRow {
            book,
            key,
            resource_type: write.resource_type,
            id: write.id.clone(),
            id_hash: self.registry.hasher().reference_id(write.id.as_str()),
            version: after.version,
            updated: after.updated,
            change: after.change,
            present: rows.present,
            stamp: after.stamp,
            body: after.body.clone(),
        };
        self.pending.put(stored, row, rows, facts);
        let entry = Directory { book, key, shielded: false, current: Some(after) };
        self.state.insert((write.resource_type, write.id.clone()), entry);
        Ok(())
    }

    fn note_identifiers(&mut self, rows: &IndexRows) {
        if !self.asked.is_empty() {
            let tokens = rows.tokens.iter().map(|row| (row.slot, row.code));
            self.moved.extend(tokens.filter(|token| self.asked.contains(token)));
        }
    }

    /// A book goes under the location shield, or leaves it.
    fn shield(&mut self, book: i64, shielded: bool) {
        if shielded {
            self.shielded.insert(book);
        } else {
            self.shielded.remove(&book);
        }
        self.pending.shield(book, shielded);
    }

    /// A book becomes a part of another, or is by itself again: by the word of the server alone.
    fn merge(&mut self, book: i64, merge: Option<&Merge>, at: i64) {
        if self.author.0 != 0 {
            return;
        }
        match merge {
            None => {}
            Some(Merge::Ended) => self.pending.merge(book, None, at),
            Some(Merge::Into(patient)) => {
                let (into, _) = self.reserve(ResourceType::PATIENT, patient, None);
                if into != book {
                    self.pending.merge(book, Some(into), at);
                }
            }
        }
    }

    /// What is answered of content that is put into a book.
    fn shown(&self, write: &Write, book: i64, body: &Body) -> Result<Body, StoreError> {
        let hidden = self.shielded.contains(&book) && Shield::is_about(write.resource_type);
        if hidden && self.sight == Sight::Shielded {
            return body.redacted(write.resource_type, &write.id, true);
        }
        Ok(body.clone())
    }

    /// The index rows of a version, extracted again from its body.
    fn rows_of(&self, write: &Write, current: &Current, shielded: bool) -> Result<IndexRows, StoreError> {
        let Some(body) = &current.body else { return Ok(IndexRows::default()) };
        body.index_rows(self.registry, write.resource_type, &write.id, shielded)
    }
}
