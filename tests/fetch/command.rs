//! `araneus fetch` and the runs after it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use crate::{
    server::{Authority, Server, answer},
    taxii_server::Collection,
};

/// A folder with a configuration, and a server of a collection and of a file.
struct Deployment {
    folder: tempfile::TempDir,
    server: Server,
    content: Arc<Mutex<(Collection, u16)>>,
}

impl Deployment {
    fn new(mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new();
        authority.write(&folder.path().join("ca.pem"));
        let content = Arc::new(Mutex::new((Collection::of(10), 200)));
        let of_server = Arc::clone(&content);
        let server = Server::start(authority.issue("localhost", 2100), move |request, to| {
            let (collection, status) = &*of_server.lock().expect("no panic");
            if *status != 200 && request.parameter("next").is_some() {
                return answer(to, *status, &[], "");
            }
            if request.header("authorization") != "Bearer t0ken" {
                return answer(to, 401, &[], "");
            }
            collection.answer(request, to)
        });
        let configuration = format!(
            "[model]\nid = \"rules\"\n[[source]]\nname = \"Partner feed\"\nmode = \"{mode}\"\n\
             taxii = {{ url = \"https://localhost:{}/taxii2/\", collection = \"c1\", token_file = \"token\", ca = \"ca.pem\" }}\n",
            server.port
        );
        fs::write(folder.path().join("araneus.toml"), configuration).expect("written");
        fs::write(folder.path().join("token"), "t0ken\n").expect("written");
        Self { folder, server, content }
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String, String) {
        ask(self.folder.path(), arguments)
    }
}

#[expect(clippy::disallowed_methods, reason = "the test starts the program")]
fn ask(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_araneus"));
    let output: Output = command.args(arguments).current_dir(folder).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_fetch_and_a_run_read_a_collection_and_a_cut_one_ends_with_4() {
    for mode in ["snapshot", "increment"] {
        let deployment = Deployment::new(mode);
        // Nothing was fetched yet.
        let (code, _, words) = deployment.ask(&["plan"]);
        assert_eq!(code, 4, "{words}");

        let (code, data, words) = deployment.ask(&["fetch", "--json"]);
        assert_eq!(code, 0, "{words}");
        let row = &json(&data)["sources"][0];
        assert_eq!(
            (&row["objects"], &row["complete"]),
            (&serde_json::json!(10), &serde_json::json!(true)),
            "{data}"
        );
        assert!(words.contains("Source Partner feed: 3 files, 10 objects"), "{words}");
        assert!(!words.contains("t0ken") && !data.contains("t0ken"));

        let requests = deployment.server.targets().len();
        let (code, data, words) = deployment.ask(&["run", "--as-of", "2026-03-01T00:00:00Z", "--json"]);
        assert_eq!((code, json(&data)["taken"].as_u64()), (0, Some(10)), "{words}{data}");
        assert_eq!(deployment.server.targets().len(), requests, "a run uses no network");

        // An object was deleted, and the server fails after the first page.
        deployment.content.lock().expect("no panic").0.objects.remove(9);
        deployment.content.lock().expect("no panic").0.page = 3;
        deployment.content.lock().expect("no panic").1 = 403;
        if mode == "snapshot" {
            let (code, _, words) = deployment.ask(&["fetch"]);
            assert_eq!(code, 4);
            assert!(
                words
                    .contains("Partner feed is incomplete after 1 file: the server answered with status 403"),
                "{words}"
            );
            let (code, data, words) = deployment.ask(&["run", "--as-of", "2026-03-02T00:00:00Z", "--json"]);
            assert_eq!((code, json(&data)["withdrawn"].as_u64()), (4, Some(0)), "{words}");
            assert!(words.contains("was not fetched whole: the server answered with status 403"), "{words}");
        }
        deployment.content.lock().expect("no panic").1 = 200;
        assert_eq!(deployment.ask(&["fetch"]).0, 0);
        let (code, data, words) = deployment.ask(&["run", "--as-of", "2026-03-03T00:00:00Z", "--json"]);
        let withdrawn = u64::from(mode == "snapshot");
        assert_eq!((code, json(&data)["withdrawn"].as_u64()), (0, Some(withdrawn)), "{mode}: {words}{data}");
        let (code, _, words) = deployment.ask(&["verify"]);
        assert_eq!(code, 0, "{words}");
    }
}

/// Returns the text of every fetched file.
fn fetched_texts(folder: &Path) -> String {
    let mut texts = String::new();
    for source in fs::read_dir(folder.join(".araneus/fetched")).expect("a folder") {
        let source = source.expect("an entry").path();
        for file in source.is_dir().then(|| fs::read_dir(&source).expect("a folder")).into_iter().flatten() {
            texts += &fs::read_to_string(file.expect("an entry").path()).expect("a text");
        }
    }
    texts
}

#[test]
fn an_erased_object_leaves_the_fetched_files_and_is_not_recorded_again() {
    for mode in ["snapshot", "increment"] {
        let deployment = Deployment::new(mode);
        let id = "malware--5b000000-0000-4000-8000-000000000003";
        assert_eq!(deployment.ask(&["fetch"]).0, 0);
        assert_eq!(deployment.ask(&["run", "--as-of", "2026-03-01T00:00:00Z"]).0, 0);
        assert!(fetched_texts(deployment.folder.path()).contains(id));
        let erase = ["erase", "--id", id, "--reason", "a test", "--by", "ana", "--yes"];
        let (code, _, words) = deployment.ask(&erase);
        assert_eq!(code, 0, "{words}");
        assert!(!fetched_texts(deployment.folder.path()).contains(id), "{mode}");
        let (code, _, words) = deployment.ask(&["run", "--as-of", "2026-03-02T00:00:00Z"]);
        let is_snapshot = mode == "snapshot";
        assert_eq!(
            (code, words.contains("run `araneus fetch`")),
            (if is_snapshot { 4 } else { 0 }, is_snapshot),
            "{words}"
        );
        // The source still delivers the object.
        assert_eq!(deployment.ask(&["fetch", "Partner feed", "--from-start"]).0, 0);
        let (_, data, words) = deployment.ask(&["run", "--as-of", "2026-03-03T00:00:00Z", "--json"]);
        assert_eq!(json(&data)["new"].as_u64(), Some(0), "{mode}: {words}{data}");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_ends_with_2() {
    let deployment = Deployment::new("snapshot");
    fs::remove_file(deployment.folder.path().join("token")).expect("removed");
    let (code, _, words) = deployment.ask(&["fetch"]);
    assert!(code == 2 && words.contains("source Partner feed: the credentials in"), "{code} {words}");
    assert_eq!(deployment.ask(&["fetch", "nobody"]).0, 2);
    for source in [
        "url = \"http://feeds.example/list.json\"",
        "url = \"https://ana:secret@feeds.example/list.json\"",
        "taxii = { url = \"http://feeds.example/\", collection = \"c1\" }",
        "taxii = { url = \"https://feeds.example/\" }",
        "taxii = { url = \"https://feeds.example/\", collection = \"c1\", verify = false }",
        "taxii = { url = \"https://feeds.example/\", collection = \"c1\", user_file = \"a\", token_file = \"b\" }",
        "url = \"https://feeds.example/list.json\"\npaths = [\"in\"]",
    ] {
        let configuration = format!("[[source]]\nname = \"feed\"\n{source}\n");
        fs::write(deployment.folder.path().join("araneus.toml"), configuration).expect("written");
        for command in ["fetch", "plan"] {
            let (code, _, words) = deployment.ask(&[command]);
            assert!(code == 2 && !words.contains("secret"), "{source}: {code} {words}");
        }
    }
    assert_eq!(deployment.server.targets(), Vec::<String>::new());
}

#[test]
fn a_folder_that_cannot_be_written_ends_with_6_and_a_second_fetch_with_8() {
    let deployment = Deployment::new("snapshot");
    let state = deployment.folder.path().join(".araneus");
    fs::create_dir_all(&state).expect("made");
    fs::write(state.join("fetched"), "a file").expect("written");
    assert_eq!(deployment.ask(&["fetch"]).0, 6);
    fs::remove_file(state.join("fetched")).expect("removed");
    let lock = araneus::fetch::lock(&state).expect("the lock");
    let (code, _, words) = deployment.ask(&["fetch"]);
    assert!(code == 8 && words.contains("another fetch"), "{code} {words}");
    drop(lock);
    assert_eq!(deployment.ask(&["fetch"]).0, 0);
    assert_eq!(deployment.ask(&["fetch", "Partner feed", "--from-start"]).0, 0);
}
