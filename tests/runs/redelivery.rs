//! A snapshot that is delivered again: objects with the same bytes are recognised without parsing, and the results are
//! those of parsing each of them.

use crate::support::{Deployment, every_object_is_accounted_for, named};

const CONFIGURATION: &str = "[[source]]\nname = \"feed\"\nmode = \"snapshot\"\nrecorded_at = \"object\"\n";
const RUNS: [&str; 3] = ["2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z", "2026-05-03T02:00:00Z"];

/// An object of STIX; `more` has further members. `blank` changes its bytes and nothing else.
fn object(number: u32, more: &str, blank: &str) -> String {
    let created = "\"created\":\"2026-04-01T00:00:00Z\",\"object_marking_refs\":[\"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9\"]";
    format!(
        "{{\"type\":\"malware\",{blank}\"id\":\"malware--5b000000-0000-4000-8000-{number:012}\",\"is_family\":true,{created}{more}}}"
    )
}

/// Delivers three snapshots, each with other blanks if `blanks` are others; returns counts and tables of each run.
fn results(blanks: [&str; 3]) -> Vec<(String, Vec<u8>)> {
    let deployment = Deployment::new(CONFIGURATION);
    let mut results = Vec::new();
    for (at, (run, blank)) in RUNS.iter().zip(blanks).enumerate() {
        let name = |number: u32, name: &str, modified: &str| {
            object(number, &format!(",\"name\":\"{name}\",\"modified\":\"{modified}\""), blank)
        };
        let mut objects: Vec<String> = (1..60).map(|at| name(at, "Reed", "2026-04-02T00:00:00Z")).collect();
        // Unannounced, announced, withdrawn, new, rejected, without a version, ahead of the run, twice.
        objects[3] = name(4, ["Reed", "Sedge", "Sedge"][at], "2026-04-02T00:00:00Z");
        objects[4] =
            name(5, "Reed", ["2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", "2026-04-03T00:00:00Z"][at]);
        objects[5] =
            if at == 1 { object(99, ",\"name\":7", blank) } else { object(99, ",\"name\":\"Rush\"", blank) };
        objects[6] = object(98, ",\"name\":\"Rush\"", blank);
        objects[7] = name(97, "Rush", "2027-01-01T00:00:00Z");
        objects.push(objects[8].clone());
        if at == 2 {
            objects.swap_remove(20);
            objects.push(name(90, "Rush", "2026-04-02T00:00:00Z"));
        }
        let path = deployment.write(
            "feed/bundle.json",
            format!("{{\"type\":\"bundle\",\"objects\":[{}]}}", objects.join(",")),
        );
        deployment.run(run, &[named("feed", path)]);
        let published = deployment.published(run);
        every_object_is_accounted_for(&published);
        let table = published.table("steward/deliveries");
        let counts = [
            "delivered",
            "taken",
            "duplicate",
            "rejected",
            "new",
            "changed",
            "changed_unannounced",
            "withdrawn",
        ];
        let counts: Vec<String> =
            counts.iter().map(|count| format!("{count} {}", table.sum(count))).collect();
        let changes = std::fs::read(published.folder.join("all/entities.arrow")).expect("a table");
        results.push((counts.join(", "), changes));
    }
    results
}

#[test]
fn objects_with_the_same_bytes_give_the_results_of_parsing_them() {
    let again = results(["", "", ""]);
    let parsed = results(["", " ", "  "]);
    for ((again, tables), (parsed, of_parsed)) in again.iter().zip(&parsed) {
        assert_eq!(again, parsed);
        assert!(tables == of_parsed, "the entities differ");
    }
    assert!(again[1].0.contains("rejected 1, new 0, changed 2, changed_unannounced 1"), "{}", again[1].0);
    assert!(again[2].0.contains("withdrawn 1"), "{}", again[2].0);
}
