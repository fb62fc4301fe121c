//! Every table of a run has a filler whose columns are those of the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::*;
use crate::{
    analysis::{AnalysisConfig, AnalysisRequest, Depth, analyse},
    archive::{Access, Archive},
    columns::Columns,
    progress::Progress,
    tables::{self, Extra, TABLES, backtest, fill},
    temporal::PriorRuns,
    time::Moment,
    view::{AccessPolicy, AsOf, Audience, View},
};

fn empty_analysis() -> Analysis {
    let (terms, audience) = (BTreeMap::new(), Audience::all());
    let policy = AccessPolicy { terms: &terms, audience: &audience };
    let as_of = AsOf::of(Moment::from_micros(0));
    let Ok(view) = View::open(&[], policy, None, as_of, |_| Ok::<_, Infallible>(Vec::new()));
    let (config, prior_runs) = (AnalysisConfig::default(), PriorRuns::default());
    let request = AnalysisRequest { config: &config, prior_runs: &prior_runs, depth: Depth::Whole };
    analyse(view, request, &Progress::silent()).expect("nobody cancels")
}

/// Each filler checks its names and types against the schema when it is called, even without rows.
#[test]
fn every_table_has_a_filler_with_the_columns_of_its_schema() {
    let extra = vec![Extra { name: "score".to_owned(), about: "A score.".to_owned(), ..Extra::default() }];
    let analysis = empty_analysis();
    let (folder, model) = (tempfile::tempdir().expect("a folder"), Model::Rules);
    let archive = Archive::open(&folder.path().join("state"), Access::Write).expect("a new archive");
    let contents = archive.read().expect("an empty archive");
    let terms = BTreeMap::new();
    let filled = [
        deliveries(&[], Moment::from_micros(0)),
        rejects(&[]),
        sources(&contents, &terms, Moment::from_micros(0)),
        identity(&analysis),
        contested(&analysis),
        comparisons(&analysis),
        record_evidence(&analysis, &contents),
        remarks(&analysis, &contents),
        disturbances(&[]),
        entities(&analysis),
        identifiers(&analysis),
        pairs(&analysis),
        links(&analysis),
        tables::flows(&analysis, &[]),
        tables::properties(&analysis),
        evidence(&analysis, &[]),
        relays(&analysis),
        metrics(&analysis),
        communities(&analysis),
        significance(&analysis),
        members(&analysis),
        changes(&[]),
        candidates(&analysis, &[], &[], &[]),
        gate(&[], &[]),
        features(&[], &vec![Vec::new(); FEATURES.len()]),
        flags(&[], &model),
        tables::cards(Vec::new()),
        backtest::backtest(&[], &["score"], extra),
        tables::scores::scores(&[]),
    ];
    let name = |table: &tables::Table| format!("{:?}/{}", table.folder, table.name);
    let covered: BTreeSet<String> = filled.iter().map(|filled| name(filled.table)).collect();
    let every: BTreeSet<String> =
        TABLES.iter().filter(|table| table.folder != Folder::Measure).map(name).collect();
    assert_eq!(covered, every);
    for table in filled {
        let grows = table.table.grows.is_some();
        assert_eq!(!table.extra.is_empty(), grows, "{}", table.table.name);
        for part in table.parts {
            fill::check(table.table, &table.extra, &part);
        }
    }
}

#[test]
fn tables_of_metrics_and_features_have_a_column_for_each() {
    let table = table(Folder::Audience, "metrics");
    let extra = fill::metric_columns(crate::metrics::METRICS);
    let columns: Columns = arrange(
        table,
        &extra,
        std::iter::once(("entity_id", text(&[0], |_| "a".to_owned()))).chain(
            crate::metrics::METRICS.iter().rev().map(|metric| (metric.name, number(&[0.5], |x| Some(*x)))),
        ),
    );
    let names: Vec<&str> = columns.iter().map(|(name, _)| name).skip(1).collect();
    assert_eq!(names, crate::metrics::METRICS.iter().map(|metric| metric.name).collect::<Vec<_>>());
    assert_eq!(fill::feature_columns().len(), FEATURES.len());
}
