//! Request of a run, made from the arguments.

use std::{
    io::{self, Read},
    path::Path,
};

use super::{
    args::{Common, RunInputs},
    clock::{is_ahead, now},
    error::CommandError,
    locate::{config, places_without_config},
    user::actor,
};
use crate::{
    archive::Archive,
    explain,
    run::{Request, Source},
    time::Moment,
};

/// Reads standard input.
pub(super) fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the request that the arguments describe.
pub(super) fn request(common: &Common, args: &RunInputs) -> Result<Request, CommandError> {
    let as_of = as_of(args)?;
    let config = config(common)?;
    let is_configured = config.sources.iter().any(Source::is_read_by_runs);
    if args.inputs.is_empty() && !is_configured && !Archive::exists(&config.state) {
        let configuration = match &common.config {
            Some(path) => format!("no source of `{}` has `paths`, `taxii` or `url`", path.display()),
            None => format!("no configuration is found ({})", places_without_config()),
        };
        return Err(CommandError::Usage(format!(
            "there is nothing to run: {configuration}, there is no archive at `{}`, and no INPUT is given",
            config.state.display()
        )));
    }
    Ok(Request {
        audience: common.audience.clone(),
        format: args.format,
        replay: args.replay,
        reliability: args.reliability,
        by: actor(),
        ..Request::new(config, as_of, args.inputs.clone())
    })
}

fn as_of(args: &RunInputs) -> Result<Moment, CommandError> {
    let now = now();
    let as_of = match &args.as_of {
        None => now,
        Some(text) => Moment::parse_as_of_at(text, now).ok_or_else(|| {
            CommandError::Usage(
                "--as-of takes RFC 3339 with an offset, such as 2026-11-21T02:00:00Z, or a date".to_owned(),
            )
        })?,
    };
    if !args.future && is_ahead(as_of, now) {
        return Err(CommandError::Usage(format!(
            "the as-of time {as_of} is more than an hour ahead of the clock, {}; after such a run, no run before it could \
read anything. Give --future if the time is right",
            now.display_utc()
        )));
    }
    Ok(as_of)
}

/// Returns a warning for each source that INPUT names and the configuration does not have.
pub(super) fn unconfigured(common: &Common, request: &Request) -> Vec<String> {
    let file = common.config.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    explain::unconfigured_sources(&request.config, &file, &request.inputs)
}
