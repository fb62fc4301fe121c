//! Fits a model to pairs with truth, and prints its cross-validated F1:
//! `cargo run --release -p araneus-names --example fit -- PAIRS.csv MODEL.json`
//!
//! The columns are `schema`, `name1`, `name2` and `is_match` (true or false). Pairs that share a name are in one fold. The
//! reported F1 is the mean over several draws of ten folds.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads its arguments and prints"
)]

use std::{env, error::Error, fs};

use araneus_names::{LabelledPair, NameKind, fit, folds};

const FOLDS: usize = 10;
const DRAWS: u64 = 20;
/// Name of the model that is written.
const MODEL: &str = "names-1";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [pairs_path, rest @ ..] = arguments.as_slice() else {
        return Err("usage: fit PAIRS.csv [MODEL.json]".into());
    };
    let pairs = read(pairs_path)?;
    let draws: Vec<Counts> = (0..DRAWS).map(|seed| cross_validated(&pairs, seed)).collect();
    let scores: Vec<f64> = draws.iter().map(Counts::f1).collect();
    let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let clear: u32 = draws.iter().map(|draw| draw.wrong_and_clear).sum();
    println!(
        "{} pairs, F1 of {FOLDS} folds {:.3}, lowest of {DRAWS} draws {lowest:.3}",
        pairs.len(),
        mean(&scores)
    );
    println!("wrong in a clear case: {:.2} a draw", f64::from(clear) / DRAWS as f64);
    let digest = blake3::hash(&fs::read(pairs_path)?).to_hex();
    let model = fit(&pairs, MODEL, &format!("blake3 {digest}"));
    for term in &model.terms {
        println!("{:>20} {:9.3} from {:.3}", term.level, term.weight, term.typical);
    }
    if let [model_path] = rest {
        fs::write(model_path, serde_json::to_string_pretty(&model)? + "\n")?;
    }
    Ok(())
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

/// Outcomes of pairs whose fold the model did not see.
#[derive(Default)]
struct Counts {
    right_matches: u32,
    wrong: u32,
    wrong_and_clear: u32,
}

impl Counts {
    fn f1(&self) -> f64 {
        let found = 2.0 * f64::from(self.right_matches);
        found / (found + f64::from(self.wrong))
    }
}

fn cross_validated(pairs: &[LabelledPair], seed: u64) -> Counts {
    let folds = folds(pairs, FOLDS, seed);
    let mut counts = Counts::default();
    for fold in 0..FOLDS {
        let (held, fitted): (Vec<_>, Vec<_>) =
            pairs.iter().cloned().zip(&folds).partition(|(_, of)| **of == fold);
        let fitted: Vec<LabelledPair> = fitted.into_iter().map(|(pair, _)| pair).collect();
        let model = fit(&fitted, "fold", "fold");
        for (pair, _) in held {
            let is_match = model.compare(&pair.left, &pair.right, pair.kind).is_match;
            counts.right_matches += u32::from(is_match && pair.is_match);
            counts.wrong += u32::from(is_match != pair.is_match);
            counts.wrong_and_clear += u32::from(is_match != pair.is_match && pair.weight > 1.0);
        }
    }
    counts
}

/// A clear case teaches more than one that people dispute.
fn clarity(quality: &str) -> f64 {
    match quality {
        "STRONG" => 3.0,
        "WEAK" => 0.5,
        _ => 1.0,
    }
}
