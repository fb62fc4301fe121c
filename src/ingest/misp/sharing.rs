//! What tags and distribution say about sharing and about confidence.
//!
//! At each level (event, object, attribute) an explicit TLP tag decides; only where there
//! is none does the level's `distribution` speak. An object carries the markings of every
//! level above it and its own; the view takes the strictest.
//!
//! | distribution | says | marking | because |
//! |---|---|---|---|
//! | 0 | the producer's organisation only | TLP:RED | whoever holds it elsewhere was given it personally |
//! | 1 | this community only | TLP:AMBER | the receiver's organisation and whom it serves, nobody beyond |
//! | 2 | connected communities | TLP:GREEN | a community of communities, not the public |
//! | 3 | all communities | TLP:CLEAR | it may travel without limit |
//! | 4 | a sharing group | TLP:AMBER+STRICT | a closed list of organisations, which is not ours to lengthen |
//! | 5, none | as what holds it | none | |
//! | other | | unknown | it fails closed |
//!
//! What is marked nowhere takes the marking configured for its source, else stays unmarked.

use serde_json::{Map, Value};

use super::{context::Element, scalar};
use crate::marking::Marking;

/// What stands for a marking that could not be read: nobody with a clearance may see it.
pub(super) const UNREADABLE: &str = "tlp:unreadable";

/// Returns the markings that an object states itself.
pub(super) fn level(element: Element, object: &Map<String, Value>) -> Vec<String> {
    let tagged = tlp_tags(tags(object));
    if !tagged.is_empty() {
        return tagged;
    }
    // An entry of a public galaxy is public; who names it is said by what holds it.
    if element == Element::GalaxyCluster && scalar::is_true(object.get("default")) {
        return Vec::new();
    }
    object.get("distribution").and_then(of_distribution).into_iter().collect()
}

/// Returns the strictest of markings. Without any, what is configured for the source counts, which is
/// not known here: nothing is as wide as what may be shared without limit.
pub(super) fn strictest<'a>(markings: impl IntoIterator<Item = &'a String>) -> Marking {
    let levels = markings.into_iter().map(|marking| Marking::parse(marking).unwrap_or(Marking::Unknown));
    levels.max().unwrap_or(Marking::Clear)
}

/// Members in which tags stand; answers of a server's older interface hold each in an object of its own.
pub(super) const TAGS: [&str; 3] = ["Tag", "EventTag", "AttributeTag"];

/// Returns the tags of an object.
pub(super) fn tags(object: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    TAGS.iter().filter_map(|name| object.get(*name)).flat_map(scalar::listed)
}

/// Returns the TLP tags among tags, as markings; one that is not understood too.
fn tlp_tags<'a>(tags: impl Iterator<Item = &'a Value>) -> Vec<String> {
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
    // `tlpfoo` is another word; `tlp:ex:chr` and `tlp="amber"` are meant for this, and fail closed.
    if rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    Some(Marking::parse(&name).map_or(name, |marking| marking.to_string()))
}

/// Returns the marking of a distribution; `None` where it leaves that to what holds it.
pub(super) fn of_distribution(value: &Value) -> Option<String> {
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

/// Returns the name of a tag, which is an object with a name, or the bare name.
pub(super) fn tag_name(tag: &Value) -> Option<String> {
    match tag {
        Value::String(name) => Some(name.clone()),
        tag => tag.get("Tag").unwrap_or(tag).get("name")?.as_str().map(str::to_owned),
    }
}

/// Tags that state a confidence, and which: the scales of STIX 2.1, appendix A (Admiralty
/// credibility, DNI likelihood, low-medium-high), and MISP's own.
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

/// Returns the lowest confidence that tags state, 0 to 100.
///
/// The reliability of a source says nothing about one statement, and is configured
/// with the source.
pub(super) fn confidence<'a>(tags: impl Iterator<Item = &'a Value>) -> Option<u8> {
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
    use serde_json::json;

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
