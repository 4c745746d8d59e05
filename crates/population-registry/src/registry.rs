//! The adapters: the port, spoken in SOAP, JSON and the messages of social insurance.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::card::{Officer, Token, read_report, read_token, written_question};
use crate::resilience::{Attempt, Chance, Clock, Guard, Limits, Repeat, SystemChance, SystemClock};
use crate::soap::{self, AskedFor, Asker, Operation, read_person, read_verification, write_question};
use crate::{
    Answer, Ask, Asking, CardDateForm, CardDirectory, CardLogin, CardQuestion, CardReport, Claim, Cursor,
    Demographics, EventPage, Field, PageSize, PeoplePage, PopulationListing, PopulationRegistry, Question,
    RegistryError, Relationships, RequestId, Transport, Verification,
};

/// Most bytes of an answer in SOAP, and of a card.
const MOST_BYTES: usize = 1 << 20;

/// Most bytes of a page.
const MOST_PAGE_BYTES: usize = 8 << 20;

/// A token is not used in its last minute.
const TOKEN_MARGIN: i64 = 60 * 1_000_000;

const REGISTRY: &str = "population-registry";
const FEED: &str = "population-registry-feed";
const LISTING: &str = "population-registry-listing";
const INSURANCE: &str = "social-insurance";

/// How this server presents itself, and how much it asks.
#[derive(Clone, Default)]
pub struct RegistrySettings {
    /// `MaDVC`: the unit.
    pub unit: String,
    /// `MaTichHop`: the integration.
    pub integration: String,
    /// `MaCanBo`: the officer.
    pub officer: String,
    /// The value of `Authorization`, where the other side wants one.
    pub authorization: Option<String>,
    /// The account at social insurance.
    pub card_login: Option<CardLogin>,
    /// `hoTenCb`, the name of the officer who looks cards up.
    pub card_officer_name: String,
    /// `cccdCb`, the citizen number of that officer.
    pub card_officer_number: String,
    /// How birth dates are written there.
    pub card_date_form: CardDateForm,
    /// How much is asked.
    pub limits: Limits,
}

/// A registry behind a transport.
pub struct Registry {
    transport: Arc<dyn Transport>,
    settings: RegistrySettings,
    clock: Arc<dyn Clock>,
    people: Guard,
    feed: Guard,
    listing: Guard,
    cards: Guard,
    token: Mutex<Option<Token>>,
}

impl Registry {
    /// A registry with the clock and the chance of the machine.
    pub fn new(transport: Arc<dyn Transport>, settings: RegistrySettings) -> Self {
        Self::with(transport, settings, Arc::new(SystemClock::default()), Arc::new(SystemChance))
    }

    /// A registry with another clock and another chance.
    pub fn with(
        transport: Arc<dyn Transport>,
        settings: RegistrySettings,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        let guard = || Guard::new(settings.limits, clock.clone(), chance.clone());
        let (people, feed, listing, cards) = (guard(), guard(), guard(), guard());
        Self { transport, settings, clock, people, feed, listing, cards, token: Mutex::new(None) }
    }

    /// The guards, with their names, for metrics.
    pub fn guards(&self) -> [(&'static str, &Guard); 4] {
        [(REGISTRY, &self.people), (FEED, &self.feed), (LISTING, &self.listing), (INSURANCE, &self.cards)]
    }

    /// Asks under a guard, and says when, how long and under which name.
    async fn asked<T, F, Running>(
        &self,
        (source, guard): (&'static str, &Guard),
        request_id: RequestId,
        attempt: F,
    ) -> Result<Answer<T>, RegistryError>
    where
        F: FnMut(Attempt) -> Running,
        Running: Future<Output = Result<(T, Option<u64>), RegistryError>>,
    {
        let (asked_at, begin) = (self.clock.now(), self.clock.elapsed());
        let (value, registry_version) = guard.call(Repeat::Harmless, attempt).await?;
        let latency = self.clock.elapsed().saturating_sub(begin);
        Ok(Answer { value, asked_at, source, registry_version, latency, request_id })
    }

    /// One attempt of a question in SOAP.
    async fn soap(
        &self,
        attempt: Attempt,
        id: &RequestId,
        operation: Operation,
        about: &AskedFor,
    ) -> Result<Vec<u8>, RegistryError> {
        // A request id must be unique at the other side.
        let name = match attempt.number {
            1 => id.as_str().to_owned(),
            number => format!("{}-{number}", id.as_str()),
        };
        let RegistrySettings { unit, integration, officer, .. } = &self.settings;
        let body = write_question(operation, &name, &Asker { unit, integration, officer }, about);
        let mut headers = self.headers(id);
        headers.push(("soapaction", "\"\"".to_owned()));
        let told = self.transport.send(Ask {
            path: "/soap".to_owned(),
            body: Some(("text/xml; charset=utf-8", body.into_bytes())),
            headers,
            limit: attempt.limit,
            most_bytes: MOST_BYTES,
        });
        let told = told.await?;
        if told.status == 500 && soap::is_refusal(&told.body) {
            return Err(RegistryError::Refused);
        }
        told.body_of_success()
    }

    fn headers(&self, id: &RequestId) -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-request-id", id.as_str().to_owned())];
        headers.extend(self.settings.authorization.clone().map(|value| ("authorization", value)));
        headers
    }

    /// The record of a person, which must be the one that was asked for.
    async fn record(
        &self,
        id: RequestId,
        question: &Question,
    ) -> Result<Answer<Demographics>, RegistryError> {
        let about = AskedFor {
            number: question.number.clone(),
            name: question.name.clone(),
            birth_date: Some(question.birth_date),
        };
        let (about, asked) = (&about, &id);
        let answer = self.asked((REGISTRY, &self.people), id.clone(), |attempt| async move {
            let body = self.soap(attempt, asked, Operation::LookUp, about).await?;
            read_person(&body)
        });
        let answer = answer.await?;
        if !answer.value.has_number(&question.number) {
            return Err(RegistryError::Malformed("the record of another number"));
        }
        let differences: Vec<Field> = answer.value.differences(question);
        if differences.is_empty() { Ok(answer) } else { Err(RegistryError::Mismatch(differences)) }
    }

    /// A page of JSON.
    async fn page(&self, attempt: Attempt, id: &RequestId, path: &str) -> Result<Vec<u8>, RegistryError> {
        let told = self.transport.send(Ask {
            path: path.to_owned(),
            body: None,
            headers: self.headers(id),
            limit: attempt.limit,
            most_bytes: MOST_PAGE_BYTES,
        });
        told.await?.body_of_success()
    }

    /// A token that is good for a while, unless it is `spent`.
    async fn token(
        &self,
        attempt: Attempt,
        id: &RequestId,
        login: &CardLogin,
        spent: Option<&Token>,
    ) -> Result<Token, RegistryError> {
        // Whoever comes meanwhile waits for the same token.
        let mut kept = self.token.lock().await;
        let now = self.clock.now();
        let good = |token: &&Token| token.until.microseconds() - TOKEN_MARGIN > now.microseconds();
        if let Some(token) = kept.as_ref().filter(good).filter(|token| spent != Some(*token)) {
            return Ok(token.clone());
        }
        let pairs = [("username", &login.username), ("password", &login.password)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let told = self.transport.send(Ask {
            path: "/api/token/take".to_owned(),
            body: Some(("application/x-www-form-urlencoded", body.into_bytes())),
            headers: self.headers(id),
            limit: attempt.limit,
            most_bytes: MOST_BYTES,
        });
        let token = read_token(&told.await?.body_of_success()?, now)?;
        *kept = Some(token.clone());
        Ok(token)
    }

    /// One attempt of a question about a card.
    async fn card_once(
        &self,
        attempt: Attempt,
        id: &RequestId,
        question: &CardQuestion,
        token: Option<&Token>,
    ) -> Result<CardReport, RegistryError> {
        let settings = &self.settings;
        let officer = Officer { name: &settings.card_officer_name, number: &settings.card_officer_number };
        let login = settings.card_login.as_ref().zip(token);
        let told = self.transport.send(Ask {
            path: "/api/egw/KQNhanLichSuKCB2024".to_owned(),
            body: Some((
                "application/json",
                written_question(question, &officer, settings.card_date_form, login),
            )),
            headers: self.headers(id),
            limit: attempt.limit,
            most_bytes: MOST_BYTES,
        });
        read_report(&told.await?.body_of_success()?)
    }
}

impl PopulationRegistry for Registry {
    fn verify<'a>(&'a self, id: RequestId, claim: &'a Claim) -> Asking<'a, Verification> {
        Box::pin(async move {
            let about = AskedFor {
                number: claim.number.clone(),
                name: Some(claim.name.clone()),
                birth_date: Some(claim.birth_date),
            };
            let (about, asked) = (&about, &id);
            let answer = self.asked((REGISTRY, &self.people), id.clone(), |attempt| async move {
                let body = self.soap(attempt, asked, Operation::Verify, about).await?;
                Ok((read_verification(&body)?, None))
            });
            answer.await
        })
    }

    fn look_up<'a>(&'a self, id: RequestId, question: &'a Question) -> Asking<'a, Demographics> {
        Box::pin(self.record(id, question))
    }

    fn relationships<'a>(&'a self, id: RequestId, question: &'a Question) -> Asking<'a, Relationships> {
        Box::pin(async move {
            let Answer { value, asked_at, source, registry_version, latency, request_id } =
                self.record(id, question).await?;
            let value = value.relationships;
            Ok(Answer { value, asked_at, source, registry_version, latency, request_id })
        })
    }

    fn events<'a>(
        &'a self,
        id: RequestId,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, EventPage> {
        Box::pin(async move {
            // A cursor has no letters that would have to be escaped.
            let after = after.map(|cursor| format!("&after={}", cursor.as_str())).unwrap_or_default();
            let (path, asked) = (&format!("/events?limit={}{after}", size.get()), &id);
            let answer = self.asked((FEED, &self.feed), id.clone(), |attempt| async move {
                Ok((EventPage::read(&self.page(attempt, asked, path).await?, size)?, None))
            });
            answer.await
        })
    }
}

impl PopulationListing for Registry {
    fn people<'a>(
        &'a self,
        id: RequestId,
        part: u16,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, PeoplePage> {
        Box::pin(async move {
            let after = after.map(|cursor| format!("&after={}", cursor.as_str())).unwrap_or_default();
            let (path, asked) = (&format!("/people?part={part}&limit={}{after}", size.get()), &id);
            let answer = self.asked((LISTING, &self.listing), id.clone(), |attempt| async move {
                Ok((PeoplePage::read(&self.page(attempt, asked, path).await?, size)?, None))
            });
            answer.await
        })
    }
}

impl CardDirectory for Registry {
    fn card<'a>(&'a self, id: RequestId, question: &'a CardQuestion) -> Asking<'a, CardReport> {
        Box::pin(async move {
            let asked = &id;
            let answer = self.asked((INSURANCE, &self.cards), id.clone(), |attempt| async move {
                let Some(login) = &self.settings.card_login else {
                    return Ok((self.card_once(attempt, asked, question, None).await?, None));
                };
                let token = self.token(attempt, asked, login, None).await?;
                let report = match self.card_once(attempt, asked, question, Some(&token)).await {
                    Err(RegistryError::Refused) => {
                        // The token may have been ended over there.
                        let token = self.token(attempt, asked, login, Some(&token)).await?;
                        self.card_once(attempt, asked, question, Some(&token)).await?
                    }
                    other => other?,
                };
                Ok((report, None))
            });
            answer.await
        })
    }
}
