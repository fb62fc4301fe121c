//! The process of a worker, seen from the process that started it.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    os::{fd::AsFd, unix::process::ExitStatusExt},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    thread::JoinHandle,
};

use bytes::Bytes;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::{
    OUT_OF_MEMORY, Reader, WORKER_ARGUMENT,
    frames::{self, Tag},
    request::{Request, Task},
};
use crate::ingest::{
    reject::{Reject, RejectRule},
    unpack,
};

/// Stored bytes of a file that are read at once.
const PIECE: usize = 256 << 10;
/// Bytes of messages that are kept of a worker.
const MESSAGES_MAX: u64 = 16 << 10;
/// Longest time to wait for output that the operating system is asked for at once, in seconds.
const WAIT_MAX: u64 = 1 << 20;

/// The stored bytes of a file.
pub(in crate::ingest) enum Stored {
    /// A file that is read from its position to its end.
    File(File),
    /// Bytes in memory.
    Bytes(Bytes),
}

/// A running worker. It is killed when this value is dropped.
pub(super) struct Worker {
    child: Child,
    output: BufReader<Timed<ChildStdout>>,
    /// Sends the stored bytes, and returns their digest.
    feeder: Option<JoinHandle<io::Result<String>>>,
    /// Most seconds of processor time, and of waiting for output.
    seconds: u64,
    /// Bytes that the rows and texts in memory may still have.
    left: u64,
    /// Reason why the worker cannot go on.
    failure: Option<Reject>,
    /// Is true inside the content of a file or a member.
    pub(super) is_in_content: bool,
}

/// A pipe from a worker, with a limit of the time until it goes on.
struct Timed<P> {
    pipe: P,
    seconds: u64,
}

impl<P: Read + AsFd> Read for Timed<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            wait_for(&self.pipe, self.seconds)?;
            match self.pipe.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

/// Waits until a pipe has bytes or is closed.
fn wait_for(pipe: &impl AsFd, seconds: u64) -> io::Result<()> {
    let limit = Timespec { tv_sec: seconds.min(WAIT_MAX).cast_signed(), tv_nsec: 0 };
    loop {
        let mut pipes = [PollFd::new(pipe, PollFlags::IN)];
        match poll(&mut pipes, Some(&limit)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

impl Worker {
    /// Starts a worker for a file with a number of stored bytes.
    pub(super) fn start(reader: &Reader, task: Task, stored: Stored, size: u64) -> Result<Self, Reject> {
        let seconds = reader.seconds.saturating_add(size >> 20);
        let request = Request { memory: reader.memory, seconds, stored: size, task };
        let not_started = |error: io::Error| {
            let reason = format!("the process that reads the file could not be started: {}", error.kind());
            Reject::new(RejectRule::ReaderFailed, reason)
        };
        let program = reader.program.as_deref().ok_or_else(|| not_started(io::ErrorKind::NotFound.into()))?;
        #[expect(clippy::disallowed_methods, reason = "the program starts itself, with a fixed argument")]
        let mut command = Command::new(program);
        // The environment may contain secrets, such as the key of pseudonyms. The allocator must not reserve memory ahead,
        // because the limit would count it.
        command
            .arg(WORKER_ARGUMENT)
            .env_clear()
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let (Some(input), Some(pipe)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(not_started(io::ErrorKind::BrokenPipe.into()));
        };
        let feeder = std::thread::Builder::new().name("feeder".to_owned());
        let feeder = feeder.spawn(move || feed(input, &request, stored));
        let output = BufReader::with_capacity(PIECE, Timed { pipe, seconds });
        let left = reader.memory.saturating_add(size);
        let mut worker =
            Self { child, output, feeder: None, seconds, left, failure: None, is_in_content: false };
        worker.feeder = Some(feeder.map_err(not_started)?);
        Ok(worker)
    }

    /// Returns the reason why the worker cannot go on, if there is one.
    pub(super) fn failure(&self) -> Option<&Reject> {
        self.failure.as_ref()
    }

    /// Reads the head of the next frame.
    pub(super) fn head(&mut self) -> Result<(Tag, u64), Reject> {
        frames::read_head(&mut self.output).map_err(|error| self.failed(&error))
    }

    /// Reads bytes of the payload of a frame into a buffer; returns how many.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Reject> {
        match self.output.read(buffer) {
            Ok(0) => Err(self.failed(&io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => Ok(read),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Reads the payload of a frame to the end of a buffer. A payload that is kept counts to the limit of memory.
    pub(super) fn payload(&mut self, length: u64, is_kept: bool, bytes: &mut Vec<u8>) -> Result<(), Reject> {
        if is_kept {
            let Some(left) = self.left.checked_sub(length) else {
                self.skip(length)?;
                return Err(unpack::out_of_memory());
            };
            self.left = left;
        }
        match self.output.by_ref().take(length).read_to_end(bytes) {
            Ok(read) if read as u64 == length => Ok(()),
            Ok(_) => Err(self.failed(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Passes over the payload of a frame.
    pub(super) fn skip(&mut self, length: u64) -> Result<(), Reject> {
        let skipped = io::copy(&mut self.output.by_ref().take(length), &mut io::sink());
        match skipped {
            Ok(skipped) if skipped == length => Ok(()),
            Ok(_) => Err(self.failed(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Reads the reject in the payload of a frame.
    pub(super) fn reject(&mut self, length: u64) -> Reject {
        let mut payload = Vec::new();
        match self.payload(length, false, &mut payload) {
            Ok(()) => frames::decode_reject(&payload).unwrap_or_else(|| self.contradicts()),
            Err(reject) => reject,
        }
    }

    /// Records that the output is not one of a worker of this version.
    pub(super) fn contradicts(&mut self) -> Reject {
        self.failed(&io::ErrorKind::InvalidData.into())
    }

    /// Ends the worker, whatever it does.
    pub(super) fn stop(&mut self) {
        let _ = self.child.kill();
    }

    /// Returns the digest of the stored bytes, after the worker has read them or was stopped.
    pub(super) fn finish(&mut self) -> Result<String, Reject> {
        let fed = self.feeder.take().map(JoinHandle::join);
        match fed {
            Some(Ok(Ok(digest))) => Ok(digest),
            _ => Err(Reject::new(RejectRule::Unreadable, "could not be read to its end")),
        }
    }

    /// Ends the worker after its output broke off, and returns the reject of the file.
    fn failed(&mut self, error: &io::Error) -> Reject {
        let reject = match error.kind() {
            io::ErrorKind::TimedOut => time_reject(self.seconds),
            io::ErrorKind::UnexpectedEof => self.ended(),
            _ => Reject::new(
                RejectRule::ReaderFailed,
                "the process that reads the file gave an output that cannot be understood",
            ),
        };
        self.stop();
        self.failure = Some(reject.clone());
        reject
    }

    /// Returns the reject of a file whose worker ended too early.
    fn ended(&mut self) -> Reject {
        let mut messages = Vec::new();
        if let Some(pipe) = self.child.stderr.take() {
            // It is closed at the latest when the process has ended.
            let _ = Timed { pipe, seconds: self.seconds }.take(MESSAGES_MAX).read_to_end(&mut messages);
        }
        let _ = self.child.kill();
        let Ok(status) = self.child.wait() else { return failed_reject("ended early") };
        self.reject_of(status, &String::from_utf8_lossy(&messages))
    }

    fn reject_of(&self, status: ExitStatus, messages: &str) -> Reject {
        const TIME_IS_UP: i32 = rustix::process::Signal::XCPU.as_raw();
        // The message of the standard library before it aborts.
        if messages.contains("memory allocation of") {
            return unpack::out_of_memory();
        }
        match (status.signal(), status.code()) {
            (_, Some(OUT_OF_MEMORY)) => unpack::out_of_memory(),
            (Some(TIME_IS_UP), _) => time_reject(self.seconds),
            (Some(signal), _) => failed_reject(&format!("was ended by signal {signal}")),
            (_, Some(code)) => failed_reject(&format!("ended early, with code {code}")),
            _ => failed_reject("ended early"),
        }
    }
}

fn time_reject(seconds: u64) -> Reject {
    let reason = format!("reading the file needs more time than {seconds} seconds (key `reader.seconds`)");
    Reject::new(RejectRule::ReaderTime, reason)
}

fn failed_reject(how: &str) -> Reject {
    Reject::new(RejectRule::ReaderFailed, format!("the process that reads the file {how}"))
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A worker that has finished is gone already, or ends by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

/// Sends a request and the stored bytes, and returns the digest of the bytes. A worker that takes no more bytes has its
/// reasons in its output; the digest is that of all bytes nevertheless.
fn feed(input: ChildStdin, request: &Request, stored: Stored) -> io::Result<String> {
    let mut input = Some(input);
    let mut send = |bytes: &[u8]| {
        if input.as_mut().is_some_and(|pipe| pipe.write_all(bytes).is_err()) {
            input = None;
        }
    };
    let request = serde_json::to_vec(request)?;
    send(&(request.len() as u32).to_le_bytes());
    send(&request);
    let mut hasher = blake3::Hasher::new();
    match stored {
        // The caller has the digest of bytes in memory.
        Stored::Bytes(bytes) => send(&bytes),
        Stored::File(mut file) => {
            let mut piece = vec![0; PIECE];
            loop {
                match file.read(&mut piece) {
                    Ok(0) => break,
                    Ok(read) => {
                        hasher.update(&piece[..read]);
                        send(&piece[..read]);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}
