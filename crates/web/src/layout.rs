//! What all pages have around them.

use maud::{DOCTYPE, Markup, html};

use crate::Language;

/// A whole page. The title is the heading too.
pub fn page(title: &str, language: Language, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/auth/style.css";
            }
            body { main { h1 { (title) } (body) } }
        }
    }
    .into_string()
}
