//! Parts of one collection, and combinations of two.

use super::{Evaluator, Outcome, single};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};

impl<'a> Evaluator<'_, 'a> {
    /// `first`, `last`, `tail`, `single`
    pub(super) fn part(&self, function: Function, input: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        let item = match function {
            Function::First => input.first(),
            Function::Last => input.last(),
            Function::Single => single(input, function.name())?,
            _ => return self.extend(out, input.get(1..).unwrap_or_default()),
        };
        out.extend(item.cloned());
        Ok(())
    }

    /// `skip`, `take`
    pub(super) fn part_of_count(
        &self,
        function: Function,
        input: &[Item<'a>],
        count: Option<i64>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let count = count.ok_or(EvaluateError::NotSingle(function.name()))?;
        let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX).min(input.len());
        let (before, after) = input.split_at(count);
        self.extend(out, if function == Function::Skip { after } else { before })
    }

    /// `union`, `combine`, `intersect`, `exclude`, `subsetOf`, `supersetOf`
    pub(super) fn combine(
        &self,
        function: Function,
        input: &[Item<'a>],
        other: Collection<'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        match function {
            Function::Combine => {
                self.extend(out, input)?;
                out.extend(other);
            }
            Function::Union => {
                let mut all: Collection<'a> = input.into();
                all.extend(other);
                self.push_distinct(all, out)?;
            }
            Function::Intersect => {
                let mut common = Collection::new();
                for item in input {
                    if self.includes(&other, item)? {
                        common.push(item.clone());
                    }
                }
                self.push_distinct(common, out)?;
            }
            Function::Exclude => {
                for item in input {
                    if !self.includes(&other, item)? {
                        out.push(item.clone());
                    }
                }
            }
            Function::SubsetOf => out.push(self.subset(input, &other)?.into()),
            _ => out.push(self.subset(&other, input)?.into()),
        }
        Ok(())
    }

    fn subset(&self, part: &[Item<'a>], whole: &[Item<'a>]) -> Result<bool, EvaluateError> {
        for item in part {
            if !self.includes(whole, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
