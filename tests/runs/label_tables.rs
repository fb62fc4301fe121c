//! Label tables of outcomes: an archive that ends earlier gives the same rows, so nothing from the future enters a row.

use std::{collections::BTreeMap, path::PathBuf};

use araneus::columns::{Column, Columns};

use crate::support::{Deployment, named, names_in, read_csv, real_data};

const RELEASES: &str = "[[source]]\nname = \"attack\"\nmode = \"snapshot\"\n";
const NIGHTS: &str = "[[source]]\nname = \"nights\"\nmapping = \"reported-indicators\"\n";

/// A run: its as-of time, and its files.
type Delivered = (String, Vec<PathBuf>);

/// Records runs, and returns the rows of label tables, by outcome and candidate: what was known, and the label.
fn rows(
    configuration: &str,
    source: &str,
    runs: &[Delivered],
    outcomes: &[&str],
) -> BTreeMap<(String, String), (String, Option<bool>)> {
    let deployment = Deployment::new(configuration);
    for (as_of, files) in runs {
        let inputs: Vec<String> = files.iter().map(|file| named(source, file)).collect();
        let recorded = deployment.run_with(as_of, &inputs, &["--record-only"]);
        // A value that is no indicator is rejected.
        assert!([0, 3].contains(&recorded.code), "{as_of}: {}", recorded.stderr);
    }
    let flags = outcomes.iter().flat_map(|outcome| ["--outcome", outcome]);
    deployment.ask(&["backtest", "--quiet"].into_iter().chain(flags).collect::<Vec<_>>()).ends_with(0);
    let mut rows = BTreeMap::new();
    for outcome in outcomes {
        let path = deployment.path(&format!("out/backtest-{outcome}.arrow"));
        let table = araneus::tables::read_table(&path).expect("a label table");
        for row in 0..table.rows() {
            let id = text(&table, "candidate_id", row);
            let label = table.flag("label").expect("labels")[row];
            let twice = rows.insert(((*outcome).to_owned(), id), (known(&table, row), label));
            assert_eq!(twice, None, "{outcome}: two rows have one candidate id");
        }
    }
    rows
}

fn text(table: &Columns, column: &str, row: usize) -> String {
    table.text(column).expect("a text column")[row].clone().unwrap_or_default()
}

/// Returns every value of a row but its label, as text.
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
    columns.map(|(name, column)| format!("{name}={} ", value(column))).collect()
}

/// Compares the rows of all runs with those of the first `count` runs alone.
fn an_earlier_archive_has_the_same_rows(
    (configuration, source): (&str, &str),
    runs: &[Delivered],
    count: usize,
    outcomes: &[&str],
) {
    let all = rows(configuration, source, runs, outcomes);
    let earlier = rows(configuration, source, &runs[..count], outcomes);
    for outcome in outcomes {
        let of_outcome = earlier.keys().filter(|(name, _)| name == outcome).count();
        assert!(of_outcome > 0, "the earlier archive has no row of the outcome {outcome}");
    }
    let (mut labels, mut missing) = (0, 0);
    for (id, (known, label)) in &earlier {
        let (known_later, label_later) = &all[id];
        assert_eq!(known_later, known, "{id:?}");
        assert!(label.is_none() || label == label_later, "{id:?}: {label:?} was {label_later:?} later");
        labels += usize::from(label.is_some());
        missing += usize::from(label.is_none() && label_later.is_some());
    }
    assert!(labels > 0, "the earlier archive has no label");
    assert!(missing > 0 || outcomes.iter().all(|outcome| *outcome == "attribution"), "no label came later");
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
    an_earlier_archive_has_the_same_rows((RELEASES, "attack"), &runs, 5, &outcomes);
}

#[test]
fn nights_of_indicators_have_the_same_rows_in_an_archive_that_ends_earlier() {
    let Some(folder) = real_data("maltrail-nights", "label tables of nights do not read the future") else {
        return;
    };
    // The first day is the base of the feed, a million values, which the rules do not need.
    let names = names_in(&folder);
    let nights = names.iter().filter_map(|name| name.strip_prefix("indicators-")?.strip_suffix(".csv.zst"));
    let run = |night: &str| {
        let file = |kind: &str| folder.join(format!("{kind}-{night}.csv.zst"));
        (night.to_owned(), vec![file("indicators"), file("reports")])
    };
    let runs: Vec<Delivered> = nights.skip(1).take(60).map(run).collect();
    an_earlier_archive_has_the_same_rows((NIGHTS, "nights"), &runs, 45, &["surge", "attribution"]);
}
