//! Deployments with the background records of `tests/patterns` and small scenarios after it.

#[path = "../patterns/background.rs"]
pub(crate) mod background;
#[path = "../patterns/case.rs"]
pub(crate) mod case;
#[path = "../patterns/registry.rs"]
mod registry;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::OnceLock,
};

use case::Deliveries;

use crate::support::{Deployment, PublishedRun};

/// As-of times of the runs after the background.
pub(crate) const RUN_TIMES: [&str; 5] = [
    "2026-03-02T02:00:00Z",
    "2026-03-03T02:00:00Z",
    "2026-03-04T02:00:00Z",
    "2026-03-05T02:00:00Z",
    "2026-03-06T02:00:00Z",
];

/// A birth, a broker and a convergence, each reported by at least two vendors.
pub(crate) const EMERGING: [&str; 11] = [
    "northwind: actor Ash Sparrow uses malware Cinderlid",
    "lanternfish: actor Ash Sparrow uses malware Cinderlid",
    "lanternfish: actor Ash Sparrow uses malware Emberfoot",
    "northwind: campaign First Smoke attributed-to actor Ash Sparrow",
    "lanternfish: campaign First Smoke uses malware Emberfoot",
    "northwind: actor Stone Curlew uses tool Skeleton Key",
    "lanternfish: actor Copper Tern uses tool Skeleton Key",
    "kestrel: actor Night Plover uses tool Skeleton Key",
    "northwind: actor Iron Gull uses malware Tidelock",
    "lanternfish: actor Salt Heron uses malware Rustbill",
    "kestrel: actor Iron Gull uses malware Tidelock",
];

/// A deployment and the deliveries of a scenario.
pub(crate) struct Fixture {
    pub(crate) deployment: Deployment,
    deliveries: Deliveries,
}

/// Returns a configuration in which every source shares with the audience `partners`, except the source `newcomer`: only the
/// audience `wider` may see it.
pub(crate) fn configuration_with_hidden_source(wider: &str) -> String {
    let marked = background::CONFIGURATION.replace("reliability =", "marking = \"TLP:GREEN\"\nreliability =");
    let (before, newcomer) = marked.split_once("name = \"newcomer\"\n").expect("the newcomer");
    let newcomer = newcomer.replacen("TLP:GREEN", "TLP:RED", 1);
    format!(
        "{before}name = \"newcomer\"\n{newcomer}\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n[[audience]]\nname = \"{wider}\"\nclearance = \"TLP:RED\"\n"
    )
}

impl Fixture {
    /// Returns a deployment after the background runs.
    pub(crate) fn after_background(configuration: &str) -> Self {
        let (before, deliveries) = background();
        let deployment = Deployment::new(configuration);
        copy(&before.path("state"), &deployment.path("state"));
        Self { deployment, deliveries: deliveries.clone() }
    }

    /// Returns a deployment after the background runs and a run of [`EMERGING`] at the first of [`RUN_TIMES`].
    pub(crate) fn after_emergence(configuration: &str) -> Self {
        let mut fixture = Self::after_background(configuration);
        fixture.run(RUN_TIMES[0], &EMERGING);
        fixture
    }

    /// Delivers these lines and runs.
    #[track_caller]
    pub(crate) fn run(&mut self, as_of: &str, lines: &[&str]) -> PublishedRun {
        self.run_without(as_of, lines, &BTreeSet::new())
    }

    /// Delivers these lines without the objects with these ids, and runs.
    #[track_caller]
    pub(crate) fn run_without(
        &mut self,
        as_of: &str,
        lines: &[&str],
        without: &BTreeSet<String>,
    ) -> PublishedRun {
        let inputs = self.inputs(as_of, lines, without);
        self.deployment.run(as_of, &inputs).ends_with(0);
        self.deployment.published(as_of)
    }

    /// Writes the deliveries of a run with its background traffic, and returns each as INPUT.
    pub(crate) fn inputs(&mut self, as_of: &str, lines: &[&str], without: &BTreeSet<String>) -> Vec<String> {
        let number = background::RUN_DATES.len()
            + RUN_TIMES.iter().position(|time| *time == as_of).expect("one of the as-of times");
        self.deliveries.add_all(&background::traffic(number), as_of);
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        self.deliveries.add_all(&lines, as_of);
        self.deliveries.deliver(&self.deployment.path("deliveries").join(&as_of[..10]), without)
    }

    /// Runs without deliveries, and returns the published run.
    #[track_caller]
    pub(crate) fn rerun(&self, as_of: &str) -> PublishedRun {
        self.deployment.run(as_of, &[]).ends_with(0);
        self.deployment.published(as_of)
    }
}

/// Runs the background once; each scenario continues from a copy of it.
fn background() -> &'static (Deployment, Deliveries) {
    static BACKGROUND: OnceLock<(Deployment, Deliveries)> = OnceLock::new();
    BACKGROUND.get_or_init(|| {
        let deployment = Deployment::new(background::CONFIGURATION);
        let mut deliveries = Deliveries::default();
        for (at, date) in background::RUN_DATES.iter().enumerate() {
            let as_of = format!("{date}T02:00:00Z");
            let lines = if at == 0 { background::established() } else { background::traffic(at) };
            deliveries.add_all(&lines, &as_of);
            let inputs = deliveries.deliver(&deployment.path("deliveries").join(date), &BTreeSet::new());
            deployment.run(&as_of, &inputs).ends_with(0);
        }
        (deployment, deliveries)
    })
}

/// Copies a folder and its content.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A flag as the table of a run shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flag {
    pub(crate) id: String,
    pub(crate) pattern: String,
    pub(crate) state: String,
    pub(crate) rank: Option<u64>,
    /// Names of its entities.
    pub(crate) names: BTreeSet<String>,
}

impl Flag {
    pub(crate) fn is_raised(&self) -> bool {
        ["new", "grown"].contains(&self.state.as_str())
    }
}

/// Reads the flags of an audience, without the random sample.
pub(crate) fn flags(run: &PublishedRun, audience: &str) -> Vec<Flag> {
    rows_of_flags(run, audience, false)
}

/// Reads the random sample of an audience: candidates that are not flags.
pub(crate) fn sample(run: &PublishedRun, audience: &str) -> Vec<Flag> {
    rows_of_flags(run, audience, true)
}

fn rows_of_flags(run: &PublishedRun, audience: &str, are_sampled: bool) -> Vec<Flag> {
    let entities = run.table(&format!("{audience}/entities"));
    let labels: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let flags = run.table(&format!("{audience}/flags"));
    flags
        .rows()
        .filter(|&row| flags.truth("sampled", row) == are_sampled)
        .map(|row| Flag {
            id: flags.text("flag_id", row).to_owned(),
            pattern: flags.text("pattern", row).to_owned(),
            state: flags.text("state", row).to_owned(),
            rank: flags.maybe_count("rank", row),
            names: flags
                .texts("entity_ids", row)
                .iter()
                .filter_map(|id| labels.get(id.as_str()))
                .map(|name| (*name).to_owned())
                .collect(),
        })
        .collect()
}

/// Returns the only flag of a pattern about an entity.
#[track_caller]
pub(crate) fn about(flags: &[Flag], pattern: &str, name: &str) -> Flag {
    let matching: Vec<&Flag> =
        flags.iter().filter(|flag| flag.pattern == pattern && flag.names.contains(name)).collect();
    assert_eq!(matching.len(), 1, "flags for {pattern} about {name}: {flags:#?}");
    matching[0].clone()
}

/// Returns the ids of flags.
pub(crate) fn ids(flags: &[Flag]) -> BTreeSet<String> {
    flags.iter().map(|flag| flag.id.clone()).collect()
}
