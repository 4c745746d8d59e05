//! The plans of what a clinic asks, whose books are open by grants.

use access::{
    Access, Author, Authority, Facts, GrantFact, GrantSource, Grantee, Labels, Line, Purpose, Reach,
    ScopeFilter, TestAccess,
};
use audit_log::Action;
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use uuid::Uuid;

use super::plan_text::May;
use super::{World, listen, patient_text, search};
use crate::{HistoryScope, HistoryWindow, Journal, Showing};

/// A clinic: by grants with labels and denials, few books and many, and with a filter of its scopes.
pub(super) async fn granted(world: &mut World) {
    let line = |authority, types: &[&str], labels| Line {
        rule: "test".into(),
        authority,
        types: types.iter().filter_map(|name| name.parse::<ResourceType>().ok()).collect(),
        labels,
        own_labels: Labels::ALL,
    };
    let lines = [
        line(Authority::Shared, &["Practitioner", "Organization"], Labels::ALL),
        line(Authority::Encounter, &["Patient", "Observation"], Labels::NONE),
        line(Authority::Presence, &["Patient", "Observation"], Labels::NONE),
        line(Authority::Emergency, &["Patient"], Labels::ALL),
    ];
    let clinic = LogicalId::try_from("clinic").unwrap();
    let parts = TestAccess {
        visible: Reach::Lines(lines.into()),
        writable: None,
        own: None,
        grantee: Some(Grantee::Organization(clinic.clone())),
        author: Author::Facility(clinic.clone()),
        within: None,
        filters: Vec::new(),
        purpose: Some(Purpose::Treatment),
        sees_shielded: false,
        at: Instant::now(),
    };
    let hour = 3_600_000_000;
    let filters = vec![ScopeFilter {
        types: [ResourceType::PATIENT].into_iter().collect(),
        any_of: vec!["active=true".into()],
    }];
    // Few books are looked into one by one; who has more searches along the indexes.
    for (books, may) in [(20, May::Sort), (400, May::Follow)] {
        let grant = GrantFact {
            grantee: Grantee::Organization(clinic.clone()),
            authority: Authority::Encounter,
            source: GrantSource::Anyone,
            begins: Instant::from_microseconds(parts.at.microseconds() - hour),
            ends: Instant::from_microseconds(parts.at.microseconds() + hour),
            purpose: None,
            resource_type: None,
            labels: Labels::NONE,
            visit: None,
        };
        let facts = Facts { grants: vec![grant], ..Facts::default() };
        let resources: Vec<String> =
            (0..books).map(|number| patient_text(number).replace("Văn", &books.to_string())).collect();
        world.write_with(&resources, &facts).await;
        let unlimited = Access::from(parts.clone());
        let filtered = Access::from(TestAccess { filters: filters.clone(), ..parts.clone() });
        for access in [unlimited, filtered] {
            for query in [
                "Patient",
                "Observation",
                "Patient?identifier=urn:number|7",
                "Observation?code=8867-4",
                "Observation?patient=p5&code=8867-4",
                "Observation?code=8867-4&_sort=-date",
                "Observation?date=ge2026",
                "Observation?patient.family=ng",
                "Patient?_has:Observation:patient:code=8867-4",
                "Patient?gender=female&_total=accurate",
                "Practitioner?name=bac",
            ] {
                search(world, &access, query, may).await;
            }
            listen();
            let id = LogicalId::try_from("p5").unwrap();
            let found = world.store.read(&access, ResourceType::PATIENT, &id).await.unwrap();
            let scope = HistoryScope::Instance(ResourceType::PATIENT, id.clone());
            let window = HistoryWindow { count: 10, ..HistoryWindow::default() };
            world.store.history(&access, &scope, &window).await.unwrap();
            world.store.read_version(&access, ResourceType::PATIENT, &id, VersionId::FIRST).await.unwrap();
            world.store.book(&access, &id, &[], None, None, 10).await.unwrap();
            world.store.grants(&access, &id).await.unwrap();
            world.store.denials(&access, &id).await.unwrap();
            world.store.book_counts(&access, &id).await.unwrap();
            let record = found.unwrap();
            let grantee = Grantee::Organization(clinic.clone());
            world.store.is_guarded(&record, &grantee, parts.at).await.unwrap();
            // The writer of the log names the grant.
            let journal = Journal::new(Uuid::nil());
            journal
                .scope(async {
                    let showing = Showing::begin(&access, Action::Read, "").unwrap();
                    record.show(&showing).unwrap().unwrap();
                })
                .await;
            world.store.keep(&journal).await.unwrap();
            world.judge("a clinic", May::Sort).await;
        }
    }
}
