//! Differences from the previous run, by cause, and the cause of one subject's change.

use std::path::Path;

use super::{
    ids::{COMMUNITY, ENTITY, IdKind, LINK},
    scan::scan,
};
use crate::{explain::QuestionError, temporal::Subject};

/// One group of equal changes.
#[derive(Clone, Debug)]
pub(super) struct ChangeRow {
    pub(super) subject: String,
    pub(super) what: String,
    pub(super) cause: String,
    pub(super) count: u64,
    pub(super) detail: Option<String>,
}

/// Subjects whose changes can be looked up. Records are left out: they are the most, and no screen asks for one.
const SUBJECTS: [(Subject, IdKind); 3] =
    [(Subject::Entity, ENTITY), (Subject::Link, LINK), (Subject::Community, COMMUNITY)];

/// The changes of a run.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) rows: Vec<ChangeRow>,
    /// Id and row of each changed subject, sorted; one list for each row of `SUBJECTS`.
    of_subject: [Vec<(u128, u32)>; SUBJECTS.len()],
}

impl Changes {
    /// Reads the table `changes` in the folder of an audience.
    pub(super) fn read(folder: &Path) -> Result<Self, QuestionError> {
        let mut changes = Self::default();
        scan(folder, "changes", &["subject", "what", "cause", "count", "detail", "subject_ids"], |part| {
            for row in 0..part.rows() {
                let text = |name: &str| part.text(name)?[row].clone();
                let subject = text("subject")?;
                let kind = SUBJECTS.iter().position(|(kind, _)| kind.name() == subject);
                if let Some(kind) = kind {
                    let position = changes.rows.len() as u32;
                    let ids = part.texts("subject_ids")?[row].iter();
                    let ids = ids.filter_map(|id| Some((SUBJECTS[kind].1.parse(id)?, position)));
                    changes.of_subject[kind].extend(ids);
                }
                changes.rows.push(ChangeRow {
                    subject,
                    what: text("what")?,
                    cause: text("cause")?,
                    count: part.count("count")?[row]?,
                    detail: text("detail"),
                });
            }
            Some(())
        })?;
        for subjects in &mut changes.of_subject {
            subjects.sort_unstable();
            subjects.shrink_to_fit();
        }
        Ok(changes)
    }

    /// Returns the changes of a subject.
    pub(super) fn of(&self, subject: Subject, id: u128) -> Vec<&ChangeRow> {
        let Some(kind) = SUBJECTS.iter().position(|(known, _)| *known == subject) else { return Vec::new() };
        let subjects = &self.of_subject[kind];
        let start = subjects.partition_point(|(known, _)| *known < id);
        let of_id = subjects[start..].iter().take_while(|(known, _)| *known == id);
        of_id.map(|(_, row)| &self.rows[*row as usize]).collect()
    }
}
