//! `_include` and `_revinclude` (R4 `search.html#revinclude`): `Type:parameter[:target]`, `Type:*`, `*`.

use fhir::ResourceType;

use super::{Parser, Refusal};
use crate::Include;
use crate::parameter::{Parameter, ParameterType, Source};
use crate::path::Only;

impl Parser<'_> {
    pub(super) fn include(&mut self, reverse: bool, iterate: bool, value: &str) -> Result<(), Refusal> {
        let refused = || Refusal::value(if reverse { "_revinclude" } else { "_include" });
        let mut parts = value.split(':');
        let (first, parameter, target) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if parts.next().is_some() {
            return Err(refused());
        }
        let target: Option<ResourceType> = target.map(str::parse).transpose().map_err(|_| refused())?;
        if first == "*" {
            if parameter.is_some() {
                return Err(refused());
            }
            self.include_all(reverse, iterate);
            return Ok(());
        }
        let source: ResourceType = first.parse().map_err(|_| refused())?;
        let include = match parameter.ok_or_else(refused)? {
            "*" => Include {
                reverse,
                source,
                slots: self.reader.registry.reference_slots(source, None),
                target,
                iterate,
            },
            code => {
                let parameter =
                    self.reader.registry.definition(source).parameter(code).ok_or_else(refused)?;
                if parameter.kind != ParameterType::Reference {
                    return Err(refused());
                }
                let target = target_of(parameter, target).ok_or_else(refused)?;
                Include {
                    reverse,
                    source,
                    slots: self.reader.registry.slots_of(&parameter.sources),
                    target,
                    iterate,
                }
            }
        };
        self.add(include);
        Ok(())
    }

    fn add(&mut self, include: Include) {
        if !self.plan.includes.contains(&include) {
            self.plan.includes.push(include);
        }
    }

    /// `*`: whatever the matches refer to, or whatever can refer to the matches.
    fn include_all(&mut self, reverse: bool, iterate: bool) {
        let registry = self.reader.registry;
        let own = self.plan.types.clone();
        let is_own = |kind: &ResourceType| own.is_empty() || own.contains(kind);
        let may_refer = |source: &&Source| {
            !reverse || (!source.url && (source.targets.is_empty() || source.targets.iter().any(is_own)))
        };
        // What was included is of any type, so an iterated `*` follows the references of all types.
        for source in ResourceType::all().filter(|source| reverse || iterate || is_own(source)) {
            let parameters = registry.definition(source).parameters.iter();
            let references = parameters.filter(|parameter| parameter.kind == ParameterType::Reference);
            let slots =
                registry.slots_of(references.flat_map(|parameter| &parameter.sources).filter(may_refer));
            if !slots.is_empty() {
                self.plan.includes.push(Include { reverse, source, slots, target: None, iterate });
            }
        }
    }
}

/// The type that is included: the one asked for, and the one that the parameter is narrowed to
/// (`Observation:patient` shares its slot with `subject`). `None` when they contradict.
fn target_of(parameter: &Parameter, asked: Option<ResourceType>) -> Option<Option<ResourceType>> {
    let narrowed = parameter.sources.iter().find_map(|source| match source.only {
        Only::Target(only) => Some(only),
        _ => None,
    });
    match (asked, narrowed) {
        (Some(asked), Some(narrowed)) => (asked == narrowed).then_some(Some(asked)),
        (Some(asked), None) => {
            let possible = parameter.targets.is_empty() || parameter.targets.contains(&asked);
            possible.then_some(Some(asked))
        }
        (None, narrowed) => Some(narrowed),
    }
}
