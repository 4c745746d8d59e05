//! What every act needs: the service, the limits, and whom to tell.

use std::sync::Arc;

use fhir::LogicalId;
use interactions::{Problem, Service};

use crate::data_axis::DataAxis;
use crate::ledger;
use crate::notice::{LogNotifier, Notice, Notifier};
use crate::registry::ConnectedRegistry;
use crate::settings::SharingSettings;
use crate::watch::{Courier, Figures, NoCourier};

/// The acts that open and close books. Cloning it is cheap and gives another handle.
#[derive(Clone)]
pub struct HealthBook {
    service: Service,
    settings: Arc<SharingSettings>,
    notifier: Arc<dyn Notifier>,
    courier: Arc<dyn Courier>,
    figures: Arc<Figures>,
    registry: Option<ConnectedRegistry>,
    axis: Option<DataAxis>,
}

impl HealthBook {
    /// Over a service. Notices go to the log.
    pub fn new(service: Service, settings: SharingSettings) -> Self {
        Self {
            service,
            settings: Arc::new(settings),
            notifier: Arc::new(LogNotifier),
            courier: Arc::new(NoCourier),
            figures: Arc::default(),
            registry: None,
            axis: None,
        }
    }

    /// The same with another way to tell.
    #[must_use]
    pub fn telling(mut self, notifier: Arc<dyn Notifier>) -> Self {
        self.notifier = notifier;
        self
    }

    /// The same with a way to send messages.
    #[must_use]
    pub fn sending(mut self, courier: Arc<dyn Courier>) -> Self {
        self.courier = courier;
        self
    }

    /// The same with a population registry: citizen numbers are its from now on.
    #[must_use]
    pub fn asking(mut self, registry: ConnectedRegistry) -> Self {
        self.service.leave_numbers_to_registry();
        self.registry = Some(registry);
        self
    }

    /// The population registry, where one is connected.
    pub fn registry(&self) -> Option<&ConnectedRegistry> {
        self.registry.as_ref()
    }

    /// The same with a data axis: facilities send their messages here.
    #[must_use]
    pub fn taking(mut self, axis: DataAxis) -> Self {
        self.axis = Some(axis);
        self
    }

    /// The data axis, where messages are taken.
    pub fn axis(&self) -> Option<&DataAxis> {
        self.axis.as_ref()
    }

    /// What is counted of notices.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(crate) fn courier(&self) -> &dyn Courier {
        &*self.courier
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
            self.figures.stored(notice.kind.code());
            self.notifier.told(notice);
        }
    }
}
