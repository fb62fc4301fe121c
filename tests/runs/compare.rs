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
