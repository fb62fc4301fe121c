//! Communities as a night shows them: with an id, their company and what names them.

use crate::{
    community::{self, Found},
    entity::EntityIndex,
    graph::Shape,
    resolve::{Resolution, lasting_id},
};

/// One community of a night.
#[derive(Clone, Debug)]
pub struct Community {
    /// Derives from the id of its earliest-told member, so that it lasts while that stays.
    pub id: String,
    /// Members, in order of their ids.
    pub members: Vec<EntityIndex>,
    /// How far each member belongs: the share of its link weight that stays inside.
    pub belonging: Vec<f64>,
    /// Links inside over possible links, from 0 to 1.
    pub density: f64,
    /// Weight that leaves over all its weight, from 0 to 1.
    pub conductance: f64,
    /// What it adds to the modularity.
    pub modularity_share: f64,
}

/// Describes the communities found, largest first.
pub(super) fn describe(resolution: &Resolution, shape: &Shape, found: &Found) -> Vec<Community> {
    let partition = found.partition();
    let companies = community::companies(shape, partition, 1.0);
    let mut members: Vec<Vec<EntityIndex>> = vec![Vec::new(); partition.count()];
    for (entity, &community) in partition.of().iter().enumerate() {
        members[community as usize].push(entity as EntityIndex);
    }
    members
        .into_iter()
        .zip(companies)
        .map(|(members, company)| Community {
            id: id_of(resolution, &members),
            belonging: members.iter().map(|&member| belonging(shape, partition.of(), member)).collect(),
            members,
            density: company.density,
            conductance: company.conductance,
            modularity_share: company.modularity_share,
        })
        .collect()
}

fn id_of(resolution: &Resolution, members: &[EntityIndex]) -> String {
    let oldest = members
        .iter()
        .map(|&at| &resolution.entities[at as usize])
        .min_by_key(|entity| (entity.told_first, &entity.id));
    lasting_id("community", &[oldest.map_or("", |entity| &entity.id)])
}

/// Returns the share of a vertex's weight that stays in its community; 1 without links.
fn belonging(shape: &Shape, community_of: &[u32], vertex: u32) -> f64 {
    let (graph, weights) = (shape.simple(), shape.simple_weights());
    let own = community_of[vertex as usize];
    let (mut inside, mut all) = (0.0, 0.0);
    for (&near, &weight) in graph.outgoing(vertex).iter().zip(weights.outgoing(graph, vertex)) {
        all += weight;
        if community_of[near as usize] == own {
            inside += weight;
        }
    }
    if all > 0.0 { inside / all } else { 1.0 }
}
