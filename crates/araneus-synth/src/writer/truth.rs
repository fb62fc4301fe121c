//! The truth of a world: planted cases, and the names of each entity.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use crate::{
    agencies::{AGENCIES, AgencyId},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    planted::PATTERNS,
    report::{Link, LinkKind, Report},
    world::PlantedCase,
};

/// Share of a case's links that must be delivered before the case counts as emerged.
const EMERGED_SHARE: f64 = 2.0 / 3.0;

/// Returns all planted cases in order of their numbers.
pub(crate) fn planted_cases(world: &HiddenWorld) -> Vec<PlantedCase> {
    (0..world.cases.len()).map(|position| planted_case(world, position)).collect()
}

/// Returns one planted case with the days and members that its reports show.
fn planted_case(world: &HiddenWorld, position: usize) -> PlantedCase {
    let case = &world.cases[position];
    let (payments_day, payments_emerge, accounts) = payments_of_case(world, position);
    let mut reports: Vec<&Report> =
        world.reports.iter().filter(|report| report.case == Some(position)).collect();
    reports.sort_by_key(|report| report.day);
    let emerges_day = if reports.is_empty() { payments_emerge } else { emerges_day(&reports) };
    let reports_until_then: Vec<&Report> =
        reports.iter().copied().filter(|report| report.day <= emerges_day).collect();
    let is_entity = |entity: EntityId| is_entity_in_deliveries(world, &reports_until_then, entity);
    let mut anchors = case.anchors.clone();
    if anchors.iter().any(|&anchor| is_entity(anchor)) {
        anchors.retain(|&anchor| is_entity(anchor));
    }
    // A wrong attribution replaces an actor, in the only report of a case too.
    let is_named = |anchor: &EntityId| {
        let mut ends = reports_until_then.iter().flat_map(|report| report.links.iter());
        ends.any(|link| link.from == *anchor || link.to == *anchor)
    };
    if anchors.iter().any(is_named) {
        anchors.retain(is_named);
    }
    if !accounts.is_empty() {
        anchors.retain(|anchor| accounts.contains(anchor));
        if anchors.is_empty() {
            anchors.extend(accounts.first());
        }
    }
    let mut members: BTreeSet<EntityId> = anchors.iter().copied().collect();
    for report in &reports_until_then {
        members.extend(report.links.iter().flat_map(|link| [link.from, link.to]));
        members.extend(&report.mentions);
    }
    members.extend(accounts);
    // Techniques and sectors belong to many actors. They are members only of a case that is about them.
    let is_shared =
        |entity| matches!(world.entities.kind(entity), EntityKind::Technique | EntityKind::Sector);
    members.retain(|&entity| anchors.contains(&entity) || is_entity(entity) && !is_shared(entity));
    let name = |entity: EntityId| world.entities.name(entity).to_owned();
    PlantedCase {
        case_id: format!("plant-{:02}", position + 1),
        pattern: case.pattern.to_owned(),
        is_benign: case.is_benign,
        variant: case.variant.to_owned(),
        held_out: case.held_out,
        first_day: reports.first().map_or(payments_day, |report| report.day),
        emerges_day,
        anchors: anchors.into_iter().map(name).collect(),
        members: members.into_iter().map(name).collect(),
    }
}

/// Returns the first day of a case's payments, the first day by which two thirds of them were delivered, and the
/// accounts of the payments that were delivered by then.
fn payments_of_case(world: &HiddenWorld, position: usize) -> (u32, u32, BTreeSet<EntityId>) {
    let payments = world.economy.payments.iter().filter(|payment| payment.case == Some(position));
    let mut delivered: Vec<(u32, [EntityId; 2])> = payments
        .filter_map(|payment| {
            let day = payment.deliveries.iter().map(|(_, day)| *day).min()?;
            Some((day, [payment.payer, payment.payee]))
        })
        .collect();
    delivered.sort_unstable();
    let least = (EMERGED_SHARE * delivered.len() as f64).ceil() as usize;
    let day_of = |number: usize| delivered.get(number).map_or(1, |(day, _)| *day);
    let emerges_day = day_of(least.saturating_sub(1));
    let until_then = delivered.iter().filter(|(day, _)| *day <= emerges_day);
    (day_of(0), emerges_day, until_then.flat_map(|(_, ends)| *ends).collect())
}

/// Returns whether the deliveries have an entity as an object. MISP shows a campaign or hosting in a title only.
fn is_entity_in_deliveries(world: &HiddenWorld, reports: &[&Report], entity: EntityId) -> bool {
    if !matches!(world.entities.kind(entity), EntityKind::Campaign | EntityKind::Hosting) {
        return true;
    }
    let mut stix_reports = reports.iter().filter(|report| AGENCIES[report.author].format.is_stix());
    stix_reports.any(|report| report.links.iter().any(|link| link.from == entity || link.to == entity))
}

/// Returns the first day by which two thirds of the links were reported, by two agencies if two or more report
/// the case. The reports are in order of days.
fn emerges_day(reports: &[&Report]) -> u32 {
    let all_links: BTreeSet<_> =
        reports.iter().flat_map(|report| report.links.iter().map(link_key)).collect();
    let all_authors: BTreeSet<AgencyId> = reports.iter().map(|report| report.author).collect();
    let (mut links, mut authors) = (BTreeSet::new(), BTreeSet::new());
    for reports_of_day in reports.chunk_by(|a, b| a.day == b.day) {
        for report in reports_of_day {
            links.extend(report.links.iter().map(link_key));
            authors.insert(report.author);
        }
        let has_links = links.len() as f64 >= EMERGED_SHARE * all_links.len() as f64;
        if has_links && authors.len() >= all_authors.len().min(2) {
            return reports_of_day[0].day;
        }
    }
    reports.last().map_or(1, |report| report.day)
}

/// Returns what identifies a link: its ends and its kind.
fn link_key(link: &Link) -> (EntityId, LinkKind, EntityId) {
    (link.from, link.kind, link.to)
}

/// Returns the content of `truth/planted.csv`.
pub(super) fn planted_table(world: &HiddenWorld) -> String {
    let mut text = String::from(
        "plant_id,pattern,is_benign,mechanism,held_out,first_night,emerges_night,anchors,members\n",
    );
    for case in planted_cases(world) {
        let cells = [
            case.case_id,
            case.pattern,
            case.is_benign.to_string(),
            case.variant,
            case.held_out.to_string(),
            case.first_day.to_string(),
            case.emerges_day.to_string(),
            case.anchors.join(";"),
            case.members.join(";"),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Returns the content of `truth/identities.csv`: a row for each named entity, a column for each agency.
pub(super) fn identities_table(world: &HiddenWorld) -> String {
    let mut text = String::from("entity,kind,same_as,listed_from");
    for agency in AGENCIES {
        text.push(',');
        text.push_str(agency.name);
    }
    text.push('\n');
    let mut rows: BTreeMap<(EntityKind, &str), Vec<String>> = BTreeMap::new();
    for entity in world.entities.iter() {
        if entity.kind.is_observable() || matches!(entity.kind, EntityKind::Sector | EntityKind::Account) {
            continue;
        }
        let same_as = entity.synonym_of.map(|other| world.entities.name(other)).unwrap_or_default();
        let listed_from = entity.listed_from.map(|day| day.to_string()).unwrap_or_default();
        let kind = entity.kind.stix_type();
        let mut row = vec![entity.name.clone(), kind.to_owned(), same_as.to_owned(), listed_from];
        row.extend((0..AGENCIES.len()).map(|agency| entity.name_used_by(agency).to_owned()));
        rows.insert((entity.kind, &entity.name), row);
    }
    for row in rows.into_values() {
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// Returns a Markdown list of all variants by pattern.
pub(super) fn variants_list() -> String {
    let mut text = String::new();
    for pattern in &PATTERNS {
        let _ = write!(text, "\n**{}**\n\n", pattern.name);
        for variant in pattern.variants {
            let role = if variant.is_benign { "look-alike" } else { "pattern" };
            let held_out = if variant.held_out { ", held out" } else { "" };
            let _ = writeln!(text, "- `{}` ({role}{held_out}): {}", variant.name, variant.about);
        }
    }
    text
}
