//! What agencies say: ties between things, told in bulletins.

use super::{agencies::AgencyId, cast::ThingId};

/// How one thing is tied to another; STIX's relationship types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// Actor, campaign or malware to what it uses.
    Uses,
    /// Campaign or actor to the actor behind it.
    AttributedTo,
    /// Observable to what it is a sign of; told by an indicator.
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
    /// Actor or campaign to a branch.
    Targets,
    /// Anything to anything.
    RelatedTo,
}

impl Relation {
    /// Returns the STIX relationship type.
    pub(super) fn stix(self) -> &'static str {
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

/// One tie, and since when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tie {
    pub(super) from: ThingId,
    pub(super) relation: Relation,
    pub(super) to: ThingId,
    /// Seconds since 1970.
    pub(super) seen: i64,
}

/// Returns a tie.
pub(super) fn tie(from: ThingId, relation: Relation, to: ThingId, seen: i64) -> Tie {
    Tie { from, relation, to, seen }
}

/// Position in the list of bulletins.
pub(super) type BulletinId = usize;

/// What one agency tells on one night.
#[derive(Clone, Debug)]
pub(super) struct Bulletin {
    /// Who made it.
    pub(super) author: AgencyId,
    /// The night on which it is delivered.
    pub(super) night: u32,
    /// When it was written, in seconds since 1970.
    pub(super) created: i64,
    pub(super) ties: Vec<Tie>,
    /// What it names without a tie.
    pub(super) mentions: Vec<ThingId>,
    /// Its heading, if it is a report.
    pub(super) title: Option<String>,
    /// TLP colour.
    pub(super) marking: &'static str,
    /// 0 to 100.
    pub(super) confidence: u8,
    /// The night on which its author takes it back.
    pub(super) withdrawn: Option<u32>,
    /// It tells again what is known, touched but unchanged.
    pub(super) retouched: bool,
    /// The plant that it belongs to.
    pub(super) plant: Option<usize>,
    /// Who passes it on as it is, and when.
    pub(super) relays: Vec<(AgencyId, u32)>,
}
