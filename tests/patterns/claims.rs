//! Checks the claims of flags in a published run: recomputes them from the tables of the run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::OnceLock,
};

use araneus::{
    analysis::Class,
    columns::Columns,
    features::{FEATURES, Fact, Feature, Meaning},
    model::{self, TrainedModel},
    tables::read_table,
    time::DAY,
};

/// Layers whose links do not show that two entities belong together.
const NO_EVIDENCE: [&str; 3] = ["provenance", "taxonomy", "target"];

/// Numbers of checked claims, and the claims that do not hold.
#[derive(Default)]
pub(crate) struct Claims {
    pub(crate) flags: usize,
    /// Titles whose counts were recomputed, by pattern.
    pub(crate) titles: BTreeMap<String, usize>,
    /// Reasons about a feature.
    pub(crate) features: usize,
    /// Other reasons with a number that was recomputed.
    pub(crate) numbers: usize,
    pub(crate) untrue: Vec<String>,
}

impl Claims {
    /// Checks each current flag in the folder of an audience.
    pub(crate) fn check(&mut self, folder: &Path) {
        let run = Run::read(folder);
        for row in 0..run.flags.rows() {
            let id = text(&run.flags, "flag_id", row);
            let lineages = run.candidates.text("lineage").expect("texts");
            let Some(at) = lineages.iter().position(|lineage| lineage.as_deref() == Some(&*id)) else {
                continue;
            };
            self.flags += 1;
            let flag = FlagOf { run: &run, row, candidate: at };
            for failures in flag.title(&mut self.titles).into_iter().chain(flag.reasons(self)) {
                self.untrue.push(format!("{} of {}: {failures}", id, folder.display()));
            }
        }
    }
}

struct Run {
    flags: Columns,
    candidates: Columns,
    features: Columns,
    gate: Columns,
    entities: Columns,
    links: Columns,
    evidence: Columns,
    relays: Columns,
}

struct FlagOf<'a> {
    run: &'a Run,
    row: usize,
    candidate: usize,
}

fn text(columns: &Columns, name: &str, row: usize) -> String {
    columns.text(name).expect("a text")[row].clone().unwrap_or_default()
}

fn number(columns: &Columns, name: &str, row: usize) -> f64 {
    columns.number(name).expect("a number")[row].unwrap_or(f64::NAN)
}

/// Returns a number with two digits; a sum that rounding left just below 0 is 0.
fn real(number: f64) -> String {
    format!("{number:.2}").replace("-0.00", "0.00")
}

/// Returns the numbers of a text, in order.
fn numbers(words: &str) -> Vec<usize> {
    let digits = words.split(|sign: char| !sign.is_ascii_digit()).filter(|part| !part.is_empty());
    digits.filter_map(|part| part.parse().ok()).collect()
}

impl Run {
    fn read(folder: &Path) -> Self {
        let table = |name: &str| read_table(&folder.join(format!("{name}.arrow"))).expect("a table");
        Self {
            flags: table("flags"),
            candidates: table("candidates"),
            features: table("features"),
            gate: table("gate"),
            entities: table("entities"),
            links: table("links"),
            evidence: table("evidence"),
            relays: table("relays"),
        }
    }

    /// Returns each entity's kind and label.
    fn entities(&self) -> BTreeMap<String, (String, String)> {
        let row = |row| {
            (
                text(&self.entities, "entity_id", row),
                (text(&self.entities, "kind", row), text(&self.entities, "label", row)),
            )
        };
        (0..self.entities.rows()).map(row).collect()
    }

    /// Returns the ends of links that can be evidence of belonging together.
    fn links(&self) -> Vec<[String; 2]> {
        self.links_since(i64::MIN)
    }

    /// Returns the ends of the links that the recent window of seven days first recorded.
    fn recent_links(&self) -> Vec<[String; 2]> {
        let recorded = self.links.time("recorded_last").expect("a time column");
        let last = recorded.iter().flatten().max().copied();
        self.links_since(last.map_or(i64::MIN, |last| last - 7 * DAY))
    }

    /// Returns the ends of the links that began in the last days of recorded or valid time.
    fn links_of_window(&self, days: i64, is_valid: bool) -> Vec<[String; 2]> {
        let times = |name: &str| self.links.time(name).expect("a time column");
        let (recorded, seen) = (times("recorded_first"), times("first_seen"));
        let (first, last) =
            (recorded.iter().flatten().min(), times("recorded_last").iter().flatten().max().copied());
        let start = last.expect("a link") - days * DAY;
        let began = |row: usize| {
            let after_first = recorded[row].filter(|recorded| Some(recorded) > first);
            if is_valid { seen[row].or(after_first) } else { after_first }
        };
        let is_new = |row: usize| began(row).is_some_and(|began| began > start);
        self.links_where(is_new)
    }

    /// Returns the ends of the links that were first recorded after a time, in microseconds since 1970.
    fn links_since(&self, start: i64) -> Vec<[String; 2]> {
        let recorded = self.links.time("recorded_first").expect("a time column");
        self.links_where(|row| recorded[row].is_some_and(|recorded| recorded > start))
    }

    /// Returns the ends of the links of some rows that can be evidence of belonging together.
    fn links_where(&self, is_chosen: impl Fn(usize) -> bool) -> Vec<[String; 2]> {
        let is_evidence =
            |row: &usize| !NO_EVIDENCE.contains(&&*text(&self.links, "layer", *row)) && is_chosen(*row);
        let ends = |row| [text(&self.links, "from_id", row), text(&self.links, "to_id", row)];
        (0..self.links.rows()).filter(is_evidence).map(ends).filter(|[from, to]| from != to).collect()
    }
}

impl FlagOf<'_> {
    /// Returns the ends of the new links of the window that the reasons name; without one, of the recent window.
    fn new_links(&self) -> Vec<[String; 2]> {
        let reasons = &self.run.flags.texts("reasons_for").expect("lists")[self.row];
        let window =
            reasons.iter().find(|sentence| sentence.starts_with("Chance explains it least in a window of "));
        match window {
            Some(sentence) => self
                .run
                .links_of_window(numbers(sentence)[0].cast_signed() as i64, sentence.contains("valid time")),
            None => self.run.recent_links(),
        }
    }

    fn text(&self, name: &str) -> String {
        text(&self.run.flags, name, self.row)
    }

    /// Returns the companies whose control changed within days of a designation of a member, and the number of such
    /// changes, each company and day once.
    fn control_changes(&self, members: &BTreeSet<&str>, days: usize) -> (usize, usize) {
        let links = &self.run.links;
        let entities = self.run.entities();
        let day = |column: &str, row: usize| {
            links.time(column).expect("a time column")[row].map(|time| time.div_euclid(DAY))
        };
        let of_members: Vec<usize> = (0..links.rows())
            .filter(|&row| ["from_id", "to_id"].iter().all(|end| members.contains(&*text(links, end, row))))
            .collect();
        let designates = |row: &&usize| entities[&text(links, "from_id", **row)].0 == "sanction";
        let Some(&&designation) = of_members.iter().filter(designates).collect::<Vec<_>>().first() else {
            return (0, 0);
        };
        let (date, subject) = (day("first_seen", designation), text(links, "to_id", designation));
        let is_near = |of: &Option<i64>| {
            of.zip(date).is_some_and(|(of, date): (i64, i64)| (of - date).unsigned_abs() <= days as u64)
        };
        let mut changes: BTreeSet<(String, i64)> = BTreeSet::new();
        for &row in of_members.iter().filter(|row| text(links, "layer", **row) == "ownership") {
            let begins = day("first_seen", row).filter(|_| text(links, "from_id", row) != subject);
            for change in [begins, day("last_seen", row)].into_iter().filter(is_near).flatten() {
                changes.insert((text(links, "to_id", row), change));
            }
        }
        let companies: BTreeSet<&String> = changes.iter().map(|(company, _)| company).collect();
        (companies.len(), changes.len())
    }

    /// Returns the connected components of all links, without entities of context, round-ups and hubs. The entities of one label are
    /// removed, or are no hubs.
    fn connected(&self, name: &str, is_removed: bool) -> Vec<BTreeSet<String>> {
        let (entities, links) = (self.run.entities(), self.run.links());
        let class = |id: &String| Class::of(&entities[id].0);
        let neighbours = |id: &String| -> BTreeSet<String> {
            let of_id = links.iter().filter(|ends| ends.contains(id));
            of_id.flatten().filter(|end| *end != id).cloned().collect()
        };
        let actors = |id: &String| {
            let direct = neighbours(id);
            let indicators =
                direct.iter().filter(|end| class(end) == Class::Indicator && class(id) == Class::Observable);
            let owners = indicators.flat_map(neighbours).chain(direct.iter().cloned());
            let is_owner = |end: &String| match class(id) {
                Class::Observable | Class::Indicator => class(end).is_principal(),
                _ => class(end) == Class::Actor,
            };
            owners.filter(is_owner).collect::<BTreeSet<_>>().len()
        };
        let connects = |id: &&String| match class(id) {
            Class::Context => false,
            Class::Report => actors(id) < 3,
            _ if entities[*id].1 == name => !is_removed,
            _ => actors(id) < 5,
        };
        let mut pending: BTreeSet<String> = entities.keys().filter(connects).cloned().collect();
        let mut components = Vec::new();
        while let Some(start) = pending.pop_first() {
            let (mut component, mut next) = (BTreeSet::from([start.clone()]), vec![start]);
            while let Some(id) = next.pop() {
                for other in
                    neighbours(&id).into_iter().filter(|other| pending.remove(other)).collect::<Vec<_>>()
                {
                    component.insert(other.clone());
                    next.push(other);
                }
            }
            components.push(component);
        }
        components
    }

    /// Recounts the numbers in the title; returns the claims that do not hold.
    #[expect(clippy::too_many_lines, reason = "each pattern has an arm")]
    fn title(&self, checked: &mut BTreeMap<String, usize>) -> Vec<String> {
        let (title, pattern) = (self.text("title"), self.text("pattern"));
        let entities = self.run.entities();
        let members: BTreeSet<&str> = self.run.candidates.texts("members").expect("lists")[self.candidate]
            .iter()
            .map(String::as_str)
            .collect();
        let is_report = |id: &str| Class::of(&entities[id].0) == Class::Report;
        let links = self.run.links();
        let mut failures = Vec::new();
        *checked.entry(pattern.clone()).or_default() += 1;
        let mut expect = |what: &str, claimed: Option<usize>, counted: usize| {
            if claimed != Some(counted) {
                failures.push(format!("{title}: {what}: claimed {claimed:?}, counted {counted}"));
            }
        };
        match pattern.as_str() {
            "community birth" => {
                let title = title.split_once(" It has links to ").map_or(&*title, |(before, _)| before);
                // A new report that names no group is the anchor itself, and no member with a name.
                let is_of_report = title.starts_with("New report ");
                let links = self.run.recent_links();
                let words = title.strip_prefix("New group with ").unwrap_or(title);
                let (anchor, counts) = words.rsplit_once(": ").unwrap_or((words, ""));
                let (anchor, entries) = anchor.rsplit_once(" (").unwrap_or((anchor, "1"));
                let (counts, at_anchor) = counts.split_once(" among them, ").unwrap_or((counts, ""));
                let counts = numbers(counts);
                let of_members = members.iter().filter(|id| !is_report(id)).count();
                let among: Vec<&[String; 2]> = links
                    .iter()
                    .filter(|ends| ends.iter().all(|end| members.contains(&**end) && !is_report(end)))
                    .collect();
                let of_name =
                    members.iter().filter(|id| !is_report(id) && entities[**id].1 == anchor).count();
                if !is_of_report {
                    expect("entries of the name", numbers(entries).first().copied(), of_name);
                }
                let is_anchor = |end: &String| entities[end].1 == anchor;
                expect("members", counts.first().copied(), of_members);
                expect("links among members", counts.get(1).copied(), among.len());
                let touching = among.iter().filter(|ends| ends.iter().any(is_anchor)).count();
                let at_anchor = at_anchor.split(" at ").next().unwrap_or_default();
                let claimed = if at_anchor == "none" { Some(0) } else { numbers(at_anchor).first().copied() };
                if !is_of_report {
                    expect("links at the anchor", claimed, touching);
                }
                let reports = members.iter().filter(|id| is_report(id)).count();
                let claimed = title.split_once("; ").map(|(_, words)| numbers(words));
                expect(
                    "reports",
                    Some(claimed.and_then(|counts| counts.first().copied()).unwrap_or(0)),
                    reports,
                );
            }
            "shared-infrastructure convergence" => {
                let words = title.split_once(" newly share ").map(|(_, words)| numbers(words));
                // All members except the anchors of the two groups are observables.
                expect("observables", words.and_then(|counts| counts.first().copied()), members.len() - 2);
            }
            "convergence" => {
                let words = title.rsplit_once(": ").map_or("", |(_, words)| words);
                let count = |what: &str| {
                    let part = words.split("; ").find(|part| part.contains(what));
                    part.and_then(|part| numbers(part).first().copied()).unwrap_or(0)
                };
                let reports = members.iter().filter(|id| is_report(id)).count();
                expect("reports", Some(count("report")), reports);
                let among =
                    links.iter().filter(|ends| ends.iter().all(|end| members.contains(&**end))).count();
                let (direct, between) = (count("direct link"), count("other entit") + count("report"));
                if direct + 2 * between > among || direct + between == 0 {
                    failures.push(format!("{title}: only {among} links are among its members"));
                }
            }
            "sudden broker" => {
                let groups = title.split_once(" established groups").map(|(words, _)| words);
                let claimed = groups.and_then(|words| words.rsplit(' ').next()?.parse().ok());
                let named = title.rsplit_once("those around ").map_or("", |(_, names)| names);
                let (named, more) = named.rsplit_once(" and ").unwrap_or((named, ""));
                let last = numbers(more).first().copied().filter(|_| more.ends_with(" more."));
                expect("groups", claimed, named.split(", ").count() + last.unwrap_or(1));
            }
            "dormant reactivation" => {
                let words = title.rsplit_once("news on ").map_or("", |(_, words)| words);
                let counts = numbers(words);
                let parts: usize = counts.iter().skip(1).sum();
                expect("links with news", counts.first().copied(), parts);
                let anchor = title.split_once(" is active again").map_or("", |(anchor, _)| anchor);
                let touching =
                    links.iter().filter(|ends| ends.iter().any(|end| entities[end].1 == anchor)).count();
                if counts.get(1).is_none_or(|claimed| *claimed > touching) {
                    failures.push(format!("{title}: {anchor} has {touching} links"));
                }
            }
            "payment chain" | "payment cycle" => {
                let count = title.split_once(" accounts").map(|(words, _)| numbers(words));
                expect("accounts", count.and_then(|counts| counts.last().copied()), members.len());
                failures.extend(
                    self.flow(&members, Some(members.len() - usize::from(pattern == "payment chain"))),
                );
            }
            "scatter-gather" => {
                let count = title
                    .split_once(" accounts, and")
                    .and_then(|(words, _)| words.rsplit(' ').next()?.parse().ok());
                expect("intermediaries", count, members.len() - 2);
                failures.extend(self.flow(&members, Some(2 * (members.len() - 2))));
            }
            "pass-through" => {
                let others = title.rsplit_once("it has ").map(|(_, words)| numbers(words));
                expect("others", others.and_then(|counts| counts.first().copied()), members.len() - 1);
                failures.extend(self.flow(&members, None));
            }
            "layered flow" => {
                let links = self.run.links();
                let of_members: Vec<&[String; 2]> =
                    links.iter().filter(|ends| ends.iter().all(|end| members.contains(&**end))).collect();
                let (from, to): (BTreeSet<&String>, BTreeSet<&String>) =
                    of_members.iter().map(|[from, to]| (from, to)).unzip();
                let source = from.difference(&to).next().copied();
                let (mut reached, mut steps) = (BTreeSet::from_iter(source), 0);
                loop {
                    let next = of_members.iter().filter(|[from, _]| reached.contains(from));
                    let before = reached.len();
                    reached = reached.iter().copied().chain(next.map(|[_, to]| to)).collect();
                    if reached.len() == before {
                        break;
                    }
                    steps += 1;
                }
                let claimed = title.rsplit_once(" moves ").map_or(Vec::new(), |(_, words)| numbers(words));
                expect("steps", claimed.first().copied(), steps);
                expect("accounts", claimed.get(1).copied(), from.intersection(&to).count());
                failures.extend(self.flow(&members, None));
            }
            "structuring" => {
                expect("members", Some(2), members.len());
                failures.extend(self.flow(&members, None));
            }
            "payment fan-in" => {
                expect("payers", numbers(&title).first().copied(), members.len() - 1);
                failures.extend(self.flow(&members, Some(members.len() - 1)));
            }
            "shared rare attributes" => {
                let kind = |id: &&&str| entities[**id].0 == "company";
                let claimed = numbers(title.split(", among them ").next().unwrap_or_default());
                let organisations = members.iter().filter(kind).count();
                expect("organisations", claimed.first().copied(), organisations);
                expect("attributes", claimed.get(1).copied(), members.len() - organisations);
                let recent = self.new_links();
                let new: BTreeSet<&String> = recent
                    .iter()
                    .filter(|ends| ends.iter().all(|end| members.contains(&**end)))
                    .flatten()
                    .filter(|end| entities[*end].0 == "company")
                    .collect();
                let claimed = title.rsplit_once(". ").map(|(_, words)| numbers(words));
                expect("new organisations", claimed.and_then(|counts| counts.first().copied()), new.len());
            }
            "control change around a designation" => {
                let claimed = numbers(&title[title.find(" changed on ").unwrap_or_default()..]);
                let days = claimed.get(1).copied().unwrap_or_default();
                let (companies, changes) = self.control_changes(&members, days);
                expect("companies", numbers(&title).first().copied(), companies);
                expect("days with changes", claimed.first().copied(), changes);
            }
            "lockstep" => {
                let ends: Vec<[String; 2]> = self.new_links();
                let of_members = ends.iter().filter(|ends| ends.iter().all(|end| members.contains(&**end)));
                let (from, to): (BTreeSet<&String>, BTreeSet<&String>) =
                    of_members.map(|[from, to]| (from, to)).unzip();
                expect("parties", numbers(&title).first().copied(), from.len());
                let others = title.split_once(" the same ").map_or(Vec::new(), |(_, words)| numbers(words));
                expect("others", others.first().copied(), to.len());
            }
            "successor" => {
                let claimed = title.split_once(" uses ").map_or(Vec::new(), |(_, words)| numbers(words));
                expect("shared entities", claimed.first().copied(), members.len() - 2);
            }
            "infrastructure migration" => {
                let recent = self.new_links();
                let is_value = |id: &str| Class::of(&entities[id].0) == Class::Observable;
                let of_recent: BTreeSet<&String> = recent
                    .iter()
                    .flatten()
                    .filter(|end| members.contains(&***end) && is_value(end))
                    .collect();
                let all = members.iter().filter(|id| is_value(id)).count();
                expect("new hosts", numbers(&title).first().copied(), of_recent.len());
                let before = title.rsplit_once("; ").map(|(_, words)| numbers(words));
                let claimed = before.and_then(|counts| counts.first().copied());
                expect("earlier hosts", claimed, all - of_recent.len());
            }
            "subject surge" => {
                let counts = title.rsplit_once(": ").map_or(Vec::new(), |(_, words)| numbers(words));
                let is_value =
                    |id: &&&str| matches!(Class::of(&entities[**id].0), Class::Observable | Class::Indicator);
                expect("new values", counts.first().copied(), members.iter().filter(is_value).count());
            }
            "known infrastructure" => {
                let is_value = |id: &str| Class::of(&entities[id].0) == Class::Observable;
                let of_members = links.iter().filter(|ends| ends.iter().all(|end| members.contains(&**end)));
                let to_values =
                    of_members.filter(|ends| ends.iter().filter(|end| is_value(end)).count() == 1);
                let carriers: BTreeSet<&String> =
                    to_values.flat_map(|ends| ends.iter().filter(|end| !is_value(end))).collect();
                let owner = title.split_once(" infrastructure of ").map_or("", |(_, words)| words);
                let is_owner = |id: &String| owner.starts_with(&format!("{} after", entities[id].1));
                let new = carriers.iter().filter(|id| !is_owner(id)).count();
                expect("new entities", numbers(&title).first().copied(), new);
            }
            "attribution" => {
                let counts = title.rsplit_once(": ").map_or(Vec::new(), |(_, words)| numbers(words));
                expect("shared values and techniques", Some(counts.iter().sum()), members.len() - 2);
            }
            "technique convergence" => {
                let counts =
                    title.split_once(" newly share ").map_or(Vec::new(), |(_, words)| numbers(words));
                let techniques = members.iter().filter(|id| entities[**id].0 == "attack-pattern").count();
                if counts.first().is_none_or(|count| *count == 0 || *count > techniques) {
                    failures.push(format!("{title}: {techniques} techniques are members"));
                }
            }
            "new cut vertex" => {
                let (name, words) = title.split_once(" alone joins ").unwrap_or_default();
                let around = words.split_once(" those around ").map_or("", |(_, words)| words);
                let (first, rest) = around.split_once(" and ").unwrap_or_default();
                let second = rest.split_once(". Without it, ").map_or("", |(second, _)| second);
                let of_label = |label: &str| members.iter().find(|id| entities[**id].1 == label);
                let without = self.connected(name, true);
                let component_of = |label: &str| {
                    let id = of_label(label).expect("a member");
                    without.iter().find(|component| component.contains(*id)).expect("a component")
                };
                let claimed =
                    rest.split_once(". Without it, ").map_or(Vec::new(), |(_, words)| numbers(words));
                expect("entities", claimed.first().copied(), component_of(second).len());
                if component_of(first) == component_of(second) {
                    failures.push(format!("{title}: {first} and {second} are joined without {name}"));
                }
                let with = self.connected(name, false);
                let joined = |labels: [&str; 2]| {
                    let ids = labels.map(|label| *of_label(label).expect("a member"));
                    with.iter().any(|component| ids.iter().all(|id| component.contains(*id)))
                };
                if !joined([first, second]) || !joined([name, first]) {
                    failures.push(format!("{title}: {name} does not join {first} and {second}"));
                }
            }
            "corroboration" => {
                let confirmed = (0..self.run.links.rows()).filter(|&row| {
                    let ends = [text(&self.run.links, "from_id", row), text(&self.run.links, "to_id", row)];
                    ends.iter().all(|end| members.contains(&**end))
                        && self.run.links.count("source_count").expect("counts")[row] >= Some(2)
                });
                let (claimed, confirmed) = (numbers(&title).first().copied(), confirmed.count());
                if claimed.is_none_or(|claims| claims == 0 || claims > confirmed) {
                    failures.push(format!("{title}: {confirmed} links of its members have two sources"));
                }
            }
            "cross-layer" => {
                let named = title.split_once(" has links to ").map_or("", |(name, _)| name);
                let claimed = title.rsplit_once(": ").map_or("", |(_, words)| words);
                for layer in ["finance", "communication", "infrastructure"] {
                    let others: BTreeSet<String> = (0..self.run.links.rows())
                        .filter(|row| text(&self.run.links, "layer", *row) == layer)
                        .map(|row| ["from_id", "to_id"].map(|end| text(&self.run.links, end, row)))
                        .filter(|ends| ends.iter().all(|end| members.contains(&**end)))
                        .filter(|ends| ends.iter().any(|end| entities[end].1 == named))
                        .flat_map(|ends| ends.into_iter().filter(|end| entities[end].1 != named))
                        .collect();
                    let part = claimed.split(", ").find(|part| part.contains(layer)).map(numbers);
                    expect(layer, part.map_or(Some(0), |part| part.first().copied()), others.len());
                }
            }
            other => failures.push(format!("{title}: no check for {other}")),
        }
        failures
    }

    /// Checks the listed payments of a flow of money: their number, their ends and their links.
    fn flow(&self, members: &BTreeSet<&str>, payments: Option<usize>) -> Vec<String> {
        let sentences = &self.run.flags.texts("reasons_for").expect("lists")[self.row];
        let Some(listed) = sentences.iter().find_map(|sentence| sentence.strip_prefix("Its payments, "))
        else {
            return vec!["no payments are listed".to_owned()];
        };
        let (listed, more) = listed.trim_end_matches('.').split_once(", and ").unwrap_or((listed, ""));
        let listed: Vec<&str> =
            listed.split_once(": ").map_or(listed, |(_, listed)| listed).split("; ").collect();
        let count = listed.len() + numbers(more).first().copied().unwrap_or(0);
        let mut failures = Vec::new();
        if payments.is_some_and(|payments| count != payments) {
            failures.push(format!("{count} payments are listed, {payments:?} belong to it"));
        }
        let entities = self.run.entities();
        let links = self.run.links();
        for payment in listed {
            let ends = payment.rsplit_once(' ').and_then(|(ends, _)| ends.split_once(" to "));
            let is_link = |[from, to]: &[String; 2]| {
                let labels = Some((entities[from].1.as_str(), entities[to].1.as_str()));
                labels == ends && members.contains(&**from) && members.contains(&**to)
            };
            if !links.iter().any(is_link) {
                failures.push(format!("{payment} is no payment between its members"));
            }
        }
        failures
    }

    /// Checks each reason; returns the claims that do not hold.
    fn reasons(&self, checked: &mut Claims) -> Vec<String> {
        let mut failures = Vec::new();
        let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (column, is_for) in [("reasons_for", true), ("reasons_against", false)] {
            for sentence in &self.run.flags.texts(column).expect("lists")[self.row] {
                let matched = feature(sentence);
                if let Some((feature, value)) = &matched {
                    checked.features += 1;
                    failures.extend(self.feature(feature, value, sentence, is_for));
                } else if let Some(is_true) = self.other(sentence, is_for) {
                    checked.numbers += 1;
                    if !is_true {
                        failures.push(format!("{column}: {sentence}"));
                    }
                }
                for fact in facts_of(sentence, matched.map(|(feature, _)| feature)) {
                    facts.entry(fact).or_default().push(sentence.clone());
                }
            }
        }
        failures.extend(self.fact_about_people());
        let repeated = facts.into_iter().filter(|(_, sentences)| sentences.len() > 1);
        failures.extend(repeated.map(|(fact, sentences)| format!("one fact, {fact}, twice: {sentences:?}")));
        failures
    }

    /// Checks that a flag which touches a person shows a fact whose record is among the evidence of the run.
    fn fact_about_people(&self) -> Option<String> {
        let entities = self.run.entities();
        let members = &self.run.candidates.texts("members").expect("lists")[self.candidate];
        let is_person = |id: &String| matches!(&*entities[id].0, "person" | "identity");
        let sampled = self.run.flags.flag("sampled").expect("truth values")[self.row] == Some(true);
        if sampled || !members.iter().any(is_person) {
            return None;
        }
        let evidence = self.run.evidence.text("record_id").expect("texts");
        let is_shown = |sentence: &String| {
            let record = sentence.rsplit_once("(record ").map(|(_, record)| record.trim_end_matches(")."));
            sentence.starts_with("Recorded ")
                && evidence.iter().any(|known| known.is_some() && known.as_deref() == record)
        };
        let sentences = &self.run.flags.texts("reasons_for").expect("lists")[self.row];
        (!sentences.iter().any(is_shown)).then(|| format!("no fact about its people in {sentences:?}"))
    }

    /// Checks the value, the typical value, the meaning and the model's contribution of a reason about a feature.
    fn feature(&self, feature: &Feature, value: &str, sentence: &str, is_for: bool) -> Vec<String> {
        let mut failures = Vec::new();
        let row: Vec<f64> =
            FEATURES.iter().map(|feature| number(&self.run.features, feature.name, self.candidate)).collect();
        let at = FEATURES.iter().position(|other| other.name == feature.name).expect("a feature");
        if feature.display(row[at]) != value {
            failures.push(format!("{sentence} The table has {}.", row[at]));
        }
        let is_by_model = !text(&self.run.flags, "model_id", self.row).is_empty();
        if !is_by_model {
            return failures;
        }
        let table =
            araneus::features::FeatureTable::from_shape_vec((1, row.len()), row.clone()).expect("one row");
        let part = model::explain(model(), &table)[0][at];
        let typical = feature.display(part.typical);
        if value == typical {
            failures.push(format!("{sentence} That is the typical value."));
        }
        if !sentence.contains(&format!(": {typical}).")) {
            failures.push(format!("{sentence} The model\u{2019}s typical value is {typical}."));
        }
        if is_for != (part.contribution > 0.0) {
            failures.push(format!("{sentence} The model counts it {:+.2}.", part.contribution));
        }
        let meant = match feature.meaning {
            Meaning::High => Some(row[at] > part.typical),
            Meaning::Low => Some(row[at] < part.typical),
            Meaning::Undecided => None,
        };
        if meant != Some(is_for) {
            failures.push(format!(
                "{sentence} Its meaning is {:?}, but the reason is {} the flag.",
                feature.meaning,
                ["against", "for"][usize::from(is_for)]
            ));
        }
        failures
    }

    /// Returns the repetitions among the records of the flag, as the reason words them, from the tables `evidence` and
    /// `relays`.
    fn repetitions(&self) -> BTreeSet<String> {
        const WORDS: [(&str, &str); 6] = [
            ("object", "same object"),
            ("producer", "same producer"),
            ("created", "same time of creation"),
            ("text", "same text"),
            ("reference", "same reference"),
            ("values", "same report"),
        ];
        let (flag, Run { evidence, relays, .. }) = (self.text("flag_id"), self.run);
        let is_of_flag = |row: &usize| text(evidence, "subject_id", *row) == flag;
        let records: BTreeSet<String> =
            (0..evidence.rows()).filter(is_of_flag).map(|row| text(evidence, "record_id", row)).collect();
        let mut found: BTreeMap<(String, String), (usize, f64)> = BTreeMap::new();
        for row in (0..relays.rows()).filter(|row| records.contains(&text(relays, "record_id", *row))) {
            let pair = (text(relays, "source", row), text(relays, "origin", row));
            if pair.0 == pair.1 {
                continue;
            }
            let rank = WORDS.iter().position(|(name, _)| *name == text(relays, "evidence", row));
            let (best, days) = found.entry(pair).or_insert((WORDS.len(), f64::NAN));
            *best = rank.expect("a known evidence").min(*best);
            *days = number(relays, "days", row).min(*days);
        }
        let words = |((source, origin), (rank, days)): ((String, String), (usize, f64))| {
            let lag = match days.floor() {
                0.0 => ", on the same day".to_owned(),
                1.0 => ", 1 day later".to_owned(),
                days if days > 1.0 => format!(", {days:.0} days later"),
                _ => String::new(),
            };
            format!("{source} repeats {origin} ({}{lag})", WORDS[rank].1)
        };
        found.into_iter().map(words).collect()
    }

    /// Checks a reason that is not about a feature; returns `None` if there is nothing to recompute.
    fn other(&self, sentence: &str, is_for: bool) -> Option<bool> {
        let gate = |name: &str| {
            let id = text(&self.run.candidates, "candidate_id", self.candidate);
            let is_row = |row: &usize| {
                text(&self.run.gate, "candidate_id", *row) == id && text(&self.run.gate, "test", *row) == name
            };
            (0..self.run.gate.rows()).find(is_row)
        };
        // A pattern with a closed form has no row of the test of chance.
        let (value, limit) = (
            |name| gate(name).map_or(f64::NAN, |row| number(&self.run.gate, "value", row)),
            |name| gate(name).map_or(f64::NAN, |row| number(&self.run.gate, "threshold", row)),
        );
        let passed = |name| {
            let passed = self.run.gate.flag("passed").expect("flags");
            gate(name).is_some_and(|row| passed[row] == Some(true))
        };
        let sources = value("sources");
        if sentence.starts_with("Only one source reports") {
            return Some(!is_for && sources.to_bits() == 1.0_f64.to_bits());
        }
        if let Some((count, _)) = sentence.split_once(" sources report it independently: ") {
            return Some(is_for && count == format!("{sources:.0}") && sources > 1.0);
        }
        if let Some(stated) = sentence.strip_prefix("Not independent: ") {
            let (stated, left_out) = match stated.trim_end_matches('.').split_once("; and ") {
                Some((stated, more)) => (stated, numbers(more)[0]),
                None => (stated.trim_end_matches('.'), 0),
            };
            let (repetitions, stated) = (self.repetitions(), stated.split("; ").collect::<Vec<_>>());
            let are_known = stated.iter().all(|words| repetitions.contains(*words));
            return Some(!is_for && are_known && stated.len() + left_out == repetitions.len());
        }
        if sentence.starts_with("Its strength is ") {
            let has_history = sentence.contains("earlier window");
            let has_closed_form = value("expected").is_finite();
            let stated = sentence.split_once("; chance gives ").map(|(_, rest)| rest);
            let expected = expected_in_words(value(if has_closed_form { "expected" } else { "chance" }));
            return Some(
                is_for
                    && sentence.starts_with(&format!("Its strength is {} (", real(value("history"))))
                    && has_history == (passed("history") && limit("history").is_finite())
                    && stated.is_some() == (has_closed_form || passed("chance"))
                    && (!has_history || sentence.contains(&format!(" had {}", real(limit("history")))))
                    && stated.is_none_or(|stated| stated.starts_with(&format!("{expected} such"))),
            );
        }
        if sentence.starts_with("An earlier window was") {
            return Some(
                !is_for
                    && !passed("history")
                    && sentence.ends_with(&format!(": {}.", real(limit("history")))),
            );
        }
        if let Some(stated) = sentence.strip_prefix("Chance gives ") {
            let starts = stated.starts_with(&format!("{} such", expected_in_words(value("chance"))));
            return Some(!is_for && !passed("chance") && starts);
        }
        if sentence.contains(" of its recent evidence is not news") {
            return Some(!is_for && sentence.starts_with(&format!("{:.0} %", (1.0 - value("news")) * 100.0)));
        }
        None
    }
}

/// Returns an expected number with two significant digits, as sentences display it.
fn expected_in_words(number: f64) -> String {
    match number {
        1.0.. => format!("{number:.1}"),
        1e-5..1.0 => format!("{number:.*}", (1.0 - number.log10().floor()) as usize),
        0.0 => "0".to_owned(),
        _ => format!("{number:.1e}"),
    }
}

/// Returns the feature of a sentence, and the displayed value.
fn feature(sentence: &str) -> Option<(&'static Feature, String)> {
    let lower = |text: &str| text[..1].to_lowercase() + &text[1..];
    let clause = lower(sentence.split(" (typical for benign").next()?.trim_end_matches('.'));
    FEATURES.iter().find_map(|feature| {
        if feature.message_zero == Some(&*clause) {
            return Some((feature, feature.display(0.0)));
        }
        let (before, after) = feature.message.split_once("{}")?;
        let choices: Vec<String> = match after.split_once('[').and_then(|(start, choice)| {
            let (words, end) = choice.split_once(']')?;
            Some(words.split('|').map(|word| format!("{start}{word}{end}")).collect())
        }) {
            Some(choices) => choices,
            None => vec![after.to_owned()],
        };
        let value = clause.strip_prefix(before)?;
        let value = choices.iter().find_map(|after| value.strip_suffix(&**after))?;
        let is_value =
            value.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-') && value.len() < 16;
        is_value.then(|| (feature, value.to_owned()))
    })
}

/// Returns the names of the facts that a sentence states.
fn facts_of(sentence: &str, feature: Option<&Feature>) -> Vec<String> {
    let shared: &[Fact] = match feature {
        Some(feature) => {
            return vec![feature.fact.map_or(feature.name.to_owned(), |fact| format!("{fact:?}"))];
        }
        None if sentence.contains("reports it independently: ")
            || sentence.contains("report it independently: ") =>
        {
            &[Fact::Sources, Fact::Reliability]
        }
        None if sentence.starts_with("Not independent: ") => &[Fact::Relays],
        None if sentence.starts_with("Its strength is ") => match sentence {
            _ if !sentence.contains("random runs") && !sentence.contains("earlier window") => &[],
            _ if !sentence.contains("random runs") => &[Fact::History],
            _ if !sentence.contains("earlier window") => &[Fact::Chance],
            _ => &[Fact::History, Fact::Chance],
        },
        None if sentence.contains("earlier window") => &[Fact::History],
        None if sentence.contains("random runs") => &[Fact::Chance],
        None if sentence.contains("payments form a cycle") => &[Fact::Cycles],
        None if sentence.contains("is not news") => &[Fact::Lateness, Fact::Corrections],
        None if sentence.starts_with("Only ") && sentence.contains(" recent record") => &[Fact::Evidence],
        None => &[],
    };
    shared.iter().map(|fact| format!("{fact:?}")).collect()
}

/// Returns the default model.
fn model() -> &'static TrainedModel {
    static MODEL: OnceLock<TrainedModel> = OnceLock::new();
    MODEL.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/model.json");
        model::from_json(&fs::read_to_string(path).expect("a model"), Some(&araneus::run::models::specs()))
            .expect("the model fits")
    })
}
