//! Retention: records that are older than the agreement of their source allows are erased before a run.

use super::{erase::erase_expired, error::RunError, inputs::Plan, request::Request};
use crate::archive::{
    Archive,
    audit::{self, Action, Entry, Subject},
};

/// Erases the records whose agreed time is over as of a run. Returns a sentence for each source of which records are gone.
///
/// A replay of an earlier run erases nothing.
pub(super) fn erase(archive: &mut Archive, request: &Request, plan: &Plan) -> Result<Vec<String>, RunError> {
    if request.replay || !plan.is_recorded {
        return Ok(Vec::new());
    }
    let retention = request.config.retention();
    let retained: Vec<(String, u32)> =
        retention.iter().map(|(source, days)| ((*source).to_owned(), *days)).collect();
    let Some(tombstone) = erase_expired(archive, &request.config, &retained, request.as_of)? else {
        return Ok(Vec::new());
    };
    let entry = Entry {
        action: Action::Erased,
        by: tombstone.by.clone(),
        audience: None,
        subjects: vec![Subject::Erasure(tombstone.id.clone())],
    };
    audit::append(&request.config.state, &[entry])?;
    let sentence = |(source, days): (&str, u32)| {
        let records = *tombstone.counts.records.get(source)?;
        let records = if records == 1 { "1 record is".to_owned() } else { format!("{records} records are") };
        Some(format!(
            "{records} erased, because the agreement of the source `{source}` keeps records for {days} days"
        ))
    };
    Ok(retention.into_iter().filter_map(sentence).collect())
}
