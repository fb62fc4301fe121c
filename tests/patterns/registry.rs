//! Lines about companies, their owners and directors, and designations, as FollowTheMoney entities.
//!
//! ```text
//! registry: 60 ordinary companies                            with owners and directors of the last ten years
//! registry: 12 ordinary sanctions                                on owners of ordinary companies
//! registry: company Grey Ltd at 12 Dock Road, phone +49 30 1, registered by Ada   `registered by` is a director
//! registry: Ada owns Grey Ltd since 2024-01-01 until 2026-02-20
//! registry: Ada directs Grey Ltd since 2024-01-01
//! registry: company Grey Ltd owns Ash Ltd since 2024-01-01
//! registry: sanction on Ada from 2026-03-01
//! registry: 60 ordinary associates                           of the same people
//! registry: Ada is an associate of Ben
//! ```

use araneus::time::Moment;
use serde_json::{Value, json};

use super::case::{account, person, uuid};

fn company_id(name: &str) -> String {
    uuid(&format!("company/{name}"))
}

fn company(name: &str, properties: &[(&str, &str)]) -> Value {
    let mut company = json!({"id": company_id(name), "schema": "Company", "properties": {"name": [name]}});
    for (property, value) in properties {
        company["properties"][*property] = json!([value]);
    }
    company
}

/// Returns a person or a declared company as an end of a link, with the object of a person.
fn end(name: &str) -> (String, Option<Value>) {
    match name.strip_prefix("company ") {
        Some(name) => (company_id(name), None),
        None => (account(name), Some(person(name))),
    }
}

fn control(schema: &str, from: &str, to: &str, since: &str, until: Option<&str>) -> Vec<Value> {
    let (controlling, object) = end(from);
    let ends = if schema == "Ownership" { ["owner", "asset"] } else { ["director", "organization"] };
    let id = uuid(&format!("{schema}/{from}/{to}/{since}"));
    let mut edge = json!({"id": id, "schema": schema, "properties": {"startDate": [since]}});
    edge["properties"][ends[0]] = json!([controlling]);
    edge["properties"][ends[1]] = json!([company_id(to)]);
    if let Some(until) = until {
        edge["properties"]["endDate"] = json!([until]);
    }
    object.into_iter().chain([edge]).collect()
}

fn sanction(name: &str, from: &str) -> Vec<Value> {
    let (subject, object) = end(name);
    let sanction = json!({"id": uuid(&format!("sanction/{name}/{from}")), "schema": "Sanction",
        "properties": {"entity": [subject], "startDate": [from], "authority": ["The council"]}});
    object.into_iter().chain([sanction]).collect()
}

/// Returns a day before the run, as a date.
fn date(as_of: &str, days: u32) -> Option<String> {
    Some(Moment::parse(as_of)?.days_earlier(i64::from(days)).to_string()[..10].to_owned())
}

/// Returns companies of the background. Some share an address or a director, and few share two attributes.
fn ordinary_companies(count: u32, as_of: &str) -> Option<Vec<Value>> {
    let mut objects = Vec::new();
    for at in 0..count {
        let name = format!("Company {at}");
        let address = format!("{} Main Street", at * 7 % (count / 2));
        let phone = format!("+49 30 55{at:05}");
        objects.push(company(&name, &[("address", &address), ("phone", &phone)]));
        let age = |of: u32| date(as_of, 60 + of * 37 % 3600);
        let owner = format!("Owner {}", at * 17 % (count * 2 / 3));
        objects.extend(control("Ownership", &owner, &name, &age(at * 5 + 1)?, None));
        let director = format!("Director {}", at * 13 % (count / 2));
        objects.extend(control("Directorship", &director, &name, &age(at * 11 + 3)?, None));
    }
    Some(objects)
}

/// Returns the entities of a line; `None` if it is about something else.
pub(crate) fn objects(text: &str, as_of: &str) -> Option<Vec<Value>> {
    if let Some(count) = text.strip_suffix(" ordinary companies") {
        return ordinary_companies(count.parse().ok()?, as_of);
    }
    if let Some(count) = text.strip_suffix(" ordinary sanctions") {
        let one = |at: u32| Some(sanction(&format!("Owner {}", at * 3), &date(as_of, 90 + at * 131 % 1800)?));
        return Some((0..count.parse().ok()?).map(one).collect::<Option<Vec<_>>>()?.concat());
    }
    if let Some((name, from)) = text.strip_prefix("sanction on ").and_then(|rest| rest.split_once(" from ")) {
        return Some(sanction(name, from));
    }
    for (verb, schema) in [(" owns ", "Ownership"), (" directs ", "Directorship")] {
        if let Some((from, rest)) = text.split_once(verb) {
            let (to, dates) = rest.split_once(" since ")?;
            let (since, until) = dates.split_once(" until ").map_or((dates, None), |(a, b)| (a, Some(b)));
            return Some(control(schema, from, to, since, until));
        }
    }
    if let Some(count) = text.strip_suffix(" ordinary associates") {
        let name = |at: u32| format!("Owner {}", at % 97);
        let line = |at: u32| format!("{} is an associate of {}", name(at * 17), name(at * 29 + 7 + at / 97));
        let lines = (0..count.parse().ok()?).map(line);
        return Some(lines.map(|line| objects(&line, as_of)).collect::<Option<Vec<_>>>()?.concat());
    }
    if let Some((one, other)) = text.split_once(" is an associate of ") {
        let id = uuid(&format!("associate/{one}/{other}"));
        let properties = json!({"person": [account(one)], "associate": [account(other)]});
        return Some(vec![
            person(one),
            person(other),
            json!({"id": id, "schema": "Associate", "properties": properties}),
        ]);
    }
    let (name, rest) = text.strip_prefix("company ")?.split_once(" at ")?;
    let mut parts = rest.split(", ");
    let mut properties = vec![("address", parts.next()?)];
    let mut objects = Vec::new();
    for part in parts {
        if let Some(phone) = part.strip_prefix("phone ") {
            properties.push(("phone", phone));
        } else {
            objects.extend(control(
                "Directorship",
                part.strip_prefix("registered by ")?,
                name,
                &as_of[..10],
                None,
            ));
        }
    }
    objects.push(company(name, &properties));
    Some(objects)
}
