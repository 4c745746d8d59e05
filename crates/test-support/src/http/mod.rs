//! A small blocking HTTP/1.1 client. Tests need to decide about every byte, malformed ones included, and a big
//! client is slow to build.

mod client;
mod connection;
mod record;
mod response;

pub use client::HttpClient;
pub use connection::Connection;
pub use response::Response;
