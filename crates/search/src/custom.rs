//! Custom search parameters: what of a `SearchParameter` resource this server can index.

use fhir::ResourceType;
use fhirpath::Expression;
use json::Node;

use crate::path::branches;
use crate::{ParameterType, Registry};

/// A search parameter that is not one of R4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomParameter {
    /// Its name in a query.
    pub code: String,
    /// Its type; composite and special ones cannot be custom.
    pub kind: ParameterType,
    /// The resource types it is for.
    pub bases: Vec<String>,
    /// FHIRPath.
    pub expression: String,
    /// For references: the types they may have; empty means any.
    pub targets: Vec<ResourceType>,
    /// Canonical url.
    pub url: String,
    /// Its bit in the presence mask of a resource.
    pub bit: u8,
    /// Whether all resources are indexed by it, so that it can be searched.
    pub ready: bool,
}

/// Why a `SearchParameter` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableParameter {
    /// It has no code, type, base, expression or url, or they are none that can be used.
    #[error(
        "a url, a code of letters and digits, a type, resource types as base and an expression are needed"
    )]
    Incomplete,
    /// A composite or special parameter.
    #[error("only number, date, string, token, reference, quantity and uri can be custom")]
    Kind,
    /// The expression is not FHIRPath that this server reads, or does not start at a base.
    #[error("the expression cannot be used")]
    Expression,
    /// The type has a parameter of that name in R4.
    #[error("R4 defines a parameter of that name")]
    Taken,
}

impl CustomParameter {
    /// Reads a `SearchParameter`. The bit is still to be given; it is not ready.
    pub fn read(resource: &Node<'_>, registry: &Registry) -> Result<Self, UnusableParameter> {
        let text = |name: &str| resource.text(name).map(str::to_owned).ok_or(UnusableParameter::Incomplete);
        let texts = |name: &str| -> Vec<String> {
            let items = resource.get(name).map(Node::items).unwrap_or_default();
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let kind = ParameterType::named(&text("type")?).ok_or(UnusableParameter::Incomplete)?;
        if kind.table().is_none() {
            return Err(UnusableParameter::Kind);
        }
        let bases = texts("base");
        // On one line, which a comment or a text with several blanks would not survive.
        let given = text("expression")?;
        let expression = given.split_whitespace().collect::<Vec<_>>().join(" ");
        if Expression::parse(&given).ok().is_none_or(|given| Expression::parse(&expression) != Ok(given)) {
            return Err(UnusableParameter::Expression);
        }
        let parameter = Self {
            code: text("code")?,
            kind,
            expression,
            targets: texts("target").iter().filter_map(|name| name.parse().ok()).collect(),
            url: text("url")?,
            bases,
            bit: 0,
            ready: false,
        };
        parameter.check(registry)?;
        Ok(parameter)
    }

    fn check(&self, registry: &Registry) -> Result<(), UnusableParameter> {
        let types = self.types();
        let code_fits = !self.code.is_empty()
            && self.code.len() <= 64
            && self.code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        // `Resource` and `DomainResource` are no types: a bit of the presence mask would have to be free in all.
        if types.is_empty() || types.len() != self.bases.len() || !code_fits || !is_one_word(&self.url) {
            return Err(UnusableParameter::Incomplete);
        }
        // Parameters of that kind of name are for all types, or shape the answer.
        if self.code.starts_with('_') {
            return Err(UnusableParameter::Taken);
        }
        for resource_type in types {
            let known = registry.parameters(resource_type).iter().find(|known| known.code == self.code);
            if known.is_some_and(|known| known.url != self.url) {
                return Err(UnusableParameter::Taken);
            }
            let branches = branches(&self.expression, resource_type);
            if branches.is_empty()
                || branches
                    .iter()
                    .any(|branch| branch.leads_nowhere() || Expression::parse(&branch.text).is_err())
            {
                return Err(UnusableParameter::Expression);
            }
        }
        Ok(())
    }

    /// The resource types it is for.
    pub fn types(&self) -> Vec<ResourceType> {
        self.bases.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// One line, to be kept in a database.
    pub fn to_line(&self) -> String {
        let targets: Vec<&str> = self.targets.iter().map(|kind| kind.as_str()).collect();
        // Tabs and line ends separate; an expression means the same with blanks.
        let expression = self.expression.split_whitespace().collect::<Vec<_>>().join(" ");
        [
            self.code.as_str(),
            self.kind.as_str(),
            &self.bases.join(","),
            &expression,
            &targets.join(","),
            self.url.trim(),
            &self.bit.to_string(),
            if self.ready { "ready" } else { "" },
        ]
        .join("\t")
    }

    /// The parameter of a line.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let list = |text: &str| -> Vec<String> {
            text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Some(Self {
            code: fields.next()?.to_owned(),
            kind: ParameterType::named(fields.next()?)?,
            bases: list(fields.next()?),
            expression: fields.next()?.to_owned(),
            targets: list(fields.next()?).iter().filter_map(|name| name.parse().ok()).collect(),
            url: fields.next()?.to_owned(),
            bit: fields.next()?.parse().ok()?,
            ready: fields.next()? == "ready",
        })
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

#[cfg(test)]
#[path = "custom_tests.rs"]
mod tests;
