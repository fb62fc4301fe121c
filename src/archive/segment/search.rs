//! Search for rows of a segment by ids and texts in their objects.

use std::path::Path;

use arrow::array::Array;
use rayon::prelude::*;

use super::{read_objects, table::Segment};
use crate::{archive::store::ArchiveError, ingest};

/// Ids besides its key that name a row, as far as a search wants them.
#[derive(Clone, Debug, Default)]
pub(in crate::archive) struct NamedBy {
    /// Ids in the text of the object.
    pub(in crate::archive) own: Vec<String>,
    /// Ids of the objects around it.
    pub(in crate::archive) around: Vec<String>,
}

/// Finds the wanted ids of each row of one commit, which must be verified before. Keys are not searched.
pub(in crate::archive) fn rows_with_ids(
    folder: &Path,
    digest: &str,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<NamedBy>, ArchiveError> {
    let segment = Segment { folder, digest };
    let wanted = |ids: Vec<String>| ids.into_iter().filter(|id| is_wanted(id)).collect();
    // The ids around a row, and whether its text has ids.
    let rows: Vec<(NamedBy, bool)> = segment.decode_verified(&["format", "context"], |_, batch| {
        let (format, context) = (segment.texts(batch, "format")?, segment.texts(batch, "context")?);
        let named_by = |row: usize| {
            if !format.is_valid(row) {
                return (NamedBy::default(), false);
            }
            let context = context.is_valid(row).then(|| context.value(row));
            let around = wanted(ingest::further_ids(format.value(row), None, context));
            (NamedBy { around, ..NamedBy::default() }, ingest::has_ids_in_objects(format.value(row)))
        };
        Ok((0..batch.num_rows()).map(named_by).collect())
    })?;
    let with_ids: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].1).collect();
    let mut rows: Vec<NamedBy> = rows.into_iter().map(|(named_by, _)| named_by).collect();
    if !with_ids.is_empty() {
        let objects = read_objects(folder, digest, &with_ids)?;
        let own =
            |(format, object): (String, String)| wanted(ingest::further_ids(&format, Some(&object), None));
        let ids: Vec<Vec<String>> = objects.into_par_iter().map(own).collect();
        for (row, own) in with_ids.into_iter().zip(ids) {
            rows[row].own = own;
        }
    }
    Ok(rows)
}

/// Finds the rows of one commit whose object contains one of the texts.
pub(in crate::archive) fn rows_with_text(
    folder: &Path,
    digest: &str,
    texts: &[&str],
) -> Result<Vec<bool>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode(&["object"], None, |_, batch| {
        let objects = segment.texts(batch, "object")?;
        let has_text = |object: &str| texts.iter().any(|text| object.contains(text));
        Ok(objects.iter().map(|object| object.is_some_and(has_text)).collect())
    })
}
