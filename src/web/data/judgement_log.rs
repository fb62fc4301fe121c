//! The screen of judgements: those that the audience may see, and how far reviewers agree.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    RunData,
    ids::ENTITY,
    scan::{has_table, scan},
};
use crate::{
    judgement::{self, Judgement, Kind, Value},
    learn::agreement::{self, Agreement},
    run::{Config, published::published_runs},
};

/// Most earlier runs whose flags are searched.
const RUNS_MAX: usize = 400;

/// A flag of a published run, as the last run that had it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFlag {
    /// Title.
    pub title: String,
    /// Name of its pattern.
    pub pattern: String,
    /// Ids of its entities.
    pub entity_ids: Vec<String>,
    /// Name of that run.
    pub run: String,
}

/// Effect of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is the last verdict of its person.
    InForce,
    /// The person gave a later verdict.
    Replaced,
    /// A later judgement withdrew it.
    Withdrawn,
    /// It withdraws another judgement.
    Withdraws,
    /// It is about the identity of entities.
    Identity,
}

/// A judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementRow {
    /// Id.
    pub id: String,
    /// Recorded time in words.
    pub recorded_at: String,
    /// Person.
    pub by: String,
    /// Verdict.
    pub value: &'static str,
    /// Effect.
    pub effect: Effect,
    /// Id of the flag, or of the first entity.
    pub subject: String,
    /// Title of the flag in the last run that had it.
    pub title: Option<String>,
    /// Id of the second entity, or of the withdrawn judgement.
    pub other: Option<String>,
    /// Is true if the flag has a screen.
    pub is_current: bool,
    /// Is true if people confirmed the flag and judged it benign.
    pub is_contested: bool,
    /// Reason as the person wrote it.
    pub reason: String,
    /// Name of the chosen reason.
    pub reason_code: Option<String>,
    /// Note of the person.
    pub note: Option<String>,
}

/// Two reviewers who judged the same flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewerPair {
    /// The two people.
    pub people: [String; 2],
    /// Flags that both judged.
    pub flags: usize,
    /// Flags on which their verdicts are equal.
    pub equal: usize,
}

/// The screen of judgements.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgementLog {
    /// Judgements, the latest first.
    pub rows: Vec<JudgementRow>,
    /// Verdicts in force of each person.
    pub people: Vec<(String, usize)>,
    /// Agreement of all reviewers.
    pub agreement: Agreement,
    /// Agreement of each two reviewers with a flag in common.
    pub pairs: Vec<ReviewerPair>,
}

/// Returns the screen of judgements. `judgements` has the judgements on flags that the audience may see, and any on entities;
/// of the latter the screen has those on entities that the audience knows. `has_card` says whether a flag has a screen.
pub fn judgement_log(
    data: &RunData,
    judgements: &[Judgement],
    has_card: impl Fn(&str) -> bool,
) -> JudgementLog {
    let flags = &data.known_flags;
    let names = known_names(data, judgements);
    let is_visible = |judgement: &&Judgement| {
        let mut subjects = std::iter::once(&*judgement.subject_id).chain(judgement.other_id.as_deref());
        judgement.kind == Kind::Flag || subjects.all(|name| names.contains(name))
    };
    let may_read_texts = |judgement: &Judgement| {
        data.sees_everything() || judgement.audience.as_deref() == Some(&*data.audience.name)
    };
    let shown = |judgement: &Judgement| {
        let mut shown = Judgement { judgement_id: Some(judgement.id()), ..judgement.clone() };
        if judgement.kind == Kind::Identity && !may_read_texts(judgement) {
            shown.reason.clear();
            shown.note = None;
        }
        shown
    };
    let visible: Vec<Judgement> = judgements.iter().filter(is_visible).map(shown).collect();
    let subjects: BTreeSet<&str> =
        visible.iter().filter(|row| row.kind == Kind::Flag).map(|row| &*row.subject_id).collect();
    let in_force: BTreeMap<&str, Vec<&Judgement>> =
        subjects.iter().map(|flag| (*flag, judgement::in_force(&visible, flag, None, None))).collect();
    // A person's last verdict counts; what others withdrew is in none of the lists.
    let standing: BTreeSet<String> = in_force.values().flatten().map(|judgement| judgement.id()).collect();
    let withdrawn = judgement::withdrawn_ids(&visible);
    let row = |judgement: &Judgement| {
        let id = judgement.id();
        let effect = match (judgement.kind, judgement.value) {
            (Kind::Identity, _) => Effect::Identity,
            _ if withdrawn.contains(&id) => Effect::Withdrawn,
            (_, Value::Withdrawn) => Effect::Withdraws,
            _ if standing.contains(&id) => Effect::InForce,
            _ => Effect::Replaced,
        };
        let known = flags.get(&judgement.subject_id);
        let verdicts = in_force.get(&*judgement.subject_id).into_iter().flatten();
        JudgementRow {
            recorded_at: judgement.recorded_at.display_utc(),
            by: judgement.by.clone(),
            value: judgement.value.name(),
            effect,
            subject: judgement.subject_id.clone(),
            title: known.map(|flag| flag.title.clone()),
            other: judgement.other_id.clone(),
            is_current: judgement.kind == Kind::Flag && has_card(&judgement.subject_id),
            is_contested: judgement::is_contested(verdicts.map(|verdict| verdict.value)),
            reason: judgement.reason.clone(),
            reason_code: judgement.reason_code.clone(),
            note: judgement.note.clone(),
            id,
        }
    };
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for judgement in in_force.values().flatten() {
        *people.entry(judgement.by.clone()).or_default() += 1;
    }
    JudgementLog {
        rows: visible.iter().rev().map(row).collect(),
        people: people.into_iter().collect(),
        agreement: agreement::of(&visible),
        pairs: pairs(&in_force),
    }
}

/// Returns the flags in the published runs of an audience up to a run, each from the last run that had it.
pub(super) fn known_flags(config: &Config, audience: &str, run: &str) -> BTreeMap<String, KnownFlag> {
    let mut flags = BTreeMap::new();
    let runs = published_runs(&config.out);
    for name in runs.iter().rev().filter(|name| &***name <= run).take(RUNS_MAX) {
        let folder = config.out.join(name).join(audience);
        if !has_table(&folder, "flags") {
            continue;
        }
        // A run of another version may have other columns; its flags are then unknown.
        let _ = scan(&folder, "flags", &["flag_id", "title", "pattern", "entity_ids"], |part| {
            let (titles, patterns) = (part.text("title")?, part.text("pattern")?);
            let entities = part.texts("entity_ids")?;
            for (row, id) in part.text("flag_id")?.iter().enumerate() {
                flags.entry(id.clone()?).or_insert_with(|| KnownFlag {
                    title: titles[row].clone().unwrap_or_default(),
                    pattern: patterns[row].clone().unwrap_or_default(),
                    entity_ids: entities[row].clone(),
                    run: name.clone(),
                });
            }
            Some(())
        });
    }
    flags
}

/// Returns the names in judgements on entities that the audience knows: ids, canonical identifiers and ids of objects.
fn known_names<'a>(data: &RunData, judgements: &'a [Judgement]) -> BTreeSet<&'a str> {
    let of_entities = judgements.iter().filter(|judgement| judgement.kind == Kind::Identity);
    let mut asked: BTreeSet<&str> = of_entities
        .flat_map(|judgement| std::iter::once(&*judgement.subject_id).chain(judgement.other_id.as_deref()))
        .collect();
    let mut known = BTreeSet::new();
    if asked.is_empty() {
        return known;
    }
    let is_entity = |name: &&str| ENTITY.parse(name).is_some_and(|id| data.network.entity(id).is_some());
    known.extend(asked.iter().copied().filter(is_entity));
    let identifiers = data.identifiers.as_ref().map(|all| &all.values);
    for texts in identifiers.into_iter().chain([&data.evidence.objects]) {
        for position in 0..texts.len() {
            if let Some(name) = asked.take(texts.get(position)) {
                known.insert(name);
            }
        }
    }
    known
}

fn pairs(in_force: &BTreeMap<&str, Vec<&Judgement>>) -> Vec<ReviewerPair> {
    let mut counts: BTreeMap<[&str; 2], (usize, usize)> = BTreeMap::new();
    for verdicts in in_force.values() {
        for (position, one) in verdicts.iter().enumerate() {
            for other in &verdicts[position + 1..] {
                // Verdicts are in the order of people.
                let (flags, equal) = counts.entry([&one.by, &other.by]).or_default();
                *flags += 1;
                *equal += usize::from(one.value == other.value);
            }
        }
    }
    let pair = |([one, other], (flags, equal)): ([&str; 2], (usize, usize))| ReviewerPair {
        people: [one.to_owned(), other.to_owned()],
        flags,
        equal,
    };
    counts.into_iter().map(pair).collect()
}
