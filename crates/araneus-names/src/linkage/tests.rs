use super::*;

const COLUMNS: [(&str, ColumnKind); 5] = [
    ("given", ColumnKind::Name),
    ("family", ColumnKind::Name),
    ("born", ColumnKind::Date),
    ("street", ColumnKind::Text),
    ("number", ColumnKind::Identifier),
];

const GIVEN: [&str; 8] = ["anna", "boris", "clara", "dmitri", "elena", "farid", "greta", "hassan"];
const FAMILY: [&str; 9] =
    ["albatross", "bittern", "curlew", "dunlin", "egret", "fulmar", "gannet", "heron", "ibis"];

/// Returns a number below a bound that looks random (splitmix64).
fn draw(person: usize, column: usize, bound: usize) -> usize {
    let mut bits = ((person * 8 + column) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) % bound as u64) as usize
}

fn person(number: usize) -> [String; 5] {
    let draw = |column: usize, bound: usize| draw(number, column, bound);
    [
        GIVEN[draw(0, GIVEN.len())].to_owned(),
        FAMILY[draw(1, FAMILY.len())].to_owned(),
        format!("{}-{:02}-{:02}", 1930 + draw(2, 70), 1 + draw(3, 12), 1 + draw(4, 28)),
        format!("{} {} street", 1 + draw(5, 90), FAMILY[draw(6, FAMILY.len())]),
        format!("{}", 1_000_000 + draw(7, 9_000_000)),
    ]
}

/// Returns a person as another source writes it: one of five columns has an error or is missing.
fn spoilt(number: usize) -> [String; 5] {
    let mut row = person(number);
    match number % 5 {
        0 => row.swap(0, 1),
        1 => row[1].insert(2, 'x'),
        2 => row[2].clear(),
        3 => row[3] = row[3].replace("street", "sreet"),
        _ => row[4].replace_range(0..2, "99"),
    }
    row
}

fn records(people: usize, are_duplicate_free: bool) -> Records {
    let mut records = Records::new(&COLUMNS, are_duplicate_free).expect("columns");
    for (source, make) in [person, spoilt].into_iter().enumerate() {
        for number in 0..people {
            let row = make(number);
            records.push(source as u32, &row.each_ref().map(String::as_str));
        }
    }
    records
}

#[test]
fn people_of_two_sources_are_found_without_truth() {
    for are_duplicate_free in [true, false] {
        let records = records(300, are_duplicate_free);
        let model = fit_linkage(&records, "try", "300 invented people");
        let linkage = link(&records, &model).expect("the model has the columns");
        for number in 0..300_u32 {
            assert_eq!(linkage.clusters[number as usize + 300], number, "{:?}", spoilt(number as usize));
            assert_eq!(linkage.clusters[number as usize], number);
        }
        assert!((model.matches - 300.0).abs() < 6.0, "{}", model.matches);
    }
}

#[test]
fn each_sum_is_that_of_its_parts_and_a_rare_value_counts_more() {
    let records = records(300, true);
    let model = fit_linkage(&records, "try", "300 invented people");
    let linkage = link(&records, &model).expect("the model has the columns");
    for pair in &linkage.pairs {
        let sum: f64 = pair.columns.iter().map(|part| part.bits).sum();
        assert!((sum + linkage.prior_bits - pair.bits).abs() < 1e-9);
    }
    let equal = |column: usize| {
        let parts = linkage.pairs.iter().flat_map(|pair| &pair.columns);
        let bits = parts.filter(|part| part.column == column && part.agreement == Agreement::Equal);
        bits.map(|part| part.bits).fold(f64::NEG_INFINITY, f64::max)
    };
    assert!(equal(4) > equal(0) + 3.0, "{} {}", equal(4), equal(0));
}

#[test]
fn no_two_records_of_one_duplicate_free_source_are_one() {
    let mut records = records(100, true);
    let row = person(7);
    records.push(0, &row.each_ref().map(String::as_str));
    let model = fit_linkage(&records, "try", "people");
    let linkage = link(&records, &model).expect("the model has the columns");
    assert_ne!(linkage.clusters[7], linkage.clusters[200]);
}

#[test]
fn a_model_can_be_read_again_and_serves_only_its_own_columns() {
    let model = fit_linkage(&records(100, true), "try", "people");
    let text = serde_json::to_string(&model).expect("a model is data");
    assert_eq!(LinkageModel::read(&text), Ok(model.clone()));
    let other = Records::new(&COLUMNS[1..], true).expect("columns");
    assert!(matches!(link(&other, &model), Err(LinkageModelError::Columns)));
    let changed = |pointer: &str, value: serde_json::Value| {
        let mut json = serde_json::to_value(&model).expect("a model is data");
        *json.pointer_mut(pointer).expect("the model has it") = value;
        LinkageModel::read(&json.to_string()).expect_err("it is not valid").to_string()
    };
    assert!(changed("/columns/0/levels/0/m", 1.5.into()).contains("share"));
    assert!(changed("/columns/0/levels/0/bits", 99.0.into()).contains("logarithm"));
    assert!(changed("/columns/0/levels/0/level", "secret".into()).contains("other levels"));
    assert!(changed("/matches", (-1.0).into()).contains("matches"));
    assert!(!changed("/records", "secret".into()).contains("secret"));
}

#[test]
fn values_agree_by_the_levels_of_their_kind() {
    use Agreement::{Different, Equal, Near, Similar};
    for (kind, left, right, expected) in [
        (ColumnKind::Name, "Дмитрий", "dmitriy", Some(Equal)),
        (ColumnKind::Name, "katherine", "kathrine", Some(Near)),
        (ColumnKind::Name, "smith", "smyth", Some(Near)),
        (ColumnKind::Name, "heron", "curlew", Some(Different)),
        (ColumnKind::Date, "1990-05-01", "1990-05-01T00:00:00Z", Some(Equal)),
        (ColumnKind::Date, "1990-05-01", "1990-01-05", Some(Near)),
        (ColumnKind::Date, "1990-05-01", "1990-05-28", Some(Similar)),
        (ColumnKind::Date, "1990", "1990-05-28", Some(Similar)),
        (ColumnKind::Date, "1990-05-01", "1963-11-30", Some(Different)),
        (ColumnKind::Identifier, "HRB 12-34", "hrb1243", Some(Near)),
        (ColumnKind::Identifier, "7", "8", Some(Different)),
        (ColumnKind::Text, "12 heron street", "heron street 12", Some(Similar)),
        (ColumnKind::Category, "winston hills", "winstonbhills", Some(Near)),
        (ColumnKind::Category, "…", "town", None),
        (ColumnKind::Person, "Putin, Vladimir", "Vladimir Putin", Some(Equal)),
        (ColumnKind::Person, "Usama bin Ladin", "Osama bin Laden", Some(Near)),
        (ColumnKind::Person, "Vladimir P\u{443}tin", "Vladimir Putinn", Some(Different)),
        (ColumnKind::Organisation, "Heron Ltd", "Sturgeon Ltd", Some(Different)),
    ] {
        assert_eq!(agreement_of(kind, left, right), expected, "{left} {right}");
        assert_eq!(agreement_of(kind, right, left), expected, "{right} {left}");
    }
}

#[test]
fn few_records_and_hostile_values_give_no_error() {
    for rows in [0, 1, 2] {
        let mut records = Records::new(&COLUMNS, false).expect("columns");
        let long = "x".repeat(100_000);
        for _ in 0..rows {
            records.push(0, &[&long, "\u{202e}\u{200b}", "", "né"]);
        }
        let model = fit_linkage(&records, "try", "nothing");
        let linkage = link(&records, &model).expect("the model has the columns");
        assert_eq!(linkage.clusters.len(), rows);
    }
    assert_eq!(Records::new(&COLUMNS[..1], false).err(), Some(RecordsError::Columns));
}
