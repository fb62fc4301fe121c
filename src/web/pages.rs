//! The screens beside the queue.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

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

fn absent(app: &Shared) -> Response {
    respond::error(app, StatusCode::NOT_FOUND, "This screen is not there yet.".to_owned())
}

/// Shows an entity.
pub(super) async fn entity(State(app): State<App>, Path(_id): Path<String>) -> Response {
    absent(&app)
}

/// Shows a community.
pub(super) async fn community(State(app): State<App>, Path(_id): Path<String>) -> Response {
    absent(&app)
}

/// Shows a record.
pub(super) async fn record(State(app): State<App>, Path(_id): Path<String>) -> Response {
    absent(&app)
}

/// Shows the run.
pub(super) async fn run(State(app): State<App>) -> Response {
    absent(&app)
}

/// Shows the model.
pub(super) async fn model(State(app): State<App>) -> Response {
    absent(&app)
}

/// Shows the log of judgements.
pub(super) async fn judgements(State(app): State<App>) -> Response {
    absent(&app)
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
