//! The text that a worker unpacks, read as a stream.

use std::io::{self, Read};

use super::{
    Reader,
    frames::Tag,
    process::{Stored, Worker},
    request::Task,
};
use crate::ingest::reject::Reject;

/// Unpacked bytes that are kept for a reader that gives up the stream, so that most files are unpacked once.
const KEPT_MAX: usize = 8 << 20;

/// Unpacked bytes of one file.
pub(in crate::ingest) struct WorkerText {
    worker: Worker,
    /// Bytes of the present frame that are not read yet.
    left: u64,
    /// Is true behind the last byte.
    is_ended: bool,
    /// Bytes that were read; `None` after too many of them.
    kept: Option<Vec<u8>>,
    /// Reason why the file is rejected, whatever its text.
    reject: Option<Reject>,
}

impl WorkerText {
    /// Starts to unpack a file with a number of stored bytes.
    pub(in crate::ingest) fn start(reader: &Reader, stored: Stored, size: u64) -> Result<Self, Reject> {
        let worker = Worker::start(reader, Task::File { decimal: None }, stored, size)?;
        Ok(Self { worker, left: 0, is_ended: false, kept: Some(Vec::new()), reject: None })
    }

    /// Goes on to the next frame with bytes, or to the end.
    fn advance(&mut self) -> Result<(), Reject> {
        while self.left == 0 && !self.is_ended {
            match self.worker.head()? {
                (Tag::Bytes, length) => self.left = length,
                (Tag::End, 0) => match self.worker.head()? {
                    (Tag::Finished, 0) => self.is_ended = true,
                    _ => return Err(self.worker.contradicts()),
                },
                (Tag::Reject, length) => return Err(self.worker.reject(length)),
                _ => return Err(self.worker.contradicts()),
            }
        }
        Ok(())
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Reject> {
        self.advance()?;
        if self.is_ended {
            return Ok(0);
        }
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.worker.read(&mut buffer[..most])?;
        self.left -= read as u64;
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&buffer[..read]);
        }
        self.kept = self.kept.take().filter(|kept| kept.len() <= KEPT_MAX);
        Ok(read)
    }

    /// Returns the digest of the stored bytes. A worker that has not come to the end of the text is ended.
    pub(in crate::ingest) fn digest(mut self) -> Result<String, Reject> {
        if !self.is_ended {
            self.worker.stop();
        }
        self.worker.finish()
    }

    /// Returns the reject of the file, or all its unpacked bytes; `None` if they are not kept.
    pub(in crate::ingest) fn whole(&mut self) -> Result<Option<Vec<u8>>, Reject> {
        if let Some(reject) = self.reject.take() {
            return Err(reject);
        }
        let Some(mut bytes) = self.kept.take() else { return Ok(None) };
        loop {
            self.advance()?;
            if self.is_ended {
                return Ok(Some(bytes));
            }
            let length = std::mem::take(&mut self.left);
            self.worker.payload(length, true, &mut bytes)?;
        }
    }
}

impl Read for WorkerText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_some(buffer).map_err(|reject| {
            self.reject = Some(reject);
            io::ErrorKind::InvalidData.into()
        })
    }
}
