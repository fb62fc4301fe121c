//! Names for the failures of the HTTP library.

use std::{error::Error, io};

use ureq::Timeout;

use super::{
    error::{FetchError, PrivateAddress},
    limits::Limits,
};

/// Names a failure before the body.
pub(super) fn failure_of(error: ureq::Error, limits: &Limits) -> FetchError {
    match error {
        ureq::Error::Io(error) => failure_of_io(&error),
        ureq::Error::Timeout(timeout) => FetchError::TimedOut(step(timeout)),
        ureq::Error::HostNotFound => FetchError::HostNotFound,
        ureq::Error::LargeResponseHeader(..) => FetchError::HeadersTooLarge(limits.headers),
        ureq::Error::Rustls(error) => of_tls(&error),
        ureq::Error::Other(inner) if inner.is::<PrivateAddress>() => FetchError::PrivateAddress,
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
            FetchError::Protocol("a line or a header cannot be read".to_owned())
        }
        ureq::Error::Tls(text) => FetchError::Certificate(text.to_owned()),
        ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => FetchError::RedirectAddress,
        _ => FetchError::Connection("the server ended the connection".to_owned()),
    }
}

/// Names a failure while a body is read.
pub(super) fn fails_while(error: &io::Error) -> FetchError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    match inner {
        Some(ureq::Error::Timeout(timeout)) => FetchError::TimedOut(step(*timeout)),
        Some(ureq::Error::Protocol(_)) => FetchError::Protocol("a chunk cannot be read".to_owned()),
        Some(ureq::Error::Io(error)) => failure_of_io(error),
        Some(_) => FetchError::Connection("the server ended the connection".to_owned()),
        None => failure_of_io(error),
    }
}

fn failure_of_io(error: &io::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return of_tls(tls);
        }
        cause = inner.source();
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FetchError::TimedOut("a connection"),
        io::ErrorKind::UnexpectedEof => FetchError::Connection("the server ended the connection".to_owned()),
        kind => FetchError::Connection(kind.to_string()),
    }
}

/// Names a failure of TLS. The library describes the certificate; only its kind is shown.
fn of_tls(error: &rustls::Error) -> FetchError {
    use rustls::CertificateError as Kind;
    let text = match error {
        rustls::Error::InvalidCertificate(kind) => match kind {
            Kind::Expired | Kind::ExpiredContext { .. } => "it has expired",
            Kind::NotValidYet | Kind::NotValidYetContext { .. } => "it is not valid yet",
            Kind::NotValidForName | Kind::NotValidForNameContext { .. } => "it belongs to another name",
            Kind::BadSignature => "its signature is not that of its issuer",
            Kind::UnknownIssuer => "its issuer is not trusted; `ca` adds an issuer",
            Kind::Revoked => "it was revoked",
            _ => "it is not valid",
        },
        rustls::Error::AlertReceived(_) => "the server ended the handshake",
        rustls::Error::PeerIncompatible(_) => "the server has no version of TLS or cipher that is accepted",
        _ => return FetchError::Connection("the server breaks the rules of TLS".to_owned()),
    };
    FetchError::Certificate(text.to_owned())
}

fn step(timeout: Timeout) -> &'static str {
    match timeout {
        Timeout::Resolve => "the name service",
        Timeout::Connect => "a connection",
        Timeout::SendRequest | Timeout::SendBody | Timeout::PerWrite => "a request",
        Timeout::RecvResponse => "the headers of an answer",
        Timeout::PerRead => "the next bytes of an answer",
        _ => "the body of an answer",
    }
}
