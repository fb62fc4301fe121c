//! One file at an address. It is downloaded if it changed.

use std::fs::File;

use url::Url;

use super::{
    Fetched, SourceRequest,
    checkpoint::{Checkpoint, ranges},
    client::{Answer, Client, Resource},
    error::{FetchError, disk},
    spool::Spool,
};
use crate::record::Mode;

/// Fetches a file, unless it is as it was.
pub(super) fn fetch(
    client: &Client<'_>,
    request: &SourceRequest<'_>,
    spool: &mut Spool,
) -> Result<Fetched, FetchError> {
    let to = spool.download();
    let conditions = conditions(&spool.checkpoint, request.mode);
    let url = request.remote.url.clone();
    let answer = client.get(&Resource { url, accept: "*/*", conditions: &conditions, to: &to })?;
    if answer.is_unchanged {
        return Ok(Fetched::default());
    }
    let mut digest = blake3::Hasher::new();
    digest.update_reader(File::open(&to).map_err(disk("read", &to))?).map_err(disk("read", &to))?;
    let digest = digest.finalize().to_hex().to_string();
    let is_new =
        spool.checkpoint.digest.as_ref() != Some(&digest) || !has_file(&spool.checkpoint, request.mode);
    if is_new {
        let number = spool.keep_download(&file_name(&request.remote.url))?;
        if request.mode == Mode::Snapshot {
            spool.checkpoint.complete = Some(ranges(vec![number]));
        }
    }
    let validator = |answer: &Answer, name: &str| answer.header(name).map(str::to_owned);
    spool.checkpoint.etag = validator(&answer, "etag");
    spool.checkpoint.last_modified = validator(&answer, "last-modified");
    spool.checkpoint.digest = Some(digest);
    spool.save()?;
    Ok(Fetched { pages: u64::from(is_new), bytes: answer.bytes, ..Fetched::default() })
}

fn has_file(checkpoint: &Checkpoint, mode: Mode) -> bool {
    mode != Mode::Snapshot || checkpoint.complete.is_some()
}

/// Returns the headers that ask for a changed file only.
fn conditions(checkpoint: &Checkpoint, mode: Mode) -> Vec<(&'static str, String)> {
    if !has_file(checkpoint, mode) {
        return Vec::new();
    }
    let pair = |name, value: &Option<String>| value.clone().map(|value| (name, value));
    [pair("if-none-match", &checkpoint.etag), pair("if-modified-since", &checkpoint.last_modified)]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns a safe name for the file: the end of its path, so that its ending is known.
fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let is_safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let safe: Vec<char> = last.chars().filter(is_safe).collect();
    let name: String = safe[safe.len().saturating_sub(80)..].iter().collect();
    if name.trim_matches('.').is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_safe_end_of_its_path() {
        let name = |text: &str| file_name(&Url::parse(text).expect("an address"));
        assert_eq!(name("https://feeds.example/a/list.csv.gz?x=/../y"), "list.csv.gz");
        assert_eq!(name("https://feeds.example/a/%2e%2e%2fb"), "2e2e2fb");
        assert_eq!(name("https://feeds.example/"), "file");
        assert_eq!(name("https://feeds.example/..."), "file");
    }
}
