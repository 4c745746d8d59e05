//! Functions on strings. Positions count characters, not bytes.

use regex_lite::{Regex, RegexBuilder};

use super::{Evaluator, Outcome, Scope, encoding, integer, single};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::tree::Tree;
use crate::value::{Text, Value};

/// Largest compiled regular expression.
const PATTERN_BYTES: usize = 128 * 1024;
/// Steps for each byte that a regular expression looks at: it may be in many states at once.
const PATTERN_STEPS: usize = 16;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn text(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        use Function as F;
        let name = function.name();
        if function == F::Join {
            return self.join(input, arguments, scope, out);
        }
        let Some(text) = text_of(input, name)? else {
            return Ok(());
        };
        self.charge_bytes(text.len())?;
        let result = match function {
            F::Length => count(text.chars().count()),
            F::Upper => Some(Value::string(text.to_uppercase())),
            F::Lower => Some(Value::string(text.to_lowercase())),
            F::Trim => Some(Value::string(text.trim())),
            F::ToChars => {
                self.charge(text.len())?;
                out.extend(text.chars().map(|character| Item::Value(Value::string(character.to_string()))));
                None
            }
            F::Substring => self.substring(&text, arguments, scope)?,
            F::Replace | F::ReplaceMatches => {
                let pattern = self.text_argument(arguments, 0, scope, name)?;
                let replacement = self.text_argument(arguments, 1, scope, name)?;
                let (Some(pattern), Some(replacement)) = (pattern, replacement) else {
                    return Ok(());
                };
                if function == F::Replace {
                    let places = text.matches(&*pattern).count();
                    self.charge_bytes(places.saturating_mul(replacement.len()))?;
                    Some(Value::string(text.replace(&*pattern, &replacement)))
                } else if pattern.is_empty() {
                    Some(Value::String(text))
                } else {
                    // A replacement may repeat the match, so this is what the result can grow to.
                    self.charge_bytes((text.len() + 1).saturating_mul(replacement.len() + 1))?;
                    let replaced = self.with_pattern(&pattern, &text, |pattern| {
                        pattern.replace_all(&text, &*replacement).into_owned()
                    })?;
                    Some(Value::string(replaced))
                }
            }
            _ => {
                let Some(argument) = self.text_argument(arguments, 0, scope, name)? else {
                    return Ok(());
                };
                match function {
                    F::StartsWith => Some(Value::Boolean(text.starts_with(&*argument))),
                    F::EndsWith => Some(Value::Boolean(text.ends_with(&*argument))),
                    F::Contains => Some(Value::Boolean(text.contains(&*argument))),
                    F::IndexOf => position(&text, text.find(&*argument)),
                    F::LastIndexOf => position(&text, text.rfind(&*argument)),
                    F::Matches => Some(Value::Boolean(
                        self.with_pattern(&argument, &text, |pattern| pattern.is_match(&text))?,
                    )),
                    F::MatchesFull => {
                        let whole = format!("^(?:{})$", &*argument);
                        Some(Value::Boolean(
                            self.with_pattern(&whole, &text, |pattern| pattern.is_match(&text))?,
                        ))
                    }
                    F::Split => {
                        self.charge(text.len())?;
                        if argument.is_empty() {
                            out.push(Item::Value(Value::String(text)));
                        } else {
                            out.extend(text.split(&*argument).map(|part| Item::Value(Value::string(part))));
                        }
                        None
                    }
                    F::Encode => encoding::encode(&text, &argument, name)?.map(Value::string),
                    F::Decode => encoding::decode(&text, &argument, name)?.map(Value::string),
                    F::Escape => encoding::escape(&text, &argument, name)?.map(Value::string),
                    _ => encoding::unescape(&text, &argument, name)?.map(Value::string),
                }
            }
        };
        out.extend(result.map(Item::Value));
        Ok(())
    }

    fn join(
        &self,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = Function::Join.name();
        if input.is_empty() {
            return Ok(());
        }
        let separator = self.text_argument(arguments, 0, scope, name)?;
        let separator = separator.as_deref().unwrap_or_default();
        let mut joined = String::new();
        for (index, item) in input.iter().enumerate() {
            let text = text_of(std::slice::from_ref(item), name)?;
            let text = text.as_deref().unwrap_or_default();
            self.charge_bytes(text.len() + separator.len())?;
            if index > 0 {
                joined.push_str(separator);
            }
            joined.push_str(text);
        }
        out.push(Value::string(joined).into());
        Ok(())
    }

    fn substring(
        &self,
        text: &str,
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
    ) -> Result<Option<Value<'a>>, EvaluateError> {
        let name = Function::Substring.name();
        let Some(start) = integer(&self.argument(arguments, 0, scope)?, name)? else {
            return Ok(None);
        };
        let length = integer(&self.argument(arguments, 1, scope)?, name)?;
        let Ok(start) = usize::try_from(start) else {
            return Ok(None);
        };
        // A start at the end of the text is outside of it already.
        let Some((at, _)) = text.char_indices().nth(start) else {
            return Ok(None);
        };
        let rest = text.get(at..).unwrap_or_default();
        let length = length.map_or(usize::MAX, |length| usize::try_from(length.max(0)).unwrap_or(usize::MAX));
        let end = rest.char_indices().nth(length).map_or(rest.len(), |(end, _)| end);
        Ok(rest.get(..end).map(Value::string))
    }

    /// Runs with the compiled pattern on a text; `.` matches line ends too.
    fn with_pattern<T>(
        &self,
        pattern: &str,
        text: &str,
        run: impl FnOnce(&Regex) -> T,
    ) -> Result<T, EvaluateError> {
        self.charge(text.len().saturating_mul(PATTERN_STEPS))?;
        let mut last = self.pattern.borrow_mut();
        if let Some((known, compiled)) = &*last
            && known == pattern
        {
            return Ok(run(compiled));
        }
        self.charge(64 + pattern.len())?;
        let builder = &mut RegexBuilder::new(pattern);
        let compiled = builder.dot_matches_new_line(true).size_limit(PATTERN_BYTES).build();
        let compiled = compiled.map_err(|_| EvaluateError::InvalidPattern)?;
        let (_, compiled) = last.insert((pattern.to_owned(), compiled));
        Ok(run(compiled))
    }
}

/// The text of the only item. Elements that are written as text count as text, also dates.
fn text_of<'a>(input: &[Item<'a>], name: &'static str) -> Result<Option<Text<'a>>, EvaluateError> {
    let wrong = EvaluateError::WrongType(name);
    match single(input, name)? {
        None => Ok(None),
        Some(Item::Value(Value::String(text))) => Ok(Some(text.clone())),
        Some(Item::Value(_)) => Err(wrong),
        Some(Item::Element(element)) => match element.node().as_str() {
            Some(text) => Ok(Some(Text::Borrowed(text))),
            None if element.is_primitive() && !element.has_value() => Ok(None),
            None => Err(wrong),
        },
    }
}

fn count(value: usize) -> Option<Value<'static>> {
    i64::try_from(value).ok().map(Value::Integer)
}

/// The position in characters of a place in bytes; -1 for none.
fn position(text: &str, at: Option<usize>) -> Option<Value<'static>> {
    match at {
        None => Some(Value::Integer(-1)),
        Some(at) => count(text.get(..at)?.chars().count()),
    }
}
