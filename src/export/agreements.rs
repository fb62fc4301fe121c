//! Agreements of an export: sources that are closed to the audience now, and obligations of the rows that leave.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    error::ExportError,
    flags::ExportedFlag,
    network::{ExportedEntity, ExportedLink},
    table_columns::TableColumns,
};
use crate::{record::Terms, run::Config, view::Audience};

/// Obligations of the agreement of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceObligations {
    /// Name of the source.
    pub source: String,
    /// Name of the agreement.
    pub agreement: String,
    /// Obligations, in the order of the configuration.
    pub obligations: Vec<String>,
}

/// Returns the sources with records behind the selected rows. Nothing is read without an agreement.
pub(super) fn sources(
    config: &Config,
    folder: &Path,
    (flags, entities, links): (&[ExportedFlag], &[ExportedEntity], &[ExportedLink]),
) -> Result<BTreeSet<String>, ExportError> {
    if config.rules.terms.values().all(|terms| terms.agreement.is_none()) {
        return Ok(BTreeSet::new());
    }
    let ids = flags.iter().map(|flag| flag.id.as_str());
    let ids = ids.chain(entities.iter().map(|entity| entity.id.as_str()));
    let ids: BTreeSet<&str> = ids.chain(links.iter().map(|link| link.id.as_str())).collect();
    let named = flags.iter().flat_map(|flag| &flag.sources);
    let named = named.chain(entities.iter().flat_map(|entity| &entity.sources));
    let mut sources: BTreeSet<String> = named.cloned().collect();
    let table = TableColumns::read(folder, "evidence")?;
    for row in table.rows() {
        if table.text_at("subject_id", row).is_some_and(|subject| ids.contains(subject)) {
            sources.extend(table.maybe_text("source", row));
        }
    }
    Ok(sources)
}

/// Fails if the agreement of one of the sources does not admit the audience now.
pub(super) fn refuse_closed(
    config: &Config,
    audience: &Audience,
    sources: &BTreeSet<String>,
) -> Result<(), ExportError> {
    let policy = config.rules.access_policy(audience);
    let closed: Vec<&str> =
        sources.iter().map(String::as_str).filter(|source| !policy.agrees(source)).collect();
    if closed.is_empty() {
        return Ok(());
    }
    Err(ExportError::Refused(format!(
        "the run has rows of `{}`, which the agreements do not let the audience `{}` read; run again, then export",
        closed.join("`, `"),
        audience.name
    )))
}

/// Returns the obligations of the agreements of some sources, in order of the sources.
pub(super) fn obligations(
    terms: &BTreeMap<String, Terms>,
    sources: &BTreeSet<String>,
) -> Vec<SourceObligations> {
    let of_source = |source: &String| {
        let agreement = terms.get(source)?.agreement.as_ref()?;
        (!agreement.obligations.is_empty()).then(|| SourceObligations {
            source: source.clone(),
            agreement: agreement.name.clone(),
            obligations: agreement.obligations.clone(),
        })
    };
    sources.iter().filter_map(of_source).collect()
}

impl SourceObligations {
    /// Returns the obligations as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "source": self.source, "agreement": self.agreement, "obligations": self.obligations })
    }

    /// Returns a line for each obligation, with the source.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.obligations.iter().map(|obligation| format!("{}: {obligation}", self.source))
    }
}

/// Returns all obligations as JSON.
pub(super) fn as_json(obligations: &[SourceObligations]) -> Value {
    obligations.iter().map(SourceObligations::to_json).collect()
}

/// Returns all obligations as a text with a line for each.
pub(super) fn as_text(obligations: &[SourceObligations]) -> String {
    obligations.iter().flat_map(SourceObligations::lines).collect::<Vec<String>>().join("\n")
}
