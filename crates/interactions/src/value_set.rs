//! The codes of a ValueSet, as far as ValueSets and CodeSystems that are stored here tell: for `:in` and `:not-in`.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use access::Access;
use fhir::{Fault, LogicalId, ReferenceText, ResourceType};
use json::Node;
use record_store::Record;
use search::{FoundCode, QueryContext};

use crate::search::{plan_of, with_resource};
use crate::{Problem, Service};

/// Most codes of one value set that a search can ask for.
pub(crate) const MOST_CODES: usize = 5_000;
/// Value sets inside of value sets.
const DEEPEST: usize = 8;
/// Value sets that are read for one search: sets that name each other would have no end.
pub(crate) const MOST_SETS: usize = 64;

/// Reads value sets for one caller.
#[derive(Clone, Copy)]
pub(crate) struct Codes<'a> {
    service: &'a Service,
    access: &'a Access,
    /// How many value sets and code systems may still be read.
    left: &'a AtomicUsize,
}

/// A part of `compose`, taken out of its resource.
struct Part {
    system: Option<String>,
    codes: Vec<String>,
    /// Property, operator, value.
    filters: Vec<[String; 3]>,
    value_sets: Vec<String>,
}

/// What of a ValueSet matters.
struct Definition {
    include: Vec<Part>,
    exclude: Vec<Part>,
    /// Codes of a stored expansion, for a set without a definition.
    expansion: Vec<FoundCode>,
}

type Found<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<FoundCode>>, Problem>> + Send + 'a>>;

impl<'a> Codes<'a> {
    pub(crate) fn new(service: &'a Service, access: &'a Access, left: &'a AtomicUsize) -> Self {
        Self { service, access, left }
    }

    fn take(self) -> Result<(), Problem> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map(|_| ()).map_err(|_| Problem::new(400, Fault::SearchTooCostly))
    }

    /// The codes of a value set, by canonical url or as `ValueSet/id`; `None` when it is not here or cannot be listed.
    pub(crate) async fn of(self, name: &str) -> Result<Option<Vec<FoundCode>>, Problem> {
        self.set(name, 0).await
    }

    fn set<'n>(self, name: &'n str, depth: usize) -> Found<'n>
    where
        'a: 'n,
    {
        Box::pin(async move {
            self.take()?;
            let Some(record) = self.resource("ValueSet", name).await?.filter(|_| depth < DEEPEST) else {
                return Ok(None);
            };
            let definition = with_resource(&record, definition)?;
            if definition.include.is_empty() {
                return Ok((!definition.expansion.is_empty()).then_some(definition.expansion));
            }
            let mut codes = Vec::new();
            for part in &definition.include {
                match self.part(part, depth).await? {
                    Some(found) => codes.extend(found),
                    None => return Ok(None),
                }
                not_too_many(&codes, 2 * MOST_CODES)?;
            }
            for part in &definition.exclude {
                let Some(gone) = self.part(part, depth).await? else { return Ok(None) };
                // A whole system cannot lose single codes unless its codes are known.
                if codes.iter().any(|code: &FoundCode| code.code.is_none()) {
                    return Ok(None);
                }
                not_too_many(&gone, 2 * MOST_CODES)?;
                let gone: HashSet<FoundCode> = gone.into_iter().collect();
                codes.retain(|code| {
                    let whole = FoundCode { system: code.system.clone(), code: None };
                    !gone.contains(code) && !gone.contains(&whole)
                });
            }
            not_too_many(&codes, MOST_CODES)?;
            Ok(Some(codes))
        })
    }

    /// The codes of one part: those of the system that are in every set it names.
    async fn part(self, part: &Part, depth: usize) -> Result<Option<Vec<FoundCode>>, Problem> {
        let mut found: Option<Vec<FoundCode>> = None;
        if let Some(system) = &part.system {
            let code = |code: &String| FoundCode { system: Some(system.clone()), code: Some(code.clone()) };
            found = if part.codes.is_empty() {
                let Some(codes) = self.of_system(system, &part.filters).await? else { return Ok(None) };
                Some(codes)
            } else {
                Some(part.codes.iter().map(code).collect())
            };
        }
        for name in &part.value_sets {
            let Some(other) = self.set(name, depth + 1).await? else { return Ok(None) };
            found = Some(match found {
                None => other,
                Some(found) => {
                    let other: HashSet<FoundCode> = other.into_iter().collect();
                    let whole = |code: &FoundCode| FoundCode { system: code.system.clone(), code: None };
                    let inside = |code: &FoundCode| other.contains(code) || other.contains(&whole(code));
                    found.into_iter().filter(inside).collect()
                }
            });
        }
        Ok(Some(found.unwrap_or_default()))
    }

    /// The codes of a system. Without filters, of a system that is not complete here: all of it.
    async fn of_system(
        self,
        system: &str,
        filters: &[[String; 3]],
    ) -> Result<Option<Vec<FoundCode>>, Problem> {
        let record = self.by_url("CodeSystem", system).await?;
        let whole = || vec![FoundCode { system: Some(system.to_owned()), code: None }];
        let Some(record) = record else { return Ok(filters.is_empty().then(whole)) };
        let codes = with_resource(&record, |resource| {
            let complete = resource.text("content") == Some("complete");
            if !complete {
                return filters.is_empty().then(Vec::new);
            }
            let mut codes: Vec<String> = concepts(resource).into_iter().map(|(code, _)| code).collect();
            for [property, operator, value] in filters {
                let below = match (property.as_str(), operator.as_str()) {
                    ("concept" | "code", "is-a") => {
                        [vec![value.clone()], descendants(resource, value)].concat()
                    }
                    ("concept" | "code", "descendent-of") => descendants(resource, value),
                    ("concept" | "code", "=") => vec![value.clone()],
                    ("concept" | "code", "in") => {
                        value.split(',').map(|code| code.trim().to_owned()).collect()
                    }
                    _ => return None,
                };
                let below: HashSet<String> = below.into_iter().collect();
                codes.retain(|code| below.contains(code));
            }
            Some(codes)
        })?;
        Ok(codes.map(|codes| {
            if codes.is_empty() && filters.is_empty() {
                return whole();
            }
            let found = |code| FoundCode { system: Some(system.to_owned()), code: Some(code) };
            codes.into_iter().map(found).collect()
        }))
    }

    /// A resource by `Type/id`, id or canonical url.
    async fn resource(self, kind: &str, name: &str) -> Result<Option<Record>, Problem> {
        let resource_type: ResourceType = kind.parse().map_err(|_| Problem::new(500, Fault::Internal))?;
        let local = ReferenceText::parse(name);
        let id = match local.local(self.service.base()) {
            Some((found, id)) if found == resource_type => Some(id.clone()),
            _ => LogicalId::try_from(name).ok(),
        };
        if let Some(id) = id {
            let record = self.service.store().read(self.access, resource_type, &id).await?;
            return Ok(record.filter(|record| !record.is_deleted()));
        }
        self.by_url(kind, name).await
    }

    /// The newest resource of a canonical url, with `|version` of that version.
    pub(crate) async fn by_url(self, kind: &str, canonical: &str) -> Result<Option<Record>, Problem> {
        self.take()?;
        let resource_type: ResourceType = kind.parse().map_err(|_| Problem::new(500, Fault::Internal))?;
        let (url, version) = match canonical.split_once('|') {
            Some((url, version)) => (url, Some(version)),
            None => (canonical, None),
        };
        // A separator inside of a url is not one of the query.
        let escape = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,").replace('$', "\\$");
        let mut pairs = vec![("url".to_owned(), escape(url))];
        pairs.extend(version.map(|version| ("version".to_owned(), escape(version))));
        let now = fhir::Instant::now();
        let context = QueryContext { base: self.service.base(), now, default_count: 1, most_count: 1 };
        let parsed = self.service.store().registry().parse(&[resource_type], &pairs, &context);
        if parsed.issues().next().is_some() {
            return Ok(None);
        }
        let mut plan = plan_of(resource_type, search::Clause::EVERYTHING, 1);
        plan.clauses = parsed.plan.clauses;
        Ok(self.service.store().search(self.access, &plan).await?.records.into_iter().next())
    }
}

fn not_too_many(codes: &[FoundCode], most: usize) -> Result<(), Problem> {
    if codes.len() > most { Err(Problem::new(400, Fault::SearchTooCostly)) } else { Ok(()) }
}

fn definition(resource: &Node<'_>) -> Definition {
    let compose = resource.get("compose");
    let parts = |name: &str| -> Vec<Part> {
        let parts = compose.and_then(|compose| compose.get(name)).map(Node::items).unwrap_or_default();
        parts.iter().map(part).collect()
    };
    let mut expansion = Vec::new();
    contained(resource.get("expansion").and_then(|expansion| expansion.get("contains")), &mut expansion);
    Definition { include: parts("include"), exclude: parts("exclude"), expansion }
}

fn part(node: &Node<'_>) -> Part {
    let items = |name: &str| node.get(name).map(Node::items).unwrap_or_default();
    let text = |node: &Node<'_>, name: &str| node.text(name).unwrap_or_default().to_owned();
    Part {
        system: node.text("system").map(str::to_owned),
        codes: items("concept")
            .iter()
            .filter_map(|concept| concept.text("code").map(str::to_owned))
            .collect(),
        filters: items("filter")
            .iter()
            .map(|filter| [text(filter, "property"), text(filter, "op"), text(filter, "value")])
            .collect(),
        value_sets: items("valueSet").iter().filter_map(|set| set.as_str().map(str::to_owned)).collect(),
    }
}

/// The codes of an expansion.
fn contained(contains: Option<&Node<'_>>, out: &mut Vec<FoundCode>) {
    for node in contains.map(Node::items).unwrap_or_default() {
        if let Some(code) = node.text("code")
            && node.get("abstract").and_then(Node::as_bool) != Some(true)
        {
            out.push(FoundCode {
                system: node.text("system").map(str::to_owned),
                code: Some(code.to_owned()),
            });
        }
        contained(node.get("contains"), out);
    }
}

/// The concepts of a CodeSystem, each with the codes right above it: by nesting and by the properties `parent`.
fn concepts(system: &Node<'_>) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    collect(system.get("concept"), None, &mut found);
    found
}

fn collect(concepts: Option<&Node<'_>>, above: Option<&str>, out: &mut Vec<(String, Vec<String>)>) {
    for concept in concepts.map(Node::items).unwrap_or_default() {
        let Some(code) = concept.text("code") else { continue };
        let properties = concept.get("property").map(Node::items).unwrap_or_default();
        let named = properties.iter().filter(|property| property.text("code") == Some("parent"));
        let mut parents: Vec<String> =
            named.filter_map(|property| property.text("valueCode").map(str::to_owned)).collect();
        parents.extend(above.map(str::to_owned));
        out.push((code.to_owned(), parents));
        collect(concept.get("concept"), Some(code), out);
    }
}

/// The codes below a code of a CodeSystem.
pub(crate) fn descendants(system: &Node<'_>, code: &str) -> Vec<String> {
    let mut below: HashMap<String, Vec<String>> = HashMap::new();
    for (code, parents) in concepts(system) {
        for parent in parents {
            below.entry(parent).or_default().push(code.clone());
        }
    }
    reached(code, |from| below.get(from).cloned().unwrap_or_default())
}

/// The codes above a code of a CodeSystem.
pub(crate) fn ancestors(system: &Node<'_>, code: &str) -> Vec<String> {
    let mut above: HashMap<String, Vec<String>> = HashMap::new();
    for (code, parents) in concepts(system) {
        above.entry(code).or_default().extend(parents);
    }
    reached(code, |from| above.get(from).cloned().unwrap_or_default())
}

/// Everything that can be reached, the beginning left out.
fn reached(begin: &str, step: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut seen = HashSet::from([begin.to_owned()]);
    let mut found = Vec::new();
    let mut round = vec![begin.to_owned()];
    while let Some(from) = round.pop() {
        for code in step(&from) {
            if seen.insert(code.clone()) {
                found.push(code.clone());
                round.push(code);
            }
        }
    }
    found
}
