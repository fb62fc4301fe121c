//! Explanations of entities, links and communities as text.

use super::{counted, entity_ids, number_of, record_ids, records};
use crate::{
    cli::sheet::Sheet,
    explain::{
        AttributeClaims, CommunityExplanation, EntityExplanation, IdentityReason, LinkExplanation,
        LinkValues, PairComparison, SameEntityExplanation, SharedLine, TwoEntitiesExplanation,
    },
    time::Moment,
};

/// Returns the text of an entity.
pub(super) fn entity(answer: &EntityExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    let sources = number_of(answer.sources.len(), "source", "sources");
    let count = number_of(answer.record_count, "record", "records");
    let (label, kind) = (&answer.entity.label, &answer.entity.kind);
    sheet.paragraph(&format!("{label} ({kind}): {count} of {sources}."));
    sheet.facts(&[
        ("Also called", answer.aliases.join(", ")),
        ("Sources", answer.sources.join(", ")),
        ("Marking", answer.marking.clone()),
        ("Recorded", period(answer.recorded_first, answer.recorded_last)),
    ]);
    identity(&mut sheet, &answer.because);
    attributes(&mut sheet, &answer.attributes);
    sheet.heading(&counted("Links", answer.link_count, answer.links.len()));
    for link in &answer.links {
        let text = format!("{} {} {}{}", link.from, link.kind, link.to, values(&link.values));
        sheet.hanging(&format!("  {:>6.2}  ", link.weight), &text);
    }
    sheet.heading(&counted("Records", answer.record_count, answer.records.len()));
    records(&mut sheet, &answer.records, false);
    if !answer.others_of_that_name.is_empty() {
        sheet.heading("Other entities of that name");
        entity_ids(&mut sheet, &answer.others_of_that_name);
    }
    sheet.heading("Ids");
    sheet.hanging("  ", &answer.entity.id);
    for link in &answer.links {
        sheet.hanging(&format!("  {}  ", link.id), &format!("{} {} {}", link.from, link.kind, link.to));
    }
    record_ids(&mut sheet, &answer.records);
    sheet
}

/// Returns the text of two names of one entity.
pub(super) fn same_entity(answer: &SameEntityExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&answer.answer);
    identity(&mut sheet, &answer.because);
    for compared in &answer.comparisons {
        comparison(&mut sheet, compared);
    }
    for name in &answer.names {
        sheet.heading(&format!("Records that give the name {}", name.name));
        records(&mut sheet, &name.given_by, false);
    }
    if !answer.others_of_these_names.is_empty() {
        sheet.heading("Other entities of these names");
        entity_ids(&mut sheet, &answer.others_of_these_names);
    }
    sheet.heading("Ids");
    entity_ids(&mut sheet, std::slice::from_ref(&answer.entity));
    for name in &answer.names {
        record_ids(&mut sheet, &name.given_by);
    }
    sheet
}

/// Returns the text of two entities.
pub(super) fn two_entities(answer: &TwoEntitiesExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&answer.answer);
    if !answer.contested.is_empty() {
        sheet.heading("Rules that would join them");
    }
    for rule in &answer.contested {
        sheet.hanging("  - ", &format!("{}: {}", rule.rule, rule.reason));
    }
    match &answer.comparison {
        Some(compared) => comparison(&mut sheet, compared),
        None => sheet.paragraph(
            "The run did not compare their names: they share no key of a name, or their sum is far below the bound for review.",
        ),
    }
    shared(&mut sheet, &answer.shared);
    sheet.heading(&counted("Links between them", answer.links.len(), answer.links.len()));
    for link in &answer.links {
        sheet.hanging(&format!("  {:>6.2}  ", link.weight), &link_text(link));
        records(&mut sheet, &link.records, false);
    }
    sheet.heading("Ids");
    entity_ids(&mut sheet, &answer.entities);
    for link in &answer.links {
        sheet.hanging(&format!("  {}  ", link.link), &link_text(link));
    }
    sheet
}

/// Returns the text of a link.
pub(super) fn link(answer: &LinkExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&format!("{}.", link_text(answer)));
    sheet.facts(&[
        ("Weight", format!("{:.3}, layer {}", answer.weight, answer.layer)),
        ("Sources", answer.source_count.to_string()),
        ("Marking", answer.marking.clone()),
    ]);
    sheet.heading(&counted("Records", answer.record_count, answer.records.len()));
    records(&mut sheet, &answer.records, false);
    sheet.heading("Ids");
    sheet.hanging("  ", &answer.link);
    entity_ids(&mut sheet, &[answer.from.clone(), answer.to.clone()]);
    record_ids(&mut sheet, &answer.records);
    sheet
}

/// Returns the text of a community.
pub(super) fn community(answer: &CommunityExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    let links = number_of(answer.link_count, "link", "links");
    sheet.paragraph(&format!("A community of {} entities with {links} among them.", answer.size));
    let born = answer.born.map(|born| format!("born {}", born.display_utc()));
    let history: Vec<String> = answer.state.clone().into_iter().chain(born).collect();
    sheet.facts(&[
        ("History", history.join(", ")),
        ("Density", format!("{:.3}", answer.density)),
        ("Conductance", format!("{:.3}", answer.conductance)),
        ("Modularity", format!("{:.4} of the whole", answer.modularity_share)),
    ]);
    sheet.heading(&counted("Members", answer.size, answer.members.len()));
    for member in &answer.members {
        sheet.hanging("  ", &format!("{} ({})", member.label, member.kind));
    }
    sheet.heading(&counted("Links", answer.link_count, answer.links.len()));
    for link in &answer.links {
        sheet.hanging(&format!("  {:>6.2}  ", link.weight), &link_text(link));
    }
    sheet.heading("Ids");
    sheet.hanging("  ", &answer.community);
    entity_ids(&mut sheet, &answer.members);
    sheet
}

fn link_text(link: &LinkExplanation) -> String {
    format!("{} {} {}{}", link.from.label, link.kind, link.to.label, values(&link.values))
}

fn identity(sheet: &mut Sheet, reasons: &[IdentityReason]) {
    sheet.heading(&counted("Reasons for one entity", reasons.len(), reasons.len()));
    for reason in reasons {
        let origin: Vec<&str> =
            [Some(&*reason.rule), reason.source.as_deref()].into_iter().flatten().collect();
        let text = format!("{}: {} ({})", reason.identifier, reason.reason, origin.join(", "));
        sheet.hanging("  - ", &text);
    }
}

/// Adds a comparison: the decision, then the contribution of every level.
fn comparison(sheet: &mut Sheet, compared: &PairComparison) {
    let probability =
        compared.probability.map(|known| format!(", probability {known:.3}")).unwrap_or_default();
    sheet.heading(&format!("Comparison: {}{probability}", compared.state));
    if let Some([one, other]) = &compared.names {
        sheet.hanging("  Names       ", &format!("{one} and {other}"));
    }
    if let Some(constraint) = &compared.constraint {
        sheet.hanging("  Decides     ", constraint);
    }
    for level in &compared.levels {
        sheet
            .hanging(&format!("  {:>+6.2} bits  ", level.bits), &format!("{}: {}", level.level, level.about));
    }
    if let Some(bits) = compared.bits {
        sheet.hanging(&format!("  {bits:>+6.2} bits  "), "sum");
    }
    if let Some(known) = compared.review_probability {
        let text = format!("{known:.3} by the model that sorts the pairs that wait; it joins nothing");
        sheet.hanging("  Order       ", &text);
    }
}

/// Adds the attributes that two campaigns, reports or actors share, each with its weight.
fn shared(sheet: &mut Sheet, lines: &[SharedLine]) {
    if lines.is_empty() {
        return;
    }
    sheet.heading(&counted("Shared attributes", lines.len(), lines.len()));
    for line in lines {
        let others = number_of(line.subjects as usize, "subject", "subjects");
        let text = format!("{}: {} ({others})", line.level, line.name);
        sheet.hanging(&format!("  {:>+6.2} bits  ", line.bits), &text);
    }
}

/// Adds the values of attributes, each with the sources and records that claim it.
fn attributes(sheet: &mut Sheet, attributes: &[AttributeClaims]) {
    sheet.heading(&counted("Values by source", attributes.len(), attributes.len()));
    for claims in attributes {
        let records = number_of(claims.record_count, "record", "records");
        let text = format!(
            "{} {}: {records} of {} ({})",
            claims.attribute,
            claims.value,
            claims.sources.join(", "),
            claims.records.join(", ")
        );
        sheet.hanging("  - ", &text);
    }
}

/// Returns the valid time and the amounts of a link, behind its kind.
fn values(values: &LinkValues) -> String {
    let currency =
        |currency: &Option<String>| currency.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
    let one = values.amount.map(|amount| format!("{amount:.2}{}", currency(&values.currency)));
    let several = values.amounts.iter().map(|sum| format!("{:.2}{}", sum.amount, currency(&sum.currency)));
    let seen = match (values.first_seen, values.last_seen) {
        (None, None) => None,
        (Some(first), Some(last)) => Some(format!("seen {}", period(first, last))),
        (Some(first), None) => Some(format!("seen from {}", first.display_utc())),
        (None, Some(last)) => Some(format!("seen until {}", last.display_utc())),
    };
    let parts: Vec<String> = one.into_iter().chain(several).chain(seen).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

fn period(first: Moment, last: Moment) -> String {
    if first == last {
        first.display_utc()
    } else {
        format!("{} to {}", first.display_utc(), last.display_utc())
    }
}
