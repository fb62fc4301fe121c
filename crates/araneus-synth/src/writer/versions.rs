//! All versions of STIX objects, and the deliveries of each agency.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ids, stix};
use crate::{
    agencies::{AGENCIES, AgencyId, DeliveryFormat},
    calendar::{DAYS, HOUR, rfc3339, time_of},
    hidden_world::HiddenWorld,
    report::{Report, ReportId},
};

/// All STIX objects of a world with their versions and deliveries.
pub(super) struct ObjectVersions {
    /// Versions in order for each object id, each with its first day.
    versions: BTreeMap<String, Vec<(u32, Value)>>,
    /// Object ids that each agency delivers on each day.
    delivered: BTreeMap<(AgencyId, u32), BTreeSet<String>>,
    /// Objects that leave the snapshot of an agency, with the day.
    dropped: Vec<(AgencyId, u32, String)>,
}

/// Returns the objects of all reports of STIX agencies.
pub(super) fn collect(world: &HiddenWorld, seed: u64) -> ObjectVersions {
    let mut history =
        ObjectVersions { versions: BTreeMap::new(), delivered: BTreeMap::new(), dropped: Vec::new() };
    let mut ids_by_report: BTreeMap<ReportId, Vec<String>> = BTreeMap::new();
    let mut order: Vec<ReportId> =
        (0..world.reports.len()).filter(|&id| AGENCIES[world.reports[id].author].format.is_stix()).collect();
    order.sort_by_key(|&id| (world.reports[id].day, world.reports[id].created_at, id));
    for day in 1..=DAYS {
        for &id in order.iter().filter(|&&id| world.reports[id].day == day) {
            let ids = history.write(world, seed, &world.reports[id]);
            ids_by_report.insert(id, ids);
        }
        for &id in order.iter().filter(|&&id| world.reports[id].withdrawn_on == Some(day)) {
            history.withdraw(world.reports[id].author, day, &ids_by_report[&id]);
        }
        if world.bulk_edit_day == Some(day) {
            history.touch_all(day);
        }
    }
    for (report, ids) in &ids_by_report {
        for (listener, day) in &world.reports[*report].relays {
            history.delivered.entry((*listener, *day)).or_default().extend(ids.iter().cloned());
        }
    }
    history
}

impl ObjectVersions {
    /// Returns the objects that an agency delivers on a day, without versions that it delivered before.
    pub(super) fn increment(&self, agency: AgencyId, day: u32) -> Vec<Value> {
        let Some(ids) = self.delivered.get(&(agency, day)) else { return Vec::new() };
        let earlier_deliveries: Vec<(&u32, &BTreeSet<String>)> = (1..day)
            .filter_map(|earlier| self.delivered.get_key_value(&(agency, earlier)))
            .map(|((_, day), ids)| (day, ids))
            .collect();
        let mut objects = Vec::new();
        for id in ids {
            let version = self.version(id, day);
            let last_sent = earlier_deliveries
                .iter()
                .rev()
                .find(|(_, ids)| ids.contains(id))
                .map(|(earlier, _)| self.version(id, **earlier));
            if last_sent != Some(version) {
                objects.extend(version.cloned());
            }
        }
        objects
    }

    /// Returns all current objects of an agency on a day.
    pub(super) fn snapshot(&self, agency: AgencyId, day: u32) -> Vec<Value> {
        let mut current: BTreeMap<&str, u32> = BTreeMap::new();
        for ((_, delivery), ids) in self.delivered.range((agency, 0)..=(agency, day)) {
            for id in ids {
                current.insert(id, *delivery);
            }
        }
        for (author, withdrawal, id) in &self.dropped {
            if *author == agency
                && *withdrawal <= day
                && current.get(id.as_str()).is_some_and(|delivered| delivered <= withdrawal)
            {
                current.remove(id.as_str());
            }
        }
        current.keys().filter_map(|id| self.version(id, day).cloned()).collect()
    }

    /// Returns the version of an object on a day; `None` before its first day.
    fn version(&self, id: &str, day: u32) -> Option<&Value> {
        let versions = self.versions.get(id)?;
        versions.iter().rev().find(|(since, _)| *since <= day).map(|(_, value)| value)
    }

    /// Adds the objects of a report, and returns their ids.
    fn write(&mut self, world: &HiddenWorld, seed: u64, report: &Report) -> Vec<String> {
        let objects = stix::objects(world, seed, report);
        let delivered = self.delivered.entry((report.author, report.day)).or_default();
        for (id, object) in &objects {
            delivered.insert(id.clone());
            let versions = self.versions.entry(id.clone()).or_default();
            match versions.last() {
                None => versions.push((report.day, object.clone())),
                Some((_, last)) => {
                    if let Some(next_version) = next_version(last, object, report) {
                        versions.push((report.day, next_version));
                    }
                }
            }
        }
        objects.into_iter().map(|(id, _)| id).collect()
    }

    /// Revokes relationships and indicators of a report; they leave the snapshot of a snapshot source.
    fn withdraw(&mut self, author: AgencyId, day: u32, ids: &[String]) {
        let is_claim = |id: &&String| id.starts_with("relationship--") || id.starts_with("indicator--");
        for id in ids.iter().filter(is_claim) {
            if AGENCIES[author].format == DeliveryFormat::StixSnapshot {
                self.dropped.push((author, day, id.clone()));
                continue;
            }
            let versions = self.versions.get_mut(id).expect("the objects of a report have versions");
            let mut object = versions.last().expect("an object has a first version").1.clone();
            object["revoked"] = json!(true);
            object["modified"] = json!(rfc3339(time_of(day) - HOUR));
            versions.push((day, object));
            self.delivered.entry((author, day)).or_default().insert(id.clone());
        }
    }

    /// Updates the modification time of all objects of snapshot sources, and changes nothing else.
    fn touch_all(&mut self, day: u32) {
        let modified_at = rfc3339(time_of(day) - 3 * HOUR);
        for (agency, row) in AGENCIES.iter().enumerate() {
            if row.format != DeliveryFormat::StixSnapshot {
                continue;
            }
            let current: BTreeSet<String> = self
                .delivered
                .range((agency, 0)..=(agency, day))
                .flat_map(|(_, ids)| ids.iter().cloned())
                .collect();
            for id in current {
                let versions = self.versions.get_mut(&id).expect("a current object has versions");
                let mut object = versions.last().expect("an object has a first version").1.clone();
                if object.get("modified").is_some_and(|modified| modified.as_str() < Some(&modified_at)) {
                    object["modified"] = json!(modified_at);
                    versions.push((day, object));
                }
            }
        }
    }
}

/// Returns the next version of an object after a report; `None` if the report changes nothing.
fn next_version(last: &Value, stated: &Value, report: &Report) -> Option<Value> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut next = last.clone();
    let modified = text(last, "modified")?;
    let modified_at = rfc3339(report.created_at);
    if modified_at <= modified {
        return None;
    }
    if report.is_touch_only {
        next["object_marking_refs"] = json!([stix::marking(report.marking)]);
    } else if last.get("revoked").is_some() {
        next.as_object_mut()?.remove("revoked");
    } else if last["type"].as_str().is_some_and(|kind| kind == "intrusion-set" || kind == "threat-actor") {
        let (known, new) = (text(last, "last_seen")?, text(stated, "last_seen")?);
        // Most agencies seldom update the object of an actor.
        if new <= known || ids::share_of(&format!("{modified_at}{}", last["id"]), 4) != 0 {
            return None;
        }
        next["last_seen"] = json!(new);
    } else {
        return None;
    }
    next["modified"] = json!(modified_at);
    Some(next)
}
