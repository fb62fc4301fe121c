//! README, configuration and table of days of a world.

use std::fmt::Write;

use super::{payments, truth};
use crate::{
    agencies::{AGENCIES, DeliveryFormat},
    calendar::{DAYS, folder_name, rfc3339, time_of},
    difficulty::Level,
    payment::COLLECTORS,
};

/// Returns the content of `nights.csv`.
pub(super) fn days() -> String {
    let mut text = String::from("night,as_of\n");
    for day in 1..=DAYS {
        let _ = writeln!(text, "{},{}", folder_name(day), as_of(day));
    }
    text
}

/// Returns the as-of time of a day, without a fraction of a second.
pub(crate) fn as_of(day: u32) -> String {
    rfc3339(time_of(day)).replace(".000Z", "Z")
}

/// Returns the content of `araneus.toml`.
pub(super) fn configuration() -> String {
    let mut text = String::from(
        "# A synthetic world: agencies, curated lists and payments. Paths are relative to this folder.\n\
         state = \".araneus\"\nout = \"out\"\n",
    );
    let last_folder = folder_name(DAYS);
    for agency in AGENCIES {
        let mode = if agency.format == DeliveryFormat::StixSnapshot { "snapshot" } else { "increment" };
        let _ = write!(
            text,
            "\n[[source]]\nname = \"{0}\"\npaths = [\"{last_folder}/{0}/*.json\"]\nmode = \"{mode}\"\n\
             reliability = \"{1}\"\n",
            agency.name, agency.reliability
        );
    }
    for collector in &COLLECTORS {
        let _ = write!(
            text,
            "\n[[source]]\nname = \"{0}\"\npaths = [\"{last_folder}/{0}/*.csv\"]\nmode = \"increment\"\n\
             reliability = \"{1}\"\nmapping = \"{2}\"\n",
            collector.name,
            collector.reliability,
            payments::MAPPING_PATH
        );
    }
    for list in ["actor-book", "tool-book"] {
        let _ = write!(
            text,
            "\n[[source]]\nname = \"{list}\"\npaths = [\"{last_folder}/{list}/*.json\"]\nmode = \"snapshot\"\n\
             reliability = \"B\"\nduplicate_free = true\nmarking = \"TLP:CLEAR\"\n"
        );
    }
    text
}

/// Returns the content of `README.md`.
pub(super) fn readme(seed: u64, level: Level) -> String {
    let mut sources = String::new();
    for agency in AGENCIES {
        let (format, mode) = match agency.format {
            DeliveryFormat::StixIncrement => ("STIX 2.1", "increment"),
            DeliveryFormat::StixSnapshot => ("STIX 2.1", "snapshot"),
            DeliveryFormat::MispClusters => ("MISP events with galaxy clusters", "increment"),
            DeliveryFormat::MispTags => ("MISP events with galaxy tags and objects", "increment"),
        };
        let _ = writeln!(sources, "| `{}` | {format} | {mode} | {} |", agency.name, agency.reliability);
    }
    for collector in &COLLECTORS {
        let _ = writeln!(
            sources,
            "| `{}` | payments as CSV, with a mapping | increment | {} |",
            collector.name, collector.reliability
        );
    }
    README
        .replace("{seed}", &seed.to_string())
        .replace("{level}", level.name())
        .replace("{sources}", &sources)
        .replace("{variants}", &truth::variants_list())
}

const README: &str = "\
# A synthetic world (seed {seed}, level {level})

This folder contains thirty days of deliveries from six agencies, two curated lists and two financial-intelligence agencies about an invented world. The truth is known, so that pattern detection can be trained and evaluated.

**Provenance.** `araneus scenario --seed {seed} --level {level}` wrote the files. The same seed and level give the same bytes. All actors, programs, agencies and events are invented. Domain names end in `.example`, `.test` or `.invalid`. Addresses are from 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32. Hashes are hashes of words. CVE numbers are of the year 2099. Technique numbers are those of MITRE ATT&CK. No value was ever observed, and no host can be reached.

| source | format | mode | reliability |
|---|---|---|---|
{sources}| `actor-book` | MISP galaxy of actors | snapshot, duplicate-free | B |
| `tool-book` | MISP galaxies of malware and tools | snapshot, duplicate-free | B |

Each folder `night-NN/SOURCE/` contains the deliveries of a source on that day. The mapping `payments.toml` describes the columns of the payments. The table `nights.csv` has the as-of time of each day (`as_of`). Day 1 delivers the history, which is what the agencies know of the 400 days before. A source without a folder delivers nothing on that day.

```
araneus run --config araneus.toml --as-of 2026-03-01T02:00:00Z night-01/*
araneus run --config araneus.toml --as-of 2026-03-02T02:00:00Z night-02/*
```

## How the world is made

- **Hidden truth**: there are 40 established actors. 14 of them are dormant: they are inactive in the 75 days before day 1, or longer. Each actor has malware, campaigns and hosts of its own. Tools, commodity malware and techniques are common to many actors. Active actors have baseline activity every few days, and at times the activities of two actors meet by coincidence.
- **Observation**: each agency observes some regions, reports a part of the events there, omits a part of each event, and is late by some days. Each has its own object ids and names. Agencies relay reports of others: most of them unchanged (with ids and producer), some as their own a day or two later. Two reports of one entity can be resolved by its values, by its ATT&CK or CVE number, or by its names through the curated lists. No curated list contains campaigns, which stay separate. A MISP event shows a campaign or hosting in its title only.
- **Payments**: people get wages, pay rents and buy in shops, companies pay invoices, and friends pay each other. Each payment is recorded by one or both of the financial-intelligence agencies, at times days late. Flows of money and their look-alikes have the same shapes, sums, fees and times; the accounts of a look-alike knew each other before, more often than those of a pattern.
- **Noise**: the deliveries contain backlogs of old reports, round-ups that name many actors, wrong attributions that are withdrawn, shared values that were attached by mistake, and names that no curated list contains. On one day the snapshot source modifies every object without a change. The curated lists add some entries late. A few objects are malformed and must be rejected.

## The truth

`truth/planted.csv` has a row for each planted pattern and each look-alike.

| column | meaning |
|---|---|
| plant_id | identifier of the case; its order has no meaning |
| pattern | the pattern, or the pattern that a look-alike resembles |
| is_benign | true for a look-alike |
| mechanism | variant: the way in which the case arises (listed below) |
| held_out | true for variants that training must skip |
| first_night, emerges_night | day of the first delivery; first day by which two thirds of the links were delivered, by two agencies if two or more report the case |
| anchors | true names of the one to three entities that the case is about, separated by `;` |
| members | true names and values of the entities of the case that were delivered by then, without techniques and sectors, separated by `;` |

`truth/identities.csv` has a row for each named entity: its true name, its kind, the entity of which it is an alias, the first day on which a curated list contains it, and the name that each agency uses.

## Variants
{variants}";
