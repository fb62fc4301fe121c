//! Steps of a join form on an engine: a run publishes the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use araneus::{
    join_steps::{BlockMember, DirectedLinks, JoinSteps, LinkEnds, MemberPair, ThisMachine, VertexDegrees},
    progress::Progress,
    run::{self, Request},
    tables,
    time::Moment,
};

use crate::support::{equal_files, real_data};

/// An engine that answers chosen steps with the first form that comes to mind, and counts its answers.
#[derive(Debug, Default)]
struct Plain {
    /// Steps without an answer, as bits.
    without: u32,
    answers: [AtomicUsize; 7],
    /// Number of pairs that were found.
    pairs: AtomicUsize,
}

impl Plain {
    /// Counts an answer of the step with this number; `None` if the step has no answer.
    fn answer(&self, step: usize) -> Option<()> {
        (self.without & (1 << step) == 0).then(|| {
            self.answers[step].fetch_add(1, Ordering::Relaxed);
        })
    }

    fn counts(&self) -> [usize; 7] {
        [0, 1, 2, 3, 4, 5, 6].map(|step| self.answers[step].load(Ordering::Relaxed))
    }
}

impl JoinSteps for Plain {
    fn first_equal(&self, step: &'static str, keys: &[u64]) -> Option<Vec<u32>> {
        let step = ["liveness", "identifiers", "blocks"].iter().position(|known| *known == step);
        self.answer(step.expect("a known step"))?;
        let mut first = BTreeMap::new();
        Some(keys.iter().zip(0..).map(|(key, position)| *first.entry(*key).or_insert(position)).collect())
    }

    fn pairs(&self, members: &[BlockMember]) -> Option<Vec<MemberPair>> {
        self.answer(3)?;
        let mut blocks: BTreeMap<u32, Vec<BlockMember>> = BTreeMap::new();
        for member in members {
            blocks.entry(member.block).or_default().push(*member);
        }
        let mut pairs: BTreeMap<(u32, u32), (u8, u32)> = BTreeMap::new();
        for block in blocks.values() {
            for one in block {
                for other in block.iter().filter(|other| one.member < other.member) {
                    let pair = pairs.entry((one.member, other.member)).or_default();
                    *pair = (pair.0 | one.kind, pair.1 + 1);
                }
            }
        }
        self.pairs.fetch_add(pairs.len(), Ordering::Relaxed);
        let pair = |(members, (kinds, blocks))| MemberPair { members, kinds, blocks };
        Some(pairs.into_iter().map(pair).collect())
    }

    fn links(&self, claims: &[LinkEnds]) -> Option<Vec<LinkEnds>> {
        self.answer(4)?;
        Some(claims.iter().copied().collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn degrees(&self, links: DirectedLinks<'_>) -> Option<VertexDegrees> {
        self.answer(5)?;
        let distinct: BTreeSet<(u32, u32)> = links.ends.iter().copied().collect();
        let count = |vertex: usize, end: fn(&(u32, u32)) -> u32| {
            distinct.iter().filter(|link| end(link) as usize == vertex).count() as u32
        };
        Some(VertexDegrees {
            outgoing: (0..links.vertices).map(|vertex| count(vertex, |link| link.0)).collect(),
            incoming: (0..links.vertices).map(|vertex| count(vertex, |link| link.1)).collect(),
        })
    }

    fn ranks(&self, links: DirectedLinks<'_>, passes: u32) -> Option<Vec<i64>> {
        self.answer(6)?;
        let damped = |rank: i128| (rank * 85 / 100) as i64;
        let whole = 1_i64 << 60;
        let count = i64::try_from(links.vertices).expect("few vertices").max(1);
        let distinct: BTreeSet<(u32, u32)> = links.ends.iter().copied().collect();
        let mut rows = vec![0_i64; links.vertices];
        for (from, _) in &distinct {
            rows[*from as usize] += 1;
        }
        let mut ranks = vec![whole / count; links.vertices];
        for _ in 0..passes {
            let dead_ends: i64 =
                ranks.iter().zip(&rows).filter(|(_, row)| **row == 0).map(|(rank, _)| rank).sum();
            let jumps = (whole - damped(whole.into())) / count + damped((dead_ends / count).into());
            let mut received = vec![0_i64; links.vertices];
            for (from, to) in &distinct {
                received[*to as usize] += ranks[*from as usize] / rows[*from as usize];
            }
            ranks = received.into_iter().map(|sum| jumps + damped(sum.into())).collect();
        }
        Some(ranks)
    }
}

const RUNS: [&str; 2] = ["2024-07-01T00:00:00Z", "2024-07-02T00:00:00Z"];
/// Real deliveries of each run: reports, and organisations whose names are compared.
const FILES: [&[&str]; 2] = [
    &[
        "unit42-playbooks/fighting-ursa.json.zst",
        "ftm/donations-organizations.ftm.json",
        "pymisp-events/event.json",
    ],
    &["unit42-playbooks/emotet.json.zst", "unit42-reports/2024-04-12-MidnightEclipse.json"],
];
const CONFIGURATION: &str = "[metrics]\npagerank_passes = 30\n\n[[audience]]\nname = \"analysts\"\nclearance = \"TLP:RED\"\n\n\
[[audience]]\nname = \"partners\"\nclearance = \"TLP:AMBER\"\n";

/// Runs twice with an engine; returns the digests of the published files.
fn published(data: &Path, steps: &Arc<dyn JoinSteps>) -> Vec<BTreeMap<String, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("araneus.toml");
    std::fs::write(&config, CONFIGURATION).expect("written");
    let run = |(as_of, files): (&str, &[&str])| {
        let inputs = files.iter().map(|file| data.join(file).display().to_string());
        let config = run::read_config(&config).expect("a configuration");
        let as_of = Moment::parse(as_of).expect("a time");
        let request = Request { steps: Arc::clone(steps), ..Request::new(config, as_of, inputs.collect()) };
        let outcome = run::run(&request, &mut || Ok(Vec::new()), &Progress::silent()).expect("a run");
        let mut digests = tables::digests(&outcome.folder).expect("published");
        digests.remove("run.json");
        digests
    };
    RUNS.into_iter().zip(FILES).map(run).collect()
}

#[test]
fn a_run_publishes_the_same_bytes_with_an_engine_for_every_step_or_for_some() {
    let Some(data) = real_data("unit42-playbooks", "an engine changes no byte of a run") else { return };
    let data = data.parent().expect("the folder of all data");
    let expected = published(data, &(Arc::new(ThisMachine) as Arc<dyn JoinSteps>));
    for without in [0, 0b101_0101, 0b010_1010, 0b000_1000] {
        let plain = Arc::new(Plain { without, ..Plain::default() });
        let found = published(data, &(Arc::clone(&plain) as Arc<dyn JoinSteps>));
        for (found, expected) in found.iter().zip(&expected) {
            equal_files(found, expected, &format!("without the steps {without:b}"));
        }
        // Two runs, each for two audiences and the data steward. Pairs need blocks.
        let has = |step: usize| without & (1 << step) == 0 && (step != 3 || without & (1 << 2) == 0);
        let answered = [0, 1, 2, 3, 4, 5, 6].map(|step| if has(step) { 6 } else { 0 });
        assert_eq!(plain.counts(), answered, "without the steps {without:b}");
        assert_eq!(plain.pairs.load(Ordering::Relaxed) > 0, has(3), "pairs are compared");
    }
}
