//! Interprets a row by its mapping: claims of entities and links, times, confidence, marking.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    attributes,
    mapping::{EntityRule, Filter, LinkRule, Mapping},
    row::Row,
    source_mapping::SourceMapping,
    template::CellTemplate,
};
use crate::{
    canonical::{self, detect, pseudonym::is_pseudonym},
    entity::{Identifier, OBSERVABLES},
    ingest::{
        reject::{Reject, RejectRule},
        stix,
    },
    record::{Amount, Claim, Content},
    time::{Moment, Span},
};

/// A row, interpreted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Interpreted {
    /// The mapped key.
    pub(super) key: Option<String>,
    pub(super) version: Option<String>,
    pub(super) recorded_at: Option<Moment>,
    pub(super) marking: Option<String>,
    pub(super) content: Content,
}

/// Interprets a row. A reject contains the mapping's key and never the value.
pub(super) fn interpret(source_mapping: &SourceMapping, row: Row<'_>) -> Result<Interpreted, Reject> {
    let mapping = &source_mapping.mapping;
    let key = key(mapping, row)?.map(Cow::into_owned);
    let mut interpreted = Interpreted { key, ..head(mapping, row)? };
    "row".clone_into(&mut interpreted.content.kind);
    if !is_read(mapping, row) {
        return Ok(interpreted);
    }
    let mut ends: BTreeMap<&str, Vec<Identifier>> = BTreeMap::new();
    let mut has_rule = false;
    for rule in &mapping.entities {
        if passes(&rule.only, &rule.unless, row) {
            has_rule = true;
            let claims = entities(source_mapping, rule, row)?;
            let own = claims.iter().filter_map(|claim| match claim {
                Claim::Entity { identifiers, .. } => identifiers.first().cloned(),
                Claim::Link { .. } => None,
            });
            ends.insert(&rule.label, own.collect());
            if !rule.mentioned {
                // Attributes are those of the first claim; `load` checks that no other entity has any.
                if !claims.is_empty() && interpreted.content.claims.is_empty() {
                    interpreted.content.attributes = attributes::of_row(&rule.attributes, row);
                }
                interpreted.content.claims.extend(claims);
            }
        }
    }
    for rule in &mapping.links {
        if passes(&rule.only, &rule.unless, row) {
            links(mapping, rule, &ends, row, &mut interpreted.content)?;
        }
    }
    if has_rule && interpreted.content.claims.is_empty() {
        return Err(without_claims());
    }
    Ok(interpreted)
}

/// Checks a row: returns what [`interpret`] returns, without key and claims. A file has many rows, and the texts of their
/// claims are needed later only.
pub(super) fn check(source_mapping: &SourceMapping, row: Row<'_>) -> Result<Interpreted, Reject> {
    let mapping = &source_mapping.mapping;
    let interpreted = head(mapping, row)?;
    if !is_read(mapping, row) {
        return Ok(interpreted);
    }
    // Labels of the rules that have an entity in this row.
    let mut ends: Vec<&str> = Vec::with_capacity(mapping.entities.len());
    let (mut has_rule, mut has_claims) = (false, false);
    for rule in &mapping.entities {
        if passes(&rule.only, &rule.unless, row) {
            has_rule = true;
            let has_entity = each_entity(source_mapping, rule, row, |entity| {
                Ok(entity.describe(&mut Identifiers::new(None))?.is_some())
            })?;
            ends.extend(has_entity.then_some(rule.label.as_str()));
            has_claims |= has_entity && !rule.mentioned;
        }
    }
    let has_end = |label: &str| ends.contains(&label);
    for rule in &mapping.links {
        if passes(&rule.only, &rule.unless, row) && has_end(&rule.from) && has_end(&rule.to) {
            link_facts(mapping, rule, row)?;
            has_claims = true;
        }
    }
    if has_rule && !has_claims { Err(without_claims()) } else { Ok(interpreted) }
}

/// Returns the facts of a row besides its key and its claims.
fn head(mapping: &Mapping, row: Row<'_>) -> Result<Interpreted, Reject> {
    let mut interpreted = Interpreted::default();
    if !is_read(mapping, row) {
        return Ok(interpreted);
    }
    let time = |name: &str, template: &Option<CellTemplate>| moment(mapping, name, template.as_ref(), row);
    interpreted.version = text(mapping.version.as_ref(), row).map(Cow::into_owned);
    interpreted.recorded_at = time("recorded_at", &mapping.recorded_at)?.and_then(Moment::known);
    interpreted.marking = text(mapping.marking.as_ref(), row).map(Cow::into_owned);
    interpreted.content.created = time("created", &mapping.created)?.and_then(Moment::known);
    let seen = time("seen_at", &mapping.seen_at)?.and_then(Moment::known);
    let last = time("last_seen", &mapping.last_seen)?.and_then(Moment::known_end);
    let first = time("first_seen", &mapping.first_seen)?.and_then(Moment::known);
    interpreted.content.seen = Span::of_known(first.or(seen), last.or(seen));
    interpreted.content.expires = time("expires", &mapping.expires)?.and_then(Moment::known_end);
    interpreted.content.confidence = confidence(mapping, row)?;
    Ok(interpreted)
}

/// Returns whether a row claims anything. A row that is filtered out is kept and claims nothing.
fn is_read(mapping: &Mapping, row: Row<'_>) -> bool {
    passes(&mapping.only, &mapping.unless, row)
}

/// A row that no entity's filter accepts is kept and claims nothing. This row has a rule.
fn without_claims() -> Reject {
    missing("every column that the mapping reads is empty")
}

/// Returns the mapped key of a row; `None` if the mapping has none, or the row is filtered out without one.
pub(super) fn key<'a>(mapping: &'a Mapping, row: Row<'a>) -> Result<Option<Cow<'a, str>>, Reject> {
    let Some(template) = &mapping.key else { return Ok(None) };
    let key = template.of(row);
    // A row that is filtered out, such as a sum at the end, needs no key.
    if key.is_none() && passes(&mapping.only, &mapping.unless, row) {
        return Err(Reject::new(RejectRule::BadId, "`key` is empty"));
    }
    Ok(key)
}

fn missing(reason: impl Into<String>) -> Reject {
    Reject::new(RejectRule::MissingValue, reason)
}

fn text<'a>(template: Option<&'a CellTemplate>, row: Row<'a>) -> Option<Cow<'a, str>> {
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
    template: Option<&CellTemplate>,
    row: Row<'_>,
) -> Result<Option<Moment>, Reject> {
    let Some(text) = text(template, row) else { return Ok(None) };
    let (forms, zone) = (mapping.forms(), mapping.time.zone.as_ref());
    let read = forms.iter().find_map(|form| form.read(&text, zone));
    let wrong = || Reject::new(RejectRule::BadTime, format!("`{name}` has none of the mapping's forms"));
    read.map(Some).ok_or_else(wrong)
}

fn confidence(mapping: &Mapping, row: Row<'_>) -> Result<Option<u8>, Reject> {
    let Some(text) = text(mapping.confidence.as_ref(), row) else { return Ok(None) };
    let interpreted = mapping.confidences.get(&*text).copied();
    let number = || text.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n)).map(|n| n.round() as u8);
    let wrong = || {
        Reject::new(
            RejectRule::WrongType,
            "`confidence` is neither a number from 0 to 100 nor in `confidences`",
        )
    };
    interpreted.or_else(number).map(Some).ok_or_else(wrong)
}

/// Returns the entities of one rule: one, or one for each part of a list in a cell.
fn entities(source_mapping: &SourceMapping, rule: &EntityRule, row: Row<'_>) -> Result<Vec<Claim>, Reject> {
    let mut claims = Vec::new();
    each_entity(source_mapping, rule, row, |entity| {
        let claim = entity.claim()?;
        let is_claimed = claim.is_some();
        claims.extend(claim);
        Ok(is_claimed)
    })?;
    Ok(claims)
}

/// Visits the entities of one rule; `visit` returns whether an entity is identified. Returns whether one of them is: only an
/// optional entity may lack all identifiers.
fn each_entity(
    source_mapping: &SourceMapping,
    rule: &EntityRule,
    row: Row<'_>,
    mut visit: impl FnMut(&RowEntity<'_>) -> Result<bool, Reject>,
) -> Result<bool, Reject> {
    let absent = |what: &str| {
        let reject = || missing(format!("entity `{}` has no {what}", rule.label));
        if rule.optional { Ok(false) } else { Err(reject()) }
    };
    let Some(kind) = rule.kind.of(row) else { return absent("kind") };
    let kind = match rule.kinds.get(&*kind) {
        Some(kind) => kind.as_str(),
        None if rule.kinds.is_empty() => &*kind,
        None => {
            let reason = format!("`kinds` does not name the kind of entity `{}`", rule.label);
            return Err(Reject::new(RejectRule::WrongType, reason));
        }
    };
    let by = rule.split.as_deref();
    let values = parts(rule.value.as_ref(), row, by);
    let keys = parts(rule.key.as_ref(), row, by);
    let ids = parts(rule.id.as_ref(), row, by);
    let count = values.len().max(keys.len()).max(ids.len()).max(1);
    let mut has_entity = false;
    for at in 0..count {
        let [value, key, id] = [&values, &keys, &ids].map(|of| of.get(at).map(|text| &**text));
        let entity = RowEntity { source_mapping, rule, row, kind, value, key, id, is_only: count == 1 };
        has_entity |= visit(&entity)?;
    }
    if has_entity { Ok(true) } else { absent("value, key, id or identifier") }
}

/// Returns the values of a template: the parts of a list, or of a text that the mapping splits.
fn parts<'a>(template: Option<&'a CellTemplate>, row: Row<'a>, by: Option<&str>) -> Vec<Cow<'a, str>> {
    let Some(template) = template else { return Vec::new() };
    template.list(row).or_else(|| template.of(row).map(|text| split(text, by, row))).unwrap_or_default()
}

/// Splits a list in a cell; the separator may have several characters.
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
struct RowEntity<'a> {
    source_mapping: &'a SourceMapping,
    rule: &'a EntityRule,
    row: Row<'a>,
    kind: &'a str,
    value: Option<&'a str>,
    key: Option<&'a str>,
    id: Option<&'a str>,
    /// True if the rule has one entity: names and further identifiers do not apply to each entity of a list.
    is_only: bool,
}

/// Identifiers of an entity. A check keeps only how many there are.
struct Identifiers {
    kept: Option<Vec<Identifier>>,
    count: usize,
    has_reference: bool,
}

impl Identifiers {
    fn new(kept: Option<Vec<Identifier>>) -> Self {
        Self { kept, count: 0, has_reference: false }
    }

    fn push(&mut self, identifier: impl FnOnce() -> Identifier) {
        self.count += 1;
        if let Some(kept) = &mut self.kept {
            kept.push(identifier());
        }
    }

    fn push_reference(&mut self, reference: impl FnOnce() -> Identifier) {
        self.has_reference = true;
        self.push(reference);
    }
}

/// Kind and name of an entity that is identified.
struct Described<'a> {
    kind: Cow<'a, str>,
    name: Option<Cow<'a, str>>,
}

impl<'a> RowEntity<'a> {
    fn claim(&self) -> Result<Option<Claim>, Reject> {
        let mut identifiers = Identifiers::new(Some(Vec::new()));
        let Some(Described { kind, name }) = self.describe(&mut identifiers)? else { return Ok(None) };
        let aliases = self.rule.aliases.as_ref().filter(|_| self.is_only);
        let aliases = parts(aliases, self.row, self.rule.aliases_split.as_deref());
        Ok(Some(Claim::Entity {
            identifiers: identifiers.kept.unwrap_or_default(),
            kind: kind.into_owned(),
            name: name.map(Cow::into_owned),
            aliases: aliases.into_iter().map(Cow::into_owned).collect(),
            vocabulary: None,
        }))
    }

    /// Adds the identifiers, and returns what else the entity claims; `None` if it has no identifier.
    fn describe(&self, identifiers: &mut Identifiers) -> Result<Option<Described<'a>>, Reject> {
        let mut kind = Cow::Borrowed(self.kind);
        self.add_id(&mut kind, identifiers)?;
        self.add_value(&mut kind, identifiers)?;
        let is_misformed = self.is_only && self.add_further(&kind, identifiers);
        if let Some(key) = self.key {
            identifiers.push(|| self.source_mapping.own_id(&kind, key));
        }
        let is_known_by_key = identifiers.count == 1;
        let name = self.rule.name.as_ref().filter(|_| self.is_only).and_then(|name| name.of(self.row));
        if kind == "vulnerability" && !identifiers.has_reference {
            // A vulnerability with its number as a name is that catalogue entry, as in other formats.
            let named = [name.as_deref(), self.value, self.key];
            if let Some(number) = named.into_iter().flatten().find_map(stix::cve_number) {
                identifiers.push_reference(|| stix::reference("cve", &kind, &number));
            }
        }
        if identifiers.count == 0 {
            return if is_misformed { Err(self.misformed()) } else { Ok(None) };
        }
        // The label of an entity that only a key identifies is the key.
        let name = name.or(self.key.filter(|_| is_known_by_key).map(Cow::Borrowed));
        Ok(Some(Described { kind, name }))
    }

    /// Adds the id of a STIX object, whose type becomes the kind.
    fn add_id(&self, kind: &mut Cow<'a, str>, identifiers: &mut Identifiers) -> Result<(), Reject> {
        let Some(id) = self.id else { return Ok(()) };
        let parts = id.split_once("--").filter(|(own, uuid)| !own.is_empty() && !uuid.is_empty());
        let Some((own, _)) = parts else {
            let reason = format!("the id of entity `{}` is not a `type--uuid`", self.rule.label);
            return Err(Reject::new(RejectRule::BadId, reason));
        };
        *kind = Cow::Borrowed(own);
        identifiers.push(|| Identifier::Object(id.to_owned()));
        Ok(())
    }

    /// Adds the observable of the value, whose form may decide the kind.
    fn add_value(&self, kind: &mut Cow<'a, str>, identifiers: &mut Identifiers) -> Result<(), Reject> {
        if let Some(value) = self.value {
            let (detected, property) = self.observable(value)?;
            let id = canonical::observable(detected, property, value).ok_or_else(|| self.misformed())?;
            identifiers.push(|| observable(detected, property, value));
            // The value decides: an address in a column of domains is an address.
            let is_of_network = OBSERVABLES.contains(&id.kind()) && OBSERVABLES.contains(&detected);
            *kind = if is_of_network && id.kind() != detected {
                Cow::Owned(id.kind().to_owned())
            } else {
                Cow::Borrowed(detected)
            };
        } else if let Some((_, Some((known, _)))) =
            detect::OBSERVABLE_KINDS.iter().find(|(word, _)| word == kind)
        {
            *kind = Cow::Borrowed(*known);
        }
        Ok(())
    }

    /// Adds further identifiers and references. Returns whether one of them does not have its form.
    fn add_further(&self, kind: &str, identifiers: &mut Identifiers) -> bool {
        let mut is_misformed = false;
        for (property, template) in &self.rule.identifiers {
            let Some(value) = template.of(self.row) else { continue };
            // One of several identifiers with a wrong form, such as `n/a`, is left out.
            if canonical::observable(kind, property, &value).is_some() {
                identifiers.push(|| observable(kind, property, &value));
            } else {
                is_misformed = true;
            }
        }
        for (catalogue, template) in &self.rule.references {
            let Some(id) = template.of(self.row) else { continue };
            if catalogue.name() != "cve" {
                identifiers.push_reference(|| stix::reference(catalogue.name(), kind, &id));
            } else if let Some(number) = stix::cve_number(&id) {
                identifiers.push_reference(|| stix::reference("cve", kind, &number));
            }
        }
        is_misformed
    }

    /// Returns STIX type and property of a value of this kind.
    fn observable(&self, value: &str) -> Result<(&'a str, &'static str), Reject> {
        let word = detect::OBSERVABLE_KINDS.iter().find(|(word, _)| *word == self.kind);
        let Some((word, known)) = word else { return Ok((self.kind, "value")) };
        if let Some(known) = known {
            return Ok(*known);
        }
        // The form of a pseudonym shows no kind.
        if is_pseudonym(value) {
            return Ok((*word, "value"));
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
        let reason = format!("the value of entity `{}` does not have the form of its kind", self.rule.label);
        Reject::new(RejectRule::UnknownForm, reason)
    }
}

/// Returns the identifier of an observable; only network observables are ever defanged.
fn observable(kind: &str, property: &str, value: &str) -> Identifier {
    let is_of_network = OBSERVABLES.contains(&kind) && property == "value";
    let value = if is_of_network { canonical::refang::refang(value).into_owned() } else { value.to_owned() };
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
    let (kind, amount) = link_facts(mapping, rule, row)?;
    let layer = rule.layer.map_or_else(|| stix::layer_of_relationship(&kind), |layer| layer.0);
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

/// Returns the kind and the amount of a link.
fn link_facts<'a>(
    mapping: &Mapping,
    rule: &'a LinkRule,
    row: Row<'a>,
) -> Result<(Cow<'a, str>, Option<f64>), Reject> {
    let about = || format!("the link from `{}` to `{}`", rule.from, rule.to);
    let kind = rule.kind.of(row).ok_or_else(|| missing(format!("{} has no kind", about())))?;
    let no_number =
        || Reject::new(RejectRule::WrongType, format!("the amount of {} is not numeric", about()));
    let amount = text(rule.amount.as_ref(), row);
    let amount = amount.map(|text| mapping.number(&text).ok_or_else(no_number)).transpose()?;
    Ok((kind, amount))
}

impl Mapping {
    /// Reads a number in the mapping's notation, perhaps with a power of ten.
    fn number(&self, text: &str) -> Option<f64> {
        let thousands = self.table.thousands.map(|sign| char::from(sign.0));
        // A blank between thousands is often a non-breaking blank.
        let is_parting =
            |c: char| Some(c) == thousands || (thousands == Some(' ') && matches!(c, '\u{a0}' | '\u{202f}'));
        let (number, power) = match text.split_once(['e', 'E']) {
            Some((number, power)) => (number, power.parse().ok()?),
            None => (text, 0),
        };
        let plain = detect::number(number, self.decimal(), is_parting, 3..=3)?;
        // Parse the whole number again: multiplying by a power of ten would round twice.
        let whole = if power == 0 { Some(plain) } else { format!("{plain}e{power}").parse().ok() };
        whole.filter(|number: &f64| number.is_finite())
    }
}
