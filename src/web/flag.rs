//! The card of a flag: claim, evidence for and against, pictures, similar flags, verdicts, and the form.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    flags::{FlagRow, Item},
    judgements,
    queue::{self, Filter},
    respond,
    similar::{self, Similar},
    state::{App, Shared},
};
use crate::{
    judgement::{Judgement, REASON_CODES, Value},
    language::Language,
    report::{
        card::{CardContent, CardEntity, CardExpected, CardLink, CardRecord, CardTest},
        defang, short,
    },
};

/// Verdicts, in the order of the page, with their keys and labels.
const VERDICTS: &[(&str, &str, &str)] = &[
    ("confirmed", "c", "Confirmed"),
    ("benign", "b", "Benign"),
    ("needs-more", "m", "Needs more"),
    ("duplicate", "d", "Duplicate"),
];

/// Content of the card screen.
pub(super) struct FlagView {
    pub(super) item: Item,
    pub(super) row: FlagRow,
    pub(super) first_flagged: String,
    /// Content of the card, defanged.
    pub(super) card: CardContent,
    /// False if this run has no candidate of the flag.
    pub(super) has_card: bool,
    pub(super) graph: String,
    pub(super) timeline: String,
    pub(super) records: Vec<RecordLine>,
    pub(super) similar: Vec<Similar>,
    pub(super) judgements: Vec<JudgementLine>,
    pub(super) verdicts: &'static [(&'static str, &'static str, &'static str)],
    /// Code, text and number of each reason.
    pub(super) reasons: Vec<(String, String, usize)>,
    /// Id of the last judgement of the flag.
    pub(super) seen: String,
    /// Query of the list.
    pub(super) list: String,
    pub(super) next: String,
    pub(super) previous: String,
    /// Place in the list from 1, and length of the list; `None` if the filter leaves the flag out.
    pub(super) place: Option<(usize, usize)>,
    pub(super) notice: Option<String>,
    /// Own judgement that was just made, and that a form can withdraw.
    pub(super) done: Option<String>,
}

/// A record of the evidence.
pub(super) struct RecordLine {
    pub(super) record: CardRecord,
    /// Reliability in words.
    pub(super) reliability: String,
    pub(super) link: String,
}

/// A judgement of the flag.
pub(super) struct JudgementLine {
    pub(super) id: String,
    pub(super) by: String,
    pub(super) value: &'static str,
    pub(super) recorded_at: String,
    pub(super) reason: String,
    pub(super) note: String,
    /// True if a later judgement withdrew it.
    pub(super) is_withdrawn: bool,
    /// True if this reviewer can withdraw it.
    pub(super) can_withdraw: bool,
}

respond::page!(FlagPage, "web/flag.html", FlagView);

/// Shows the card of a flag.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    respond::blocking(app, move |app| page(app, &id, &query, StatusCode::OK, None)).await
}

/// Returns the page of a flag, with a notice on top.
pub(super) fn page(
    app: &Shared,
    id: &str,
    query: &str,
    status: StatusCode,
    notice: Option<String>,
) -> Response {
    if !app.flags.has(id) {
        let text = "This run has no flag with this id for this audience.";
        return respond::error(app, StatusCode::NOT_FOUND, text.to_owned());
    }
    match view(app, id, query, notice) {
        Ok(Some((view, counts))) => {
            let title = view.item.title.clone();
            respond::html(status, &FlagPage::new(app, &title, counts, &view))
        }
        Ok(None) => respond::error(app, StatusCode::NOT_FOUND, "This run has no such flag.".to_owned()),
        Err(error) => respond::error(app, StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

fn view(
    app: &Shared,
    id: &str,
    query: &str,
    notice: Option<String>,
) -> Result<Option<(FlagView, respond::Counts)>, String> {
    let judgements = app.visible_judgements().map_err(|error| error.to_string())?;
    let items = app.flags.items(&judgements).map_err(|error| error.to_string())?;
    let counts = queue::counts(&items);
    let Some(item) = items.iter().find(|item| item.id == id).cloned() else { return Ok(None) };
    let filter = Filter::parse(query);
    let all = app.judgements.read().map_err(|error| error.to_string())?;
    let similar = similar::judged(app, &item, &items, &app.judgements_on_flags(&all));
    let listed = filter.apply(app, items);
    let place = listed.iter().position(|other| other.id == id);
    let neighbour = |offset: isize| {
        let position = place?.checked_add_signed(offset)?;
        listed.get(position).map(|other| respond::flag_path(&other.id, &filter.query()))
    };
    let of_flag: Vec<&Judgement> = judgements.iter().filter(|one| one.subject_id == id).collect();
    let stored = app.flags.card(id);
    let has_card = stored.is_some();
    let (content, graph, timeline) = match stored {
        Some(stored) => (stored.content, stored.graph, stored.timeline),
        None => (CardContent::default(), String::new(), String::new()),
    };
    let row = app.flags.row(id);
    let card = defanged(content, &row);
    let language = Language::english();
    let view = FlagView {
        first_flagged: item.first_flagged.map(crate::time::Moment::display_utc).unwrap_or_default(),
        records: card.records.iter().cloned().map(record_line).collect(),
        has_card,
        graph,
        timeline,
        similar,
        seen: of_flag.last().map(|judgement| judgement.id()).unwrap_or_default(),
        judgements: lines(&of_flag, &app.options.by),
        verdicts: VERDICTS,
        reasons: (1..)
            .zip(REASON_CODES)
            .map(|(number, code)| ((*code).to_owned(), language.text(&format!("reason-code.{code}")), number))
            .collect(),
        next: neighbour(1).unwrap_or_default(),
        previous: neighbour(-1).unwrap_or_default(),
        place: place.map(|place| (place + 1, listed.len())),
        list: filter.query_at(place.unwrap_or_default()),
        done: own_judgement(&judgements, &filter.done, &app.options.by),
        notice: notice.or_else(|| judgements::done_notice(&judgements, &filter.done)),
        item,
        row,
        card,
    };
    Ok(Some((view, counts)))
}

/// Returns the next flag without a verdict: after this one in the list, else from its beginning.
pub(super) fn next_left(app: &Shared, id: &str, filter: &Filter) -> Option<String> {
    let judgements = app.visible_judgements().ok()?;
    let items = app.flags.items(&judgements).ok()?;
    // A filter by state would leave out the flag that was just judged, and with it its place.
    let list = Filter { state: String::new(), ..filter.clone() }.apply(app, items.clone());
    let left: Vec<Item> = filter.apply(app, items).into_iter().filter(Item::is_left).collect();
    let place = list.iter().position(|item| item.id == id)?;
    let is_left = |item: &&Item| left.iter().any(|other| other.id == item.id) && item.id != id;
    let after = list[place..].iter().find(is_left);
    after.or_else(|| list[..place].iter().find(is_left)).map(|item| item.id.clone())
}

/// Returns the id of an own judgement that was just made.
fn own_judgement(judgements: &[Judgement], done: &str, by: &str) -> Option<String> {
    let judgement = judgements.iter().find(|judgement| judgement.id() == done && judgement.by == by)?;
    (judgement.value != Value::Withdrawn).then(|| done.to_owned())
}

fn lines(judgements: &[&Judgement], by: &str) -> Vec<JudgementLine> {
    let is_withdrawn = |id: &str| {
        judgements.iter().any(|one| one.value == Value::Withdrawn && one.other_id.as_deref() == Some(id))
    };
    let line = |judgement: &&Judgement| {
        let id = judgement.id();
        let is_withdrawn = is_withdrawn(&id);
        JudgementLine {
            by: defang(&judgement.by),
            value: judgement.value.name(),
            recorded_at: judgement.recorded_at.display_utc(),
            reason: defang(&judgement.reason),
            note: defang(
                judgement.note.as_deref().filter(|note| *note != judgement.reason).unwrap_or_default(),
            ),
            can_withdraw: judgement.by == by && !is_withdrawn && judgement.value != Value::Withdrawn,
            is_withdrawn,
            id,
        }
    };
    judgements.iter().rev().map(line).collect()
}

fn record_line(record: CardRecord) -> RecordLine {
    let language = Language::english();
    let letter = record.reliability.clone();
    let id: String = url::form_urlencoded::byte_serialize(record.record_id.as_bytes()).collect();
    RecordLine {
        reliability: if letter.is_empty() {
            String::new()
        } else {
            language.fill(&format!("reliability.{letter}"), &[("letter", letter.clone())])
        },
        link: format!("/record/{id}"),
        record,
    }
}

/// Largest number of characters of a name, and of a sentence, on a card.
const NAME_MAX: usize = 200;
const SENTENCE_MAX: usize = 600;

/// Returns a name as a card shows it: not too long, and defanged.
fn name(text: &str) -> String {
    defang(&short(text, NAME_MAX))
}

/// Returns a sentence as a card shows it: not too long, and defanged.
fn sentence(text: &str) -> String {
    defang(&short(text, SENTENCE_MAX))
}

/// Returns the content of a card with every text of intelligence defanged. A flag without a candidate in this run has the
/// reasons of its table.
fn defanged(card: CardContent, row: &FlagRow) -> CardContent {
    let each = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| sentence(text)).collect() };
    let or_row = |of_card: &[String], of_row: &[String]| {
        if of_card.is_empty() { each(of_row) } else { each(of_card) }
    };
    CardContent {
        title: sentence(&card.title),
        reasons_for: or_row(&card.reasons_for, &row.reasons_for),
        reasons_against: or_row(&card.reasons_against, &row.reasons_against),
        marking_reason: card.marking_reason.as_deref().map(sentence),
        why: sentence(&card.why),
        community: card.community.map(|(id, label)| (id, name(&label))),
        expected_of: name(&card.expected_of),
        entities: card
            .entities
            .into_iter()
            .map(|entity| CardEntity { label: name(&entity.label), kind: name(&entity.kind), ..entity })
            .collect(),
        links: card
            .links
            .into_iter()
            .map(|link| CardLink {
                from: name(&link.from),
                kind: name(&link.kind),
                to: name(&link.to),
                ..link
            })
            .collect(),
        records: card
            .records
            .into_iter()
            .map(|record| CardRecord {
                content: sentence(&record.content),
                source: name(&record.source),
                object_id: name(&record.object_id),
                marking: record.marking.as_deref().map(name),
                ..record
            })
            .collect(),
        expected: card
            .expected
            .into_iter()
            .map(|one| CardExpected { label: name(&one.label), ..one })
            .collect(),
        tests: card
            .tests
            .into_iter()
            .map(|test| CardTest { sentence: sentence(&test.sentence), ..test })
            .collect(),
        kinds: card.kinds.into_iter().map(|(letters, kind)| (letters, name(&kind))).collect(),
        ..card
    }
}
