//! Side of the last run, which the next run compares itself with.

use super::keys;
use crate::{
    archive::{Archive, ArchiveContents},
    run::{config::Rules, error::RunError},
    temporal::Side,
    time::Moment,
    view::Audience,
};

/// Everything that the side of a run depends on.
#[derive(Clone, Copy)]
pub(crate) struct SideInputs<'a> {
    pub(crate) contents: &'a ArchiveContents,
    pub(crate) rules: &'a Rules,
    pub(crate) audience: &'a Audience,
    pub(crate) as_of: Moment,
    /// As-of time of the run whose records are left out.
    pub(crate) without: Option<Moment>,
}

impl SideInputs<'_> {
    /// Returns the key of the side.
    pub(crate) fn key(self) -> String {
        Archive::columns_key(&keys::of_side(self))
    }
}

/// Returns the stored side of a run; `None` if the archive has no intact one that follows from these inputs.
pub(crate) fn read_side(archive: &Archive, inputs: SideInputs<'_>) -> Result<Option<Side>, RunError> {
    let Some(mut columns) = archive.columns(&inputs.key())? else { return Ok(None) };
    Ok(Side::read(&mut columns).ok())
}

/// Stores the side of a run. Returns its key.
pub(crate) fn keep_side(archive: &Archive, inputs: SideInputs<'_>, side: Side) -> Result<String, RunError> {
    let key = inputs.key();
    let mut side = Some(side);
    archive.keep_columns(&key, &mut |out| side.take().map_or(Ok(()), |side| side.write(out)))?;
    Ok(key)
}
