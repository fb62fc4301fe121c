//! A part of a text file in memory: it is unpacked, digested and checked to be UTF-8 while it is read.

use std::io::{self, BufRead, BufReader, Read};

use super::unpack;

/// Bytes of a file that are read at once.
pub(super) const BUFFER: usize = 2 << 20;
/// Bytes of a compressed file that are read at once.
const PACKED: usize = 128 << 10;

/// The stored bytes of a file, whose digest is computed while they are read.
struct Digested<R> {
    reader: R,
    /// `None` for a text whose digest somebody else computes.
    hasher: Option<blake3::Hasher>,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        Ok(read)
    }
}

type Stored<R> = BufReader<Digested<R>>;

/// The unpacked bytes of a file.
enum Unpacked<R: Read> {
    Plain(Box<Stored<R>>),
    Gzip(Box<flate2::bufread::MultiGzDecoder<Stored<R>>>),
    Zstandard(Box<zstd::Decoder<'static, Stored<R>>>),
}

impl<R: Read> Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
            Self::Zstandard(reader) => reader.read(buffer),
        }
    }

    fn stored(&mut self) -> &mut Stored<R> {
        match self {
            Self::Plain(reader) => reader,
            Self::Gzip(reader) => reader.get_mut(),
            Self::Zstandard(reader) => reader.get_mut(),
        }
    }
}

/// A file that is not read as a stream. It is loaded whole instead, and that finds out what is wrong, if anything is.
#[derive(Debug)]
pub(super) struct NotStreamed;

impl From<io::Error> for NotStreamed {
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// The part of a text in memory that is not consumed yet.
pub(super) struct TextBuffer<R: Read> {
    reader: Unpacked<R>,
    buffer: Vec<u8>,
    /// Number of bytes in the buffer that were read.
    filled: usize,
    /// Position of the first byte that is not consumed.
    begin: usize,
    /// Position behind the last byte that is known to be text.
    end: usize,
    /// Is true if the file has no further bytes.
    is_last: bool,
    /// Bytes that the file may still unpack to.
    left: u64,
    /// Bytes that are read at once.
    size: usize,
}

impl<R: Read> TextBuffer<R> {
    /// Opens a file of a stored size, and reads its first bytes.
    pub(super) fn open(reader: R, stored: u64, size: usize) -> Result<Self, NotStreamed> {
        let digested = Digested { reader, hasher: Some(blake3::Hasher::new()) };
        let mut reader = BufReader::with_capacity(PACKED, digested);
        let (reader, left) = match reader.fill_buf()? {
            [0x1f, 0x8b, ..] => {
                let decoder = flate2::bufread::MultiGzDecoder::new(reader);
                (Unpacked::Gzip(Box::new(decoder)), unpack::limit(stored))
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let mut decoder = zstd::Decoder::with_buffer(reader)?;
                decoder.window_log_max(unpack::ZSTANDARD_WINDOW_LOG)?;
                (Unpacked::Zstandard(Box::new(decoder)), unpack::limit(stored))
            }
            _ => (Unpacked::Plain(Box::new(reader)), unpack::SIZE_MAX),
        };
        // A small file needs no large buffer.
        let size = if matches!(reader, Unpacked::Plain(_)) { size.min(stored as usize + 1) } else { size };
        Self::begin(reader, left, size)
    }

    /// Opens a text that a worker unpacks, and reads its first bytes. The worker has the limits, and [`Self::digest`] is empty.
    pub(super) fn open_unpacked(reader: R, size: usize) -> Result<Self, NotStreamed> {
        let reader = BufReader::with_capacity(PACKED, Digested { reader, hasher: None });
        Self::begin(Unpacked::Plain(Box::new(reader)), unpack::SIZE_MAX, size)
    }

    fn begin(reader: Unpacked<R>, left: u64, size: usize) -> Result<Self, NotStreamed> {
        let buffer = Vec::new();
        let mut buffer = Self { reader, buffer, filled: 0, begin: 0, end: 0, is_last: false, left, size };
        while buffer.text().is_empty() && !buffer.is_last {
            buffer.more()?;
        }
        if buffer.text().starts_with('\u{feff}') {
            buffer.consume('\u{feff}'.len_utf8());
        }
        Ok(buffer)
    }

    /// Returns the text that is in memory and not consumed.
    pub(super) fn text(&self) -> &str {
        // Checked by `more`.
        std::str::from_utf8(&self.buffer[self.begin..self.end]).unwrap_or_default()
    }

    /// Returns whether the text in memory is the whole rest of the file.
    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Gives up the first bytes of the text.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.begin = (self.begin + bytes).min(self.end);
    }

    /// Reads further bytes: as many as the buffer has, or as many as are not consumed, whichever are more. So an object
    /// that is larger than the buffer is scanned a few times only.
    pub(super) fn more(&mut self) -> Result<(), NotStreamed> {
        self.buffer.copy_within(self.begin..self.filled, 0);
        self.filled -= self.begin;
        self.begin = 0;
        let wanted = self.filled + self.size.max(self.filled);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        while self.filled < wanted && !self.is_last {
            match self.reader.read(&mut self.buffer[self.filled..wanted]) {
                Ok(0) => self.is_last = true,
                Ok(read) => {
                    self.filled += read;
                    self.left = self.left.checked_sub(read as u64).ok_or(NotStreamed)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(NotStreamed),
            }
        }
        self.end = match std::str::from_utf8(&self.buffer[..self.filled]) {
            Ok(text) => text.len(),
            // A character goes on behind the buffer.
            Err(error) if error.error_len().is_none() && !self.is_last => error.valid_up_to(),
            Err(_) => return Err(NotStreamed),
        };
        Ok(())
    }

    /// Returns the digest of the stored bytes, all of which are read.
    pub(super) fn digest(mut self) -> Result<String, NotStreamed> {
        let stored = self.reader.stored();
        io::copy(stored, &mut io::sink())?;
        let hasher = stored.get_ref().hasher.as_ref();
        Ok(hasher.map(|hasher| hasher.finalize().to_hex().to_string()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Reads a file by buffers of a few bytes, and returns its text and its digest.
    fn read(stored: &[u8], size: usize) -> Result<(String, String), NotStreamed> {
        let mut buffer = TextBuffer::open(stored, stored.len() as u64, size)?;
        let mut text = String::new();
        loop {
            text.push_str(buffer.text());
            buffer.consume(buffer.text().len());
            if buffer.is_last() {
                return Ok((text, buffer.digest()?));
            }
            buffer.more()?;
        }
    }

    #[test]
    fn every_size_of_a_window_gives_the_same_text_and_digest() {
        let text = "{\"name\": \"Grünspecht 🪶\"}".repeat(9);
        let plain = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).expect("writes to memory");
        let gzip = gzip.finish().expect("finishes in memory");
        let zstandard = zstd::encode_all(plain.as_slice(), 1).expect("compresses");
        for stored in [plain.clone(), gzip, zstandard] {
            let digest = blake3::hash(&stored).to_hex().to_string();
            for size in (1..40).chain([4096]) {
                assert_eq!(read(&stored, size).expect("text"), (text.clone(), digest.clone()), "{size}");
            }
            assert!(stored == plain || read(&stored[..stored.len() - 3], 7).is_err(), "a cut file");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_not_streamed() {
        for stored in [&b"\xff\xfe{\0}\0"[..], b"{}\xc3", b"{\"a\":\"\xed\xa0\x80\"}"] {
            for size in 1..8 {
                assert!(read(stored, size).is_err());
            }
        }
    }
}
