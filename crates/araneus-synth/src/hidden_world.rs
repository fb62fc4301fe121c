//! The hidden world while it is generated: established actors, shared entities, reports and planted cases.

use std::collections::BTreeSet;

use crate::{
    calendar::{DAY, HISTORY_DAYS, HOUR, time_of},
    difficulty::Difficulty,
    entities::{Entities, EntityId, EntityKind},
    payment::Economy,
    random::{RandomStream, between, chance, pick, pick_popular, sample, weighted_index, within},
    report::{Link, LinkKind, Report, link},
    vocabulary::{COMMODITY, COMMON_TOOLS, SECTORS, TECHNIQUES},
};

/// An actor with a history before the first day.
#[derive(Clone, Debug)]
pub(crate) struct EstablishedActor {
    pub(crate) entity: EntityId,
    /// Region of its activity, 0 to 3.
    pub(crate) region: usize,
    pub(crate) malware: Vec<EntityId>,
    pub(crate) tools: Vec<EntityId>,
    pub(crate) techniques: Vec<EntityId>,
    pub(crate) campaigns: Vec<EntityId>,
    pub(crate) hosts: Vec<EntityId>,
    /// Times of its first and last activity in the history, in seconds since 1970.
    pub(crate) active: (i64, i64),
    /// True if it has no baseline activity during the thirty days.
    pub(crate) is_dormant: bool,
    /// Number of planted cases that it is in so far.
    pub(crate) case_count: usize,
}

/// Entities that belong to no single actor.
#[derive(Debug, Default)]
pub(crate) struct SharedEntities {
    pub(crate) tools: Vec<EntityId>,
    pub(crate) commodity: Vec<EntityId>,
    pub(crate) techniques: Vec<EntityId>,
    pub(crate) vulnerabilities: Vec<EntityId>,
    pub(crate) sectors: Vec<EntityId>,
    /// Addresses of content networks, sinkholes, parking services, public resolvers and VPN exits.
    pub(crate) hubs: Vec<EntityId>,
    pub(crate) sinkholes: Vec<EntityId>,
    pub(crate) parking: Vec<EntityId>,
}

/// A planted pattern or look-alike; its reports carry its position.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) pattern: &'static str,
    pub(crate) variant: &'static str,
    pub(crate) is_benign: bool,
    pub(crate) held_out: bool,
    pub(crate) anchors: Vec<EntityId>,
}

/// The world while it is generated.
#[derive(Debug)]
pub(crate) struct HiddenWorld {
    pub(crate) difficulty: &'static Difficulty,
    pub(crate) entities: Entities,
    pub(crate) actors: Vec<EstablishedActor>,
    pub(crate) shared: SharedEntities,
    pub(crate) reports: Vec<Report>,
    pub(crate) cases: Vec<Case>,
    /// Position of the case that is being planted; new reports belong to it.
    pub(crate) current_case: Option<usize>,
    /// First day of that case. Only links that were reported before that day may serve as known ones.
    pub(crate) case_first_day: u32,
    /// Pairs of actors that a planted case brings together, the lower position first.
    pub(crate) paired: BTreeSet<(usize, usize)>,
    /// Day on which the snapshot source updates the modification time of all its objects.
    pub(crate) bulk_edit_day: Option<u32>,
    /// Accounts and payments.
    pub(crate) economy: Economy,
}

/// Number of actors that are active during the thirty days.
const ACTIVE: usize = 26;
/// Number of actors that stopped at least 75 days before the first day.
const DORMANT: usize = 14;

impl HiddenWorld {
    /// Returns a world with its shared entities and its established actors, without any report.
    pub(crate) fn new(random: &mut RandomStream, salt: u64, difficulty: &'static Difficulty) -> Self {
        let mut world = Self {
            difficulty,
            entities: Entities::new(salt),
            actors: Vec::new(),
            shared: SharedEntities::default(),
            reports: Vec::new(),
            cases: Vec::new(),
            current_case: None,
            case_first_day: 0,
            paired: BTreeSet::new(),
            bulk_edit_day: None,
            economy: Economy::default(),
        };
        world.shared = shared_entities(&mut world.entities, random);
        for index in 0..ACTIVE + DORMANT {
            let actor = established_actor(&mut world, random, index >= ACTIVE);
            world.actors.push(actor);
        }
        world
    }
}

/// Adds the entities that belong to no single actor.
fn shared_entities(entities: &mut Entities, random: &mut RandomStream) -> SharedEntities {
    let mut shared = SharedEntities::default();
    for name in COMMON_TOOLS {
        shared.tools.push(entities.add(EntityKind::Tool, name, None));
    }
    for name in COMMODITY {
        shared.commodity.push(entities.add(EntityKind::Malware, name, None));
    }
    for &entity in shared.tools.iter().chain(&shared.commodity) {
        entities[entity].listed_from = Some(1);
    }
    for (number, name) in TECHNIQUES {
        shared.techniques.push(entities.add(EntityKind::Technique, name, Some(number)));
    }
    for _ in 0..8 {
        let entity = entities.invent(random, EntityKind::Vulnerability);
        entities[entity].external_id = Some(entities.name(entity).to_owned());
        shared.vulnerabilities.push(entity);
    }
    shared.sectors = SECTORS.iter().map(|name| entities.add(EntityKind::Sector, name, None)).collect();
    for index in 0..14 {
        let kind = if index % 7 == 6 { EntityKind::Ipv6 } else { EntityKind::Ipv4 };
        shared.hubs.push(entities.invent(random, kind));
    }
    shared.sinkholes = shared.hubs[4..7].to_vec();
    shared.parking = shared.hubs[7..10].to_vec();
    shared
}

/// Adds an actor with its malware, tools and techniques.
fn established_actor(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    is_dormant: bool,
) -> EstablishedActor {
    let difficulty = world.difficulty;
    let entity = world.entities.invent(random, EntityKind::Actor);
    world.entities[entity].listed_from = Some(1);
    world.entities.add_aliases(random, entity, difficulty.alias, difficulty.unlisted_alias);
    let malware = (0..between(random, 1, 3)).map(|_| world.invent_malware(random, Some(1))).collect();
    let first_days = within(random, HISTORY_DAYS / 2, HISTORY_DAYS);
    let last_days = if is_dormant { within(random, 75, 180) } else { within(random, 1, 35) };
    let tools = between(random, 1, 4);
    let techniques: BTreeSet<EntityId> =
        (0..between(random, 5, 16)).map(|_| pick_popular(random, &world.shared.techniques)).collect();
    EstablishedActor {
        entity,
        region: between(random, 0, 3),
        malware,
        tools: sample(random, &world.shared.tools, tools),
        techniques: techniques.into_iter().collect(),
        campaigns: Vec::new(),
        hosts: Vec::new(),
        active: (time_of(1) - first_days * DAY, time_of(1) - last_days * DAY + within(random, -HOUR, HOUR)),
        is_dormant,
        case_count: 0,
    }
}

impl HiddenWorld {
    /// Adds an invented malware; `listed` is the first day on which the curated list contains it.
    pub(crate) fn invent_malware(&mut self, random: &mut RandomStream, listed: Option<u32>) -> EntityId {
        let entity = self.entities.invent(random, EntityKind::Malware);
        self.entities[entity].listed_from = listed;
        if listed.is_some() {
            let (alias, unlisted) = (self.difficulty.alias * 0.5, self.difficulty.unlisted_alias);
            self.entities.add_aliases(random, entity, alias, unlisted);
        }
        entity
    }

    /// Adds an invented host, sample or certificate of a random kind.
    pub(crate) fn invent_host(&mut self, random: &mut RandomStream) -> EntityId {
        let kind = match between(random, 0, 99) {
            0..=44 => EntityKind::Domain,
            45..=64 if self.entities.has_ipv4_left() => EntityKind::Ipv4,
            45..=69 => EntityKind::Ipv6,
            70..=94 => EntityKind::File,
            _ => EntityKind::Certificate,
        };
        self.entities.invent(random, kind)
    }

    /// Adds an invented domain or address.
    pub(crate) fn invent_machine(&mut self, random: &mut RandomStream) -> EntityId {
        let kind = match between(random, 0, 9) {
            0..=4 => EntityKind::Domain,
            5..=7 if self.entities.has_ipv4_left() => EntityKind::Ipv4,
            _ => EntityKind::Ipv6,
        };
        self.entities.invent(random, kind)
    }

    /// Adds an invented address.
    pub(crate) fn invent_address(&mut self, random: &mut RandomStream) -> EntityId {
        let kind = if self.entities.has_ipv4_left() && chance(random, 0.7) {
            EntityKind::Ipv4
        } else {
            EntityKind::Ipv6
        };
        self.entities.invent(random, kind)
    }

    /// Returns links between a host and the malware that uses it, and at times the campaign or actor behind it.
    pub(crate) fn host_links(
        &mut self,
        random: &mut RandomStream,
        host: EntityId,
        malware: EntityId,
        behind: Option<EntityId>,
        seen_at: i64,
    ) -> Vec<Link> {
        let mut links = Vec::new();
        let is_network_host =
            matches!(self.entities.kind(host), EntityKind::Domain | EntityKind::Ipv4 | EntityKind::Ipv6);
        if is_network_host && chance(random, 0.3) {
            links.push(link(malware, LinkKind::CommunicatesWith, host, seen_at));
        } else {
            links.push(link(host, LinkKind::Indicates, malware, seen_at));
        }
        if let Some(behind) = behind.filter(|_| chance(random, 0.3)) {
            links.push(link(host, LinkKind::Indicates, behind, seen_at));
        }
        links
    }

    /// Adds links from some domains of a list to addresses of it, or to a shared address.
    pub(crate) fn add_resolutions(
        &self,
        random: &mut RandomStream,
        hosts: &[EntityId],
        seen_at: i64,
        links: &mut Vec<Link>,
    ) {
        let is_address =
            |host: &EntityId| matches!(self.entities.kind(*host), EntityKind::Ipv4 | EntityKind::Ipv6);
        let addresses: Vec<EntityId> = hosts.iter().copied().filter(is_address).collect();
        for &domain in hosts.iter().filter(|host| self.entities.kind(**host) == EntityKind::Domain) {
            if !addresses.is_empty() && chance(random, 0.4) {
                links.push(link(domain, LinkKind::ResolvesTo, pick(random, &addresses), seen_at));
            } else if chance(random, self.difficulty.shared_value) {
                links.push(link(domain, LinkKind::ResolvesTo, pick(random, &self.shared.hubs), seen_at));
            }
        }
    }

    /// Adds links to techniques that a report maps the activity of a subject to; often none.
    pub(crate) fn add_methods(
        &self,
        random: &mut RandomStream,
        subject: EntityId,
        seen_at: i64,
        links: &mut Vec<Link>,
    ) {
        let count = [0, between(random, 1, 4), between(random, 5, 14)][weighted_index(random, &[45, 35, 20])];
        let used: BTreeSet<EntityId> = (0..count).map(|_| self.choose_technique(random)).collect();
        links.extend(used.into_iter().map(|used| link(subject, LinkKind::Uses, used, seen_at)));
    }

    /// Returns a random technique; popular ones are more probable.
    pub(crate) fn choose_technique(&self, random: &mut RandomStream) -> EntityId {
        pick_popular(random, &self.shared.techniques)
    }

    /// Returns a random malware of an actor; in a planted case, one that is known to be the actor's.
    pub(crate) fn choose_malware(&self, random: &mut RandomStream, actor_index: usize) -> EntityId {
        if self.current_case.is_none() {
            return pick(random, &self.actors[actor_index].malware);
        }
        pick(random, &self.known_malware(actor_index))
    }

    /// Returns the malware that a report before the planted case links to the actor, so that records show the link.
    /// Without such a report, it is the actor's first malware.
    pub(crate) fn known_malware(&self, actor_index: usize) -> Vec<EntityId> {
        let actor = &self.actors[actor_index];
        let mut known = actor.malware.clone();
        known.retain(|&malware| self.is_reported(actor.entity, LinkKind::Uses, malware));
        if known.is_empty() { vec![actor.malware[0]] } else { known }
    }

    /// Returns whether a report before the planted case links any malware to the actor.
    pub(crate) fn has_known_malware(&self, actor_index: usize) -> bool {
        let actor = &self.actors[actor_index];
        actor.malware.iter().any(|&malware| self.is_reported(actor.entity, LinkKind::Uses, malware))
    }

    /// Returns a random campaign of an actor for a planted case, by the same rule.
    pub(crate) fn choose_known_campaign(&self, random: &mut RandomStream, actor_index: usize) -> EntityId {
        let actor = &self.actors[actor_index];
        let mut known = actor.campaigns.clone();
        known.retain(|&campaign| self.is_reported(campaign, LinkKind::AttributedTo, actor.entity));
        pick(random, if known.is_empty() { &actor.campaigns[..1] } else { &known })
    }

    /// Returns whether no report before the planted case names the actor or its malware at a time after `since`.
    ///
    /// Wrong attributions and coincidences name dormant actors too.
    pub(crate) fn is_quiet(&self, actor_index: usize, since: i64) -> bool {
        let actor = &self.actors[actor_index];
        let is_of_actor = |entity: EntityId| entity == actor.entity || actor.malware.contains(&entity);
        let mut earlier_reports = self.reports.iter().filter(|report| report.day < self.case_first_day);
        !earlier_reports.any(|report| {
            let is_recent = report.created_at > since || report.links.iter().any(|link| link.seen_at > since);
            let mut linked = report.links.iter().flat_map(|link| [link.from, link.to]);
            is_recent && (linked.any(is_of_actor) || report.mentions.contains(&actor.entity))
        })
    }

    /// Returns whether a report before the planted case has a link, with names that identify both of its ends.
    fn is_reported(&self, from: EntityId, kind: LinkKind, to: EntityId) -> bool {
        let is_named = |report: &Report| {
            [from, to].iter().all(|&end| self.entities[end].is_known_by(report.author, self.case_first_day))
        };
        let mut earlier_reports = self.reports.iter().filter(|report| report.day < self.case_first_day);
        earlier_reports.any(|report| {
            is_named(report)
                && report.links.iter().any(|link| (link.from, link.kind, link.to) == (from, kind, to))
        })
    }
}
