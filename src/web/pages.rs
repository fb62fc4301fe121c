//! The pages of keys and help.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    queue, respond,
    state::{App, Shared},
};

respond::page!(KeysPage, "web/keys.html", ());
respond::page!(HelpPage, "web/help.html", ());

/// Returns the counts of the queue; zeros if they cannot be read, because the queue then says why.
pub(super) fn counts(app: &Shared) -> respond::Counts {
    let judgements = app.visible_judgements().unwrap_or_default();
    app.flags.items(&judgements).map(|items| queue::counts(&items)).unwrap_or_default()
}

/// Shows the keys, and switches them.
pub(super) async fn keys(State(app): State<App>) -> Response {
    respond::blocking(app, |app| respond::html(StatusCode::OK, &KeysPage::new(app, "Keys", counts(app), &())))
        .await
}

/// Shows the help.
pub(super) async fn help(State(app): State<App>) -> Response {
    respond::blocking(app, |app| respond::html(StatusCode::OK, &HelpPage::new(app, "Help", counts(app), &())))
        .await
}
