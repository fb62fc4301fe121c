//! Fits a model to pairs with truth, and prints its cross-validated F1, also by script as a table in Markdown:
//! `cargo run --release -p araneus-names --example fit -- PAIRS.csv MODEL.json`
//!
//! With `--frozen` nothing is fitted: the shipped model is judged on all pairs.
//!
//! The columns are `schema`, `name1`, `name2` and `is_match` (true or false). Pairs that share a name are in one fold. The
//! reported F1 is the mean over several draws of ten folds.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads its arguments and prints"
)]

use std::{collections::BTreeMap, env, error::Error, fs};

use araneus_names::{LabelledPair, Model, NameKind, fit, folds};
use unicode_script::{Script, UnicodeScript};

const FOLDS: usize = 10;
const DRAWS: u64 = 20;
/// Bootstrap samples of an interval.
const SAMPLES: usize = 2_000;
/// Name of the model that is written.
const MODEL: &str = "names-3";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_frozen = arguments.iter().any(|argument| argument == "--frozen");
    let files: Vec<&String> = arguments.iter().filter(|argument| *argument != "--frozen").collect();
    let [pairs_path, rest @ ..] = files.as_slice() else {
        return Err("usage: fit PAIRS.csv [MODEL.json] [--frozen]".into());
    };
    let pairs = read(pairs_path)?;
    if is_frozen {
        let model = Model::shipped();
        let is_match = |pair: &LabelledPair| model.compare(&pair.left, &pair.right, pair.kind).is_match;
        let shares: Vec<f64> = pairs.iter().map(|pair| f64::from(u8::from(is_match(pair)))).collect();
        print_by_script(&pairs, &shares);
        return Ok(());
    }
    let draws: Vec<Vec<bool>> = (0..DRAWS).map(|seed| cross_validated(&pairs, seed)).collect();
    let scores: Vec<f64> = draws.iter().map(|draw| f1(&pairs, &shares(&[draw]))).collect();
    let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let is_clear_error =
        |(pair, is_match): &(&LabelledPair, &bool)| pair.weight > 1.0 && **is_match != pair.is_match;
    let clear = draws.iter().map(|draw| pairs.iter().zip(draw).filter(is_clear_error).count()).sum::<usize>();
    println!(
        "{} pairs, F1 of {FOLDS} folds {:.3}, lowest of {DRAWS} draws {lowest:.3}",
        pairs.len(),
        mean(&scores)
    );
    println!("wrong in a clear case: {:.2} a draw\n", clear as f64 / DRAWS as f64);
    print_clear_errors(&pairs, &draws);
    print_by_script(&pairs, &shares(&draws.iter().collect::<Vec<_>>()));
    let digest = blake3::hash(&fs::read(pairs_path)?).to_hex();
    let model = fit(&pairs, MODEL, &format!("blake3 {digest}"));
    println!();
    for term in &model.terms {
        println!("{:>20} {:9.3} from {:.3}", term.level, term.weight, term.typical);
    }
    if let [model_path] = rest {
        fs::write(model_path, serde_json::to_string_pretty(&model)? + "\n")?;
    }
    Ok(())
}

/// Prints the clear cases that are wrong in some draw, with the number of these draws.
fn print_clear_errors(pairs: &[LabelledPair], draws: &[Vec<bool>]) {
    for (at, pair) in pairs.iter().enumerate().filter(|(_, pair)| pair.weight > 1.0) {
        let wrong = draws.iter().filter(|draw| draw[at] != pair.is_match).count();
        if wrong > 0 {
            println!("{wrong:>3} of {DRAWS} draws: {} | {} is {}", pair.left, pair.right, pair.is_match);
        }
    }
    println!();
}

/// Returns for each pair the share of draws that call it a match.
fn shares(draws: &[&Vec<bool>]) -> Vec<f64> {
    let share =
        |pair: usize| draws.iter().filter(|draw| draw[pair]).count() as f64 / draws.len().max(1) as f64;
    (0..draws.first().map_or(0, |draw| draw.len())).map(share).collect()
}

/// Returns the F1 of pairs, each of which is called a match in a share of draws.
fn f1(pairs: &[LabelledPair], shares: &[f64]) -> f64 {
    f1_of(&pairs.iter().map(|pair| pair.is_match).zip(shares.iter().copied()).collect::<Vec<_>>())
}

fn f1_of(outcomes: &[(bool, f64)]) -> f64 {
    let right: f64 = outcomes.iter().filter(|(is_match, _)| *is_match).map(|(_, share)| share).sum();
    let found: f64 = outcomes.iter().map(|(_, share)| share).sum();
    let matches = outcomes.iter().filter(|(is_match, _)| *is_match).count() as f64;
    if found + matches > 0.0 { 2.0 * right / (found + matches) + 0.0 } else { 1.0 }
}

/// Prints F1 by script with the interval that contains 95 % of the bootstrap samples over pairs.
fn print_by_script(pairs: &[LabelledPair], shares: &[f64]) {
    let mut groups: BTreeMap<String, Vec<(bool, f64)>> = BTreeMap::new();
    for (pair, share) in pairs.iter().zip(shares) {
        groups.entry(scripts(pair)).or_default().push((pair.is_match, *share));
        groups.entry("all".to_owned()).or_default().push((pair.is_match, *share));
    }
    println!("| Scripts | Pairs | Matches | F1 | 95 % interval | Errors |\n|---|--:|--:|--:|---|--:|");
    let mut groups: Vec<(String, Vec<(bool, f64)>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, outcomes)| std::cmp::Reverse(outcomes.len()));
    for (name, outcomes) in groups {
        let matches = outcomes.iter().filter(|(is_match, _)| *is_match).count();
        let errors: f64 =
            outcomes.iter().map(|(is_match, share)| if *is_match { 1.0 - share } else { *share }).sum();
        let (low, high) = interval(&outcomes);
        let (n, score) = (outcomes.len(), f1_of(&outcomes));
        if matches == 0 {
            println!("| {name} | {n} | 0 |  |  | {errors:.1} |");
        } else {
            println!("| {name} | {n} | {matches} | {score:.3} | {low:.3} to {high:.3} | {errors:.1} |");
        }
    }
}

fn interval(outcomes: &[(bool, f64)]) -> (f64, f64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        outcomes[(state % outcomes.len() as u64) as usize]
    };
    let mut scores: Vec<f64> =
        (0..SAMPLES).map(|_| f1_of(&(0..outcomes.len()).map(|_| draw()).collect::<Vec<_>>())).collect();
    scores.sort_by(f64::total_cmp);
    (scores[SAMPLES * 25 / 1000], scores[SAMPLES * 975 / 1000 - 1])
}

/// Returns the scripts of both names, such as `Arabic and Latin`.
fn scripts(pair: &LabelledPair) -> String {
    let of = |text: &str| {
        let mut found: Vec<&str> = text
            .chars()
            .map(|character| character.script())
            .filter(|script| !matches!(script, Script::Common | Script::Inherited | Script::Unknown))
            .map(Script::full_name)
            .collect();
        found.sort_unstable();
        found.dedup();
        if found.len() == 1 { found[0] } else { "mixed" }
    };
    let mut both = [of(&pair.left), of(&pair.right)];
    both.sort_unstable();
    if both[0] == both[1] { both[0].to_owned() } else { format!("{} and {}", both[0], both[1]) }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn read(path: &str) -> Result<Vec<LabelledPair>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let column =
        |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
    let (schema, left, right, truth) =
        (column("schema")?, column("name1")?, column("name2")?, column("is_match")?);
    let quality = headers.iter().position(|header| header == "quality");
    let mut pairs = Vec::new();
    for row in reader.records() {
        let row = row?;
        pairs.push(LabelledPair {
            left: row[left].to_owned(),
            right: row[right].to_owned(),
            kind: NameKind::of_schema(&row[schema]),
            is_match: &row[truth] == "true",
            weight: quality.map_or(1.0, |quality| clarity(&row[quality])),
        });
    }
    Ok(pairs)
}

/// Returns for each pair whether a model that did not see its fold calls it a match.
fn cross_validated(pairs: &[LabelledPair], seed: u64) -> Vec<bool> {
    let folds = folds(pairs, FOLDS, seed);
    let mut outcomes = vec![false; pairs.len()];
    for fold in 0..FOLDS {
        let fitted: Vec<LabelledPair> =
            pairs.iter().zip(&folds).filter(|(_, of)| **of != fold).map(|(pair, _)| pair.clone()).collect();
        let model = fit(&fitted, "fold", "fold");
        for at in (0..pairs.len()).filter(|at| folds[*at] == fold) {
            let pair = &pairs[at];
            outcomes[at] = model.compare(&pair.left, &pair.right, pair.kind).is_match;
        }
    }
    outcomes
}

/// A clear case teaches more than one that people dispute.
fn clarity(quality: &str) -> f64 {
    match quality {
        "STRONG" => 3.0,
        "WEAK" => 0.5,
        _ => 1.0,
    }
}
