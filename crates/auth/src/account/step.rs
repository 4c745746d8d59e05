//! The step between the first and the second factor: bound to one browser, five tries, ten minutes.

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};

use super::secret::{Use, as_typed, id_of, keyed, new_secret, random, same, unseal};
use super::throttle::{self, Admission, Subject};
use super::{Account, Accounts, AuthError, Message, TRIES, after, totp};

/// Life of a step.
const LIFE: i64 = 600;
/// Tries of a step.
const TRIES_OF_A_CODE: u32 = 5;

/// Where the second factor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A code that was sent.
    Sent,
    /// A code of an authenticator app.
    App,
}

/// A sign-in that waits for its second factor.
#[derive(Debug, Clone)]
pub struct Step {
    /// The secret for the browser.
    pub secret: String,
    /// What is waited for.
    pub factor: Factor,
}

/// The form in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) account: String,
    pub(super) factor: Factor,
    /// The keyed hash of the code that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default)]
    tries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) continue_with: Option<String>,
    /// What takes effect with the right code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enrolment: Option<Pending>,
}

/// A password and an authenticator app that are set once the first code of the app is right.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) password: String,
    /// Sealed.
    pub(super) totp: String,
    /// The record of the activation code, which is used up then.
    pub(super) activation: String,
}

/// What came of a code.
pub(super) enum Taken {
    Right {
        waiting: Box<Waiting>,
        account: Box<Account>,
    },
    Wrong(Box<Account>),
    Wait(u32),
    /// The step is over: too many tries, too late, or it never was.
    Over,
}

impl Accounts {
    /// Begins a step, and sends the code if it is one that is sent.
    pub(super) async fn begin_step(
        &self,
        account: &Account,
        factor: Factor,
        continue_with: Option<String>,
        enrolment: Option<Pending>,
        now: Instant,
    ) -> Result<Result<Step, u32>, AuthError> {
        let store = self.store();
        let secret = new_secret()?;
        let id = id_of(&secret);
        let mut waiting =
            Waiting { account: account.id.clone(), factor, code: None, tries: 0, continue_with, enrolment };
        let mut message = None;
        if factor == Factor::Sent {
            let subject = Subject::SecondFactor(account.id.clone());
            if let Admission::Wait(seconds) = throttle::admit(store, &subject, now).await? {
                return Ok(Err(seconds));
            }
            let code = six_digits()?;
            waiting.code = Some(keyed(store, Use::Code, &["sent", &id, &code]));
            let sealed = account.value.contact.as_deref().ok_or(AuthError::Corrupt)?;
            let to =
                String::from_utf8(unseal(store, &account.id, sealed)?).map_err(|_| AuthError::Corrupt)?;
            let text = format!(
                "{code} là mã đăng nhập Sổ sức khỏe điện tử, dùng một lần trong 10 phút. Không đưa mã cho ai. / {code} \
                 is your sign-in code, for one use within 10 minutes. Give it to nobody."
            );
            message = Some(Message { to, text });
        }
        let record = SecurityRecord::new(SecurityKind::Transaction, &id, serde_json::to_string(&waiting)?)
            .of(&account.id)
            .until(after(now, LIFE));
        store.change_security(SecurityChange::Insert(record), Vec::new(), now).await?;
        if let Some(message) = message {
            self.0.sender.send(message).await?;
        }
        Ok(Ok(Step { secret, factor }))
    }

    /// What a step waits for.
    pub async fn waits_for(&self, secret: &str, now: Instant) -> Result<Option<Factor>, AuthError> {
        let record = self.step_record(secret, now).await?;
        Ok(record.map(|(_, waiting)| waiting.factor))
    }

    /// The authenticator app that a step sets up.
    pub(super) async fn pending_app(
        &self,
        secret: &str,
        now: Instant,
    ) -> Result<Option<(Account, Vec<u8>)>, AuthError> {
        let Some((_, waiting)) = self.step_record(secret, now).await? else { return Ok(None) };
        let Some(pending) = waiting.enrolment else { return Ok(None) };
        let account = Account::find(self.store(), &waiting.account, now).await?;
        let Some(account) = account else { return Ok(None) };
        let secret = unseal(self.store(), &account.id, &pending.totp)?;
        Ok(Some((account, secret)))
    }

    async fn step_record(
        &self,
        secret: &str,
        now: Instant,
    ) -> Result<Option<(SecurityRecord, Waiting)>, AuthError> {
        let record = self.store().security_record(SecurityKind::Transaction, &id_of(secret), now).await?;
        // Authorizations lie beside the steps and have another form.
        Ok(record.and_then(|record| {
            let waiting = serde_json::from_str(&record.value).ok()?;
            Some((record, waiting))
        }))
    }

    /// Takes a code: the try is counted first, so that tries at the same moment are five, too.
    pub(super) async fn take_code(
        &self,
        secret: &str,
        typed: &str,
        now: Instant,
    ) -> Result<Taken, AuthError> {
        let store = self.store();
        let Some(waiting) = self.count_try(secret, now).await? else { return Ok(Taken::Over) };
        let account = Account::find(store, &waiting.account, now).await?;
        let Some(mut account) = account.filter(Account::is_active) else { return Ok(Taken::Over) };
        let subject = Subject::SecondFactor(account.id.clone());
        if let Admission::Wait(seconds) = throttle::admit(store, &subject, now).await? {
            return Ok(Taken::Wait(seconds));
        }
        let (typed, id) = (as_typed(typed), id_of(secret));
        let is_right = match waiting.factor {
            Factor::Sent => {
                let hash = keyed(store, Use::Code, &["sent", &id, &typed]);
                waiting.code.as_deref().is_some_and(|code| same(code, &hash))
            }
            Factor::App => self.take_app_code(&mut account, &waiting, &typed, now).await?,
        };
        if !is_right {
            return Ok(Taken::Wrong(Box::new(account)));
        }
        // Of two who come with the right code at once, one is let in.
        let claim = SecurityChange::Remove(SecurityKind::Transaction, id);
        if !store.change_security(claim, Vec::new(), now).await? {
            return Ok(Taken::Over);
        }
        throttle::was_right(store, &subject, now).await?;
        Ok(Taken::Right { waiting: Box::new(waiting), account: Box::new(account) })
    }

    async fn count_try(&self, secret: &str, now: Instant) -> Result<Option<Waiting>, AuthError> {
        for _ in 0..TRIES {
            let Some((mut record, mut waiting)) = self.step_record(secret, now).await? else {
                return Ok(None);
            };
            if waiting.tries >= TRIES_OF_A_CODE {
                return Ok(None);
            }
            waiting.tries += 1;
            record.value = serde_json::to_string(&waiting)?;
            let claim = SecurityChange::Replace(record);
            if self.store().change_security(claim, Vec::new(), now).await? {
                return Ok(Some(waiting));
            }
        }
        Err(AuthError::Busy)
    }

    /// A code of an app counts once: the step is noted in the account under the premise that nobody else noted one.
    async fn take_app_code(
        &self,
        account: &mut Account,
        waiting: &Waiting,
        typed: &str,
        now: Instant,
    ) -> Result<bool, AuthError> {
        let store = self.store();
        let (sealed, used) = match &waiting.enrolment {
            Some(pending) => (Some(&pending.totp), 0),
            None => (account.value.totp.as_ref(), account.value.totp_step),
        };
        let Some(sealed) = sealed else { return Ok(false) };
        let secret = unseal(store, &account.id, sealed)?;
        let Some(step) = totp::matching_step(&secret, typed, used, now) else { return Ok(false) };
        account.value.totp_step = step;
        if waiting.enrolment.is_some() {
            return Ok(true);
        }
        account.store(store, Vec::new(), now).await
    }
}

/// Six digits, each as likely as any other.
fn six_digits() -> Result<String, AuthError> {
    const MANY: u32 = u32::MAX - u32::MAX % 1_000_000;
    loop {
        let number = u32::from_be_bytes(random::<4>()?);
        if number < MANY {
            return Ok(format!("{:06}", number % 1_000_000));
        }
    }
}
