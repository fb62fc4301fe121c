//! Retention: records that are older than the agreement of their source allows are erased before a run.

use super::{erase::erase_expired, error::RunError, inputs::Plan, request::Request};
use crate::archive::Archive;

/// Erases the records whose agreed time is over as of a run. Returns a sentence for each source of which records are gone.
///
/// A replay of an earlier run erases nothing.
pub(super) fn erase(archive: &mut Archive, request: &Request, plan: &Plan) -> Result<Vec<String>, RunError> {
    if request.replay || !plan.is_recorded {
        return Ok(Vec::new());
    }
    let retention = request.config.retention();
    let Some(tombstone) = erase_expired(archive, &request.config, &retention, request.as_of)? else {
        return Ok(Vec::new());
    };
    let sentence = |(source, days): (&str, u32)| {
        let records = *tombstone.counts.records.get(source)?;
        let records = if records == 1 { "1 record is".to_owned() } else { format!("{records} records are") };
        Some(format!(
            "{records} erased, because the agreement of the source `{source}` keeps records for {days} days"
        ))
    };
    Ok(retention.into_iter().filter_map(sentence).collect())
}
