//! EHR launch: a clinic system that has a patient open hands the context to an app.

use std::time::Duration;

use access::{Actor, Caller, Purpose};
use fhir::{Instant, LogicalId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OAuthError;
use crate::secret::{id_of, random};
use crate::{Auth, Client};

/// A launch is followed at once or never.
const LIFETIME: Duration = Duration::from_secs(300);

/// A launch that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaunchAnswer {
    /// What goes into the parameter `launch`.
    pub launch: String,
    /// Seconds that it holds.
    pub expires_in: u64,
}

/// What a clinic system had open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Launch {
    /// The facility whose staff may follow it.
    pub(super) facility: String,
    pub(super) patient: String,
    #[serde(default)]
    pub(super) encounter: Option<String>,
    #[serde(default)]
    pub(super) purpose: Option<String>,
    /// The record to remove with the first code that comes of it.
    pub(super) record: String,
}

impl Auth {
    /// `POST /auth/launch`: `{patient, encounter?, purpose?}` of the system or the staff of a facility.
    pub async fn launch(
        &self,
        caller: &Caller,
        body: &[u8],
        now: Instant,
    ) -> Result<LaunchAnswer, OAuthError> {
        let Caller::Authenticated(identity) = caller else {
            return Err(OAuthError::new(401, "invalid_token", "an access token is required"));
        };
        let Actor::Facility { code, .. } = &identity.actor else {
            return Err(OAuthError::new(403, "access_denied", "a launch is made by a facility"));
        };
        let body: Value =
            crate::jose::strict(body).ok_or(OAuthError::invalid_request("the body cannot be read"))?;
        let id = |name: &str| match body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => LogicalId::try_from(text.as_str())
                .map(|id| Some(id.to_string()))
                .map_err(|_| OAuthError::invalid_request("patient and encounter are ids")),
            Some(_) => Err(OAuthError::invalid_request("patient and encounter are ids")),
        };
        let patient = id("patient")?.ok_or(OAuthError::invalid_request("patient is missing"))?;
        let purpose = match body.get("purpose").and_then(Value::as_str) {
            None => None,
            Some(code) => {
                Some(Purpose::from_code(code).ok_or(OAuthError::invalid_request("purpose is not known"))?)
            }
        };
        let launch = random()?;
        let kept = Launch {
            facility: code.clone(),
            patient,
            encounter: id("encounter")?,
            purpose: purpose.map(|purpose| purpose.code().to_owned()),
            record: id_of(&launch),
        };
        let value = serde_json::to_string(&kept).map_err(|_| crate::AuthError::Broken)?;
        let microseconds = i64::try_from(LIFETIME.as_micros()).unwrap_or(0);
        let ends = Instant::from_microseconds(now.microseconds().saturating_add(microseconds));
        let record = SecurityRecord::new(SecurityKind::Launch, id_of(&launch), value).of(code).until(ends);
        self.change(SecurityChange::Insert(record), Vec::new(), now).await?;
        Ok(LaunchAnswer { launch, expires_in: LIFETIME.as_secs() })
    }

    /// The launch that a request names.
    pub(super) async fn launch_of(
        &self,
        launch: Option<&str>,
        scopes: &[String],
        client: &Client,
        now: Instant,
    ) -> Result<Option<Launch>, OAuthError> {
        let asked = scopes.iter().any(|scope| scope == "launch");
        let launch = match (launch, asked) {
            (Some(launch), true) => launch,
            (None, false) => return Ok(None),
            _ => return Err(OAuthError::invalid_request("launch goes with the scope launch")),
        };
        let unknown = OAuthError::invalid_request("this launch is not known");
        let record = self.store().security_record(SecurityKind::Launch, &id_of(launch), now).await;
        let record = record.map_err(crate::AuthError::from)?.ok_or(unknown)?;
        let launch: Launch = serde_json::from_str(&record.value).map_err(|_| crate::AuthError::Broken)?;
        let is_other = client.facility().is_some_and(|facility| facility.code != launch.facility);
        if is_other { Err(unknown) } else { Ok(Some(launch)) }
    }
}
