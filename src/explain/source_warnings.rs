//! Warnings about sources, before a run reads them.

use std::collections::BTreeSet;

use super::run_tables::read_table;
use crate::{
    ingest,
    language::{self, Language},
    record::Reliability,
    review,
    run::Config,
    tables::latest_folder,
};

/// Returns a warning if the sources can raise no flag, or hardly any: the configured sources, those of the latest
/// run, and `inputs`.
pub fn source_warning(config: &Config, inputs: impl IntoIterator<Item = String>) -> Option<String> {
    let language = Language::english();
    let configured = config.sources.iter().map(|source| source.name.clone());
    let mut names: BTreeSet<String> = configured.chain(inputs).collect();
    // Without a published run there are no other sources.
    if let Ok(table) = read_table(&latest_folder(&config.out).join("steward"), "sources") {
        names.extend(table.text("source").into_iter().flatten().flatten().cloned());
    }
    let reliability = |name: &String| {
        config.rules.terms.get(name).map_or(Reliability::default(), |terms| terms.reliability)
    };
    let sources = names.into_iter().map(|name| (name.clone(), reliability(&name))).collect();
    review::source_warning(&sources).map(|warning| language::source_warning(language, &warning))
}

/// Returns a warning for each source that an INPUT names and the configuration does not have. A run reads such a
/// source without terms. A configuration without sources gives no warning.
pub fn unconfigured_sources(config: &Config, file: &str, inputs: &[String]) -> Vec<String> {
    if config.sources.is_empty() {
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    for text in inputs {
        // An INPUT that cannot be expanded ends the run with an error.
        let Ok(files) = ingest::expand(text, &mut || Ok(Vec::new())) else { continue };
        if files.is_empty() {
            names.insert(ingest::source_of(text));
        }
        names.extend(files.into_iter().map(|input| input.source));
    }
    let known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
    names.retain(|name| !known.contains(&name.as_str()));
    let sentence = |name: String| {
        let closest = known.iter().map(|known| (strsim::damerau_levenshtein(&name, known), *known)).min();
        let closest = closest.filter(|(distance, known)| *distance <= known.chars().count().max(6) / 3);
        let values = [
            ("source", name.clone()),
            ("file", file.to_owned()),
            ("known", closest.map_or("", |(_, known)| known).to_owned()),
        ];
        Language::english().fill("warning.unconfigured-source", &values)
    };
    names.into_iter().map(sentence).collect()
}
