//! The HTTP server: FHIR REST, health, metrics, home page.
//!
//! Handlers parse, ask the gate, call one function of `interactions`, and render. There is no rule and no SQL
//! here.

mod app;
mod body;
mod check_ups;
mod credentials;
mod cross_origin;
mod data_axis;
mod docs;
mod failure;
mod fhir_routes;
mod fhir_xml;
mod glance;
mod handlers;
mod health;
mod home;
mod incoming;
mod language;
mod log_metrics;
mod logged;
mod merging;
mod metrics;
mod negotiation;
mod oauth;
mod population;
mod provider_simulator;
mod registry_simulator;
mod reply;
mod server;
mod sharing;
mod sign_in;
mod terminology;
mod transparency;
mod validate;
mod watch;

pub use app::{App, Authentication, HttpSettings};
pub use home::{DemoCaller, DemoInfo};
pub use provider_simulator::serve_provider_simulator;
pub use registry_simulator::serve_registry_simulator;
pub use server::serve;
pub use sign_in::SignIn;
