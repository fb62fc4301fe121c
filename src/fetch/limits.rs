//! Limits of a fetch: sizes, counts and times. A server that exceeds one of them costs its own source only.

use std::time::Duration;

/// Limits of a fetch. The default values suit large feeds; tests use smaller ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Largest body of one answer as stored, in bytes, after decompression.
    pub body: u64,
    /// Largest ratio of the bytes of a compressed body before and after decompression.
    pub ratio: u64,
    /// Largest size of the status line and the headers of one answer, in bytes.
    pub headers: usize,
    /// Largest number of answers that are stored for one source in one fetch.
    pub pages: u64,
    /// Largest number of bytes that are stored for one source in one fetch.
    pub total: u64,
    /// Largest number of events in the manifest of a MISP feed.
    pub events: usize,
    /// Number of objects that a page of a collection is asked for.
    pub page_objects: u32,
    /// Longest time until a connection is open, with its TLS handshake.
    pub connect: Duration,
    /// Longest time until the headers of an answer are complete, and longest time without any byte.
    pub answer: Duration,
    /// Longest time until a body is complete.
    pub transfer: Duration,
    /// Number of attempts for one request.
    pub attempts: u32,
    /// Wait before the second attempt; each later wait is four times as long.
    pub backoff: Duration,
    /// Longest wait that a server may ask for.
    pub wait: Duration,
    /// Longest sum of all waits for one source.
    pub waits: Duration,
    /// Number of redirects that are followed for one request.
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 30,
            ratio: 1_000,
            headers: 64 << 10,
            pages: 1_000_000,
            total: 32 << 30,
            events: 1_000_000,
            page_objects: 1_000,
            connect: Duration::from_secs(30),
            answer: Duration::from_secs(2 * 60),
            transfer: Duration::from_secs(30 * 60),
            attempts: 4,
            backoff: Duration::from_secs(1),
            wait: Duration::from_secs(5 * 60),
            waits: Duration::from_secs(30 * 60),
            redirects: 5,
        }
    }
}
