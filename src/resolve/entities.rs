//! Entities of clusters of identifiers, each with its lasting id.

use rayon::prelude::*;

use super::{
    clusters::Clusters,
    identifier_nodes::{IdentifierNode, NodeIndex},
    lasting_id::{InOrder, LastingId, in_order_of_id},
    retired_objects::RetiredObjects,
    reuse::{ClusterState, Reuse},
    summary::{self, Behind},
    warning_lists::{self, WarningLists},
};
use crate::{
    compact::{RareList, SharedText, ShortList},
    entity::{Entity, EntityId, EntityIdentifier, is_narrower},
    index::{EntityIndex, RecordIndex},
    record::LentClaim,
    symbol::Symbol,
    time::{Moment, Span},
    view::View,
};

/// Entities of a view, in order of their ids, and the entity of each node.
pub(super) struct ResolvedEntities {
    pub(super) entities: Vec<Entity>,
    /// Entity of each node; `None` if no live record claims it or links to it.
    pub(super) of_node: Vec<Option<EntityIndex>>,
}

/// Builds the entity of each cluster that a live record claims or links to, or copies it from an earlier view.
pub(super) fn build(
    clusters: &Clusters,
    retired: &RetiredObjects<'_>,
    lists: &WarningLists,
    reuse: Option<&Reuse<'_>>,
) -> ResolvedEntities {
    let identifiers = &clusters.identifiers;
    let (entities, roots) = entities(clusters, retired, lists, reuse);
    let mut of_root: Vec<Option<EntityIndex>> = vec![None; identifiers.len()];
    for (index, root) in EntityIndex::enumerate(roots) {
        of_root[root.index()] = Some(index);
    }
    let of_node: Vec<Option<EntityIndex>> =
        identifiers.all().map(|node| of_root[clusters.root(node).index()]).collect();
    ResolvedEntities { entities, of_node }
}

/// Claims about one cluster. Each row begins with the root of the cluster.
struct ClusterClaims<'a> {
    /// The identifier from which the lasting id derives.
    anchor: &'a IdentifierNode,
    nodes: &'a [(NodeIndex, NodeIndex)],
    /// Record and claim of each entity claim, in order.
    entity_claims: &'a [(NodeIndex, RecordIndex, u32)],
    /// Records of links that end in it, ascending.
    link_records: &'a [(NodeIndex, RecordIndex)],
}

impl<'a> ClusterClaims<'a> {
    fn identifiers(&self, clusters: &'a Clusters) -> impl Iterator<Item = &'a IdentifierNode> {
        self.nodes.iter().map(|(_, node)| &clusters.identifiers[*node])
    }

    /// Returns the records that claim the entity; the records of its links if there is none.
    fn records(&self) -> ShortList<RecordIndex> {
        if self.entity_claims.is_empty() {
            summary::distinct(self.link_records.iter().map(|(_, record)| *record))
        } else {
            summary::distinct(self.entity_claims.iter().map(|(_, record, _)| *record))
        }
    }

    /// Returns the entity claims with the recorded times and positions of their records, the earliest recorded first.
    fn in_order_of_time(&self, view: &'a View) -> ClaimsInOrder<'a> {
        let with_time = |&(_, index, number): &(NodeIndex, RecordIndex, u32)| {
            let record = &view[index];
            Some((record.recorded_first, index, record.content.claim(number as usize)?))
        };
        let mut claims: ClaimsInOrder<'_> = self.entity_claims.iter().filter_map(with_time).collect();
        claims.sort_by_key(|(recorded_first, index, _)| (*recorded_first, *index));
        claims
    }
}

type ClaimsInOrder<'a> = ShortList<(Moment, RecordIndex, LentClaim<'a>)>;

/// A cluster whose entity is built or copied.
enum Part<'a> {
    Built(ClusterClaims<'a>),
    /// Root of the cluster, and its entity in the earlier view.
    Copied(NodeIndex, EntityIndex),
}

/// Returns the entities, in order of their ids, and the root of the cluster of each.
fn entities(
    clusters: &Clusters,
    retired: &RetiredObjects<'_>,
    lists: &WarningLists,
    reuse: Option<&Reuse<'_>>,
) -> (Vec<Entity>, Vec<NodeIndex>) {
    let view = retired.view();
    let state = |root: NodeIndex| reuse.map_or(ClusterState::Changed, |reuse| reuse.state(root));
    let is_built = |root: NodeIndex| state(root) == ClusterState::Changed;
    let (entity_claims, link_records) = claims_by_root(clusters, retired, is_built);
    let with_root = clusters.identifiers.all().map(|node| (clusters.root(node), node));
    let mut nodes: Vec<(NodeIndex, NodeIndex)> = with_root.filter(|(root, _)| is_built(*root)).collect();
    nodes.par_sort_unstable();
    let (mut entity_claims, mut link_records) = (entity_claims.as_slice(), link_records.as_slice());
    let mut parts = Vec::with_capacity(clusters.identifiers.len());
    for nodes in nodes.chunk_by(|a, b| a.0 == b.0) {
        let root = nodes[0].0;
        let identifiers = nodes.iter().map(|(_, node)| &clusters.identifiers[*node]);
        let anchor = identifiers.min_by_key(|known| (!known.is_anchor, known.recorded_first, &known.id));
        let cluster = ClusterClaims {
            anchor: anchor.expect("a cluster has a node"),
            nodes,
            entity_claims: split_front(&mut entity_claims, |claim| claim.0 == root),
            link_records: split_front(&mut link_records, |row| row.0 == root),
        };
        if !cluster.entity_claims.is_empty() || !cluster.link_records.is_empty() {
            parts.push(Part::Built(cluster));
        }
    }
    let Some(reuse) = reuse else { return made(&parts, clusters, view, lists, None) };
    for root in clusters.identifiers.all().filter(|node| clusters.root(*node) == *node) {
        if let ClusterState::Same(Some(entity)) = state(root) {
            parts.push(Part::Copied(root, entity));
        }
    }
    made(&parts, clusters, view, lists, Some(reuse))
}

fn made(
    parts: &[Part<'_>],
    clusters: &Clusters,
    view: &View,
    lists: &WarningLists,
    reuse: Option<&Reuse<'_>>,
) -> (Vec<Entity>, Vec<NodeIndex>) {
    let copied = |entity: EntityIndex| (reuse.expect("a copied entity has an earlier view"), entity);
    let InOrder { elements, parts: of_elements } = in_order_of_id(
        parts,
        |part| match part {
            Part::Built(cluster) => LastingId::of(&[&cluster.anchor.id]),
            Part::Copied(_, entity) => {
                let (reuse, entity) = copied(*entity);
                LastingId::of_text(&reuse.entity(entity).id)
            }
        },
        |part, id| match part {
            Part::Built(cluster) => {
                let mut entity = entity(clusters, view, cluster, id.of_entity());
                warning_lists::mark(&mut entity, lists);
                entity
            }
            Part::Copied(_, entity) => {
                let (reuse, entity) = copied(*entity);
                reuse.copied_entity(entity)
            }
        },
    );
    let root = |part: u32| match &parts[part as usize] {
        Part::Built(cluster) => cluster.nodes[0].0,
        Part::Copied(root, _) => *root,
    };
    (elements, of_elements.into_iter().map(root).collect())
}

type EntityClaims = Vec<(NodeIndex, RecordIndex, u32)>;
type LinkRecords = Vec<(NodeIndex, RecordIndex)>;

/// Returns the entity claims about each selected cluster, and the records of links that end in it, sorted by root and record.
fn claims_by_root(
    clusters: &Clusters,
    retired: &RetiredObjects<'_>,
    is_selected: impl Fn(NodeIndex) -> bool,
) -> (EntityClaims, LinkRecords) {
    let (mut entity_claims, mut link_records) = (EntityClaims::new(), LinkRecords::new());
    for index in RecordIndex::first(retired.view().records().len()) {
        for (number, traits, nodes) in clusters.identifiers.claims(index.index()) {
            if traits.is_entity() {
                let root = nodes.first().map(|node| clusters.root(*node));
                entity_claims
                    .extend(root.filter(|root| is_selected(*root)).map(|root| (root, index, number)));
            } else if let Some(ends) = retired.live_ends(clusters, index.index(), number as usize) {
                let roots = ends.map(|node| clusters.root(node)).into_iter();
                link_records.extend(roots.filter(|root| is_selected(*root)).map(|root| (root, index)));
            }
        }
    }
    entity_claims.par_sort_unstable();
    link_records.par_sort_unstable();
    link_records.dedup();
    (entity_claims, link_records)
}

/// Splits the rows of one cluster from the front.
fn split_front<'a, Row>(rows: &mut &'a [Row], is_of_cluster: impl Fn(&Row) -> bool) -> &'a [Row] {
    let (front, others) = rows.split_at(rows.iter().take_while(|row| is_of_cluster(row)).count());
    *rows = others;
    front
}

fn entity(clusters: &Clusters, view: &View, cluster: &ClusterClaims<'_>, id: EntityId) -> Entity {
    let has_own_record = !cluster.entity_claims.is_empty();
    let indices = cluster.records();
    let records = Behind { view, records: &indices };
    let claims = cluster.in_order_of_time(view);
    let (label, aliases) = names(clusters, cluster, &claims);
    let identifier = |known: &IdentifierNode| EntityIdentifier {
        id: known.id.clone(),
        recorded_first: known.recorded_first,
        record: known.record,
    };
    let mut identifiers: ShortList<_> = cluster.identifiers(clusters).map(identifier).collect();
    identifiers.sort_by(|a, b| a.id.cmp(&b.id));
    let (recorded_first, recorded_last) = summary::recorded(records);
    Entity {
        id,
        kind: kind(&claims).unwrap_or_else(|| Symbol::of(cluster.anchor.id.kind())),
        label,
        aliases,
        warning_lists: RareList::default(),
        identifiers,
        has_own_record,
        sources: summary::sources(records),
        seen: if has_own_record { summary::seen(records) } else { Span::default() },
        recorded_first,
        recorded_last,
        confidence: summary::confidence(records).into(),
        marking: summary::marking(records),
        records: indices,
    }
}

/// Returns the kind of the first claim, or the narrowest later kind of which it is a broader one.
fn kind(claims: &ClaimsInOrder<'_>) -> Option<Symbol> {
    claims.iter().fold(None::<Symbol>, |known, (.., claim)| match (known, claim) {
        (None, LentClaim::Entity { kind, .. }) => Some(*kind),
        (Some(known), LentClaim::Entity { kind, .. }) if is_narrower(kind, &known) => Some(*kind),
        _ => known,
    })
}

/// Returns the label and the sorted aliases. The label is the first name, else the value of an observable, else the
/// anchor.
fn names(
    clusters: &Clusters,
    cluster: &ClusterClaims<'_>,
    claims: &ClaimsInOrder<'_>,
) -> (SharedText, RareList<String>) {
    let mut names: Vec<&str> = Vec::new();
    for (.., claim) in claims {
        if let LentClaim::Entity { name: Some(name), .. } = claim {
            names.push(name.trim());
        }
    }
    let observable =
        cluster.identifiers(clusters).find(|known| known.id.is_observable() && !known.id.contains("--"));
    let observable_value = observable.and_then(|known| known.id.qualified_value());
    let label = names.first().copied().or(observable_value).unwrap_or(&cluster.anchor.id);
    for (.., claim) in claims {
        if let LentClaim::Entity { aliases, .. } = claim {
            names.extend(aliases.clone().map(str::trim));
        }
    }
    names.retain(|name| !name.is_empty() && *name != label);
    names.sort_unstable();
    names.dedup();
    // The name of an observable is mostly its value.
    let shared = cluster.identifiers(clusters).find_map(|known| known.id.end(label));
    (shared.unwrap_or_else(|| label.into()), names.into_iter().map(str::to_owned).collect())
}
