//! Groups of changes: thousands of changes become a few rows, one for each subject, cause, kind and source.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Change, ChangeKind, ChangeTrait, Subject, SubjectId, SubjectIds};

/// Changes with one subject, cause, kind and source.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ChangeGroup {
    /// Id that is unique in its run; derives from subject, cause, kind and source.
    pub id: String,
    /// Subject of the changes.
    pub subject: Subject,
    /// Kind of the changes.
    pub what: ChangeKind,
    /// Cause of the changes.
    pub cause: Cause,
    /// Source of records; empty for other subjects.
    pub source: String,
    /// Ids of the subjects, sorted.
    pub subject_ids: SubjectIds,
    /// Number of subjects of each type, largest first.
    pub kinds: Vec<(String, usize)>,
    /// Number of changes with each trait, such as an unchanged version field.
    pub traits: Vec<(ChangeTrait, usize)>,
    /// Labels of the first few subjects.
    pub examples: Vec<String>,
}

/// Number of examples that a group shows.
const EXAMPLES: usize = 12;

/// Groups while changes are added. There may be millions of changes, so a group keeps counts, ids and a few labels.
#[derive(Debug, Default)]
pub struct Groups(BTreeMap<(Subject, Cause, ChangeKind, String), Gathered>);

/// Counts, ids and examples of a group.
#[derive(Debug, Default)]
struct Gathered {
    ids: Vec<SubjectId>,
    kinds: BTreeMap<String, usize>,
    traits: BTreeMap<ChangeTrait, usize>,
    /// The first few labels; names precede bare ids.
    examples: BTreeSet<(bool, String)>,
}

impl Groups {
    /// Adds one change.
    pub fn add(&mut self, change: Change) {
        let group = self.0.entry((change.subject, change.cause, change.what, change.source)).or_default();
        group.ids.push(change.id);
        *group.kinds.entry(change.kind).or_default() += 1;
        for name in change.traits {
            *group.traits.entry(name).or_default() += 1;
        }
        group.examples.insert((change.label.contains("--"), change.label));
        if group.examples.len() > EXAMPLES {
            group.examples.pop_last();
        }
    }

    /// Returns the groups, in order of subject, cause, kind and source.
    pub fn finish(self) -> Vec<ChangeGroup> {
        self.0
            .into_iter()
            .map(|((subject, cause, what, source), group)| of(subject, cause, what, source, group))
            .collect()
    }
}

/// Groups changes.
pub fn group(changes: Vec<Change>) -> Vec<ChangeGroup> {
    let mut groups = Groups::default();
    for change in changes {
        groups.add(change);
    }
    groups.finish()
}

fn of(subject: Subject, cause: Cause, what: ChangeKind, source: String, group: Gathered) -> ChangeGroup {
    let Gathered { ids, kinds, traits, examples } = group;
    let mut kinds: Vec<(String, usize)> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let traits: Vec<(ChangeTrait, usize)> = traits.into_iter().collect();
    let id = blake3::hash(format!("{subject:?}/{cause:?}/{what:?}/{source}").as_bytes()).to_hex();
    ChangeGroup {
        id: format!("change-{}", &id[..20]),
        subject_ids: SubjectIds::of(subject, ids),
        subject,
        what,
        cause,
        source,
        kinds,
        traits,
        examples: examples.into_iter().map(|(_, label)| label).collect(),
    }
}
