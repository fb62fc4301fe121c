//! Verdicts of people on a flag over the runs: in force, contested or outgrown.

use serde::{Deserialize, Serialize};

use crate::{
    judgement::{self, Judgement, Kind, Value, Verdict},
    time::Moment,
};

/// Days for which a benign judgement is valid.
const BENIGN_DAYS: i64 = 90;

/// Verdicts on a flag, as of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The last verdict of each person that is in force, by person.
    pub in_force: Vec<Verdict>,
    /// Time of the last judgement that a run took into account, even if the flag has grown since.
    pub answered: Option<Moment>,
    /// Judgements up to this time do not count: the flag has grown since, or a benign verdict expired.
    pub after: Option<Moment>,
}

impl Verdicts {
    /// Returns the verdict in force and its time: the last one of all people; `None` without any, and for a contested
    /// flag.
    pub fn judged(&self) -> Option<(Value, Moment)> {
        if self.is_contested() {
            return None;
        }
        let last = self.in_force.iter().max_by_key(|verdict| (verdict.recorded_at, verdict.value))?;
        Some((last.value, last.recorded_at))
    }

    /// Returns true if one person confirmed the flag and another one judged it benign.
    pub fn is_contested(&self) -> bool {
        judgement::is_contested(self.in_force.iter().map(|verdict| verdict.value))
    }

    /// Applies the judgements up to the as-of time. Returns true if there is one that no earlier run took into account.
    pub(super) fn apply(&mut self, judgements: &[Judgement], flag_id: &str, as_of: Moment) -> bool {
        let of_flag = judgements.iter().filter(|judgement| {
            judgement.kind == Kind::Flag && judgement.subject_id == flag_id && judgement.recorded_at <= as_of
        });
        let last = of_flag.map(|judgement| judgement.recorded_at).max();
        let is_new = last > self.answered;
        self.answered = last.max(self.answered);
        self.read(judgements, flag_id, as_of);
        let expires = as_of.days_earlier(BENIGN_DAYS);
        let expired = self
            .in_force
            .iter()
            .filter(|verdict| verdict.value == Value::Benign && verdict.recorded_at < expires)
            .map(|verdict| verdict.recorded_at)
            .max();
        if expired.is_some() {
            self.after = expired.max(self.after);
            self.read(judgements, flag_id, as_of);
        }
        is_new
    }

    fn read(&mut self, judgements: &[Judgement], flag_id: &str, as_of: Moment) {
        let in_force = judgement::in_force(judgements, flag_id, self.after, Some(as_of));
        self.in_force = in_force
            .into_iter()
            .map(|judgement| Verdict {
                by: judgement.by.clone(),
                value: judgement.value,
                recorded_at: judgement.recorded_at,
            })
            .collect();
    }

    /// Sets all verdicts out of force, because the flag has grown since.
    pub(super) fn outgrow(&mut self) {
        self.in_force.clear();
        self.after = self.answered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    fn judgement(day: i64, by: &str, value: Value) -> Judgement {
        Judgement {
            judgement_id: None,
            recorded_at: Moment::from_micros(day * DAY),
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

    #[test]
    fn verdicts_are_applied_contested_outgrown_and_expire() {
        let all = [
            judgement(1, "ana", Value::Benign),
            judgement(3, "ben", Value::Confirmed),
            judgement(5, "ben", Value::Benign),
        ];
        let mut verdicts = Verdicts::default();
        let mut on = |day: i64| {
            let is_new = verdicts.apply(&all, "flag-1", Moment::from_micros(day * DAY));
            (is_new, verdicts.is_contested(), verdicts.judged().map(|(value, _)| value.name()))
        };
        assert_eq!(on(0), (false, false, None));
        assert_eq!(on(1), (true, false, Some("benign")));
        assert_eq!(on(2), (false, false, Some("benign")));
        assert_eq!(on(4), (true, true, None));
        assert_eq!(on(6), (true, false, Some("benign")), "agreement restores the verdict");
        assert_eq!(on(94), (false, false, Some("benign")));
        assert_eq!(on(96), (false, false, None), "a benign verdict expires after 90 days");
        let mut verdicts = Verdicts::default();
        verdicts.apply(&all, "flag-1", Moment::from_micros(4 * DAY));
        verdicts.outgrow();
        assert!(!verdicts.apply(&all, "flag-1", Moment::from_micros(4 * DAY)));
        assert_eq!((verdicts.is_contested(), verdicts.judged()), (false, None));
        assert!(
            verdicts.apply(&all, "flag-1", Moment::from_micros(6 * DAY)),
            "a later judgement counts again"
        );
        assert_eq!(verdicts.judged().map(|(value, _)| value), Some(Value::Benign));
    }
}
