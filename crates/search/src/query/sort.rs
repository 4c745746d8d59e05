//! `_sort` (R4 `search.html#sort`): keys separated by commas, `-` for descending.

use super::{Parser, Refusal};
use crate::parameter::{ParameterType, Source};
use crate::path::Only;
use crate::{Registry, Sort, SortKey, TextSource};

/// More keys than anybody needs.
const MOST_KEYS: usize = 8;

impl Parser<'_> {
    pub(super) fn sort(&mut self, value: &str) -> Result<(), Refusal> {
        let keys: Vec<Sort> = value.split(',').map(|key| self.sort_key(key)).collect::<Result<_, _>>()?;
        if self.plan.sort.len() + keys.len() > MOST_KEYS {
            return Err(Refusal::value("_sort"));
        }
        self.plan.sort.extend(keys);
        Ok(())
    }

    fn sort_key(&self, text: &str) -> Result<Sort, Refusal> {
        let (code, descending) = match text.strip_prefix('-') {
            Some(code) => (code, true),
            None => (text, false),
        };
        if code.is_empty() {
            return Err(Refusal::value("_sort"));
        }
        let asked = self.reader.find(&self.plan.types, code).map_err(|refusal| match refusal {
            Refusal::Unknown(fault) => Refusal::Error(fault),
            error => error,
        })?;
        let slots = || self.reader.registry.slots_of(asked.sources());
        let key = match (code, asked.kind) {
            ("_id", _) => SortKey::Id,
            ("_lastUpdated", _) => SortKey::LastUpdated,
            ("_text" | "_content", kind)
            | (_, kind @ (ParameterType::Composite | ParameterType::Special)) => {
                return Err(Refusal::Error(Refusal::unsupported(&format!("_sort={code}"), kind.as_str())));
            }
            (_, ParameterType::String) => SortKey::String(slots()),
            (_, ParameterType::Date) => SortKey::Date(slots()),
            (_, ParameterType::Number | ParameterType::Quantity) => SortKey::Quantity(slots()),
            (_, ParameterType::Token | ParameterType::Uri | ParameterType::Reference) => SortKey::Text(
                asked
                    .sources()
                    .into_iter()
                    .filter_map(|source| self.reader.registry.text_source(source))
                    .collect(),
            ),
        };
        Ok(Sort { key, descending })
    }
}

impl Registry {
    /// Where the texts of a source are.
    pub(super) fn text_source(&self, source: &Source) -> Option<TextSource> {
        let slot = self.slot(source.slot)?;
        let (target, system) = match &source.only {
            Only::All => (None, None),
            Only::Target(kind) => (Some(*kind), None),
            Only::System(system) => (None, Some(system.clone())),
        };
        Some(TextSource { slot, target, system })
    }
}
