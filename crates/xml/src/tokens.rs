//! From text to tags, texts and ends: quick-xml splits, and what it lets pass is refused here. A DOCTYPE ends the
//! reading before anything in it is looked at, so there are no entities to unfold.

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::Event;

use crate::error::XmlRule;
use crate::letters::{bad_character, is_space};

/// Most attributes of one element, and most namespaces in scope: both are searched one by one.
const MOST_ATTRIBUTES: usize = 64;

/// What a namespace means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    None,
    Fhir,
    Xhtml,
    /// `xml:`
    Xml,
    /// XML Schema instance: `xsi:schemaLocation`.
    SchemaInstance,
    Other,
}

impl Space {
    fn named(uri: &str) -> Self {
        match uri {
            "" => Self::None,
            crate::FHIR => Self::Fhir,
            crate::XHTML => Self::Xhtml,
            "http://www.w3.org/XML/1998/namespace" => Self::Xml,
            "http://www.w3.org/2001/XMLSchema-instance" => Self::SchemaInstance,
            _ => Self::Other,
        }
    }
}

/// An attribute that declares no namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// The name as it stands there, with its prefix.
    pub(crate) name: &'a str,
    pub(crate) space: Space,
    /// The value, still escaped.
    pub(crate) raw: &'a str,
}

/// The begin of an element.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    pub(crate) prefix: &'a str,
    /// The name without its prefix.
    pub(crate) local: &'a str,
    pub(crate) space: Space,
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// Whether it declares the default namespace itself.
    pub(crate) declares_default: bool,
    /// Whether it declares prefixes.
    pub(crate) declares_prefixes: bool,
    /// Whether it ends at once: `<br/>`.
    pub(crate) is_empty: bool,
}

/// What stands in a document.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    Open(Tag<'a>),
    Close,
    Text(&'a str),
    /// The name between `&` and `;`.
    Reference(&'a str),
    Characters(&'a str),
    Comment,
    Instruction,
    End,
}

struct Binding<'a> {
    prefix: &'a str,
    space: Space,
    depth: usize,
}

/// The tokens of a text.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    start: usize,
    depth: usize,
    elements_left: usize,
    bindings: Vec<Binding<'a>>,
}

impl<'a> Tokens<'a> {
    /// Fails when the text has a character that XML does not have; [`Self::start`] is its place then.
    pub(crate) fn new(text: &'a str, most_elements: usize) -> (Self, Result<(), XmlRule>) {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        // quick-xml would skip a mark without counting it; whoever may have one has taken it off.
        let (bad, rule) = match bad_character(text) {
            None if text.starts_with('\u{FEFF}') => (Some(0), XmlRule::NotWellFormed),
            bad => (bad, XmlRule::Character),
        };
        let start = bad.unwrap_or(0);
        let tokens =
            Self { text, reader, start, depth: 0, elements_left: most_elements, bindings: Vec::new() };
        (tokens, bad.map_or(Ok(()), |_| Err(rule)))
    }

    /// Where the last token begins, as an offset of bytes.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The last token as it stands there.
    pub(crate) fn raw(&self) -> &'a str {
        self.text.get(self.start..self.position()).unwrap_or_default()
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, XmlRule> {
        self.start = self.position();
        let ahead = self.text.get(self.start..).unwrap_or_default();
        if ahead.get(..9).is_some_and(|begin| begin.eq_ignore_ascii_case("<!DOCTYPE")) {
            return Err(XmlRule::Doctype);
        }
        // What the events hold is taken from the text again, which lives longer than they do.
        let event = self.reader.read_event().map_err(|error| rule_of(&error))?;
        let raw = self.raw();
        let inner = |before: usize, after: usize| {
            raw.get(before..raw.len().saturating_sub(after)).unwrap_or_default()
        };
        Ok(match event {
            Event::Start(_) => Token::Open(self.open(inner(1, 1), false)?),
            Event::Empty(_) => Token::Open(self.open(inner(1, 2), true)?),
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.unbind();
                Token::Close
            }
            Event::Text(_) if raw.contains("]]>") => return Err(XmlRule::NotWellFormed),
            Event::Text(_) => Token::Text(raw),
            Event::GeneralRef(_) => {
                crate::letters::reference(inner(1, 1))?;
                Token::Reference(inner(1, 1))
            }
            Event::CData(_) => Token::Characters(inner(9, 3)),
            Event::Comment(_) => Token::Comment,
            Event::Decl(_) if self.start == 0 => {
                declaration(inner(5, 2))?;
                Token::Instruction
            }
            Event::Decl(_) => return Err(XmlRule::NotWellFormed),
            Event::PI(_) => {
                let target = inner(2, 2).split(|letter: char| letter.is_ascii_whitespace()).next();
                let target = target.unwrap_or_default();
                // Names like `XML` are reserved.
                if !is_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(XmlRule::NotWellFormed);
                }
                Token::Instruction
            }
            Event::DocType(_) => return Err(XmlRule::Doctype),
            Event::Eof if self.depth > 0 => return Err(XmlRule::UnexpectedEnd),
            Event::Eof => Token::End,
        })
    }

    fn open(&mut self, content: &'a str, is_empty: bool) -> Result<Tag<'a>, XmlRule> {
        self.elements_left = self.elements_left.checked_sub(1).ok_or(XmlRule::TooLarge)?;
        self.depth += 1;
        let length = content.bytes().position(is_space).unwrap_or(content.len());
        let (name, rest) = content.split_at(length);
        let (prefix, local) = split_name(name)?;
        let mut attributes = attributes(rest)?;
        let (mut declares_default, mut declares_prefixes) = (false, false);
        for attribute in &attributes {
            let prefix = match attribute.name.strip_prefix("xmlns") {
                Some("") => {
                    declares_default = true;
                    ""
                }
                Some(prefix) if prefix.starts_with(':') => {
                    declares_prefixes = true;
                    prefix.trim_start_matches(':')
                }
                _ => continue,
            };
            let space = Space::named(&crate::letters::unescape(attribute.raw)?);
            // Namespaces in XML 1.0: `xml` is bound for good, `xmlns` never, and a prefix is not undeclared.
            if (prefix == "xml") != (space == Space::Xml)
                || prefix == "xmlns"
                || (!prefix.is_empty() && space == Space::None)
            {
                return Err(XmlRule::NotWellFormed);
            }
            if self.bindings.len() >= MOST_ATTRIBUTES {
                return Err(XmlRule::TooLarge);
            }
            self.bindings.push(Binding { prefix, space, depth: self.depth });
        }
        attributes.retain(|attribute| !declares(attribute.name));
        for attribute in &mut attributes {
            let (prefix, _) = split_name(attribute.name)?;
            // The default namespace is not for attributes.
            attribute.space = if prefix.is_empty() { Space::None } else { self.resolve(prefix)? };
        }
        let space = self.resolve(prefix)?;
        if is_empty {
            self.depth -= 1;
            self.unbind();
        }
        Ok(Tag { prefix, local, space, attributes, declares_default, declares_prefixes, is_empty })
    }

    fn resolve(&self, prefix: &str) -> Result<Space, XmlRule> {
        let bound = self.bindings.iter().rev().find(|binding| binding.prefix == prefix);
        match (bound, prefix) {
            (Some(binding), _) => Ok(binding.space),
            (None, "") => Ok(Space::None),
            (None, "xml") => Ok(Space::Xml),
            (None, _) => Err(XmlRule::UnboundPrefix),
        }
    }

    /// Forgets the namespaces of elements that have ended.
    fn unbind(&mut self) {
        while self.bindings.last().is_some_and(|binding| binding.depth > self.depth) {
            self.bindings.pop();
        }
    }
}

/// Whether an attribute of this name declares a namespace.
pub(crate) fn declares(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}

fn rule_of(error: &Error) -> XmlRule {
    match error {
        Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => XmlRule::UnexpectedEnd,
        Error::IllFormed(IllFormedError::MissingDoctypeName) => XmlRule::Doctype,
        _ => XmlRule::NotWellFormed,
    }
}

/// `version="1.0" encoding="UTF-8" standalone="yes"`
fn declaration(content: &str) -> Result<(), XmlRule> {
    let parts = attributes(content)?;
    let mut parts = parts.iter().map(|part| (part.name, part.raw));
    if parts.next() != Some(("version", "1.0")) {
        return Err(XmlRule::Encoding);
    }
    let mut next = parts.next();
    if let Some(("encoding", name)) = next {
        if !name.eq_ignore_ascii_case("utf-8") {
            return Err(XmlRule::Encoding);
        }
        next = parts.next();
    }
    if let Some(("standalone", "yes" | "no")) = next {
        next = parts.next();
    }
    if next.is_some() { Err(XmlRule::NotWellFormed) } else { Ok(()) }
}

fn attributes(text: &str) -> Result<Vec<Attribute<'_>>, XmlRule> {
    let mut found: Vec<Attribute<'_>> = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() {
            // Two attributes without white space between them.
            return Err(XmlRule::NotWellFormed);
        }
        let (name, value) = trimmed.split_once('=').ok_or(XmlRule::NotWellFormed)?;
        let name = name.trim_end_matches([' ', '\t', '\n', '\r']);
        split_name(name)?;
        let value = value.trim_start_matches([' ', '\t', '\n', '\r']);
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let quoted = quote.and_then(|quote| value.get(1..)?.split_once(quote));
        let (raw, after) = quoted.ok_or(XmlRule::NotWellFormed)?;
        if raw.contains('<') {
            return Err(XmlRule::NotWellFormed);
        }
        if found.iter().any(|other| other.name == name) {
            return Err(XmlRule::RepeatedAttribute);
        }
        if found.len() >= MOST_ATTRIBUTES {
            return Err(XmlRule::TooLarge);
        }
        found.push(Attribute { name, space: Space::None, raw });
        rest = after;
    }
}

/// Prefix (empty if there is none) and local name.
fn split_name(name: &str) -> Result<(&str, &str), XmlRule> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, _)) if !is_name(prefix) => return Err(XmlRule::NotWellFormed),
        Some(parts) => parts,
        None => ("", name),
    };
    if is_name(local) { Ok((prefix, local)) } else { Err(XmlRule::NotWellFormed) }
}

/// A name without a colon. Outside of ASCII every letter passes: no such name is known here anyway.
fn is_name(name: &str) -> bool {
    let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii();
    let goes_on = |letter: char| begins(letter) || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    name.starts_with(begins) && name.chars().all(goes_on)
}
