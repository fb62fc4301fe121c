//! Unpacks stored bytes within limits, and checks that text is UTF-8.

use std::io::{self, Read};

use super::reject::{Reject, RejectRule};

/// Most bytes that one file may unpack to.
pub(super) const SIZE_MAX: u64 = 4 << 30;
/// Largest ratio of unpacked to stored bytes, beyond the first [`RATIO_FREE`] bytes.
const RATIO_MAX: u64 = 1000;
/// Unpacked size below which every ratio is allowed.
const RATIO_FREE: u64 = 64 << 20;
/// Logarithm of the largest window of Zstandard: 128 MiB, the window of `zstd --long=27`.
pub(super) const ZSTANDARD_WINDOW_LOG: u32 = 27;

/// Returns the most bytes that a number of stored bytes may unpack to.
pub(super) fn limit(stored: u64) -> u64 {
    SIZE_MAX.min(stored.saturating_mul(RATIO_MAX).max(RATIO_FREE))
}

/// Unpacks gzip or Zstandard, recognised by their first bytes. Other bytes are returned as they are.
pub(crate) fn unpack(stored: Vec<u8>) -> Result<Vec<u8>, Reject> {
    let size = stored.len() as u64;
    let limit = limit(size);
    match stored.as_slice() {
        [0x1f, 0x8b, ..] => read_within(flate2::read::MultiGzDecoder::new(stored.as_slice()), limit, "gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let broken = |error| broken(&error, "Zstandard");
            let mut decoder = zstd::Decoder::new(stored.as_slice()).map_err(broken)?;
            decoder.window_log_max(ZSTANDARD_WINDOW_LOG).map_err(broken)?;
            read_within(decoder, limit, "Zstandard")
        }
        _ if size > SIZE_MAX => Err(too_large(SIZE_MAX)),
        _ => Ok(stored),
    }
}

fn read_within(reader: impl Read, limit: u64, what: &str) -> Result<Vec<u8>, Reject> {
    let mut bytes = Vec::new();
    let read = reader.take(limit + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(broken(&error, what)),
    }
}

/// Returns the reject of compressed data that cannot be unpacked.
pub(super) fn broken(error: &io::Error, what: &str) -> Reject {
    // Zstandard reports by a text of its own that it has no memory.
    if error.kind() == io::ErrorKind::OutOfMemory || error.to_string().contains("not enough memory") {
        return out_of_memory();
    }
    Reject::new(RejectRule::Compression, format!("{what} data that cannot be unpacked"))
}

/// Returns the reject of a file that needs more memory than its reader may use.
pub(super) fn out_of_memory() -> Reject {
    let reason = "reading the file needs more memory than its reader may use (key `reader.memory_mib`)";
    Reject::new(RejectRule::ReaderMemory, reason)
}

pub(super) fn too_large(limit: u64) -> Reject {
    Reject::new(RejectRule::Size, format!("larger than {limit} bytes when unpacked (size or ratio limit)"))
}

/// Returns the bytes as text, without the byte-order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Reject> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let position = error.valid_up_to();
        Reject::new(RejectRule::Encoding, format!("not UTF-8 at byte {position}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_compression_bomb_is_refused_by_name() {
        let zeros = vec![0_u8; 128 << 20];
        let bomb = zstd::encode_all(zeros.as_slice(), 3).expect("compresses");
        assert_eq!(unpack(bomb).map_err(|reject| reject.rule), Err(RejectRule::Size));
    }

    #[test]
    fn what_was_packed_is_unpacked_and_what_was_cut_is_refused() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"{\"a\":1}").expect("writes to memory");
        let packed = gzip.finish().expect("finishes in memory");
        assert_eq!(unpack(packed.clone()).as_deref(), Ok(b"{\"a\":1}".as_slice()));
        let cut = packed[..packed.len() - 6].to_vec();
        assert_eq!(unpack(cut).map_err(|reject| reject.rule), Err(RejectRule::Compression));
    }

    #[test]
    fn a_byte_order_mark_is_dropped_and_other_encodings_are_named() {
        assert_eq!(text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(text(b"\xff\xfe{\0}\0").map_err(|reject| reject.rule), Err(RejectRule::Encoding));
    }
}
