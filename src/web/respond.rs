//! Responses: pages, redirects, and messages in plain HTML.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::state::{App, Shared};
use crate::report;

/// Numbers of flags that every page shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Flags of the queue without a verdict.
    pub(super) left: usize,
    /// Flags of the queue with a verdict.
    pub(super) judged: usize,
    /// Flags of the queue.
    pub(super) total: usize,
}

/// Returns the path of a flag's card.
pub(super) fn flag_path(id: &str, query: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    if query.is_empty() { format!("/flag/{id}") } else { format!("/flag/{id}?{query}") }
}

/// Defines the page of a template: the values that `base.html` shows, and the content of the screen.
macro_rules! page {
    ($name:ident, $path:literal, $content:ty) => {
        #[derive(askama::Template)]
        #[template(path = $path)]
        #[allow(dead_code, reason = "a page without own content does not read it")]
        pub(super) struct $name<'a> {
            pub(super) page_title: String,
            pub(super) audience: &'a str,
            pub(super) run_name: &'a str,
            pub(super) csrf: &'a str,
            pub(super) reviewer: &'a str,
            pub(super) counts: $crate::web::respond::Counts,
            pub(super) page: &'a $content,
        }

        impl<'a> $name<'a> {
            /// Returns the page with the values that all pages share.
            pub(super) fn new(
                app: &'a $crate::web::state::Shared,
                title: &str,
                counts: $crate::web::respond::Counts,
                page: &'a $content,
            ) -> Self {
                Self {
                    page_title: title.to_owned(),
                    audience: &app.options.audience,
                    run_name: &app.run_name,
                    csrf: &app.secrets.csrf,
                    reviewer: &app.options.by,
                    counts,
                    page,
                }
            }
        }
    };
}
pub(super) use page;

/// Returns a page as a response. One pass over the finished page shows every hidden character.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    let text = template.render().expect("writing to memory does not fail");
    text_response(status, "text/html; charset=utf-8", report::visible(&text))
}

/// Returns a text with its media type.
pub(super) fn text_response(status: StatusCode, media_type: &'static str, text: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    (status, headers, text.into()).into_response()
}

/// Returns a short page with one sentence.
pub(super) fn message(status: StatusCode, text: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Araneus</title>\
         <link rel=\"stylesheet\" href=\"/static/app.css\"><main id=\"main\"><h1>Araneus</h1><p role=\"status\" \
         id=\"status\">{text}</p></main></html>"
    );
    text_response(status, "text/html; charset=utf-8", page)
}

/// Returns a redirect that a browser follows with GET.
pub(super) fn see_other(location: &str) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/queue"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Returns a JSON response.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    text_response(status, "application/json", value.to_string())
}

/// Returns whether the client asks for JSON: the script of the page does.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accept| accept.starts_with("application/json"))
}

/// Runs the work of a request outside the threads that serve connections.
pub(super) async fn blocking(app: App, work: impl FnOnce(&App) -> Response + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|_| {
        message(StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown. The terminal has the reason.")
    })
}

/// Content of a page that reports an error.
pub(super) struct ErrorView {
    pub(super) text: String,
}

page!(ErrorPage, "web/error.html", ErrorView);

/// Returns a page with an error, and the way back.
pub(super) fn error(app: &Shared, status: StatusCode, text: String) -> Response {
    html(status, &ErrorPage::new(app, "Error", Counts::default(), &ErrorView { text }))
}
