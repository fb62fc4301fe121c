//! Attribution: the known subjects that a new report may belong to, with the evidence for each.
//!
//! Evidence is what the values and the posts of the new report share with earlier reports of a subject: hosts,
//! registrable domains, networks, posts and reporters. A rare key says more than a common one. A suggestion is never a
//! merge.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    io::Write,
    net::IpAddr,
};

use super::{
    ReportingHistory,
    first_reports::{FirstReports, Origin},
    surge::night,
};
use crate::time::Moment;

/// Weights of the parts of a score, set by hand.
pub const WEIGHTS: Parts =
    Parts { host: 3.0, domain: 1.0, network: 0.7, post: 4.0, reporter: 0.8, recent: 0.5 };
/// Most subjects of a key that is evidence.
const MOST_SUBJECTS: usize = 30;
/// Most subjects of a reporter that is evidence.
const MOST_SUBJECTS_OF_REPORTER: usize = 400;
/// Days that count as recent activity.
const RECENT_NIGHTS: i64 = 28;

/// The parts of a score, before they are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// Shared hosts, addresses and other exact values.
    pub host: f64,
    /// Shared registrable domains.
    pub domain: f64,
    /// Shared networks of 256 addresses.
    pub network: f64,
    /// Share of the cited posts' earlier reports that were on the subject.
    pub post: f64,
    /// Share of the reporters' earlier reports that were on the subject.
    pub reporter: f64,
    /// Share of the recent activity of all subjects.
    pub recent: f64,
}

impl Parts {
    /// Returns the weighted sum.
    pub fn score(&self, weights: &Self) -> f64 {
        weights.host * self.host
            + weights.domain * self.domain
            + weights.network * self.network
            + weights.post * self.post
            + weights.reporter * self.reporter
            + weights.recent * self.recent
    }

    /// Returns whether there is evidence besides recent activity.
    pub fn has_evidence(&self) -> bool {
        Self { recent: 0.0, ..*self } != Self::default()
    }
}

/// A new report whose subject is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Nodes of its values.
    pub values: BTreeSet<u32>,
    /// The reports that it consists of; their posts and reporters count.
    pub origins: BTreeSet<Origin>,
}

/// A known subject that a new report may belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Node of the subject.
    pub subject: u32,
    /// Score by [`WEIGHTS`]; larger is better.
    pub score: f64,
    /// Parts of the score.
    pub parts: Parts,
}

/// Names of the columns of a suggestion, in the order of [`Suggestion::columns`].
pub const COLUMNS: [&str; 8] = ["host", "domain", "network", "post", "reporter", "recent", "values", "score"];

impl Suggestion {
    /// Returns the values of the columns of the outcome `attribution`, in their order.
    pub fn columns(&self, query: &Query) -> Vec<f64> {
        let Parts { host, domain, network, post, reporter, recent } = self.parts;
        vec![host, domain, network, post, reporter, recent, query.values.len() as f64, self.score]
    }
}

/// Kind of a key that two values can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// A host, an address, or another exact value.
    Host,
    /// A registrable domain.
    Domain,
    /// A network of 256 addresses.
    Network,
}

/// Earlier reports of a post or a reporter: all, and by subject.
#[derive(Clone, Debug, Default)]
struct SourceReports {
    reports: usize,
    by_subject: BTreeMap<u32, usize>,
}

/// Evidence from the reports that were recorded until a time.
pub struct Evidence<'a> {
    history: &'a ReportingHistory<'a>,
    reports: &'a FirstReports,
    key_of: HashMap<(KeyKind, String), u32>,
    keys_of_value: HashMap<u32, Vec<(KeyKind, u32)>>,
    /// Subjects of each key, ascending; a longer list than [`MOST_SUBJECTS`] is not continued.
    subjects: Vec<Vec<u32>>,
    posts: BTreeMap<u32, SourceReports>,
    reporters: BTreeMap<u32, SourceReports>,
    counted: BTreeSet<(Origin, u32)>,
    /// Times at which each subject was reported.
    activity: BTreeMap<u32, Vec<Moment>>,
    /// Number of first reports that were learned.
    learned: usize,
}

impl<'a> Evidence<'a> {
    /// Creates evidence without any report.
    pub fn new(history: &'a ReportingHistory<'a>, reports: &'a FirstReports) -> Self {
        Self {
            history,
            reports,
            key_of: HashMap::new(),
            keys_of_value: HashMap::new(),
            subjects: Vec::new(),
            posts: BTreeMap::new(),
            reporters: BTreeMap::new(),
            counted: BTreeSet::new(),
            activity: BTreeMap::new(),
            learned: 0,
        }
    }

    /// Adds the first reports that were recorded until a time. Times may only grow.
    pub fn learn_until(&mut self, time: Moment) {
        let reports = self.reports;
        while let Some(report) = reports.reports.get(self.learned).filter(|report| report.recorded_at <= time)
        {
            self.learned += 1;
            for (_, key) in self.keys(report.value) {
                let subjects = &mut self.subjects[key as usize];
                if subjects.len() <= MOST_SUBJECTS
                    && let Err(position) = subjects.binary_search(&report.subject)
                {
                    subjects.insert(position, report.subject);
                }
            }
            let times = self.activity.entry(report.subject).or_default();
            if times.last() != Some(&report.recorded_at) {
                times.push(report.recorded_at);
            }
            if self.counted.insert((report.origin, report.subject)) {
                for post in reports.posts(report.origin) {
                    self.posts.entry(*post).or_default().add(report.subject);
                }
                for reporter in reports.reporters_of(report.origin) {
                    self.reporters.entry(*reporter).or_default().add(report.subject);
                }
            }
        }
    }

    /// Returns whether a report about the subject was learned.
    pub fn knows(&self, subject: u32) -> bool {
        self.activity.contains_key(&subject)
    }

    /// Returns the known subjects with a score above 0 for a new report, the best first. `cut` is the time of the
    /// report; recent activity counts back from it.
    pub fn suggestions(&mut self, query: &Query, cut: Moment) -> Vec<Suggestion> {
        let mut parts: BTreeMap<u32, Parts> = BTreeMap::new();
        let keys: BTreeSet<(KeyKind, u32)> =
            query.values.iter().flat_map(|value| self.keys(*value)).collect();
        let root = (query.values.len().max(1) as f64).sqrt();
        for (kind, key) in keys {
            let subjects = &self.subjects[key as usize];
            if subjects.len() > MOST_SUBJECTS {
                continue;
            }
            let worth = 1.0 / (1.5 + subjects.len() as f64).ln() / root;
            for subject in subjects {
                let part = parts.entry(*subject).or_default();
                match kind {
                    KeyKind::Host => part.host += worth,
                    KeyKind::Domain => part.domain += worth,
                    KeyKind::Network => part.network += worth,
                }
            }
        }
        let distinct = |of: fn(&FirstReports, Origin) -> &[u32]| -> BTreeSet<u32> {
            query.origins.iter().flat_map(|origin| of(self.reports, *origin)).copied().collect()
        };
        for post in distinct(FirstReports::posts) {
            let shares = self.posts.get(&post).into_iter().flat_map(|known| known.shares(usize::MAX));
            shares.for_each(|(subject, share)| parts.entry(subject).or_default().post += share);
        }
        for reporter in distinct(FirstReports::reporters_of) {
            let known = self.reporters.get(&reporter).into_iter();
            let shares = known.flat_map(|known| known.shares(MOST_SUBJECTS_OF_REPORTER));
            shares.for_each(|(subject, share)| parts.entry(subject).or_default().reporter += share);
        }
        for (subject, share) in self.recent(cut) {
            parts.entry(subject).or_default().recent = share;
        }
        let suggestion =
            |(subject, parts): (u32, Parts)| Suggestion { subject, score: parts.score(&WEIGHTS), parts };
        let mut suggestions: Vec<Suggestion> = parts.into_iter().map(suggestion).collect();
        suggestions.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.subject.cmp(&b.subject)));
        suggestions
    }

    /// Returns each subject's share of the days on which subjects were reported recently.
    fn recent(&self, cut: Moment) -> Vec<(u32, f64)> {
        let nights = |times: &Vec<Moment>| {
            let recent = times.iter().rev().map(|time| night(cut, *time));
            recent.take_while(|night| *night < RECENT_NIGHTS).collect::<BTreeSet<i64>>().len()
        };
        let active: Vec<(u32, usize)> = self
            .activity
            .iter()
            .map(|(subject, times)| (*subject, nights(times)))
            .filter(|(_, nights)| *nights > 0)
            .collect();
        let all: usize = active.iter().map(|(_, nights)| nights).sum();
        active.into_iter().map(|(subject, nights)| (subject, nights as f64 / all as f64)).collect()
    }

    /// Returns the keys of a value.
    fn keys(&mut self, value: u32) -> Vec<(KeyKind, u32)> {
        if let Some(keys) = self.keys_of_value.get(&value) {
            return keys.clone();
        }
        let node = self.history.node(value);
        let mut keys = Vec::new();
        for (kind, text) in texts(&node.kind, &node.label, &node.id) {
            let next = self.subjects.len() as u32;
            let key = *self.key_of.entry((kind, text)).or_insert(next);
            if key == next {
                self.subjects.push(Vec::new());
            }
            keys.push((kind, key));
        }
        self.keys_of_value.insert(value, keys.clone());
        keys
    }
}

impl SourceReports {
    fn add(&mut self, subject: u32) {
        self.reports += 1;
        *self.by_subject.entry(subject).or_default() += 1;
    }

    /// Returns each subject's share of the earlier reports, worth less the more subjects there are; empty if there are
    /// more than `most`.
    fn shares(&self, most: usize) -> impl Iterator<Item = (u32, f64)> + '_ {
        let df = self.by_subject.len();
        let worth = 1.0 / (1.5 + df as f64).ln();
        let all = self.reports as f64;
        let known = self.by_subject.iter().filter(move |_| df <= most);
        known.map(move |(subject, count)| (*subject, *count as f64 / all * worth))
    }
}

/// Returns the texts of the keys of a value: its host, registrable domain and network, as far as it has them. A value
/// without a host has itself.
pub fn texts(kind: &str, label: &str, id: &str) -> Vec<(KeyKind, String)> {
    let host = match kind {
        "domain-name" | "hostname" | "ipv4-addr" | "ipv6-addr" => label,
        "url" => host(label),
        _ => return vec![(KeyKind::Host, id.to_owned())],
    };
    let mut texts = vec![(KeyKind::Host, host.to_ascii_lowercase())];
    if let Ok(address) = host.parse::<IpAddr>() {
        texts.extend(Network::of_address(address).map(|network| (KeyKind::Network, network.to_string())));
    } else if let Some(domain) = psl::domain_str(host) {
        texts.push((KeyKind::Domain, domain.to_ascii_lowercase()));
    }
    texts
}

/// A network of 256 addresses of IPv4: `192.0.2`. Networks are in the order of their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network([u8; 11]);

impl Network {
    /// Returns the network of a value with its kind; `None` if its host is not an address of IPv4.
    pub fn of_value(kind: &str, label: &str) -> Option<Self> {
        let host = match kind {
            "domain-name" | "hostname" | "ipv4-addr" | "ipv6-addr" => label,
            "url" => host(label),
            _ => return None,
        };
        Self::of_address(host.parse().ok()?)
    }

    fn of_address(address: IpAddr) -> Option<Self> {
        let IpAddr::V4(address) = address else { return None };
        let [a, b, c, _] = address.octets();
        let mut text = [0; 11];
        write!(&mut text[..], "{a}.{b}.{c}").expect("three numbers below 256 have at most eleven characters");
        Some(Self(text))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0).expect("it was made from a text");
        formatter.pad(text.trim_end_matches('\0'))
    }
}

/// Returns the host of a URL, without user, port and path.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests;
