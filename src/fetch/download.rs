//! Download of one body into a file, with limits. A body that is not complete is an error.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use ureq::http::{HeaderMap, header};

use super::{
    error::{FetchError, disk},
    failure::fails_while,
    limits::Limits,
};

/// Announced length of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Number of bytes.
    Bytes(u64),
    /// The body consists of chunks; the last one is empty.
    Chunks,
}

impl Length {
    /// Reads the length from the headers. A body that ends with its connection looks like a cut one.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, FetchError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let is_chunked =
            text(header::TRANSFER_ENCODING).is_some_and(|text| text.trim().eq_ignore_ascii_case("chunked"));
        if is_chunked {
            return Ok(Self::Chunks);
        }
        match text(header::CONTENT_LENGTH) {
            Some(length) => length
                .trim()
                .parse()
                .map(Self::Bytes)
                .map_err(|_| FetchError::Protocol("the length of the body cannot be read".to_owned())),
            None => Err(FetchError::NoLength),
        }
    }
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    bytes: u64,
    failure: Option<FetchError>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.bytes += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failure = Some(fails_while(&error));
                Err(error)
            }
        }
    }
}

/// Writes a body into a file, flushes it to the disk, and returns its number of bytes, decompressed.
pub(super) fn save(
    reader: impl Read,
    length: Length,
    is_gzip: bool,
    limits: &Limits,
    to: &Path,
) -> Result<u64, FetchError> {
    if matches!(length, Length::Bytes(announced) if announced > limits.body) {
        return Err(FetchError::TooLarge(limits.body));
    }
    let mut counted = Counted { inner: reader, bytes: 0, failure: None };
    let file = File::create(to).map_err(disk("create", to))?;
    let written = if is_gzip {
        copy_unpacked(&mut counted, &file, limits, to)
    } else {
        copy(&mut counted, &file, to, |_, written| {
            if written > limits.body { Err(FetchError::TooLarge(limits.body)) } else { Ok(()) }
        })
    };
    // A failure of the connection is the reason why the content is damaged.
    match (counted.failure.take(), length) {
        (None | Some(FetchError::Connection(_)), Length::Bytes(announced))
            if counted.bytes < announced && is_cut(&written) =>
        {
            return Err(FetchError::Cut { received: counted.bytes, announced });
        }
        (Some(failure), _) => return Err(failure),
        (None, _) => {}
    }
    let written = written?;
    file.sync_all().map_err(disk("flush", to))?;
    Ok(written)
}

/// Returns whether a result is that of a body which ended early: all was read, or the rest of a packed body is missing.
fn is_cut(written: &Result<u64, FetchError>) -> bool {
    matches!(written, Ok(_) | Err(FetchError::Compression))
}

/// Copies a packed body. The checks are of every block, so that a bomb ends soon.
fn copy_unpacked<R: Read>(
    counted: &mut Counted<R>,
    file: &File,
    limits: &Limits,
    to: &Path,
) -> Result<u64, FetchError> {
    /// Size up to which any ratio is allowed.
    const FREE: u64 = 1 << 20;
    let mut unpacked = MultiGzDecoder::new(&mut *counted);
    let result = copy(&mut unpacked, file, to, |unpacked, written| {
        let packed = unpacked.get_ref().bytes;
        if written > limits.body {
            Err(FetchError::TooLarge(limits.body))
        } else if written > FREE && written / packed.max(1) > limits.ratio {
            Err(FetchError::Ratio(limits.ratio))
        } else {
            Ok(())
        }
    })?;
    // The end of the answer must be read, too: a chunk may be missing after the packed content.
    io::copy(counted, &mut io::sink()).map_err(|error| fails_while(&error))?;
    Ok(result)
}

fn copy<R: Read>(
    reader: &mut R,
    file: &File,
    to: &Path,
    check: impl Fn(&R, u64) -> Result<(), FetchError>,
) -> Result<u64, FetchError> {
    let mut writer = BufWriter::new(file);
    let mut buffer = vec![0; 64 << 10];
    let mut written = 0;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // A failure of the connection replaces this one.
            Err(_) => return Err(FetchError::Compression),
        };
        written += count as u64;
        check(reader, written)?;
        writer.write_all(&buffer[..count]).map_err(disk("write", to))?;
    }
    writer.flush().map_err(disk("write", to))?;
    Ok(written)
}
