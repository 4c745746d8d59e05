//! The token endpoint.

use std::time::Duration;

use access::{Assistant, Purpose, ScopeContext, StaffRole};
use fhir::{Instant, LogicalId};
use record_store::Deed;
use serde_json::{Value, json};

use super::parameters::{Basic, OAuthError, Parameters};
use super::{ACCESS_SECONDS, scopes, subject};
use crate::account::AccountKind;
use crate::client::Presents;
use crate::noted;
use crate::token::{IdToken, ProofOf, prove};
use crate::{Auth, AuthError, Client, ClientKind, Grant, Subject};

/// A request to the token endpoint.
#[derive(Clone)]
pub struct TokenRequest {
    /// The parameters of the body.
    pub parameters: Parameters,
    /// `Authorization: Basic`.
    pub basic: Option<Basic>,
    /// The header `DPoP`.
    pub proof: Option<String>,
}

/// A request of a client to introspect or to revoke.
pub type Presented = TokenRequest;

/// The body of an answer.
pub type Answer = Value;

/// What was granted, for which tokens are made.
pub(super) struct Granted {
    pub(super) account: String,
    pub(super) kind: AccountKind,
    pub(super) role: Option<String>,
    pub(super) session: String,
    pub(super) scope: String,
    pub(super) patient: Option<String>,
    pub(super) encounter: Option<String>,
    pub(super) purpose: String,
    pub(super) nonce: Option<String>,
    pub(super) auth_time: i64,
    pub(super) acr: String,
    pub(super) amr: Vec<String>,
    /// Who sits there instead of the citizen.
    pub(super) assisted_by: Option<Assistant>,
    pub(super) key: Option<String>,
}

/// `grant_type` of the first tokens, and of all later ones.
pub(super) const CODE: &str = "authorization_code";
pub(super) const REFRESH: &str = "refresh_token";

/// The answer of the token endpoint.
pub(super) type Tokens = Value;

impl Auth {
    /// `POST /auth/token`
    pub async fn token(&self, request: &TokenRequest, now: Instant) -> Result<Answer, OAuthError> {
        let presents = Presents { parameters: &request.parameters, basic: request.basic.as_ref() };
        let grant_type = request.parameters.need("grant_type", "grant_type is missing")?;
        let known = [CODE, REFRESH, "client_credentials"];
        if !known.contains(&grant_type) {
            return Err(OAuthError::new(
                400,
                "unsupported_grant_type",
                "authorization_code, refresh_token, client_credentials",
            ));
        }
        let client = match self.refreshing_client(request, grant_type, now).await? {
            Some(client) => client,
            None => self.authenticate(&presents, now).await?,
        };
        if !client.may_use(grant_type) {
            return Err(OAuthError::new(
                400,
                "unauthorized_client",
                "this client may not use this grant type",
            ));
        }
        let key = self.proved_key(request, &client, now)?;
        match grant_type {
            CODE => self.redeem_code(request, &client, key, now).await,
            REFRESH => self.refresh(request, &client, key, now).await,
            _ => self.client_credentials(request, &client, key, now).await,
        }
    }

    /// A public client need not name itself when it refreshes (RFC 6749, section 6): the token tells whose it is. Who
    /// names a client, or shows anything, is taken by the word.
    async fn refreshing_client(
        &self,
        request: &TokenRequest,
        grant_type: &str,
        now: Instant,
    ) -> Result<Option<Client>, OAuthError> {
        let parameters = &request.parameters;
        let shown = ["client_id", "client_assertion", "client_secret"];
        let shows = request.basic.is_some() || shown.iter().any(|name| parameters.get(name).is_some());
        let Some(token) = parameters.get("refresh_token").filter(|_| grant_type == "refresh_token" && !shows)
        else {
            return Ok(None);
        };
        let Some(id) = self.client_of_family(token, now).await? else { return Ok(None) };
        let client = self.active_client(&id, now).await?;
        Ok(client.filter(|client| client.kind == ClientKind::Public))
    }

    fn proved_key(
        &self,
        request: &TokenRequest,
        client: &Client,
        now: Instant,
    ) -> Result<Option<String>, OAuthError> {
        let invalid = |description| OAuthError::new(400, "invalid_dpop_proof", description);
        let Some(proof) = &request.proof else {
            return if client.dpop_bound { Err(invalid("this client needs a DPoP proof")) } else { Ok(None) };
        };
        let uri = self.token_endpoint();
        let of = ProofOf { method: "POST", uri: &uri, token: None };
        prove(proof, &of, self.proofs(), now).map(Some).map_err(|_| invalid("the DPoP proof does not hold"))
    }

    /// A system without a user (SMART Backend Services).
    async fn client_credentials(
        &self,
        request: &TokenRequest,
        client: &Client,
        key: Option<String>,
        now: Instant,
    ) -> Result<Tokens, OAuthError> {
        let unauthorized = |description| OAuthError::new(400, "unauthorized_client", description);
        if client.kind != ClientKind::Confidential {
            return Err(unauthorized("this client cannot authenticate"));
        }
        let facility = client.facility().ok_or(unauthorized("this client belongs to no facility"))?;
        let asked = request.parameters.need("scope", "scope is missing")?;
        let (asked, _) = scopes::read(asked)?;
        if asked.resources.iter().any(|scope| scope.context != ScopeContext::System) {
            return Err(OAuthError::invalid_scope("a backend service has system/ scopes only"));
        }
        let (most, _) = access::Scopes::parse(&client.scope)?;
        let granted = asked.narrow(&most);
        if granted.resources.is_empty() {
            return Err(OAuthError::invalid_scope("none of these scopes can be granted to this client"));
        }
        let purpose = match request.parameters.get("purpose") {
            None => Purpose::Treatment,
            // Breaking the glass is the act of a person.
            Some(code) => Purpose::from_code(code)
                .filter(|purpose| ![Purpose::PatientRequest, Purpose::BreakTheGlass].contains(purpose))
                .ok_or(OAuthError::invalid_request("purpose: not one that a system may ask for"))?,
        };
        let scope = granted.to_string();
        let grant = Grant {
            account: client.id.clone(),
            client: client.id.clone(),
            // Each token is a session of its own: revoking it revokes nothing else.
            session: uuid::Uuid::new_v4().to_string(),
            subject: Subject::Facility {
                code: facility.code,
                organization: facility.organization,
                role: StaffRole::System,
            },
            purpose,
            scope: scope.clone(),
            patient: None,
            practitioner: None,
            assisted_by: None,
            key: key.clone(),
        };
        let token = self.issue(&grant, now, Duration::from_secs(ACCESS_SECONDS.unsigned_abs()));
        let token = token.map_err(|_| AuthError::Key)?;
        let deed = noted::token(&grant, &client.name, "client_credentials");
        self.store().note(deed).await.map_err(AuthError::from)?;
        Ok(json!({
            "access_token": token,
            "token_type": if key.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": ACCESS_SECONDS,
            "scope": scope,
        }))
    }

    /// What tokens of a grant are made of.
    fn grant(&self, granted: &Granted, client: &Client) -> Result<Grant, OAuthError> {
        let role = granted.role.as_deref().and_then(StaffRole::from_code);
        let subject = subject::subject(&granted.kind, role);
        let subject =
            subject.ok_or(OAuthError::invalid_grant("the account does not have this role any more"))?;
        let patient = granted.patient.as_deref().map(LogicalId::try_from).transpose();
        Ok(Grant {
            account: granted.account.clone(),
            client: client.id.clone(),
            session: granted.session.clone(),
            subject,
            purpose: Purpose::from_code(&granted.purpose).ok_or(AuthError::Broken)?,
            scope: granted.scope.clone(),
            patient: self.context(granted, patient.map_err(|_| AuthError::Broken)?)?,
            practitioner: granted.kind.practitioner().cloned(),
            assisted_by: granted.assisted_by.clone(),
            key: granted.key.clone(),
        })
    }

    /// Makes the tokens of a grant, and what the log of accesses has of it: `way` is how they were asked for.
    pub(super) fn tokens(
        &self,
        granted: &Granted,
        client: &Client,
        refresh: Option<String>,
        way: &str,
        now: Instant,
    ) -> Result<(Tokens, Deed), OAuthError> {
        let grant = self.grant(granted, client)?;
        let deed = noted::token(&grant, &client.name, way);
        let lifetime = Duration::from_secs(ACCESS_SECONDS.unsigned_abs());
        let access_token = self.issue(&grant, now, lifetime).map_err(|_| AuthError::Key)?;
        let mut answer = json!({
            "token_type": if granted.key.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": ACCESS_SECONDS,
            "scope": granted.scope,
        });
        let Value::Object(members) = &mut answer else { return Err(AuthError::Broken.into()) };
        let scopes: Vec<&str> = granted.scope.split(' ').collect();
        // Who refreshes has the other one.
        if way == CODE && scopes.contains(&"openid") {
            let base = &self.settings().fhir_base;
            let wants_user = scopes.contains(&"fhirUser") || scopes.contains(&"profile");
            let token = IdToken {
                iss: self.settings().issuer.clone(),
                sub: granted.account.clone(),
                aud: client.id.clone(),
                exp: now.seconds().saturating_add(ACCESS_SECONDS),
                iat: now.seconds(),
                auth_time: granted.auth_time,
                nonce: granted.nonce.clone(),
                acr: granted.acr.clone(),
                amr: granted.amr.clone(),
                sid: granted.session.clone(),
                fhir_user: if wants_user { subject::fhir_user(&granted.kind, base) } else { None },
                ..IdToken::default()
            };
            let keys = self.keys();
            let key = keys.signing(now).ok_or(AuthError::Key)?;
            let id_token = token.with(&access_token).sign(key).map_err(|_| AuthError::Key)?;
            members.insert("id_token".to_owned(), id_token.into());
        }
        members.insert("access_token".to_owned(), access_token.into());
        if let Some(refresh) = refresh {
            members.insert("refresh_token".to_owned(), refresh.into());
        }
        if let Some(patient) = &grant.patient {
            members.insert("patient".to_owned(), patient.to_string().into());
            // The person at the screen need not be the patient.
            let banner = !matches!(&granted.kind, AccountKind::Citizen { patient: own } if own == patient);
            members.insert("need_patient_banner".to_owned(), banner.into());
        }
        if let Some(encounter) = &granted.encounter {
            members.insert("encounter".to_owned(), encounter.clone().into());
        }
        Ok((answer, deed))
    }

    /// The launch patient, where the scopes ask for one: without them the token is not bound to one book.
    fn context(
        &self,
        granted: &Granted,
        patient: Option<LogicalId>,
    ) -> Result<Option<LogicalId>, OAuthError> {
        let (resources, others) = scopes::read(&granted.scope)?;
        let wanted = scopes::has_patient(&resources)
            || others.iter().any(|scope| scope == "launch" || scope == "launch/patient");
        Ok(patient.filter(|_| wanted))
    }
}
