//! The reference: every route of the contract on one page that needs no script.

use contract::{Caller, Route, routes};
use maud::{Markup, html};

use crate::Language;
use crate::docs::page;

/// The page.
pub fn reference(language: Language) -> String {
    let title = language.say("Tra cứu", "Reference");
    let mut groups: Vec<&str> = Vec::new();
    for route in routes() {
        if !groups.contains(&route.group) {
            groups.push(route.group);
        }
    }
    let body = html! {
        h1 { (title) }
        p { (language.say(
            "Sinh từ cùng một bảng với /openapi.json. Lược đồ dữ liệu và tham số tìm kiếm của từng loại nằm trong tệp đó.",
            "Made from the same table as /openapi.json. Schemas, and the search parameters of each type, are in that file.",
        )) }
        ul { @for group in &groups { li { a href={ "#" (anchor(group)) } { (group) } } } }
        @for group in &groups {
            h2 id=(anchor(group)) { (group) }
            @for route in routes().filter(|route| route.group == *group) { (one(route, language)) }
        }
    };
    page(title, language, &body)
}

fn anchor(group: &str) -> String {
    group.to_ascii_lowercase().replace(' ', "-")
}

fn one(route: &Route, language: Language) -> Markup {
    let variables = route.variables().map(|name| format!("{{{name}}}"));
    let names: Vec<String> =
        variables.chain(route.parameters.iter().map(|name| (*name).to_owned())).collect();
    let refusals: Vec<String> = route.refusals.iter().map(u16::to_string).collect();
    html! {
        section id=(route.id) {
            h3 {
                code { (route.method.as_str()) @if route.head { ", HEAD" } " " (route.path) }
                @if route.deprecation.is_some() { " – " (language.say("sẽ bị bỏ", "deprecated")) }
            }
            p { (route.summary) }
            p { (language.say("Ai: ", "Who: ")) (who(route.caller, language)) }
            @if !names.is_empty() { p { (language.say("Tham số: ", "Parameters: ")) code { (names.join(", ")) } } }
            @if let Some(body) = route.body { p { (language.say("Nội dung: ", "Body: ")) code { (body) } } }
            p {
                (language.say("Trả lời: ", "Answers: "))
                @for (status, name) in route.answers { code { (status) " " (name) } " " }
                @if !refusals.is_empty() {
                    (language.say("Từ chối: ", "Refusals: ")) code { (refusals.join(", ")) }
                }
            }
        }
    }
}

fn who(caller: Caller, language: Language) -> String {
    match caller {
        Caller::Everybody => language.say("mọi người", "everybody").to_owned(),
        Caller::Token { scopes: "" } => language.say("có mã truy cập", "an access token").to_owned(),
        Caller::Token { scopes } => {
            let any: Vec<String> = scopes.chars().map(|letter| format!("*.{letter}")).collect();
            format!("{} ({})", language.say("có mã truy cập", "an access token"), any.join(", "))
        }
        Caller::OpenId => language.say("có mã truy cập với openid", "an access token with openid").to_owned(),
        Caller::Client => language.say("ứng dụng tự xác thực", "a client that authenticates").to_owned(),
        Caller::Session => language.say("trình duyệt đã đăng nhập", "a browser that is signed in").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_on_the_page() {
        for language in [Language::Vietnamese, Language::English] {
            let shown = reference(language);
            for route in routes() {
                assert!(shown.contains(&format!("id=\"{}\"", route.id)), "{}", route.id);
            }
            assert!(!shown.contains("<script") && !shown.contains("style="));
        }
    }
}
