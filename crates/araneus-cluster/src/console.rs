//! The only module that prints.

/// Prints a line of progress, a warning or an error on standard error.
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}

/// Prints a line of the answer on standard output.
pub(crate) fn answer(line: &str) {
    println!("{line}");
}
