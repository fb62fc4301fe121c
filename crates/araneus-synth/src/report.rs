//! Reports of agencies: links between entities.

use crate::{agencies::AgencyId, entities::EntityId};

/// Kind of a link, as in STIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LinkKind {
    /// Actor, campaign or malware to a program or technique.
    Uses,
    /// Campaign or actor to the actor behind it.
    AttributedTo,
    /// Observable to malware, campaign or actor; STIX has an indicator for it.
    Indicates,
    /// Malware to a host.
    CommunicatesWith,
    /// Domain to address.
    ResolvesTo,
    /// Malware or campaign to a vulnerability.
    Exploits,
    /// Malware to malware.
    Downloads,
    /// Malware to malware.
    VariantOf,
    /// Hosting to its hosts.
    ConsistsOf,
    /// Hosting to malware.
    Hosts,
    /// Actor or campaign to a sector.
    Targets,
    /// Any entity to any other.
    RelatedTo,
}

impl LinkKind {
    /// Returns the STIX relationship type.
    pub(crate) fn stix_type(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::AttributedTo => "attributed-to",
            Self::Indicates => "indicates",
            Self::CommunicatesWith => "communicates-with",
            Self::ResolvesTo => "resolves-to",
            Self::Exploits => "exploits",
            Self::Downloads => "downloads",
            Self::VariantOf => "variant-of",
            Self::ConsistsOf => "consists-of",
            Self::Hosts => "hosts",
            Self::Targets => "targets",
            Self::RelatedTo => "related-to",
        }
    }
}

/// A directed link between two entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) from: EntityId,
    pub(crate) kind: LinkKind,
    pub(crate) to: EntityId,
    /// Start of its valid time, in seconds since 1970.
    pub(crate) seen_at: i64,
}

/// Returns a link.
pub(crate) fn link(from: EntityId, kind: LinkKind, to: EntityId, seen_at: i64) -> Link {
    Link { from, kind, to, seen_at }
}

/// Position of a report in the hidden world.
pub(crate) type ReportId = usize;

/// One report of one agency, delivered on one day.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Agency that wrote it.
    pub(crate) author: AgencyId,
    /// Day of its delivery; from 1.
    pub(crate) day: u32,
    /// Time of writing, in seconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) links: Vec<Link>,
    /// Entities that it names without a link.
    pub(crate) mentions: Vec<EntityId>,
    /// Title; `None` if it is a list of indicators.
    pub(crate) title: Option<String>,
    /// TLP colour, such as `amber`.
    pub(crate) marking: &'static str,
    /// Confidence, from 0 to 100.
    pub(crate) confidence: u8,
    /// Day on which its author withdraws it; `None` for never.
    pub(crate) withdrawn_on: Option<u32>,
    /// True if it repeats known links with a new modification time only.
    pub(crate) is_touch_only: bool,
    /// Position of the planted case that it belongs to.
    pub(crate) case: Option<usize>,
    /// Agencies that relay it unchanged, each with the day of the relay.
    pub(crate) relays: Vec<(AgencyId, u32)>,
}
