//! The cluster as the engine of a run: its steps with a join form, as rounds.
//!
//! A run of `araneus` asks for each step with a list of whole numbers. The client writes them as a table, runs the rounds, and reads
//! the result. A step whose rounds fail, and all later steps, have no answer: the run then finds the same result itself.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use araneus::join_steps::{BlockMember, DirectedLinks, JoinSteps, LinkEnds, MemberPair, VertexDegrees};
use araneus_graph::metrics::RANK_UNITS;
use rayon::prelude::*;
use tokio::runtime::Handle;

use crate::{
    console,
    error::{ClusterError, disk},
    round::{Supervisor, clock},
    rounds::{Inputs, Walk, run},
    table::{
        BLOCKS, DIRECTIONS, EDGES, FIRST, KEYED, KINDS, MEMBER_PAIRS, Parts, RANKS, TableSchema,
        for_each_row, write_rows,
    },
};

/// Name of the rounds of a call, which is also the beginning of the names of their folders.
type CallName = String;

/// The steps of one run on a cluster.
#[derive(Debug)]
pub(crate) struct ClusterSteps {
    supervisor: Supervisor,
    runtime: Handle,
    is_strict: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Number of calls so far.
    calls: usize,
    /// Is true after rounds failed: each further step would wait for its attempts first.
    is_over: bool,
    /// Error that ends the run.
    error: Option<ClusterError>,
}

impl ClusterSteps {
    pub(crate) fn new(supervisor: Supervisor, runtime: Handle, is_strict: bool) -> Self {
        Self { supervisor, runtime, is_strict, state: Mutex::default() }
    }

    /// Returns the error that ended the run.
    pub(crate) fn take_error(&self) -> Option<ClusterError> {
        self.state().error.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the name of the next call; `None` if the step runs on this machine.
    fn call(&self, step: &str) -> Option<CallName> {
        let mut state = self.state();
        if state.is_over || state.error.is_some() {
            return None;
        }
        state.calls += 1;
        Some(format!("{:04}-{step}", state.calls))
    }

    /// Runs the rounds of a step, and removes their tables; `None` after an error.
    fn answer<T>(
        &self,
        step: &str,
        rows: usize,
        rounds: impl AsyncFnOnce(CallName) -> Result<T, ClusterError>,
    ) -> Option<T> {
        let name = self.call(step)?;
        let began = clock();
        let found = self.runtime.block_on(rounds(name.clone()));
        match found.and_then(|found| self.remove(&name).map(|()| found)) {
            Ok(found) => {
                let seconds = began.elapsed().as_secs_f64();
                self.supervisor.show(&format!("step {step}: {rows} rows on the cluster in {seconds:.1} s"));
                Some(found)
            }
            // A result that contradicts itself is as good as none.
            Err(error @ (ClusterError::Round { .. } | ClusterError::Table { .. })) if !self.is_strict => {
                console::note(&format!(
                    "warning: {error}. The step {step} and all later steps run on this machine."
                ));
                self.state().is_over = true;
                None
            }
            Err(error) => {
                self.state().error = Some(error);
                None
            }
        }
    }

    /// Removes the tables of a call.
    fn remove(&self, name: &str) -> Result<(), ClusterError> {
        let work = &self.supervisor.work;
        for entry in fs::read_dir(work).map_err(disk("list", work))? {
            let path = entry.map_err(disk("list", work))?.path();
            let is_of_call =
                path.file_name().and_then(|file| file.to_str()).is_some_and(|file| file.starts_with(name));
            if is_of_call {
                fs::remove_dir_all(&path).map_err(disk("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Returns the folder of the table that the client writes for a call.
    fn input(&self, name: &str) -> PathBuf {
        self.supervisor.work.join(format!("{name}.input"))
    }

    /// Writes the links of a graph and removes repetitions; returns the distinct links.
    async fn edges(&self, name: &str, links: DirectedLinks<'_>) -> Result<Parts, ClusterError> {
        let row = |link: usize| [i64::from(links.ends[link].0), i64::from(links.ends[link].1)];
        let ends = write_rows(&self.input(name), &EDGES, links.ends.len(), row)?;
        let query = "SELECT DISTINCT source, target FROM ends".to_owned();
        run(&self.supervisor, &format!("{name}-edges"), &[("ends", &EDGES, &ends)], query, None).await
    }

    /// Counts the links of each vertex.
    async fn directions(
        &self,
        name: &str,
        (edges, vertices): (&Parts, usize),
    ) -> Result<VertexDegrees, ClusterError> {
        let query = include_str!("queries/directions.sql").to_owned();
        let inputs: Inputs<'_> = &[("edges", &EDGES, edges)];
        let parts = run(&self.supervisor, &format!("{name}-directions"), inputs, query, None).await?;
        let mut degrees = VertexDegrees { outgoing: vec![0; vertices], incoming: vec![0; vertices] };
        let (mut is_valid, mut links) = (true, [0, 0]);
        for_each_row(&parts, &DIRECTIONS, |[node, outgoing, incoming]| {
            let vertex = position(node, vertices);
            is_valid &= vertex.is_some();
            let Some(vertex) = vertex else { return };
            degrees.outgoing[vertex] = outgoing as u32;
            degrees.incoming[vertex] = incoming as u32;
            links = [links[0] + outgoing, links[1] + incoming];
        })?;
        is_valid &= links.iter().all(|links| *links == edges.rows.cast_signed());
        if is_valid { Ok(degrees) } else { Err(contradiction(&parts)) }
    }
}

/// Returns a position below `count`; `None` for any other number.
fn position(value: i64, count: usize) -> Option<usize> {
    usize::try_from(value).ok().filter(|position| *position < count)
}

/// Returns the error of a result that cannot be that of its input.
fn contradiction(parts: &Parts) -> ClusterError {
    ClusterError::Table { path: parts.folder.clone(), cause: "the result contradicts its input".to_owned() }
}

/// Reads one value for each position below `count`, in any order.
fn aligned(parts: &Parts, schema: &TableSchema, count: usize) -> Result<Vec<i64>, ClusterError> {
    // No value of a step is negative.
    let (mut values, mut is_valid) = (vec![-1; count], parts.rows == count as u64);
    let mut take = |at: i64, value: i64| match position(at, count) {
        Some(at) if values[at] < 0 && value >= 0 => values[at] = value,
        _ => is_valid = false,
    };
    if schema.columns.len() == 2 {
        for_each_row(parts, schema, |[at, value]| take(at, value))?;
    } else {
        for_each_row(parts, schema, |[at, value, _]| take(at, value))?;
    }
    if is_valid { Ok(values) } else { Err(contradiction(parts)) }
}

impl JoinSteps for ClusterSteps {
    fn is_stopped(&self) -> bool {
        self.state().error.is_some()
    }

    fn first_equal(&self, step: &'static str, keys: &[u64]) -> Option<Vec<u32>> {
        self.answer(step, keys.len(), async |name| {
            let row = |position: usize| [position as i64, keys[position].cast_signed()];
            let keyed = write_rows(&self.input(&name), &KEYED, keys.len(), row)?;
            let query = include_str!("queries/first.sql").to_owned();
            let inputs: Inputs<'_> = &[("keyed", &KEYED, &keyed)];
            let parts = run(&self.supervisor, &name, inputs, query, Some(keyed.rows)).await?;
            let first = aligned(&parts, &FIRST, keys.len())?;
            let first: Vec<u32> = first.into_iter().map(|first| first as u32).collect();
            // Each position points to a first position of its key at or before it, which points to itself.
            let is_valid = |(position, found): (usize, &u32)| {
                let found = *found as usize;
                found <= position && first[found] as usize == found && keys[found] == keys[position]
            };
            if first.iter().enumerate().all(is_valid) { Ok(first) } else { Err(contradiction(&parts)) }
        })
    }

    fn pairs(&self, members: &[BlockMember]) -> Option<Vec<MemberPair>> {
        self.answer("pairs", members.len(), async |name| {
            let row = |position: usize| {
                let BlockMember { block, kind, member } = members[position];
                [block.into(), kind.into(), member.into()]
            };
            let blocks = write_rows(&self.input(&name), &BLOCKS, members.len(), row)?;
            let query = include_str!("queries/member_pairs.sql").to_owned();
            let inputs: Inputs<'_> = &[("blocks", &BLOCKS, &blocks)];
            let parts = run(&self.supervisor, &name, inputs, query, None).await?;
            let mut pairs = Vec::new();
            for_each_row(&parts, &MEMBER_PAIRS, |[one, other, kinds, blocks]| {
                let members = (one as u32, other as u32);
                pairs.push(MemberPair { members, kinds: kinds as u8, blocks: blocks as u32 });
            })?;
            pairs.par_sort_unstable();
            Ok(pairs)
        })
    }

    fn links(&self, claims: &[LinkEnds]) -> Option<Vec<LinkEnds>> {
        self.answer("links", claims.len(), async |name| {
            let row = |position: usize| {
                let (from, to, kind) = claims[position];
                [from.into(), to.into(), kind.into()]
            };
            let claims = write_rows(&self.input(&name), &KINDS, claims.len(), row)?;
            let query = "SELECT DISTINCT source, target, kind FROM claims".to_owned();
            let inputs: Inputs<'_> = &[("claims", &KINDS, &claims)];
            let parts = run(&self.supervisor, &name, inputs, query, None).await?;
            let mut links: Vec<LinkEnds> = Vec::with_capacity(parts.rows as usize);
            let take = |[from, to, kind]: [i64; 3]| links.push((from as u32, to as u32, kind as u32));
            for_each_row(&parts, &KINDS, take)?;
            links.par_sort_unstable();
            Ok(links)
        })
    }

    fn degrees(&self, links: DirectedLinks<'_>) -> Option<VertexDegrees> {
        self.answer("degrees", links.ends.len(), async |name| {
            let edges = self.edges(&name, links).await?;
            self.directions(&name, (&edges, links.vertices)).await
        })
    }

    fn ranks(&self, links: DirectedLinks<'_>, passes: u32) -> Option<Vec<i64>> {
        self.answer("pagerank", links.ends.len(), async |name| {
            let edges = self.edges(&name, links).await?;
            let VertexDegrees { outgoing, .. } = self.directions(&name, (&edges, links.vertices)).await?;
            let start = RANK_UNITS.checked_div(links.vertices as i64).unwrap_or_default();
            let row = |vertex: usize| [vertex as i64, start, outgoing[vertex].into()];
            let folder = self.supervisor.work.join(format!("{name}-0"));
            let ranks = write_rows(&folder, &RANKS, links.vertices, row)?;
            let walk = Walk {
                name: &name,
                edges: ("edges", &EDGES, &edges),
                ends: ("source", "target"),
                has_dead_ends: true,
            };
            let ranks = walk.ranks_after(&self.supervisor, ranks, passes).await?;
            aligned(&ranks, &RANKS, links.vertices)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use araneus_graph::{graph::Graph, metrics::pagerank_in_units, progress::Progress};
    use proptest::prelude::*;

    use super::*;
    use crate::steps::{Engine, tests::in_process};

    /// Calls `check` with the steps in this process.
    fn with_steps(partitions: usize, check: impl FnOnce(&ClusterSteps)) {
        let place = tempfile::tempdir().expect("a folder");
        let work = place.path().join("work");
        fs::create_dir_all(&work).expect("created");
        let Engine::Rounds(supervisor) = in_process(&work, partitions) else { unreachable!() };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let steps = ClusterSteps::new(supervisor, runtime.handle().clone(), true);
        check(&steps);
        assert!(steps.take_error().is_none());
        assert_eq!(fs::read_dir(&work).expect("listed").count(), 0, "no table stays");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn the_first_of_equal_keys_is_found(
            keys in prop::collection::vec(prop_oneof![0_u64..9, any::<u64>(), Just(u64::MAX)], 0..80),
            partitions in 1_usize..5,
        ) {
            let first = |key| keys.iter().position(|known| known == key).expect("its own") as u32;
            let expected: Vec<u32> = keys.iter().map(first).collect();
            with_steps(partitions, |steps| assert_eq!(steps.first_equal("identifiers", &keys), Some(expected)));
        }

        #[test]
        fn pairs_have_the_kinds_and_the_number_of_their_blocks(
            members in prop::collection::btree_set((0_u32..6, 0_u32..9), 0..40),
            partitions in 1_usize..5,
        ) {
            let members: Vec<BlockMember> = members
                .into_iter()
                .map(|(block, member)| BlockMember { block, kind: 1 << (block % 4), member })
                .collect();
            let mut expected: BTreeMap<(u32, u32), (u8, u32)> = BTreeMap::new();
            for (position, one) in members.iter().enumerate() {
                for other in members[position + 1..].iter().filter(|other| other.block == one.block) {
                    let pair = expected.entry((one.member, other.member)).or_default();
                    *pair = (pair.0 | one.kind, pair.1 + 1);
                }
            }
            let pair = |(members, (kinds, blocks))| MemberPair { members, kinds, blocks };
            let expected: Vec<MemberPair> = expected.into_iter().map(pair).collect();
            with_steps(partitions, |steps| assert_eq!(steps.pairs(&members), Some(expected)));
        }

        #[test]
        fn links_are_distinct_and_in_order(
            claims in prop::collection::vec((0_u32..5, 0_u32..5, 0_u32..3), 0..60),
            partitions in 1_usize..5,
        ) {
            let expected: Vec<LinkEnds> = claims.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            with_steps(partitions, |steps| assert_eq!(steps.links(&claims), Some(expected)));
        }

        #[test]
        fn degrees_and_ranks_are_those_of_the_graph_crate(
            ends in prop::collection::vec((0_u32..9, 0_u32..9), 0..40),
            partitions in 1_usize..5,
        ) {
            let ends: Vec<(u32, u32)> = ends.into_iter().filter(|(from, to)| from != to).collect();
            // Vertex 9 has no link.
            let links = DirectedLinks { vertices: 10, ends: &ends };
            let (graph, _) = Graph::build(10, true, &ends, None);
            let ranks = pagerank_in_units(&graph, 4, &Progress::silent());
            let degrees = VertexDegrees {
                outgoing: graph.vertices().map(|vertex| graph.outgoing(vertex).len() as u32).collect(),
                incoming: graph.vertices().map(|vertex| graph.incoming(vertex).len() as u32).collect(),
            };
            with_steps(partitions, |steps| {
                assert_eq!(steps.degrees(links), Some(degrees));
                assert_eq!(steps.ranks(links, 4), ranks);
            });
        }
    }

    #[test]
    fn an_empty_view_has_answers() {
        with_steps(2, |steps| {
            let links = DirectedLinks { vertices: 0, ends: &[] };
            assert_eq!(steps.degrees(links), Some(VertexDegrees::default()));
            assert_eq!(steps.ranks(links, 3), Some(Vec::new()));
        });
    }

    #[test]
    fn a_result_that_contradicts_its_input_is_refused() {
        let place = tempfile::tempdir().expect("a folder");
        let read = |name: &str, rows: &[[i64; 2]]| {
            let parts = write_rows(&place.path().join(name), &FIRST, rows.len(), |row| rows[row]);
            aligned(&parts.expect("written"), &FIRST, 2)
        };
        assert_eq!(read("whole", &[[1, 0], [0, 0]]).expect("a result"), [0, 0]);
        for (name, rows) in [
            ("twice", &[[1, 0], [1, 0]][..]),
            ("beyond", &[[0, 0], [2, 0]]),
            ("negative", &[[0, 0], [1, -1]]),
            ("missing", &[[0, 0]]),
            ("more", &[[0, 0], [1, 0], [1, 0]]),
        ] {
            assert!(read(name, rows).is_err(), "{name}");
        }
    }
}
