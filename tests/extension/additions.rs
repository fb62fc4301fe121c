//! The examples that are added, and the places for them.

use std::{fs, path::Path};

use crate::copy::Files;

/// One example: a new file, and its `mod` line and row in the file of the table.
pub(crate) struct Addition {
    /// Kind in the headings of `CONTRIBUTING.md`.
    pub(crate) kind: &'static str,
    /// Folder of the new file.
    pub(crate) folder: &'static str,
    /// Name of the new module.
    pub(crate) module: &'static str,
    /// File of the example in `tests/fixtures/extension`.
    pub(crate) example: &'static str,
    /// File of the table.
    pub(crate) table_file: &'static str,
    /// Name of the table.
    pub(crate) table: &'static str,
    /// Name of the row in the new module.
    pub(crate) row: &'static str,
}

pub(crate) const ADDITIONS: [Addition; 6] = [
    Addition {
        kind: "a metric",
        folder: "crates/araneus-graph/src/metrics",
        module: "example_metric",
        example: "metric.rs",
        table_file: "crates/araneus-graph/src/metrics/mod.rs",
        table: "METRICS",
        row: "METRIC",
    },
    Addition {
        kind: "a feature",
        folder: "src/features",
        module: "example_feature",
        example: "feature.rs",
        table_file: "src/features/mod.rs",
        table: "FEATURES",
        row: "ANCHORS",
    },
    Addition {
        kind: "a pattern",
        folder: "src/review/patterns",
        module: "example_pattern",
        example: "pattern.rs",
        table_file: "src/review/patterns/mod.rs",
        table: "PATTERNS",
        row: "PATTERN",
    },
    Addition {
        kind: "a format",
        folder: "src/ingest",
        module: "example_format",
        example: "format.rs",
        table_file: "src/ingest/mod.rs",
        table: "FORMATS",
        row: "FORMAT",
    },
    Addition {
        kind: "an export",
        folder: "src/export",
        module: "example_export",
        example: "export.rs",
        table_file: "src/export/mod.rs",
        table: "EXPORTS",
        row: "EXPORT",
    },
    Addition {
        kind: "a file format of tables",
        folder: "src/tables/files",
        module: "example_file",
        example: "table_file.rs",
        table_file: "src/tables/files/mod.rs",
        table: "TABLE_FILES",
        row: "TABLE_FILE",
    },
];

impl Addition {
    /// Returns the path of the new file.
    pub(crate) fn new_file(&self) -> String {
        format!("{}/{}.rs", self.folder, self.module)
    }

    /// Returns the sources with the new file, its `mod` line and its row.
    pub(crate) fn apply(&self, sources: &Files) -> Files {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/extension");
        let example = fs::read(examples.join(self.example)).expect("the example is there");
        let table = String::from_utf8(sources[self.table_file].clone()).expect("source files are UTF-8");
        let mut extended = sources.clone();
        extended.insert(self.new_file(), example);
        extended.insert(self.table_file.to_owned(), self.with_lines(&table).into_bytes());
        extended
    }

    /// Adds the `mod` line before the first one, and the row as the last one of the table.
    fn with_lines(&self, text: &str) -> String {
        let first_module = text.find("\nmod ").expect("the file has modules") + 1;
        let (before, after) = text.split_at(first_module);
        let text = format!("{before}mod {};\n{after}", self.module);
        let start = text.find(&format!("pub const {}: ", self.table)).expect("the file has the table");
        let end = start + text[start..].find("];").expect("the table ends");
        let (before, after) = text.split_at(end);
        // A short table is on one line, without a comma after its last row.
        let comma = if before.trim_end().ends_with(',') { "" } else { "," };
        format!("{}{comma}\n    {}::{},\n{after}", before.trim_end(), self.module, self.row)
    }
}
