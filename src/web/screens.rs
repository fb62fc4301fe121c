//! The screens beside the queue: entities, communities, records, the run, the model and the log of judgements.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    data::{
        self, CardBlock, Centrality, CommunityScreen, Effect, EntityScreen, FALL_MAX, JudgementLog,
        ModelScreen, MoveCause, RecordScreen, RunScreen,
    },
    pages, respond,
    state::{App, Shared},
};
use crate::{
    explain::QuestionError,
    judgement::{Judgement, Kind},
    language::{self, Language},
    report::defang,
};

respond::page!(EntityPage, "web/entity.html", EntityScreen);
respond::page!(CommunityPage, "web/community.html", CommunityScreen);
respond::page!(RecordPage, "web/record.html", RecordScreen);
respond::page!(RunPage, "web/run.html", RunScreen);
respond::page!(ModelPage, "web/model.html", ModelView);
respond::page!(JudgementsPage, "web/judgements.html", JudgementLog);

/// Size of the area of a curve, and its upper left corner.
const CURVE: [f64; 2] = [300.0, 200.0];
const CORNER: [f64; 2] = [40.0, 10.0];

/// Content of the model screen, with its curves as points of a picture.
pub(super) struct ModelView {
    screen: ModelScreen,
    calibration: String,
    calibration_dots: Vec<(String, String)>,
    precision: String,
    /// Height of the share of positives among all rows.
    base_line: String,
}

impl ModelView {
    fn new(screen: ModelScreen) -> Self {
        let calibration: Vec<(f64, f64)> =
            screen.calibration.iter().map(|point| (point.probability, point.share)).collect();
        let all = screen.precision.last().map_or(1, |point| point.rows.max(1));
        let share = |rows: u32| f64::from(rows) / f64::from(all);
        let precision: Vec<(f64, f64)> =
            screen.precision.iter().map(|point| (share(point.rows), point.precision)).collect();
        let base = screen.precision.last().map_or(0.0, |point| point.precision);
        Self {
            calibration: points(&calibration),
            calibration_dots: calibration.iter().map(|point| place(*point)).collect(),
            precision: points(&precision),
            base_line: place((0.0, base)).1,
            screen,
        }
    }
}

/// Returns a point of the unit square as a place in a picture.
fn place((across, up): (f64, f64)) -> (String, String) {
    let across = CORNER[0] + across.clamp(0.0, 1.0) * CURVE[0];
    (format!("{across:.1}"), format!("{:.1}", CORNER[1] + (1.0 - up.clamp(0.0, 1.0)) * CURVE[1]))
}

fn points(points: &[(f64, f64)]) -> String {
    let places = points.iter().map(|point| place(*point));
    places.map(|(across, down)| format!("{across},{down}")).collect::<Vec<_>>().join(" ")
}

/// Answers that a screen does not exist. The answer names nothing, and is the same for hidden and for unknown ids.
fn absent(app: &Shared) -> Response {
    respond::error(
        app,
        StatusCode::NOT_FOUND,
        "This run has nothing with this id for this audience.".to_owned(),
    )
}

fn failed(app: &Shared, error: &QuestionError) -> Response {
    respond::error(app, StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// Reads the judgements of the archive.
fn all_judgements(app: &Shared) -> Result<Vec<Judgement>, QuestionError> {
    Ok(app.judgements.read()?.to_vec())
}

/// Shows an entity.
pub(super) async fn entity(State(app): State<App>, Path(id): Path<String>) -> Response {
    respond::blocking(app, move |app| {
        let judgements = all_judgements(app).map(|all| app.judgements_on_flags(&all));
        match judgements.and_then(|judgements| data::entity(&app.data, &judgements, &id)) {
            Ok(Some(screen)) => {
                let title = defang(&screen.label);
                respond::html(StatusCode::OK, &EntityPage::new(app, &title, pages::counts(app), &screen))
            }
            Ok(None) => absent(app),
            Err(error) => failed(app, &error),
        }
    })
    .await
}

/// Shows a community.
pub(super) async fn community(State(app): State<App>, Path(id): Path<String>) -> Response {
    respond::blocking(app, move |app| match data::community(&app.data, &id) {
        Some(screen) => {
            let page = CommunityPage::new(app, "Community", pages::counts(app), &screen);
            respond::html(StatusCode::OK, &page)
        }
        None => absent(app),
    })
    .await
}

/// Shows a record.
pub(super) async fn record(State(app): State<App>, Path(id): Path<String>) -> Response {
    respond::blocking(app, move |app| match data::record(&app.data, &id, app.options.is_steward) {
        Ok(Some(screen)) => {
            respond::html(StatusCode::OK, &RecordPage::new(app, "Record", pages::counts(app), &screen))
        }
        Ok(None) => absent(app),
        Err(error) => failed(app, &error),
    })
    .await
}

/// Shows the run.
pub(super) async fn run(State(app): State<App>) -> Response {
    respond::blocking(app, |app| match data::run(&app.data, app.options.is_steward) {
        Ok(screen) => respond::html(StatusCode::OK, &RunPage::new(app, "Run", pages::counts(app), &screen)),
        Err(error) => failed(app, &error),
    })
    .await
}

/// Shows the model.
pub(super) async fn model(State(app): State<App>) -> Response {
    respond::blocking(app, |app| {
        let judgements = all_judgements(app).map(|all| app.judgements_on_flags(&all));
        let screen =
            judgements.and_then(|judgements| data::model(&app.data, &judgements, app.options.is_steward));
        match screen {
            Ok(screen) => {
                let view = ModelView::new(screen);
                respond::html(StatusCode::OK, &ModelPage::new(app, "Model", pages::counts(app), &view))
            }
            Err(error) => failed(app, &error),
        }
    })
    .await
}

/// Shows the log of judgements.
pub(super) async fn judgements(State(app): State<App>) -> Response {
    respond::blocking(app, |app| {
        let all = match all_judgements(app) {
            Ok(all) => all,
            Err(error) => return failed(app, &error),
        };
        let mut shown = app.judgements_on_flags(&all);
        shown.extend(all.into_iter().filter(|judgement| judgement.kind == Kind::Identity));
        shown.sort_by_key(|judgement| judgement.recorded_at);
        let log = data::judgement_log(&app.data, &shown, |flag| app.flags.has(flag));
        respond::html(StatusCode::OK, &JudgementsPage::new(app, "Judgements", pages::counts(app), &log))
    })
    .await
}

/// Returns intelligence text as a page shows it.
fn shown(text: &str) -> String {
    defang(text)
}

/// Returns a text of the program; a dash for `None`.
#[expect(clippy::ref_option, reason = "templates hand every value on by reference")]
fn or_dash(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("–")
}

/// A whole number, by value or by reference: templates hand on both.
trait Amount {
    fn amount(&self) -> u64;
}

impl Amount for u32 {
    fn amount(&self) -> u64 {
        u64::from(*self)
    }
}

impl Amount for u64 {
    fn amount(&self) -> u64 {
        *self
    }
}

impl Amount for usize {
    fn amount(&self) -> u64 {
        *self as u64
    }
}

impl<T: Amount> Amount for &T {
    fn amount(&self) -> u64 {
        (**self).amount()
    }
}

/// Returns a count with its digits in groups of three.
fn count(number: impl Amount) -> String {
    language::thousands(number.amount())
}

/// A real number, by value or by reference.
trait Real {
    fn real(&self) -> f64;
}

impl Real for f64 {
    fn real(&self) -> f64 {
        *self
    }
}

impl<T: Real> Real for &T {
    fn real(&self) -> f64 {
        (**self).real()
    }
}

/// Returns a number to four significant digits.
fn number(value: impl Real) -> String {
    crate::report::number(&Some(value.real()))
}

/// Returns a number to four significant digits; a dash for `None`.
#[expect(clippy::ref_option, reason = "templates hand every value on by reference")]
fn number_or_dash(value: &Option<f64>) -> String {
    crate::report::number(value)
}

/// Returns a number with its sign and two decimals.
fn signed(value: impl Real) -> String {
    format!("{:.2}", value.real()).replace('-', "−")
}

/// Returns the difference of two weights with its sign.
fn difference(before: impl Real, after: impl Real) -> String {
    let difference = after.real() - before.real();
    let sign = if difference > 0.0 { "+" } else { "" };
    format!("{sign}{}", number(difference))
}

/// Returns a percentile with one decimal.
fn percentile(value: impl Real) -> String {
    format!("{:.1}", value.real())
}

/// Returns a share as a percentage.
fn percent(share: impl Real) -> String {
    format!("{:.1} %", share.real() * 100.0)
}

/// Returns bytes in MiB.
fn mebibytes(bytes: impl Amount) -> String {
    language::thousands(bytes.amount() / (1 << 20))
}

/// Returns the change of a rank in words.
fn rank_change(row: &Centrality) -> String {
    match (&row.now, &row.before) {
        (Some(now), Some(before)) if now.rank < before.rank => {
            format!("up by {}", count(before.rank - now.rank))
        }
        (Some(now), Some(before)) if now.rank > before.rank => {
            format!("down by {}", count(now.rank - before.rank))
        }
        (Some(_), Some(_)) => "the same".to_owned(),
        _ => "–".to_owned(),
    }
}

/// Returns the cause of a move in words.
fn move_cause(cause: &MoveCause) -> String {
    match cause {
        MoveCause::Entity(cause) => format!("the entity itself: {cause}"),
        MoveCause::Links(1, cause) => format!("1 link to the community: {cause}"),
        MoveCause::Links(links, cause) => format!("{} links to the community, most: {cause}", count(links)),
        MoveCause::Grouping => {
            "no record of it changed: weights aged, or the groups around it changed".to_owned()
        }
    }
}

/// Returns the effect of a judgement in words.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the template passes a reference")]
fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::InForce => "in force",
        Effect::Replaced => "replaced by a later verdict of the same person",
        Effect::Withdrawn => "withdrawn",
        Effect::Withdraws => "withdraws another judgement",
        Effect::Identity => "identity of entities",
    }
}

/// Returns the text of a reason code.
fn reason_code(code: &str) -> String {
    Language::english().name("reason-code", code)
}

/// Returns the first cell of a row.
fn first(cells: &[String]) -> &str {
    cells.first().map_or("", String::as_str)
}
