//! XML of other kinds than FHIR's, such as a SOAP envelope: a small tree of elements with their texts.
//!
//! What is refused is what [`from_xml`](crate::from_xml) refuses: a DOCTYPE, entities beyond the five of XML, characters
//! that XML does not have, more than the limits allow. Prefixes must be declared, and are dropped: servers differ in
//! what they qualify. Attributes are read and not kept.

use crate::error::{XmlError, XmlRule};
use crate::letters::{bad_character, escape, reference};
use crate::read::{Limits, locate_rule};
use crate::tokens::{Token, Tokens};

/// An element, with what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// The name without its prefix.
    pub name: String,
    /// The text directly in it, references resolved, without white space at its ends.
    pub text: String,
    /// The elements in it, in their order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, unless it is empty.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// Reads one element that fills the whole input. `limits.depth` counts elements in elements.
pub fn read_element(input: &[u8], limits: &Limits) -> Result<Element, XmlError> {
    let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
    if input.len() > limits.bytes {
        return Err(locate_rule(input, 0, XmlRule::TooLarge));
    }
    let text = std::str::from_utf8(input)
        .map_err(|error| locate_rule(input, error.valid_up_to(), XmlRule::InvalidUtf8))?;
    let (mut tokens, readable) = Tokens::new(text, limits.elements);
    let read = readable.and_then(|()| document(&mut tokens, limits.depth));
    read.map_err(|rule| locate_rule(input, tokens.start(), rule))
}

/// Iterates with a stack of its own: depth costs no stack of the thread.
fn document(tokens: &mut Tokens<'_>, depth: usize) -> Result<Element, XmlRule> {
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        match tokens.next()? {
            Token::Open(tag) => {
                if root.is_some() {
                    return Err(XmlRule::TrailingData);
                }
                let element = Element { name: tag.local.to_owned(), ..Element::default() };
                if open.len() >= depth {
                    return Err(XmlRule::TooDeep);
                }
                if tag.is_empty { close(element, &mut open, &mut root) } else { open.push(element) }
            }
            Token::Close => {
                let element = open.pop().ok_or(XmlRule::NotWellFormed)?;
                close(element, &mut open, &mut root);
            }
            Token::Text(text) => put(&mut open, text)?,
            Token::Characters(text) => put(&mut open, text)?,
            Token::Reference(name) => put(&mut open, reference(name)?.encode_utf8(&mut [0; 4]))?,
            Token::Comment | Token::Instruction => {}
            Token::End => return root.ok_or(XmlRule::UnexpectedEnd),
        }
    }
}

fn put(open: &mut [Element], text: &str) -> Result<(), XmlRule> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlRule::TextBetween),
    }
    Ok(())
}

fn close(mut element: Element, open: &mut [Element], root: &mut Option<Element>) {
    let trimmed = element.text.trim();
    if trimmed.len() != element.text.len() {
        element.text = trimmed.to_owned();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

/// Appends `<name>text</name>`, the text escaped; characters that XML does not have are left out.
pub fn write_text_element(name: &str, text: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    match bad_character(text) {
        None => escape(text, out),
        Some(_) => {
            let kept: String = text
                .chars()
                .filter(|letter| bad_character(letter.encode_utf8(&mut [0; 4])).is_none())
                .collect();
            escape(&kept, out);
        }
    }
    out.push_str("</");
    // A name may be followed by the declaration of its namespace.
    out.push_str(name.split(' ').next().unwrap_or_default());
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { depth: 8, bytes: 4_096, elements: 50 };

    fn rule(text: &str) -> XmlRule {
        read_element(text.as_bytes(), &LIMITS).unwrap_err().rule
    }

    #[test]
    fn an_envelope_becomes_a_tree() {
        let text = "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"> <s:Body>\n\
                    <d:Ten xmlns:d=\"urn:d\"> A &amp;&#x20;<![CDATA[<B>]]> </d:Ten><Empty/></s:Body></s:Envelope>";
        let tree = read_element(text.as_bytes(), &LIMITS).unwrap();
        assert_eq!(tree.name, "Envelope");
        let body = tree.child("Body").unwrap();
        assert_eq!(body.child_text("Ten"), Some("A & <B>"));
        assert_eq!(body.child_text("Empty"), None);
        assert_eq!(body.children.len(), 2);
    }

    #[test]
    fn hostile_texts_are_refused() {
        assert_eq!(rule("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), XmlRule::Doctype);
        assert_eq!(rule("<!doctype a SYSTEM \"file:///etc/passwd\"><a/>"), XmlRule::Doctype);
        assert_eq!(rule("<a>&xxe;</a>"), XmlRule::Entity);
        assert_eq!(rule("<a>\u{1}</a>"), XmlRule::Character);
        assert_eq!(rule("<a>&#0;</a>"), XmlRule::Character);
        assert_eq!(rule("<p:a/>"), XmlRule::UnboundPrefix);
        assert_eq!(rule("<a><b></a>"), XmlRule::NotWellFormed);
        assert_eq!(rule("<a>"), XmlRule::UnexpectedEnd);
        assert_eq!(rule(""), XmlRule::UnexpectedEnd);
        assert_eq!(rule("<a/><b/>"), XmlRule::TrailingData);
        assert_eq!(rule("x<a/>"), XmlRule::TextBetween);
        assert_eq!(rule(&"<a>".repeat(9)), XmlRule::TooDeep);
        assert_eq!(rule(&format!("<a>{}</a>", "<b/>".repeat(50))), XmlRule::TooLarge);
        assert_eq!(rule(&" ".repeat(5_000)), XmlRule::TooLarge);
        assert_eq!(read_element(b"<a>\xff</a>", &LIMITS).unwrap_err().rule, XmlRule::InvalidUtf8);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = String::new();
        write_text_element("a", "<Đặng> & \"con\"\u{1}", &mut out);
        assert_eq!(read_element(out.as_bytes(), &LIMITS).unwrap().text, "<Đặng> & \"con\"");
    }
}
