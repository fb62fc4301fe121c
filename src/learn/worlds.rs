//! Evaluation on synthetic worlds: runs a world day by day, and labels its candidates by the truth.

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
use araneus_synth::{Level, PlantedCase, World};

/// Candidates of a world with labels from the truth, and the outcome of each planted case.
pub struct EvaluatedWorld {
    /// Seed of the world.
    pub seed: u64,
    /// All candidates of all days.
    pub rows: Vec<Row>,
    /// Outcomes of all planted cases, look-alikes included.
    pub outcomes: Vec<CaseOutcome>,
}

/// Outcome of one planted case: whether it became a candidate, and whether it was flagged.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the page on worlds")]
pub struct CaseOutcome {
    /// Seed of its world.
    pub seed: u64,
    /// Identifier of the case in that world (`plant_id`).
    pub case_id: String,
    /// Name of the pattern.
    pub pattern: String,
    /// Variant of the pattern (`mechanism`).
    pub variant: String,
    /// True if training skips this variant.
    pub held_out: bool,
    /// True for a look-alike.
    pub is_benign: bool,
    /// True if it became a candidate of its pattern.
    pub is_candidate: bool,
    /// True if it was a lead in a run.
    pub is_lead: bool,
    /// Days from its emergence to its flag; `None` if it was never flagged.
    pub days_to_flag: Option<i64>,
}

/// Generates a world, archives its deliveries below `folder`, and replays its days.
pub fn evaluate_world(
    seed: u64,
    level: Level,
    folder: &Path,
    progress: &Progress,
) -> Result<EvaluatedWorld, RunError> {
    let world = araneus_synth::generate(seed, level);
    let mut config = configuration(&world, folder)?;
    config.state = folder.join(format!("world-{seed}"));
    archive_deliveries(&world, &config, world.days.len())?;
    let mut rows = backtest::backtest(&config, None, 30, &progress.with_messages(|_| {}))?;
    let aliases = aliases(&text(&world, "truth/identities.csv"));
    let outcomes = label(&mut rows, &world, seed, &aliases);
    // Nothing reads the archive again.
    let _ = std::fs::remove_dir_all(&config.state);
    Ok(EvaluatedWorld { seed, rows, outcomes })
}

/// Path of the mapping of payments.
const MAPPING: &str = "payments.toml";

/// Returns the text of a world's file; empty if there is no such file.
fn text(world: &World, path: &str) -> String {
    let file = world.files.iter().find(|(other, _)| other == path);
    file.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

/// Returns the configuration of a world, with its paths below a folder, and writes the mapping of its payments there.
pub fn configuration(world: &World, folder: &Path) -> Result<Config, RunError> {
    // If it cannot be written, reading the configuration fails and names the file.
    let _ = std::fs::create_dir_all(folder);
    let _ = std::fs::write(folder.join(MAPPING), text(world, MAPPING));
    Ok(config::parse_config(&text(world, "araneus.toml"), folder)?)
}

/// Archives the deliveries of a world's first days, one commit for each day.
pub fn archive_deliveries(world: &World, config: &Config, days: usize) -> Result<(), RunError> {
    let mut archive = Archive::open(&config.state, Access::Write)?;
    for day in world.days.iter().take(days) {
        let as_of = Moment::parse(&day.as_of).expect("the days of a world have RFC 3339 times");
        let prefix = format!("{}/", day.folder);
        let mut inputs: Vec<Input> = world
            .files
            .iter()
            .filter_map(|(path, bytes)| {
                let source = path.strip_prefix(&prefix)?.split('/').next()?.to_owned();
                Some(Input {
                    source,
                    path: path.clone(),
                    location: Location::Bytes(bytes.clone()),
                    pseudonyms: None,
                })
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
        let plan = Plan { inputs, sources, is_recorded: true, ..Plan::default() };
        intake::record_deliveries(
            &mut archive,
            &plan,
            &config.rules,
            as_of,
            &mut Clock::start(&Progress::silent()),
        )?;
    }
    Ok(())
}

/// Returns all names of each entity by its true name, from `truth/identities.csv`.
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

/// Minimum number of common members of a candidate and a planted case that match.
const COMMON_MEMBERS_MIN: usize = 2;
/// Minimum share of common members, relative to the smaller of the two.
const COMMON_SHARE_MIN: f64 = 0.3;

/// Returns the share of common members of a candidate and a planted case, from 0 to 1; 0 if they do not match.
fn agreement(row: &Row, case: &PlantedCase, aliases: &BTreeMap<String, BTreeSet<String>>) -> f64 {
    let named = |name: &String, names: &BTreeSet<String>| match aliases.get(name) {
        Some(all) => !all.is_disjoint(names),
        None => names.contains(name),
    };
    let is_anchor = case.anchors.iter().any(|anchor| named(anchor, &row.anchors));
    let is_about_it = match row.pattern {
        "sudden broker" | "subject surge" | "corroboration" => is_anchor,
        // The reports of a few days may show only the old malware of a dormant actor.
        "dormant reactivation" => is_anchor || case.members.iter().any(|member| named(member, &row.anchors)),
        _ => true,
    };
    if !is_about_it {
        return 0.0;
    }
    let common =
        row.members.iter().filter(|names| case.members.iter().any(|member| named(member, names))).count();
    let share = common as f64 / row.members.len().min(case.members.len()).max(1) as f64;
    if common >= COMMON_MEMBERS_MIN && share >= COMMON_SHARE_MIN { share } else { 0.0 }
}

/// Labels the candidates of a world by its truth, and returns the outcome of each planted case.
fn label(
    rows: &mut [Row],
    world: &World,
    seed: u64,
    aliases: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<CaseOutcome> {
    let days: Vec<Moment> = world.days.iter().filter_map(|day| Moment::parse(&day.as_of)).collect();
    let is_of_pattern = |row: &Row, case: &PlantedCase| row.pattern.replace(' ', "-") == case.pattern;
    let mut outcomes: Vec<CaseOutcome> = world
        .planted
        .iter()
        .map(|case| CaseOutcome {
            seed,
            case_id: case.case_id.clone(),
            pattern: case.pattern.clone(),
            variant: case.variant.clone(),
            held_out: case.held_out,
            is_benign: case.is_benign,
            is_candidate: false,
            is_lead: false,
            days_to_flag: None,
        })
        .collect();
    for row in rows {
        let day = i64::try_from(days.partition_point(|day| *day < row.as_of) + 1).expect("days are few");
        let mut best: Option<(f64, usize)> = None;
        for (position, case) in world.planted.iter().enumerate() {
            if i64::from(case.first_day) > day {
                continue;
            }
            let agreement = agreement(row, case, aliases);
            if agreement == 0.0 {
                continue;
            }
            if is_of_pattern(row, case) {
                outcomes[position].is_candidate = true;
                outcomes[position].is_lead |= row.is_lead;
                if row.is_raised && outcomes[position].days_to_flag.is_none() {
                    outcomes[position].days_to_flag = Some(day - i64::from(case.emerges_day));
                }
            }
            // A case of the candidate's own pattern comes first, then the larger agreement, then the first case.
            let rank = agreement + if is_of_pattern(row, case) { 1.0 } else { 0.0 };
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, position));
            }
        }
        row.is_held_out = best.is_some_and(|(_, position)| world.planted[position].held_out);
        let is_true = best.is_some_and(|(_, position)| !world.planted[position].is_benign);
        row.label = Some(Label { is_true, recorded_at: row.as_of, source: "truth" });
    }
    outcomes
}
