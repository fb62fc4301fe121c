//! Noise of sources: backlogs, round-ups, bulk edits of a snapshot, and misspelled names.

use crate::{
    agencies::AGENCIES,
    calendar::{DAY, DAYS, time_of},
    entities::EntityId,
    hidden_world::HiddenWorld,
    observe::{draft_report, publish},
    random::{RandomStream, below, between, chance, pick, sample, within},
    report::{Link, LinkKind, link},
};

/// Adds backlogs of old reports, and round-ups that name many actors.
pub(crate) fn add_backlogs_and_round_ups(world: &mut HiddenWorld, random: &mut RandomStream) {
    for _ in 0..world.difficulty.backlogs {
        add_backlog(world, random);
    }
    for _ in 0..between(random, 2, 4) {
        add_round_up(world, random);
    }
}

/// Chooses the day of the bulk edit, and misspells some names.
pub(crate) fn add_edits_and_misspellings(world: &mut HiddenWorld, random: &mut RandomStream) {
    if world.difficulty.has_bulk_edit {
        world.bulk_edit_day = Some(between(random, 10, 26) as u32);
    }
    misspell_names(world, random);
}

/// Adds old reports of one agency, delivered on one day.
fn add_backlog(world: &mut HiddenWorld, random: &mut RandomStream) {
    let (author, day) = (below(random, AGENCIES.len()), between(random, 4, DAYS as usize) as u32);
    for _ in 0..between(random, 3, 7) {
        let actor_index = below(random, world.actors.len());
        let actor = &world.actors[actor_index];
        let mut seen_at = time_of(day) - within(random, 65 * DAY, 380 * DAY);
        if actor.is_dormant {
            seen_at = seen_at.min(actor.active.1);
        }
        let actor = actor.entity;
        let malware = world.choose_malware(random, actor_index);
        let mut links: Vec<Link> = vec![link(actor, LinkKind::Uses, malware, seen_at)];
        for _ in 0..between(random, 2, 6) {
            let host = world.invent_host(random);
            links.extend(world.host_links(random, host, malware, None, seen_at));
        }
        let mut report = draft_report(random, author, day, seen_at, links);
        report.created_at = seen_at + within(random, DAY, 20 * DAY);
        publish(world, random, report);
    }
}

/// Adds a report that names several actors without a link between them.
fn add_round_up(world: &mut HiddenWorld, random: &mut RandomStream) {
    let day = between(random, 3, DAYS as usize) as u32;
    let author = below(random, AGENCIES.len());
    let actors: Vec<EntityId> = world.actors.iter().map(|actor| actor.entity).collect();
    let count = between(random, 2, 6);
    let mut report = draft_report(random, author, day, time_of(day) - DAY, Vec::new());
    report.mentions = sample(random, &actors, count);
    report.mentions.push(pick(random, &world.shared.vulnerabilities));
    report.title = Some(format!("Threats of the month, issue {}", between(random, 11, 99)));
    publish(world, random, report);
}

/// Replaces some agencies' names of entities by misspelled names that no curated list contains.
fn misspell_names(world: &mut HiddenWorld, random: &mut RandomStream) {
    for entity in 0..world.entities.len() {
        if !world.entities.kind(entity).can_be_listed() || !chance(random, world.difficulty.misspelled) {
            continue;
        }
        let agency = below(random, AGENCIES.len());
        let name = misspelled(random, world.entities[entity].name_used_by(agency));
        let entity = &mut world.entities[entity];
        entity.agency_names.retain(|(other_agency, _)| *other_agency != agency);
        entity.unlisted_names.push(name.clone());
        entity.agency_names.push((agency, name));
    }
}

/// Returns a name with one letter doubled, dropped or transliterated.
fn misspelled(random: &mut RandomStream, name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let changed_position = between(random, 1, letters.len() - 1);
    let mut changed = String::new();
    let error = below(random, 3);
    for (position, letter) in letters.iter().enumerate() {
        match (position == changed_position, error) {
            (true, 0) => changed.extend([*letter, *letter]),
            (true, 1) => {}
            (true, _) => changed.push_str(match letter {
                'k' | 'c' => "kh",
                'y' | 'i' => "iy",
                'w' | 'v' => "vv",
                _ => "e",
            }),
            _ => changed.push(*letter),
        }
    }
    changed
}
