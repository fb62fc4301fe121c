//! The second queue: pairs of entities that wait for a judgement, side by side, with the contribution of each level.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    data::{self, EntityScreen},
    judging::{Refused, append, audience_of, recorded_at, refusal},
    pages, respond, secrets,
    state::{App, Shared},
};
use crate::{
    explain::{self, WaitingPair},
    judgement::{self, Judgement, Kind, Value},
    language::Language,
    report::{defang, short},
};

/// Verdicts, in the order of the page, with their keys and labels.
const VERDICTS: &[(&str, &str, &str)] =
    &[("same", "s", "Same"), ("different", "d", "Different"), ("unsure", "u", "Unsure")];
/// Largest number of characters of a note.
const NOTE_MAX: usize = 2_000;
/// Characters of a text of a source that are shown; a source may deliver a name of 100,000.
const SHOWN_MAX: usize = 2_000;
/// Rows of the list that are shown.
const ROWS_MAX: usize = 500;

/// Content of the list.
pub(super) struct PairsView {
    pairs: Vec<WaitingPair>,
    count: usize,
    decided: usize,
    notice: Option<Notice>,
}

/// A judgement that was just made, and that a form can withdraw.
struct Notice {
    text: String,
    id: String,
}

/// Content of the page of a pair.
pub(super) struct PairView {
    pair: WaitingPair,
    sides: [EntityScreen; 2],
    judgements: Vec<PairJudgement>,
    verdicts: &'static [(&'static str, &'static str, &'static str)],
    seen: String,
    next: String,
    previous: String,
    place: (usize, usize),
    notice: Option<Notice>,
}

/// A judgement of the pair.
struct PairJudgement {
    id: String,
    by: String,
    value: &'static str,
    recorded_at: String,
    reason: String,
    is_withdrawn: bool,
    can_withdraw: bool,
}

respond::page!(PairsPage, "web/pairs.html", PairsView);
respond::page!(PairPage, "web/pair.html", PairView);

/// Query of a page: the judgement that was just made.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// Form of a verdict on a pair.
#[derive(Clone, Deserialize)]
pub(super) struct PairForm {
    #[serde(default)]
    csrf: String,
    value: String,
    #[serde(default)]
    note: String,
    /// Id of the last judgement of the pair that the page knew; empty if it knew none.
    #[serde(default)]
    seen: String,
}

fn path(id: &str, done: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    if done.is_empty() { format!("/pair/{id}") } else { format!("/pair/{id}?done={done}") }
}

/// Returns every judgement, and the pairs with the verdicts in force.
fn read(app: &Shared) -> Result<(Vec<Judgement>, Vec<WaitingPair>), String> {
    let judgements = app.judgements.read().map_err(|error| error.to_string())?.to_vec();
    let mut pairs = app.pairs.clone();
    explain::add_verdicts(&mut pairs, &judgements);
    Ok((judgements, pairs))
}

/// Shows the list.
pub(super) async fn list(State(app): State<App>, Query(query): Query<Done>) -> Response {
    respond::blocking(app, move |app| match read(app) {
        Ok((judgements, pairs)) => {
            let decided = pairs.iter().filter(|pair| pair.is_decided()).count();
            let (count, notice) = (pairs.len(), notice(app, &judgements, &query.done));
            let pairs = pairs.into_iter().take(ROWS_MAX).collect();
            let view = PairsView { pairs, count, decided, notice };
            respond::html(StatusCode::OK, &PairsPage::new(app, "Identity", pages::counts(app), &view))
        }
        Err(error) => respond::error(app, StatusCode::INTERNAL_SERVER_ERROR, error),
    })
    .await
}

/// Shows a pair.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<Done>,
) -> Response {
    respond::blocking(app, move |app| match view(app, &id, &query.done) {
        Ok(Some(view)) => {
            respond::html(StatusCode::OK, &PairPage::new(app, "Identity", pages::counts(app), &view))
        }
        Ok(None) => respond::error(
            app,
            StatusCode::NOT_FOUND,
            "This run has no pair with this id for this audience.".to_owned(),
        ),
        Err(error) => respond::error(app, StatusCode::INTERNAL_SERVER_ERROR, error),
    })
    .await
}

fn view(app: &Shared, id: &str, done: &str) -> Result<Option<PairView>, String> {
    let (judgements, pairs) = read(app)?;
    let Some(position) = pairs.iter().position(|pair| pair.pair_id == id) else { return Ok(None) };
    let pair = pairs[position].clone();
    let side =
        |at: usize| data::entity(&app.data, &[], &pair.entity_ids[at]).map_err(|error| error.to_string());
    let (Some(one), Some(other)) = (side(0)?, side(1)?) else { return Ok(None) };
    let at = |position: usize| pairs.get(position).map(|pair| path(&pair.pair_id, "")).unwrap_or_default();
    let of_pair: Vec<&Judgement> = judgements.iter().filter(|one| pair.is_judged_by(one)).collect();
    Ok(Some(PairView {
        sides: [one, other],
        seen: of_pair.last().map(|last| last.id()).unwrap_or_default(),
        judgements: lines(app, &judgements, &of_pair),
        verdicts: VERDICTS,
        next: at(position + 1),
        previous: position.checked_sub(1).map(at).unwrap_or_default(),
        place: (position + 1, pairs.len()),
        notice: notice(app, &judgements, done),
        pair,
    }))
}

/// Returns the judgements of a pair as lines. A reason stays hidden if the person saw results of another audience.
fn lines(app: &Shared, all: &[Judgement], of_pair: &[&Judgement]) -> Vec<PairJudgement> {
    let withdrawn = judgement::withdrawn_ids(all);
    let line = |one: &&Judgement| {
        let (id, is_own) = (one.id(), one.by == app.options.by);
        let is_withdrawn = withdrawn.contains(&id);
        let sees_reason = app.sees_everything() || one.audience.as_ref() == Some(&app.options.audience);
        PairJudgement {
            by: one.by.clone(),
            value: one.value.name(),
            recorded_at: one.recorded_at.display_utc(),
            reason: if sees_reason { one.reason.clone() } else { String::new() },
            is_withdrawn,
            can_withdraw: is_own && !is_withdrawn && one.value != Value::Withdrawn,
            id,
        }
    };
    of_pair.iter().map(line).collect()
}

fn notice(app: &Shared, judgements: &[Judgement], done: &str) -> Option<Notice> {
    let made = judgements.iter().find(|one| !done.is_empty() && one.id() == done)?;
    let is_own = made.kind == Kind::Identity && made.by == app.options.by;
    let text = match made.value {
        Value::Withdrawn => "The judgement was withdrawn.".to_owned(),
        value => format!("Saved: {}. The next run uses it.", value.name()),
    };
    is_own
        .then(|| Notice { text, id: if made.value == Value::Withdrawn { String::new() } else { made.id() } })
}

/// Stores a verdict on a pair.
pub(super) async fn judge(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Form<PairForm>,
) -> Response {
    respond::blocking(app, move |app| match store(app, &id, &form) {
        Ok(stored) => {
            let (_, pairs) = read(app).unwrap_or_default();
            let position = pairs.iter().position(|pair| pair.pair_id == id).unwrap_or_default();
            let (before, after) = pairs.split_at(position.min(pairs.len()));
            let next = after.iter().skip(1).chain(before).find(|pair| pair.verdicts.is_empty());
            respond::see_other(&match next {
                Some(next) => path(&next.pair_id, &stored.id()),
                None => format!("/pairs?done={}", stored.id()),
            })
        }
        Err(refused) => refusal(app, None, refused, false),
    })
    .await
}

/// Appends a verdict to the archive. A repeated form returns the judgement that it stored before.
fn store(app: &Shared, id: &str, form: &PairForm) -> Result<Judgement, Refused> {
    if !secrets::is_equal(&form.csrf, &app.secrets.csrf) {
        return Err(Refused::Forged);
    }
    let pair = app.pairs.iter().find(|pair| pair.pair_id == id).ok_or(Refused::Unknown)?;
    let draft = draft(app, pair, form)?;
    append(app, |known| {
        let of_pair: Vec<&Judgement> = known.iter().filter(|one| pair.is_judged_by(one)).collect();
        let last = of_pair.last().copied();
        if last.map(Judgement::id).unwrap_or_default() == form.seen {
            let stored = Judgement { recorded_at: recorded_at(app, last), ..draft };
            return Ok((stored.clone(), Some(stored)));
        }
        match last {
            Some(stored)
                if stored.by == draft.by && stored.value == draft.value && stored.reason == draft.reason =>
            {
                Ok((stored.clone(), None))
            }
            Some(stored) => Err(Refused::Conflict(Box::new(stored.clone()))),
            None => Err(Refused::Invalid("This page is out of date. Open the pair again.")),
        }
    })
}

fn draft(app: &Shared, pair: &WaitingPair, form: &PairForm) -> Result<Judgement, Refused> {
    let is_offered = VERDICTS.iter().any(|(value, ..)| *value == form.value);
    let value = Value::parse(Kind::Identity, &form.value)
        .filter(|_| is_offered)
        .ok_or(Refused::Invalid("The verdict must be same, different or unsure."))?;
    let note = form.note.replace("\r\n", "\n").trim().to_owned();
    if note.chars().count() > NOTE_MAX {
        return Err(Refused::Invalid("The note has more than 2,000 characters."));
    }
    let has_words = note.chars().any(char::is_alphanumeric);
    let reason = if has_words { note } else { Language::english().text("reason-code.none") };
    let [one, other] = &pair.entity_ids;
    Ok(Judgement {
        judgement_id: None,
        recorded_at: (app.options.now)(),
        by: app.options.by.clone(),
        subject_id: one.clone(),
        other_id: Some(other.clone()),
        kind: Kind::Identity,
        value,
        reason,
        reason_code: None,
        note: None,
        identifiers: [one, other].map(|id| data::kept_identifiers(&app.data, id)).to_vec(),
        audience: audience_of(app),
    })
}

/// Returns intelligence text as a page shows it, up to its limit.
fn shown(text: &str) -> String {
    defang(&short(text, SHOWN_MAX))
}

/// Returns a text of the program; a dash for `None`.
#[expect(clippy::ref_option, reason = "templates hand every value on by reference")]
fn or_dash(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("–")
}

/// Returns a probability with three decimals; a dash for `None`.
#[expect(clippy::ref_option, reason = "templates hand every value on by reference")]
fn probability(value: &Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// Returns the meaning of a level.
fn meaning(level: &str) -> &'static str {
    explain::level_meaning(level)
}
