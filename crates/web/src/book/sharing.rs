//! Who may look, and the page that says what a block does before it is one.

use maud::html;

use super::{BookHead, BookPlace};

/// Somebody who may look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingLine {
    /// Who.
    pub name: String,
    /// By which right.
    pub why: &'static str,
    /// Until when, in words.
    pub ends: Option<String>,
    /// Whether a block closes it now.
    pub closed: bool,
    /// The facility that can be blocked.
    pub facility: Option<String>,
    /// The relation that can be ended by itself: what was opened by hand, or in an emergency.
    pub relation: Option<String>,
}

/// A block that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockChoice {
    /// The block.
    pub id: String,
    /// Whom it closes out.
    pub name: String,
}

/// The page.
pub struct WhoMayPage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// Facilities.
    pub facilities: &'a [SharingLine],
    /// Persons.
    pub people: &'a [SharingLine],
    /// Blocks.
    pub blocks: &'a [BlockChoice],
    /// Whether something can be changed here.
    pub may_change: bool,
}

impl WhoMayPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let list = |lines: &[SharingLine], empty| {
            html! {
                @if lines.is_empty() { p.hint { (empty) } }
                @else { ul.list { @for line in lines {
                    li {
                        p { strong { (line.name) } }
                        p { (line.why) }
                        @if let Some(ends) = &line.ends { p.hint { (say("Đến: ", "Until: ")) (ends) } }
                        @if self.may_change && let Some(relation) = &line.relation {
                            a.button.second href={ (self.head.link("/book/end")) "&relation=" (relation) } {
                                (say("Kết thúc quyền của ", "End the right of ")) (line.name)
                            }
                        }
                        @if line.closed { p { strong { (say("Bạn đã chặn.", "You have blocked it.")) } } }
                        @else if self.may_change && let Some(id) = &line.facility {
                            a.button.second href={ (self.head.link("/book/block")) "&facility=" (id) } {
                                (say("Chặn ", "Block ")) (line.name)
                            }
                        }
                    }
                } } }
            }
        };
        let body = html! {
            h2 { (say("Cơ sở y tế", "Facilities")) }
            (list(self.facilities, say("Hiện không có cơ sở nào được xem sổ này.", "At present no facility may look at this book.")))
            h2 { (say("Người thân và người được ủy quyền", "Relatives and people with a delegation")) }
            (list(self.people, say("Chưa có ai.", "Nobody so far.")))
            h2 { (say("Đang chặn", "Blocked")) }
            @if self.blocks.is_empty() { p.hint { (say("Bạn chưa chặn cơ sở nào.", "You have blocked nobody.")) } }
            @else { ul.list { @for block in self.blocks { li {
                p { strong { (block.name) } }
                @if self.may_change {
                    a.button.second href={ (self.head.link("/book/lift")) "&block=" (block.id) } {
                        (say("Bỏ chặn ", "Lift the block: ")) (block.name)
                    }
                }
            } } } }
        };
        let title = say("Ai được xem sổ", "Who may look");
        self.head.page(BookPlace::WhoMay, title, "/book/who-may?", &body)
    }
}

/// What a citizen is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharingChange {
    /// Close the book to a facility.
    Block,
    /// Take a block back.
    Lift,
    /// End a right that was given by hand, or taken in an emergency.
    End,
}

/// The page that asks again, before something is closed or opened.
pub struct BlockPage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// What is about to be done.
    pub change: SharingChange,
    /// The facility, the block, or the relation.
    pub id: &'a str,
    /// The name of the facility or person.
    pub name: &'a str,
    /// What follows from it, in the language of the page.
    pub effects: &'a [String],
}

impl BlockPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let (path, field, title, act) = match self.change {
            SharingChange::Block => (
                "/book/block",
                "facility",
                say("Chặn cơ sở này?", "Block this facility?"),
                say("Chặn cơ sở này", "Block this facility"),
            ),
            SharingChange::Lift => (
                "/book/lift",
                "block",
                say("Bỏ chặn cơ sở này?", "Lift this block?"),
                say("Bỏ chặn", "Lift the block"),
            ),
            SharingChange::End => (
                "/book/end",
                "relation",
                say("Kết thúc quyền xem này?", "End this right to look?"),
                say("Kết thúc quyền xem", "End the right"),
            ),
        };
        let closes = self.change != SharingChange::Lift;
        let body = html! {
            p { strong { (self.name) } }
            ul { @for effect in self.effects { li { (effect) } } }
            form method="post" action=(self.head.link(path)) {
                input type="hidden" name="form" value=(self.head.form);
                input type="hidden" name=(field) value=(self.id);
                @if closes { button.end { (act) } } @else { button { (act) } }
            }
            a.button.second href=(self.head.link("/book/who-may")) { (say("Không, quay lại", "No, go back")) }
        };
        self.head.page(BookPlace::Below, title, &format!("{path}?{field}={}&", self.id), &body)
    }
}
