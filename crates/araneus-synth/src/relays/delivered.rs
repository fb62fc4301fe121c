//! Sources of a world of relays, and reports as they deliver them.

use crate::entities::EntityId;

/// Number of days.
pub(super) const DAYS: u32 = 12;

/// Format in which a source delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Stix,
    Misp,
    Csv,
}

/// Sources: name, organisation, format, and whether it writes reports of its own.
pub(super) const SOURCES: [(&str, &str, Format); 9] = [
    ("northwind", "Northwind Threat Research", Format::Stix),
    ("harbour-cert", "Harbour CERT", Format::Stix),
    ("kestrel", "Kestrel Labs", Format::Stix),
    ("ministry-watch", "Ministry Watch Office", Format::Stix),
    ("lanternfish", "Lanternfish Research", Format::Misp),
    ("commons", "Commons Sharing Group", Format::Misp),
    ("tidewire", "Tidewire Press", Format::Misp),
    ("sheet", "Sheet Exchange", Format::Csv),
    ("sensor", "Sensor Network", Format::Csv),
];
/// A report as one source delivers it.
#[derive(Clone, Debug)]
pub(super) struct Delivered {
    pub(super) source: usize,
    pub(super) day: u32,
    pub(super) created_at: i64,
    pub(super) malware: EntityId,
    pub(super) values: Vec<EntityId>,
    /// Values that a relay adds to the report that it repeats.
    pub(super) own: Vec<EntityId>,
    pub(super) title: String,
    pub(super) text: Option<String>,
    /// Address that it cites.
    pub(super) cites: Option<String>,
    /// Source whose identity it names as its producer.
    pub(super) producer: usize,
    /// Word from which its object ids derive: a verbatim relay has the word of its original.
    pub(super) ids: String,
    /// Way in which it repeats another report, and the source of that report.
    pub(super) repeats: Option<(&'static str, usize)>,
    pub(super) group: usize,
    /// Is true if the rows of a table name no malware.
    pub(super) is_bare: bool,
}

impl Delivered {
    /// Returns all values that it names.
    pub(super) fn all_values(&self) -> impl Iterator<Item = EntityId> {
        self.values.iter().chain(&self.own).copied()
    }
}

/// Returns the address of a report on the pages of its source.
pub(super) fn address(report: &Delivered) -> String {
    format!("https://{}.example/reports/{}", SOURCES[report.source].0, report.group)
}
