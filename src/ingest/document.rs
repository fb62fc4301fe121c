//! Reads JSON documents, and JSON lines: each line is a document.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    FORMATS,
    format::{AcceptedObject, DeliveredObject, Delivery, Format, TreeCheck},
    input::is_named_json_lines,
    lines::lines,
    outline::{Outline, outline},
    reject::{Reject, RejectRule, RejectedObject},
};

/// Reads a text as a document, else as JSON lines.
pub(super) fn read_text(text: &str, delivery: &mut Delivery) -> Result<(), RejectedObject> {
    match outline(text) {
        Ok(outline) => read_document(&outline, "", delivery).map_err(RejectedObject::from),
        Err(_) if is_json_lines(text, &delivery.path) => {
            read_lines(text, delivery);
            Ok(())
        }
        Err(error) => Err(RejectedObject::at(
            format!("line {}", error.line()),
            Reject::new(RejectRule::JsonSyntax, syntax_reason(&error)),
        )),
    }
}

/// Returns where JSON breaks and what the parser expected, without the text at that position.
fn syntax_reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let expectation = message.split(" at line ").next().unwrap_or("not JSON");
    let expectation = if error.is_data() { "not JSON of the expected form" } else { expectation };
    format!("not JSON at line {}, column {}: {expectation}", error.line(), error.column())
}

/// Returns whether a text is JSON lines and not a broken document: by the file's name, or if most of
/// its first lines are objects by themselves.
pub(super) fn is_json_lines(text: &str, path: &str) -> bool {
    if is_named_json_lines(path) {
        return !text.trim().is_empty();
    }
    let lines: Vec<&str> = lines(text).filter(|line| !line.trim().is_empty()).take(SNIFFED_LINES).collect();
    let is_object = |line: &&&str| matches!(outline(line), Ok(Outline::Object { .. }));
    lines.len() > 1 && 2 * lines.iter().filter(is_object).count() > lines.len()
}

/// Number of lines that decide whether a file is JSON lines.
pub(super) const SNIFFED_LINES: usize = 64;

/// Reads each line as a document.
fn read_lines(text: &str, delivery: &mut Delivery) {
    (1..).zip(lines(text)).for_each(|(number, line)| read_line(number, line, delivery));
}

/// Reads a line as a document; an invalid line is one reject.
pub(super) fn read_line(number: usize, line: &str, delivery: &mut Delivery) {
    if line.trim().is_empty() {
        return;
    }
    let position = format!("line {number}");
    let cause = match outline(line) {
        Ok(outline) => match read_document(&outline, &position, delivery) {
            Ok(()) => return,
            Err(cause) => cause,
        },
        Err(error) => {
            let column = error.column();
            Reject::new(RejectRule::JsonSyntax, format!("not JSON at line {number}, column {column}"))
        }
    };
    delivery.reject(RejectedObject::at(position, cause));
}

/// Reads one document: accepts or rejects each of its objects.
pub(super) fn read_document(
    outline: &Outline<'_>,
    prefix: &str,
    delivery: &mut Delivery,
) -> Result<(), Reject> {
    let recognised = FORMATS.iter().find_map(|format| Some((format, (format.find)(outline)?)));
    // A bare object that has a key twice is rejected as that object, so that its id is known.
    let is_bare = matches!(&recognised, Some((_, Ok(objects))) if objects.iter().any(|object| object.pointer.is_empty()));
    if !is_bare && matches!(outline, Outline::Object { repeated: true, .. }) {
        return Err(Reject::new(RejectRule::DuplicateKey, REPEATED));
    }
    let unknown = || Reject::new(RejectRule::UnknownFormat, "JSON, but of no supported format");
    let (format, objects) = recognised.ok_or_else(unknown)?;
    let objects = objects?;
    delivery.format = Some(format.name);
    if !is_bare {
        delivery.pages.count(outline);
    }
    let results = accepted(format, objects, prefix, delivery);
    delivery.add(results);
    Ok(())
}

/// Reads a document whose list of elements is read already and left out here.
pub(super) fn read_around(
    format: &Format,
    outline: &Outline<'_>,
    delivery: &mut Delivery,
) -> Result<(), Reject> {
    if matches!(outline, Outline::Object { repeated: true, .. }) {
        return Err(Reject::new(RejectRule::DuplicateKey, REPEATED));
    }
    delivery.format = Some(format.name);
    delivery.pages.count(outline);
    Ok(())
}

const REPEATED: &str = "a key occurs twice at the top of the document";

/// Accepts or rejects each object.
pub(super) fn accepted(
    format: &Format,
    objects: Vec<DeliveredObject<'_>>,
    prefix: &str,
    delivery: &Delivery,
) -> Vec<Result<AcceptedObject, RejectedObject>> {
    let checks = tree_checks(format, &objects);
    let accept = |(mut object, check): (DeliveredObject<'_>, &Option<Arc<TreeCheck>>)| {
        if let Some(context) = (format.context)(delivery, &object) {
            object.context = Some(context);
            object.accepted = None;
        }
        let pointer = std::mem::take(&mut object.pointer);
        let position = if prefix.is_empty() { pointer } else { format!("{prefix}{pointer}") };
        format.accept_by(check.as_deref(), position, object)
    };
    match objects.len() {
        0 | 1 => objects.into_iter().zip(&checks).map(accept).collect(),
        _ => objects.into_par_iter().zip(&checks).map(accept).collect(),
    }
}

/// Returns the prepared check of each object. Consecutive objects that share their context share their check.
fn tree_checks(format: &Format, objects: &[DeliveredObject<'_>]) -> Vec<Option<Arc<TreeCheck>>> {
    let is_shared = |a: &DeliveredObject<'_>, b: &DeliveredObject<'_>| match (&a.context, &b.context) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let mut checks = Vec::with_capacity(objects.len());
    for alike in objects.chunk_by(is_shared) {
        let check = format.tree_check(alike[0].context.as_deref()).map(Arc::new);
        checks.extend(alike.iter().map(|_| check.clone()));
    }
    checks
}
