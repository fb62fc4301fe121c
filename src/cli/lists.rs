//! `araneus list`: every table of the program, as it is.

use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::{
    community::METHODS,
    export::EXPORTS,
    features::FEATURES,
    ingest::{
        FORMATS,
        table::{MAPPINGS, read_mapping},
    },
    learn::outcomes::OUTCOMES,
    metrics::METRICS,
    resolve::RULES,
    review::PATTERNS,
    run::KEYS,
    tables::{TABLE_FILES, TABLES},
};

/// Table to list.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    Formats,
    Rules,
    Metrics,
    Methods,
    Patterns,
    Features,
    Tables,
    TableFiles,
    Exports,
    Keys,
    Mappings,
    Outcomes,
}

/// Prints one table, or all.
pub(super) fn list(which: Option<Which>, as_json: bool) {
    let chosen: Vec<Which> = which.map_or_else(|| Which::value_variants().to_vec(), |which| vec![which]);
    let mut all = serde_json::Map::new();
    for which in chosen {
        let name = which.to_possible_value().expect("every table has a name").get_name().to_owned();
        let rows = rows(which);
        if as_json {
            let rows = rows.iter().map(|(name, about)| json!({ "name": name, "about": about })).collect();
            all.insert(name, Value::Array(rows));
        } else {
            out!("{name}");
            if rows.is_empty() {
                out!("  none yet");
            }
            for (name, about) in rows {
                out!("  {name:<28} {about}");
            }
        }
    }
    if as_json {
        out!("{}", Value::Object(all));
    }
}

fn rows(which: Which) -> Vec<(String, String)> {
    let row = |name: &str, about: &str| (name.to_owned(), about.to_owned());
    match which {
        Which::Formats => FORMATS.iter().map(|format| row(format.name, format.about)).collect(),
        Which::Rules => RULES.iter().map(|rule| row(rule.name, rule.about)).collect(),
        Which::Metrics => METRICS
            .iter()
            .map(|metric| {
                let reads = &metric.reads;
                row(
                    metric.name,
                    &format!(
                        "{} A run measures all layers but provenance. {} {}",
                        metric.about, reads.direction, reads.weights
                    ),
                )
            })
            .collect(),
        Which::Methods => METHODS
            .iter()
            .map(|(name, method)| row(name, &format!("Objective: {}.", method.objective())))
            .collect(),
        Which::Patterns => PATTERNS.iter().map(|pattern| row(pattern.name, pattern.about)).collect(),
        Which::Features => FEATURES.iter().map(|feature| row(feature.name, feature.about)).collect(),
        Which::TableFiles => TABLE_FILES.iter().map(|format| row(format.name, format.about)).collect(),
        Which::Exports => EXPORTS.iter().map(|export| row(export.name, export.about)).collect(),
        Which::Tables => TABLES.iter().map(|table| row(table.name, table.about)).collect(),
        Which::Mappings => MAPPINGS
            .iter()
            .filter_map(|(name, _)| Some(row(name, read_mapping(name, Path::new("")).ok()?.about())))
            .collect(),
        Which::Outcomes => OUTCOMES.iter().map(|outcome| row(outcome.name, outcome.question)).collect(),
        Which::Keys => KEYS
            .iter()
            .map(|key| row(key.name, &format!("{} Takes {}; default {}.", key.about, key.takes, key.default)))
            .collect(),
    }
}
