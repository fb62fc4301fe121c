//! Objects that cannot be taken, so that reading is tried too.

use serde_json::{Value, json};

use super::super::{
    agencies::{AGENCIES, AgencyId, Delivery},
    clock::{NIGHTS, moment, stamp},
    random::{Stream, below, between},
    stage::Stage,
};

/// One bad object: who delivers it, when, and what is wrong with it.
pub(super) struct Bad {
    agency: AgencyId,
    night: u32,
    way: usize,
    number: usize,
}

/// Chooses who delivers something bad, and when. A snapshot never does: an object whose key
/// cannot be read would keep that night from withdrawing anything.
pub(super) fn choose(stage: &Stage, random: &mut Stream) -> Vec<Bad> {
    let senders: Vec<AgencyId> =
        (0..AGENCIES.len()).filter(|&at| AGENCIES[at].delivery != Delivery::StixSnapshot).collect();
    (0..stage.knobs.malformed)
        .map(|number| Bad {
            agency: senders[below(random, senders.len())],
            night: between(random, 2, NIGHTS as usize) as u32,
            way: below(random, 3),
            number,
        })
        .collect()
}

/// Returns the bad STIX objects of a delivery.
pub(super) fn take_stix(bad: &mut Vec<Bad>, agency: AgencyId, night: u32) -> Vec<Value> {
    let mut objects = Vec::new();
    bad.retain(|bad| {
        let is_here = bad.agency == agency && bad.night == night;
        if is_here {
            objects.push(stix(bad));
        }
        !is_here
    });
    objects
}

fn stix(bad: &Bad) -> Value {
    let uuid = format!("00000000-0000-4000-8000-{:012x}", bad.number);
    let created = stamp(moment(bad.night) - 7_200);
    match bad.way {
        0 => json!({
            "type": "relationship", "spec_version": "2.1", "id": format!("relationship--{uuid}"),
            "created": created, "modified": created, "relationship_type": "indicates",
            "source_ref": format!("indicator--{uuid}"),
        }),
        1 => json!({
            "type": "indicator", "spec_version": "2.1", "id": format!("indicator--{uuid}"),
            "created": "yesterday", "modified": created, "pattern_type": "stix",
            "pattern": "[domain-name:value = 'bad-date.example']", "valid_from": created,
        }),
        _ => json!({
            "type": "malware", "spec_version": "2.1", "id": format!("tool--{uuid}"), "created": created,
            "modified": created, "name": "Wrongly numbered", "is_family": true,
        }),
    }
}

/// Takes from some attribute of a MISP delivery what it cannot do without.
pub(super) fn spoil_misp(bad: &mut Vec<Bad>, agency: AgencyId, night: u32, events: &mut [Value]) {
    bad.retain(|bad| {
        if bad.agency != agency || bad.night != night {
            return true;
        }
        if let Some(event) = events.last_mut() {
            let mut attribute = json!({
                "uuid": format!("00000000-0000-4000-8000-{:012x}", bad.number), "category": "Other",
                "type": "domain", "value": "bad-attribute.example", "to_ids": false,
            });
            match bad.way {
                0 => attribute["value"] = json!({ "not": "a text" }),
                1 => attribute["type"] = json!(["domain"]),
                _ => attribute["uuid"] = json!(17),
            }
            if let Some(attributes) = event["Event"]["Attribute"].as_array_mut() {
                attributes.push(attribute);
            }
        }
        false
    });
}
