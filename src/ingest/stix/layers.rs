//! Layers of relationships and of references.

use crate::{entity::OBSERVABLES, link::Layer};

/// Families of the relationship types of STIX 2.1 (sections 3 and 4) and of ATT&CK.
pub(in crate::ingest) fn layer_of_relationship(kind: &str) -> Layer {
    match kind {
        "attributed-to" | "impersonates" | "authored-by" | "cooperates-with" => Layer::Attribution,
        "uses" | "exploits" | "mitigates" | "detects" | "remediates" | "investigates" | "has" | "drops"
        | "downloads" | "delivers" | "variant-of" | "employs" => Layer::Capability,
        "indicates"
        | "based-on"
        | "controls"
        | "communicates-with"
        | "consists-of"
        | "hosts"
        | "owns"
        | "beacons-to"
        | "exfiltrates-to"
        | "resolves-to"
        | "belongs-to"
        | "compromises"
        | "characterizes"
        | "analysis-of"
        | "static-analysis-of"
        | "dynamic-analysis-of" => Layer::Infrastructure,
        "targets" | "located-at" | "originates-from" => Layer::Target,
        "subtechnique-of" | "part-of" | "revoked-by" | "derived-from" | "duplicate-of" => Layer::Taxonomy,
        _ => Layer::Other,
    }
}

/// Words for who made, changed or may have an object: what names them speaks of the exchange, and not of
/// the world. Platforms write them behind prefixes of their own (`x_opencti_created_by`).
const EXCHANGE_ROLES: [&str; 40] = [
    "created_by",
    "creator",
    "author",
    "authored_by",
    "editor",
    "edited_by",
    "modified_by",
    "modifier",
    "updated_by",
    "changed_by",
    "revised_by",
    "reviewed_by",
    "reviewer",
    "approved_by",
    "validated_by",
    "verified_by",
    "curated_by",
    "curator",
    "maintained_by",
    "maintainer",
    "contributed_by",
    "contributor",
    "submitted_by",
    "submitter",
    "reported_by",
    "reporter",
    "published_by",
    "publisher",
    "produced_by",
    "producer",
    "provided_by",
    "provider",
    "shared_by",
    "shared_with",
    "granted",
    "granted_to",
    "grantee",
    "authorized",
    "assignee",
    "participant",
];

fn is_about_the_exchange(stem: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    EXCHANGE_ROLES
        .iter()
        .any(|role| stem.strip_suffix(role).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('_')))
}

pub(super) fn layer_of_reference(kind: &str, stem: &str) -> Layer {
    match stem {
        _ if is_about_the_exchange(stem) => Layer::Provenance,
        "object" if matches!(kind, "report" | "grouping" | "note" | "opinion") => Layer::CoReport,
        "tactic" | "x_mitre_data_source" => Layer::Taxonomy,
        _ if stem.starts_with("x_capec") => Layer::Taxonomy,
        _ if OBSERVABLES.contains(&kind)
            || matches!(kind, "observed-data" | "malware" | "malware-analysis") =>
        {
            Layer::Infrastructure
        }
        _ => Layer::Other,
    }
}
