//! Technique convergence: two actors without a link begin to use the same rare techniques; and its look-alikes.

use std::collections::BTreeMap;

use super::{
    coverage::{Coverage, DrawTime, actor_entities, choose_actors, old_time, recent_time},
    variant::Variant,
};
use crate::{
    calendar::DAYS,
    entities::EntityId,
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, sample},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("one-manual", "Two actors begin to work by one manual.", one_manual),
    Variant::pattern("follower", "One actor begins to use what another one used before.", follower),
    Variant::pattern(
        "slow-follower",
        "One actor follows another one, and also uses new hosts.",
        slow_follower,
    )
    .held_out(),
    Variant::look_alike("catalogue", "A catalogue adds techniques to many actors at once.", catalogue),
    Variant::look_alike("popular-methods", "Two actors begin to use popular techniques.", popular_methods),
    Variant::look_alike(
        "late-mapping",
        "An agency maps old activity of two actors to techniques.",
        late_mapping,
    ),
    Variant::look_alike("one-mapping", "One agency maps two actors by one form.", one_mapping).held_out(),
];

/// Returns techniques that few actors and malware use in reports so far, the rarest half.
fn rare_techniques(world: &HiddenWorld) -> Vec<EntityId> {
    let mut users: BTreeMap<EntityId, usize> = BTreeMap::new();
    for link in world.reports.iter().flat_map(|report| &report.links) {
        *users.entry(link.to).or_default() += 1;
    }
    let mut techniques = world.shared.techniques.clone();
    techniques.sort_by_key(|technique| (users.get(technique).copied().unwrap_or(0), *technique));
    techniques.truncate(world.shared.techniques.len() / 2);
    techniques
}

fn uses(
    world: &HiddenWorld,
    random: &mut RandomStream,
    actors: &[usize],
    techniques: &[EntityId],
    (draw_time, day): (DrawTime, u32),
) -> Vec<Link> {
    let mut links = Vec::new();
    for &actor in actors {
        for &technique in techniques {
            links.push(link(world.actors[actor].entity, LinkKind::Uses, technique, draw_time(random, day)));
        }
    }
    links
}

/// Adds hosts of the actors, as most reports have.
fn add_hosts(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    actors: &[usize],
    day: u32,
    links: &mut Vec<Link>,
) {
    for &actor in actors {
        if chance(random, 0.5) {
            let (host, malware) = (world.invent_host(random), world.choose_malware(random, actor));
            let (behind, seen_at) = (world.actors[actor].entity, recent_time(random, day));
            links.extend(world.host_links(random, host, malware, Some(behind), seen_at));
        }
    }
}

/// Reports each actor on its own, because a report that names both would link them.
fn report_apart(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    actors: &[usize],
    links: &[Link],
    reporter_count: Option<usize>,
) {
    for entity in actor_entities(world, actors) {
        let own: Vec<Link> =
            links.iter().copied().filter(|link| link.from == entity || link.to == entity).collect();
        let core = own.len().min(3);
        let mut coverage = Coverage::typical(world, random, day, own, core);
        if let Some(count) = reporter_count {
            coverage.reporters.truncate(count);
        }
        coverage.publish(world, random);
    }
}

fn one_manual(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let count = between(random, 3, 6);
    let techniques = sample(random, &rare_techniques(world), count);
    let mut links = uses(world, random, &actors, &techniques, (recent_time, day));
    add_hosts(world, random, &actors, day, &mut links);
    report_apart(world, random, day, &actors, &links, None);
    actor_entities(world, &actors)
}

fn follower(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let count = between(random, 3, 6);
    let techniques = sample(random, &rare_techniques(world), count);
    let later = (day + between(random, 2, 5) as u32).min(DAYS);
    for (actor, day) in [(actors[0], day), (actors[1], later)] {
        let mut links = uses(world, random, &[actor], &techniques, (recent_time, day));
        add_hosts(world, random, &[actor], day, &mut links);
        report_apart(world, random, day, &[actor], &links, None);
    }
    actor_entities(world, &actors)
}

fn slow_follower(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let count = between(random, 3, 5);
    let techniques = sample(random, &rare_techniques(world), count);
    let mut links = uses(world, random, &actors, &techniques, (recent_time, day));
    for _ in 0..2 {
        add_hosts(world, random, &actors, day, &mut links);
    }
    report_apart(world, random, day, &actors, &links, Some(2));
    actor_entities(world, &actors)
}

fn catalogue(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 3, 6);
    let actors = choose_actors(world, random, count);
    let count = between(random, 2, 4);
    let techniques = sample(random, &rare_techniques(world), count);
    let links = uses(world, random, &actors, &techniques, (recent_time, day));
    report_apart(world, random, day, &actors, &links, Some(1));
    actor_entities(world, &actors[..2])
}

fn popular_methods(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let techniques: Vec<EntityId> =
        (0..between(random, 3, 6)).map(|_| world.choose_technique(random)).collect();
    let mut links = uses(world, random, &actors, &techniques, (recent_time, day));
    add_hosts(world, random, &actors, day, &mut links);
    report_apart(world, random, day, &actors, &links, None);
    actor_entities(world, &actors)
}

fn late_mapping(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let count = between(random, 3, 6);
    let techniques = sample(random, &rare_techniques(world), count);
    let links = uses(world, random, &actors, &techniques, (old_time, day));
    report_apart(world, random, day, &actors, &links, None);
    actor_entities(world, &actors)
}

fn one_mapping(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actors = choose_actors(world, random, 2);
    let count = between(random, 2, 5);
    let techniques = sample(random, &rare_techniques(world), count);
    let links = uses(world, random, &actors, &techniques, (recent_time, day));
    report_apart(world, random, day, &actors, &links, Some(1));
    actor_entities(world, &actors)
}
