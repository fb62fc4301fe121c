//! Facts that the features of several candidates ask for. Each is made once in a run: an entity with a million links can be a part
//! of thousands of candidates.

use std::sync::Arc;

use super::{SourceActivity, activity, share};
use crate::{
    analysis::Analysis,
    index::{EntityIndex, LinkIndex, RecordIndex},
    memo::Memo,
    symbol::Symbol,
    temporal::Arrival,
    time::Moment,
};

/// Facts of a run, shared by its candidates.
pub struct SharedFacts<'a> {
    analysis: &'a Analysis,
    pub(super) sources: SourceActivity<'a>,
    earlier_neighbours: Memo<EntityIndex, Vec<EntityIndex>>,
    recent_links: Memo<EntityIndex, Vec<(EntityIndex, LinkIndex)>>,
    recent_records: Memo<EntityIndex, Vec<RecordIndex>>,
    pauses: Memo<EntityIndex, Option<(Moment, i64)>>,
    pagerank_of_kind: Memo<Symbol, SortedValues>,
    /// Constraint (Burt 1992) of an entity before the recent window, less its constraint after it.
    pub(super) constraint_falls: Memo<EntityIndex, f64>,
    /// Participation coefficient of an entity.
    pub(super) participations: Memo<EntityIndex, f64>,
}

/// Values of the entities of one kind.
struct SortedValues {
    /// The known values, ascending.
    known: Vec<f64>,
    entities: usize,
}

impl<'a> SharedFacts<'a> {
    /// Prepares the facts of a run; none but those of its sources is made yet.
    pub fn of(analysis: &'a Analysis) -> Self {
        Self {
            analysis,
            sources: SourceActivity::of(analysis),
            earlier_neighbours: Memo::default(),
            recent_links: Memo::default(),
            recent_records: Memo::default(),
            pauses: Memo::default(),
            pagerank_of_kind: Memo::default(),
            constraint_falls: Memo::default(),
            participations: Memo::default(),
        }
    }

    /// Returns the neighbours of an entity before the recent window, ascending.
    pub(super) fn earlier_neighbours(&self, entity: EntityIndex) -> Arc<Vec<EntityIndex>> {
        self.earlier_neighbours.get(entity, || {
            let context = &self.analysis.context;
            let links = context.neighbours[entity.index()].iter();
            let earlier = links.filter(|(_, link)| !context.link_is_new[link.index()]);
            sorted(earlier.map(|(other, _)| *other).collect())
        })
    }

    /// Returns the links of an entity that were first recorded in the recent window, each with its other end.
    pub(super) fn recent_links(&self, entity: EntityIndex) -> Arc<Vec<(EntityIndex, LinkIndex)>> {
        self.recent_links.get(entity, || {
            let context = &self.analysis.context;
            let links = context.neighbours[entity.index()].iter().copied();
            links.filter(|(_, link)| context.link_is_new[link.index()]).collect()
        })
    }

    /// Returns the recent records of an entity and of its links, ascending.
    pub(super) fn recent_records(&self, entity: EntityIndex) -> Arc<Vec<RecordIndex>> {
        self.recent_records.get(entity, || {
            let analysis = self.analysis;
            let links = &analysis.context.neighbours[entity.index()];
            let of_links = links.iter().flat_map(|(_, link)| &analysis[*link].records);
            let records = analysis[entity].records.iter().chain(of_links).copied();
            let is_recent =
                |record: &RecordIndex| analysis.recent.arrivals[record.index()] != Arrival::Earlier;
            sorted(records.filter(is_recent).collect())
        })
    }

    /// Returns the [`pause`](super::pause) of an entity.
    pub(super) fn pause(&self, entity: EntityIndex) -> Option<(Moment, i64)> {
        *self.pauses.get(entity, || activity::pause(self.analysis, entity))
    }

    /// Returns the share of the entities of a kind that have no higher PageRank than a value. An unknown PageRank counts as
    /// higher.
    pub(super) fn share_not_above(&self, kind: Symbol, value: f64) -> f64 {
        let values = self.pagerank_of_kind.get(kind, || {
            let analysis = self.analysis;
            let pagerank = analysis.metric("pagerank");
            let entities = EntityIndex::enumerate(&analysis.resolution.entities);
            let of_kind = entities.filter(|(_, entity)| entity.kind == kind).map(|(index, _)| index);
            let (mut known, mut all) = (Vec::new(), 0);
            for entity in of_kind {
                all += 1;
                known.extend(pagerank.get(entity.index()).filter(|value| !value.is_nan()));
            }
            known.sort_unstable_by(f64::total_cmp);
            SortedValues { known, entities: all }
        });
        share(values.known.partition_point(|known| *known <= value) as f64, values.entities as f64)
    }
}

fn sorted<T: Ord>(mut elements: Vec<T>) -> Vec<T> {
    elements.sort_unstable();
    elements.dedup();
    elements
}
