//! Pseudonyms in JSON: documents of STIX, MISP and `FollowTheMoney`, and JSON lines.
//!
//! Values of the listed fields are replaced first. Then every other text is searched for ids that derive from values, for
//! constants of patterns, and for the values that were replaced.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Pseudonyms,
    fields::{Kinds, is_caption},
    known_values::{Finder, KnownValues},
    spans::{Span, decoded, spans},
};
use crate::{
    canonical::detect::is_uuid,
    ingest::{ftm::kinds, lines::lines},
};

/// Members whose texts are words of a format, never values.
const WORDS: [&str; 13] = [
    "type",
    "spec_version",
    "schema",
    "prop",
    "prop_type",
    "object_relation",
    "relationship_type",
    "category",
    "pattern_type",
    "created",
    "modified",
    "timestamp",
    "uuid",
];

/// Members of objects of `FollowTheMoney` with ids of entities.
const FTM_IDS: [&str; 4] = ["id", "entity_id", "canonical_id", "referents"];

/// Types of STIX whose ids name definitions that other deliveries use.
const DEFINITIONS: [&str; 2] = ["marking-definition", "extension-definition"];

/// Texts in the place of spans, by the start of the span.
type Replacements = BTreeMap<usize, (Range<usize>, String)>;

impl Pseudonyms {
    /// Returns a text of JSON, or of JSON lines, with pseudonyms. A line that is not JSON stays: no reader accepts it.
    pub(in crate::ingest) fn replaced_in_json(&self, text: &str) -> String {
        let parts = match spans(text) {
            Some(root) => vec![(0, text, root)],
            None => lines(text).filter_map(|line| Some((offset(text, line), line, spans(line)?))).collect(),
        };
        let mut known = KnownValues::default();
        let mut all: Vec<Replacements> = Vec::with_capacity(parts.len());
        for (_, text, root) in &parts {
            let mut walk =
                FieldWalk { rule: self, text, known: &mut known, replacements: Replacements::new() };
            walk.visit(root, None);
            walk.visit_patterns(root);
            all.push(walk.replacements);
        }
        let finder = known.finder();
        let mut made = String::with_capacity(text.len());
        let mut end = 0;
        for ((offset, text_of_part, root), mut replacements) in parts.iter().zip(all) {
            let search = Search { rule: self, text: text_of_part, finder: finder.as_ref() };
            search.visit(root, "", &mut replacements);
            for (range, other) in replacements.into_values() {
                made.push_str(&text[end..offset + range.start]);
                made.push_str(&other);
                end = offset + range.end;
            }
        }
        made.push_str(&text[end..]);
        made
    }
}

/// Returns the position of a part in its text.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is plain data")
}

/// Walk that replaces the values of listed fields.
struct FieldWalk<'a> {
    rule: &'a Pseudonyms,
    text: &'a str,
    known: &'a mut KnownValues,
    replacements: Replacements,
}

impl FieldWalk<'_> {
    /// Visits a value. `holder` is the name of the object of MISP around it.
    fn visit(&mut self, span: &Span, holder: Option<&str>) {
        match span {
            Span::List(elements) => elements.iter().for_each(|element| self.visit(element, holder)),
            Span::Object(members) => self.visit_object(members, holder),
            Span::Text(_) | Span::Scalar(_) | Span::Deep => {}
        }
    }

    fn visit_object(&mut self, members: &[(Range<usize>, Span)], holder: Option<&str>) {
        let members: Vec<(String, &Span)> =
            members.iter().map(|(key, value)| (decoded(self.text, key).unwrap_or_default(), value)).collect();
        let text_of = |name: &str| match members.iter().find(|(key, _)| key == name) {
            Some((_, Span::Text(range))) => decoded(self.text, range),
            _ => None,
        };
        let kinds = Kinds::of(text_of, holder);
        let (kind, relation, schema, property, name) = (
            text_of("type"),
            text_of("object_relation"),
            text_of("schema"),
            text_of("prop"),
            text_of("name"),
        );
        let is_listed =
            |property: &str| self.rule.fields.iter().any(|field| field.is_property(&kinds, property));
        let is_value_listed =
            relation.as_deref().is_some_and(is_listed) || property.as_deref().is_some_and(is_listed);
        let listed: Vec<bool> = members
            .iter()
            .map(|(key, _)| {
                is_listed(key) || (is_value_listed && matches!(&**key, "value" | "original_value"))
            })
            .collect();
        let parts_of_type = kind.as_deref().map(|kind| self.listed_parts(kind)).unwrap_or_default();
        for ((key, value), listed) in members.iter().zip(listed) {
            if listed {
                self.replace(value);
            } else if key == "value" && parts_of_type.contains(&true) {
                self.replace_parts(value, &parts_of_type);
            } else {
                self.visit(value, name.as_deref().filter(|_| key == "Attribute"));
            }
        }
        if let Some(schema) = schema.filter(|schema| kinds::is_schema(schema)) {
            self.visit_entity(&members, &schema, property.as_deref(), &kinds);
        }
    }

    /// Returns for each part of a type of MISP, such as `filename|md5`, whether it is listed.
    fn listed_parts(&self, kind: &str) -> Vec<bool> {
        let is_listed = |part: &str| self.rule.fields.iter().any(|field| field.is_type_of_misp(part));
        kind.split('|').map(is_listed).collect()
    }

    /// Visits an object of `FollowTheMoney`.
    fn visit_entity(
        &mut self,
        members: &[(String, &Span)],
        schema: &str,
        property: Option<&str>,
        kinds: &Kinds,
    ) {
        for (key, value) in members {
            if FTM_IDS.contains(&&**key) || (key == "value" && is_reference(schema, property)) {
                self.replace_ids(value);
            }
        }
        let mut has_listed = property.is_some_and(|property| self.is_listed(kinds, property));
        if let Some((_, Span::Object(properties))) = members.iter().find(|(key, _)| key == "properties") {
            for (key, value) in properties {
                let key = decoded(self.text, key).unwrap_or_default();
                if self.is_listed(kinds, &key) {
                    has_listed = true;
                    self.replace(value);
                } else if is_reference(schema, Some(&key)) {
                    self.replace_ids(value);
                }
            }
        }
        if has_listed {
            members.iter().filter(|(key, _)| is_caption(key)).for_each(|(_, value)| self.replace(value));
        }
    }

    fn is_listed(&self, kinds: &Kinds, property: &str) -> bool {
        self.rule.fields.iter().any(|field| field.is_property(kinds, property))
    }

    /// Replaces every scalar of a value.
    fn replace(&mut self, span: &Span) {
        match span {
            Span::Text(range) => {
                if let Some(value) = decoded(self.text, range) {
                    self.put(range, &value);
                }
            }
            Span::Scalar(range) => {
                let value = &self.text[range.clone()];
                if value != "null" {
                    let value = value.to_owned();
                    self.put(range, &value);
                }
            }
            Span::List(elements) => elements.iter().for_each(|element| self.replace(element)),
            Span::Object(members) => members.iter().for_each(|(_, value)| self.replace(value)),
            Span::Deep => {}
        }
    }

    fn put(&mut self, range: &Range<usize>, value: &str) {
        let pseudonym = self.rule.replace(value, self.known);
        self.replacements.insert(range.start, (range.clone(), quoted(&pseudonym)));
    }

    /// Replaces the listed parts of a value that has several parts, as its type has.
    fn replace_parts(&mut self, span: &Span, listed: &[bool]) {
        let Span::Text(range) = span else { return self.replace(span) };
        let Some(value) = decoded(self.text, range) else { return };
        let parts: Vec<&str> = value.split('|').collect();
        if parts.len() != listed.len() {
            return self.replace(span);
        }
        let parts = parts.iter().zip(listed).map(|(part, listed)| {
            if *listed { self.rule.replace(part, self.known) } else { (*part).to_owned() }
        });
        let value = parts.collect::<Vec<String>>().join("|");
        self.replacements.insert(range.start, (range.clone(), quoted(&value)));
    }

    /// Replaces ids of `FollowTheMoney`, which often derive from names. Random ids of its tools stay.
    fn replace_ids(&mut self, span: &Span) {
        match span {
            Span::Text(range) => {
                let id = decoded(self.text, range).filter(|id| !id.starts_with("NK-"));
                if let Some(id) = id {
                    self.put(range, &id);
                }
            }
            Span::List(elements) => elements.iter().for_each(|element| self.replace_ids(element)),
            Span::Scalar(_) | Span::Object(_) | Span::Deep => {}
        }
    }

    /// Replaces constants of patterns, wherever a text looks like one.
    fn visit_patterns(&mut self, span: &Span) {
        match span {
            Span::List(elements) => elements.iter().for_each(|element| self.visit_patterns(element)),
            Span::Object(members) => members.iter().for_each(|(_, value)| self.visit_patterns(value)),
            Span::Text(range) if !self.replacements.contains_key(&range.start) => {
                let raw = &self.text[range.clone()];
                let may_be_pattern =
                    raw[1..].trim_start().starts_with(['[', '(']) && raw.contains(':') && raw.contains('\'');
                if may_be_pattern
                    && let Some(text) = decoded(self.text, range)
                    && let Some(other) = self.rule.replaced_in_pattern(&text, self.known)
                {
                    self.replacements.insert(range.start, (range.clone(), quoted(&other)));
                }
            }
            Span::Text(_) | Span::Scalar(_) | Span::Deep => {}
        }
    }
}

fn is_reference(schema: &str, property: Option<&str>) -> bool {
    property.is_some_and(|property| kinds::is_reference(schema, property))
}

/// Search of the texts that no field names.
struct Search<'a> {
    rule: &'a Pseudonyms,
    text: &'a str,
    finder: Option<&'a Finder>,
}

impl Search<'_> {
    fn visit(&self, span: &Span, member: &str, replacements: &mut Replacements) {
        match span {
            Span::List(elements) => {
                for element in elements {
                    self.visit(element, member, replacements);
                }
            }
            Span::Object(members) => {
                for (key, value) in members {
                    self.visit(value, &self.text[key.start + 1..key.end - 1], replacements);
                }
            }
            Span::Text(range) if !WORDS.contains(&member) => {
                let before = replacements.get(&range.start).map(|(_, other)| other.as_str());
                // A replaced text is searched, too: a pattern may have other values.
                let Ok(text) = serde_json::from_str::<String>(before.unwrap_or(&self.text[range.clone()]))
                else {
                    return;
                };
                if let Some(other) = self.replaced(&text) {
                    replacements.insert(range.start, (range.clone(), quoted(&other)));
                }
            }
            Span::Text(_) | Span::Scalar(_) | Span::Deep => {}
        }
    }

    fn replaced(&self, text: &str) -> Option<String> {
        if let Some((kind, uuid)) = text.split_once("--")
            && is_uuid(uuid)
            && uuid.as_bytes().get(14) == Some(&b'5')
            && !DEFINITIONS.contains(&kind)
        {
            return Some(self.rule.keyed_id(kind, uuid));
        }
        self.finder?.replaced(text)
    }
}
