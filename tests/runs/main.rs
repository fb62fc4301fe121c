//! Judges the program from outside: through its command line, its exit codes and the tables it leaves.
//!
//! Each module is one intent; `support` is the only place that knows how the program is
//! started and how its outputs are read.

mod ambiguous_names;
mod as_of;
mod attack_releases;
mod clearance;
mod commands;
mod edge_cases;
mod empty_queue;
mod exit_codes;
mod first_steps;
mod fixtures;
mod flows;
mod folder_resolution;
mod ftm;
mod ftm_properties;
mod galaxy_runs;
mod golden_state;
mod hand_written;
mod hidden_records;
mod histories;
mod invalid_json;
mod judgements;
mod late_runs;
mod measure;
mod misp_assembled;
mod misp_marking_change;
mod misp_stix_pairs;
mod mixed_collections;
mod new_flags;
mod object_positions;
mod owned_folders;
mod queue;
mod reasons_hold;
mod recorded_by_rows;
mod rejects;
mod rules_changed;
mod same_bytes;
mod same_claim_in_formats;
mod setting_changed;
mod standard_error;
mod support;
mod tables;
mod tiny;
mod tiny_ftm;
mod tiny_misp;
mod undo;
mod unreadable_paths;
mod warning_lists;
mod worlds;
