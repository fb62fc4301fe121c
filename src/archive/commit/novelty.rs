//! Novelty of delivered objects, and its counts.

use crate::archive::counts::DeliveryCounts;

/// Novelty of an accepted object, compared with the live object of its key before the run.
///
/// The first row that matches is the novelty. A dash means that the column does not matter. "Known content" is
/// content that was live, or that the last earlier run delivered beside the live one.
///
/// | Novelty | content occurred in this run | key was live | known content | key occurred in this run | same version field | counted as |
/// |---|---|---|---|---|---|---|
/// | `Repeated` | yes | - | - | - | - | `duplicate` |
/// | `Unchanged` | no | yes | yes | - | - | `duplicate` |
/// | `Additional` | no | - | - | yes | - | `taken` |
/// | `New` | no | no | - | no | - | `taken`, `new` |
/// | `ChangedUnannounced` | no | yes | no | no | yes | `taken`, `changed`, `changed_unannounced` |
/// | `Changed` | no | yes | no | no | no | `taken`, `changed` |
///
/// For the column "key occurred in this run", duplicates do not count. The version field is that of the object
/// that will be live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    Repeated,
    Unchanged,
    Additional,
    New,
    ChangedUnannounced,
    Changed,
}

impl Novelty {
    /// Adds one object to the counts of its delivery.
    pub(super) fn add_to(self, counts: &mut DeliveryCounts) {
        let [duplicate, taken, new, changed, unannounced] = match self {
            Self::Repeated | Self::Unchanged => [1, 0, 0, 0, 0],
            Self::Additional => [0, 1, 0, 0, 0],
            Self::New => [0, 1, 1, 0, 0],
            Self::ChangedUnannounced => [0, 1, 0, 1, 1],
            Self::Changed => [0, 1, 0, 1, 0],
        };
        counts.delivered += 1;
        counts.duplicate += duplicate;
        counts.taken += taken;
        counts.new += new;
        counts.changed += changed;
        counts.changed_unannounced += unannounced;
    }
}
