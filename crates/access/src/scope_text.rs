//! SMART scopes as text (SMART App Launch 2.2, "Scopes and Launch Context").

use std::fmt;

use fhir::ResourceType;

use crate::{Scope, ScopeContext, ScopeInteractions, Scopes};

/// Why a text holds no scopes. All of them are `invalid_scope` to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There are too many, or one is too long.
    #[error("the scopes are too long or too many")]
    TooLong,
    /// The part behind `/` is not a type or `*`.
    #[error("a scope names a resource type that does not exist")]
    UnknownType,
    /// The letters are not some of `cruds` in this order, nor `read`, `write` or `*`.
    #[error("the interactions of a scope are some of cruds, in this order")]
    Interactions,
    /// The part behind `?` is not `parameter=value`, joined by `&`.
    #[error("the restriction of a scope is not of the form parameter=value")]
    Filter,
    /// A restriction by search parameters stands at a scope that writes.
    #[error("only scopes that read and search can be restricted by search parameters")]
    FilteredWrite,
    /// Scopes about one patient stand beside others.
    #[error("scopes of patient/ cannot stand beside scopes of user/ or system/")]
    MixedContexts,
}

const LONGEST_TEXT: usize = 16_384;
const LONGEST_SCOPE: usize = 512;
const MOST_SCOPES: usize = 200;

impl ScopeContext {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Patient, Self::User, Self::System];

    /// The word before `/`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        }
    }
}

impl ScopeInteractions {
    /// Some of `cruds` in this order, or the words of version 1; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => return Some(Self { read: true, search: true, ..Self::default() }),
            "write" => return Some(Self { create: true, update: true, delete: true, ..Self::default() }),
            "*" => return Some(Self::ALL),
            _ => {}
        }
        let mut interactions = Self::default();
        let mut rest = text;
        for (letter, flag) in [
            ('c', &mut interactions.create),
            ('r', &mut interactions.read),
            ('u', &mut interactions.update),
            ('d', &mut interactions.delete),
            ('s', &mut interactions.search),
        ] {
            if let Some(after) = rest.strip_prefix(letter) {
                *flag = true;
                rest = after;
            }
        }
        (rest.is_empty() && !text.is_empty()).then_some(interactions)
    }
}

impl fmt::Display for ScopeInteractions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (letter, given) in
            [("c", self.create), ("r", self.read), ("u", self.update), ("d", self.delete), ("s", self.search)]
        {
            if given {
                formatter.write_str(letter)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource_type = self.resource_type.map_or("*", ResourceType::as_str);
        write!(formatter, "{}/{resource_type}.{}", self.context.code(), self.interactions)?;
        match &self.filter {
            Some(filter) => write!(formatter, "?{filter}"),
            None => Ok(()),
        }
    }
}

/// Canonical: sorted, letters of version 2, one space between.
impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<String> = self.resources.iter().map(Scope::to_string).collect();
        texts.sort();
        texts.dedup();
        formatter.write_str(&texts.join(" "))
    }
}

impl Scopes {
    /// Reads the scopes of a request or a token. What is not about resources (`openid`, `launch/patient`, ...) is
    /// given back as it is. Contexts may be mixed, as what a client is registered for mixes them: a token is checked
    /// by [`one_context`](Self::one_context).
    pub fn parse(text: &str) -> Result<(Self, Vec<String>), ScopeError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        if text.len() > LONGEST_TEXT || words.len() > MOST_SCOPES {
            return Err(ScopeError::TooLong);
        }
        let mut scopes = Self::default();
        let mut others: Vec<String> = Vec::new();
        for word in words {
            match parse_scope(word)? {
                Some(scope) if scopes.resources.contains(&scope) => {}
                Some(scope) => scopes.resources.push(scope),
                None if others.iter().any(|known| known == word) => {}
                None => others.push(word.to_owned()),
            }
        }
        Ok((scopes, others))
    }

    /// That the scopes of `patient/` do not stand beside those of `user/` or `system/`: otherwise a token for one
    /// patient would reach others.
    pub fn one_context(&self) -> Result<(), ScopeError> {
        let patient = self.resources.iter().filter(|scope| scope.context == ScopeContext::Patient).count();
        if patient == 0 || patient == self.resources.len() { Ok(()) } else { Err(ScopeError::MixedContexts) }
    }
}

/// `None` when the word is not about resources.
fn parse_scope(word: &str) -> Result<Option<Scope>, ScopeError> {
    if word.len() > LONGEST_SCOPE {
        return Err(ScopeError::TooLong);
    }
    let context = |context: &ScopeContext| {
        word.strip_prefix(context.code()).and_then(|rest| rest.strip_prefix('/')).map(|rest| (*context, rest))
    };
    let Some((context, rest)) = ScopeContext::ALL.iter().find_map(context) else { return Ok(None) };
    let (named, filter) = match rest.split_once('?') {
        Some((named, filter)) => (named, Some(filter)),
        None => (rest, None),
    };
    let (name, letters) = named.split_once('.').ok_or(ScopeError::Interactions)?;
    let resource_type = match name {
        "*" => None,
        name => Some(name.parse().map_err(|_| ScopeError::UnknownType)?),
    };
    let interactions = ScopeInteractions::parse(letters).ok_or(ScopeError::Interactions)?;
    if let Some(filter) = filter {
        let fits = |pair: &str| {
            pair.split_once('=').is_some_and(|(name, value)| !name.is_empty() && !value.is_empty())
        };
        if !filter.split('&').all(fits) || filter.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(ScopeError::Filter);
        }
        if interactions.create || interactions.update || interactions.delete {
            return Err(ScopeError::FilteredWrite);
        }
    }
    Ok(Some(Scope { context, resource_type, interactions, filter: filter.map(str::to_owned) }))
}
