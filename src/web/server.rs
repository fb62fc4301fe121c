//! Start and stop of the server, and its routes.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use tokio::{net::TcpListener, runtime::Runtime, signal};

use super::{
    data::RunData,
    flag,
    flags::FlagTables,
    judgements::JudgementCache,
    judging, pages, pairs, queue, respond, screens,
    secrets::Secrets,
    security,
    state::{App, Options, Shared},
};
use crate::{
    archive::{
        ArchiveError,
        audit::{self, Action, Entry, Subject},
    },
    explain::{self, QuestionError},
};

/// Largest body of a request, in bytes.
const BODY_MAX: usize = 16 * 1024;
/// Style and script, which the program contains.
const STYLE: &str = concat!(
    include_str!("../../templates/report.css"),
    include_str!("../../templates/queue.css"),
    include_str!("../../templates/web/app.css")
);
const SCRIPT: &str = concat!(
    include_str!("../../templates/web/keys.js"),
    include_str!("../../templates/web/verdicts.js"),
    include_str!("../../templates/web/settings.js"),
    include_str!("../../templates/web/app.js")
);

/// Reason why a server does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be used.
    #[error("cannot listen on {address}; choose another --port or --bind")]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// Error of the system.
        source: io::Error,
    },
    /// The system gives no random numbers or no threads.
    #[error("cannot start the server")]
    System(#[source] io::Error),
    /// The run was not made for the audience.
    #[error("the run has no folder `{}`: it was made for another audience", .0.display())]
    NoFolder(PathBuf),
    /// A table cannot be read.
    #[error(transparent)]
    Tables(#[from] QuestionError),
    /// The judgements cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// A server that listens already.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    app: App,
}

/// Reads the tables of a run, and listens.
///
/// # Errors
/// If a table cannot be read, or the address cannot be used.
pub fn bind(options: Options) -> Result<Server, WebError> {
    // The link to the latest run may move while the tables are read.
    let run = options.run.canonicalize().unwrap_or_else(|_| options.run.clone());
    let run_name = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = Options { run, ..options };
    let folder = options.run.join(&options.audience);
    if !folder.is_dir() {
        return Err(WebError::NoFolder(folder));
    }
    let flags = FlagTables::open(&folder)?;
    let pairs = explain::waiting_pairs(&folder, &[])?;
    let data = RunData::open(&options.config, &options.audience, &options.run)?;
    let judgements = JudgementCache::new(&options.config.state);
    judgements.read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_io()
        .build()
        .map_err(WebError::System)?;
    let listen = |source| WebError::Listen { address: options.address, source };
    let listener = runtime.block_on(TcpListener::bind(options.address)).map_err(listen)?;
    let address = listener.local_addr().map_err(WebError::System)?;
    let secrets = Secrets::draw().map_err(WebError::System)?;
    let app = Arc::new(Shared { options, address, run_name, secrets, flags, pairs, data, judgements });
    Ok(Server { runtime, listener, app })
}

impl Server {
    /// Returns the address to open in a browser. Its token works once.
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.app.address, self.app.secrets.token())
    }

    /// Serves until the process gets an interrupt (Ctrl-C).
    ///
    /// # Errors
    /// If the system refuses a connection for good.
    pub fn serve(self) -> Result<(), WebError> {
        let Self { runtime, listener, app } = self;
        runtime
            .block_on(async { axum::serve(listener, router(app)).with_graceful_shutdown(stopped()).await })
            .map_err(WebError::System)
    }
}

/// Waits for an interrupt. Every answered verdict is on disk, so that any other end of the process loses nothing.
async fn stopped() {
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route(
            "/",
            get(|State(app): State<App>, headers: HeaderMap, Query(entrance): Query<Entrance>| async move {
                enter(&app, &headers, &entrance.token.unwrap_or_default())
            }),
        )
        .route("/queue", get(queue::show))
        .route("/flag/{id}", get(flag::show))
        .route("/flag/{id}/judgement", post(judging::judge))
        .route("/pairs", get(pairs::list))
        .route("/pair/{id}", get(pairs::show))
        .route("/pair/{id}/judgement", post(pairs::judge))
        .route("/judgements/{id}/withdraw", post(judging::withdraw))
        .route("/entity/{id}", get(screens::entity))
        .route("/community/{id}", get(screens::community))
        .route("/record/{id}", get(screens::record))
        .route("/run", get(screens::run))
        .route("/model", get(screens::model))
        .route("/judgements", get(screens::judgements))
        .route("/keys", get(pages::keys))
        .route("/help", get(pages::help))
        .route("/static/app.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/static/app.js", get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .fallback(|| async { respond::message(StatusCode::NOT_FOUND, "There is no such page.") })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), security::guard))
        .with_state(app)
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    respond::text_response(StatusCode::OK, media_type, text)
}

/// Query of the entrance.
#[derive(Deserialize)]
struct Entrance {
    token: Option<String>,
}

/// Appends an entry to the audit log for a session that is about to open.
fn log_session(app: &App) -> Result<(), ArchiveError> {
    let entry = Entry {
        action: Action::Reviewed,
        by: app.options.by.clone(),
        audience: Some(app.options.audience.clone()),
        subjects: vec![Subject::Run(app.run_name.clone())],
    };
    audit::append(&app.options.config.state, &[entry])
}

/// Exchanges the one-time token for the cookie of the session.
fn enter(app: &App, headers: &HeaderMap, token: &str) -> Response {
    if let Some(session) = app.secrets.exchange(token) {
        if let Err(error) = log_session(app) {
            let text = format!("The audit log did not take the session, so it was not opened: {error}.");
            return respond::message(StatusCode::INTERNAL_SERVER_ERROR, &text);
        }
        let name = security::cookie_name(app.address.port());
        let cookie = format!("{name}={session}; Path=/; HttpOnly; SameSite=Strict");
        let mut response = respond::see_other("/queue");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        return response;
    }
    if token.is_empty() && security::has_session(app, headers) {
        return respond::see_other("/queue");
    }
    respond::message(
        StatusCode::FORBIDDEN,
        "This address was used already, or it is not complete. Start `araneus review` again for a new one.",
    )
}
