//! The example scenario in two formats: northwind's data in STIX and in MISP must give equal entities and links.
//!
//! The tables here and the `README.md` of the scenario list the exceptions.

use std::{collections::BTreeMap, fs};

use crate::{
    support::{Deployment, PublishedRun, every_object_is_accounted_for, named, names_in},
    tiny::{folder, runs},
};

/// Number and description of the claims that MISP cannot express.
const ONLY_STIX: [(usize, &str); 3] = [
    (1, "campaign Spring Harvest seen from 2024-02-11"),
    (2, "confidence 40 and 60: no tag has these values"),
    (
        26,
        "created-by of objects that are not reports: only an event has a producer, its attributes have none",
    ),
];

/// Number and description of the claims that MISP always adds.
const ONLY_MISP: [(usize, &str); 4] = [
    (6, "an event, which is a report"),
    (6, "created-by of an event"),
    (29, "containment in an event, also in an event of a later day"),
    (15, "start of an indication: an attribute has times as a whole, a STIX relationship has its own"),
];

/// Makes five runs of northwind alone, and returns the last one.
fn last_run(deployment: &Deployment, below: &str) -> PublishedRun {
    let mut last = None;
    for (run, as_of) in runs() {
        let inputs = folder().join(below).join(&run).join("northwind");
        deployment.run(&as_of, &[named("northwind", inputs)]);
        let run = deployment.published(&as_of);
        every_object_is_accounted_for(&run);
        last = Some(run);
    }
    last.expect("five runs")
}

/// Returns a name for each entity that both formats share. MISP names an indicator by its value only, and has no names of
/// observations, so their names are those of their observables.
fn names(run: &PublishedRun) -> BTreeMap<String, String> {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let mut points_at: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in links.rows().filter(|&row| ["matches", "object"].contains(&links.text("kind", row))) {
        points_at.entry(links.text("from_id", row)).or_default().push(label[links.text("to_id", row)]);
    }
    let name = |row: usize| {
        let (id, kind) = (entities.text("entity_id", row), entities.text("kind", row));
        let name = match kind {
            "indicator" | "observed-data" => {
                let mut values = points_at[id].clone();
                values.sort_unstable();
                format!("{kind} of {}", values.join(" and "))
            }
            kind => format!("{kind} {}", label[id]),
        };
        (id.to_owned(), name)
    };
    entities.rows().map(name).collect()
}

/// Returns the rows of the first list and of the second list that have no equal row in the other list.
fn differing(mut first: Vec<String>, mut second: Vec<String>) -> (Vec<String>, Vec<String>) {
    first.retain(|row| match second.iter().position(|other| other == row) {
        Some(at) => {
            second.swap_remove(at);
            false
        }
        None => true,
    });
    first.sort();
    second.sort();
    (first, second)
}

/// Returns each entity as text: name, sources, marking and aliases.
fn entities(run: &PublishedRun) -> Vec<String> {
    let (entities, names) = (run.table("all/entities"), names(run));
    let row = |row: usize| {
        let name = &names[entities.text("entity_id", row)];
        let aliases = if name.starts_with("indicator") { &[] } else { entities.texts("aliases", row) };
        format!("{name} {:?} {:?} {aliases:?}", entities.texts("sources", row), entities.text("marking", row))
    };
    entities.rows().map(row).collect()
}

/// Returns each link as text: its ends, kind, layer and marking.
fn links(run: &PublishedRun) -> Vec<String> {
    let (links, names) = (run.table("all/links"), names(run));
    let text = |column: &str, row: usize| links.text(column, row).to_owned();
    let row = |row: usize| {
        let [from, to] = ["from_id", "to_id"].map(|end| &names[links.text(end, row)]);
        let [kind, layer, marking] = ["kind", "layer", "marking"].map(|column| text(column, row));
        format!("{from} {kind} {to} ({layer}) {marking:?}")
    };
    links.rows().map(row).collect()
}

#[test]
fn northwind_gives_equal_entities_and_links_in_stix_and_in_misp() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    let [stix, misp] = ["", "misp"].map(|below| {
        let deployment = Deployment::new(&configuration);
        let run = last_run(&deployment, below);
        (deployment, run)
    });

    let (stix_entities, misp_entities) = (entities(&stix.1), entities(&misp.1));
    let both = stix_entities.len();
    assert!(both > 40, "{both} entities");
    let (only_stix, only_misp) = differing(stix_entities, misp_entities);
    assert!(only_stix.is_empty(), "entities that MISP lacks: {only_stix:#?}\n{only_misp:#?}");
    assert!(only_misp.iter().all(|row| row.starts_with("report Northwind, ")), "{only_misp:#?}");
    assert_eq!(only_misp.len(), ONLY_MISP[0].0, "{}", ONLY_MISP[0].1);

    let (stix_links, misp_links) = (links(&stix.1), links(&misp.1));
    let known = stix_links.len();
    let (only_stix, only_misp) = differing(stix_links, misp_links);
    assert!(only_stix.iter().all(|row| row.contains(" created-by ")), "{only_stix:#?}\n{only_misp:#?}");
    assert_eq!(only_stix.len(), ONLY_STIX[2].0, "{}", ONLY_STIX[2].1);
    assert!(known - only_stix.len() > 40, "links of both: {known} less {}", only_stix.len());
    let (produced, contained): (Vec<_>, Vec<_>) =
        only_misp.iter().partition(|row| row.contains(" created-by "));
    assert!(contained.iter().all(|row| row.starts_with("report Northwind, ") && row.contains(" object ")));
    assert_eq!(produced.len(), ONLY_MISP[1].0, "{}", ONLY_MISP[1].1);
    assert_eq!(contained.len(), ONLY_MISP[2].0, "{}", ONLY_MISP[2].1);
}

/// Returns each entity and link as text with its first valid time.
fn beginnings(run: &PublishedRun) -> Vec<String> {
    let table = |name: &str| {
        let path = run.folder.join(format!("all/{name}.arrow"));
        araneus::tables::read_table(&path).expect("a table")
    };
    let names = names(run);
    let (entities, links) = (table("entities"), table("links"));
    let text = |columns: &araneus::columns::Columns, name: &str, row: usize| {
        columns.text(name).expect("a column of text")[row].clone().unwrap_or_default()
    };
    let first =
        |columns: &araneus::columns::Columns, row: usize| columns.time("first_seen").expect("times")[row];
    let of_entities = (0..entities.rows())
        .map(|row| format!("{} {:?}", names[&text(&entities, "entity_id", row)], first(&entities, row)));
    let of_links = (0..links.rows()).map(|row| {
        let [from, to] = ["from_id", "to_id"].map(|end| &names[&text(&links, end, row)]);
        format!("{from} {} {to} {:?}", text(&links, "kind", row), first(&links, row))
    });
    of_entities.chain(of_links).collect()
}

#[test]
fn times_of_northwind_are_equal_if_both_formats_can_express_them() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    let deployments = [Deployment::new(&configuration), Deployment::new(&configuration)];
    let stix = beginnings(&last_run(&deployments[0], ""));
    let misp = beginnings(&last_run(&deployments[1], "misp"));
    let known = stix.iter().filter(|row| row.contains("Some(")).count();
    assert!(known > 20, "{known} rows have a first valid time");
    let (only_stix, _) = differing(stix, misp);
    let of = |word: &str| only_stix.iter().filter(|row| row.contains(word)).count();
    assert_eq!(of(" indicates "), ONLY_MISP[3].0, "{}: {only_stix:#?}", ONLY_MISP[3].1);
    assert_eq!(of("campaign Spring Harvest Some"), ONLY_STIX[0].0, "{}: {only_stix:#?}", ONLY_STIX[0].1);
    // An event has a date, so its producer and its report have one, too.
    let explained =
        [" indicates ", "campaign Spring Harvest Some", " created-by ", "identity Northwind Feed None"];
    let is_explained = |row: &&String| {
        row.starts_with("report Spring Harvest, ") || explained.iter().any(|word| row.contains(word))
    };
    let other: Vec<_> = only_stix.iter().filter(|row| !is_explained(row)).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn the_readme_lists_the_differences_of_the_formats() {
    let page = fs::read_to_string(folder().join("README.md")).expect("the README of the scenario");
    for (count, fact) in ONLY_STIX.iter().chain(&ONLY_MISP) {
        assert!(
            page.contains(&format!("| {fact} | {count} |")),
            "the README of the scenario lacks: {fact}, {count}"
        );
    }
    for (run, _) in runs() {
        let files = names_in(&folder().join("misp").join(&run).join("northwind"));
        assert!(!files.is_empty(), "{run} has no MISP");
    }
}
