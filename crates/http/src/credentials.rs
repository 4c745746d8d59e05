//! Who asks: what a request shows, and what is said to whoever shows something that does not hold.

use access::Caller;
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use auth::{Auth, Refused, ShownProof, Standing, TokenError};
use fhir::{Fault, Instant};

use crate::app::Authentication;
use crate::failure::Failure;

/// What a request shows.
pub(crate) enum Credentials {
    /// Nothing, or nothing has to be shown.
    Plain(Caller),
    /// An access token.
    Token(Auth, Standing),
}

/// What is known about who asks.
pub(crate) enum Known {
    Is(Caller),
    Refused(Failure),
    /// Memory cannot tell.
    Ask(Auth, Standing),
}

impl Credentials {
    /// Reads `Authorization` and `DPoP`.
    pub(crate) fn read(authentication: &Authentication, request: &HttpRequest) -> Result<Self, Failure> {
        let headers = request.headers();
        let auth = match authentication {
            Authentication::Off => return local_only(headers).map(Self::Plain),
            Authentication::On(auth) => auth,
        };
        let mut shown = headers.get_all(header::AUTHORIZATION);
        let Some(value) = shown.next() else { return Ok(Self::Plain(Caller::Anonymous)) };
        if shown.next().is_some() {
            return Err(invalid_token());
        }
        let value = str::from_utf8(value.as_bytes()).map_err(|_| invalid_token())?;
        let (scheme, token) = value.split_once(' ').ok_or_else(invalid_token)?;
        let proof = if scheme.eq_ignore_ascii_case("bearer") {
            None
        } else if scheme.eq_ignore_ascii_case("dpop") {
            Some(proof(headers).ok_or_else(|| dpop("invalid_dpop_proof"))?)
        } else {
            return Err(invalid_token());
        };
        let about = |text| ShownProof {
            text,
            method: request.method().as_str().to_owned(),
            uri: format!("{}{}", auth.settings().issuer, request.uri().path()),
        };
        Ok(Self::Token(auth.clone(), Standing { token: token.trim().to_owned(), proof: proof.map(about) }))
    }

    /// Who asks, as far as memory can tell.
    pub(crate) fn caller(self, now: Instant) -> Known {
        let (auth, standing) = match self {
            Self::Plain(caller) => return Known::Is(caller),
            Self::Token(auth, standing) => (auth, standing),
        };
        match auth.check(&standing, now) {
            Ok(caller) => Known::Is(caller),
            Err(Refused::Unavailable | Refused::Invalid(TokenError::UnknownKey)) => {
                Known::Ask(auth, standing)
            }
            Err(refused) => Known::Refused(refusal(refused, &standing)),
        }
    }

    /// Who asks, and what was shown.
    pub(crate) async fn settle(self, now: Instant) -> Result<(Caller, Option<String>), Failure> {
        let token = match &self {
            Self::Plain(_) => None,
            Self::Token(_, standing) => Some(standing.token.clone()),
        };
        match self.caller(now) {
            Known::Is(caller) => Ok((caller, token)),
            Known::Refused(failure) => Err(failure),
            Known::Ask(auth, standing) => {
                let caller = auth.check_again(&standing, now).await;
                Ok((caller.map_err(|refused| refusal(refused, &standing))?, token))
            }
        }
    }
}

/// The header `DPoP`, when there is exactly one.
pub(crate) fn proof(headers: &HeaderMap) -> Option<String> {
    let mut proofs = headers.get_all("dpop");
    let proof = proofs.next()?.to_str().ok()?.to_owned();
    proofs.next().is_none().then_some(proof)
}

/// What is answered to somebody who is not let in.
pub(crate) fn refusal(refused: Refused, standing: &Standing) -> Failure {
    match refused {
        Refused::Unavailable => Failure::new(503, Fault::Busy),
        Refused::Invalid(TokenError::Proof) => dpop("invalid_dpop_proof"),
        // A bound token as Bearer, or another one as DPoP: the scheme that was used is told.
        Refused::Invalid(_) if standing.proof.is_some() => dpop("invalid_token"),
        Refused::Invalid(_) => invalid_token(),
    }
}

fn invalid_token() -> Failure {
    Failure::new(401, Fault::InvalidToken)
}

fn dpop(error: &'static str) -> Failure {
    let challenge = format!("DPoP realm=\"healthbook\", error=\"{error}\", algs=\"ES256\"");
    Failure { challenge: Some(challenge), ..invalid_token() }
}

/// Without authentication only names of this machine are answered: a page from elsewhere that resolves its
/// own name to the loopback address gets nothing (DNS rebinding).
pub(crate) fn local_only(headers: &HeaderMap) -> Result<Caller, Failure> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is_local = name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if is_local { Ok(Caller::Unrestricted) } else { Err(Failure::new(403, Fault::Forbidden)) }
}
