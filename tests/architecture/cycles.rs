//! Finds files of one crate that import each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Cycles, Layout, module_of};
use super::mentions::{bindings, mentions, resolved};
use super::words::words;

/// Returns every cycle of imports between files of one crate, each as a path of files that ends where it begins.
pub(crate) fn import_cycles(layout: &Layout, files: &[(String, String)]) -> Vec<String> {
    let ours: Vec<&(String, String)> =
        files.iter().filter(|(path, _)| path.starts_with(layout.sources)).collect();
    let file_of: BTreeMap<Vec<String>, usize> =
        ours.iter().enumerate().map(|(number, (path, _))| (module_of(layout, path), number)).collect();
    let imports: Vec<BTreeSet<usize>> = ours
        .iter()
        .map(|(path, text)| imports_of(layout, &file_of, &module_of(layout, path), text))
        .collect();
    let mut cycles = Vec::new();
    let mut is_done = vec![false; ours.len()];
    for start in 0..ours.len() {
        follow(&imports, &mut vec![start], &mut is_done, &mut |cycle: &[usize]| {
            let names: Vec<&str> = cycle.iter().map(|file| ours[*file].0.as_str()).collect();
            cycles.push(names.join(" -> "));
        });
    }
    cycles
}

/// Returns the files that a file uses outside of its tests; declaring a module is no use of it.
fn imports_of(
    layout: &Layout,
    file_of: &BTreeMap<Vec<String>, usize>,
    module: &[String],
    text: &str,
) -> BTreeSet<usize> {
    let mentions = mentions(&words(text), module);
    let bindings = bindings(&mentions);
    let used = mentions.iter().filter(|mention| !mention.test).flat_map(|mention| {
        let is_declaration = mention.segments.first().is_some_and(|first| first == "self")
            && mention.segments.len() == 2
            && mention.binds.is_some();
        resolved(mention, &bindings).into_iter().filter(move |(_, ours)| *ours && !is_declaration)
    });
    // `pub(in crate::metrics)` names a module around this one and uses nothing of it.
    let is_around = |segments: &[String]| module.len() > segments.len() && module.starts_with(segments);
    // The longest part of a path that names a file is the file it leads to.
    let leads_to = |segments: Vec<String>| {
        (0..=segments.len()).rev().find_map(|length| file_of.get(&segments[..length]).copied())
    };
    let own = file_of.get(module).copied();
    let parents: BTreeSet<usize> =
        (0..module.len()).filter_map(|length| file_of.get(&module[..length]).copied()).collect();
    let is_excused = |file: &usize| layout.cycles == Cycles::ThroughParents && parents.contains(file);
    used.filter(|(segments, _)| !is_around(segments))
        .filter_map(|(segments, _)| leads_to(segments))
        .filter(|file| Some(*file) != own && !is_excused(file))
        .collect()
}

/// Walks along imports from the last file of a path, and reports each cycle that closes on the path.
fn follow(
    imports: &[BTreeSet<usize>],
    path: &mut Vec<usize>,
    is_done: &mut [bool],
    report: &mut impl FnMut(&[usize]),
) {
    let here = path[path.len() - 1];
    if is_done[here] {
        return;
    }
    for &next in &imports[here] {
        if let Some(first) = path.iter().position(|file| *file == next) {
            let mut cycle = path[first..].to_vec();
            cycle.push(next);
            report(&cycle);
        } else {
            path.push(next);
            follow(imports, path, is_done, report);
            path.pop();
        }
    }
    is_done[here] = true;
}
