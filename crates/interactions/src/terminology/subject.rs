//! What an operation is asked of: by url, by id, or sent along.

use std::sync::Arc;

use access::Access;
use fhir::{Fault, LogicalId};
use terminology::{CodeSystem, Coding, ConceptMap, Content, Definition, Editions, Library, ValueSet};

use super::input::{Input, invalid, missing};
use super::{Stored, TerminologyOperation};
use crate::{Problem, Service};

/// An operation with everything that its answer needs.
pub(crate) struct Question<'a> {
    pub(crate) operation: TerminologyOperation,
    pub(crate) id: Option<LogicalId>,
    pub(crate) input: Input,
    pub(crate) languages: Vec<String>,
    pub(crate) editions: Editions,
    /// Whether codes that only hold others are wanted too.
    pub(crate) accepts_abstract: bool,
    pub(crate) library: Library,
    pub(crate) stored: Stored<'a>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(
        service: &'a Service,
        access: &'a Access,
        operation: TerminologyOperation,
        id: Option<LogicalId>,
        input: Input,
        languages: Vec<String>,
    ) -> Result<Self, Problem> {
        let list = |name: &str| input.texts(name).map(Into::into).collect();
        let editions = Editions {
            day: input.day("date")?,
            preferred: list("system-version"),
            forced: list("force-system-version"),
            demanded: list("check-system-version"),
            left_out: list("exclude-system"),
        };
        let accepts_abstract = input.flag("abstract")? == Some(true);
        let (library, stored) = (service.library(), Stored::new(service, access));
        Ok(Self { operation, id, input, languages, editions, accepts_abstract, library, stored })
    }

    /// The languages as the library wants them.
    pub(crate) fn wanted(&self) -> Vec<&str> {
        self.languages.iter().map(String::as_str).collect()
    }

    fn day(&self) -> Option<&str> {
        self.editions.day.as_deref()
    }

    async fn instance(&self) -> Result<Option<Definition>, Problem> {
        let Some(id) = &self.id else { return Ok(None) };
        let found = self.stored.by_id(self.operation.resource_type(), id).await?;
        found.map(Some).ok_or_else(Problem::not_found)
    }

    /// The code system that is asked of: by id, sent along, or by the url in the parameter `url`.
    pub(crate) async fn code_system(
        &mut self,
        url: &str,
        version: &str,
    ) -> Result<Option<Arc<CodeSystem>>, Problem> {
        if let Some(Definition::CodeSystem(system)) = self.instance().await? {
            return Ok(Some(system));
        }
        match self.input.resource("codeSystem")? {
            Some(Definition::CodeSystem(system)) => return Ok(Some(Arc::clone(system))),
            Some(_) => return Err(invalid("codeSystem")),
            None => {}
        }
        let Some(url) = self.input.text(url).map(str::to_owned) else { return Ok(None) };
        let version = self.input.text(version).map(str::to_owned);
        self.find_code_system(&url, version.as_deref()).await.map(Some)
    }

    /// A code system by url, of the library or stored; 404 when it is nowhere.
    pub(crate) async fn find_code_system(
        &mut self,
        url: &str,
        version: Option<&str>,
    ) -> Result<Arc<CodeSystem>, Problem> {
        let canonical = match version {
            Some(version) if !url.contains('|') => format!("{url}|{version}"),
            _ => url.to_owned(),
        };
        if let Ok(found) = here(&self.library, &canonical, self.day()) {
            return Ok(found);
        }
        let stored = self.stored.by_url("CodeSystem", &canonical).await?;
        self.library = self.library.with(stored);
        here(&self.library, &canonical, self.day())
    }

    /// The value set that is asked of, with everything it needs.
    pub(crate) async fn value_set(&mut self) -> Result<Arc<ValueSet>, Problem> {
        let set = match (self.instance().await?, self.input.resource("valueSet")?) {
            (Some(Definition::ValueSet(set)), _) => set,
            (_, Some(Definition::ValueSet(set))) => Arc::clone(set),
            (_, Some(_)) => return Err(invalid("valueSet")),
            _ => {
                let url = self.input.need("url")?;
                let canonical = match self.input.text("valueSetVersion") {
                    Some(version) if !url.contains('|') => format!("{url}|{version}"),
                    _ => url.to_owned(),
                };
                let unknown = || Problem::new(404, Fault::ValueSetUnknown { name: "url".to_owned() });
                self.find_value_set(&canonical).await?.ok_or_else(unknown)?
            }
        };
        let library = std::mem::take(&mut self.library);
        self.library = self.stored.complete(library, &set, &self.editions, true).await?;
        Ok(set)
    }

    /// A value set by canonical url, of the library or stored.
    pub(crate) async fn find_value_set(&mut self, canonical: &str) -> Result<Option<Arc<ValueSet>>, Problem> {
        if let Some(found) = self.library.find_value_set(canonical, self.day()) {
            return Ok(Some(Arc::clone(found)));
        }
        let stored = self.stored.by_url("ValueSet", canonical).await?;
        self.library = self.library.with(stored);
        Ok(self.library.find_value_set(canonical, self.day()).cloned())
    }

    /// The concept map that is asked of, if one is named.
    pub(crate) async fn concept_map(&mut self) -> Result<Option<Arc<ConceptMap>>, Problem> {
        match (self.instance().await?, self.input.resource("conceptMap")?) {
            (Some(Definition::ConceptMap(map)), _) => return Ok(Some(map)),
            (_, Some(Definition::ConceptMap(map))) => return Ok(Some(Arc::clone(map))),
            (_, Some(_)) => return Err(invalid("conceptMap")),
            _ => {}
        }
        let Some(url) = self.input.text("url") else { return Ok(None) };
        let canonical = match self.input.text("conceptMapVersion") {
            Some(version) if !url.contains('|') => format!("{url}|{version}"),
            _ => url.to_owned(),
        };
        if let Some(found) = self.find_concept_map(&canonical).await? {
            return Ok(Some(found));
        }
        Err(Problem::new(404, Fault::ConceptMapUnknown { name: canonical }))
    }

    /// A concept map by canonical url, of the library or stored.
    pub(crate) async fn find_concept_map(
        &mut self,
        canonical: &str,
    ) -> Result<Option<Arc<ConceptMap>>, Problem> {
        if let Some(found) = self.library.find_concept_map(canonical, self.day()) {
            return Ok(Some(Arc::clone(found)));
        }
        let stored = self.stored.by_url("ConceptMap", canonical).await?;
        self.library = self.library.with(stored);
        Ok(self.library.find_concept_map(canonical, self.day()).cloned())
    }

    /// The codes that are asked about: `code` with `system`, `coding`, or `codeableConcept`.
    pub(crate) fn codings(
        &self,
        default_system: Option<&str>,
        version: &str,
    ) -> Result<Vec<Coding>, Problem> {
        if let Some(code) = self.input.text("code") {
            let system = self.input.text("system").or(default_system).ok_or_else(|| missing("system"))?;
            return Ok(vec![Coding {
                system: Some(system.into()),
                version: self.input.text(version).map(Into::into),
                code: Some(code.into()),
                display: self.input.text("display").map(Into::into),
            }]);
        }
        if let Some(coding) = self.input.coding("coding")? {
            return Ok(vec![coding.clone()]);
        }
        match self.input.concept("codeableConcept")? {
            Some(codings) => Ok(codings.to_vec()),
            None => Err(missing("code")),
        }
    }
}

/// A code system that has codes; else 404, with the edition that is only announced where there is one.
fn here(library: &Library, canonical: &str, day: Option<&str>) -> Result<Arc<CodeSystem>, Problem> {
    let found = library.find_code_system(canonical, day);
    let name = match found {
        // A supplement has names for codes, and no codes.
        Some(it) if !matches!(it.content, Content::NotPresent | Content::Supplement) => {
            return Ok(Arc::clone(it));
        }
        Some(it) if it.content == Content::NotPresent => it.edition.canonical(),
        _ => canonical.to_owned(),
    };
    Err(Problem::new(404, Fault::CodeSystemUnknown { name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_announced_is_not_here() {
        let texts = [
            r#"{"resourceType":"CodeSystem","url":"urn:example:a","version":"1","date":"2020","content":"complete","concept":[{"code":"x"}]}"#,
            r#"{"resourceType":"CodeSystem","url":"urn:example:a","version":"2","date":"2024","content":"not-present"}"#,
            r#"{"resourceType":"CodeSystem","url":"urn:example:b","version":"7","content":"not-present"}"#,
            r#"{"resourceType":"CodeSystem","url":"urn:example:more-b","content":"supplement","supplements":"urn:example:b","concept":[{"code":"x"}]}"#,
            r#"{"resourceType":"CodeSystem","url":"urn:example:c","content":"supplement","concept":[{"code":"x"}]}"#,
        ];
        let nodes: Vec<_> =
            texts.iter().map(|it| json::parse(it.as_bytes(), &json::Limits::default()).unwrap()).collect();
        let library = Library::default().extended(nodes.iter()).unwrap();
        let ask = |canonical: &str| here(&library, canonical, None).map(|it| it.edition.canonical());
        let unknown = |name: &str| Err(Problem::new(404, Fault::CodeSystemUnknown { name: name.to_owned() }));
        assert_eq!(ask("urn:example:a"), Ok("urn:example:a|1".to_owned()));
        assert_eq!(ask("urn:example:a|2"), unknown("urn:example:a|2"));
        assert_eq!(ask("urn:example:a|3"), unknown("urn:example:a|3"));
        assert_eq!(ask("urn:example:b"), unknown("urn:example:b|7"));
        assert_eq!(ask("urn:example:b|7"), unknown("urn:example:b|7"));
        assert_eq!(ask("urn:example:c"), unknown("urn:example:c"));
        // No rule answers for it.
        for system in ["urn:example:a", "urn:example:b", "urn:example:c"] {
            assert_eq!(library.follows_rules(system, "x"), None);
        }
        assert_eq!(library.follows_rules("urn:ietf:bcp:47", "vi"), Some(true));
    }
}
