//! Comparison of names of people, organisations and vessels, across scripts and transliterations.
//!
//! A comparison has three steps, and each result can be shown:
//!
//! 1. [`Name::new`] reads a name: it folds scripts to Latin letters, and separates words, titles, particles, numbers
//!    and legal forms.
//! 2. [`align`] assigns the words of two names to each other. Words may be written together, cut to an initial, or
//!    transliterated differently.
//! 3. [`LEVELS`] are numbers about the alignment, for example the share of words that agree, or a conflict of numbers.
//!    A [`Model`] is a logistic regression over them. Each level has a sign that training must keep, so that a
//!    contribution always means what its level says.
//!
//! Weights are readable data. [`fit()`] fits them to pairs with truth. The module [`linkage`] compares records of several columns, and fits its
//! weights without truth.
//!
//! # Example
//!
//! ```
//! use araneus_names::{Model, NameKind};
//!
//! let model = Model::shipped();
//! let same = model.compare("Usama bin Ladin", "Osama bin Laden", NameKind::Person);
//! let other = model.compare("Hafez al-Assad", "Bashar al-Assad", NameKind::Person);
//! assert!(same.score > 0.9 && other.score < 0.5);
//! // Each score is the sum of its contributions, on the scale of logits.
//! let strongest = &other.contributions[0];
//! assert!(strongest.weight < 0.0);
//! ```

#![forbid(unsafe_code)]

mod alignment;
mod fit;
mod keys;
mod levels;
pub mod linkage;
mod model;
mod name;
mod sound;
mod text;
mod words;

pub use alignment::{Alignment, Pair, align};
pub use fit::{LabelledPair, fit, folds};
pub use keys::NameKeys;
pub use levels::{LEVELS, Level, Sign, level_values};
pub use model::{Comparison, Contribution, Model, ModelError, Term};
pub use name::{Name, NameKind, Scripts, Word, WordClass};
