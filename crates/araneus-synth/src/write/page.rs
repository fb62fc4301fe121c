//! The world's own page, its configuration and its table of nights.

use std::fmt::Write;

use super::{
    super::{
        agencies::{AGENCIES, Delivery},
        clock::{NIGHTS, folder, moment, stamp},
        level::Level,
    },
    truth,
};

/// Writes `nights.csv`.
pub(super) fn nights() -> String {
    let mut text = String::from("night,as_of\n");
    for night in 1..=NIGHTS {
        let _ = writeln!(text, "{},{}", folder(night), as_of(night));
    }
    text
}

/// Returns the moment of a night without fractions.
pub(in super::super) fn as_of(night: u32) -> String {
    stamp(moment(night)).replace(".000Z", "Z")
}

/// Writes `araneus.toml`.
pub(super) fn configuration() -> String {
    let mut text = String::from(
        "# A synthetic world: six agencies and two books. Paths are relative to this folder.\n\
         state = \".araneus\"\nout = \"out\"\n",
    );
    let last = folder(NIGHTS);
    for agency in AGENCIES {
        let mode = if agency.delivery == Delivery::StixSnapshot { "snapshot" } else { "increment" };
        let _ = write!(
            text,
            "\n[[source]]\nname = \"{0}\"\npaths = [\"{last}/{0}/*.json\"]\nmode = \"{mode}\"\nreliability = \"{1}\"\n",
            agency.name, agency.reliability
        );
    }
    for book in ["actor-book", "tool-book"] {
        let _ = write!(
            text,
            "\n[[source]]\nname = \"{book}\"\npaths = [\"{last}/{book}/*.json\"]\nmode = \"snapshot\"\n\
             reliability = \"B\"\nduplicate_free = true\nmarking = \"TLP:CLEAR\"\n"
        );
    }
    text
}

/// Writes `README.md`.
pub(super) fn readme(seed: u64, level: Level) -> String {
    let mut sources = String::new();
    for agency in AGENCIES {
        let (format, mode) = match agency.delivery {
            Delivery::StixIncrement => ("STIX 2.1", "increment"),
            Delivery::StixSnapshot => ("STIX 2.1", "snapshot"),
            Delivery::MispClusters => ("MISP events with galaxy clusters", "increment"),
            Delivery::MispTags => ("MISP events with galaxy tags and objects", "increment"),
        };
        let _ = writeln!(sources, "| `{}` | {format} | {mode} | {} |", agency.name, agency.reliability);
    }
    README
        .replace("{seed}", &seed.to_string())
        .replace("{level}", level.name())
        .replace("{sources}", &sources)
        .replace("{mechanisms}", &truth::mechanisms_list())
}

const README: &str = "\
# A synthetic world (seed {seed}, level {level})

Thirty nights of what six agencies and two curated lists delivered about a world that never was. It is there to train and to judge pattern finders where the truth is known.

**Provenance.** Written by `araneus scenario --seed {seed} --level {level}`; the same seed and level give the same bytes. Everybody and everything is invented. Domain names end in `.example`, `.test` or `.invalid`; addresses are from 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32; hashes are hashes of words; CVE numbers are of the year 2099. Technique numbers are those of MITRE ATT&CK. Nothing here was ever seen in the wild, and nothing here can be reached.

| source | format | mode | reliability |
|---|---|---|---|
{sources}| `actor-book` | MISP galaxy of actors | snapshot, duplicate-free | B |
| `tool-book` | MISP galaxies of malware and tools | snapshot, duplicate-free | B |

Each `night-NN/SOURCE/` holds what a source delivered that night; `nights.csv` says at which moment (`as_of`) each night is run. Night 1 delivers the base: what was known of the 400 days before. A source without a folder delivered nothing that night.

```
araneus run --config araneus.toml --as-of 2026-03-01T02:00:00Z night-01/*
araneus run --config araneus.toml --as-of 2026-03-02T02:00:00Z night-02/*
```

## The world

- **Truth**: 38 established actors, 12 of them dormant (no activity in the 75 days before night 1 or longer), with programs of their own, campaigns, hosts, and tools, malware and techniques that everybody uses. Active ones do ordinary things every few nights, and at times meet by accident.
- **Observation**: each agency watches some regions, reports a part of what happens there, leaves out a part of that, is late by some nights, has object ids and names of its own, and passes on reports of others: most as they are (ids and producer kept), some as its own a night or two later. One thing told by two agencies joins by its values, by its ATT&CK or CVE number, or by its names through the books. Campaigns have no book and stay apart. In MISP a campaign or hosting is named in the event's heading alone.
- **Noise**: backlogs of old reports, round-ups that name many, wrong attributions that are taken back, one night on which the snapshot source touches every object, values that everybody shares attached by mistake, names that no book knows, entries that the books take up late, and a few objects that cannot be taken.

## The truth

`truth/planted.csv`: one row for each planted pattern and each look-alike.

| column | meaning |
|---|---|
| plant_id | number of the plant; its order says nothing |
| pattern | which pattern it is, or looks like |
| is_benign | true for a look-alike |
| mechanism | how it came about (below) |
| held_out | true for mechanisms that training is to leave out |
| first_night, emerges_night | when the first of it was delivered; when two thirds of its ties were, by two agencies if two or more tell it |
| anchors | the one to three entities that it is about, by true name, parted by `;` |
| members | all that it adds or uses of what was delivered by then (true names and values; techniques and branches left out), parted by `;` |

`truth/identities.csv`: every thing with a name: its true name, kind, whose alias it is, the night from which a book lists it, and what each agency calls it.

## The mechanisms
{mechanisms}";
