//! Records that an audience may not see change no byte of its results, flags included.

use std::{collections::BTreeMap, fs};

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, configuration_with_hidden_source, flags},
    support::{Deployment, names_in},
};

const FIRST: [&str; 2] =
    ["newcomer: actor Salt Heron uses malware Brinewick", "newcomer: actor Iron Gull uses malware Scrapyard"];
const HIDDEN: [&str; 8] = [
    "newcomer: actor Ash Sparrow uses malware Cinderlid",
    "newcomer: campaign First Smoke uses malware Hearthstone",
    "newcomer: campaign First Smoke attributed-to actor Ash Sparrow",
    "newcomer: actor Marsh Harrier uses tool Skeleton Key",
    "newcomer: actor Night Plover uses malware Flintlock",
    "newcomer: actor Stone Curlew uses malware Duskrat",
    "newcomer: indicator harrier-1.example indicates malware Rustbill",
    "newcomer: indicator harrier-2.example indicates malware Rustbill",
];

fn files(deployment: &Deployment, run: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = deployment.published(run).folder.join("partners");
    names_in(&folder)
        .into_iter()
        .map(|name| (name.clone(), fs::read(folder.join(name)).expect("a file")))
        .collect()
}

#[test]
fn an_audience_gets_the_same_results_with_and_without_hidden_records() {
    let configuration = configuration_with_hidden_source("insiders");
    let [with, without] = [true, false].map(|with_hidden| {
        let mut fixture = Fixture::after_background(&configuration);
        let lines = |hidden: &[&'static str]| if with_hidden { hidden.to_vec() } else { Vec::new() };
        fixture.run(RUN_TIMES[0], &lines(&FIRST));
        fixture.run(RUN_TIMES[1], &[&EMERGING[..], &lines(&HIDDEN)].concat());
        fixture.run(RUN_TIMES[2], &[]);
        fixture.deployment
    });
    for run in &RUN_TIMES[..3] {
        let (seen, expected) = (files(&with, run), files(&without, run));
        assert_eq!(seen.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for table in ["flags.arrow", "candidates.arrow", "features.arrow", "changes.arrow", "report.html"] {
            assert!(seen.contains_key(table), "{run}: no {table}");
        }
        for (name, bytes) in &seen {
            assert!(*bytes == expected[name], "{run}: {name} differs by records that partners may not see");
        }
    }
    // The hidden records matter: partners get some flags, and an audience with a higher clearance gets others.
    let shown =
        |deployment: &Deployment, audience: &str| flags(&deployment.published(RUN_TIMES[1]), audience);
    assert!(shown(&with, "partners").iter().filter(|flag| flag.is_raised()).count() >= 3);
    assert_ne!(shown(&with, "insiders"), shown(&without, "insiders"));
    assert_ne!(shown(&with, "insiders"), shown(&with, "partners"));
}
