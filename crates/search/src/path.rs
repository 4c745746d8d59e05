//! What can be known of a search expression without a resource: where it starts, which types it can give,
//! whether it can give several items, and whether it only narrows another expression.
//!
//! Only the shapes that R4's search parameters use are understood: paths with `as`, `where`, an index. For
//! anything else (`Patient.deceased.exists() and ...`) the answer is "nothing is known", which is always safe.

use fhir::{ElementType, Kind, ResourceType, TypeId};

/// One member of the union that a search parameter's expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// The text without the parentheses around it: the name of the slot.
    pub text: String,
    /// What of the slot's values belongs to the branch.
    pub only: Only,
    steps: Option<Vec<Step>>,
}

/// A branch that is part of another expression shares its slot and takes only some of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Only {
    /// All of them.
    All,
    /// `X.where(resolve() is Patient)`: references to this type.
    Target(ResourceType),
    /// `X.where(system='phone')` of contact points: their system stands where tokens have theirs.
    System(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    As(String),
    Where(String),
    Index,
}

/// What a branch gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// The types it can give; empty when not known.
    pub types: Vec<TypeId>,
    /// The resource types that its references can have; empty when any.
    pub targets: Vec<ResourceType>,
    /// Whether it can give more than one item.
    pub many: bool,
    /// JSON members of the resource without which it gives nothing; `None` when it must always be asked.
    pub members: Option<Vec<String>>,
}

/// The members of a union, for one resource type. `Resource.` and `DomainResource.` become that type; a path
/// without a type (`name` of InsurancePlan) starts from it.
pub(crate) fn branches(expression: &str, resource_type: ResourceType) -> Vec<Branch> {
    split(expression, "|")
        .into_iter()
        .filter_map(|text| {
            let text = without_parentheses(text.trim());
            if text.starts_with(|first: char| first.is_ascii_lowercase()) {
                return Some(branch(&format!("{resource_type}.{text}")));
            }
            let (prefix, rest) = text.split_at(text.find(|c: char| c.is_ascii_uppercase())?);
            let (root, rest) = rest.split_at(rest.find('.')?);
            let own = root == resource_type.as_str() || root == "Resource" || root == "DomainResource";
            own.then(|| branch(&format!("{prefix}{resource_type}{rest}")))
        })
        .collect()
}

fn branch(text: &str) -> Branch {
    let steps = steps(text);
    // R4 writes a cast in three ways; one name for all keeps values from being stored twice.
    let written = steps.as_deref().map(written);
    let text = written.as_deref().unwrap_or(text);
    let whole = |text: &str, steps| Branch { text: text.to_owned(), only: Only::All, steps };
    let Some(Step::Where(condition)) = steps.as_ref().and_then(|steps| steps.last()) else {
        return whole(text, steps);
    };
    let only = narrowing(condition);
    let outer = text.rfind(".where(").and_then(|at| text.get(..at));
    let (Some(only), Some(outer)) = (only, outer) else {
        return whole(text, steps);
    };
    let steps = steps.map(|mut steps| {
        steps.pop();
        steps
    });
    let branch = Branch { text: outer.to_owned(), only, steps };
    let contact_point = TypeId::named("ContactPoint");
    match branch.only {
        Only::System(_) if !branch.outcome().types.iter().all(|kind| Some(*kind) == contact_point) => {
            whole(text, self::steps(text))
        }
        _ => branch,
    }
}

/// The text of the steps, with every cast as `ofType`.
fn written(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Name(name) if text.is_empty() => text.push_str(name),
            Step::Name(name) => text.extend([".", name]),
            Step::As(name) => text.extend([".ofType(", name, ")"]),
            Step::Where(condition) => text.extend([".where(", condition, ")"]),
            Step::Index => text.push_str("[0]"),
        }
    }
    text
}

fn narrowing(condition: &str) -> Option<Only> {
    if let Some(name) = condition.strip_prefix("resolve() is ") {
        return name.trim().parse().ok().map(Only::Target);
    }
    let value = condition.strip_prefix("system='")?.strip_suffix('\'')?;
    Some(Only::System(value.to_owned()))
}

impl Branch {
    /// Whether the path names an element that does not exist.
    pub fn leads_nowhere(&self) -> bool {
        self.steps.as_deref().is_some_and(|steps| follow(steps).is_none())
    }

    /// What the branch gives, from the element table.
    pub fn outcome(&self) -> Outcome {
        self.steps.as_deref().and_then(follow).unwrap_or(Outcome { many: true, ..Outcome::default() })
    }
}

fn follow(steps: &[Step]) -> Option<Outcome> {
    let [Step::Name(root), Step::Name(first), rest @ ..] = steps else {
        return None;
    };
    let root = TypeId::named(root)?;
    let element = root.element(first)?;
    let mut types: Vec<&'static ElementType> = element.types.iter().collect();
    let mut many = element.many;
    let cast = match rest.first() {
        Some(Step::As(name)) => Some(name.as_str()),
        _ => None,
    };
    let members = if element.choice {
        let chosen = types.iter().filter(|kind| cast.is_none_or(|cast| kind.type_id.name() == cast));
        chosen.map(|kind| format!("{first}{}", capitalised(kind.type_id.name()))).collect()
    } else {
        vec![first.clone()]
    };
    for step in rest {
        match step {
            Step::Name(name) => {
                let elements: Vec<_> = types.iter().filter_map(|kind| kind.type_id.element(name)).collect();
                many |= elements.iter().any(|element| element.many);
                types = elements.iter().flat_map(|element| &element.types).collect();
            }
            Step::As(name) => types.retain(|kind| kind.type_id.name() == name),
            Step::Where(_) => {}
            // Only the index after the first step can be judged: an earlier array makes it several again.
            Step::Index => many = rest.iter().position(|other| other == step) != Some(0),
        }
    }
    let mut targets: Vec<ResourceType> =
        types.iter().flat_map(|kind| &kind.targets).filter_map(|name| name.parse().ok()).collect();
    if types.iter().any(|kind| kind.targets.is_empty()) {
        targets.clear();
    }
    let types: Vec<TypeId> = types.iter().map(|kind| kind.type_id).collect();
    (!types.is_empty()).then_some(Outcome { types, targets, many, members: Some(members) })
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// Whether a token of that type has no system of its own: R4 says that it is implied by the element.
pub(crate) fn system_is_implied(types: &[TypeId]) -> bool {
    types.iter().all(|kind| kind.kind() == Kind::Primitive)
}

/// The steps of a path, or `None` when it is something else.
fn steps(text: &str) -> Option<Vec<Step>> {
    if let [left, right] = split(text, " as ").as_slice() {
        let mut steps = self::steps(left)?;
        steps.push(Step::As((*right).to_owned()));
        return Some(steps);
    }
    let mut out = Vec::new();
    for (index, part) in split(text, ".").into_iter().enumerate() {
        let part = part.trim();
        if index == 0 && part.starts_with('(') {
            let inner = without_parentheses(part);
            if inner == part {
                return None;
            }
            out = self::steps(inner)?;
            continue;
        }
        let call = |function: &str| part.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(condition) = call("where") {
            out.push(Step::Where(condition.trim().to_owned()));
        } else if let Some(name) = call("as").or_else(|| call("ofType")) {
            out.push(Step::As(name.trim().to_owned()));
        } else if let Some(name) = part.strip_suffix("[0]").filter(|name| is_name(name)) {
            out.push(Step::Name(name.to_owned()));
            out.push(Step::Index);
        } else if is_name(part) {
            out.push(Step::Name(part.to_owned()));
        } else {
            return None;
        }
    }
    Some(out)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The text inside of parentheses that enclose all of it.
fn without_parentheses(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    match inner {
        Some(inner) if balanced(inner) => inner.trim(),
        _ => text,
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    text.bytes().all(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth >= 0
    }) && depth == 0
}

/// Splits where the separator stands outside of parentheses and quotes.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ if depth == 0
                && !quoted
                && at >= start
                && text.get(at..).is_some_and(|rest| rest.starts_with(separator)) =>
            {
                parts.extend(text.get(start..at));
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(expression: &str, kind: &str) -> Branch {
        let mut found = branches(expression, kind.parse().unwrap());
        assert_eq!(found.len(), 1, "{expression}");
        found.remove(0)
    }

    fn names(outcome: &Outcome) -> Vec<&'static str> {
        outcome.types.iter().map(|kind| kind.name()).collect()
    }

    #[test]
    fn a_branch_belongs_to_its_type() {
        let expression = "Patient.name | Person.name | (Observation.value as string)";
        assert_eq!(one(expression, "Person").text, "Person.name");
        assert_eq!(one(expression, "Observation").text, "Observation.value.ofType(string)");
        assert_eq!(one("Resource.meta.tag", "Flag").text, "Flag.meta.tag");
        assert!(branches(expression, "Group".parse().unwrap()).is_empty());
        let relative = branches("name | alias", "InsurancePlan".parse().unwrap());
        assert_eq!(relative[1].text, "InsurancePlan.alias");
        let both = branches(
            "(Observation.value as string) | (Observation.value as CodeableConcept).text",
            "Observation".parse().unwrap(),
        );
        assert_eq!(both[1].text, "Observation.value.ofType(CodeableConcept).text");
        assert_eq!(names(&both[1].outcome()), ["string"]);
        assert_eq!(both[1].outcome().members.as_deref(), Some(&["valueCodeableConcept".to_owned()][..]));
    }

    #[test]
    fn narrowed_branches_share_the_slot_of_the_whole() {
        let subject = one("Observation.subject.where(resolve() is Patient)", "Observation");
        assert_eq!(
            (subject.text.as_str(), subject.only.clone()),
            ("Observation.subject", Only::Target(ResourceType::PATIENT))
        );
        assert!(!subject.outcome().many);
        let phone = one("Patient.telecom.where(system='phone')", "Patient");
        assert_eq!((phone.text.as_str(), phone.only), ("Patient.telecom", Only::System("phone".into())));
        let artifact = one("Library.relatedArtifact.where(type='successor').resource", "Library");
        assert_eq!(
            (artifact.text.as_str(), artifact.only.clone()),
            ("Library.relatedArtifact.where(type='successor').resource", Only::All)
        );
        assert_eq!(names(&artifact.outcome()), ["canonical"]);
    }

    #[test]
    fn types_come_from_the_element_table() {
        let check = |expression: &str, kind: &str, types: &[&str], many: bool| {
            let outcome = one(expression, kind).outcome();
            assert_eq!((names(&outcome), outcome.many), (types.to_vec(), many), "{expression}");
        };
        check("Observation.effective", "Observation", &["dateTime", "Period", "Timing", "instant"], false);
        check("Condition.onset.as(Period)", "Condition", &["Period"], false);
        check("Account.subject", "Account", &["Reference"], true);
        check("Observation.component.code", "Observation", &["CodeableConcept"], true);
        check("Bundle.entry[0].resource", "Bundle", &["Resource"], false);
        check("Patient.deceased.exists() and Patient.deceased != false", "Patient", &[], true);
        let patient = one("AllergyIntolerance.patient", "AllergyIntolerance").outcome();
        assert_eq!(patient.targets, [ResourceType::PATIENT]);
        assert_eq!(
            one("Observation.effective", "Observation").outcome().members.unwrap()[1],
            "effectivePeriod"
        );
    }
}
