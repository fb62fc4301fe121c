//! Reasons why a source could not be fetched. No message contains a value that the server sent, or a credential.

use std::{io, path::PathBuf, time::Duration};

/// A name that has no address which the source may use.
#[derive(Debug, thiserror::Error)]
#[error("the address is not public")]
pub(super) struct PrivateAddress;

/// Reason why a source could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A file in the folder of fetched deliveries could not be written.
    #[error("cannot {doing} `{path}`")]
    Disk {
        /// Operation.
        doing: &'static str,
        /// Path of the file or folder.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Another fetch works.
    #[error("another fetch holds the lock `{0}`; wait until it ends")]
    Locked(PathBuf),
    /// Credentials cannot be read.
    #[error("the credentials in `{place}` cannot be read")]
    Credentials {
        /// File or environment variable.
        place: String,
        /// Cause; `None` for a variable that is not set.
        source: Option<io::Error>,
    },
    /// Credentials have another form.
    #[error("`{place}` must contain {form}")]
    CredentialsForm {
        /// File or environment variable.
        place: String,
        /// Expected form.
        form: &'static str,
    },
    /// The certificates of `ca` cannot be used.
    #[error("`{path}` has no certificate in PEM that can be read")]
    Ca {
        /// Path of the file.
        path: PathBuf,
    },
    /// Neither the system nor the configuration has a certificate that is trusted.
    #[error(
        "the system has no trusted certificates: install its package of certificates (ca-certificates), or set `ca`"
    )]
    NoTrust,

    /// The name of the host has no address.
    #[error("the name of the host has no address")]
    HostNotFound,
    /// The name of the host has only addresses that are not public.
    #[error("the name of the host has no public address; `private = true` allows others")]
    PrivateAddress,
    /// The certificate of the server is not valid for it.
    #[error("the certificate of the server was not accepted: {0}")]
    Certificate(String),
    /// The connection failed, or it ended before the answer did.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// A step took too long.
    #[error("the server took too long: {0}")]
    TimedOut(&'static str),
    /// The body ended before its announced length.
    #[error("the answer ended after {received} of {announced} bytes")]
    Cut {
        /// Bytes that arrived.
        received: u64,
        /// Bytes that the header announces.
        announced: u64,
    },
    /// The answer has no length, so that its end cannot be checked.
    #[error("the answer announces neither its length nor chunks, so that its end cannot be checked")]
    NoLength,
    /// The answer breaks the rules of HTTP.
    #[error("the answer is not valid HTTP: {0}")]
    Protocol(String),
    /// The status of the answer is an error.
    #[error("the server answered with status {status}: {}", meaning(*.status))]
    Status {
        /// Status code.
        status: u16,
        /// Time after which the server allows another attempt.
        retry_after: Option<Duration>,
    },
    /// The server asks for a longer wait than allowed.
    #[error("the server asks to wait {} seconds, and at most {} are allowed", .asked.as_secs(), .most.as_secs())]
    WaitTooLong {
        /// Requested wait.
        asked: Duration,
        /// Longest allowed wait.
        most: Duration,
    },
    /// The answer redirects to another scheme, host or port.
    #[error(
        "the server redirects to another scheme, host or port; set the address in the configuration if it is right"
    )]
    OtherOrigin,
    /// Too many redirects.
    #[error("the server redirects more than {0} times")]
    Redirects(u32),
    /// A redirect without a usable address.
    #[error("the server redirects to an address that cannot be read")]
    RedirectAddress,
    /// The headers are too large.
    #[error("the headers of the answer are larger than {0} bytes")]
    HeadersTooLarge(usize),
    /// The body is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The body grows too much when it is decompressed.
    #[error("the answer grows more than {0} times when it is decompressed")]
    Ratio(u64),
    /// The body cannot be decompressed.
    #[error("the compressed answer is damaged")]
    Compression,
    /// The body has an encoding that was not asked for.
    #[error("the answer has an encoding other than gzip")]
    Encoding,
    /// The media type of the answer is another one.
    #[error("the media type of the answer is not `{0}`")]
    MediaType(&'static str),
    /// The answers for one source are too many.
    #[error("the source has more than {0} pages or files in one fetch")]
    TooManyPages(u64),
    /// The answers for one source are too large together.
    #[error("the source has more than {0} bytes in one fetch")]
    TooManyBytes(u64),
    /// The answer is not JSON.
    #[error("the answer is not JSON: line {line}, column {column}")]
    Json {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
    },
    /// The answer is JSON of another kind.
    #[error("the answer is not {0}")]
    Content(&'static str),
    /// A page was delivered before.
    #[error("the server repeats a page: its `next` does not advance")]
    Repeats,
    /// More follows, and the page does not say how.
    #[error("more objects follow, and the page has neither `next` nor a later time than the page before")]
    NoNext,
    /// The API root is at another place.
    #[error(
        "the API root of the collection is at another scheme, host or port: set its address in the configuration"
    )]
    OtherRoot,
    /// No API root has the collection.
    #[error("the server has no collection with this id or alias")]
    NoCollection,
    /// The collection may not be read.
    #[error("the server does not let this user read the collection")]
    NotReadable,
    /// Events of a feed could not be fetched.
    #[error("{missing} of the {listed} events of the manifest cannot be fetched")]
    MissingEvents {
        /// Number of events that cannot be fetched.
        missing: usize,
        /// Number of events in the manifest.
        listed: usize,
    },
}

/// Returns what a status means for the user.
fn meaning(status: u16) -> &'static str {
    match status {
        401 => "it does not accept the credentials, or needs some",
        403 => "these credentials may not read this",
        404 => "it has nothing at this address, or does not say so to this user",
        406 => "it does not offer this format; is it a TAXII 2.1 server?",
        416 => "it does not have this range of pages",
        429 => "it received too many requests",
        503 => "it is overloaded or under maintenance",
        400..=499 => "it does not accept the request",
        500..=599 => "it failed",
        _ => "a complete answer has another status",
    }
}

impl FetchError {
    /// Returns whether the configuration is the cause, and not the server or the disk.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Credentials { .. } | Self::CredentialsForm { .. } | Self::Ca { .. } | Self::NoTrust
        )
    }

    /// Returns whether the server or the network is the cause: the other sources can still be fetched.
    pub fn is_of_source(&self) -> bool {
        !self.is_configuration() && !matches!(self, Self::Disk { .. } | Self::Locked(_))
    }

    /// Returns whether another attempt can succeed.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Connection(_) | Self::TimedOut(_) | Self::Cut { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the server says that the request is wrong: a position of an earlier session is unknown.
    pub(super) fn is_rejected_request(&self) -> bool {
        matches!(self, Self::Status { status: 400 | 404 | 410 | 416 | 422, .. })
    }
}

/// Describes a failed operation on a file.
pub(super) fn disk(doing: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Disk { doing, path, source }
}
