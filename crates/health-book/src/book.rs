//! What every act needs: the service, the limits, and whom to tell.

use std::sync::Arc;

use fhir::LogicalId;
use interactions::{Problem, Service};

use crate::ledger;
use crate::notice::{LogNotifier, Notice, Notifier};
use crate::settings::SharingSettings;

/// The acts that open and close books. Cloning it is cheap and gives another handle.
#[derive(Clone)]
pub struct HealthBook {
    service: Service,
    settings: Arc<SharingSettings>,
    notifier: Arc<dyn Notifier>,
}

impl HealthBook {
    /// Over a service. Notices go to the log.
    pub fn new(service: Service, settings: SharingSettings) -> Self {
        Self { service, settings: Arc::new(settings), notifier: Arc::new(LogNotifier) }
    }

    /// The same with another way to tell.
    #[must_use]
    pub fn telling(mut self, notifier: Arc<dyn Notifier>) -> Self {
        self.notifier = notifier;
        self
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The limits.
    pub fn settings(&self) -> &SharingSettings {
        &self.settings
    }

    /// The `Patient` of a citizen number, for the operator's commands.
    pub async fn citizen(&self, number: &str) -> Result<Option<LogicalId>, Problem> {
        ledger::citizen(&self.service, number).await?.map(|found| found.id()).transpose()
    }

    pub(crate) fn tell(&self, notices: &[Notice]) {
        for notice in notices {
            self.notifier.told(notice);
        }
    }
}
