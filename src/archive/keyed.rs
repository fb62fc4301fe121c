//! Compressed files that are named by a key, each with a digest of its key and content.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::store::{self, ArchiveError};

/// Ending of the files.
pub(super) const ENDING: &str = "json.zst";
/// End of a key whose file has columns instead of JSON.
pub(super) const COLUMNS: &str = ".columns";

/// Compression of JSON and of columns. Columns are large, and most of their bytes are digests.
const LEVEL: i32 = 3;
const LEVEL_OF_COLUMNS: i32 = 1;

/// Returns the path of the file of a key.
pub(super) fn path(folder: &Path, key: &str) -> PathBuf {
    let ending = if key.ends_with(COLUMNS) { "zst" } else { ENDING };
    folder.join(format!("{key}.{ending}"))
}

/// Returns the key in the name of a file; `None` for the name of another file.
fn key_of(name: &str) -> Option<&str> {
    let of_json = name.strip_suffix(ENDING).and_then(|name| name.strip_suffix('.'));
    of_json.or_else(|| name.strip_suffix(".zst").filter(|key| key.ends_with(COLUMNS)))
}

/// Returns the files of a folder by their keys; empty if there is no such folder.
pub(super) fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(store::disk("read", folder)(error)),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(store::disk("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(key) = key_of(&name) {
            files.insert(key.to_owned(), entry.path());
        }
    }
    Ok(files)
}

/// Returns the digest of a file. It includes the key, so that a renamed file is detected.
fn seal<'a>(key: &str, packed: impl IntoIterator<Item = &'a [u8]>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&[0]);
    for part in packed {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Writes the file of a key.
pub(super) fn write(path: &Path, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    write_with(path, key, &mut |out| out.write_all(bytes))
}

/// Writes the file of a key. `fill` writes its content, which is never in memory as a whole.
pub(super) fn write_with(
    path: &Path,
    key: &str,
    fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> Result<(), ArchiveError> {
    store::make_parent(path)?;
    let level = if key.ends_with(COLUMNS) { LEVEL_OF_COLUMNS } else { LEVEL };
    let mut encoder = zstd::Encoder::new(Parts::default(), level).expect("compressing in memory");
    fill(&mut encoder).expect("writing in memory");
    let Parts(packed) = encoder.finish().expect("compressing in memory");
    // The digest of the content precedes the content.
    let digest = seal(key, packed.iter().map(Vec::as_slice));
    let parts = std::iter::once(digest.as_bytes().as_slice()).chain(packed.iter().map(Vec::as_slice));
    store::write_whole_parts(path, parts)
}

/// Bytes in memory, in parts that do not move when further bytes follow.
#[derive(Default)]
struct Parts(Vec<Vec<u8>>);

/// Bytes of a part, except of a single one, which may have fewer.
const PART: usize = 1 << 20;

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_full = |part: &Vec<u8>| part.len() == PART;
        if self.0.last().is_none_or(is_full) {
            // Most files are small.
            let capacity = if self.0.is_empty() { 0 } else { PART };
            self.0.push(Vec::with_capacity(capacity));
        }
        let Some(part) = self.0.last_mut() else { return Ok(0) };
        let count = bytes.len().min(PART - part.len());
        part.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the file of a key; `None` if it is missing. `damage` describes the error of a changed file.
pub(super) fn read(path: &Path, key: &str, damage: &'static str) -> Result<Option<Vec<u8>>, ArchiveError> {
    let Some(mut content) = open(path, key, damage)? else { return Ok(None) };
    let mut bytes = Vec::new();
    match content.read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(_) => Err(ArchiveError::Damaged { path: path.to_owned(), what: damage }),
    }
}

/// Checks the file of a key, and returns a reader of its content; `None` if it is missing.
pub(super) fn open(
    path: &Path,
    key: &str,
    damage: &'static str,
) -> Result<Option<impl Read + use<>>, ArchiveError> {
    let damaged = || ArchiveError::Damaged { path: path.to_owned(), what: damage };
    let stored = match fs::read(path) {
        Ok(stored) => stored,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store::disk("read", path)(error)),
    };
    let (digest, packed) = stored.split_at_checked(blake3::OUT_LEN).ok_or_else(damaged)?;
    if seal(key, [packed]).as_bytes() != digest {
        return Err(damaged());
    }
    let mut packed = io::Cursor::new(stored);
    packed.set_position(blake3::OUT_LEN as u64);
    zstd::Decoder::with_buffer(packed).map(Some).map_err(|_| damaged())
}
