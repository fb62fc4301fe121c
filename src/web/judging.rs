//! Verdicts and withdrawals. The answer follows after the judgement is on disk.
//!
//! Judgements have a lock of their own, so that a verdict is stored while a run works; the next run uses it. Under the
//! lock the server compares the last judgement of the flag with the one that the page knew (`seen`). If they differ,
//! somebody judged in between, and the answer is a conflict. A form that is sent again after a lost answer finds its own
//! judgement, and adds none.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    flag,
    queue::Filter,
    respond, secrets,
    state::{App, Shared},
};
use crate::{
    archive::append_judgements,
    judgement::{Judgement, Kind, REASON_CODES, Value},
    language::Language,
    time::Moment,
};

/// Largest number of characters of a note.
const NOTE_MAX: usize = 2_000;

/// Form of a verdict.
#[derive(Clone, Deserialize)]
pub(super) struct VerdictForm {
    #[serde(default)]
    csrf: String,
    value: String,
    #[serde(default)]
    reason_code: String,
    #[serde(default)]
    note: String,
    /// Id of the last judgement of the flag that the page knew; empty if it knew none.
    #[serde(default)]
    seen: String,
    /// Query of the list from which the person came.
    #[serde(default)]
    list: String,
}

/// Form of a withdrawal.
#[derive(Deserialize)]
pub(super) struct WithdrawForm {
    #[serde(default)]
    csrf: String,
}

/// Reason why a judgement was not stored.
pub(super) enum Refused {
    /// The token of the form is wrong.
    Forged,
    /// There is no such flag or judgement for this audience.
    Unknown,
    /// A field has a value that is not allowed.
    Invalid(&'static str),
    /// Another judgement was made since the page was loaded.
    Conflict(Box<Judgement>),
    /// The archive did not take it.
    Failed(String),
}

/// Stores a verdict.
pub(super) async fn judge(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<VerdictForm>,
) -> Response {
    let is_json = respond::wants_json(&headers);
    respond::blocking(app, move |app| {
        let stored = store_verdict(app, &id, &form);
        match stored {
            Ok(judgement) => saved(app, &id, &judgement, &form.list, is_json),
            Err(refused) => refusal(app, Some(&id), refused, is_json),
        }
    })
    .await
}

/// Withdraws a judgement of this reviewer.
pub(super) async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<WithdrawForm>,
) -> Response {
    let is_json = respond::wants_json(&headers);
    respond::blocking(app, move |app| match store_withdrawal(app, &id, &form) {
        Ok(withdrawal) => {
            if withdrawal.kind == Kind::Identity {
                return respond::see_other(&format!("/pairs?done={}", withdrawal.id()));
            }
            let flag = withdrawal.subject_id.clone();
            if is_json {
                let next = respond::flag_path(&flag, "");
                let message = "The verdict was withdrawn.";
                let answer =
                    json!({ "ok": true, "judgement_id": withdrawal.id(), "next": next, "message": message });
                return respond::json(StatusCode::OK, &answer);
            }
            respond::see_other(&respond::flag_path(&flag, &format!("done={}", withdrawal.id())))
        }
        Err(refused) => refusal(app, None, refused, is_json),
    })
    .await
}

/// Appends a verdict to the archive. A repeated form returns the judgement that it stored before.
fn store_verdict(app: &Shared, id: &str, form: &VerdictForm) -> Result<Judgement, Refused> {
    if !secrets::is_equal(&form.csrf, &app.secrets.csrf) {
        return Err(Refused::Forged);
    }
    if !app.flags.has(id) {
        return Err(Refused::Unknown);
    }
    let draft = draft(app, id, form)?;
    append(app, |known| {
        let of_flag: Vec<&Judgement> = known.iter().filter(|one| is_about(one, id)).collect();
        let seen = |position: Option<usize>| position.map(|at| of_flag[at].id()).unwrap_or_default();
        let last = of_flag.len().checked_sub(1);
        if seen(last) == form.seen {
            let recorded_at = recorded_at(app, last.map(|at| of_flag[at]));
            let judgement = Judgement { recorded_at, ..draft.clone() };
            return Ok((judgement.clone(), Some(judgement)));
        }
        match last.map(|at| (of_flag[at], seen(at.checked_sub(1)))) {
            Some((stored, before)) if before == form.seen && is_same(stored, &draft) => {
                Ok((stored.clone(), None))
            }
            Some((stored, _)) => Err(Refused::Conflict(Box::new(stored.clone()))),
            // The page knew a judgement that the archive does not have, as after a restored copy.
            None => Err(Refused::Invalid("This page is out of date. Open the flag again.")),
        }
    })
}

/// Appends a withdrawal. A repeated form returns the withdrawal that it stored before.
fn store_withdrawal(app: &Shared, id: &str, form: &WithdrawForm) -> Result<Judgement, Refused> {
    if !secrets::is_equal(&form.csrf, &app.secrets.csrf) {
        return Err(Refused::Forged);
    }
    append(app, |known| {
        let named = known.iter().find(|one| one.id() == id && is_shown(app, one));
        let named = named.filter(|one| one.value != Value::Withdrawn).ok_or(Refused::Unknown)?;
        if named.by != app.options.by {
            return Err(Refused::Invalid("Only the person who gave a verdict can withdraw it here."));
        }
        let is_of_subject = |one: &&Judgement| one.kind == named.kind && one.subject_id == named.subject_id;
        let of_flag = || known.iter().filter(is_of_subject);
        let earlier =
            of_flag().find(|one| one.value == Value::Withdrawn && one.other_id.as_deref() == Some(id));
        if let Some(earlier) = earlier {
            return Ok((earlier.clone(), None));
        }
        let judgement = Judgement {
            judgement_id: None,
            recorded_at: recorded_at(app, of_flag().next_back()),
            by: app.options.by.clone(),
            subject_id: named.subject_id.clone(),
            other_id: Some(id.to_owned()),
            kind: named.kind,
            value: Value::Withdrawn,
            reason: String::new(),
            reason_code: None,
            note: None,
            identifiers: Vec::new(),
            audience: audience_of(app),
        };
        Ok((judgement.clone(), Some(judgement)))
    })
}

/// Appends what `decide` makes: the judgement to answer with, and the one to store.
pub(super) fn append(
    app: &Shared,
    decide: impl FnOnce(&[Judgement]) -> Result<(Judgement, Option<Judgement>), Refused>,
) -> Result<Judgement, Refused> {
    let mut answer = None;
    let appended = append_judgements(&app.options.config.state, |known| {
        let (judgement, new) = decide(known)?;
        answer = Some(judgement);
        Ok(new.into_iter().collect())
    });
    match appended {
        Ok(Ok(_)) => answer.ok_or_else(|| Refused::Failed(String::new())),
        Ok(Err(refused)) => Err(refused),
        Err(error) => Err(Refused::Failed(error.to_string())),
    }
}

/// Returns the judgement that a form describes, without its recorded time.
fn draft(app: &Shared, id: &str, form: &VerdictForm) -> Result<Judgement, Refused> {
    let value = Value::parse(Kind::Flag, &form.value)
        .filter(|value| *value != Value::Withdrawn)
        .ok_or(Refused::Invalid("The verdict must be confirmed, benign, needs-more or duplicate."))?;
    let code = Some(form.reason_code.as_str()).filter(|code| !code.is_empty());
    if code.is_some_and(|code| !REASON_CODES.contains(&code)) {
        return Err(Refused::Invalid("The reason is not one of the list."));
    }
    let note = form.note.replace("\r\n", "\n");
    let note = Some(note.trim()).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > NOTE_MAX) {
        return Err(Refused::Invalid("The note has more than 2,000 characters."));
    }
    let language = Language::english();
    let reason = match (code, note) {
        (Some(code), _) => language.text(&format!("reason-code.{code}")),
        (None, Some(note)) if note.chars().any(char::is_alphanumeric) => note.to_owned(),
        _ => language.text("reason-code.none"),
    };
    Ok(Judgement {
        judgement_id: None,
        recorded_at: (app.options.now)(),
        by: app.options.by.clone(),
        subject_id: id.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason,
        reason_code: code.map(str::to_owned),
        note: note.map(str::to_owned),
        identifiers: Vec::new(),
        audience: audience_of(app),
    })
}

/// Returns the audience whose results the reviewer sees; `None` if it may read everything.
pub(super) fn audience_of(app: &Shared) -> Option<String> {
    (!app.sees_everything()).then(|| app.options.audience.clone())
}

/// Returns the current time, but after the last judgement of the flag, so that the order of judgements is certain.
pub(super) fn recorded_at(app: &Shared, last: Option<&Judgement>) -> Moment {
    let after = last.map(|last| Moment::from_micros(last.recorded_at.micros() + 1));
    after.map_or((app.options.now)(), |after| after.max((app.options.now)()))
}

/// Returns whether the audience has the flag or the pair that a judgement is about.
fn is_shown(app: &Shared, judgement: &Judgement) -> bool {
    match judgement.kind {
        Kind::Flag => app.flags.has(&judgement.subject_id),
        Kind::Identity => app.pairs.iter().any(|pair| pair.is_judged_by(judgement)),
    }
}

fn is_about(judgement: &Judgement, flag: &str) -> bool {
    judgement.kind == Kind::Flag && judgement.subject_id == flag
}

/// Returns whether two judgements are equal but for their recorded times.
fn is_same(stored: &Judgement, draft: &Judgement) -> bool {
    let stored = Judgement { recorded_at: draft.recorded_at, judgement_id: None, ..stored.clone() };
    stored == *draft
}

/// Answers after a verdict was stored: the script gets JSON, a form the next flag without a verdict.
fn saved(app: &Shared, id: &str, judgement: &Judgement, list: &str, is_json: bool) -> Response {
    let filter = Filter::parse(list);
    let next = flag::next_left(app, id, &filter);
    let message = format!("Saved: {}.", judgement.value.name());
    if is_json {
        let next =
            next.map_or_else(|| "/queue".to_owned(), |next| respond::flag_path(&next, &filter.query()));
        let answer = json!({ "ok": true, "judgement_id": judgement.id(), "next": next, "message": message });
        return respond::json(StatusCode::OK, &answer);
    }
    let done = format!("done={}", judgement.id());
    let query = [filter.query(), done.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("&");
    respond::see_other(&match next {
        Some(next) => respond::flag_path(&next, &query),
        None => format!("/queue?{done}"),
    })
}

pub(super) fn refusal(app: &Shared, flag_id: Option<&str>, refused: Refused, is_json: bool) -> Response {
    let (status, text, conflict) = match refused {
        Refused::Forged => (
            StatusCode::FORBIDDEN,
            "The form is not of this session, so nothing was saved. Open the page again.".to_owned(),
            None,
        ),
        Refused::Unknown => (StatusCode::NOT_FOUND, "There is no such flag or judgement.".to_owned(), None),
        Refused::Invalid(text) => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{text} Nothing was saved."), None)
        }
        Refused::Conflict(judgement) => {
            let (value, by) = (judgement.value.name(), judgement.by.clone());
            let text = format!(
                "{by} judged this since you opened it: {value}, {}. Your verdict was not saved. Read it \
                 again, then decide.",
                judgement.recorded_at.display_utc()
            );
            (StatusCode::CONFLICT, text, Some(judgement))
        }
        Refused::Failed(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The archive did not take the verdict, so it was not saved: {error}."),
            None,
        ),
    };
    if is_json {
        let conflict = conflict.map(|judgement| {
            json!({
                "judgement_id": judgement.id(), "by": judgement.by, "value": judgement.value.name(),
                "recorded_at": judgement.recorded_at, "message": text,
            })
        });
        let mut answer = json!({ "ok": false, "message": text });
        if let Some(conflict) = conflict {
            answer["conflict"] = conflict;
        }
        return respond::json(status, &answer);
    }
    match (flag_id, conflict) {
        (Some(id), Some(_)) => flag::page(app, id, "", status, Some(text)),
        _ => respond::error(app, status, text),
    }
}
