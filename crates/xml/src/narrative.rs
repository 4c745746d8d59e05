//! Narratives: the part of XHTML that R4 allows (`narrative.html`, invariants txt-1 and txt-2).
//!
//! Allowed is what the invariant lists, and what its text names beyond that list: the elements of chapters 7 to 11
//! and 15 of HTML 4.0 that are not deprecated, without insertions and deletions, and image maps. Entities such as
//! `&nbsp;` are not: "there is no support for HTML entities, Unicode characters SHALL be used instead".
//!
//! The text will be shown by browsers, which read it by the rules of HTML and not of XML. So what HTML would read
//! otherwise is refused as well: CDATA, processing instructions, and comments that HTML ends earlier.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::error::{XmlRule, shown_name};
use crate::letters::{is_space, unescape};
use crate::tokens::{Space, Tag, Token};
use crate::xhtml::walk;

/// The rule that a narrative broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NarrativeRule {
    /// Not well-formed XML.
    #[error("the narrative is not well-formed")]
    NotWellFormed,
    /// Something else than one `div`.
    #[error("the narrative is not one div")]
    Root,
    /// Not in the namespace of XHTML, or with prefixes.
    #[error("the div does not declare the namespace of XHTML")]
    Namespace,
    /// An element that is not on the list.
    #[error("an element is not allowed")]
    Element,
    /// An attribute that is not on the list.
    #[error("an attribute is not allowed")]
    Attribute,
    /// A link of another scheme than those that only lead somewhere.
    #[error("a link is not allowed")]
    Link,
    /// A style that runs something.
    #[error("a style is not allowed")]
    Style,
    /// A DOCTYPE.
    #[error("a DOCTYPE is not allowed")]
    Doctype,
    /// An entity that is not one of the five of XML.
    #[error("an entity is not one of the five of XML")]
    Entity,
    /// A CDATA section, a processing instruction, or a comment that browsers read otherwise.
    #[error("a CDATA section, an instruction or such a comment is not allowed")]
    Markup,
    /// Neither text nor an image.
    #[error("the narrative has no content")]
    Empty,
    /// Too many elements, or nested too deeply.
    #[error("the narrative is nested too deeply or too large")]
    TooDeep,
}

impl NarrativeRule {
    /// A name of the rule that is the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotWellFormed => "not-well-formed",
            Self::Root => "root-not-div",
            Self::Namespace => "namespace-missing",
            Self::Element => "element-not-allowed",
            Self::Attribute => "attribute-not-allowed",
            Self::Link => "link-not-allowed",
            Self::Style => "style-not-allowed",
            Self::Doctype => "doctype-not-allowed",
            Self::Entity => "entity-not-allowed",
            Self::Markup => "markup-not-allowed",
            Self::Empty => "no-content",
            Self::TooDeep => "too-deep",
        }
    }
}

/// A narrative that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct NarrativeFault {
    /// The rule that was broken.
    pub rule: NarrativeRule,
    /// The element or attribute that broke it, if it has a name that can be shown.
    pub name: Option<String>,
}

impl NarrativeFault {
    fn named(rule: NarrativeRule, name: &str) -> Self {
        Self { rule, name: shown_name(name) }
    }
}

impl From<NarrativeRule> for NarrativeFault {
    fn from(rule: NarrativeRule) -> Self {
        Self { rule, name: None }
    }
}

impl From<XmlRule> for NarrativeFault {
    fn from(rule: XmlRule) -> Self {
        let rule = match rule {
            XmlRule::Doctype => NarrativeRule::Doctype,
            XmlRule::Entity => NarrativeRule::Entity,
            XmlRule::TooDeep | XmlRule::TooLarge => NarrativeRule::TooDeep,
            _ => NarrativeRule::NotWellFormed,
        };
        rule.into()
    }
}

static ELEMENTS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn \
     div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup \
     table tbody td tfoot th thead tr tt ul var"
        .split_whitespace()
        .collect()
});

static ATTRIBUTES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign \
     char charoff charset cite class colspan compact coords dir frame headers height href \
     hreflang hspace id ismap lang longdesc name nohref nowrap rel rev rowspan rules scope shape \
     span src start style summary tabindex title type usemap valign value vspace width xml:lang \
     xml:space"
        .split_whitespace()
        .collect()
});

/// Attributes whose value leads somewhere.
const LINKS: [&str; 5] = ["cite", "href", "longdesc", "src", "usemap"];

/// Schemes that lead somewhere and run nothing; `urn` is how a narrative names an entry of its Bundle.
const SCHEMES: [&str; 6] = ["ftp", "http", "https", "mailto", "tel", "urn"];

/// Checks the text of `Narrative.div`.
pub fn check_narrative(div: &str) -> Result<(), NarrativeFault> {
    let mut has_content = false;
    walk(div, &mut |token, raw| {
        match token {
            Token::Open(tag) => has_content |= check_tag(tag)?,
            Token::Text(text) => has_content |= !text.bytes().all(is_space),
            Token::Reference(name) => {
                has_content |= !matches!(crate::letters::reference(name)?, ' ' | '\t' | '\n' | '\r');
            }
            // For a browser `<!-->` and `<!--->` are whole comments, and what follows is markup.
            Token::Comment if raw.starts_with("<!-->") || raw.starts_with("<!--->") => {
                return Err(NarrativeRule::Markup.into());
            }
            Token::Comment | Token::Close | Token::End => {}
            Token::Characters(_) | Token::Instruction => return Err(NarrativeRule::Markup.into()),
        }
        Ok(())
    })?;
    if has_content { Ok(()) } else { Err(NarrativeRule::Empty.into()) }
}

/// Whether the element is content by itself: an image that is somewhere.
fn check_tag(tag: &Tag<'_>) -> Result<bool, NarrativeFault> {
    if !tag.prefix.is_empty() || !ELEMENTS.contains(tag.local) {
        return Err(NarrativeFault::named(NarrativeRule::Element, tag.local));
    }
    if tag.declares_prefixes {
        return Err(NarrativeFault::named(NarrativeRule::Attribute, "xmlns"));
    }
    for attribute in &tag.attributes {
        let refused = |rule| Err(NarrativeFault::named(rule, attribute.name));
        let is_ours = matches!(attribute.space, Space::None | Space::Xml);
        if !is_ours || !ATTRIBUTES.contains(attribute.name) {
            return refused(NarrativeRule::Attribute);
        }
        let value = unescape(attribute.raw)?;
        if LINKS.contains(&attribute.name) && !is_harmless_link(&value, attribute.name == "src") {
            return refused(NarrativeRule::Link);
        }
        if attribute.name == "style" && !is_harmless_style(&value) {
            return refused(NarrativeRule::Style);
        }
    }
    Ok(tag.local == "img" && tag.attributes.iter().any(|attribute| attribute.name == "src"))
}

/// Browsers drop white space and control characters from links before they look at the scheme.
fn is_harmless_link(link: &str, is_source: bool) -> bool {
    let link: String = link.chars().filter(|letter| *letter > ' ' && !letter.is_control()).collect();
    let before_path = link.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = before_path.split_once(':') else { return true };
    let scheme = scheme.to_ascii_lowercase();
    if is_source && scheme == "data" {
        return link.get(5..11).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
    }
    SCHEMES.contains(&scheme.as_str())
}

/// A style may show pictures, as `img` may, but not run anything; a backslash could hide that it does.
fn is_harmless_style(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let runs = ["\\", "expression(", "@import", "javascript:", "behavior:", "binding:"];
    !runs.iter().any(|part| style.contains(part))
        && style.split("url(").skip(1).all(|rest| {
            let link = rest.split(')').next().unwrap_or_default();
            is_harmless_link(link.trim().trim_matches(['"', '\'']), true)
        })
}

#[cfg(test)]
#[path = "narrative_tests.rs"]
mod tests;
