//! On a system without symbolic links `latest` is a file with the name of the run. Every command answers as with a link.

use std::fs;

use crate::{
    support::{Deployment, araneus, run_folder_name},
    tiny,
};

/// Returns what commands that read the latest run answer.
fn answers(deployment: &Deployment) -> Vec<(String, String)> {
    let export = deployment.path("export.jsonl").display().to_string();
    let [out, latest] = ["out", "out/latest"].map(|name| deployment.path(name).display().to_string());
    let measured = deployment.path("measured").display().to_string();
    let commands: [&[&str]; 5] = [
        &["queue", "--json"],
        &["explain", "1", "--json"],
        &["diff", "--json"],
        &["judgements", "list", "--json"],
        &["export", "jsonl", "--all", "--to", &export],
    ];
    let answer = |arguments: &[&str]| {
        let output = deployment.ask(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        (arguments.join(" "), output.stdout)
    };
    let mut answers: Vec<(String, String)> = commands.iter().map(|arguments| answer(arguments)).collect();
    for links in [out, latest] {
        let output =
            araneus(&["measure", &links, "--metrics", "degree", "--out", &measured], &deployment.path("."));
        assert_eq!(output.code, 0, "measure {links}: {}", output.stderr);
        answers.push((format!("measure {links}"), output.stdout));
    }
    answers.push(("the export".to_owned(), fs::read_to_string(&export).expect("a file")));
    answers
}

#[test]
fn commands_answer_equally_from_a_file_and_the_next_run_replaces_it() {
    let configuration = fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&tiny::folder());
    let runs = tiny::runs();
    for (folder_name, as_of) in &runs[..2] {
        tiny::run(&deployment, folder_name, as_of).ends_with(0);
    }
    deployment.ask(&["judgements", "add", "1", "confirmed", "--reason", "seen", "--by", "ana"]).ends_with(0);
    let expected = answers(&deployment);

    let latest = deployment.path("out/latest");
    fs::remove_file(&latest).expect("a link");
    fs::write(&latest, format!("{}\n", run_folder_name(&runs[1].1))).expect("a file");
    assert_eq!(answers(&deployment), expected);
    // The flag of a rank comes from the latest run.
    deployment.ask(&["judgements", "add", "1", "benign", "--reason", "ours", "--by", "ben"]).ends_with(0);

    tiny::run(&deployment, &runs[2].0, &runs[2].1);
    let target = fs::read_link(&latest).expect("a link again, because this system has links");
    assert_eq!(target.to_str(), Some(run_folder_name(&runs[2].1).as_str()));
}
