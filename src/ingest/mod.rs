//! Bytes to records: what was delivered, what could be taken of it, and why the rest could not.
//!
//! A reader takes or refuses an object, and cannot fail on one. Nothing is
//! interpreted here beyond what an object says of itself: spelling, identity and
//! weight are left to `resolve`.

pub mod canonical;
mod completeness;
mod folders;
pub(crate) mod form;
pub mod ftm;
mod galaxy;
mod inputs;
mod json;
mod lines;
pub mod links;
mod misp;
mod no_links;
pub(crate) mod pattern;
mod stix;
pub mod table;
mod unpack;
mod zipped;

use std::{borrow::Cow, sync::Arc};

use rayon::prelude::*;
use serde_json::{Value, json, value::RawValue};

pub use completeness::{Gap, Pages, gap, is_incomplete};
pub use inputs::{Ignore, Input, InputError, Place, expand, expand_path, source_of};
pub use table::{Bound, Mappings};

use crate::record::{Content, Definition, Digest, Surroundings};

/// A format that can be read. To add one: a file beside this one, and a line in [`FORMATS`].
pub struct Format {
    /// Name in tables, such as `stix`.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// Tells from a document's outline whether it is of this format, and where its objects stand.
    find: for<'a> fn(&json::Outline<'a>) -> Option<Result<Found<'a>, Refusal>>,
    /// The property of an object that holds its key.
    key_property: &'static str,
    /// The key of an object that can be read but not taken; like the next two it is given
    /// the object's [`Object::context`].
    key: fn(&Value, Option<&str>) -> Option<String>,
    /// Checks one object and reads off what the archive needs of it.
    check: fn(&Value, Option<&str>) -> Result<Checked, Refusal>,
    /// The markings of an object that can be read but not accepted; `None` where one of them may be unread.
    markings: fn(&Value, Option<&str>) -> Option<Vec<String>>,
    /// Reads what a checked object says.
    interpret: fn(&Value, Option<&str>) -> Content,
}

/// Every format, in the order in which a document is tried.
pub const FORMATS: &[Format] =
    &[stix::FORMAT, galaxy::FORMAT, misp::FORMAT, ftm::FORMAT, table::CSV, table::PARQUET, table::ARROW];

/// Objects found in a document.
#[derive(Default)]
struct Found<'a> {
    /// In order of position.
    objects: Vec<Object<'a>>,
}

/// One object in a document.
struct Object<'a> {
    /// Its JSON pointer in the document.
    pointer: String,
    /// Its JSON: as delivered, or without the other delivered objects that stand inside it.
    text: Cow<'a, str>,
    /// What its meaning needs of the document around it.
    context: Option<String>,
}

impl<'a> Object<'a> {
    /// Returns an object that holds no other one, and speaks for itself.
    fn whole(pointer: String, raw: &'a RawValue) -> Self {
        Self { pointer, text: Cow::Borrowed(raw.get()), context: None }
    }
}

/// What the archive needs of an object, beside its text.
#[derive(Debug, Default)]
struct Checked {
    key: String,
    version: Option<String>,
    /// The object's own time, for sources with `recorded_at = "object"`.
    own_time: Option<crate::time::Moment>,
    markings: Vec<String>,
    defines: Option<Definition>,
    surroundings: Surroundings,
}

/// Why something was refused. The text is the rule's name in `rejects`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Not JSON.
    JsonSyntax,
    /// Not text as its format wants it.
    Encoding,
    /// JSON, but no document or object of a format that is read.
    UnknownFormat,
    /// A key stands twice in one object.
    DuplicateKey,
    /// Nested too deeply.
    Depth,
    /// A number beyond what can be held.
    NumberRange,
    /// Larger than is read.
    Size,
    /// Compressed data that does not unpack.
    Compression,
    /// A file that could not be opened or read.
    Unreadable,
    /// A list element that is no JSON object.
    NotAnObject,
    /// No `type`, or one that is no type name.
    BadType,
    /// A schema that its format does not have.
    UnknownSchema,
    /// No id, or one that is not well formed.
    BadId,
    /// A property of another JSON type than its format says.
    WrongType,
    /// A property that should be a timestamp and is none.
    BadTime,
    /// A relationship or sighting that lacks one of its ends.
    MissingReference,
    /// Quotes in a table that do not end.
    CsvSyntax,
    /// A column that the mapping reads and the table lacks.
    MissingColumn,
    /// More cells than columns.
    RowLength,
    /// Nothing where the mapping needs something.
    MissingValue,
    /// A value without the form of its kind.
    UnknownForm,
    /// More than are listed of one file.
    TooMany,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 22] = [
        Self::JsonSyntax,
        Self::Encoding,
        Self::UnknownFormat,
        Self::DuplicateKey,
        Self::Depth,
        Self::NumberRange,
        Self::Size,
        Self::Compression,
        Self::Unreadable,
        Self::NotAnObject,
        Self::BadType,
        Self::UnknownSchema,
        Self::BadId,
        Self::WrongType,
        Self::BadTime,
        Self::MissingReference,
        Self::CsvSyntax,
        Self::MissingColumn,
        Self::RowLength,
        Self::MissingValue,
        Self::UnknownForm,
        Self::TooMany,
    ];

    /// Returns what breaks the rule, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::JsonSyntax => "Not JSON.",
            Self::Encoding => "Not text as its format wants it.",
            Self::UnknownFormat => {
                "No document, object or table of a format that is read; or a table of a source without a mapping."
            }
            Self::DuplicateKey => "A key stands twice in one object.",
            Self::Depth => "Nested too deeply.",
            Self::NumberRange => "A number beyond what can be held.",
            Self::Size => "Larger than is read.",
            Self::Compression => "Compressed data that does not unpack.",
            Self::Unreadable => "A file that could not be opened or read.",
            Self::NotAnObject => "A list element that is no JSON object.",
            Self::BadType => "No `type`, or one that is no type name.",
            Self::UnknownSchema => "A schema that FollowTheMoney, as it is built in, does not have.",
            Self::BadId => "No id, or one that is not well formed.",
            Self::WrongType => "A property of another JSON type than its format says.",
            Self::BadTime => "A property that should be a timestamp and is none.",
            Self::MissingReference => "A relationship or sighting that lacks one of its ends.",
            Self::CsvSyntax => "A quoted cell of a table that does not end.",
            Self::MissingColumn => "A table that lacks a column which its mapping reads.",
            Self::RowLength => "A row with something in more cells than the header has columns.",
            Self::MissingValue => "A row without what its mapping needs.",
            Self::UnknownForm => "A value in a row that has not the form of its kind.",
            Self::TooMany => {
                "More objects of one file than the 100,000 that are listed one by one: counted here together."
            }
        }
    }

    /// Returns the rule's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonSyntax => "json-syntax",
            Self::Encoding => "encoding",
            Self::UnknownFormat => "unknown-format",
            Self::DuplicateKey => "duplicate-key",
            Self::Depth => "depth",
            Self::NumberRange => "number-range",
            Self::Size => "size",
            Self::Compression => "compression",
            Self::Unreadable => "unreadable",
            Self::NotAnObject => "not-an-object",
            Self::BadType => "bad-type",
            Self::UnknownSchema => "unknown-schema",
            Self::BadId => "bad-id",
            Self::WrongType => "wrong-type",
            Self::BadTime => "bad-time",
            Self::MissingReference => "missing-reference",
            Self::CsvSyntax => "csv-syntax",
            Self::MissingColumn => "missing-column",
            Self::RowLength => "row-length",
            Self::MissingValue => "missing-value",
            Self::UnknownForm => "unknown-form",
            Self::TooMany => "too-many",
        }
    }
}

/// A rule, and in words how it was broken; never the value that broke it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub rule: Rule,
    /// How, for a person.
    pub reason: String,
}

impl Refusal {
    fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into() }
    }
}

/// An object that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The source's own id for it.
    pub key: Arc<str>,
    /// Digest of its parsed content.
    pub content: Digest,
    /// Its own version field.
    pub version: Option<String>,
    /// Its own time.
    pub own_time: Option<crate::time::Moment>,
    /// Marking references it carries.
    pub markings: Vec<String>,
    /// What it defines, if it is a marking definition.
    pub defines: Option<Definition>,
    /// What its meaning needs of the document around it, in short.
    pub surroundings: Surroundings,
    /// Where in the file: JSON pointer, line or row.
    pub position: Arc<str>,
    /// The object's JSON, as delivered but for the delivered objects inside it.
    pub object: Arc<str>,
    /// What its meaning needs of the document around it.
    pub context: Option<String>,
}

/// An object, or a whole file, that was refused.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Where in the file: JSON pointer, line, row, or empty for the whole.
    pub position: String,
    /// Its id, where that could be read without doubt.
    pub object_id: Option<String>,
    /// Markings that it carries, where all of them could be read without doubt.
    pub markings: Option<Vec<String>>,
    /// Why.
    pub refusal: Refusal,
}

/// How reading a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Read, even if objects were refused.
    Ok,
    /// Not readable as any format.
    Rejected,
    /// Could not be opened or fetched.
    Failed,
    /// Not read: its name is none that a folder is read for, or the configuration says so.
    Ignored,
}

impl Status {
    /// Returns the status's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Name of the source.
    pub source: String,
    /// Path as given; for a file of a folder the folder as given and the rest with `/`.
    pub path: String,
    /// blake3 of the bytes as stored; empty where they could not be read.
    pub digest: String,
    /// Name of the format, where one was found.
    pub format: Option<&'static str>,
    /// How reading ended.
    pub status: Status,
    /// Whether a file that was not read could hold objects.
    pub could_hold_objects: bool,
    /// What its documents say about further pages.
    pub pages: Pages,
    /// How a table was read.
    pub how: Option<table::HowRead>,
    /// What was taken, in order of position.
    pub taken: Vec<Taken>,
    /// What was refused, in order of position; the last may stand for all beyond [`REJECTS_MAX`].
    pub rejects: Vec<Reject>,
    /// How many objects that last one stands for.
    pub unlisted: u64,
}

/// Most rejects that are listed of one file: a small compressed one may hold millions of bad rows.
pub const REJECTS_MAX: usize = 100_000;

impl Delivery {
    /// Reads into it; where that fails, the failure is all that it holds.
    fn end(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Broken>) {
        if let Err(Broken(reject)) = read(self) {
            self.status = Status::Rejected;
            self.pages = Pages::default();
            self.taken.clear();
            self.rejects = vec![reject];
            self.unlisted = 0;
        }
        if let (1.., Some(last)) = (self.unlisted, self.rejects.last_mut()) {
            last.refusal.reason = format!(
                "from here on {} more were refused; only the first {REJECTS_MAX} are listed",
                self.unlisted
            );
        }
    }

    /// Returns how many objects were refused.
    pub fn refused(&self) -> u64 {
        self.rejects.len() as u64 + self.unlisted.saturating_sub(1)
    }

    /// Notes a refusal, or counts it where too many are listed already.
    fn refuse(&mut self, reject: Reject) {
        match self.rejects.len() {
            ..REJECTS_MAX => self.rejects.push(reject),
            REJECTS_MAX => {
                let refusal = Refusal::new(Rule::TooMany, String::new());
                self.rejects.push(Reject {
                    position: reject.position,
                    object_id: None,
                    markings: None,
                    refusal,
                });
                self.unlisted = 1;
            }
            _ => self.unlisted += 1,
        }
    }

    /// Adds what was taken and refused, in order of position.
    fn add(&mut self, read: Vec<Result<Taken, Reject>>) {
        for result in read {
            match result {
                Ok(taken) => self.taken.push(taken),
                Err(reject) => self.refuse(reject),
            }
        }
    }
}

/// Returns the text of a file that is no delivery, unpacked; `None` for one that folders are not read for.
pub fn text_of(input: &Input) -> Result<Option<String>, Refusal> {
    let Some(stored) = inputs::load(&input.place)? else { return Ok(None) };
    unpack::text(&unpack::unpack(stored)?).map(|text| Some(text.to_owned()))
}

/// Reads every input; the result is in order of source and path, whatever the order given.
/// Tables have no mapping here, and are refused.
pub fn read(inputs: &[Input], progress: &(dyn Fn(&Delivery) + Sync)) -> Vec<Delivery> {
    read_mapped(inputs, &Mappings::new(), progress)
}

/// Reads every input, tables by the mapping of their source.
pub fn read_mapped(
    inputs: &[Input],
    mappings: &Mappings,
    progress: &(dyn Fn(&Delivery) + Sync),
) -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> = inputs
        .par_iter()
        .flat_map_iter(|input| {
            let deliveries = read_one(input, mappings.get(&input.source).map(|bound| &**bound));
            deliveries.iter().for_each(progress);
            deliveries
        })
        .collect();
    deliveries.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    deliveries
}

fn read_one(input: &Input, mapping: Option<&Bound>) -> Vec<Delivery> {
    let mut delivery = Delivery {
        source: input.source.clone(),
        path: input.path.clone(),
        digest: String::new(),
        format: None,
        status: Status::Ok,
        could_hold_objects: false,
        pages: Pages::default(),
        how: None,
        taken: Vec::new(),
        rejects: Vec::new(),
        unlisted: 0,
    };
    let stored = match inputs::load(&input.place) {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            delivery.status = Status::Ignored;
            delivery.could_hold_objects = matches!(input.place, Place::Ignored { could_hold_objects: true });
            return vec![delivery];
        }
        Err(refusal) => {
            delivery.status = Status::Failed;
            delivery.rejects.push(Broken::from(refusal).0);
            return vec![delivery];
        }
    };
    delivery.digest = blake3::hash(&stored).to_hex().to_string();
    if zipped::is_archive(&stored) {
        let ignore = match &input.place {
            Place::File { ignore, .. } => ignore.clone(),
            _ => Ignore::default(),
        };
        return read_archive(&stored, mapping, &ignore, delivery);
    }
    delivery.end(|delivery| read_stored(stored, mapping, delivery));
    vec![delivery]
}

/// Reads each member of an archive as a file of its own; one that is alone has the archive's path.
fn read_archive(
    stored: &[u8],
    mapping: Option<&Bound>,
    ignore: &Ignore,
    mut whole: Delivery,
) -> Vec<Delivery> {
    let is_ignored = |name: &str| ignore.matches(&format!("{}!/{name}", whole.path));
    let members = match zipped::members(stored, is_ignored) {
        Ok(members) => members,
        Err(refusal) => {
            whole.end(|_| Err(refusal.into()));
            return vec![whole];
        }
    };
    let is_alone = members.len() == 1;
    let read = |member: zipped::Member| {
        let mut delivery = whole.clone();
        if !is_alone {
            delivery.path = format!("{}!/{}", whole.path, member.name);
        }
        match member.bytes {
            None => {
                delivery.status = Status::Ignored;
                delivery.could_hold_objects = member.could_hold_objects;
                delivery.digest.clear();
            }
            Some(bytes) => delivery.end(|delivery| {
                // What its own name says counts, where that says anything.
                let says = if inputs::is_read(&member.name) { member.name } else { whole.path.clone() };
                let path = std::mem::replace(&mut delivery.path, says);
                let read =
                    bytes.map_err(Broken::from).and_then(|bytes| read_stored(bytes, mapping, delivery));
                delivery.path = path;
                read
            }),
        }
        delivery
    };
    members.into_iter().map(read).collect()
}

fn read_stored(stored: Vec<u8>, mapping: Option<&Bound>, delivery: &mut Delivery) -> Result<(), Broken> {
    let bytes = unpack::unpack(stored)?;
    let is_named_json = inputs::is_named_json(&delivery.path);
    if let Some(mapping) = mapping.filter(|_| !is_named_json && !begins_like_json(&bytes)) {
        return table::read(bytes, mapping, delivery);
    }
    if !is_named_json && ftm::is_export(&bytes) {
        ftm::read_export(&bytes, delivery);
        return Ok(());
    }
    if !is_named_json && unpack::text(&bytes).is_ok_and(misp::is_hash_index) {
        delivery.format = Some(misp::FORMAT.name);
        return Ok(());
    }
    let text = if is_named_json { unpack::text(&bytes)? } else { foreign(&bytes)? };
    read_text(text, delivery)
}

/// Returns the text of a file whose name does not say JSON, where it at least begins like
/// it: tables without a mapping, and archives, are refused as such, not as broken JSON.
fn foreign(bytes: &[u8]) -> Result<&str, Refusal> {
    let reason = "not of a format that is read; a table needs the `mapping` of its source";
    let text = unpack::text(bytes).ok().filter(|text| text.trim_start().starts_with(['{', '[']));
    text.ok_or_else(|| Refusal::new(Rule::UnknownFormat, reason))
}

/// Tells JSON from a table whose first cell happens to begin with a bracket: its first line,
/// or the whole, is JSON.
fn begins_like_json(bytes: &[u8]) -> bool {
    let Ok(text) = unpack::text(bytes) else { return false };
    let text = text.trim_start();
    let first = lines::lines(text).next().unwrap_or_default();
    text.starts_with(['{', '[']) && (json::outline(first).is_ok() || json::outline(text).is_ok())
}

/// A file that cannot be read at all, with the place where that shows.
struct Broken(Reject);

impl From<Refusal> for Broken {
    fn from(refusal: Refusal) -> Self {
        Self(Reject { position: String::new(), object_id: None, markings: None, refusal })
    }
}

fn read_text(text: &str, delivery: &mut Delivery) -> Result<(), Broken> {
    match json::outline(text) {
        Ok(outline) => read_document(&outline, "", delivery).map_err(Broken::from),
        Err(_) if is_lines(text, &delivery.path) => {
            read_lines(text, delivery);
            Ok(())
        }
        Err(error) => Err(Broken(Reject {
            position: format!("line {}", error.line()),
            object_id: None,
            markings: None,
            refusal: Refusal::new(Rule::JsonSyntax, syntax_reason(&error)),
        })),
    }
}

/// Says where JSON breaks and what was looked for, without what stands there.
fn syntax_reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let what = said.split(" at line ").next().unwrap_or("not JSON");
    let what = if error.is_data() { "not JSON of the expected form" } else { what };
    format!("not JSON at line {}, column {}: {what}", error.line(), error.column())
}

/// Tells JSON lines from a broken document: by the file's name, or by lines of which most are
/// objects by themselves.
fn is_lines(text: &str, path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let stem = [".gz", ".zst", ".zip"].iter().find_map(|packing| path.strip_suffix(packing)).unwrap_or(&path);
    if [".jsonl", ".ndjson"].iter().any(|ending| stem.ends_with(ending)) {
        return !text.trim().is_empty();
    }
    let lines: Vec<&str> =
        lines::lines(text).filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
    let is_object = |line: &&&str| matches!(json::outline(line), Ok(json::Outline::Object { .. }));
    lines.len() > 1 && 2 * lines.iter().filter(is_object).count() > lines.len()
}

/// Lines of a file that are looked at to tell whether it is one of JSON lines.
const LOOKED_AT: usize = 64;

/// Reads each line as a document; a bad one is one reject.
fn read_lines(text: &str, delivery: &mut Delivery) {
    for (number, line) in (1..).zip(lines::lines(text)).filter(|(_, line)| !line.trim().is_empty()) {
        let position = format!("line {number}");
        let refusal = match json::outline(line) {
            Ok(outline) => match read_document(&outline, &position, delivery) {
                Ok(()) => continue,
                Err(refusal) => refusal,
            },
            Err(error) => {
                let column = error.column();
                Refusal::new(Rule::JsonSyntax, format!("not JSON at line {number}, column {column}"))
            }
        };
        delivery.refuse(Reject { position, object_id: None, markings: None, refusal });
    }
}

/// Reads one document: takes or refuses each of its objects.
fn read_document(outline: &json::Outline<'_>, prefix: &str, delivery: &mut Delivery) -> Result<(), Refusal> {
    let found = FORMATS.iter().find_map(|format| Some((format, (format.find)(outline)?)));
    // A bare object with a key twice is refused as that object, so that its id is known.
    let is_bare = matches!(&found, Some((_, Ok(found))) if found.objects.iter().any(|object| object.pointer.is_empty()));
    if !is_bare && matches!(outline, json::Outline::Object { repeated: true, .. }) {
        return Err(Refusal::new(Rule::DuplicateKey, "a key stands twice at the top of the document"));
    }
    let unknown = || Refusal::new(Rule::UnknownFormat, "JSON, but not of a format that is read");
    let (format, found) = found.ok_or_else(unknown)?;
    let Found { mut objects } = found?;
    delivery.format = Some(format.name);
    if !is_bare {
        note_page(outline, &mut delivery.pages);
    }
    if format.name == ftm::FORMAT.name {
        // Its ids are the source's own: what an object says depends on whose it is.
        for object in &mut objects {
            object.context = Some(delivery.source.clone());
        }
    }
    delivery.add(objects.into_par_iter().map(|object| take(format, prefix, object)).collect());
    Ok(())
}

/// Notes what a document says about further pages: TAXII's `more` and `next`, and what other
/// interfaces call them.
fn note_page(outline: &json::Outline<'_>, pages: &mut Pages) {
    // A bundle and a list are no pages.
    if !matches!(outline, json::Outline::Object { .. }) || outline.text("type").is_some() {
        return;
    }
    let says = |name: &&str| -> Option<bool> { Some(is_affirmed(outline.member(name)?)) };
    let links = outline.member("links").or_else(|| outline.member("_links"));
    let links = links.and_then(|links| json::outline(links.get()).ok());
    let linked = links.and_then(|links| links.member("next").map(is_affirmed));
    let explicit = ["more", "has_more", "hasMore", "has_next", "hasNext"].iter().find_map(says);
    let next = [
        "next",
        "next_page",
        "nextPage",
        "next_cursor",
        "nextCursor",
        "next_page_token",
        "nextPageToken",
        "nextLink",
        "@odata.nextLink",
    ];
    if explicit.or_else(|| next.iter().find_map(says)).or(linked).unwrap_or(false) {
        pages.open += 1;
    } else {
        pages.last += 1;
    }
}

/// Returns whether a value says yes or names something.
fn is_affirmed(raw: &RawValue) -> bool {
    !matches!(
        raw.get().to_ascii_lowercase().as_str(),
        "null" | "false" | "\"false\"" | "0" | "\"0\"" | "\"\"" | "{}" | "[]"
    )
}

fn take(format: &Format, prefix: &str, object: Object<'_>) -> Result<Taken, Reject> {
    let Object { pointer, text, context } = object;
    let position = format!("{prefix}{pointer}");
    let value = match json::value(&text) {
        Ok(value) => value,
        Err(refusal) => {
            let id = json::id_of_unread(&text, format.key_property);
            let key = |id| (format.key)(&json!({ format.key_property: id }), context.as_deref());
            return Err(Reject { position, object_id: id.and_then(key), markings: None, refusal });
        }
    };
    match (format.check)(&value, context.as_deref()) {
        Ok(checked) => Ok(Taken {
            key: checked.key.into(),
            content: json::digest(&value),
            version: checked.version,
            own_time: checked.own_time,
            markings: checked.markings,
            defines: checked.defines,
            surroundings: checked.surroundings,
            position: position.into(),
            object: text.into(),
            context,
        }),
        Err(refusal) => {
            // An id that is none of its format is no key: nobody can say which object is meant.
            let object_id = (format.key)(&value, context.as_deref());
            let markings = (format.markings)(&value, context.as_deref());
            Err(Reject { position, object_id, markings, refusal })
        }
    }
}

/// Returns whether objects of a format are rows, which say what a mapping says: see [`table::interpret`].
pub fn is_table(format: &str) -> bool {
    [table::CSV, table::PARQUET, table::ARROW].iter().any(|table| table.name == format)
}

/// Reads what an archived object says. `format` is a name from [`FORMATS`]; the object
/// was checked when it was taken, so reading it cannot fail.
pub fn interpret(format: &str, object: &str, context: Option<&str>) -> Content {
    let format = FORMATS.iter().find(|known| known.name == format);
    match (format, json::value(object)) {
        (Some(format), Ok(value)) => (format.interpret)(&value, context),
        // Only a damaged archive gets here; its segments are verified by digest.
        _ => Content::default(),
    }
}
