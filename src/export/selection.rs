//! The part of one audience's folder that an export writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    agreements::{self, SourceObligations},
    error::ExportError,
    flags::{self, ExportedFlag},
    network::{self, ExportedEntity, ExportedLink},
    scope::{self, Scope},
    table_columns::TableColumns,
};
use crate::{
    archive::{Access, Archive},
    explain,
    marking::Marking,
    run::{Config, audience},
    time::Moment,
    view::Audience,
};

/// Request for an export.
#[derive(Clone, Debug)]
pub struct ExportRequest<'a> {
    /// Configuration.
    pub config: &'a Config,
    /// Name of the run; `None` for the latest.
    pub run: Option<&'a str>,
    /// Name of the audience; `None` if only one is configured.
    pub audience: Option<&'a str>,
    /// Entities and links that leave.
    pub scope: Scope,
    /// True to add the flags without a confirmation.
    pub with_unjudged: bool,
    /// True to add the names and the reasons of reviewers.
    pub with_names: bool,
    /// Distribution of events of MISP, 0 to 3.
    pub distribution: u8,
    /// Source that gets feedback, if the export is that.
    pub source: Option<&'a str>,
    /// Time of the export.
    pub exported_at: Moment,
}

/// The source that gets feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackSource {
    /// Name of the source.
    pub source: String,
    /// Longest time between two deliveries, in microseconds, if it is configured.
    pub expect: Option<i64>,
}

/// Everything that an export writes.
#[derive(Debug)]
pub struct Selection {
    /// Folder of the audience.
    pub folder: PathBuf,
    /// Name of the audience.
    pub audience: String,
    /// Name of the run.
    pub run: String,
    /// Scope.
    pub scope: Scope,
    /// Flags, by id.
    pub flags: Vec<ExportedFlag>,
    /// Entities, by id.
    pub entities: Vec<ExportedEntity>,
    /// Links between these entities, by id.
    pub links: Vec<ExportedLink>,
    /// STIX ids by which sources delivered an entity or a link, sorted, by the id of the subject; for flags only.
    pub delivered_ids: BTreeMap<String, Vec<String>>,
    /// True if names and reasons of reviewers leave.
    pub with_names: bool,
    /// Distribution of events of MISP, 0 to 3.
    pub distribution: u8,
    /// Configured reliability of each source, as a letter.
    pub reliability: BTreeMap<String, &'static str>,
    /// Source that gets feedback.
    pub feedback: Option<FeedbackSource>,
    /// Obligations of the agreements of the sources behind the rows.
    pub obligations: Vec<SourceObligations>,
    /// Time of the export.
    pub exported_at: Moment,
}

/// Reads the part of a run that a request names.
///
/// Fails with [`ExportError::Refused`] if a selected row is above the clearance that the audience has now, or if an agreement
/// closes it to the audience now.
pub fn select(request: &ExportRequest<'_>) -> Result<Selection, ExportError> {
    let config = request.config;
    let run = explain::run_folder(&config.out, request.run)?;
    let audience = audience_of(config, request.audience)?;
    audience::refuse_purposes(&config.rules, &audience)
        .map_err(|error| ExportError::Refused(error.to_string()))?;
    let folder = run.join(&audience.name);
    if !folder.is_dir() {
        return Err(ExportError::Usage(format!(
            "the run has no folder of the audience `{}`: it was made for another audience",
            audience.name
        )));
    }
    let judgements = Archive::open(&config.state, Access::Read)?.judgements()?;
    let mut flags = match request.scope {
        Scope::Flags => flags::flags(&run, &audience.name, &judgements, request.with_unjudged)?,
        _ => Vec::new(),
    };
    // A flag of an earlier run may be above the clearance that the audience has now.
    flags.retain(|flag| flag.title.is_some() || is_admitted(&audience, flag.marking));
    let wanted = scope::entity_ids(&request.scope, &folder, &flags)?;
    let is_wanted = |id: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(id));
    let mut entities = network::entities(&folder, is_wanted)?;
    let links = network::links(&folder, is_wanted)?;
    add_flags(&mut entities, &flags);
    refuse_above_clearance(&audience, &flags, &entities, &links)?;
    let mut sources = agreements::sources(config, &folder, (&flags, &entities, &links))?;
    agreements::refuse_closed(config, &audience, &sources)?;
    if let Some(source) = request.source {
        // The rows behind a verdict do not leave; the source gets facts about its own records.
        sources.retain(|known| known == source);
    }
    let obligations = agreements::obligations(&config.rules.terms, &sources);
    let delivered_ids = match request.scope {
        Scope::Flags => delivered_ids(&folder, &entities, &links)?,
        _ => BTreeMap::new(),
    };
    let run = run.canonicalize().unwrap_or(run);
    Ok(Selection {
        folder,
        audience: audience.name,
        run: run.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        scope: request.scope.clone(),
        flags,
        entities,
        links,
        delivered_ids,
        with_names: request.with_names,
        distribution: request.distribution,
        reliability: reliability(config),
        feedback: request.source.map(|source| feedback_source(config, source)).transpose()?,
        obligations,
        exported_at: request.exported_at,
    })
}

/// Returns a configured source.
fn feedback_source(config: &Config, name: &str) -> Result<FeedbackSource, ExportError> {
    let source = config.sources.iter().find(|source| source.name == name);
    let source = source
        .ok_or_else(|| ExportError::Usage(format!("no source `{}` is configured", name.escape_debug())))?;
    Ok(FeedbackSource { source: source.name.clone(), expect: source.expect })
}

/// Returns the audience of a request, as it is configured now.
fn audience_of(config: &Config, name: Option<&str>) -> Result<Audience, ExportError> {
    let audiences = config.rules.audiences_of_run();
    let names = || audiences.iter().map(|audience| audience.name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        None if audiences.len() == 1 => Ok(audiences[0].clone()),
        None => Err(ExportError::Usage(format!(
            "an export is for one audience; name it with --audience: {}",
            names()
        ))),
        Some("steward") if !audiences.iter().any(|audience| audience.name == "steward") => {
            Err(ExportError::Refused("the folder of the data steward is not exported".to_owned()))
        }
        Some(name) => audiences.iter().find(|audience| audience.name == name).cloned().ok_or_else(|| {
            ExportError::Refused(format!(
                "no audience `{}` is configured, so that nothing may leave for it; configured: {}",
                name.escape_debug(),
                names()
            ))
        }),
    }
}

fn add_flags(entities: &mut [ExportedEntity], flags: &[ExportedFlag]) {
    let mut of_entity: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for flag in flags {
        for entity in &flag.entity_ids {
            of_entity.entry(entity).or_default().push(flag.id.clone());
        }
    }
    for entity in entities {
        entity.flags = of_entity.remove(entity.id.as_str()).unwrap_or_default();
        entity.flags.sort();
    }
}

/// Returns whether an audience may have a row with a marking, by the clearance that it has now.
fn is_admitted(audience: &Audience, marking: Marking) -> bool {
    let Some(clearance) = &audience.clearance else { return true };
    // An unknown clearance admits nothing.
    Marking::parse(clearance).is_some_and(|clearance| marking.admits(clearance))
}

/// Fails if a row is above the clearance of the audience: the clearance may have changed since the run.
fn refuse_above_clearance(
    audience: &Audience,
    flags: &[ExportedFlag],
    entities: &[ExportedEntity],
    links: &[ExportedLink],
) -> Result<(), ExportError> {
    let markings = flags.iter().map(|flag| flag.marking);
    let markings = markings.chain(entities.iter().map(|entity| entity.marking));
    let mut markings = markings.chain(links.iter().map(|link| link.marking));
    if markings.all(|marking| is_admitted(audience, marking)) {
        return Ok(());
    }
    Err(ExportError::Refused(format!(
        "the run has rows above the clearance that the audience `{}` has now; run again, then export",
        audience.name
    )))
}

/// Returns the STIX ids by which sources delivered the selected entities and links.
fn delivered_ids(
    folder: &Path,
    entities: &[ExportedEntity],
    links: &[ExportedLink],
) -> Result<BTreeMap<String, Vec<String>>, ExportError> {
    let own: BTreeMap<&str, BTreeSet<&str>> = entities
        .iter()
        .map(|entity| {
            let ids = entity.identifiers.iter().filter_map(|text| text.strip_prefix("stix:"));
            (entity.id.as_str(), ids.collect())
        })
        .collect();
    let links: BTreeSet<&str> = links.iter().map(|link| link.id.as_str()).collect();
    let table = TableColumns::read(folder, "evidence")?;
    let mut delivered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in table.rows() {
        let (Some(subject), Some(object)) =
            (table.text_at("subject_id", row), table.text_at("object_id", row))
        else {
            continue;
        };
        let object = object.to_ascii_lowercase();
        let is_entity = own.get(subject).is_some_and(|ids| ids.contains(object.as_str()));
        if is_entity || (links.contains(subject) && object.starts_with("relationship--")) {
            delivered.entry(subject.to_owned()).or_default().insert(object);
        }
    }
    Ok(delivered.into_iter().map(|(subject, ids)| (subject, ids.into_iter().collect())).collect())
}

/// Returns the configured reliability of each source.
fn reliability(config: &Config) -> BTreeMap<String, &'static str> {
    use crate::record::Reliability;
    let letter = |reliability| match reliability {
        Reliability::A => "a",
        Reliability::B => "b",
        Reliability::C => "c",
        Reliability::D => "d",
        Reliability::E => "e",
        Reliability::F => "f",
    };
    config.rules.terms.iter().map(|(source, terms)| (source.clone(), letter(terms.reliability))).collect()
}
