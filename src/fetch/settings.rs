//! Settings of a source that is fetched.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use url::{Host, Url};

use super::error::FetchError;

/// Place of a source in the network, and how it is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// Protocol of the place.
    pub kind: RemoteKind,
    /// Address of the place: `https`, without user and password.
    pub url: Url,
    /// Origin of the credentials; `None` for a place that everyone may read.
    pub credentials: Option<Credentials>,
    /// File with further certificates that are trusted, in PEM.
    pub ca: Option<PathBuf>,
    /// True if the name may resolve to an address that is not public.
    pub may_be_private: bool,
}

/// Protocol of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteKind {
    /// A collection of a TAXII 2.1 server, by its id or alias.
    Taxii {
        /// Id or alias.
        collection: String,
    },
    /// A MISP feed: a folder with `manifest.json`.
    MispFeed,
    /// One file.
    File,
}

/// Origin of credentials. Their values are in no configuration and in no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// File with `user:password`.
    UserFile(PathBuf),
    /// File with a token.
    TokenFile(PathBuf),
    /// Environment variable with `user:password`.
    UserVariable(String),
    /// Environment variable with a token.
    TokenVariable(String),
}

impl Remote {
    /// Returns the text that identifies the content: a checkpoint of another content is not used.
    pub(super) fn identity(&self) -> String {
        match &self.kind {
            RemoteKind::Taxii { collection } => format!("taxii {} {collection}", self.url),
            RemoteKind::MispFeed => format!("misp {}", self.url),
            RemoteKind::File => format!("file {}", self.url),
        }
    }

    /// Returns whether a connection may use this address. The address of a name must be public, unless the
    /// configuration allows others. An address in the configuration itself, and `localhost`, are allowed.
    pub(super) fn may_use(&self, address: IpAddr) -> bool {
        let is_written = match self.url.host() {
            Some(Host::Ipv4(written)) => address == IpAddr::V4(written),
            Some(Host::Ipv6(written)) => address == IpAddr::V6(written),
            Some(Host::Domain(name)) => is_localhost(name) && address.is_loopback(),
            None => false,
        };
        self.may_be_private || is_written || super::address::is_public(address)
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Returns the address of a source; `None` if it is no `https` address, or has a user, a password or a fragment.
pub fn remote_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "https" && url.has_host() && is_plain).then_some(url)
}

/// Returns the kind of a place that has an address only: a folder is a MISP feed.
pub fn kind_of_url(url: &Url) -> RemoteKind {
    let is_feed = url.path().ends_with('/') || url.path().ends_with("/manifest.json");
    if is_feed && url.query().is_none() { RemoteKind::MispFeed } else { RemoteKind::File }
}

/// Reads the value of the header `Authorization`.
pub(super) fn authorization(
    credentials: &Credentials,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, FetchError> {
    let of_file = |path: &Path| {
        let text = std::fs::read_to_string(path);
        text.map_err(|source| FetchError::Credentials {
            place: path.display().to_string(),
            source: Some(source),
        })
    };
    let of_variable = |name: &String| {
        variable(name).ok_or_else(|| FetchError::Credentials { place: name.clone(), source: None })
    };
    let (text, place, is_user) = match credentials {
        Credentials::UserFile(path) => (of_file(path)?, path.display().to_string(), true),
        Credentials::TokenFile(path) => (of_file(path)?, path.display().to_string(), false),
        Credentials::UserVariable(name) => (of_variable(name)?, name.clone(), true),
        Credentials::TokenVariable(name) => (of_variable(name)?, name.clone(), false),
    };
    let text = text.trim_end_matches(['\r', '\n']);
    let is_usable = !text.is_empty() && !text.chars().any(char::is_control);
    if !is_usable || (is_user && !text.contains(':')) || (!is_user && !text.is_ascii()) {
        let form = if is_user { "`user:password` in one line" } else { "a token in one line" };
        return Err(FetchError::CredentialsForm { place, form });
    }
    Ok(if is_user { format!("Basic {}", base64(text.as_bytes())) } else { format!("Bearer {text}") })
}

/// Encodes bytes in base 64, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * position) & 63) as usize];
            text.push(if position > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_without_credentials_is_an_address() {
        for text in ["https://feeds.example/a.json", "https://127.0.0.1:8443/", "https://[::1]/x"] {
            assert!(remote_url(text).is_some(), "{text}");
        }
        for text in [
            "http://feeds.example/a.json",
            "https://user:secret@feeds.example/",
            "https://user@feeds.example/",
            "https://",
            "https://feeds.example/#part",
            "file:///etc/passwd",
            "ftp://feeds.example/",
            "feeds.example/a.json",
            "",
        ] {
            assert!(remote_url(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_folder_is_a_feed_and_a_query_makes_a_file() {
        let kind = |text: &str| kind_of_url(&remote_url(text).expect("an address"));
        assert_eq!(kind("https://feeds.example/feed/"), RemoteKind::MispFeed);
        assert_eq!(kind("https://feeds.example/feed/manifest.json"), RemoteKind::MispFeed);
        assert_eq!(kind("https://feeds.example/feed/list.csv"), RemoteKind::File);
        assert_eq!(kind("https://feeds.example/export/?format=csv"), RemoteKind::File);
    }

    #[test]
    fn base64_has_the_values_of_rfc_4648() {
        let pairs = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(pairs.map(|text| base64(text.as_bytes())), encoded);
    }

    #[test]
    fn credentials_come_from_a_file_or_a_variable_and_have_a_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("user");
        std::fs::write(&path, "ana:secret\n").expect("written");
        let variable = |name: &str| (name == "FEED_TOKEN").then(|| "t0ken".to_owned());
        let read = |credentials: Credentials| authorization(&credentials, &variable);
        assert_eq!(read(Credentials::UserFile(path.clone())).expect("read"), "Basic YW5hOnNlY3JldA==");
        assert_eq!(read(Credentials::TokenVariable("FEED_TOKEN".to_owned())).expect("read"), "Bearer t0ken");
        for wrong in ["", "\n", "one\ntwo", "a\u{1b}b"] {
            std::fs::write(&path, wrong).expect("written");
            assert!(read(Credentials::TokenFile(path.clone())).is_err(), "{wrong:?}");
        }
        std::fs::write(&path, "secret without a user").expect("written");
        let error = read(Credentials::UserFile(path)).expect_err("no user").to_string();
        assert!(!error.contains("secret"), "{error}");
        assert!(read(Credentials::UserFile(folder.path().join("absent"))).is_err());
        assert!(read(Credentials::UserVariable("ABSENT".to_owned())).is_err());
    }

    #[test]
    fn only_a_written_address_or_localhost_may_be_private() {
        let remote = |text: &str, may_be_private: bool| Remote {
            kind: RemoteKind::File,
            url: remote_url(text).expect("an address"),
            credentials: None,
            ca: None,
            may_be_private,
        };
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(!remote("https://feeds.example/", false).may_use(address("10.0.0.7")));
        assert!(remote("https://feeds.example/", true).may_use(address("10.0.0.7")));
        assert!(remote("https://feeds.example/", false).may_use(address("9.9.9.9")));
        assert!(remote("https://10.0.0.7/", false).may_use(address("10.0.0.7")));
        assert!(!remote("https://10.0.0.7/", false).may_use(address("10.0.0.8")));
        assert!(remote("https://localhost:8443/", false).may_use(address("::1")));
        assert!(!remote("https://localhost:8443/", false).may_use(address("10.0.0.7")));
    }
}
