//! What each delivered MISP object says, as claims of entities and links.
//!
//! An attribute for detection (`to_ids`) is an indicator that matches what it names; any
//! other attribute is that thing itself. The event is a report; that a thing stands in it
//! is claimed by the thing's own record. Proposals are not yet said by anybody, and claim
//! nothing.
//!
//! References and sightings name their target by uuid and not by what it is: every thing
//! therefore carries a second identifier, `misp-element--uuid`, that needs no look-up.

use serde_json::{Map, Value};

use super::{
    claim::{element_id, entity, link, stix_id, text},
    context::{Context, Element, id, uuid},
    galaxy_clusters::{cluster, clusters, tied_clusters},
    object_templates, scalar, sharing, types,
};
use crate::{
    canonical::detect::is_uuid,
    entity::Identifier,
    ingest::{pattern, stix},
    link::Layer,
    record::{Claim, Content},
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
    // A date says from when on it was known; nobody said that it ended that day.
    let start = moment("first_seen").or(sighted).or(own_date).or(context.date);
    let mut content = Content {
        kind: kind(context.element, object).to_owned(),
        created: own_date,
        seen: Span { start, end: expired.or_else(|| scalar::end(object.get("last_seen"))).or(sighted) },
        // As `valid_until` is in STIX.
        expires: expired,
        retracted: scalar::is_true(object.get("deleted")) || context.deleted,
        confidence: sharing::confidence(sharing::tags(object)).or(context.confidence),
        ..Content::default()
    };
    if context.element == Element::GalaxyCluster {
        // What a cluster says is of no event's time, and no event's judgement; the galaxy that it is an
        // entry of stays where an attribute that named it is deleted.
        content.seen = Span::default();
        content.expires = None;
        content.confidence = None;
        content.retracted = scalar::is_true(object.get("deleted"));
    }
    let id = id(context.element, value);
    let claims = &mut content.claims;
    match context.element {
        Element::Event => event(&id, object, claims),
        Element::Attribute => {
            match &context.object {
                Some((holder, template)) => {
                    inner_attribute(&id, object, holder, template, &context, &mut content);
                }
                None => attribute(&id, object, &context, &mut content),
            }
            if is_uncorrelated(object, &context) {
                // As on a warning list, but this attribute's alone.
                let is_link = |(_, claim): &(u32, &Claim)| matches!(claim, Claim::Link { .. });
                content.weightless = (0..).zip(&content.claims).filter(is_link).map(|(at, _)| at).collect();
            }
        }
        Element::Object => thing(&id, object, &context, claims),
        Element::Proposal => {}
        Element::Sighting => sighting(object, &context, claims),
        Element::EventReport => event_report(&id, object, &context, claims),
        Element::GalaxyCluster => cluster(object, &context, claims),
    }
    content
}

/// Returns whether the source says that the value of an attribute ties nobody.
fn is_uncorrelated(object: &Map<String, Value>, context: &Context) -> bool {
    context.uncorrelated || scalar::is_true(object.get("disable_correlation"))
}

/// Returns the type under which a record is shown.
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
    }
}

fn sighting_type(object: &Map<String, Value>) -> String {
    scalar::text(object.get("type")).unwrap_or_default()
}

/// Claims that something stands in the event that the context names.
fn reported(context: &Context, thing: &Identifier, claims: &mut Vec<Claim>) {
    if let Some(event) = &context.event {
        claims.push(link(&stix_id("report", event), thing, "object", Layer::CoReport));
    }
}

/// An event is a report, published or not: publishing it must not make it another entity.
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

/// An attribute that stands in the event itself.
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
    } else if let Some(own) = tell(id, &kind, &value, &observables, &mut content.claims) {
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

/// Type of an attribute whose value is a pattern of STIX.
const PATTERN: &str = "stix2-pattern";

/// Claims what an indicator matches. A value of several parts asks for them together: its first part is
/// what it is about, and the others name nothing alone; nor does the key of a registry beside its data.
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

/// Attribute types whose value is the name of an entity.
fn named_kind(kind: &str) -> Option<&'static str> {
    match kind {
        "vulnerability" => Some("vulnerability"),
        "campaign-name" => Some("campaign"),
        "threat-actor" => Some("threat-actor"),
        _ => None,
    }
}

/// Returns the catalogue entry that a vulnerability or an attack pattern is.
fn number(kind: &str, value: &str) -> Option<Identifier> {
    let upper = value.trim().to_ascii_uppercase();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        "vulnerability" => stix::cve_number(value).map(|number| stix::reference("cve", kind, &number)),
        "attack-pattern" if upper.strip_prefix("CAPEC-").is_some_and(digits) => {
            Some(stix::reference("capec", kind, &upper))
        }
        // The template numbers attack patterns by CAPEC.
        "attack-pattern" if digits(&upper) => Some(stix::reference("capec", kind, &format!("CAPEC-{upper}"))),
        "attack-pattern" if upper.strip_prefix('T').is_some_and(|rest| digits(&rest.replace('.', ""))) => {
            Some(stix::reference("mitre-attack", kind, &upper))
        }
        _ => None,
    }
}

/// Claims the things that an attribute names, and returns the first; `None` where it names none.
fn tell(
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
        // A file is shown by its name; the name alone makes no two files one.
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

/// An attribute that stands in an object: it says which thing the object is, or what the
/// thing has to do with.
fn inner_attribute(
    id: &str,
    object: &Map<String, Value>,
    holder: &str,
    template: &str,
    context: &Context,
    content: &mut Content,
) {
    let claims = &mut content.claims;
    let (kind, value) = (text(object, "type").unwrap_or_default(), text(object, "value").unwrap_or_default());
    let relation = text(object, "object_relation").unwrap_or_default();
    let thing = object_templates::of(template);
    let whole = stix_id(thing.stix, holder);
    let mut observables = observables(&kind, &value);
    if types::is_file_digest(&kind) && !object_templates::is_of_file(template, &relation, &kind) {
        observables.clear();
    }
    if observables.is_empty() {
        observables.extend(types::by_relation(template, &relation, &value));
    }
    // A sample's digest is the file's.
    let is_sample = kind == "malware-sample" && thing.kind == "file" && observables.len() > 1;
    // A value that ties nobody does not say which thing it is, either: equal ones would be one thing.
    let says_which = !is_uncorrelated(object, context)
        && (is_sample || [&kind, &relation].iter().any(|name| thing.known_by.contains(&name.as_str())));
    let is_name = thing.is_named_by(&relation) && !value.is_empty();
    let mut own = None;
    if let (true, Some(observable)) = (says_which, observables.first()) {
        let identifiers = vec![whole.clone(), observable.clone(), element_id(id)];
        claims.push(entity(identifiers, thing.kind, Some(value.clone()).filter(|_| is_name)));
        own = Some(whole.clone());
    } else if is_name {
        let mut identifiers = vec![whole.clone(), element_id(id)];
        identifiers.extend(number(thing.kind, &value));
        claims.push(entity(identifiers, thing.kind, Some(value.clone())));
        own = Some(whole.clone());
    } else if thing.is_alias(&relation) && !value.is_empty() {
        let mut claim = entity(vec![whole.clone(), element_id(id)], thing.kind, None);
        if let Claim::Entity { aliases, .. } = &mut claim {
            aliases.push(value.clone());
        }
        claims.push(claim);
    } else if relation == "id" {
        let number = number(thing.kind, &value);
        claims.extend(number.map(|number| entity(vec![whole.clone(), number], thing.kind, None)));
    } else if let Some(named) = tell(id, &kind, &value, &observables, claims) {
        claims.push(link(&whole, &named, tie(thing.kind, &relation), Layer::Infrastructure));
        reported(context, &named, claims);
        own = Some(named);
    }
    if scalar::is_true(object.get("to_ids")) && !observables.is_empty() {
        let indicator = stix_id("indicator", holder);
        claims.push(entity(vec![indicator.clone()], "indicator", text(object, "value")));
        let first = content.claims.len() as u32;
        matches(&indicator, (&kind, &value), &observables, content);
        let names_file = |observable: &Identifier| matches!(observable, Identifier::Observable { kind, property, .. } if kind == "file" && property == "name");
        if thing.kind == "file" && observables.first().is_some_and(names_file) {
            // The name of a file is asked for together with its digests.
            content.weightless.push(first);
        }
        let claims = &mut content.claims;
        claims.push(link(&indicator, &whole, "based-on", Layer::Infrastructure));
        reported(context, &indicator, claims);
        own = Some(indicator);
    }
    if let Some(own) = own {
        tied_clusters(&own, object, &mut content.claims);
    }
}

/// How a part stands to its thing: the ends of a message by their names, as in STIX.
fn tie<'a>(kind: &str, relation: &'a str) -> &'a str {
    if kind == "email-message" && matches!(relation, "from" | "to" | "cc" | "bcc") {
        relation
    } else {
        "object"
    }
}

/// An object: the thing that its attributes speak of, and how it stands to others.
fn thing(id: &str, object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let thing = object_templates::of(&text(object, "name").unwrap_or_default());
    let own = stix_id(thing.stix, id);
    claims.push(entity(vec![own.clone(), element_id(id)], thing.kind, None));
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

/// Families of the relationships of MISP's own vocabulary
/// (<https://github.com/MISP/misp-objects/blob/main/relationships/definition.json>); the others are STIX's.
fn layer_of_reference(kind: &str) -> Layer {
    match kind {
        "connected-to" | "connected-from" | "contacts" | "contained-by" | "contained-within" | "contains"
        | "created-by" | "creates" | "detected-as" | "downloaded" | "downloaded-by" | "downloaded-from"
        | "downloads-from" | "dropped" | "dropped-by" | "executed-by" | "executes" | "extracted-from"
        | "included-in" | "includes" | "injected-into" | "installed-by" | "installs" | "loaded-by"
        | "loads" | "received-from" | "redirects-to" | "resolved-to" | "resolved-from" | "retrieved-from"
        | "sent-by" | "sent-to" | "sends" | "serves" | "signed-by" | "similar" | "uploaded-to"
        | "witness-of" | "written-by" | "writes" => Layer::Infrastructure,
        "used-by" | "exploited-by" | "characterized-by" => Layer::Capability,
        "affects" | "targeted-by" => Layer::Target,
        kind => stix::layer_of_relationship(kind),
    }
}

/// Who saw an attribute. That something was a false positive, or is over, ties nothing; when it was over,
/// the context of what ended says.
fn sighting(object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let of = ["attribute_uuid", "object_uuid"].iter().find_map(|name| text(object, name));
    let of = of.filter(|uuid| is_uuid(uuid)).map(|uuid| uuid.to_ascii_lowercase());
    let holder = || context.attribute.clone().or_else(|| context.object.as_ref().map(|(id, _)| id.clone()));
    let organisation = object.get("Organisation").and_then(Value::as_object);
    let by = organisation.and_then(|organisation| Some((uuid(organisation)?, text(organisation, "name"))));
    let is_seen = matches!(sighting_type(object).as_str(), "" | "0");
    if let (true, Some(of), Some((uuid, name))) = (is_seen, of.or_else(holder), by) {
        let identity = stix_id("identity", &uuid);
        claims.push(entity(vec![identity.clone()], "identity", name));
        claims.push(link(&identity, &element_id(&of), "sighted", Layer::Target));
    }
}

/// A text that belongs to an event: its words are not read.
fn event_report(id: &str, object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let own = stix_id("note", id);
    claims.push(entity(vec![own.clone(), element_id(id)], "note", text(object, "name")));
    reported(context, &own, claims);
}
