//! Label tables of outcomes: an archive that ends earlier gives the same rows, so nothing from the future enters a row.

use std::{collections::BTreeMap, path::PathBuf};

use araneus::columns::{Column, Columns};

use crate::support::{Deployment, named, names_in, read_csv, real_data};

const RELEASES: &str = "[[source]]\nname = \"attack\"\nmode = \"snapshot\"\n";
const NIGHTS: &str =
    "[[source]]\nname = \"nights\"\nmapping = \"reported-indicators\"\nrecorded_at = \"object\"\n";

/// A run: its as-of time, and its files.
type Delivered = (String, Vec<PathBuf>);

/// A row of a label table.
#[derive(Debug, PartialEq)]
struct LabelRow {
    run: i64,
    /// Every value but the label, as text.
    known: String,
    /// Label and its recorded time.
    label: Option<(bool, i64)>,
}

/// Records runs, and returns the rows of label tables by outcome and candidate.
fn rows(
    configuration: &str,
    source: &str,
    runs: &[Delivered],
    outcomes: &[&str],
) -> BTreeMap<(String, String), LabelRow> {
    let deployment = Deployment::new(configuration);
    for (as_of, files) in runs {
        let inputs: Vec<String> = files.iter().map(|file| named(source, file)).collect();
        let recorded = deployment.run_with(as_of, &inputs, &["--record-only"]);
        // A value without the form of an indicator is rejected.
        assert!([0, 3].contains(&recorded.code), "{as_of}: {}", recorded.stderr);
    }
    let flags = outcomes.iter().flat_map(|outcome| ["--outcome", outcome]);
    deployment.ask(&["backtest", "--quiet"].into_iter().chain(flags).collect::<Vec<_>>()).ends_with(0);
    let mut rows = BTreeMap::new();
    for outcome in outcomes {
        let path = deployment.path(&format!("out/backtest-{outcome}.arrow"));
        let table = araneus::tables::read_table(&path).expect("a label table");
        let time = |column: &str, row: usize| table.time(column).expect("a time column")[row];
        for row in 0..table.rows() {
            let label = table.flag("label").expect("labels")[row];
            let read = LabelRow {
                run: time("run", row).expect("a run"),
                known: known(&table, row),
                label: label.zip(time("label_recorded_at", row)),
            };
            let key = ((*outcome).to_owned(), text(&table, "candidate_id", row));
            assert_eq!(rows.insert(key, read), None, "{outcome}: two rows have one candidate id");
        }
    }
    rows
}

fn text(table: &Columns, column: &str, row: usize) -> String {
    table.text(column).expect("a text column")[row].clone().unwrap_or_default()
}

/// Returns every value of a row but its label.
fn known(table: &Columns, row: usize) -> String {
    let is_label = |name: &str| name.starts_with("label");
    let value = |column: &Column| match column {
        Column::Number(values) => format!("{:?}", values[row]),
        Column::Text(values) => format!("{:?}", values[row]),
        Column::Time(values) => format!("{:?}", values[row]),
        Column::Flag(values) => format!("{:?}", values[row]),
        other => panic!("a label table has no column of the type {}", other.column_type().name()),
    };
    let columns = table.iter().filter(|(name, _)| !is_label(name));
    columns.map(|(name, column)| [name, "=", &value(column), " "].concat()).collect()
}

/// Compares the rows of all runs with those of an archive that ends earlier. `is_last_whole` is false if later runs add
/// records of the last time of the earlier archive.
fn an_earlier_archive_has_the_same_rows(
    (configuration, source): (&str, &str),
    runs: &[Delivered],
    (earlier, is_last_whole): (&[Delivered], bool),
    outcomes: &[&str],
) {
    let all = rows(configuration, source, runs, outcomes);
    let earlier = rows(configuration, source, earlier, outcomes);
    let last = earlier.values().map(|row| row.run).max().expect("a row");
    let is_whole = |time: i64| is_last_whole || time < last;
    for outcome in outcomes {
        let of_outcome = earlier.keys().filter(|(name, _)| name == outcome).count();
        assert!(of_outcome > 0, "the earlier archive has no row of the outcome {outcome}");
    }
    let (mut labels, mut later_labels) = (0, 0);
    for (id, row) in earlier.iter().filter(|(_, row)| is_whole(row.run)) {
        let later = &all[id];
        assert_eq!(later.known, row.known, "{id:?}");
        if let Some((_, recorded_at)) = row.label {
            assert!(later.label == row.label || !is_whole(recorded_at), "{id:?}: {row:?} became {later:?}");
            labels += 1;
        } else if later.label.is_some() {
            later_labels += 1;
        }
    }
    assert!(labels > 0 && later_labels > 0, "{labels} labels, {later_labels} of them came later");
}

#[test]
fn releases_of_a_catalogue_have_the_same_rows_in_an_archive_that_ends_earlier() {
    let Some(folder) = real_data("attack-releases", "label tables of releases do not read the future") else {
        return;
    };
    let releases = read_csv(&folder.join("releases.csv"));
    let run = |release: &BTreeMap<String, String>| {
        (release["tag_date"].clone(), vec![folder.join(&release["file"])])
    };
    let runs: Vec<Delivered> = releases.iter().take(7).map(run).collect();
    let outcomes = ["growth", "growth-2", "completion"];
    an_earlier_archive_has_the_same_rows((RELEASES, "attack"), &runs, (&runs[..5], true), &outcomes);
}

#[test]
fn nights_of_indicators_have_the_same_rows_in_an_archive_that_ends_earlier() {
    let Some(folder) = real_data("maltrail-nights", "label tables of nights do not read the future") else {
        return;
    };
    // The first day is the base of the feed, a million values, which the rules do not need.
    let names = names_in(&folder);
    let nights = names.iter().filter_map(|name| name.strip_prefix("indicators-")?.strip_suffix(".csv.zst"));
    let nights: Vec<&str> = nights.skip(1).take(60).collect();
    // One run reads all files, because the rows date themselves.
    let run = |nights: &[&str]| {
        let files = nights.iter().flat_map(|night| {
            ["indicators", "reports"].map(|kind| folder.join(format!("{kind}-{night}.csv.zst")))
        });
        let last = (*nights.last().expect("a night")).to_owned();
        [(last, files.collect::<Vec<_>>())]
    };
    let outcomes = ["surge", "attribution"];
    let earlier = run(&nights[..45]);
    an_earlier_archive_has_the_same_rows((NIGHTS, "nights"), &run(&nights), (&earlier, false), &outcomes);
}
