//! Reading a block, as far as it can be read.

use fhir::Instant;
use uuid::Uuid;

use super::{CHECK_LENGTH, How, StoredBlock, Who, word};
use crate::bytes::{Input, Malformed, unzigzag};
use crate::entry::{Action, Entry, Outcome, Text};
use crate::tree::BLOCK_LENGTH;

/// What is stored is not a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored block of the access log is damaged")]
pub struct DamagedBlock;

impl From<Malformed> for DamagedBlock {
    fn from(_: Malformed) -> Self {
        Self
    }
}

/// A stored block whose words have been read.
#[derive(Debug)]
pub struct BlockReader<'a> {
    words: Vec<Text<'a>>,
    entries: &'a [u8],
    count: usize,
    words_are_whole: bool,
}

impl<'a> BlockReader<'a> {
    /// Reads the words of a block.
    pub fn new(stored: &'a StoredBlock) -> Self {
        let (words, words_are_whole) = word::read_all(&stored.words);
        let is_even = stored.checks.len().is_multiple_of(CHECK_LENGTH) && stored.count() <= BLOCK_LENGTH;
        Self {
            words,
            entries: &stored.entries,
            count: stored.count().min(BLOCK_LENGTH),
            words_are_whole: words_are_whole && is_even,
        }
    }

    /// The entries up to the first that cannot be read, which is an error.
    pub fn iter(&self) -> Entries<'_> {
        Entries {
            reader: self,
            input: Input::new(self.entries),
            requests: Vec::new(),
            whos: Vec::new(),
            hows: Vec::new(),
            time: 0,
            ended: false,
        }
    }

    /// Whether all words could be read. Of a block that is not sound, the last entries are damaged or missing.
    pub fn is_sound(&self) -> bool {
        self.words_are_whole
    }

    fn word(&self, number: usize) -> Result<Text<'_>, Malformed> {
        match number.checked_sub(1) {
            None => Ok(Text::default()),
            Some(index) => self.words.get(index).map(Text::borrowed).ok_or(Malformed),
        }
    }
}

/// The entries of a block.
#[derive(Debug)]
pub struct Entries<'a> {
    reader: &'a BlockReader<'a>,
    input: Input<'a>,
    requests: Vec<Uuid>,
    whos: Vec<Who>,
    hows: Vec<How>,
    time: i64,
    ended: bool,
}

impl<'a> Entries<'a> {
    fn read(&mut self) -> Result<Entry<'a>, Malformed> {
        let most = self.reader.words.len();
        let number = self.requests.len();
        let request = match self.input.count(number)? {
            0 => Uuid::from_bytes(self.input.array()?),
            back => *self.requests.get(number - back).ok_or(Malformed)?,
        };
        self.requests.push(request);
        let salt = self.input.array()?;
        self.time = self.time.wrapping_add(unzigzag(self.input.number()?));
        let who = self.read_who(most)?;
        let how = self.read_how(most)?;
        let [agent, agent_name, role, organization, organization_name, client, purpose, policy] = who.0;
        let reader = self.reader;
        let mut next = || reader.word(self.input.count(most)?);
        Ok(Entry {
            salt,
            time: Instant::from_microseconds(self.time),
            request,
            action: Action::from_number(how.action),
            outcome: how.outcome,
            agent: reader.word(agent)?,
            agent_name: reader.word(agent_name)?,
            role: reader.word(role)?,
            organization: reader.word(organization)?,
            organization_name: reader.word(organization_name)?,
            client: reader.word(client)?,
            patient: next()?,
            resource: next()?,
            version: next()?,
            query: reader.word(how.query)?,
            shown: how.shown,
            purpose: reader.word(purpose)?,
            authority: reader.word(how.authority)?,
            basis: next()?,
            policy: reader.word(policy)?,
        })
    }

    fn read_who(&mut self, most: usize) -> Result<Who, Malformed> {
        let number = self.input.count(self.whos.len())?;
        if let Some(index) = number.checked_sub(1) {
            return self.whos.get(index).copied().ok_or(Malformed);
        }
        let mut who = Who([0; 8]);
        for word in &mut who.0 {
            *word = self.input.count(most)?;
        }
        self.whos.push(who);
        Ok(who)
    }

    fn read_how(&mut self, most: usize) -> Result<How, Malformed> {
        let number = self.input.count(self.hows.len())?;
        if let Some(index) = number.checked_sub(1) {
            return self.hows.get(index).copied().ok_or(Malformed);
        }
        let how = How {
            action: self.input.byte()?,
            outcome: Outcome::from_number(self.input.byte()?).ok_or(Malformed)?,
            shown: u32::try_from(self.input.number()?).map_err(|_| Malformed)?,
            query: self.input.count(most)?,
            authority: self.input.count(most)?,
        };
        self.hows.push(how);
        Ok(how)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, DamagedBlock>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.requests.len();
        if self.ended || (read == self.reader.count && self.input.is_empty()) {
            return None;
        }
        // Something behind the last entry is as wrong as an entry that is missing.
        let entry = if read < self.reader.count { self.read() } else { Err(Malformed) };
        self.ended = entry.is_err();
        Some(entry.map_err(DamagedBlock::from))
    }
}
