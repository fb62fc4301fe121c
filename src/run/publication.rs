//! Everything that the files of a run are made from.

use super::{audience::AudienceRun, changes::ComparedRuns, request::Request};
use crate::{
    archive::{ArchiveContents, DeliveryReport},
    model::ModelsInService,
};

/// Everything that the files of a run are made from.
pub(super) struct Publication<'a> {
    pub(super) request: &'a Request,
    pub(super) runs: &'a ComparedRuns<'a>,
    /// Contents of the archive.
    pub(super) contents: &'a ArchiveContents,
    pub(super) models: &'a ModelsInService,
    /// A report for each file of the run.
    pub(super) deliveries: &'a [DeliveryReport],
    /// Results for the data steward, where no audience may read everything.
    pub(super) steward: Option<&'a AudienceRun>,
    pub(super) audiences: &'a [AudienceRun],
}

impl Publication<'_> {
    /// Returns the results for somebody who may read everything.
    pub(super) fn unrestricted(&self) -> &AudienceRun {
        let audience = || self.audiences.iter().find(|run| run.sees_everything());
        self.steward.or_else(audience).expect("the data steward has results if no audience sees everything")
    }
}
