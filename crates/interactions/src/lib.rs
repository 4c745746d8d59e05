//! The FHIR interactions: what a request means, apart from how it arrives.
//!
//! Every function takes an [`access::Access`] (or a caller, when one request holds several interactions) and
//! returns what is to be answered, or a [`Problem`].

mod access_log;
mod access_log_report;
mod access_log_search;
mod access_log_wanted;
mod audit_event;
mod book;
mod bundle;
mod bundle_text;
mod capability;
mod check_up_due;
mod condition;
mod deceased;
mod definitions;
mod entity_tag;
mod everything;
mod facts;
mod history;
mod idempotency;
mod import;
mod judge;
mod lastn;
mod logged;
mod match_people;
mod message;
mod moving;
mod names;
mod on_behalf;
mod operation_parameters;
mod page;
mod patch;
mod permission;
mod person;
mod policy;
mod prepare;
mod problem;
mod provenance;
mod query_text;
mod read;
mod refusals;
pub mod registration;
pub mod registry;
mod reindex;
mod review_task;
mod search;
mod service;
mod structure;
mod terminology;
mod validate;
mod value_set;
mod visit_end;
mod write;

pub use access_log::{keep, log_period, name_asker, origin_of};
pub use access_log_report::{AccessLogReport, AccessLogRequest, access_log_report};
pub use access_log_search::{
    AUDIT_EVENT, OWN_LOG, audit_event_proof, is_log_entry, may_read as may_read_log, read_audit_event,
};
pub use book::{
    Event, EventKind, LifeStage, Summary, SummaryProfile, Timeline, patient_of_identifier, summary,
    summary_of, timeline, timeline_of,
};
pub use bundle::process_bundle;
pub use capability::{capability_statement, statement_of};
pub use check_up_due::{
    DuePage, DuePerson, DueRequest, Examination, People, check_up_due, check_up_due_of,
    check_up_due_of_person, due_showing, examinations_of, vietnamese_time,
};
pub use definitions::{
    Definitions, DefinitionsError, PackageChange, follow_packages, planned_definitions, work_at_packages,
};
pub use entity_tag::EntityTags;
pub use everything::everything;
pub use facts::work_at_facts;
pub use history::history;
pub use idempotency::{answer_once, keyed, work_at_answers, write_once};
pub use import::{ImportOutcome, import_bundle, import_resources};
pub use lastn::lastn;
pub use match_people::{GradedPerson, MatchRequest, graded_people, match_people};
pub use message::message;
pub use moving::move_entries;
pub use names::{FindingName, KnownNames};
pub use on_behalf::{check_may_fill, check_may_put};
pub use operation_parameters::operation_parameters;
pub use page::PAGE_PARAMETER;
pub use patch::{JSON_PATCH, PatchDocument, conditional_patch, patch};
pub use person::{
    OLD_IDENTITY_CARD, citizens_of_numbers, create_citizen, holders_of_numbers, is_citizen_number,
    organization_of_facility, patient_of_citizen, update_citizen,
};
pub use policy::{PolicyFailure, follow_policy, work_at_policy};
pub use problem::{Problem, READ_ONLY};
pub(crate) use provenance::PROVENANCE;
pub use provenance::{create_with_provenance, read_provenance, reads_about, update_with_provenance};
pub use query_text::{pairs, query_text};
pub use read::{Freshness, ReadRequest, read, read_standing, read_version};
pub use refusals::{Refused, note_refusal};
pub use reindex::{begin_reindex, reindex_document, reindex_issues, work_at_reindexes};
pub use search::{SearchRequest, look_up, search, search_of};
pub use service::{Service, ServiceSettings};
pub use terminology::{TerminologyOperation, TerminologyRequest, terminology};
pub use validate::{ValidateRequest, validate};
pub use write::{
    Stored, conditional_create, conditional_delete, conditional_update, create, create_under, delete, update,
};

/// The languages of patches.
pub use ::patch::Format as PatchFormat;

/// `Prefer: return=...`: what of a written resource is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Return {
    /// Nothing but the headers.
    Minimal,
    /// The resource as it is stored.
    #[default]
    Representation,
    /// An `OperationOutcome`.
    OperationOutcome,
}
