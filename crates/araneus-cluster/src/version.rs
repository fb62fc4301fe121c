//! Check of the scheduler's version.
//!
//! Every HTTP answer of a Ballista scheduler names its version and that of DataFusion. The plans of one version have
//! no meaning for another one, so the client rejects a different version before the first round.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::error::ClusterError;

/// Longest time of the request.
const LIMIT: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const ANSWER: u64 = 16_384;

/// Checks that the scheduler at `url` has the versions of this program.
///
/// # Errors
/// [`ClusterError::Version`] for another version or another service, [`ClusterError::Usage`] if nothing answers.
pub(crate) async fn check(url: &str) -> Result<(), ClusterError> {
    let needed = (
        format!("ballista/{}", ballista_core::BALLISTA_VERSION),
        format!("datafusion/{}", datafusion::DATAFUSION_VERSION),
    );
    let answer = tokio::time::timeout(LIMIT, head(url)).await;
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(ClusterError::Usage(format!("no scheduler answers at {url}: {error}"))),
        Err(_) => return Err(ClusterError::Usage(format!("no scheduler answers at {url} within 10 s"))),
    };
    let found = (header(&answer, "server"), header(&answer, "x-powered-by"));
    if found == (Some(needed.0.as_str()), Some(needed.1.as_str())) {
        return Ok(());
    }
    let named = |value: Option<&str>| {
        value.unwrap_or("unknown").chars().filter(|c| !c.is_control()).take(60).collect()
    };
    let both = |(one, other): (String, String)| format!("{one} with {other}");
    Err(ClusterError::Version {
        url: url.to_owned(),
        found: both((named(found.0), named(found.1))),
        needed: both(needed),
    })
}

/// Returns the first part of the answer to a request without meaning.
async fn head(url: &str) -> std::io::Result<String> {
    let place = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let mut stream = TcpStream::connect(place).await?;
    stream
        .write_all(format!("GET / HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.take(ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Returns the value of a header.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let lines = answer.lines().skip(1).take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: &'static str) -> Result<(), ClusterError> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut request = [0; 1_024];
            let _ = stream.read(&mut request).await;
            stream.write_all(answer.as_bytes()).await.expect("answered");
        });
        let checked = check(&url).await;
        server.await.expect("the server ended");
        checked
    }

    #[tokio::test]
    async fn another_version_is_refused_by_name() {
        let answer =
            "HTTP/1.1 404 Not Found\r\nServer: ballista/54.1.0\r\nX-Powered-By: datafusion/54.0.0\r\n\r\n";
        let error = answered(answer).await.expect_err("refused");
        let message = error.to_string();
        assert!(message.contains("is ballista/54.1.0 with datafusion/54.0.0"), "{message}");
        assert!(message.contains(ballista_core::BALLISTA_VERSION), "{message}");
        assert_eq!(error.exit_code(), 2);
    }

    #[tokio::test]
    async fn another_service_is_refused_and_its_own_version_is_accepted() {
        let error = answered("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n").await.expect_err("refused");
        assert!(error.to_string().contains("nginx with unknown"), "{error}");
        let own = format!(
            "HTTP/1.1 404 Not Found\r\nserver: ballista/{}\r\nx-powered-by: datafusion/{}\r\n\r\n",
            ballista_core::BALLISTA_VERSION,
            datafusion::DATAFUSION_VERSION
        );
        answered(Box::leak(own.into_boxed_str())).await.expect("accepted");
    }
}
