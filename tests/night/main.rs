//! Judges the program from outside: through its command line, its exit codes and the tables it leaves.
//!
//! Each module is one intent; `support` is the only place that knows how the program is
//! started and how its outputs are read.

mod attack_releases;
mod bad_input;
mod clearance;
mod commands;
mod flows;
mod ftm;
mod ftm_properties;
mod galaxy_nights;
mod hand_made;
mod judged;
mod measured;
mod misp_and_stix;
mod misp_remarked;
mod misp_woven;
mod mixture;
mod morning;
mod one_key_changed;
mod queue;
mod refusals;
mod review;
mod rules_changed;
mod same_bytes;
mod same_claim;
mod several_places;
mod stories;
mod support;
mod tables;
mod tiny;
mod tiny_ftm;
mod tiny_misp;
mod told_by_rows;
mod warning_lists;
mod worlds;
