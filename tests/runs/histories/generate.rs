//! Random histories: deliveries of sources in each run. Some of their records are hidden from partners.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::{Map, Value, json};

/// History of one deployment.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) sources: Vec<Source>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) format: Format,
    pub(super) is_snapshot: bool,
    /// True if the objects give the recorded time.
    pub(super) is_dated: bool,
    /// Configured marking of the source.
    pub(super) marking: Option<&'static str>,
    /// Agreement of the source, as far as partners are concerned.
    pub(super) sharing: Sharing,
}

/// Kind of a source's agreement for partners. Each run follows another agreement of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// No agreement, or one that admits partners.
    Open,
    /// An agreement that does not admit partners, or one that is missing.
    Closed,
}

impl Source {
    /// Returns whether partners may see objects without a marking.
    fn is_open(&self) -> bool {
        self.marking == Some("TLP:GREEN")
    }

    /// Returns whether partners may see a definition without a marking.
    fn is_defining_openly(&self) -> bool {
        self.marking != Some("TLP:AMBER")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Stix,
    Misp,
    Table,
}

/// One run with deliveries; a replay if it has none.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// As-of time: a day of March 2026.
    pub(super) day: u32,
    pub(super) deliveries: Vec<Delivery>,
}

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// Position of the source.
    pub(super) source: usize,
    /// True if the file is truncated.
    pub(super) is_truncated: bool,
    pub(super) objects: Vec<Object>,
}

/// One delivered object, with whether partners can ever see it.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) is_hidden: bool,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A STIX object or a row of a table.
    Plain(Value),
    /// A MISP event with its attributes.
    Event(Value, Vec<Object>),
}

const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const CLEAR: &str = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
const AMBER: &str = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421";

/// Random choices from a seed.
struct Choice(ChaCha8Rng);

impl Choice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    /// Returns true with probability 1 / `odds`.
    fn once_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Visibility of a source's marking definitions for partners.
struct Definitions {
    /// For each of three definitions, whether partners ever see a version that makes objects visible.
    opens: [bool; 3],
    objects: Vec<Vec<Object>>,
}

pub(super) fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn definition_id(which: usize) -> String {
    format!("marking-definition--{}", uuid(900 + which))
}

/// Returns the history of a seed.
pub(super) fn history(seed: u64) -> History {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let formats = [Format::Stix, Format::Stix, Format::Misp, Format::Table];
    let names = ["north", "south", "west"];
    let sources: Vec<Source> = names[..=choice.below(3)]
        .iter()
        .map(|name| Source {
            name,
            format: *choice.of(&formats),
            is_snapshot: choice.once_in(2),
            is_dated: choice.once_in(2),
            marking: *choice.of(&[None, Some("TLP:GREEN"), Some("TLP:AMBER")]),
            sharing: Sharing::Open,
        })
        .collect();
    let definitions: Vec<Definitions> =
        sources.iter().map(|source| definitions(&mut choice, source)).collect();
    let mut steps: Vec<Step> = Vec::new();
    let (mut day, mut days_read) = (1, Vec::new());
    let mut pools: Vec<Vec<Object>> = vec![Vec::new(); sources.len()];
    for _ in 0..2 + choice.below(5) {
        if choice.once_in(6) && !days_read.is_empty() {
            // Replay of an earlier run.
            steps.push(Step { day: *choice.of(&days_read), deliveries: Vec::new() });
            continue;
        }
        let is_repeat = choice.once_in(5) && !days_read.is_empty();
        if !is_repeat {
            day += 1 + choice.below(3) as u32;
        }
        if is_repeat && choice.once_in(3) {
            // Exactly the deliveries of this as-of time again.
            if let Some(before) =
                steps.iter().rev().find(|step| step.day == day && !step.deliveries.is_empty())
            {
                steps.push(before.clone());
                continue;
            }
        }
        // A source with `recorded_at = "object"` may deliver objects of an earlier run.
        let may_be_late = |source: &Source| source.is_dated && !source.is_snapshot;
        let is_late = !days_read.is_empty() && choice.once_in(8) && sources.iter().any(may_be_late);
        let at = if is_late { *choice.of(&days_read) } else { day };
        let mut deliveries = Vec::new();
        for (position, source) in sources.iter().enumerate() {
            if choice.once_in(5) || (is_late && !may_be_late(source)) {
                continue;
            }
            for _ in 0..=choice.below(2) {
                let objects =
                    objects(&mut choice, source, &definitions[position], &mut pools[position], steps.len());
                deliveries.push(Delivery { source: position, is_truncated: choice.once_in(9), objects });
            }
        }
        if deliveries.is_empty() {
            continue;
        }
        days_read.push(at);
        steps.push(Step { day: at, deliveries });
    }
    share(seed, History { sources, steps })
}

/// Draws the kind of agreement of each source. A closed source hides all its objects. The draws are apart from those of
/// the objects.
fn share(seed: u64, mut history: History) -> History {
    fn hide(objects: &mut [Object]) {
        for object in objects {
            object.is_hidden = true;
            if let Shape::Event(_, attributes) = &mut object.shape {
                hide(attributes);
            }
        }
    }
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed.wrapping_add(1 << 40)));
    for source in &mut history.sources {
        if choice.once_in(3) {
            source.sharing = Sharing::Closed;
        }
    }
    for delivery in history.steps.iter_mut().flat_map(|step| &mut step.deliveries) {
        if history.sources[delivery.source].sharing == Sharing::Closed {
            hide(&mut delivery.objects);
        }
    }
    history
}

fn definitions(choice: &mut Choice, source: &Source) -> Definitions {
    let mut objects = vec![Vec::new(); 8];
    let mut opens = [false; 3];
    for (which, opens) in opens.iter_mut().enumerate() {
        for _ in 0..choice.below(3) {
            let (level, is_level_open) =
                *choice.of(&[("green", true), ("clear", true), ("red", false), ("", true)]);
            let all: [(&[&str], bool); 4] = [
                (&[], source.is_defining_openly()),
                (&[GREEN], true),
                (&[RED], false),
                (&[AMBER, GREEN], false),
            ];
            let (marks, is_shown) = *choice.of(&all);
            let mut definition = json!({
                "type": "marking-definition", "spec_version": "2.1", "id": definition_id(which),
                "created": "2026-01-01T00:00:00Z", "object_marking_refs": marks,
            });
            let (kind, what) = match level {
                "" => ("statement", json!({ "statement": "of the north" })),
                level => ("tlp", json!({ "tlp": level })),
            };
            definition["definition_type"] = json!(kind);
            definition["definition"] = what;
            *opens |= is_level_open && is_shown;
            let step = choice.below(objects.len());
            objects[step].push(Object { is_hidden: !is_shown, shape: Shape::Plain(definition) });
        }
    }
    Definitions { opens, objects }
}

/// Returns the objects of one file: new ones, and some that the source delivered before.
fn objects(
    choice: &mut Choice,
    source: &Source,
    definitions: &Definitions,
    pool: &mut Vec<Object>,
    step: usize,
) -> Vec<Object> {
    let mut objects: Vec<Object> = pool.iter().filter(|_| !choice.once_in(3)).cloned().collect();
    for _ in 0..=choice.below(5) {
        let made = match source.format {
            Format::Stix => stix(choice, source, definitions),
            Format::Misp => event(choice, source),
            Format::Table => row(choice, source),
        };
        pool.push(made.clone());
        objects.push(made);
    }
    if source.format == Format::Stix {
        objects.extend(definitions.objects[step % definitions.objects.len()].iter().cloned());
    }
    // Few enough for a person to read.
    while pool.len() > 6 {
        pool.remove(choice.below(pool.len()));
    }
    objects
}

/// Returns the markings of a STIX object, with whether they hide it from partners.
fn marks(choice: &mut Choice, source: &Source, definitions: &Definitions) -> (Vec<String>, bool) {
    match choice.below(12) {
        0..=4 => (vec![GREEN.to_owned()], false),
        5 => (vec![CLEAR.to_owned()], false),
        6 | 7 => (vec![RED.to_owned()], true),
        8 => (vec![GREEN.to_owned(), AMBER.to_owned()], true),
        9 => (Vec::new(), !source.is_open()),
        _ => {
            let which = choice.below(3);
            // Partners may see this definition later. The object is in both deployments until then.
            let is_hidden = !definitions.opens[which];
            (vec![definition_id(which)], is_hidden)
        }
    }
}

fn day(choice: &mut Choice) -> String {
    format!("2026-{:02}-{:02}T00:00:00Z", 1 + choice.below(3), 1 + choice.below(9))
}

fn stix(choice: &mut Choice, source: &Source, definitions: &Definitions) -> Object {
    let (marks, mut is_hidden) = marks(choice, source, definitions);
    let number = choice.below(4);
    let object_id = |number: usize| match number {
        0 | 1 => format!("malware--{}", uuid(number)),
        _ => format!("threat-actor--{}", uuid(number)),
    };
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("spec_version", json!("2.1"));
    put("created", json!("2026-01-01T00:00:00Z"));
    let what = choice.below(8);
    match what {
        0..=2 => {
            let id = object_id(number);
            put("type", json!(id.split("--").next()));
            put("id", json!(id));
            put("name", json!(format!("Brinewick {number}")));
            if choice.once_in(2) {
                put("aliases", json!([format!("Brine {}", choice.below(2))]));
            }
            if what == 0 && choice.once_in(3) {
                put("revoked", json!(true));
            }
        }
        3 | 4 => {
            put("type", json!("relationship"));
            put("id", json!(format!("relationship--{}", uuid(20 + number))));
            put("relationship_type", json!("uses"));
            put("source_ref", json!(object_id(2 + choice.below(2))));
            put("target_ref", json!(object_id(choice.below(2))));
        }
        5 | 6 => {
            put("type", json!("domain-name"));
            put("id", json!(format!("domain-name--{}", uuid(40 + number))));
            put("value", json!(format!("host{number}.example")));
        }
        _ => {
            put("type", json!("indicator"));
            put("id", json!(format!("indicator--{}", uuid(60 + number))));
            put("pattern", json!(format!("[domain-name:value = 'host{number}.example']")));
            put("pattern_type", json!("stix"));
            put("valid_from", json!(day(choice)));
            if choice.once_in(2) {
                put("valid_until", json!(day(choice)));
            }
        }
    }
    if choice.once_in(4) {
        put("first_seen", json!(day(choice)));
    }
    if !choice.once_in(5) {
        put("modified", json!(day(choice)));
    }
    if !marks.is_empty() {
        put("object_marking_refs", json!(marks));
    }
    if choice.once_in(12) {
        // A rejected object with readable key and markings.
        put("modified", json!("some day"));
        // An object with a marking definition of the source.
        is_hidden = is_hidden && !marks.is_empty();
    }
    Object { is_hidden, shape: Shape::Plain(Value::Object(object)) }
}

fn row(choice: &mut Choice, source: &Source) -> Object {
    let (marking, is_hidden) =
        *choice.of(&[("TLP:GREEN", false), ("TLP:GREEN", false), ("TLP:RED", true), ("", !source.is_open())]);
    let row = json!({
        "id": format!("r{}", choice.below(4)), "name": format!("host{}.example", choice.below(4)),
        "family": format!("Brinewick {}", choice.below(2)), "day": day(choice), "tlp": marking,
    });
    Object { is_hidden, shape: Shape::Plain(row) }
}

fn tags(choice: &mut Choice, source: &Source) -> (Vec<Value>, bool) {
    let (tag, is_hidden) = *choice.of(&[
        ("tlp:green", false),
        ("tlp:green", false),
        ("tlp:white", false),
        ("tlp:red", true),
        ("", !source.is_open()),
    ]);
    let tags = if tag.is_empty() { Vec::new() } else { vec![json!({ "name": tag })] };
    (tags, is_hidden)
}

fn seconds(choice: &mut Choice) -> String {
    (1_767_225_600 + 86_400 * choice.below(60)).to_string()
}

fn event(choice: &mut Choice, source: &Source) -> Object {
    let number = choice.below(3);
    let (mut tags, is_hidden) = tags(choice, source);
    let is_marked = !tags.is_empty();
    if choice.once_in(3) {
        tags.push(json!({ "name": "misp:confidence-level=\"fairly-confident\"" }));
    }
    let date = |choice: &mut Choice| format!("2026-02-0{}", 1 + choice.below(3));
    let mut event = json!({
        "uuid": uuid(100 + number), "info": format!("Harbour watch {number}"), "date": date(choice), "Tag": tags,
    });
    if choice.once_in(2) {
        event["timestamp"] = json!(seconds(choice));
    }
    if choice.once_in(3) {
        event["publish_timestamp"] = json!(seconds(choice));
    }
    if choice.once_in(8) {
        event["deleted"] = json!(true);
    }
    let attributes = (0..choice.below(4)).map(|_| {
        let number = choice.below(4);
        let mut attribute = json!({
            "uuid": uuid(200 + number), "type": "domain", "value": format!("host{number}.example"),
        });
        if choice.once_in(2) {
            attribute["timestamp"] = json!(seconds(choice));
        }
        let mut is_hidden = is_hidden;
        match choice.below(8) {
            0 => {
                attribute["Tag"] = json!([{ "name": "tlp:red" }]);
                is_hidden = true;
            }
            // In an event without a marking the attribute and the date of the event would be visible.
            1 if !is_hidden || is_marked => attribute["Tag"] = json!([{ "name": "tlp:green" }]),
            _ => {}
        }
        Object { is_hidden, shape: Shape::Plain(attribute) }
    });
    let attributes: Vec<Object> = attributes.collect();
    Object { is_hidden, shape: Shape::Event(event, attributes) }
}
