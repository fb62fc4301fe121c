//! The Python sources name every metric and every published table, with the words of the tables of the program.

use std::{fs, path::Path};

use araneus::{
    metrics::METRICS,
    tables::{Folder, TABLES},
};

/// Returns a Python source with each run of white space as one blank.
fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/araneus").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_metric_has_a_function_with_its_meaning() {
    let (plain, with_parameters, exported) =
        (source("metrics.py"), source("kernels.py"), source("__init__.py"));
    for metric in METRICS {
        // The error of samples is a column beside the samples.
        if metric.name == "betweenness_error" {
            assert!(with_parameters.contains("``betweenness_error``"));
            continue;
        }
        let definition = format!("def {}(", metric.name);
        assert!(exported.contains(&format!(" \"{}\",", metric.name)), "{} is not exported", metric.name);
        if with_parameters.contains(&definition) {
            continue;
        }
        assert!(plain.contains(&definition), "there is no function {}", metric.name);
        let reads_weights = metric.name == "strength" || metric.name.ends_with("_weighted");
        let columns = if reads_weights { "WeightedColumns" } else { "Columns" };
        let whole = format!(
            "{definition}links: \"Links\", **columns: Unpack[{columns}]) -> pa.Table: \"\"\"{}",
            metric.about
        );
        assert!(
            plain.contains(&whole),
            "the function {} lacks the meaning or the columns of its metric",
            metric.name
        );
    }
}

#[test]
fn every_table_of_an_audience_has_a_property_with_its_meaning() {
    let runs = source("runs.py");
    for table in TABLES.iter().filter(|table| table.folder == Folder::Audience) {
        let whole = format!("def {}(self) -> pa.Table: \"\"\"{}", table.name, table.about);
        assert!(runs.contains(&whole), "Run.{} is missing, or lacks the meaning of its table", table.name);
    }
}
