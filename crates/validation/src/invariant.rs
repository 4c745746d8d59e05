//! Judging invariants by FHIRPath.

use fhir::Fault;
use fhirpath::{Context, ElementItem, Item};

use crate::reference::Surroundings;
use crate::rules::Rule;

/// Steps that one invariant may take. The longest that R4 has, over a code system of 20,000 concepts, stay below.
const STEPS: u64 = 20_000_000;

/// Whether an invariant holds. As in the reference validator, only `true` is true: empty is not. An expression that
/// fails on this resource, or takes too long, tells nothing against it.
pub(crate) fn holds<'a>(
    rule: &Rule,
    focus: Item<'a>,
    resource: ElementItem<'a>,
    root: ElementItem<'a>,
    surroundings: &Surroundings<'_, 'a>,
) -> bool {
    let context = Context::new(resource)
        .with_root_resource(root)
        .with_focus(focus)
        .with_resolver(surroundings)
        .with_steps(STEPS);
    match rule.expression.evaluate_boolean(&context) {
        Ok(result) => result == Some(true),
        Err(_) => true,
    }
}

/// What is said when it does not hold.
pub(crate) fn fault(rule: &Rule) -> Fault {
    Fault::Invariant {
        key: rule.key.clone(),
        english: rule.english.clone(),
        vietnamese: rule.vietnamese.clone(),
    }
}
