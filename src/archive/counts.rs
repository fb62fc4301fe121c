//! Counts of the objects of one delivery.

/// Counts of one delivery, as the table `deliveries` shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeliveryCounts {
    /// All delivered objects: accepted, duplicate, rejected and held ones.
    pub delivered: u64,
    /// Accepted objects.
    pub taken: u64,
    /// Objects whose source, key and content were live before, or were delivered earlier in the run.
    pub duplicate: u64,
    /// Rejected objects.
    pub rejected: u64,
    /// Objects that a limit of their source set aside.
    #[serde(default)]
    pub held: u64,
    /// Keys that were not live before.
    pub new: u64,
    /// Live keys with a changed content.
    pub changed: u64,
    /// Changed keys with an unchanged version field.
    pub changed_unannounced: u64,
    /// Live keys that the delivery no longer contains.
    pub withdrawn: u64,
}

impl DeliveryCounts {
    /// Returns the sum of two counts, field by field.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            taken: self.taken + other.taken,
            duplicate: self.duplicate + other.duplicate,
            rejected: self.rejected + other.rejected,
            held: self.held + other.held,
            new: self.new + other.new,
            changed: self.changed + other.changed,
            changed_unannounced: self.changed_unannounced + other.changed_unannounced,
            withdrawn: self.withdrawn + other.withdrawn,
        }
    }
}
