//! Decisions of people about the identity of two entities, as entity resolution reads them.

use super::{Judgement, Kind, Value, withdrawn};
use crate::time::Moment;

/// One judgement about two entities that no later judgement withdraws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Id of the judgement.
    pub id: String,
    /// Person who decided.
    pub by: String,
    /// Verdict: same, different, contested or unsure.
    pub value: Value,
    /// Recorded time of the judgement.
    pub recorded_at: Moment,
    /// Id of each entity when the person decided.
    pub entities: [String; 2],
    /// Identifiers of each entity when the person decided, the earliest recorded first; empty if a file gave ids only.
    pub identifiers: [Vec<String>; 2],
}

/// Decisions that are in force as of one time, in order of recorded time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions(Vec<Decision>);

impl Decisions {
    /// Collects the judgements about entities that are in force as of a time.
    pub fn of(judgements: &[Judgement], until: Moment) -> Self {
        let known: Vec<&Judgement> = judgements
            .iter()
            .filter(|judgement| judgement.kind == Kind::Identity && judgement.recorded_at <= until)
            .collect();
        let withdrawn = withdrawn(&known);
        let decision = |judgement: &&Judgement| {
            let id = judgement.id();
            if judgement.value == Value::Withdrawn || withdrawn.contains(&id) {
                return None;
            }
            let side = |position: usize| judgement.identifiers.get(position).cloned().unwrap_or_default();
            Some(Decision {
                id,
                by: judgement.by.clone(),
                value: judgement.value,
                recorded_at: judgement.recorded_at,
                entities: [judgement.subject_id.clone(), judgement.other_id.clone()?],
                identifiers: [side(0), side(1)],
            })
        };
        let mut decisions: Vec<Decision> = known.iter().filter_map(decision).collect();
        decisions.sort_by(|a, b| (a.recorded_at, &a.id).cmp(&(b.recorded_at, &b.id)));
        decisions.dedup_by(|a, b| a.id == b.id);
        Self(decisions)
    }

    /// Returns the decisions, in order of recorded time.
    pub fn all(&self) -> &[Decision] {
        &self.0
    }

    /// Returns whether there are no decisions.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a text that differs whenever the decisions differ.
    pub fn key(&self) -> String {
        let ids: Vec<&str> = self.0.iter().map(|decision| decision.id.as_str()).collect();
        ids.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgement::tests::judgement;

    fn about(recorded_at: i64, by: &str, value: Value) -> Judgement {
        Judgement {
            kind: Kind::Identity,
            subject_id: "entity-1".to_owned(),
            other_id: Some("entity-2".to_owned()),
            identifiers: vec![vec!["domain-name:a.example".to_owned()], Vec::new()],
            ..judgement(recorded_at, by, value)
        }
    }

    #[test]
    fn decisions_are_those_of_the_time_that_nobody_withdrew() {
        let (same, different) = (about(1, "ana", Value::Same), about(3, "ben", Value::Different));
        let withdrawal = Judgement { other_id: Some(same.id()), ..about(2, "ana", Value::Withdrawn) };
        let flag = judgement(1, "ana", Value::Benign);
        let all = [different.clone(), same.clone(), withdrawal, flag];
        let values = |until: i64| {
            let decisions = Decisions::of(&all, Moment::from_micros(until));
            decisions.all().iter().map(|decision| decision.value).collect::<Vec<_>>()
        };
        assert_eq!(values(0), []);
        assert_eq!(values(1), [Value::Same]);
        assert_eq!(values(2), [], "a withdrawn judgement is as if it had never been made");
        assert_eq!(values(3), [Value::Different]);
        let one = Decisions::of(&[same], Moment::from_micros(9));
        assert_eq!(one.all()[0].identifiers[0], ["domain-name:a.example"]);
        assert_ne!(one.key(), Decisions::of(&[different], Moment::from_micros(9)).key());
        assert_eq!(Decisions::of(&[], Moment::from_micros(9)).key(), "");
    }
}
