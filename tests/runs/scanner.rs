//! Scanner: finds a text in every file of a folder, also in compressed files and in tables.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::DataType,
    util::display::array_value_to_string,
};

/// Text in the place of contents that cannot be read. Such a file is found, too: nobody knows what it has.
const UNREADABLE: &str = "unreadable contents";

/// Returns the files below a folder that contain one of the texts, in any case, with the text.
#[track_caller]
pub(crate) fn files_with(folder: &Path, texts: &[&str]) -> Vec<(PathBuf, String)> {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let mut found = Vec::new();
    for file in files_below(folder) {
        let contents = readable(&fs::read(&file).expect("a file"), 0);
        let name = file.to_string_lossy().to_lowercase();
        if contents.iter().any(|content| content == UNREADABLE) {
            found.push((file.clone(), UNREADABLE.to_owned()));
        }
        for text in &texts {
            let is_named = name.contains(text.as_str());
            if is_named || contents.iter().any(|content| content.contains(text.as_str())) {
                found.push((file.clone(), text.clone()));
            }
        }
    }
    found
}

/// Returns every file below a folder, sorted; links are not followed.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("its type");
        if kind.is_dir() {
            files.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    files
}

/// Returns what a reader sees in some bytes: the bytes, and their contents unpacked, in lower case.
fn readable(bytes: &[u8], depth: usize) -> Vec<String> {
    let mut contents = vec![String::from_utf8_lossy(bytes).to_lowercase()];
    if depth > 3 {
        return contents;
    }
    match inner(bytes, depth) {
        Some(inner) => contents.extend(inner),
        None => contents.push(UNREADABLE.to_owned()),
    }
    contents
}

/// Returns the contents of a compressed file or of a table; `None` if they cannot be read.
fn inner(bytes: &[u8], depth: usize) -> Option<Vec<String>> {
    let unpacked = match bytes {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => vec![zstd::decode_all(bytes).ok()?],
        [0x1f, 0x8b, ..] => {
            let mut inner = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut inner).ok()?;
            vec![inner]
        }
        [b'P', b'K', 3, 4, ..] => zipped(bytes)?,
        _ if bytes.starts_with(b"PAR1") => return parquet(bytes),
        _ if bytes.starts_with(b"ARROW1") => {
            let reader = arrow::ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None).ok()?;
            return reader.map(|batch| Some(cells(&batch.ok()?))).collect();
        }
        _ => Vec::new(),
    };
    Some(unpacked.iter().flat_map(|inner| readable(inner, depth + 1)).collect())
}

fn zipped(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let count = archive.len();
    let member = |position: usize| {
        let mut inner = Vec::new();
        archive.by_index(position).ok()?.read_to_end(&mut inner).ok()?;
        Some(inner)
    };
    (0..count).map(member).collect()
}

fn parquet(bytes: &[u8]) -> Option<Vec<String>> {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes);
    reader.ok()?.build().ok()?.map(|batch| Some(cells(&batch.ok()?))).collect()
}

fn cells(batch: &RecordBatch) -> String {
    let mut text = String::new();
    let is_time = |column: &&ArrayRef| matches!(column.data_type(), DataType::Timestamp(..));
    for column in batch.columns().iter().filter(|column| !is_time(column)) {
        for row in 0..batch.num_rows() {
            text.push_str(&array_value_to_string(column, row).expect("a value").to_lowercase());
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_text_is_found_in_every_kind_of_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = "Quillfeather";
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("a file");
    write("plain.txt", b"of Quillfeather and others");
    write("packed.zst", &zstd::encode_all(token.as_bytes(), 3).expect("packed"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, token.as_bytes()).expect("packed");
    write("packed.gz", &gzip.finish().expect("packed"));
    write("quillfeather.txt", b"");
    write("other.txt", b"nothing");
    write("damaged.zst", &[0x28, 0xb5, 0x2f, 0xfd, 1]);
    let found = files_with(folder.path(), &[token]);
    assert_eq!(found.len(), 5, "{found:?}");
}
