//! What the handlers share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use audit_log::VerifyingKey;
use health_book::HealthBook;
use interactions::Service;
use report::Seal;
use tokio::sync::Semaphore;

use crate::docs::Contract;
use crate::home::DemoInfo;
use crate::metrics::Metrics;
use crate::sign_in::SignIn;

/// How callers are recognised.
#[derive(Clone)]
pub enum Authentication {
    /// Everybody may do everything. Only for the loopback interface.
    Off,
    /// Access tokens that this server issued.
    On(auth::Auth),
}

/// Limits and sizes of the server.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Threads that serve requests; `None` is one per processor.
    pub workers: Option<usize>,
    /// Largest body in bytes, also after it is unpacked.
    pub body_limit: usize,
    /// Bytes of bodies that may be in memory at one time, over all requests.
    pub body_budget: usize,
    /// Time in which a body must arrive.
    pub body_deadline: Duration,
    /// Time that running requests get when the server stops.
    pub shutdown_limit: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            workers: None,
            body_limit: 16 << 20,
            body_budget: 160 << 20,
            body_deadline: Duration::from_secs(30),
            shutdown_limit: Duration::from_secs(20),
        }
    }
}

/// What the server serves.
#[derive(Clone)]
pub struct App {
    /// The FHIR service.
    pub service: Service,
    /// The acts that open and close books.
    pub health_book: HealthBook,
    /// How callers are recognised.
    pub authentication: Authentication,
    /// Signing in by browser.
    pub sign_in: Option<Arc<SignIn>>,
    /// The invented people of a demo database.
    pub demo: Option<Arc<DemoInfo>>,
    /// The key by which the log of accesses is verified; `None` where this server has not the key that signs it.
    pub log_key: Option<VerifyingKey>,
    /// What signs reports for people.
    pub seal: Arc<Seal>,
}

/// What handlers get at.
pub(crate) struct State {
    pub(crate) app: App,
    pub(crate) settings: HttpSettings,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Metrics,
    /// Permits of 1 KiB each.
    pub(crate) body_budget: Arc<Semaphore>,
    /// Large bodies are parsed a few at a time: a document takes several times the memory of its text.
    pub(crate) large_bodies: Arc<Semaphore>,
    pub(crate) stopping: AtomicBool,
    /// The OpenAPI document, made when it is first asked for.
    pub(crate) contract: Contract,
}
