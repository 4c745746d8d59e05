//! Signing in by name and password, and by the code after it.

use fhir::Instant;

use super::hashing::Checked;
use super::session::{self, Proof};
use super::step::Taken;
use super::throttle::{self, Admission, Subject};
use super::{Account, Accounts, AuthError, Factor, NameId, Opened, Step, Visitor};
use crate::noted;

/// Password alone.
pub(super) const ONE_FACTOR: Proof = Proof { acr: "1", amr: &["pwd"] };
/// Password and code.
pub(super) const TWO_FACTORS: Proof = Proof { acr: "2", amr: &["pwd", "otp", "mfa"] };

/// Somebody wants to sign in.
#[derive(Clone)]
pub struct Attempt<'a> {
    /// Citizen number, or the name of staff.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// From where.
    pub visitor: &'a Visitor,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// No: the name, the password, or the account. Which of them is not told.
    Refused,
    /// Not before so many seconds are over.
    Wait(u32),
    /// The second factor is waited for.
    Second(Step),
    /// The step is over: begin again.
    Over,
    /// Yes; with the authorization that waits.
    SignedIn(Box<Opened>, Option<String>),
}

impl Accounts {
    /// Counts an attempt for the address and the name.
    pub(super) async fn admit(
        &self,
        name: &NameId,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Result<Vec<Subject>, u32>, AuthError> {
        let address = visitor.address.map(|address| Subject::address(self.store(), address));
        let mut subjects = Vec::new();
        for subject in address.into_iter().chain([Subject::Name(name.clone())]) {
            if let Admission::Wait(seconds) = throttle::admit(self.store(), &subject, now).await? {
                return Ok(Err(seconds));
            }
            subjects.push(subject);
        }
        Ok(Ok(subjects))
    }

    /// Signs in by name and password. Whether the account exists shows in nothing: the same questions are asked of the
    /// store, the same hash is computed, the same is answered.
    pub async fn sign_in(&self, attempt: Attempt<'_>, now: Instant) -> Result<Answer, AuthError> {
        let store = self.store();
        let name = NameId::typed(store, attempt.name);
        let subjects = match self.admit(&name, attempt.visitor, now).await? {
            Ok(subjects) => subjects,
            Err(seconds) => return Ok(Answer::Wait(seconds)),
        };
        let found = Account::of_name(store, &name, now).await?;
        let account = found.as_ref().filter(|account| account.is_active());
        let known = account.and_then(|account| account.value.password.as_deref());
        let checked = match self.0.hasher.check(attempt.password, known).await {
            Ok(checked) => checked,
            Err(error) => {
                for subject in &subjects {
                    throttle::give_back(store, subject, now).await?;
                }
                return Err(error);
            }
        };
        let Some(mut account) = account.filter(|_| checked != Checked::Wrong).cloned() else {
            self.refuse(found.as_ref(), "password").await?;
            return Ok(Answer::Refused);
        };
        for subject in &subjects {
            throttle::was_right(store, subject, now).await?;
        }
        if checked == Checked::RightButWeak {
            account = self.hash_again(account, attempt.password, now).await?;
        }
        self.after_password(&account, attempt.visitor, now).await
    }

    /// From the right password on.
    pub(super) async fn after_password(
        &self,
        account: &Account,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Answer, AuthError> {
        let continue_with = visitor.continue_with.clone();
        let factor = if account.value.totp.is_some() {
            Factor::App
        } else if account.value.contact.is_some() {
            Factor::Sent
        } else if account.kind.demands_second_factor() {
            self.refuse(Some(account), "password").await?;
            return Ok(Answer::Refused);
        } else {
            let deed = noted::signed_in(&account.id, &account.kind, "password");
            let opened =
                session::open(self.store(), account, ONE_FACTOR, &visitor.arrival, None, deed, now).await?;
            return Ok(Answer::SignedIn(Box::new(opened), continue_with));
        };
        Ok(match self.begin_step(account, factor, continue_with, None, now).await? {
            Ok(step) => Answer::Second(step),
            Err(seconds) => Answer::Wait(seconds),
        })
    }

    /// Takes the code of the second factor.
    pub async fn second_factor(
        &self,
        secret: &str,
        code: &str,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Answer, AuthError> {
        match self.take_code(secret, code, now).await? {
            Taken::Right { waiting, account } => {
                let account = match &waiting.enrolment {
                    Some(pending) => match self.finish_enrolment(*account, pending, now).await? {
                        Some(account) => account,
                        None => return Ok(Answer::Over),
                    },
                    None => *account,
                };
                let deed = noted::signed_in(&account.id, &account.kind, "code");
                let (store, arrival) = (self.store(), &visitor.arrival);
                let opened = session::open(store, &account, TWO_FACTORS, arrival, None, deed, now).await?;
                Ok(Answer::SignedIn(Box::new(opened), waiting.continue_with))
            }
            Taken::Wrong(account) => {
                self.refuse(Some(&account), "code").await?;
                Ok(Answer::Refused)
            }
            Taken::Wait(seconds) => Ok(Answer::Wait(seconds)),
            Taken::Over => Ok(Answer::Over),
        }
    }

    /// Notes in the log of accesses that somebody was not signed in, in the book that was meant where there is one.
    pub(super) async fn refuse(&self, account: Option<&Account>, way: &str) -> Result<(), AuthError> {
        let account = account.map(|account| (account.id.as_str(), &account.kind));
        Ok(self.store().note(noted::not_signed_in(account, way)).await?)
    }

    /// The work of a hash grew: the password is known at this moment only.
    async fn hash_again(
        &self,
        mut account: Account,
        password: &str,
        now: Instant,
    ) -> Result<Account, AuthError> {
        account.value.password = Some(self.0.hasher.hash(password).await?);
        // Who changed the account meanwhile is right; the next sign-in does it then.
        account.store(self.store(), Vec::new(), now).await?;
        Account::find(self.store(), &account.id, now).await?.ok_or(AuthError::NoAccount)
    }
}
