//! The store under test. All that touches its interface is here.

use access::{Access, Caller, Facts, Interaction, Policy};
use fhir::{Instant, LogicalId, ResourceType};
use healthbook_interactions::{Service, ServiceSettings, look_up};
use record_store::{Body, Content, Job, Manner, Precondition, Seen, Store, StoreSettings, Write};
use search::{Position, QueryContext};
use test_support::TestDatabase;

use crate::generator_queries::Query;
use crate::matching::references::BASE;
use crate::world::Resource;

/// More pages than any set has matches.
const MOST_PAGES: usize = 200;

/// What the store says to a query.
pub enum Reply {
    /// The query was not understood; why.
    Refused(String),
    /// Matches in the order of all pages, and the total of the first page.
    Found { names: Vec<String>, total: Option<u64>, total_wanted: bool },
    /// It broke.
    Failed(String),
}

/// A store and the right to use it.
pub struct Backend {
    pub name: String,
    store: Store,
    service: Service,
    access: Access,
    // Removed when it is dropped.
    _database: TestDatabase,
}

impl Backend {
    pub async fn open(database: TestDatabase) -> Self {
        let store = Store::open(&StoreSettings::new(database.url())).await.expect("a store");
        let access = Policy::built_in()
            .decide(&Caller::Unrestricted, Interaction::Update, None, fhir::Instant::now())
            .expect("access");
        let service = Service::new(store.clone(), ServiceSettings::default());
        Self { name: format!("{:?}", database.backend()), store, service, access, _database: database }
    }

    /// Writes resources in one job and notes when they were written.
    pub async fn write(&self, resources: &mut [Resource]) {
        let writes = resources
            .iter()
            .map(|resource| {
                let (resource_type, id) = names(resource);
                let registry = self.store.registry();
                let extracted = registry.extract(resource_type, resource.node);
                let body = Body::from_node(resource.node).expect("a body");
                let (rows, patient) = (extracted.rows, extracted.patient);
                let content = Some(Content {
                    resource_type,
                    body,
                    rows,
                    mark: registry.mark(),
                    patient,
                    facts: Facts::default(),
                    manner: Manner::default(),
                });
                Write { resource_type, id, precondition: Precondition::None, content, seen: Seen::Unchecked }
            })
            .collect();
        let written = self.store.write(&self.access, Job { expectations: Vec::new(), writes }).await;
        for (resource, written) in resources.iter_mut().zip(written.expect("the set is written")) {
            resource.updated = written.last_updated.microseconds();
        }
    }

    /// Deletes resources in one job.
    pub async fn delete(&self, resources: &[Resource]) {
        let writes = resources
            .iter()
            .map(|resource| {
                let (resource_type, id) = names(resource);
                Write {
                    resource_type,
                    id,
                    precondition: Precondition::None,
                    content: None,
                    seen: Seen::Unchecked,
                }
            })
            .collect();
        let job = Job { expectations: Vec::new(), writes };
        self.store.write(&self.access, job).await.expect("the set is deleted");
    }

    /// Asks a query and walks through its pages.
    pub async fn ask(&self, query: &Query, now: i64) -> Reply {
        let context = QueryContext {
            base: BASE,
            now: Instant::from_microseconds(now),
            default_count: 100,
            most_count: 1_000,
        };
        let resource_type: ResourceType = query.kind.parse().expect("a type");
        let parsed = self.store.registry().parse(&[resource_type], &query.pairs, &context);
        if let Some(issue) = parsed.issues().next() {
            return Reply::Refused(without_names(&format!("{issue:?}")));
        }
        let mut plan = parsed.plan;
        if let Err(problem) = look_up(&self.service, &self.access, &mut plan).await {
            return Reply::Refused(without_names(&format!("{:?}", problem.issues)));
        }
        let total_wanted = query.pairs.iter().any(|(name, value)| name == "_total" && value != "none");
        let (mut found, mut total) = (Vec::new(), None);
        for page_number in 0..MOST_PAGES {
            let page = match self.store.search(&self.access, &plan).await {
                Ok(page) => page,
                Err(error) => return Reply::Failed(error.to_string()),
            };
            if page_number == 0 {
                total = page.total;
            }
            found.extend(page.records.iter().map(|record| format!("{}/{}", record.resource_type, record.id)));
            match page.next {
                Some(cursor) => plan.position = Position::After(cursor),
                None => return Reply::Found { names: found, total, total_wanted },
            }
        }
        Reply::Failed("the pages do not end".to_owned())
    }
}

fn names(resource: &Resource) -> (ResourceType, LogicalId) {
    (resource.kind.parse().expect("a type"), LogicalId::try_from(resource.id).expect("an id"))
}

/// An issue without the name of its parameter: refusals of one kind are counted together.
fn without_names(issue: &str) -> String {
    let mut out = issue.split("expression:").next().unwrap_or_default().to_owned();
    while let Some(at) = out.find("name: \"") {
        let end = out[at + 7..].find('"').map_or(out.len(), |end| at + 8 + end);
        out.replace_range(at..end, "any name");
    }
    out
}
