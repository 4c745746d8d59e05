//! A request that both worlds get.
//!
//! `~mark1~` stands for a moment in the making of the world, `~made3~` for `Type/id` of what an earlier query created.

use crate::support::FHIR_JSON;

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub method: &'static str,
    /// Without parameters.
    pub path: String,
    /// `name=value`, encoded.
    pub parameters: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Query {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), parameters: Vec::new(), headers: Vec::new(), body: String::new() }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// With a body in FHIR JSON.
    pub fn with_body(method: &'static str, path: impl Into<String>, body: impl ToString) -> Self {
        Self { body: body.to_string(), ..Self::new(method, path) }.header("Content-Type", FHIR_JSON)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn parameter(mut self, parameter: impl Into<String>) -> Self {
        self.parameters.push(parameter.into());
        self
    }

    /// Path and parameters.
    pub fn target(&self) -> String {
        if self.parameters.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.parameters.join("&"))
        }
    }

    /// The same with one parameter less, each in turn.
    pub fn smaller(&self) -> Vec<Self> {
        let without = |place: usize| {
            let mut smaller = self.clone();
            smaller.parameters.remove(place);
            smaller
        };
        (0..self.parameters.len()).map(without).collect()
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.method, self.target())?;
        for (name, value) in &self.headers {
            write!(formatter, "\n  {name}: {value}")?;
        }
        if self.body.is_empty() { Ok(()) } else { write!(formatter, "\n  {}", self.body) }
    }
}
