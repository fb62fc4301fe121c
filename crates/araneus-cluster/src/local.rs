//! The steps on one machine, with the kernels of `araneus-graph` and plain passes over sorted rows.
//!
//! This is the path of a step whose rounds failed, and the result that the rounds are compared with.

use std::{collections::BTreeMap, sync::Arc};

use araneus_graph::{
    graph::{Graph, connected_components},
    metrics::pagerank_in_units,
    progress::Progress,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray},
    compute::filter_record_batch,
    datatypes::{DataType, Field, Float64Type, Schema, SchemaRef},
};

use crate::{
    error::ClusterError,
    input::Input,
    table::{COMPONENTS, DEGREES, LINKS, NEIGHBOURS, NODES, RANKS, numbers, read_columns, texts},
};

/// Units of a weight of 1: weights have 20 binary places.
const WEIGHT_UNITS: f64 = 1_048_576.0;

/// Columns of the input: both ends and the weight. Only links of the measured graph of a run are read from its table.
pub(crate) struct Claims {
    ends: Ends,
    weights: Vec<i64>,
}

enum Ends {
    Texts(StringArray, StringArray),
    Numbers(Vec<i64>, Vec<i64>),
}

/// Reads the input.
pub(crate) fn claims(input: &Input) -> Result<Claims, ClusterError> {
    let end = if input.is_text { DataType::Utf8 } else { DataType::Int64 };
    let mut columns = vec![input.from, input.to];
    let mut fields = vec![Field::new("source", end.clone(), true), Field::new("target", end, true)];
    if input.has_weight {
        columns.push("weight");
        fields.push(Field::new("weight", DataType::Float64, true));
    }
    if input.is_of_run {
        columns.push("layer");
        fields.push(Field::new("layer", DataType::Utf8, true));
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let batch = read_columns(&input.parts.folder, &schema, &columns)?;
    let batch = if input.is_of_run { measured(&batch) } else { batch };
    let fail = |rule: &str| ClusterError::Input { path: input.parts.folder.clone(), rule: rule.to_owned() };
    if batch.columns().iter().any(|column| column.null_count() > 0) {
        return Err(fail("both ends and the weight must not be null"));
    }
    let weights = match batch.column_by_name("weight") {
        // A weight of at most 2^42 has a whole number below 2^63.
        #[allow(clippy::cast_possible_truncation)]
        Some(column) => {
            let weights = column.as_any().downcast_ref::<Float64Array>();
            let weights = weights.map(|weights| weights.values().to_vec()).unwrap_or_default();
            if weights.iter().any(|weight| !(0.0..=4_398_046_511_104.0).contains(weight)) {
                return Err(fail("a weight must be in 0..=2^42"));
            }
            weights.iter().map(|weight| (weight * WEIGHT_UNITS).round() as i64).collect()
        }
        None => vec![1 << 20; batch.num_rows()],
    };
    let ends = if input.is_text {
        Ends::Texts(texts(&batch, "source").clone(), texts(&batch, "target").clone())
    } else {
        Ends::Numbers(numbers(&batch, "source").to_vec(), numbers(&batch, "target").to_vec())
    };
    Ok(Claims { ends, weights })
}

/// Keeps the links of the measured graph of a run.
fn measured(batch: &RecordBatch) -> RecordBatch {
    let (layers, weights) = (texts(batch, "layer"), batch.column(2).as_primitive::<Float64Type>());
    let is_measured = (0..layers.len()).map(|row| {
        Some(layers.is_valid(row) && layers.value(row) != "provenance" && weights.value(row) > 0.0)
    });
    filter_record_batch(batch, &is_measured.collect()).expect("columns of equal length")
}

/// Numbers distinct text ids from 0, in the byte order of the ids.
pub(crate) fn nodes(claims: &Claims) -> RecordBatch {
    let mut ids: Vec<&str> = match &claims.ends {
        Ends::Texts(from, to) => from.iter().chain(to.iter()).flatten().collect(),
        Ends::Numbers(..) => Vec::new(),
    };
    ids.sort_unstable();
    ids.dedup();
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(StringArray::from(ids)), Arc::new(Int64Array::from_iter_values(0..count))];
    RecordBatch::try_new(NODES.arrow(), columns).expect("columns of equal length")
}

/// Aggregates equal links. `nodes` is `None` if the ends are numbers.
pub(crate) fn links(claims: &Claims, nodes: Option<&RecordBatch>) -> RecordBatch {
    let pairs: Vec<(i64, i64)> = match &claims.ends {
        Ends::Numbers(from, to) => from.iter().copied().zip(to.iter().copied()).collect(),
        Ends::Texts(from, to) => {
            let mut number_of = BTreeMap::new();
            if let Some(nodes) = nodes {
                number_of
                    .extend(texts(nodes, "id").iter().flatten().zip(numbers(nodes, "node").iter().copied()));
            }
            from.iter()
                .zip(to.iter())
                .filter_map(|(from, to)| Some((*number_of.get(from?)?, *number_of.get(to?)?)))
                .collect()
        }
    };
    let mut rows: Vec<((i64, i64), i64)> = pairs.into_iter().zip(claims.weights.iter().copied()).collect();
    rows.sort_unstable();
    let mut columns = vec![Vec::new(); LINKS.columns.len()];
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        let ((source, target), _) = group[0];
        let claims = i64::try_from(group.len()).unwrap_or(i64::MAX);
        let weight = group.iter().map(|(_, weight)| weight).sum();
        for (column, value) in columns.iter_mut().zip([source, target, claims, weight]) {
            column.push(value);
        }
    }
    LINKS.batch(columns)
}

/// Turns each link into both directions.
pub(crate) fn neighbours(links: &RecordBatch) -> RecordBatch {
    let (sources, targets, weights) =
        (numbers(links, "source"), numbers(links, "target"), numbers(links, "weight"));
    let mut rows: Vec<(i64, i64, i64, i64, i64)> = Vec::with_capacity(2 * sources.len());
    for ((source, target), weight) in sources.iter().zip(targets).zip(weights) {
        rows.push((*source, *target, 1, 0, *weight));
        rows.push((*target, *source, 0, 1, *weight));
    }
    rows.sort_unstable();
    let mut columns = vec![Vec::new(); NEIGHBOURS.columns.len()];
    for group in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let sums = group.iter().fold((0, 0, 0), |sums, row| (sums.0 + row.2, sums.1 + row.3, sums.2 + row.4));
        let values = [group[0].0, group[0].1, sums.0, sums.1, sums.2];
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    NEIGHBOURS.batch(columns)
}

/// Counts the links of each node. `neighbours` is sorted.
pub(crate) fn degrees(neighbours: &RecordBatch) -> RecordBatch {
    let column = |name| numbers(neighbours, name);
    let (nodes, others) = (column("node"), column("other"));
    let (outgoing, incoming, weights) = (column("outgoing"), column("incoming"), column("weight"));
    let mut columns = vec![Vec::new(); DEGREES.columns.len()];
    let mut first = 0;
    for row in nodes.chunk_by(|a, b| a == b) {
        let rows = first..first + row.len();
        first = rows.end;
        let count = i64::try_from(row.len()).unwrap_or(i64::MAX);
        // An undirected self-link touches the node twice, as in the metric `degree`.
        let selves = others[rows.clone()].iter().filter(|other| **other == row[0]).count();
        let values = [
            row[0],
            count + i64::from(selves > 0),
            count,
            outgoing[rows.clone()].iter().sum(),
            incoming[rows.clone()].iter().sum(),
            weights[rows].iter().sum(),
        ];
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    DEGREES.batch(columns)
}

/// Positions of nodes in the ascending list of all nodes, which are the vertices of the graph.
fn positions(nodes: &[i64], ends: &[i64]) -> Vec<u32> {
    let position = |end: &i64| nodes.binary_search(end).expect("each end has a row in degrees");
    ends.iter()
        .map(|end| u32::try_from(position(end)).expect("one machine holds fewer than 2^32 nodes"))
        .collect()
}

/// Finds the least node of each component. `degrees` is sorted.
pub(crate) fn components(neighbours: &RecordBatch, degrees: &RecordBatch) -> RecordBatch {
    let nodes = numbers(degrees, "node");
    let from = positions(nodes, numbers(neighbours, "node"));
    let to = positions(nodes, numbers(neighbours, "other"));
    let vertices = u32::try_from(nodes.len()).expect("one machine holds fewer than 2^32 nodes");
    let (graph, _) = Graph::build_columns(vertices, false, (&from, &to), None);
    let found = connected_components(&graph);
    // Components are numbered by their least vertices, so the first vertex with a number is the least one.
    let mut least: Vec<i64> = Vec::with_capacity(found.count as usize);
    let mut labels = Vec::with_capacity(nodes.len());
    for (node, component) in nodes.iter().zip(&found.component_of) {
        if *component as usize == least.len() {
            least.push(*node);
        }
        labels.push(least[*component as usize]);
    }
    COMPONENTS.batch(vec![nodes.to_vec(), labels])
}

/// Ranks each node in `passes` passes. `links` and `degrees` are sorted.
pub(crate) fn pagerank(
    (links, neighbours, degrees): (&RecordBatch, &RecordBatch, &RecordBatch),
    is_directed: bool,
    passes: u32,
) -> RecordBatch {
    let nodes = numbers(degrees, "node");
    let (from, to) = if is_directed {
        (positions(nodes, numbers(links, "source")), positions(nodes, numbers(links, "target")))
    } else {
        (positions(nodes, numbers(neighbours, "node")), positions(nodes, numbers(neighbours, "other")))
    };
    let vertices = u32::try_from(nodes.len()).expect("one machine holds fewer than 2^32 nodes");
    let (graph, _) = Graph::build_columns(vertices, is_directed, (&from, &to), None);
    let ranks = pagerank_in_units(&graph, passes, &Progress::silent()).expect("nothing cancels it");
    let rows = numbers(degrees, if is_directed { "out_degree" } else { "neighbours" });
    RANKS.batch(vec![nodes.to_vec(), ranks, rows.to_vec()])
}

/// Returns the bounds of `buckets` ranges of ids, from a sample: the first rows of each file. The bounds decide the load
/// only.
pub(crate) fn bounds(input: &Input, buckets: usize) -> Result<Vec<String>, ClusterError> {
    const SAMPLE: usize = 20_000;
    let files = crate::table::parquet_files(&input.parts.folder)?;
    let mut ids = Vec::new();
    for file in &files {
        ids.extend(crate::table::first_texts(file, input.from, SAMPLE / files.len() + 1)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let place = |bucket: usize| ids.get(bucket * ids.len() / buckets).cloned();
    let mut bounds: Vec<String> = (1..buckets).filter_map(place).collect();
    bounds.dedup();
    Ok(bounds)
}
