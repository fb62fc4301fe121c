//! The pages in `docs/` that derive from tables of the program equal what these tables give.
//!
//! `ARANEUS_WRITE_DOCS=1 cargo test --test docs` writes the pages.

#![expect(clippy::disallowed_methods, reason = "a test may be asked to write what it would compare")]

#[path = "patterns/background.rs"]
#[expect(dead_code, reason = "a picture shows the established groups only")]
mod background;
#[path = "docs/case_lines.rs"]
mod case_lines;
#[path = "docs/drawing.rs"]
mod drawing;
#[path = "docs/ftm.rs"]
mod ftm;
#[path = "docs/identifiers.rs"]
mod identifiers;
#[path = "docs/mapping.rs"]
mod mapping;
#[path = "docs/metrics.rs"]
mod metrics;
#[path = "docs/names.rs"]
mod names;
#[path = "docs/outcomes.rs"]
mod outcomes;
#[path = "docs/patterns.rs"]
mod patterns;
#[path = "docs/pictures.rs"]
mod pictures;
#[path = "docs/rules.rs"]
mod rules;
#[path = "docs/tables.rs"]
mod tables;

use std::{env, fmt::Write, fs, path::Path};

use araneus::{
    features::{FEATURES, Meaning, Scale, Unit},
    ingest,
    review::PATTERNS,
    run,
};

fn check(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if env::var_os("ARANEUS_WRITE_DOCS").is_some() {
        fs::write(&path, made).expect("docs can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/{name} differs from the tables; ARANEUS_WRITE_DOCS=1 cargo test --test docs writes it"
    );
}

#[test]
fn the_configuration_page_is_the_one_made_from_the_keys() {
    check("configuration.md", &run::configuration_markdown());
}

#[test]
fn the_outcomes_page_is_the_one_made_from_the_outcomes() {
    check("outcomes.md", &outcomes::outcomes_markdown());
}

#[test]
fn the_metrics_page_is_the_one_made_from_the_metrics() {
    check("metrics.md", &metrics::metrics_markdown());
}

#[test]
fn the_names_page_is_the_one_made_from_the_levels_and_the_model() {
    check("names.md", &names::names_markdown());
}

#[test]
fn the_tables_page_is_the_one_made_from_the_tables() {
    check("tables.md", &tables::tables_markdown());
}

#[test]
fn the_identity_page_is_the_one_made_from_the_rules_and_formats() {
    check("formats-and-rules.md", &rules::rules_markdown());
}

#[test]
fn the_page_of_identifiers_is_the_one_made_from_the_forms() {
    check("identifiers.md", &identifiers::identifiers_markdown());
}

#[test]
fn the_mapping_page_is_the_one_made_from_the_language() {
    check("mapping.md", &mapping::mapping_markdown());
}

#[test]
fn the_followthemoney_page_is_the_one_made_from_its_tables() {
    check("ftm.md", &ftm::ftm_markdown());
}

#[test]
fn the_patterns_page_is_the_one_made_from_the_patterns() {
    let pages = patterns::pages();
    check("patterns.md", &patterns::markdown(&pages));
    for page in &pages {
        check(&page.picture_path(), &page.picture());
    }
}

#[test]
fn the_features_page_is_the_one_made_from_the_features() {
    check("features.md", &features_markdown());
}

#[test]
fn the_index_of_rejects_has_every_rule_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let page = fs::read_to_string(path).expect("a page");
    let (_, section) = page.split_once("\n## Rejects\n").expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut names: Vec<&str> = rows.map(|(name, _)| name).collect();
    let mut expected: Vec<&str> = ingest::RULES.iter().map(|(_, name, _)| *name).collect();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

fn features_markdown() -> String {
    let mut page = String::from(
        "# Features\n\nMade from `FEATURES` in `src/features/mod.rs`; a test keeps this page equal to it. Each is a column of the \
         table `features`, one row for each candidate. A model reads it as a rank among the values of training, as a logarithm, \
         or plain. A reason names a value as evidence for emergence, or against it, only as the column \
         \"Evidence for emergence\" allows, and only where the model agrees. None reads an id, an absolute date, who a source is, the order of files, the script of a name, or what protects a person.\n",
    );
    let mut family = None;
    for feature in FEATURES {
        if family != Some(feature.family) {
            family = Some(feature.family);
            let _ = write!(
                page,
                "\n## {}\n\n| Feature | Meaning | Evidence for emergence | Shown as | Read as |\n|---|---|---|---|---|\n",
                feature.family.name()
            );
        }
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            feature.name,
            feature.about.replace('|', "\\|"),
            evidence_for(feature.meaning),
            shown(feature.unit),
            read(feature.scale)
        );
    }
    page
}

fn evidence_for(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::High => "if high",
        Meaning::Low => "if low",
        Meaning::Undecided => "undecided",
    }
}

fn shown(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "number",
        Unit::Days => "days",
        Unit::Share => "per cent",
        Unit::Real => "number with two places",
    }
}

fn read(scale: Scale) -> &'static str {
    match scale {
        Scale::Rank => "rank",
        Scale::Log => "logarithm",
        Scale::Plain => "plain",
    }
}

#[test]
fn every_feature_and_pattern_has_its_place_in_the_pages() {
    let (features, patterns) = (features_markdown(), patterns::markdown(&patterns::pages()));
    assert!(
        FEATURES.len() >= 30 && PATTERNS.len() >= 5,
        "{} features, {} patterns",
        FEATURES.len(),
        PATTERNS.len()
    );
    assert!(FEATURES.iter().all(|feature| features.contains(&format!("\n| {} | ", feature.name))));
    assert!(PATTERNS.iter().all(|pattern| patterns.contains(&format!("\n## {}\n", pattern.name))));
    let heads = features.matches("\n## ").count();
    let mut families: Vec<_> = FEATURES.iter().map(|feature| feature.family).collect();
    families.dedup();
    assert_eq!(heads, families.len());
    families.sort();
    families.dedup();
    assert_eq!(heads, families.len(), "features of one family stand together");
}
