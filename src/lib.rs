//! Araneus: partners' records in, an entity-link graph and what changed in it out.
//!
//! Nouns first, then the rooms in the order in which a night passes through them; a room
//! uses nouns and the rooms above it, never one below. `run` is the whole night on one page.

#![forbid(unsafe_code)]

pub mod columns;
pub mod entity;
pub mod identifier;
pub mod index;
pub mod judgement;
pub mod link;
pub mod marking;
pub mod record;
pub mod time;
pub mod view;

pub mod canonical;

pub mod ingest;

pub mod archive;

pub mod resolve;

pub use araneus_graph::{community, graph, metrics, progress, random};

pub mod temporal;

pub mod analysis;

pub mod features;

pub mod model;

pub mod review;

pub mod language;

pub mod report;

pub mod tables;

pub mod run;

pub mod learn;

pub mod explain;

pub mod measure;

pub mod cli;
