//! Markings and confidence by tags and distribution.
//!
//! At each level (event, object, attribute) an explicit TLP tag decides. Without a tag, the level's
//! `distribution` does. An object carries its own markings and those of every level above it; the view takes
//! the strictest.
//!
//! | distribution | meaning | marking | reason |
//! |---|---|---|---|
//! | 0 | the producer's organisation only | TLP:RED | any other holder got it personally |
//! | 1 | this community only | TLP:AMBER | the receiver's organisation and its clients, nobody else |
//! | 2 | connected communities | TLP:GREEN | a community of communities, not the public |
//! | 3 | all communities | TLP:CLEAR | no limit |
//! | 4 | a sharing group | TLP:AMBER+STRICT | a closed list of organisations, which the receiver must not extend |
//! | 4 | a sharing group without organisations | unknown | nobody may receive it |
//! | 5, none | as the holder | none | |
//! | other | | unknown | it fails closed |
//!
//! A sharing group also counts beside a tag. Its uuid is an entry beside the level, for the audiences that list their groups.
//!
//! An object without any marking takes the marking configured for its source, else it stays unmarked.

use super::{context::Element, scalar};
use crate::{
    canonical::detect::is_uuid,
    ingest::tree::{Members, Node},
    marking::{Marking, SHARING_GROUP},
};

/// Text in place of a marking that cannot be read: nobody with a clearance limit may see the object.
pub(super) const UNREADABLE: &str = "tlp:unreadable";

/// Returns the markings that an object states itself.
pub(super) fn level<M: Members>(element: Element, object: &M) -> Vec<String> {
    if is_for_nobody(object) {
        return vec![EMPTY_GROUP.to_owned()];
    }
    let mut markings = tlp_tags(tags(object));
    // An entry of a public galaxy is public; the holder's marking protects who names it.
    if element == Element::GalaxyCluster && scalar::is_true(object.value("default")) {
        return markings;
    }
    if markings.is_empty() {
        markings.extend(object.value("distribution").and_then(of_distribution));
    }
    let uuid = group(object).and_then(|group| group.member("uuid")?.as_text()).filter(|uuid| is_uuid(uuid));
    markings.extend(uuid.map(|uuid| format!("{SHARING_GROUP}{}", uuid.to_ascii_lowercase())));
    markings
}

/// Returns the sharing group of an object that is for one.
fn group<M: Members>(object: &M) -> Option<&M::Value> {
    let is_for_group = scalar::text(object.value("distribution")).is_some_and(|level| level.trim() == "4");
    object.value("SharingGroup").filter(|_| is_for_group)
}

/// Text in place of the marking of a sharing group without organisations: nobody with a clearance limit may see the object.
const EMPTY_GROUP: &str = "misp:empty-sharing-group";

/// Returns whether an object is for a sharing group that has no organisation. A group without a list of its members is
/// not known to be empty.
pub(super) fn is_for_nobody<M: Members>(object: &M) -> bool {
    let Some(group) = group(object) else { return false };
    let members = group.member("SharingGroupOrg").and_then(Node::as_list);
    let servers = group.member("SharingGroupServer").and_then(Node::as_list).unwrap_or_default();
    let is_open = |server: &M::Value| scalar::is_true(server.member("all_orgs"));
    members.is_some_and(<[_]>::is_empty) && !servers.iter().any(is_open)
}

/// Returns the strictest of some markings. Without any, the marking configured for the source counts, which
/// is not known here; TLP:CLEAR is never stricter than that.
pub(super) fn strictest<'a>(markings: impl IntoIterator<Item = &'a String>) -> Marking {
    let markings = markings.into_iter().filter(|marking| !marking.starts_with(SHARING_GROUP));
    let levels = markings.map(|marking| Marking::parse(marking).unwrap_or(Marking::Unknown));
    levels.max().unwrap_or(Marking::Clear)
}

/// Members that hold tags; a server's older interface wraps each tag in an object.
pub(super) const TAGS: [&str; 3] = ["Tag", "EventTag", "AttributeTag"];

/// Returns the tags of an object.
pub(super) fn tags<M: Members>(object: &M) -> impl Iterator<Item = &M::Value> {
    TAGS.iter().filter_map(|name| object.value(name)).flat_map(scalar::listed)
}

/// Returns the TLP tags among tags, as markings, including those that are not understood.
fn tlp_tags<'a, N: Node + 'a>(tags: impl Iterator<Item = &'a N>) -> Vec<String> {
    let mut markings = Vec::new();
    for tag in tags {
        match tag_name(tag) {
            None => markings.push(UNREADABLE.to_owned()),
            Some(name) => markings.extend(of_tag(&name)),
        }
    }
    markings
}

fn of_tag(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let rest = name.strip_prefix("tlp")?;
    // `tlpfoo` is another word; `tlp:ex:chr` and `tlp="amber"` mean TLP, and fail closed.
    if rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    Some(Marking::parse(&name).map_or(name, |marking| marking.to_string()))
}

/// Returns the marking of a distribution; `None` if it is that of the holder.
pub(super) fn of_distribution<N: Node>(value: &N) -> Option<String> {
    if scalar::is_empty(Some(value)) {
        return None;
    }
    let marking = match scalar::text(Some(value)).as_deref().map(str::trim) {
        Some("0") => Marking::Red,
        Some("1") => Marking::Amber,
        Some("2") => Marking::Green,
        Some("3") => Marking::Clear,
        Some("4") => Marking::AmberStrict,
        Some("5") => return None,
        _ => return Some(UNREADABLE.to_owned()),
    };
    Some(marking.to_string())
}

/// Returns the name of a tag: an object with a name, or the bare name.
pub(super) fn tag_name<N: Node>(tag: &N) -> Option<String> {
    let name = tag.as_text().or_else(|| tag.member("Tag").unwrap_or(tag).member("name")?.as_text());
    name.map(str::to_owned)
}

/// Tags that state a confidence, and its value: the scales of STIX 2.1, appendix A (Admiralty credibility,
/// DNI likelihood, low-medium-high), and of MISP.
const CONFIDENCES: [(&str, &str, u8); 20] = [
    ("admiralty-scale:information-credibility", "1", 90),
    ("admiralty-scale:information-credibility", "2", 70),
    ("admiralty-scale:information-credibility", "3", 50),
    ("admiralty-scale:information-credibility", "4", 30),
    ("admiralty-scale:information-credibility", "5", 10),
    ("estimative-language:confidence-in-analytic-judgment", "low", 15),
    ("estimative-language:confidence-in-analytic-judgment", "moderate", 50),
    ("estimative-language:confidence-in-analytic-judgment", "high", 85),
    ("estimative-language:likelihood-probability", "almost-no-chance", 5),
    ("estimative-language:likelihood-probability", "very-unlikely", 15),
    ("estimative-language:likelihood-probability", "unlikely", 30),
    ("estimative-language:likelihood-probability", "roughly-even-chance", 50),
    ("estimative-language:likelihood-probability", "likely", 70),
    ("estimative-language:likelihood-probability", "very-likely", 85),
    ("estimative-language:likelihood-probability", "almost-certain", 95),
    ("misp:confidence-level", "completely-confident", 95),
    ("misp:confidence-level", "usually-confident", 75),
    ("misp:confidence-level", "fairly-confident", 50),
    ("misp:confidence-level", "rarely-confident", 25),
    ("misp:confidence-level", "unconfident", 5),
];

/// Returns the lowest confidence of some tags, 0 to 100.
///
/// The reliability of a source says nothing about one record; it is configured with the source.
pub(super) fn confidence<'a, N: Node + 'a>(tags: impl Iterator<Item = &'a N>) -> Option<u8> {
    tags.filter_map(tag_name).filter_map(|name| of_machine_tag(&name)).min()
}

fn of_machine_tag(name: &str) -> Option<u8> {
    let name = name.trim().to_lowercase();
    let (predicate, value) = name.split_once('=')?;
    let value = value.trim_matches('"');
    let known = CONFIDENCES.iter().find(|(known, of, _)| *known == predicate && *of == value);
    let certainty =
        || value.parse().ok().filter(|certainty| predicate == "osint:certainty" && *certainty <= 100);
    known.map(|(.., confidence)| *confidence).or_else(certainty)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(text: &str) -> Vec<String> {
        let value: Value = serde_json::from_str(text).expect("JSON");
        level(Element::Attribute, value.as_object().expect("an object"))
    }

    #[test]
    fn a_tag_decides_and_where_there_is_none_the_distribution() {
        assert_eq!(of(r#"{"Tag":[{"name":"tlp:white"}],"distribution":"0"}"#), ["TLP:CLEAR"]);
        assert_eq!(of(r#"{"Tag":[{"name":"osint"}],"distribution":"0"}"#), ["TLP:RED"]);
        assert_eq!(of(r#"{"Tag":{"name":" TLP:AMBER+STRICT "}}"#), ["TLP:AMBER+STRICT"]);
        for (distribution, marking) in
            [("1", "TLP:AMBER"), ("2", "TLP:GREEN"), ("3", "TLP:CLEAR"), ("4", "TLP:AMBER+STRICT")]
        {
            assert_eq!(of(&format!(r#"{{"distribution":{distribution}}}"#)), [marking]);
            assert_eq!(of(&format!(r#"{{"distribution":"{distribution}"}}"#)), [marking]);
        }
        for none in [r#"{"distribution":"5"}"#, r#"{"distribution":null}"#, "{}"] {
            assert!(of(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn what_is_not_understood_fails_closed() {
        for odd in ["tlp:ex:chr", "TLP:UNCLEAR", "tlp=\"amber\"", "tlp:"] {
            let markings = of(&json!({ "Tag": [{ "name": odd }] }).to_string());
            assert_eq!(markings.len(), 1, "{odd}");
            assert_eq!(Marking::parse(&markings[0]), None, "{odd}");
        }
        assert_eq!(of(r#"{"distribution":"7"}"#), [UNREADABLE]);
        assert_eq!(of(r#"{"Tag":[{"colour":"red"}],"distribution":"3"}"#), [UNREADABLE]);
        assert!(of(r#"{"Tag":[{"name":"tlpfoo"}]}"#).is_empty());
    }

    #[test]
    fn confidence_is_the_lowest_stated() {
        let of = |names: &[&str]| {
            confidence(names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>().iter())
        };
        assert_eq!(of(&[r#"admiralty-scale:information-credibility="2""#]), Some(70));
        assert_eq!(of(&[r#"admiralty-scale:information-credibility="6""#]), None);
        assert_eq!(of(&[r#"admiralty-scale:source-reliability="b""#]), None);
        assert_eq!(
            of(&[r#"osint:certainty="93""#, r#"estimative-language:likelihood-probability="likely""#]),
            Some(70)
        );
        assert_eq!(of(&["osint"]), None);
    }
}
