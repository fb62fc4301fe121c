//! The hidden world while it is being made: its actors, what all share, and what was said.

use std::collections::BTreeSet;

use super::{
    bulletin::{Bulletin, Relation, Tie, tie},
    cast::{Cast, Kind, ThingId},
    clock::{DAY, HOUR, PAST_DAYS, moment},
    level::Knobs,
    random::{Stream, between, chance, pick, pick_popular, some, within},
    words::{COMMODITY, COMMON_TOOLS, SECTORS, TECHNIQUES},
};

/// An established actor.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) thing: ThingId,
    /// Where it works, 0 to 3.
    pub(super) region: usize,
    pub(super) malware: Vec<ThingId>,
    pub(super) tools: Vec<ThingId>,
    pub(super) techniques: Vec<ThingId>,
    pub(super) campaigns: Vec<ThingId>,
    pub(super) hosts: Vec<ThingId>,
    /// First and last activity of the base, in seconds since 1970.
    pub(super) active: (i64, i64),
    /// It does nothing of itself during the story.
    pub(super) is_dormant: bool,
    /// How many plants it already plays in.
    pub(super) parts: usize,
}

/// What belongs to nobody.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) tools: Vec<ThingId>,
    pub(super) commodity: Vec<ThingId>,
    pub(super) techniques: Vec<ThingId>,
    pub(super) vulnerabilities: Vec<ThingId>,
    pub(super) sectors: Vec<ThingId>,
    /// Content networks, sinkholes, parking, public resolvers and exits of private networks.
    pub(super) hubs: Vec<ThingId>,
    pub(super) sinkholes: Vec<ThingId>,
    pub(super) parking: Vec<ThingId>,
}

/// One planted pattern or look-alike, before it is written down.
#[derive(Clone, Debug)]
pub(super) struct Plant {
    pub(super) pattern: &'static str,
    pub(super) mechanism: &'static str,
    pub(super) is_benign: bool,
    pub(super) held_out: bool,
    pub(super) anchors: Vec<ThingId>,
}

/// The world while it is being made.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) knobs: &'static Knobs,
    pub(super) cast: Cast,
    pub(super) actors: Vec<Actor>,
    pub(super) common: Common,
    pub(super) bulletins: Vec<Bulletin>,
    pub(super) plants: Vec<Plant>,
    /// The plant that is being told.
    pub(super) plant: Option<usize>,
    /// The first night on which it is told: what an actor is known for by then is what it can show.
    pub(super) plant_begins: u32,
    /// Pairs of actors that a plant brings together, the lower first.
    pub(super) paired: BTreeSet<(usize, usize)>,
    /// The night on which the snapshot source touches everything.
    pub(super) bulk_night: Option<u32>,
}

/// Actors that do things during the story.
const ACTIVE: usize = 26;
/// Actors that stopped more than 60 days before it.
const DORMANT: usize = 14;

/// Sets the stage: who there is, and what all share.
pub(super) fn set(random: &mut Stream, salt: u64, knobs: &'static Knobs) -> Stage {
    let mut stage = Stage {
        knobs,
        cast: Cast::of(salt),
        actors: Vec::new(),
        common: Common::default(),
        bulletins: Vec::new(),
        plants: Vec::new(),
        plant: None,
        plant_begins: 0,
        paired: BTreeSet::new(),
        bulk_night: None,
    };
    stage.common = common(&mut stage.cast, random);
    for at in 0..ACTIVE + DORMANT {
        let actor = actor(&mut stage, random, at >= ACTIVE);
        stage.actors.push(actor);
    }
    stage
}

fn common(cast: &mut Cast, random: &mut Stream) -> Common {
    let mut common = Common::default();
    for name in COMMON_TOOLS {
        common.tools.push(cast.add(Kind::Tool, name, None));
    }
    for name in COMMODITY {
        common.commodity.push(cast.add(Kind::Malware, name, None));
    }
    for &thing in common.tools.iter().chain(&common.commodity) {
        cast.things[thing].listed = Some(1);
    }
    for (number, name) in TECHNIQUES {
        common.techniques.push(cast.add(Kind::Technique, name, Some(number)));
    }
    for _ in 0..8 {
        let thing = cast.invent(random, Kind::Vulnerability);
        cast.things[thing].number = Some(cast.name(thing).to_owned());
        common.vulnerabilities.push(thing);
    }
    common.sectors = SECTORS.iter().map(|name| cast.add(Kind::Sector, name, None)).collect();
    for at in 0..14 {
        let kind = if at % 7 == 6 { Kind::Ipv6 } else { Kind::Ipv4 };
        common.hubs.push(cast.invent(random, kind));
    }
    common.sinkholes = common.hubs[4..7].to_vec();
    common.parking = common.hubs[7..10].to_vec();
    common
}

fn actor(stage: &mut Stage, random: &mut Stream, is_dormant: bool) -> Actor {
    let knobs = stage.knobs;
    let thing = stage.cast.invent(random, Kind::Actor);
    stage.cast.things[thing].listed = Some(1);
    stage.cast.give_aliases(random, thing, knobs.alias, knobs.unlisted_alias);
    let malware = (0..between(random, 1, 3)).map(|_| stage.malware(random, Some(1))).collect();
    let began = within(random, PAST_DAYS / 2, PAST_DAYS);
    let quiet = if is_dormant { within(random, 75, 180) } else { within(random, 1, 35) };
    let tools = between(random, 1, 4);
    let techniques: BTreeSet<ThingId> =
        (0..between(random, 3, 8)).map(|_| pick_popular(random, &stage.common.techniques)).collect();
    Actor {
        thing,
        region: between(random, 0, 3),
        malware,
        tools: some(random, &stage.common.tools, tools),
        techniques: techniques.into_iter().collect(),
        campaigns: Vec::new(),
        hosts: Vec::new(),
        active: (moment(1) - began * DAY, moment(1) - quiet * DAY + within(random, -HOUR, HOUR)),
        is_dormant,
        parts: 0,
    }
}

impl Stage {
    /// Invents a program; `listed` is the night from which on the tool list has it.
    pub(super) fn malware(&mut self, random: &mut Stream, listed: Option<u32>) -> ThingId {
        let thing = self.cast.invent(random, Kind::Malware);
        self.cast.things[thing].listed = listed;
        if listed.is_some() {
            let (alias, unlisted) = (self.knobs.alias * 0.5, self.knobs.unlisted_alias);
            self.cast.give_aliases(random, thing, alias, unlisted);
        }
        thing
    }

    /// Invents a host, sample or certificate of a random kind.
    pub(super) fn host(&mut self, random: &mut Stream) -> ThingId {
        let kind = match between(random, 0, 99) {
            0..=44 => Kind::Domain,
            45..=64 if self.cast.has_addresses() => Kind::Ipv4,
            45..=69 => Kind::Ipv6,
            70..=94 => Kind::File,
            _ => Kind::Certificate,
        };
        self.cast.invent(random, kind)
    }

    /// Invents a machine: a domain or an address.
    pub(super) fn machine(&mut self, random: &mut Stream) -> ThingId {
        let kind = match between(random, 0, 9) {
            0..=4 => Kind::Domain,
            5..=7 if self.cast.has_addresses() => Kind::Ipv4,
            _ => Kind::Ipv6,
        };
        self.cast.invent(random, kind)
    }

    /// Invents an address.
    pub(super) fn address(&mut self, random: &mut Stream) -> ThingId {
        let kind = if self.cast.has_addresses() && chance(random, 0.7) { Kind::Ipv4 } else { Kind::Ipv6 };
        self.cast.invent(random, kind)
    }

    /// Says how a host is tied to the malware that uses it, and at times to what stands behind that.
    pub(super) fn host_ties(
        &mut self,
        random: &mut Stream,
        host: ThingId,
        malware: ThingId,
        behind: Option<ThingId>,
        seen: i64,
    ) -> Vec<Tie> {
        let mut ties = Vec::new();
        let is_machine = matches!(self.cast.kind(host), Kind::Domain | Kind::Ipv4 | Kind::Ipv6);
        if is_machine && chance(random, 0.3) {
            ties.push(tie(malware, Relation::CommunicatesWith, host, seen));
        } else {
            ties.push(tie(host, Relation::Indicates, malware, seen));
        }
        if let Some(behind) = behind.filter(|_| chance(random, 0.3)) {
            ties.push(tie(host, Relation::Indicates, behind, seen));
        }
        ties
    }

    /// Returns a technique, the popular ones more often.
    pub(super) fn technique(&self, random: &mut Stream) -> ThingId {
        pick_popular(random, &self.common.techniques)
    }

    /// Returns an actor's malware, one of those it has; for a plant one of those it is known for.
    pub(super) fn own_malware(&self, random: &mut Stream, actor: usize) -> ThingId {
        if self.plant.is_none() {
            return pick(random, &self.actors[actor].malware);
        }
        pick(random, &self.known_malware(actor))
    }

    /// Returns the malware that somebody said before the plant to be an actor's, so that records can
    /// show whose it is; its first where nobody said so of any.
    pub(super) fn known_malware(&self, actor: usize) -> Vec<ThingId> {
        let who = &self.actors[actor];
        let mut known = who.malware.clone();
        known.retain(|&malware| self.is_told(who.thing, Relation::Uses, malware));
        if known.is_empty() { vec![who.malware[0]] } else { known }
    }

    /// Says whether somebody said before the plant of any malware that it is an actor's.
    pub(super) fn is_known(&self, actor: usize) -> bool {
        let who = &self.actors[actor];
        who.malware.iter().any(|&malware| self.is_told(who.thing, Relation::Uses, malware))
    }

    /// Returns an actor's campaign for a plant, by the same rule.
    pub(super) fn known_campaign(&self, random: &mut Stream, actor: usize) -> ThingId {
        let who = &self.actors[actor];
        let mut known = who.campaigns.clone();
        known.retain(|&campaign| self.is_told(campaign, Relation::AttributedTo, who.thing));
        pick(random, if known.is_empty() { &who.campaigns[..1] } else { &known })
    }

    /// Says whether no account of these days, told before the plant begins, names an actor or what it is
    /// known for; errors and chance meetings name the silent too.
    pub(super) fn is_quiet(&self, actor: usize, since: i64) -> bool {
        let who = &self.actors[actor];
        let is_its = |thing: ThingId| thing == who.thing || who.malware.contains(&thing);
        let mut told = self.bulletins.iter().filter(|bulletin| bulletin.night < self.plant_begins);
        !told.any(|bulletin| {
            let lately = bulletin.created > since || bulletin.ties.iter().any(|tie| tie.seen > since);
            let mut named = bulletin.ties.iter().flat_map(|tie| [tie.from, tie.to]);
            lately && (named.any(is_its) || bulletin.mentions.contains(&who.thing))
        })
    }

    /// Says whether somebody told of a tie before the plant begins, by names that lead to its ends.
    fn is_told(&self, from: ThingId, relation: Relation, to: ThingId) -> bool {
        let is_named = |bulletin: &Bulletin| {
            [from, to]
                .iter()
                .all(|&end| self.cast.things[end].is_known_by(bulletin.author, self.plant_begins))
        };
        let mut told = self.bulletins.iter().filter(|bulletin| bulletin.night < self.plant_begins);
        told.any(|bulletin| {
            is_named(bulletin)
                && bulletin.ties.iter().any(|tie| (tie.from, tie.relation, tie.to) == (from, relation, to))
        })
    }
}
