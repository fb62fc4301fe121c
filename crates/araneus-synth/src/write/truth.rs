//! What was really so: the planted patterns, and who is who.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::super::{
    Planted,
    agencies::{AGENCIES, AgencyId},
    bulletin::Bulletin,
    cast::{Kind, ThingId},
    plant::PATTERNS,
    stage::Stage,
};

/// Share of a plant's ties that must have been told for it to have emerged.
const ENOUGH: f64 = 2.0 / 3.0;

/// Returns every plant, in the order of their numbers.
pub(in super::super) fn planted(stage: &Stage) -> Vec<Planted> {
    (0..stage.plants.len()).map(|at| one(stage, at)).collect()
}

fn one(stage: &Stage, at: usize) -> Planted {
    let plant = &stage.plants[at];
    let mut told: Vec<&Bulletin> =
        stage.bulletins.iter().filter(|bulletin| bulletin.plant == Some(at)).collect();
    told.sort_by_key(|bulletin| bulletin.night);
    let emerges = emerges(&told);
    let mut members: BTreeSet<ThingId> = plant.anchors.iter().copied().collect();
    for bulletin in told.iter().filter(|bulletin| bulletin.night <= emerges) {
        members.extend(bulletin.ties.iter().flat_map(|tie| [tie.from, tie.to]));
        members.extend(&bulletin.mentions);
    }
    // A campaign or hosting is an entity where somebody told of it in STIX; MISP has it in a heading.
    let in_stix = |thing: ThingId| {
        let in_time = told.iter().filter(|bulletin| bulletin.night <= emerges);
        let mut in_stix = in_time.filter(|bulletin| AGENCIES[bulletin.author].delivery.is_stix());
        let is_named = matches!(stage.cast.kind(thing), Kind::Campaign | Kind::Hosting);
        !is_named
            || in_stix.any(|bulletin| bulletin.ties.iter().any(|tie| tie.from == thing || tie.to == thing))
    };
    let mut anchors = plant.anchors.clone();
    if anchors.iter().any(|&anchor| in_stix(anchor)) {
        anchors.retain(|&anchor| in_stix(anchor));
    }
    members.retain(|&thing| in_stix(thing) || anchors.contains(&thing));
    // Techniques and branches are everybody's; they are members where the pattern is about them.
    members.retain(|&thing| {
        let is_of_all = matches!(stage.cast.kind(thing), Kind::Technique | Kind::Sector);
        !is_of_all || anchors.contains(&thing)
    });
    let names = |things: &mut dyn Iterator<Item = ThingId>| -> Vec<String> {
        things.map(|thing| stage.cast.name(thing).to_owned()).collect()
    };
    Planted {
        plant_id: format!("plant-{:02}", at + 1),
        pattern: plant.pattern.to_owned(),
        is_benign: plant.is_benign,
        mechanism: plant.mechanism.to_owned(),
        held_out: plant.held_out,
        first_night: told.first().map_or(1, |bulletin| bulletin.night),
        emerges_night: emerges,
        anchors: names(&mut anchors.iter().copied()),
        members: names(&mut members.into_iter()),
    }
}

/// Returns the night by which two thirds of the ties were told, by two agencies if two tell it.
fn emerges(told: &[&Bulletin]) -> u32 {
    let all: BTreeSet<_> = told.iter().flat_map(|bulletin| bulletin.ties.iter().map(key)).collect();
    let voices: BTreeSet<AgencyId> = told.iter().map(|bulletin| bulletin.author).collect();
    let (mut known, mut heard) = (BTreeSet::new(), BTreeSet::new());
    for nights in told.chunk_by(|a, b| a.night == b.night) {
        for bulletin in nights {
            known.extend(bulletin.ties.iter().map(key));
            heard.insert(bulletin.author);
        }
        if known.len() as f64 >= ENOUGH * all.len() as f64 && heard.len() >= voices.len().min(2) {
            return nights[0].night;
        }
    }
    told.last().map_or(1, |bulletin| bulletin.night)
}

fn key(tie: &super::super::bulletin::Tie) -> (ThingId, super::super::bulletin::Relation, ThingId) {
    (tie.from, tie.relation, tie.to)
}

/// Writes `truth/planted.csv`.
pub(super) fn planted_table(stage: &Stage) -> String {
    let mut text = String::from(
        "plant_id,pattern,is_benign,mechanism,held_out,first_night,emerges_night,anchors,members\n",
    );
    for row in planted(stage) {
        let cells = [
            row.plant_id,
            row.pattern,
            row.is_benign.to_string(),
            row.mechanism,
            row.held_out.to_string(),
            row.first_night.to_string(),
            row.emerges_night.to_string(),
            row.anchors.join(";"),
            row.members.join(";"),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Writes `truth/identities.csv`: one row for each thing with names, one column for each agency.
pub(super) fn identities_table(stage: &Stage) -> String {
    let mut text = String::from("entity,kind,same_as,listed_from");
    for agency in AGENCIES {
        text.push(',');
        text.push_str(agency.name);
    }
    text.push('\n');
    let mut rows: BTreeMap<(Kind, &str), Vec<String>> = BTreeMap::new();
    for thing in &stage.cast.things {
        if thing.kind.is_observable() || thing.kind == Kind::Sector {
            continue;
        }
        let same_as = thing.alias_of.map(|other| stage.cast.name(other)).unwrap_or_default();
        let listed = thing.listed.map(|night| night.to_string()).unwrap_or_default();
        let mut row = vec![thing.name.clone(), thing.kind.stix().to_owned(), same_as.to_owned(), listed];
        row.extend((0..AGENCIES.len()).map(|agency| thing.name_by(agency).to_owned()));
        rows.insert((thing.kind, &thing.name), row);
    }
    for row in rows.into_values() {
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// Writes a sentence for each mechanism, for the world's page.
pub(super) fn mechanisms_list() -> String {
    let mut text = String::new();
    for (pattern, ways) in PATTERNS {
        let _ = write!(text, "\n**{pattern}**\n\n");
        for way in ways {
            let sort = if way.is_benign { "look-alike" } else { "pattern" };
            let held = if way.held_out { ", held out" } else { "" };
            let _ = writeln!(text, "- `{}` ({sort}{held}): {}", way.name, way.about);
        }
    }
    text
}
