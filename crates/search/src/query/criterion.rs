//! One condition: the name says what kind it is, the parameter's type and the modifier how its values are read.

use fhir::ResourceType;

use super::{Reader, Refusal};
use crate::parameter::{Parameter, ParameterType, Source};
use crate::{Clause, Lookup, LookupKind};

/// A parameter for the types that are searched.
pub(super) struct Asked<'a> {
    pub code: &'a str,
    pub kind: ParameterType,
    /// One for each type.
    pub parameters: Vec<(ResourceType, &'a Parameter)>,
}

impl<'a> Asked<'a> {
    pub fn sources(&self) -> Vec<&'a Source> {
        self.parameters.iter().flat_map(|(_, parameter)| &parameter.sources).collect()
    }

    /// The types that its references may have; empty means any.
    pub fn targets(&self) -> Vec<ResourceType> {
        if self.parameters.iter().any(|(_, parameter)| parameter.targets.is_empty()) {
            return Vec::new();
        }
        let mut targets: Vec<ResourceType> =
            self.parameters.iter().flat_map(|(_, parameter)| &parameter.targets).copied().collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// A condition that has to be looked up.
    pub fn lookup(&self, kind: LookupKind, values: Vec<String>) -> Clause {
        let types = self.parameters.iter().map(|(resource_type, _)| *resource_type).collect();
        Clause::Lookup(Box::new(Lookup { kind, types, code: self.code.to_owned(), values }))
    }
}

impl<'a> Reader<'a> {
    /// The condition of a parameter for resources of these types; none means every type.
    pub(super) fn criterion(
        self,
        types: &[ResourceType],
        name: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, Refusal> {
        if !self.take(1) {
            return Err(Refusal::value(parted(name).0));
        }
        if let Some(rest) = name.strip_prefix("_has:") {
            return self.reverse_chain(types, rest, value, depth);
        }
        // A value that is asked for by a chain stands behind the first point: `subject:Patient.name`.
        if let Some((head, rest)) = name.split_once('.') {
            let (code, modifier) = parted(head);
            if let Ok(asked) = self.find(types, code) {
                return self.chain(&asked, modifier, rest, value, depth);
            }
        }
        let (code, modifier) = parted(name);
        match code {
            "_list" | "_type" | "_filter" | "_has" if modifier.is_some() => {
                Err(Refusal::modifier(code, modifier.unwrap_or_default()))
            }
            "_list" => self.list(types, value),
            "_type" => self.types(value),
            "_filter" => self.filter_expression(types, value, depth),
            "_has" => Err(Refusal::value(code)),
            _ => {
                let asked = self.find(types, code)?;
                self.filter(&asked, modifier, value)
            }
        }
    }

    /// Takes conditions from what the query may still have; `false` when there are not so many left.
    pub(super) fn take(self, conditions: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(conditions));
        left >= conditions
    }

    /// The parameter, if every type has it, with one kind.
    pub(super) fn find<'c>(self, types: &[ResourceType], code: &'c str) -> Result<Asked<'c>, Refusal>
    where
        'a: 'c,
    {
        let unknown = || Refusal::unknown(code);
        let all: Vec<ResourceType>;
        let types = if types.is_empty() {
            // Parameters of every type begin with `_`.
            if !code.starts_with('_') {
                return Err(unknown());
            }
            all = ResourceType::all().collect();
            all.as_slice()
        } else {
            types
        };
        let mut parameters: Vec<(ResourceType, &Parameter)> = Vec::with_capacity(types.len());
        for resource_type in types {
            match self.registry.definition(*resource_type).parameter(code) {
                Some(parameter) => parameters.push((*resource_type, parameter)),
                // `_text` is of DomainResource, which Binary, Bundle and Parameters are not.
                None if types.len() > 3 && code == "_text" => {}
                None => return Err(unknown()),
            }
        }
        let Some(kind) = parameters.first().map(|(_, parameter)| parameter.kind) else {
            return Err(unknown());
        };
        if parameters.iter().any(|(_, parameter)| parameter.kind != kind) {
            return Err(unknown());
        }
        if let Some((_, parameter)) = parameters.iter().find(|(_, parameter)| !parameter.searchable) {
            return Err(Refusal::Unknown(Refusal::unsupported(code, parameter.kind.as_str())));
        }
        Ok(Asked { code, kind, parameters })
    }
}

/// `code:modifier`
pub(super) fn parted(name: &str) -> (&str, Option<&str>) {
    match name.split_once(':') {
        Some((code, modifier)) => (code, Some(modifier)),
        None => (name, None),
    }
}
