//! Models that score: those shipped with the program, rules alone, and those of the deployment.

pub mod store;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use super::config::Config;
use crate::{
    features::{FEATURES, Meaning},
    model::{FeatureSpec, Model, ModelsInService, Sign},
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

/// Returns the card of a model that comes with the program; `None` for a model of the deployment.
pub fn shipped_card(name: &str) -> Option<&'static str> {
    SHIPPED.get_file(format!("{name}/CARD.md")).and_then(include_dir::File::contents_utf8)
}

pub(super) fn path(state: &Path, id: &str) -> PathBuf {
    state.join("models").join(format!("{id}.json"))
}

/// Name of the model that orders the flags where neither the configuration nor a promotion names one.
const DEFAULT: &str = "default";

/// Loads the models that a run uses: one that orders the flags, and the models in service of other outcomes.
pub fn load(config: &Config) -> Result<ModelsInService, ModelError> {
    let mut outcomes = BTreeMap::new();
    for (outcome, name) in store::in_service_names(&config.state)? {
        if outcome != store::FLAGS {
            outcomes.insert(outcome, store::named(&config.state, &name)?);
        }
    }
    Ok(ModelsInService { flags: flags(config)?, outcomes })
}

/// Returns the name of the model that orders the flags: the configured one, else the one in service, else the default.
pub fn name_of_flags(config: &Config) -> Result<String, ModelError> {
    let in_service = || Ok(store::in_service_names(&config.state)?.remove(store::FLAGS));
    let named = config.model.clone().map_or_else(in_service, |name| Ok(Some(name)))?;
    Ok(named.unwrap_or_else(|| DEFAULT.to_owned()))
}

/// Loads the model that orders the flags.
pub fn flags(config: &Config) -> Result<Model, ModelError> {
    let name = name_of_flags(config)?;
    let id = name.as_str();
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
