//! What a row says by its mapping: claims of entities and links, times, confidence, marking.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    mapping::{EntityRule, Filter, LinkRule, Mapping},
    row::Row,
    source_mapping::SourceMapping,
    template::Template,
};
use crate::{
    canonical::{self, detect},
    entity::{Identifier, OBSERVABLES},
    ingest::{
        reject::{Reject, RejectRule},
        stix,
    },
    record::{Amount, Claim, Content},
    time::{Moment, Span},
};

/// A row, read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Interpreted {
    /// The mapped key.
    pub(super) key: Option<String>,
    pub(super) version: Option<String>,
    pub(super) recorded_at: Option<Moment>,
    pub(super) marking: Option<String>,
    pub(super) content: Content,
}

/// Reads a row; a reject names the mapping's key and never the value.
pub(super) fn interpret(bound: &SourceMapping, row: Row<'_>) -> Result<Interpreted, Reject> {
    let mapping = &bound.mapping;
    let mut said = Interpreted { key: key(mapping, row)?.map(Cow::into_owned), ..Interpreted::default() };
    "row".clone_into(&mut said.content.kind);
    // What is filtered out is kept, and says nothing.
    if !passes(&mapping.only, &mapping.unless, row) {
        return Ok(said);
    }
    let time = |name: &str, template: &Option<Template>| moment(mapping, name, template.as_ref(), row);
    said.version = text(mapping.version.as_ref(), row).map(Cow::into_owned);
    said.recorded_at = time("recorded_at", &mapping.recorded_at)?.and_then(Moment::known);
    said.marking = text(mapping.marking.as_ref(), row).map(Cow::into_owned);
    said.content.created = time("created", &mapping.created)?.and_then(Moment::known);
    let seen = time("seen_at", &mapping.seen_at)?.and_then(Moment::known);
    let last = time("last_seen", &mapping.last_seen)?.and_then(Moment::known_end);
    let first = time("first_seen", &mapping.first_seen)?.and_then(Moment::known);
    said.content.seen = Span::of_known(first.or(seen), last.or(seen));
    said.content.expires = time("expires", &mapping.expires)?.and_then(Moment::known_end);
    said.content.confidence = confidence(mapping, row)?;
    let mut ends: BTreeMap<&str, Vec<Identifier>> = BTreeMap::new();
    let mut is_told = false;
    for rule in &mapping.entities {
        if passes(&rule.only, &rule.unless, row) {
            is_told = true;
            let claims = entities(bound, rule, row)?;
            let own = claims.iter().filter_map(|claim| match claim {
                Claim::Entity { identifiers, .. } => identifiers.first().cloned(),
                Claim::Link { .. } => None,
            });
            ends.insert(&rule.label, own.collect());
            if !rule.mentioned {
                said.content.claims.extend(claims);
            }
        }
    }
    for rule in &mapping.links {
        if passes(&rule.only, &rule.unless, row) {
            links(mapping, rule, &ends, row, &mut said.content)?;
        }
    }
    // What no entity's filter lets pass is kept, too, and says nothing.
    if is_told && said.content.claims.is_empty() {
        return Err(missing("no column that the mapping reads holds anything"));
    }
    Ok(said)
}

/// Returns the mapped key of a row; `None` where the mapping, or a row that it filters out, has none.
pub(super) fn key<'a>(mapping: &'a Mapping, row: Row<'a>) -> Result<Option<Cow<'a, str>>, Reject> {
    let Some(template) = &mapping.key else { return Ok(None) };
    let key = template.of(row);
    // What is filtered out, such as a sum at the end, needs no key.
    if key.is_none() && passes(&mapping.only, &mapping.unless, row) {
        return Err(Reject::new(RejectRule::BadId, "`key` is empty"));
    }
    Ok(key)
}

fn missing(reason: impl Into<String>) -> Reject {
    Reject::new(RejectRule::MissingValue, reason)
}

fn text<'a>(template: Option<&'a Template>, row: Row<'a>) -> Option<Cow<'a, str>> {
    template?.of(row)
}

fn passes(only: &Filter, unless: &Filter, row: Row<'_>) -> bool {
    let holds = |(column, texts): (&String, &Vec<String>)| {
        let cell = row.cell(column).unwrap_or_default();
        texts.iter().any(|text| *text == cell)
    };
    only.iter().all(holds) && !unless.iter().any(holds)
}

fn moment(
    mapping: &Mapping,
    name: &str,
    template: Option<&Template>,
    row: Row<'_>,
) -> Result<Option<Moment>, Reject> {
    let Some(text) = text(template, row) else { return Ok(None) };
    let (forms, zone) = (mapping.forms(), mapping.time.zone.as_ref());
    let read = forms.iter().find_map(|form| form.read(&text, zone));
    let wrong = || Reject::new(RejectRule::BadTime, format!("`{name}` is in no form that the mapping says"));
    read.map(Some).ok_or_else(wrong)
}

fn confidence(mapping: &Mapping, row: Row<'_>) -> Result<Option<u8>, Reject> {
    let Some(text) = text(mapping.confidence.as_ref(), row) else { return Ok(None) };
    let said = mapping.confidences.get(&*text).copied();
    let number = || text.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n)).map(|n| n.round() as u8);
    let wrong = || {
        Reject::new(
            RejectRule::WrongType,
            "`confidence` is neither a number from 0 to 100 nor in `confidences`",
        )
    };
    said.or_else(number).map(Some).ok_or_else(wrong)
}

/// Returns the entities of one rule: one, or one for each part of a list in a cell.
fn entities(bound: &SourceMapping, rule: &EntityRule, row: Row<'_>) -> Result<Vec<Claim>, Reject> {
    let absent = |what: &str| {
        let reject = || missing(format!("entity `{}` has no {what}", rule.label));
        if rule.optional { Ok(Vec::new()) } else { Err(reject()) }
    };
    let Some(kind) = rule.kind.of(row) else { return absent("kind") };
    let kind = match rule.kinds.get(&*kind) {
        Some(kind) => kind.as_str(),
        None if rule.kinds.is_empty() => &*kind,
        None => {
            let reason = format!("the kind of entity `{}` is none that `kinds` names", rule.label);
            return Err(Reject::new(RejectRule::WrongType, reason));
        }
    };
    let by = rule.split.as_deref();
    let values = parts(rule.value.as_ref(), row, by);
    let keys = parts(rule.key.as_ref(), row, by);
    let ids = parts(rule.id.as_ref(), row, by);
    let count = values.len().max(keys.len()).max(ids.len()).max(1);
    let mut claims = Vec::new();
    for at in 0..count {
        let [value, key, id] = [&values, &keys, &ids].map(|of| of.get(at).map(|text| &**text));
        let one = One { bound, rule, row, kind, value, key, id, is_only: count == 1 };
        claims.extend(one.claim()?);
    }
    if claims.is_empty() { absent("value, key, id or identifier") } else { Ok(claims) }
}

/// Returns what a template names: the parts of a list, or of a text that the mapping splits.
fn parts<'a>(template: Option<&'a Template>, row: Row<'a>, by: Option<&str>) -> Vec<Cow<'a, str>> {
    let Some(template) = template else { return Vec::new() };
    template.list(row).or_else(|| template.of(row).map(|text| split(text, by, row))).unwrap_or_default()
}

/// Parts a list in a cell; the sign that parts it may be longer than one.
fn split<'a>(text: Cow<'a, str>, by: Option<&str>, row: Row<'_>) -> Vec<Cow<'a, str>> {
    let held = |part: &&str| row.held(part).is_some();
    match (by, text) {
        (None, text) => vec![text],
        (Some(by), Cow::Borrowed(text)) => {
            text.split(by).map(str::trim).filter(held).map(Cow::Borrowed).collect()
        }
        (Some(by), Cow::Owned(text)) => {
            text.split(by).map(str::trim).filter(held).map(|part| Cow::Owned(part.to_owned())).collect()
        }
    }
}

/// One entity of a row.
struct One<'a> {
    bound: &'a SourceMapping,
    rule: &'a EntityRule,
    row: Row<'a>,
    kind: &'a str,
    value: Option<&'a str>,
    key: Option<&'a str>,
    id: Option<&'a str>,
    /// Names and further identifiers are those of one entity, not of each in a list.
    is_only: bool,
}

impl One<'_> {
    fn claim(&self) -> Result<Option<Claim>, Reject> {
        let mut kind = self.kind.to_owned();
        let mut identifiers = Vec::new();
        if let Some(id) = self.id {
            let Some((own, _)) =
                id.split_once("--").filter(|(own, rest)| !own.is_empty() && !rest.is_empty())
            else {
                let reason = format!("the id of entity `{}` is no `type--uuid`", self.rule.label);
                return Err(Reject::new(RejectRule::BadId, reason));
            };
            own.clone_into(&mut kind);
            identifiers.push(Identifier::Object(id.to_owned()));
        }
        if let Some(value) = self.value {
            let (found, property) = self.observable(value)?;
            let spelled = canonical::observable(found, property, value).ok_or_else(|| self.misformed())?;
            identifiers.push(observable(found, property, value));
            // An address where a domain was said is an address.
            let is_of_network = OBSERVABLES.contains(&spelled.kind()) && OBSERVABLES.contains(&found);
            if is_of_network { spelled.kind() } else { found }.clone_into(&mut kind);
        } else if let Some((_, Some((known, _)))) =
            detect::OBSERVABLE_KINDS.iter().find(|(word, _)| *word == kind)
        {
            (*known).clone_into(&mut kind);
        }
        let mut is_misformed = false;
        if self.is_only {
            for (property, template) in &self.rule.identifiers {
                let Some(value) = template.of(self.row) else { continue };
                // One of several that is none of its kind, such as `n/a`, is left out.
                if canonical::observable(&kind, property, &value).is_some() {
                    identifiers.push(observable(&kind, property, &value));
                } else {
                    is_misformed = true;
                }
            }
            for (catalogue, template) in &self.rule.references {
                let Some(id) = template.of(self.row) else { continue };
                if catalogue.name() != "cve" {
                    identifiers.push(stix::reference(catalogue.name(), &kind, &id));
                } else if let Some(number) = stix::cve_number(&id) {
                    identifiers.push(stix::reference("cve", &kind, &number));
                }
            }
        }
        identifiers.extend(self.key.map(|key| self.bound.own_id(&kind, key)));
        let is_known_by_key = identifiers.len() == 1;
        let name = self.rule.name.as_ref().filter(|_| self.is_only).and_then(|name| name.of(self.row));
        if kind == "vulnerability"
            && !identifiers.iter().any(|known| matches!(known, Identifier::Reference { .. }))
        {
            // One that is named by its number is that entry, as in other formats.
            let named = [name.as_deref(), self.value, self.key];
            let number = named.into_iter().flatten().find_map(stix::cve_number);
            identifiers.extend(number.map(|number| stix::reference("cve", &kind, &number)));
        }
        if identifiers.is_empty() {
            return if is_misformed { Err(self.misformed()) } else { Ok(None) };
        }
        let aliases = self.rule.aliases.as_ref().filter(|_| self.is_only);
        let aliases = parts(aliases, self.row, self.rule.aliases_split.as_deref());
        // What only a key names is shown by it.
        let name = name.or(self.key.filter(|_| is_known_by_key).map(Cow::Borrowed));
        Ok(Some(Claim::Entity {
            identifiers,
            kind,
            name: name.map(Cow::into_owned),
            aliases: aliases.into_iter().map(Cow::into_owned).collect(),
            vocabulary: None,
        }))
    }

    /// Returns STIX type and property of a value of this kind.
    fn observable(&self, value: &str) -> Result<(&str, &'static str), Reject> {
        let word = detect::OBSERVABLE_KINDS.iter().find(|(word, _)| *word == self.kind);
        let Some((word, known)) = word else { return Ok((self.kind, "value")) };
        if let Some(known) = known {
            return Ok(*known);
        }
        let fits = |(kind, property): &(&str, &str)| match *word {
            "hash" => property.starts_with("hashes."),
            "ip" | "ip-addr" => kind.starts_with("ipv"),
            "file" => *kind == "file",
            _ => true,
        };
        detect::observable(value).filter(fits).ok_or_else(|| self.misformed())
    }

    fn misformed(&self) -> Reject {
        let reason =
            format!("the value of entity `{}` has no form that is known of its kind", self.rule.label);
        Reject::new(RejectRule::UnknownForm, reason)
    }
}

/// An observable; only those of the network are ever defanged.
fn observable(kind: &str, property: &str, value: &str) -> Identifier {
    let is_of_network = OBSERVABLES.contains(&kind) && property == "value";
    let value = if is_of_network { detect::refang(value).into_owned() } else { value.to_owned() };
    Identifier::Observable { kind: kind.to_owned(), property: property.to_owned(), value }
}

fn links(
    mapping: &Mapping,
    rule: &LinkRule,
    ends: &BTreeMap<&str, Vec<Identifier>>,
    row: Row<'_>,
    content: &mut Content,
) -> Result<(), Reject> {
    let end = |label: &str| ends.get(label).map(Vec::as_slice).unwrap_or_default();
    let (from, to) = (end(&rule.from), end(&rule.to));
    if from.is_empty() || to.is_empty() {
        return Ok(());
    }
    let about = || format!("the link from `{}` to `{}`", rule.from, rule.to);
    let kind = rule.kind.of(row).ok_or_else(|| missing(format!("{} has no kind", about())))?;
    let layer = rule.layer.map_or_else(|| stix::layer_of_relationship(&kind), |layer| layer.0);
    let no_number = || Reject::new(RejectRule::WrongType, format!("the amount of {} is no number", about()));
    let amount = text(rule.amount.as_ref(), row);
    let amount = amount.map(|text| mapping.number(&text).ok_or_else(no_number)).transpose()?;
    let currency = text(rule.currency.as_ref(), row).map(|text| Arc::from(text.to_uppercase()));
    for from in from {
        for to in to {
            let claim = content.claims.len() as u32;
            content.amounts.extend(amount.map(|value| Amount { claim, value, currency: currency.clone() }));
            content.claims.push(Claim::Link {
                from: from.clone(),
                to: to.clone(),
                kind: kind.clone().into_owned(),
                layer,
            });
        }
    }
    Ok(())
}

impl Mapping {
    /// Reads a number as the mapping spells them, perhaps with a power of ten behind it.
    fn number(&self, text: &str) -> Option<f64> {
        let thousands = self.table.thousands.map(|sign| char::from(sign.0));
        // Between thousands a blank is often one that does not break the line.
        let is_parting =
            |c: char| Some(c) == thousands || (thousands == Some(' ') && matches!(c, '\u{a0}' | '\u{202f}'));
        let (number, power) = match text.split_once(['e', 'E']) {
            Some((number, power)) => (number, power.parse().ok()?),
            None => (text, 0),
        };
        let plain = detect::number(number, self.decimal(), is_parting, 3..=3)?;
        // Read anew: a product with a power of ten would be rounded twice.
        let whole = if power == 0 { Some(plain) } else { format!("{plain}e{power}").parse().ok() };
        whole.filter(|number: &f64| number.is_finite())
    }
}
