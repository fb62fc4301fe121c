//! Cases as lines of text, and the deliveries that the lines produce.
//!
//! ```text
//! run 1                                                      the first run after the background
//! harbour: actor Salt Heron uses malware Tidelock            a claim of a source
//! northwind: indicator a.example indicates malware Tidelock, began 2024-03-01
//! northwind: report Spring Tide names actor Salt Heron, malware Tidelock
//! kestrel relays northwind: actor Salt Heron uses malware X  the object that northwind created
//! northwind withdraws: actor Salt Heron uses malware X       revoked
//! northwind dates anew: actor Salt Heron uses malware X      the same object, modified in this run
//! newcomer undated: actor Salt Heron uses malware X          a claim without a date of activity, as in a catalogue
//! newcomer undated: campaign Y attributed-to actor X, last seen 2025-01-01   the same, of a campaign with dates
//! harbour edits everything                                   each of its objects, with another description
//! bank: Ada pays Ben 901.37 EUR on 2026-03-01                a payment between two accounts
//! bank: 400 ordinary payments in EUR                         of the ninety days before the run
//! bank: 400 ordinary payments of 500 EUR                     the same, all of one amount
//! bank: Ada contacts Ben                                     a call between two persons
//! bank: 150 ordinary contacts                                calls between the persons of the ordinary payments
//! bank: Ada has phone +49 30 1234567                         a telephone number of a person
//! registry: company Grey Ltd at 12 Dock Road               companies, owners and designations: see `registry`
//! harbour imports 60 groups                                  an actor, two malware families and a campaign each
//! book: actor Salt Heron also called Grey Wader              an entry of the curated list
//! expect: flagged Salt Heron and Tidelock                    checked after the run
//! expect: lead Tidelock                                      listed as a lead, and no flag
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use araneus::time::Moment;
use serde_json::{Value, json};

use super::{background::VERBS, registry};

/// A line of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    /// The next run, with its number of days after the background.
    Run(i64),
    /// The case starts with an empty archive.
    WithoutBackground,
    /// A source delivers a claim.
    Claim { source: String, maker: String, claim: String, how: How },
    /// A source delivers all its objects again, with another description.
    EditsEverything(String),
    /// A source delivers this number of new groups at once.
    Imports(String, usize),
    /// Expected result after the run.
    Expect(String),
}

/// Form in which a claim is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    New,
    Withdrawn,
    DatedAnew,
    Undated,
}

/// Reads a case. An unknown line is an error with its text.
pub(crate) fn read(text: &str) -> Result<Vec<Line>, String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

fn line(text: &str) -> Result<Line, String> {
    let unknown = || format!("unknown line of a case: {text}");
    if text == "without background" {
        return Ok(Line::WithoutBackground);
    }
    if let Some(day) = text.strip_prefix("run ") {
        return day.parse().map(Line::Run).map_err(|_| unknown());
    }
    if let Some(source) = text.strip_suffix(" edits everything") {
        return Ok(Line::EditsEverything(source.to_owned()));
    }
    if let Some((source, count)) = text.strip_suffix(" groups").and_then(|text| text.split_once(" imports "))
    {
        return Ok(Line::Imports(source.to_owned(), count.parse().map_err(|_| unknown())?));
    }
    let (head, claim_text) = text.split_once(": ").ok_or_else(unknown)?;
    if head == "expect" {
        return Ok(Line::Expect(claim_text.to_owned()));
    }
    let (source, maker, how) = match head.split_once(' ') {
        None => (head, head, How::New),
        Some((source, "withdraws")) => (source, source, How::Withdrawn),
        Some((source, "dates anew")) => (source, source, How::DatedAnew),
        Some((source, "undated")) => (source, source, How::Undated),
        Some((source, relayed)) => (source, relayed.strip_prefix("relays ").ok_or_else(unknown)?, How::New),
    };
    let line =
        Line::Claim { source: source.to_owned(), maker: maker.to_owned(), claim: claim_text.to_owned(), how };
    // Interpreted once here, so that an error is found when the file is read.
    if source != "book" {
        claim(maker, claim_text, "2026-01-01T00:00:00Z", how).ok_or_else(unknown)?;
    }
    Ok(line)
}

/// Terms of a case, and their kinds in STIX.
const KINDS: [(&str, &str); 12] = [
    ("actor", "intrusion-set"),
    ("malware", "malware"),
    ("tool", "tool"),
    ("campaign", "campaign"),
    ("infrastructure", "infrastructure"),
    ("technique", "attack-pattern"),
    ("weakness", "vulnerability"),
    ("victim", "identity"),
    ("domain", "domain-name"),
    ("address", "ipv4-addr"),
    ("indicator", "indicator"),
    ("report", "report"),
];

pub(super) fn uuid(of: &str) -> String {
    let hex = blake3::hash(of.as_bytes()).to_hex();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// Mark of a name of which each source has an entry of its own.
const OWN: &str = " (own)";

/// Returns the object of a term. An object has one id for all sources, unless it is an indicator or a report, or is marked as the
/// own one of each source.
fn object(maker: &str, term: &str, at: &str) -> Option<Value> {
    let (word, name) = term.trim().split_once(' ')?;
    let kind = KINDS.iter().find(|(term, _)| *term == word)?.1;
    let (name, is_own) = name.strip_suffix(OWN).map_or((name, false), |name| (name, true));
    let of_source = is_own || matches!(kind, "indicator" | "report");
    let id = uuid(&if of_source { format!("{maker}/{kind}/{name}") } else { format!("{kind}/{name}") });
    let id = format!("{kind}--{id}");
    Some(match kind {
        "domain-name" | "ipv4-addr" => {
            json!({"type": kind, "spec_version": "2.1", "id": id, "value": name})
        }
        "indicator" => {
            let property =
                if name.parse::<std::net::Ipv4Addr>().is_ok() { "ipv4-addr" } else { "domain-name" };
            json!({"type": kind, "spec_version": "2.1", "id": id, "created": at, "modified": at, "name": name,
                "valid_from": at, "pattern_type": "stix", "pattern": format!("[{property}:value = '{name}']")})
        }
        "report" => {
            json!({"type": kind, "spec_version": "2.1", "id": id, "created": at, "modified": at, "name": name,
                "published": at, "object_refs": []})
        }
        _ => {
            let known = "2025-06-01T00:00:00Z";
            json!({"type": kind, "spec_version": "2.1", "id": id, "created": known, "modified": known, "name": name})
        }
    })
}

/// Returns the FollowTheMoney entities of a line about payments, calls or telephone numbers.
fn payments(text: &str, as_of: &str) -> Option<Vec<Value>> {
    if let Some((count, rest)) = text.split_once(" ordinary payments ") {
        let currency = rest.rsplit(' ').next()?;
        let fixed: Option<f64> =
            rest.strip_prefix("of ").and_then(|rest| rest.split_once(' ')?.0.parse().ok());
        let last = Moment::parse(as_of)?;
        return Some(
            (0..count.parse::<u32>().ok()?)
                .flat_map(|at| {
                    let amount = fixed.unwrap_or(f64::from(2000 + at * 7919 % 100_003) / 100.0);
                    let day = last.days_earlier(i64::from(1 + (at * at * 7 + at * 37) % 90)).to_string();
                    let (payer, payee) = (at * 17 % 61, (at * 29 + 7) % 67);
                    payment([&format!("Payer {payer}"), &format!("Payee {payee}")], amount, currency, &day)
                })
                .collect(),
        );
    }
    let call = |ends: [&str; 2]| {
        let id = uuid(&format!("{ends:?} {as_of}"));
        let [caller, receiver] = ends.map(person);
        let properties =
            json!({"caller": [caller["id"]], "receiver": [receiver["id"]], "date": [&as_of[..10]]});
        vec![caller, receiver, json!({"id": id, "schema": "Call", "properties": properties})]
    };
    if let Some(count) = text.strip_suffix(" ordinary contacts") {
        let name = |at: u32| if at < 61 { format!("Payer {at}") } else { format!("Payee {}", at - 61) };
        let ends = |at: u32| [name((at * at + at * 13) % 128), name((at * at * 3 + at * 41 + 17) % 127)];
        let calls = (0..count.parse::<u32>().ok()?).map(ends).filter(|[one, two]| one != two);
        return Some(calls.flat_map(|ends| call([&ends[0], &ends[1]])).collect());
    }
    if let Some((caller, receiver)) = text.split_once(" contacts ") {
        return Some(call([caller, receiver]));
    }
    if let Some((name, number)) = text.split_once(" has phone ") {
        let mut owner = person(name);
        owner["properties"]["phone"] = json!([number]);
        return Some(vec![owner]);
    }
    let (payer, rest) = text.split_once(" pays ")?;
    let (rest, date) = rest.rsplit_once(" on ")?;
    let (rest, currency) = rest.rsplit_once(' ')?;
    let (payee, amount) = rest.rsplit_once(' ')?;
    Some(payment([payer, payee], amount.parse().ok()?, currency, date))
}

pub(super) fn account(name: &str) -> String {
    uuid(&format!("account/{name}"))
}

pub(super) fn person(name: &str) -> Value {
    json!({"id": account(name), "schema": "Person", "properties": {"name": [name]}})
}

fn payment(ends: [&str; 2], amount: f64, currency: &str, date: &str) -> Vec<Value> {
    let mut objects: Vec<Value> = ends.map(person).into();
    let id = uuid(&format!("{ends:?} {amount} {currency} {date}"));
    objects.push(json!({"id": id, "schema": "Payment", "properties": {
        "payer": [account(ends[0])], "beneficiary": [account(ends[1])],
        "amount": [format!("{amount:.2}")], "currency": [currency], "date": [&date[..10]]}}));
    objects
}

/// Returns the objects of a claim of a source in a run.
fn claim(maker: &str, text: &str, as_of: &str, how: How) -> Option<Vec<Value>> {
    if let Some(objects) = payments(text, as_of).or_else(|| registry::objects(text, as_of)) {
        return Some(objects);
    }
    let (text, began) = match text.rsplit_once(", began ") {
        Some((text, date)) => (text, format!("{date}T00:00:00Z")),
        None => (text, as_of.to_owned()),
    };
    let (text, last_seen) = match text.rsplit_once(", last seen ") {
        Some((text, date)) => (text, Some(format!("{date}T00:00:00Z"))),
        None => (text, None),
    };
    let mut objects = Vec::new();
    let mut last = match text.split_once(" names ") {
        Some((report, members)) => {
            let mut report = object(maker, report, &began).filter(|report| report["type"] == "report")?;
            for member in members.split(", ") {
                objects.push(object(maker, member, &began)?);
            }
            report["object_refs"] = objects.iter().map(|object| object["id"].clone()).collect();
            report
        }
        None => match VERBS.into_iter().find(|verb| text.contains(&format!(" {verb} "))) {
            // One object without a relationship.
            None => object(maker, text, &began)?,
            Some(verb) => {
                let (from, to) = text.split_once(&format!(" {verb} "))?;
                objects.extend([object(maker, from, &began)?, object(maker, to, &began)?]);
                json!({"type": "relationship", "spec_version": "2.1",
                "id": format!("relationship--{}", uuid(&format!("{maker}/{text}"))),
                "created": began, "modified": began, "start_time": began, "relationship_type": verb,
                "source_ref": objects[0]["id"], "target_ref": objects[1]["id"]})
            }
        },
    };
    match how {
        How::New => {}
        How::Undated => {
            last.as_object_mut()?.remove("start_time");
        }
        How::Withdrawn => last["revoked"] = json!(true),
        How::DatedAnew => last["start_time"] = json!(as_of),
    }
    if matches!(how, How::Withdrawn | How::DatedAnew) {
        last["modified"] = json!(as_of);
        objects.clear();
    }
    objects.push(last);
    if let Some(last_seen) = last_seen {
        for campaign in objects.iter_mut().filter(|object| object["type"] == "campaign") {
            campaign["last_seen"] = json!(last_seen);
        }
    }
    Some(objects)
}

/// Objects that sources have delivered, and those of the current run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deliveries {
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    names: BTreeMap<String, BTreeSet<String>>,
    pending: BTreeMap<String, Vec<Value>>,
}

impl Deliveries {
    /// Adds the objects of a line.
    pub(crate) fn add(&mut self, line: &Line, as_of: &str) {
        let (source, objects) = match line {
            Line::Claim { source, claim, .. } if source == "book" => {
                let (actor, other) = claim.split_once(" also called ").unwrap_or((claim, ""));
                let names = self.names.entry(actor.trim_start_matches("actor ").to_owned()).or_default();
                names.extend([other.to_owned()].into_iter().filter(|name| !name.is_empty()));
                (source, Vec::new())
            }
            Line::Claim { source, maker, claim: text, how } => {
                let mut objects = claim(maker, text, as_of, *how).expect("checked when the case was read");
                let known = self.objects.entry(source.clone()).or_default();
                for object in &mut objects {
                    // A person keeps its telephone number.
                    let before = known.get(object["id"].as_str().expect("an id"));
                    if let Some(phone) = before.and_then(|before| before["properties"].get("phone")) {
                        object["properties"]["phone"] = phone.clone();
                    }
                    known.insert(object["id"].as_str().expect("an id").to_owned(), object.clone());
                }
                (source, objects)
            }
            Line::EditsEverything(source) => (source, self.edit(source, as_of)),
            Line::Imports(source, count) => {
                let group = |number: usize| {
                    let actor = format!("actor Import {number}");
                    [
                        format!("{source}: {actor} uses malware Loader {number}"),
                        format!("{source}: {actor} uses malware Dropper {number}"),
                        format!("{source}: campaign Import Campaign {number} attributed-to {actor}"),
                    ]
                };
                self.add_all(&(1..=*count).flat_map(group).collect::<Vec<_>>(), as_of);
                return;
            }
            other => panic!("{other:?} is not a delivery"),
        };
        self.pending.entry(source.clone()).or_default().extend(objects);
    }

    /// Adds the objects of lines.
    pub(crate) fn add_all(&mut self, lines: &[String], as_of: &str) {
        for line in read(&lines.join("\n")).expect("valid lines") {
            self.add(&line, as_of);
        }
    }

    /// Changes the description of all objects of a source, and returns these objects.
    fn edit(&mut self, source: &str, as_of: &str) -> Vec<Value> {
        let known = self.objects.get_mut(source).expect("a source that delivered something");
        for object in known.values_mut().filter(|object| object.get("modified").is_some()) {
            object["modified"] = json!(as_of);
            object["description"] = json!("As agreed in the style guide.");
        }
        known.values().cloned().collect()
    }

    /// Writes the deliveries of the current run below a folder, without the objects with these ids. Returns each as INPUT.
    pub(crate) fn deliver(&mut self, folder: &Path, without: &BTreeSet<String>) -> Vec<String> {
        let mut inputs = Vec::new();
        for (source, mut objects) in std::mem::take(&mut self.pending) {
            objects.retain(|object| object["id"].as_str().is_none_or(|id| !without.contains(id)));
            // A person has several lines, and the last one has all properties.
            let mut later = BTreeSet::new();
            objects.reverse();
            objects.retain(|object| object.get("schema").is_none() || later.insert(object["id"].to_string()));
            objects.reverse();
            let path = folder.join(&source).join("delivery.json");
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            let text = if source == "book" {
                self.list()
            } else if objects.iter().any(|object| object.get("schema").is_some()) {
                objects.iter().map(|object| object.to_string() + "\n").collect()
            } else {
                json!({"type": "bundle", "objects": objects}).to_string()
            };
            fs::write(&path, text).expect("written");
            inputs.push(format!("{source}={}", path.display()));
        }
        inputs
    }

    /// Returns the curated list: each entry with its synonyms.
    fn list(&self) -> String {
        let values: Vec<Value> = self
            .names
            .iter()
            .map(|(name, others)| {
                json!({"value": name, "uuid": uuid(&format!("book/{name}")), "meta": {"synonyms": others}})
            })
            .collect();
        json!({"type": "threat-actor", "name": "Actors", "category": "actor", "values": values}).to_string()
    }
}
