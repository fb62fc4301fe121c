//! Templates: texts with columns, such as `{first} {last}`, or `{C2|C2 Server}` for the first filled one of
//! two.
//!
//! Without braces a template is a constant; `{{` and `}}` are the braces themselves.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::row::Row;

/// A constant, a column, or several of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct CellTemplate {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Columns, of which the first filled one counts.
    Cell(Vec<String>),
}

impl CellTemplate {
    /// Returns the template's text for a row, without blanks at its ends; `None` if a column in it is empty.
    pub(super) fn of<'t>(&'t self, row: Row<'t>) -> Option<Cow<'t, str>> {
        let of_part = |part: &'t Part| match part {
            Part::Text(text) => Some(Cow::Borrowed(text.as_str())),
            Part::Cell(columns) => columns.iter().find_map(|column| row.cell(column)),
        };
        let text_of_parts = match self.parts.as_slice() {
            [part] => of_part(part)?,
            parts => Cow::Owned(parts.iter().map(of_part).collect::<Option<String>>()?),
        };
        let text_of_parts = match text_of_parts {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        (!text_of_parts.is_empty()).then_some(text_of_parts)
    }

    /// Returns the parts of a list, if the template is only a column, and the cell is a list.
    pub(super) fn list<'t>(&self, row: Row<'t>) -> Option<Vec<Cow<'t, str>>> {
        let [Part::Cell(columns)] = self.parts.as_slice() else { return None };
        row.list(columns.iter().find(|column| row.cell(column).is_some())?)
    }

    /// Returns the columns in the template; of those in one list one is enough.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[String]> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Cell(columns) => Some(columns.as_slice()),
        })
    }
}

impl From<CellTemplate> for String {
    fn from(template: CellTemplate) -> Self {
        template.written
    }
}

impl TryFrom<String> for CellTemplate {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = written.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            let inside = rest.split_once('}').filter(|_| brace == "{");
            let (column, after) =
                inside.ok_or("a brace without its counterpart; write {{ for a literal brace")?;
            let columns: Vec<String> = column.split('|').map(|name| name.trim().to_owned()).collect();
            if columns.iter().any(String::is_empty) {
                return Err("{} does not name a column".to_owned());
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Cell(columns));
            rest = after;
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        if parts.is_empty() {
            return Err("an empty text; remove the key".to_owned());
        }
        Ok(Self { written, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::table::row::Cells;

    #[test]
    fn a_template_is_a_constant_a_column_or_both() {
        let object = r#"{"first":"Ada","last":" Byron ","blank":" "}"#;
        let cells: Cells<'_> = serde_json::from_str(object).expect("a row");
        let row = Row { cells: &cells, columns: &[], empty: &[] };
        let of = |text: &str| {
            let template = CellTemplate::try_from(text.to_owned())?;
            Ok::<_, String>(template.of(row).map(Cow::into_owned))
        };
        let said = |text: &str| of(text).expect("a template");
        assert_eq!(said("fixed").as_deref(), Some("fixed"));
        assert_eq!(said("{last}, {first}").as_deref(), Some("Byron, Ada"));
        assert_eq!(said("{blank|none|first}").as_deref(), Some("Ada"));
        assert_eq!(said("{{{first}}}").as_deref(), Some("{Ada}"));
        assert_eq!(said("{first} {blank}"), None);
        for wrong in ["", "{first", "first}", "{}", "{a|}"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
