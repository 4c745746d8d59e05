//! Pages as functions: what a person sees in a browser.
//!
//! Every page works on a cheap phone without JavaScript, in Vietnamese and English, and says of each field what it is
//! for. What comes from outside is escaped by the templates; nothing is put into a page as it is.

mod access_filter;
mod access_log_page;
mod access_words;
mod activation;
mod book;
mod consent;
mod docs;
mod language;
mod layout;
mod message;
mod passkey;
mod reference;
mod sessions;
mod sign_in;
mod simulator;
mod station;
#[cfg(test)]
mod tests;

pub use access_filter::{AccessFilter, FacilityChoice, WrongPeriod, WrongPeriodPage, period};
pub use access_log_page::{AccessLogPage, Blocked};
pub use access_words::{
    AccessLine, LineOutcome, access_lines, day_words, nameless_facility, time_words, zone_words,
};
pub use activation::{ActivationPage, EnrolmentPage};
pub use book::{
    BlockChoice, BlockPage, BookHead, BookPlace, BooksPage, CheckUp, CheckUpLine, CheckUpPage, Finding,
    Glance, GlanceLine, GlancePage, LifeEvent, Measured, NoticeLine, NoticesPage, Person, SharingChange,
    SharingLine, TimelinePage, WhoMayPage, health_class_words, number_words,
};
pub use consent::{Consent, ConsentChoice, back_to_app, consent, refused_authorization};
pub use docs::{DOCS_STYLE, DocumentLink, document, documents};
pub use language::Language;
pub use layout::{STYLE, page};
pub use maud::{Markup, html};
pub use message::{MessagePage, Notice};
pub use passkey::{PASSKEY_SCRIPT, PasskeyPage};
pub use reference::reference;
pub use sessions::{SessionLine, SessionsPage};
pub use sign_in::{CodePage, SignInPage};
pub use simulator::simulator;
pub use station::{
    CarriedText, CheckUpFormPage, DueLine, DueListPage, FormField, FormInput, FormSection, StationHead,
    StationNotice,
};
