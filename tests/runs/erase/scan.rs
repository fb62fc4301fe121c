//! Search for texts in every file of a state and its results, also in compressed ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{array::ArrayData, ipc::reader::FileReader, record_batch::RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// First bytes of compressed files.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZIP: [u8; 4] = *b"PK\x03\x04";
/// Bytes of a digest before the content of a file of run state.
const SEAL: usize = 32;

/// Returns the files that contain each of the texts, whatever their case: their paths below the deployment, or the kinds of
/// files as [`kind`] gives them.
pub(super) fn found(folders: &[PathBuf], texts: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut count = 0;
    for path in folders.iter().flat_map(|folder| files_below(folder)) {
        count += 1;
        let name = path.display().to_string();
        let mut parts = unpacked(&fs::read(&path).expect("a file"), 0);
        parts.push(name.clone().into_bytes());
        for part in parts {
            let part = part.to_ascii_lowercase();
            for text in texts {
                let wanted = text.to_ascii_lowercase();
                if part.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
                    found.entry((*text).to_owned()).or_default().insert(name.clone());
                }
            }
        }
    }
    assert!(count > 10, "{count} files are too few");
    found
}

/// Returns the kind of a file: its folder or table, without digests and names of runs.
pub(super) fn kind(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let place = parts.iter().position(|part| ["state", "out"].contains(part)).unwrap_or_default();
    let is_run = |part: &str| part.len() == 16 && part.ends_with('Z');
    let is_digest = |part: &str| part.len() >= 64 && part[..64].bytes().all(|byte| byte.is_ascii_hexdigit());
    let named: Vec<String> = parts[place..]
        .iter()
        .filter(|part| !is_run(part))
        .map(|part| if is_digest(part) { part[64..].to_owned() } else { (*part).to_owned() })
        .collect();
    named.join("/")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Returns the bytes of a file, and everything that can be unpacked from them.
fn unpacked(bytes: &[u8], depth: usize) -> Vec<Vec<u8>> {
    let mut parts = vec![bytes.to_vec()];
    assert!(depth < 4, "a file within files within files");
    let mut add = |inner: Vec<u8>| parts.extend(unpacked(&inner, depth + 1));
    for stored in [bytes, bytes.get(SEAL..).unwrap_or_default()] {
        if stored.starts_with(&ZSTD) {
            add(zstd::decode_all(stored).expect("zstd data"));
        }
    }
    if bytes.starts_with(&GZIP) {
        let mut inner = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut inner).expect("gzip data");
        add(inner);
    }
    if bytes.starts_with(&ZIP) {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
        for at in 0..archive.len() {
            let mut member = archive.by_index(at).expect("a member");
            let mut inner = member.name().expect("a name").into_owned().into_bytes();
            member.read_to_end(&mut inner).expect("its bytes");
            add(inner);
        }
    }
    if bytes.starts_with(b"PAR1") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes));
        let reader = reader.expect("a Parquet file").build().expect("its rows");
        for batch in reader {
            parts.extend(buffers(&batch.expect("a batch")));
        }
    } else if bytes.starts_with(b"ARROW1") {
        let reader = FileReader::try_new(Cursor::new(bytes), None).expect("an Arrow file");
        for batch in reader {
            parts.extend(buffers(&batch.expect("a batch")));
        }
    }
    parts
}

/// Returns the buffers of all columns, also those bytes of them that no row shows.
fn buffers(batch: &RecordBatch) -> Vec<Vec<u8>> {
    fn add(data: &ArrayData, buffers: &mut Vec<Vec<u8>>) {
        buffers.extend(data.buffers().iter().map(|buffer| buffer.as_slice().to_vec()));
        for child in data.child_data() {
            add(child, buffers);
        }
    }
    let mut buffers = Vec::new();
    for column in batch.columns() {
        add(&Arc::clone(column).to_data(), &mut buffers);
    }
    buffers
}
