//! A model as readable JSON, and back with equal bits.
//!
//! The file has one object. Objects have a line for each key, lists of numbers stay on one line. `id` is a digest of the
//! other keys, so reading an altered file fails. Numbers are the shortest decimals that read back as the same bits, which
//! needs `serde_json` with `float_roundtrip`.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;

use super::{scale::FeatureSpec, trained::TrainedModel};

/// Version of the file format.
pub const FORMAT: u32 = 2;

/// Writes a model.
pub fn to_json(model: &TrainedModel) -> String {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Layout::default());
    model.serialize(&mut writer).expect("a model has only text keys, and a write to memory does not fail");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// Reads a model; returns an error for another format, for features that no longer exist, and for an altered file.
///
/// `specs` are the features in the order of the rows; `None` means the features of the model itself. A feature that is
/// newer than the model adds nothing to its scores.
pub fn from_json(text: &str, specs: Option<&[FeatureSpec]>) -> Result<TrainedModel, String> {
    #[derive(Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let no_model = |error: serde_json::Error| format!("this is not a model: {error}");
    let head: FormatOnly = serde_json::from_str(text).map_err(no_model)?;
    if head.format != FORMAT {
        let other = head.format;
        return Err(format!(
            "the model has format {other}, but this program reads format {FORMAT}: train it again"
        ));
    }
    let mut model: TrainedModel = serde_json::from_str(text).map_err(no_model)?;
    if id(&model) != model.id {
        return Err(format!("the model's content does not match its id {}: it was altered", model.id));
    }
    let trained: Vec<&str> = model.features().map(|spec| spec.name.as_str()).collect();
    if model.features_digest != digest(&trained) {
        return Err("the model's features do not match their digest: it was altered".to_owned());
    }
    if !model.scorer.is_valid(trained.len()) {
        return Err("the model names a feature or a branch that it does not have".to_owned());
    }
    let Some(specs) = specs else {
        (model.columns, model.width) = ((0..trained.len()).collect(), trained.len());
        return Ok(model);
    };
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let columns: Vec<usize> =
        trained.iter().filter_map(|name| names.iter().position(|other| other == name)).collect();
    if columns.len() < trained.len() {
        return Err(difference(&trained, &names));
    }
    (model.columns, model.width) = (columns, names.len());
    Ok(model)
}

/// Returns the digest of feature names in order: the first 16 hexadecimal digits of BLAKE3 over each name and a line break.
pub fn digest(names: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(name.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Returns the id: a digest of the model without its id.
pub(super) fn id(model: &TrainedModel) -> String {
    let without_id = TrainedModel { id: String::new(), ..model.clone() };
    let kind = model.kind.name().replace(' ', "-");
    format!("{kind}-{}", &blake3::hash(to_json(&without_id).as_bytes()).to_hex()[..12])
}

fn difference(trained: &[&str], names: &[&str]) -> String {
    let missing: Vec<&str> = trained.iter().filter(|name| !names.contains(name)).copied().collect();
    let unknown: Vec<&str> = names.iter().filter(|name| !trained.contains(name)).copied().collect();
    let listed = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    format!(
        "the model was trained on other features: train it again (only in the model: {}; only in this program: {})",
        listed(&missing),
        listed(&unknown)
    )
}

/// JSON formatter with a line for each key, and lists on one line.
#[derive(Default)]
struct Layout {
    depth: usize,
}

impl Layout {
    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\n{:width$}", "", width = 2 * self.depth)
    }
}

impl Formatter for Layout {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.line(writer)?;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b"," })?;
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
