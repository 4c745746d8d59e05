//! Parameters that shape the answer (R4 `search.html#return`): `_count`, `_total`, `_summary`, ...

use super::{Parser, Refusal};
use crate::Total;

/// Whether the parameter may stand in a query only once.
pub(super) fn is_single(code: &str) -> bool {
    matches!(code, "_count" | "_total" | "_summary")
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
            "_elements" | "_contained" | "_containedType" | "_score" => {
                Err(Refusal::Unknown(Refusal::unsupported(code, "result")))
            }
            "_filter" | "_list" | "_type" => Err(Refusal::Unknown(Refusal::unsupported(code, "special"))),
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
            self.plan.count = count.min(self.context.most_count);
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
            "true" | "text" | "data" => Err(Refusal::Unknown(Refusal::unsupported("_summary", value))),
            _ => Err(Refusal::value("_summary")),
        }
    }
}
