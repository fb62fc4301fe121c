//! Accounts: what one report, one record or one run of a source says about recent links. Random runs draw whole accounts.
//!
//! A report brings all its links at once, so these links are one event and not many. Of a usually reliable source, an account is a new
//! report with the links between the entities that it names, or a record outside of such reports. Of another source, an account is everything that the
//! source delivers first in one run, because such a source needs a second one for a flag. Records that repeat another source have no account of their own.
//!
//! An account *introduces* a new entity if no earlier account names it. Somebody must be the first to name an entity, so random runs
//! keep what an account introduces. An account *cites* every other entity: it was known, or an earlier account introduced it. A random run draws
//! another entity of the same class in its place, once for the whole account. The chance of an entity grows with its earlier links, and a recent link
//! counts once. Introductions are conditioned on, and citations are drawn, as in the urn of Hoppe (1984, Polya-like urns and the Ewens' sampling formula).

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rand_chacha::ChaCha8Rng;

use crate::{
    analysis::{Analysis, Class},
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Layer,
    random::below,
    time::{DAY, Moment},
};

/// Number of times that a citation draws another entity, if the account has the one that it drew.
const TRIES: usize = 16;

/// Claim of one account about a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) link: LinkIndex,
    /// Share of the link's weight. The accounts of a link have equal shares.
    pub(super) weight: f64,
    pub(super) from: End,
    pub(super) to: End,
}

/// End of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// An entity that the account introduces.
    Introduced(EntityIndex),
    /// A citation, by its position in `Accounts::citations`.
    Cited(usize),
}

/// An account: the entities that it introduces, ascending, and its citations.
#[derive(Clone, Debug, Default, PartialEq)]
struct Account {
    introduced: Vec<EntityIndex>,
    citations: Range<usize>,
}

/// Accounts of the recent links, with the entities that random runs draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Accounts {
    /// Claims in the order of the links; of one link, in the order of the accounts.
    pub(super) claims: Vec<Claim>,
    all: Vec<Account>,
    /// Entities that accounts cite and do not introduce, each with its class.
    citations: Vec<(EntityIndex, Class)>,
    urns: Urns,
    /// Weight of the claims with two citations, by the classes of their ends.
    cited: BTreeMap<(Class, Class), f64>,
    /// Weight of the claims with one citation, by the other end and by the class of the citation.
    half_cited: BTreeMap<EntityIndex, BTreeMap<Class, f64>>,
}

/// Entities of each class, in ascending order, each as often as it may be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Urns(BTreeMap<Class, Vec<EntityIndex>>);

impl Urns {
    /// Returns the share of some entities, ascending, in the urn of a class.
    fn share(&self, class: Class, members: &[EntityIndex]) -> f64 {
        let urn = self.0.get(&class).map_or(&[][..], Vec::as_slice);
        let count = |member: &EntityIndex| {
            urn.partition_point(|entity| entity <= member) - urn.partition_point(|entity| entity < member)
        };
        members.iter().map(count).sum::<usize>() as f64 / urn.len().max(1) as f64
    }
}

/// Identity of an account: its source, and what it consists of.
pub(super) type Key<'a> = (&'a str, Part);

/// Part of a source's records that is an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Report(EntityIndex),
    Record(RecordIndex),
    /// All records that this run delivered first.
    Run(Moment),
    /// All records outside of reports that the source wrote on this day, counted from 1970.
    Day(i64),
}

impl Accounts {
    /// Collects the accounts of recent links, each with its weight. `earlier` are the ends of earlier links.
    pub(super) fn of(
        analysis: &Analysis,
        recent: &[(LinkIndex, f64)],
        earlier: impl Iterator<Item = EntityIndex>,
    ) -> Self {
        let reports = reports(analysis, recent_links(analysis));
        let keys: Vec<BTreeMap<Key<'_>, (Moment, RecordIndex)>> =
            recent.iter().map(|(link, _)| keys(analysis, &reports, *link)).collect();
        let mut accounts: BTreeMap<Key<'_>, (Moment, RecordIndex, Vec<LinkIndex>)> = BTreeMap::new();
        for ((link, _), keys) in recent.iter().zip(&keys) {
            for (key, (time, record)) in keys {
                let account = accounts.entry(*key).or_insert_with(|| (*time, *record, Vec::new()));
                (account.0, account.1) = (account.0, account.1).min((*time, *record));
                account.2.push(*link);
            }
        }
        let mut order: Vec<(Moment, RecordIndex, Key<'_>)> =
            accounts.iter().map(|(key, (time, record, _))| (*time, *record, *key)).collect();
        order.sort_unstable();
        let is_new = |entity: EntityIndex| analysis.context.is_new[entity.index()];
        let ends = |link: LinkIndex| [analysis[link].from, analysis[link].to];
        let mut named: BTreeSet<EntityIndex> = BTreeSet::new();
        let mut builder = Self::default();
        let mut ends_of: BTreeMap<Key<'_>, BTreeMap<EntityIndex, End>> = BTreeMap::new();
        for (.., key) in &order {
            let entities: BTreeSet<EntityIndex> =
                accounts[key].2.iter().flat_map(|link| ends(*link)).collect();
            let is_first = |entity: &EntityIndex| is_new(*entity) && !named.contains(entity);
            let (introduced, cited): (Vec<_>, Vec<_>) = entities.into_iter().partition(is_first);
            named.extend(&introduced);
            let class = |entity: EntityIndex| (entity, analysis.context.class[entity.index()]);
            ends_of.insert(*key, builder.add(introduced, cited.into_iter().map(class).collect()));
        }
        for ((link, weight), keys) in recent.iter().zip(&keys) {
            let [from, to] = ends(*link);
            for key in keys.keys() {
                let (from, to) = (ends_of[key][&from], ends_of[key][&to]);
                builder.claim(Claim { link: *link, weight: weight / keys.len() as f64, from, to });
            }
        }
        let recent_ends: BTreeSet<EntityIndex> = recent.iter().flat_map(|(link, _)| ends(*link)).collect();
        for entity in earlier.chain(recent_ends) {
            builder.urns.0.entry(analysis.context.class[entity.index()]).or_default().push(entity);
        }
        builder.urns.0.values_mut().for_each(|urn| urn.sort_unstable());
        builder
    }

    /// Adds an account; returns the end of each of its entities.
    fn add(
        &mut self,
        introduced: Vec<EntityIndex>,
        cited: Vec<(EntityIndex, Class)>,
    ) -> BTreeMap<EntityIndex, End> {
        let first = self.citations.len();
        let citations = (first..).zip(&cited).map(|(citation, (entity, _))| (*entity, End::Cited(citation)));
        let ends =
            introduced.iter().map(|entity| (*entity, End::Introduced(*entity))).chain(citations).collect();
        self.all.push(Account { introduced, citations: first..first + cited.len() });
        self.citations.extend(cited);
        ends
    }

    fn claim(&mut self, claim: Claim) {
        let class = |citation: usize| self.citations[citation].1;
        match (claim.from, claim.to) {
            (End::Cited(from), End::Cited(to)) => {
                *self.cited.entry((class(from), class(to))).or_default() += claim.weight;
            }
            (End::Introduced(one), End::Cited(other)) | (End::Cited(other), End::Introduced(one)) => {
                let class = class(other);
                *self.half_cited.entry(one).or_default().entry(class).or_default() += claim.weight;
            }
            (End::Introduced(_), End::Introduced(_)) => {}
        }
        self.claims.push(claim);
    }

    /// Returns the mean weight that random runs give the claims with a citation among some entities, ascending. That one account does not
    /// draw an entity twice is not taken off.
    pub(super) fn mean_weight_among(&self, members: &[EntityIndex]) -> f64 {
        let shares: BTreeMap<Class, f64> =
            self.urns.0.keys().map(|class| (*class, self.urns.share(*class, members))).collect();
        let share = |class: &Class| shares.get(class).copied().unwrap_or_default();
        let of_both: f64 =
            self.cited.iter().map(|((from, to), weight)| weight * share(from) * share(to)).sum();
        let of_one: f64 = members
            .iter()
            .filter_map(|member| self.half_cited.get(member))
            .flatten()
            .map(|(class, weight)| weight * share(class))
            .sum();
        of_both + of_one
    }

    /// Returns the ends of each claim in a random run.
    pub(super) fn drawn(&self, random: &mut ChaCha8Rng) -> Vec<(EntityIndex, EntityIndex)> {
        self.with_citations(&self.drawn_citations(random))
    }

    /// Draws the entity of each citation. A citation that draws no entity that its account lacks keeps its own, or gets that of another citation of its
    /// class.
    fn drawn_citations(&self, random: &mut ChaCha8Rng) -> Vec<EntityIndex> {
        let mut drawn: Vec<EntityIndex> = Vec::with_capacity(self.citations.len());
        for account in &self.all {
            let first = drawn.len();
            let citations = &self.citations[account.citations.clone()];
            for (own, class) in citations {
                let urn = &self.urns.0[class];
                let is_free = |entity: &EntityIndex| {
                    account.introduced.binary_search(entity).is_err() && !drawn[first..].contains(entity)
                };
                let of_class =
                    citations.iter().filter(|(_, other)| other == class).map(|(entity, _)| *entity);
                let one = (0..TRIES)
                    .map(|_| urn[below(random, urn.len() as u32) as usize])
                    .chain(std::iter::once(*own))
                    .chain(of_class)
                    .find(is_free)
                    .unwrap_or(*own);
                drawn.push(one);
            }
        }
        drawn
    }

    fn with_citations(&self, citations: &[EntityIndex]) -> Vec<(EntityIndex, EntityIndex)> {
        let entity = |end: End| match end {
            End::Introduced(entity) => entity,
            End::Cited(citation) => citations[citation],
        };
        self.claims.iter().map(|claim| (entity(claim.from), entity(claim.to))).collect()
    }
}

/// A report of a source, with the run that first delivered it.
type Report<'a> = (&'a str, Moment, EntityIndex);

/// Returns the links that were first recorded in the recent window, ascending.
fn recent_links(analysis: &Analysis) -> impl Iterator<Item = LinkIndex> {
    LinkIndex::first(analysis.resolution.links.len())
        .filter(|link| analysis.context.link_is_new[link.index()])
}

/// Returns the reports that name each entity by one of some links, ascending.
fn reports(
    analysis: &Analysis,
    links: impl Iterator<Item = LinkIndex>,
) -> BTreeMap<EntityIndex, BTreeSet<Report<'_>>> {
    let is_report = |entity: EntityIndex| analysis.context.class[entity.index()] == Class::Report;
    let mut reports: BTreeMap<EntityIndex, BTreeSet<Report<'_>>> = BTreeMap::new();
    for link in links.map(|link| &analysis[link]) {
        let (report, named) = if is_report(link.from) { (link.from, link.to) } else { (link.to, link.from) };
        if link.layer != Layer::CoReport || !is_report(report) {
            continue;
        }
        for record in link.records.iter().map(|record| &analysis[*record]) {
            for entity in [report, named] {
                reports.entry(entity).or_default().insert((&record.source, record.first_run, report));
            }
        }
    }
    reports
}

/// Finds the accounts of links, given the reports that name their ends.
pub(super) struct AccountsOfLinks<'a>(BTreeMap<EntityIndex, BTreeSet<Report<'a>>>);

impl<'a> AccountsOfLinks<'a> {
    /// Reads the reports of the recent window.
    pub(super) fn recent(analysis: &'a Analysis) -> Self {
        Self(reports(analysis, recent_links(analysis)))
    }

    /// Reads the reports among some links.
    pub(super) fn among(analysis: &'a Analysis, links: &[LinkIndex]) -> Self {
        Self(reports(analysis, links.iter().copied()))
    }

    /// Returns the accounts of a link.
    pub(super) fn of(&self, analysis: &'a Analysis, link: LinkIndex) -> BTreeSet<Key<'a>> {
        keys(analysis, &self.0, link).into_keys().collect()
    }

    /// Returns the accounts of a link, where all records outside of reports that one source wrote on one day are one account.
    pub(super) fn by_day(&self, analysis: &'a Analysis, link: LinkIndex) -> BTreeSet<Key<'a>> {
        let day = |part: Part| match part {
            Part::Record(record) => Part::Day(analysis[record].recorded_at.micros().div_euclid(DAY)),
            other => other,
        };
        self.of(analysis, link).into_iter().map(|(source, part)| (source, day(part))).collect()
    }
}

/// Returns the accounts of a link, each with the recorded time of its earliest record and the record.
fn keys<'a>(
    analysis: &'a Analysis,
    reports: &BTreeMap<EntityIndex, BTreeSet<Report<'a>>>,
    link: LinkIndex,
) -> BTreeMap<Key<'a>, (Moment, RecordIndex)> {
    let link = &analysis[link];
    let none = BTreeSet::new();
    let [from, to] = [link.from, link.to].map(|end| reports.get(&end).unwrap_or(&none));
    let is_own = |record: &RecordIndex| analysis.resolution.relays.repeat(*record).is_none();
    // The records that the others repeat may be hidden.
    let has_own = link.records.iter().any(is_own);
    let mut keys: BTreeMap<Key<'a>, (Moment, RecordIndex)> = BTreeMap::new();
    for record in link.records.iter().filter(|record| !has_own || is_own(record)) {
        let of_record = &analysis[*record];
        let is_same =
            |report: &&Report<'_>| (report.0, report.1) == (&*of_record.source, of_record.first_run);
        let is_reliable = analysis.view.terms(&of_record.source).reliability.suffices_alone();
        let part = match from.intersection(to).find(is_same) {
            _ if !is_reliable => Part::Run(of_record.first_run),
            Some((.., report)) => Part::Report(*report),
            None => Part::Record(*record),
        };
        let key = (&*of_record.source, part);
        let recorded = (of_record.recorded_at, *record);
        let first = keys.entry(key).or_insert(recorded);
        *first = recorded.min(*first);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn entity(number: usize) -> EntityIndex {
        EntityIndex::first(number + 1).last().expect("at least one")
    }

    fn link(number: usize) -> LinkIndex {
        LinkIndex::first(number + 1).last().expect("at least one")
    }

    /// A report introduces actor 0 with the malware 20 to 22. Two records then say that actor 0 uses malware 20, and that actor 1 uses 21.
    fn accounts() -> Accounts {
        let mut accounts = Accounts::default();
        let class = |number: usize| if number < 10 { Class::Actor } else { Class::Capability };
        let citations = |numbers: &[usize]| numbers.iter().map(|at| (entity(*at), class(*at))).collect();
        let introduced = [0, 20, 21, 22].map(entity).to_vec();
        let of_accounts = [
            (accounts.add(introduced, Vec::new()), vec![(0, 20, 1.0), (0, 21, 1.0), (0, 22, 1.0)]),
            (accounts.add(Vec::new(), citations(&[0, 20])), vec![(0, 20, 2.0)]),
            (accounts.add(vec![entity(1)], citations(&[21])), vec![(1, 21, 3.0)]),
        ];
        for (ends, links) in of_accounts {
            for (number, (from, to, weight)) in links.into_iter().enumerate() {
                let (from, to) = (ends[&entity(from)], ends[&entity(to)]);
                accounts.claim(Claim { link: link(number), weight, from, to });
            }
        }
        let urn = |numbers: &[usize]| numbers.iter().map(|number| entity(*number)).collect::<Vec<_>>();
        accounts.urns.0.insert(Class::Actor, urn(&[0, 1, 2, 2, 2]));
        accounts.urns.0.insert(Class::Capability, urn(&[20, 21, 22, 23, 23, 23, 24, 24, 24, 24]));
        accounts
    }

    #[test]
    fn the_mean_weight_among_entities_is_that_of_random_runs() {
        let accounts = accounts();
        let group = [0, 20, 21, 22].map(entity);
        // The second account draws an actor and a malware of the group; the third one has an actor outside it.
        let mean = accounts.mean_weight_among(&group);
        assert!((mean - 2.0 * (1.0 / 5.0) * (3.0 / 10.0)).abs() < 1e-12, "{mean}");
        let with_other = [0, 1, 20, 21, 22].map(entity);
        let mean_with_other = accounts.mean_weight_among(&with_other);
        let expected = 2.0 * (2.0 / 5.0) * (3.0 / 10.0) + 3.0 * (3.0 / 10.0);
        assert!((mean_with_other - expected).abs() < 1e-12, "{mean_with_other}");
        let runs = 4000;
        for (members, mean) in [(&group[..], mean), (&with_other[..], mean_with_other)] {
            let drawn: f64 = (0..runs)
                .flat_map(|run| accounts.drawn(&mut random::open(13, run)).into_iter().zip(&accounts.claims))
                .filter(|(_, claim)| {
                    !matches!((claim.from, claim.to), (End::Introduced(_), End::Introduced(_)))
                })
                .filter(|((from, to), _)| members.contains(from) && members.contains(to))
                .map(|(_, claim)| claim.weight)
                .sum();
            let drawn = drawn / runs as f64;
            assert!((drawn - mean).abs() < 0.1 * mean, "{drawn}, not about {mean}");
        }
    }

    #[test]
    fn a_random_run_keeps_what_an_account_introduces_and_draws_an_entity_once_for_an_account() {
        let mut accounts = accounts();
        // One more account names malware 20 with two actors that it introduces.
        let ends = accounts.add(vec![entity(3), entity(4)], vec![(entity(20), Class::Capability)]);
        for actor in [3, 4] {
            let (from, to) = (ends[&entity(actor)], ends[&entity(20)]);
            accounts.claim(Claim { link: link(9), weight: 1.0, from, to });
        }
        let report = [(0, 20), (0, 21), (0, 22)].map(|(from, to)| (entity(from), entity(to)));
        let mut drawn_targets = BTreeSet::new();
        for run in 0..200 {
            let drawn = accounts.drawn(&mut random::open(5, run));
            assert_eq!(drawn[..3], report, "the report is kept");
            let [(one, target), (other, same)] = [drawn[5], drawn[6]];
            assert_eq!((one, other, target), (entity(3), entity(4), same));
            drawn_targets.insert(target);
        }
        assert_eq!(drawn_targets.len(), 5, "every malware is drawn");
    }

    #[test]
    fn an_account_names_no_entity_twice_in_a_random_run() {
        let mut accounts = accounts();
        let actors = [0, 1, 2].map(|number| (entity(number), Class::Actor)).to_vec();
        accounts.add(Vec::new(), actors);
        for run in 0..200 {
            let drawn = accounts.drawn_citations(&mut random::open(5, run));
            let of_account: BTreeSet<EntityIndex> =
                drawn[accounts.all[3].citations.clone()].iter().copied().collect();
            assert_eq!(of_account.len(), 3, "{of_account:?}");
        }
    }
}
