//! Deliveries by source, and rejected objects by rule.

use std::collections::BTreeMap;

use crate::{
    archive::{self, DeliveryReport},
    report::content::{DeliveryRow, RejectGroup, RejectRow, SourceRow},
};

/// Largest number of files shown for one source.
const FILES_MAX: usize = 60;
/// Largest number of objects shown for one rule and reason.
const OBJECTS_MAX: usize = 50;

/// Returns a row for each source, with its files if `shows_files`.
pub(super) fn by_source(deliveries: &[DeliveryReport], shows_files: bool) -> Vec<SourceRow> {
    let row = |delivery: &DeliveryReport| DeliveryRow {
        path: delivery.path.clone(),
        format: delivery.format.clone(),
        status: delivery.status.clone(),
        digest: delivery.digest.clone(),
        counts: delivery.counts,
    };
    deliveries
        .chunk_by(|a, b| a.source == b.source)
        .map(|files| SourceRow {
            source: files[0].source.clone(),
            mode: files[0].mode.to_string(),
            files: files.iter().take(if shows_files { FILES_MAX } else { 0 }).map(row).collect(),
            file_count: files.len() as u64,
            counts: archive::total(files),
        })
        .collect()
}

/// Groups rejected objects by rule; for the data steward also by reason, with their positions.
pub(super) fn rejects(deliveries: &[DeliveryReport], shows_files: bool) -> Vec<RejectGroup> {
    let mut groups: BTreeMap<(&str, &str), RejectGroup> = BTreeMap::new();
    for delivery in deliveries {
        for reject in &delivery.rejects {
            let reason = if shows_files { reject.reason.as_str() } else { "" };
            let group = groups.entry((&reject.rule, reason)).or_default();
            (group.rule, group.reason) = (reject.rule.clone(), reason.to_owned());
            group.count += 1;
            if shows_files && group.rows.len() < OBJECTS_MAX {
                group.rows.push(RejectRow {
                    source: delivery.source.clone(),
                    path: delivery.path.clone(),
                    position: reject.position.clone(),
                    object_id: reject.object_id.clone(),
                });
            }
        }
    }
    groups.into_values().collect()
}
