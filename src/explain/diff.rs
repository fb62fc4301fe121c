//! Differences between two runs of the archive.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use serde::Serialize;

use super::{error::QuestionError, run_names::find_run};
use crate::{
    analysis::Class,
    archive::{Access, Archive, ArchivedRun},
    index::EntityIndex,
    language::{self, Language},
    resolve::Resolution,
    run::{
        Config, audience,
        changes::{self, ComparedRuns},
        rules,
    },
    tables,
    temporal::{Cause, ChangeGroup, ChangeKind, Subject},
};

/// Most entities that are named for one cause.
const ENTITIES_MAX: usize = 5;

/// Differences between two runs.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Name of the later run.
    pub run: String,
    /// Name of the earlier run; `None` where there is none.
    pub compared_with: Option<String>,
    /// Names of those of the two runs whose folders were erased. The comparison is made from the archive, without the erased records.
    pub erased: Vec<String>,
    /// Changes by cause.
    pub changes: Vec<ChangeLine>,
    /// The most important entities of each cause, in the order of the causes.
    pub entities: Vec<CauseEntities>,
}

/// The entities that one cause changed most.
#[derive(Clone, Debug, Serialize)]
pub struct CauseEntities {
    /// Cause of the changes.
    pub cause: Cause,
    /// Entities with changed links, or that changed themselves: first actors, campaigns, malware and tools, then by the
    /// number of changed links.
    pub entities: Vec<ChangedEntity>,
    /// Number of such entities that are not named.
    pub left_out: usize,
}

/// An entity that changed, or whose links changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedEntity {
    /// Lasting id.
    pub id: String,
    /// Kind of the entity.
    pub kind: String,
    /// Label of the entity.
    pub label: String,
    /// Number of its links that the cause changed.
    pub changed_links: usize,
}

/// Changes of one kind and cause.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeLine {
    /// Id of the group.
    pub change_id: String,
    /// Cause of the changes.
    pub cause: Cause,
    /// Type of subject.
    pub subject: Subject,
    /// Type of change.
    pub what: ChangeKind,
    /// Number of changes.
    pub count: usize,
    /// Source of changed records; empty for other subjects.
    pub source: String,
    /// Description with the cause.
    pub detail: String,
    /// Labels of some subjects.
    pub examples: Vec<String>,
    /// The changes as data.
    #[serde(skip)]
    pub group: ChangeGroup,
}

impl ChangeLine {
    fn new(language: &Language, group: ChangeGroup) -> Self {
        Self {
            change_id: group.id.clone(),
            cause: group.cause,
            subject: group.subject,
            what: group.what,
            count: group.subject_ids.len(),
            source: group.source.clone(),
            detail: language::change_detail(language, &group),
            examples: group.examples.clone(),
            group,
        }
    }
}

/// Compares two runs of the archive. Without names these are the last two; with one name, the named run and
/// the one before it.
pub fn diff(config: &Config, names: &[String], audience: Option<&str>) -> Result<Difference, QuestionError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let runs = archive.runs();
    let last = runs.last().ok_or_else(|| QuestionError::NoRun(config.state.display().to_string()))?;
    let named = |text: &String| Ok::<ArchivedRun, QuestionError>(runs[find_run(&runs, text)?].clone());
    let (previous, run) = match names {
        [] => (archive.run_before(last.moment), last.clone()),
        [name] => {
            let run = named(name)?;
            (archive.run_before(run.moment), run)
        }
        [one, other, ..] => {
            let (one, other) = (named(one)?, named(other)?);
            if one.moment <= other.moment { (Some(one), other) } else { (Some(other), one) }
        }
    };
    let rules = rules::of_earlier_run(&archive, &run, &config.rules)?;
    let audience = audience::asked(&rules, audience)?;
    let rules = rules::with_present_agreements(rules, &config.rules, &audience);
    let mut contents = archive.read()?;
    contents.decide_until(run.moment);
    let compared = ComparedRuns::open(&archive, run.moment, previous, &rules)?;
    let (changes, resolution) = changes::between(&archive, &contents, &compared, &audience)?;
    let (run, compared_with) =
        (run.moment.folder(), compared.previous.as_ref().map(|previous| previous.as_of.folder()));
    let is_erased = |run: &&String| tables::is_erased(&config.out.join(run));
    Ok(Difference {
        entities: changed_entities(&changes, &resolution),
        erased: compared_with.iter().chain([&run]).filter(is_erased).cloned().collect(),
        run,
        compared_with,
        changes: changes.into_iter().map(|group| ChangeLine::new(Language::english(), group)).collect(),
    })
}

/// Returns the most important entities of each cause. An entity or link that the later run does not have is left out.
fn changed_entities(changes: &[ChangeGroup], resolution: &Resolution) -> Vec<CauseEntities> {
    let links: HashMap<&str, [EntityIndex; 2]> =
        resolution.links.iter().map(|link| (&*link.id, [link.from, link.to])).collect();
    let mut by_cause: BTreeMap<Cause, BTreeMap<EntityIndex, usize>> = BTreeMap::new();
    for group in changes {
        let counts = by_cause.entry(group.cause).or_default();
        for id in group.subject_ids.iter().map(|id| id.to_string()) {
            match group.subject {
                Subject::Entity => {
                    let entities = &resolution.entities;
                    if let Ok(index) = entities.binary_search_by(|entity| entity.id.as_str().cmp(&id)) {
                        counts.entry(EntityIndex::new(index)).or_default();
                    }
                }
                Subject::Link => {
                    for entity in links.get(&*id).into_iter().flatten() {
                        *counts.entry(*entity).or_default() += 1;
                    }
                }
                Subject::Record | Subject::Community => {}
            }
        }
    }
    let of_cause = |(cause, counts): (Cause, BTreeMap<EntityIndex, usize>)| {
        let mut order: Vec<(EntityIndex, usize)> = counts.into_iter().collect();
        let is_principal = |index: EntityIndex| Class::of(&resolution[index].kind).is_principal();
        order.sort_by_key(|&(index, count)| (!is_principal(index), Reverse(count), index));
        let named = order.iter().take(ENTITIES_MAX).map(|&(index, changed_links)| {
            let entity = &resolution[index];
            let (id, kind, label) = (entity.id.into(), entity.kind.into(), entity.label.to_string());
            ChangedEntity { id, kind, label, changed_links }
        });
        let entities: Vec<ChangedEntity> = named.collect();
        CauseEntities { cause, left_out: order.len() - entities.len(), entities }
    };
    by_cause.into_iter().map(of_cause).filter(|line| !line.entities.is_empty()).collect()
}
