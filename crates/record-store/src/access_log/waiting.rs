//! Entries on their way to the disk: whoever asks while a commit is under way is in the next one.

use std::time::Duration;

use audit_log::Entry;

use super::authority::{Basis, Granted, Right};
use super::grants::{Grants, Missing};
use super::waiting_rows::WaitingIn;
use crate::StoreError;
use crate::statement::{Bind, Statement};
use crate::store::{Engine, Store};
use crate::write::Task;

/// Bytes after which a commit takes no more entries. The next one comes at once.
pub(crate) const BYTES_IN_A_COMMIT: usize = 1 << 20;

/// Most of these steps before a commit: what a loaded server adds to the time of an answer at most.
const GATHERING_STEPS: usize = 8;
/// Answers for which a commit is begun. Who asks again waits for nothing else: were it all who ask, nothing would be read
/// while the disk is waited for.
const GATHERED: usize = 20;

/// How a commit of entries waits for more of them. Each commit waits for the disk, and one for many readers costs what one
/// for two does. Who reads alone waits for nobody: it is begun only where several answers wait, or did before: the first of
/// many who come again after a commit is not to have the next one alone.
#[derive(Debug)]
pub(crate) struct Gathering {
    step: Duration,
    patience: usize,
    before: usize,
    steps: usize,
    /// How many answers waited at the last look, and how many looks have brought nobody since.
    waited: usize,
    vain: usize,
}

impl Gathering {
    /// Between two looks for more entries passes a part of what a commit takes; after so many more than one in a row that
    /// bring nobody it is not looked any more. `before`: the answers of the commit before.
    pub(crate) fn every(step: Duration, patience: usize, before: usize) -> Self {
        Self { step, patience, before, steps: 0, waited: 0, vain: 0 }
    }

    /// Waits a moment when so many answers are a reason to, and says whether it did. The thread is the writer's alone, and
    /// its timer is finer than that of a runtime.
    pub(crate) fn wait(&mut self, answers: usize) -> bool {
        self.vain = if answers == self.waited { self.vain + 1 } else { 0 };
        self.waited = answers;
        let least = if self.before > 1 { 1 } else { 2 };
        // Who came before is here again: of others a look tells.
        let patience = if answers < self.before { self.patience } else { 0 };
        let waits =
            self.steps < GATHERING_STEPS && self.vain <= patience && (least..GATHERED).contains(&answers);
        if waits {
            self.steps += 1;
            std::thread::sleep(self.step);
        }
        waits
    }
}

/// Entries as a row of `log_waiting` holds them: the leaf bytes of each, their length (4 bytes, big endian) before them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    count: i32,
}

/// An entry on its way, and the grant that it is to name where one gives the right.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) entry: Entry<'static>,
    right: Option<Granted>,
}

impl Pending {
    pub(super) fn new(entry: Entry<'static>, right: Right) -> Self {
        match right {
            Right::Granted(granted) => Self { entry, right: Some(granted) },
            Right::Known(basis) => Self { entry: basis.named_in(entry), right: None },
        }
    }

    fn push_to(&self, grants: &Grants, frames: &mut Frames) {
        let Some(granted) = &self.right else { return frames.push(&self.entry) };
        let basis = granted.basis(grants).unwrap_or_else(|error| {
            // One broken row must not keep the entries of everybody else from the disk, nor this one.
            tracing::error!(error = %error, "the grant of an entry of the log of accesses cannot be read");
            Basis::default()
        });
        frames.push(&basis.named_in(self.entry.clone()));
    }
}

impl From<Entry<'static>> for Pending {
    fn from(entry: Entry<'static>) -> Self {
        Self { entry, right: None }
    }
}

/// Entries that wait for a commit, and where the answer goes.
pub(crate) struct QueuedEntries {
    entries: Vec<Pending>,
    reply: tokio::sync::oneshot::Sender<Result<(), StoreError>>,
}

impl QueuedEntries {
    /// Bytes that they will take, but for the right that is named later.
    pub(crate) fn length(&self) -> usize {
        self.entries.iter().map(|pending| pending.entry.leaf_length()).sum()
    }

    /// Tells whoever waits. Nobody may be waiting any more; what is on disk stays there.
    pub(crate) fn answer(self, is_kept: bool) {
        let _ = self.reply.send(if is_kept { Ok(()) } else { Err(StoreError::NotLogged) });
    }
}

/// What is not known of the grants which entries name.
pub(crate) fn missing_grants(queued: &[QueuedEntries], grants: &Grants) -> Missing {
    grants.missing(
        queued.iter().flat_map(|queued| &queued.entries).filter_map(|pending| pending.right.as_ref()),
    )
}

/// The entries as they are written, with the grants that they name.
pub(crate) fn framed(queued: &[QueuedEntries], grants: &Grants) -> Frames {
    let mut frames = Frames::default();
    queued.iter().flat_map(|queued| &queued.entries).for_each(|pending| pending.push_to(grants, &mut frames));
    frames
}

impl Frames {
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn push(&mut self, entry: &Entry<'_>) {
        let leaf = entry.to_leaf_bytes();
        // An entry has at most 15 texts of 4,096 bytes.
        let length = u32::try_from(leaf.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(&leaf);
        self.count = self.count.saturating_add(1);
    }

    #[cfg(test)]
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.count = self.count.saturating_add(other.count);
    }

    /// The row of a commit on PostgreSQL, if a setting is still what it was; empty: it was never set.
    pub(crate) fn insert_while(self, setting: &str, value: &[u8]) -> Statement {
        let mut statement = Statement::new("INSERT INTO log_waiting (count, entries) SELECT ");
        statement.bind(Bind::Int(self.count)).sql("::integer,").bind(Bind::Bytes(self.bytes));
        statement.sql("::bytea WHERE coalesce((SELECT s.value FROM setting s WHERE s.name = ");
        statement.bind(Bind::Text(setting.to_owned())).sql("), ''::bytea) = ");
        statement.bind(Bind::Bytes(value.to_vec()));
        statement
    }

    /// The row of a commit.
    pub(crate) fn insert(self, place: WaitingIn) -> Statement {
        let mut statement = Statement::new("INSERT INTO ");
        statement.pieces_of(&[place.table(), " (count, entries) VALUES ("]);
        statement.bind(Bind::Int(self.count)).sql(",").bind(Bind::Bytes(self.bytes)).sql(")");
        statement
    }
}

impl Store {
    /// Puts entries on disk, together with those of others who wait. When this has succeeded they are there.
    ///
    /// # Errors
    /// [`StoreError::NotLogged`] when the queue is full or the database did not take them.
    pub async fn append_to_log(&self, entries: Vec<Entry<'static>>) -> Result<(), StoreError> {
        self.append_pending(entries.into_iter().map(Pending::from).collect()).await
    }

    /// The same where a grant may be missing from what they say.
    pub(super) async fn append_pending(&self, entries: Vec<Pending>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let kept = self.put_on_disk(entries).await;
        if kept.is_err() {
            self.log_state.note_withheld();
        }
        kept
    }

    /// Tries whether entries can be put on disk again: nobody may be asking any more who would find out. A row without an entry
    /// is taken by the next step.
    pub(super) async fn try_the_log(&self) {
        // Told by the state, which this has changed.
        let _ = self.put_on_disk(Vec::new()).await;
    }

    async fn put_on_disk(&self, entries: Vec<Pending>) -> Result<(), StoreError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let queued = QueuedEntries { entries, reply };
        // A full queue says nothing of the disk.
        match &self.engine {
            Engine::Sqlite(store) => {
                store.queue.try_send(Task::Log(queued)).map_err(|_| StoreError::NotLogged)?;
            }
            Engine::Postgres(store) => {
                store.log_queue.try_send(queued).map_err(|_| StoreError::NotLogged)?;
            }
        }
        // Nobody answers where the writer has ended.
        let kept = answer.await.unwrap_or(Err(StoreError::NotLogged));
        self.log_state.note_written(kept.is_ok());
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::waiting_rows::entries;
    use super::*;

    #[test]
    fn who_reads_alone_waits_for_nobody_and_others_not_for_ever() {
        let waits = |patience: usize, answers: &[usize]| {
            let mut gathering = Gathering::every(Duration::from_micros(1), patience, 90);
            answers.iter().take_while(|answers| gathering.wait(**answers)).count()
        };
        assert_eq!(waits(1, &[0]), 0);
        assert_eq!(waits(1, &[GATHERED, GATHERED + 1]), 0);
        assert_eq!(waits(0, &[2; 100]), 1, "a look has brought nobody");
        assert_eq!(waits(1, &[2; 100]), 2);
        assert_eq!(waits(0, &[2, 3, 3, 4]), 2);
        assert_eq!(waits(1, &[2, 3, 3, 4, 4, 4, 5]), 5);
        let after = |before: usize, answers: [usize; 4]| {
            let mut gathering = Gathering::every(Duration::from_micros(1), 1, before);
            answers.into_iter().take_while(|answers| gathering.wait(*answers)).count()
        };
        assert_eq!(after(1, [1, 2, 2, 2]), 0, "who reads alone");
        assert_eq!(after(2, [1, 1, 2, 2]), 3, "the other of two comes again, and nobody else");
        assert_eq!(after(3, [1, 1, 1, 1]), 2);
        let more: Vec<usize> = (2..GATHERED).collect();
        assert_eq!(waits(0, &more), GATHERING_STEPS);
    }

    #[test]
    fn no_entry_takes_more_than_it_is_counted_for() {
        let long = "x".repeat(4_096);
        let all = || long.clone().into();
        let longest = Entry { agent: all(), query: all(), basis: all(), policy: all(), ..Entry::default() };
        for entry in [Entry::default(), longest] {
            let mut frames = Frames::default();
            frames.push(&entry);
            assert!(frames.bytes.len() <= entry.leaf_length() + 4);
        }
    }

    #[test]
    fn what_is_framed_comes_back_and_what_is_cut_does_not() {
        let mut frames = Frames::default();
        let one = Entry { agent: "Patient/one".into(), ..Entry::default() };
        let two = Entry { shown: 7, ..Entry::default() };
        frames.push(&one);
        let mut others = Frames::default();
        others.push(&two);
        frames.append(&others);
        assert_eq!(frames.count, 2);
        assert_eq!(entries(&frames.bytes).unwrap(), [one, two]);
        let boundary = frames.bytes.len() - others.bytes.len();
        for end in (1..frames.bytes.len()).filter(|end| *end != boundary) {
            assert!(entries(&frames.bytes[..end]).is_err(), "{end}");
        }
    }
}
