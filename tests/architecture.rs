//! Reads `src/` and fails where a room uses a later room, or a library or a piece of the world that is not its own.
//!
//! Modules, unlike crates, are not kept one-way by the compiler, so this test does it. Its fixtures under
//! `tests/fixtures/architecture` hold planted violations, each marked `//~ rule`, and look-alikes without marks.

#[path = "architecture/mentions.rs"]
mod mentions;
#[path = "architecture/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fmt, fs};

use mentions::{bindings, mentions, resolved};
use words::words;

/// The files directly in `src/`, with those in a folder of their name: what every room may use. Nouns use nouns
/// only.
const NOUNS: &[&str] = &[
    "time",
    "marking",
    "index",
    "identifier",
    "entity",
    "link",
    "record",
    "judgement",
    "view",
    "watch",
    "progress",
    "random",
    "columns",
];

/// The folders of `src/` in the order the night passes through them. A room uses nouns, itself and earlier rooms.
const ROOMS: &[&str] = &[
    "canonical",
    "ingest",
    "archive",
    "resolve",
    "graph",
    "metrics",
    "community",
    "temporal",
    "analysis",
    "features",
    "model",
    "review",
    "report",
    "tables",
    "run",
    "learn",
    "explain",
    "measure",
    "desk",
    "cli",
];

/// Rooms that see no files, clock, environment or terminal; neither do the nouns.
const PURE: &[&str] = &[
    "canonical",
    "resolve",
    "graph",
    "metrics",
    "community",
    "temporal",
    "analysis",
    "features",
    "model",
    "review",
];

/// Libraries that stay in a few rooms. A crate of the same family (`arrow_array`) counts as the library.
const KEPT: &[(&str, &[&str])] = &[
    ("petgraph", &["graph", "metrics", "community"]),
    ("linfa", &["features", "model"]),
    ("ndarray", &["features", "model"]),
    ("arrow", &["ingest", "archive", "tables"]),
    ("parquet", &["ingest", "archive", "tables"]),
];

/// What a pure room may not touch; `*` and `self` stand for a glob or a re-import that would hide it.
const WORLD: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "env"],
    &["std", "process"],
    &["std", "net", "TcpListener"],
    &["std", "net", "TcpStream"],
    &["std", "net", "UdpSocket"],
    &["std", "net", "ToSocketAddrs"],
    &["std", "io", "stdin"],
    &["std", "io", "stdout"],
    &["std", "io", "stderr"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["std", "io", "*"],
    &["std", "time", "*"],
    &["std", "*"],
    &["jiff", "Timestamp", "now"],
    &["jiff", "Zoned", "now"],
];

const PRINTS: &[&str] = &["println", "eprintln", "print", "eprint", "dbg"];
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// A name that stands nowhere in the order.
    Unplaced,
    /// An arrow that runs back, or from a noun into a room.
    Order,
    /// A library outside the rooms that keep it.
    Library,
    /// Files, clock, environment or process in a pure room.
    World,
    /// Printing outside `cli`.
    Print,
    /// The crate named by its own name outside `main.rs`.
    OwnName,
    /// A module taken from somewhere other than its place.
    Elsewhere,
}

impl Rule {
    const ALL: &[(Rule, &str)] = &[
        (Rule::Unplaced, "unplaced"),
        (Rule::Order, "order"),
        (Rule::Library, "library"),
        (Rule::World, "world"),
        (Rule::Print, "print"),
        (Rule::OwnName, "own-name"),
        (Rule::Elsewhere, "elsewhere"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(rule, _)| *rule == self).expect("every rule is on the list").1
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    line: usize,
    rule: Rule,
    says: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.rule.name(), self.says)
    }
}

/// Returns every violation in a set of (path from the project's root, text) pairs, by path and line.
fn check(files: &[(String, String)]) -> Vec<Violation> {
    let mut found: Vec<Violation> = files.iter().flat_map(|(path, text)| check_file(path, text)).collect();
    found.sort();
    found.dedup();
    found
}

fn check_file(path: &str, text: &str) -> Vec<Violation> {
    let module = module_of(path);
    let owner = module.first().map(String::as_str);
    let mut found = Vec::new();
    let mut say = |line, rule, says| found.push(Violation { path: path.to_owned(), line, rule, says });

    if let Some(name) = owner {
        let (kind, list) = if module_is_file(path) { ("noun", NOUNS) } else { ("room", ROOMS) };
        // A noun that is long has files of its own in a folder of its name, beside its file.
        let is_of_noun = NOUNS.contains(&name) && !path.ends_with("/mod.rs");
        if !list.contains(&name) && !is_of_noun {
            say(
                1,
                Rule::Unplaced,
                format!("`{name}` is no known {kind}: place it in the order, in tests/architecture.rs"),
            );
        }
    }
    // A file of tests, declared `#[cfg(test)] mod tests;` where it belongs, is what an inline one is.
    let is_tests = module.last().is_some_and(|name| name == "tests");
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        let after = |offset: usize| words.get(at + offset).map_or("", |word| word.text.as_str());
        let calls = after(1) == "!" && matches!(after(2), "(" | "[" | "{");
        if calls && PRINTS.contains(&word.text.as_str()) && owner != Some("cli") && !word.test && !is_tests {
            say(word.line, Rule::Print, format!("`{}!`: only cli talks to a person", word.text));
        }
        if calls && word.text == "include"
            || word.text == "#" && after(1) == "[" && after(2) == "path" && after(3) == "="
        {
            say(
                word.line,
                Rule::Elsewhere,
                "a module lives where its path says; no `#[path]`, no `include!`".to_owned(),
            );
        }
    }
    let mentions = mentions(&words, &module);
    let bindings = bindings(&mentions);
    for mention in &mentions {
        for (segments, ours) in resolved(mention, &bindings) {
            let says =
                if ours { judge_ours(owner, &segments) } else { judge_foreign(path, owner, &segments) };
            // Tests keep the order, but may read files, say what they skip, and ask a library for a second opinion.
            let excused =
                (mention.test || is_tests) && matches!(says, Some((Rule::World | Rule::Library, _)));
            if let Some((rule, says)) = says.filter(|_| !excused) {
                say(mention.line, rule, says);
            }
        }
    }
    found
}

fn judge_ours(owner: Option<&str>, segments: &[String]) -> Option<(Rule, String)> {
    let (owner, target) = (owner?, segments.first()?.as_str());
    let place = |name: &str| ROOMS.iter().position(|room| *room == name);
    if target == "*" {
        return Some((Rule::Order, "a glob over the crate's root hides which rooms are used".to_owned()));
    }
    if NOUNS.contains(&target) {
        return None;
    }
    let Some(used) = place(target) else {
        let says = format!(
            "`crate::{target}` is no noun and no room: place it in the order, in tests/architecture.rs"
        );
        return Some((Rule::Unplaced, says));
    };
    match place(owner) {
        None => {
            Some((Rule::Order, format!("the noun `{owner}` uses the room `{target}`; nouns use nouns only")))
        }
        Some(place) if used > place => {
            Some((Rule::Order, format!("`{owner}` uses the later room `{target}`")))
        }
        Some(_) => None,
    }
}

fn judge_foreign(path: &str, owner: Option<&str>, segments: &[String]) -> Option<(Rule, String)> {
    let library = segments.first()?.as_str();
    if library == "araneus" && path != "src/main.rs" {
        return Some((
            Rule::OwnName,
            "inside the crate write `crate::`; only main.rs says `araneus::`".to_owned(),
        ));
    }
    let family =
        |name: &str| library == name || library.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    if let Some((name, rooms)) = KEPT.iter().find(|(name, _)| family(name)) {
        let allowed = owner.is_some_and(|owner| rooms.contains(&owner));
        return (!allowed)
            .then(|| (Rule::Library, format!("`{library}`: {name} stays in {}", rooms.join(", "))));
    }
    let pure = owner.is_some_and(|owner| PURE.contains(&owner) || NOUNS.contains(&owner));
    let touches = WORLD
        .iter()
        .any(|world| segments.len() >= world.len() && segments.iter().zip(*world).all(|(a, b)| a == b));
    (pure && touches).then(|| {
        (
            Rule::World,
            format!("`{}`: a pure room sees no files, clock, environment or process", segments.join("::")),
        )
    })
}

/// `src/output/arrow.rs` is the module `tables::arrow`; the two roots are the empty path.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let parts: Vec<String> = inside.split('/').filter(|part| *part != "mod").map(str::to_owned).collect();
    if parts == ["lib"] || parts == ["main"] { Vec::new() } else { parts }
}

fn module_is_file(path: &str) -> bool {
    path.matches('/').count() == 1
}

/// Every `.rs` file below a folder as (path from `root`, text), in the order of the paths.
fn read_below(root: &Path, folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(&open).unwrap_or_else(|error| panic!("{}: {error}", open.display())) {
            let path = entry.expect("a folder that opened lists its entries").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                let name = path
                    .strip_prefix(root)
                    .expect("it lies below the root")
                    .to_string_lossy()
                    .replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("source files are UTF-8")));
            }
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fixture is several files in one: `//- src/graph/mod.rs` begins each.
fn fixture_files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("//- ") {
            files.push((path.trim().to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    files
}

/// The `(path, line, rule)` that the `//~` marks of a fixture ask for.
fn expected(files: &[(String, String)]) -> BTreeSet<(String, usize, String)> {
    let mut marks = BTreeSet::new();
    for (path, text) in files {
        for (at, line) in text.lines().enumerate() {
            let rules = line.split_once("//~").map_or("", |(_, rules)| rules);
            marks.extend(rules.split_whitespace().map(|rule| (path.clone(), at + 1, rule.to_owned())));
        }
    }
    marks
}

#[test]
fn no_room_of_the_project_uses_a_later_one() {
    let files = read_below(root(), "src");
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "src/ was not read: {} files", files.len());
    let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_planted_violation_is_found_and_no_look_alike() {
    let fixtures = read_below(root(), "tests/fixtures/architecture");
    assert!(fixtures.len() >= 2, "the fixtures are missing");
    let mut rules = BTreeSet::new();
    for (name, text) in &fixtures {
        let files = fixture_files(text);
        assert!(!files.is_empty(), "{name} holds no file");
        let wanted = expected(&files);
        let found: BTreeSet<_> =
            check(&files).into_iter().map(|one| (one.path, one.line, one.rule.name().to_owned())).collect();
        assert_eq!(found, wanted, "{name}: found on the left, marked on the right");
        rules.extend(wanted.into_iter().map(|(_, _, rule)| rule));
    }
    let all: BTreeSet<String> = Rule::ALL.iter().map(|(_, name)| (*name).to_owned()).collect();
    assert_eq!(rules, all, "every rule is planted at least once");
}

#[test]
fn a_violation_names_file_line_and_rule() {
    let planted = [("src/graph/csr.rs".to_owned(), "\nuse crate::desk::page;\n".to_owned())];
    let found: Vec<String> = check(&planted).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["src/graph/csr.rs:2: order: `graph` uses the later room `desk`"]);
}

#[test]
fn what_is_on_the_lists_is_a_room_of_the_order() {
    let named = PURE.iter().chain(KEPT.iter().flat_map(|(_, rooms)| *rooms));
    assert_eq!(named.filter(|room| !ROOMS.contains(room)).count(), 0);
    assert!(NOUNS.iter().all(|noun| !ROOMS.contains(noun)), "a name is a noun or a room, not both");
}

#[test]
fn every_dependency_has_its_reason() {
    let read =
        |name: &str| fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut wanted = BTreeSet::new();
    for folder in ["", "crates/araneus-graph/", "crates/araneus-synth/"] {
        let manifest: toml::Table =
            read(&format!("{folder}Cargo.toml")).parse().expect("a manifest is a TOML document");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(section).and_then(toml::Value::as_table);
            wanted.extend(dependencies.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    wanted.retain(|name| !name.starts_with("araneus-"));
    let page = read("docs/dependencies.md");
    let reasons: BTreeSet<String> = page
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert!(!wanted.is_empty());
    assert_eq!(reasons, wanted, "docs/dependencies.md on the left, the manifests on the right");
}
