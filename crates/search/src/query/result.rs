//! Parameters that shape the answer (R4 `search.html#return`): `_count`, `_total`, `_summary`, ...

use super::{Parser, Refusal};
use crate::{Shown, Total};

/// More names than any type has elements.
const MOST_ELEMENTS: usize = 200;
/// Bytes of one of them: R4 has no path of elements that comes near it.
const LONGEST_ELEMENT: usize = 128;

/// Whether the parameter may stand in a query only once.
pub(super) fn is_single(code: &str) -> bool {
    matches!(code, "_count" | "_total" | "_summary" | "_elements")
}

impl Parser<'_> {
    /// `None` when the parameter is not one of these.
    pub(super) fn result_parameter(
        &mut self,
        code: &str,
        modifier: Option<&str>,
        value: &str,
    ) -> Option<Result<(), Refusal>> {
        let includes = matches!(code, "_include" | "_revinclude");
        if let Some(modifier) = modifier
            && !(includes && modifier == "iterate")
            && (includes || is_single(code) || matches!(code, "_sort" | "_format" | "_pretty" | "_elements"))
        {
            return Some(Err(Refusal::modifier(code, modifier)));
        }
        Some(match code {
            "_count" => self.count(value),
            "_total" => self.total(value),
            "_summary" => self.summary(value),
            "_sort" => self.sort(value),
            "_include" => self.include(false, modifier.is_some(), value),
            "_revinclude" => self.include(true, modifier.is_some(), value),
            // Whoever answers looks at these before it calls us.
            "_format" | "_pretty" => Ok(()),
            "_elements" => self.elements(value),
            "_contained" | "_containedType" | "_score" | "_query" => {
                Err(Refusal::Unknown(Refusal::unsupported(code, "result")))
            }
            _ => return None,
        })
    }

    /// A page never has more than the server's most; 0 asks for the number alone, like `_summary=count`.
    fn count(&mut self, value: &str) -> Result<(), Refusal> {
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = match value.parse() {
            Ok(count) => count,
            Err(_) if digits => u32::MAX,
            Err(_) => return Err(Refusal::value("_count")),
        };
        if !digits {
            return Err(Refusal::value("_count"));
        }
        if count == 0 {
            self.plan.count_only = true;
        } else {
            self.plan.count = count.min(self.reader.context.most_count);
        }
        Ok(())
    }

    fn total(&mut self, value: &str) -> Result<(), Refusal> {
        self.plan.total = match value {
            "none" => Total::None,
            "estimate" => Total::Estimate,
            "accurate" => Total::Accurate,
            _ => return Err(Refusal::value("_total")),
        };
        Ok(())
    }

    fn summary(&mut self, value: &str) -> Result<(), Refusal> {
        match value {
            "count" => {
                self.plan.count_only = true;
                Ok(())
            }
            "false" => Ok(()),
            "true" => self.show("_summary", Shown::Summary),
            "text" => self.show("_summary", Shown::Text),
            "data" => self.show("_summary", Shown::Data),
            _ => Err(Refusal::value("_summary")),
        }
    }

    fn elements(&mut self, value: &str) -> Result<(), Refusal> {
        let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
        let is_name =
            |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".[]_".contains(&byte));
        let is_long = |name: &String| name.len() > LONGEST_ELEMENT;
        if names.iter().any(is_long)
            || names.len() > MOST_ELEMENTS
            || names.iter().any(String::is_empty)
            || !names.iter().all(is_name)
        {
            return Err(Refusal::value("_elements"));
        }
        self.show("_elements", Shown::Elements(names))
    }

    /// `_summary` and `_elements` exclude each other.
    fn show(&mut self, name: &str, shown: Shown) -> Result<(), Refusal> {
        if self.plan.shown != Shown::Whole {
            return Err(Refusal::value(name));
        }
        self.plan.shown = shown;
        Ok(())
    }
}
