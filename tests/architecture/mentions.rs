//! Finds every path that a file writes, and what it means once the file's own imports are followed.

use std::collections::BTreeMap;

use super::words::Word;

/// Words after which a leading `::` begins a path rather than continuing one.
const KEYWORDS: &[&str] = &[
    "use", "return", "as", "in", "mut", "dyn", "impl", "else", "match", "if", "while", "move", "for",
    "where", "ref",
];

/// A path as written somewhere in a file.
pub(crate) struct Mention {
    pub(crate) line: usize,
    pub(crate) test: bool,
    /// The module it stands in, inline modules included.
    module: Vec<String>,
    pub(crate) segments: Vec<String>,
    /// Begins with `::`, so that it can only be a library.
    global: bool,
    /// The name it gives to what it mentions, if it is a `use` or a `mod`.
    pub(crate) binds: Option<String>,
}

/// The absolute form of a path that begins with `crate`, `self` or `super`.
fn absolute(module: &[String], segments: &[String]) -> Option<Vec<String>> {
    let mut base = match segments.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    for (at, segment) in segments.iter().enumerate() {
        match segment.as_str() {
            "crate" | "self" if at == 0 => {}
            "super" => drop(base.pop()),
            _ => base.push(segment.clone()),
        }
    }
    Some(base)
}

/// Every name the file itself gives to something, with all that it can stand for.
pub(crate) fn bindings(mentions: &[Mention]) -> BTreeMap<&str, Vec<&Mention>> {
    let mut bindings: BTreeMap<&str, Vec<&Mention>> = BTreeMap::new();
    for mention in mentions {
        if let Some(name) = &mention.binds {
            bindings.entry(name).or_default().push(mention);
        }
    }
    bindings
}

/// Everything a mention can mean once the file's own imports are followed; `true` marks paths inside the crate.
pub(crate) fn resolved(
    mention: &Mention,
    bindings: &BTreeMap<&str, Vec<&Mention>>,
) -> Vec<(Vec<String>, bool)> {
    let mut open = vec![(mention.module.clone(), mention.segments.clone(), mention.global)];
    let mut done = Vec::new();
    // Imports of imports are short chains; the bound only stops a cycle.
    for _ in 0..6 {
        for (module, segments, global) in std::mem::take(&mut open) {
            if let Some(ours) = absolute(&module, &segments) {
                done.push((ours, true));
                continue;
            }
            let first = segments.first().map_or("", String::as_str);
            let through: Vec<_> = bindings
                .get(first)
                .into_iter()
                .flatten()
                .filter(|bound| bound.segments[0] != first)
                .collect();
            if global || through.is_empty() {
                done.push((segments, false));
                continue;
            }
            for bound in through {
                let joined = bound.segments.iter().chain(&segments[1..]).cloned().collect();
                open.push((bound.module.clone(), joined, bound.global));
            }
        }
    }
    done
}

/// Finds every `use`, every `mod` and every path of two or more segments.
pub(crate) fn mentions(words: &[Word], module: &[String]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    let mut here = module.to_vec();
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut at = 0;
    while at < words.len() {
        let (line, test) = (words[at].line, words[at].test);
        match text(at) {
            "mod" if is_name(text(at + 1)) => {
                let segments = vec!["self".to_owned(), text(at + 1).to_owned()];
                mentions.push(Mention {
                    line,
                    test,
                    module: here.clone(),
                    segments,
                    global: false,
                    binds: Some(text(at + 1).to_owned()),
                });
                at += 2;
                if text(at) == "{" {
                    here.push(text(at - 1).to_owned());
                    braces.push(true);
                    at += 1;
                }
                continue;
            }
            "extern" if text(at + 1) == "crate" => at += 2,
            "use" if text(at + 1) != "<" => {
                at = read_use(words, at + 1, &here, &mut Vec::new(), false, &mut mentions);
                continue;
            }
            "{" => braces.push(false),
            "}" if braces.pop() == Some(true) => drop(here.pop()),
            _ => {}
        }
        let begins = at == 0 || text(at - 1) != "::";
        let global = !begins
            && (at < 2
                || KEYWORDS.contains(&text(at - 2))
                || !(is_name(text(at - 2)) || text(at - 2) == ">"));
        if !(is_name(text(at)) && (begins || global)) {
            at += 1;
            continue;
        }
        let mut segments = vec![text(at).to_owned()];
        at += 1;
        while text(at) == "::" && is_name(text(at + 1)) {
            segments.push(text(at + 1).to_owned());
            at += 2;
        }
        let alone = segments.len() == 1 && !global && !(at >= 2 && text(at - 2) == "crate");
        if !alone {
            mentions.push(Mention { line, test, module: here.clone(), segments, global, binds: None });
        }
    }
    mentions
}

/// Reads one `use` tree from `at` on and returns where it ends; groups are read by calling itself.
fn read_use(
    words: &[Word],
    mut at: usize,
    module: &[String],
    stem: &mut Vec<String>,
    mut global: bool,
    into: &mut Vec<Mention>,
) -> usize {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let depth = stem.len();
    while at < words.len() {
        match text(at) {
            "::" => global |= stem.is_empty(),
            "{" => {
                at += 1;
                while at < words.len() && text(at) != "}" {
                    at = read_use(words, at, module, stem, global, into);
                    at += usize::from(text(at) == ",");
                }
                stem.truncate(depth);
                return at + 1;
            }
            "," | "}" | ";" => break,
            "$" => {}
            word => {
                let (line, test) = (words[at].line, words[at].test);
                // `a::{self}` is `a`; a leading `self` is this module.
                if word != "self" || stem.is_empty() {
                    stem.push(word.to_owned());
                }
                if text(at + 1) != "::" {
                    let renamed = text(at + 1) == "as";
                    let name = if renamed { text(at + 2) } else { stem.last().map_or("", String::as_str) };
                    let binds = Some(name.to_owned());
                    into.push(Mention {
                        line,
                        test,
                        module: module.to_vec(),
                        segments: stem.clone(),
                        global,
                        binds,
                    });
                    at += if renamed { 2 } else { 0 };
                }
            }
        }
        at += 1;
    }
    stem.truncate(depth);
    at
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
