//! Feedback for one source: its own rejects, silent changes and overdue days, and the verdicts on flags that its
//! records support. Nothing of any other source is in it: no title, no entity, no other record, and no local path.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Export, ExportError, ONE_FILE, Selection, Staging, Target, agreements, ids, table_columns::TableColumns,
};
use crate::time::{DAY, Moment};

pub(super) const EXPORT: Export = Export {
    name: "feedback",
    about: "Feedback for the source of --source, JSON: its rejects, silent changes, overdue days, and verdicts on flags that its records support.",
    target: Target::File,
    write,
};

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    let Some(feedback) = &selection.feedback else {
        return Err(ExportError::Usage("feedback is for one source; name it with --source".to_owned()));
    };
    let source = feedback.source.as_str();
    let document = json!({
        "object": "feedback",
        "source": source,
        "run": selection.run,
        "exported_at": selection.exported_at,
        "rejects": rejects(selection, source)?,
        "silent_changes": silent_changes(selection, source)?,
        "overdue_days": overdue_days(selection, source, feedback.expect)?,
        "verdicts": verdicts(selection, source)?,
        "obligations": agreements::as_json(&selection.obligations),
    });
    staging.write_json(ONE_FILE, &document)
}

/// Opens a table of the data steward.
fn steward(selection: &Selection, name: &'static str) -> Result<TableColumns, ExportError> {
    let run = selection.folder.parent().unwrap_or(&selection.folder);
    Ok(TableColumns::read(&run.join("steward"), name)?)
}

fn rows_of<'a>(table: &'a TableColumns, source: &'a str) -> impl Iterator<Item = usize> + 'a {
    table.rows().filter(move |&row| table.text_at("source", row) == Some(source))
}

/// Returns the name of a delivered file, without the folders of this deployment.
fn file_name(path: Option<&str>) -> Option<&str> {
    path?.rsplit(['/', '\\']).next()
}

fn rejects(selection: &Selection, source: &str) -> Result<Vec<Value>, ExportError> {
    let table = steward(selection, "rejects")?;
    let reject = |row: usize| {
        json!({
            "file": file_name(table.text_at("path", row)), "delivery": table.text_at("delivery", row),
            "position": table.text_at("position", row), "object_id": table.text_at("object_id", row),
            "rule": table.text_at("rule", row), "reason": table.text_at("reason", row),
        })
    };
    Ok(rows_of(&table, source).map(reject).collect())
}

/// Returns the deliveries with changes that no version field announces.
fn silent_changes(selection: &Selection, source: &str) -> Result<Vec<Value>, ExportError> {
    let table = steward(selection, "deliveries")?;
    let changes = |row: usize| {
        let count = table.count("changed_unannounced", row).filter(|count| *count > 0)?;
        Some(json!({
            "file": file_name(table.text_at("path", row)), "delivery": table.text_at("delivery", row),
            "objects": count,
        }))
    };
    Ok(rows_of(&table, source).filter_map(changes).collect())
}

/// Returns the days by which the last delivery is late; `None` if it is not, or if nothing is expected.
fn overdue_days(
    selection: &Selection,
    source: &str,
    expect: Option<i64>,
) -> Result<Option<f64>, ExportError> {
    let table = steward(selection, "sources")?;
    let last = rows_of(&table, source).filter_map(|row| table.time("recorded_at", row)).max();
    let late = |last: Moment| Some(as_of(&selection.run)?.micros() - last.micros() - expect?);
    let late = last.and_then(late).filter(|late| *late > 0);
    Ok(late.map(|late| (late as f64 / DAY as f64 * 100.0).round() / 100.0))
}

/// Returns the as-of time in the name of a run's folder.
fn as_of(run: &str) -> Option<Moment> {
    let part = |from: usize, to: usize| run.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Moment::parse(&format!("{date}T{}:{}:{}Z", part(9, 11)?, part(11, 13)?, part(13, 15)?))
}

/// Returns the verdicts on flags with records of the source. The id of a flag derives from records of any source, so
/// that the source gets an id of its own for it.
fn verdicts(selection: &Selection, source: &str) -> Result<Vec<Value>, ExportError> {
    let judged = |flag: &&super::ExportedFlag| {
        flag.verdict.is_some() && flag.sources.iter().any(|known| known == source)
    };
    let flags: BTreeMap<&str, &super::ExportedFlag> =
        selection.flags.iter().filter(judged).map(|flag| (flag.id.as_str(), flag)).collect();
    let mut objects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let table = TableColumns::read(&selection.folder, "evidence")?;
    for row in rows_of(&table, source) {
        let subject = table.text_at("subject_id", row).unwrap_or_default();
        if let Some((id, _)) = flags.get_key_value(subject) {
            objects.entry(*id).or_default().extend(table.text_at("object_id", row));
        }
    }
    let mut verdicts: Vec<Value> = flags
        .values()
        .map(|flag| {
            let mut own = objects.remove(flag.id.as_str()).unwrap_or_default();
            own.sort_unstable();
            own.dedup();
            json!({
                "id": ids::uuid("feedback", &format!("{source}:{}", flag.id)),
                "verdict": flag.verdict, "objects": own,
            })
        })
        .collect();
    verdicts.sort_by_key(ToString::to_string);
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_its_time_in_its_name_and_a_path_its_file() {
        assert_eq!(as_of("20260302T020000Z"), Moment::parse("2026-03-02T02:00:00Z"));
        assert_eq!(as_of("latest"), None);
        assert_eq!(file_name(Some("/srv/feeds/a.zip!/b.json")), Some("b.json"));
        assert_eq!(file_name(None), None);
    }
}
