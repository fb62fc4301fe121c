//! Planted leaks: the checks of this suite find each kind of trace that a hidden source can leave for partners.
//!
//! The checks are the comparison of all bytes with those of a deployment that never had the hidden records, and the search
//! for texts that only hidden records have. A leak is planted into a copy of a published folder, into an export, into the
//! run state, or by an agreement that decides wrongly.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use araneus::{
    columns::{Column, Columns},
    tables::{self, Folder, files},
};

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, background},
    scanner::{files_below, files_with},
    support::{Deployment, names_in},
};

/// Lines of the hidden source. Only they have the name Zanzigale.
const HIDDEN: [&str; 4] = [
    "newcomer: actor Ash Sparrow uses malware Zanzigale",
    "newcomer: campaign First Smoke uses malware Zanzigale",
    "newcomer: indicator zanzigale-1.example indicates malware Zanzigale",
    "newcomer: actor Stone Curlew uses malware Cinderlid",
];
const OBLIGATION: &str = "Keep it among insiders.";
const TOKENS: [&str; 3] = ["zanzigale", "newcomer", "Keep it among insiders"];

/// Returns a configuration in which the agreement of the source `newcomer` admits insiders who defend.
fn configuration(agreement: &str, partners_for: &str, with_agreement: bool) -> String {
    let marked = background::CONFIGURATION.replace("reliability =", "marking = \"TLP:GREEN\"\nreliability =");
    let named = if with_agreement {
        "name = \"newcomer\"\nagreement = \"inside\"\n"
    } else {
        "name = \"newcomer\"\n"
    };
    let marked = marked.replace("name = \"newcomer\"\n", named);
    let audience = |name: &str, purposes: &str| {
        format!("[[audience]]\nname = \"{name}\"\nclearance = \"TLP:GREEN\"\npurposes = [\"{purposes}\"]\n")
    };
    let other = "[[agreement]]\nname = \"other\"\npurposes = [\"analyse\", \"defend\"]\n[[source]]\nname = \"elsewhere\"\nagreement = \"other\"\n";
    format!(
        "{marked}\n[[agreement]]\nname = \"inside\"\nobligations = [\"{OBLIGATION}\"]\n{agreement}{other}{}{}",
        audience("partners", partners_for),
        audience("insiders", "defend")
    )
}

const CLOSED: &str = "recipients = [\"insiders\"]\npurposes = [\"defend\"]\n";

/// Returns a deployment after one run, with or without the hidden lines.
fn deployment(with_hidden: bool) -> Deployment {
    let mut fixture = Fixture::after_background(&configuration(CLOSED, "analyse", true));
    let hidden = if with_hidden { &HIDDEN[..] } else { &[] };
    fixture.run(RUN_TIMES[0], &[&EMERGING[..], hidden].concat());
    fixture.deployment
}

/// Returns what the checks find in a folder, compared with the folder that never had the hidden records.
fn findings(seen: &Path, expected: &Path) -> Vec<String> {
    let [one, other] = [seen, expected].map(|folder| {
        let files = files_below(folder).into_iter().map(|file| {
            let name = file.strip_prefix(folder).expect("a file of the folder").to_owned();
            (name, fs::read(&file).expect("a file"))
        });
        files.collect::<BTreeMap<PathBuf, Vec<u8>>>()
    });
    let mut found: Vec<String> = one
        .iter()
        .filter(|(name, bytes)| other.get(*name) != Some(bytes))
        .map(|(name, _)| format!("other bytes: {}", name.display()))
        .collect();
    found.extend(
        other.keys().filter(|name| !one.contains_key(*name)).map(|name| format!("no {}", name.display())),
    );
    found.extend(tokens(seen));
    found
}

/// Returns the files with a text that only hidden records have.
fn tokens(folder: &Path) -> Vec<String> {
    let found = files_with(folder, &TOKENS).into_iter();
    found.map(|(file, token)| format!("{token} in {}", file.display())).collect()
}

fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).expect("a file of the folder"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(&file, &target).expect("a copy");
    }
}

/// A column of a table that is changed.
type Edited = Vec<(String, Column)>;

/// Changes a table of an audience.
fn edit(folder: &Path, name: &str, change: impl FnOnce(&mut Edited)) {
    let columns = tables::read_table(&folder.join(format!("{name}.arrow"))).expect("a table");
    let mut edited: Edited = columns.iter().map(|(name, column)| (name.to_owned(), column.clone())).collect();
    change(&mut edited);
    let format = files::named("arrow").expect("a format");
    let table = tables::table(Folder::Audience, name);
    tables::write_table(folder, table, &[], &Columns::new(edited), format).expect("a table");
}

fn column<'a>(edited: &'a mut Edited, name: &str) -> &'a mut Column {
    let found = edited.iter_mut().find(|(known, _)| known == name);
    &mut found.unwrap_or_else(|| panic!("no column {name}")).1
}

fn set_text(edited: &mut Edited, name: &str, value: &str) {
    match column(edited, name) {
        Column::Text(values) => values[0] = Some(value.to_owned()),
        other => panic!("{name}: {:?}", other.column_type()),
    }
}

fn push_text(edited: &mut Edited, name: &str, value: &str) {
    match column(edited, name) {
        Column::Texts(values) => values[0].push(value.to_owned()),
        other => panic!("{name}: {:?}", other.column_type()),
    }
}

fn count_one_more(edited: &mut Edited, name: &str) {
    match column(edited, name) {
        Column::Count(values) => values[0] = values[0].map(|count| count + 1),
        other => panic!("{name}: {:?}", other.column_type()),
    }
}

fn a_moment_earlier(edited: &mut Edited, name: &str) {
    match column(edited, name) {
        Column::Time(values) => values[0] = values[0].map(|time| time - 1),
        other => panic!("{name}: {:?}", other.column_type()),
    }
}

/// Writes a text file again.
fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).expect("a text");
    fs::write(path, change(text)).expect("a text");
}

/// Folders of one run: a copy of the partners' folder, which is changed, and the others.
struct Planting<'a> {
    partners: &'a Path,
    insiders: &'a Path,
    steward: &'a Path,
}

/// A kind of leak: its name, and whether it has a text of hidden records.
type Leak = (&'static str, bool, fn(&Planting<'_>));

const LEAKS: [Leak; 22] = [
    ("a name of a hidden entity among the aliases", true, |at| {
        edit(at.partners, "entities", |columns| push_text(columns, "aliases", "Zanzigale"));
    }),
    ("a label that a hidden record gives", true, |at| {
        edit(at.partners, "entities", |columns| set_text(columns, "label", "Zanzigale"));
    }),
    ("an identifier of a hidden record", true, |at| {
        edit(at.partners, "entities", |columns| {
            push_text(columns, "identifiers", "domain-name:zanzigale-1.example");
        });
    }),
    ("the name of the hidden source at an entity", true, |at| {
        edit(at.partners, "entities", |columns| push_text(columns, "sources", "newcomer"));
    }),
    ("a count with hidden records", false, |at| {
        edit(at.partners, "entities", |columns| count_one_more(columns, "record_count"));
    }),
    ("the time of a hidden delivery", false, |at| {
        edit(at.partners, "entities", |columns| a_moment_earlier(columns, "recorded_first"));
    }),
    ("the stricter marking of a hidden record", false, |at| {
        edit(at.partners, "entities", |columns| set_text(columns, "marking", "TLP:RED"));
    }),
    ("a count of hidden sources at a link", false, |at| {
        edit(at.partners, "links", |columns| count_one_more(columns, "source_count"));
    }),
    ("a weight with hidden evidence", false, |at| {
        edit(at.partners, "links", |columns| match column(columns, "weight") {
            Column::Number(values) => values[0] = values[0].map(f64::next_up),
            other => panic!("{:?}", other.column_type()),
        });
    }),
    ("an entity id of another view", false, |at| {
        edit(at.partners, "links", |columns| set_text(columns, "from_id", "entity-00"));
    }),
    ("the hidden source in the evidence", true, |at| {
        edit(at.partners, "evidence", |columns| set_text(columns, "source", "newcomer"));
    }),
    ("a reason with the hidden source", true, |at| {
        edit(at.partners, "flags", |columns| push_text(columns, "reasons_for", "Reported by newcomer."));
    }),
    ("a score with hidden features", false, |at| {
        edit(at.partners, "flags", |columns| match column(columns, "score") {
            Column::Number(values) => values[0] = values[0].map(f64::next_down),
            other => panic!("{:?}", other.column_type()),
        });
    }),
    ("the table of entities of a wider audience", true, |at| {
        fs::copy(at.insiders.join("entities.arrow"), at.partners.join("entities.arrow")).expect("a copy");
    }),
    ("the cards of a wider audience", true, |at| {
        fs::copy(at.insiders.join("cards.arrow"), at.partners.join("cards.arrow")).expect("a copy");
    }),
    ("the report of a wider audience", true, |at| {
        fs::copy(at.insiders.join("report.html"), at.partners.join("report.html")).expect("a copy");
    }),
    ("a hidden label in a comment of the report", true, |at| {
        rewrite(&at.partners.join("report.html"), |text| text + "<!-- zanzigale -->");
    }),
    ("a count of hidden rejects in the report", false, |at| {
        rewrite(&at.partners.join("report.html"), |text| {
            text.replacen("</main>", "<p>2 rejected</p></main>", 1)
        });
    }),
    ("the obligation of a hidden source in the report", true, |at| {
        rewrite(&at.partners.join("report.html"), |text| {
            text.replacen("</main>", &format!("<p>{OBLIGATION}</p></main>"), 1)
        });
    }),
    ("a table of the data steward", true, |at| {
        fs::copy(at.steward.join("deliveries.arrow"), at.partners.join("deliveries.arrow")).expect("a copy");
    }),
    ("values behind the end of a table", true, |at| {
        let path = at.partners.join("members.arrow");
        let mut bytes = fs::read(&path).expect("a table");
        bytes.extend(b"Zanzigale");
        fs::write(&path, bytes).expect("a table");
    }),
    ("a file with the name of the hidden source", true, |at| {
        fs::write(at.partners.join("newcomer.txt"), "").expect("a file");
    }),
];

#[test]
fn every_planted_leak_is_found() {
    let [with, without] = [true, false].map(deployment);
    let [seen, expected] = [&with, &without].map(|deployment| deployment.published(RUN_TIMES[0]).folder);
    let partners = expected.join("partners");
    assert_eq!(findings(&seen.join("partners"), &partners), Vec::<String>::new(), "no leak");
    // The hidden records matter to insiders, in nearly every table.
    let wider = findings(&seen.join("insiders"), &expected.join("insiders"));
    assert!(wider.len() > 20, "{wider:?}");

    let copy_of = |name: &str| {
        let folder = with.path("copies").join(name);
        copy(&seen.join("partners"), &folder);
        folder
    };
    let unchanged = copy_of("unchanged");
    for table in ["entities", "links", "evidence", "flags"] {
        edit(&unchanged, table, |_| {});
    }
    assert_eq!(
        findings(&unchanged, &partners),
        Vec::<String>::new(),
        "a table written again has the same bytes"
    );
    for (number, (name, has_token, plant)) in LEAKS.iter().enumerate() {
        let folder = copy_of(&number.to_string());
        plant(&Planting {
            partners: &folder,
            insiders: &seen.join("insiders"),
            steward: &seen.join("steward"),
        });
        let found = findings(&folder, &partners);
        assert!(found.iter().any(|what| !what.contains(" in ")), "{name}: the comparison finds nothing");
        assert_eq!(!tokens(&folder).is_empty(), *has_token, "{name}: the search for texts: {found:?}");
    }
    for table in names_in(&seen.join("insiders")) {
        let [wider, own] =
            [seen.join("insiders"), partners.clone()].map(|folder| fs::read(folder.join(&table)).ok());
        if wider != own {
            let folder = copy_of(&format!("table-{table}"));
            fs::copy(seen.join("insiders").join(&table), folder.join(&table)).expect("a copy");
            assert!(!findings(&folder, &partners).is_empty(), "{table} of a wider audience");
        }
    }
    leaks_of_exports(&with, &without);
    leaks_of_decisions(&with, &partners);
}

/// An export has the bytes of one without hidden records, and a planted line is found.
fn leaks_of_exports(with: &Deployment, without: &Deployment) {
    let export = |deployment: &Deployment| {
        let folder = deployment.path("exports");
        fs::create_dir_all(&folder).expect("a folder");
        for format in ["jsonl", "graphml", "cytoscape"] {
            let to = folder.join(format).display().to_string();
            let run = ["export", format, "--audience", "partners", "--all", "--to", &to];
            deployment.ask(&run).ends_with(0);
        }
        folder
    };
    let (seen, expected) = (export(with), export(without));
    assert_eq!(findings(&seen, &expected), Vec::<String>::new());
    for (name, line) in [
        ("an entity", "{\"object\":\"entity\",\"label\":\"Zanzigale\"}".to_owned()),
        ("an obligation", format!("{{\"object\":\"obligations\",\"obligations\":[\"{OBLIGATION}\"]}}")),
    ] {
        rewrite(&seen.join("jsonl"), |text| format!("{text}{line}\n"));
        assert!(!tokens(&seen).is_empty(), "{name} in an export");
        fs::copy(expected.join("jsonl"), seen.join("jsonl")).expect("a copy");
        assert_eq!(findings(&seen, &expected), Vec::<String>::new());
    }
}

/// An agreement that decides wrongly changes the results of partners. Half of such a mistake opens nothing, because the
/// strictest rule wins.
fn leaks_of_decisions(with: &Deployment, expected: &Path) {
    let replay = || {
        with.ask(&["run", "--replay", "--as-of", RUN_TIMES[0], "--quiet"]).ends_with(0);
        findings(&with.published(RUN_TIMES[0]).folder.join("partners"), expected)
    };
    for (name, configuration, is_leak) in [
        (
            "recipients without purposes",
            configuration(
                "recipients = [\"partners\", \"insiders\"]\npurposes = [\"defend\"]\n",
                "analyse",
                true,
            ),
            false,
        ),
        (
            "purposes without recipients",
            configuration("recipients = [\"insiders\"]\n", "analyse", true),
            false,
        ),
        ("recipients and purposes", configuration("", "analyse", true), true),
        ("another purpose of the audience", configuration("purposes = [\"defend\"]\n", "defend", true), true),
        ("a source that names no agreement", configuration(CLOSED, "analyse", false), true),
    ] {
        with.configure(&configuration);
        let found = replay();
        assert_eq!(!found.is_empty(), is_leak, "{name}: {found:?}");
    }
    with.configure(&configuration(CLOSED, "analyse", true));
    assert_eq!(replay(), Vec::<String>::new(), "the results are as before");
}
