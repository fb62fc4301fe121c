//! Segments and manifests of an archive with arbitrary bytes and the right digests, so that the bytes reach the decoders.

use std::{fs, path::Path};

use araneus::archive::{Access, Archive};
use serde_json::{Value, json};

/// Opens an archive whose manifest, segment of records, segment of deliveries or reports are arbitrary, and reads all of it.
pub fn archive(data: &[u8]) {
    let (variant, bytes) = super::split(data);
    let folder = tempfile::tempdir().expect("a folder");
    if write(folder.path(), variant % 4, bytes).is_none() {
        return;
    }
    let Ok(archive) = Archive::open(folder.path(), Access::Read) else { return };
    let _ = archive.verify();
    let _ = archive.judgements();
}

/// Writes the archive; `None` if a file cannot be written.
fn write(state: &Path, variant: usize, bytes: &[u8]) -> Option<()> {
    for folder in ["manifests", "segments"] {
        fs::create_dir_all(state.join(folder)).ok()?;
    }
    let digest = blake3::hash(bytes).to_hex().to_string();
    let manifest = if variant == 0 {
        bytes.to_vec()
    } else {
        let (member, ending) =
            [("records", "parquet"), ("deliveries", "parquet"), ("reports", "report.json.zst")][variant - 1];
        fs::write(state.join("segments").join(format!("{digest}.{ending}")), bytes).ok()?;
        let mut commit: Value = json!({ "as_of": "2026-03-02T02:00:00Z", "rules": {} });
        commit[member] = digest.into();
        serde_json::to_vec_pretty(&json!({ "layout": 3, "commits": [commit] })).ok()?
    };
    let name = blake3::hash(&manifest).to_hex().to_string();
    fs::write(state.join("manifests").join(format!("{name}.json")), &manifest).ok()?;
    for pointer in ["current", "confirmed"] {
        fs::write(state.join(pointer), &name).ok()?;
    }
    Some(())
}
