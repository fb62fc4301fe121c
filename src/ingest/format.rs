//! The contract of a format: what it recognises, how it checks objects, and what it delivers.
//!
//! A format is one file with a constant of type [`Format`], and one line in
//! [`FORMATS`](super::FORMATS). Fields that a format does not need come from [`PLAIN`].

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

pub use super::table::source_mapping::{Mappings, SourceMapping};

use super::{
    known::ReadingKey,
    outline::{Outline, Raw},
    pages::Pages,
    reject::{Reject, RejectRule, RejectedObject},
    tree::Tree,
};
use crate::{
    record::{Content, Definition, Digest, Surroundings},
    time::Moment,
};

/// A format that can be read. To add one: a file beside this one, and a line in `FORMATS`.
#[derive(Clone, Copy)]
pub struct Format {
    /// Name in tables, such as `stix`.
    pub name: &'static str,
    /// Description of the format, in one sentence.
    pub about: &'static str,
    /// Recognises a file that is not a JSON document, such as a table.
    pub(super) sniff: fn(&StoredFile<'_>) -> bool,
    /// Reads a file that `sniff` recognises into its delivery.
    pub(super) read_file: fn(&Self, StoredFile<'_>, &mut Delivery) -> Result<(), RejectedObject>,
    /// Recognises a JSON document by its outline, and returns its objects in order of position.
    pub(super) find: FindObjects,
    /// Returns the context of an object that depends on its delivery; it replaces the context from `find`.
    pub(super) context: fn(&Delivery, &DeliveredObject<'_>) -> Option<Arc<str>>,
    /// The property of an object that holds its key.
    pub(super) key_property: &'static str,
    /// Returns the key of an object that can be read but is rejected. Like the next three functions,
    /// it also gets the object's context.
    pub(super) key: fn(&Value, Option<&str>) -> Option<String>,
    /// Checks one object and returns what the archive needs to know about it.
    pub(super) check: fn(&Value, Option<&str>) -> Result<Checked, Reject>,
    /// Prepares the check of objects that have one context, by trees that borrow their texts. `check` accepts the same
    /// objects, and it decides about the objects that this check rejects. `None` if the format has only `check`.
    pub(super) tree_check: Option<fn(Option<&str>) -> TreeCheck>,
    /// Returns the markings of an object that is rejected; `None` if one of them may be unread.
    pub(super) markings: fn(&Value, Option<&str>) -> Option<Vec<String>>,
    /// Returns the content of an accepted object.
    pub(super) interpret: fn(&Value, Option<&str>) -> Content,
    /// Returns the content of an accepted object by the mapping of its source. Only rows of tables need it.
    pub(super) interpret_mapped: Option<fn(&SourceMapping, &str) -> Content>,
    /// Returns the key of the record that an object identifier of this format names, if it names only a key.
    pub(super) record_key: fn(&str) -> Option<&str>,
    /// Returns the ids in an accepted object, besides its key, by which a person may name it. `None` if there are none.
    pub(super) ids_in_object: Option<fn(&Value) -> Vec<String>>,
    /// Returns the ids of the objects around an accepted object, from its context. `None` if there are none.
    pub(super) ids_in_context: Option<fn(&str) -> Vec<String>>,
    /// Completes contents of a view that several records of one source claim together. The second
    /// argument returns the source of the content at a position.
    pub(super) assemble: AssembleContents,
}

/// Finds the objects of a document; `None` if the document has another format.
pub(super) type FindObjects = for<'a> fn(&Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>>;

/// Checks an object by its tree.
pub(super) type TreeCheck = Box<dyn for<'a> Fn(&Tree<'a>) -> Result<Checked, Reject> + Send + Sync>;

/// Completes contents; the second argument returns the source of the content at a position.
pub(super) type AssembleContents = for<'a> fn(&mut [Arc<Content>], &dyn Fn(usize) -> &'a str);

/// A format that recognises nothing and needs nothing: the defaults of [`Format`].
pub(super) const PLAIN: Format = Format {
    name: "",
    about: "",
    sniff: |_| false,
    read_file: |_, _, _| Ok(()),
    find: |_| None,
    context: |_, _| None,
    key_property: "",
    key: |_, _| None,
    check: |_, _| Ok(Checked::default()),
    tree_check: None,
    markings: |_, _| None,
    interpret: |_, _| Content::default(),
    interpret_mapped: None,
    record_key: |_| None,
    ids_in_object: None,
    ids_in_context: None,
    assemble: |_, _| {},
};

/// A file whose name does not say JSON, unpacked, for `sniff` and `read_file`.
pub(super) struct StoredFile<'a> {
    /// The file's bytes, unpacked.
    pub(super) bytes: Vec<u8>,
    /// The mapping of its source; `None` if the file begins with JSON.
    pub(super) mapping: Option<&'a SourceMapping>,
}

/// One object in a document.
pub(super) struct DeliveredObject<'a> {
    /// Its JSON pointer in the document.
    pub(super) pointer: String,
    /// Its JSON: as delivered, or without the other delivered objects inside it.
    pub(super) text: Cow<'a, str>,
    /// Context: the facts of the document around it that its meaning depends on. Objects with one context share it.
    pub(super) context: Option<Arc<str>>,
    /// The facts and the digest of an object whose check accepted it already.
    pub(super) accepted: Option<(Checked, Digest)>,
}

impl<'a> DeliveredObject<'a> {
    /// Returns an object that contains no other one and needs no context.
    pub(super) fn whole(pointer: String, raw: Raw<'a>) -> Self {
        Self { pointer, text: Cow::Borrowed(raw.get()), context: None, accepted: None }
    }
}

/// Facts about an object that the archive needs besides its text.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) key: String,
    pub(super) version: Option<String>,
    /// The object's own time, for sources with `recorded_at = "object"`.
    pub(super) own_time: Option<Moment>,
    pub(super) markings: Vec<String>,
    pub(super) defines: Option<Definition>,
    /// Is true if the object revokes its key for ever.
    pub(super) revokes: bool,
    pub(super) surroundings: Surroundings,
}

impl Checked {
    /// Returns the accepted object with this content and place.
    pub(super) fn accepted(
        self,
        content: Digest,
        position: Arc<str>,
        object: Arc<str>,
        context: Option<Arc<str>>,
    ) -> AcceptedObject {
        let Self { key, version, own_time, markings, defines, revokes, surroundings } = self;
        let key = key.into();
        AcceptedObject {
            key,
            content,
            version,
            own_time,
            markings,
            defines,
            revokes,
            surroundings,
            position,
            object,
            context,
            raw: None,
        }
    }
}

/// An object that is accepted.
#[derive(Clone, Debug)]
pub struct AcceptedObject {
    /// The source's own id of the object.
    pub key: Arc<str>,
    /// Digest of its parsed content.
    pub content: Digest,
    /// Its own version field.
    pub version: Option<String>,
    /// Its own time.
    pub own_time: Option<Moment>,
    /// Marking references that it carries.
    pub markings: Vec<String>,
    /// Its definition, if it is a marking definition.
    pub defines: Option<Definition>,
    /// Is true if it revokes its key for ever.
    pub revokes: bool,
    /// Digests of the context.
    pub surroundings: Surroundings,
    /// Position in the file: JSON pointer, line or row.
    pub position: Arc<str>,
    /// The object's JSON, as delivered, but without the delivered objects inside it.
    pub object: Arc<str>,
    /// Context: the facts of the document around it that its meaning depends on.
    pub context: Option<Arc<str>>,
    /// Digest of its bytes, if they decide everything above but the position.
    pub raw: Option<Digest>,
}

/// Outcome of reading a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The file was read, even if objects were rejected.
    Ok,
    /// The file is not readable as any format.
    Rejected,
    /// The file could not be opened or fetched.
    Failed,
    /// The file was not read: folders are not read for its name, or the configuration excludes it.
    Ignored,
    /// A limit of the source set the file aside until a person decides.
    Held,
}

impl Status {
    /// Returns the status's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Held => "held",
        }
    }
}

/// Way in which a table was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReading {
    /// For a table that is text: name of the encoding, and the delimiter of cells.
    pub text: Option<(&'static str, char)>,
    /// Columns that the mapping reads and the table lacks.
    pub absent: Vec<String>,
    /// Columns of the table that the mapping does not read.
    pub unread: Vec<String>,
}

/// One file and what was read of it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Name of the source.
    pub source: String,
    /// Path as given; for a file of a folder, the folder as given and the rest with `/`.
    pub path: String,
    /// blake3 digest of the bytes as stored; empty if they could not be read.
    pub digest: String,
    /// Key of everything that decides the result besides the bytes; `None` if it is not known: the file is a member of an archive, or it was
    /// not read.
    pub reading: Option<ReadingKey>,
    /// Name of the format, if one was recognised.
    pub format: Option<&'static str>,
    /// Outcome of reading.
    pub status: Status,
    /// True if the file was not read and could hold objects.
    pub could_hold_objects: bool,
    /// Facts of its documents about further pages.
    pub pages: Pages,
    /// Way in which a table was read.
    pub table: Option<TableReading>,
    /// Accepted objects, in order of position.
    pub accepted: Vec<AcceptedObject>,
    /// Rejected objects, in order of position; the last one may count all beyond [`REJECTS_MAX`].
    pub rejects: Vec<RejectedObject>,
    /// Number of objects that the last reject counts.
    pub unlisted: u64,
    /// Number of accepted objects that are not in the list, because the file has more objects than its source may deliver.
    pub beyond: u64,
}

/// Most rejects that are listed for one file: a small compressed file may hold millions of invalid rows.
pub const REJECTS_MAX: usize = 100_000;

impl Delivery {
    /// Creates a delivery of which nothing has been read yet.
    pub(super) fn new(source: &str, path: &str) -> Self {
        Self {
            source: source.to_owned(),
            path: path.to_owned(),
            digest: String::new(),
            reading: None,
            format: None,
            status: Status::Ok,
            could_hold_objects: false,
            pages: Pages::default(),
            table: None,
            accepted: Vec::new(),
            rejects: Vec::new(),
            unlisted: 0,
            beyond: 0,
        }
    }

    /// Creates the delivery of a file that was rejected without being read.
    pub fn rejected_unread(source: &str, path: &str, digest: String, cause: Reject) -> Self {
        let mut delivery = Self { digest, ..Self::new(source, path) };
        delivery.complete(|_| Err(cause.into()));
        delivery
    }

    /// Returns the number of delivered objects.
    pub fn objects(&self) -> u64 {
        self.accepted.len() as u64 + self.rejected() + self.beyond
    }

    /// Drops the accepted objects of a file that has more objects than that, and counts them.
    pub(super) fn drop_beyond(&mut self, most: u64) {
        if self.beyond > 0 || self.objects() > most {
            self.beyond += self.accepted.len() as u64;
            self.accepted.clear();
        }
    }

    /// Reads into the delivery. If reading fails, the failure becomes its only reject.
    pub(super) fn complete(&mut self, read: impl FnOnce(&mut Self) -> Result<(), RejectedObject>) {
        if let Err(whole_file) = read(self) {
            self.status = Status::Rejected;
            self.pages = Pages::default();
            self.accepted.clear();
            self.rejects = vec![whole_file];
            self.unlisted = 0;
            self.beyond = 0;
        }
        if let (1.., Some(last)) = (self.unlisted, self.rejects.last_mut()) {
            last.cause.reason =
                format!("{} more rejects begin here; only the first {REJECTS_MAX} are listed", self.unlisted);
        }
    }

    /// Rejects objects, and drops their texts. `decide` returns the id to show, if any, and the cause.
    pub(crate) fn reject_accepted(
        &mut self,
        decide: impl Fn(&AcceptedObject) -> Option<(Option<String>, Reject)>,
    ) {
        let mut kept = Vec::with_capacity(self.accepted.len());
        for object in std::mem::take(&mut self.accepted) {
            match decide(&object) {
                None => kept.push(object),
                Some((object_id, cause)) => {
                    let position = object.position.to_string();
                    let rejected = RejectedObject { object_id, ..RejectedObject::at(position, cause) };
                    // The last reject may count others, so it stays the last.
                    let end = self.rejects.len() - usize::from(self.unlisted > 0);
                    self.rejects.insert(end, rejected);
                }
            }
        }
        self.accepted = kept;
    }

    /// Returns how many objects were rejected.
    pub fn rejected(&self) -> u64 {
        self.rejects.len() as u64 + self.unlisted.saturating_sub(1)
    }

    /// Adds a reject, or counts it if too many are listed already.
    pub(super) fn reject(&mut self, rejected: RejectedObject) {
        match self.rejects.len() {
            ..REJECTS_MAX => self.rejects.push(rejected),
            REJECTS_MAX => {
                let uncounted = Reject::new(RejectRule::TooMany, String::new());
                self.rejects.push(RejectedObject::at(rejected.position, uncounted));
                self.unlisted = 1;
            }
            _ => self.unlisted += 1,
        }
    }

    /// Adds what was read of a further part of the file.
    pub(super) fn append(&mut self, part: Self) {
        self.format = part.format.or(self.format);
        self.pages.open += part.pages.open;
        self.pages.last += part.pages.last;
        self.accepted.extend(part.accepted);
        part.rejects.into_iter().for_each(|rejected| self.reject(rejected));
    }

    /// Adds accepted and rejected objects, in order of position.
    pub(super) fn add(&mut self, results: impl IntoIterator<Item = Result<AcceptedObject, RejectedObject>>) {
        for result in results {
            match result {
                Ok(accepted) => self.accepted.push(accepted),
                Err(rejected) => self.reject(rejected),
            }
        }
    }
}
