//! Judgements: decisions of people about flags and entities. They are appended, and never changed.
//!
//! The last verdict of each person counts, unless a later judgement withdraws it. If two people give *confirmed* and
//! *benign*, the flag is contested.

mod identity;

use std::collections::{BTreeMap, BTreeSet};

pub use identity::{Decision, Decisions};
use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Id that a file gave; `None` if the id derives from the content (see [`Judgement::id`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement_id: Option<String>,
    /// Recorded time of the decision.
    pub recorded_at: Moment,
    /// Person who decided.
    pub by: String,
    /// Id of the flag, or of the first of two entities.
    pub subject_id: String,
    /// Id of the second of two entities; for `withdrawn`, the id of the judgement that it withdraws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_id: Option<String>,
    /// Kind of the subject.
    pub kind: Kind,
    /// Verdict.
    pub value: Value,
    /// Reason, as the person wrote it.
    #[serde(default)]
    pub reason: String,
    /// Name of a row of [`REASON_CODES`]; `None` if the person chose none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Note of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Canonical identifiers of each of the two entities when the person decided, the earliest recorded first. An id of
    /// an entity changes with a merge, and an identifier does not. Empty for flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Vec<String>>,
    /// Audience whose results the person saw; `None` for somebody who may read everything. Only this audience and readers
    /// without a clearance see the reason and the note, because the text may quote what the person saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// Kind of a judgement's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Identity of two entities.
    Identity,
    /// A flag.
    Flag,
}

/// Verdict of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// The two entities are the same.
    Same,
    /// The two entities are different.
    Different,
    /// People disagree.
    Contested,
    /// The evidence is not sufficient.
    Unsure,
    /// The flag shows something real.
    Confirmed,
    /// It has an innocent explanation.
    Benign,
    /// More evidence is needed.
    NeedsMore,
    /// Another flag shows the same.
    Duplicate,
    /// Withdraws the judgement that it names.
    Withdrawn,
}

/// The verdict of one person on a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Person who decided.
    pub by: String,
    /// Value of the verdict.
    pub value: Value,
    /// Recorded time of the judgement.
    pub recorded_at: Moment,
}

/// Every kind with its values and their names.
pub const VALUES: &[(Kind, &str, Value)] = &[
    (Kind::Identity, "same", Value::Same),
    (Kind::Identity, "different", Value::Different),
    (Kind::Identity, "contested", Value::Contested),
    (Kind::Identity, "unsure", Value::Unsure),
    (Kind::Identity, "withdrawn", Value::Withdrawn),
    (Kind::Flag, "confirmed", Value::Confirmed),
    (Kind::Flag, "benign", Value::Benign),
    (Kind::Flag, "needs-more", Value::NeedsMore),
    (Kind::Flag, "duplicate", Value::Duplicate),
    (Kind::Flag, "withdrawn", Value::Withdrawn),
];

/// Names of reasons that a person can choose. The language has a text for each of them.
pub const REASON_CODES: &[&str] = &[
    "independent-evidence",
    "own-observation",
    "relevant-activity",
    "known-activity",
    "own-activity",
    "shared-infrastructure",
    "common-tool",
    "repeated-report",
    "data-error",
];

/// Beginning of every derived id of a judgement.
pub const ID_PREFIX: &str = "judgement-";
/// Digits of a derived id.
const ID_DIGITS: usize = 20;

impl Judgement {
    /// Returns the id: the one that a file gave, else one that derives from the content.
    pub fn id(&self) -> String {
        self.judgement_id.clone().unwrap_or_else(|| self.derived_id())
    }

    /// Returns the id that derives from the content.
    pub fn derived_id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let time = self.recorded_at.to_string();
        let other = self.other_id.as_deref().unwrap_or_default();
        let parts: [&str; 7] =
            [&time, &self.by, &self.subject_id, other, self.kind.name(), self.value.name(), &self.reason];
        // A judgement without these members keeps the id that it had before they existed.
        let added = [("code", &self.reason_code), ("note", &self.note), ("audience", &self.audience)];
        let added = added.iter().filter_map(|(name, text)| Some([*name, text.as_deref()?])).flatten();
        for part in parts.into_iter().chain(added) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        format!("{ID_PREFIX}{}", &hasher.finalize().to_hex()[..ID_DIGITS])
    }
}

/// Returns the verdicts in force on a flag, by person: the last one of each person up to `until` that is not withdrawn.
/// Judgements up to `after` do not count.
pub fn in_force<'a>(
    judgements: &'a [Judgement],
    flag_id: &str,
    after: Option<Moment>,
    until: Option<Moment>,
) -> Vec<&'a Judgement> {
    let of_flag: Vec<&Judgement> = judgements
        .iter()
        .filter(|judgement| {
            judgement.kind == Kind::Flag
                && judgement.subject_id == flag_id
                && until.is_none_or(|until| judgement.recorded_at <= until)
        })
        .collect();
    let withdrawn = withdrawn(&of_flag);
    let mut by_person: BTreeMap<&str, &Judgement> = BTreeMap::new();
    for judgement in of_flag {
        let counts = judgement.value != Value::Withdrawn
            && after.is_none_or(|after| judgement.recorded_at > after)
            && !withdrawn.contains(&judgement.id());
        if counts {
            let last = by_person.entry(&judgement.by).or_insert(judgement);
            if (judgement.recorded_at, judgement.value) >= (last.recorded_at, last.value) {
                *last = judgement;
            }
        }
    }
    by_person.into_values().collect()
}

/// Returns the ids of the judgements that a judgement in force withdraws.
pub fn withdrawn_ids(judgements: &[Judgement]) -> BTreeSet<String> {
    withdrawn(&judgements.iter().collect::<Vec<_>>())
}

/// Returns the ids of withdrawn judgements. A withdrawal that is itself withdrawn has no effect.
fn withdrawn(judgements: &[&Judgement]) -> BTreeSet<String> {
    let mut withdrawals: Vec<&Judgement> =
        judgements.iter().copied().filter(|judgement| judgement.value == Value::Withdrawn).collect();
    // The last withdrawal first, because only a later one can withdraw it.
    withdrawals.sort_by_key(|judgement| std::cmp::Reverse(judgement.recorded_at));
    let mut withdrawn = BTreeSet::new();
    for withdrawal in withdrawals {
        if !withdrawn.contains(&withdrawal.id()) {
            withdrawn.extend(withdrawal.other_id.clone());
        }
    }
    withdrawn
}

/// Returns true if verdicts of several people contain both *confirmed* and *benign*.
pub fn is_contested(values: impl IntoIterator<Item = Value>) -> bool {
    let values: BTreeSet<Value> = values.into_iter().collect();
    values.contains(&Value::Confirmed) && values.contains(&Value::Benign)
}

/// Returns the label that people gave a flag from a time on, and its recorded time. The label is true for *confirmed* and
/// false for *benign*. It is `None` without such a verdict, and while the flag is contested.
pub fn label(judgements: &[Judgement], flag_id: &str, from: Moment) -> Option<(bool, Moment)> {
    let before = Moment::from_micros(from.micros() - 1);
    let decided = |judgement: &&Judgement| matches!(judgement.value, Value::Confirmed | Value::Benign);
    let verdicts: Vec<&Judgement> =
        in_force(judgements, flag_id, Some(before), None).into_iter().filter(decided).collect();
    if is_contested(verdicts.iter().map(|judgement| judgement.value)) {
        return None;
    }
    let first = verdicts.into_iter().min_by_key(|judgement| judgement.recorded_at)?;
    Some((first.value == Value::Confirmed, first.recorded_at))
}

impl Kind {
    /// Returns the name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Flag => "flag",
        }
    }
}

impl Value {
    /// Returns the value of a kind with this name; `None` if there is none.
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        VALUES
            .iter()
            .find(|(value_kind, name, _)| *value_kind == kind && *name == text)
            .map(|(.., value)| *value)
    }

    /// Returns the name, as people write it.
    pub fn name(self) -> &'static str {
        VALUES.iter().find(|(.., value)| *value == self).expect("every value is on the table").1
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns a verdict on `flag-1`.
    pub(crate) fn judgement(recorded_at: i64, by: &str, value: Value) -> Judgement {
        Judgement {
            judgement_id: None,
            recorded_at: Moment::from_micros(recorded_at),
            by: by.to_owned(),
            subject_id: "flag-1".to_owned(),
            other_id: None,
            kind: Kind::Flag,
            value,
            reason: String::new(),
            reason_code: None,
            note: None,
            identifiers: Vec::new(),
            audience: None,
        }
    }

    fn withdrawal(recorded_at: i64, of: &Judgement) -> Judgement {
        Judgement { other_id: Some(of.id()), ..judgement(recorded_at, "lead", Value::Withdrawn) }
    }

    fn values(judgements: &[Judgement]) -> Vec<(&str, &'static str)> {
        let in_force = in_force(judgements, "flag-1", None, None);
        in_force.into_iter().map(|judgement| (judgement.by.as_str(), judgement.value.name())).collect()
    }

    #[test]
    fn the_last_verdict_of_each_person_counts_and_a_withdrawal_takes_one_back() {
        let (first, second) = (judgement(1, "ana", Value::Benign), judgement(2, "ben", Value::Confirmed));
        let third = judgement(3, "ana", Value::Confirmed);
        let mut all = vec![first, second.clone(), third.clone()];
        assert_eq!(values(&all), [("ana", "confirmed"), ("ben", "confirmed")]);
        let taken_back = withdrawal(4, &third);
        all.push(taken_back.clone());
        assert_eq!(values(&all), [("ana", "benign"), ("ben", "confirmed")], "the earlier verdict is back");
        assert!(is_contested(in_force(&all, "flag-1", None, None).iter().map(|one| one.value)));
        assert_eq!(label(&all, "flag-1", Moment::from_micros(0)), None, "a contested flag has no label");
        let after = Some(Moment::from_micros(1));
        assert_eq!(in_force(&all, "flag-1", after, None).len(), 1, "an outgrown verdict does not count");
        assert_eq!(in_force(&all, "flag-1", None, after).len(), 1, "a later verdict is not known yet");
        all.push(withdrawal(5, &taken_back));
        assert_eq!(values(&all), [("ana", "confirmed"), ("ben", "confirmed")]);
        assert_eq!(label(&all, "flag-1", Moment::from_micros(0)), Some((true, Moment::from_micros(2))));
        assert_eq!(label(&all, "flag-1", Moment::from_micros(4)), None);
        all.push(withdrawal(6, &second));
        assert_eq!(values(&all), [("ana", "confirmed")]);
    }

    #[test]
    fn only_confirmed_and_benign_contradict_each_other() {
        assert!(!is_contested([Value::Confirmed, Value::NeedsMore, Value::Duplicate]));
        assert!(!is_contested([Value::Benign, Value::Benign]));
        assert!(is_contested([Value::Benign, Value::NeedsMore, Value::Confirmed]));
    }

    #[test]
    fn an_id_derives_from_the_content_unless_a_file_gives_one() {
        let (one, other) = (judgement(1, "ana", Value::Benign), judgement(1, "ben", Value::Benign));
        assert_ne!(one.id(), other.id());
        assert_eq!(one.id(), one.clone().id());
        assert!(one.id().len() == ID_PREFIX.len() + ID_DIGITS && one.id().starts_with(ID_PREFIX));
        assert_eq!(Judgement { judgement_id: Some("J-7".to_owned()), ..one }.id(), "J-7");
    }
}
