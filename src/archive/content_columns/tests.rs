use std::{cell::RefCell, collections::BTreeSet};

use super::*;
use crate::record::{Claim, Content, LinkPart};

/// Content of a row; every seventh is a part of a link, which columns do not hold.
fn content(row: usize) -> Arc<PackedContent> {
    let part = LinkPart {
        link_id: row.to_string(),
        kind: String::new(),
        property: String::new(),
        value: String::new(),
    };
    let entity = Claim::Entity {
        identifiers: Vec::new(),
        kind: format!("kind-{}", row % 3),
        name: Some(row.to_string()),
        aliases: Vec::new(),
        vocabulary: None,
    };
    let part = row.is_multiple_of(7).then(|| Box::new(part));
    Arc::new(Content { claims: vec![entity], part, ..Content::default() }.packed())
}

/// Asks for rows, checks the contents, and returns the rows that were interpreted.
fn ask(columns: &StoredColumns, folder: &Path, rows: &[usize]) -> BTreeSet<usize> {
    let interpreted = RefCell::default();
    let interpret = |rows: &[usize]| {
        *interpreted.borrow_mut() = rows.iter().copied().collect();
        Ok(rows.iter().map(|row| content(*row)).collect())
    };
    let contents = columns.contents(folder, ("segment", None), rows, interpret).expect("contents");
    assert!(contents.into_iter().eq(rows.iter().map(|row| content(*row))));
    interpreted.into_inner()
}

fn new() -> StoredColumns {
    StoredColumns::new("1".to_owned())
}

#[test]
fn rows_are_interpreted_once_whatever_rows_a_run_asks_for_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let all: Vec<usize> = (0..40_000).collect();
    let is_part = |row: &usize| row.is_multiple_of(7);
    let even: Vec<usize> = all.iter().copied().filter(|row| row.is_multiple_of(2)).collect();
    assert_eq!(ask(&new(), folder, &even).len(), even.len());
    assert_eq!(ask(&new(), folder, &even), even.iter().copied().filter(is_part).collect());
    let lacking = |row: &usize| row % 2 == 1 || is_part(row);
    assert_eq!(ask(&new(), folder, &all), all.iter().copied().filter(lacking).collect());
    for rows in [&all, &even] {
        assert_eq!(ask(&new(), folder, rows), rows.iter().copied().filter(is_part).collect());
    }
    let columns = new();
    ask(&columns, folder, &all);
    assert_eq!(columns.used().len(), 1);
    // Another version, segment or mapping has columns of its own.
    assert_eq!(ask(&StoredColumns::new("2".to_owned()), folder, &all).len(), all.len());
    assert_ne!(columns.key("segment", None), columns.key("segment", Some(Digest([0; 16]))));
    assert_ne!(columns.key("segment", None), columns.key("segments", None));
}

#[test]
fn few_rows_have_no_columns_and_changed_columns_are_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let rows: Vec<usize> = (1..=CONTENTS_MIN).collect();
    let columns = new();
    ask(&columns, folder, &rows[1..]);
    assert!(columns.used().is_empty() && !folder.join(store::RUN_STATE).exists());
    ask(&columns, folder, &rows);
    let key = columns.key("segment", None);
    let path = keyed::path(&folder.join(store::RUN_STATE), &key);
    let bytes = std::fs::read(&path).expect("columns");
    std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
    let result = columns.contents(folder, ("segment", None), &rows, |_| Ok(Vec::new()));
    assert!(matches!(result, Err(ArchiveError::Damaged { .. })));
}
