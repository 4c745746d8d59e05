//! Notices to citizens: a `Communication` in the book, and the port through which they are told.

use fhir::{Instant, LogicalId};
use notices::{AccessRule, Texts};
use serde_json::{Value, json};

use crate::vocabulary::ACT;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A facility opened the book in an emergency.
    Emergency,
    /// Its review found no good reason.
    EmergencyNotJustified,
    /// A child comes of age.
    Majority,
    /// The annual check-up is due.
    CheckUpDue,
    /// An access that is new or unusual.
    Access(AccessRule),
}

impl NoticeKind {
    /// The codes of those that no citizen can switch off.
    pub(crate) const ALWAYS: [&str; 4] =
        ["emergency-access", "emergency-not-justified", "majority", "check-up-due"];

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Emergency => "emergency-access",
            Self::EmergencyNotJustified => "emergency-not-justified",
            Self::Majority => "majority",
            Self::CheckUpDue => "check-up-due",
            Self::Access(rule) => rule.code(),
        }
    }
}

/// That there is a notice in a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What about.
    pub kind: NoticeKind,
    /// In whose book.
    pub patient: LogicalId,
    /// The `Communication`.
    pub communication: LogicalId,
}

/// Sends notices further, by e-mail or to another system. It is told when the `Communication` is stored, and returns at
/// once: what takes time is queued.
pub trait Notifier: Send + Sync {
    /// A notice was stored.
    fn told(&self, notice: &Notice);
}

/// Writes a line to the log that says nothing about whom.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogNotifier;

impl Notifier for LogNotifier {
    fn told(&self, notice: &Notice) {
        tracing::info!(kind = notice.kind.code(), "a notice was stored");
    }
}

/// The `Communication` in a book.
pub(crate) fn communication(
    notice: &Notice,
    sender: Option<&LogicalId>,
    about: &[String],
    texts: &Texts,
    at: Instant,
) -> Value {
    let patient = json!({"reference": format!("Patient/{}", notice.patient)});
    let payload = |language: &str, text: &str| {
        let language = json!({"url": "urn:healthbook:language", "valueCode": language});
        json!({"extension": [language], "contentString": text})
    };
    let mut resource = json!({
        "resourceType": "Communication",
        "id": notice.communication.as_str(),
        "status": "completed",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/communication-category", "code": "notification"
        }]}],
        "topic": {"coding": [{"system": ACT, "code": notice.kind.code()}]},
        "subject": patient,
        "recipient": [patient],
        "sent": at.to_string(),
        "payload": [payload("vi", &texts.vietnamese), payload("en", &texts.english)],
    });
    if let Some(members) = resource.as_object_mut() {
        if let Some(sender) = sender {
            members.insert("sender".to_owned(), json!({"reference": format!("Organization/{sender}")}));
        }
        if !about.is_empty() {
            let about: Vec<Value> = about.iter().map(|about| json!({"reference": about})).collect();
            members.insert("about".to_owned(), about.into());
        }
    }
    resource
}
