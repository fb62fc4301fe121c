//! Subjects and their attributes, as the links of a view name them.

use std::collections::{BTreeMap, HashMap};

use crate::{canonical::derived, entity::Entity, index::EntityIndex, link::Layer, resolve::Resolution};

/// Kinds of subjects.
const SUBJECTS: [&str; 4] = ["campaign", "threat-actor", "intrusion-set", "report"];
/// Kinds of actors. Two subjects that name one actor are related already.
const ACTORS: [&str; 2] = ["threat-actor", "intrusion-set"];

/// Class of attributes.
pub struct AttributeClass {
    /// Level in the tables `comparisons` and `pairs`.
    pub level: &'static str,
    /// Meaning, in a sentence.
    pub about: &'static str,
    /// Kinds of the linked entities; empty for texts, which depend on each other, so that only the rarest one counts.
    kinds: &'static [&'static str],
}

/// Every class of attributes. The classes of texts are last.
pub const ATTRIBUTE_CLASSES: [AttributeClass; 7] = [
    AttributeClass {
        level: "shared-technique",
        about: "Techniques that both use; the fewer subjects use one, the more it counts.",
        kinds: &["attack-pattern"],
    },
    AttributeClass {
        level: "shared-software",
        about: "Malware and tools of both, by their rarity.",
        kinds: &["malware", "tool"],
    },
    AttributeClass {
        level: "shared-vulnerability",
        about: "Vulnerabilities of both, by their rarity.",
        kinds: &["vulnerability"],
    },
    AttributeClass {
        level: "shared-target",
        about: "Targets and places of both, by their rarity.",
        kinds: &["identity", "location", "sector"],
    },
    AttributeClass { level: "shared-naming", about: "The rarest common word of their names.", kinds: &[] },
    AttributeClass {
        level: "shared-domain",
        about: "The rarest registrable domain below which both have a host.",
        kinds: &[],
    },
    AttributeClass {
        level: "shared-path",
        about: "The rarest shape of a path that a URL of both has.",
        kinds: &[],
    },
];
const NAMING: usize = 4;
const DOMAIN: usize = 5;
const PATH: usize = 6;
/// Number of attributes of each class that a subject has.
pub(super) type Sizes = [u32; ATTRIBUTE_CLASSES.len()];

/// Shortest word of a name, in characters.
const WORD_MIN: usize = 4;
/// Most words of a subject.
const WORDS_MAX: usize = 40;

/// Position of an attribute in [`Profiles`].
pub(super) type AttributeIndex = u32;

/// Attribute of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Entity(EntityIndex),
    Text(usize, String),
}

struct Attribute {
    key: Key,
    class: usize,
    subjects: u32,
}

/// Attributes that two subjects share.
pub(super) struct Shared {
    /// Sorted. At most one of them is a text of each class.
    pub(super) attributes: Vec<AttributeIndex>,
    pub(super) bits: f64,
}

/// Subjects of a view with their attributes.
pub(super) struct Profiles {
    /// Sorted.
    entities: Vec<EntityIndex>,
    /// Attributes of each subject, sorted.
    attributes_of: Vec<Vec<AttributeIndex>>,
    attributes: Vec<Attribute>,
    /// For each subject the subjects and actors to which it has a link, sorted.
    named: Vec<Vec<EntityIndex>>,
}

impl Profiles {
    pub(super) fn of(resolution: &Resolution) -> Self {
        let is_subject = |entity: &Entity| SUBJECTS.contains(&&*entity.kind);
        let entities: Vec<EntityIndex> = EntityIndex::enumerate(&resolution.entities)
            .filter(|(_, entity)| is_subject(entity))
            .map(|(index, _)| index)
            .collect();
        let mut keys: Vec<(Key, usize, u32)> = Vec::new();
        let mut named = vec![Vec::new(); entities.len()];
        if entities.len() > 1 {
            read_links(resolution, &entities, &mut keys, &mut named);
            for (at, index) in (0..).zip(&entities) {
                keys.extend(
                    words(&resolution[*index]).into_iter().map(|word| (Key::Text(NAMING, word), NAMING, at)),
                );
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let mut attributes = Vec::new();
        let mut attributes_of = vec![Vec::new(); entities.len()];
        for same in keys.chunk_by(|a, b| a.0 == b.0) {
            for (.., subject) in same {
                attributes_of[*subject as usize].push(attributes.len() as AttributeIndex);
            }
            let (key, class, _) = &same[0];
            attributes.push(Attribute { key: key.clone(), class: *class, subjects: same.len() as u32 });
        }
        for known in &mut named {
            known.sort_unstable();
            known.dedup();
        }
        Self { entities, attributes_of, attributes, named }
    }

    /// Returns the number of subjects.
    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    pub(super) fn entity(&self, position: usize) -> EntityIndex {
        self.entities[position]
    }

    pub(super) fn position(&self, entity: EntityIndex) -> Option<usize> {
        self.entities.binary_search(&entity).ok()
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = AttributeIndex> + use<> {
        0..self.attributes.len() as AttributeIndex
    }

    pub(super) fn class(&self, attribute: AttributeIndex) -> usize {
        self.attributes[attribute as usize].class
    }

    pub(super) fn subjects_of(&self, attribute: AttributeIndex) -> u32 {
        self.attributes[attribute as usize].subjects
    }

    /// Returns the weight of an attribute in bits.
    pub(super) fn bits(&self, attribute: AttributeIndex) -> f64 {
        self.weight(self.subjects_of(attribute))
    }

    /// Returns the weight of an attribute that a number of subjects have, in bits.
    pub(super) fn weight(&self, subjects: u32) -> f64 {
        (self.len() as f64 / f64::from(subjects)).log2()
    }

    pub(super) fn name(&self, resolution: &Resolution, attribute: AttributeIndex) -> String {
        match &self.attributes[attribute as usize].key {
            Key::Entity(index) => resolution[*index].label.to_string(),
            Key::Text(_, text) => text.clone(),
        }
    }

    /// Returns the number of attributes of each class that a subject has.
    pub(super) fn sizes(&self, position: usize) -> Sizes {
        let mut sizes = Sizes::default();
        for attribute in &self.attributes_of[position] {
            sizes[self.class(*attribute)] += 1;
        }
        sizes
    }

    /// Returns the shared attributes of two subjects, of each class of texts the rarest one.
    pub(super) fn shared(&self, one: usize, other: usize) -> Shared {
        let right = &self.attributes_of[other];
        let common =
            self.attributes_of[one].iter().filter(|attribute| right.binary_search(attribute).is_ok());
        let mut attributes: Vec<AttributeIndex> = Vec::new();
        let mut rarest: [Option<AttributeIndex>; ATTRIBUTE_CLASSES.len()] = Default::default();
        for &attribute in common {
            let class = self.class(attribute);
            if !ATTRIBUTE_CLASSES[class].kinds.is_empty() {
                attributes.push(attribute);
            } else if rarest[class].is_none_or(|known| self.subjects_of(attribute) < self.subjects_of(known))
            {
                rarest[class] = Some(attribute);
            }
        }
        attributes.extend(rarest.into_iter().flatten());
        attributes.sort_unstable();
        let bits = attributes.iter().map(|attribute| self.bits(*attribute)).sum();
        Shared { attributes, bits }
    }

    /// Returns the pairs of subjects that share an attribute of at most `most` subjects, sorted.
    pub(super) fn pairs(&self, most: usize) -> Vec<(u32, u32)> {
        let mut subjects_of: Vec<Vec<u32>> = vec![Vec::new(); self.attributes.len()];
        for (subject, attributes) in (0..).zip(&self.attributes_of) {
            for attribute in
                attributes.iter().filter(|attribute| self.subjects_of(**attribute) as usize <= most)
            {
                subjects_of[*attribute as usize].push(subject);
            }
        }
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for subjects in subjects_of {
            for (at, one) in subjects.iter().enumerate() {
                pairs.extend(subjects[at + 1..].iter().map(|other| (*one, *other)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Returns whether a link joins two subjects, or both name one actor.
    pub(super) fn are_related(&self, pair: (u32, u32)) -> bool {
        let [one, other] = [pair.0, pair.1].map(|at| &self.named[at as usize]);
        let is_named =
            |known: &[EntityIndex], at: u32| known.binary_search(&self.entities[at as usize]).is_ok();
        is_named(one, pair.1)
            || is_named(other, pair.0)
            || one.iter().any(|actor| other.binary_search(actor).is_ok())
    }
}

/// Reads the attributes and the related subjects from the links.
fn read_links(
    resolution: &Resolution,
    entities: &[EntityIndex],
    keys: &mut Vec<(Key, usize, u32)>,
    named: &mut [Vec<EntityIndex>],
) {
    let position_of: HashMap<EntityIndex, u32> =
        entities.iter().zip(0..).map(|(index, at)| (*index, at)).collect();
    let class_of: BTreeMap<&str, usize> = ATTRIBUTE_CLASSES
        .iter()
        .enumerate()
        .flat_map(|(class, row)| row.kinds.iter().map(move |kind| (*kind, class)))
        .collect();
    let links =
        resolution.links.iter().filter(|link| !matches!(link.layer, Layer::Provenance | Layer::Taxonomy));
    for link in links {
        for (from, to) in [(link.from, link.to), (link.to, link.from)] {
            let Some(&subject) = position_of.get(&from) else { continue };
            let entity = &resolution[to];
            if let Some(class) = class_of.get(&*entity.kind).filter(|_| entity.warning_lists.is_empty()) {
                keys.push((Key::Entity(to), *class, subject));
            }
            if entity.warning_lists.is_empty() {
                keys.extend(
                    texts_of_value(entity).map(|(class, text)| (Key::Text(class, text), class, subject)),
                );
            }
            if ACTORS.contains(&&*entity.kind) || position_of.contains_key(&to) {
                named[subject as usize].push(to);
            }
        }
    }
}

/// Returns the registrable domain and the shape of the path that derive from an observable.
fn texts_of_value(entity: &Entity) -> impl Iterator<Item = (usize, String)> {
    let is_of_host = matches!(&*entity.kind, "domain-name" | "url");
    let value = entity.identifiers.iter().map(|known| &known.id).find(|id| is_of_host && id.is_observable());
    let domain = value.and_then(derived::host).and_then(derived::registrable_domain);
    let path = value.and_then(derived::path_shape);
    let domain = domain.map(|domain| (DOMAIN, domain.to_owned()));
    domain.into_iter().chain(path.map(|path| (PATH, path)))
}

/// Returns the words of the names of a subject, in lower case.
fn words(entity: &Entity) -> Vec<String> {
    let words = entity.names().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
    let is_word =
        |word: &&str| word.chars().count() >= WORD_MIN && !word.bytes().all(|byte| byte.is_ascii_digit());
    let mut words: Vec<String> = words.filter(is_word).take(WORDS_MAX).map(str::to_lowercase).collect();
    words.sort_unstable();
    words.dedup();
    words
}
