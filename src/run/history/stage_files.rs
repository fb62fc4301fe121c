//! Files of kept stages, and digests for their keys.

use serde::{Serialize, de::DeserializeOwned};

use crate::{archive::Archive, run::error::RunError};

/// Reads the stage of a key; `None` if it is missing.
pub(super) fn read<Stage: DeserializeOwned>(archive: &Archive, key: &str) -> Result<Option<Stage>, RunError> {
    let bytes = archive.run_state(key)?;
    // A stage that another version of this program wrote is computed again.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Keeps a stage under a key.
pub(super) fn write(archive: &Archive, key: &str, stage: &impl Serialize) -> Result<(), RunError> {
    Ok(archive.keep_run_state(key, &serde_json::to_vec(stage).expect("a stage is plain data"))?)
}

/// Returns a digest of plain data.
pub(super) fn digest_of(parts: &impl Serialize) -> String {
    let text = serde_json::to_string(parts).expect("rules are plain data");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
