//! The `Consent` of an act: written valid by R4 and the national profile, and read back.

use access::{Grantee, Purpose};
use fhir::{Instant, LogicalId};
use serde_json::{Value, json};

use crate::ledger::{items, referred, text};
use crate::moment::{end_of, start_of, written_end};
use crate::vocabulary::{
    ACCOUNT, CONSENT_CATEGORY, CONSENT_METHOD, CONSENT_METHODS, CONSENT_PROFILE, EVIDENCE, LABEL, PURPOSE,
    RELATION, RESOURCE_TYPES, TEXT_VERSION,
};

/// How a `Consent` relates its book to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// To another citizen.
    Delegation,
    /// To a parent or guardian.
    Guardian,
    /// To a facility, by a code that was shown there.
    Presence,
    /// To a facility, by the code of a prescription.
    Prescription,
    /// To a facility, in an emergency.
    Emergency,
    /// It closes.
    Block,
    /// A plain consent: it has no category of ours.
    Consent,
}

impl Relation {
    const ALL: [Self; 7] = [
        Self::Delegation,
        Self::Guardian,
        Self::Presence,
        Self::Prescription,
        Self::Emergency,
        Self::Block,
        Self::Consent,
    ];

    /// The code, which is that of the authority that comes of it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Delegation => "delegation",
            Self::Guardian => "guardian",
            Self::Presence => "presence",
            Self::Prescription => "prescription",
            Self::Emergency => "emergency",
            Self::Block => "block",
            Self::Consent => "consent",
        }
    }

    /// The relation of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.code() == code)
    }
}

/// Who did it, how.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// The act, for example `presence-code`.
    pub(crate) act: &'static str,
    /// `api`, `command`.
    pub(crate) channel: &'static str,
    /// The account or client; empty for the operator.
    pub(crate) account: String,
    /// The citizen who agreed; `None` when nobody was asked.
    pub(crate) citizen: Option<LogicalId>,
    /// The facility that acted, where it was one.
    pub(crate) organization: Option<LogicalId>,
    /// The version of the wording that was shown.
    pub(crate) text_version: String,
}

impl Evidence {
    pub(crate) fn new(act: &'static str, channel: &'static str, account: &str) -> Self {
        Self {
            act,
            channel,
            account: account.to_owned(),
            citizen: None,
            organization: None,
            text_version: TEXT_VERSION.to_owned(),
        }
    }

    /// The extension.
    pub(crate) fn to_value(&self, at: Instant) -> Value {
        let mut parts = vec![
            json!({"url": "act", "valueCode": self.act}),
            json!({"url": "at", "valueInstant": at.to_string()}),
            json!({"url": "channel", "valueCode": self.channel}),
            json!({"url": "textVersion", "valueString": self.text_version}),
        ];
        if !self.account.is_empty() {
            let account = json!({"system": ACCOUNT, "value": self.account});
            parts.push(json!({"url": "account", "valueIdentifier": account}));
        }
        json!({"url": EVIDENCE, "extension": parts})
    }
}

/// What is opened or closed, to whom, from when until when.
#[derive(Debug, Clone)]
pub(crate) struct Provision {
    pub(crate) permit: bool,
    /// `None` for everybody.
    pub(crate) grantee: Option<Grantee>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) types: Vec<String>,
    pub(crate) labels: Vec<String>,
    /// Only the visit of this `Encounter`.
    pub(crate) visit: Option<LogicalId>,
    pub(crate) in_emergency: bool,
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
    /// Parts of it, each with a time and labels of its own.
    pub(crate) parts: Vec<Part>,
}

/// A nested provision: a time in which these labels are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
    pub(crate) labels: Vec<String>,
}

impl Provision {
    /// Open to a grantee from a moment until before another.
    pub(crate) fn permit(grantee: Grantee, begins: Instant, ends: Instant) -> Self {
        Self::new(true, Some(grantee), begins, ends)
    }

    /// Closed to a grantee, or to everybody.
    pub(crate) fn deny(grantee: Option<Grantee>, begins: Instant, ends: Instant) -> Self {
        Self::new(false, grantee, begins, ends)
    }

    fn new(permit: bool, grantee: Option<Grantee>, begins: Instant, ends: Instant) -> Self {
        let (purpose, visit, in_emergency) = (None, None, false);
        let (types, labels, parts) = (Vec::new(), Vec::new(), Vec::new());
        Self { permit, grantee, purpose, types, labels, visit, in_emergency, begins, ends, parts }
    }

    fn to_value(&self) -> Value {
        let method = json!({"coding": [{"system": CONSENT_METHODS, "code": "other-verifiable"}]});
        let mut provision = json!({
            "extension": [{"url": CONSENT_METHOD, "valueCodeableConcept": method}],
            "type": if self.permit { "permit" } else { "deny" },
            "period": period(self.begins, self.ends),
        });
        let mut add = |name: &str, value: Value| {
            if let Some(members) = provision.as_object_mut() {
                members.insert(name.to_owned(), value);
            }
        };
        if let Some(grantee) = &self.grantee {
            let reference = match grantee {
                Grantee::Organization(id) => format!("Organization/{id}"),
                Grantee::Patient(id) => format!("Patient/{id}"),
            };
            let system = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
            let role = json!({"coding": [{"system": system, "code": "IRCP"}]});
            add("actor", json!([{"role": role, "reference": {"reference": reference}}]));
        }
        if !self.labels.is_empty() {
            add("securityLabel", labels(&self.labels));
        }
        let purposes: Vec<Purpose> = match self.purpose {
            Some(purpose) => vec![purpose],
            // Only a denial that names the emergency holds in it.
            None if self.in_emergency => Purpose::ALL.to_vec(),
            None => Vec::new(),
        };
        if !purposes.is_empty() {
            let codings = purposes.iter().map(|purpose| json!({"system": PURPOSE, "code": purpose.code()}));
            add("purpose", codings.collect());
        }
        if !self.types.is_empty() {
            let codings = self.types.iter().map(|name| json!({"system": RESOURCE_TYPES, "code": name}));
            add("class", codings.collect());
        }
        if let Some(visit) = &self.visit {
            let reference = json!({"reference": format!("Encounter/{visit}")});
            add("data", json!([{"meaning": "related", "reference": reference}]));
        }
        if !self.parts.is_empty() {
            let parts = self.parts.iter().map(|part| {
                let mut nested = json!({"type": "permit", "period": period(part.begins, part.ends)});
                if let (false, Some(members)) = (part.labels.is_empty(), nested.as_object_mut()) {
                    members.insert("securityLabel".to_owned(), labels(&part.labels));
                }
                nested
            });
            add("provision", parts.collect());
        }
        provision
    }
}

fn labels(codes: &[String]) -> Value {
    codes.iter().map(|code| json!({"system": LABEL, "code": code})).collect()
}

pub(crate) fn period(begins: Instant, ends: Instant) -> Value {
    json!({"start": begins.to_string(), "end": written_end(begins, ends)})
}

/// A whole `Consent`.
pub(crate) fn consent(
    id: &LogicalId,
    patient: &LogicalId,
    relation: Relation,
    status: &str,
    provision: &Provision,
    evidence: &Evidence,
    at: Instant,
) -> Value {
    let national = if relation == Relation::Emergency { "emergency" } else { "privacy" };
    let mut categories = vec![json!({"coding": [{"system": CONSENT_CATEGORY, "code": national}]})];
    if relation != Relation::Consent {
        categories.push(json!({"coding": [{"system": RELATION, "code": relation.code()}]}));
    }
    let agreed = match (&evidence.citizen, &evidence.organization) {
        (Some(citizen), _) => Some(format!("Patient/{citizen}")),
        (None, Some(organization)) => Some(format!("Organization/{organization}")),
        (None, None) => None,
    };
    let mut verification =
        json!({"verified": evidence.citizen.is_some(), "verificationDate": at.to_string()});
    if let (Some(citizen), Some(members)) = (&evidence.citizen, verification.as_object_mut()) {
        members.insert("verifiedWith".to_owned(), json!({"reference": format!("Patient/{citizen}")}));
    }
    let mut resource = json!({
        "resourceType": "Consent",
        "id": id.as_str(),
        "meta": {"profile": [CONSENT_PROFILE]},
        "extension": [evidence.to_value(at)],
        "status": status,
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"
        }]},
        "category": categories,
        "patient": {"reference": format!("Patient/{patient}")},
        "dateTime": at.to_string(),
        "policyRule": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": if provision.permit { "OPTIN" } else { "OPTOUT" },
        }]},
        "verification": [verification],
        "provision": provision.to_value(),
    });
    if let (Some(agreed), Some(members)) = (agreed, resource.as_object_mut()) {
        members.insert("performer".to_owned(), json!([{"reference": agreed}]));
    }
    resource
}

/// By which act a `Consent` was made: that of its first evidence.
pub(crate) fn act_of(resource: &Value) -> &str {
    first_evidence(resource, "act", "/valueCode")
}

/// Which account made a `Consent`: that of its first evidence.
pub(crate) fn account_of(resource: &Value) -> &str {
    first_evidence(resource, "account", "/valueIdentifier/value")
}

fn first_evidence<'a>(resource: &'a Value, part: &str, value: &str) -> &'a str {
    let evidence = items(resource, "/extension").iter().find(|extension| text(extension, "/url") == EVIDENCE);
    let parts = evidence.map(|evidence| items(evidence, "/extension")).unwrap_or_default();
    parts.iter().find(|found| text(found, "/url") == part).map(|found| text(found, value)).unwrap_or_default()
}

/// What a stored `Consent` says, as far as the acts need it.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) relation: Relation,
    pub(crate) status: String,
    pub(crate) permit: bool,
    pub(crate) grantee: Option<Grantee>,
    /// None: every one but the emergency.
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) types: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
}

impl Terms {
    /// Reads it; `None` when it has no time, which none has that the gate obeys.
    pub(crate) fn read(resource: &Value) -> Option<Self> {
        let categories = items(resource, "/category").iter().flat_map(|category| items(category, "/coding"));
        let mut ours = categories.filter(|coding| text(coding, "/system") == RELATION);
        let permit = text(resource, "/provision/type") != "deny";
        let relation = ours.find_map(|coding| Relation::from_code(text(coding, "/code")));
        let relation = relation.unwrap_or(if permit { Relation::Consent } else { Relation::Block });
        let actor = "/provision/actor/0/reference/reference";
        let grantee = match referred(resource, actor, "Organization") {
            Some(id) => Some(Grantee::Organization(id)),
            None => referred(resource, actor, "Patient").map(Grantee::Patient),
        };
        let codes = |pointer: &str| -> Vec<String> {
            items(resource, pointer).iter().map(|coding| text(coding, "/code").to_owned()).collect()
        };
        let start = text(resource, "/provision/period/start");
        let start = if start.is_empty() { text(resource, "/dateTime") } else { start };
        Some(Self {
            relation,
            status: text(resource, "/status").to_owned(),
            permit,
            grantee,
            purposes: codes("/provision/purpose")
                .iter()
                .filter_map(|code| Purpose::from_code(code))
                .collect(),
            types: codes("/provision/class"),
            labels: codes("/provision/securityLabel"),
            begins: start_of(start)?,
            ends: end_of(text(resource, "/provision/period/end"))?,
        })
    }

    /// The only purpose, where there is one.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        match self.purposes.as_slice() {
            [purpose] => Some(*purpose),
            _ => None,
        }
    }

    /// Whether a denial holds in an emergency, too.
    pub(crate) fn in_emergency(&self) -> bool {
        self.purposes.contains(&Purpose::BreakTheGlass)
    }

    /// Whether it is in force at a moment.
    pub(crate) fn holds(&self, now: Instant) -> bool {
        self.status == "active" && self.begins <= now && now < self.ends
    }

    /// Whether it is in force or will be.
    pub(crate) fn lives(&self, now: Instant) -> bool {
        self.status == "active" && now < self.ends
    }
}
