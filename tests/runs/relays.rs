//! Relays: planted copies of reports are found, and independent reports of the same groups stay independent.

use std::collections::BTreeMap;

use araneus::{
    archive::{Access, Archive},
    index::RecordIndex,
    learn::worlds,
    resolve::{self, Resolution, ResolveConfig, WeightConfig},
    run,
    time::Moment,
    view::{AsOf, Audience, View},
};
use araneus_synth::{World, generate_relays};

/// Archives all deliveries of a world, and resolves the view of its last day.
fn resolved(world: &World) -> (View, Resolution) {
    let folder = tempfile::tempdir().expect("a folder");
    world.write_to(folder.path()).expect("written");
    let config = run::read_config(&folder.path().join("araneus.toml")).expect("a configuration");
    worlds::archive_deliveries(world, &config, world.days.len()).expect("the deliveries are archived");
    let contents = Archive::open(&config.state, Access::Read).expect("an archive").read().expect("records");
    let as_of = Moment::parse(&world.days.last().expect("days").as_of).expect("a time");
    let audience = Audience::all();
    let view = contents.view(config.rules.access_policy(&audience), None, AsOf::of(as_of)).expect("a view");
    let resolution = resolve::resolve(&view, &ResolveConfig::default(), &WeightConfig::default());
    (view, resolution)
}

/// One report of the truth: its variant, and the expected and the found origin of each of its objects.
#[derive(Default)]
struct Report {
    variant: String,
    origins: Vec<(String, String)>,
}

/// Returns the reports of a world with the origin that the engine found for each of their objects.
fn reports(world: &World) -> Vec<Report> {
    let (view, resolution) = resolved(world);
    let origin_of: BTreeMap<(&str, &str), &str> = view
        .records()
        .iter()
        .enumerate()
        .map(|(position, record)| {
            let origin = resolution.relays.origin(RecordIndex::new(position));
            ((&*record.source, &*record.key), origin)
        })
        .collect();
    let truth = world.files.iter().find(|(path, _)| path == "truth/relays.csv").expect("the truth");
    let truth = String::from_utf8(truth.1.clone()).expect("text");
    let mut reports: BTreeMap<(String, String, String), Report> = BTreeMap::new();
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [group, source, report, object, variant, repeats] = cells[..] else { panic!("{line}") };
        let key = (group.to_owned(), source.to_owned(), format!("{report} {variant}"));
        let known = reports.entry(key).or_default();
        variant.clone_into(&mut known.variant);
        let expected = if repeats.is_empty() { source } else { repeats };
        let found = *origin_of.get(&(source, object)).expect("delivered");
        known.origins.push((expected.to_owned(), found.to_owned()));
    }
    reports.into_values().collect()
}

#[test]
fn planted_relays_are_found_and_independent_reports_stay_independent() {
    let mut by_variant: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for seed in 1..=20 {
        for report in reports(&generate_relays(seed)) {
            let (count, hits) = by_variant.entry(report.variant.clone()).or_default();
            *count += 1;
            // A relay is found if four fifths of its objects have the expected origin. An independent report is joined if
            // a single object has another one.
            let right = report.origins.iter().filter(|(expected, found)| expected == found).count();
            let is_hit = if report.variant.is_empty() {
                right < report.origins.len()
            } else {
                5 * right >= 4 * report.origins.len()
            };
            *hits += usize::from(is_hit);
        }
    }
    for (variant, (count, hits)) in &by_variant {
        println!("{:>16}: {hits} of {count}", if variant.is_empty() { "independent" } else { variant });
    }
    let (independent, joined) = by_variant.remove("").expect("independent reports");
    let relays: usize = by_variant.values().map(|(count, _)| count).sum();
    let found: usize = by_variant.values().map(|(_, hits)| hits).sum();
    println!("{found} of {relays} relays found; {joined} of {independent} independent reports joined");
    assert!(relays >= 500 && independent >= 500, "{relays} {independent}");
    assert!(found * 100 >= relays * 95, "{found} of {relays} relays are found: {by_variant:?}");
    assert!(joined * 100 <= independent * 2, "{joined} of {independent} independent reports are joined");
}
