//! Why a flag was raised, and whether it would stand without a record, or on one source alone:
//! asked by running the night again without them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    analysis::{self, Depth},
    features,
    progress::Progress,
    record::{Record, RecordId},
    review::{self, Flag},
    run::{
        Rules, RunError,
        memory::{Followed, Memory},
    },
};

/// Most records that are left out one by one.
const RECORDS_MAX: usize = 50;

/// What a flag rests on.
pub(super) struct MinimalSupport {
    /// Records of which none can be left out of this set: without them all the flag falls.
    pub(super) needed: Vec<RecordId>,
    /// Whether every record behind it was tried.
    pub(super) is_whole: bool,
    /// Sources by whose records alone it would stand, of those that tell of it.
    pub(super) alone: Vec<(String, bool)>,
}

/// Finds what a flag rests on; `None` where it is found on an earlier night only.
pub(super) fn footing(
    followed: &Followed,
    flag: &Flag,
    rules: &Rules,
    before: &Memory,
    watch: &Progress,
) -> Result<Option<MinimalSupport>, RunError> {
    let Some(at) = flag.candidate else { return Ok(None) };
    let candidate = &followed.candidates[at];
    let behind: Vec<&Record> = features::records(&followed.analysis, candidate)
        .into_iter()
        .map(|at| &followed.analysis[at])
        .collect();
    let stands = |without: &BTreeSet<RecordId>| {
        let fewer = followed.analysis.view.without(without);
        let analysis = analysis::analysis(fewer, &rules.analysis, before.past(), Depth::Unmeasured, watch)
            .ok_or(RunError::Stopped)?;
        let night = &followed.candidates;
        Ok::<bool, RunError>(review::stands(
            &analysis,
            &candidate.lineage,
            night,
            &rules.review,
            rules.analysis.seed,
        ))
    };
    let mut needed: BTreeSet<RecordId> = behind.iter().map(|record| record.id).collect();
    let is_whole = needed.len() <= RECORDS_MAX;
    // The oldest first, so that the records of tonight are the last to be spared.
    let mut order = behind.clone();
    order.sort_by_key(|record| (record.recorded_at, record.id));
    for record in order.into_iter().take(RECORDS_MAX) {
        let mut fewer = needed.clone();
        fewer.remove(&record.id);
        if !stands(&fewer)? {
            needed = fewer;
        }
    }
    let mut of_source: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
    for record in &behind {
        of_source.entry(&record.source).or_default().insert(record.id);
    }
    let mut alone = Vec::new();
    for source in of_source.keys() {
        let others = of_source.iter().filter(|(other, _)| *other != source).flat_map(|(_, ids)| ids).copied();
        alone.push(((*source).to_owned(), stands(&others.collect())?));
    }
    Ok(Some(MinimalSupport { needed: needed.into_iter().collect(), is_whole, alone }))
}
