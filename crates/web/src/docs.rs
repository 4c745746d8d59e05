//! Documents for whoever connects a system: their list, and one of them from its Markdown.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::Language;

/// What documents need beside [`STYLE`](crate::STYLE).
pub const DOCS_STYLE: &str = "\
body{max-width:56rem}
pre{background:#f1f5f6;padding:.75rem;overflow-x:auto;border-radius:.4rem}
code{font-family:ui-monospace,monospace;font-size:.95em}
table{border-collapse:collapse;display:block;overflow-x:auto}
th,td{border:1px solid #9aa9b0;padding:.3rem .55rem;text-align:left;vertical-align:top}
section{border-top:1px solid #9aa9b0;padding:.25rem 0}
.demo{border-left:4px solid #00566d;padding-left:.75rem}
.en{color:#3f525b}
";

/// A document in the list.
#[derive(Debug, Clone, Copy)]
pub struct DocumentLink {
    /// Its name in the address.
    pub name: &'static str,
    /// Its title in Vietnamese.
    pub vietnamese: &'static str,
    /// Its title in English.
    pub english: &'static str,
}

/// A page of the documents.
pub(crate) fn page(title: &str, language: Language, body: &Markup) -> String {
    let other = match language {
        Language::Vietnamese => ("en", "English"),
        Language::English => ("vi", "Tiếng Việt"),
    };
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) " – Healthbook" }
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                header {
                    p { a.link href="/docs" { (language.say("Tài liệu Healthbook", "Healthbook documents")) } }
                    a.link href={ "?lang=" (other.0) } lang=(other.0) hreflang=(other.0) { (other.1) }
                }
                main { (body) }
            }
        }
    }
    .into_string()
}

/// The list of documents; `demo` is markup of this server about its invented people.
pub fn documents(
    guides: &[DocumentLink],
    promises: &[DocumentLink],
    demo: &str,
    language: Language,
) -> String {
    let title = language.say("Tài liệu", "Documents");
    let list = |links: &[DocumentLink]| {
        html! {
            ul { @for link in links {
                li { a href={ "/docs/" (link.name) } { (language.say(link.vietnamese, link.english)) } }
            } }
        }
    };
    let body = html! {
        h1 { (title) }
        p { (language.say(
            "Mọi thứ cần để nối một hệ thống với sổ sức khỏe điện tử.",
            "All that is needed to connect a system to the health book.",
        )) }
        ul {
            li { a href="/docs/api" { (language.say("Tra cứu: mọi đường dẫn", "Reference: every route")) } }
            li { a href="/openapi.json" { "/openapi.json" } " – OpenAPI 3.1" }
            li { a href="/docs/errors" { (language.say("Danh mục lỗi", "The catalogue of errors")) } }
            li { a href="/fhir/metadata" { "/fhir/metadata" } " – CapabilityStatement" }
        }
        h2 { (language.say("Hướng dẫn", "Guides")) }
        (list(guides))
        h2 { (language.say("Cam kết", "Promises")) }
        (list(promises))
        (PreEscaped(demo))
    };
    page(title, language, &body)
}

/// A document of the house from its Markdown. HTML in it is shown as text.
pub fn document(markdown: &str, language: Language) -> String {
    let title = markdown.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("Healthbook");
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Documents name each other by file, as in the repository.
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let name = dest_url.strip_suffix(".md").and_then(|path| path.rsplit('/').next());
            let dest_url = name.map_or_else(|| dest_url.clone(), |name| format!("/docs/{name}").into());
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut text = String::new();
    pulldown_cmark::html::push_html(&mut text, events);
    page(title, language, &html! { (PreEscaped(text)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_document_stays_text_and_links_lead_to_pages() {
        let shown = document("# T\n\n<script>x</script>\n\nb <b> [a](guides/start.md)\n", Language::English);
        assert!(!shown.contains("<script>") && !shown.contains("<b>"), "{shown}");
        assert!(shown.contains("href=\"/docs/start\"") && shown.contains("<title>T – Healthbook"));
    }
}
