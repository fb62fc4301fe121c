//! The resolver file of nomenklatura: one JSON list a line with target, source, judgement, score, user and time.
//!
//! Its ids are those of FollowTheMoney, and `NK-` ids that name a group. A positive edge joins its two ids, so that the
//! known entities of a group are the same. Format: <https://github.com/opensanctions/nomenklatura>, `resolver/edge.py`.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use serde_json::{Value as Json, json};

use super::{
    CommandError,
    judgement_file::{flag_judgement, line_error},
};
use crate::{
    explain::{KnownEntities, NamedEntity, own_key},
    judgement::{Decision, Decisions, Judgement, Kind, Value},
    time::Moment,
};

/// Names of nomenklatura's judgements.
const VALUES: [(&str, Value); 3] =
    [("positive", Value::Same), ("negative", Value::Different), ("unsure", Value::Unsure)];
/// Judgement of an edge that only has a score.
const NOT_JUDGED: &str = "no_judgement";
/// Person of an edge that names none.
const DEFAULT_REVIEWER: &str = "nomenklatura";

/// An edge of a resolver file that a person judged.
#[derive(Clone, Debug, PartialEq)]
struct Edge {
    ids: [String; 2],
    value: Value,
    by: String,
    recorded_at: Moment,
}

/// Judgements of a resolver file, and the number of edges that name no known pair.
pub(super) struct ResolverFile {
    pub(super) judgements: Vec<Judgement>,
    pub(super) unknown: usize,
}

/// Returns whether the first line of a text is an edge.
pub(super) fn is_resolver_file(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

/// Reads a resolver file. An edge whose ids lead to no two known entities is counted and left out, because such a file
/// usually has the edges of all datasets.
pub(super) fn read(
    file: &Path,
    text: &str,
    known: &KnownEntities,
    now: Moment,
) -> Result<ResolverFile, CommandError> {
    let mut edges = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let edge = edge(line, now).map_err(|what| line_error(file, number, what))?;
        edges.extend(edge);
    }
    let (groups, known) = (Groups::of(&edges), known.by_key());
    let members = groups.members(&edges, &known);
    let mut judgements = Vec::new();
    let mut unknown = 0;
    for edge in &edges {
        let [one, other] = [0, 1].map(|side| known.get(&*edge.ids[side]).cloned());
        let sides = if edge.value == Value::Same {
            // An id that only names the group is replaced by the first known member.
            let first = members.get(&groups.of_id[&edge.ids[0]]).and_then(|found| found.first().cloned());
            [one.or_else(|| first.clone()), other.or(first)]
        } else {
            let first_of = |side: usize| members.get(&groups.of_id[&edge.ids[side]])?.first().cloned();
            [one.or_else(|| first_of(0)), other.or_else(|| first_of(1))]
        };
        match sides {
            [Some(one), Some(other)] if one.entity.id != other.entity.id => {
                judgements.push(judgement(edge, &one, &other));
            }
            // The first member of a group is joined with itself, which says nothing.
            [Some(_), Some(_)] => {}
            _ => unknown += 1,
        }
    }
    Ok(ResolverFile { judgements, unknown })
}

fn judgement(edge: &Edge, one: &NamedEntity<'_>, other: &NamedEntity<'_>) -> Judgement {
    Judgement {
        other_id: Some(other.entity.id.clone()),
        kind: Kind::Identity,
        identifiers: vec![one.kept_identifiers(), other.kept_identifiers()],
        ..flag_judgement(
            edge.recorded_at,
            &edge.by,
            &one.entity.id,
            edge.value,
            "imported from a resolver file of nomenklatura",
        )
    }
}

/// Reads an edge; `None` if it has no judgement.
fn edge(line: &str, now: Moment) -> Result<Option<Edge>, &'static str> {
    let cells: Vec<Json> = serde_json::from_str(line).map_err(|_| "the line is not a JSON list")?;
    let text = |position: usize| cells.get(position).and_then(Json::as_str).filter(|text| !text.is_empty());
    let (Some(target), Some(source), Some(value)) = (text(0), text(1), text(2)) else {
        return Err("an edge begins with target, source and judgement as texts");
    };
    if value == NOT_JUDGED {
        return Ok(None);
    }
    let value = VALUES.iter().find(|(name, _)| *name == value).map(|(_, value)| *value);
    let value = value.ok_or("the judgement must be positive, negative, unsure or no_judgement")?;
    if target == source {
        return Err("target and source are one id");
    }
    // nomenklatura writes times of UTC without an offset.
    let time = |text: &str| Moment::parse(text).or_else(|| Moment::parse(&format!("{text}Z")));
    let recorded_at = match text(5) {
        None => now,
        Some(text) => time(text).ok_or("the time must be ISO 8601")?,
    };
    let by = text(4).unwrap_or(DEFAULT_REVIEWER).to_owned();
    Ok(Some(Edge { ids: [target.to_owned(), source.to_owned()], value, by, recorded_at }))
}

/// Groups of ids that positive edges join.
struct Groups {
    /// Number of the group of each id.
    of_id: BTreeMap<String, usize>,
}

impl Groups {
    fn of(edges: &[Edge]) -> Self {
        let ids: BTreeMap<&str, usize> = {
            let mut all: Vec<&str> = edges.iter().flat_map(|edge| &edge.ids).map(String::as_str).collect();
            all.sort_unstable();
            all.dedup();
            all.into_iter().zip(0..).collect()
        };
        let mut parent: Vec<usize> = (0..ids.len()).collect();
        let root = |parent: &[usize], mut at: usize| {
            while parent[at] != at {
                at = parent[at];
            }
            at
        };
        for edge in edges.iter().filter(|edge| edge.value == Value::Same) {
            let [a, b] = [0, 1].map(|side| root(&parent, ids[edge.ids[side].as_str()]));
            parent[a.max(b)] = a.min(b);
        }
        Self { of_id: ids.into_iter().map(|(id, at)| (id.to_owned(), root(&parent, at))).collect() }
    }

    /// Returns the known entities of each group, in the order of the ids of the file.
    fn members<'a>(
        &self,
        edges: &[Edge],
        known: &HashMap<&str, NamedEntity<'a>>,
    ) -> BTreeMap<usize, Vec<NamedEntity<'a>>> {
        let mut members: BTreeMap<usize, Vec<NamedEntity<'a>>> = BTreeMap::new();
        let mut ids: Vec<&String> = edges.iter().flat_map(|edge| &edge.ids).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(named) = known.get(&**id) {
                members.entry(self.of_id[id]).or_default().push(named.clone());
            }
        }
        members
    }
}

/// Returns the decisions in force as lines of a resolver file. A pair with several people has several lines.
pub(super) fn lines(judgements: &[Judgement], now: Moment) -> Vec<String> {
    let decisions = Decisions::of(judgements, now);
    let line = |decision: &Decision| {
        let (value, _) = VALUES.iter().find(|(_, value)| *value == decision.value)?;
        let id = |side: usize| {
            decision.identifiers[side].first().map_or(decision.entities[side].as_str(), |text| own_key(text))
        };
        // nomenklatura orders the ids of an edge: the larger one is the target.
        let (one, other) = (id(0), id(1));
        let rank = |id: &str| (id.starts_with("NK-"), id.to_owned());
        let (target, source) = if rank(one) > rank(other) { (one, other) } else { (other, one) };
        let time = decision.recorded_at.to_string();
        Some(json!([target, source, value, Json::Null, decision.by, time]).to_string())
    };
    decisions.all().iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_read_as_nomenklatura_writes_it() {
        let now = Moment::from_micros(7);
        let read = |line: &str| edge(line, now);
        let positive = read(r#"["NK-abc", "a-1", "positive", 0.9, "ana", "2026-03-01T10:00:00"]"#);
        let expected = Edge {
            ids: ["NK-abc".to_owned(), "a-1".to_owned()],
            value: Value::Same,
            by: "ana".to_owned(),
            recorded_at: Moment::parse("2026-03-01T10:00:00Z").expect("a time"),
        };
        assert_eq!(positive, Ok(Some(expected)));
        assert_eq!(read(r#"["a", "b", "no_judgement", 0.5, null, null]"#), Ok(None));
        assert_eq!(
            read(r#"["a", "b", "negative", null, null, null]"#)
                .map(|edge| edge.map(|edge| (edge.by, edge.recorded_at))),
            Ok(Some((DEFAULT_REVIEWER.to_owned(), now)))
        );
        for wrong in [
            r#"{"a": 1}"#,
            r#"["a"]"#,
            r#"["a", "a", "positive"]"#,
            r#"["a", "b", "maybe"]"#,
            r#"["a", "b", "unsure", 1, "x", "soon"]"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
