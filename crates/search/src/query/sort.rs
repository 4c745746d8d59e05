//! `_sort` (R4 `search.html#sort`): keys separated by commas, `-` for descending.

use fhir::Fault;

use super::{Parser, Refusal};
use crate::parameter::ParameterType;
use crate::{Sort, SortKey};

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
        let Some(parameter) = self.definition.parameter(code) else {
            return Err(Refusal::Error(Fault::UnknownParameter { name: code.to_owned() }));
        };
        let slots = || self.slots(&parameter.sources);
        let key = match (code, parameter.kind) {
            ("_id", _) => SortKey::Id,
            ("_lastUpdated", _) => SortKey::LastUpdated,
            (_, ParameterType::String) if parameter.searchable => SortKey::String(slots()),
            (_, ParameterType::Date) if parameter.searchable => SortKey::Date(slots()),
            (_, kind) => {
                return Err(Refusal::Error(Refusal::unsupported(&format!("_sort={code}"), kind.as_str())));
            }
        };
        Ok(Sort { key, descending })
    }
}
