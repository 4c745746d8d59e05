//! A plain reading of docs/access.md: what of the population a caller may see. Nothing of the product is used.
//!
//! Where the document leaves room it reads generously: what is taken for visible stays in both worlds and proves
//! nothing, while what is wrongly taken for hidden would be found as a difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bodies::SECRET;
use super::callers::{Bears, Kind};
use super::population::{Cast, Step, identity};

/// The year in which the worlds live: every time of the population is far before or far after it.
const NOW: i64 = 2026;

/// The id behind `Type/id`, when it is that type.
fn id_in(reference: &Value, kind: &str) -> Option<String> {
    reference["reference"].as_str()?.strip_prefix(kind)?.strip_prefix('/').map(str::to_owned)
}

/// The Patient of the book.
pub fn book(resource: &Value) -> Option<String> {
    match resource["resourceType"].as_str()? {
        "Patient" => resource["id"].as_str().map(str::to_owned),
        "Appointment" => id_in(&resource["participant"][0]["actor"], "Patient"),
        "Task" => id_in(&resource["for"], "Patient"),
        _ => id_in(&resource["subject"], "Patient").or_else(|| id_in(&resource["patient"], "Patient")),
    }
}

/// The visit: the Encounter that it names or is, else itself.
pub fn visit(resource: &Value) -> String {
    let (kind, id) = identity(resource);
    id_in(&resource["encounter"], "Encounter").map_or(format!("{kind}/{id}"), |id| format!("Encounter/{id}"))
}

/// Codes of all codings anywhere.
fn codes(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let (true, Some(code)) = (members.contains_key("system"), members.get("code")) {
                found.extend(code.as_str().map(str::to_owned));
            }
            members.values().for_each(|member| codes(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| codes(item, found)),
        _ => {}
    }
}

/// What a version gives to its visit.
pub fn labels(resource: &Value) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    codes(resource, &mut found);
    let mut labels: BTreeSet<&str> = SECRET
        .iter()
        .filter(|(code, _)| found.contains(*code))
        .flat_map(|(_, labels)| labels.iter().copied())
        .collect();
    if resource["meta"]["security"].is_array() {
        labels.insert("RESTRICTED");
    }
    labels
}

/// What the last state of one resource opens or closes.
#[derive(Debug, Clone, Default)]
struct Fact {
    source: (String, String),
    book: String,
    right: String,
    denies: bool,
    /// `None` for everybody.
    grantee: Option<String>,
    purpose: Option<String>,
    types: Vec<String>,
    labels: BTreeSet<String>,
}

fn listed(value: &Value) -> Vec<String> {
    let codes = value.as_array().into_iter().flatten();
    codes.filter_map(|coding| coding["code"].as_str()).map(str::to_owned).collect()
}

fn year(value: &Value) -> Option<i64> {
    value.as_str()?.get(..4)?.parse().ok()
}

/// Grants and denials that hold now.
fn fact(resource: &Value) -> Option<Fact> {
    let to = |value: &Value| id_in(value, "Organization");
    let given = |right: &str, grantee: Option<String>| {
        Some(Fact {
            source: identity(resource),
            book: book(resource)?,
            right: right.to_owned(),
            grantee: Some(grantee?),
            ..Fact::default()
        })
    };
    match resource["resourceType"].as_str()? {
        "Encounter" if resource["period"]["end"].is_null() => {
            given("encounter", to(&resource["serviceProvider"]))
        }
        "ServiceRequest" if resource["status"] == "active" => {
            given("referral", to(&resource["performer"][0]))
        }
        "Appointment" if resource["status"] == "booked" && year(&resource["end"]) > Some(NOW) => {
            given("appointment", to(&resource["supportingInformation"][0]))
        }
        "Task" => given("review", to(&resource["owner"])),
        "Patient" => given("home-station", to(&resource["managingOrganization"])),
        "Consent" => {
            let provision = &resource["provision"];
            let period = &provision["period"];
            if year(&period["start"]) > Some(NOW) || year(&period["end"]) < Some(NOW) {
                return None;
            }
            let relations = listed(&resource["category"][1]["coding"]);
            let actor = &provision["actor"][0]["reference"];
            Some(Fact {
                source: identity(resource),
                book: book(resource)?,
                right: relations.first().cloned().unwrap_or_else(|| "consent".to_owned()),
                denies: provision["type"] == "deny",
                grantee: to(actor).or_else(|| id_in(actor, "Patient")),
                purpose: listed(&provision["purpose"]).first().cloned(),
                types: listed(&provision["class"]),
                labels: listed(&provision["securityLabel"]).into_iter().collect(),
            })
        }
        _ => None,
    }
}

/// All that decides.
pub struct Model {
    kind: Kind,
    grantee: Option<String>,
    facts: Vec<Fact>,
    labels: BTreeMap<(String, String), BTreeSet<&'static str>>,
}

/// What was last written of every resource, and whether it still is there.
pub fn last_versions(steps: &[Step]) -> BTreeMap<(String, String), (Value, bool)> {
    let mut last: BTreeMap<(String, String), (Value, bool)> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Put(body) => {
                last.insert(identity(body), (body.clone(), true));
            }
            Step::Delete { kind, id } => {
                last.get_mut(&(kind.clone(), id.clone())).expect("what is deleted was there").1 = false;
            }
            Step::Mark => {}
        }
    }
    last
}

impl Model {
    pub fn new(kind: Kind, cast: &Cast, steps: &[Step]) -> Self {
        let mut all: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
        for step in steps {
            if let Step::Put(body) = step {
                all.entry((book(body).unwrap_or_default(), visit(body))).or_default().extend(labels(body));
            }
        }
        let live = last_versions(steps).into_values().filter(|(_, there)| *there);
        let grantee = match kind.citizen() {
            Some(place) => Some(cast.citizen(place).to_owned()),
            None => kind.is_of_facility().then(|| cast.organization(0).to_owned()),
        };
        Self { kind, grantee, facts: live.filter_map(|(body, _)| fact(&body)).collect(), labels: all }
    }

    fn concerns(&self, fact: &Fact) -> bool {
        let is_for_all = fact.denies && fact.grantee.is_none();
        (is_for_all || fact.grantee == self.grantee)
            && fact.purpose.as_deref().is_none_or(|purpose| purpose == self.kind.purpose())
    }

    /// Whether what the caller may see hangs on this resource, seen or not: it says to whom the book is open.
    pub fn decides(&self, identity: &(String, String)) -> bool {
        self.facts.iter().any(|fact| fact.source == *identity && self.concerns(fact))
    }

    fn of_visit(&self, book: &str, resource: &Value) -> BTreeSet<&'static str> {
        self.labels.get(&(book.to_owned(), visit(resource))).cloned().unwrap_or_default()
    }

    /// Whether a resource may be seen that is this.
    pub fn sees(&self, resource: &Value) -> bool {
        let kind = resource["resourceType"].as_str().unwrap();
        if let ("Observation", Some((element, admitted))) = (kind, self.kind.observation_filter()) {
            let mut found = BTreeSet::new();
            codes(&resource[element], &mut found);
            if !admitted.iter().any(|code| found.contains(*code)) {
                return false;
            }
        }
        self.sees_past(resource)
    }

    /// Whether a version may be seen of a resource that is seen: its visit and its book decide, no filter.
    pub fn sees_past(&self, resource: &Value) -> bool {
        let kind = resource["resourceType"].as_str().unwrap();
        let Some(book) = book(resource) else { return true };
        if self.kind.within().is_some_and(|only| only != book) {
            return false;
        }
        let labels = self.of_visit(&book, resource);
        let is_own = self.kind.citizen().is_some() && self.grantee.as_ref() == Some(&book);
        let of_book: Vec<&Fact> =
            self.facts.iter().filter(|fact| fact.book == book && self.concerns(fact)).collect();
        let matches_type = |fact: &Fact| fact.types.is_empty() || fact.types.iter().any(|it| it == kind);
        let is_denied = self.kind.purpose() != "BTG"
            && !is_own
            && of_book.iter().any(|fact| {
                let by_label =
                    fact.labels.is_empty() || labels.iter().any(|label| fact.labels.contains(*label));
                fact.denies && matches_type(fact) && by_label
            });
        if is_denied {
            return false;
        }
        self.kind.lines().iter().filter(|line| line.types.is_empty() || line.types.contains(&kind)).any(
            |line| {
                let bears = |opened: &BTreeSet<String>| {
                    labels.iter().all(|label| {
                        opened.contains(*label)
                            || match line.bears {
                                Bears::Nothing => false,
                                Bears::Everything => true,
                                Bears::AllBut(closed) => !closed.contains(label),
                            }
                    })
                };
                if line.rights == ["own"] {
                    return is_own && bears(&BTreeSet::new());
                }
                of_book.iter().any(|fact| {
                    !fact.denies
                        && line.rights.contains(&fact.right.as_str())
                        && matches_type(fact)
                        && bears(&fact.labels)
                })
            },
        )
    }
}
