//! The steps as rounds of queries.
//!
//! All values are whole numbers, so that no sum depends on the order of its terms. `local.rs` has the same steps for
//! one machine, written independently.

use araneus_graph::metrics::{RANK_UNITS, jumps_in_units};

use crate::{
    error::ClusterError,
    input::Input,
    round::{Round, Supervisor},
    table::{
        BUCKETS, CLAIMS, DEAD_ENDS, DEGREES, EDGES, IDS, LINKS, NEIGHBOURS, NODES, PARENTS, Parts, RANKS,
        TableSchema, numbers, read,
    },
};

/// Probability that a walker follows a link instead of jumping, in percent.
const DAMPING_PERCENT: i64 = 85;
/// Most rounds of contraction. Each one leaves at most three quarters of the nodes on average.
const CONTRACTIONS: u32 = 96;

pub(crate) type Inputs<'a> = &'a [(&'a str, &'a TableSchema, &'a Parts)];

pub(crate) async fn run(
    supervisor: &Supervisor,
    name: &str,
    inputs: Inputs<'_>,
    query: String,
    rows: Option<u64>,
) -> Result<Parts, ClusterError> {
    let inputs: Vec<_> = inputs.iter().map(|(name, schema, parts)| (*name, Some(*schema), *parts)).collect();
    supervisor.run(&Round { name: name.to_owned(), inputs: &inputs, query, rows }).await
}

/// Condition that leaves out rows that are not in the measured graph of a run, and rows without an end or a weight. Rows without
/// an end or a weight are an error of the input, because the count of the result then differs from that of the input.
fn condition(input: &Input) -> String {
    let (from, to) = (input.from, input.to);
    let weight = if input.has_weight { "AND input.weight IS NOT NULL" } else { "" };
    let layer = if input.is_of_run { "AND input.layer <> 'provenance' AND input.weight > 0" } else { "" };
    format!("WHERE input.\"{from}\" IS NOT NULL AND input.\"{to}\" IS NOT NULL {weight} {layer}")
}

/// Weight of a row as a whole number with 20 binary places.
fn weight(input: &Input) -> &'static str {
    if input.has_weight {
        "CAST(round(CAST(input.weight AS DOUBLE) * 1048576.0) AS BIGINT)"
    } else {
        "CAST(1048576 AS BIGINT)"
    }
}

/// Numbers distinct text ids from 0, in the byte order of the ids.
///
/// The ids are dealt into buckets by ranges, each bucket is numbered by itself, and the number of ids in earlier
/// buckets is added. The bounds therefore decide the load only, never a number.
pub(crate) async fn nodes(
    supervisor: &Supervisor,
    input: &Input,
    bounds: &[String],
) -> Result<Parts, ClusterError> {
    let (from, to, condition) = (input.from, input.to, condition(input));
    let query = format!(include_str!("queries/ids.sql"), from = from, to = to, condition = condition);
    let inputs = [("input", None, &input.parts)];
    let ids = Round { name: "nodes-ids".to_owned(), inputs: &inputs, query, rows: None };
    let ids = supervisor.run(&ids).await?;
    let bucket = bucket_of(bounds);
    let query = format!(
        "SELECT bucket, count(*) AS ids FROM (SELECT {bucket} AS bucket FROM ids) AS b GROUP BY bucket"
    );
    let counts = run(supervisor, "nodes-buckets", &[("ids", &IDS, &ids)], query, None).await?;
    let counts = read(&counts, &BUCKETS)?;
    let mut counts: Vec<(i64, i64)> =
        numbers(&counts, "bucket").iter().copied().zip(numbers(&counts, "ids").iter().copied()).collect();
    counts.sort_unstable();
    let mut before = 0;
    let mut offset = String::from("CASE bucket");
    for (bucket, ids) in counts {
        offset.push_str(&format!(" WHEN {bucket} THEN {before}"));
        before += ids;
    }
    offset.push_str(" ELSE 0 END");
    let query = format!(include_str!("queries/nodes.sql"), offset = offset, bucket = bucket);
    run(supervisor, NODES.name, &[("ids", &IDS, &ids)], query, Some(ids.rows)).await
}

/// Returns the expression of the bucket of an id: the number of bounds that are not above it.
fn bucket_of(bounds: &[String]) -> String {
    let mut expression = String::from("CASE");
    for (bucket, bound) in bounds.iter().enumerate() {
        expression.push_str(&format!(" WHEN id < '{}' THEN {bucket}", bound.replace('\'', "''")));
    }
    if bounds.is_empty() {
        return "CAST(0 AS BIGINT)".to_owned();
    }
    format!("CAST({expression} ELSE {} END AS BIGINT)", bounds.len())
}

/// Joins ends with their numbers, and aggregates equal links. `nodes` is `None` if the ends are numbers.
pub(crate) async fn links(
    supervisor: &Supervisor,
    input: &Input,
    nodes: Option<&Parts>,
) -> Result<Parts, ClusterError> {
    let (from, to, weight) = (input.from, input.to, weight(input));
    let condition = condition(input);
    let (query, mut inputs) = match nodes {
        None => (
            format!(
                include_str!("queries/claims_of_numbers.sql"),
                from = from,
                to = to,
                weight = weight,
                condition = condition
            ),
            Vec::new(),
        ),
        Some(nodes) => (
            format!(
                include_str!("queries/claims_of_texts.sql"),
                from = from,
                to = to,
                weight = weight,
                condition = condition
            ),
            vec![("nodes", Some(&NODES), nodes)],
        ),
    };
    inputs.push(("input", None, &input.parts));
    let rows = (!input.is_of_run).then_some(input.parts.rows);
    let claims =
        supervisor.run(&Round { name: "links-claims".to_owned(), inputs: &inputs, query, rows }).await?;
    let query = include_str!("queries/links.sql");
    run(supervisor, LINKS.name, &[("claims", &CLAIMS, &claims)], query.to_owned(), None).await
}

/// Turns each link into both directions.
pub(crate) async fn neighbours(supervisor: &Supervisor, links: &Parts) -> Result<Parts, ClusterError> {
    let query = include_str!("queries/neighbours.sql");
    run(supervisor, NEIGHBOURS.name, &[("links", &LINKS, links)], query.to_owned(), None).await
}

/// Counts the links of each node.
pub(crate) async fn degrees(supervisor: &Supervisor, neighbours: &Parts) -> Result<Parts, ClusterError> {
    let query = include_str!("queries/degrees.sql");
    run(supervisor, DEGREES.name, &[("neighbours", &NEIGHBOURS, neighbours)], query.to_owned(), None).await
}

/// Returns a mask. Nodes are compared after an exclusive or with it, which is another order for each mask; the first order
/// is that of the nodes. The constants are those of `SplitMix64` (Steele, Lea and Flood 2014).
fn mask(number: u32) -> i64 {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // Nodes stay at 0 or above.
    ((state ^ (state >> 31)) >> 1).cast_signed()
}

/// Finds the least node of each component by randomised contraction.
///
/// Bögeholz, Brand and Todor 2020, In-database connected component analysis. Each node takes the first node of its row in
/// the order of the contraction, or itself. Two self-joins follow these choices twice, and the links between different
/// results are the graph of the next contraction. When no link remains, the choices are composed from the last contraction to the first.
pub(crate) async fn components(
    supervisor: &Supervisor,
    neighbours: &Parts,
    degrees: &Parts,
) -> Result<Parts, ClusterError> {
    let query = "SELECT node AS source, other AS target FROM neighbours WHERE node <> other";
    let inputs: Inputs<'_> = &[("neighbours", &NEIGHBOURS, neighbours)];
    let mut edges = run(supervisor, "components-edges-0", inputs, query.to_owned(), None).await?;
    let mut steps: Vec<Parts> = Vec::new();
    for contraction in 0..CONTRACTIONS {
        if edges.rows == 0 {
            break;
        }
        // The first node of a star is known after one contraction. The same order then takes all of its leaves.
        let mask = mask(contraction / 2);
        let query = format!(include_str!("queries/parents.sql"), mask = mask);
        let name = format!("components-parents-{contraction}");
        let parents = run(supervisor, &name, &[("edges", &EDGES, &edges)], query, None).await?;
        let query = include_str!("queries/step.sql");
        let name = format!("components-step-{contraction}");
        let inputs: Inputs<'_> = &[("parents", &PARENTS, &parents)];
        let step = run(supervisor, &name, inputs, query.to_owned(), Some(parents.rows)).await?;
        let query = include_str!("queries/contracted_edges.sql");
        let name = format!("components-edges-{}", contraction + 1);
        let inputs: Inputs<'_> = &[("edges", &EDGES, &edges), ("step", &PARENTS, &step)];
        edges = run(supervisor, &name, inputs, query.to_owned(), None).await?;
        steps.push(step);
    }
    if edges.rows > 0 {
        let cause = format!("{} links remain after {CONTRACTIONS} contractions", edges.rows);
        return Err(ClusterError::Round { round: "components".to_owned(), attempts: 1, cause });
    }
    let Some(mut result) = steps.pop() else {
        let query = "SELECT node, node AS component FROM degrees".to_owned();
        return run(supervisor, "components", &[("degrees", &DEGREES, degrees)], query, Some(degrees.rows))
            .await;
    };
    while let Some(step) = steps.pop() {
        let query = include_str!("queries/composed.sql");
        let name = format!("components-result-{}", steps.len());
        let inputs: Inputs<'_> = &[("step", &PARENTS, &step), ("result", &PARENTS, &result)];
        result = run(supervisor, &name, inputs, query.to_owned(), Some(step.rows)).await?;
    }
    let query = include_str!("queries/components.sql");
    let inputs: Inputs<'_> = &[("degrees", &DEGREES, degrees), ("result", &PARENTS, &result)];
    run(supervisor, "components", inputs, query.to_owned(), Some(degrees.rows)).await
}

/// Ranks each node in `passes` passes. Links lead both ways, or with `is_directed` from source to target.
pub(crate) async fn pagerank(
    supervisor: &Supervisor,
    (links, neighbours, degrees): (&Parts, &Parts, &Parts),
    is_directed: bool,
    passes: u32,
) -> Result<Parts, ClusterError> {
    let nodes = degrees.rows;
    let (edges, row): ((&str, &TableSchema, &Parts), &str) = if is_directed {
        (("edges", &LINKS, links), "out_degree")
    } else {
        (("edges", &NEIGHBOURS, neighbours), "neighbours")
    };
    let (source, target) = if is_directed { ("source", "target") } else { ("node", "other") };
    let start = RANK_UNITS.checked_div(nodes.cast_signed()).unwrap_or_default();
    let query = format!("SELECT node, CAST({start} AS BIGINT) AS rank, {row} AS links FROM degrees");
    let inputs: Inputs<'_> = &[("degrees", &DEGREES, degrees)];
    let ranks = run(supervisor, "pagerank-0", inputs, query, Some(nodes)).await?;
    let walk = Walk { name: "pagerank", edges, ends: (source, target), has_dead_ends: is_directed };
    walk.ranks_after(supervisor, ranks, passes).await
}

/// Links along which rank flows.
pub(crate) struct Walk<'a> {
    /// Name of the rounds.
    pub(crate) name: &'a str,
    /// Table of the links, which the queries call `edges`.
    pub(crate) edges: (&'a str, &'a TableSchema, &'a Parts),
    /// Columns of both ends of a link.
    pub(crate) ends: (&'a str, &'a str),
    /// Is true if a node may have no link along which its rank flows.
    pub(crate) has_dead_ends: bool,
}

impl Walk<'_> {
    /// Passes rank along the links `passes` times, from `ranks`: one row for each node.
    pub(crate) async fn ranks_after(
        &self,
        supervisor: &Supervisor,
        mut ranks: Parts,
        passes: u32,
    ) -> Result<Parts, ClusterError> {
        let nodes = ranks.rows;
        for pass in 1..=passes {
            let name = format!("{}-{pass}", self.name);
            let dead_ends = if self.has_dead_ends { dead_ends(supervisor, &ranks, &name).await? } else { 0 };
            let query = format!(
                include_str!("queries/ranks.sql"),
                base = jumps_in_units(nodes.cast_signed().max(1), dead_ends),
                damping = DAMPING_PERCENT,
                source = self.ends.0,
                target = self.ends.1
            );
            let inputs: Inputs<'_> = &[("ranks", &RANKS, &ranks), self.edges];
            ranks = run(supervisor, &name, inputs, query, Some(nodes)).await?;
        }
        Ok(ranks)
    }
}

async fn dead_ends(supervisor: &Supervisor, ranks: &Parts, pass: &str) -> Result<i64, ClusterError> {
    let query = include_str!("queries/dead_ends.sql");
    let name = format!("{pass}-dead-ends");
    let sum = run(supervisor, &name, &[("ranks", &RANKS, ranks)], query.to_owned(), Some(1)).await?;
    Ok(numbers(&read(&sum, &DEAD_ENDS)?, "rank").iter().sum())
}
