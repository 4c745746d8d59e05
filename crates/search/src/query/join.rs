//! Chains and reverse chains (R4 `search.html#chaining`, `search.html#has`).

use fhir::{Fault, ResourceType};

use super::criterion::Asked;
use super::{Reader, Refusal};
use crate::parameter::ParameterType;
use crate::{ChainTarget, Clause};

/// Most links inside of each other.
const DEEPEST: usize = 3;

impl Reader<'_> {
    /// Takes a link from what the query may still have.
    fn join(self, depth: usize) -> Result<(), Refusal> {
        match self.joins.get().checked_sub(self.weight).filter(|_| depth < DEEPEST) {
            Some(left) => {
                self.joins.set(left);
                Ok(())
            }
            None => Err(Refusal::Error(Fault::SearchTooCostly)),
        }
    }

    /// `subject:Patient.name=x`, `subject.name=x`.
    pub(super) fn chain(
        self,
        asked: &Asked<'_>,
        modifier: Option<&str>,
        rest: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, Refusal> {
        self.chain_to(asked, modifier, depth, |types| self.criterion(types, rest, value, depth + 1))
    }

    /// The same for any condition on the targets.
    pub(super) fn chain_to(
        self,
        asked: &Asked<'_>,
        modifier: Option<&str>,
        depth: usize,
        condition: impl Fn(&[ResourceType]) -> Result<Clause, Refusal>,
    ) -> Result<Clause, Refusal> {
        if asked.kind != ParameterType::Reference {
            return Err(Refusal::value(asked.code));
        }
        let possible = asked.targets();
        let wanted: Vec<ResourceType> = match modifier {
            Some(name) => {
                let kind: ResourceType = name.parse().map_err(|_| Refusal::modifier(asked.code, name))?;
                if !possible.is_empty() && !possible.contains(&kind) {
                    return Err(Refusal::modifier(asked.code, name));
                }
                vec![kind]
            }
            None if possible.is_empty() => ResourceType::all().collect(),
            None => possible,
        };
        self.join(depth)?;
        let mut targets = Vec::new();
        let mut refusal = None;
        // A link is one, however many types it may lead to.
        let (before, mut fewest) = (self.joins.get(), self.joins.get());
        for resource_type in wanted {
            fewest = fewest.min(self.joins.replace(before));
            match condition(&[resource_type]) {
                Ok(clause) => targets.push(ChainTarget { resource_type, clauses: vec![clause] }),
                Err(Refusal::Unknown(fault)) => {
                    // A chain that leads nowhere cannot be left out: the rest would answer another question.
                    refusal.get_or_insert(Refusal::Error(fault));
                }
                // Nor may a type be left out because its links are too many.
                Err(error @ Refusal::Error(Fault::SearchTooCostly)) => return Err(error),
                Err(error) => refusal = Some(error),
            }
        }
        self.joins.set(fewest.min(self.joins.get()));
        // What is left out for want of room would be missed.
        if self.left.get() == 0 {
            return Err(Refusal::value(asked.code));
        }
        if targets.is_empty() {
            return Err(refusal.unwrap_or_else(|| Refusal::value(asked.code)));
        }
        let slots = self.registry.slots_of(asked.sources().into_iter().filter(|source| !source.url));
        if slots.is_empty() {
            return Err(Refusal::Error(Refusal::unsupported(asked.code, "chain")));
        }
        Ok(Clause::Chain { slots, targets })
    }

    /// `_has:Observation:patient:code=x`, without its beginning.
    pub(super) fn reverse_chain(
        self,
        types: &[ResourceType],
        rest: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, Refusal> {
        let refused = || Refusal::value("_has");
        let mut parts = rest.splitn(3, ':');
        let (Some(source), Some(code), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused());
        };
        let source: ResourceType = source.parse().map_err(|_| refused())?;
        let asked = self.find(&[source], code).map_err(|_| refused())?;
        let targets = asked.targets();
        let reachable =
            targets.is_empty() || types.is_empty() || targets.iter().any(|kind| types.contains(kind));
        if asked.kind != ParameterType::Reference || !reachable {
            return Err(refused());
        }
        self.join(depth)?;
        // Behind a chain it is asked again for every target: there it counts for two levels, so that it holds no link.
        let inside = if depth == 0 { 1 } else { depth + 2 };
        let reader = Self { weight: 2, ..self };
        let clause = match reader.criterion(&[source], rest, value, inside) {
            Err(Refusal::Unknown(fault)) => return Err(Refusal::Error(fault)),
            other => other?,
        };
        let slots = self.registry.slots_of(asked.sources().into_iter().filter(|source| !source.url));
        if slots.is_empty() {
            return Err(Refusal::Error(Refusal::unsupported(code, "_has")));
        }
        Ok(Clause::Has { slots, source, clauses: vec![clause] })
    }
}
