//! `araneus resolve --review`: pairs of entities that wait for a judgement.

use clap::Args;

use super::{
    CommandError, Common,
    answer::{readers_of, values},
    config,
    console::Console,
    require_archive,
    sheet::Sheet,
};
use crate::{
    archive::{Access, Archive},
    explain::{self, WaitingPair},
    report::short,
    run::RunError,
};

/// Characters of a name that are printed; a source may deliver 100,000.
const NAME_MAX: usize = 200;

#[derive(Args)]
pub(super) struct ResolveArgs {
    /// Print the pairs that wait for a judgement, most consequential first
    #[arg(long, required = true)]
    review: bool,
    /// The run: a date, or the beginning of its folder's name [default: latest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// Prints the pairs that wait, with the reason of each.
pub(super) fn resolve(common: &Common, args: &ResolveArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let judgements = archive.judgements().map_err(RunError::from)?;
    let folder = explain::run_folder(&config.out, args.run.as_deref())?;
    let mut json = Vec::new();
    for audience in readers_of(common, &config) {
        let folder = folder.join(&audience);
        if !folder.is_dir() {
            console.say(&format!("{audience} has no folder in this run."));
            continue;
        }
        let pairs = explain::waiting_pairs(&folder, &judgements)?;
        let (decided, waiting): (Vec<WaitingPair>, Vec<WaitingPair>) =
            pairs.into_iter().partition(WaitingPair::is_decided);
        if common.json {
            json.extend(values(&waiting).into_iter().map(|mut row| {
                row["audience"] = audience.clone().into();
                row
            }));
        } else {
            for line in lines(&waiting) {
                out!("{line}");
            }
        }
        console.say(&format!(
            "{} pairs of {audience} wait for a judgement; {} were judged since the run.",
            waiting.len(),
            decided.len()
        ));
    }
    if common.json {
        out!("{}", serde_json::Value::Array(json));
    }
    Ok(0)
}

fn lines(pairs: &[WaitingPair]) -> Vec<String> {
    let mut sheet = Sheet::default();
    for (number, pair) in (1..).zip(pairs) {
        let shown = |names: &[String; 2]| names.each_ref().map(|name| short(name, NAME_MAX));
        let [one, other] = shown(&pair.labels);
        let names = pair.names.as_ref().filter(|names| *names != &pair.labels).map(shown);
        let names = names.map(|[one, other]| format!(" (as {one} and {other})")).unwrap_or_default();
        let probability =
            pair.probability.map(|known| format!(", probability {known:.3}")).unwrap_or_default();
        let learned = pair.review_probability.map(|known| format!(" (by pairs with truth {known:.3})"));
        let learned = learned.unwrap_or_default();
        // One community contains both entities, or only one of them is in a community.
        let joined = if pair.communities < 2 { "no".to_owned() } else { pair.communities.to_string() };
        let links =
            if pair.link_count == 1 { "1 link".to_owned() } else { format!("{} links", pair.link_count) };
        sheet.hanging(
            &format!("{number:>4}  "),
            &format!(
                "{one} and {other}{names}: {}{probability}{learned}; a merge joins {joined} communities and moves {links}",
                pair.state
            ),
        );
        if let Some(constraint) = &pair.constraint {
            sheet.hanging("      ", constraint);
        }
        if !pair.levels.is_empty() {
            let levels: Vec<String> =
                pair.levels.iter().map(|level| format!("{} {}", level.level, level.weight)).collect();
            sheet.hanging("      ", &levels.join(", "));
        }
        if !pair.verdicts.is_empty() {
            sheet.hanging("      ", &format!("judged since: {}", pair.verdicts.join(", ")));
        }
        let [one, other] = &pair.entity_ids;
        sheet.hanging("      ", &format!("{one} {other}"));
    }
    sheet.lines()
}
