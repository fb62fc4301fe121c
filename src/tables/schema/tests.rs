//! Tests of the schemas: unique names, complete descriptions, and the columns that readers rely on.

use super::{
    ColumnType::{Count, Number, Time},
    *,
};

#[test]
fn every_table_and_column_has_one_name_and_a_sentence() {
    assert!(TABLES.len() >= 16);
    for (place, table) in TABLES.iter().enumerate() {
        let earlier = TABLES[..place].iter();
        let same = |other: &&Table| other.name == table.name && other.folder == table.folder;
        assert_eq!(earlier.filter(same).count(), 0, "{} occurs twice", table.name);
        assert!(table.about.ends_with('.') && table.about.len() > 20, "{}", table.name);
        assert!(!table.fields.is_empty(), "{}", table.name);
        for (place, field) in table.fields.iter().enumerate() {
            let name = field.name;
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert!(field.about.ends_with('.') && field.about.len() > 5, "{name}");
            let twins = table.fields[..place].iter().filter(|other| other.name == name);
            assert_eq!(twins.count(), 0, "{}.{name} occurs twice", table.name);
        }
    }
}

#[test]
fn times_are_in_utc_and_null_numbers_have_a_reason() {
    let fields = TABLES.iter().flat_map(|table| table.fields);
    let mut times = 0;
    for field in fields {
        if field.column_type == Time {
            times += 1;
            assert!(field.about.contains("UTC"), "{}", field.name);
        }
        if field.nullable && matches!(field.column_type, Number | Count) {
            assert!(field.about.contains("null"), "{} does not say when it is null", field.name);
        }
    }
    assert!(times > 10);
}

/// Scripts of readers use these names: a change of a line here is a breaking change.
#[test]
fn columns_are_those_of_the_contract() {
    let names = |folder, name| -> String {
        let fields = table(folder, name).fields.iter().map(|field| field.name);
        fields.collect::<Vec<_>>().join(" ")
    };
    let steward = [
        (
            "deliveries",
            "delivery source path format mode recorded_at status delivered taken duplicate rejected held new changed changed_unannounced withdrawn encoding",
        ),
        ("rejects", "delivery source path position object_id rule reason known"),
        ("sources", "source delivery path format recorded_at agreement"),
        ("identity", "entity_id identifier source record_id rule reason recorded_at"),
        ("contested", "entity_id other_id rule reason weight"),
        (
            "comparisons",
            "entity_id other_id identifier other_identifier name other_name levels weights bits probability review_probability constraint state",
        ),
        ("record_evidence", "record_id delivery path position"),
        ("remarks", "source object_id record_id remark version other_record_id reason"),
        ("disturbances", "cause source what count expected probability entity_ids"),
    ];
    let audience = [
        (
            "entities",
            "entity_id kind label aliases identifiers sources record_count first_seen last_seen recorded_first recorded_last confidence marking warning_lists",
        ),
        ("identifiers", "entity_id identifier source record_id rule reason recorded_at"),
        (
            "pairs",
            "pair_id entity_id other_id label other_label name other_name levels weights bits probability review_probability constraint state communities link_count marking",
        ),
        (
            "links",
            "link_id from_id to_id kind layer weight source_count record_count first_seen last_seen recorded_first recorded_last confidence marking amount currency",
        ),
        (
            "flows",
            "subject_id subject layer currency links_in links_out links_inside others_in others_out amount_in amount_out amount_inside marking",
        ),
        (
            "properties",
            "subject_id subject property value language dataset original_value first_seen last_seen source record_id recorded_at marking",
        ),
        ("evidence", "subject_id record_id source object_id recorded_at marking"),
        ("relays", "record_id source repeats origin evidence days"),
        ("metrics", "entity_id"),
        ("communities", "community_id size density conductance modularity_share significance born state"),
        ("significance", "subject_id subject size strength draws draws_as_good p is_significant"),
        ("members", "community_id entity_id weight"),
        ("changes", "change_id subject_id subject what cause count detail subject_ids"),
        ("candidates", "candidate_id pattern members statistic null_p expected lineage title status lead"),
        ("gate", "candidate_id test passed value threshold"),
        ("features", "candidate_id"),
        (
            "flags",
            "flag_id rank pattern title entity_ids community_id score probability calibrated_on probability_of model_id reasons_for reasons_against source_count first_flagged state marking verdict verdict_at verdicts verdicts_after sampled focus sampling_probability",
        ),
        ("cards", "flag_id kind candidate_id content graph timeline"),
    ];
    let measure =
        [("metrics", "node"), ("members", "node community level"), ("memberships", "node community share")];
    let backtest = [
        (
            "backtest",
            "run candidate_id pattern label label_recorded_at label_source lineage raised subject query sampling_probability",
        ),
        ("scores", "run candidate_id query label model score probability"),
    ];
    for (folder, tables) in [
        (Folder::Steward, &steward[..]),
        (Folder::Audience, &audience[..]),
        (Folder::Measure, &measure[..]),
        (Folder::Backtest, &backtest[..]),
    ] {
        let standing = TABLES.iter().filter(|table| table.folder == folder).count();
        assert_eq!(standing, tables.len(), "{folder:?}");
        for (name, columns) in tables {
            assert_eq!(names(folder, name), *columns, "{name}");
        }
    }
}
