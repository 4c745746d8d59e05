//! What a patch may cost: its operations, the work of applying it, and the size of what comes out.

use json::{Node, Value};

use crate::Reason;

/// Most operations of a patch.
pub(crate) const MOST_OPERATIONS: usize = 1_000;
/// Largest result in bytes of JSON; a resource that is larger already may not grow.
const MOST_BYTES: usize = 16 << 20;
/// Deepest nesting of the result: what the parser of documents allows too.
const DEEPEST: usize = 100;
/// Work of one patch: nodes that are looked at, copied or moved.
const MOST_STEPS: usize = 50_000_000;
/// Steps of all FHIRPath expressions of a patch together, and of one of them.
const EXPRESSION_STEPS: (u64, u64) = (10_000_000, 1_000_000);
/// Bytes of text that cost as much as a node.
const BYTES_PER_STEP: usize = 16;

/// The extent of a value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    /// Bytes as compact JSON, without escapes.
    bytes: usize,
    /// Nesting of arrays and objects.
    depth: usize,
    nodes: usize,
}

impl Extent {
    /// Measures a value. Its depth is bounded by its parser, or by [`Bounds`] when a patch has made it.
    pub(crate) fn of(node: &Node<'_>) -> Self {
        match &node.value {
            Value::Null | Value::Boolean(true) => Self::scalar(4),
            Value::Boolean(false) => Self::scalar(5),
            Value::Number(lexeme) => Self::scalar(lexeme.len()),
            Value::String(text) => Self::scalar(text.len() + 2),
            Value::Array(items) => Self::list(items.iter().map(Self::of)),
            Value::Object(members) => Self::list(members.iter().map(|(name, value)| {
                let value = Self::of(value);
                Self { bytes: value.bytes + name.len() + 3, ..value }
            })),
        }
    }

    fn scalar(bytes: usize) -> Self {
        Self { bytes, depth: 0, nodes: 1 }
    }

    fn list(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self { bytes: 2, depth: 1, nodes: 1 }, |all, part| Self {
            bytes: all.bytes + part.bytes + 1,
            depth: all.depth.max(part.depth + 1),
            nodes: all.nodes + part.nodes,
        })
    }
}

/// Steps for each of so many FHIRPath expressions.
pub(crate) fn expression_steps(operations: usize) -> u64 {
    let (all, one) = EXPRESSION_STEPS;
    one.min(all / u64::try_from(operations).unwrap_or(u64::MAX).max(1))
}

/// What is left while a patch is applied.
#[derive(Debug)]
pub(crate) struct Bounds {
    steps: usize,
    bytes: usize,
    most_bytes: usize,
}

impl Bounds {
    /// For a patch of that document.
    pub(crate) fn new(document: &Node<'_>) -> Self {
        let bytes = Extent::of(document).bytes;
        Self { steps: MOST_STEPS, bytes, most_bytes: bytes.max(MOST_BYTES) }
    }

    /// Pays for work.
    pub(crate) fn charge(&mut self, steps: usize) -> Result<(), Reason> {
        self.steps = self.steps.checked_sub(steps).ok_or(Reason::TooLarge)?;
        Ok(())
    }

    /// Measures a value and pays for looking at all of it.
    pub(crate) fn measure(&mut self, value: &Node<'_>) -> Result<Extent, Reason> {
        let extent = Extent::of(value);
        self.charge(extent.nodes + extent.bytes / BYTES_PER_STEP)?;
        Ok(extent)
    }

    /// Lets a value of that extent come in at a depth.
    pub(crate) fn enter(&mut self, extent: Extent, depth: usize) -> Result<(), Reason> {
        let bytes = self.bytes.saturating_add(extent.bytes);
        if bytes > self.most_bytes || depth + extent.depth > DEEPEST {
            return Err(Reason::TooLarge);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Takes note that a value of that extent is gone.
    pub(crate) fn leave(&mut self, extent: Extent) {
        self.bytes = self.bytes.saturating_sub(extent.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extent_is_that_of_the_text() {
        for text in [r#"{}"#, r#"[]"#, r#"{"a":[1.50,true,null],"bc":{"d":"e"}}"#, r#""x""#] {
            let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
            let extent = Extent::of(&node);
            // A comma is counted for the last item too.
            let lists = text.matches(['{', '[']).count();
            assert!((text.len()..=text.len() + lists).contains(&extent.bytes), "{text}: {extent:?}");
        }
        let nested = json::parse(b"[[{\"a\":[]}]]", &json::Limits::default()).unwrap();
        assert_eq!(Extent::of(&nested).depth, 4);
    }
}
