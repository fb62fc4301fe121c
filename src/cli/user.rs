//! Name of the person who judges.

use std::{
    env,
    io::Read,
    process::{Command, Stdio},
};

use super::{CommandError, judgement_file::is_blank};
use crate::archive::audit::UNKNOWN;

/// Returns the name of the reviewer: the given one, else the user of the system.
pub(super) fn reviewer(by: Option<&str>) -> Result<String, CommandError> {
    if let Some(by) = by {
        if is_blank(by) || by.chars().any(char::is_control) {
            return Err(CommandError::Usage(
                "--by has no letter or digit, or a control character; give the name of a person".to_owned(),
            ));
        }
        return Ok(by.to_owned());
    }
    let of_environment = ["USER", "LOGNAME"].into_iter().filter_map(|name| env::var(name).ok());
    let user = of_environment.into_iter().find(|name| is_name(name)).or_else(login_name);
    user.ok_or_else(|| {
        CommandError::Usage("the system names no user; give your name with --by NAME".to_owned())
    })
}

/// Returns the name of the person who runs a command, for the audit log.
pub(super) fn actor() -> String {
    reviewer(None).unwrap_or_else(|_| UNKNOWN.to_owned())
}

/// Returns the login name of this process's user from the user database of the system, which may be a network service. A bare
/// container sets no variable and has this database; `None` where the system has neither a name nor the program `id`.
fn login_name() -> Option<String> {
    let mut id = Command::new("id");
    id.arg("-un").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = id.spawn().ok()?;
    // `Command::output` panics if the pipe cannot be read.
    let mut name = String::new();
    let read = child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut name));
    let is_successful = child.wait().is_ok_and(|status| status.success());
    let is_whole = is_successful && matches!(read, Some(Ok(_)));
    Some(name.trim().to_owned()).filter(|name| is_whole && is_name(name))
}

fn is_name(text: &str) -> bool {
    !is_blank(text) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_name_is_taken_and_a_name_without_letters_is_an_error() {
        assert_eq!(reviewer(Some("ana")).ok().as_deref(), Some("ana"));
        for by in ["", " ", "--", "a\nb"] {
            assert!(reviewer(Some(by)).is_err(), "{by:?}");
        }
    }
}
