//! A server over TLS on a free port of this machine. A handler writes each answer, so that it can break every rule.

use std::{
    io::{self, BufRead as _, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Path with the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns a header; empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map_or("", |(_, value)| value)
    }

    /// Returns a parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("https://server.test{}", self.target)).expect("a target");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// Writes an answer.
pub(crate) type Handler = dyn Fn(&Request, &mut dyn Write) -> io::Result<()> + Send + Sync;

/// A server that ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    is_ended: Arc<AtomicBool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::Relaxed);
        // The listener waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Server {
    pub(crate) fn start(
        certificate: Arc<ServerConfig>,
        handler: impl Fn(&Request, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_ended = Arc::new(AtomicBool::new(false));
        let server = Self { port, requests: Arc::clone(&requests), is_ended: Arc::clone(&is_ended) };
        let handler: Arc<Handler> = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if is_ended.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (certificate, handler) = (Arc::clone(&certificate), Arc::clone(&handler));
                let requests = Arc::clone(&requests);
                thread::spawn(move || serve(stream, certificate, &*handler, &requests));
            }
        });
        server
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").iter().map(|request| request.target.clone()).collect()
    }
}

/// Answers one request of a connection, and closes it.
fn serve(
    stream: TcpStream,
    certificate: Arc<ServerConfig>,
    handler: &Handler,
    requests: &Mutex<Vec<Request>>,
) -> Option<()> {
    let connection = ServerConnection::new(certificate).ok()?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let request = Request { target, headers };
    requests.lock().ok()?.push(request.clone());
    let stream = reader.get_mut();
    if handler(&request, stream).is_ok() {
        stream.conn.send_close_notify();
        stream.flush().ok()?;
    }
    Some(())
}

/// Writes a complete answer.
pub(crate) fn answer(
    to: &mut dyn Write,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> io::Result<()> {
    to.write_all(&answer_bytes(status, headers, body.as_ref()))
}

/// Returns the bytes of a complete answer.
pub(crate) fn answer_bytes(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n").into_bytes();
    let has_length = headers.iter().any(|(name, _)| matches!(*name, "content-length" | "transfer-encoding"));
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if !has_length {
        bytes.extend(format!("content-length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// Number of authorities.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Certificate authority of a test.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        // Each authority has a name of its own.
        params
            .distinguished_name
            .push(DnType::CommonName, format!("Authority {}", COUNT.fetch_add(1, Ordering::Relaxed)));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Writes the certificate of the authority, for the key `ca`.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, &self.pem).expect("written");
    }

    /// Issues a certificate for a name that is valid until the end of a year.
    pub(crate) fn issue(&self, name: &str, until: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key);
        Arc::new(config.expect("a certificate with its key"))
    }
}
