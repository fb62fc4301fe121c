//! A browser without a screen: it starts `araneus review`, and sends HTTP requests.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Child,
};

use crate::support::Deployment;

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Returns the value of the first attribute that begins with this text, such as `name="seen" value="`.
    #[track_caller]
    pub(crate) fn attribute(&self, before: &str) -> String {
        let (_, after) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before}: {}", self.body));
        after.split('"').next().unwrap_or_default().to_owned()
    }

    /// Returns the values of all attributes that begin with this text.
    pub(crate) fn attributes(&self, before: &str) -> Vec<String> {
        let parts = self.body.split(before).skip(1);
        parts.map(|part| part.split('"').next().unwrap_or_default().to_owned()).collect()
    }
}

/// A running server, and the session of one browser.
pub(crate) struct Review {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Drop for Review {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Review {
    /// Starts a server without a session.
    pub(crate) fn start(deployment: &Deployment, arguments: &[&str]) -> Self {
        let mut child = deployment.start_command(&[&["review"], arguments].concat());
        let mut line = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("the server prints its address");
        let address = line.trim().strip_prefix("http://127.0.0.1:").expect("an address of this machine");
        let (port, token) = address.split_once("/?token=").expect("a token");
        let (port, token) = (port.parse().expect("a port"), token.to_owned());
        Self { child, port, token, cookie: String::new(), csrf: String::new() }
    }

    /// Starts a server, and opens a session.
    pub(crate) fn open(deployment: &Deployment, arguments: &[&str]) -> Self {
        let mut review = Self::start(deployment, arguments);
        let answer = review.send("GET", &format!("/?token={}", review.token), &[], "").expect("an answer");
        assert_eq!((answer.status, answer.header("location")), (303, "/queue"), "{answer:?}");
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default();
        cookie.clone_into(&mut review.cookie);
        review.csrf = review.get("/queue").attribute("data-csrf=\"");
        review
    }

    /// Returns the address of the server, as `Host` and `Origin` have it.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends a request as it is; `None` if the server ended.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request = format!("{request}Host: {}\r\n", self.host());
        }
        for (name, value) in headers {
            request = format!("{request}{name}: {value}\r\n");
        }
        if method == "POST" {
            let length = body.len();
            request = format!(
                "{request}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
            );
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).ok()?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Some(Answer { status, headers, body: body.to_owned() })
    }

    /// Gets a page of the session.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("Cookie", &self.cookie)], "").expect("an answer")
    }

    /// Posts a form of the session, as the script of the page does.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let origin = format!("http://{}", self.host());
        let headers = [("Cookie", &*self.cookie), ("Origin", &origin), ("Accept", "application/json")];
        self.send("POST", path, &headers, &form(&[&[("csrf", &*self.csrf)], fields].concat()))
    }

    /// Posts a form of the session, as a browser without JavaScript does.
    #[track_caller]
    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.host());
        let headers = [("Cookie", &*self.cookie), ("Origin", &origin), ("Accept", "text/html")];
        let body = form(&[&[("csrf", &*self.csrf)], fields].concat());
        self.send("POST", path, &headers, &body).expect("an answer")
    }

    /// Posts a verdict on a flag.
    #[track_caller]
    pub(crate) fn judge(&self, flag: &str, value: &str, seen: &str) -> Answer {
        self.post(&format!("/flag/{flag}/judgement"), &[("value", value), ("seen", seen)]).expect("an answer")
    }

    /// Returns the ids of the flags of the queue, in order.
    pub(crate) fn flags(&self) -> Vec<String> {
        self.get("/queue").attributes("data-flag=\"")
    }
}

/// Returns fields as the body of a form.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}
