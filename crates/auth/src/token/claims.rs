//! What an access token says (RFC 9068), and who is named by it.

use std::time::Duration;

use access::{Actor, Assistant, Caller, Identity, OfficerRole, Purpose, StaffRole};
use fhir::{Instant, LogicalId};
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};

use super::Verified;
use crate::TokenError;
use crate::jose::Unproved;
use crate::keys::Keyring;
use crate::oauth::scopes;

/// The longest life of an access token.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(600);

/// Clocks of two servers may differ by this much.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

/// The type of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A citizen. The citizen number stays out of the token: tokens travel and are logged by others.
    Citizen {
        /// The citizen's `Patient`.
        patient: LogicalId,
    },
    /// Staff or the system of a facility.
    Facility {
        /// Code of the facility.
        code: String,
        /// Its `Organization`.
        organization: LogicalId,
        /// In which role.
        role: StaffRole,
    },
    /// Somebody with a public office.
    Officer {
        /// Which.
        role: OfficerRole,
    },
}

/// What an access token is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The account or, of a system without a user, the client.
    pub account: String,
    /// The client.
    pub client: String,
    /// The session: revoking it ends the token.
    pub session: String,
    /// What the account is.
    pub subject: Subject,
    /// What for.
    pub purpose: Purpose,
    /// The scopes that were granted, as text.
    pub scope: String,
    /// The patient of the launch context.
    pub patient: Option<LogicalId>,
    /// The `Practitioner` of staff, where there is one.
    pub practitioner: Option<LogicalId>,
    /// Who sits there instead of the citizen.
    pub assisted_by: Option<Assistant>,
    /// Thumbprint of the key that the token is bound to (RFC 9449).
    pub key: Option<String>,
}

/// Who makes tokens and for whom: `iss` and `aud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

/// The claims of an access token, times in seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    pub(crate) sub: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) sid: String,
    jti: String,
    pub(crate) iat: i64,
    nbf: i64,
    pub(crate) exp: i64,
    /// `iat` in microseconds: what is made in the second of a revocation is before or after it.
    made: i64,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) patient: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facility: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    practitioner: Option<String>,
    purpose: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<Acting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
}

/// Who acts for whom the token names (`act`, RFC 8693, section 4.1): staff in an assisted session.
#[derive(Debug, Serialize, Deserialize)]
struct Acting {
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    practitioner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
}

impl From<&Assistant> for Acting {
    fn from(assistant: &Assistant) -> Self {
        Self {
            sub: assistant.account.clone(),
            practitioner: assistant.practitioner.as_ref().map(ToString::to_string),
            organization: assistant.organization.as_ref().map(ToString::to_string),
        }
    }
}

/// The key that a token is bound to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    pub(crate) jkt: String,
}

#[derive(Debug, Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Citizen,
    Facility,
    Officer,
}

impl Claims {
    /// The citizen who is named.
    pub(crate) fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    /// The claims of a new token.
    pub(crate) fn new(
        grant: &Grant,
        issuer: &Issuer,
        now: Instant,
        lifetime: Duration,
    ) -> Result<Self, TokenError> {
        let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| TokenError::Lifetime)?;
        if seconds < 1 || lifetime > LONGEST_LIFETIME {
            return Err(TokenError::Lifetime);
        }
        let (made, now) = (now.microseconds(), now.seconds());
        let mut claims = Self {
            iss: issuer.issuer.clone(),
            aud: issuer.audience.clone(),
            sub: grant.account.clone(),
            client_id: grant.client.clone(),
            scope: grant.scope.clone(),
            sid: grant.session.clone(),
            jti: uuid::Uuid::new_v4().to_string(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(seconds),
            made,
            kind: Kind::Citizen,
            patient: grant.patient.as_ref().map(ToString::to_string),
            practitioner: grant.practitioner.as_ref().map(ToString::to_string),
            person: None,
            facility: None,
            organization: None,
            role: None,
            purpose: grant.purpose.code().to_owned(),
            act: grant.assisted_by.as_ref().map(Acting::from),
            cnf: grant.key.clone().map(|jkt| Confirmation { jkt }),
        };
        match &grant.subject {
            Subject::Citizen { patient } => claims.person = Some(patient.to_string()),
            Subject::Facility { code, organization, role } => {
                claims.kind = Kind::Facility;
                claims.facility = Some(code.clone());
                claims.organization = Some(organization.to_string());
                claims.role = Some(role.code().to_owned());
            }
            Subject::Officer { role } => {
                claims.kind = Kind::Officer;
                claims.role = Some(role.code().to_owned());
            }
        }
        Ok(claims)
    }

    /// Signs them.
    pub(crate) fn sign(&self, keys: &Keyring, now: Instant) -> Result<String, TokenError> {
        keys.signing(now).ok_or(TokenError::Signing)?.sign(TYPE, self)
    }

    /// The claims of a token that holds now: right kind, key, signature, server and times.
    pub(crate) fn verify(
        token: &str,
        keys: &Keyring,
        issuers: &[Issuer],
        now: Instant,
    ) -> Result<Self, TokenError> {
        let unproved = Unproved::read(token).ok_or(TokenError::Malformed)?;
        let kind = unproved.head.typ.as_deref().unwrap_or_default();
        let kind = kind.strip_prefix("application/").unwrap_or(kind);
        if unproved.head.alg != "ES256" || !kind.eq_ignore_ascii_case(TYPE) {
            return Err(TokenError::Malformed);
        }
        let id = unproved.head.kid.as_deref().ok_or(TokenError::Malformed)?;
        let key = keys.verifying(id, now).ok_or(TokenError::UnknownKey)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // Issuer, audience and times are checked below: both names as one pair, times against what is handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Self>(token, key.verifying(), &validation)?.claims;
        if !issuers.iter().any(|known| known.issuer == claims.iss && known.audience == claims.aud) {
            return Err(TokenError::WrongServer);
        }
        claims.check_times(now.seconds())?;
        let empty =
            [&claims.sub, &claims.client_id, &claims.sid, &claims.jti].into_iter().any(String::is_empty);
        let empty = empty || claims.made.div_euclid(1_000_000) != claims.iat;
        if empty { Err(TokenError::Malformed) } else { Ok(claims) }
    }

    fn check_times(&self, now: i64) -> Result<(), TokenError> {
        let latest = now.saturating_add(CLOCK_TOLERANCE_SECONDS);
        if self.exp <= now {
            return Err(TokenError::Expired);
        }
        if self.nbf > latest || self.iat > latest {
            return Err(TokenError::NotYetValid);
        }
        // A token of ours never lives longer, whatever its signature says.
        let longest = LONGEST_LIFETIME.as_secs().cast_signed();
        if self.exp.saturating_sub(self.iat) > longest { Err(TokenError::Lifetime) } else { Ok(()) }
    }

    /// Whom the token names. A token that mixes what belongs to different kinds is refused.
    pub(crate) fn into_verified(self) -> Result<Verified, TokenError> {
        let id = |text: Option<String>| {
            text.map(|text| LogicalId::try_from(text.as_str()).map_err(|_| TokenError::Malformed)).transpose()
        };
        let (person, organization, patient) = (id(self.person)?, id(self.organization)?, id(self.patient)?);
        let practitioner = id(self.practitioner)?;
        let assisted_by = match self.act {
            Some(act) if self.kind == Kind::Citizen && !act.sub.is_empty() => Some(Assistant {
                account: act.sub,
                practitioner: id(act.practitioner)?,
                organization: id(act.organization)?,
            }),
            Some(_) => return Err(TokenError::Malformed),
            None => None,
        };
        let actor = match (self.kind, person, self.facility, organization, self.role) {
            (Kind::Citizen, Some(patient), None, None, None) => Actor::Citizen { patient },
            (Kind::Facility, None, Some(code), Some(organization), Some(role)) => {
                let role = StaffRole::from_code(&role).ok_or(TokenError::Malformed)?;
                Actor::Facility { code, organization, role }
            }
            (Kind::Officer, None, None, None, Some(role)) => {
                Actor::Officer { role: OfficerRole::from_code(&role).ok_or(TokenError::Malformed)? }
            }
            _ => return Err(TokenError::Malformed),
        };
        // A scope that cannot be read must not open anything.
        let (scopes, _) = scopes::read(&self.scope).map_err(|_| TokenError::Malformed)?;
        let identity = Identity {
            subject: self.sub,
            client: self.client_id,
            session: self.sid,
            actor,
            purpose: Purpose::from_code(&self.purpose).ok_or(TokenError::Malformed)?,
            scopes,
            patient,
            practitioner,
            assisted_by,
        };
        Ok(Verified {
            made: self.made,
            ends: self.exp,
            key: self.cnf.map(|cnf| cnf.jkt),
            caller: Caller::Authenticated(identity.into()),
        })
    }
}
