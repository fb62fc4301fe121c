//! Questions about nights: why an entity is one, what differs between two nights.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Config, Rules, RunError, looks,
    memory::{self, Followed, Memory, Story},
    models,
    morning::Morning,
    warnings, why,
};
use crate::{
    archive::{Access, Archive, Holdings, Night},
    entity::{Entity, EntityIndex},
    features,
    ingest::canonical,
    judgement::Judgement,
    link::Link,
    record::{Record, RecordIndex},
    resolve::{self, Resolution},
    review,
    survey::Community,
    temporal::{ChangeGroup, lineage::Fate},
    time::Moment,
    view::{Audience, AsOf, View},
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
    /// A night that is not there.
    #[error("there is no night `{0}`; write it as its folder is named, or as RFC 3339")]
    NotANight(String),
    /// Nothing of that name.
    #[error("nothing known tonight is called `{0}`; give an id, an identifier, a name or an alias")]
    Unknown(String),
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

/// Opens the latest night of an archive for a reader; without a name for one who sees everything.
pub fn open(config: &Config, audience: Option<&str>) -> Result<Known, QuestionError> {
    let state = &config.state;
    let archive = Archive::open(state, Access::Read)?;
    let night = archive.nights().pop().ok_or_else(|| QuestionError::NoNight(state.display().to_string()))?;
    let judgements = archive.judgements()?;
    let rules = warnings::rules_of(&archive, &night, &config.rules)?;
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

/// What a word in a question means.
enum Subject<'a> {
    Entity(EntityIndex),
    Link(&'a Link),
    Community(String),
    Flag(String),
}

/// Answers "what is this, and on what records does it stand".
pub fn explain(known: &Known, word: &str, watch: &Watch) -> Result<Value, QuestionError> {
    Ok(match find(known, word)? {
        Subject::Entity(at) => {
            let mut answer = explain_entity(known, at);
            let others = others_called(known, word, at);
            if !others.is_empty() {
                answer["others_of_that_name"] = others.into();
            }
            answer
        }
        Subject::Link(link) => explain_link(known, link),
        Subject::Community(id) => explain_community(known, &id, watch)?,
        Subject::Flag(id) => explain_flag(known, &id, watch)?,
    })
}

/// Answers "why are these two one, or why not".
pub fn explain_pair(known: &Known, one: &str, other: &str) -> Result<Value, QuestionError> {
    let (a, b) = (entity(known, one)?, entity(known, other)?);
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

fn find<'a>(known: &'a Known, word: &str) -> Result<Subject<'a>, QuestionError> {
    if let Some(link) = known.resolution.links.iter().find(|link| link.id == word) {
        return Ok(Subject::Link(link));
    }
    if word.starts_with("community-") {
        return Ok(Subject::Community(word.to_owned()));
    }
    if word.starts_with("flag-") {
        return Ok(Subject::Flag(word.to_owned()));
    }
    entity(known, word).map(Subject::Entity)
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

fn explain_flag(known: &Known, id: &str, watch: &Watch) -> Result<Value, QuestionError> {
    let (before, followed) = followed(known, watch)?;
    let model = models::load(&known.config).map_err(RunError::from)?;
    let morning = Morning::of(&followed, &model, &known.rules.review);
    let queued = morning.queued();
    let row =
        queued.iter().find(|row| row.flag.id == id).ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let pattern = review::named(row.flag.pattern);
    let behind =
        row.candidate.map(|candidate| features::records(&followed.survey, candidate)).unwrap_or_default();
    let footing = why::footing(&followed, row.flag, &known.rules, &before, watch)?;
    let needed: Vec<RecordIndex> = behind
        .iter()
        .copied()
        .filter(|&at| footing.as_ref().is_some_and(|footing| footing.needed.contains(&record(known, at).id)))
        .collect();
    let entities = row.flag.entity_ids.iter().filter_map(|id| {
        let at = known.resolution.entities.binary_search_by(|entity| entity.id.cmp(id)).ok()?;
        Some(named(&known.resolution.entities[at]))
    });
    let judgement = row.flag.judged.map(|(value, told)| json!({ "value": value.name(), "told": told }));
    Ok(json!({
        "question": "why was this flagged",
        "answer": row.flag.title,
        "flag": id, "pattern": pattern.name, "state": row.flag.state.name(), "rank": row.rank, "score": row.score,
        "model": model.id(), "first_flagged": row.flag.first_flagged, "judged": judgement,
        "pattern_is": pattern.about, "why_it_matters": pattern.matters, "look_alikes": pattern.look_alikes,
        "reasons_for": row.reasons.for_it, "reasons_against": row.reasons.against,
        "entities": entities.collect::<Vec<_>>(),
        "community": row.flag.community_id,
        "marking": row.flag.marking.to_string(),
        "records": records(known, &behind, 50), "record_count": behind.len(),
        "falls_without_these_records": records(known, &needed, 50),
        "falls_without_note": match &footing {
            None => "not found tonight, so there is nothing to leave out",
            Some(footing) if footing.is_whole => "found by running the night again without them: none of them can be left out of the set",
            Some(_) => "found by running the night again; only the first 50 records were tried one by one",
        },
        "stands_on_one_source_alone": footing.iter().flat_map(|footing| &footing.alone).map(|(source, stands)| {
            json!({ "source": source, "stands": stands })
        }).collect::<Vec<_>>(),
    }))
}

/// Finds an entity by id, identifier, observable, name or alias; ties go to the one most is told of.
fn entity(known: &Known, word: &str) -> Result<EntityIndex, QuestionError> {
    let entities = &known.resolution.entities;
    if let Ok(at) = entities.binary_search_by(|entity| entity.id.as_str().cmp(word)) {
        return Ok(at as EntityIndex);
    }
    let texts =
        [word.to_owned(), canonical::object_id(word), format!("galaxy:{}", word.to_ascii_lowercase())];
    if let Some(at) = texts.iter().find_map(|text| known.resolution.of_identifier.get(text.as_str())) {
        return Ok(*at);
    }
    let name = canonical::name(word);
    let bears = |entity: &Entity, is_it: &dyn Fn(&str) -> bool| {
        entity.identifiers.iter().any(|(text, _)| text.rsplit_once(':').is_some_and(|(_, tail)| is_it(tail)))
    };
    // Keys of a source tell case apart, and numbers of catalogues do not.
    let exactly = |entity: &Entity| bears(entity, &|tail| tail == word);
    let catalogued = |entity: &Entity| bears(entity, &|tail| tail.eq_ignore_ascii_case(word));
    let by_label = |entity: &Entity| !name.is_empty() && canonical::name(&entity.label) == name;
    let by_alias = |entity: &Entity| {
        !name.is_empty() && entity.aliases.iter().any(|alias| canonical::name(alias) == name)
    };
    let best = |is_it: &dyn Fn(&Entity) -> bool| {
        let found = (0..).zip(entities).filter(|(_, entity)| is_it(entity));
        found.max_by_key(|(at, entity)| (entity.records.len(), std::cmp::Reverse(*at))).map(|(at, _)| at)
    };
    // A name that curated lists know, as a label or as an alias, goes before one that only one object bears.
    let either = |entity: &Entity| by_label(entity) || by_alias(entity);
    let found = best(&exactly).or_else(|| best(&catalogued)).or_else(|| best(&either));
    found.ok_or_else(|| QuestionError::Unknown(word.to_owned()))
}

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
    let named = |text: &String| {
        let found = all
            .iter()
            .find(|night| night.moment.folder() == *text || Moment::parse_as_of(text) == Some(night.moment));
        found.cloned().ok_or_else(|| QuestionError::NotANight(text.clone()))
    };
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
