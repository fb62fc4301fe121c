//! Sentences for analysts come from the table of `src/language` only: every key exists, and no other file of the
//! report or of the answers has a sentence of its own.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use araneus::language::Language;

/// Folders whose files take every sentence from the table.
const WITHOUT_SENTENCES: &[&str] = &["src/report", "src/explain", "src/tables/rows"];

/// Texts that are equal in every language: a message of an assertion, names of tables, and commands.
const SAME_IN_EVERY_LANGUAGE: &[&str] = &[
    "an edge names a bubble that does not exist",
    "candidates or gate",
    "araneus explain {}",
    "araneus explain {id}",
    "araneus judgements add {id} {verdict} --reason …",
];

/// Files with errors of questions, which are messages of the command line.
const EXCEPT: &[&str] = &["src/explain/error.rs"];

fn files(folder: &str, suffix: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == suffix) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Returns the string literals of a source, without comments and tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = source.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with("//")
            && !line.starts_with("#[")
            && !line.contains("expect(\"")
            && !line.contains("reason = ")
    });
    let code = lines.collect::<Vec<_>>().join("\n").replace("'\"'", "").replace("\\\"", "");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_program_is_in_the_table() {
    let known: BTreeSet<&str> = Language::english().keys().collect();
    let templates = files("templates", "html").into_iter().chain(files("templates", "svg"));
    let mut used = 0;
    for path in files("src", "rs").into_iter().chain(templates) {
        let text = fs::read_to_string(&path).expect("a file of the repository");
        for call in
            ["language.text(", "language.fill(", "counted(language, ", "with(language, ", "html(language, "]
        {
            for after in text.split(call).skip(1) {
                let Some(quoted) = after.trim_start().strip_prefix('"') else { continue };
                let key = quoted.split('"').next().unwrap_or_default();
                assert!(known.contains(key), "{}: no text for `{key}`", path.display());
                used += 1;
            }
        }
    }
    assert!(used > 150, "{used}");
}

#[test]
fn the_report_and_the_answers_have_no_sentence_outside_the_table() {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    for folder in WITHOUT_SENTENCES {
        for path in files(folder, "rs") {
            let shown = path.display().to_string();
            if EXCEPT.iter().any(|file| shown.ends_with(file)) || shown.ends_with("tests.rs") {
                continue;
            }
            let source = fs::read_to_string(&path).expect("a file of the repository");
            for literal in
                literals(&source).iter().filter(|text| !SAME_IN_EVERY_LANGUAGE.contains(&text.as_str()))
            {
                let words: Vec<bool> = literal
                    .split([' ', '\n'])
                    .map(|word| is_word(word.trim_matches(|c: char| !c.is_alphanumeric())))
                    .collect();
                assert!(!words.windows(2).any(|pair| pair == [true, true]), "{shown}: {literal}");
            }
        }
    }
}

#[test]
fn templates_have_no_text_outside_the_table() {
    // Labels of the review page stand in its templates; all sentences about results come from the table.
    let is_of_report = |path: &PathBuf| !path.components().any(|part| part.as_os_str() == "web");
    let pages = files("templates", "html").into_iter().filter(is_of_report);
    for path in pages.chain(files("templates", "svg")) {
        let mut text = fs::read_to_string(&path).expect("a file of the repository");
        for (begin, end) in [("{%", "%}"), ("{{", "}}"), ("<style", "</style>"), ("<", ">")] {
            while let Some((before, after)) = text.split_once(begin) {
                let after = after.split_once(end).map_or("", |(_, after)| after);
                text = format!("{before} {after}");
            }
        }
        let words: Vec<&str> = text
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| word.len() > 1 && *word != "Araneus" && !word.starts_with("px"))
            .collect();
        assert!(words.is_empty(), "{}: {words:?}", path.display());
    }
}
