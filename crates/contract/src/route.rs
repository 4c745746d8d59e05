//! What the contract says about one route.

/// The methods of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of HTTP")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may ask. Scopes are the letters of SMART (`docs/sign-in.md`, section 4) that admit the route, any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Everybody.
    Everybody,
    /// Whoever holds an access token; what is shown depends on it.
    Token {
        /// For example `rs`; empty where the scopes do not decide.
        scopes: &'static str,
    },
    /// Whoever holds an access token with the scope `openid`.
    OpenId,
    /// A client that authenticates itself.
    Client,
    /// A browser with the cookie of a session.
    Session,
}

/// That a route will go away: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) of its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation {
    /// Since when, in seconds since 1970.
    pub since: i64,
    /// After when it may be gone, as an HTTP date.
    pub sunset: &'static str,
}

impl Deprecation {
    /// The value of the header `Deprecation`.
    pub fn since_header(self) -> String {
        format!("@{}", self.since)
    }
}

/// One method on one path.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// Whether `HEAD` is answered like `GET`, without the body.
    pub head: bool,
    /// The path with its variables, as it is registered.
    pub path: &'static str,
    /// The operation: unique, and stable for clients that are generated.
    pub id: &'static str,
    /// The group in the reference.
    pub group: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Who may ask.
    pub caller: Caller,
    /// Names of parameters and request headers (`definitions/components.json`). Variables of the path are added.
    pub parameters: &'static [&'static str],
    /// Name of the request body.
    pub body: Option<&'static str>,
    /// Answers that are no refusals: status and name of the response.
    pub answers: &'static [(u16, &'static str)],
    /// Statuses of refusals.
    pub refusals: &'static [u16],
    /// How refusals are written.
    pub refused_as: Refusal,
    /// Whether it will go away.
    pub deprecation: Option<Deprecation>,
}

/// How a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An `OperationOutcome` with a code of the catalogue.
    Outcome,
    /// `error` and `error_description` of OAuth.
    OAuth,
    /// A page for people.
    Page,
    /// A line of text.
    Text,
}

impl Route {
    /// A route that everybody may ask and that has neither parameters nor refusals.
    pub const fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        group: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            head: false,
            path,
            id,
            group,
            summary,
            caller: Caller::Everybody,
            parameters: &[],
            body: None,
            answers: &[],
            refusals: &[],
            refused_as: Refusal::Outcome,
            deprecation: None,
        }
    }

    /// Who may ask.
    #[must_use]
    pub const fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    /// What may be said besides.
    #[must_use]
    pub const fn takes(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    /// What is sent.
    #[must_use]
    pub const fn sends(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }

    /// What is answered.
    #[must_use]
    pub const fn answers(self, answers: &'static [(u16, &'static str)]) -> Self {
        Self { answers, ..self }
    }

    /// How it is refused.
    #[must_use]
    pub const fn refuses(self, refused_as: Refusal, refusals: &'static [u16]) -> Self {
        Self { refused_as, refusals, ..self }
    }

    /// `HEAD` is answered, too.
    #[must_use]
    pub const fn with_head(self) -> Self {
        Self { head: true, ..self }
    }

    /// It will go away.
    #[must_use]
    pub const fn deprecated(self, since: i64, sunset: &'static str) -> Self {
        Self { deprecation: Some(Deprecation { since, sunset }), ..self }
    }

    /// The methods that it answers.
    pub fn methods(&self) -> impl Iterator<Item = Method> {
        std::iter::once(self.method).chain(self.head.then_some(Method::Head))
    }

    /// The variables of the path.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }
}
