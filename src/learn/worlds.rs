//! Synthetic worlds run night by night, and their candidates held against what was planted.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::backtest::{self, Label, Row};
use crate::{
    archive::{Access, Archive, SourceDelivery},
    ingest::{Input, Location},
    progress::Progress,
    run::{Config, Plan, RunError, clock::Clock, config, intake},
    time::Moment,
};
use araneus_synth::{Level, Planted, World};

/// A world's candidates, labelled by its truth.
pub struct Judged {
    /// Seed of the world.
    pub seed: u64,
    /// Every candidate of every night.
    pub rows: Vec<Row>,
    /// For each planted pattern that is none of the look-alikes: its kind, how it came about,
    /// whether it became a candidate, and whether it was flagged.
    pub found: Vec<Found>,
}

/// Whether a planted pattern was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Seed of its world.
    pub seed: u64,
    /// Its number in that world.
    pub plant_id: String,
    /// Kind of the pattern.
    pub pattern: String,
    /// How it came about.
    pub mechanism: String,
    /// How it came about is to be left out of training.
    pub held_out: bool,
    /// It is a look-alike.
    pub is_benign: bool,
    /// It became a candidate of its kind.
    pub is_candidate: bool,
    /// It was flagged, so many nights after enough was told; `None` where it was not.
    pub nights_to_flag: Option<i64>,
}

/// Makes a world, tells it to an archive in `folder` night by night, and follows it.
pub fn judge(seed: u64, level: Level, folder: &Path, watch: &Progress) -> Result<Judged, RunError> {
    let world = araneus_synth::world(seed, level);
    let mut own = configuration(&world, folder)?;
    own.state = folder.join(format!("world-{seed}"));
    tell(&world, &own, world.nights.len())?;
    let mut rows = backtest::backtest(&own, None, 30, watch, &|_| {})?;
    let aliases = aliases(&text(&world, "truth/identities.csv"));
    let found = label(&mut rows, &world, seed, &aliases);
    // The archive was a means: nothing asks for it again.
    let _ = std::fs::remove_dir_all(&own.state);
    Ok(Judged { seed, rows, found })
}

/// Returns the text of one of a world's files; empty where there is none.
fn text(world: &World, path: &str) -> String {
    let file = world.files.iter().find(|(own, _)| own == path);
    file.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

/// Returns a world's own configuration, with its paths below a folder.
pub fn configuration(world: &World, folder: &Path) -> Result<Config, RunError> {
    Ok(config::parse_config(&text(world, "araneus.toml"), folder)?)
}

/// Tells the deliveries of a world's first nights to an archive, one commit a night.
pub fn tell(world: &World, config: &Config, nights: usize) -> Result<(), RunError> {
    let mut archive = Archive::open(&config.state, Access::Write)?;
    for night in world.nights.iter().take(nights) {
        let moment = Moment::parse(&night.as_of).expect("a world's nights are moments");
        let prefix = format!("{}/", night.folder);
        let mut inputs: Vec<Input> = world
            .files
            .iter()
            .filter_map(|(path, bytes)| {
                let source = path.strip_prefix(&prefix)?.split('/').next()?.to_owned();
                Some(Input { source, path: path.clone(), location: Location::Bytes(bytes.clone()) })
            })
            .collect();
        inputs.sort();
        let sources: BTreeMap<String, SourceDelivery> = inputs
            .iter()
            .map(|input| {
                let source = config.source(&input.source);
                let run = SourceDelivery {
                    mode: source.mode,
                    has_object_times: source.has_object_times,
                    is_complete: true,
                };
                (input.source.clone(), run)
            })
            .collect();
        let plan = Plan { inputs, sources, missing: Vec::new(), silent: Vec::new(), is_recorded: true };
        intake::record_deliveries(&mut archive, &plan, &config.rules, moment, &mut Clock::start(&|_| {}))?;
    }
    Ok(())
}

/// Every name of each true name, by any agency.
fn aliases(table: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let names = all.entry(cells[0].to_owned()).or_default();
        names.insert(cells[0].to_owned());
        names.extend(cells.iter().skip(4).filter(|cell| !cell.is_empty()).map(|cell| (*cell).to_owned()));
    }
    all
}

/// Fewest and least share of the members of the smaller side that a candidate and a planted
/// pattern must have in common to be one.
const COMMON_MIN: usize = 2;
const COMMON_SHARE: f64 = 0.3;

/// Says how much of a planted pattern a candidate is, from 0 to 1.
fn agreement(row: &Row, plant: &Planted, aliases: &BTreeMap<String, BTreeSet<String>>) -> f64 {
    let named = |name: &String, names: &BTreeSet<String>| match aliases.get(name) {
        Some(all) => !all.is_disjoint(names),
        None => names.contains(name),
    };
    let is_anchor = plant.anchors.iter().any(|anchor| named(anchor, &row.anchors));
    let is_about_it = match row.pattern {
        "sudden broker" => is_anchor,
        // Somebody's old malware that awakes is their awakening: a few nights' records may tell of no more.
        "dormant reactivation" => is_anchor || plant.members.iter().any(|member| named(member, &row.anchors)),
        _ => true,
    };
    if !is_about_it {
        return 0.0;
    }
    let common =
        row.members.iter().filter(|names| plant.members.iter().any(|member| named(member, names))).count();
    let share = common as f64 / row.members.len().min(plant.members.len()).max(1) as f64;
    if common >= COMMON_MIN && share >= COMMON_SHARE { share } else { 0.0 }
}

fn label(
    rows: &mut [Row],
    world: &World,
    seed: u64,
    aliases: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<Found> {
    let nights: Vec<Moment> = world.nights.iter().filter_map(|night| Moment::parse(&night.as_of)).collect();
    let is_kind = |row: &Row, plant: &Planted| row.pattern.replace(' ', "-") == plant.pattern;
    let mut found: Vec<Found> = world
        .planted
        .iter()
        .map(|plant| Found {
            seed,
            plant_id: plant.plant_id.clone(),
            pattern: plant.pattern.clone(),
            mechanism: plant.mechanism.clone(),
            held_out: plant.held_out,
            is_benign: plant.is_benign,
            is_candidate: false,
            nights_to_flag: None,
        })
        .collect();
    for row in rows {
        let night =
            i64::try_from(nights.partition_point(|night| *night < row.as_of) + 1).expect("nights are few");
        let mut best: Option<(f64, usize)> = None;
        for (at, plant) in world.planted.iter().enumerate() {
            if i64::from(plant.first_night) > night {
                continue;
            }
            let agreement = agreement(row, plant, aliases);
            if agreement == 0.0 {
                continue;
            }
            if is_kind(row, plant) {
                found[at].is_candidate = true;
                if row.is_raised && found[at].nights_to_flag.is_none() {
                    found[at].nights_to_flag = Some(night - i64::from(plant.emerges_night));
                }
            }
            // Of equal agreement the plant of its own kind, then the first.
            let rank = agreement + if is_kind(row, plant) { 1.0 } else { 0.0 };
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, at));
            }
        }
        row.is_held_out = best.is_some_and(|(_, at)| world.planted[at].held_out);
        let is_true = best.is_some_and(|(_, at)| !world.planted[at].is_benign);
        row.label = Some(Label { is_true, recorded_at: row.as_of, source: "truth" });
    }
    found
}
