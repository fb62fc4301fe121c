//! Questions about nights: why an entity is one, what differs between two nights.

use std::{collections::BTreeSet, path::Path};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Config, Rules, RunError, looks,
    memory::{self, Followed, Memory, Story},
    models,
    morning::Morning,
    queue, warnings, why,
};
use crate::{
    archive::{Access, Archive, Holdings, Night},
    canonical,
    entity::{Entity, EntityIndex},
    features,
    judgement::{self, Judgement},
    link::Link,
    model::Model,
    output::morning::Queued,
    record::{Record, RecordIndex},
    resolve::{self, Resolution},
    review::{self, State},
    survey::Community,
    temporal::{ChangeGroup, lineage::Fate},
    time::Moment,
    view::{AsOf, Audience, View},
    watch::Watch,
};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The archive, the place or the configuration.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No night yet.
    #[error("the archive `{0}` holds no night yet; run one first")]
    NoNight(String),
    /// No published run.
    #[error("there is no run below `{0}`; run one first")]
    NoRunFolder(String),
    /// Runs, and none of them is the latest.
    #[error(
        "there is no `latest` below `{out}` that leads to a run; name a run{}",
        listed(": the last are ", last)
    )]
    NoLatest {
        /// Where runs are published.
        out: String,
        /// The last runs there are.
        last: Vec<String>,
    },
    /// A run that is not there.
    #[error(
        "there is no run `{run}`; give a date or the beginning of a folder's name{}",
        listed(": the last are ", last)
    )]
    NotARun {
        /// As asked for.
        run: String,
        /// The last runs there are.
        last: Vec<String>,
    },
    /// A text that may mean several runs.
    #[error("`{run}` may mean several runs{}", listed(": ", names))]
    SeveralRuns {
        /// As asked for.
        run: String,
        /// Those that it may mean.
        names: Vec<String>,
    },
    /// A table that lacks a column of this version.
    #[error("the table {0} of that run lacks a column; run it again")]
    Lacks(&'static str),
    /// Nothing of that name.
    #[error(
        "nothing known in this run is called `{0}`; give an id, an identifier, a name or an alias, also with its kind (malware:NAME)"
    )]
    Unknown(String),
    /// A name that several entities have.
    #[error("`{word}` may mean {} entities; ask for one of them: {}", alternatives.len(), spelled(alternatives))]
    Ambiguous {
        /// As asked for.
        word: String,
        /// Each with what to ask for instead.
        alternatives: Vec<Alternative>,
    },
}

/// One of several entities that a name may mean.
#[derive(Debug, Serialize)]
pub struct Alternative {
    /// What means it alone: `kind:name`, or the id where that is not enough.
    pub ask: String,
    /// Lasting id.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// The name to show.
    pub label: String,
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

fn spelled(alternatives: &[Alternative]) -> String {
    let one = |row: &Alternative| format!("{} ({}, {})", row.ask, row.label, row.id);
    alternatives.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl From<crate::archive::ArchiveError> for QuestionError {
    fn from(error: crate::archive::ArchiveError) -> Self {
        Self::Run(error.into())
    }
}

/// The latest night, resolved again for one reader.
pub struct Known {
    archive: Archive,
    config: Config,
    judgements: Vec<Judgement>,
    night: Night,
    rules: Rules,
    holdings: Holdings,
    audience: Audience,
    view: View,
    resolution: Resolution,
}

/// Opens a run of an archive for a reader: the latest, or the one that a date, a time or the beginning of its
/// folder's name means. Without a name of a reader for one who sees everything.
pub fn open(config: &Config, audience: Option<&str>, run: Option<&str>) -> Result<Known, QuestionError> {
    let state = &config.state;
    let archive = Archive::open(state, Access::Read)?;
    let mut nights = archive.nights();
    let at = match run {
        None | Some("latest") => nights.len().checked_sub(1),
        Some(text) => Some(queue::pick(&folders(&nights), text)?),
    };
    let at = at.ok_or_else(|| QuestionError::NoNight(state.display().to_string()))?;
    let night = nights.swap_remove(at);
    let rules = warnings::rules_of(&archive, &night, &config.rules)?;
    opened(archive, config, audience, night, rules)
}

/// Opens a run by some rules.
fn opened(
    archive: Archive,
    config: &Config,
    audience: Option<&str>,
    night: Night,
    rules: Rules,
) -> Result<Known, QuestionError> {
    let judgements = archive.judgements()?;
    let audience = match audience {
        None | Some("all") => Audience::all(),
        Some(name) => looks::readers(&rules, Some(name))?.remove(0),
    };
    let holdings = archive.read()?;
    let view = holdings.view(rules.lens(&audience), None, AsOf::of(night.moment))?;
    let resolution = resolve::resolve(&view, &rules.survey.resolve, &rules.survey.weight);
    Ok(Known {
        archive,
        config: config.clone(),
        judgements,
        night,
        rules,
        holdings,
        audience,
        view,
        resolution,
    })
}

fn folders(nights: &[Night]) -> Vec<String> {
    nights.iter().map(|night| night.moment.folder()).collect()
}

/// What a word in a question means.
enum Subject<'a> {
    Entity(EntityIndex, &'a str),
    Link(&'a Link),
    Community(String),
    Flag(String),
    Candidate(String),
}

/// Answers "what is this, and on what records does it stand".
pub fn explain(known: &Known, word: &str, watch: &Watch) -> Result<Value, QuestionError> {
    Ok(match find(known, word)? {
        Subject::Entity(at, name) => {
            let mut answer = explain_entity(known, at);
            let others = if name == word { others_called(known, word, at) } else { Vec::new() };
            if !others.is_empty() {
                answer["others_of_that_name"] = others.into();
            }
            answer
        }
        Subject::Link(link) => explain_link(known, link),
        Subject::Community(id) => explain_community(known, &id, watch)?,
        Subject::Flag(id) => explain_flag(known, &id, watch)?,
        Subject::Candidate(id) => explain_candidate(known, &id, watch)?,
    })
}

/// Answers "why are these two one, or why not".
pub fn explain_pair(known: &Known, one: &str, other: &str) -> Result<Value, QuestionError> {
    let ((a, one), (b, other)) = (entity(known, one)?, entity(known, other)?);
    let said = |at: EntityIndex| &known.resolution.entities[at as usize];
    if a == b {
        let others = [others_called(known, one, a), others_called(known, other, a)].concat();
        return Ok(json!({
            "question": "why one",
            "answer": format!("\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are one entity: {}", said(a).label),
            "entity": named(said(a)),
            "others_of_these_names": others,
            "names": names_with_records(known, said(a), &[one, other]),
            "because": reasons(known, a),
        }));
    }
    let (low, high) = (a.min(b), a.max(b));
    let refused: Vec<Value> = known
        .resolution
        .contested
        .iter()
        .filter(|row| row.entity == low && row.other == high)
        .map(|row| json!({ "rule": row.rule, "reason": row.reason }))
        .collect();
    let why = if refused.is_empty() {
        "no rule of identity joins them: they share no canonical identifier, catalogue entry, uuid or listed name"
    } else {
        "a rule would join them, and a constraint keeps them apart until a person decides"
    };
    let ties: Vec<Value> = known
        .resolution
        .links
        .iter()
        .filter(|link| (link.from, link.to) == (a, b) || (link.from, link.to) == (b, a))
        .map(|link| explain_link(known, link))
        .collect();
    Ok(json!({
        "question": "why two",
        "answer": format!("\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are two entities: {why}"),
        "entities": [named(said(a)), named(said(b))],
        "contested": refused,
        "links": ties,
    }))
}

fn find<'a>(known: &'a Known, word: &'a str) -> Result<Subject<'a>, QuestionError> {
    if let Some(link) = known.resolution.links.iter().find(|link| link.id == word) {
        return Ok(Subject::Link(link));
    }
    if word.starts_with("community-") {
        return Ok(Subject::Community(word.to_owned()));
    }
    if word.starts_with("flag-") {
        return Ok(Subject::Flag(word.to_owned()));
    }
    if word.starts_with("candidate-") {
        return Ok(Subject::Candidate(word.to_owned()));
    }
    entity(known, word).map(|(at, name)| Subject::Entity(at, name))
}

/// Follows the night again, with what earlier nights leave to it.
fn followed(known: &Known, watch: &Watch) -> Result<(Memory, Followed), QuestionError> {
    let story = Story {
        holdings: &known.holdings,
        rules: &known.rules,
        audience: &known.audience,
        judgements: &known.judgements,
    };
    let before = memory::before(&known.archive, story, known.night.moment, watch, &|_| {})?;
    let followed = memory::follow(story, &before, known.night.moment, watch)?;
    Ok((before, followed))
}

/// What a flag is in a run, also where it was found in an earlier run only.
struct FlagNow {
    state: State,
    rank: Option<u32>,
    score: f64,
    judged: Option<(judgement::Value, Moment)>,
    answered: Option<Moment>,
    last_found: Moment,
}

fn explain_flag(known: &Known, id: &str, watch: &Watch) -> Result<Value, QuestionError> {
    let (before, followed) = followed(known, watch)?;
    let model = models::load(&known.config).map_err(RunError::from)?;
    let morning = Morning::of(&followed, &model, &known.rules.review);
    let queued = morning.queued();
    let row = queued.iter().find(|row| row.flag.id == id);
    let Some(remembered) = followed.memory.flags().get(id) else {
        return explain_flag_of_another_run(known, id, watch);
    };
    let now = FlagNow {
        state: row.map_or(remembered.state, |row| row.flag.state),
        rank: row.and_then(|row| row.rank),
        score: row.map_or(0.0, |row| row.score),
        judged: remembered.judged,
        answered: remembered.answered,
        last_found: remembered.last_found,
    };
    match row.filter(|row| row.candidate.is_some()) {
        Some(row) => flag_answer(known, (&before, &followed), row, &model, &now, watch),
        // What it stands on is in the run that found it last; what it is now is known here.
        None => flag_where_found(known, id, &now, watch),
    }
}

/// Explains a flag by the run that found it last.
fn flag_where_found(known: &Known, id: &str, now: &FlagNow, watch: &Watch) -> Result<Value, QuestionError> {
    let run = known.archive.nights().into_iter().find(|night| night.moment == now.last_found);
    let night = run.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let of_then = warnings::rules_of(&known.archive, &night, &known.config.rules)?;
    // By the rules of then that run may not have it; by those of now it has.
    for rules in [of_then, known.rules.clone()] {
        let archive = Archive::open(&known.config.state, Access::Read)?;
        let then = opened(archive, &known.config, Some(&known.audience.name), night.clone(), rules)?;
        let (before, followed) = followed(&then, watch)?;
        let model = models::load(&then.config).map_err(RunError::from)?;
        let morning = Morning::of(&followed, &model, &then.rules.review);
        let queued = morning.queued();
        if let Some(row) = queued.iter().find(|row| row.flag.id == id && row.candidate.is_some()) {
            return flag_answer(&then, (&before, &followed), row, &model, now, watch);
        }
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Explains a flag that this run does not have: by the newest published run that has it.
fn explain_flag_of_another_run(known: &Known, id: &str, watch: &Watch) -> Result<Value, QuestionError> {
    let own = known.night.moment.folder();
    for name in queue::published(&known.config.out).into_iter().rev().filter(|name| *name != own) {
        let folder = known.config.out.join(&name).join(&known.audience.name);
        // A folder without such a table is no answer, and no error: another one may have it.
        let Ok(flags) = queue::flags(&folder, &known.judgements) else { continue };
        let Some(line) = flags.into_iter().find(|flag| flag.flag_id == id) else { continue };
        let is_known = known.archive.nights().iter().any(|night| night.moment.folder() == name);
        if is_known {
            let then = open(&known.config, Some(&known.audience.name), Some(&name))?;
            let (_, followed) = followed(&then, watch)?;
            if followed.memory.flags().get(id).is_some() {
                return explain_flag(&then, id, watch);
            }
        }
        return published_flag(&folder, &name, &line);
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Explains a flag by the tables of a run, where the archive cannot compute it again.
fn published_flag(folder: &Path, run: &str, line: &queue::FlagLine) -> Result<Value, QuestionError> {
    let pattern = review::PATTERNS.iter().find(|pattern| pattern.name == line.pattern);
    Ok(json!({
        "question": "why was this flagged", "answer": line.title, "flag": line.flag_id, "run": run,
        "pattern": line.pattern, "state": line.state, "rank": line.rank, "score": line.score,
        "first_flagged": line.first_flagged, "judged": line.verdict, "verdicts": line.verdicts,
        "pattern_is": pattern.map(|pattern| pattern.about),
        "why_it_matters": pattern.map(|pattern| pattern.matters), "look_alikes": pattern.map(|pattern| pattern.look_alikes),
        "records": queue::evidence(folder, &line.flag_id)?,
        "note": "from the tables of that run; the archive does not hold what it was computed from any more",
    }))
}

fn flag_answer(
    known: &Known,
    (before, followed): (&Memory, &Followed),
    row: &Queued<'_>,
    model: &Model,
    now: &FlagNow,
    watch: &Watch,
) -> Result<Value, QuestionError> {
    let id = &row.flag.id;
    let pattern = review::named(row.flag.pattern);
    let behind =
        row.candidate.map(|candidate| features::records(&followed.survey, candidate)).unwrap_or_default();
    let footing = why::footing(followed, row.flag, &known.rules, before, watch)?;
    let needed: Vec<RecordIndex> = behind
        .iter()
        .copied()
        .filter(|&at| footing.as_ref().is_some_and(|footing| footing.needed.contains(&record(known, at).id)))
        .collect();
    let entities = row.flag.entity_ids.iter().filter_map(|id| {
        let at = known.resolution.entities.binary_search_by(|entity| entity.id.cmp(id)).ok()?;
        Some(named(&known.resolution.entities[at]))
    });
    let in_force = now.judged.map(|(value, _)| value.name());
    let (verdict, verdicts) = queue::verdicts_now(&known.judgements, id, in_force, now.answered);
    let last = verdicts.iter().max_by_key(|verdict| verdict.recorded_at);
    let told = last.map(|last| last.recorded_at).or(now.judged.map(|(_, told)| told));
    let judged = verdict.map(|value| json!({ "value": value, "told": told }));
    let state = if judged.is_some() && now.state != State::Closed { State::Judged } else { now.state };
    Ok(json!({
        "question": "why was this flagged",
        "answer": row.flag.title,
        "flag": id, "pattern": pattern.name, "state": state.name(), "rank": now.rank, "score": now.score,
        "run": known.night.moment.folder(), "last_found": now.last_found,
        "model": model.id(), "first_flagged": row.flag.first_flagged, "judged": judged, "verdicts": verdicts,
        "pattern_is": pattern.about, "why_it_matters": pattern.matters, "look_alikes": pattern.look_alikes,
        "reasons_for": row.reasons.for_it, "reasons_against": row.reasons.against,
        "entities": entities.collect::<Vec<_>>(),
        "community": row.flag.community_id,
        "marking": row.flag.marking.to_string(),
        "records": records(known, &behind, 50), "record_count": behind.len(),
        "falls_without_these_records": records(known, &needed, 50),
        "falls_without_note": match &footing {
            None => "not found in this run, so there is nothing to leave out",
            Some(footing) if footing.is_whole => "found by running the night again without them: none of them can be left out of the set",
            Some(_) => "found by running the night again; only the first 50 records were tried one by one",
        },
        "stands_on_one_source_alone": footing.iter().flat_map(|footing| &footing.alone).map(|(source, stands)| {
            json!({ "source": source, "stands": stands })
        }).collect::<Vec<_>>(),
    }))
}

fn explain_candidate(known: &Known, id: &str, watch: &Watch) -> Result<Value, QuestionError> {
    let (_, followed) = followed(known, watch)?;
    let Some(at) = followed.candidates.iter().position(|candidate| candidate.id == id) else {
        // Its id holds the run, so that one other run at most has it.
        let own = known.night.moment.folder();
        let has_it = |name: &String| {
            *name != own && queue::has_candidate(&known.config.out.join(name).join(&known.audience.name), id)
        };
        let run = queue::published(&known.config.out).into_iter().rev().find(has_it);
        let run = run.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
        let then = open(&known.config, Some(&known.audience.name), Some(&run))?;
        let is_another = then.night.moment != known.night.moment;
        return if is_another {
            explain_candidate(&then, id, watch)
        } else {
            Err(QuestionError::Unknown(id.to_owned()))
        };
    };
    let model = models::load(&known.config).map_err(RunError::from)?;
    let morning = Morning::of(&followed, &model, &known.rules.review);
    let (candidate, gate, outcome) = (&followed.candidates[at], &followed.gates[at], morning.outcomes[at]);
    let flag = followed.flags.iter().find(|flag| flag.candidate == Some(at));
    let pattern = review::named(candidate.pattern);
    let title = (pattern.title)(&followed.survey, candidate);
    let behind = features::records(&followed.survey, candidate);
    let members = candidate.members.iter().map(|&at| named(&known.resolution.entities[at as usize]));
    let shown: Vec<Value> = members.take(50).collect();
    Ok(json!({
        "question": if outcome.is_stopped() { "why is this no flag" } else { "what became of this candidate" },
        "answer": format!("{title}: it {}", outcome.words()),
        "candidate": candidate.id, "pattern": pattern.name, "pattern_is": pattern.about, "run": known.night.moment.folder(),
        "outcome": outcome.name(), "flag": flag.map(|flag| &flag.id), "lineage": candidate.lineage,
        "fails": gate.fails(), "tests": gate.tests().iter().map(queue::TestLine::of).collect::<Vec<_>>(),
        "sources_of_news": gate.origins,
        "members": shown, "member_count": candidate.members.len(),
        "records": records(known, &behind, 50), "record_count": behind.len(),
    }))
}

/// Finds an entity by id, identifier, observable, name or alias, where a kind may stand before the name
/// (`malware:Sednit`); returns it with the name. A name that several have is an error that lists them.
fn entity<'a>(known: &Known, word: &'a str) -> Result<(EntityIndex, &'a str), QuestionError> {
    let entities = &known.resolution.entities;
    if let Ok(at) = entities.binary_search_by(|entity| entity.id.as_str().cmp(word)) {
        return Ok((at as EntityIndex, word));
    }
    let texts =
        [word.to_owned(), canonical::object_id(word), format!("galaxy:{}", word.to_ascii_lowercase())];
    if let Some(at) = texts.iter().find_map(|text| known.resolution.of_identifier.get(text.as_str())) {
        return Ok((*at, word));
    }
    let mut found = called(entities, word, None);
    let mut asked = word;
    if found.is_empty()
        && let Some((kind, name)) = word.split_once(':')
    {
        found = called(entities, name.trim(), Some(kind.trim()));
        asked = name.trim();
    }
    match found[..] {
        [] => Err(QuestionError::Unknown(word.to_owned())),
        [only] => Ok((only, asked)),
        _ => Err(ambiguous(entities, word, asked, &found)),
    }
}

/// Returns the entities that a name means, of one kind or of all.
fn called(entities: &[Entity], word: &str, kind: Option<&str>) -> Vec<EntityIndex> {
    let name = canonical::name(word);
    let bears = |entity: &Entity, is_it: &dyn Fn(&str) -> bool| {
        entity.identifiers.iter().any(|(id, _)| is_it(id.own_key()))
    };
    // Keys of a source tell case apart, and numbers of catalogues do not.
    let exactly = |entity: &Entity| bears(entity, &|tail| tail == word);
    let catalogued = |entity: &Entity| bears(entity, &|tail| tail.eq_ignore_ascii_case(word));
    let is_name = |text: &String| !name.is_empty() && canonical::name(text) == name;
    let by_name = |entity: &Entity| is_name(&entity.label) || entity.aliases.iter().any(is_name);
    let all = |is_it: &dyn Fn(&Entity) -> bool| -> Vec<EntityIndex> {
        let of_kind = |entity: &Entity| kind.is_none_or(|kind| entity.kind.eq_ignore_ascii_case(kind));
        (0..).zip(entities).filter(|(_, entity)| of_kind(entity) && is_it(entity)).map(|(at, _)| at).collect()
    };
    let tests: [&dyn Fn(&Entity) -> bool; 3] = [&exactly, &catalogued, &by_name];
    tests.into_iter().map(all).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Lists the entities that a name may mean, those with the most records first.
fn ambiguous(entities: &[Entity], word: &str, name: &str, found: &[EntityIndex]) -> QuestionError {
    let mut order = found.to_vec();
    order.sort_by_key(|&at| (std::cmp::Reverse(entities[at as usize].records.len()), at));
    let alternative = |&at: &EntityIndex| {
        let entity = &entities[at as usize];
        let of_kind = found.iter().filter(|other| entities[**other as usize].kind == entity.kind).count();
        let ask = if of_kind == 1 { format!("{}:{name}", entity.kind) } else { entity.id.clone() };
        Alternative { ask, id: entity.id.clone(), kind: entity.kind.clone(), label: entity.label.clone() }
    };
    QuestionError::Ambiguous {
        word: word.to_owned(),
        alternatives: order.iter().take(ALTERNATIVES_MAX).map(alternative).collect(),
    }
}

/// Most alternatives listed for one name.
const ALTERNATIVES_MAX: usize = 50;

/// Returns other entities that a word may mean, by name or alias: which was meant is for who asks to say.
fn others_called(known: &Known, word: &str, shown: EntityIndex) -> Vec<Value> {
    let name = canonical::name(word);
    let entities = &known.resolution.entities;
    let is_called = |entity: &Entity| {
        std::iter::once(&entity.label).chain(&entity.aliases).any(|text| canonical::name(text) == name)
    };
    if name.is_empty() || !is_called(&entities[shown as usize]) {
        return Vec::new();
    }
    let others = (0..).zip(entities).filter(|(at, entity)| *at != shown && is_called(entity));
    others.map(|(_, entity)| named(entity)).take(20).collect()
}

fn named(entity: &Entity) -> Value {
    json!({ "id": entity.id, "kind": entity.kind, "label": entity.label })
}

fn record(known: &Known, at: RecordIndex) -> &Record {
    &known.view.records()[at as usize]
}

/// Shows records with their sources, and to the steward also where they were read.
fn records(known: &Known, which: &[RecordIndex], most: usize) -> Vec<Value> {
    let shown: Vec<Record> = which.iter().take(most).map(|&at| record(known, at).clone()).collect();
    let origins = known.holdings.origins(&shown, known.night.moment);
    let is_steward = known.audience.clearance.is_none();
    shown
        .iter()
        .enumerate()
        .map(|(at, record)| {
            let places: Vec<Value> = origins
                .iter()
                .filter(|(of, _)| is_steward && *of == at)
                .map(|(_, origin)| json!({ "path": &*origin.path, "position": &*origin.position, "delivery": &*origin.delivery }))
                .collect();
            let mut shown = json!({
                "record": record.id.to_string(), "source": &*record.source, "object": &*record.key, "type": record.content.kind,
                "told": record.told, "marking": record.marking.to_string(), "places": places,
            });
            if let Some(told) = &record.content.properties {
                let values = told.values.iter().take(20);
                shown["tells"] = values.map(|one| json!(format!("{} {}", one.name, one.value))).collect();
                shown["tells_count"] = json!(told.values.len());
            }
            shown
        })
        .collect()
}

fn reasons(known: &Known, at: EntityIndex) -> Vec<Value> {
    let rows = known.resolution.identity.iter().filter(|row| row.entity == at);
    rows.map(|row| {
        let behind = record(known, row.record);
        json!({
            "identifier": &*row.identifier, "rule": row.rule, "reason": row.reason,
            "source": &*behind.source, "object": &*behind.key, "record": behind.id.to_string(), "identifier_told_first": row.told,
        })
    })
    .collect()
}

/// Says which records give an entity each of some names.
fn names_with_records(known: &Known, entity: &Entity, words: &[&str]) -> Vec<Value> {
    let gives = |at: &RecordIndex, name: &str| {
        record(known, *at).content.claims.iter().any(|claim| match claim {
            crate::record::Claim::Entity { name: own, aliases, .. } => {
                own.iter().chain(aliases).any(|text| canonical::name(text) == name)
            }
            crate::record::Claim::Link { .. } => false,
        })
    };
    words
        .iter()
        .map(|word| {
            let name = canonical::name(word);
            let by: Vec<RecordIndex> = entity.records.iter().copied().filter(|at| gives(at, &name)).collect();
            json!({ "name": word, "given_by": records(known, &by, 5) })
        })
        .collect()
}

fn explain_entity(known: &Known, at: EntityIndex) -> Value {
    let entity = &known.resolution.entities[at as usize];
    let mut links: Vec<&Link> =
        known.resolution.links.iter().filter(|link| link.from == at || link.to == at).collect();
    links.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
    let label = |at: EntityIndex| known.resolution.entities[at as usize].label.as_str();
    let shown: Vec<Value> = links
        .iter()
        .take(20)
        .map(|link| {
            let shown = json!({ "id": link.id, "kind": link.kind, "from": label(link.from), "to": label(link.to), "weight": link.weight });
            with_span_and_amount(shown, link)
        })
        .collect();
    json!({
        "question": "what is this",
        "entity": named(entity),
        "aliases": entity.aliases,
        "sources": entity.sources,
        "marking": entity.marking.to_string(),
        "told_first": entity.told_first,
        "told_last": entity.told_last,
        "because": reasons(known, at),
        "records": records(known, &entity.records, 50),
        "record_count": entity.records.len(),
        "links": shown,
        "link_count": links.len(),
    })
}

fn explain_link(known: &Known, link: &Link) -> Value {
    let end = |at: EntityIndex| named(&known.resolution.entities[at as usize]);
    let shown = json!({
        "question": "what is this",
        "link": link.id, "kind": link.kind, "layer": link.layer.name(), "from": end(link.from), "to": end(link.to),
        "weight": link.weight, "source_count": link.source_count, "marking": link.marking.to_string(),
        "records": records(known, &link.records, 50), "record_count": link.records.len(),
    });
    with_span_and_amount(shown, link)
}

/// Adds when a link held and how much it is about, where its records say.
fn with_span_and_amount(mut shown: Value, link: &Link) -> Value {
    let amount = link.amount();
    for (name, value) in [
        ("first_seen", json!(link.seen.start)),
        ("last_seen", json!(link.seen.end)),
        ("amount", json!(amount.map(|(sum, _)| sum))),
        ("currency", json!(amount.and_then(|(_, currency)| currency))),
    ] {
        if !value.is_null() {
            shown[name] = value;
        }
    }
    if link.amounts.len() > 1 {
        let each = link
            .amounts
            .iter()
            .map(|(sum, currency)| json!({ "amount": sum, "currency": currency.as_deref() }));
        shown["amounts"] = each.collect();
    }
    shown
}

fn explain_community(known: &Known, id: &str, watch: &Watch) -> Result<Value, QuestionError> {
    let (_, Followed { survey, .. }) = followed(known, watch)?;
    let found: Option<&Community> = survey.communities.iter().find(|community| community.id == id);
    let community = found.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let inside: BTreeSet<EntityIndex> = community.members.iter().copied().collect();
    let mut ties: Vec<&Link> = survey
        .resolution
        .links
        .iter()
        .filter(|link| inside.contains(&link.from) && inside.contains(&link.to))
        .collect();
    ties.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
    let members: Vec<Value> = community
        .members
        .iter()
        .take(50)
        .map(|&at| named(&survey.resolution.entities[at as usize]))
        .collect();
    let links: Vec<Value> = ties.iter().take(20).map(|link| explain_link(known, link)).collect();
    Ok(json!({
        "question": "what is this",
        "community": community.id, "size": community.members.len(), "density": community.density,
        "born": community.born, "state": community.fate.map(Fate::name), "conductance": community.conductance, "modularity_share": community.modularity_share,
        "members": members, "links": links, "link_count": ties.len(),
    }))
}

/// Compares two nights of the archive; without any, the last two.
pub fn diff(
    config: &Config,
    nights: &[String],
    audience: Option<&str>,
) -> Result<(Moment, Option<Moment>, Vec<ChangeGroup>), QuestionError> {
    let state = &config.state;
    let archive = Archive::open(state, Access::Read)?;
    let all = archive.nights();
    let last = all.last().ok_or_else(|| QuestionError::NoNight(state.display().to_string()))?;
    let named = |text: &String| Ok::<Night, QuestionError>(all[queue::pick(&folders(&all), text)?].clone());
    let (before, tonight) = match nights {
        [] => (archive.night_before(last.moment), last.clone()),
        [one] => {
            let night = named(one)?;
            (archive.night_before(night.moment), night)
        }
        [one, other, ..] => {
            let (one, other) = (named(one)?, named(other)?);
            if one.moment <= other.moment { (Some(one), other) } else { (Some(other), one) }
        }
    };
    let rules = warnings::rules_of(&archive, &tonight, &config.rules)?;
    let holdings = archive.read()?;
    let then = before.as_ref().map(|night| night.moment);
    let nights = looks::Nights::of(&archive, tonight.moment, before, &rules)?;
    let audience = match audience {
        None | Some("all") => Audience::all(),
        Some(name) => looks::readers(&rules, Some(name))?.remove(0),
    };
    let side = looks::Side::tonight(&holdings, &nights, &audience)?;
    let known = looks::Then::of(&holdings, &nights, &audience)?.map(looks::Then::resolved);
    let changes = looks::changes(&holdings, &nights, &audience, known, side.look())?;
    Ok((tonight.moment, then, changes))
}
