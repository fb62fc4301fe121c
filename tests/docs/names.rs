//! `docs/names.md`, made from the levels and the shipped model.

use std::fmt::Write;

use araneus_names::{LEVELS, Model, Sign};

const BEGIN: &str = "# Comparison of names

`araneus compare PAIRS.csv --out FILE.csv` compares two names in each row of a table. A run does not use it yet: it joins entities by exact
identifiers and curated lists only.

```sh illustrative
araneus compare pairs.csv --out compared.csv
```

| Column | Meaning |
|---|---|
| `schema` | `Person`, `Vessel` or `Airplane`; any other word is an organisation |
| `name1`, `name2` | the names, in any script |
| others | kept as they are |
| `score` | in the result: from 0 to 1 |
| `match` | in the result: `true` if the score reaches the threshold of the model |
| `detail` | in the result: the reasons as JSON |

## Method

1. A name becomes words of Latin letters: scripts are transliterated, case and accents do not count, and invisible characters are dropped. Titles,
   prefixes of vessels and legal forms are separated. Numbers in words become digits.
2. Words are assigned to each other by their edits (optimal string alignment). Words may be written together, cut to an initial, or be forms of
   one given name. If only one name is in Latin letters, consonants count more than vowels.
3. Levels are numbers about this assignment. The score is a logistic regression over them. A weight has the sign of its level, so that a
   contribution means what the level says.

`detail` has `levels` (value and weight of each contribution, on the scale of logits, strongest first), `words` (the assigned words with their
similarity), `only1` and `only2` (words without counterpart), `legal_forms1` and `legal_forms2`. `mixed_scripts` says that a word mixes letters
of Latin, Greek and Cyrillic: such a pair never matches, and a person must look. `cut` says that a name has more than 1,000 characters or 24
words, and that its end was left out.

## Levels of the shipped model

";

const END: &str = "
## Accuracy

The model was fitted to 433 pairs of nomenklatura's benchmark of names (MIT licence). A clear case counts as three pairs, a disputed one as half
a pair. `cargo run --release -p araneus-names --example fit -- ../shared/data/name-bench/cases.csv` prints the figures. Pairs that share a name
are in one of ten folds, and the mean F1 over 20 draws of folds is 0.897 (lowest 0.886). In a draw, 1.1 of the 25 clear cases are wrong; the
fitted model has none wrong. The levels were chosen with these pairs in view, so that other pairs may give less.

Limits: names that differ in letters and agree in meaning (\"Plant\" and \"zavod\"), Wade-Giles beside Pinyin, reversed letters, and units of one
company in several countries are often wrong.

## Other models

`--model ID` reads `models/ID.json` of the archive. The example `fit` writes such a file from a table with the columns `schema`, `name1`,
`name2` and `is_match`; a column `quality` (`STRONG`, `MEDIUM`, `WEAK`) is read, too.
";

pub(crate) fn names_markdown() -> String {
    let model = Model::shipped();
    let mut page = BEGIN.to_owned();
    page.push_str(
        "| Level | Evidence | Number | Weight of one unit | Typical value |\n|---|---|---|---|---|\n",
    );
    for (level, term) in LEVELS.iter().zip(&model.terms) {
        let evidence = if level.sign == Sign::For { "for" } else { "against" };
        let row = format!(
            "| `{}` | {evidence} | {} | {:+.3} | {:.3} |",
            level.name, level.description, term.weight, term.typical
        );
        writeln!(page, "{row}").expect("writing to a text");
    }
    page.push_str(END);
    page
}
