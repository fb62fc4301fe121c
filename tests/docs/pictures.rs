//! Pictures of patterns: the first case of each file in `tests/patterns`, drawn as a graph.
//!
//! The layout has columns: the distance from the first flagged entity.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    background,
    case_lines::{CaseLink, Node, links_of_line},
    drawing::draw,
};

/// Days before the last run of a case whose links are new.
const WINDOW: i64 = 7;
/// Largest column of a picture; with more entities, payers and payees are on two sides.
const COLUMN_MAX: usize = 12;
/// Links of the background that lead to everything.
const COMMON: [&str; 4] = ["Lantern Kit", "Phishing", "CVE-2025-0001", "cdn.example"];

/// Links of one kind between two entities.
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) verb: String,
    pub(super) is_new: bool,
    pub(super) count: usize,
}

/// Content of a picture.
pub(super) struct Picture {
    pub(super) nodes: Vec<Node>,
    /// Entities of which every record is new.
    pub(super) is_new: Vec<bool>,
    pub(super) is_flagged: Vec<bool>,
    /// The first entity that the flag names.
    first: String,
    pub(super) lines: Vec<Line>,
}

/// Returns the drawing of a case as SVG.
pub(super) fn svg(pattern: &str, title: &str, case: &str) -> String {
    let picture = picture(case);
    let columns = columns(&picture);
    draw(pattern, title, &picture, &columns)
}

/// Reads a case: its links, and the links of the background that connect what it names.
fn picture(case: &str) -> Picture {
    let (mut run, mut flagged, mut links) = (i64::MIN, Vec::new(), Vec::<(i64, CaseLink)>::new());
    for line in case.lines().map(str::trim) {
        if let Some(day) = line.strip_prefix("run ") {
            run = day.parse().expect("a day");
        } else if let Some(names) = line.strip_prefix("expect: flagged ") {
            flagged = names.split(" and ").map(str::to_owned).collect();
        } else if let Some((_, claim)) = line.split_once(": ") {
            links.extend(links_of_line(claim).into_iter().map(|link| (run, link)));
        }
    }
    let is_new = |(day, _): &(i64, CaseLink)| run - day < WINDOW;
    // Of the earlier links those count that lead to an entity of a new one.
    let mut shown: BTreeSet<String> = flagged.iter().cloned().collect();
    for (_, link) in links.iter().filter(|link| is_new(link)) {
        shown.extend([link.from.name.clone(), link.to.name.clone()]);
    }
    let near: Vec<(bool, CaseLink)> = links
        .iter()
        .filter(|link| is_new(link) || shown.contains(&link.1.from.name) || shown.contains(&link.1.to.name))
        .map(|link| (is_new(link), link.1.clone()))
        .collect();
    for (_, link) in &near {
        shown.extend([link.from.name.clone(), link.to.name.clone()]);
    }
    let known = connecting(&shown);
    let mut picture = graph(known.into_iter().map(|link| (false, link)).chain(near), &flagged);
    let background: BTreeSet<&str> = background::GROUPS.iter().flatten().copied().collect();
    for (node, is_new) in picture.nodes.iter().zip(&mut picture.is_new) {
        *is_new &= !background.contains(&*node.name);
    }
    // A link that ends shows that it held before.
    let ended: BTreeSet<(usize, usize)> = picture
        .lines
        .iter()
        .filter(|line| line.verb.starts_with("no longer "))
        .map(|line| (line.from, line.to))
        .collect();
    picture.lines.retain(|line| line.is_new || !ended.contains(&(line.from, line.to)));
    picture.lines.sort_by_key(|line| (!line.is_new, line.from, line.to));
    picture
}

/// Returns the links of the background between shown entities, directly or through one entity more.
fn connecting(shown: &BTreeSet<String>) -> Vec<CaseLink> {
    let all: Vec<CaseLink> = background::established()
        .iter()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(_, claim)| links_of_line(claim.rsplit_once(", began ").map_or(claim, |(claim, _)| claim)))
        .filter(|link| !COMMON.contains(&&*link.from.name) && !COMMON.contains(&&*link.to.name))
        .collect();
    let mut ends: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for link in &all {
        for (one, other) in [(&link.from.name, &link.to.name), (&link.to.name, &link.from.name)] {
            if shown.contains(other) {
                ends.entry(one).or_default().insert(other);
            }
        }
    }
    let is_shown = |name: &str| shown.contains(name) || ends.get(name).is_some_and(|ends| ends.len() > 1);
    all.iter().filter(|link| is_shown(&link.from.name) && is_shown(&link.to.name)).cloned().collect()
}

fn graph(links: impl Iterator<Item = (bool, CaseLink)>, flagged: &[String]) -> Picture {
    let mut picture = Picture {
        first: flagged.first().cloned().unwrap_or_default(),
        nodes: Vec::new(),
        is_new: Vec::new(),
        is_flagged: Vec::new(),
        lines: Vec::new(),
    };
    for (is_new, link) in links {
        let [from, to] = [link.from, link.to].map(|node| {
            let at = picture.nodes.iter().position(|known| known.name == node.name);
            at.unwrap_or_else(|| {
                picture.is_flagged.push(flagged.contains(&node.name));
                picture.nodes.push(node);
                picture.is_new.push(true);
                picture.nodes.len() - 1
            })
        });
        for end in [from, to] {
            picture.is_new[end] &= is_new;
        }
        let same = |line: &&mut Line| {
            (line.from, line.to, line.is_new) == (from, to, is_new) && line.verb == link.verb
        };
        match picture.lines.iter_mut().find(same) {
            Some(line) => line.count += 1,
            None => picture.lines.push(Line { from, to, verb: link.verb, is_new, count: 1 }),
        }
    }
    picture
}

/// Returns the entities of each column, from the left.
fn columns(picture: &Picture) -> Vec<Vec<usize>> {
    let start = picture.nodes.iter().position(|node| node.name == picture.first).unwrap_or(0);
    let mut columns = by_distance(picture, start, false);
    if columns.iter().any(|column| column.len() > COLUMN_MAX) {
        columns = by_distance(picture, start, true);
    }
    for at in 1..columns.len() {
        let before = columns[at - 1].clone();
        let place = |node: usize| {
            let ends = picture.lines.iter().filter_map(|line| match (line.from == node, line.to == node) {
                (true, false) => before.iter().position(|other| *other == line.to),
                (false, true) => before.iter().position(|other| *other == line.from),
                _ => None,
            });
            let places: Vec<usize> = ends.collect();
            // Twice the mean, so that whole numbers suffice for halves.
            2 * places.iter().sum::<usize>() / places.len().max(1)
        };
        columns[at].sort_by_key(|node| (place(*node), *node));
    }
    columns
}

/// Returns the entities by their distance from one of them. With sides, incoming links lead to the left.
fn by_distance(picture: &Picture, start: usize, has_sides: bool) -> Vec<Vec<usize>> {
    let mut distance: BTreeMap<usize, i64> = BTreeMap::new();
    let unreached =
        |distance: &BTreeMap<usize, i64>| (0..picture.nodes.len()).find(|node| !distance.contains_key(node));
    let mut next = Some(start);
    while let Some(first) = next {
        distance.insert(first, 0);
        let mut queue = VecDeque::from([first]);
        while let Some(node) = queue.pop_front() {
            for line in &picture.lines {
                let (other, step) = match (line.from == node, line.to == node) {
                    (true, false) => (line.to, 1),
                    (false, true) => (line.from, if has_sides { -1 } else { 1 }),
                    _ => continue,
                };
                if !distance.contains_key(&other) {
                    distance.insert(other, distance[&node] + step);
                    queue.push_back(other);
                }
            }
        }
        next = unreached(&distance);
    }
    let mut columns: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (node, distance) in distance {
        columns.entry(distance).or_default().push(node);
    }
    columns.into_values().collect()
}
