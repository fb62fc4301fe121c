//! The HTTPS client: one origin, verified certificates, and a limit for everything that a server decides.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::crypto::ring;
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::transport::DefaultConnector,
};
use url::Url;

use super::{
    Surroundings,
    download::{Length, save},
    error::FetchError,
    failure::failure_of,
    limits::Limits,
    resolver::CheckedResolver,
    retry_after::retry_after,
    settings::{Remote, authorization},
};

/// Client of one source.
pub(super) struct Client<'a> {
    agent: Agent,
    authorization: Option<String>,
    origin: Url,
    surroundings: &'a Surroundings<'a>,
    /// Sum of the waits between attempts.
    waited: Cell<Duration>,
    /// Bytes that were stored.
    stored: Cell<u64>,
}

/// Request for one resource.
pub(super) struct Resource<'a> {
    pub(super) url: Url,
    pub(super) accept: &'static str,
    /// Headers that make the request conditional.
    pub(super) conditions: &'a [(&'static str, String)],
    /// File for the body.
    pub(super) to: &'a Path,
}

/// A complete answer, whose body is in the file of the request.
pub(super) struct Answer {
    /// True if the resource is as it was: status 304.
    pub(super) is_unchanged: bool,
    pub(super) headers: HeaderMap,
    /// Bytes of the body, decompressed.
    pub(super) bytes: u64,
}

impl Answer {
    /// Returns a header; `None` if it is absent or no text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Checks the media type, without regard to its parameters.
    pub(super) fn expect_media_type(&self, expected: &'static str) -> Result<(), FetchError> {
        let named = self.header("content-type").and_then(|text| text.split(';').next()).unwrap_or_default();
        let base = expected.split(';').next().unwrap_or_default();
        if named.trim().eq_ignore_ascii_case(base) { Ok(()) } else { Err(FetchError::MediaType(expected)) }
    }
}

impl<'a> Client<'a> {
    /// Creates the client of a source. Reads its credentials and certificates.
    pub(super) fn new(remote: &Remote, surroundings: &'a Surroundings<'a>) -> Result<Self, FetchError> {
        let credentials = remote.credentials.as_ref();
        let authorization =
            credentials.map(|credentials| authorization(credentials, surroundings.variable)).transpose()?;
        let limits = &surroundings.limits;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted(remote.ca.as_deref())?)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("araneus/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("gzip")
            .max_response_header_size(limits.headers)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_send_request(Some(limits.answer))
            .timeout_recv_response(Some(limits.answer))
            .timeout_recv_body(Some(limits.transfer))
            .timeout_per_read(Some(limits.answer))
            .build();
        let resolver = CheckedResolver { remote: remote.clone(), lookup: surroundings.lookup };
        Ok(Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
            authorization,
            origin: remote.url.clone(),
            surroundings,
            waited: Cell::new(Duration::ZERO),
            stored: Cell::new(0),
        })
    }

    pub(super) fn limits(&self) -> &'a Limits {
        &self.surroundings.limits
    }

    /// Returns whether an address has the scheme, host and port of the source.
    pub(super) fn is_of_origin(&self, url: &Url) -> bool {
        url.origin() == self.origin.origin()
    }

    /// Requests a resource, again after failures that pass. The body is complete in its file, or there is no answer.
    pub(super) fn get(&self, resource: &Resource<'_>) -> Result<Answer, FetchError> {
        let mut backoff = self.limits().backoff;
        for attempt in 1.. {
            let error = match self.follow(resource) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.is_transient() || attempt >= self.limits().attempts {
                return Err(error);
            }
            let asked = match &error {
                FetchError::Status { retry_after, .. } => retry_after.unwrap_or(backoff),
                _ => backoff,
            };
            self.wait(asked)?;
            backoff = backoff.saturating_mul(4);
        }
        unreachable!("the last attempt returns")
    }

    /// Waits, within the limits of one wait and of all.
    fn wait(&self, asked: Duration) -> Result<(), FetchError> {
        let limits = self.limits();
        let most = limits.wait.min(limits.waits.saturating_sub(self.waited.get()));
        if asked > most {
            return Err(FetchError::WaitTooLong { asked, most });
        }
        self.waited.set(self.waited.get() + asked);
        (self.surroundings.pause)(asked);
        Ok(())
    }

    /// Requests a resource, and follows redirects within the origin.
    fn follow(&self, resource: &Resource<'_>) -> Result<Answer, FetchError> {
        let mut url = resource.url.clone();
        for _ in 0..=self.limits().redirects {
            if !self.is_of_origin(&url) {
                return Err(FetchError::OtherOrigin);
            }
            let response = self.send(&url, resource)?;
            match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => {
                    let place = response.headers().get(header::LOCATION).and_then(|text| text.to_str().ok());
                    let place = place.ok_or(FetchError::RedirectAddress)?;
                    url = url.join(place).map_err(|_| FetchError::RedirectAddress)?;
                }
                304 if !resource.conditions.is_empty() => {
                    let (parts, _) = response.into_parts();
                    return Ok(Answer { is_unchanged: true, headers: parts.headers, bytes: 0 });
                }
                200 => return self.receive(response, resource),
                status => {
                    let wait =
                        response.headers().get(header::RETRY_AFTER).and_then(|text| text.to_str().ok());
                    let retry_after = wait.and_then(|text| retry_after(text, self.surroundings.now));
                    return Err(FetchError::Status { status, retry_after });
                }
            }
        }
        Err(FetchError::Redirects(self.limits().redirects))
    }

    fn send(&self, url: &Url, resource: &Resource<'_>) -> Result<Response<Body>, FetchError> {
        let mut request = self.agent.get(url.as_str()).header("accept", resource.accept);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in resource.conditions {
            request = request.header(*name, value);
        }
        request.call().map_err(|error| failure_of(error, self.limits()))
    }

    /// Writes the body into the file of the request.
    fn receive(&self, response: Response<Body>, resource: &Resource<'_>) -> Result<Answer, FetchError> {
        let (parts, body) = response.into_parts();
        let length = Length::of(&parts.headers)?;
        let is_gzip = match parts.headers.get(header::CONTENT_ENCODING).map(|text| text.to_str()) {
            None | Some(Ok("identity" | "")) => false,
            Some(Ok("gzip" | "x-gzip")) => true,
            Some(_) => return Err(FetchError::Encoding),
        };
        let limits = self.limits();
        let left = limits.total.saturating_sub(self.stored.get());
        let reader = body.into_with_config().limit(u64::MAX).reader();
        let saved = save(reader, length, is_gzip, limits, resource.to);
        let bytes = match saved {
            Ok(bytes) => bytes,
            Err(error) => {
                // A half body never stays.
                let _ = fs::remove_file(resource.to);
                return Err(error);
            }
        };
        if bytes > left {
            return Err(FetchError::TooManyBytes(limits.total));
        }
        self.stored.set(self.stored.get() + bytes);
        Ok(Answer { is_unchanged: false, headers: parts.headers, bytes })
    }
}

/// Returns the certificates of the system, and those of the configuration.
fn trusted(ca: Option<&Path>) -> Result<Vec<Certificate<'static>>, FetchError> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut certificates: Vec<Certificate<'static>> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(path) = ca {
        let unusable = || FetchError::Ca { path: PathBuf::from(path) };
        let text = fs::read(path).map_err(|_| unusable())?;
        let items: Result<Vec<PemItem<'static>>, _> = parse_pem(&text).collect();
        let before = certificates.len();
        certificates.extend(items.map_err(|_| unusable())?.into_iter().filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        }));
        if certificates.len() == before {
            return Err(unusable());
        }
    }
    if certificates.is_empty() { Err(FetchError::NoTrust) } else { Ok(certificates) }
}
