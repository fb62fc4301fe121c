//! Frames: the form of a worker's output.
//!
//! A frame is a tag, the length of its payload (little-endian, 64 bits) and the payload. A file is one content, or the
//! members of an archive with a content each, and then [`Tag::Finished`]. So a stream that was cut is never taken for a whole
//! file. A content is any number of `Bytes`, or `Format`, `Columns` and any number of `Rows`; `End` or `Reject` ends it.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::ingest::reject::{RULES, Reject};

/// Kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// Unpacked bytes.
    Bytes,
    /// Name of a columnar format.
    Format,
    /// Names of columns.
    Columns,
    /// Cells of rows.
    Rows,
    /// Rule and reason for which the content is rejected.
    Reject,
    /// End of a content.
    End,
    /// Beginning of a member of an archive.
    Member,
    /// End of the file.
    Finished,
}

const TAGS: [Tag; 8] =
    [Tag::Bytes, Tag::Format, Tag::Columns, Tag::Rows, Tag::Reject, Tag::End, Tag::Member, Tag::Finished];

/// A member of an archive.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ingest) struct MemberHead {
    /// Its name with folders.
    pub(in crate::ingest) name: String,
    /// Is true if a content follows.
    pub(in crate::ingest) is_read: bool,
    /// Is true if a member that is not read can hold objects.
    pub(in crate::ingest) could_hold_objects: bool,
    /// Is true if the archive has no other member.
    pub(in crate::ingest) is_alone: bool,
}

/// Writes a frame.
pub(super) fn write(output: &mut impl Write, tag: Tag, payload: &[u8]) -> io::Result<()> {
    output.write_all(&[tag as u8])?;
    output.write_all(&(payload.len() as u64).to_le_bytes())?;
    output.write_all(payload)
}

/// Reads the head of a frame: its tag and the length of its payload.
pub(super) fn read_head(input: &mut impl Read) -> io::Result<(Tag, u64)> {
    let mut head = [0; 9];
    input.read_exact(&mut head)?;
    let [tag, length @ ..] = head;
    let tag = TAGS.get(usize::from(tag)).copied();
    let tag = tag.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an unknown frame"))?;
    Ok((tag, u64::from_le_bytes(length)))
}

/// Returns a reject as a payload.
pub(super) fn encode_reject(reject: &Reject) -> Vec<u8> {
    serde_json::to_vec(&(reject.rule.name(), &reject.reason)).unwrap_or_default()
}

/// Returns the reject of a payload; `None` if the bytes are not a reject.
pub(super) fn decode_reject(payload: &[u8]) -> Option<Reject> {
    let (name, reason): (String, String) = serde_json::from_slice(payload).ok()?;
    let (rule, ..) = RULES.iter().find(|(_, known, _)| *known == name)?;
    Some(Reject::new(*rule, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::reject::RejectRule;

    #[test]
    fn every_tag_has_its_place_and_a_cut_head_is_an_error() {
        for tag in TAGS {
            let mut bytes = Vec::new();
            write(&mut bytes, tag, b"payload").expect("writes to memory");
            assert_eq!(read_head(&mut bytes.as_slice()).expect("whole"), (tag, 7));
            assert!(read_head(&mut &bytes[..8]).is_err());
        }
        assert!(read_head(&mut [TAGS.len() as u8; 9].as_slice()).is_err());
    }

    #[test]
    fn a_reject_keeps_its_rule_and_reason() {
        for (rule, ..) in RULES {
            let reject = Reject::new(*rule, "a \"reason\"");
            assert_eq!(decode_reject(&encode_reject(&reject)), Some(reject));
        }
        assert_eq!(decode_reject(br#"["no such rule","x"]"#), None);
        assert_eq!(RULES[0].0, RejectRule::JsonSyntax);
    }
}
