use std::io::Write;

use arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
        FixedSizeBinaryArray, Float64Array, Int64Array, LargeStringArray, ListBuilder, NullArray,
        StringArray, StringBuilder, StringViewArray, StructArray, Time64MicrosecondArray,
        TimestampMicrosecondArray, TimestampNanosecondArray,
    },
    datatypes::Int8Type,
    ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter},
};
use parquet::{
    arrow::ArrowWriter,
    basic::Compression,
    file::properties::{WriterProperties, WriterPropertiesBuilder},
};
use serde_json::{Value, json};

use super::*;
use crate::ingest::{Input, Location, Status, read_mapped, table::load};

const MAPPING: &str =
    "[table]\noptional = [\"confidence\"]\n[[entity]]\nas = \"it\"\nkind = \"thing\"\nkey = \"{text}\"\n";

fn parquet_of(batch: &RecordBatch, settings: WriterPropertiesBuilder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(settings.build())).expect("a schema");
    writer.write(batch).expect("writes to memory");
    writer.close().expect("writes to memory");
    bytes
}

fn plain(batch: &RecordBatch) -> Vec<u8> {
    parquet_of(batch, WriterProperties::builder())
}

fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
    let lz4 = Some(arrow::ipc::CompressionType::LZ4_FRAME);
    let options = IpcWriteOptions::default().try_with_compression(lz4).expect("is built in");
    let mut writer =
        FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).expect("a schema");
    writer.write(batch).expect("writes to memory");
    writer.finish().expect("writes to memory");
    writer.into_inner().expect("finished")
}

fn arrow_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a schema");
    writer.write(batch).expect("writes to memory");
    writer.into_inner().expect("finishes")
}

fn read_by(mapping: &str, bytes: Vec<u8>) -> Delivery {
    let mapping = load::parse(mapping).expect("a mapping");
    let mappings = [("feed".to_owned(), Arc::new(SourceMapping::new(mapping, "feed")))].into();
    let input = Input {
        source: "feed".to_owned(),
        path: "-".to_owned(),
        location: Location::Bytes(bytes),
        pseudonyms: None,
    };
    read_mapped(&[input], &mappings, &|_| {}).remove(0)
}

fn objects(delivery: &Delivery) -> Vec<Value> {
    delivery.accepted.iter().map(|taken| serde_json::from_str(&taken.object).expect("JSON")).collect()
}

fn of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("columns of one length")
}

/// Two rows of values, the second of nothing but its name.
fn typed() -> RecordBatch {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("x|y"), None, Some("z")]);
    lists.append_null();
    let coded: DictionaryArray<Int8Type> = [Some("same"), None].into_iter().collect();
    let bytes =
        FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([0x0f_u8, 0xa0]), None].into_iter(), 2);
    let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("Oslo"), None]));
    of(vec![
        ("text", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("large", Arc::new(LargeStringArray::from(vec![Some("l"), None]))),
        ("view", Arc::new(StringViewArray::from(vec![Some("a text beyond twelve bytes"), Some("")]))),
        ("true", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(-7_000_000_000), None]))),
        ("float", Arc::new(Float64Array::from(vec![Some(1_289_241_911.728_36), None]))),
        ("round", Arc::new(Float64Array::from(vec![Some(12.0), None]))),
        (
            "money",
            Arc::new(
                Decimal128Array::from(vec![Some(1050), None]).with_precision_and_scale(9, 2).expect("fits"),
            ),
        ),
        ("day", Arc::new(Date32Array::from(vec![Some(17_441), None]))),
        (
            "moment",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1_506_915_960_500_000), None])
                    .with_timezone("+02:00"),
            ),
        ),
        ("civil", Arc::new(TimestampNanosecondArray::from(vec![Some(1_506_915_960_000_000_001), None]))),
        ("clock", Arc::new(Time64MicrosecondArray::from(vec![Some(13_560_000_000), None]))),
        ("list", Arc::new(lists.finish())),
        ("coded", Arc::new(coded)),
        ("digest", Arc::new(bytes.expect("two bytes each"))),
        ("old", Arc::new(BinaryArray::from(vec![Some("unsaid".as_bytes()), None]))),
        ("place", Arc::new(StructArray::try_from(vec![("town", inner)]).expect("one length"))),
    ])
}

#[test]
fn a_value_has_the_spelling_that_it_has_in_csv() {
    let formatted = json!({
        "text": "a", "large": "l", "view": "a text beyond twelve bytes", "true": "true", "whole": "-7000000000",
        "float": "1289241911.72836", "round": "12", "money": "10.5", "day": "2017-10-02",
        "moment": "2017-10-02T03:46:00.5Z", "civil": "2017-10-02T03:46:00.000000001", "clock": "03:46:00",
        "list": ["x|y", "z"], "coded": "same", "digest": "0fa0", "old": "unsaid", "place.town": "Oslo",
    });
    for (bytes, format) in
        [(plain(&typed()), "parquet"), (arrow_file(&typed()), "arrow"), (arrow_stream(&typed()), "arrow")]
    {
        let delivery = read_by(MAPPING, bytes);
        assert_eq!((delivery.status, delivery.format), (Status::Ok, Some(format)), "{:?}", delivery.rejects);
        assert_eq!(objects(&delivery), [formatted.clone(), json!({ "text": "b" })], "{format}");
        let positions: Vec<&str> = delivery.accepted.iter().map(|taken| &*taken.position).collect();
        assert_eq!(positions, ["row 1", "row 2"]);
    }
}

#[test]
fn numbers_are_spelled_as_the_mapping_reads_them_and_columns_may_be_counted() {
    let batch = of(vec![
        ("any", Arc::new(StringArray::from(vec!["a"]))),
        ("other", Arc::new(Float64Array::from(vec![1234.5]))),
    ]);
    let counted = "[table]\ncolumns = [\"text\", \"sum\"]\ndecimal = \",\"\nthousands = \".\"\n";
    let entity = MAPPING.split_once("[[entity]]").expect("an entity").1;
    let delivery = read_by(&format!("{counted}[[entity]]{entity}"), plain(&batch));
    assert_eq!(objects(&delivery), [json!({ "1": "a", "2": "1234,5" })]);
}

#[test]
fn equal_numbers_have_one_spelling_whatever_the_type_of_their_column() {
    let keys = |array: ArrayRef| -> Vec<Option<String>> {
        let names = StringArray::from(vec!["a", "b", "c", "d", "e", "f"]);
        let batch = of(vec![("text", Arc::new(names) as ArrayRef), ("n", array)]);
        let key = |object: &Value| Some(object.get("n")?.as_str()?.to_owned());
        let [parquet, arrow] = [plain(&batch), arrow_file(&batch)].map(|bytes| read_by(MAPPING, bytes));
        assert_eq!(objects(&parquet), objects(&arrow));
        objects(&parquet).iter().map(key).collect()
    };
    let expected = |texts: [Option<&str>; 6]| texts.map(|text| text.map(str::to_owned));
    let floats = [Some(101.0), Some(-0.0), Some(1e21), Some(f64::NAN), Some(f64::NEG_INFINITY), Some(0.1)];
    let formatted =
        expected([Some("101"), Some("0"), Some("1000000000000000000000"), None, None, Some("0.1")]);
    assert_eq!(keys(Arc::new(Float64Array::from(floats.to_vec()))), formatted);
    let singles = floats.map(|number| number.map(|number| number as f32)).to_vec();
    assert_eq!(keys(Arc::new(arrow::array::Float32Array::from(singles))), formatted);
    let whole = Int64Array::from(vec![Some(101), Some(0), None, Some(-7), None, Some(1)]);
    let as_whole = expected([Some("101"), Some("0"), None, Some("-7"), None, Some("1")]);
    assert_eq!(keys(Arc::new(whole)), as_whole);
    let cents = Decimal128Array::from(vec![Some(10_100), Some(0), None, Some(-700), None, Some(100)]);
    assert_eq!(keys(Arc::new(cents.with_precision_and_scale(9, 2).expect("fits"))), as_whole);
}

#[test]
fn numbers_of_16_bits_and_in_runs_are_spelled_alike() {
    use arrow::array::{Float32Array, Int32Array, RunArray};
    let halves = Float32Array::from(vec![Some(101.0), Some(0.1), Some(f32::NAN), None]);
    let halves = arrow::compute::cast(&halves, &arrow::datatypes::DataType::Float16).expect("a cast");
    let runs = RunArray::try_new(&Int32Array::from(vec![3, 4]), &Float64Array::from(vec![Some(101.0), None]));
    let names = StringArray::from(vec!["a", "b", "c", "d"]);
    let batch = of(vec![
        ("text", Arc::new(names) as ArrayRef),
        ("half", halves),
        ("run", Arc::new(runs.expect("runs"))),
    ]);
    let expected = [
        json!({ "text": "a", "half": "101", "run": "101" }),
        json!({ "text": "b", "half": "0.1", "run": "101" }),
        json!({ "text": "c", "run": "101" }),
        json!({ "text": "d" }),
    ];
    assert_eq!(objects(&read_by(MAPPING, arrow_file(&batch))), expected);
}

#[test]
fn every_group_is_read_and_rows_are_numbered_through_whatever_they_are_packed_with() {
    let names: Vec<String> = (1..=40).map(|number| format!("n{number}")).collect();
    let batch = of(vec![("text", Arc::new(StringArray::from(names.clone())))]);
    for packing in
        [Compression::SNAPPY, Compression::LZ4_RAW, Compression::GZIP(parquet::basic::GzipLevel::default())]
    {
        let settings =
            WriterProperties::builder().set_compression(packing).set_max_row_group_row_count(Some(7));
        let delivery = read_by(MAPPING, parquet_of(&batch, settings));
        let found: Vec<(String, String)> = delivery
            .accepted
            .iter()
            .map(|taken| (taken.position.to_string(), taken.object.to_string()))
            .collect();
        let expected: Vec<(String, String)> = (1..)
            .zip(&names)
            .map(|(number, name)| (format!("row {number}"), json!({ "text": name }).to_string()))
            .collect();
        assert_eq!(found, expected, "{packing:?}");
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain(&batch)).expect("writes to memory");
    assert_eq!(read_by(MAPPING, gzip.finish().expect("finishes")).accepted.len(), 40);
    let packed = zstd::encode_all(arrow_stream(&batch).as_slice(), 3).expect("compresses");
    assert_eq!(read_by(MAPPING, packed).accepted.len(), 40);
}

#[test]
fn an_arrow_file_is_read_by_its_footer_whatever_stands_before_its_first_batch() {
    let batch = of(vec![("text", Arc::new(StringArray::from(vec!["a", "b"])))]);
    let mut bytes = arrow_file(&batch);
    // The length of the schema's message, which some writers leave out.
    bytes[8..16].fill(0);
    assert_eq!(objects(&read_by(MAPPING, bytes)), [json!({ "text": "a" }), json!({ "text": "b" })]);
}

#[test]
fn bytes_that_are_no_text_cost_their_row_where_the_mapping_reads_them() {
    let bytes = || Arc::new(BinaryArray::from(vec![b"plain".as_slice(), b"\xff\xfe", b"more"]));
    let batch = of(vec![("text", bytes()), ("blob", bytes())]);
    let delivery = read_by(MAPPING, plain(&batch));
    let rejects: Vec<(&str, &str)> =
        delivery.rejects.iter().map(|reject| (reject.position.as_str(), reject.cause.rule.name())).collect();
    assert_eq!(rejects, [("row 2", "encoding")]);
    let unread = of(vec![("text", Arc::new(StringArray::from(vec!["a", "b", "c"]))), ("blob", bytes())]);
    let delivery = read_by(MAPPING, plain(&unread));
    assert_eq!(objects(&delivery)[1], json!({ "text": "b" }));
    assert!(delivery.rejects.is_empty());
}

#[test]
fn a_table_without_a_column_that_the_mapping_reads_is_refused_whole() {
    let batch = of(vec![("other", Arc::new(StringArray::from(vec!["a"])))]);
    let delivery = read_by(MAPPING, plain(&batch));
    assert_eq!(delivery.status, Status::Rejected);
    assert_eq!(delivery.rejects[0].cause.rule, RejectRule::MissingColumn);
}

#[test]
fn a_file_that_is_cut_or_altered_is_refused_or_read_and_harms_nothing() {
    for whole in [plain(&typed()), arrow_file(&typed()), arrow_stream(&typed())] {
        for length in (4..whole.len()).step_by(97) {
            let delivery = read_by(MAPPING, whole[..length].to_vec());
            assert!(delivery.accepted.is_empty() || delivery.status == Status::Ok, "cut at {length}");
        }
        for at in (0..whole.len()).step_by(11) {
            let mut altered = whole.clone();
            altered[at] ^= 0xff;
            let delivery = read_by(MAPPING, altered);
            assert!(delivery.accepted.is_empty() || delivery.status == Status::Ok, "altered at {at}");
        }
    }
    let cut = &plain(&typed())[..200];
    let delivery = read_by(MAPPING, cut.to_vec());
    assert_eq!((delivery.status, delivery.rejects.len()), (Status::Rejected, 1));
    assert_eq!(delivery.rejects[0].cause.rule, RejectRule::Unreadable);
}

#[test]
fn a_few_bytes_that_stand_for_very_many_are_refused_by_name() {
    let long = "x".repeat(1 << 16);
    let one: StringViewArray = [Some(long.as_str())].into_iter().collect();
    let indices = arrow::array::UInt64Array::from(vec![0; 8_192]);
    let many = arrow::compute::take(&one, &indices, None).expect("in range");
    let repeated = of(vec![("text", many)]);
    let settings = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let nothing = of(vec![("text", Arc::new(NullArray::new(100_000_000)))]);
    for bytes in [parquet_of(&repeated, settings), arrow_stream(&nothing)] {
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        let delivery = read_by(MAPPING, bytes);
        assert_eq!(delivery.rejects[0].cause.rule, RejectRule::Size);
        assert!(delivery.accepted.is_empty());
    }
}
