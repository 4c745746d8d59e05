//! Composite values (R4 `search.html#composite`): components joined by `$`, true of the same element.

use super::criterion::Asked;
use super::text::{split, unescape};
use super::{Reader, Refusal, TokenText, date, quantity};
use crate::parameter::{Component, Composite, ParameterType, Source};
use crate::path::Only;
use crate::{Check, Clause, ComponentTest, StringTest, fold};

impl Reader<'_> {
    pub(super) fn composite(self, asked: &Asked<'_>, values: &[&str]) -> Result<Clause, Refusal> {
        let mut clauses = Vec::new();
        for value in values {
            let parts = split(value, b'$');
            for (_, parameter) in &asked.parameters {
                for composite in &parameter.composites {
                    let clause = self.place(composite, &parts).ok_or_else(|| Refusal::value(asked.code))?;
                    clauses.push(clause);
                }
            }
        }
        Ok(if clauses.len() == 1 { clauses.remove(0) } else { Clause::Any(clauses) })
    }

    /// The condition at one place. On the resource itself the components are independent; in an element they belong
    /// together, which only the resource can tell.
    fn place(self, composite: &Composite, parts: &[&str]) -> Option<Clause> {
        if parts.len() != composite.components.len() {
            return None;
        }
        let pairs = || composite.components.iter().zip(parts);
        let independent = pairs()
            .map(|(component, part)| {
                self.component(component, &component.sources.iter().collect::<Vec<_>>(), part)
            })
            .collect::<Option<Vec<_>>>()?;
        let independent = Clause::All(independent);
        let Some(element) = &composite.element else { return Some(independent) };
        let components = pairs().map(|(component, part)| self.component_test(component, part));
        let components = components.collect::<Option<Vec<_>>>()?;
        let check = Check::Composite { element: element.clone(), components };
        Some(Clause::Check { superset: Box::new(independent), check: Box::new(check) })
    }

    /// The condition on a component wherever it is indexed.
    fn component(self, component: &Component, sources: &[&Source], part: &str) -> Option<Clause> {
        let hasher = self.registry.hasher();
        Some(match component.kind {
            ParameterType::Token | ParameterType::Uri => {
                self.registry.token_clause(sources, &[TokenText::read(part).filter(|_| !part.is_empty())?])
            }
            ParameterType::Number | ParameterType::Quantity => {
                self.quantities_clause(sources, vec![quantity::test(hasher, component.kind, part)?])
            }
            ParameterType::Date => {
                let test = date::test(&unescape(part), self.registry.time_zone(), self.context.now)?;
                self.dates_clause(sources, vec![test])
            }
            ParameterType::String => {
                let folded = Some(fold(&unescape(part))).filter(|folded| !folded.is_empty())?;
                let slots = self.registry.slots_of(sources.iter().copied());
                Clause::String { slots, values: vec![StringTest::StartsWith(folded)] }
            }
            ParameterType::Reference => self.reference_clause(sources, None, &[part])?,
            ParameterType::Composite | ParameterType::Special => return None,
        })
    }

    /// The same condition on rows of the component alone.
    fn component_test(self, component: &Component, part: &str) -> Option<ComponentTest> {
        let tests = component.sources.iter().map(|source| {
            let whole = Source { only: Only::All, ..source.clone() };
            Some(on_component(self.component(component, &[&whole], part)?))
        });
        let clause = Clause::Any(tests.collect::<Option<_>>()?);
        Some(ComponentTest {
            table: component.kind.table()?,
            expression: component.expression.clone(),
            clause,
        })
    }
}

/// The clause with the component's own slot.
pub(super) fn on_component(clause: Clause) -> Clause {
    let slots = vec![ComponentTest::SLOT];
    match clause {
        Clause::Token { values, .. } => Clause::Token { slots, values },
        Clause::String { values, .. } => Clause::String { slots, values },
        Clause::Date { values, .. } => Clause::Date { slots, values },
        Clause::Quantity { values, .. } => Clause::Quantity { slots, values },
        Clause::Reference { values, .. } => Clause::Reference { slots, values },
        Clause::Any(clauses) => Clause::Any(clauses.into_iter().map(on_component).collect()),
        other => other,
    }
}
