//! Definitions that are stored as resources, read for one caller and one question.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use access::Access;
use fhir::{Fault, LogicalId, ReferenceText, ResourceType};
use record_store::Record;
use search::QueryContext;
use terminology::{Definition, Editions, Library, Missing, ValueSet};

use super::blocking;
use crate::search::{plan_of, with_resource};
use crate::{Problem, Service};

/// Definitions that are read for one question: value sets that name each other would have no end.
const MOST_READS: usize = 64;
/// Editions of one url.
const MOST_EDITIONS: u32 = 20;

/// Reads definitions for one caller.
pub(crate) struct Stored<'a> {
    service: &'a Service,
    access: &'a Access,
    /// How often the database may still be asked.
    left: AtomicUsize,
}

impl<'a> Stored<'a> {
    pub(crate) fn new(service: &'a Service, access: &'a Access) -> Self {
        Self { service, access, left: AtomicUsize::new(MOST_READS) }
    }

    fn take(&self) -> Result<(), Problem> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map(|_| ()).map_err(|_| Problem::new(400, Fault::SearchTooCostly))
    }

    /// The definition of an id.
    pub(crate) async fn by_id(&self, kind: &str, id: &LogicalId) -> Result<Option<Definition>, Problem> {
        self.take()?;
        let record = self.service.store().read(self.access, type_of(kind)?, id).await?;
        match record.filter(|record| !record.is_deleted()) {
            Some(record) => self.definition(record).await,
            None => Ok(None),
        }
    }

    /// The id in `Type/id`, in a url of this server, or alone.
    pub(crate) fn id_of(&self, kind: &str, name: &str) -> Option<LogicalId> {
        match ReferenceText::parse(name).local(self.service.base()) {
            Some((found, id)) if found.as_str() == kind => Some(id.clone()),
            _ => LogicalId::try_from(name).ok(),
        }
    }

    /// All editions of a canonical url; with `|version`, those of that version. The one stored last comes last.
    pub(crate) async fn by_url(&self, kind: &str, canonical: &str) -> Result<Vec<Definition>, Problem> {
        let (url, version) = match canonical.split_once('|') {
            Some((url, version)) => (url, Some(version)),
            None => (canonical, None),
        };
        let pairs = std::iter::once(("url", url)).chain(version.map(|version| ("version", version)));
        self.matching(kind, pairs).await
    }

    /// Value sets that another names: by canonical url or, which is not R4 but seen, as `ValueSet/id`.
    async fn value_sets(&self, name: &str) -> Result<Vec<Definition>, Problem> {
        let local = ReferenceText::parse(name);
        let id = local.local(self.service.base()).filter(|(kind, _)| kind.as_str() == "ValueSet");
        let Some((_, id)) = id else { return self.by_url("ValueSet", name).await };
        let Some(Definition::ValueSet(set)) = self.by_id("ValueSet", id).await? else {
            return Ok(Vec::new());
        };
        // It is found by the name that it was called by.
        let mut named = ValueSet::clone(&set);
        named.edition.url = name.into();
        Ok(vec![Definition::ValueSet(Arc::new(named))])
    }

    /// Definitions that a search finds.
    pub(crate) async fn matching<'p>(
        &self,
        kind: &str,
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Vec<Definition>, Problem> {
        self.take()?;
        // A separator inside of a value is not one of the query.
        let escape = |text: &str| {
            text.replace('\\', "\\\\").replace(',', "\\,").replace('$', "\\$").replace('|', "\\|")
        };
        let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), escape(value))).collect();
        let resource_type = type_of(kind)?;
        let now = fhir::Instant::now();
        let context = QueryContext { base: self.service.base(), now, default_count: 1, most_count: 1 };
        let parsed = self.service.store().registry().parse(&[resource_type], &pairs, &context);
        if parsed.issues().next().is_some() {
            return Ok(Vec::new());
        }
        let mut plan = plan_of(resource_type, search::Clause::EVERYTHING, MOST_EDITIONS);
        plan.clauses = parsed.plan.clauses;
        let mut found = Vec::new();
        for record in self.service.store().search(self.access, &plan).await?.records {
            found.extend(self.definition(record).await?);
        }
        Ok(found)
    }

    async fn definition(&self, record: Record) -> Result<Option<Definition>, Problem> {
        let key = (record.resource_type, record.id.clone(), record.version);
        if let Some(known) = self.service.definition_cache().get(&key) {
            return Ok(Some(known));
        }
        // What was stored before there was a limit may be beyond it; then it is as if it were not there.
        let read =
            blocking(move || with_resource(&record, |resource| Definition::read(resource).ok())).await??;
        if let Some(definition) = &read {
            self.service.definition_cache().put(key, definition.clone());
        }
        Ok(read)
    }

    /// The library with everything that a value set needs and the database has.
    pub(crate) async fn complete(
        &self,
        mut library: Library,
        set: &Arc<ValueSet>,
        editions: &Editions,
        with_names: bool,
    ) -> Result<Library, Problem> {
        let mut asked = HashSet::new();
        loop {
            let (next, set, editions) = (library.clone(), Arc::clone(set), editions.clone());
            let missing = blocking(move || next.missing(&set, &editions)).await?;
            let mut found = Vec::new();
            for it in missing {
                if !asked.insert(it.clone()) {
                    continue;
                }
                found.extend(match &it {
                    Missing::CodeSystem(canonical) => self.by_url("CodeSystem", canonical).await?,
                    Missing::Names(canonical) if with_names => self.by_url("CodeSystem", canonical).await?,
                    Missing::Names(_) => Vec::new(),
                    Missing::ValueSet(canonical) => self.value_sets(canonical).await?,
                });
            }
            if found.is_empty() {
                return Ok(library);
            }
            library = library.with(found);
        }
    }
}

fn type_of(kind: &str) -> Result<ResourceType, Problem> {
    kind.parse().map_err(|_| Problem::new(500, Fault::Internal))
}
