//! Groups of changes: thousands of changes become a few rows, one for each subject, cause, kind and source.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{Cause, Change, ChangeKind, Subject};

/// Changes with one subject, cause, kind and source.
#[derive(Clone, Debug, PartialEq)]
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
    pub subject_ids: Vec<String>,
    /// Number of subjects of each type, largest first.
    pub kinds: Vec<(String, usize)>,
    /// Number of changes with each trait, such as an unchanged version field.
    pub traits: Vec<(&'static str, usize)>,
    /// Labels of the first few subjects.
    pub examples: Vec<String>,
    /// Text after the count: `objects of attack changed; 12 with …`.
    pub summary: String,
    /// The same with the cause in words.
    pub detail: String,
}

/// Number of examples that a group shows.
const EXAMPLES: usize = 12;

/// Groups while changes are added. There may be millions of changes, so a group keeps counts, ids and a few labels.
#[derive(Debug, Default)]
pub struct Groups(BTreeMap<(Subject, Cause, ChangeKind, String), Gathered>);

/// Counts, ids and examples of a group.
#[derive(Debug, Default)]
struct Gathered {
    ids: Vec<String>,
    kinds: BTreeMap<String, usize>,
    traits: BTreeMap<&'static str, usize>,
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
    let Gathered { mut ids, kinds, traits, examples } = group;
    ids.sort();
    let mut kinds: Vec<(String, usize)> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let traits: Vec<(&'static str, usize)> = traits.into_iter().collect();
    let id = blake3::hash(format!("{subject:?}/{cause:?}/{what:?}/{source}").as_bytes()).to_hex();
    let summary = summary(subject, what, &source, ids.len(), &traits);
    ChangeGroup {
        id: format!("change-{}", &id[..20]),
        detail: format!("{summary} ({})", why(subject, what, cause)),
        summary,
        subject_ids: ids,
        subject,
        what,
        cause,
        source,
        kinds,
        traits,
        examples: examples.into_iter().map(|(_, label)| label).collect(),
    }
}

fn summary(
    subject: Subject,
    what: ChangeKind,
    source: &str,
    count: usize,
    traits: &[(&str, usize)],
) -> String {
    let things = match (subject, count) {
        (Subject::Record, 1) => "object",
        (Subject::Record, _) => "objects",
        (Subject::Entity, 1) => "entity",
        (Subject::Entity, _) => "entities",
        (Subject::Link, 1) => "link",
        (Subject::Link, _) => "links",
        (Subject::Community, 1) => "community",
        (Subject::Community, _) => "communities",
    };
    let from = if source.is_empty() { String::new() } else { format!(" of {source}") };
    let happened = match what {
        ChangeKind::Added => "arrived",
        ChangeKind::Removed => "left",
        ChangeKind::Changed => "changed",
        ChangeKind::Merged => "became part of another",
        ChangeKind::Split => "came apart from another",
        ChangeKind::Born => "came to be",
        ChangeKind::Grew => "grew",
        ChangeKind::Shrank => "shrank",
        ChangeKind::Ended => "ended",
        ChangeKind::Reactivated => "came back",
    };
    let mut said = format!("{things}{from} {happened}");
    for (name, of_trait) in traits {
        let _ = write!(said, "; {} {name}", thousands(*of_trait));
    }
    said
}

fn why(subject: Subject, what: ChangeKind, cause: Cause) -> &'static str {
    match cause {
        Cause::ObservedNew => "told for the first time",
        Cause::LateArrival => "told late: it is of long before the night before",
        Cause::SourceCorrection => "the source says otherwise than before",
        Cause::Expiry => "the end of its validity has passed",
        Cause::Deletion if subject == Subject::Record && what == ChangeKind::Changed => {
            "revoked or deprecated by the source"
        }
        Cause::Deletion if subject == Subject::Record => "withdrawn by the source",
        Cause::Deletion => "withdrawn or revoked by the source",
        Cause::NewSource => "from a source that had told nothing before",
        Cause::ResolverChange => "our rules of identity changed, not the records",
        Cause::ConfigurationChange => "our configuration changed, not the records",
    }
}

/// Writes a count with separators: `12,585`.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
