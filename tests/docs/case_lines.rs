//! Links that a line of a case in `tests/patterns` claims, for its picture.

use super::background::VERBS;

/// An entity of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: String,
    pub(super) name: String,
}

/// A link of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CaseLink {
    pub(super) from: Node,
    pub(super) verb: String,
    pub(super) to: Node,
}

fn node(kind: &str, name: &str) -> Node {
    Node { kind: kind.to_owned(), name: name.to_owned() }
}

fn term(text: &str) -> Option<Node> {
    let (kind, name) = text.trim().split_once(' ')?;
    Some(node(kind, name))
}

fn link(from: Node, verb: &str, to: Node) -> CaseLink {
    CaseLink { from, verb: verb.to_owned(), to }
}

/// Returns the links of a claim; empty for a claim about many objects at once.
pub(super) fn links_of_line(claim: &str) -> Vec<CaseLink> {
    if claim.contains(" ordinary ") {
        return Vec::new();
    }
    of_money(claim)
        .or_else(|| of_registry(claim))
        .or_else(|| of_report(claim))
        .or_else(|| of_terms(claim))
        .unwrap_or_default()
}

fn of_money(claim: &str) -> Option<Vec<CaseLink>> {
    for (verb, shown) in [(" pays ", "pays"), (" contacts ", "calls")] {
        if let Some((from, rest)) = claim.split_once(verb) {
            // The amount, its currency and the date follow the payee.
            let words: Vec<&str> = rest.split(" on ").next()?.split(' ').collect();
            let names = if shown == "pays" { words.len().checked_sub(2)? } else { words.len() };
            return Some(vec![link(node("person", from), shown, node("person", &words[..names].join(" ")))]);
        }
    }
    None
}

fn of_registry(claim: &str) -> Option<Vec<CaseLink>> {
    if let Some((name, date)) = claim.strip_prefix("sanction on ").and_then(|rest| rest.split_once(" from "))
    {
        let name = name.strip_prefix("company ").unwrap_or(name);
        return Some(vec![link(
            node("sanction", &format!("from {date}")),
            "designates",
            node("person", name),
        )]);
    }
    for (verb, shown) in [(" owns ", "owns"), (" directs ", "directs")] {
        if let Some((from, rest)) = claim.split_once(verb) {
            let (to, dates) = rest.split_once(" since ")?;
            let shown =
                if dates.contains(" until ") { format!("no longer {shown}") } else { shown.to_owned() };
            return Some(vec![link(node("person", from), &shown, node("company", to))]);
        }
    }
    let (name, rest) = claim.strip_prefix("company ")?.split_once(" at ")?;
    let company = node("company", name);
    let links = rest.split(", ").map(|part| {
        if let Some(phone) = part.strip_prefix("phone ") {
            link(company.clone(), "has", node("phone", phone))
        } else if let Some(director) = part.strip_prefix("registered by ") {
            link(node("person", director), "directs", company.clone())
        } else {
            link(company.clone(), "has", node("address", part))
        }
    });
    Some(links.collect())
}

fn of_report(claim: &str) -> Option<Vec<CaseLink>> {
    let (report, members) = claim.split_once(" names ")?;
    let report = term(report)?;
    members.split(", ").map(|member| Some(link(report.clone(), "names", term(member)?))).collect()
}

fn of_terms(claim: &str) -> Option<Vec<CaseLink>> {
    VERBS.iter().find_map(|verb| {
        let (from, to) = claim.split_once(&format!(" {verb} "))?;
        Some(vec![link(term(from)?, verb, term(to)?)])
    })
}

#[test]
fn a_line_gives_the_links_that_it_claims() {
    let shown = |claim: &str| {
        let links = links_of_line(claim);
        links
            .iter()
            .map(|link| format!("{} {} {}", link.from.name, link.verb, link.to.name))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("actor Salt Heron uses malware Tidelock"), ["Salt Heron uses Tidelock"]);
    assert_eq!(shown("Ada pays Payee 5 2400.00 EUR on 2026-02-11"), ["Ada pays Payee 5"]);
    assert_eq!(shown("Ada contacts Ben"), ["Ada calls Ben"]);
    assert_eq!(
        shown("report Spring Tide names actor A B, malware C"),
        ["Spring Tide names A B", "Spring Tide names C"]
    );
    assert_eq!(
        shown("company Ash at 4 Quay Street, phone +49 1, registered by Ada"),
        ["Ash has 4 Quay Street", "Ash has +49 1", "Ada directs Ash"]
    );
    assert_eq!(shown("Ada owns Ash since 2020-01-01 until 2026-03-01"), ["Ada no longer owns Ash"]);
    assert_eq!(shown("sanction on Ada from 2026-03-05"), ["from 2026-03-05 designates Ada"]);
    assert!(shown("400 ordinary payments in EUR").is_empty());
}
