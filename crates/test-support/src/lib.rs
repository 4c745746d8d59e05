//! What tests need around the code under test.
//!
//! * [`TestDatabase`]: a fresh database, SQLite or PostgreSQL, gone when it is dropped.
//! * [`TemporaryPostgres`]: the PostgreSQL server behind them, started from installed server programs. One server
//!   serves all test processes of a run and ends soon after the last of them: see `postgres/shared.rs`.
//! * [`TestServer`]: the built `healthbook` program as a child; how it is found or built: see `server/binary.rs`.
//! * [`HttpClient`], [`Connection`]: requests under full control of their bytes.
//!
//! Everything here blocks and may be called from inside an async runtime. Failures panic with a message that says
//! what to do, for the only caller is a test.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test harness has nobody to hand an error to: a clear panic fails the test"
)]

mod database;
mod http;
mod postgres;
mod process;
mod server;
mod temporary_directory;

pub use database::{Backend, TestDatabase};
pub use http::{Connection, HttpClient, Response};
pub use postgres::{Durability, TemporaryPostgres};
pub use server::{ServerStart, TestServer, healthbook_binary, keep_output};
pub use temporary_directory::TemporaryDirectory;
