//! The review page of an audience is the same on every address, with and without records that it may not see.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, configuration_with_hidden_source},
    review_client::Review,
    support::Deployment,
};

const HIDDEN: [&str; 5] = [
    "newcomer: actor Ash Sparrow uses malware Cinderlid",
    "newcomer: campaign First Smoke attributed-to actor Ash Sparrow",
    "newcomer: actor Marsh Harrier uses tool Skeleton Key",
    "newcomer: actor Stone Curlew uses malware Duskrat",
    "newcomer: indicator harrier-1.example indicates malware Rustbill",
];

/// Follows every link from the queue, and returns each page by its path.
fn pages(review: &Review) -> BTreeMap<String, (u16, String)> {
    let mut pages = BTreeMap::new();
    let first =
        ["/queue", "/queue?state=all", "/run", "/model", "/judgements", "/keys", "/help", "/entity/x"];
    let mut waiting: BTreeSet<String> = first.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = waiting.pop_first() {
        let answer = review.get(&path);
        let links = answer.attributes("href=\"").into_iter().filter(|link| link.starts_with('/'));
        let links = links.map(|link| link.replace("&#38;", "&").replace("&amp;", "&"));
        waiting.extend(links.filter(|link| !pages.contains_key(link) && *link != path));
        let body = answer.body.replace(&review.csrf, "CSRF");
        pages.insert(path, (answer.status, body));
        assert!(pages.len() < 5_000, "links lead nowhere");
    }
    pages
}

#[test]
fn every_page_of_an_audience_is_the_same_with_and_without_hidden_records() {
    let configuration = configuration_with_hidden_source("insiders");
    let [with, without]: [Deployment; 2] = [true, false].map(|with_hidden| {
        let mut fixture = Fixture::after_background(&configuration);
        let lines = |hidden: &[&'static str]| if with_hidden { hidden.to_vec() } else { Vec::new() };
        fixture.run(RUN_TIMES[0], &lines(&HIDDEN[..1]));
        fixture.run(RUN_TIMES[1], &[&EMERGING[..], &lines(&HIDDEN)].concat());
        fixture.deployment
    });
    let open = |deployment: &Deployment| Review::open(deployment, &["--audience", "partners", "--by", "ana"]);
    let (seen, expected) = (open(&with), open(&without));
    // A judgement on a flag that only insiders have is of no concern to partners.
    let insiders = Review::open(&with, &["--audience", "insiders", "--by", "ida"]);
    let own: BTreeSet<String> = seen.flags().into_iter().collect();
    let hidden: Vec<String> = insiders.flags().into_iter().filter(|flag| !own.contains(flag)).collect();
    for flag in &hidden {
        assert_eq!(insiders.judge(flag, "confirmed", "").status, 200);
        assert_eq!(seen.get(&format!("/flag/{flag}")).status, 404);
        assert_eq!(seen.judge(flag, "benign", "").status, 404);
    }
    let (seen, expected) = (pages(&seen), pages(&expected));
    assert!(expected.keys().any(|path| path.starts_with("/flag/")), "{:?}", expected.keys());
    assert!(expected.keys().any(|path| path.starts_with("/record/")), "{:?}", expected.keys());
    assert_eq!(seen.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, page) in &seen {
        assert!(*page == expected[path], "{path} differs by records that partners may not see");
        // Other sources report the other names of the hidden records, too.
        assert!(!page.1.contains("newcomer"), "{path} names the hidden source");
    }
    println!("{} pages are equal; {} flags are of insiders only", seen.len(), hidden.len());
}
