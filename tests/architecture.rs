//! Reads the sources of every crate and fails where a room uses a later room, a library of other rooms, or the world.
//!
//! The compiler keeps the order of crates, but not the order of modules within a crate, so this test does it. The
//! fixtures under `tests/fixtures/architecture` contain planted violations, each marked `//~ rule`, and look-alikes
//! without marks.

#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/layout.rs"]
mod layout;
#[path = "architecture/mentions.rs"]
mod mentions;
#[path = "architecture/sources.rs"]
mod sources;
#[path = "architecture/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::{fmt, fs};

use cycles::import_cycles;
use layout::{CRATES, KEPT, KEPT_WHOLE, Layout, module_of};
use mentions::{bindings, mentions, resolved};
use sources::{all_sources, crate_folders, read_below, root};
use words::words;

/// Paths that a pure room may not use; `*` and `self` mean a glob or a re-import that would hide such a path.
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
    /// A name that is missing in the order.
    Unplaced,
    /// An import of a later room, or of a room by a noun.
    Order,
    /// A library outside the rooms that keep it.
    Library,
    /// Files, clock, environment or process in a pure room.
    World,
    /// Printing outside `cli`.
    Print,
    /// The crate named by its own name outside `main.rs`.
    OwnName,
    /// A module from another place than its path.
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
    let Some(layout) = CRATES.iter().find(|layout| path.starts_with(layout.sources)) else {
        let says = "this crate has no entry: add it to CRATES in tests/architecture/layout.rs".to_owned();
        return vec![Violation { path: path.to_owned(), line: 1, rule: Rule::Unplaced, says }];
    };
    let module = module_of(layout, path);
    let owner = module.first().map(String::as_str);
    let mut found = Vec::new();
    let mut say = |line, rule, says| found.push(Violation { path: path.to_owned(), line, rule, says });

    if let (Some(name), Some(nouns)) = (owner, layout.nouns) {
        let is_file = !path[layout.sources.len()..].contains('/');
        let (kind, list) = if is_file { ("noun", nouns) } else { ("room", layout.rooms) };
        // A noun that is long has files of its own in a folder of its name, beside its file.
        let is_of_noun = nouns.contains(&name) && !path.ends_with("/mod.rs");
        if !list.contains(&name) && !is_of_noun {
            say(
                1,
                Rule::Unplaced,
                format!(
                    "`{name}` is no known {kind}: place it in the order, in tests/architecture/layout.rs"
                ),
            );
        }
    }
    // A file of tests, declared `#[cfg(test)] mod tests;` where it belongs, is what an inline one is.
    let is_tests = module.last().is_some_and(|name| name == "tests");
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        let after = |offset: usize| words.get(at + offset).map_or("", |word| word.text.as_str());
        let calls = after(1) == "!" && matches!(after(2), "(" | "[" | "{");
        let may_print = owner.is_some() && owner == layout.prints;
        if calls && PRINTS.contains(&word.text.as_str()) && !may_print && !word.test && !is_tests {
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
            let says = if ours {
                judge_ours(layout, owner, &segments)
            } else {
                judge_foreign(layout, path, owner, &segments)
            };
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

fn judge_ours(layout: &Layout, owner: Option<&str>, segments: &[String]) -> Option<(Rule, String)> {
    let (owner, target) = (owner?, segments.first()?.as_str());
    let nouns = layout.nouns?;
    let place = |name: &str| layout.rooms.iter().position(|room| *room == name);
    if target == "*" {
        return Some((Rule::Order, "a glob over the crate's root hides which rooms are used".to_owned()));
    }
    if nouns.contains(&target) {
        return None;
    }
    let Some(used) = place(target) else {
        let says = format!(
            "`crate::{target}` is no noun and no room: place it in the order, in tests/architecture/layout.rs"
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

fn judge_foreign(
    layout: &Layout,
    path: &str,
    owner: Option<&str>,
    segments: &[String],
) -> Option<(Rule, String)> {
    let library = segments.first()?.as_str();
    if library == layout.name && path != "src/main.rs" {
        return Some((
            Rule::OwnName,
            "inside the crate write `crate::`; only main.rs says `araneus::`".to_owned(),
        ));
    }
    if library == "araneus_graph" && layout.name == "araneus" && path != "src/lib.rs" {
        return Some((
            Rule::OwnName,
            "lib.rs re-exports the rooms of araneus_graph: write `crate::`".to_owned(),
        ));
    }
    let family =
        |name: &str| library == name || library.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    if let Some((name, keeper, rooms)) = KEPT.iter().find(|(name, ..)| family(name)) {
        let is_keeper = *keeper == layout.name && owner.is_some_and(|owner| rooms.contains(&owner));
        let allowed = is_keeper || KEPT_WHOLE.contains(&(*name, layout.name));
        return (!allowed).then(|| {
            (Rule::Library, format!("`{library}`: {name} stays in {} of {keeper}", rooms.join(", ")))
        });
    }
    let is_noun = |owner| layout.nouns.is_some_and(|nouns| nouns.contains(&owner));
    let pure = owner.is_some_and(|owner| layout.pure.contains(&owner) || is_noun(owner));
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
    let files = all_sources();
    // A crate has a library, a program, or both.
    let root_of = |path: &str| {
        let root = path.strip_suffix("src/lib.rs").or_else(|| path.strip_suffix("src/main.rs"));
        root.map(str::to_owned)
    };
    let roots: BTreeSet<String> = files.iter().filter_map(|(path, _)| root_of(path)).collect();
    assert_eq!(roots.len(), 1 + crate_folders().len(), "each crate was read: {} files", files.len());
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
fn no_files_of_a_crate_import_each_other() {
    let files = all_sources();
    let found: Vec<String> = CRATES.iter().flat_map(|layout| import_cycles(layout, &files)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_planted_cycle_of_imports_is_found() {
    let file = |name: &str, text: &str| (format!("crates/araneus-graph/src/graph/{name}"), text.to_owned());
    let planted = [
        file("csr.rs", "use super::rows::Rows;\n#[cfg(test)]\nmod tests { use super::super::view::View; }"),
        file("mod.rs", "mod csr;\nmod rows;\nmod view;\npub use csr::Graph;"),
        file("rows.rs", "use crate::graph::view::View;"),
        file("view.rs", "fn f() { super::csr::build() }"),
    ];
    let found = import_cycles(&CRATES[1], &planted);
    let names = ["csr.rs", "rows.rs", "view.rs", "csr.rs"]
        .map(|name| format!("crates/araneus-graph/src/graph/{name}"));
    assert_eq!(found, [names.join(" -> ")]);
}

#[test]
fn a_file_may_use_the_module_around_it_where_the_crate_says_so() {
    let files = |sources: &str| {
        let file = |name: &str, text: &str| (format!("{sources}graph/{name}"), text.to_owned());
        [
            file("mod.rs", "mod katz;\npub const METRICS: &[Metric] = &[katz::METRIC];"),
            file("katz.rs", "use super::Metric;"),
        ]
    };
    assert!(import_cycles(&CRATES[0], &files(CRATES[0].sources)).is_empty());
    assert_eq!(import_cycles(&CRATES[1], &files(CRATES[1].sources)).len(), 1);
}

#[test]
fn a_violation_names_file_line_and_rule() {
    let planted = [("src/graph/csr.rs".to_owned(), "\nuse crate::explain::page;\n".to_owned())];
    let found: Vec<String> = check(&planted).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["src/graph/csr.rs:2: order: `graph` uses the later room `explain`"]);
}

#[test]
fn what_is_on_the_lists_is_a_room_of_the_order() {
    for layout in CRATES {
        assert!(layout.pure.iter().all(|room| layout.rooms.contains(room)), "{}", layout.name);
        let mut nouns = layout.nouns.unwrap_or_default().iter();
        assert!(nouns.all(|noun| !layout.rooms.contains(noun)), "a name is a noun or a room, not both");
    }
    for (library, keeper, rooms) in KEPT {
        let layout = CRATES.iter().find(|layout| layout.name == *keeper).expect("a crate keeps it");
        assert!(rooms.iter().all(|room| layout.rooms.contains(room)), "{library}");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let read =
        |name: &str| fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let folders =
        std::iter::once(String::new()).chain(crate_folders().into_iter().map(|folder| folder + "/"));
    let mut wanted = BTreeSet::new();
    for folder in folders {
        let manifest: toml::Table =
            read(&format!("{folder}Cargo.toml")).parse().expect("a manifest is a TOML document");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(section).and_then(toml::Value::as_table);
            wanted.extend(dependencies.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    // Crates of this workspace need no reason.
    wanted.retain(|name| name != "araneus" && !root().join("crates").join(name).is_dir());
    let page = read("docs/dependencies.md");
    let reasons: BTreeSet<String> = page
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert!(!wanted.is_empty());
    assert_eq!(reasons, wanted, "docs/dependencies.md on the left, the manifests on the right");
}
