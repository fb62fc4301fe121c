//! Columns of every type, missing cells, and dense and sparse numbers.

use std::sync::Arc;

use arrow::array::{DictionaryArray, Float32Array, Int32Array, LargeStringArray, StringViewArray};
use arrow::datatypes::{Field, Schema};

use super::*;

fn table(columns: Vec<ArrayRef>) -> ColumnarTable {
    let field = |(at, array): (usize, &ArrayRef)| Field::new(at.to_string(), array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema.clone(), columns).expect("columns of one length");
    ColumnarTable::new(schema, vec![batch])
}

fn named(pairs: &NamedPairs) -> Vec<(&str, &str)> {
    let name = |at: u32| pairs.names[at as usize].as_str();
    pairs.pairs.iter().map(|(source, target)| (name(*source), name(*target))).collect()
}

#[test]
fn every_type_of_name_gives_the_same_pairs() {
    let expected = [("7", "-3"), ("-3", "7"), ("7", "7")];
    let whole: ArrayRef = Arc::new(Int32Array::from(vec![7, -3, 7]));
    let wide: ArrayRef = Arc::new(Int64Array::from(vec![-3, 7, 7]));
    let [one, other] = [["7", "-3", "7"], ["-3", "7", "7"]];
    let columns: [(ArrayRef, ArrayRef); 5] = [
        (whole.clone(), wide.clone()),
        (whole, Arc::new(StringArray::from(other.to_vec()))),
        (Arc::new(LargeStringArray::from(one.to_vec())), wide),
        (Arc::new(StringViewArray::from(one.to_vec())), Arc::new(StringViewArray::from(other.to_vec()))),
        (
            Arc::new(one.into_iter().collect::<DictionaryArray<arrow::datatypes::Int8Type>>()),
            Arc::new(StringArray::from(other.to_vec())),
        ),
    ];
    for (source, target) in columns {
        let pairs = table(vec![source, target]).pairs(0, 1).expect("reads");
        assert_eq!(named(&pairs), expected);
        assert_eq!(pairs.names.len(), 2);
    }
}

#[test]
fn sparse_whole_numbers_give_the_same_pairs_as_dense_ones() {
    let cells = [(i64::MIN, i64::MAX), (0, i64::MIN), (i64::MAX, 0)];
    let (numbers, pairs) = numbered(&cells);
    let back: Vec<(i64, i64)> =
        pairs.iter().map(|(one, other)| (numbers[*one as usize], numbers[*other as usize])).collect();
    assert_eq!((back.as_slice(), numbers.len()), (&cells[..], 3));
    assert_eq!(numbered(&[(4, 5), (5, 4)]), (vec![4, 5], vec![(0, 1), (1, 0)]));
}

#[test]
fn a_missing_or_wrong_cell_has_its_row() {
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("")]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), None]));
    let table = table(vec![names, numbers]);
    let missing = |row| UnreadableCell { row, is_missing: true };
    assert_eq!(table.pairs(0, 0), Err(missing(2)));
    assert_eq!(table.pairs(1, 1), Err(missing(3)));
    assert_eq!(table.texts(0), Err(missing(2)));
    assert_eq!(table.numbers(1), Err(missing(3)));
    assert_eq!(table.numbers(0), Err(UnreadableCell { row: 1, is_missing: false }));
    assert_eq!(table.pairs(0, 2), Err(missing(1)));
}

#[test]
fn a_number_of_32_bits_is_read_by_its_digits() {
    let table = table(vec![Arc::new(Float32Array::from(vec![0.1]))]);
    assert_eq!(table.numbers(0), Ok(vec![0.1]));
}
