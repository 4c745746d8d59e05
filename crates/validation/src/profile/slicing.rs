//! Slicing: how the values of an element are told apart (R4 `profiling.html#slicing`).

/// How to tell the slices of an element.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slicing {
    pub(crate) discriminators: Vec<Discriminator>,
    pub(crate) rules: SlicingRules,
    pub(crate) ordered: bool,
}

/// Whether values outside of all slices are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SlicingRules {
    /// Anywhere.
    #[default]
    Open,
    /// Nowhere.
    Closed,
    /// Behind those of the slices.
    OpenAtEnd,
}

impl From<Option<&str>> for SlicingRules {
    fn from(code: Option<&str>) -> Self {
        match code {
            Some("closed") => Self::Closed,
            Some("openAtEnd") => Self::OpenAtEnd,
            _ => Self::Open,
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiscriminatorKind {
    /// `value`, and its older name `pattern`: fixed value, pattern or binding.
    Value,
    /// `exists`
    Exists,
    /// `type`
    Type,
    /// `profile`
    Profile,
}

/// One step of the path of a discriminator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// An element.
    Child(String),
    /// `extension('url')`
    Extension(String),
    /// `resolve()`
    Resolve,
    /// `ofType(Type)`, or `as(Type)`
    OfType(String),
}

/// What tells slices apart; an empty path is `$this`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discriminator {
    pub(crate) kind: DiscriminatorKind,
    pub(crate) path: Vec<Step>,
}

impl Discriminator {
    /// Reads type and path; `None` when the path is not of the restricted kind that R4 allows here.
    pub(crate) fn read(kind: &str, path: &str) -> Option<Self> {
        let kind = match kind {
            "value" | "pattern" => DiscriminatorKind::Value,
            "exists" => DiscriminatorKind::Exists,
            "type" => DiscriminatorKind::Type,
            "profile" => DiscriminatorKind::Profile,
            _ => return None,
        };
        Some(Self { kind, path: path_steps(path)? })
    }
}

fn path_steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let (step, after) = if let Some(after) = rest.strip_prefix("$this") {
            (None, after)
        } else if let Some(after) = rest.strip_prefix("resolve()") {
            (Some(Step::Resolve), after)
        } else if let Some(after) = rest.strip_prefix("extension(") {
            let (url, after) = after.split_once(')')?;
            (Some(Step::Extension(url.trim_matches(['\'', '"']).to_owned())), after)
        } else if let Some(after) = rest.strip_prefix("ofType(").or_else(|| rest.strip_prefix("as(")) {
            let (name, after) = after.split_once(')')?;
            (Some(Step::OfType(name.trim_start_matches("FHIR.").to_owned())), after)
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            (Some(Step::Child(name.to_owned())), after)
        };
        steps.extend(step);
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let child = |name: &str| Step::Child(name.to_owned());
        for (path, expected) in [
            ("$this", vec![]),
            ("system", vec![child("system")]),
            ("$this.resolve()", vec![Step::Resolve]),
            ("code.coding", vec![child("code"), child("coding")]),
            (
                "extension('http://a.b/c').value",
                vec![Step::Extension("http://a.b/c".to_owned()), child("value")],
            ),
            (
                "value.ofType(Coding).code",
                vec![child("value"), Step::OfType("Coding".to_owned()), child("code")],
            ),
        ] {
            assert_eq!(path_steps(path), Some(expected), "{path}");
        }
        for wrong in ["a..b", "a.", "where(x)", "a b", "exists()"] {
            assert_eq!(path_steps(wrong), None, "{wrong}");
        }
    }
}
