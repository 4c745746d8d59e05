//! A StructureDefinition as far as it can be checked (R4 `structuredefinition.html`, `elementdefinition.html`).

use std::sync::Arc;

use fhir::{Severity, TypeId};
use fhirpath::Expression;
use json::Node;

use super::{Discriminator, Slicing};
use crate::rules::{Binding, Rule, Strength, is_r4_key};

/// Where R4 has its own definitions.
const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Where an extension may be used.
#[derive(Debug, Clone)]
pub(crate) enum Context {
    /// `element`: a type, or the path of an element.
    Element(String),
    /// `extension`: inside of the extension of that url.
    Extension(String),
    /// `fhirpath`: judged as allowed; R4 does not say from where the expression starts.
    Expression,
}

/// A type that an element may have in a profile.
#[derive(Debug, Clone)]
pub(crate) struct ProfileType {
    pub(crate) code: String,
    /// One of these must hold for the value.
    pub(crate) profiles: Vec<String>,
    /// One of these must hold for what a Reference leads to.
    pub(crate) targets: Vec<String>,
}

/// A StructureDefinition.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) url: String,
    pub(crate) version: Option<String>,
    /// `type`, for example `Patient`, `Address`, `Extension`.
    pub(crate) type_name: String,
    pub(crate) base: String,
    pub(crate) contexts: Vec<Context>,
    pub(crate) elements: Vec<ElementDefinition>,
    /// Whether the elements are those of the snapshot.
    pub(crate) from_snapshot: bool,
}

/// One ElementDefinition: only what it says itself.
#[derive(Debug)]
pub(crate) struct ElementDefinition {
    /// Names with their slice, the root left out: `identifier:CCCD`, `system`.
    pub(crate) steps: Vec<(String, Option<String>)>,
    pub(crate) min: Option<u32>,
    /// `Some(None)`: any number.
    pub(crate) max: Option<Option<u32>>,
    pub(crate) types: Vec<ProfileType>,
    pub(crate) fixed: Option<Arc<Node<'static>>>,
    pub(crate) pattern: Option<Arc<Node<'static>>>,
    pub(crate) least: Option<Arc<Node<'static>>>,
    pub(crate) most: Option<Arc<Node<'static>>>,
    pub(crate) max_length: Option<usize>,
    pub(crate) binding: Option<Binding>,
    pub(crate) rules: Vec<Arc<Rule>>,
    pub(crate) slicing: Option<Slicing>,
}

impl Definition {
    /// Reads a StructureDefinition that constrains a type of R4; `None` when it is of another kind (a new type, a
    /// logical model).
    pub(crate) fn read(resource: &Node<'_>) -> Result<Option<Self>, String> {
        if resource.text("derivation") != Some("constraint") {
            return Ok(None);
        }
        let text = |name: &str| resource.text(name).map(str::to_owned).ok_or(format!("{name} is missing"));
        let (url, type_name, base) = (text("url")?, text("type")?, text("baseDefinition")?);
        if !base.starts_with("http") && !base.starts_with("urn:") {
            return Err("baseDefinition is not an absolute url".to_owned());
        }
        let elements = |name: &str| {
            resource.get(name).and_then(|part| part.get("element")).map(Node::items).unwrap_or_default()
        };
        // R4's own profiles, such as that of vital signs, are not at hand: then the snapshot has to tell.
        let is_of_core_profile = core_definition(&base).is_some_and(|name| TypeId::named(name).is_none());
        let from_snapshot =
            elements("differential").is_empty() || (is_of_core_profile && !elements("snapshot").is_empty());
        let own = elements(if from_snapshot { "snapshot" } else { "differential" });
        let own: Result<Vec<_>, String> =
            own.iter().map(|element| ElementDefinition::read(element, &type_name, from_snapshot)).collect();
        let contexts = resource.get("context").map(Node::items).unwrap_or_default();
        Ok(Some(Self {
            url,
            version: resource.text("version").map(str::to_owned),
            type_name,
            base,
            contexts: contexts.iter().filter_map(context).collect(),
            elements: own?,
            from_snapshot,
        }))
    }
}

/// The name of a definition that is R4's own.
pub(crate) fn core_definition(canonical: &str) -> Option<&str> {
    canonical.split('|').next()?.strip_prefix(CORE)
}

fn context(node: &Node<'_>) -> Option<Context> {
    let expression = node.text("expression")?.to_owned();
    Some(match node.text("type")? {
        "element" => Context::Element(expression),
        "extension" => Context::Extension(expression),
        _ => Context::Expression,
    })
}

impl ElementDefinition {
    fn read(node: &Node<'_>, type_name: &str, in_snapshot: bool) -> Result<Self, String> {
        let path = node.text("path").ok_or("an element without a path")?;
        let id = node.text("id").unwrap_or_default();
        let fault = |what: &str| format!("{path}: {what}");
        if path.split('.').next() != Some(type_name) {
            return Err(fault(&format!("not an element of {type_name}")));
        }
        // Snapshots repeat the invariants of R4, which are judged without any profile.
        let is_repeated = |rule: &&Node<'_>| {
            let from_core = rule.text("source").and_then(core_definition).is_some();
            (in_snapshot || from_core) && rule.text("key").is_some_and(is_r4_key)
        };
        let number = |name: &str| node.get(name).and_then(Node::as_number).and_then(|text| text.parse().ok());
        let max = match node.text("max") {
            None => None,
            Some("*") => Some(None),
            Some(text) => Some(Some(text.parse().map_err(|_| fault("max is not a number"))?)),
        };
        let value = |prefix: &str| {
            let member = node.members().iter().find(|(name, _)| {
                name.strip_prefix(prefix)
                    .is_some_and(|kind| kind.starts_with(|first: char| first.is_ascii_uppercase()))
            });
            member.map(|(_, value)| Arc::new(value.to_static()))
        };
        let items = |name: &str| node.get(name).map(Node::items).unwrap_or_default();
        Ok(Self {
            steps: steps(path, id, node.text("sliceName"))
                .ok_or_else(|| fault("the id does not fit the path"))?,
            min: number("min"),
            max,
            types: items("type").iter().filter_map(ProfileType::read).collect(),
            fixed: value("fixed"),
            pattern: value("pattern"),
            least: value("minValue"),
            most: value("maxValue"),
            max_length: number("maxLength").and_then(|most| usize::try_from(most).ok()),
            binding: node.get("binding").and_then(binding),
            rules: items("constraint")
                .iter()
                .filter(|rule| !is_repeated(rule))
                .map(|node| rule(node).map_err(|reason| fault(&reason)))
                .collect::<Result<Vec<_>, String>>()?
                .into_iter()
                .flatten()
                .collect(),
            slicing: node
                .get("slicing")
                .map(|slicing| self::slicing(slicing).map_err(|reason| fault(&reason)))
                .transpose()?,
        })
    }
}

impl ProfileType {
    fn read(node: &Node<'_>) -> Option<Self> {
        let texts = |name: &str| {
            let items = node.get(name).map(Node::items).unwrap_or_default();
            items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        // The types of ids and of values of primitives in snapshots (`http://hl7.org/fhirpath/System.String`) are none
        // that a value has here, and restrict nothing.
        let code = node.text("code").filter(|code| !code.starts_with("http://hl7.org/fhirpath/"))?;
        let code = core_definition(code).unwrap_or(code).to_owned();
        Some(Self { code, profiles: texts("profile"), targets: texts("targetProfile") })
    }
}

/// The names of a path, with the slices that the id tells. A differential without ids has its slice at the end.
fn steps(path: &str, id: &str, slice: Option<&str>) -> Option<Vec<(String, Option<String>)>> {
    // R4 has no path that comes near this, and trees are walked by calls.
    let is_sane = |text: &str| text.len() <= 1_000 && text.matches(['.', '/']).count() <= 50;
    if !is_sane(path) || !is_sane(id) || !slice.is_none_or(is_sane) {
        return None;
    }
    let plain = |name: &str| name.strip_suffix("[x]").unwrap_or(name).to_owned();
    let names = path.split('.').skip(1);
    // A slice name may hold dots, so that ids are not simply cut at them: each part begins with the name of the path.
    let mut rest = id.split_once('.').map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    let last = path.split('.').count().saturating_sub(2);
    for (index, name) in names.enumerate() {
        if id.is_empty() {
            let slice = slice.filter(|_| index == last);
            found.push((plain(name), slice.map(str::to_owned)));
            continue;
        }
        let after = rest.strip_prefix(name)?;
        let (own, next) = match path.split('.').nth(index + 2) {
            Some(next) => match after.rfind(&format!(".{next}")) {
                Some(at) if index + 1 == last => (after.get(..at)?, after.get(at + 1..)?),
                _ => after.split_once('.')?,
            },
            None => (after, ""),
        };
        let slice = match own.strip_prefix(':') {
            Some(slice) => Some(slice.to_owned()),
            None if own.is_empty() => None,
            None => return None,
        };
        found.push((plain(name), slice));
        rest = next;
    }
    Some(found)
}

fn binding(node: &Node<'_>) -> Option<Binding> {
    let strength = Strength::named(node.text("strength")?)?;
    Some(Binding { strength, value_set: node.text("valueSet")?.into() })
}

/// An invariant; `None` when it has no expression and so cannot be judged by a program.
fn rule(node: &Node<'_>) -> Result<Option<Arc<Rule>>, String> {
    let key = node.text("key").unwrap_or_default().to_owned();
    let Some(text) = node.text("expression") else { return Ok(None) };
    let expression = Expression::parse(text).map_err(|error| format!("constraint {key}: {error}"))?;
    let english = node.text("human").unwrap_or(&key).to_owned();
    let extensions = node.get("extension").map(Node::items).unwrap_or_default();
    let vietnamese = extensions
        .iter()
        .find(|extension| extension.text("url") == Some("urn:healthbook:text-vi"))
        .and_then(|extension| extension.text("valueString"));
    let severity = if node.text("severity") == Some("warning") { Severity::Warning } else { Severity::Error };
    let vietnamese = vietnamese.unwrap_or(&english).to_owned();
    Ok(Some(Arc::new(Rule { key, severity, expression, english, vietnamese })))
}

fn slicing(node: &Node<'_>) -> Result<Slicing, String> {
    let items = node.get("discriminator").map(Node::items).unwrap_or_default();
    let read = |item: &Node<'_>| {
        let (kind, path) = (item.text("type").unwrap_or_default(), item.text("path").unwrap_or_default());
        Discriminator::read(kind, path).ok_or(format!("the discriminator {kind}:{path} is not supported"))
    };
    Ok(Slicing {
        discriminators: items.iter().map(read).collect::<Result<_, String>>()?,
        rules: node.text("rules").into(),
        ordered: node.get("ordered").and_then(Node::as_bool).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, id: &str, slice: Option<&str>) -> String {
        let steps = steps(path, id, slice).unwrap();
        let show = |(name, slice): &(String, Option<String>)| match slice {
            Some(slice) => format!("{name}:{slice}"),
            None => name.clone(),
        };
        steps.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn slices_are_read_from_ids_and_from_names() {
        assert_eq!(shown("Patient", "Patient", None), "");
        assert_eq!(shown("Patient.identifier", "Patient.identifier:CCCD", Some("CCCD")), "identifier:CCCD");
        assert_eq!(
            shown("Patient.identifier.system", "Patient.identifier:CCCD.system", None),
            "identifier:CCCD system"
        );
        assert_eq!(
            shown("Patient.identifier.type.coding", "Patient.identifier:a/b.type.coding:c", Some("c")),
            "identifier:a/b type coding:c"
        );
        assert_eq!(
            shown("Observation.value[x]", "Observation.value[x]:valueQuantity", None),
            "value:valueQuantity"
        );
        assert_eq!(shown("Patient.identifier", "", Some("CCCD")), "identifier:CCCD");
        assert_eq!(shown("Patient.name.given", "", None), "name given");
    }
}
