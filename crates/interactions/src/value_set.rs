//! Value sets and code hierarchies for searches: `:in`, `:not-in`, `:above`, `:below`.

use std::sync::Arc;

use access::Access;
use fhir::Fault;
use search::{FoundCode, LookupKind};
use terminology::{CodeSystem, Content, Definition, Editions, Unlistable, ValueSet};

use crate::terminology::{Stored, blocking};
use crate::{Problem, Service};

/// Most codes of one value set that a search can ask for.
pub(crate) const MOST_CODES: usize = 5_000;

/// Reads value sets for one caller and one search.
pub(crate) struct Codes<'a> {
    service: &'a Service,
    stored: Stored<'a>,
}

impl<'a> Codes<'a> {
    pub(crate) fn new(service: &'a Service, access: &'a Access) -> Self {
        Self { service, stored: Stored::new(service, access) }
    }

    /// The codes of a value set, by canonical url or as `ValueSet/id`; `None` when it is not here or cannot be listed.
    pub(crate) async fn of(&self, name: &str) -> Result<Option<Vec<FoundCode>>, Problem> {
        let Some(set) = self.value_set(name).await? else { return Ok(None) };
        let editions = Editions::default();
        let library = self.stored.complete(self.service.library(), &set, &editions, false).await?;
        match blocking(move || library.listing(&set, MOST_CODES)).await? {
            Ok(codes) => {
                let found = codes
                    .into_iter()
                    .map(|it| FoundCode { system: Some(it.system.into()), code: it.code.map(Into::into) });
                Ok(Some(found.collect()))
            }
            Err(Unlistable::TooMany) => Err(Problem::new(400, Fault::SearchTooCostly)),
            Err(Unlistable::Unknown { .. }) => Ok(None),
        }
    }

    async fn value_set(&self, name: &str) -> Result<Option<Arc<ValueSet>>, Problem> {
        if let Some(id) = self.stored.id_of("ValueSet", name) {
            let found = self.stored.by_id("ValueSet", &id).await?;
            return Ok(found.and_then(|it| if let Definition::ValueSet(set) = it { Some(set) } else { None }));
        }
        let library = self.service.library();
        if let Some(found) = library.find_value_set(name, None) {
            return Ok(Some(Arc::clone(found)));
        }
        let library = library.with(self.stored.by_url("ValueSet", name).await?);
        Ok(library.find_value_set(name, None).cloned())
    }

    /// A code with those below or above it in the code system, if that is here.
    pub(crate) async fn hierarchy(
        &self,
        kind: LookupKind,
        system: Option<&str>,
        code: &str,
    ) -> Result<Vec<FoundCode>, Problem> {
        let found = |code: &str| FoundCode { system: system.map(str::to_owned), code: Some(code.to_owned()) };
        let mut codes = vec![found(code)];
        if let Some(url) = system.filter(|system| !system.is_empty())
            && let Some(definition) = self.code_system(url).await?
        {
            let more = match kind {
                LookupKind::CodesBelow => definition.below(code),
                _ => definition.find(code).map(|at| definition.ancestors(at)).unwrap_or_default(),
            };
            if more.len() > MOST_CODES {
                return Err(Problem::new(400, Fault::SearchTooCostly));
            }
            codes.extend(more.into_iter().filter_map(|at| definition.concept(at)).map(|it| found(&it.code)));
        }
        Ok(codes)
    }

    async fn code_system(&self, url: &str) -> Result<Option<Arc<CodeSystem>>, Problem> {
        let library = self.service.library();
        let is_here = |it: &&Arc<CodeSystem>| it.content != Content::NotPresent;
        if let Some(found) = library.find_code_system(url, None).filter(is_here) {
            return Ok(Some(Arc::clone(found)));
        }
        let library = library.with(self.stored.by_url("CodeSystem", url).await?);
        Ok(library.find_code_system(url, None).filter(is_here).cloned())
    }
}
