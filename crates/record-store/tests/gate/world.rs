//! A store, what is written into it with which facts, and who asks.

use std::future::Future;
use std::sync::Arc;

use access::{
    Access, Author, Authority, DenialFact, Facts, GrantFact, GrantSource, Grantee, Labels, Line, Purpose,
    Reach, TestAccess, TypeSet,
};
use fhir::{Instant, LogicalId, ResourceType};
use healthbook_record_store::{
    Body, Content, Job, Manner, Precondition, Record, Seen, Store, StoreSettings, Write, WriteError, Written,
};
use search::{QueryContext, SearchPlan};
use test_support::TestDatabase;

/// The moment of everything that is not about time.
pub const NOW: i64 = 1_790_000_000_000_000;

pub fn run<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        let url = database.url().to_owned();
        runtime.block_on(async { test(World::open(&url).await).await });
    }
}

/// The same with two databases of each kind.
pub fn run_two(test: impl AsyncFn(World, World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (one, other) in TestDatabase::each().into_iter().zip(TestDatabase::each()) {
        runtime.block_on(async { test(World::open(one.url()).await, World::open(other.url()).await).await });
    }
}

pub fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

pub fn kind(text: &str) -> ResourceType {
    text.parse().unwrap()
}

pub fn label(bit: u8) -> Labels {
    Labels::bit(bit).unwrap()
}

pub fn clinic(name: &str) -> Grantee {
    Grantee::Organization(id(name))
}

pub fn facility(name: &str) -> Author {
    Author::Facility(id(name))
}

pub fn types(names: &[&str]) -> TypeSet {
    names.iter().map(|name| kind(name)).collect()
}

pub fn line(authority: Authority) -> Line {
    Line {
        rule: Arc::from("test"),
        authority,
        types: TypeSet::ALL,
        labels: Labels::NONE,
        own_labels: Labels::NONE,
    }
}

/// A grant to a clinic for an hour before and after [`NOW`].
pub fn grant(name: &str, authority: Authority) -> GrantFact {
    GrantFact {
        grantee: clinic(name),
        authority,
        source: GrantSource::Anyone,
        begins: Instant::from_microseconds(NOW - 3_600_000_000),
        ends: Instant::from_microseconds(NOW + 3_600_000_000),
        purpose: None,
        resource_type: None,
        labels: Labels::NONE,
        visit: None,
    }
}

pub fn denial() -> DenialFact {
    DenialFact {
        grantee: None,
        begins: Instant::from_microseconds(NOW - 3_600_000_000),
        ends: Instant::from_microseconds(NOW + 3_600_000_000),
        purpose: None,
        resource_type: None,
        labels: Labels::NONE,
        visit: None,
        in_emergency: false,
    }
}

pub fn grants(grants: Vec<GrantFact>) -> Facts {
    Facts { grants, ..Facts::default() }
}

pub fn denials(denials: Vec<DenialFact>) -> Facts {
    Facts { denials, ..Facts::default() }
}

/// A physician of the clinic `a` with these lines, who may write as far as they reach.
pub fn physician(lines: Vec<Line>) -> TestAccess {
    let reach = Reach::Lines(Arc::from(lines));
    TestAccess {
        visible: reach.clone(),
        writable: Some(reach),
        own: None,
        grantee: Some(clinic("a")),
        author: facility("a"),
        within: None,
        filters: Vec::new(),
        purpose: Some(Purpose::Treatment),
        sees_shielded: true,
        at: Instant::from_microseconds(NOW),
    }
}

/// A citizen in the own book.
pub fn citizen(name: &str) -> Access {
    let own = Line { labels: Labels::ALL, ..line(Authority::Own) };
    let access = physician(vec![own, line(Authority::Shared)]);
    let author = Author::Citizen(id(name));
    let grantee = Some(Grantee::Patient(id(name)));
    Access::from(TestAccess { own: Some(id(name)), grantee, author, ..access })
}

/// A write that is the version before about somebody else.
pub fn moved(id: LogicalId, content: Content) -> Write {
    Write {
        resource_type: content.resource_type,
        id,
        precondition: Precondition::None,
        content: Some(Content { manner: Manner::Moved, ..content }),
        seen: Seen::Unchecked,
    }
}

pub struct World {
    pub store: Store,
}

impl World {
    pub async fn open(url: &str) -> Self {
        Self { store: Store::open(&StoreSettings::new(url)).await.unwrap() }
    }

    pub fn content(&self, text: &str, facts: Facts) -> (LogicalId, Content) {
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let resource_type = kind(node.text("resourceType").unwrap());
        let registry = self.store.registry();
        let extracted = registry.extract(resource_type, &node);
        let (rows, patient, mark) = (extracted.rows, extracted.patient, registry.mark());
        let body = Body::from_node(&node).unwrap();
        let own = id(node.text("id").unwrap());
        (own, Content { resource_type, body, rows, mark, patient, facts, manner: Manner::default() })
    }

    /// Writes under a right to everything, in the name of an author.
    pub async fn put_as(&self, author: Author, text: &str, facts: Facts) -> Written {
        let (id, content) = self.content(text, facts);
        let write = Write {
            resource_type: content.resource_type,
            id,
            precondition: Precondition::None,
            content: Some(content),
            seen: Seen::Unchecked,
        };
        self.write(&everything(author), write).await.unwrap()
    }

    pub async fn put(&self, text: &str, facts: Facts) -> Written {
        self.put_as(Author::Server, text, facts).await
    }

    pub async fn delete(&self, resource_type: &str, name: &str) {
        let write = Write {
            resource_type: kind(resource_type),
            id: id(name),
            precondition: Precondition::None,
            content: None,
            seen: Seen::Unchecked,
        };
        self.write(&everything(Author::Server), write).await.unwrap();
    }

    pub async fn write(&self, access: &Access, write: Write) -> Result<Written, WriteError> {
        let job = Job { expectations: Vec::new(), writes: vec![write] };
        Ok(self.store.write(access, job).await?.remove(0))
    }

    pub async fn read(&self, access: impl Into<Access>, name: &str) -> Option<Record> {
        let (resource_type, name) = name.split_once('/').unwrap();
        self.store.read(&access.into(), kind(resource_type), &id(name)).await.unwrap()
    }

    pub async fn sees(&self, access: impl Into<Access>, name: &str) -> bool {
        self.read(access, name).await.is_some()
    }

    /// The plan of `Type?name=value&...`.
    pub fn plan(&self, query: &str) -> SearchPlan {
        let (kind_name, query) = query.split_once('?').unwrap_or((query, ""));
        let types: Vec<ResourceType> = if kind_name.is_empty() { Vec::new() } else { vec![kind(kind_name)] };
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let now = Instant::from_microseconds(NOW);
        let context = QueryContext { base: "http://own/fhir", now, default_count: 100, most_count: 1_000 };
        let parsed = self.store.registry().parse(&types, &pairs, &context);
        assert!(parsed.issues().next().is_none(), "{query}: {:?}", parsed.issues().next());
        parsed.plan
    }

    /// The names of what a search finds, and its total.
    pub async fn find(&self, access: &Access, query: &str) -> (Vec<String>, Option<u64>) {
        let page = self.store.search(access, &self.plan(query)).await.unwrap();
        let names = page.records.iter().map(|record| format!("{}/{}", record.resource_type, record.id));
        (names.collect(), page.total)
    }
}

pub fn everything(author: Author) -> Access {
    let parts = physician(Vec::new());
    Access::from(TestAccess {
        visible: Reach::Everything,
        writable: Some(Reach::Everything),
        author,
        ..parts
    })
}

pub fn patient(name: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{name}","active":true,"name":[{{"family":"{name}"}}]}}"#)
}

pub fn encounter(name: &str, patient: &str) -> String {
    format!(
        r#"{{"resourceType":"Encounter","id":"{name}","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
    )
}

pub fn observation(name: &str, patient: &str, code: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{name}","status":"final","category":[{{"coding":[{{"code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/{patient}"}}}}"#
    )
}

pub fn organization(name: &str) -> String {
    format!(r#"{{"resourceType":"Organization","id":"{name}","name":"{name}"}}"#)
}

/// What belongs to a visit.
pub fn in_visit(encounter: &str) -> Facts {
    Facts { visit: Some(id(encounter)), ..Facts::default() }
}
