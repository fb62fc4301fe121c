//! Earlier published runs of an audience: a few numbers of each entity that exists now, and the size of each community.

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;

use super::{
    ids::{COMMUNITY, ENTITY},
    network::row,
    packed::Names,
    scan::scan,
};
use crate::{explain::QuestionError, run::published::published_runs};

/// Most earlier runs that a history shows. Each costs about 30 bytes for an entity.
pub(super) const RUNS_MAX: usize = 10;

/// One earlier run, for the entities that the current run has.
#[derive(Debug)]
pub(super) struct PastRun {
    /// Name of the run.
    pub(super) name: String,
    /// Number of records of each entity; 0 if the run did not have the entity.
    pub(super) record_counts: Vec<u32>,
    pub(super) degrees: Vec<f64>,
    pub(super) strengths: Vec<f64>,
    /// Community of each entity; 0 if it had none.
    pub(super) communities: Vec<u128>,
    /// Size and state of each community.
    pub(super) sizes: BTreeMap<u128, (u32, u32)>,
    pub(super) states: Names,
}

/// Reads the runs before one, the latest first. A run that this version cannot read is left out; returns the number of those, too.
pub(super) fn read(out: &Path, run: &str, audience: &str, entities: &[u128]) -> (Vec<PastRun>, usize) {
    let earlier: Vec<String> = published_runs(out).into_iter().filter(|name| &**name < run).collect();
    let newest: Vec<&String> = earlier.iter().rev().take(RUNS_MAX).collect();
    let read: Vec<Option<PastRun>> = newest
        .par_iter()
        .map(|name| PastRun::read(&out.join(name).join(audience), name, entities).ok())
        .collect();
    let runs: Vec<PastRun> = read.into_iter().flatten().collect();
    let unread = newest.len() - runs.len();
    (runs, unread)
}

impl PastRun {
    fn read(folder: &Path, name: &str, entities: &[u128]) -> Result<Self, QuestionError> {
        let count = entities.len();
        let mut run = Self {
            name: name.to_owned(),
            record_counts: vec![0; count],
            degrees: vec![f64::NAN; count],
            strengths: vec![f64::NAN; count],
            communities: vec![0; count],
            sizes: BTreeMap::new(),
            states: Names::default(),
        };
        scan(folder, "entities", &["entity_id", "record_count"], |part| {
            for (cell, records) in part.text("entity_id")?.iter().zip(part.count("record_count")?) {
                if let Some(entity) = row(entities, cell.as_ref(), ENTITY) {
                    run.record_counts[entity] = (*records)? as u32;
                }
            }
            Some(())
        })?;
        scan(folder, "metrics", &["entity_id", "degree", "strength"], |part| {
            let (degrees, strengths) = (part.number("degree")?, part.number("strength")?);
            for (position, cell) in part.text("entity_id")?.iter().enumerate() {
                if let Some(entity) = row(entities, cell.as_ref(), ENTITY) {
                    run.degrees[entity] = degrees[position].unwrap_or(f64::NAN);
                    run.strengths[entity] = strengths[position].unwrap_or(f64::NAN);
                }
            }
            Some(())
        })?;
        scan(folder, "members", &["community_id", "entity_id"], |part| {
            for (community, cell) in part.text("community_id")?.iter().zip(part.text("entity_id")?) {
                if let Some(entity) = row(entities, cell.as_ref(), ENTITY) {
                    run.communities[entity] = COMMUNITY.parse(community.as_deref()?)?;
                }
            }
            Some(())
        })?;
        scan(folder, "communities", &["community_id", "size", "state"], |part| {
            for position in 0..part.rows() {
                let id = COMMUNITY.parse(part.text("community_id")?[position].as_deref()?)?;
                let state = part.text("state")?[position].as_deref().unwrap_or_default();
                let (size, state) = (part.count("size")?[position]? as u32, run.states.intern(state));
                // Smaller groups have no lineage.
                if size > 1 {
                    run.sizes.insert(id, (size, state));
                }
            }
            Some(())
        })?;
        Ok(run)
    }
}
