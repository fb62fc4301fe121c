//! Every STIX object in all its versions, and who delivers which of them when.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    super::{
        agencies::{AGENCIES, AgencyId, Delivery},
        bulletin::{Bulletin, BulletinId},
        clock::{HOUR, NIGHTS, moment, stamp},
        stage::Stage,
    },
    ids, stix,
};

/// Every object that a STIX agency stated, and when.
pub(super) struct Book {
    /// By id the versions in order, each with the night from which on it is told.
    versions: BTreeMap<String, Vec<(u32, Value)>>,
    /// What each agency delivers on each night: ids.
    told: BTreeMap<(AgencyId, u32), BTreeSet<String>>,
    /// What each agency drops from its holdings, and when.
    dropped: Vec<(AgencyId, u32, String)>,
}

/// Writes down all that was told in STIX.
pub(super) fn state(stage: &Stage, seed: u64) -> Book {
    let mut book = Book { versions: BTreeMap::new(), told: BTreeMap::new(), dropped: Vec::new() };
    let mut objects_of: BTreeMap<BulletinId, Vec<String>> = BTreeMap::new();
    let mut order: Vec<BulletinId> = (0..stage.bulletins.len())
        .filter(|&at| AGENCIES[stage.bulletins[at].author].delivery.is_stix())
        .collect();
    order.sort_by_key(|&at| (stage.bulletins[at].night, stage.bulletins[at].created, at));
    for night in 1..=NIGHTS {
        for &at in order.iter().filter(|&&at| stage.bulletins[at].night == night) {
            let ids = book.write(stage, seed, &stage.bulletins[at]);
            objects_of.insert(at, ids);
        }
        for &at in order.iter().filter(|&&at| stage.bulletins[at].withdrawn == Some(night)) {
            book.withdraw(stage.bulletins[at].author, night, &objects_of[&at]);
        }
        if stage.bulk_night == Some(night) {
            book.touch_all(night);
        }
    }
    for (at, ids) in &objects_of {
        for (listener, night) in &stage.bulletins[*at].relays {
            book.told.entry((*listener, *night)).or_default().extend(ids.iter().cloned());
        }
    }
    book
}

impl Book {
    /// Returns what an agency sends on a night: what it has not sent in this version.
    pub(super) fn increment(&self, agency: AgencyId, night: u32) -> Vec<Value> {
        let Some(ids) = self.told.get(&(agency, night)) else { return Vec::new() };
        let before: Vec<(&u32, &BTreeSet<String>)> = (1..night)
            .filter_map(|earlier| self.told.get_key_value(&(agency, earlier)))
            .map(|((_, night), ids)| (night, ids))
            .collect();
        let mut objects = Vec::new();
        for id in ids {
            let version = self.version(id, night);
            let sent =
                before.iter().rev().find(|(_, ids)| ids.contains(id)).map(|(at, _)| self.version(id, **at));
            if sent != Some(version) {
                objects.extend(version.cloned());
            }
        }
        objects
    }

    /// Returns all that an agency holds on a night.
    pub(super) fn snapshot(&self, agency: AgencyId, night: u32) -> Vec<Value> {
        let mut held: BTreeMap<&str, u32> = BTreeMap::new();
        for ((_, at), ids) in self.told.range((agency, 0)..=(agency, night)) {
            for id in ids {
                held.insert(id, *at);
            }
        }
        for (by, at, id) in &self.dropped {
            if *by == agency && *at <= night && held.get(id.as_str()).is_some_and(|told| told <= at) {
                held.remove(id.as_str());
            }
        }
        held.keys().filter_map(|id| self.version(id, night).cloned()).collect()
    }

    /// Returns how an object stands on a night.
    fn version(&self, id: &str, night: u32) -> Option<&Value> {
        let versions = self.versions.get(id)?;
        versions.iter().rev().find(|(at, _)| *at <= night).map(|(_, value)| value)
    }

    /// Takes a bulletin down; returns the ids of its objects.
    fn write(&mut self, stage: &Stage, seed: u64, bulletin: &Bulletin) -> Vec<String> {
        let objects = stix::objects(stage, seed, bulletin);
        let told = self.told.entry((bulletin.author, bulletin.night)).or_default();
        for (id, object) in &objects {
            told.insert(id.clone());
            let versions = self.versions.entry(id.clone()).or_default();
            match versions.last() {
                None => versions.push((bulletin.night, object.clone())),
                Some((_, last)) => {
                    if let Some(later) = later(last, object, bulletin) {
                        versions.push((bulletin.night, later));
                    }
                }
            }
        }
        objects.into_iter().map(|(id, _)| id).collect()
    }

    /// Revokes the ties and indicators of a bulletin; from a snapshot they vanish.
    fn withdraw(&mut self, author: AgencyId, night: u32, ids: &[String]) {
        let taken = |id: &&String| id.starts_with("relationship--") || id.starts_with("indicator--");
        for id in ids.iter().filter(taken) {
            if AGENCIES[author].delivery == Delivery::StixSnapshot {
                self.dropped.push((author, night, id.clone()));
                continue;
            }
            let versions = self.versions.get_mut(id).expect("what a bulletin told was written");
            let mut object = versions.last().expect("there is a first version").1.clone();
            object["revoked"] = json!(true);
            object["modified"] = json!(stamp(moment(night) - HOUR));
            versions.push((night, object));
            self.told.entry((author, night)).or_default().insert(id.clone());
        }
    }

    /// Lets the snapshot sources touch all that they hold, and change nothing else.
    fn touch_all(&mut self, night: u32) {
        let touched = stamp(moment(night) - 3 * HOUR);
        for (agency, row) in AGENCIES.iter().enumerate() {
            if row.delivery != Delivery::StixSnapshot {
                continue;
            }
            let held: BTreeSet<String> = self
                .told
                .range((agency, 0)..=(agency, night))
                .flat_map(|(_, ids)| ids.iter().cloned())
                .collect();
            for id in held {
                let versions = self.versions.get_mut(&id).expect("what is held was written");
                let mut object = versions.last().expect("there is a first version").1.clone();
                if object.get("modified").is_some_and(|modified| modified.as_str() < Some(&touched)) {
                    object["modified"] = json!(touched);
                    versions.push((night, object));
                }
            }
        }
    }
}

/// Returns the next version of an object, where a bulletin has something to add to it.
fn later(last: &Value, said: &Value, bulletin: &Bulletin) -> Option<Value> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut next = last.clone();
    let modified = text(last, "modified")?;
    let touched = stamp(bulletin.created);
    if touched <= modified {
        return None;
    }
    if bulletin.retouched {
        next["object_marking_refs"] = json!([stix::marking(bulletin.marking)]);
    } else if last.get("revoked").is_some() {
        next.as_object_mut()?.remove("revoked");
    } else if last["type"].as_str().is_some_and(|kind| kind == "intrusion-set" || kind == "threat-actor") {
        let (was, is) = (text(last, "last_seen")?, text(said, "last_seen")?);
        // Few keep the card of an actor up to date.
        if is <= was || ids::share_of(&format!("{touched}{}", last["id"]), 4) != 0 {
            return None;
        }
        next["last_seen"] = json!(is);
    } else {
        return None;
    }
    next["modified"] = json!(touched);
    Some(next)
}
