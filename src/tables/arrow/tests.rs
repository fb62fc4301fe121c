//! Tables read back are equal to the tables written, to the bit.

use std::fs;

use arrow::ipc::reader::FileReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::TABLE_FILES;
use super::super::read::read_table;
use super::super::schema::{Folder, TABLES, table};
use super::*;
use crate::columns::PackedLists;

/// Rows of every kind of value for any table, some unknown where that is allowed.
fn filled(table: &Table, extra: &[Extra], rows: usize) -> Columns {
    let whole = |row: usize| i64::try_from(row).expect("few rows");
    let known = |nullable: bool, row: usize| !nullable || row % 3 != 1;
    let own = table.fields.iter().map(|field| {
        let known = |row| known(field.nullable, row);
        let rows = 0..rows;
        let column = match field.column_type {
            ColumnType::Text => {
                Column::Text(rows.map(|row| known(row).then(|| format!("{} é {row}", field.name))).collect())
            }
            ColumnType::Texts => Column::Texts(
                rows.map(|row| (0..row % 4).map(|item| format!("{row}/{item}")).collect()).collect(),
            ),
            ColumnType::Count => Column::Count(rows.map(|row| known(row).then_some(row as u64)).collect()),
            ColumnType::Number => {
                Column::Number(rows.map(|row| known(row).then_some(row as f64 / 7.0)).collect())
            }
            ColumnType::Time => Column::Time(
                rows.map(|row| known(row).then_some(1_763_690_400_000_001 - whole(row))).collect(),
            ),
            ColumnType::Flag => Column::Flag(rows.map(|row| known(row).then_some(row % 2 == 0)).collect()),
            ColumnType::Whole => Column::Whole(rows.map(|row| whole(row) - 2).collect()),
        };
        (field.name.to_owned(), column)
    });
    let more = extra.iter().map(|extra| {
        let values = (0..rows).map(|row| (row != 1).then_some(0.1 * row as f64)).collect();
        (extra.name.clone(), Column::Number(values))
    });
    Columns::new(own.chain(more))
}

fn extras(table: &Table) -> Vec<Extra> {
    let names = if table.grows.is_some() { &["degree", "pagerank"][..] } else { &[] };
    let one =
        |name: &&str| Extra { name: (*name).to_owned(), about: format!("The {name}."), ..Extra::default() };
    names.iter().map(one).collect()
}

#[test]
fn write_then_read_is_identity_and_two_writes_are_equal_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    for table in TABLES {
        let extra = extras(table);
        for format in TABLE_FILES.iter().filter(|format| format.is_readable()) {
            for rows in [0, 11] {
                let columns = filled(table, &extra, rows);
                let write = || write_table(folder.path(), table, &extra, &columns, format);
                let path = write().expect("written");
                let first = fs::read(&path).expect("bytes");
                assert_eq!(read_table(&path).expect("read"), columns, "{} {}", table.name, format.name);
                write().expect("written again");
                assert!(first == fs::read(&path).expect("bytes"), "{} {}", table.name, format.name);
            }
        }
    }
}

#[test]
fn a_table_of_several_batches_comes_back_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = table(Folder::Measure, "members");
    let columns = filled(table, &[], BATCH_ROWS + 3);
    for format in TABLE_FILES.iter().filter(|format| format.is_readable()) {
        let path = write_table(folder.path(), table, &[], &columns, format).expect("written");
        assert!(read_table(&path).expect("read") == columns, "{}", format.name);
    }
}

#[test]
fn every_field_carries_its_sentence_in_both_formats() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = table(Folder::Audience, "metrics");
    let extra = extras(table);
    let columns = filled(table, &extra, 3);
    let arrow = write_table(folder.path(), table, &extra, &columns, &TABLE_FILES[0]).expect("written");
    let arrow = FileReader::try_new(File::open(arrow).expect("open"), None).expect("arrow");
    let parquet = write_table(folder.path(), table, &extra, &columns, &TABLE_FILES[1]).expect("written");
    let parquet = ParquetRecordBatchReaderBuilder::try_new(File::open(parquet).expect("open"));
    for schema in [arrow.schema(), Arc::clone(parquet.expect("parquet").schema())] {
        assert_eq!(schema.metadata()["description"], table.about);
        let said: Vec<_> =
            schema.fields().iter().map(|field| field.metadata()["description"].clone()).collect();
        assert_eq!(said, [table.fields[0].about, "The degree.", "The pagerank."]);
    }
}

#[test]
#[should_panic(expected = "members.weight is number, not text")]
fn a_column_of_the_wrong_type_is_a_mistake_of_ours() {
    let members = table(Folder::Audience, "members");
    let text = || Column::Text(vec![Some("x".to_owned())]);
    let columns = Columns::new([("community_id", text()), ("entity_id", text()), ("weight", text())]);
    check(members, &[], &columns);
}

#[test]
#[should_panic(expected = "members.entity_id is never null, but is in row Some(1)")]
fn an_unknown_value_where_none_may_be_is_a_mistake_of_ours() {
    let members = table(Folder::Audience, "members");
    let columns = Columns::new([
        ("community_id", Column::Text(vec![Some("x".to_owned()); 2])),
        ("entity_id", Column::Text(vec![Some("x".to_owned()), None])),
        ("weight", Column::Number(vec![Some(1.0); 2])),
    ]);
    check(members, &[], &columns);
}

#[test]
fn a_whole_batch_equals_that_of_its_rows() {
    let (mut texts, mut lists) = (PackedTexts::default(), PackedLists::default());
    for row in 0..40 {
        if row % 7 == 3 {
            texts.push_null();
        } else {
            texts.push(format!("text {row}"));
        }
        lists.push((0..row % 4).map(|item| format!("ä {row}/{item}")));
    }
    let reals = (0..40).map(|row| if row % 5 == 0 { f64::NAN } else { f64::from(row) }).collect();
    let columns = Columns::new([
        ("a", Column::Packed(texts)),
        ("b", Column::PackedLists(lists)),
        ("c", Column::Real(reals)),
    ]);
    let field = |name, column_type, nullable| arrow_field(name, column_type, nullable, "");
    let fields = vec![
        field("a", ColumnType::Text, true),
        field("b", ColumnType::Texts, false),
        field("c", ColumnType::Number, true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let of_rows = batch(&schema, &columns, 0, 40);
    let whole = whole_batch(&schema, columns);
    assert_eq!(whole, of_rows);
    for format in TABLE_FILES {
        let written = |batch: &RecordBatch| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            let writer = BufWriter::new(file.reopen().expect("a file"));
            (format.write)(writer, &schema, &mut std::iter::once(batch.clone())).expect("written");
            fs::read(file.path()).expect("bytes")
        };
        assert!(written(&whole) == written(&of_rows), "{}", format.name);
    }
}
