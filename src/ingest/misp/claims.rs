//! Claims of each delivered MISP object: entities and links.
//!
//! An attribute for detection (`to_ids`) is an indicator that matches the named observable. Any other
//! attribute is that observable itself. An event is a report; the record of an entity claims that the report
//! contains the entity. Proposals claim nothing, because nobody has accepted them yet.
//!
//! References and sightings name their target by uuid and not by its kind. So every entity has a second
//! identifier, `misp-element--uuid`, which needs no look-up.

use std::num::NonZeroU64;

use serde_json::{Map, Value};

use super::{
    analyst_data, attributes,
    claim::{element_id, entity, layer_of_reference, link, number, stix_id, text},
    context::{Context, Element, id, uuid},
    galaxy_clusters::{cluster, clusters, tied_clusters},
    object_templates::{self, ObjectTemplate},
    own_export, scalar, sharing, types,
};
use crate::{
    canonical::detect::is_uuid,
    entity::Identifier,
    ingest::{pattern, stix},
    link::Layer,
    record::{Claim, Content, Remark, Remarks, Traces, digest},
    time::Span,
};

pub(super) fn interpret(value: &Value, context: Option<&str>) -> Content {
    let context = Context::read(context);
    let Some(object) = value.as_object() else { return Content::default() };
    let moment = |name| scalar::moment(object.get(name));
    let own_date = scalar::date(object.get("date")).filter(|_| context.element == Element::Event);
    let sighted = moment("date_sighting").filter(|_| context.element == Element::Sighting);
    let is_ended = matches!(context.element, Element::Attribute | Element::Object);
    let expired = context.expired.filter(|_| is_ended);
    // The date is the first day on which it was known; it says nothing about the last one.
    let written = moment("created").filter(|_| context.element.is_analyst_data());
    let start = moment("first_seen").or(sighted).or(own_date).or(written).or(context.date);
    let mut content = Content {
        kind: kind(context.element, object).to_owned(),
        created: own_date.or(written),
        seen: Span { start, end: expired.or_else(|| scalar::end(object.get("last_seen"))).or(sighted) },
        // As for `valid_until` in STIX.
        expires: expired,
        retracted: scalar::is_true(object.get("deleted")) || context.deleted,
        confidence: sharing::confidence(sharing::tags(object)).or(context.confidence),
        producer: organisation(object).and_then(|id| NonZeroU64::new(digest(&id))),
        traces: Traces::of(std::iter::empty(), &longest_text(object)),
        remarks: remarks(context.element, object),
        ..Content::default()
    };
    if context.element == Element::GalaxyCluster {
        // A cluster has neither the time nor the confidence of an event. It also stays if an attribute that
        // named it is deleted.
        content.seen = Span::default();
        content.expires = None;
        content.confidence = None;
        content.retracted = scalar::is_true(object.get("deleted"));
    }
    if own_export::is_exported(object, &context) {
        own_export::read(object, &context, &mut content);
        return content;
    }
    add_claims(&id(context.element, value), object, &context, &mut content);
    content
}

/// Returns the id of the organisation that created an event.
fn organisation(event: &Map<String, Value>) -> Option<String> {
    uuid(event.get("Orgc")?.as_object()?).map(|uuid| format!("identity--{uuid}"))
}

/// Returns the remarks about an element.
fn remarks(element: Element, object: &Map<String, Value>) -> Remarks {
    let mut remarks = Remarks::default();
    let is_pattern = element == Element::Attribute && text(object, "type").as_deref() == Some(PATTERN);
    if is_pattern && text(object, "value").is_some_and(|value| pattern::read(&value).is_err()) {
        remarks.add(Remark::UnreadPattern);
    }
    // The server computes the score when it answers. The value itself has no end, so its links stay.
    let scores = object.get("decay_score").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !scores.is_empty() && scores.iter().all(|score| scalar::is_true(score.get("decayed"))) {
        remarks.add(Remark::Decayed);
    }
    if sharing::is_for_nobody(object) {
        remarks.add(Remark::EmptyGroup);
    }
    remarks
}

/// Returns the longest one of a comment, the text of an event report and a note.
fn longest_text(object: &Map<String, Value>) -> String {
    let texts = ["comment", "content", "note"].into_iter().filter_map(|name| text(object, name));
    texts.max_by_key(String::len).unwrap_or_default()
}

/// Adds the claims of an element to its content.
fn add_claims(id: &str, object: &Map<String, Value>, context: &Context, content: &mut Content) {
    let claims = &mut content.claims;
    match context.element {
        Element::Event => event(id, object, claims),
        Element::Attribute => {
            match &context.object {
                Some((holder, template)) => {
                    InnerAttribute::new(id, object, (holder, template), context).claim(content);
                }
                None => attribute(id, object, context, content),
            }
            if is_uncorrelated(object, context) {
                // Links without weight, as for a value on a warning list, but only of this attribute.
                let is_link = |(_, claim): &(u32, &Claim)| matches!(claim, Claim::Link { .. });
                content.weightless = (0..).zip(&content.claims).filter(is_link).map(|(at, _)| at).collect();
            }
        }
        Element::Object => misp_object(id, object, context, claims),
        Element::Proposal => {}
        Element::Sighting => sighting(object, context, claims),
        Element::EventReport => event_report(id, object, context, claims),
        Element::GalaxyCluster => cluster(object, context, claims),
        Element::Note => analyst_data::note("note", id, object, context, claims),
        Element::Opinion => analyst_data::note("opinion", id, object, context, claims),
        Element::Relationship => analyst_data::relationship(object, context, claims),
    }
}

/// Returns whether the source excludes the value of an attribute from correlation.
fn is_uncorrelated(object: &Map<String, Value>, context: &Context) -> bool {
    context.uncorrelated || scalar::is_true(object.get("disable_correlation"))
}

/// Returns the kind under which a record is shown.
fn kind(element: Element, object: &Map<String, Value>) -> &'static str {
    match element {
        Element::Event => "event",
        Element::Attribute => "attribute",
        Element::Object => "object",
        Element::Proposal => "proposal",
        Element::Sighting => match sighting_type(object).as_str() {
            "1" => "false-positive",
            "2" => "expiration",
            _ => "sighting",
        },
        Element::EventReport => "event-report",
        Element::GalaxyCluster => "galaxy-cluster",
        Element::Note => "note",
        Element::Opinion => "opinion",
        Element::Relationship => "relationship",
    }
}

fn sighting_type(object: &Map<String, Value>) -> String {
    scalar::text(object.get("type")).unwrap_or_default()
}

/// Claims that the event of the context contains an entity.
fn reported(context: &Context, contained: &Identifier, claims: &mut Vec<Claim>) {
    if let Some(event) = &context.event {
        claims.push(link(&stix_id("report", event), contained, "object", Layer::CoReport));
    }
}

/// Claims an event as a report, published or not: publishing must not make it another entity.
fn event(id: &str, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let own = stix_id("report", id);
    claims.push(entity(vec![own.clone(), element_id(id)], "report", text(object, "info")));
    producer(&own, object.get("Orgc"), "created-by", claims);
    if let Some(extended) = text(object, "extends_uuid").filter(|uuid| is_uuid(uuid)) {
        let extended = stix_id("report", &extended.to_ascii_lowercase());
        claims.push(link(&own, &extended, "extends", Layer::CoReport));
    }
    for named in clusters(object) {
        claims.push(link(&own, &named.identifier, "object", Layer::CoReport));
        claims.extend(named.claim);
    }
}

fn producer(of: &Identifier, organisation: Option<&Value>, kind: &str, claims: &mut Vec<Claim>) {
    let Some(organisation) = organisation.and_then(Value::as_object) else { return };
    if let Some(uuid) = uuid(organisation) {
        let identity = stix_id("identity", &uuid);
        claims.push(link(of, &identity, kind, Layer::Provenance));
        claims.push(entity(vec![identity], "identity", text(organisation, "name")));
    }
}

/// Claims an attribute of the event itself.
fn attribute(id: &str, object: &Map<String, Value>, context: &Context, content: &mut Content) {
    let (kind, value) = (text(object, "type").unwrap_or_default(), text(object, "value").unwrap_or_default());
    let observables = observables(&kind, &value);
    let is_rule = types::RULES.contains(&kind.as_str());
    let own = if is_rule || (scalar::is_true(object.get("to_ids")) && !observables.is_empty()) {
        let own = stix_id("indicator", id);
        let name = Some(value.clone()).filter(|_| !is_rule);
        content.claims.push(entity(vec![own.clone(), element_id(id)], "indicator", name));
        matches(&own, (&kind, &value), &observables, content);
        own
    } else if let Some(kind) = named_kind(&kind) {
        let own = stix_id(kind, id);
        let mut identifiers = vec![own.clone(), element_id(id)];
        identifiers.extend(number(kind, &value));
        content.claims.push(entity(identifiers, kind, Some(value)));
        own
    } else if let Some(own) = claim_observables(id, &kind, &value, &observables, &mut content.claims) {
        own
    } else {
        return;
    };
    reported(context, &own, &mut content.claims);
    tied_clusters(&own, object, &mut content.claims);
}

fn observables(kind: &str, value: &str) -> Vec<Identifier> {
    if kind != PATTERN {
        return types::observables(kind, value);
    }
    let found = pattern::read(value).unwrap_or_default().observables;
    found.into_iter().map(stix::observable).collect()
}

/// Type of attributes whose value is a STIX pattern.
const PATTERN: &str = "stix2-pattern";

/// Claims what an indicator matches. A value with several parts requires all of them: its first part is the
/// main one, and the others name nothing alone. A registry key beside its data names nothing alone, either.
fn matches(own: &Identifier, (kind, value): (&str, &str), observables: &[Identifier], content: &mut Content) {
    if kind == PATTERN {
        return stix::matches(own, pattern::read(value).unwrap_or_default(), content);
    }
    for (at, observable) in observables.iter().enumerate() {
        if at > 0 || (observables.len() > 1 && kind.starts_with("regkey")) {
            content.weightless.push(content.claims.len() as u32);
        }
        content.claims.push(link(own, observable, "matches", Layer::Infrastructure));
    }
}

/// Returns the kind of entity that values of an attribute type name.
fn named_kind(kind: &str) -> Option<&'static str> {
    match kind {
        "vulnerability" => Some("vulnerability"),
        "campaign-name" => Some("campaign"),
        "threat-actor" => Some("threat-actor"),
        _ => None,
    }
}

/// Claims the observables of an attribute and returns the identifier of the first; `None` if it has none.
fn claim_observables(
    id: &str,
    kind: &str,
    value: &str,
    observables: &[Identifier],
    claims: &mut Vec<Claim>,
) -> Option<Identifier> {
    let (first, others) = observables.split_first()?;
    let Identifier::Observable { kind: first_kind, value: first_value, .. } = first else { return None };
    let own = stix_id(first_kind, id);
    let identifiers = vec![own.clone(), first.clone(), element_id(id)];
    let name = match others.first() {
        // The label of a file is its name, but the name joins no two files.
        Some(Identifier::Observable { property, value, .. }) if property == "name" => value.clone(),
        _ if kind == "regkey|value" => value.to_owned(),
        _ => first_value.clone(),
    };
    claims.push(entity(identifiers, first_kind, Some(name)));
    if kind == "domain|ip"
        && let Some(address) = others.first()
    {
        claims.push(link(first, address, "resolves-to", Layer::Infrastructure));
    }
    Some(own)
}

/// An attribute of an object, with its role in the template of the object.
struct InnerAttribute<'a> {
    id: &'a str,
    object: &'a Map<String, Value>,
    context: &'a Context,
    template: &'static ObjectTemplate,
    /// Id of the object.
    holder: &'a str,
    /// Identifier of the object's entity.
    whole: Identifier,
    kind: String,
    value: String,
    relation: String,
    observables: Vec<Identifier>,
}

impl<'a> InnerAttribute<'a> {
    fn new(
        id: &'a str,
        object: &'a Map<String, Value>,
        (holder, template_name): (&'a str, &str),
        context: &'a Context,
    ) -> Self {
        let property = |name: &str| text(object, name).unwrap_or_default();
        let [kind, value, relation] = ["type", "value", "object_relation"].map(property);
        let template = object_templates::named(template_name);
        let mut observables = observables(&kind, &value);
        if types::is_file_digest(&kind) && !object_templates::is_of_file(template_name, &relation, &kind) {
            observables.clear();
        }
        if observables.is_empty() {
            observables.extend(types::by_relation(template_name, &relation, &value));
        }
        let whole = stix_id(template.stix, holder);
        Self { id, object, context, template, holder, whole, kind, value, relation, observables }
    }

    /// Claims the attribute: an identifier of the object's entity, or a link from the entity.
    fn claim(&self, content: &mut Content) {
        if let Some(attribute) = attributes::of_entity(self.template.kind, &self.relation, &self.value) {
            content.claims.push(entity(vec![self.whole.clone()], self.template.kind, None));
            content.attributes = Some(Box::new([attribute]));
        }
        let mut own = self.claim_part(&mut content.claims);
        if scalar::is_true(self.object.get("to_ids")) && !self.observables.is_empty() {
            own = Some(self.claim_indicator(content));
        }
        if let Some(own) = own {
            tied_clusters(&own, self.object, &mut content.claims);
        }
    }

    /// Returns whether the attribute identifies the object's entity.
    fn is_identifying(&self) -> bool {
        // The digest of a sample is that of the file.
        let is_sample =
            self.kind == "malware-sample" && self.template.kind == "file" && self.observables.len() > 1;
        let is_known = |name: &str| self.template.known_by.contains(&name);
        // A value without correlation does not identify its object: equal values would join two objects.
        !is_uncorrelated(self.object, self.context)
            && (is_sample || is_known(&self.kind) || is_known(&self.relation))
    }

    /// Claims what the attribute says about the object's entity. Returns the identifier of the entity
    /// that the attribute's clusters belong to.
    fn claim_part(&self, claims: &mut Vec<Claim>) -> Option<Identifier> {
        let (kind, value, relation) = (self.template.kind, &self.value, &self.relation);
        let is_name = self.template.is_named_by(relation) && !value.is_empty();
        let identifiers = || vec![self.whole.clone(), element_id(self.id)];
        if let (true, Some(observable)) = (self.is_identifying(), self.observables.first()) {
            let identifiers = vec![self.whole.clone(), observable.clone(), element_id(self.id)];
            claims.push(entity(identifiers, kind, Some(value.clone()).filter(|_| is_name)));
            return Some(self.whole.clone());
        }
        if is_name {
            let mut identifiers = identifiers();
            identifiers.extend(number(kind, value));
            claims.push(entity(identifiers, kind, Some(value.clone())));
            return Some(self.whole.clone());
        }
        if self.template.is_alias(relation) && !value.is_empty() {
            let mut claim = entity(identifiers(), kind, None);
            if let Claim::Entity { aliases, .. } = &mut claim {
                aliases.push(value.clone());
            }
            claims.push(claim);
            return None;
        }
        if relation == "id" {
            let number = number(kind, value);
            claims.extend(number.map(|number| entity(vec![self.whole.clone(), number], kind, None)));
            return None;
        }
        let part = claim_observables(self.id, &self.kind, value, &self.observables, claims)?;
        claims.push(link(&self.whole, &part, link_kind(kind, relation), Layer::Infrastructure));
        reported(self.context, &part, claims);
        Some(part)
    }

    /// Claims the indicator of the object, and returns its identifier.
    fn claim_indicator(&self, content: &mut Content) -> Identifier {
        let indicator = stix_id("indicator", self.holder);
        content.claims.push(entity(vec![indicator.clone()], "indicator", text(self.object, "value")));
        let first = content.claims.len() as u32;
        matches(&indicator, (&self.kind, &self.value), &self.observables, content);
        let is_file_name = |observable: &Identifier| matches!(observable, Identifier::Observable { kind, property, .. } if kind == "file" && property == "name");
        if self.template.kind == "file" && self.observables.first().is_some_and(is_file_name) {
            // The pattern requires the name of the file together with its digests.
            content.weightless.push(first);
        }
        content.claims.push(link(&indicator, &self.whole, "based-on", Layer::Infrastructure));
        reported(self.context, &indicator, &mut content.claims);
        indicator
    }
}

/// Returns the kind of the link from an object to a part: the roles in a message by their names, as in STIX.
fn link_kind<'a>(kind: &str, relation: &'a str) -> &'a str {
    if kind == "email-message" && matches!(relation, "from" | "to" | "cc" | "bcc") {
        relation
    } else {
        "object"
    }
}

/// Claims an object: the entity that its attributes describe, and its links to others.
fn misp_object(id: &str, object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let template = object_templates::named(&text(object, "name").unwrap_or_default());
    let own = stix_id(template.stix, id);
    claims.push(entity(vec![own.clone(), element_id(id)], template.kind, None));
    reported(context, &own, claims);
    tied_clusters(&own, object, claims);
    let references = object.get("ObjectReference").into_iter().flat_map(scalar::listed);
    for reference in references.filter_map(Value::as_object) {
        let target = text(reference, "referenced_uuid").filter(|uuid| is_uuid(uuid));
        let (Some(target), false) = (target, scalar::is_true(reference.get("deleted"))) else { continue };
        let kind = text(reference, "relationship_type").unwrap_or_else(|| "related-to".to_owned());
        let kind = kind.trim().to_lowercase().replace(' ', "-");
        claims.push(link(&own, &element_id(&target.to_ascii_lowercase()), &kind, layer_of_reference(&kind)));
    }
}

/// Claims the link of a sighting from its observer. False positives and expirations claim no link; the end
/// is in the context of the expired element.
fn sighting(object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let target = ["attribute_uuid", "object_uuid"].iter().find_map(|name| text(object, name));
    let target = target.filter(|uuid| is_uuid(uuid)).map(|uuid| uuid.to_ascii_lowercase());
    let holder = || context.attribute.clone().or_else(|| context.object.as_ref().map(|(id, _)| id.clone()));
    let organisation = object.get("Organisation").and_then(Value::as_object);
    let by = organisation.and_then(|organisation| Some((uuid(organisation)?, text(organisation, "name"))));
    let is_seen = matches!(sighting_type(object).as_str(), "" | "0");
    if let (true, Some(target), Some((uuid, name))) = (is_seen, target.or_else(holder), by) {
        let identity = stix_id("identity", &uuid);
        claims.push(entity(vec![identity.clone()], "identity", name));
        claims.push(link(&identity, &element_id(&target), "sighted", Layer::Target));
    }
}

/// Claims a text of an event; its content is not interpreted.
fn event_report(id: &str, object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let own = stix_id("note", id);
    claims.push(entity(vec![own.clone(), element_id(id)], "note", text(object, "name")));
    reported(context, &own, claims);
}
