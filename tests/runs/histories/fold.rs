//! The fold over an archive, cut at a time, has the records and the links of the view as of that time.

use std::{collections::BTreeSet, fs, path::Path};

use araneus::{
    archive::{Access, Archive, ArchiveError},
    reporting::ReportingHistory,
    resolve::{self, ResolveConfig, WeightConfig},
    run::{self, Config, Request, RunError},
    time::Moment,
    view::{AsOf, Audience, Version},
};

use super::{
    MAPPING, SEEDS, configuration,
    generate::{Format, History, history},
    written,
};

/// Records the deliveries of a history in an archive, without any result.
pub(super) fn recorded(history: &History, path: &Path) -> Config {
    fs::write(path.join("mapping.toml"), MAPPING).expect("a file");
    fs::write(path.join("araneus.toml"), configuration(&history.sources, 0)).expect("a file");
    let mut config = run::read_config(&path.join("araneus.toml")).expect("a configuration");
    config.state = path.join("state");
    for (at, step) in history.steps.iter().enumerate().filter(|(_, step)| !step.deliveries.is_empty()) {
        let mut inputs = Vec::new();
        for (number, delivery) in step.deliveries.iter().enumerate() {
            let source = &history.sources[delivery.source];
            let ending = if source.format == Format::Table { "csv" } else { "json" };
            let file = path.join(format!("{at}-{number}.{ending}"));
            fs::write(&file, written(delivery, source.format, true)).expect("a file");
            inputs.push(format!("{}={}", source.name, file.display()));
        }
        let as_of = Moment::parse(&format!("2026-03-{:02}T00:00:00Z", step.day)).expect("a time");
        keep_alone(&Request::new(config.clone(), as_of, inputs));
    }
    config
}

/// Records one run. A run that cannot be made, such as one before the newest recorded time, leaves the archive as it is.
fn keep_alone(request: &Request) {
    while let Err(RunError::Archive(ArchiveError::Locked(path))) = run::keep(request) {
        let lock = fs::File::options().write(true).open(path).expect("the lock's file");
        lock.lock().expect("the lock after its release");
    }
}

fn contains((start, end): (Moment, Option<Moment>), time: Moment) -> bool {
    start <= time && end.is_none_or(|end| time < end)
}

/// Compares the fold with the views at every time at which a version begins or ends, and shortly before. Returns the
/// number of links that were compared.
fn compare(config: &Config, audience: &Audience, seed: u64) -> usize {
    let archive = Archive::open(&config.state, Access::Read).expect("an archive");
    let contents = archive.read().expect("its contents");
    let policy = config.rules.access_policy(audience);
    let versions = contents.versions(policy).expect("versions");
    let runs = archive.runs().into_iter().map(|run| run.moment).collect();
    let history = ReportingHistory::of_versions(&versions, runs);
    let ends = |version: &Version| [Some(version.from), version.until, version.retired_from];
    let times: BTreeSet<Moment> = versions.iter().flat_map(ends).flatten().collect();
    let just_before = |time: &Moment| Moment::from_micros(time.micros() - 1);
    let mut compared = 0;
    for time in times.iter().copied().chain(times.iter().map(just_before)) {
        let view = contents.view(policy, None, AsOf::of(time)).expect("a view");
        let in_view: BTreeSet<_> = view.records().iter().map(|record| record.id).collect();
        let in_use =
            versions.iter().filter(|version| version.in_use().is_some_and(|used| contains(used, time)));
        let in_fold: BTreeSet<_> = in_use.map(|version| version.record.id).collect();
        assert_eq!(in_fold, in_view, "seed {seed}: records in use at {time}");
        let view_retired: BTreeSet<_> = view.retired().iter().map(|record| record.id).collect();
        let retired =
            versions.iter().filter(|version| version.retired().is_some_and(|out| contains(out, time)));
        assert_eq!(retired.map(|version| version.record.id).collect::<BTreeSet<_>>(), view_retired);
        // Without the rules about names, equal identifiers alone join entities.
        let only_identifiers = ResolveConfig { version: 0, ..ResolveConfig::default() };
        let resolution = resolve::resolve(&view, &only_identifiers, &WeightConfig::default());
        let links = resolution
            .links
            .iter()
            .flat_map(|link| link.records.iter().map(|record| (view[*record].id, &*link.kind, link.layer)));
        let links: BTreeSet<_> = links.collect();
        let mentions = history.mentions.iter().filter(|mention| mention.is_live(time));
        let mentions: BTreeSet<_> = mentions
            .map(|mention| {
                let id = versions[mention.record as usize].record.id;
                (id, &*history.kinds[mention.kind as usize], mention.layer)
            })
            .collect();
        assert_eq!(mentions, links, "seed {seed}: links at {time}");
        compared += links.len();
    }
    compared
}

#[test]
fn the_fold_of_a_random_history_cut_at_any_time_is_the_view_as_of_that_time() {
    let partners = Audience { clearance: Some("TLP:GREEN".to_owned()), ..Audience::all() };
    let mut compared = 0;
    for seed in SEEDS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = recorded(&history(seed), folder.path());
        compared += compare(&config, &partners, seed) + compare(&config, &Audience::all(), seed);
    }
    assert!(compared > 1_000, "{compared} links are too few for a comparison");
}
