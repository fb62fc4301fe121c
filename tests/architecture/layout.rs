//! The crates of the workspace: the order of their modules, and the libraries that stay in few of them.

/// One crate of the workspace and the order of its modules.
pub(crate) struct Layout {
    /// Name of the crate in Rust.
    pub(crate) name: &'static str,
    /// Folder of its sources, with a slash at the end.
    pub(crate) sources: &'static str,
    /// Files directly in the folder, with those in a folder of their name: what every room may use. Nouns use nouns
    /// only. `None` where the crate has no order yet.
    pub(crate) nouns: Option<&'static [&'static str]>,
    /// Folders of rooms in order. A room uses nouns, itself and earlier rooms.
    pub(crate) rooms: &'static [&'static str],
    /// Rooms that see no files, clock, environment or terminal; neither do the nouns.
    pub(crate) pure: &'static [&'static str],
    /// The only room that prints.
    pub(crate) prints: Option<&'static str>,
    /// The import cycles between files that are allowed.
    pub(crate) cycles: Cycles,
}

/// Import cycles between the files of a crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cycles {
    /// No two files may import each other, directly or through others.
    None,
    /// A file may use the module around it, whose table lists the file; all other cycles are violations.
    ThroughParents,
}

/// Every crate. The root crate re-exports the rooms of `araneus_graph`, which stand in its order, too.
pub(crate) const CRATES: &[Layout] = &[
    Layout {
        name: "araneus",
        sources: "src/",
        nouns: Some(&[
            "time",
            "marking",
            "memo",
            "index",
            "identifier",
            "entity",
            "link",
            "agreement",
            "record",
            "judgement",
            "view",
            "progress",
            "random",
            "columns",
            "symbol",
            "join_steps",
            "compact",
        ]),
        rooms: &[
            "canonical",
            "ingest",
            "archive",
            "fetch",
            "resolve",
            "graph",
            "metrics",
            "community",
            "null_model",
            "flow",
            "temporal",
            "analysis",
            "reporting",
            "features",
            "model",
            "review",
            "language",
            "report",
            "tables",
            "run",
            "learn",
            "explain",
            "measure",
            "compare",
            "export",
            "web",
            "cli",
        ],
        pure: &[
            "canonical",
            "resolve",
            "graph",
            "metrics",
            "community",
            "null_model",
            "flow",
            "temporal",
            "analysis",
            "reporting",
            "features",
            "model",
            "review",
            "language",
        ],
        prints: Some("cli"),
        cycles: Cycles::ThroughParents,
    },
    Layout {
        name: "araneus_graph",
        sources: "crates/araneus-graph/src/",
        nouns: Some(&["progress", "random"]),
        rooms: &["graph", "metrics", "community", "null_model", "flow"],
        pure: &["graph", "metrics", "community", "null_model", "flow"],
        prints: None,
        cycles: Cycles::None,
    },
    Layout {
        name: "araneus_names",
        sources: "crates/araneus-names/src/",
        nouns: None,
        rooms: &[],
        pure: &[],
        prints: None,
        cycles: Cycles::None,
    },
    Layout {
        name: "_araneus",
        sources: "crates/araneus-python/src/",
        nouns: None,
        rooms: &[],
        pure: &[],
        prints: None,
        cycles: Cycles::ThroughParents,
    },
    Layout {
        name: "araneus_fuzz",
        sources: "crates/araneus-fuzz/src/",
        nouns: None,
        rooms: &[],
        pure: &[],
        prints: None,
        cycles: Cycles::ThroughParents,
    },
    Layout {
        name: "araneus_cluster",
        sources: "crates/araneus-cluster/src/",
        nouns: None,
        rooms: &[],
        pure: &[],
        prints: Some("console"),
        cycles: Cycles::ThroughParents,
    },
    Layout {
        name: "araneus_synth",
        sources: "crates/araneus-synth/src/",
        nouns: None,
        rooms: &[],
        pure: &[],
        prints: None,
        cycles: Cycles::None,
    },
];

/// Libraries that stay in a few rooms of one crate. A crate of the same family (`arrow_array`) counts as the library.
pub(crate) const KEPT: &[(&str, &str, &[&str])] = &[
    ("petgraph", "araneus_graph", &["graph", "metrics", "community"]),
    ("linfa", "araneus", &["features", "model"]),
    ("ndarray", "araneus", &["features", "model"]),
    ("arrow", "araneus", &["ingest", "archive", "tables"]),
    ("parquet", "araneus", &["ingest", "archive", "tables"]),
    // The only rooms with a socket: one asks, the other answers.
    ("ureq", "araneus", &["fetch"]),
    ("rustls", "araneus", &["fetch"]),
    ("axum", "araneus", &["web"]),
    ("tokio", "araneus", &["web"]),
];

/// Libraries of [`KEPT`] that every module of another crate may use: the tables of Python are those of Arrow, and a
/// cluster reads and writes Parquet over a network.
pub(crate) const KEPT_WHOLE: &[(&str, &str)] = &[
    ("arrow", "_araneus"),
    ("arrow", "araneus_cluster"),
    ("parquet", "araneus_cluster"),
    ("tokio", "araneus_cluster"),
];

/// `src/tables/arrow.rs` is the module `tables::arrow`; the two roots are the empty path.
pub(crate) fn module_of(layout: &Layout, path: &str) -> Vec<String> {
    let inside = path.strip_prefix(layout.sources).unwrap_or(path).trim_end_matches(".rs");
    let parts: Vec<String> = inside.split('/').filter(|part| *part != "mod").map(str::to_owned).collect();
    if parts == ["lib"] || parts == ["main"] { Vec::new() } else { parts }
}
