//! Judges the program from outside: through its command line, its exit codes and the tables it leaves.
//!
//! Each module is one intent; `support` is the only place that knows how the program is
//! started and how its outputs are read.

mod as_of;
mod ask_by_name;
mod attack_releases;
mod bad_input;
mod clearance;
mod commands;
mod exit_codes;
mod flows;
mod ftm;
mod ftm_properties;
mod galaxy_nights;
mod hand_made;
mod hidden;
mod histories;
mod judged;
mod late;
mod made_folders;
mod measured;
mod misp_and_stix;
mod misp_remarked;
mod misp_woven;
mod mixture;
mod morning;
mod new_user;
mod one_key_changed;
mod queue;
mod quiet_queue;
mod refusals;
mod review;
mod rules_changed;
mod same_bytes;
mod same_claim;
mod several_places;
mod standard_error;
mod stories;
mod support;
mod tables;
mod tiny;
mod tiny_ftm;
mod tiny_misp;
mod told_by_rows;
mod true_reasons;
mod undo;
mod unread_places;
mod warning_lists;
mod worlds;
mod wrong_folder;
