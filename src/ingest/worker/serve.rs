//! The work of a worker: unpacks one file from its input, within limits that it sets for itself.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::fd::AsFd,
    panic,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{
    OUT_OF_MEMORY,
    frames::{self, MemberHead, Tag},
    request::{Request, Task},
};
use crate::ingest::{
    input::{self, Ignore},
    reject::{Reject, RejectRule},
    table::{self, PartKind},
    unpack, zipped,
};

/// Bytes that are written at once.
const PIECE: usize = 256 << 10;
/// Longest request in bytes: a path and the patterns of one source.
const REQUEST_MAX: u32 = 1 << 24;
/// Memory that the program needs besides a file, in bytes.
const PROGRAM: u64 = 32 << 20;
/// First bytes that decide the format of a file.
const FIRST_BYTES: usize = 8;

/// Unpacks the file of standard input to standard output. Returns the exit code: 0 if the output is whole.
pub fn serve() -> u8 {
    // A panic is reported by the end of the process.
    panic::set_hook(Box::new(|_| {}));
    // The streams of the standard library would search each byte for line breaks.
    let pipes = || -> io::Result<(File, File)> {
        Ok((
            io::stdin().as_fd().try_clone_to_owned()?.into(),
            io::stdout().as_fd().try_clone_to_owned()?.into(),
        ))
    };
    let served = panic::catch_unwind(|| pipes().and_then(|(input, output)| answer(input, output, limit)));
    match served {
        Ok(Ok(())) => 0,
        Ok(Err(error)) if error.kind() == io::ErrorKind::OutOfMemory => OUT_OF_MEMORY as u8,
        Ok(Err(_)) | Err(_) => 1,
    }
}

/// Limits this process. It may use the pipes that it has, and open nothing.
fn limit(request: &Request) -> io::Result<()> {
    // A limit that the process has already may be stricter, and cannot be raised.
    let set = |resource, most: u64| {
        let present = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        setrlimit(resource, Rlimit { current: Some(most.min(present)), maximum: Some(most.min(present)) })
    };
    let memory = request.memory.saturating_add(request.stored).saturating_add(PROGRAM);
    set(Resource::Data, memory)?;
    // No file is left behind by a crash.
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, 0)?;
    // Only the first limit of time ends the process with a signal of its own; the second is that of the system.
    let maximum = getrlimit(Resource::Cpu).maximum;
    let seconds = request.seconds.min(maximum.unwrap_or(u64::MAX));
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum })?;
    Ok(())
}

/// Reads a request and the stored bytes, and writes frames.
pub(super) fn answer(
    mut input: impl Read,
    output: impl Write,
    limit: impl Fn(&Request) -> io::Result<()>,
) -> io::Result<()> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > REQUEST_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut request = vec![0; length as usize];
    input.read_exact(&mut request)?;
    let request: Request = serde_json::from_slice(&request)?;
    limit(&request)?;
    let mut answer = Answer { output: BufWriter::with_capacity(PIECE, output) };
    let input = BufReader::with_capacity(PIECE, input);
    match &request.task {
        Task::File { decimal } => answer.content(input, request.stored, *decimal)?,
        Task::Archive { path, ignore, decimal } => {
            let stored = whole(input, request.stored)?;
            let Some(ignore) = Ignore::new(ignore) else { return Err(io::ErrorKind::InvalidData.into()) };
            let is_ignored = |name: &str| ignore.matches(&format!("{path}!/{name}"));
            match zipped::members(&stored, is_ignored) {
                Err(reject) => answer.reject(&reject)?,
                Ok(members) => {
                    drop(stored);
                    answer.members(members, path, *decimal)?;
                }
            }
        }
    }
    answer.put(Tag::Finished, &[])?;
    answer.output.flush()
}

/// Reads all bytes; `size` is how many there are likely to be.
fn whole(mut input: impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX))?;
    input.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The output of a worker.
struct Answer<W: Write> {
    output: BufWriter<W>,
}

impl<W: Write> Answer<W> {
    fn put(&mut self, tag: Tag, payload: &[u8]) -> io::Result<()> {
        frames::write(&mut self.output, tag, payload)
    }

    fn reject(&mut self, reject: &Reject) -> io::Result<()> {
        self.put(Tag::Reject, &frames::encode_reject(reject))
    }

    fn members(&mut self, members: Vec<zipped::Member>, path: &str, decimal: Option<char>) -> io::Result<()> {
        let is_alone = members.len() == 1;
        for member in members {
            let name = zipped::Member::read_name(&member.name, path).to_owned();
            let head = MemberHead {
                is_read: member.bytes.is_some(),
                could_hold_objects: member.could_hold_objects,
                is_alone,
                name: member.name,
            };
            self.put(Tag::Member, &serde_json::to_vec(&head)?)?;
            match member.bytes {
                None => {}
                Some(Err(reject)) => self.reject(&reject)?,
                Some(Ok(bytes)) => {
                    let decimal = decimal.filter(|_| !input::is_named_json(&name));
                    self.content(bytes.as_slice(), bytes.len() as u64, decimal)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the content of a file with a number of stored bytes.
    fn content(&mut self, mut stored: impl BufRead, size: u64, decimal: Option<char>) -> io::Result<()> {
        let limit = unpack::limit(size);
        let packing = match stored.fill_buf()? {
            [0x1f, 0x8b, ..] => Some("gzip"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("Zstandard"),
            _ => None,
        };
        match packing {
            None => self.unpacked(stored, (decimal, size), None),
            Some("gzip") => {
                let reader = flate2::bufread::MultiGzDecoder::new(stored);
                self.unpacked(reader.take(limit + 1), (decimal, 0), Some(("gzip", limit)))
            }
            Some(name) => {
                let decoder = zstd::Decoder::with_buffer(stored).and_then(|mut decoder| {
                    decoder.window_log_max(unpack::ZSTANDARD_WINDOW_LOG)?;
                    Ok(decoder)
                });
                match decoder {
                    Ok(reader) => self.unpacked(reader.take(limit + 1), (decimal, 0), Some((name, limit))),
                    Err(error) => self.reject(&unpack::broken(&error, name)),
                }
            }
        }
    }

    /// Writes unpacked bytes, or the parts of a columnar file. `packing`: the name of the compression and the most bytes.
    fn unpacked(
        &mut self,
        mut reader: impl Read,
        (decimal, size): (Option<char>, u64),
        packing: Option<(&str, u64)>,
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let (mut filled, mut total) = (0, 0);
        let rejected = loop {
            match reader.read(&mut piece[filled..]) {
                Ok(0) => break None,
                Ok(read) => {
                    filled += read;
                    total += read as u64;
                    if packing.is_some_and(|(_, limit)| total > limit) {
                        break None;
                    }
                    // The first bytes decide whether the file is a table.
                    if total < FIRST_BYTES as u64 {
                        continue;
                    }
                    if let (Some(decimal), Some(format), true) =
                        (decimal, table::columnar_format(&piece[..filled]), total == filled as u64)
                    {
                        piece.truncate(filled);
                        return self.table(piece, reader, (decimal, format, size), packing);
                    }
                    self.put(Tag::Bytes, &piece[..filled])?;
                    filled = 0;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        self.put(Tag::Bytes, &piece[..filled])?;
        match (packing, rejected) {
            (Some((_, limit)), _) if total > limit => self.reject(&unpack::too_large(limit)),
            (Some((name, _)), Some(error)) => self.reject(&unpack::broken(&error, name)),
            (None, Some(error)) => Err(error),
            (_, None) => self.put(Tag::End, &[]),
        }
    }

    /// Writes the parts of a columnar file, of which the first bytes are read.
    fn table(
        &mut self,
        mut bytes: Vec<u8>,
        mut reader: impl Read,
        (decimal, format, size): (char, &str, u64),
        packing: Option<(&str, u64)>,
    ) -> io::Result<()> {
        let further = usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(bytes.len());
        bytes.try_reserve_exact(further)?;
        let read = reader.read_to_end(&mut bytes);
        match (packing, read) {
            (Some((_, limit)), _) if bytes.len() as u64 > limit => {
                return self.reject(&unpack::too_large(limit));
            }
            (Some((name, _)), Err(error)) => return self.reject(&unpack::broken(&error, name)),
            (None, Err(error)) => return Err(error),
            (_, Ok(_)) => {}
        }
        self.put(Tag::Format, format.as_bytes())?;
        let mut payload = Vec::new();
        let mut lost = None;
        let decoded = table::decode_columnar(bytes, decimal, &mut |part| {
            payload.clear();
            let tag = match table::encode_part(&part, &mut payload)? {
                PartKind::Columns => Tag::Columns,
                PartKind::Rows => Tag::Rows,
            };
            frames::write(&mut self.output, tag, &payload).map_err(|error| {
                lost = Some(error);
                Reject::new(RejectRule::ReaderFailed, "the output of the process is closed").into()
            })
        });
        match (lost, decoded) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => self.put(Tag::End, &[]),
            (None, Err(rejected)) => self.reject(&rejected.cause),
        }
    }
}
