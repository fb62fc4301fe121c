//! Contents as typed columns, which a run stores and the next run reads instead of the JSON of the objects.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    sync::Arc,
};

use super::{
    Amount, Attribute, AttributeKind, LentClaim, LentIdentifier, PackedContent, Packer, Remarks, Traces,
    lent::{HAS_ALIASES, HAS_NAME, HAS_VOCABULARY, IS_LINK, LAYER_SHIFT},
    packed::{Further, WORDS},
};
use crate::{
    compact::{
        Ends,
        stored::{Lists, Texts, invalid, read, write},
    },
    link::LAYERS,
    symbol::Symbol,
};

/// Contents of some records: each content, its texts, its identifiers and its claims are rows of four tables.
///
/// Texts and identifiers are numbered within their content, and types within the columns. Contents with provenance
/// of values, and parts of links, have no columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContentColumns {
    /// Types, properties, catalogues and currencies.
    names: Texts,
    contents: Contents,
    /// Texts of the contents, in order.
    texts: Texts,
    texts_of: Ends,
    identifiers: Identifiers,
    identifiers_of: Ends,
    claims: Claims,
    claims_of: Ends,
}

/// Columns of the contents themselves.
#[derive(Clone, Debug, Default, PartialEq)]
struct Contents {
    kinds: Vec<u32>,
    /// Truth values, and which of the words a content has.
    bits: Vec<u8>,
    /// Confidence, 0 to 100; [`NO_CONFIDENCE`] without one.
    confidences: Vec<u8>,
    remarks: Vec<u8>,
    /// Times of creation, of the valid time and of expiry, in microseconds, and digests of producers.
    words: Lists<u64>,
    references: Vec<u32>,
    /// Position of a claim, bits of the value, and number of the currency.
    amount_claims: Lists<u32>,
    amount_values: Vec<u64>,
    amount_currencies: Vec<u32>,
    weightless: Lists<u32>,
    trace_references: Lists<u64>,
    trace_texts: Lists<u32>,
    /// Names of kinds and texts of values in turn.
    attributes: Lists<u32>,
}

/// Columns of identifiers.
#[derive(Clone, Debug, Default, PartialEq)]
struct Identifiers {
    forms: Vec<u8>,
    /// Type or catalogue.
    first: Vec<u32>,
    /// Property or kind.
    second: Vec<u32>,
    texts: Vec<u32>,
}

/// Columns of claims.
#[derive(Clone, Debug, Default, PartialEq)]
struct Claims {
    bits: Vec<u8>,
    kinds: Vec<u32>,
    /// Numbers of the ends of a link. Numbers of the name, the list, the identifiers behind their count, and the aliases
    /// behind theirs of an entity.
    numbers: Lists<u32>,
}

const NO_CONFIDENCE: u8 = u8::MAX;
/// A value without a currency.
const NO_NAME: u32 = u32::MAX;

/// Writer of columns.
#[derive(Debug, Default)]
pub struct ContentWriter {
    columns: ContentColumns,
    numbers: HashMap<Symbol, u32>,
}

/// Number of texts, and of identifiers, of a content that are compared with each further one.
const COMPARED: usize = 24;

impl ContentWriter {
    /// Adds a content; returns false, and adds nothing, if columns do not hold it.
    pub fn push(&mut self, content: &PackedContent) -> bool {
        let none = Further::default();
        let further = content.further().unwrap_or(&none);
        if further.part.is_some() || further.properties.is_some() {
            return false;
        }
        for claim in content.claims() {
            self.add_claim(&claim);
        }
        for attribute in further.attributes.iter().flatten() {
            let pair = [self.name(Symbol::of(attribute.kind.name())), self.text(&attribute.value)];
            self.columns.contents.attributes.items.extend(pair);
        }
        for Amount { currency, .. } in &further.amounts {
            let currency = currency.as_deref().map_or(NO_NAME, |currency| self.name(Symbol::of(currency)));
            self.columns.contents.amount_currencies.push(currency);
        }
        let kind = self.name(content.kind);
        let ContentColumns {
            contents, texts, texts_of, identifiers, identifiers_of, claims, claims_of, ..
        } = &mut self.columns;
        contents.kinds.push(kind);
        contents.bits.push(content.bits());
        contents.confidences.push(content.confidence.unwrap_or(NO_CONFIDENCE));
        contents.remarks.push(content.remarks.bits());
        contents.words.push(content.words());
        contents.references.push(further.references);
        contents.amount_claims.push(further.amounts.iter().map(|amount| amount.claim));
        contents.amount_values.extend(further.amounts.iter().map(|amount| amount.value.to_bits()));
        contents.weightless.push(further.weightless.iter().copied());
        let traces = further.traces.as_deref();
        contents.trace_references.push(traces.iter().flat_map(|traces| traces.references.iter().copied()));
        contents.trace_texts.push(traces.iter().flat_map(|traces| traces.text.iter().copied()));
        contents.attributes.push([]);
        texts_of.push(texts.ends.len());
        identifiers_of.push(identifiers.forms.len());
        claims_of.push(claims.bits.len());
        true
    }

    fn add_claim(&mut self, claim: &LentClaim<'_>) {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let (bits, kind) = match claim {
            LentClaim::Link { from, to, kind, layer } => {
                for end in [*from, *to] {
                    let number = self.identifier(end);
                    self.add_number(number);
                }
                (IS_LINK | (*layer as u8) << LAYER_SHIFT, *kind)
            }
            LentClaim::Entity { identifiers, kind, name, aliases, vocabulary } => {
                for text in name.iter().chain(vocabulary) {
                    let number = self.text(text);
                    self.add_number(number);
                }
                self.add_number(identifiers.clone().count() as u32);
                for identifier in identifiers.clone() {
                    let number = self.identifier(identifier);
                    self.add_number(number);
                }
                let has_aliases = aliases.len() > 0;
                if has_aliases {
                    self.add_number(aliases.len() as u32);
                }
                for alias in aliases.clone() {
                    let number = self.text(alias);
                    self.add_number(number);
                }
                let bits = bit(name.is_some(), HAS_NAME)
                    | bit(vocabulary.is_some(), HAS_VOCABULARY)
                    | bit(has_aliases, HAS_ALIASES);
                (bits, *kind)
            }
        };
        let kind = self.name(kind);
        let claims = &mut self.columns.claims;
        claims.bits.push(bits);
        claims.kinds.push(kind);
        claims.numbers.push([]);
    }

    /// Adds a number to the claim that is being added.
    fn add_number(&mut self, number: u32) {
        self.columns.claims.numbers.items.push(number);
    }

    /// Returns the number of an identifier within its content.
    fn identifier(&mut self, identifier: LentIdentifier<'_>) -> u32 {
        let (form, symbols, text) = identifier.parts();
        let [first, second] = symbols.unwrap_or_default().map(|symbol| self.name(symbol));
        let text = self.text(text);
        let ContentColumns { identifiers, identifiers_of, .. } = &mut self.columns;
        let (start, end) = (identifiers_of.last(), identifiers.forms.len());
        let Identifiers { forms, first: firsts, second: seconds, texts } = identifiers;
        let is_equal =
            |at: &usize| (forms[*at], firsts[*at], seconds[*at], texts[*at]) == (form, first, second, text);
        let known = (start..end).take(COMPARED).find(is_equal);
        if known.is_none() {
            forms.push(form);
            firsts.push(first);
            seconds.push(second);
            texts.push(text);
        }
        (known.unwrap_or(end) - start) as u32
    }

    /// Returns the number of a text within its content.
    fn text(&mut self, text: &str) -> u32 {
        let ContentColumns { texts, texts_of, .. } = &mut self.columns;
        let (start, end) = (texts_of.last(), texts.ends.len());
        let known = (start..end).take(COMPARED).find(|at| texts.get(*at as u32) == text);
        if known.is_none() {
            texts.push(text);
        }
        (known.unwrap_or(end) - start) as u32
    }

    /// Returns the number of a name within the columns.
    fn name(&mut self, symbol: Symbol) -> u32 {
        let names = &mut self.columns.names;
        *self.numbers.entry(symbol).or_insert_with(|| {
            names.push(symbol.as_str());
            names.ends.len() as u32 - 1
        })
    }

    /// Returns the columns.
    pub fn finish(self) -> ContentColumns {
        self.columns
    }
}

impl ContentColumns {
    /// Returns the number of contents.
    pub fn len(&self) -> usize {
        self.contents.kinds.len()
    }

    /// Returns whether there is no content.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the contents, in order. They equal those that the writer received.
    pub fn contents(&self) -> Vec<PackedContent> {
        let names: Vec<Symbol> =
            (0..self.names.ends.len() as u32).map(|name| Symbol::of(self.names.get(name))).collect();
        let mut packer = Packer::default();
        (0..self.len()).map(|row| self.content(row, &names, &mut packer)).collect()
    }

    fn content(&self, row: usize, names: &[Symbol], packer: &mut Packer) -> PackedContent {
        let Self { contents, claims, .. } = self;
        let texts = self.texts_of.range(row).start as u32;
        let text = |number: u32| self.texts.get(texts + number);
        let identifiers = self.identifiers_of.range(row).start;
        let name = |number: u32| names[number as usize];
        let identifier = |number: u32| {
            let Identifiers { forms, first, second, texts } = &self.identifiers;
            let at = identifiers + number as usize;
            LentIdentifier::of_parts(forms[at], [name(first[at]), name(second[at])], text(texts[at]))
        };
        packer.begin();
        let own_claims = self.claims_of.range(row);
        for claim in own_claims.clone() {
            let bits = claims.bits[claim];
            packer.head(bits, name(claims.kinds[claim]));
            for number in numbers(bits, claims.numbers.get(claim as u32)) {
                match number {
                    Number::Text(number) => packer.add_text(text(number)),
                    Number::Identifier(number) => packer.add_identifier(identifier(number)),
                    Number::Count(count) => packer.add_count(count as usize),
                }
            }
        }
        let position = row as u32;
        let words = contents.words.get(position).iter().copied();
        let (buffer, claims_start) = packer.finish(words);
        let amounts = contents.amount_claims.ends.range(row);
        let amount = |at: usize| Amount {
            claim: contents.amount_claims.items[at],
            value: f64::from_bits(contents.amount_values[at]),
            currency: match contents.amount_currencies[at] {
                NO_NAME => None,
                currency => Some(Arc::from(name(currency).as_str())),
            },
        };
        let attribute = |pair: &[u32]| {
            let kind = AttributeKind::named(&name(pair[0]))?;
            Some(Attribute { kind, value: text(pair[1]).into() })
        };
        let attributes: Box<[Attribute]> =
            contents.attributes.get(position).chunks_exact(2).filter_map(attribute).collect();
        let traces = Traces {
            references: contents.trace_references.get(position).into(),
            text: contents.trace_texts.get(position).into(),
        };
        let has_traces = !traces.references.is_empty() || !traces.text.is_empty();
        let further = Further {
            references: contents.references[row],
            amounts: amounts.map(amount).collect(),
            weightless: contents.weightless.get(position).to_vec(),
            part: None,
            properties: None,
            attributes: (!attributes.is_empty()).then_some(attributes),
            traces: has_traces.then(|| Box::new(traces)),
        };
        let confidence = contents.confidences[row];
        PackedContent::of_columns(
            (name(contents.kinds[row]), (confidence != NO_CONFIDENCE).then_some(confidence)),
            (Remarks::of_bits(contents.remarks[row]), contents.bits[row]),
            (own_claims.len() as u32, claims_start, buffer),
            further,
        )
    }

    /// Writes the columns.
    ///
    /// # Errors
    /// Returns the error of `out`.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { names, contents, texts, texts_of, identifiers, identifiers_of, claims, claims_of } = self;
        names.write(out)?;
        write(&contents.kinds, out)?;
        write(&contents.bits, out)?;
        write(&contents.confidences, out)?;
        write(&contents.remarks, out)?;
        contents.words.write(out)?;
        write(&contents.references, out)?;
        contents.amount_claims.write(out)?;
        write(&contents.amount_values, out)?;
        write(&contents.amount_currencies, out)?;
        contents.weightless.write(out)?;
        contents.trace_references.write(out)?;
        contents.trace_texts.write(out)?;
        contents.attributes.write(out)?;
        texts.write(out)?;
        texts_of.write(out)?;
        write(&identifiers.forms, out)?;
        write(&identifiers.first, out)?;
        write(&identifiers.second, out)?;
        write(&identifiers.texts, out)?;
        identifiers_of.write(out)?;
        write(&claims.bits, out)?;
        write(&claims.kinds, out)?;
        claims.numbers.write(out)?;
        claims_of.write(out)
    }

    /// Reads the columns that [`ContentColumns::write`] wrote.
    ///
    /// # Errors
    /// Returns the error of `from`, or an error for bytes that [`ContentColumns::write`] does not write.
    pub fn read(from: &mut dyn Read) -> io::Result<Self> {
        // The fields are read in the order in which they were written.
        let columns = Self {
            names: Texts::read(from)?,
            contents: Contents {
                kinds: read(from)?,
                bits: read(from)?,
                confidences: read(from)?,
                remarks: read(from)?,
                words: Lists::read(from)?,
                references: read(from)?,
                amount_claims: Lists::read(from)?,
                amount_values: read(from)?,
                amount_currencies: read(from)?,
                weightless: Lists::read(from)?,
                trace_references: Lists::read(from)?,
                trace_texts: Lists::read(from)?,
                attributes: Lists::read(from)?,
            },
            texts: Texts::read(from)?,
            texts_of: Ends::read(from)?,
            identifiers: Identifiers {
                forms: read(from)?,
                first: read(from)?,
                second: read(from)?,
                texts: read(from)?,
            },
            identifiers_of: Ends::read(from)?,
            claims: Claims { bits: read(from)?, kinds: read(from)?, numbers: Lists::read(from)? },
            claims_of: Ends::read(from)?,
        };
        if columns.is_consistent() { Ok(columns) } else { Err(invalid()) }
    }

    /// Returns whether all columns of a table have one length, and every name, text and identifier that they refer to
    /// exists.
    fn is_consistent(&self) -> bool {
        let Self { names, contents, texts, texts_of, identifiers, identifiers_of, claims, claims_of } = self;
        let rows = self.len();
        let of_contents = [
            contents.bits.len(),
            contents.confidences.len(),
            contents.remarks.len(),
            contents.words.ends.len(),
            contents.references.len(),
            contents.amount_claims.ends.len(),
            contents.weightless.ends.len(),
            contents.trace_references.ends.len(),
            contents.trace_texts.ends.len(),
            contents.attributes.ends.len(),
            texts_of.len(),
            identifiers_of.len(),
            claims_of.len(),
        ];
        let amounts = contents.amount_claims.items.len();
        let lengths = [
            (contents.amount_values.len(), amounts),
            (contents.amount_currencies.len(), amounts),
            (texts_of.last(), texts.ends.len()),
            (identifiers_of.last(), identifiers.forms.len()),
            (identifiers.first.len(), identifiers.forms.len()),
            (identifiers.second.len(), identifiers.forms.len()),
            (identifiers.texts.len(), identifiers.forms.len()),
            (claims_of.last(), claims.bits.len()),
            (claims.kinds.len(), claims.bits.len()),
            (claims.numbers.ends.len(), claims.bits.len()),
        ];
        let is_name = |number: &u32| (*number as usize) < names.ends.len();
        let named = [&contents.kinds, &identifiers.first, &identifiers.second, &claims.kinds];
        of_contents.iter().all(|length| *length == rows)
            && lengths.iter().all(|(length, expected)| length == expected)
            && named.iter().all(|column| column.iter().all(is_name))
            && contents.amount_currencies.iter().all(|number| *number == NO_NAME || is_name(number))
            && (0..rows).all(|row| self.is_consistent_content(row))
    }

    fn is_consistent_content(&self, row: usize) -> bool {
        let Self { names, contents, texts_of, identifiers, identifiers_of, claims, claims_of, .. } = self;
        let (texts, named) = (texts_of.range(row).len(), identifiers_of.range(row));
        let is_text = |number: u32| (number as usize) < texts;
        let attributes = contents.attributes.get(row as u32);
        let is_claim = |claim: usize| {
            let (bits, all) = (claims.bits[claim], claims.numbers.get(claim as u32));
            let mut read = 0;
            let is_valid = |number: Number| {
                read += 1;
                match number {
                    Number::Text(number) => is_text(number),
                    Number::Identifier(number) => (number as usize) < named.len(),
                    Number::Count(_) => true,
                }
            };
            let has_layer = bits & IS_LINK == 0 || usize::from(bits >> LAYER_SHIFT) < LAYERS.len();
            has_layer && numbers(bits, all).all(is_valid) && read == all.len() && is_whole(bits, all)
        };
        contents.words.get(row as u32).len() == (contents.bits[row] & WORDS).count_ones() as usize
            && identifiers.texts[named.clone()].iter().all(|number| is_text(*number))
            && attributes.len().is_multiple_of(2)
            && attributes
                .chunks_exact(2)
                .all(|pair| (pair[0] as usize) < names.ends.len() && is_text(pair[1]))
            && claims_of.range(row).all(is_claim)
    }
}

/// A number of a claim.
enum Number {
    Text(u32),
    Identifier(u32),
    Count(u32),
}

/// Returns the numbers of a claim with their meaning. A list that is too short ends early.
fn numbers(bits: u8, all: &[u32]) -> impl Iterator<Item = Number> + '_ {
    let named =
        if bits & IS_LINK == 0 { (bits & (HAS_NAME | HAS_VOCABULARY)).count_ones() as usize } else { 0 };
    let (listed, aliases) = if bits & IS_LINK == 0 {
        let count = all.get(named).copied().unwrap_or_default() as usize;
        (named + 1..named + 1 + count, (bits & HAS_ALIASES != 0).then_some(named + 1 + count))
    } else {
        (0..2, None)
    };
    all.iter().enumerate().map(move |(position, &number)| {
        if listed.contains(&position) {
            Number::Identifier(number)
        } else if (bits & IS_LINK == 0 && position == named) || aliases == Some(position) {
            Number::Count(number)
        } else {
            Number::Text(number)
        }
    })
}

/// Returns whether a claim has as many numbers as it says.
fn is_whole(bits: u8, all: &[u32]) -> bool {
    if bits & IS_LINK != 0 {
        return all.len() == 2;
    }
    let named = (bits & (HAS_NAME | HAS_VOCABULARY)).count_ones() as usize;
    let Some(count) = all.get(named) else { return false };
    let listed = named + 1 + *count as usize;
    let aliases =
        if bits & HAS_ALIASES == 0 { Some(0) } else { all.get(listed).map(|count| 1 + *count as usize) };
    aliases.is_some_and(|aliases| all.len() == listed + aliases)
}

#[cfg(test)]
mod tests;
