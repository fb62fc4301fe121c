//! Errors of the library as exceptions of Python.

use araneus::{
    ingest::RejectRule,
    measure::{MeasureError, links::LinkError},
};
use pyo3::{
    PyErr,
    exceptions::{PyKeyError, PyOSError, PyValueError},
};

/// Returns the exception of a table that is not a list of links: `KeyError` for a missing column, `OSError` for a file that
/// cannot be read, else `ValueError`.
pub(crate) fn of_links(error: &LinkError) -> PyErr {
    let table = if error.is_of_nodes { "nodes" } else { "links" };
    if error.line == 0 && error.cause.rule == RejectRule::MissingReference {
        return PyKeyError::new_err(format!("{table}: {}", error.cause.reason));
    }
    if error.cause.rule == RejectRule::Unreadable {
        return PyOSError::new_err(format!("{table}: {}", error.cause.reason));
    }
    let row = if error.line == 0 { String::new() } else { format!(", row {}", error.line) };
    PyValueError::new_err(format!("{table}{row}: {}", error.cause.reason))
}

/// Returns the exception of a measurement.
pub(crate) fn of_measure(error: &MeasureError) -> PyErr {
    match error {
        MeasureError::NoMetric(_) => PyKeyError::new_err(error.to_string()),
        MeasureError::Output(_) => PyOSError::new_err(error.to_string()),
        MeasureError::Links { .. } | MeasureError::Stopped => PyValueError::new_err(error.to_string()),
    }
}
