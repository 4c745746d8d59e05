//! Profiles: StructureDefinitions read, and made into trees of what they demand.

mod definition;
mod slicing;
mod tree;

pub(crate) use definition::{Context, Definition, core_definition};
pub(crate) use slicing::{Discriminator, DiscriminatorKind, Slicing, SlicingRules, Step};
pub(crate) use tree::{Profile, ProfileNode, ProfileType, compile};
