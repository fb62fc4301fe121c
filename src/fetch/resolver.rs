//! The name service of the client. It returns only addresses that the source may use. The connection uses these
//! addresses, so that a second answer of the name service changes nothing.

use std::net::{SocketAddr, ToSocketAddrs as _};

use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

use super::{error::PrivateAddress, settings::Remote};

/// Function that finds the addresses of a host and port.
pub type Lookup = fn(&str, u16) -> Vec<SocketAddr>;

/// Resolver that returns only addresses that the source may use.
#[derive(Debug)]
pub(super) struct CheckedResolver {
    pub(super) remote: Remote,
    /// Replaces the name service; `None` for that of the system.
    pub(super) lookup: Option<Lookup>,
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found: Vec<SocketAddr> = match self.lookup {
            Some(lookup) => lookup(uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443)),
            None => DefaultResolver::default().resolve(uri, config, timeout)?.iter().copied().collect(),
        };
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        let mut usable = self.empty();
        for address in found.into_iter().filter(|address| self.remote.may_use(address.ip())).take(16) {
            usable.push(address);
        }
        if usable.is_empty() {
            return Err(ureq::Error::Other(Box::new(PrivateAddress)));
        }
        Ok(usable)
    }
}

/// Looks up a host for tests: each name has the address 127.0.0.1.
pub fn loopback(_host: &str, port: u16) -> Vec<SocketAddr> {
    ("127.0.0.1", port).to_socket_addrs().map(Iterator::collect).unwrap_or_default()
}
