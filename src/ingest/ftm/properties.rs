//! Values that readers see one by one: names as written, and details of links.
//!
//! A statement has the dataset of its value, its language, its form before cleaning, and its times. An
//! entity has one dataset and times for all its values, and no languages. `vocabulary::SHOWN` lists the
//! properties.

use super::{read::FtmEntity, statement::Statement, vocabulary};
use crate::{
    record::{Properties, Property},
    time::Moment,
};

/// Longest text, in bytes. An edge with many ends has a row for each pair and value, so a long text would be
/// many times as large in a table as in its file.
const TEXT_MAX: usize = 4096;

/// Returns the values of an entity.
pub(super) fn of_entity(entity: &FtmEntity) -> Option<Box<Properties>> {
    let shown = entity.properties().filter_map(|(property, values)| {
        let name = vocabulary::shown(entity.schema, property)?;
        Some(values.iter().filter_map(move |value| plain(name, value)))
    });
    values_with_origin(
        shown.flatten().collect(),
        entity.dataset.as_deref(),
        entity.first_seen,
        entity.last_seen,
    )
}

/// Returns the value of a statement.
pub(super) fn of_statement(statement: &Statement) -> Option<Box<Properties>> {
    let mut property = plain(vocabulary::shown(statement.schema, &statement.property)?, &statement.value)?;
    property.language = statement.language.as_deref().and_then(short);
    property.original = statement.original.as_deref().and_then(short);
    values_with_origin(
        vec![property],
        statement.dataset.as_deref(),
        statement.first_seen,
        statement.last_seen,
    )
}

fn plain(name: &'static str, value: &str) -> Option<Property> {
    Some(Property { name, value: short(value)?, language: None, original: None })
}

fn short(text: &str) -> Option<Box<str>> {
    let text = text.trim();
    (1..=TEXT_MAX).contains(&text.len()).then(|| text.into())
}

fn values_with_origin(
    mut values: Vec<Property>,
    dataset: Option<&str>,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
) -> Option<Box<Properties>> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable();
    values.dedup();
    let dataset = dataset.and_then(short);
    Some(Box::new(Properties { dataset, first_seen, last_seen, values: values.into() }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{ingest, record::Content};

    fn content(object: &Value) -> Content {
        ingest::interpret("ftm", &object.to_string(), Some("desk"), None)
    }

    /// Properties as one line: dataset, times, and each value with language and origin.
    fn described(content: &Content) -> String {
        let Some(all) = content.properties.as_deref() else { return String::new() };
        let or = |text: &Option<Box<str>>| text.as_deref().unwrap_or("-").to_owned();
        let values = all
            .values
            .iter()
            .map(|one| format!(" | {}={} {} {}", one.name, one.value, or(&one.language), or(&one.original)));
        let seen = [all.first_seen, all.last_seen]
            .map(|seen| seen.map_or_else(|| "-".to_owned(), |seen| seen.to_string()[..10].to_owned()));
        format!("{} {}{}", or(&all.dataset), seen.join(" "), values.collect::<String>())
    }

    fn described_with(object: &Value, more: &Value) -> String {
        let mut object = object.clone();
        for (name, value) in more.as_object().expect("members") {
            object[name] = value.clone();
        }
        described(&content(&object))
    }

    #[test]
    fn an_entity_tells_dataset_and_times_of_all_its_values() {
        let jane = json!({ "id": "j", "schema": "Person", "caption": "Jane", "properties": {
            "name": ["Jane", " Jane "], "weakAlias": ["J"], "lastName": "Doe", "nationality": ["de"], "religion": ["none"],
            "political": ["none"], "ethnicity": ["none"], "gender": ["female"], "birthDate": ["1990"], "citizenship": ["de"],
            "position": ["priest"], "idNumber": ["1"], "passportNumber": ["2"], "innCode": ["3"], "registrationNumber": ["4"],
            "motherName": ["Joan"], "topics": ["role.pep"], "country": ["de"] } });
        let names = " | lastName=Doe - - | name=Jane - - | weakAlias=J - -";
        let seen = json!({ "first_seen": "2024-03-01T05:00:00", "last_seen": "2024-06-01", "last_change": "2024-05-01" });
        assert_eq!(described_with(&jane, &json!({})), format!("- - -{names}"));
        assert_eq!(described_with(&jane, &seen), format!("- 2024-03-01 2024-06-01{names}"));
        for (more, dataset) in [
            (json!({ "datasets": ["register"] }), "register"),
            (json!({ "datasets": ["register", "register"], "dataset": "register" }), "register"),
            (json!({ "dataset": "register" }), "register"),
            (json!({ "datasets": ["register", "leak"] }), "-"),
            (json!({ "datasets": ["register"], "dataset": "leak" }), "-"),
            (json!({ "datasets": [] }), "-"),
            (json!({ "datasets": { "register": 1 } }), "-"),
        ] {
            assert_eq!(described_with(&jane, &more), format!("{dataset} - -{names}"), "{more}");
        }
        let acme = json!({ "id": "a", "schema": "Company", "properties": { "registrationNumber": ["HRB 1"], "idNumber": ["1"] } });
        assert_eq!(described_with(&acme, &json!({})), "- - - | registrationNumber=HRB 1 - -");
        let nothing = json!({ "id": "a", "schema": "Address", "properties": { "full": ["Berlin"] } });
        assert_eq!(described_with(&nothing, &seen), "");
    }

    #[test]
    fn a_statement_tells_dataset_language_origin_and_times_of_its_value() {
        let statement = json!({ "canonical_id": "j", "entity_id": "j", "schema": "Person", "prop": "alias", "value": "Джейн",
            "dataset": "register", "lang": "rus", "original_value": "ДЖЕЙН", "external": false, "id": "s",
            "first_seen": "2024-03-01T05:00:00", "last_seen": "2024-06-01T05:00:00" });
        let whole = "register 2024-03-01 2024-06-01 | alias=Джейн rus ДЖЕЙН";
        let long = "x".repeat(4097);
        for (more, expected) in [
            (json!({}), whole),
            (json!({ "external": true }), ""),
            (json!({ "prop": "nationality" }), ""),
            (json!({ "prop": "noSuchProperty" }), ""),
            (json!({ "schema": "Similar" }), ""),
            (
                json!({ "lang": null, "original_value": null, "dataset": null, "first_seen": null, "last_seen": null }),
                "- - - | alias=Джейн - -",
            ),
            // A property that only describes never rejects a statement.
            (
                json!({ "lang": 7, "original_value": ["a"], "dataset": {} }),
                "- 2024-03-01 2024-06-01 | alias=Джейн - -",
            ),
            (json!({ "value": long }), ""),
            (json!({ "original_value": long }), "register 2024-03-01 2024-06-01 | alias=Джейн rus -"),
            (
                json!({ "schema": "Ownership", "prop": "percentage", "value": "51", "lang": null, "original_value": "51 %" }),
                "register 2024-03-01 2024-06-01 | percentage=51 - 51 %",
            ),
            (json!({ "schema": "Occupancy", "prop": "politicalGroup" }), ""),
        ] {
            assert_eq!(described_with(&statement, &more), expected, "{more}");
        }
    }

    #[test]
    fn a_value_met_again_is_no_other_claim_and_another_value_is() {
        let percentage = |value: &str, last_seen: &str| {
            content(
                &json!({ "entity_id": "o", "schema": "Ownership", "prop": "percentage", "value": value, "dataset": "register",
                "first_seen": "2024-03-01", "last_seen": last_seen, "id": "s" }),
            )
        };
        let (then, later) = (percentage("51", "2024-06-01"), percentage("51", "2024-07-01"));
        let digest = |content: Content| content.packed().claim_digest();
        assert_ne!(then, later);
        assert_eq!(digest(then.clone()), digest(later));
        assert_ne!(digest(then), digest(percentage("49", "2024-06-01")));
    }
}
