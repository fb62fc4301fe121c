//! A TAXII 2.1 server with one collection, by the letter of the specification.

use std::{collections::BTreeSet, io, io::Write};

use araneus::time::Moment;
use serde_json::{Value, json};

use crate::server::{Request, answer};

pub(crate) const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// How a page names the page after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// By `next`.
    Token,
    /// By the header with the time of its last object only.
    Time,
    /// By `next`, and without headers.
    TokenOnly,
}

/// A collection: objects with the times at which they were added, in order.
#[derive(Clone)]
pub(crate) struct Collection {
    pub(crate) objects: Vec<(Moment, Value)>,
    /// Most objects of a page.
    pub(crate) page: usize,
    pub(crate) paging: Paging,
}

impl Collection {
    /// Creates objects; three at a time are added at one time, so that pages end between them.
    pub(crate) fn of(count: usize) -> Self {
        let begin = Moment::parse("2026-01-01T00:00:00Z").expect("a time").micros();
        let object = |number: usize| {
            let third = i64::try_from(number / 3).expect("a small number");
            let added = Moment::from_micros(begin + third * 1_000);
            (added, stix(number, "2026-01-01T00:00:00.000Z"))
        };
        Self { objects: (0..count).map(object).collect(), page: 4, paging: Paging::Token }
    }

    pub(crate) fn ids(&self) -> BTreeSet<(String, String)> {
        let text = |object: &Value, name: &str| object[name].as_str().expect("a text").to_owned();
        self.objects.iter().map(|(_, object)| (text(object, "id"), text(object, "modified"))).collect()
    }

    /// Answers a request to the server.
    pub(crate) fn answer(&self, request: &Request, to: &mut dyn Write) -> io::Result<()> {
        if request.header("accept") != MEDIA_TYPE {
            return answer(to, 406, &[], "");
        }
        match request.path() {
            "/taxii2/" => document(to, &json!({ "title": "Server", "api_roots": ["/other/", "/api1/"] })),
            "/api1/" | "/other/" => document(
                to,
                &json!({ "title": "Root", "versions": [MEDIA_TYPE], "max_content_length": 1000 }),
            ),
            "/api1/collections/c1/" => {
                document(to, &json!({ "id": "c1", "title": "One", "can_read": true, "can_write": false }))
            }
            "/api1/collections/closed/" => {
                document(to, &json!({ "id": "closed", "title": "Two", "can_read": false, "can_write": true }))
            }
            "/api1/collections/c1/objects/" => self.page(request, to),
            _ => answer(
                to,
                404,
                &[("content-type", MEDIA_TYPE)],
                r#"{"title":"Not found","http_status":"404"}"#,
            ),
        }
    }

    fn page(&self, request: &Request, to: &mut dyn Write) -> io::Result<()> {
        if request.parameter("match[version]").as_deref() != Some("all") {
            return answer(to, 400, &[], "");
        }
        let query = request.parameter("added_after");
        let after = query.as_deref().and_then(Moment::parse);
        // A token belongs to one query.
        let offset = match request.parameter("next") {
            None => 0,
            Some(token) => match token.split_once('@') {
                Some((offset, of)) if of == query.as_deref().unwrap_or_default() => {
                    offset.parse().unwrap_or(0)
                }
                _ => return answer(to, 400, &[], ""),
            },
        };
        let asked = request.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let limit = self.page.min(asked);
        let matching: Vec<&(Moment, Value)> = self
            .objects
            .iter()
            .filter(|(added, _)| after.is_none_or(|after| *added > after))
            .skip(offset)
            .collect();
        let page = &matching[..limit.min(matching.len())];
        if page.is_empty() {
            return document(to, &json!({}));
        }
        let has_more = matching.len() > page.len();
        let objects: Vec<&Value> = page.iter().map(|(_, object)| object).collect();
        let mut body = json!({ "more": has_more, "objects": objects });
        if has_more && self.paging != Paging::Time {
            body["next"] = json!(format!("{}@{}", offset + limit, query.unwrap_or_default()));
        }
        let (first, last) = (page[0].0.to_string(), page[page.len() - 1].0.to_string());
        let mut headers = vec![("content-type", MEDIA_TYPE)];
        if self.paging != Paging::TokenOnly {
            headers
                .extend([("x-taxii-date-added-first", first.as_str()), ("x-taxii-date-added-last", &last)]);
        }
        answer(to, 200, &headers, body.to_string())
    }
}

/// Writes a document of TAXII.
pub(crate) fn document(to: &mut dyn Write, document: &Value) -> io::Result<()> {
    answer(to, 200, &[("content-type", MEDIA_TYPE)], document.to_string())
}

/// Returns a STIX object.
pub(crate) fn stix(number: usize, modified: &str) -> Value {
    json!({
        "type": "malware", "spec_version": "2.1", "id": format!("malware--5b000000-0000-4000-8000-{number:012}"),
        "created": "2026-01-01T00:00:00.000Z", "modified": modified, "name": format!("Reedwisp {number}"), "is_family": true,
    })
}
