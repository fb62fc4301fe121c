//! What every story is told against: established groups, common things, and ordinary traffic.

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

/// Who delivers: two usually reliable agencies, three vendors of middling reliability, and a
/// curated list. `newcomer` delivers nothing before a story says so. What is flagged is the
/// same for every model: a model orders the queue.
pub(crate) const CONFIGURATION: &str = r#"
[model]
id = "rules"
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
name = "book"
mode = "snapshot"
reliability = "B"
duplicate_free = true
"#;

/// Nights of the background; the first tells of what stands.
pub(crate) const RUN_DATES: [&str; 4] = ["2026-01-05", "2026-02-02", "2026-02-16", "2026-02-27"];

/// What is told on the first night of all: each group by two sources, of months ago; a tool, a
/// technique and a weakness of everybody; a content network that hosts everybody.
pub(crate) fn standing() -> Vec<String> {
    let mut lines = Vec::new();
    for [actor, one, other, campaign, stem] in GROUPS {
        // Of the last of them nobody has heard for half a year.
        let began = if stem == "grebe" { "2025-06-10" } else { "2025-12-10" };
        for line in [
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
        ] {
            lines.push(format!("{line}, began {began}"));
        }
        if stem == "grebe" {
            continue;
        }
        lines.push(format!("book: actor {actor}"));
        // What has gathered over the years, so that a week is a small part of what is known.
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

/// What is told on any later night: of each active group a host, a sample and, by turns, a
/// campaign. The last group is silent.
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
