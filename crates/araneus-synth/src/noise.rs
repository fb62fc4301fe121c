//! What sources do to what they tell: backlogs, round-ups, touched snapshots, entries added to lists.

use super::{
    agencies::AGENCIES,
    bulletin::{Relation, Tie, tie},
    cast::ThingId,
    clock::{DAY, NIGHTS, moment},
    observe::{draft, publish},
    random::{Stream, below, between, chance, pick, some, within},
    stage::Stage,
};

/// Lets agencies tell what is old or of all, before anything is planted: who plants a silence
/// has to know what is told.
pub(super) fn murmur(stage: &mut Stage, random: &mut Stream) {
    for _ in 0..stage.knobs.backlogs {
        backlog(stage, random);
    }
    for _ in 0..between(random, 2, 4) {
        round_up(stage, random);
    }
}

/// Lays the ordinary noise over the story.
pub(super) fn lay(stage: &mut Stage, random: &mut Stream) {
    if stage.knobs.bulk_edit {
        stage.bulk_night = Some(between(random, 10, 26) as u32);
    }
    misspell(stage, random);
}

/// Delivers old reports of one agency in one night.
fn backlog(stage: &mut Stage, random: &mut Stream) {
    let (author, night) = (below(random, AGENCIES.len()), between(random, 4, NIGHTS as usize) as u32);
    for _ in 0..between(random, 3, 7) {
        let actor = below(random, stage.actors.len());
        let mut seen = moment(night) - within(random, 65 * DAY, 380 * DAY);
        if stage.actors[actor].is_dormant {
            // Who sleeps did nothing since.
            seen = seen.min(stage.actors[actor].active.1);
        }
        let malware = stage.own_malware(random, actor);
        let mut ties: Vec<Tie> = vec![tie(stage.actors[actor].thing, Relation::Uses, malware, seen)];
        for _ in 0..between(random, 2, 6) {
            let host = stage.host(random);
            ties.extend(stage.host_ties(random, host, malware, None, seen));
        }
        let mut bulletin = draft(random, author, night, seen, ties);
        bulletin.created = seen + within(random, DAY, 20 * DAY);
        publish(stage, random, bulletin);
    }
}

/// Names several actors in one report that ties none of them to another.
fn round_up(stage: &mut Stage, random: &mut Stream) {
    let night = between(random, 3, NIGHTS as usize) as u32;
    let author = below(random, AGENCIES.len());
    let everybody: Vec<ThingId> = stage.actors.iter().map(|actor| actor.thing).collect();
    let count = between(random, 2, 6);
    let mut bulletin = draft(random, author, night, moment(night) - DAY, Vec::new());
    bulletin.mentions = some(random, &everybody, count);
    bulletin.mentions.push(pick(random, &stage.common.vulnerabilities));
    bulletin.title = Some(format!("Threats of the month, issue {}", between(random, 11, 99)));
    publish(stage, random, bulletin);
}

/// Spells some names in a way that no list knows.
fn misspell(stage: &mut Stage, random: &mut Stream) {
    let share = stage.knobs.misspelled;
    for thing in 0..stage.cast.things.len() {
        if !stage.cast.kind(thing).is_listed() || !chance(random, share) {
            continue;
        }
        let agency = below(random, AGENCIES.len());
        let name = misspelled(random, stage.cast.things[thing].name_by(agency));
        let thing = &mut stage.cast.things[thing];
        thing.names.retain(|(by, _)| *by != agency);
        thing.unlisted.push(name.clone());
        thing.names.push((agency, name));
    }
}

/// Returns a name with a letter doubled, dropped or transliterated.
fn misspelled(random: &mut Stream, name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = between(random, 1, letters.len() - 1);
    let mut changed = String::new();
    let way = below(random, 3);
    for (place, letter) in letters.iter().enumerate() {
        match (place == at, way) {
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
