//! Background of each case: established groups, common tools, and background traffic.

/// Established groups: actor, two malware families, a campaign, and the stem of its hosts.
pub(crate) const GROUPS: [[&str; 5]; 7] = [
    ["Salt Heron", "Tidelock", "Brinewick", "Low Tide", "heron"],
    ["Marsh Harrier", "Reedknife", "Sedgeworm", "Quiet Bittern", "harrier"],
    ["Iron Gull", "Rustbill", "Scrapyard", "Long Pier", "gull"],
    ["Night Plover", "Duskrat", "Moonwick", "Late Shift", "plover"],
    ["Copper Tern", "Verdigris", "Penny Loader", "Small Change", "tern"],
    ["Stone Curlew", "Flintlock", "Chalkmark", "Dry Valley", "curlew"],
    ["Old Grebe", "Millpond", "Stillwater", "Long Winter", "grebe"],
];

/// Verbs of claims between two terms, such as `actor Salt Heron uses malware Tidelock`.
pub(crate) const VERBS: [&str; 10] = [
    "uses",
    "indicates",
    "attributed-to",
    "communicates-with",
    "exploits",
    "targets",
    "delivers",
    "consists-of",
    "controls",
    "related-to",
];

/// Sources: two usually reliable agencies, three fairly reliable vendors, and a curated list. `newcomer` delivers only in
/// cases that name it. Flags do not depend on the model, because a model only orders the queue.
///
/// A case has about thirty recent links, of which chance makes a few instances in a hundred runs. So the rate of false
/// discoveries is the largest one here, at which a single candidate passes below 0.2 instances by chance.
/// `benches/planted` measures the default rate on real runs.
pub(crate) const CONFIGURATION: &str = r#"
[model]
id = "rules"
[patterns]
fdr = 1.0
[[source]]
name = "harbour"
reliability = "B"
[[source]]
name = "northwind"
reliability = "C"
[[source]]
name = "lanternfish"
reliability = "C"
[[source]]
name = "kestrel"
reliability = "C"
[[source]]
name = "newcomer"
reliability = "B"
[[source]]
name = "bank"
reliability = "A"
[[source]]
name = "registry"
reliability = "A"
[[source]]
name = "book"
mode = "snapshot"
reliability = "B"
duplicate_free = true
"#;

/// Dates of the background runs. The first run delivers the established groups.
pub(crate) const RUN_DATES: [&str; 4] = ["2026-01-05", "2026-02-02", "2026-02-16", "2026-02-27"];

/// Returns the lines of the first run. Two sources report each group, months old. All groups have a tool, a technique, a
/// weakness and a content network in common.
pub(crate) fn established() -> Vec<String> {
    let mut lines = Vec::new();
    for [actor, one, other, campaign, stem] in GROUPS {
        // The last group was active on two days, and has been silent for half a year.
        let began = if stem == "grebe" { "2025-06-10" } else { "2025-12-10" };
        let also_began = if stem == "grebe" { "2025-05-20" } else { began };
        for (number, line) in [
            format!("harbour: actor {actor} uses malware {one}"),
            format!("northwind: actor {actor} uses malware {one}"),
            format!("harbour: actor {actor} uses malware {other}"),
            format!("kestrel: campaign {campaign} attributed-to actor {actor}"),
            format!("lanternfish: campaign {campaign} uses malware {other}"),
            format!("northwind: indicator {stem}-1.example indicates malware {one}"),
            format!("harbour: indicator {stem}-2.example indicates malware {one}"),
            format!("lanternfish: indicator {stem}-3.example indicates malware {other}"),
            format!("harbour: actor {actor} uses tool Lantern Kit"),
            format!("northwind: actor {actor} uses technique Phishing"),
            format!("northwind: malware {one} exploits weakness CVE-2025-0001"),
            format!("kestrel: indicator cdn.example indicates malware {one}"),
        ]
        .into_iter()
        .enumerate()
        {
            let began = if number % 2 == 0 { began } else { also_began };
            lines.push(format!("{line}, began {began}"));
        }
        if stem == "grebe" {
            continue;
        }
        lines.push(format!("book: actor {actor}"));
        // Records of several years, so that one week is a small part of all records.
        for (number, source) in (2..).zip(["harbour", "northwind", "lanternfish", "kestrel"]) {
            for line in [
                format!("actor {actor} uses malware {one} {number}"),
                format!("campaign {campaign} {number} attributed-to actor {actor}"),
                format!("indicator {stem}-o{number}.example indicates malware {one} {number}"),
                format!("indicator {stem}-p{number}.example indicates malware {one} {number}"),
            ] {
                lines.push(format!("{source}: {line}, began {began}"));
            }
        }
    }
    lines
}

/// Returns the lines of a later run: for each active group a host, a sample and, in turn, a campaign. The last group is
/// silent.
pub(crate) fn traffic(run: usize) -> Vec<String> {
    let sources = ["harbour", "northwind", "lanternfish", "kestrel"];
    let mut lines = Vec::new();
    for (at, [actor, _, other, _, stem]) in GROUPS[..6].iter().enumerate() {
        let source = sources[(run + at) % sources.len()];
        lines.push(format!("{source}: actor {actor} uses malware {other} {run}"));
        lines.push(format!("{source}: indicator {stem}-n{run}.example indicates malware {other} {run}"));
        if (run + at).is_multiple_of(2) {
            lines.push(format!("{source}: campaign {stem} {run} attributed-to actor {actor}"));
        }
    }
    lines
}
