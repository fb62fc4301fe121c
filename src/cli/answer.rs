//! `araneus explain` and `diff`: answers on standard output.

use std::path::Path;

use serde_json::Value;

use super::{CommandError, Common, clock, config, console::Console, explanation, rank::rank, sheet};
use crate::{
    explain::{
        self, CauseEntities, ChangeLine, ChangedEntity, Difference, Explanation, KnownId, QuestionError,
    },
    progress::Progress,
    run::Config,
    temporal::Cause,
};

/// Returns the audiences of a command: the named one, else all.
pub(super) fn readers_of(common: &Common, config: &Config) -> Vec<String> {
    common.audience.clone().map_or_else(|| names(config), |name| vec![name])
}

/// Returns id and title of every flag of an audience in a run.
pub(super) fn all_flags(folder: &Path, audience: &str) -> Result<Vec<(String, String)>, CommandError> {
    let flags = explain::flags(&folder.join(audience), &[])?;
    Ok(flags.into_iter().map(|flag| (flag.flag_id, flag.title)).collect())
}

/// Returns the flag at a rank of a run's queue.
pub(super) fn flag_of_rank(folder: &Path, audience: &str, rank: u64) -> Result<Option<String>, CommandError> {
    let mut flags = explain::flags(&folder.join(audience), &[])?.into_iter();
    Ok(flags.find(|flag| flag.rank == Some(rank)).map(|flag| flag.flag_id))
}

/// Returns the names of all audiences.
pub(super) fn names(config: &Config) -> Vec<String> {
    config.rules.audiences_of_run().into_iter().map(|audience| audience.name).collect()
}

/// Returns rows as JSON.
pub(super) fn values(rows: &[impl serde::Serialize]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::to_value(row).expect("a row is plain data")).collect()
}

/// Prints an explanation. The minimal support of a flag may take longer, so it is printed after the answer.
pub(super) fn explain(
    common: &Common,
    word: &str,
    other: Option<&str>,
    (run, seconds): (Option<&str>, u64),
    console: &Console,
) -> Result<u8, CommandError> {
    let began = clock::start();
    let config = config(common)?;
    let word = &whole_word(common, &config, run, word)?;
    let other = other.map(|other| whole_word(common, &config, run, other)).transpose()?;
    let progress = Progress::new(|step| console.step(step));
    let ask = |audience: Option<&str>| {
        let known = explain::open(&config, audience, run)?;
        let answer = match &other {
            None => explain::explain_without_support(&known, word, &progress),
            Some(other) => explain::explain_pair(&known, word, other),
        };
        Ok((known, answer?))
    };
    let mut answer = ask(common.audience.as_deref());
    // A flag or candidate belongs to one audience. If none is named, all audiences are searched.
    if common.audience.is_none() && ["flag-", "candidate-"].iter().any(|prefix| word.starts_with(prefix)) {
        for audience in names(&config) {
            if matches!(answer, Err(QuestionError::Unknown(_))) {
                answer = ask(Some(&audience));
            }
        }
    }
    console.end();
    if let (true, Err(QuestionError::Ambiguous { alternatives, .. })) = (common.json, &answer) {
        out!("{}", Value::Array(values(alternatives)));
    }
    let (opened, mut answer) = answer?;
    if let Explanation::Flag(flag) = &mut answer {
        if !common.json {
            print_lines(&explanation::before_support(flag));
        }
        explain::add_support(
            &opened,
            flag,
            &|| seconds.saturating_sub(began.elapsed().as_secs()),
            &progress,
        )?;
        console.end();
        if !common.json {
            print_lines(&explanation::from_support(flag));
        }
    } else if !common.json {
        print_lines(&explanation::lines(&answer));
    }
    if common.json {
        out!("{}", serde_json::to_value(&answer).expect("an answer is plain data"));
    }
    Ok(0)
}

fn print_lines(lines: &[String]) {
    for line in lines {
        out!("{line}");
    }
}

/// Returns the id that a word names by its rank in the queue or by its first digits, else the word.
fn whole_word(
    common: &Common,
    config: &Config,
    run: Option<&str>,
    word: &str,
) -> Result<String, CommandError> {
    let Ok(folder) = explain::run_folder(&config.out, run) else { return Ok(word.to_owned()) };
    let mut ids: Vec<KnownId> = Vec::new();
    for audience in readers_of(common, config) {
        let folder = folder.join(&audience);
        match rank(word) {
            _ if !folder.is_dir() => {}
            Some(rank) => ids.extend(ids_of_rank(&folder, rank)),
            // Tables of an older version do not hinder an answer from the archive.
            None => ids.extend(explain::ids_beginning(&folder, word).unwrap_or_default()),
        }
    }
    one_of(word, ids)
}

/// Returns the only id, or the word if there is none. Several ids are an error that lists them.
fn one_of(word: &str, mut ids: Vec<KnownId>) -> Result<String, CommandError> {
    ids.sort();
    ids.dedup_by(|a, b| a.id == b.id);
    match &ids[..] {
        [] => Ok(word.to_owned()),
        [only] => Ok(only.id.clone()),
        several => {
            let listed: Vec<String> =
                several.iter().map(|known| format!("{} ({})", known.id, known.label)).collect();
            Err(CommandError::Usage(format!(
                "`{word}` may mean {} ids; write one of them, or add --audience: {}",
                several.len(),
                listed.join("; ")
            )))
        }
    }
}

fn ids_of_rank(folder: &Path, rank: u64) -> Vec<KnownId> {
    let flags = explain::flags(folder, &[]).unwrap_or_default().into_iter();
    let of_rank = flags.filter(|flag| flag.rank == Some(rank));
    of_rank.map(|flag| KnownId { id: flag.flag_id, label: flag.title }).collect()
}

/// Prints the changes between two runs.
pub(super) fn diff(common: &Common, runs: &[String]) -> Result<u8, CommandError> {
    let config = config(common)?;
    let difference = explain::diff(&config, runs, common.audience.as_deref())?;
    if common.json {
        out!("{}", serde_json::to_value(&difference).expect("an answer is plain data"));
        return Ok(0);
    }
    for line in difference_lines(&difference) {
        out!("{line}");
    }
    Ok(0)
}

/// Returns the changes between two runs: for each cause its entities, and then its groups of changes.
fn difference_lines(difference: &Difference) -> Vec<String> {
    let Difference { run, compared_with, erased, changes, entities } = difference;
    let mut sheet = sheet::Sheet::default();
    let previous = compared_with.as_deref().unwrap_or("nothing: a first run");
    sheet.paragraph(&format!("{run} compared with {previous}"));
    for run in erased {
        sheet.paragraph(&format!(
            "The folder of {run} was erased. The comparison is without the erased records."
        ));
    }
    let mut causes: Vec<Cause> = changes.iter().map(|line| line.cause).collect();
    causes.sort();
    causes.dedup();
    for cause in causes {
        sheet.heading(cause.name());
        for ChangeLine { subject, what, count, detail, .. } in
            changes.iter().filter(|line| line.cause == cause)
        {
            let before = format!("  {count:>8}  {:<9}  {:<11}  ", subject.name(), what.name());
            sheet.hanging(&before, detail);
        }
        if let Some(named) = entities.iter().find(|line| line.cause == cause) {
            sheet.hanging("  Most important: ", &entities_text(named));
        }
    }
    if changes.is_empty() {
        sheet.paragraph("nothing differs");
    }
    sheet.lines()
}

fn entities_text(named: &CauseEntities) -> String {
    let one = |ChangedEntity { kind, label, changed_links, .. }: &ChangedEntity| match changed_links {
        0 => format!("{label} ({kind})"),
        1 => format!("{label} ({kind}, 1 link)"),
        count => format!("{label} ({kind}, {count} links)"),
    };
    let text = named.entities.iter().map(one).collect::<Vec<_>>().join("; ");
    if named.left_out == 0 { text } else { format!("{text}; and {} more", named.left_out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ambiguous_beginning_is_refused_with_the_ids_that_it_may_mean() {
        let known = |id: &str| KnownId { id: id.to_owned(), label: format!("title of {id}") };
        let (one, other) = (known("flag-2ed5458c"), known("flag-2ed545ff"));
        assert_eq!(one_of("Salt Heron", Vec::new()).ok().as_deref(), Some("Salt Heron"));
        // Two audiences may have the same flag.
        let same = one_of("2ed545", vec![one.clone(), one.clone()]);
        assert_eq!(same.ok().as_deref(), Some("flag-2ed5458c"));
        let message = one_of("2ed545", vec![other, one]).expect_err("two flags").to_string();
        assert!(message.contains("flag-2ed5458c (title of flag-2ed5458c); flag-2ed545ff"), "{message}");
    }
}
