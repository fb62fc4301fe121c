//! `araneus compare`: a table of pairs, from the command line.

use crate::support::{Deployment, araneus};

const PAIRS: &str = "id,schema,name1,name2\n\
1,Person,Usama bin Ladin,Osama bin Laden\n\
2,Person,Hafez al-Assad,Bashar al-Assad\n";

#[test]
fn pairs_are_compared_with_the_same_bytes_on_any_number_of_threads() {
    let deployment = Deployment::new("");
    deployment.write("pairs.csv", PAIRS);
    let compared = |threads: &str| {
        let arguments = ["compare", "pairs.csv", "--out", "compared.csv", "--threads", threads];
        araneus(&arguments, &deployment.path("")).ends_with(0);
        std::fs::read_to_string(deployment.path("compared.csv")).expect("the result")
    };
    let one = compared("1");
    assert_eq!(one, compared("3"));
    let matches: Vec<bool> = one.lines().skip(1).map(|line| line.contains(",true,")).collect();
    assert_eq!(matches, [true, false], "{one}");
}

#[test]
fn rows_that_break_a_rule_give_3_and_a_table_without_columns_gives_2_and_no_file() {
    let deployment = Deployment::new("");
    deployment.write("pairs.csv", format!("{PAIRS}3,Person,secret\n"));
    let arguments = ["compare", "pairs.csv", "--out", "compared.csv"];
    let ended = araneus(&arguments, &deployment.path(""));
    let text = &ended.ends_with(3).stderr;
    assert!(text.contains("pairs.csv` line 4") && !text.contains("secret"), "{text}");
    deployment.write("other.csv", "a,b\n1,2\n");
    let arguments = ["compare", "other.csv", "--out", "none.csv"];
    araneus(&arguments, &deployment.path("")).ends_with(2);
    assert!(!deployment.path("none.csv").exists());
    assert!(!deployment.path("none.csv.partial").exists());
    let arguments = ["compare", "pairs.csv", "--out", "none.csv", "--model", "missing"];
    araneus(&arguments, &deployment.path("")).ends_with(2);
}

/// Returns two tables of people, each person once in each, with an error in the second one.
fn people() -> (String, String) {
    let given = ["Ana", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta"];
    let family = ["Albatross", "Bittern", "Curlew", "Dunlin", "Egret", "Fulmar", "Gannet", "Heron", "Ibis"];
    let person = |number: usize| {
        let born = format!("{}-{:02}-{:02}", 1930 + number * 37 % 61, 1 + number % 12, 1 + number % 28);
        (given[number % 7], family[number % 9], born)
    };
    let row = |number: usize| {
        let (given, family, born) = person(number);
        format!("a{number},{given},{family},{born}\n")
    };
    let row_with_error = |number: usize| {
        let (given, family, born) = person(number);
        match number % 3 {
            0 => format!("b{number},{given},{},{born}\n", family.replace('e', "ee")),
            1 => format!("b{number},{family},{given},{born}\n"),
            _ => format!("b{number},{given},{family},{born}\n"),
        }
    };
    let table = |row: &dyn Fn(usize) -> String| {
        std::iter::once("id,given,family,born\n".to_owned()).chain((0..60).map(row)).collect::<String>()
    };
    (table(&row), table(&row_with_error))
}

#[test]
fn records_of_two_tables_are_linked_with_the_same_bytes_on_any_number_of_threads() {
    let deployment = Deployment::new("");
    let (one, other) = people();
    deployment.write("one.csv", &one);
    deployment.write("other.csv", &other);
    let linked = |threads: &str, more: &[&str]| {
        let columns = "given=name,family=name,born=date";
        let arguments =
            ["compare", "one.csv", "other.csv", "--columns", columns, "--key", "id", "--duplicate-free"];
        let out = ["--out", "pairs.csv", "--clusters", "clusters.csv", "--threads", threads];
        araneus(&[&arguments[..], &out[..], more].concat(), &deployment.path("")).ends_with(0);
        ["pairs.csv", "clusters.csv"]
            .map(|file| std::fs::read_to_string(deployment.path(file)).expect("a result"))
    };
    let fitted = linked("1", &["--save-model", "model.json"]);
    assert_eq!(fitted, linked("3", &[]));
    let clusters: Vec<&str> = fitted[1].lines().skip(1).collect();
    for number in 0..60 {
        assert_eq!(clusters[number + 60], format!("2,b{number},{}", number + 1));
    }
    std::fs::create_dir_all(deployment.path(".araneus/models")).expect("a folder");
    let stored = deployment.path(".araneus/models/people.json");
    std::fs::copy(deployment.path("model.json"), stored).expect("a copy");
    assert_eq!(linked("2", &["--model", "people"])[1], fitted[1]);
}

#[test]
fn records_without_their_columns_or_kinds_give_2_and_no_file() {
    let deployment = Deployment::new("");
    deployment.write("one.csv", people().0);
    for columns in ["given=name,town=category", "given=secret,born=date", "given=name"] {
        let arguments = ["compare", "one.csv", "--columns", columns, "--out", "none.csv"];
        araneus(&arguments, &deployment.path("")).ends_with(2);
        assert!(!deployment.path("none.csv").exists(), "{columns}");
    }
    araneus(&["compare", "one.csv", "one.csv", "--out", "none.csv"], &deployment.path("")).ends_with(2);
}
