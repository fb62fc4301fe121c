//! `docs/outcomes.md`, made from `OUTCOMES`.

use std::fmt::Write;

use araneus::learn::outcomes::{self, ForecastOutcome, Horizon, OUTCOMES, Rows};

const INTRODUCTION: &str = "# Outcomes

Made from `OUTCOMES` in `src/learn/outcomes/mod.rs`; a test keeps this page equal to it.

An outcome is a question that later records answer. `araneus backtest` looks at each earlier run with what the archive knew
then, asks about the candidates, waits for the horizon, and counts what was recorded after the run. It writes a label table
for each outcome. A label comes from the archive's own later records or from an analyst's verdict, and never from a model. A
candidate whose horizon has not passed has no label.

- **First reports count.** A value that is reported again for the same subject does not count. So an import that lists known values
  again counts as nothing.
- **The base does not count.** The first run of an archive has what was known before. A subject of the base has an unknown earlier
  history.
- **Days.** A day is 24 hours that end at the run, or a whole number of days before it. An archive of one run, whose records
  date themselves, is looked at by the days on which something was recorded.
- **Releases.** Outcomes that compare runs look at every run, if half of the distances between runs are at least 21 days. Of more
  frequent runs they choose some with at least 28 days between two of them.
- **Identity.** Two records mean one entity if they share an identifier. No rule about names joins two entities, and no later
  record joins two entities of an earlier time.
- **Splits move forward only.** A model for a run is trained on the rows whose label was recorded before that run.
";

/// Returns `docs/outcomes.md`.
pub(crate) fn outcomes_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for outcome in OUTCOMES {
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n- Table: `{}.arrow`\n- Candidates: {}\n- Label: {}\n- Horizon: {}\n- Budget: {}\n",
            outcome.name,
            outcome.question,
            outcome.table,
            outcome.candidates,
            outcome.label,
            horizon(outcome.horizon),
            budget(outcome.budget)
        );
        if matches!(outcome.rows, Rows::Replay(_)) {
            page.push_str("- Columns: those of [features.md](features.md), and `rules_only`, the order by rules alone\n");
            continue;
        }
        page.push_str(&columns(outcome));
    }
    page
}

fn columns(outcome: &ForecastOutcome) -> String {
    let mut table = String::from(
        "\n| Column | Meaning | Reads links between subjects | Direction | Use |\n|---|---|---|---|---|\n",
    );
    for column in outcomes::columns(outcome) {
        let direction = match column.sign {
            "+" => "up",
            "-" => "down",
            _ => "undecided",
        };
        let relation = if column.is_relation { "yes" } else { "no" };
        let role = column.role.name().replace(',', ", ");
        let _ = writeln!(table, "| {} | {} | {relation} | {direction} | {role} |", column.name, column.about);
    }
    table
}

fn horizon(horizon: Horizon) -> String {
    match horizon {
        Horizon::Days(0) | Horizon::Runs(0) => "none; the run itself has the answer".to_owned(),
        Horizon::Days(days) => format!("{days} days"),
        Horizon::Runs(1) => "1 run".to_owned(),
        Horizon::Runs(runs) => format!("{runs} runs"),
    }
}

fn budget(budget: u32) -> String {
    format!("{budget} a run")
}
