//! `_filter`: the language of R4 search_filter.html, as far as docs/search.md names it.

use super::engine::Question;
use super::filter_test::test;
use super::{Answer, invalid};
use crate::world::Resource;

enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
    Test { path: String, operator: String, value: String },
}

pub fn holds(question: &Question<'_>, resource: &Resource, text: &str) -> Answer<bool> {
    let words = words(text).map_or_else(|| invalid(text), Ok)?;
    let mut reader = Reader { words: &words, at: 0 };
    let tree = reader.either().filter(|_| reader.at == words.len());
    match tree {
        Some(tree) => evaluate(question, resource, &tree),
        None => invalid(text),
    }
}

fn evaluate(question: &Question<'_>, resource: &Resource, tree: &Tree) -> Answer<bool> {
    match tree {
        Tree::Not(inner) => Ok(!evaluate(question, resource, inner)?),
        Tree::Test { path, operator, value } => test(question, resource, path, operator, value),
        Tree::And(parts) => {
            let mut all = true;
            for part in parts {
                all &= evaluate(question, resource, part)?;
            }
            Ok(all)
        }
        Tree::Or(parts) => {
            let mut some = false;
            for part in parts {
                some |= evaluate(question, resource, part)?;
            }
            Ok(some)
        }
    }
}

/// Words, parentheses, and quoted texts (with their first quote kept as a mark).
fn words(text: &str) -> Option<Vec<String>> {
    let characters: Vec<char> = text.chars().collect();
    let (mut words, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        match characters[at] {
            ' ' => at += 1,
            sign @ ('(' | ')') => {
                words.push(sign.to_string());
                at += 1;
            }
            '"' => {
                let mut word = String::from("\"");
                at += 1;
                while *characters.get(at)? != '"' {
                    if characters[at] == '\\' {
                        at += 1;
                    }
                    word.push(*characters.get(at)?);
                    at += 1;
                }
                at += 1;
                words.push(word);
            }
            _ => {
                let start = at;
                while at < characters.len() && ![' ', '(', ')'].contains(&characters[at]) {
                    at += 1;
                }
                words.push(characters[start..at].iter().collect());
            }
        }
    }
    Some(words)
}

struct Reader<'a> {
    words: &'a [String],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, wanted: &str) -> bool {
        let found = self.words.get(self.at).is_some_and(|word| word == wanted);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Option<String> {
        self.at += 1;
        self.words.get(self.at - 1).cloned()
    }

    /// The generator writes parentheses wherever `and` and `or` meet, so their precedence is not asked.
    fn either(&mut self) -> Option<Tree> {
        let mut parts = vec![self.both()?];
        while self.take("or") {
            parts.push(self.both()?);
        }
        Some(Tree::Or(parts))
    }

    fn both(&mut self) -> Option<Tree> {
        let mut parts = vec![self.one()?];
        while self.take("and") {
            parts.push(self.one()?);
        }
        Some(Tree::And(parts))
    }

    fn one(&mut self) -> Option<Tree> {
        let not = self.take("not");
        let tree = if self.take("(") {
            let tree = self.either()?;
            self.take(")").then_some(tree)?
        } else {
            Tree::Test { path: self.word()?, operator: self.word()?, value: self.word()? }
        };
        Some(if not { Tree::Not(Box::new(tree)) } else { tree })
    }
}
