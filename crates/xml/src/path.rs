//! Where a reader or a writer stands, as a FHIRPath expression.

/// The steps from the outermost resource.
#[derive(Debug, Default)]
pub(crate) struct Path<'a> {
    steps: Vec<(&'a str, Option<usize>)>,
}

impl<'a> Path<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Goes into an element; with its position if it repeats.
    pub(crate) fn push(&mut self, name: &'a str, index: Option<usize>) {
        self.steps.push((name, index));
    }

    pub(crate) fn pop(&mut self) {
        self.steps.pop();
    }

    /// `Bundle.entry[2].resource.status`, if there is any step.
    pub(crate) fn expression(&self) -> Option<String> {
        let mut out = String::new();
        for (name, index) in &self.steps {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(name);
            if let Some(index) = index {
                out.push_str(&format!("[{index}]"));
            }
        }
        (!out.is_empty()).then_some(out)
    }
}
