//! The page of the simulated provider: whom to be.

use maud::html;

use crate::{Language, page};

/// A page that lists invented people. `query` is that of the request and comes back with the choice.
pub fn simulator<'a>(
    language: Language,
    people: impl Iterator<Item = (&'a str, &'a str)>,
    query: &[(String, String)],
) -> String {
    let body = html! {
        p.notice { (language.say("Đây là mô phỏng để thử nghiệm: mọi người ở đây đều là giả lập.",
            "This is a simulation for tests: everybody here is invented.")) }
        ul.list {
            @for (index, (name, number)) in people.enumerate() {
                li {
                    form method="post" action="authorize" {
                        @for (key, value) in query { input type="hidden" name=(key) value=(value); }
                        button.second name="person" value=(index) { (name) " (" (number) ")" }
                    }
                }
            }
        }
    };
    page(language.say("Bạn là ai?", "Who are you?"), language, &body)
}
