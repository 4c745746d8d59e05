//! Judging invariants by FHIRPath.

use fhir::Fault;
use fhirpath::{Context, ElementItem, Item};

use crate::reference::Surroundings;
use crate::rules::Rule;

/// Whether an invariant holds. As in the reference validator, only `true` is true: empty is not.
pub(crate) fn holds<'a>(
    rule: &Rule,
    focus: Item<'a>,
    resource: ElementItem<'a>,
    root: ElementItem<'a>,
    surroundings: &Surroundings<'_, 'a>,
) -> bool {
    let context =
        Context::new(resource).with_root_resource(root).with_focus(focus).with_resolver(surroundings);
    surroundings.budget.holds(&rule.expression, &context)
}

/// What is said when it does not hold.
pub(crate) fn fault(rule: &Rule) -> Fault {
    Fault::Invariant {
        key: rule.key.clone(),
        english: rule.english.clone(),
        vietnamese: rule.vietnamese.clone(),
    }
}
