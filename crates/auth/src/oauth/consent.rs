//! The person decides: which app, what it asks, for whom; allowed or not.

use access::{Scopes, StaffRole};
use fhir::{Instant, LogicalId};
use record_store::{SecurityChange, SecurityKind};
use serde::Deserialize;

use super::authorize::Request;
use super::code::Code;
use super::{EntrustedBook, OAuthError, assisted, redirect, scopes, subject};
use crate::account::{AccountKind, Session, form_token, session_of};
use crate::secret::{random, same};
use crate::{Auth, AuthError, Client, noted};

/// Something to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown; empty for the own book.
    pub label: String,
}

/// What the page asks.
#[derive(Debug, Clone)]
pub struct ConsentQuestion {
    /// The transaction: the field `continue`.
    pub transaction: String,
    /// The token of the form: the field `form_token`.
    pub form_token: String,
    /// The name of the app.
    pub client: String,
    /// The host that the answer goes to.
    pub host: String,
    /// Where the browser goes after the form, as a source of a `Content-Security-Policy`.
    pub target: String,
    /// What it asks about resources.
    pub scopes: Scopes,
    /// What else it asks.
    pub others: Vec<String>,
    /// The patients to choose from; with none and `patient_wanted`, an id is typed in.
    pub patients: Vec<Choice>,
    /// Whether the app needs a patient and none is given.
    pub patient_wanted: bool,
    /// The roles to choose from.
    pub roles: Vec<Choice>,
}

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ConsentForm {
    /// The token of the form.
    #[serde(default)]
    pub form_token: String,
    /// `allow` or anything else.
    #[serde(default)]
    pub decision: String,
    /// The patient.
    #[serde(default)]
    pub patient: String,
    /// The role.
    #[serde(default)]
    pub role: String,
}

/// What comes next.
#[derive(Debug, Clone)]
pub enum ConsentStep {
    /// The person is asked.
    Ask(Box<ConsentQuestion>),
    /// To sign in, or back to the client.
    Redirect(String),
    /// A page that says what is wrong.
    Page(OAuthError),
}

/// Where the person is asked about a transaction.
pub fn consent_path(transaction: &str) -> String {
    format!("/auth/consent?continue={transaction}")
}

/// A transaction that lives, and who decides.
struct Open {
    request: Request,
    client: Client,
    session: Session,
    /// The books that are entrusted to the citizen now.
    entrusted: Vec<EntrustedBook>,
}

impl Open {
    /// The scopes that can be granted from this session.
    fn scopes(&self) -> Result<(Scopes, Vec<String>), OAuthError> {
        let (resources, others) = self.request.scopes()?;
        if self.session.assisted_by.is_none() {
            return Ok((resources, others));
        }
        let (resources, others) = assisted::cut(&resources, &others);
        if resources.resources.is_empty() && !others.iter().any(|name| name == "openid") {
            return Err(OAuthError::invalid_scope("an assisted session reads the own book only"));
        }
        Ok((resources, others))
    }
}

impl Auth {
    /// `GET /auth/consent?continue=TRANSACTION`
    pub async fn consent(
        &self,
        transaction: &str,
        cookie: Option<&str>,
        now: Instant,
    ) -> Result<ConsentStep, AuthError> {
        let open = match self.open_transaction(transaction, cookie, now).await? {
            Ok(open) => open,
            Err(step) => return Ok(step),
        };
        match self.question(transaction, &open) {
            Ok(question) => Ok(ConsentStep::Ask(Box::new(question))),
            Err(error) => self.refuse(transaction, &open, error, now).await,
        }
    }

    /// `POST /auth/consent?continue=TRANSACTION`
    pub async fn decide(
        &self,
        transaction: &str,
        cookie: Option<&str>,
        form: &ConsentForm,
        now: Instant,
    ) -> Result<ConsentStep, AuthError> {
        let open = match self.open_transaction(transaction, cookie, now).await? {
            Ok(open) => open,
            Err(step) => return Ok(step),
        };
        if !same(&self.form_token(transaction, &open.session), &form.form_token) {
            return Ok(ConsentStep::Page(OAuthError::new(
                403,
                "access_denied",
                "the form is not of this page",
            )));
        }
        if form.decision != "allow" {
            let error = OAuthError::new(400, "access_denied", "the person did not allow it");
            return self.refuse(transaction, &open, error, now).await;
        }
        let code = match self.code(&open, form, now) {
            Ok(code) => code,
            Err(error) => return self.refuse(transaction, &open, error, now).await,
        };
        let secret = random()?;
        // The transaction ends with the code: of two decisions one counts.
        let mut others = vec![SecurityChange::Insert(code.record(&secret, now)?)];
        if let Some(launch) = &open.request.launch {
            others.push(SecurityChange::Remove(SecurityKind::Launch, launch.record.clone()));
        }
        let claim = SecurityChange::Remove(SecurityKind::Transaction, transaction.to_owned());
        if !self.change(claim, others, now).await? {
            return Ok(gone());
        }
        let (request, issuer) = (&open.request, &self.settings().issuer);
        let to = redirect::to_client(
            &request.redirect_uri,
            issuer,
            request.state.as_deref(),
            &[("code", &secret)],
        );
        Ok(to.map_or_else(gone, ConsentStep::Redirect))
    }

    async fn open_transaction(
        &self,
        transaction: &str,
        cookie: Option<&str>,
        now: Instant,
    ) -> Result<Result<Open, ConsentStep>, AuthError> {
        let record = self.store().security_record(SecurityKind::Transaction, transaction, now).await?;
        // Signing in keeps steps of its own under the same kind: they are no requests.
        let request = record.and_then(|record| serde_json::from_str::<Request>(&record.value).ok());
        let Some(request) = request else { return Ok(Err(gone())) };
        let Some(client) = self.active_client(&request.client, now).await? else { return Ok(Err(gone())) };
        let session = match cookie {
            Some(cookie) => session_of(self.store(), cookie, now).await?,
            None => None,
        };
        Ok(match session.filter(|session| request.accepts(session)) {
            Some(session) => {
                let entrusted = self.entrusted_to(&session).await?;
                Ok(Open { request, client, session, entrusted })
            }
            None => Err(ConsentStep::Redirect(format!("/auth/sign-in?continue={transaction}"))),
        })
    }

    /// The books of others that somebody may choose. Who is assisted opens the own one only.
    async fn entrusted_to(&self, session: &Session) -> Result<Vec<EntrustedBook>, AuthError> {
        match &session.kind {
            AccountKind::Citizen { patient } if session.assisted_by.is_none() => {
                self.books().of(patient).await
            }
            _ => Ok(Vec::new()),
        }
    }

    fn question(&self, transaction: &str, open: &Open) -> Result<ConsentQuestion, OAuthError> {
        if !Self::fits(&open.client, &open.session.kind) {
            return Err(OAuthError::new(400, "access_denied", "this app is for the staff of its facility"));
        }
        let (resources, others) = open.scopes()?;
        let patient_wanted = wants_patient(&resources, &others) && open.request.launch.is_none();
        let patients = match &open.session.kind {
            AccountKind::Citizen { patient } => {
                let own = Choice { value: patient.to_string(), label: String::new() };
                let entrusted = open.entrusted.iter();
                let entrusted = entrusted
                    .map(|book| Choice { value: book.patient.to_string(), label: book.name.clone() });
                std::iter::once(own).chain(entrusted).collect()
            }
            _ => Vec::new(),
        };
        let roles: &[StaffRole] = match &open.session.kind {
            AccountKind::Staff { roles, .. } => roles,
            _ => &[],
        };
        let role = |role: &StaffRole| Choice { value: role.code().to_owned(), label: role.code().to_owned() };
        let host = url::Url::parse(&open.request.redirect_uri).ok();
        let host = host.map(|url| url.host_str().map_or_else(|| url.scheme().to_owned(), str::to_owned));
        Ok(ConsentQuestion {
            transaction: transaction.to_owned(),
            form_token: self.form_token(transaction, &open.session),
            client: open.client.name.clone(),
            host: host.unwrap_or_default(),
            target: redirect::source(&open.request.redirect_uri).unwrap_or_default(),
            scopes: resources,
            others,
            patients,
            patient_wanted,
            roles: roles.iter().map(role).collect(),
        })
    }

    fn code(&self, open: &Open, form: &ConsentForm, now: Instant) -> Result<Code, OAuthError> {
        let (request, session) = (&open.request, &open.session);
        let denied = |description| OAuthError::new(400, "access_denied", description);
        if !Self::fits(&open.client, &session.kind) {
            return Err(denied("this app is for the staff of its facility"));
        }
        let role = StaffRole::from_code(&form.role);
        subject::subject(&session.kind, role).ok_or(denied("this account does not have the role"))?;
        let (resources, others) = open.scopes()?;
        let (mut patient, mut encounter) = (None, None);
        let mut purpose = request.purpose.clone();
        if let Some(launch) = &request.launch {
            match &session.kind {
                AccountKind::Staff { code, .. } if *code == launch.facility => {}
                _ => return Err(denied("this launch is for the staff of its facility")),
            }
            patient = Some(launch.patient.clone());
            encounter.clone_from(&launch.encounter);
            purpose = purpose.or_else(|| launch.purpose.clone());
        } else if let AccountKind::Citizen { patient: own } = &session.kind {
            let chosen =
                Some(form.patient.as_str()).filter(|chosen| !chosen.is_empty()).unwrap_or(own.as_str());
            let is_entrusted = open.entrusted.iter().any(|book| book.patient.as_str() == chosen);
            if chosen != own.as_str() && !is_entrusted {
                noted::not_entrusted(open.client.id.clone(), session, chosen);
                return Err(denied("this book is not entrusted to the account"));
            }
            patient = Some(chosen.to_owned());
        } else if wants_patient(&resources, &others) {
            let typed = LogicalId::try_from(form.patient.trim());
            patient = Some(typed.map_err(|_| denied("no patient was chosen"))?.to_string());
        }
        if scopes::has_patient(&resources) && patient.is_none() {
            return Err(OAuthError::invalid_scope("patient/ needs a patient"));
        }
        let purpose = subject::purpose(purpose.as_deref(), &session.kind)?;
        Ok(Code {
            client: open.client.id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            account: session.account.clone(),
            role: role.map(|role| role.code().to_owned()),
            session: session.id.clone(),
            scope: scopes::text(&resources, &others),
            nonce: request.nonce.clone(),
            patient,
            encounter,
            purpose: purpose.code().to_owned(),
            auth_time: session.auth_time.seconds(),
            acr: session.acr.clone(),
            amr: session.amr.clone(),
            made: now.microseconds(),
            used_by: None,
            used_at: 0,
        })
    }

    async fn refuse(
        &self,
        transaction: &str,
        open: &Open,
        error: OAuthError,
        now: Instant,
    ) -> Result<ConsentStep, AuthError> {
        let claim = SecurityChange::Remove(SecurityKind::Transaction, transaction.to_owned());
        if !self.change(claim, Vec::new(), now).await? {
            return Ok(gone());
        }
        let to = open.request.refuse(&self.settings().issuer, error);
        Ok(to.map_or(ConsentStep::Page(error), ConsentStep::Redirect))
    }

    /// Belongs to one session and one transaction: no other page can send the form.
    fn form_token(&self, transaction: &str, session: &Session) -> String {
        form_token(self.store(), &format!("consent {} {transaction}", session.id))
    }
}

fn wants_patient(scopes: &Scopes, others: &[String]) -> bool {
    others.iter().any(|scope| scope == "launch/patient") || scopes::has_patient(scopes)
}

fn gone() -> ConsentStep {
    ConsentStep::Page(OAuthError::invalid_request("this request is over: begin again in the app"))
}
