//! Introspection (RFC 7662), revocation (RFC 7009), and what OpenID Connect tells about who signed in.

use fhir::Instant;
use record_store::{Revoked, SecurityChange};
use serde_json::{Value, json};

use super::token_endpoint::{Answer, Presented};
use super::{OAuthError, subject};
use crate::Auth;
use crate::account::account_kind;
use crate::client::Presents;
use crate::noted;

impl Auth {
    /// `POST /auth/introspect`: about the client's own tokens; nobody learns anything about those of others.
    pub async fn introspect(&self, request: &Presented, now: Instant) -> Result<Answer, OAuthError> {
        let presents = Presents { parameters: &request.parameters, basic: request.basic.as_ref() };
        let client = self.authenticate(&presents, now).await?;
        let token = request.parameters.need("token", "token is missing")?;
        self.know_revocations(now).await?;
        let issuer = &self.settings().issuer;
        if let Ok(claims) = self.claims(token, now)
            && claims.client_id == client.id
        {
            let mut answer = json!({
                "active": true, "scope": claims.scope, "client_id": claims.client_id, "sub": claims.sub,
                "iss": issuer, "aud": self.settings().fhir_base, "exp": claims.exp, "iat": claims.iat,
                "token_type": if claims.cnf.is_some() { "DPoP" } else { "Bearer" },
            });
            if let Value::Object(members) = &mut answer {
                if let Some(patient) = claims.patient {
                    members.insert("patient".to_owned(), patient.into());
                }
                if let Some(cnf) = claims.cnf {
                    members.insert("cnf".to_owned(), json!({"jkt": cnf.jkt}));
                }
            }
            return Ok(answer);
        }
        if let Some(family) = self.living_family(token, now).await?
            && family.client == client.id
        {
            return Ok(json!({
                "active": true, "scope": family.scope, "client_id": family.client, "sub": family.account, "iss": issuer,
            }));
        }
        Ok(json!({"active": false}))
    }

    /// `POST /auth/revoke`: a refresh token takes its family with it, an access token its session's tokens.
    pub async fn revoke(&self, request: &Presented, now: Instant) -> Result<(), OAuthError> {
        let presents = Presents { parameters: &request.parameters, basic: request.basic.as_ref() };
        let client = self.authenticate(&presents, now).await?;
        let token = request.parameters.need("token", "token is missing")?;
        if self.end_family(token, &client, now).await? {
            return Ok(());
        }
        if let Ok(claims) = self.claims(token, now)
            && claims.client_id == client.id
        {
            let deed = self.ended(&client, &claims.sub, "token", now).await?;
            let deed = if deed.patient.is_none() { deed.of(noted::book_of_claims(&claims)) } else { deed };
            let revoke = SecurityChange::Revoke(Revoked::Session(claims.sid), now);
            self.change_noting(revoke, Vec::new(), vec![deed], now).await?;
        }
        // A token that is not known is as good as revoked.
        Ok(())
    }

    /// `GET /auth/userinfo`, for a token that was checked.
    pub async fn user_info(&self, token: &str, now: Instant) -> Result<Answer, OAuthError> {
        let claims = self.claims(token, now);
        let claims =
            claims.map_err(|_| OAuthError::new(401, "invalid_token", "the access token is not valid"))?;
        if !claims.scope.split(' ').any(|scope| scope == "openid") {
            return Err(OAuthError::new(403, "insufficient_scope", "openid is needed"));
        }
        let kind = account_kind(self.store(), &claims.sub, now).await?;
        let user = kind.and_then(|kind| subject::fhir_user(&kind, &self.settings().fhir_base));
        let mut answer = json!({"sub": claims.sub});
        if let (Value::Object(members), Some(user)) = (&mut answer, user) {
            members.insert("fhirUser".to_owned(), user.into());
        }
        Ok(answer)
    }
}
