//! Malformed objects, which a reader must reject.

use serde_json::{Value, json};

use crate::{
    agencies::{AGENCIES, AgencyId, DeliveryFormat},
    calendar::{DAYS, rfc3339, time_of},
    hidden_world::HiddenWorld,
    random::{RandomStream, below, between},
};

/// A malformed object of one delivery.
pub(super) struct MalformedObject {
    agency: AgencyId,
    day: u32,
    /// Kind of fault, from 0 to 2.
    fault: usize,
    number: usize,
}

/// Returns the malformed objects of all deliveries.
///
/// Snapshots have none: a snapshot with an unreadable object identifier would prevent all withdrawals of that day.
pub(super) fn choose(world: &HiddenWorld, random: &mut RandomStream) -> Vec<MalformedObject> {
    let senders: Vec<AgencyId> = (0..AGENCIES.len())
        .filter(|&agency| AGENCIES[agency].format != DeliveryFormat::StixSnapshot)
        .collect();
    (0..world.difficulty.malformed)
        .map(|number| MalformedObject {
            agency: senders[below(random, senders.len())],
            day: between(random, 2, DAYS as usize) as u32,
            fault: below(random, 3),
            number,
        })
        .collect()
}

/// Removes the malformed objects of a STIX delivery from the list, and returns them.
pub(super) fn take_stix(malformed: &mut Vec<MalformedObject>, agency: AgencyId, day: u32) -> Vec<Value> {
    let mut objects = Vec::new();
    malformed.retain(|object| {
        let is_due = object.agency == agency && object.day == day;
        if is_due {
            objects.push(stix_object(object));
        }
        !is_due
    });
    objects
}

/// Returns a malformed STIX object.
fn stix_object(object: &MalformedObject) -> Value {
    let uuid = format!("00000000-0000-4000-8000-{:012x}", object.number);
    let created_at = rfc3339(time_of(object.day) - 7_200);
    match object.fault {
        0 => json!({
            "type": "relationship", "spec_version": "2.1", "id": format!("relationship--{uuid}"),
            "created": created_at, "modified": created_at, "relationship_type": "indicates",
            "source_ref": format!("indicator--{uuid}"),
        }),
        1 => json!({
            "type": "indicator", "spec_version": "2.1", "id": format!("indicator--{uuid}"),
            "created": "yesterday", "modified": created_at, "pattern_type": "stix",
            "pattern": "[domain-name:value = 'bad-date.example']", "valid_from": created_at,
        }),
        _ => json!({
            "type": "malware", "spec_version": "2.1", "id": format!("tool--{uuid}"), "created": created_at,
            "modified": created_at, "name": "Wrongly numbered", "is_family": true,
        }),
    }
}

/// Removes the malformed objects of a MISP delivery from the list, and adds them to its last event.
pub(super) fn add_to_misp(
    malformed: &mut Vec<MalformedObject>,
    agency: AgencyId,
    day: u32,
    events: &mut [Value],
) {
    malformed.retain(|object| {
        if object.agency != agency || object.day != day {
            return true;
        }
        if let Some(event) = events.last_mut() {
            let mut attribute = json!({
                "uuid": format!("00000000-0000-4000-8000-{:012x}", object.number), "category": "Other",
                "type": "domain", "value": "bad-attribute.example", "to_ids": false,
            });
            match object.fault {
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
