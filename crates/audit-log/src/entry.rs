//! One entry of the log, and the one way to write it down (section 1).

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use fhir::Instant;
use uuid::Uuid;

use crate::bytes::{Input, Malformed, write_sized};
use crate::hash::Hash;

/// The first byte of the bytes of a leaf.
pub const FORMAT: u8 = 1;

/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 4096;

/// Bytes of the length before a text of at most that.
const MOST_LENGTH_BYTES: usize = 2;

/// What was seen or done: one person and resource, or one search. What does not apply is empty.
///
/// The fields are those of the table in their order; `Entry::default()` is a start for `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table of section 1 says it, and nothing is to say it twice")]
pub struct Entry<'a> {
    /// Random: keeps what is in the entry from being guessed from its hash.
    pub salt: [u8; 16],
    pub time: Instant,
    pub request: Uuid,
    pub action: Action,
    pub outcome: Outcome,
    /// Who, as a reference.
    pub agent: Text<'a>,
    pub agent_name: Text<'a>,
    /// Role of the policy.
    pub role: Text<'a>,
    /// On whose behalf, as a reference.
    pub organization: Text<'a>,
    pub organization_name: Text<'a>,
    /// The `client_id` that asked.
    pub client: Text<'a>,
    /// Whose book, as a reference.
    pub patient: Text<'a>,
    pub resource: Text<'a>,
    pub version: Text<'a>,
    /// A search or operation, without clinical values.
    pub query: Text<'a>,
    /// Number of resources of this person that were shown.
    pub shown: u32,
    pub purpose: Text<'a>,
    /// Rules and right that permitted it.
    pub authority: Text<'a>,
    /// The resource that gives the right.
    pub basis: Text<'a>,
    /// Version of the policy.
    pub policy: Text<'a>,
}

/// A text of an entry: at most [`LONGEST_TEXT`] bytes. A longer one is cut, and ends in `…` then, because an access
/// must be logged whatever its query was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, str>);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names of interactions")]
pub enum Action {
    Read,
    Vread,
    History,
    Search,
    Include,
    Operation,
    Export,
    Print,
    Create,
    Update,
    Patch,
    Delete,
    SignIn,
    SignOut,
    Token,
    Revocation,
    /// An act of sharing or consent.
    Sharing,
    Administration,
    /// Work of the server itself.
    Background,
    /// A number that this version gives no meaning.
    Reserved(Reserved),
}

/// A number of an action that has no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved(u8);

/// Numbers and codes of the actions that have a name.
const ACTIONS: [(u8, Action, &str); 19] = [
    (1, Action::Read, "read"),
    (2, Action::Vread, "vread"),
    (3, Action::History, "history"),
    (4, Action::Search, "search"),
    (5, Action::Include, "include"),
    (6, Action::Operation, "operation"),
    (7, Action::Export, "export"),
    (8, Action::Print, "print"),
    (16, Action::Create, "create"),
    (17, Action::Update, "update"),
    (18, Action::Patch, "patch"),
    (19, Action::Delete, "delete"),
    (32, Action::SignIn, "sign-in"),
    (33, Action::SignOut, "sign-out"),
    (34, Action::Token, "token"),
    (35, Action::Revocation, "revocation"),
    (48, Action::Sharing, "sharing"),
    (64, Action::Administration, "administration"),
    (80, Action::Background, "background"),
];

impl Action {
    /// The number in the table.
    pub fn number(self) -> u8 {
        match self {
            Self::Reserved(Reserved(number)) => number,
            _ => ACTIONS.iter().find(|(_, action, _)| *action == self).map_or(0, |(number, ..)| *number),
        }
    }

    /// The action of a number; each number is one.
    pub fn from_number(number: u8) -> Self {
        let named = ACTIONS.iter().find(|(it, ..)| *it == number);
        named.map_or(Self::Reserved(Reserved(number)), |(_, action, _)| *action)
    }
}

/// The code, or the number of what has no name.
impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ACTIONS.iter().find(|(_, action, _)| action == self) {
            Some((.., code)) => formatter.write_str(code),
            None => write!(formatter, "{}", self.number()),
        }
    }
}

/// How it ended: `AuditEvent.outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 0.
    Success,
    /// 4: the gate did not permit it.
    Refused,
    /// 8.
    Failed,
}

impl Outcome {
    /// The number in the table.
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Refused => 4,
            Self::Failed => 8,
        }
    }

    /// The outcome of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Success, Self::Refused, Self::Failed].into_iter().find(|it| it.number() == number)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}

/// The bytes are not those of an entry in its one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the bytes of an entry of the access log")]
pub struct InvalidEntry;

impl From<Malformed> for InvalidEntry {
    fn from(_: Malformed) -> Self {
        Self
    }
}

/// A successful read of nothing by nobody in 1970.
impl Default for Entry<'_> {
    fn default() -> Self {
        Self {
            salt: [0; 16],
            time: Instant::from_microseconds(0),
            request: Uuid::nil(),
            action: Action::Read,
            outcome: Outcome::Success,
            agent: Text::default(),
            agent_name: Text::default(),
            role: Text::default(),
            organization: Text::default(),
            organization_name: Text::default(),
            client: Text::default(),
            patient: Text::default(),
            resource: Text::default(),
            version: Text::default(),
            query: Text::default(),
            shown: 0,
            purpose: Text::default(),
            authority: Text::default(),
            basis: Text::default(),
            policy: Text::default(),
        }
    }
}

impl<'a> Entry<'a> {
    /// No fewer bytes than [`Entry::to_leaf_bytes`] gives.
    pub fn leaf_length(&self) -> usize {
        // Salt, moment, request, numbers; each text with its length before it.
        let fixed = 1 + 16 + 8 + 16 + 2 + 4;
        self.texts().iter().fold(fixed, |length, text| length + text.len() + MOST_LENGTH_BYTES)
    }

    fn texts(&self) -> [&Text<'a>; 14] {
        [
            &self.agent,
            &self.agent_name,
            &self.role,
            &self.organization,
            &self.organization_name,
            &self.client,
            &self.patient,
            &self.resource,
            &self.version,
            &self.query,
            &self.purpose,
            &self.authority,
            &self.basis,
            &self.policy,
        ]
    }

    /// The one way to write it.
    pub fn to_leaf_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write_leaf_bytes(&mut out);
        out
    }

    /// Appends the one way to write it.
    pub(crate) fn write_leaf_bytes(&self, out: &mut Vec<u8>) {
        out.push(FORMAT);
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.time.microseconds().to_be_bytes());
        out.extend_from_slice(self.request.as_bytes());
        out.extend_from_slice(&[self.action.number(), self.outcome.number()]);
        let texts = self.texts();
        let (before, behind) = texts.split_at(10);
        before.iter().for_each(|text| write_sized(text.as_bytes(), out));
        out.extend_from_slice(&self.shown.to_be_bytes());
        behind.iter().for_each(|text| write_sized(text.as_bytes(), out));
    }

    /// Reads what [`Entry::to_leaf_bytes`] wrote, and nothing else.
    pub fn from_leaf_bytes(bytes: &'a [u8]) -> Result<Self, InvalidEntry> {
        let mut input = Input::new(bytes);
        if input.byte()? != FORMAT {
            return Err(InvalidEntry);
        }
        let text = |input: &mut Input<'a>| input.text(LONGEST_TEXT).map(|it| Text(Cow::Borrowed(it)));
        // The fields of a literal are evaluated in the order in which they are written.
        let entry = Self {
            salt: input.array()?,
            time: Instant::from_microseconds(i64::from_be_bytes(input.array()?)),
            request: Uuid::from_bytes(input.array()?),
            action: Action::from_number(input.byte()?),
            outcome: Outcome::from_number(input.byte()?).ok_or(InvalidEntry)?,
            agent: text(&mut input)?,
            agent_name: text(&mut input)?,
            role: text(&mut input)?,
            organization: text(&mut input)?,
            organization_name: text(&mut input)?,
            client: text(&mut input)?,
            patient: text(&mut input)?,
            resource: text(&mut input)?,
            version: text(&mut input)?,
            query: text(&mut input)?,
            shown: u32::from_be_bytes(input.array()?),
            purpose: text(&mut input)?,
            authority: text(&mut input)?,
            basis: text(&mut input)?,
            policy: text(&mut input)?,
        };
        if input.is_empty() { Ok(entry) } else { Err(InvalidEntry) }
    }

    /// The hash of the leaf: SHA-256 of the byte 0 and the leaf bytes.
    pub fn leaf_hash(&self) -> Hash {
        crate::tree::hash_leaf(&self.to_leaf_bytes())
    }

    /// The same, independent of where it was read from.
    pub fn into_owned(self) -> Entry<'static> {
        Entry {
            salt: self.salt,
            time: self.time,
            request: self.request,
            action: self.action,
            outcome: self.outcome,
            agent: self.agent.into_owned(),
            agent_name: self.agent_name.into_owned(),
            role: self.role.into_owned(),
            organization: self.organization.into_owned(),
            organization_name: self.organization_name.into_owned(),
            client: self.client.into_owned(),
            patient: self.patient.into_owned(),
            resource: self.resource.into_owned(),
            version: self.version.into_owned(),
            query: self.query.into_owned(),
            shown: self.shown,
            purpose: self.purpose.into_owned(),
            authority: self.authority.into_owned(),
            basis: self.basis.into_owned(),
            policy: self.policy.into_owned(),
        }
    }
}

impl<'a> Text<'a> {
    /// As a text of its own.
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The same text, borrowed.
    pub(crate) fn borrowed(&self) -> Text<'_> {
        Text(Cow::Borrowed(&self.0))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        const CUT: &str = "…";
        if text.len() <= LONGEST_TEXT {
            return Self(text);
        }
        let end = text.floor_char_boundary(LONGEST_TEXT - CUT.len());
        let kept = text.get(..end).unwrap_or_default();
        Self(Cow::Owned(format!("{kept}{CUT}")))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Cow::Borrowed(text).into()
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Cow::<str>::Owned(text).into()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
