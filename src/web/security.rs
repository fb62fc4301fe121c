//! Checks of every request, and headers of every response.
//!
//! | Attack | Defence |
//! |---|---|
//! | another user or program of this machine | a session cookie, exchanged once for the token of the printed address |
//! | DNS rebinding: a foreign name that leads to this machine | `Host` must be an address of the server |
//! | a form or a script of another site | `SameSite=Strict`, `Origin` must be the server, a CSRF token in each form |
//! | markup in intelligence | templates escape; the content security policy allows no inline script or style |
//! | the page in a frame of another site | `frame-ancestors 'none'` |

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{respond, state::App};

/// Headers of every response. `no-referrer` would make browsers send `Origin: null` with a form, so the policy is
/// `same-origin`: no other site gets an address of this one.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Returns the name of the cookie. Cookies of one host are common to all ports, so the name has the port.
pub(super) fn cookie_name(port: u16) -> String {
    format!("araneus-{port}")
}

/// Returns whether `Host` names the server: an address on which it listens, or `localhost`. A server on all addresses
/// accepts any numeric address, because a foreign name cannot have that form.
fn is_own_host(host: &str, address: SocketAddr) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    if port != Some(address.port()) {
        return false;
    }
    let named: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    match named {
        Some(named) => named == address.ip() || address.ip().is_unspecified(),
        None => name == "localhost" && (address.ip().is_loopback() || address.ip().is_unspecified()),
    }
}

/// Checks a request; the error is the status and the text of the response.
fn check(
    app: &App,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
    if hosts.next().is_some() || !is_own_host(host, app.address) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "This server does not have the requested name."));
    }
    if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "This server accepts GET and POST only."));
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if *method == Method::POST && origin != Some(&format!("http://{host}")) {
        return Err((StatusCode::FORBIDDEN, "The request does not come from a page of this server."));
    }
    // Styles and scripts have no secret, and the entrance exchanges the token.
    let is_open = path == "/" || path.starts_with("/static/") || path == "/favicon.ico";
    if !is_open && !has_session(app, headers) {
        return Err((
            StatusCode::UNAUTHORIZED,
            "This browser has no session. Open the address that `araneus review` printed; it works once. \
             Start `araneus review` again for a new address.",
        ));
    }
    Ok(())
}

/// Returns whether a request has the cookie of the session.
pub(super) fn has_session(app: &App, headers: &HeaderMap) -> bool {
    let name = cookie_name(app.address.port());
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.any(|(found, value)| found == name && app.secrets.is_session(value))
}

/// Checks a request before its handler, and adds the headers of every response.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = match check(&app, request.method(), request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, text)) => respond::message(status, text),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_server_are_its_hosts() {
        let local: SocketAddr = "127.0.0.1:8642".parse().expect("an address");
        for host in ["127.0.0.1:8642", "localhost:8642"] {
            assert!(is_own_host(host, local), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost",
            "evil.example:8642",
            "127.0.0.1.evil.example:8642",
            "localhost.evil.example:8642",
            "192.0.2.1:8642",
            "127.0.0.1:8642:8642",
            "user@127.0.0.1:8642",
        ] {
            assert!(!is_own_host(host, local), "{host}");
        }
        let all: SocketAddr = "[::]:8642".parse().expect("an address");
        assert!(is_own_host("192.0.2.1:8642", all) && is_own_host("[2001:db8::1]:8642", all));
        assert!(!is_own_host("evil.example:8642", all), "a name may lead anywhere");
    }
}
