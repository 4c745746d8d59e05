//! Who is the client: by its key, by its secret, or, for a public one, by its name alone.

use fhir::Instant;

use super::assertion::Assertion;
use super::{Client, ClientKind};
use crate::oauth::{Basic, OAuthError, Parameters};
use crate::secret::{id_of, same};
use crate::{Auth, AuthError};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client shows.
pub(crate) struct Presents<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) basic: Option<&'a Basic>,
}

impl Auth {
    /// The client that a request is of. Every failure is the same answer.
    pub(crate) async fn authenticate(
        &self,
        presents: &Presents<'_>,
        now: Instant,
    ) -> Result<Client, OAuthError> {
        let parameters = presents.parameters;
        let named = parameters.get("client_id");
        let assertion = parameters.get("client_assertion");
        if parameters.get("client_secret").is_some() || (assertion.is_some() && presents.basic.is_some()) {
            return Err(OAuthError::invalid_request("one way of client authentication: key or HTTP Basic"));
        }
        let client = match (assertion, presents.basic, named) {
            (Some(text), None, _) => {
                if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
                    return Err(OAuthError::invalid_client());
                }
                self.by_key(text, named, now).await?
            }
            (None, Some(basic), _) => {
                if named.is_some_and(|named| named != basic.id) {
                    return Err(OAuthError::invalid_client());
                }
                self.by_secret(basic, now).await?
            }
            (_, _, Some(named)) => {
                let client = self.active_client(named, now).await?;
                client.filter(|client| client.kind == ClientKind::Public)
            }
            _ => None,
        };
        client.ok_or_else(OAuthError::invalid_client)
    }

    async fn by_key(
        &self,
        text: &str,
        named: Option<&str>,
        now: Instant,
    ) -> Result<Option<Client>, AuthError> {
        let Some(assertion) = Assertion::read(text) else { return Ok(None) };
        if named.is_some_and(|named| named != assertion.client()) {
            return Ok(None);
        }
        let Some(client) = self.active_client(assertion.client(), now).await? else { return Ok(None) };
        let proved =
            client.kind == ClientKind::Confidential && assertion.proves(text, &client, self, now).await?;
        Ok(proved.then_some(client))
    }

    async fn by_secret(&self, basic: &Basic, now: Instant) -> Result<Option<Client>, AuthError> {
        let Some(client) = self.active_client(&basic.id, now).await? else { return Ok(None) };
        let given = id_of(&basic.secret);
        let known = client.secret.as_deref().is_some_and(|secret| same(secret, &given));
        Ok(known.then_some(client))
    }
}
