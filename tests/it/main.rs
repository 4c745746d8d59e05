//! Black-box tests of the running server: what a client may rely on, by the text of FHIR R4, HTTP and the project's
//! promises. One module for each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

mod access_log;
mod access_log_complete;
mod access_log_entries;
mod access_log_kill;
mod access_log_page;
mod auth;
mod auth_book;
mod bad_input;
mod bad_input_headers;
mod batch;
mod book_browser;
mod book_pages;
mod bundle_answers;
mod clinic_book;
mod conditional;
mod contract;
mod crud;
mod crud_headers;
mod durability;
mod error_catalogue;
mod example_clients;
mod history;
mod idempotency;
mod import;
mod import_order;
mod lastn;
mod limits;
mod lossless;
mod metadata;
mod mutants;
mod notices;
mod one_number;
mod operations;
mod operations_start;
mod packages;
mod packages_running;
mod patch;
mod patch_bundle;
mod patch_races;
mod planted_values;
mod policy;
mod provenance;
mod races;
mod registry_simulator;
mod registry_sync;
mod registry_sync_feed;
mod reindex;
mod reindex_races;
mod search;
mod search_aliases;
mod search_all_types;
mod search_composite;
mod search_dates;
mod search_everything;
mod search_filter;
mod search_include;
mod search_joins;
mod search_limits;
mod search_number;
mod search_pages;
mod search_prefixes;
mod search_quantity;
mod search_reference_modifiers;
mod search_result;
mod search_strings;
mod search_token_modifiers;
mod search_tokens;
mod search_uri;
mod search_walks;
mod sharing;
mod sharing_delegations;
mod sharing_gate;
mod sharing_guardian_limits;
mod sharing_guardians;
mod shield;
mod sign_in;
mod smart_clients;
mod support;
mod terminology;
mod terminology_maps;
mod terminology_value_sets;
mod tidy;
mod token_attacks;
mod token_attacks_assertions;
mod token_attacks_authorize;
mod token_attacks_claims;
mod token_attacks_codes;
mod token_attacks_discovery;
mod token_attacks_dpop;
mod token_attacks_introspection;
mod token_attacks_refresh;
mod token_attacks_registration;
mod transaction;
mod transaction_links;
mod two_worlds;
mod validate;
mod xml;
mod xml_refused;
