//! Data of the screens of the review page, each compared with a slow answer from the tables themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use araneus::{
    archive::{Access, Archive},
    judgement::{Judgement, Kind, Value},
    metrics::METRICS,
    run::read_config,
    time::Moment,
    web::data::{self, EntityScreen, MoveCause, RunData, Standing},
};

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, configuration_with_hidden_source},
    support::{Deployment, PublishedRun, Table},
};

const HIDDEN: [&str; 3] = [
    "newcomer: actor Ash Sparrow uses malware Cinderlid",
    "newcomer: actor Marsh Harrier uses tool Skeleton Key",
    "newcomer: indicator harrier-1.example indicates malware Rustbill",
];

/// Two runs after the background, of which the second compares with the first.
struct Prepared {
    deployment: Deployment,
    partners: RunData,
    team: RunData,
}

// `RunData` is read only.
fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let mut fixture = Fixture::after_background(&configuration_with_hidden_source("team"));
        fixture.run(RUN_TIMES[0], &[&EMERGING[..6], &HIDDEN[..1]].concat());
        fixture.run(RUN_TIMES[1], &[&EMERGING[6..], &HIDDEN[1..]].concat());
        let deployment = fixture.deployment;
        let [partners, team] = ["partners", "team"].map(|audience| open(&deployment, audience));
        Prepared { deployment, partners, team }
    })
}

fn open(deployment: &Deployment, audience: &str) -> RunData {
    let mut config = read_config(&deployment.path("araneus.toml")).expect("a configuration");
    (config.state, config.out) = (deployment.path("state"), deployment.path("out"));
    // The screen shows the model that comes with the program, although rules scored the runs.
    config.model = None;
    let run = deployment.published(RUN_TIMES[1]).folder;
    RunData::open(&config, audience, &run).expect("the tables are read")
}

fn published(at: usize) -> PublishedRun {
    prepared().deployment.published(RUN_TIMES[at])
}

fn table(at: usize, name: &str) -> Table {
    published(at).table(&format!("partners/{name}"))
}

fn ids(table: &Table, column: &str) -> Vec<String> {
    table.rows().map(|row| table.text(column, row).to_owned()).collect()
}

fn entity(id: &str) -> EntityScreen {
    data::entity(&prepared().partners, &[], id).expect("the flags are read").expect("the entity")
}

/// Returns the standing of a value by sorting.
fn slow_standing(values: &[f64], value: f64) -> Option<Standing> {
    if value.is_nan() {
        return None;
    }
    let mut known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let smaller = known.partition_point(|other| *other < value);
    let not_larger = known.partition_point(|other| *other <= value);
    Some(Standing {
        value,
        rank: known.len() - not_larger + 1,
        of: known.len(),
        percentile: 100.0 * smaller as f64 / known.len() as f64,
    })
}

#[test]
fn ranks_and_percentiles_are_those_of_the_sorted_tables() {
    let column = |at: usize, name: &str| -> BTreeMap<String, f64> {
        let metrics = table(at, "metrics");
        let value =
            |row| (metrics.text("entity_id", row).to_owned(), metrics.number(name, row).unwrap_or(f64::NAN));
        metrics.rows().map(value).collect()
    };
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    let now: Vec<BTreeMap<String, f64>> = names.iter().map(|name| column(1, name)).collect();
    let before: Vec<BTreeMap<String, f64>> = names.iter().map(|name| column(0, name)).collect();
    let mut changed = 0;
    for id in ids(&table(1, "entities"), "entity_id") {
        let screen = entity(&id);
        let shown: BTreeMap<&str, _> = screen.centralities.iter().map(|row| (row.name, row)).collect();
        for (position, name) in names.iter().enumerate() {
            let expected = |values: &BTreeMap<String, f64>| {
                let all: Vec<f64> = values.values().copied().collect();
                values.get(&id).and_then(|value| slow_standing(&all, *value))
            };
            let (now, before) = (expected(&now[position]), expected(&before[position]));
            let row = shown.get(name);
            assert_eq!(row.and_then(|row| row.now), now, "{name} of {id}");
            assert_eq!(row.and_then(|row| row.before), before, "{name} of {id} before");
            changed += usize::from(now.map(|now| now.rank) != before.map(|before| before.rank));
        }
    }
    assert!(changed > 10, "only {changed} ranks changed");
}

/// Links of the second run: id, ends, weight if measured, and the sources (own and origin) of each record.
struct SlowLink {
    ends: [String; 2],
    weight: f64,
    is_measured: bool,
    records: Vec<BTreeSet<String>>,
}

fn slow_links(at: usize) -> BTreeMap<String, SlowLink> {
    let (links, evidence, relays) = (table(at, "links"), table(at, "evidence"), table(at, "relays"));
    let origins: BTreeMap<&str, &str> =
        relays.rows().map(|row| (relays.text("record_id", row), relays.text("origin", row))).collect();
    let mut all: BTreeMap<String, SlowLink> = links
        .rows()
        .map(|row| {
            let weight = links.number("weight", row).expect("a weight");
            let link = SlowLink {
                ends: ["from_id", "to_id"].map(|column| links.text(column, row).to_owned()),
                weight,
                is_measured: weight > 0.0 && links.text("layer", row) != "provenance",
                records: Vec::new(),
            };
            (links.text("link_id", row).to_owned(), link)
        })
        .collect();
    for row in evidence.rows() {
        if let Some(link) = all.get_mut(evidence.text("subject_id", row)) {
            let source = evidence.text("source", row);
            let origin = origins.get(evidence.text("record_id", row)).unwrap_or(&source);
            link.records.push([source, origin].map(str::to_owned).into());
        }
    }
    all
}

/// Returns degree and strength of each entity without a source.
fn slow_degrees(
    links: &BTreeMap<String, SlowLink>,
    without: Option<&str>,
) -> (BTreeMap<String, f64>, BTreeMap<String, f64>) {
    let mut pairs: BTreeSet<&[String; 2]> = BTreeSet::new();
    let mut strengths: BTreeMap<String, f64> = BTreeMap::new();
    for link in links.values().filter(|link| link.is_measured) {
        let stays = without.is_none_or(|source| link.records.iter().any(|record| !record.contains(source)));
        if stays {
            pairs.insert(&link.ends);
            link.ends.iter().for_each(|end| *strengths.entry(end.clone()).or_default() += link.weight);
        }
    }
    let mut degrees: BTreeMap<String, f64> = BTreeMap::new();
    pairs.into_iter().flatten().for_each(|end| *degrees.entry(end.clone()).or_default() += 1.0);
    (degrees, strengths)
}

#[test]
fn degrees_without_a_source_are_those_of_a_network_without_it() {
    let links = slow_links(1);
    let entities = ids(&table(1, "entities"), "entity_id");
    let all = |values: &BTreeMap<String, f64>| -> Vec<f64> {
        entities.iter().map(|id| values.get(id).copied().unwrap_or(0.0)).collect()
    };
    let is_near = |standing: Option<Standing>, expected: &BTreeMap<String, f64>, id: &str| {
        let value = expected.get(id).copied().unwrap_or(0.0);
        let standing = standing.expect("a standing");
        assert!((standing.value - value).abs() < 1e-9, "{id}: {} and {value}", standing.value);
    };
    let (mut lost, mut needed, mut sources) = (0, 0, BTreeSet::new());
    for (position, id) in entities.iter().enumerate() {
        let screen = entity(id);
        let independence = &screen.independence;
        let (degrees, strengths) = slow_degrees(&links, None);
        assert_eq!(independence.degree, slow_standing(&all(&degrees), all(&degrees)[position]), "{id}");
        is_near(independence.strength, &strengths, id);
        // With every source, the recomputed values are those that the run published.
        for (name, standing) in [("degree", independence.degree), ("strength", independence.strength)] {
            let published = screen.centralities.iter().find(|row| row.name == name).and_then(|row| row.now);
            let (published, standing) = (published.expect("a value"), standing.expect("a value"));
            assert!((published.value - standing.value).abs() < 1e-9, "{name} of {id}");
        }
        for row in &independence.without {
            let (degrees, strengths) = slow_degrees(&links, Some(&row.source));
            let degree = slow_standing(&all(&degrees), all(&degrees)[position]);
            assert_eq!(row.degree, degree, "{id} without {}", row.source);
            is_near(row.strength, &strengths, id);
            let own = links.values().filter(|link| link.is_measured && link.ends.contains(id));
            let gone = own.filter(|link| link.records.iter().all(|record| record.contains(&row.source)));
            assert_eq!(row.links_lost, gone.count(), "{id} without {}", row.source);
            lost += row.links_lost;
            sources.insert(row.source.clone());
        }
        needed += usize::from(!independence.needed.is_empty());
    }
    assert!(lost > 10 && needed > 0 && sources.len() > 3, "{lost} links, {needed} entities, {sources:?}");
}

#[test]
fn links_that_carry_a_change_are_all_links_with_another_weight() {
    let (before, now) = (slow_links(0), slow_links(1));
    let labels = |at: usize| -> BTreeMap<String, String> {
        let entities = table(at, "entities");
        let row = |row| (entities.text("entity_id", row).to_owned(), entities.text("label", row).to_owned());
        entities.rows().map(row).collect()
    };
    let (labels_before, labels_now) = (labels(0), labels(1));
    let weight = |links: &BTreeMap<String, SlowLink>, id: &str| {
        links.get(id).filter(|link| link.is_measured).map_or(0.0, |link| link.weight)
    };
    let (mut with_cause, mut total) = (0, 0);
    for id in labels_now.keys() {
        let mut expected: Vec<(String, f64, f64)> = Vec::new();
        for link in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let ends = &now.get(link).unwrap_or_else(|| &before[link]).ends;
            let (was, is) = (weight(&before, link), weight(&now, link));
            if ends.contains(id) && (was - is).abs() > 1e-9 {
                let other = if ends[0] == *id { &ends[1] } else { &ends[0] };
                let label = labels_now.get(other).unwrap_or_else(|| &labels_before[other]);
                expected.push((label.clone(), was, is));
            }
        }
        let screen = entity(id);
        assert_eq!(screen.link_change_count, expected.len(), "{id}");
        let shown: Vec<(String, f64, f64)> =
            screen.link_changes.iter().map(|row| (row.other.label.clone(), row.before, row.after)).collect();
        assert!(shown.iter().all(|row| expected.contains(row)), "{id}: {shown:?} {expected:?}");
        assert_eq!(shown.len(), expected.len().min(30));
        with_cause += screen.link_changes.iter().filter(|row| row.cause.is_some()).count();
        total += shown.len();
    }
    assert!(with_cause > 0 && with_cause < total, "{with_cause} of {total} changes have a cause");
}

#[test]
fn lists_of_an_entity_are_rows_of_the_tables() {
    let (evidence, identifiers, links) = (table(1, "evidence"), table(1, "identifiers"), table(1, "links"));
    let (flags, entities) = (table(1, "flags"), table(1, "entities"));
    let mut flagged = 0;
    for row in entities.rows() {
        let id = entities.text("entity_id", row);
        let screen = entity(id);
        assert_eq!(
            (screen.label.as_str(), screen.kind.as_str()),
            (entities.text("label", row), entities.text("kind", row))
        );
        assert_eq!(
            (&*screen.aliases, &*screen.sources),
            (entities.texts("aliases", row), entities.texts("sources", row))
        );
        let of_id = |table: &Table, column: &str, value: &str| -> BTreeSet<String> {
            let rows = table.rows().filter(|&row| table.text(column, row) == id);
            rows.map(|row| table.text(value, row).to_owned()).collect()
        };
        let records: BTreeSet<String> = screen.records.iter().map(|record| record.id.clone()).collect();
        assert_eq!(records, of_id(&evidence, "subject_id", "record_id"), "{id}");
        let shown: BTreeSet<String> = screen
            .identifiers
            .iter()
            .flatten()
            .map(|row| format!("{} {} {}", row.identifier, row.rule, row.reason))
            .collect();
        let expected: BTreeSet<String> = identifiers
            .rows()
            .filter(|&row| identifiers.text("entity_id", row) == id)
            .map(|row| ["identifier", "rule", "reason"].map(|column| identifiers.text(column, row)).join(" "))
            .collect();
        assert!(!shown.is_empty());
        assert_eq!(shown, expected, "{id}");
        let mut expected = of_id(&links, "from_id", "link_id");
        expected.extend(of_id(&links, "to_id", "link_id"));
        let shown: BTreeSet<String> = screen.links.iter().map(|link| link.id.clone()).collect();
        assert_eq!((shown, screen.link_count), (expected.clone(), expected.len()), "{id}");
        let expected: BTreeSet<&str> = flags
            .rows()
            .filter(|&row| flags.texts("entity_ids", row).iter().any(|entity| entity == id))
            .map(|row| flags.text("flag_id", row))
            .collect();
        flagged += expected.len();
        let shown: BTreeSet<&str> = screen.flags.iter().map(|row| row.flag.flag_id.as_str()).collect();
        assert_eq!(shown, expected, "{id}");
        let records = |at: usize| {
            let entities = table(at, "entities");
            let row = entities.rows().find(|&row| entities.text("entity_id", row) == id);
            row.map(|row| entities.count("record_count", row) as u32)
        };
        let history: Vec<Option<u32>> = screen.history.iter().take(2).map(|row| row.records).collect();
        assert_eq!(history, [records(1), records(0)], "{id}");
    }
    assert!(flagged > 3, "{flagged} flags");
}

#[test]
fn members_that_joined_and_left_are_the_differences_of_both_runs() {
    let members = |at: usize| -> BTreeMap<String, BTreeSet<String>> {
        let table = table(at, "members");
        let mut communities: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in table.rows() {
            let community = communities.entry(table.text("community_id", row).to_owned()).or_default();
            community.insert(table.text("entity_id", row).to_owned());
        }
        communities
    };
    let (before, now) = (members(0), members(1));
    let empty = BTreeSet::new();
    let (mut moves, mut causes) = (0, BTreeSet::new());
    for (id, members) in &now {
        let screen = data::community(&prepared().partners, id).expect("the community");
        let earlier = before.get(id).unwrap_or(&empty);
        let shown = |rows: &[data::MovedMember]| -> BTreeSet<String> {
            rows.iter().map(|row| row.entity.id.clone()).collect()
        };
        assert_eq!(shown(&screen.joined), members - earlier, "{id}");
        assert_eq!(shown(&screen.left), earlier - members, "{id}");
        let listed: BTreeSet<String> = screen.members.iter().map(|row| row.entity.id.clone()).collect();
        assert_eq!(listed, *members);
        for row in screen.joined.iter().chain(&screen.left) {
            let is_joined = members.contains(&row.entity.id);
            let others = if is_joined { &before } else { &now };
            let other = others.iter().find(|(_, members)| members.contains(&row.entity.id));
            assert_eq!(row.other.as_ref(), other.map(|(id, _)| id), "{id}");
            moves += 1;
            causes.insert(match row.cause {
                MoveCause::Entity(_) => "entity",
                MoveCause::Links(..) => "links",
                MoveCause::Grouping => "grouping",
            });
        }
        let common: usize = screen.came_from.iter().map(|row| row.members).sum();
        let known: BTreeSet<&String> = before.values().flatten().collect();
        assert_eq!(common, members.iter().filter(|member| known.contains(member)).count(), "{id}");
    }
    assert!(moves > 3 && causes.contains("entity"), "{moves} moves, causes {causes:?}");
}

#[test]
fn an_unknown_id_has_no_screen() {
    let Prepared { partners, team, .. } = prepared();
    let hidden: Vec<String> = {
        let own: BTreeSet<String> = ids(&table(1, "entities"), "entity_id").into_iter().collect();
        let all = ids(&published(1).table("team/entities"), "entity_id");
        all.into_iter().filter(|id| !own.contains(id)).collect()
    };
    assert!(!hidden.is_empty(), "the team knows more entities");
    for id in hidden.iter().map(String::as_str).chain(["entity-00112233445566778899", "entity-x", "", "../x"])
    {
        assert!(data::entity(partners, &[], id).expect("read").is_none(), "{id}");
        assert!(data::community(partners, id).is_none(), "{id}");
    }
    assert!(data::entity(team, &[], &hidden[0]).expect("read").is_some());
}

#[test]
fn a_record_is_shown_as_delivered_to_those_whose_evidence_names_it() {
    let Prepared { deployment, partners, team } = prepared();
    let own: BTreeSet<String> = ids(&table(1, "evidence"), "record_id").into_iter().collect();
    let all: BTreeSet<String> = ids(&published(1).table("team/evidence"), "record_id").into_iter().collect();
    let places = published(1).table("steward/record_evidence");
    let (evidence, links) = (table(1, "evidence"), table(1, "links"));
    let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in evidence.rows() {
        let of_record = subjects.entry(evidence.text("record_id", row).to_owned()).or_default();
        of_record.insert(evidence.text("subject_id", row).to_owned());
    }
    let ends: BTreeMap<String, [String; 3]> = links
        .rows()
        .map(|row| {
            let ends = ["from_id", "kind", "to_id"].map(|column| links.text(column, row).to_owned());
            (links.text("link_id", row).to_owned(), ends)
        })
        .collect();
    let mut hidden = 0;
    for id in &all {
        let screen = data::record(partners, id, false).expect("read");
        assert_eq!(screen.is_some(), own.contains(id), "{id}");
        hidden += usize::from(screen.is_none());
        let of_team = data::record(team, id, true).expect("read").expect("the team sees all records");
        if let Some(screen) = screen {
            assert_eq!(screen.objects, of_team.objects, "{id}");
            let subjects = subjects.get(id).expect("evidence");
            let (links, entities): (Vec<&String>, Vec<&String>) =
                subjects.iter().filter(|id| !id.starts_with("flag-")).partition(|id| id.starts_with("link-"));
            assert_eq!((screen.entity_count, screen.link_count), (entities.len(), links.len()), "{id}");
            let ends: BTreeSet<[String; 3]> = links.iter().map(|link| ends[*link].clone()).collect();
            let shown = screen.links.iter();
            let shown: BTreeSet<[String; 3]> =
                shown.map(|link| [link.from.id.clone(), link.kind.clone(), link.to.id.clone()]).collect();
            assert_eq!(shown, ends, "{id}");
            assert_eq!(screen.places, None, "{id}");
        }
        // The data steward sees each place, and the file there contains the object.
        let expected: BTreeSet<[&str; 3]> = places
            .rows()
            .filter(|&row| places.text("record_id", row) == id)
            .map(|row| ["delivery", "path", "position"].map(|column| places.text(column, row)))
            .collect();
        let shown = of_team.places.iter().flatten();
        let shown: BTreeSet<[&str; 3]> =
            shown.map(|place| [&*place.delivery, &*place.path, &*place.position]).collect();
        assert_eq!(shown, expected, "{id}");
        let [object] = &of_team.objects[..] else { panic!("{id} has one object") };
        let object: serde_json::Value = serde_json::from_str(object).expect("JSON");
        let place = &of_team.places.as_ref().expect("places")[0];
        let file = std::fs::read_to_string(deployment.path("").join(&place.path)).expect("the delivery");
        let file: serde_json::Value = serde_json::from_str(&file).expect("JSON");
        assert_eq!(file.pointer(&place.position), Some(&object), "{id}");
    }
    assert!(hidden > 0 && own.len() > 10, "{hidden} hidden, {} own", own.len());
    let unknown = format!("record-{}", "0".repeat(32));
    assert!(data::record(team, &unknown, true).expect("read").is_none());
}

#[test]
fn counts_of_a_run_are_those_of_its_tables_and_the_rest_is_for_the_steward() {
    let Prepared { partners, team, .. } = prepared();
    let screen = data::run(partners, false).expect("read");
    assert_eq!(screen.steward, None, "partners see no delivery, reject or duration");
    let count = |at: usize, name: &str| table(at, name).rows().len() as u64;
    let counts: BTreeMap<&str, (u64, Option<u64>)> =
        screen.counts.iter().map(|(name, now, before)| (*name, (*now, *before))).collect();
    for name in ["entities", "links", "communities"] {
        assert_eq!(counts[name], (count(1, name), Some(count(0, name))), "{name}");
    }
    let records: BTreeSet<String> = ids(&table(1, "evidence"), "record_id").into_iter().collect();
    assert_eq!(counts["records"].0, records.len() as u64);
    let changes = table(1, "changes");
    assert_eq!(screen.changes.iter().map(|row| row.count).sum::<u64>(), changes.sum("count"));
    assert!(screen.changes.iter().any(|row| row.cause == "observed-new" && row.subject == "link"));
    let flags = table(1, "flags");
    assert_eq!(screen.flags.values().sum::<u64>(), flags.rows().len() as u64);
    let steward = data::run(team, true).expect("read").steward.expect("the steward asks");
    let deliveries = published(1).table("steward/deliveries");
    assert_eq!(steward.delivery_count, deliveries.rows().len());
    let accepted: u64 = steward.deliveries.iter().map(|row| row.objects[1]).sum();
    assert_eq!(accepted, deliveries.sum("taken"));
    assert!(steward.steps.iter().any(|step| step.name == "analysis" && step.seconds > 0.0));
    assert!(data::run(partners, true).expect("read").steward.is_some(), "the steward asks");
}

fn judgement(flag: &str, minute: i64, by: &str, value: Value) -> Judgement {
    Judgement {
        judgement_id: None,
        recorded_at: Moment::from_micros(1_772_500_000_000_000 + minute * 60_000_000),
        by: by.to_owned(),
        subject_id: flag.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: format!("{by} says so"),
        reason_code: None,
        note: None,
        identifiers: Vec::new(),
        audience: None,
    }
}

#[test]
fn the_log_of_judgements_has_effects_and_agreement() {
    use data::Effect::{Identity, InForce, Replaced, Withdrawn, Withdraws};

    let flags = ids(&table(1, "flags"), "flag_id");
    let (one, two) = (&flags[0], &flags[1]);
    let first = judgement(one, 1, "ana", Value::Confirmed);
    let withdrawal = Judgement { other_id: Some(first.id()), ..judgement(one, 4, "lead", Value::Withdrawn) };
    let known = ids(&table(1, "entities"), "entity_id");
    let identity = |other: &str, minute| Judgement {
        other_id: Some(other.to_owned()),
        kind: Kind::Identity,
        ..judgement(&known[0], minute, "cid", Value::Different)
    };
    let all = [
        first,
        judgement(one, 2, "ben", Value::Benign),
        judgement(two, 3, "ana", Value::Benign),
        withdrawal,
        judgement(two, 5, "ben", Value::NeedsMore),
        judgement(two, 6, "ben", Value::Benign),
        judgement(one, 7, "cid", Value::Confirmed),
        identity(&known[1], 8),
        identity("entity-00112233445566778899", 9),
    ];
    let log = data::judgement_log(&prepared().partners, &all, |flag| flag == one);
    let rows: Vec<(&str, &str, data::Effect)> =
        log.rows.iter().map(|row| (row.by.as_str(), row.value, row.effect)).collect();
    let expected = [
        ("cid", "different", Identity),
        ("cid", "confirmed", InForce),
        ("ben", "benign", InForce),
        ("ben", "needs-more", Replaced),
        ("lead", "withdrawn", Withdraws),
        ("ana", "benign", InForce),
        ("ben", "benign", InForce),
        ("ana", "confirmed", Withdrawn),
    ];
    assert_eq!(rows, expected, "a judgement on an entity that partners do not know is left out");
    assert_eq!((log.rows[0].reason.as_str(), log.rows[1].reason.as_str()), ("", "cid says so"));
    assert!(log.rows[1].is_contested && log.rows[1].is_current && log.rows[1].title.is_some());
    assert!(!log.rows[2].is_current, "the flag has no screen");
    assert_eq!((log.agreement.flags, log.agreement.agreed, log.agreement.contested), (2, 1, 1));
    let pairs: Vec<(&str, &str, usize, usize)> = log
        .pairs
        .iter()
        .map(|pair| (pair.people[0].as_str(), pair.people[1].as_str(), pair.flags, pair.equal))
        .collect();
    assert_eq!(pairs, [("ana", "ben", 1, 1), ("ben", "cid", 1, 0)]);
    assert_eq!(
        log.people,
        [("ana", 1), ("ben", 2), ("cid", 1)].map(|(name, count)| (name.to_owned(), count))
    );
}

#[test]
fn the_model_screen_has_the_card_and_the_precision_of_judged_flags() {
    let Prepared { deployment, partners, .. } = prepared();
    let flags = table(1, "flags");
    let judged: Vec<Judgement> = flags
        .rows()
        .map(|row| {
            let value = if row % 2 == 0 { Value::Confirmed } else { Value::Benign };
            judgement(flags.text("flag_id", row), 1, "ana", value)
        })
        .collect();
    let screen = data::model(partners, &judged, false).expect("read");
    assert_eq!(screen.name, "default");
    assert!(!screen.is_cut && !screen.card.is_empty() && screen.calibration.len() > 5);
    let last = screen.judged.last().expect("judged flags");
    let open: Vec<usize> = flags.rows().filter(|&row| flags.text("state", row) != "closed").collect();
    assert!(last.rows as usize >= open.len() && last.positives > 0, "{last:?} {open:?}");
    // By hand: the flags of the highest score.
    let score = |row: usize| flags.number("score", row).expect("a score");
    let highest = flags.rows().map(score).fold(0.0, f64::max);
    let best: Vec<usize> = flags.rows().filter(|&row| score(row) >= highest).collect();
    let confirmed = best.iter().filter(|row| *row % 2 == 0).count();
    assert_eq!(
        (screen.judged[0].rows as usize, screen.judged[0].positives as usize),
        (best.len(), confirmed)
    );
    assert!(Archive::open(&deployment.path("state"), Access::Read).is_ok());
}
