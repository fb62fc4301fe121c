//! Contents that a worker returns: a text, or the rows of a table.

use bytes::Bytes;

use super::{
    Reader, Task,
    frames::{MemberHead, Tag},
    process::{Stored, Worker},
};
use crate::ingest::{
    format::{Delivery, SourceMapping},
    reject::{Reject, RejectedObject},
    table::{self, MappedRows, PartKind},
};

/// The content of a file or of a member.
pub(in crate::ingest) enum Content {
    /// Unpacked bytes.
    Bytes(Vec<u8>),
    /// A columnar file, whose rows are in the delivery.
    Table,
}

/// Unpacks a file; the rows of a columnar file are read by a mapping into the delivery.
pub(in crate::ingest) fn read_file(
    reader: &Reader,
    stored: Bytes,
    mapping: Option<&SourceMapping>,
    delivery: &mut Delivery,
) -> Result<Content, RejectedObject> {
    let size = stored.len() as u64;
    let task = Task::File { decimal: mapping.map(MappedRows::decimal) };
    let mut worker = Worker::start(reader, task, Stored::Bytes(stored), size)?;
    let content = worker.content(mapping, delivery)?;
    match worker.head()? {
        (Tag::Finished, 0) => Ok(content),
        _ => Err(worker.contradicts().into()),
    }
}

/// Members of an archive, in order of name.
pub(in crate::ingest) struct ArchiveMembers {
    worker: Worker,
}

/// Begins to unpack a zip archive.
pub(in crate::ingest) fn read_archive(
    reader: &Reader,
    stored: Bytes,
    task: Task,
) -> Result<ArchiveMembers, Reject> {
    let size = stored.len() as u64;
    Ok(ArchiveMembers { worker: Worker::start(reader, task, Stored::Bytes(stored), size)? })
}

impl ArchiveMembers {
    /// Returns the next member; `None` after the last one.
    pub(in crate::ingest) fn next_member(&mut self) -> Result<Option<MemberHead>, Reject> {
        loop {
            match self.worker.head()? {
                (tag, length) if self.worker.is_in_content => {
                    self.worker.is_in_content = !matches!(tag, Tag::End | Tag::Reject);
                    self.worker.skip(length)?;
                }
                (Tag::Finished, 0) => return Ok(None),
                (Tag::Reject, length) => return Err(self.worker.reject(length)),
                (Tag::Member, length) => {
                    let mut payload = Vec::new();
                    self.worker.payload(length, false, &mut payload)?;
                    let head: Option<MemberHead> = serde_json::from_slice(&payload).ok();
                    let head = head.ok_or_else(|| self.worker.contradicts())?;
                    self.worker.is_in_content = head.is_read;
                    return Ok(Some(head));
                }
                _ => return Err(self.worker.contradicts()),
            }
        }
    }

    /// Returns the content of the present member, like [`read_file`].
    pub(in crate::ingest) fn content(
        &mut self,
        mapping: Option<&SourceMapping>,
        delivery: &mut Delivery,
    ) -> Result<Content, RejectedObject> {
        self.worker.content(mapping, delivery)
    }

    /// Returns the reason why no further member can be read, if there is one.
    pub(in crate::ingest) fn failure(&self) -> Option<&Reject> {
        self.worker.failure()
    }
}

impl Worker {
    /// Reads a content to its end, or to the reason why it is rejected.
    fn content(
        &mut self,
        mapping: Option<&SourceMapping>,
        delivery: &mut Delivery,
    ) -> Result<Content, RejectedObject> {
        self.is_in_content = true;
        let (mut bytes, mut payload) = (Vec::new(), Vec::new());
        let mut rows = None;
        loop {
            let (tag, length) = self.head()?;
            payload.clear();
            match tag {
                Tag::Bytes if rows.is_none() => {
                    self.payload(length, true, &mut bytes)?;
                    continue;
                }
                Tag::End | Tag::Reject => self.is_in_content = false,
                _ => {}
            }
            if tag == Tag::Reject {
                return Err(self.reject(length).into());
            }
            self.payload(length, tag == Tag::Rows, &mut payload)?;
            match (tag, &mut rows) {
                (Tag::End, None) => return Ok(Content::Bytes(bytes)),
                (Tag::End, Some(_)) => return Ok(Content::Table),
                (Tag::Format, None) => {
                    let format = table::COLUMNAR.into_iter().find(|name| name.as_bytes() == payload);
                    let (Some(format), Some(mapping)) = (format, mapping) else {
                        return Err(self.contradicts().into());
                    };
                    delivery.format = Some(format);
                    rows = Some(MappedRows::new(mapping));
                }
                (Tag::Columns | Tag::Rows, Some(rows)) => {
                    let kind = if tag == Tag::Columns { PartKind::Columns } else { PartKind::Rows };
                    let Some(part) = table::decode_part(kind, &payload) else {
                        return Err(self.contradicts().into());
                    };
                    rows.take(part, delivery)?;
                }
                _ => return Err(self.contradicts().into()),
            }
        }
    }
}
