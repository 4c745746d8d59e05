//! What every FHIR handler reads from a request: who asks, what is preferred, which parameters were sent.

use access::{Access, Caller, Interaction};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use fhir::{Fault, Instant, LogicalId, ResourceType, VersionId};
use futures_util::future::{Either, LocalBoxFuture, Ready, ready};
use interactions::{EntityTags, Freshness, Service, pairs};
use record_store::Once;

use crate::app::State;
use crate::credentials::{Credentials, Known, refusal};
use crate::failure::Failure;
use crate::logged::{note_caller, note_reader};
use crate::negotiation::{self, Preferences};

/// A request with its caller.
pub(crate) struct Incoming {
    pub(crate) state: Data<State>,
    pub(crate) caller: Caller,
    pub(crate) preferences: Preferences,
    pub(crate) pairs: Vec<(String, String)>,
    request: HttpRequest,
}

impl FromRequest for Incoming {
    type Error = Failure;
    type Future = Either<Ready<Result<Self, Failure>>, LocalBoxFuture<'static, Result<Self, Failure>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (partial, credentials) = match read(request) {
            Ok(read) => read,
            Err(failure) => return Either::Left(ready(Err(failure))),
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match credentials.caller(Instant::now()) {
            Known::Is(caller) if reads => {
                note_reader(&caller);
                Either::Left(ready(Ok(Self { caller, ..partial })))
            }
            Known::Is(caller) => Either::Right(Box::pin(partial.of(caller))),
            Known::Refused(failure) => Either::Left(ready(Err(failure))),
            Known::Ask(auth, standing) => Either::Right(Box::pin(async move {
                let caller = auth.check_again(&standing, Instant::now()).await;
                partial.of(caller.map_err(|refused| refusal(refused, &standing))?).await
            })),
        }
    }
}

/// Everything but the caller.
fn read(request: &HttpRequest) -> Result<(Incoming, Credentials), Failure> {
    let state =
        request.app_data::<Data<State>>().cloned().ok_or_else(|| Failure::new(500, Fault::Internal))?;
    let query = request.query_string();
    let pairs = if query.is_empty() { Vec::new() } else { pairs(query)? };
    if negotiation::format(request.headers(), format_of(&pairs)).is_none() {
        return Err(Failure::new(406, Fault::NotAcceptable));
    }
    let credentials = Credentials::read(&state.app.authentication, request)?;
    let preferences = Preferences::read(request.headers());
    let caller = Caller::Anonymous;
    Ok((Incoming { state, caller, preferences, pairs, request: request.clone() }, credentials))
}

fn format_of(pairs: &[(String, String)]) -> Option<&str> {
    pairs.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.as_str())
}

impl Incoming {
    /// The same by somebody who is known: the log of accesses knows it too.
    async fn of(self, caller: Caller) -> Result<Self, Failure> {
        note_caller(self.service(), &caller).await?;
        Ok(Self { caller, ..self })
    }

    pub(crate) fn service(&self) -> &Service {
        &self.state.app.service
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The type that the path names: that of a compartment's members before that of the compartment.
    fn about(&self) -> Option<ResourceType> {
        let member = self.segment("member");
        let name = if member.is_empty() || member == "*" { self.segment("type") } else { member };
        name.parse().ok()
    }

    /// That somebody is signed in, whatever is asked.
    pub(crate) fn known(&self) -> Result<(), Failure> {
        match &self.caller {
            Caller::Anonymous => Err(access::Denied::Unauthenticated.into()),
            _ => Ok(()),
        }
    }

    /// Asks the gate.
    pub(crate) fn decide(&self, interaction: Interaction) -> Result<Access, Failure> {
        Ok(self.service().decide(&self.caller, interaction, self.about())?)
    }

    /// Asks the gate for a patch.
    pub(crate) fn decide_patch(&self) -> Result<Access, Failure> {
        Ok(self.service().decide_patch(&self.caller, self.about())?)
    }

    /// Asks the gate for a write by criteria.
    pub(crate) fn decide_conditional(&self, interaction: Interaction) -> Result<Access, Failure> {
        Ok(self.service().decide_conditional(&self.caller, interaction, self.about())?)
    }

    /// Asks the gate for a patch by criteria.
    pub(crate) fn decide_conditional_patch(&self) -> Result<Access, Failure> {
        Ok(self.service().decide_conditional_patch(&self.caller, self.about())?)
    }

    pub(crate) fn segment(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// The resource type in the path.
    pub(crate) fn resource_type(&self, name: &str) -> Result<ResourceType, Failure> {
        let text = self.segment(name);
        text.parse().map_err(|_| Failure::new(404, Fault::UnknownResourceType { name: text.to_owned() }))
    }

    /// The id in the path; an impossible one is answered with `status`.
    pub(crate) fn id(&self, status: u16) -> Result<LogicalId, Failure> {
        LogicalId::try_from(self.segment("id")).map_err(|_| Failure::new(status, Fault::InvalidId))
    }

    /// The version in the path.
    pub(crate) fn version(&self) -> Result<VersionId, Failure> {
        VersionId::try_from(self.segment("version")).map_err(|_| Failure::new(404, Fault::NoSuchVersion))
    }

    fn header(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        let invalid = |_| Failure::new(400, Fault::InvalidHeader { name: name.to_owned() });
        self.headers().get(name).map(|value| value.to_str().map_err(invalid)).transpose()
    }

    /// `If-Match`: one version.
    pub(crate) fn if_match(&self) -> Result<Option<VersionId>, Failure> {
        let Some(text) = self.header("if-match")? else { return Ok(None) };
        match EntityTags::parse(text) {
            Some(EntityTags::Versions(versions)) => match versions.as_slice() {
                [version] => Ok(Some(*version)),
                // A tag that no version can have: no version matches.
                [] => Err(Failure::new(412, Fault::NothingToMatch)),
                _ => Err(Failure::new(400, Fault::InvalidHeader { name: "If-Match".to_owned() })),
            },
            _ => Err(Failure::new(400, Fault::InvalidHeader { name: "If-Match".to_owned() })),
        }
    }

    /// `If-None-Match` and `If-Modified-Since`. A date that cannot be read counts as absent (RFC 9110).
    pub(crate) fn freshness(&self) -> Result<Freshness, Failure> {
        let versions = match self.header("if-none-match")? {
            None => None,
            Some(text) => {
                let invalid = || Failure::new(400, Fault::InvalidHeader { name: "If-None-Match".to_owned() });
                Some(EntityTags::parse(text).ok_or_else(invalid)?)
            }
        };
        let since = self.header("if-modified-since")?.and_then(|text| httpdate::parse_http_date(text).ok());
        let since = since
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .map(|age| Instant::from_microseconds(i64::try_from(age.as_micros()).unwrap_or(i64::MAX)));
        Ok(Freshness { versions, since })
    }

    /// `If-None-Exist`
    pub(crate) fn if_none_exist(&self) -> Result<Option<String>, Failure> {
        Ok(self.header("if-none-exist")?.map(str::to_owned))
    }

    /// `X-Provenance`, where it is understood: of a resource that is written without criteria.
    pub(crate) fn provenance(&self) -> Result<Option<&str>, Failure> {
        self.header("x-provenance")
    }

    /// `Idempotency-Key` of a request with this body.
    pub(crate) fn once(&self, body: &[u8]) -> Result<Option<Once>, Failure> {
        let Some(key) = self.header("idempotency-key")? else { return Ok(None) };
        // Of several, nobody knows which one counts.
        let is_single = self.headers().get_all("idempotency-key").count() == 1;
        let also = |name: &str| self.headers().get(name).map(HeaderValue::as_bytes).unwrap_or_default();
        let request = &self.request;
        let parts = [
            request.method().as_str().as_bytes(),
            request.path().as_bytes(),
            request.query_string().as_bytes(),
            also("if-none-exist"),
            also("if-match"),
            also("x-provenance"),
            body,
        ];
        let key = if is_single { key } else { "" };
        Ok(Some(interactions::keyed(self.service(), &self.caller, key, &parts)?))
    }

    /// That nobody relies on a header that is not understood here.
    pub(crate) fn no_provenance(&self) -> Result<(), Failure> {
        match self.header("x-provenance")? {
            None => Ok(()),
            Some(_) => Err(Failure::new(400, Fault::InvalidHeader { name: "X-Provenance".to_owned() })),
        }
    }

    /// The parameters of the URL and these that came in the body; a `_format` counts that came there.
    pub(crate) fn with_posted(
        &self,
        posted: Vec<(String, String)>,
    ) -> Result<Vec<(String, String)>, Failure> {
        if let (None, Some(format)) = (format_of(&self.pairs), format_of(&posted)) {
            let format = negotiation::format(self.headers(), Some(format));
            let format = format.ok_or_else(|| Failure::new(406, Fault::NotAcceptable))?;
            self.request.extensions_mut().insert(format);
        }
        Ok([self.pairs.clone(), posted].concat())
    }

    /// The text behind the question mark.
    pub(crate) fn query(&self) -> &str {
        self.request.query_string()
    }
}
