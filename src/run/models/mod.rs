//! Models that score: those shipped with the program, rules alone, and those of the deployment.

pub mod store;

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::config::Config;
use crate::{
    features::{FEATURES, Meaning},
    model::{FeatureSpec, Model, Sign},
};

pub use store::in_service;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models");

/// Reason why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A model that does not exist.
    #[error(
        "there is no model `{id}`: neither one that comes with the program nor `{path}`; `araneus models list` names those there are"
    )]
    Unknown {
        /// Id of the model.
        id: String,
        /// Path at which the model was looked for.
        path: PathBuf,
    },
    /// A model that does not fit the features of this version.
    #[error("the model `{id}` cannot be used: {why}")]
    Unfit {
        /// Id of the model.
        id: String,
        /// Reason.
        why: String,
    },
    /// A file of the stored models that cannot be read or written.
    #[error("cannot use `{path}`: {why}")]
    Store {
        /// The file.
        path: PathBuf,
        /// Reason.
        why: String,
    },
}

/// Returns name, scale, family and sign of each feature. The meaning of a feature decides its sign.
pub fn specs() -> Vec<FeatureSpec> {
    let spec = |feature: &crate::features::Feature| FeatureSpec {
        sign: match feature.meaning {
            Meaning::High => Sign::Plus,
            Meaning::Low => Sign::Minus,
            Meaning::Undecided => Sign::Free,
        },
        relation: feature.family.reads_relations(),
        ..FeatureSpec::new(feature.name, feature.scale, feature.family.name())
    };
    FEATURES.iter().map(spec).collect()
}

/// Returns the file of a model that comes with the program.
fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.get_file(format!("{name}/model.json")).and_then(include_dir::File::contents_utf8)
}

fn path(state: &Path, id: &str) -> PathBuf {
    state.join("models").join(format!("{id}.json"))
}

/// Loads the configured model.
pub fn load(config: &Config) -> Result<Model, ModelError> {
    let id = config.model.as_str();
    if id == "rules" {
        return Ok(Model::Rules);
    }
    let read = store::named(&config.state, id)?;
    if read.outcome() == store::FLAGS {
        return Ok(Model::Trained(Box::new(read)));
    }
    let why = format!("it is a model of the outcome `{}`, and the queue needs one of flags", read.outcome());
    Err(ModelError::Unfit { id: id.to_owned(), why })
}

/// Returns the names of all models: `rules`, the shipped ones, and those of the deployment.
pub fn names(state: &Path) -> Vec<String> {
    let shipped =
        SHIPPED.dirs().filter_map(|dir| Some(dir.path().file_name()?.to_string_lossy().into_owned()));
    let deployed = std::fs::read_dir(state.join("models")).into_iter().flatten().flatten();
    let deployed = deployed
        .filter_map(|entry| Some(entry.file_name().to_string_lossy().strip_suffix(".json")?.to_owned()));
    let mut names: Vec<String> = std::iter::once("rules".to_owned()).chain(shipped).chain(deployed).collect();
    names.retain(|name| name == "rules" || store::is_name(name));
    names.sort();
    names.dedup();
    names
}
