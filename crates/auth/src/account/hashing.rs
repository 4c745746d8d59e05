//! Hashing of passwords: argon2id in a pool of its own, one at a time for each processor.
//!
//! What does not fit into the queue is refused at once: a flood of sign-ins must take neither the memory of the
//! server nor the processors of its other work.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use super::AuthError;
use super::password::normalised;
use super::secret::random;

/// Work of a hash: memory in KiB, passes, lanes.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// KiB of memory.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Work {
    /// The least that OWASP names for argon2id.
    fn default() -> Self {
        Self { memory: 19_456, passes: 2 }
    }
}

/// Waiting for each place at work.
const QUEUE: usize = 8;

/// The pool.
#[derive(Clone)]
pub(super) struct Hasher {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    params: Params,
    /// Of a password that nobody knows: checked for accounts that are not there.
    dummy: Arc<str>,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Wrong,
    Right,
    /// Right, but hashed with less work than is usual now.
    RightButWeak,
}

impl Hasher {
    pub(super) fn new(work: Work, places: usize) -> Result<Self, AuthError> {
        let params = Params::new(work.memory, work.passes, 1, None).map_err(|_| AuthError::Secret)?;
        let secret = super::secret::new_secret()?;
        let dummy = hash(&params, &secret)?.into();
        let waiting = Arc::new(Semaphore::new(places * (QUEUE + 1)));
        Ok(Self { working: Arc::new(Semaphore::new(places)), waiting, params, dummy })
    }

    /// A PHC string for a new password.
    pub(super) async fn hash(&self, password: &str) -> Result<String, AuthError> {
        let (params, password) = (self.params.clone(), normalised(password).ok_or(AuthError::Secret)?);
        self.work(move || hash(&params, &password)).await
    }

    /// Whether a password is the one of a PHC string. Without one, the same work is done for nothing.
    pub(super) async fn check(&self, password: &str, known: Option<&str>) -> Result<Checked, AuthError> {
        let exists = known.is_some();
        let known = known.map_or_else(|| self.dummy.to_string(), str::to_owned);
        // What is too long is wrong, after the same work.
        let password = normalised(password).unwrap_or_default();
        let params = self.params.clone();
        self.work(move || {
            let parsed = PasswordHash::new(&known).map_err(|_| AuthError::Corrupt)?;
            let is_right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            if !is_right || !exists || password.is_empty() {
                return Ok(Checked::Wrong);
            }
            let used = Params::try_from(&parsed).map_err(|_| AuthError::Corrupt)?;
            let is_weak = used.m_cost() < params.m_cost() || used.t_cost() < params.t_cost();
            Ok(if is_weak { Checked::RightButWeak } else { Checked::Right })
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| AuthError::Busy)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.map_err(|_| AuthError::Busy)?;
        // The places go with the work, not with the request: who hangs up frees no processor.
        let job = move || {
            let result = work();
            drop((turn, place));
            result
        };
        tokio::task::spawn_blocking(job).await.map_err(|_| AuthError::Busy)?
    }
}

fn hash(params: &Params, password: &str) -> Result<String, AuthError> {
    let salt =
        SaltString::from_b64(&STANDARD_NO_PAD.encode(random::<16>()?)).map_err(|_| AuthError::Secret)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash = argon2.hash_password(password.as_bytes(), &salt).map_err(|_| AuthError::Secret)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: Work = Work { memory: 64, passes: 1 };

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn right_wrong_and_nobody() {
        run(async {
            let hasher = Hasher::new(LITTLE, 1).unwrap();
            let known = hasher.hash("hòa tím và xanh").await.unwrap();
            assert!(known.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{known}");
            assert_eq!(hasher.check("ho\u{300}a tím và xanh", Some(&known)).await.unwrap(), Checked::Right);
            assert_eq!(hasher.check("hòa tím", Some(&known)).await.unwrap(), Checked::Wrong);
            assert_eq!(hasher.check("", None).await.unwrap(), Checked::Wrong);
            let stronger = Hasher::new(Work { memory: 64, passes: 2 }, 1).unwrap();
            let again = stronger.check("hòa tím và xanh", Some(&known)).await.unwrap();
            assert_eq!(again, Checked::RightButWeak);
            assert!(matches!(hasher.check("a", Some("broken")).await, Err(AuthError::Corrupt)));
        });
    }

    #[test]
    fn the_usual_work_is_at_least_what_is_promised() {
        let work = Work::default();
        assert!(work.memory >= 19_456 && work.passes >= 2);
    }

    #[test]
    fn what_does_not_fit_is_refused_at_once() {
        run(async {
            let hasher = Hasher::new(LITTLE, 1).unwrap();
            let taken = hasher.waiting.acquire_many(u32::try_from(QUEUE + 1).unwrap()).await.unwrap();
            assert!(matches!(hasher.check("a", None).await, Err(AuthError::Busy)));
            drop(taken);
            assert_eq!(hasher.check("a", None).await.unwrap(), Checked::Wrong);
        });
    }
}
