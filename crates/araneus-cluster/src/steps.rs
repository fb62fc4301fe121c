//! The steps in order, each on the cluster or on this machine, and their results.

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
};

use arrow::record_batch::RecordBatch;

use crate::{
    console,
    error::{ClusterError, disk},
    input::Input,
    local,
    round::{Supervisor, clock},
    rounds,
    table::{
        COMPONENTS, DEGREES, LINKS, NEIGHBOURS, NODES, Parts, RANKS, TableSchema, publish, read, write_parts,
    },
};

/// Place of the steps.
pub(crate) enum Engine {
    /// This machine.
    Local,
    /// Rounds on a cluster; a step whose rounds fail is repeated on this machine.
    Rounds(Supervisor),
}

/// Settings of the steps.
pub(crate) struct Settings {
    /// Folder of the intermediate tables.
    pub(crate) work: PathBuf,
    /// Folder of the results. It appears when all results are complete, and replaces earlier results.
    pub(crate) out: PathBuf,
    /// Passes of `PageRank`.
    pub(crate) passes: u32,
    /// Is true if rank flows from source to target only.
    pub(crate) is_directed: bool,
    /// Is true if an intermediate table may stay after the run.
    pub(crate) keeps_work: bool,
    /// Is true if a step whose rounds fail is an error instead of taking the local path.
    pub(crate) is_strict: bool,
}

/// Result of one step.
#[derive(Debug, Clone)]
pub(crate) struct StepResult {
    /// Name of the table.
    pub(crate) name: &'static str,
    /// Number of rows.
    pub(crate) rows: u64,
    /// BLAKE3 digest of the canonical file, in hexadecimal digits. Empty for a table that is not published.
    pub(crate) digest: String,
    /// Is true if the step ran on the cluster.
    pub(crate) is_on_cluster: bool,
    /// Seconds of the step, without publishing.
    pub(crate) seconds: f64,
}

/// A sequence of steps whose results are published together.
pub(crate) struct Run<'a> {
    engine: &'a Engine,
    settings: &'a Settings,
    /// Folder of the results until all are complete.
    unfinished: PathBuf,
    results: Vec<StepResult>,
}

impl<'a> Run<'a> {
    /// Makes the folders.
    ///
    /// # Errors
    /// [`ClusterError::Usage`] if the folder of the results has something else.
    pub(crate) fn begin(engine: &'a Engine, settings: &'a Settings) -> Result<Self, ClusterError> {
        if settings.out.exists() && !settings.out.join(REPORT).is_file() {
            return Err(ClusterError::Usage(format!(
                "`{}` exists and has no results",
                settings.out.display()
            )));
        }
        let unfinished = settings.work.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(disk("remove", &unfinished))?;
        }
        fs::create_dir_all(&unfinished).map_err(disk("create", &unfinished))?;
        Ok(Self { engine, settings, unfinished, results: Vec::new() })
    }

    /// Moves the published tables to the folder of the results; returns the results of the steps in order.
    pub(crate) fn finish(self) -> Result<Vec<StepResult>, ClusterError> {
        let (work, out) = (&self.settings.work, &self.settings.out);
        report(&self.results, &self.unfinished)?;
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent).map_err(disk("create", parent))?;
        }
        if out.exists() {
            fs::remove_dir_all(out).map_err(disk("remove", out))?;
        }
        fs::rename(&self.unfinished, out).map_err(disk("rename", &self.unfinished))?;
        if !self.settings.keeps_work {
            fs::remove_dir_all(work).map_err(disk("remove", work))?;
        }
        Ok(self.results)
    }

    /// Runs a step on the cluster, or on this machine without a cluster or after its rounds failed. All steps after
    /// a failed one run on this machine, because each would wait for its attempts first.
    pub(crate) async fn step<F: Future<Output = Result<Parts, ClusterError>>>(
        &mut self,
        schema: &'static TableSchema,
        on_cluster: impl FnOnce(&'a Supervisor) -> F,
        on_this_machine: impl FnOnce() -> Result<RecordBatch, ClusterError>,
    ) -> Result<Parts, ClusterError> {
        let began = clock();
        let on_cluster = match self.engine {
            Engine::Local => None,
            Engine::Rounds(supervisor) => match on_cluster(supervisor).await {
                Ok(parts) => Some(parts),
                Err(error @ ClusterError::Round { .. }) if !self.settings.is_strict => {
                    let step = schema.name;
                    console::note(&format!(
                        "warning: {error}. The step {step} and all later steps run on this machine."
                    ));
                    self.engine = &Engine::Local;
                    None
                }
                Err(error) => return Err(error),
            },
        };
        let is_on_cluster = on_cluster.is_some();
        let parts = match on_cluster {
            Some(parts) => parts,
            None => write_parts(&self.settings.work.join(schema.name), &on_this_machine()?)?,
        };
        let seconds = began.elapsed().as_secs_f64();
        let result =
            StepResult { name: schema.name, rows: parts.rows, digest: String::new(), is_on_cluster, seconds };
        self.results.push(result);
        Ok(parts)
    }

    /// Publishes the table of the newest step with its first `columns` columns.
    pub(crate) async fn publish(
        &mut self,
        schema: &'static TableSchema,
        columns: usize,
        parts: &Parts,
    ) -> Result<(), ClusterError> {
        let name = if schema.name == RANKS.name { "pagerank" } else { schema.name };
        let path = self.unfinished.join(format!("{name}.parquet"));
        let digest = publish(parts, schema, columns, &path).await?;
        if let Some(result) = self.results.last_mut() {
            result.name = name;
            result.digest = digest;
        }
        Ok(())
    }
}

/// Reads a table with its rows in order, for the kernels of one machine.
pub(crate) fn sorted(parts: &Parts, schema: &TableSchema) -> Result<RecordBatch, ClusterError> {
    crate::table::sorted(&read(parts, schema)?, &parts.folder)
}

/// Runs all steps; returns their results in order.
///
/// # Errors
/// As [`Supervisor::run`], except [`ClusterError::Round`] unless the settings are strict; errors of the input; errors of the disk.
pub(crate) async fn run(
    input: &Input,
    engine: &Engine,
    settings: &Settings,
) -> Result<Vec<StepResult>, ClusterError> {
    let mut run = Run::begin(engine, settings)?;
    let nodes = if input.is_text {
        let bounds = match engine {
            Engine::Local => Vec::new(),
            Engine::Rounds(supervisor) => local::bounds(input, supervisor.partitions)?,
        };
        let parts = run
            .step(
                &NODES,
                |supervisor| rounds::nodes(supervisor, input, &bounds),
                || Ok(local::nodes(&local::claims(input)?)),
            )
            .await?;
        run.publish(&NODES, 2, &parts).await?;
        Some(parts)
    } else {
        None
    };
    let links = run
        .step(
            &LINKS,
            |supervisor| rounds::links(supervisor, input, nodes.as_ref()),
            || {
                let nodes = nodes.as_ref().map(|nodes| read(nodes, &NODES)).transpose()?;
                Ok(local::links(&local::claims(input)?, nodes.as_ref()))
            },
        )
        .await?;
    run.publish(&LINKS, 4, &links).await?;
    let neighbours = run
        .step(
            &NEIGHBOURS,
            |supervisor| rounds::neighbours(supervisor, &links),
            || Ok(local::neighbours(&read(&links, &LINKS)?)),
        )
        .await?;
    let degrees = run
        .step(
            &DEGREES,
            |supervisor| rounds::degrees(supervisor, &neighbours),
            || Ok(local::degrees(&sorted(&neighbours, &NEIGHBOURS)?)),
        )
        .await?;
    run.publish(&DEGREES, DEGREES.columns.len(), &degrees).await?;
    let components = run
        .step(
            &COMPONENTS,
            |supervisor| rounds::components(supervisor, &neighbours, &degrees),
            || Ok(local::components(&read(&neighbours, &NEIGHBOURS)?, &sorted(&degrees, &DEGREES)?)),
        )
        .await?;
    run.publish(&COMPONENTS, 2, &components).await?;
    let (is_directed, passes) = (settings.is_directed, settings.passes);
    let ranks = run
        .step(
            &RANKS,
            |supervisor| rounds::pagerank(supervisor, (&links, &neighbours, &degrees), is_directed, passes),
            || {
                let tables =
                    (read(&links, &LINKS)?, read(&neighbours, &NEIGHBOURS)?, sorted(&degrees, &DEGREES)?);
                Ok(local::pagerank((&tables.0, &tables.1, &tables.2), is_directed, passes))
            },
        )
        .await?;
    // The third column is the length of the row, which `degrees` has.
    run.publish(&RANKS, 2, &ranks).await?;
    run.finish()
}

/// Name of the file with the digests of the results.
const REPORT: &str = "steps.json";

/// Writes `steps.json`: the rows and the digest of each published table. Equal results give equal bytes, so that the
/// file has neither times nor the place of a step.
fn report(results: &[StepResult], out: &Path) -> Result<(), ClusterError> {
    let published = results.iter().filter(|result| !result.digest.is_empty());
    let lines: Vec<String> = published
        .map(|result| {
            format!(
                "  {{\"table\": \"{}\", \"rows\": {}, \"blake3\": \"{}\"}}",
                result.name, result.rows, result.digest
            )
        })
        .collect();
    let path = out.join(REPORT);
    fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n"))).map_err(disk("write", &path))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use araneus_graph::{
        graph::Graph,
        metrics::{RANK_UNITS, pagerank_after},
        progress::Progress,
    };
    use arrow::array::{ArrayRef, Float64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::{cancel::Cancel, round::Place, table::numbers};

    pub(crate) fn in_process(work: &Path, partitions: usize) -> Engine {
        Engine::Rounds(Supervisor {
            place: Place::InProcess,
            deadline: Duration::from_secs(120),
            pause: Duration::ZERO,
            partitions,
            restart: None,
            work: work.to_owned(),
            is_quiet: true,
            cancel: Cancel::never(),
        })
    }

    pub(crate) fn settings(place: &Path, name: &str, is_directed: bool) -> Settings {
        Settings {
            work: place.join(format!("work-{name}")),
            out: place.join(format!("out-{name}")),
            passes: 3,
            is_directed,
            keeps_work: true,
            is_strict: true,
        }
    }

    fn digests(
        input: &Input,
        place: &Path,
        name: &str,
        engine: &Engine,
        is_directed: bool,
    ) -> Vec<(String, String)> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let results =
            runtime.block_on(run(input, engine, &settings(place, name, is_directed))).expect("it runs");
        results.into_iter().map(|result| (result.name.to_owned(), result.digest)).collect()
    }

    fn number_input(place: &Path, links: &[(i64, i64)]) -> Input {
        let schema = TableSchema { name: "input", columns: &[("source", false), ("target", false)] };
        let (from, to) = links.iter().copied().unzip();
        write_parts(&place.join("input"), &schema.batch(vec![from, to])).expect("written");
        Input::of(&place.join("input")).expect("an input")
    }

    fn text_input(place: &Path, links: &[(String, String, f64)]) -> Input {
        let texts = |end: fn(&(String, String, f64)) -> &String| -> ArrayRef {
            std::sync::Arc::new(StringArray::from_iter_values(links.iter().map(end)))
        };
        let weights: ArrayRef =
            std::sync::Arc::new(links.iter().map(|link| Some(link.2)).collect::<Float64Array>());
        let columns = [("from", texts(|link| &link.0)), ("to", texts(|link| &link.1)), ("weight", weights)];
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
        write_parts(&place.join("input"), &batch.expect("columns of equal length")).expect("written");
        Input::of(&place.join("input")).expect("an input")
    }

    /// Spreads the least node along links until nothing changes.
    fn least_by_spreading(links: &[(i64, i64)]) -> BTreeMap<i64, i64> {
        let mut least: BTreeMap<i64, i64> = links.iter().flat_map(|(a, b)| [(*a, *a), (*b, *b)]).collect();
        let mut is_changed = true;
        while is_changed {
            is_changed = false;
            for (a, b) in links {
                let low = least[a].min(least[b]);
                for end in [a, b] {
                    is_changed |= least.insert(*end, low) != Some(low);
                }
            }
        }
        least
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn rounds_and_one_machine_publish_equal_bytes(
            links in prop::collection::vec((0_i64..40, 0_i64..40), 1..60),
            partitions in 1_usize..5,
            is_directed: bool,
        ) {
            let place = tempfile::tempdir().expect("a folder");
            let input = number_input(place.path(), &links);
            let here = digests(&input, place.path(), "local", &Engine::Local, is_directed);
            let engine = in_process(&place.path().join("work-rounds"), partitions);
            let rounds = digests(&input, place.path(), "rounds", &engine, is_directed);
            prop_assert_eq!(&here, &rounds);
            let files = ["local", "rounds"].map(|name| {
                fs::read(place.path().join(format!("out-{name}/components.parquet"))).expect("published")
            });
            prop_assert_eq!(&files[0], &files[1]);
            let parts = Parts { folder: place.path().join("work-local/components"), rows: 0 };
            let components = read(&parts, &COMPONENTS).expect("written");
            let found: BTreeMap<i64, i64> = numbers(&components, "node").iter().copied()
                .zip(numbers(&components, "component").iter().copied()).collect();
            prop_assert_eq!(found, least_by_spreading(&links));
        }

        #[test]
        fn texts_are_numbered_in_order_for_any_partitions(
            links in prop::collection::vec(("[a-c'é]{1,3}", "[a-c'é]{1,3}", 0.0..9.0_f64), 1..40),
            partitions in 1_usize..5,
        ) {
            let place = tempfile::tempdir().expect("a folder");
            let input = text_input(place.path(), &links);
            let here = digests(&input, place.path(), "local", &Engine::Local, false);
            let engine = in_process(&place.path().join("work-rounds"), partitions);
            prop_assert_eq!(here, digests(&input, place.path(), "rounds", &engine, false));
            let parts = Parts { folder: place.path().join("work-local/nodes"), rows: 0 };
            let nodes = read(&parts, &NODES).expect("written");
            let mut ids: Vec<&str> = links.iter().flat_map(|link| [&*link.0, &*link.1]).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(crate::table::texts(&nodes, "id").iter().flatten().collect::<Vec<_>>(), ids);
        }

        #[test]
        fn ranks_are_those_of_the_graph_crate(
            links in prop::collection::vec((0_i64..20, 0_i64..20), 1..60),
            is_directed: bool,
        ) {
            let place = tempfile::tempdir().expect("a folder");
            let input = number_input(place.path(), &links);
            digests(&input, place.path(), "local", &Engine::Local, is_directed);
            let parts = Parts { folder: place.path().join("work-local/ranks"), rows: 0 };
            let ranks = read(&parts, &RANKS).expect("written");
            let nodes = numbers(&ranks, "node");
            let place_of = |end: i64| nodes.binary_search(&end).expect("a node") as u32;
            let pairs: Vec<(u32, u32)> = links.iter().map(|(a, b)| (place_of(*a), place_of(*b))).collect();
            let (graph, _) = Graph::build(nodes.len() as u32, is_directed, &pairs, None);
            let expected = pagerank_after(&graph, 3, 0.85, &Progress::silent()).expect("not cancelled");
            for (rank, expected) in numbers(&ranks, "rank").iter().zip(expected) {
                let rank = *rank as f64 / RANK_UNITS as f64;
                prop_assert!((rank - expected).abs() < 1e-12, "{rank} is not {expected}");
            }
        }
    }

    #[test]
    fn one_row_and_no_row_have_results() {
        for links in [&[(7, 7)][..], &[(3, 9)], &[]] {
            let place = tempfile::tempdir().expect("a folder");
            let input = number_input(place.path(), links);
            let here = digests(&input, place.path(), "local", &Engine::Local, true);
            let engine = in_process(&place.path().join("work-rounds"), 3);
            assert_eq!(here, digests(&input, place.path(), "rounds", &engine, true));
        }
    }

    #[test]
    fn a_null_end_is_refused() {
        let place = tempfile::tempdir().expect("a folder");
        let ends: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(vec![Some(1), None]));
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("source", ends.clone(), true),
            ("target", ends, true),
        ]);
        write_parts(&place.path().join("input"), &batch.expect("columns")).expect("written");
        let input = Input::of(&place.path().join("input")).expect("an input");
        for engine in [Engine::Local, in_process(&place.path().join("work-x"), 2)] {
            let mut settings = settings(place.path(), "x", false);
            settings.is_strict = false;
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let error = runtime.block_on(run(&input, &engine, &settings)).expect_err("refused");
            assert!(error.to_string().contains("must not be null"), "{error}");
        }
    }
}
