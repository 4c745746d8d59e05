//! What an evaluation knows besides the expression: the resource, the time, variables, references and limits.

use fhir::TypeId;
use json::Node;

use crate::item::{Collection, ElementItem, Item};
use crate::temporal::Temporal;

/// Steps that an evaluation may take unless the context says otherwise. Extraction of a search parameter
/// takes some ten.
const DEFAULT_STEPS: u64 = 1_000_000;

/// Looks up the target of a reference outside of the resource at hand.
pub trait Resolve {
    /// The target of the text of a reference, or of a canonical url. `None` leaves what the text alone tells:
    /// the type.
    fn resolve<'a>(&'a self, reference: &str) -> Option<ElementItem<'a>>;
}

/// The surroundings of an evaluation. Made for each resource; making one allocates nothing.
pub struct Context<'a> {
    pub(crate) focus: Item<'a>,
    pub(crate) resource: Item<'a>,
    pub(crate) root_resource: Item<'a>,
    pub(crate) variables: Vec<(String, Collection<'a>)>,
    pub(crate) resolver: Option<&'a dyn Resolve>,
    pub(crate) now: Option<Temporal>,
    pub(crate) steps: u64,
    pub(crate) strict: bool,
}

impl<'a> Context<'a> {
    /// A context whose focus is a resource; its type is read from `resourceType`. `None` when that is not a
    /// type of R4.
    pub fn for_resource(resource: &'a Node<'a>) -> Option<Self> {
        let type_id = TypeId::named(resource.text("resourceType")?)?;
        Some(Self::new(ElementItem::new(resource, type_id)))
    }

    /// A context whose focus and `%resource` are that item.
    pub fn new(resource: ElementItem<'a>) -> Self {
        let item = Item::Element(resource);
        Self {
            focus: item.clone(),
            resource: item.clone(),
            root_resource: item,
            variables: Vec::new(),
            resolver: None,
            now: None,
            steps: DEFAULT_STEPS,
            strict: false,
        }
    }

    /// Evaluates from that item (`%context`) instead of from the resource; invariants of an element need this.
    pub fn with_focus(mut self, focus: Item<'a>) -> Self {
        self.focus = focus;
        self
    }

    /// The resource that contains `%resource`, if that is a contained one.
    pub fn with_root_resource(mut self, root: ElementItem<'a>) -> Self {
        self.root_resource = Item::Element(root);
        self
    }

    /// Defines `%name`.
    pub fn with_variable(mut self, name: impl Into<String>, value: Collection<'a>) -> Self {
        self.variables.push((name.into(), value));
        self
    }

    /// Resolves references that do not point into the resource itself. Without one, only the type of their
    /// target is known.
    pub fn with_resolver(mut self, resolver: &'a dyn Resolve) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// The time of `now()`, `today()` and `timeOfDay()`, in the zone of the caller.
    pub fn with_now(mut self, now: Temporal) -> Self {
        self.now = Some(now);
        self
    }

    /// The number of steps after which an evaluation is given up.
    pub fn with_steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// Refuses what is silently empty otherwise: names that no item of the input can have, `as` on several
    /// items, positions in unordered collections. The search parameters of R4 need the lenient way.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
}
