//! Flags of the run with the judgements made since, and their cards.

use std::{cmp::Ordering, collections::BTreeMap, path::Path};

use super::{
    card_features::{deviations, features},
    cards::{self, PackedCard, StoredCard},
};
use crate::{
    columns::Columns,
    explain::{self, PublishedFlag, QuestionError},
    judgement::{self, Judgement},
    report::{card::CardContent, defang, short},
    time::Moment,
};

/// Tables of one audience that describe its flags.
pub(super) struct FlagTables {
    flags: Columns,
    /// Cards by id.
    cards: BTreeMap<String, PackedCard>,
    /// Row of each flag.
    row_of_flag: BTreeMap<String, usize>,
    /// Leads and near misses in the order of the review.
    others: Vec<Other>,
    /// Title, pattern and names of each card in lower case, by id: the text that a search reads.
    search_texts: BTreeMap<String, String>,
    /// Shown title of each flag, by id.
    titles: BTreeMap<String, String>,
    /// Features of the candidates that have a card, by id of the candidate.
    features: BTreeMap<String, Vec<Option<f64>>>,
    /// Standard deviation of each feature over these candidates; 0 if it does not vary.
    deviations: Vec<f64>,
}

/// A lead or a near miss.
struct Other {
    id: String,
    kind: String,
    pattern: String,
    title: String,
}

/// Values of a flag that its table has and its card has not.
#[derive(Clone, Debug, Default)]
pub(super) struct FlagRow {
    pub(super) probability: Option<f64>,
    pub(super) calibrated_on: Option<String>,
    pub(super) probability_of: Option<String>,
    pub(super) model_id: Option<String>,
    pub(super) reasons_for: Vec<String>,
    pub(super) reasons_against: Vec<String>,
    pub(super) source_count: u64,
    pub(super) marking: Option<String>,
}

/// One line of the queue.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    /// Rank in the queue of the run; `None` outside it.
    pub(super) rank: Option<u64>,
    pub(super) pattern: String,
    pub(super) title: String,
    /// Current state: that of the run, or `judged` or `contested` by later judgements. Leads and near misses have the states
    /// `lead` and `near-miss` until somebody judges them.
    pub(super) state: String,
    /// State of the run, or `lead` or `near-miss`.
    pub(super) origin: String,
    pub(super) is_sampled: bool,
    pub(super) score: f64,
    pub(super) first_flagged: Option<Moment>,
    /// The last verdict of each person that is in force.
    pub(super) verdicts: Vec<ShownVerdict>,
    /// The verdict in force that the run knows, although the judgement itself is not shown.
    pub(super) verdict: Option<String>,
}

/// A verdict in force.
#[derive(Clone, Debug)]
pub(super) struct ShownVerdict {
    pub(super) by: String,
    pub(super) value: &'static str,
    pub(super) recorded_at: String,
}

impl Item {
    /// Returns whether people gave a verdict that is in force.
    pub(super) fn is_judged(&self) -> bool {
        matches!(&*self.state, "judged" | "contested")
    }

    /// Returns whether the item waits for a verdict.
    pub(super) fn is_left(&self) -> bool {
        !self.is_judged() && self.state != "closed"
    }

    /// Returns the verdict of each person in words.
    pub(super) fn verdict_words(&self) -> String {
        match &self.verdict {
            Some(verdict) if self.verdicts.is_empty() => verdict.clone(),
            _ => verdict_words(self.verdicts.iter().map(|verdict| (verdict.value, verdict.by.clone()))),
        }
    }
}

/// Returns verdicts with their people in words.
pub(super) fn verdict_words<'a>(verdicts: impl Iterator<Item = (&'a str, String)>) -> String {
    let words: Vec<String> = verdicts.map(|(value, by)| format!("{value} by {by}")).collect();
    words.join("; ")
}

impl FlagTables {
    /// Reads the tables of an audience's folder.
    ///
    /// # Errors
    /// If a table cannot be read. A run of an older version has no cards; then only the table of flags is shown.
    pub(super) fn open(folder: &Path) -> Result<Self, QuestionError> {
        let flags = explain::run_table(folder, "flags")?;
        let cards = cards::read(folder)?;
        let ids = flags.text("flag_id").unwrap_or_default();
        let rows = ids.iter().enumerate().rev().filter_map(|(row, id)| Some((id.clone()?, row)));
        let row_of_flag = rows.collect();
        let candidates = cards.values().map(|card| card.candidate_id.as_str()).collect();
        let features = features(folder, &candidates)?;
        let titles = shown_titles(&flags);
        let (others, search_texts) = (Vec::new(), BTreeMap::new());
        let deviations = deviations(&features);
        let mut tables =
            Self { flags, cards, row_of_flag, others, search_texts, titles, features, deviations };
        tables.index_cards();
        Ok(tables)
    }

    /// Lists the leads and near misses, and the texts that a search reads.
    fn index_cards(&mut self) {
        let mut cards: Vec<(&String, &PackedCard)> = self.cards.iter().collect();
        cards.sort_unstable_by_key(|(_, card)| card.row);
        let (mut others, mut texts) = (Vec::new(), BTreeMap::new());
        for (id, card) in cards {
            let Some(StoredCard { content, .. }) = card.unpack() else { continue };
            let CardContent { title, pattern, entities, .. } = content;
            let names = entities.iter().map(|entity| entity.label.as_str());
            let words: Vec<&str> = [id.as_str(), &title, &pattern].into_iter().chain(names).collect();
            texts.insert(id.clone(), words.join("\n").to_lowercase());
            if !self.row_of_flag.contains_key(id) {
                let (id, kind) = (id.clone(), card.kind.clone());
                others.push(Other { id, kind, pattern, title: title_shown(&title) });
            }
        }
        (self.others, self.search_texts) = (others, texts);
    }

    /// Returns whether a flag contains a text, in its title or in a name of its entities; `text` is in lower case.
    pub(super) fn contains(&self, item: &Item, text: &str) -> bool {
        let in_card = self.search_texts.get(&item.id).is_some_and(|known| known.contains(text));
        in_card || item.title.to_lowercase().contains(text) || item.id.contains(text)
    }

    /// Returns whether the audience has a flag, a lead or a near miss of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.row_of_flag.contains_key(id) || self.cards.contains_key(id)
    }

    /// Returns the values of a flag; default values for a lead and a near miss.
    pub(super) fn row(&self, id: &str) -> FlagRow {
        let Some(&row) = self.row_of_flag.get(id) else { return FlagRow::default() };
        let text = |name: &str| self.flags.text(name).and_then(|column| column[row].clone());
        let texts = |name: &str| self.flags.texts(name).map(|column| column[row].clone()).unwrap_or_default();
        FlagRow {
            probability: self.flags.number("probability").and_then(|column| column[row]),
            calibrated_on: text("calibrated_on"),
            probability_of: text("probability_of"),
            model_id: text("model_id"),
            reasons_for: texts("reasons_for"),
            reasons_against: texts("reasons_against"),
            source_count: self.flags.count("source_count").and_then(|column| column[row]).unwrap_or_default(),
            marking: text("marking"),
        }
    }

    /// Returns the card of a flag, a lead or a near miss; `None` if this run has no candidate of it.
    pub(super) fn card(&self, id: &str) -> Option<StoredCard> {
        self.cards.get(id)?.unpack()
    }

    /// Returns the ids of the entities of a flag, a lead or a near miss.
    pub(super) fn entity_ids(&self, id: &str) -> Vec<String> {
        match self.row_of_flag.get(id) {
            Some(&row) => {
                self.flags.texts("entity_ids").map(|column| column[row].clone()).unwrap_or_default()
            }
            None => self.card(id).map_or_else(Vec::new, |card| {
                card.content.entities.into_iter().map(|entity| entity.id).collect()
            }),
        }
    }

    /// Returns the mean difference of the features of two flags, in standard deviations; `None` without features.
    pub(super) fn distance(&self, one: &str, other: &str) -> Option<f64> {
        let (one, other) = (self.features_of(one)?, self.features_of(other)?);
        let differences: Vec<f64> = one
            .iter()
            .zip(other)
            .zip(&self.deviations)
            .filter(|(_, deviation)| **deviation > 0.0)
            .filter_map(|((a, b), deviation)| Some(((*a)? - (*b)?).abs() / deviation))
            .collect();
        (!differences.is_empty()).then(|| differences.iter().sum::<f64>() / differences.len() as f64)
    }

    fn features_of(&self, id: &str) -> Option<&Vec<Option<f64>>> {
        self.features.get(&self.cards.get(id)?.candidate_id)
    }

    /// Returns every flag, lead and near miss, in the order of the review: the queue by rank, open flags by score, leads, near
    /// misses, then closed flags.
    ///
    /// # Errors
    /// If a table lacks a column.
    pub(super) fn items(&self, judgements: &[Judgement]) -> Result<Vec<Item>, QuestionError> {
        let mut items: Vec<Item> =
            explain::flags_of(&self.flags, judgements)?.into_iter().map(|flag| self.item(flag)).collect();
        items.sort_by(in_order);
        let closed = items.partition_point(|item| item.state != "closed");
        let closed = items.split_off(closed);
        items.extend(self.others.iter().map(|other| other_item(other, judgements)));
        items.extend(closed);
        Ok(items)
    }

    fn item(&self, flag: PublishedFlag) -> Item {
        Item {
            title: self.titles.get(&flag.flag_id).cloned().unwrap_or_else(|| title_shown(&flag.title)),
            id: flag.flag_id,
            rank: flag.rank,
            pattern: flag.pattern,
            origin: flag.state.clone(),
            state: flag.state,
            is_sampled: flag.sampled,
            score: flag.score,
            first_flagged: flag.first_flagged,
            verdicts: flag
                .verdicts
                .into_iter()
                .map(|verdict| ShownVerdict {
                    by: defang(&verdict.by),
                    value: verdict.value,
                    recorded_at: verdict.recorded_at.display_utc(),
                })
                .collect(),
            verdict: flag.verdict,
        }
    }
}

/// Returns the line of a lead or a near miss.
fn other_item(other: &Other, judgements: &[Judgement]) -> Item {
    let in_force = judgement::in_force(judgements, &other.id, None, None);
    let is_contested = judgement::is_contested(in_force.iter().map(|judgement| judgement.value));
    let state = match in_force[..] {
        [] => &*other.kind,
        _ if is_contested => "contested",
        _ => "judged",
    };
    Item {
        id: other.id.clone(),
        rank: None,
        pattern: other.pattern.clone(),
        title: other.title.clone(),
        state: state.to_owned(),
        origin: other.kind.clone(),
        is_sampled: false,
        score: 0.0,
        first_flagged: None,
        verdicts: in_force.into_iter().map(shown_verdict).collect(),
        verdict: None,
    }
}

/// Largest number of characters of a title.
const TITLE_MAX: usize = 300;

pub(super) fn title_shown(title: &str) -> String {
    defang(&short(title, TITLE_MAX))
}

fn shown_verdict(judgement: &Judgement) -> ShownVerdict {
    ShownVerdict {
        by: defang(&judgement.by),
        value: judgement.value.name(),
        recorded_at: judgement.recorded_at.display_utc(),
    }
}

/// Returns the shown titles of flags, by id.
fn shown_titles(flags: &Columns) -> BTreeMap<String, String> {
    let (ids, titles) = (flags.text("flag_id").unwrap_or_default(), flags.text("title").unwrap_or_default());
    let rows = ids.iter().zip(titles);
    rows.filter_map(|(id, title)| Some((id.clone()?, title_shown(title.as_deref()?)))).collect()
}

/// Orders flags: the queue by rank, then open flags by score, then closed ones.
fn in_order(one: &Item, other: &Item) -> Ordering {
    let place = |item: &Item| (item.state == "closed", item.rank.is_none(), item.rank);
    place(one)
        .cmp(&place(other))
        .then(other.score.total_cmp(&one.score))
        .then(other.first_flagged.cmp(&one.first_flagged))
        .then(one.id.cmp(&other.id))
}
