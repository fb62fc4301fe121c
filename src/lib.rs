//! Araneus finds new patterns in shared threat intelligence. It reads what several sources deliver (STIX, MISP,
//! FollowTheMoney, CSV, Parquet and Arrow), and builds one graph of entities and links. It publishes tables, and a
//! short ranked queue of flags for review. Each flag leads back to the records behind it.
//!
//! The program `araneus` calls this library. The library suits programs that start runs themselves, or that read
//! the published tables.
//!
//! # Example
//!
//! A run reads a STIX bundle, and publishes its tables in a folder. The name of the input folder is the name of the
//! source. Without configured audiences, the results for everyone are in the folder `all`.
//!
//! ```
//! use araneus::{progress::Progress, run, tables, time::Moment};
//!
//! let folder = tempfile::tempdir()?;
//! let source = folder.path().join("harbour-cert");
//! std::fs::create_dir(&source)?;
//! std::fs::write(
//!     source.join("bundle.json"),
//!     r#"{"type": "bundle", "id": "bundle--0a3f0c7e-1c5a-4f0b-8a37-6f6f0f6b7c11", "objects": [
//!         {"type": "threat-actor", "spec_version": "2.1", "name": "Grey Heron",
//!          "id": "threat-actor--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d01",
//!          "created": "2026-03-01T00:00:00Z", "modified": "2026-03-01T00:00:00Z"},
//!         {"type": "malware", "spec_version": "2.1", "name": "Tidewash", "is_family": true,
//!          "id": "malware--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d02",
//!          "created": "2026-03-01T00:00:00Z", "modified": "2026-03-01T00:00:00Z"},
//!         {"type": "relationship", "spec_version": "2.1", "relationship_type": "uses",
//!          "id": "relationship--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d03",
//!          "source_ref": "threat-actor--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d01",
//!          "target_ref": "malware--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d02",
//!          "created": "2026-03-01T00:00:00Z", "modified": "2026-03-01T00:00:00Z"}]}"#,
//! )?;
//!
//! let config = run::Config::new(folder.path());
//! let as_of = Moment::parse("2026-03-02T02:00:00Z").expect("an RFC 3339 time");
//! let request = run::Request::new(config, as_of, vec![source.display().to_string()]);
//! let outcome = run::run(&request, &mut || Ok(Vec::new()), &Progress::silent())?;
//! assert_eq!(outcome.network.links, 1);
//!
//! let entities = tables::read_table(&outcome.folder.join("all/entities.arrow"))?;
//! let mut labels: Vec<&str> =
//!     entities.text("label").expect("a text column").iter().flatten().map(String::as_str).collect();
//! labels.sort_unstable();
//! println!("{labels:?}");
//! assert_eq!(labels, ["Grey Heron", "Tidewash"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The folder `examples/` has longer programs: `nightly_run` runs five times and prints the review queue,
//! and `read_tables` reads the tables of a published run.
//!
//! # Modules
//!
//! Modules come in the order in which data passes through them. A module uses only the modules before it.
//! A run is [`run::run`]; the source of the module [`run`] shows the whole pipeline in calls.
//!
//! | Module | Contents |
//! |---|---|
//! | [`agreement`], [`columns`], [`compact`], [`entity`], [`identifier`], [`index`], [`join_steps`], [`judgement`], [`link`], [`marking`], [`record`], [`symbol`], [`time`] | Types that all modules share |
//! | [`view`] | Views: the records that one audience may know as of one time |
//! | [`canonical`] | Canonical identifiers: normalised domain names, addresses, digests, ids and others |
//! | [`ingest`] | Readers of all formats; each delivered object becomes a record or is rejected with a reason |
//! | [`archive`] | The append-only archive: records, judgements, run state and undo |
//! | [`fetch`] | Deliveries from the network: TAXII 2.1, MISP feeds and files over HTTPS |
//! | [`resolve`] | Entity resolution with a reason for every merge; links and their weights |
//! | [`graph`], [`metrics`], [`community`], [`flow`], [`progress`], [`random`] | The crate `araneus-graph`: graph algorithms that are usable alone |
//! | [`temporal`] | Changes since the previous run with their causes; communities over the runs |
//! | [`analysis`] | Everything computed from one view: graph, metrics, communities and the context of patterns |
//! | [`reporting`] | Reporting history: who reported which link, when; closed forms that read it |
//! | [`features`] | Features of candidates: the numbers that a model reads |
//! | [`model`] | Scores of candidates: rules or logistic regression, training, calibration and evaluation |
//! | [`review`] | Patterns, the emergence gate, flags over the runs, reasons and the review queue |
//! | [`language`] | Sentences for analysts: one table of templates for each language |
//! | [`report`] | The HTML report of a run |
//! | [`tables`] | Schemas of the published tables; writers and the reader of Arrow and Parquet files |
//! | [`mod@run`] | The pipeline of a run, its configuration and the history of earlier runs |
//! | [`learn`] | Models from recorded runs and from synthetic worlds |
//! | [`explain`] | Explanations of entities, links and flags, and differences between runs |
//! | [`measure`] | Metrics and communities of any graph file |
//! | [`compare`] | Comparison of pairs of names in a table |
//! | [`export`] | Exports of one audience's results in the formats of other programs |
//! | [`web`] | The review page: a local web application for the review queue |
//! | [`cli`] | The command line |
//!
//! # Views and explanations
//!
//! Results depend on who asks and when. A [`view::View`] has an access policy, made of markings and terms of
//! sources, and an as-of time. Every analysis starts from a view, so an audience never gets a result that derives
//! from a hidden record. [`explain::open`] opens a recorded run again, and [`explain::explain`] shows why a flag or
//! an entity exists: reasons, scores, and the smallest set of records that supports it.
//!
//! # Further reading
//!
//! [Architecture](https://github.com/araneus-project/araneus/blob/main/ARCHITECTURE.md) gives the reasons for the
//! design. The [glossary](https://github.com/araneus-project/araneus/blob/main/docs/glossary.md) defines the terms.
//! [Tables](https://github.com/araneus-project/araneus/blob/main/docs/tables.md) lists every published column.

#![forbid(unsafe_code)]

pub mod agreement;
pub mod columns;
pub mod compact;
pub mod entity;
pub mod identifier;
pub mod index;
pub mod join_steps;
pub mod judgement;
pub mod link;
pub mod marking;
mod memo;
pub mod record;
pub mod symbol;
pub mod time;
pub mod view;

pub mod canonical;

pub mod ingest;

pub mod archive;

pub mod fetch;

pub mod resolve;

pub use araneus_graph::{community, flow, graph, metrics, null_model, progress, random};

pub mod temporal;

pub mod analysis;

pub mod reporting;

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

pub mod compare;

pub mod export;

pub mod web;

pub mod cli;
