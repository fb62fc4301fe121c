//! Names and files of the folder of fetched deliveries.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::error::{FetchError, disk};

/// Folder of fetched deliveries, in that of the archive.
pub(super) const FETCHED: &str = "fetched";
/// Length of a number in the name of a file.
pub(super) const DIGITS: usize = 10;

/// Returns the folder of a source. The name is safe for every source.
pub(super) fn folder_of(state: &Path, source: &str) -> PathBuf {
    state.join(FETCHED).join(safe_name(source))
}

/// Returns the name of a folder: the source's own name, or, if it has other characters, a part of it and a digest.
pub(super) fn safe_name(source: &str) -> String {
    let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let is_plain = source.chars().all(is_safe) && !source.starts_with('.') && source.len() <= 64;
    if is_plain && !source.is_empty() && source != "lock" {
        return source.to_owned();
    }
    let kept: String = source.chars().filter(|c| is_safe(*c) && *c != '.').take(40).collect();
    format!("{kept}-{}", &blake3::hash(source.as_bytes()).to_hex()[..12])
}

/// Returns the number in the name of a fetched file.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let (digits, _) = name.split_once('-')?;
    (digits.len() == DIGITS).then(|| digits.parse().ok()).flatten()
}

/// Lists the fetched files of a folder by their numbers.
pub(super) fn numbered_files(folder: &Path) -> Result<Vec<(u64, String)>, FetchError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(disk("read", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(disk("read", folder))?.file_name().to_string_lossy().into_owned();
        files.extend(number_of(&name).map(|number| (number, name)));
    }
    files.sort();
    Ok(files)
}

/// Reads a file of this folder; `None` if it does not exist, or is damaged: the fetch then starts again.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FetchError> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk("read", path)(error)),
    }
}

/// Writes a file by rename, flushed.
pub(super) fn write_json(folder: &Path, name: &str, value: &impl Serialize) -> Result<(), FetchError> {
    let (partial, path) = (folder.join(format!("{name}.partial")), folder.join(name));
    let bytes = serde_json::to_vec(value).expect("plain data");
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    written.map_err(disk("write", &partial))?;
    fs::rename(&partial, &path).map_err(disk("write", &path))?;
    flush_folder(folder)
}

pub(super) fn flush_folder(folder: &Path) -> Result<(), FetchError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk("flush", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_are_safe_and_differ() {
        assert_eq!(safe_name("attack-enterprise"), "attack-enterprise");
        for name in ["", "..", ".", "a/b", "../x", "A", "café", "lock", &"x".repeat(65), "a b"] {
            let safe = safe_name(name);
            let is_plain = safe.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            assert!(is_plain && !safe.starts_with('.') && safe.len() <= 64 && safe != name, "{name} {safe}");
        }
        assert_ne!(safe_name("a b"), safe_name("ab"));
        assert_ne!(safe_name("A"), safe_name("a"));
    }
}
