//! Identifiers in one spelling, joined into clusters under constraints.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::{Index, Range},
    sync::Arc,
};

use rayon::prelude::*;

use super::{OWN_IDENTIFIER, RuleIndex, SAME_UUID};
use crate::{
    canonical,
    entity::Identifier,
    index::RecordIndex,
    record::{Claim, Record},
    time::Moment,
    view::View,
};

/// Position of a canonical identifier in [`Mentions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

impl Node {
    /// Stands for an identifier that no claim names.
    const NONE: Self = Self(u32::MAX);

    fn new(position: usize) -> Self {
        Self(u32::try_from(position).expect("a view names fewer than 2^32 identifiers"))
    }

    /// Returns the position as an index into a slice.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One canonical identifier.
pub(super) struct Mention {
    /// Canonical text, which its entity and whatever tells of it share.
    pub(super) text: Arc<str>,
    /// Type it speaks of, such as `domain-name`.
    pub(super) kind: String,
    /// May stand for its entity through time: catalogue entries may not, since a record
    /// may gain one later.
    pub(super) is_anchor: bool,
    /// When it was first told, and the first record that did.
    pub(super) told: Moment,
    pub(super) record: RecordIndex,
}

/// A merge that was made, or refused.
pub(super) struct Merge {
    pub(super) from: Node,
    pub(super) to: Node,
    pub(super) rule: RuleIndex,
    pub(super) record: RecordIndex,
    pub(super) reason: String,
}

/// What a cluster is: under one key two clusters that share no value contradict each other.
type Facts = BTreeMap<String, BTreeSet<String>>;

/// Every identifier of a view, and the clusters they form.
pub(super) struct Mentions {
    pub(super) nodes: Vec<Mention>,
    index: HashMap<Arc<str>, Node>,
    pub(super) claims: Named,
    parent: Vec<Node>,
    facts: HashMap<Node, Facts>,
    pub(super) merges: Vec<Merge>,
    pub(super) refused: Vec<Merge>,
}

/// For each record and claim the nodes it names; links have two. All stand in one list: a record
/// of a table makes three claims, and there are millions of records.
pub(super) struct Named {
    nodes: Vec<Node>,
    /// Where the nodes of each claim end.
    ends: Vec<usize>,
    /// How many claims stand before each record's.
    before: Vec<usize>,
}

impl Named {
    fn of(records: usize) -> Self {
        Self { nodes: Vec::new(), ends: Vec::new(), before: Vec::with_capacity(records) }
    }

    fn range(&self, record: usize, claim: usize) -> Range<usize> {
        let at = self.before[record] + claim;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }

    /// Returns the nodes that a claim names.
    pub(super) fn nodes(&self, record: usize, claim: usize) -> &[Node] {
        &self.nodes[self.range(record, claim)]
    }
}

/// Records whose identifiers are spelled together, each identifier once: tables name one thing in row after row.
const TOGETHER: usize = 8_192;
/// Such pieces that are spelled before their spellings are taken in: all at once, these would be larger than the records.
const PIECES: usize = 8;

struct Spelled {
    text: String,
    kind: String,
    is_anchor: bool,
}

/// Position of an identifier among those of a piece.
type Place = u32;

/// The identifiers of some records that follow one another.
#[derive(Default)]
struct Piece {
    /// Each identifier that a claim names, in the order in which they are named first.
    named: Vec<(Place, Spelled, Moment, RecordIndex)>,
    /// How many identifiers the records have, also those that are none of their kind.
    places: usize,
    /// The identifiers of all claims, where those of each claim end, and how many claims each record has.
    claims: Vec<Place>,
    ends: Vec<usize>,
    of_record: Vec<usize>,
}

impl Piece {
    /// Spells the identifiers of records; `first` is the position of the first record.
    fn of(first: usize, records: &[Record]) -> Self {
        let mut piece = Self::default();
        let mut place_of: HashMap<&Identifier, Place> = HashMap::new();
        // What each identifier is in canonical spelling, until a claim names it, and then where it stands.
        let mut spelled: Vec<Option<Spelled>> = Vec::new();
        let mut named_at: Vec<Option<usize>> = Vec::new();
        for (at, record) in (first..).map(RecordIndex::new).zip(records) {
            for claim in &record.content.claims {
                let start = piece.claims.len();
                for identifier in pointers(claim) {
                    let place = *place_of.entry(identifier).or_insert_with(|| {
                        spelled.push(spell(identifier));
                        named_at.push(None);
                        spelled.len() as Place - 1
                    });
                    if spelled[place as usize].is_some() || named_at[place as usize].is_some() {
                        piece.claims.push(place);
                    }
                }
                // A value that is none of its kind, such as an address with a letter too many, ties nothing.
                if matches!(claim, Claim::Link { .. }) && piece.claims.len() < start + 2 {
                    piece.claims.truncate(start);
                }
                piece.ends.push(piece.claims.len());
                for &place in &piece.claims[start..] {
                    if let Some(known) = named_at[place as usize] {
                        let (.., told, record_at) = &mut piece.named[known];
                        if record.recorded_first < *told {
                            (*told, *record_at) = (record.recorded_first, at);
                        }
                    } else if let Some(text) = spelled[place as usize].take() {
                        named_at[place as usize] = Some(piece.named.len());
                        piece.named.push((place, text, record.recorded_first, at));
                    }
                }
            }
            piece.of_record.push(record.content.claims.len());
        }
        piece.places = spelled.len();
        piece
    }
}

impl Index<Node> for Mentions {
    type Output = Mention;

    fn index(&self, node: Node) -> &Mention {
        &self.nodes[node.index()]
    }
}

/// Returns the identifiers of a claim, in order.
fn pointers(claim: &Claim) -> impl Iterator<Item = &Identifier> {
    let (list, ends): (&[Identifier], _) = match claim {
        Claim::Entity { identifiers, .. } => (identifiers, None),
        Claim::Link { from, to, .. } => (&[], Some([from, to])),
    };
    list.iter().chain(ends.into_iter().flatten())
}

impl Mentions {
    /// Collects every identifier that the view's records name.
    pub(super) fn of(view: &View) -> Self {
        let records = view.records();
        let mut mentions = Self {
            nodes: Vec::new(),
            // Most records name something of their own.
            index: HashMap::with_capacity(records.len()),
            claims: Named::of(records.len()),
            parent: Vec::new(),
            facts: HashMap::new(),
            merges: Vec::new(),
            refused: Vec::new(),
        };
        for (first, some) in (0..).step_by(TOGETHER * PIECES).zip(records.chunks(TOGETHER * PIECES)) {
            let pieces: Vec<Piece> = some
                .par_chunks(TOGETHER)
                .enumerate()
                .map(|(number, records)| Piece::of(first + number * TOGETHER, records))
                .collect();
            for piece in pieces {
                mentions.take_in(piece);
            }
        }
        mentions
    }

    fn take_in(&mut self, piece: Piece) {
        let mut node_of: Vec<Node> = vec![Node::NONE; piece.places];
        for (place, spelled, told, record) in piece.named {
            node_of[place as usize] = self.node(spelled, told, record);
        }
        let before = self.claims.nodes.len();
        self.claims.nodes.extend(piece.claims.iter().map(|place| node_of[*place as usize]));
        let mut claims = self.claims.ends.len();
        for count in piece.of_record {
            self.claims.before.push(claims);
            claims += count;
        }
        self.claims.ends.extend(piece.ends.iter().map(|end| before + end));
    }

    fn node(&mut self, spelled: Spelled, told: Moment, record: RecordIndex) -> Node {
        if let Some(&node) = self.index.get(&*spelled.text) {
            let known = &mut self.nodes[node.index()];
            if told < known.told {
                (known.told, known.record) = (told, record);
            }
            return node;
        }
        let node = Node::new(self.nodes.len());
        let text: Arc<str> = spelled.text.into();
        self.index.insert(Arc::clone(&text), node);
        self.nodes.push(Mention { text, kind: spelled.kind, is_anchor: spelled.is_anchor, told, record });
        self.parent.push(node);
        node
    }

    /// Returns the position of every identifier, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = Node> + use<> {
        (0..self.nodes.len()).map(Node::new)
    }

    /// Returns the node that stands for a cluster.
    pub(super) fn root(&self, mut node: Node) -> Node {
        while self.parent[node.index()] != node {
            node = self.parent[node.index()];
        }
        node
    }

    /// Returns the same, and shortens the way to it for whoever asks next.
    fn find(&mut self, mut node: Node) -> Node {
        while self.parent[node.index()] != node {
            let above = self.parent[node.index()];
            self.parent[node.index()] = self.parent[above.index()];
            node = above;
        }
        node
    }

    /// Puts every node directly below the one that stands for its cluster; no more are added.
    pub(super) fn flatten(&mut self) {
        self.index = HashMap::new();
        for node in self.all() {
            self.parent[node.index()] = self.find(node);
        }
    }

    /// Notes a fact that no other cluster member may contradict.
    pub(super) fn state(&mut self, node: Node, key: String, value: String) {
        let root = self.find(node);
        self.facts.entry(root).or_default().entry(key).or_default().insert(value);
    }

    /// Joins two clusters, or notes why that is refused.
    pub(super) fn join(&mut self, merge: Merge) {
        let (a, b) = (self.find(merge.from), self.find(merge.to));
        if a == b {
            return;
        }
        if let Some(key) = self.contradiction(a, b) {
            let reason = format!("{}; kept apart: {}", merge.reason, contradiction_text(&key));
            self.refused.push(Merge { reason, ..merge });
            return;
        }
        // The lower text stands for the cluster, so that the forest does not depend on order.
        let (keep, give) = if self[a].text <= self[b].text { (a, b) } else { (b, a) };
        self.parent[give.index()] = keep;
        if let Some(given) = self.facts.remove(&give) {
            let kept = self.facts.entry(keep).or_default();
            for (key, values) in given {
                kept.entry(key).or_default().extend(values);
            }
        }
        self.merges.push(merge);
    }

    /// Returns the key under which two clusters state different values.
    fn contradiction(&self, a: Node, b: Node) -> Option<String> {
        let (of_a, of_b) = (self.facts.get(&a)?, self.facts.get(&b)?);
        of_a.iter().find_map(|(key, values)| {
            of_b.get(key).is_some_and(|others| others.is_disjoint(values)).then(|| key.clone())
        })
    }
}

fn contradiction_text(key: &str) -> String {
    match key.split_once(' ') {
        Some(("list", name)) => format!("they are two entries of the list {name}"),
        Some(("digest", name)) => format!("they have two digests by {name}"),
        Some(("catalogue", name)) => format!("they have two numbers in the catalogue {name}"),
        Some((_, name)) => format!("they are two objects of the duplicate-free source {name}"),
        None => "they contradict each other".to_owned(),
    }
}

fn spell(identifier: &Identifier) -> Option<Spelled> {
    Some(match identifier {
        Identifier::Observable { kind, property, value } => {
            let canonical = canonical::observable(kind, property, value)?;
            Spelled { text: canonical.to_string(), kind: canonical.kind().to_owned(), is_anchor: true }
        }
        Identifier::Object(id) => {
            let text = canonical::object_id(id);
            let kind = text.split_once("--").map_or("unknown", |(kind, _)| kind).to_owned();
            Spelled { text, kind, is_anchor: true }
        }
        Identifier::Galaxy(id) => {
            Spelled { text: format!("galaxy:{id}"), kind: "unknown".to_owned(), is_anchor: true }
        }
        Identifier::Reference { catalogue, kind, id } => {
            Spelled { text: format!("{catalogue}:{kind}:{id}"), kind: kind.clone(), is_anchor: false }
        }
    })
}

/// Joins what single records name for one thing, earliest told first.
pub(super) fn join_own(mentions: &mut Mentions, view: &View) {
    let mut joining: Vec<(Moment, usize, usize)> = Vec::new();
    for (at, record) in view.records().iter().enumerate() {
        for (claim_at, claim) in record.content.claims.iter().enumerate() {
            if matches!(claim, Claim::Entity { .. }) {
                state_facts(mentions, view, at, claim_at);
                if mentions.claims.nodes(at, claim_at).len() > 1 {
                    joining.push((record.recorded_first, at, claim_at));
                }
            }
        }
    }
    joining.sort_unstable();
    for (_, at, claim_at) in joining {
        let named = mentions.claims.range(at, claim_at);
        for other in named.clone().skip(1) {
            let (own, other) = (mentions.claims.nodes[named.start], mentions.claims.nodes[other]);
            let reason = format!("one object of {} carries both", view.records()[at].source);
            mentions.join(Merge {
                from: own,
                to: other,
                rule: OWN_IDENTIFIER,
                record: RecordIndex::new(at),
                reason,
            });
        }
    }
}

fn state_facts(mentions: &mut Mentions, view: &View, at: usize, claim_at: usize) {
    let record = &view.records()[at];
    let named = mentions.claims.range(at, claim_at);
    let Some(&own) = mentions.claims.nodes(at, claim_at).first() else { return };
    let Claim::Entity { vocabulary, .. } = &record.content.claims[claim_at] else { return };
    if let Some(list) = vocabulary {
        let entry = mentions[own].text.to_string();
        mentions.state(own, format!("list {list}"), entry);
    }
    if view.terms(&record.source).duplicate_free {
        mentions.state(own, format!("source {}", record.source), record.key.to_string());
    }
    for place in named {
        let node = mentions.claims.nodes[place];
        let mention = &mentions[node];
        let Some((kind, value)) = mention.text.rsplit_once(':') else { continue };
        // One digest of a kind to a file, one number of a catalogue to an entry.
        let key = if DIGESTS.contains(&kind) {
            format!("digest {kind}")
        } else if mention.is_anchor {
            continue;
        } else {
            format!("catalogue {kind}")
        };
        let value = value.to_owned();
        mentions.state(own, key.clone(), value.clone());
        mentions.state(node, key, value);
    }
}

/// Kinds of canonical identifiers of which a file has one.
const DIGESTS: [&str; 4] = ["file:md5", "file:sha-1", "file:sha-256", "file:sha-512"];

/// Joins a galaxy value with the STIX object of its uuid, where there is just one.
pub(super) fn join_same_uuid(mentions: &mut Mentions) {
    let mut galaxies: Vec<(String, Node)> = mentions
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(at, mention)| Some((mention.text.strip_prefix("galaxy:")?.to_owned(), Node::new(at))))
        .collect();
    galaxies.sort();
    let asked: HashSet<&str> = galaxies.iter().map(|(uuid, _)| uuid.as_str()).collect();
    let mut objects: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for (at, mention) in mentions.nodes.iter().enumerate() {
        if let Some((_, uuid)) = mention.text.split_once("--").filter(|(_, uuid)| asked.contains(uuid)) {
            objects.entry(uuid.to_owned()).or_default().push(Node::new(at));
        }
    }
    for (uuid, galaxy) in galaxies {
        if let Some([object]) = objects.get(&uuid).map(Vec::as_slice) {
            let record = mentions[galaxy].record;
            let reason = "a galaxy value and a STIX object have one uuid".to_owned();
            mentions.join(Merge { from: galaxy, to: *object, rule: SAME_UUID, record, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible};

    use super::*;
    use crate::{
        link::Layer,
        record::{ArchivedRecord, Content, Digest, Mode, RecordState, Surroundings},
        view::{AccessPolicy, AsOf, Audience},
    };

    fn domain(value: &str) -> Identifier {
        Identifier::Observable { kind: "domain-name".into(), property: "value".into(), value: value.into() }
    }

    fn entity(value: &str) -> Claim {
        let kind = "domain-name".to_owned();
        Claim::Entity {
            identifiers: vec![domain(value)],
            kind,
            name: None,
            aliases: Vec::new(),
            vocabulary: None,
        }
    }

    /// Opens a view on records of one source, told at these moments, in this order.
    fn view(records: Vec<(i64, Vec<Claim>)>) -> View {
        let told = |(at, (told, _)): (usize, &(i64, Vec<Claim>))| ArchivedRecord {
            source: "partner".into(),
            key: format!("{at:09}").into(),
            state: RecordState::Object(Digest([0; 16])),
            version: None,
            object_time: Some(Moment::from_micros(*told)),
            run: Moment::from_micros(0),
            commit: 0,
            mode: Mode::Increment,
            markings: Vec::new(),
            defines: None,
            surroundings: Surroundings::default(),
        };
        let statements: Vec<ArchivedRecord> = records.iter().enumerate().map(told).collect();
        let contents =
            records.into_iter().map(|(_, claims)| Arc::new(Content { claims, ..Content::default() }));
        let (terms, audience) = (BTreeMap::new(), Audience::all());
        let lens = AccessPolicy { terms: &terms, audience: &audience };
        let vantage = AsOf::of(Moment::from_micros(i64::MAX / 2));
        let Ok(view) =
            View::open(&statements, lens, None, vantage, |_| Ok::<_, Infallible>(contents.collect()));
        view
    }

    #[test]
    fn an_identifier_that_many_records_name_was_told_when_the_first_of_them_was() {
        let count = 2 * TOGETHER * PIECES + 10;
        // Told the later the sooner it stands: the earliest stands last, but for one of the same moment.
        let told = |at: usize| i64::try_from(count - at.min(count - 2)).expect("a small number");
        let records =
            (0..count).map(|at| (told(at), vec![entity("a.example"), entity(&format!("{at}.example"))]));
        let mentions = Mentions::of(&view(records.collect()));
        assert_eq!(mentions.nodes.len(), count + 1);
        let shared = mentions.claims.nodes(0, 0)[0];
        assert!((0..count).all(|at| mentions.claims.nodes(at, 0) == [shared]));
        let known = &mentions[shared];
        assert_eq!((&*known.text, known.told), ("domain-name:a.example", Moment::from_micros(2)));
        assert_eq!(known.record.index(), count - 2);
        let own = &mentions[mentions.claims.nodes(count - 1, 1)[0]];
        assert_eq!(*own.text, *format!("domain-name:{}.example", count - 1));
    }

    #[test]
    fn a_tie_to_what_is_none_of_its_kind_names_neither_end() {
        let link = |from: &str, to: &str| Claim::Link {
            from: domain(from),
            to: domain(to),
            kind: "related-to".to_owned(),
            layer: Layer::Other,
        };
        let bad = "";
        let claims = vec![link("a.example", bad), entity("b.example"), link("b.example", "c.example")];
        let mentions = Mentions::of(&view(vec![(1, claims)]));
        let texts: Vec<&str> = mentions.nodes.iter().map(|mention| &*mention.text).collect();
        assert_eq!(texts, ["domain-name:b.example", "domain-name:c.example"]);
        assert!(mentions.claims.nodes(0, 0).is_empty());
        assert_eq!(mentions.claims.nodes(0, 1), [Node(0)]);
        assert_eq!(mentions.claims.nodes(0, 2), [Node(0), Node(1)]);
    }
}
