//! Tests of deliveries from the network: a server of the tests answers over TLS on this machine.
//!
//! `server` has the server and its certificates; `place` has a source that is fetched from it.

mod collections;
mod command;
mod cut;
mod feeds;
mod files;
mod hostile;
mod place;
mod server;
mod taxii_server;
