//! Output of `araneus check --mapping`: the mapping of a table, and its first rows as records.

use std::path::Path;

use serde_json::{Value, json};

use super::CommandError;
use crate::{
    entity::Identifier,
    ingest::{AcceptedObject, Delivery, Mappings, SourceMapping, interpret, table},
    record::{Claim, Content},
    run::{ConfigError, Plan},
};

/// Most rows that are shown of a table.
const SHOWN: usize = 5;

/// Binds one mapping to every source of a plan.
pub(super) fn for_all(name: &str, plan: &Plan) -> Result<Mappings, CommandError> {
    let mapping = table::read_mapping(name, Path::new("")).map_err(ConfigError::from)?;
    let bound = |name: &String| (name.clone(), SourceMapping::new(mapping.clone(), name).into());
    Ok(plan.sources.keys().map(bound).collect())
}

/// Prints the mapping of a table, and the claims of its first rows.
pub(super) fn print(delivery: &Delivery, mappings: &Mappings) {
    let Some(how) = &delivery.table else { return };
    match how.text {
        Some((encoding, delimiter)) => out!("  read as {encoding}, cells parted by {delimiter:?}"),
        None => out!("  read as {}", delivery.format.unwrap_or_default()),
    }
    for (what, columns) in [("absent", &how.absent), ("not read", &how.unread)] {
        if !columns.is_empty() {
            out!("  columns {what}: {}", columns.join(", ").escape_debug());
        }
    }
    for (taken, content) in first(delivery, mappings) {
        out!("  {}  key {}", taken.position, taken.key.escape_debug());
        for (name, value) in facts(taken, &content) {
            out!("    {name}: {value}");
        }
        for claim in claims(&content) {
            out!("    {}", claim.escape_debug());
        }
    }
}

/// Returns the mapping and the first rows as data; null for a delivery that is not a table.
pub(super) fn as_json(delivery: &Delivery, mappings: &Mappings) -> Value {
    let Some(how) = &delivery.table else { return Value::Null };
    let rows: Vec<Value> = first(delivery, mappings)
        .map(|(taken, content)| {
            let claims: Vec<String> = claims(&content).collect();
            let facts: Vec<String> =
                facts(taken, &content).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
            json!({ "position": &*taken.position, "key": &*taken.key, "facts": facts, "claims": claims })
        })
        .collect();
    json!({
        "encoding": how.text.map(|(encoding, _)| encoding), "delimiter": how.text.map(|(_, delimiter)| delimiter),
        "absent": how.absent, "unread": how.unread, "rows": rows,
    })
}

fn first<'a>(
    delivery: &'a Delivery,
    mappings: &'a Mappings,
) -> impl Iterator<Item = (&'a AcceptedObject, Content)> {
    let mapping = mappings.get(&delivery.source);
    let rows = delivery.accepted.iter().take(SHOWN);
    let format = delivery.format.unwrap_or_default();
    rows.filter_map(move |taken| Some((taken, interpret(format, &taken.object, None, Some(mapping?)))))
}

/// Returns the properties of a row other than entities and links.
fn facts(taken: &AcceptedObject, content: &Content) -> Vec<(&'static str, String)> {
    let seen = content.seen;
    let facts = [
        ("version", taken.version.clone()),
        ("recorded at", taken.own_time.map(|time| time.to_string())),
        ("seen from", seen.start.map(|start| start.to_string())),
        ("seen until", seen.end.map(|end| end.to_string())),
        ("expires", content.expires.map(|expires| expires.to_string())),
        ("confidence", content.confidence.map(|confidence| confidence.to_string())),
        ("marking", taken.markings.first().cloned()),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?.escape_debug().to_string()))).collect()
}

/// Returns the claims of a row, each link with its amount.
fn claims(content: &Content) -> impl Iterator<Item = String> {
    (0..).zip(&content.claims).map(|(at, claim)| {
        let amount = content.amounts.iter().find(|amount| amount.claim == at).map(|amount| {
            let currency = amount.currency.as_deref().unwrap_or("of no currency");
            format!(" {} {currency}", amount.value)
        });
        worded(claim) + &amount.unwrap_or_default()
    })
}

fn worded(claim: &Claim) -> String {
    match claim {
        Claim::Entity { identifiers, kind, name, aliases, .. } => {
            let known: Vec<String> = identifiers.iter().map(display).collect();
            let name = name.as_ref().map(|name| format!(" named {name}")).unwrap_or_default();
            let aliases =
                if aliases.is_empty() { String::new() } else { format!(", also {}", aliases.join(", ")) };
            format!("{kind}{name}{aliases} ({})", known.join(", "))
        }
        Claim::Link { from, to, kind, layer } => {
            format!("{} {kind} {} ({layer})", display(from), display(to))
        }
    }
}

fn display(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Observable { kind, property, value } => format!("{kind}:{property} = {value}"),
        Identifier::Object(id) => id.clone(),
        Identifier::Galaxy(id) => format!("galaxy {id}"),
        Identifier::Reference { catalogue, kind, id } => format!("{catalogue} {kind} {id}"),
    }
}
