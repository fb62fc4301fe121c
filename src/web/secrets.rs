//! Secrets of one server: the token of the printed address, the session, and the value in every form.

use std::{
    fs::File,
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::record::hex;

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// Secrets of one server.
pub(super) struct Secrets {
    /// Token of the printed address.
    token: String,
    is_token_used: AtomicBool,
    /// Value of the cookie.
    session: String,
    /// Value in every form.
    pub(super) csrf: String,
}

impl Secrets {
    /// Draws new secrets from the random source of the system.
    pub(super) fn draw() -> io::Result<Self> {
        Ok(Self { token: draw()?, is_token_used: AtomicBool::new(false), session: draw()?, csrf: draw()? })
    }

    /// Returns whether a cookie has the value of this session.
    pub(super) fn is_session(&self, value: &str) -> bool {
        is_equal(value, &self.session)
    }

    /// Returns the token of the printed address.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Exchanges the token for the session, once. Returns the value of the cookie.
    pub(super) fn exchange(&self, token: &str) -> Option<&str> {
        let is_first = is_equal(token, &self.token) && !self.is_token_used.swap(true, Ordering::SeqCst);
        is_first.then_some(self.session.as_str())
    }
}

/// Returns a random text.
fn draw() -> io::Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut text = String::with_capacity(2 * TOKEN_BYTES);
    for part in bytes.chunks(TOKEN_BYTES / 2) {
        hex(part, &mut text).expect("writing to memory does not fail");
    }
    Ok(text)
}

/// Compares two texts in a time that depends on the length only.
pub(super) fn is_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_once_and_secrets_differ() {
        let secrets = Secrets::draw().expect("the system draws");
        assert_eq!(secrets.exchange("wrong"), None);
        let token = secrets.token().to_owned();
        assert_eq!(token.len(), 2 * TOKEN_BYTES);
        assert!(secrets.exchange(&token).is_some_and(|session| session != token && session != secrets.csrf));
        assert_eq!(secrets.exchange(&token), None);
        assert!(is_equal("same", "same") && !is_equal("same", "sane") && !is_equal("same", "same "));
        assert!(!is_equal("", "x") && is_equal("", ""));
    }
}
