//! Resolving names: every address of a name must be public, and only these addresses are connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::is_public;

/// Addresses on their way.
pub type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// The addresses of a name.
    fn addresses(&self, name: String) -> LookupFuture;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: String) -> LookupFuture {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The resolver of the client.
pub(crate) struct Guard {
    lookup: Arc<dyn Lookup>,
    local_peers: bool,
}

impl Guard {
    pub(crate) fn new(lookup: Arc<dyn Lookup>, local_peers: bool) -> Self {
        Self { lookup, local_peers }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.addresses(name.as_str().to_owned());
        // The name has been looked at already; what it leads to has not.
        let may_be_local = self.local_peers && name.as_str() == "localhost";
        Box::pin(async move {
            let addresses = found.await?;
            let allowed = |address: &IpAddr| is_public(*address) || (may_be_local && address.is_loopback());
            // One bad address spoils the name: who answers with both hopes that the other one is taken.
            if addresses.is_empty() || !addresses.iter().all(allowed) {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
            }
            // The client puts the port of the address that was asked for.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
