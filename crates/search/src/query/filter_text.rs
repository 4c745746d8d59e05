//! The text of `_filter` as a tree (R4 `search_filter.html`). What names and values mean is not known here.
//!
//! ```text
//! filter = all *( "or" all )            all  = one *( "and" one )
//! one    = "(" filter ")" / "not" "(" filter ")" / path operator value
//! path   = step *( "." step )           step = name [ ":" type ] [ "[" filter "]" ]
//! value  = JSON string / characters other than white space, ")" and "]"
//! ```
//!
//! * `and` binds tighter than `or`: `a or b and c` is `a or (b and c)`.
//! * `not` and a bracket must be followed by what belongs to them: `not (...)`, `name[...].rest`. A parameter
//!   that is called `not` can still be named, for no `(` follows it.
//! * Keywords and operators are in lower case. A quoted value is the same as the bare one.

use std::fmt;

use json::{Limits, Value};

/// Deepest nesting of filters in parentheses and brackets.
const DEEPEST: usize = 32;
/// Most tests in one text.
const MOST_TESTS: usize = 256;
/// Longest text in bytes.
const LONGEST: usize = 16 * 1024;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FilterTree {
    /// All of two or more are true.
    And(Vec<FilterTree>),
    /// One of two or more is true.
    Or(Vec<FilterTree>),
    /// It is false.
    Not(Box<FilterTree>),
    /// The values at the path compare with the value.
    Test { path: Vec<FilterStep>, operator: FilterOperator, value: String },
}

/// One name of a path: `subject:Patient[active eq true]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterStep {
    /// The name of a parameter.
    pub name: String,
    /// The type of what it refers to.
    pub resource_type: Option<String>,
    /// What must be true of the things that the rest of the path looks at.
    pub filter: Option<Box<FilterTree>>,
}

/// Makes the operators and their names, each once.
macro_rules! operators {
    ($($(#[$meta:meta])* $operator:ident = $name:literal,)*) => {
        /// How a test compares.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum FilterOperator {
            $($(#[$meta])* $operator,)*
        }

        impl FilterOperator {
            const ALL: &[Self] = &[$(Self::$operator),*];

            /// As it is written.
            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$operator => $name,)*
                }
            }
        }
    };
}

operators! {
    Equal = "eq",
    NotEqual = "ne",
    Contains = "co",
    StartsWith = "sw",
    EndsWith = "ew",
    Greater = "gt",
    Less = "lt",
    GreaterOrEqual = "ge",
    LessOrEqual = "le",
    Approximate = "ap",
    StartsAfter = "sa",
    EndsBefore = "eb",
    /// There is a value, or there is none.
    Present = "pr",
    Overlaps = "po",
    Subsumes = "ss",
    SubsumedBy = "sb",
    InValueSet = "in",
    NotInValueSet = "ni",
    /// A reference to this resource.
    RefersTo = "re",
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilterProblem {
    /// A name, `(` or `not (` should stand here.
    NameExpected,
    /// The name of a type should stand here.
    TypeExpected,
    /// `.` and a name should follow the bracket.
    PathExpected,
    /// A blank and one of the operators should stand here.
    OperatorExpected,
    /// A blank and a value should stand here.
    ValueExpected,
    /// The quoted value is not a JSON string.
    BadString,
    /// `)` or `]` should stand here.
    CloseExpected,
    /// `and`, `or` or the end should stand here.
    EndExpected,
    /// More nesting than 32.
    TooDeep,
    /// More tests than 256.
    TooMany,
    /// More text than 16 KiB.
    TooLong,
}

/// What is wrong, and the byte at which it was seen: the first of a character, or the end. For a bad string it
/// is the opening quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FilterError {
    pub problem: FilterProblem,
    pub offset: usize,
}

/// Reads a whole text.
pub(super) fn parse_filter(text: &str) -> Result<FilterTree, FilterError> {
    if text.len() > LONGEST {
        return Err(FilterError {
            problem: FilterProblem::TooLong,
            offset: text.floor_char_boundary(LONGEST),
        });
    }
    let mut reader = Reader { text, at: 0, depth: 0, tests: 0 };
    let tree = reader.any_of()?;
    if reader.at < text.len() { reader.fail(FilterProblem::EndExpected) } else { Ok(tree) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    tests: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, problem: FilterProblem) -> Result<T, FilterError> {
        Err(FilterError { problem, offset: self.at })
    }

    /// Takes the characters of that sort that stand here.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|character| !belongs(character)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Takes the character if it stands here.
    fn take(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        self.at += if found { character.len_utf8() } else { 0 };
        found
    }

    fn skip_blanks(&mut self) -> bool {
        !self.take_while(char::is_whitespace).is_empty()
    }

    /// Takes the word if it stands here alone.
    fn take_word(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.take_while(is_name_character) == word;
        if !found {
            self.at = start;
        }
        found
    }

    fn any_of(&mut self) -> Result<FilterTree, FilterError> {
        self.joined("or", Self::all_of, FilterTree::Or)
    }

    fn all_of(&mut self) -> Result<FilterTree, FilterError> {
        self.joined("and", Self::one, FilterTree::And)
    }

    /// One or more parts with a word between them. Stops, blanks skipped, before what is not that word.
    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<FilterTree, FilterError>,
        join: fn(Vec<FilterTree>) -> FilterTree,
    ) -> Result<FilterTree, FilterError> {
        let first = part(self)?;
        self.skip_blanks();
        let mut more = Vec::new();
        while self.take_word(word) {
            more.push(part(self)?);
            self.skip_blanks();
        }
        if more.is_empty() {
            return Ok(first);
        }
        more.insert(0, first);
        Ok(join(more))
    }

    fn one(&mut self) -> Result<FilterTree, FilterError> {
        self.skip_blanks();
        if self.take('(') {
            return self.enclosed(')');
        }
        let start = self.at;
        if self.take_word("not") {
            self.skip_blanks();
            if self.take('(') {
                return Ok(FilterTree::Not(Box::new(self.enclosed(')')?)));
            }
            self.at = start;
        }
        self.test()
    }

    /// A filter after its opening sign, and the sign that closes it.
    fn enclosed(&mut self, close: char) -> Result<FilterTree, FilterError> {
        if self.depth >= DEEPEST {
            return self.fail(FilterProblem::TooDeep);
        }
        self.depth += 1;
        let tree = self.any_of()?;
        self.depth -= 1;
        if self.take(close) { Ok(tree) } else { self.fail(FilterProblem::CloseExpected) }
    }

    fn test(&mut self) -> Result<FilterTree, FilterError> {
        if self.tests >= MOST_TESTS {
            return self.fail(FilterProblem::TooMany);
        }
        self.tests += 1;
        let mut path = vec![self.step()?];
        while self.take('.') {
            path.push(self.step()?);
        }
        if path.last().is_some_and(|step| step.filter.is_some()) {
            return self.fail(FilterProblem::PathExpected);
        }
        if !self.skip_blanks() {
            return self.fail(FilterProblem::OperatorExpected);
        }
        let Some(operator) = FilterOperator::ALL.iter().copied().find(|known| self.take_word(known.as_str()))
        else {
            return self.fail(FilterProblem::OperatorExpected);
        };
        if !self.skip_blanks() {
            return self.fail(FilterProblem::ValueExpected);
        }
        Ok(FilterTree::Test { path, operator, value: self.value()? })
    }

    fn step(&mut self) -> Result<FilterStep, FilterError> {
        if !self.rest().starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            return self.fail(FilterProblem::NameExpected);
        }
        let name = self.take_while(is_name_character).to_owned();
        let mut resource_type = None;
        if self.take(':') {
            if !self.rest().starts_with(|first: char| first.is_ascii_alphabetic()) {
                return self.fail(FilterProblem::TypeExpected);
            }
            resource_type = Some(self.take_while(|character| character.is_ascii_alphanumeric()).to_owned());
        }
        let filter = if self.take('[') { Some(Box::new(self.enclosed(']')?)) } else { None };
        Ok(FilterStep { name, resource_type, filter })
    }

    fn value(&mut self) -> Result<String, FilterError> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let value = self.bare();
        match self.rest().chars().next() {
            // The same as in a quoted value.
            Some(next) if next.is_control() && !next.is_whitespace() => {
                self.fail(FilterProblem::ValueExpected)
            }
            _ if value.is_empty() => self.fail(FilterProblem::ValueExpected),
            _ => Ok(value.to_owned()),
        }
    }

    /// A bare value. Brackets that open in it belong to it: `mm[Hg]`.
    fn bare(&mut self) -> &'a str {
        let mut open = 0_usize;
        let length = self.rest().find(|next: char| match next {
            '[' => {
                open += 1;
                false
            }
            ']' if open > 0 => {
                open -= 1;
                false
            }
            next => !is_bare(next),
        });
        let length = length.unwrap_or(self.rest().len());
        let value = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        value
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let Some(length) = quoted_length(self.rest()) else {
            return self.fail(FilterProblem::BadString);
        };
        let literal = self.rest().get(..length).unwrap_or_default();
        let read = json::parse(literal.as_bytes(), &Limits::default()).map(|node| node.value);
        let Ok(Value::String(text)) = read else {
            return self.fail(FilterProblem::BadString);
        };
        self.at += length;
        // `"a"and` would be read as two things that nobody wrote.
        let apart = |next: char| next.is_whitespace() || matches!(next, ')' | ']');
        if self.rest().is_empty() || self.rest().starts_with(apart) {
            Ok(text.into_owned())
        } else {
            self.fail(FilterProblem::EndExpected)
        }
    }
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// Whether a value may have the character without quotes.
fn is_bare(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !matches!(character, ')' | ']')
}

/// The length of the JSON string at the beginning, quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// As text that is read back as the same tree.
impl fmt::Display for FilterTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => {
                join(formatter, parts, " and ", |part| matches!(part, Self::And(_) | Self::Or(_)))
            }
            Self::Or(parts) => join(formatter, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => write!(formatter, "not ({inner})"),
            Self::Test { path, operator, value } => {
                for (index, step) in path.iter().enumerate() {
                    formatter.write_str(if index > 0 { "." } else { "" })?;
                    write!(formatter, "{step}")?;
                }
                write!(formatter, " {} ", operator.as_str())?;
                if value.is_empty()
                    || value.starts_with('"')
                    || value.contains('[')
                    || !value.chars().all(is_bare)
                {
                    let mut quoted = String::new();
                    json::write_string(value, &mut quoted);
                    return formatter.write_str(&quoted);
                }
                formatter.write_str(value)
            }
        }
    }
}

fn join(
    formatter: &mut fmt::Formatter<'_>,
    parts: &[FilterTree],
    word: &str,
    needs_parentheses: fn(&FilterTree) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        formatter.write_str(if index > 0 { word } else { "" })?;
        if needs_parentheses(part) { write!(formatter, "({part})")? } else { write!(formatter, "{part}")? }
    }
    Ok(())
}

impl fmt::Display for FilterStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        if let Some(resource_type) = &self.resource_type {
            write!(formatter, ":{resource_type}")?;
        }
        self.filter.as_ref().map_or(Ok(()), |filter| write!(formatter, "[{filter}]"))
    }
}

#[cfg(test)]
#[path = "filter_text_tests.rs"]
mod tests;
