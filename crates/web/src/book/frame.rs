//! What all pages of a book have around them: whose it is, the way to the others, signing out.

use maud::{Markup, html};

use crate::Language;
use crate::layout::page_with;

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookPlace {
    /// The book at a glance.
    Glance,
    /// The life so far.
    Timeline,
    /// What the citizen was told.
    Notices,
    /// Who looked.
    Accesses,
    /// Who may look.
    WhoMay,
    /// The books that are open.
    Books,
    /// A page below another.
    Below,
}

/// Whose book it is, and for whom a page is made.
#[derive(Debug, Clone, Copy)]
pub struct BookHead<'a> {
    /// The language.
    pub language: Language,
    /// The id of the `Patient`, when it is not the own book.
    pub of: Option<&'a str>,
    /// The name of the person.
    pub name: &'a str,
    /// The token of the forms.
    pub form: &'a str,
}

impl BookHead<'_> {
    /// An address with the parameters that go from page to page; more can be added with `&`.
    pub(super) fn link(&self, path: &str) -> String {
        link(path, self.language, self.of)
    }

    /// The page at an address, to which its own parameters belong; that ends with `?` or `&`.
    pub(super) fn page(&self, place: BookPlace, title: &str, here: &str, body: &Markup) -> String {
        let language = self.language;
        let here = self.of.map_or_else(|| here.to_owned(), |of| format!("{here}of={of}&"));
        let body = html! {
            @if self.of.is_some() {
                p.notice { (language.say("Bạn đang xem sổ của ", "You are reading the book of ")) strong { (self.name) } ". "
                    a href={ "/book?lang=" (language.code()) } { (language.say("Về sổ của tôi", "Back to my book")) } }
            }
            (body)
            form method="post" action={ "/book/sign-out?lang=" (language.code()) } {
                input type="hidden" name="form" value=(self.form);
                button.second { (language.say("Đăng xuất", "Sign out")) }
            }
        };
        page_with(title, language, &here, &navigation(language, self.of, place), &body)
    }
}

fn link(path: &str, language: Language, of: Option<&str>) -> String {
    let of = of.map(|of| format!("&of={of}")).unwrap_or_default();
    format!("{path}?lang={}{of}", language.code())
}

/// The way to the other pages.
pub(crate) fn navigation(language: Language, of: Option<&str>, place: BookPlace) -> Markup {
    let places = [
        (BookPlace::Glance, "/book", "Sổ của tôi", "My book"),
        (BookPlace::Timeline, "/book/timeline", "Dòng thời gian", "Timeline"),
        (BookPlace::Notices, "/book/notices", "Thông báo", "Notices"),
        (BookPlace::Accesses, "/auth/access-log", "Ai đã xem", "Who looked"),
        (BookPlace::WhoMay, "/book/who-may", "Ai được xem", "Who may look"),
        (BookPlace::Books, "/book/others", "Sổ của người thân", "Books of others"),
    ];
    html! {
        nav aria-label=(language.say("Các trang của sổ", "Pages of the book")) {
            ul {
                @for (its, path, vietnamese, english) in places {
                    li {
                        a href=(link(path, language, of)) aria-current=[(its == place).then_some("page")] {
                            (language.say(vietnamese, english))
                        }
                    }
                }
            }
        }
    }
}

/// A person whose book is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id of the `Patient`.
    pub id: String,
    /// The name.
    pub name: String,
}

/// The books that somebody may read besides the own one: those of children, and of who has given a delegation.
pub struct BooksPage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// Whose books they are.
    pub people: &'a [Person],
}

impl BooksPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let body = html! {
            p { (language.say(
                "Đây là sổ của con bạn và của những người đã ủy quyền cho bạn. Họ thấy mỗi lần bạn xem.",
                "These are the books of your children and of people who gave you a delegation. They see when you look.")) }
            @if self.people.is_empty() {
                p.notice { (language.say(
                    "Chưa có sổ nào khác mở cho bạn. Quyền giám hộ lấy từ cơ sở dữ liệu dân cư; ủy quyền do chính người đó lập.",
                    "No other book is open to you. Guardianship comes from the population registry; a delegation is made by the person.")) }
            } @else {
                ul.list {
                    @for person in self.people {
                        li { a.link href=(link("/book", language, Some(&person.id))) { (person.name) } }
                    }
                }
            }
        };
        let title = language.say("Sổ của người thân", "Books of others");
        self.head.page(BookPlace::Books, title, "/book/others?", &body)
    }
}
