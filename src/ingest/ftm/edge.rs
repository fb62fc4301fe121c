//! Edges: entities that link two others, with valid time and amount.

use std::sync::Arc;

use super::{
    claims::{self, link, span},
    ids::own_id,
    read::FtmEntity,
    vocabulary::{self, Edge},
};
use crate::{
    canonical::detect,
    entity::Identifier,
    ingest::reject::{Reject, RejectRule},
    record::{Amount, Content},
};

/// Rejects an edge that lacks an end: it links nothing.
pub(super) fn check(entity: &FtmEntity) -> Result<(), Reject> {
    let Some(edge) = vocabulary::edge(entity.schema) else { return Ok(()) };
    for end in [edge.from, edge.to] {
        if entity.first_filled(end).is_empty() {
            let reason = format!("a {} without `{}`", entity.schema.name, end[0]);
            return Err(Reject::new(RejectRule::MissingReference, reason));
        }
    }
    Ok(())
}

/// Returns the content of an edge: a link from each entity at one end to each entity at the other.
pub(super) fn content(entity: &FtmEntity, edge: &Edge, source: &str) -> Content {
    let mut content = Content { seen: span(entity, edge.happens), ..Content::default() };
    let (from, to) = (ends(entity, edge.from, source), ends(entity, edge.to, source));
    let kind = vocabulary::kind(entity.schema);
    for from in &from {
        for to in &to {
            content.claims.push(link(from, to, &kind, edge.layer));
        }
    }
    // An amount that several pairs share belongs to none of them.
    if content.claims.len() == 1 {
        content.amounts.extend(amount(entity));
    }
    for (party, account) in [("payer", "payerAccount"), ("beneficiary", "beneficiaryAccount")] {
        let (parties, accounts) = (entity.values(party), entity.values(account));
        if let ([party], [account]) = (parties, accounts) {
            let (party, account) = (own_id(party, source), own_id(account, source));
            content.claims.push(link(&party, &account, "account", edge.layer));
        }
    }
    content
}

fn ends(entity: &FtmEntity, properties: &[&str], source: &str) -> Vec<Identifier> {
    let filled = properties.iter().find(|property| !entity.values(property).is_empty());
    let read = |property: &&str| {
        let values = entity.values(property).iter();
        values.filter_map(|value| claims::target(entity.schema, property, value, source)).collect()
    };
    filled.map(read).unwrap_or_default()
}

/// Properties of amounts whose names contain the currency.
const IN_CURRENCY: [(&str, &str); 2] = [("amountEur", "EUR"), ("amountUsd", "USD")];

/// Returns the amount of an edge, in its own currency if the source states it. Of several amounts nobody can
/// say which is right.
fn amount(entity: &FtmEntity) -> Option<Amount> {
    let one = |property: &str| match entity.values(property) {
        [value] => number(value),
        _ => None,
    };
    let with_own_currency = one("amount").zip(match entity.values("currency") {
        [currency] => Some(currency.to_uppercase()),
        _ => None,
    });
    let converted =
        || IN_CURRENCY.iter().find_map(|(property, currency)| Some((one(property)?, (*currency).to_owned())));
    let with_currency = with_own_currency.or_else(converted);
    let (value, currency) = match with_currency {
        Some((value, currency)) => (value, Some(Arc::from(currency))),
        None => (one("amount")?, None),
    };
    Some(Amount { claim: 0, value, currency })
}

/// Reads a number of FollowTheMoney: a point before decimals, commas or blanks between thousands, perhaps a
/// unit after it.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (digits, unit) = text.split_at(end);
    if unit.trim().contains(char::is_whitespace) {
        return None;
    }
    detect::number(digits, '.', |c| c == ',' || c.is_whitespace(), 2..=3)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_read_as_followthemoney_spells_it() {
        for (text, expected) in [
            ("80000", Some(80_000.0)),
            ("80,000.50", Some(80_000.5)),
            ("1,00,000", Some(100_000.0)),
            ("1 000", Some(1_000.0)),
            ("-12.5", Some(-12.5)),
            ("100 EUR", Some(100.0)),
            ("12,5", None),
            ("12.000,00", None),
            ("1.234,56", None),
            ("1000,50", None),
            ("12,5000", None),
            ("1e5", None),
            ("1.2.3", None),
            ("10-20", None),
            ("about 5", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
