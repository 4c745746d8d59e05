//! Activation: the first password, and every new one, is set with a code that was handed out to the person.

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};

use super::password::{self, Weakness};
use super::record::end_everything;
use super::secret::{Use, as_typed, keyed, random, readable, seal};
use super::step::Pending;
use super::throttle;
use super::{
    Account, AccountStatus, Accounts, Answer, AuthError, Factor, NameId, Step, TRIES, Visitor, after, totp,
};
use crate::noted;

/// An activation code holds for a week.
const LIFE: i64 = 7 * 24 * 3_600;

/// Makes an activation code, which takes the place of any other of the account.
pub async fn activation_code(store: &Store, account: &str, now: Instant) -> Result<String, AuthError> {
    for _ in 0..TRIES {
        let account = Account::find(store, account, now).await?;
        let account = account.filter(|it| it.status == AccountStatus::Active).ok_or(AuthError::NoAccount)?;
        let code = readable(&random::<12>()?);
        let id = id(store, &account.id, &code);
        let record = SecurityRecord::new(SecurityKind::OneTimeCode, id, "{}".to_owned())
            .of(&account.id)
            .until(after(now, LIFE));
        let others = SecurityChange::RemoveOf(SecurityKind::OneTimeCode, account.id.clone());
        // The account is the premise: of two who make a code at once, the later one removes the other's.
        if account.store(store, vec![others, SecurityChange::Put(record)], now).await? {
            return Ok(code);
        }
    }
    Err(AuthError::Busy)
}

fn id(store: &Store, account: &str, code: &str) -> String {
    keyed(store, Use::Code, &["activation", account, &as_typed(code)])
}

/// Sets where one-time codes go: a telephone number or an address for mail.
pub async fn set_contact(store: &Store, account: &str, to: &str, now: Instant) -> Result<(), AuthError> {
    for _ in 0..TRIES {
        let mut account = Account::find(store, account, now).await?.ok_or(AuthError::NoAccount)?;
        account.value.contact = Some(seal(store, &account.id, to.trim().as_bytes())?);
        if account.store(store, Vec::new(), now).await? {
            return Ok(());
        }
    }
    Err(AuthError::Busy)
}

/// Somebody sets a password with an activation code.
#[derive(Clone)]
pub struct Activation<'a> {
    /// Citizen number, or the name of staff.
    pub name: &'a str,
    /// The code.
    pub code: &'a str,
    /// The new password.
    pub password: &'a str,
    /// From where.
    pub visitor: &'a Visitor,
}

/// What came of an activation.
#[derive(Debug, Clone)]
pub enum Activated {
    /// The password is set; how the sign-in goes on.
    Done(Answer),
    /// The password is not good enough; the code still holds.
    Weak(Weakness),
    /// The name or the code is not right, or too many tried.
    Not(Answer),
    /// An authenticator app is to be set up first.
    Enrol(Step),
}

/// What an authenticator app is set up with.
#[derive(Clone)]
pub struct Enrolment {
    /// The secret in groups of four letters.
    pub secret: String,
    /// The address that an app on the same device opens.
    pub uri: String,
}

impl Accounts {
    /// Sets a password with an activation code. Whoever was signed in is not any more.
    pub async fn activate(&self, wish: Activation<'_>, now: Instant) -> Result<Activated, AuthError> {
        let store = self.store();
        let name = NameId::typed(store, wish.name);
        let subjects = match self.admit(&name, wish.visitor, now).await? {
            Ok(subjects) => subjects,
            Err(seconds) => return Ok(Activated::Not(Answer::Wait(seconds))),
        };
        let account = Account::of_name(store, &name, now).await?;
        let activation = id(store, account.as_ref().map_or("", |account| &account.id), wish.code);
        let record = store.security_record(SecurityKind::OneTimeCode, &activation, now).await?;
        let is_right = account.as_ref().is_some_and(|account| {
            account.is_active() && record.as_ref().is_some_and(|record| record.owner == account.id)
        });
        let mut account = match account {
            Some(account) if is_right => account,
            other => {
                self.refuse(other.as_ref(), "activation").await?;
                return Ok(Activated::Not(Answer::Refused));
            }
        };
        for subject in &subjects {
            throttle::was_right(store, subject, now).await?;
        }
        let enrols = account.kind.demands_second_factor() && !account.has_second_factor();
        let names = [wish.name, account.login().unwrap_or_default()];
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if let Err(weakness) = password::check(wish.password, &names, enrols || account.has_second_factor()) {
            return Ok(Activated::Weak(weakness));
        }
        let hash = self.0.hasher.hash(wish.password).await?;
        if enrols {
            let totp = seal(store, &account.id, &random::<20>()?)?;
            let pending = Pending { password: hash, totp, activation };
            let continue_with = wish.visitor.continue_with.clone();
            let step = self.begin_step(&account, Factor::App, continue_with, Some(pending), now).await?;
            return Ok(match step {
                Ok(step) => Activated::Enrol(step),
                Err(seconds) => Activated::Not(Answer::Wait(seconds)),
            });
        }
        account.value.password = Some(hash);
        match self.use_up(&account, &activation, now).await? {
            Some(account) => {
                let answer = self.after_password(&account, wish.visitor, now).await?;
                Ok(Activated::Done(answer))
            }
            None => Ok(Activated::Not(Answer::Refused)),
        }
    }

    /// Stores a changed account and uses up the activation code; `None` when somebody else was faster.
    async fn use_up(
        &self,
        account: &Account,
        activation: &str,
        now: Instant,
    ) -> Result<Option<Account>, AuthError> {
        let code = self.store().security_record(SecurityKind::OneTimeCode, activation, now).await?;
        if code.is_none_or(|code| code.owner != account.id) {
            return Ok(None);
        }
        let ends = end_everything(self.store(), account, now).await?;
        // Whoever has the code is the person.
        let by = noted::who(&account.id, &account.kind);
        let deeds = vec![account.revocation("password").by(by)];
        if !account.store_noting(self.store(), ends, deeds, now).await? {
            return Ok(None);
        }
        tracing::info!(account = account.id, "a password was set");
        Account::find(self.store(), &account.id, now).await
    }

    /// The right code of the new app came: password and app take effect.
    pub(super) async fn finish_enrolment(
        &self,
        mut account: Account,
        pending: &Pending,
        now: Instant,
    ) -> Result<Option<Account>, AuthError> {
        account.value.password = Some(pending.password.clone());
        account.value.totp = Some(pending.totp.clone());
        self.use_up(&account, &pending.activation, now).await
    }

    /// What the authenticator app of a step is set up with.
    pub async fn enrolment(&self, secret: &str, now: Instant) -> Result<Option<Enrolment>, AuthError> {
        let Some((account, secret)) = self.pending_app(secret, now).await? else { return Ok(None) };
        let text = totp::base32(&secret);
        // Letters that may stand in an address as they are: see `check_login`.
        let login = account.login().unwrap_or("account").replace('@', "%40");
        let uri = format!("otpauth://totp/Healthbook:{login}?secret={text}&issuer=Healthbook");
        let groups: Vec<String> =
            text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        Ok(Some(Enrolment { secret: groups.join(" "), uri }))
    }
}
