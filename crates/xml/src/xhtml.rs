//! The `div` of a narrative: taken out of a FHIR document as it stands there, and walked through on its own.

use crate::error::XmlRule;
use crate::narrative::{NarrativeFault, NarrativeRule};
use crate::tokens::{Space, Tag, Token, Tokens};

/// Deepest nesting of elements in a narrative.
const DEPTH: usize = 100;

/// Most elements of one narrative.
const MOST_ELEMENTS: usize = 100_000;

/// Copies an element whose begin was just read, up to its end. The text stays as it stands there, so far as it
/// can stand alone: prefixes go, the namespace is declared, CDATA becomes escaped text, and line ends are those
/// that XML sees.
pub(crate) fn copy<'a>(tokens: &mut Tokens<'a>, root: &Tag<'a>) -> Result<String, XmlRule> {
    let mut out = String::new();
    open(tokens.raw(), root, true, &mut out)?;
    let mut depth = usize::from(!root.is_empty);
    while depth > 0 {
        match tokens.next()? {
            Token::Open(tag) => {
                open(tokens.raw(), &tag, false, &mut out)?;
                depth += usize::from(!tag.is_empty);
                if depth > DEPTH {
                    return Err(XmlRule::TooDeep);
                }
            }
            Token::Close => {
                let name = tokens.raw().trim_start_matches("</");
                let local = name.split_once(':').map_or(name, |(_, local)| local);
                out.push_str("</");
                out.push_str(local);
                depth -= 1;
            }
            Token::Text(_) | Token::Reference(_) | Token::Comment | Token::Instruction => {
                out.push_str(tokens.raw());
            }
            Token::Characters(text) => {
                let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                out.push_str(&escaped);
            }
            Token::End => return Err(XmlRule::UnexpectedEnd),
        }
    }
    // XML 1.0, 2.11.
    Ok(if out.contains('\r') { out.replace("\r\n", "\n").replace('\r', "\n") } else { out })
}

fn open(raw: &str, tag: &Tag<'_>, is_root: bool, out: &mut String) -> Result<(), XmlRule> {
    if tag.space != Space::Xhtml {
        return Err(XmlRule::WrongNamespace);
    }
    let stands_alone = tag.prefix.is_empty() && !tag.declares_prefixes && (!is_root || tag.declares_default);
    if stands_alone {
        out.push_str(raw);
        return Ok(());
    }
    out.push('<');
    out.push_str(tag.local);
    if is_root {
        out.push_str(&format!(" xmlns=\"{}\"", crate::XHTML));
    }
    for attribute in &tag.attributes {
        let quote = if attribute.raw.contains('"') { '\'' } else { '"' };
        out.push_str(&format!(" {}={quote}{}{quote}", attribute.name, attribute.raw));
    }
    out.push_str(if tag.is_empty { "/>" } else { ">" });
    Ok(())
}

/// Shows every token of a narrative that stands alone to `visit`, with its text. What is no well-formed `div` in
/// the namespace of XHTML is refused; what may be in it, is the visitor's matter.
pub(crate) fn walk<'a>(
    div: &'a str,
    visit: &mut dyn FnMut(&Token<'a>, &'a str) -> Result<(), NarrativeFault>,
) -> Result<(), NarrativeFault> {
    let (mut tokens, readable) = Tokens::new(div.trim_matches([' ', '\t', '\n', '\r']), MOST_ELEMENTS);
    readable?;
    let mut depth = 0_usize;
    let mut has_root = false;
    loop {
        let token = tokens.next()?;
        match &token {
            Token::Open(tag) if depth == 0 => {
                if has_root || tag.local != "div" {
                    return Err(NarrativeRule::Root.into());
                }
                if !tag.prefix.is_empty() || !tag.declares_default || tag.space != Space::Xhtml {
                    return Err(NarrativeRule::Namespace.into());
                }
                has_root = true;
                depth = usize::from(!tag.is_empty);
            }
            Token::Open(tag) => {
                if tag.space != Space::Xhtml {
                    return Err(NarrativeRule::Namespace.into());
                }
                depth += usize::from(!tag.is_empty);
                if depth > DEPTH {
                    return Err(NarrativeRule::TooDeep.into());
                }
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::End if has_root => return Ok(()),
            // Nothing may stand beside the root: it would stand between FHIR's elements in XML.
            _ if depth == 0 => return Err(NarrativeRule::Root.into()),
            _ => {}
        }
        visit(&token, tokens.raw())?;
    }
}
