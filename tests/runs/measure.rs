//! `araneus measure` on graphs in CSV: the contents of its files.

use std::collections::{BTreeMap, BTreeSet};

use araneus::{columns::Column, metrics::METRICS, tables};
use serde_json::Value;

use crate::support::{Deployment, araneus, real_data};

/// Two triangles with a bridge, and an isolated vertex.
const LINKS: &str = "# a barbell\nfrom,to,strength\na,b,1\nb,c,1\nc,a,1\nc,d,0.5\nd,e,1\ne,f,1\nf,d,1\n";

fn measured(deployment: &Deployment, arguments: &[&str]) -> Value {
    let out = deployment.path("measured");
    let out = out.to_str().expect("a path is text");
    let all: Vec<&str> =
        ["measure"].iter().chain(arguments).chain(&["--quiet", "--out", out]).copied().collect();
    araneus(&all, &deployment.path("")).ends_with(0);
    let quality =
        std::fs::read_to_string(deployment.path("measured/quality.json")).unwrap_or("null".to_owned());
    serde_json::from_str(&quality).expect("JSON")
}

#[test]
fn a_barbell_has_two_communities_a_bridge_and_an_isolated_vertex() {
    let deployment = Deployment::new("");
    deployment.write("links.csv", LINKS);
    deployment.write("nodes.csv", "id,name\na,A\nz,Z\n");
    let quality = measured(
        &deployment,
        &[
            "links.csv",
            "--nodes",
            "nodes.csv",
            "--weight",
            "strength",
            "--communities",
            "leiden",
            "--sweep",
            "0.5,1,2",
        ],
    );
    let metrics = tables::read_table(&deployment.path("measured/metrics.arrow")).expect("metrics");
    let nodes: Vec<&str> =
        metrics.text("node").expect("nodes").iter().flatten().map(String::as_str).collect();
    assert_eq!(
        nodes.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(["a", "b", "c", "d", "e", "f", "z"])
    );
    for metric in METRICS {
        assert_eq!(metrics.number(metric.name).map(<[_]>::len), Some(7), "{}", metric.name);
    }
    let of = |name: &str, node: &str| {
        let at = nodes.iter().position(|known| *known == node).expect("a node");
        metrics.number(name).expect("a column")[at]
    };
    assert_eq!((of("degree", "c"), of("degree", "z")), (Some(3.0), Some(0.0)));
    assert_eq!((of("strength", "c"), of("strength", "a")), (Some(2.5), Some(2.0)));
    assert_eq!(of("betweenness", "c"), Some(6.0), "two by three pairs, through c");

    let members = tables::read_table(&deployment.path("measured/members.arrow")).expect("members");
    let whole = |name: &str| match members.get(name) {
        Some(Column::Whole(values)) => values,
        other => panic!("{name}: {other:?}"),
    };
    let node = members.text("node").expect("nodes");
    let mut of_node: BTreeMap<&str, i64> = BTreeMap::new();
    for ((node, community), level) in node.iter().zip(whole("community")).zip(whole("level")) {
        if *level == 0 {
            let first = of_node.insert(node.as_deref().expect("a name"), *community).is_none();
            assert!(first, "one row a node at level 0");
        }
    }
    assert_eq!(of_node.len(), 7);
    assert!(["b", "c"].iter().all(|one| of_node[one] == of_node["a"]) && of_node["a"] != of_node["d"]);
    assert_eq!(of_node["z"], 2, "the smallest comes last");

    let shares = tables::read_table(&deployment.path("measured/memberships.arrow")).expect("memberships");
    let of_c: Vec<f64> = shares
        .text("node")
        .expect("nodes")
        .iter()
        .zip(shares.number("share").expect("shares"))
        .filter(|(node, _)| node.as_deref() == Some("c"))
        .filter_map(|(_, share)| *share)
        .collect();
    assert_eq!(of_c, [0.8, 0.2], "c leads across with a fifth of its weight");

    assert_eq!((&quality["method"], &quality["objective"]), (&"leiden".into(), &"modularity".into()));
    assert_eq!((quality["communities"].as_u64(), quality["seed"].as_u64()), (Some(3), Some(0)));
    let is_close =
        |name: &str, expected: f64| (quality[name].as_f64().expect("a number") - expected).abs() < 1e-12;
    assert!(
        is_close("modularity", 6.0 / 6.5 - 0.5)
            && is_close("coverage", 6.0 / 6.5)
            && is_close("conductance", 0.5 / 6.5)
    );
    assert!(is_close("stability", 1.0));
    assert_eq!(quality["sweep"].as_array().map(Vec::len), Some(3));
    for name in ["null_mean", "null_sd", "p", "significant", "resolution"] {
        assert!(quality.get(name).is_some(), "{name}");
    }
    let timings = std::fs::read_to_string(deployment.path("measured/timings.json")).expect("timings");
    let timings: Value = serde_json::from_str(&timings).expect("JSON");
    assert!(timings["threads"].is_u64() && timings["steps"][0]["seconds"].is_f64(), "{timings}");
}

#[test]
fn only_requested_tables_are_written() {
    let deployment = Deployment::new("");
    deployment.write("links.tsv", "1\t2\n2\t3\n");
    let quality = measured(&deployment, &["links.tsv", "--metrics", "degree,pagerank"]);
    assert!(quality.is_null() && !deployment.path("measured/members.arrow").exists());
    let metrics = tables::read_table(&deployment.path("measured/metrics.arrow")).expect("metrics");
    assert_eq!(metrics.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["node", "degree", "pagerank"]);
    let output =
        araneus(&["measure", "links.tsv", "--metrics", "fame", "--out", "other"], &deployment.path(""));
    assert!(output.ends_with(2).stderr.contains("no metric `fame`"), "{}", output.stderr);
}

#[test]
fn communities_that_occur_by_chance_are_marked_as_such() {
    let Some(karate) = real_data("graphs/karate/edges.csv", "a known club's two sides are significant")
    else {
        return;
    };
    let deployment = Deployment::new("");
    let quality = measured(
        &deployment,
        &[karate.to_str().expect("text"), "--metrics", "degree", "--communities", "leiden"],
    );
    assert_eq!(quality["significant"], true, "{quality}");
    assert!((quality["modularity"].as_f64().expect("a number") - 0.41979).abs() < 1e-5, "{quality}");
    let Some(mixed) =
        real_data("graphs/lfr-1000-mu0.7/edges.csv", "groups that chance could give are not significant")
    else {
        return;
    };
    let mixed = mixed.to_str().expect("a path is text");
    let quality = measured(&deployment, &[mixed, "--metrics", "degree", "--communities", "leiden"]);
    assert_eq!(quality["significant"], false, "{quality}");
}

#[test]
fn a_file_that_is_no_list_of_links_is_rejected_by_name_and_no_table_is_written() {
    let deployment = Deployment::new("");
    for (file, bytes, name) in [
        (
            "reeds.graphml",
            &b"<?xml version=\"1.0\"?>\n<graphml><graph>\n<edge source=\"a\" target=\"b\"/>\n"[..],
            "GraphML",
        ),
        ("reeds.net", b"*Vertices 2\n1 \"a\"\n2 \"b\"\n*Edges\n1 2\n", "Pajek"),
        ("reeds.json", b"{\"nodes\": [1, 2],\n \"links\": []}\n", "JSON"),
        ("reeds.png", b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        ("reeds.txt", b"a b\n\0\x01\x02 c\n", "binary data"),
    ] {
        deployment.write(file, bytes);
        let output = araneus(&["measure", file, "--out", "measured"], &deployment.path(""));
        output.ends_with(2);
        assert!(output.stderr.contains(name) && output.stderr.contains(file), "{file}: {}", output.stderr);
    }
    assert!(!deployment.path("measured").exists(), "no table is written");
}

/// The graph of [`LINKS`] as rows of named columns.
fn in_columns(deployment: &Deployment) -> [String; 2] {
    use arrow::{
        array::{ArrayRef, Float64Array, RecordBatch, StringArray},
        ipc::writer::FileWriter,
    };
    let rows = || LINKS.lines().skip(2).map(|line| line.split(',').collect::<Vec<_>>());
    let texts = |column: usize| -> ArrayRef {
        std::sync::Arc::new(StringArray::from(rows().map(|row| row[column]).collect::<Vec<_>>()))
    };
    let weights: Float64Array = rows().map(|row| row[2].parse::<f64>().ok()).collect();
    let columns =
        [("payer", texts(0)), ("payee", texts(1)), ("strength", std::sync::Arc::new(weights) as ArrayRef)];
    let batch = RecordBatch::try_from_iter(columns).expect("columns");
    let mut arrow_file = Vec::new();
    let mut writer = FileWriter::try_new(&mut arrow_file, &batch.schema()).expect("a writer");
    writer.write(&batch).expect("written");
    writer.finish().expect("finished");
    drop(writer);
    let mut parquet_file = Vec::new();
    let writer = parquet::arrow::ArrowWriter::try_new(&mut parquet_file, batch.schema(), None);
    let mut writer = writer.expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    [("links.arrow", arrow_file), ("links.parquet", parquet_file)]
        .map(|(name, bytes)| deployment.write(name, bytes))
}

#[test]
fn a_summary_is_equal_for_text_standard_input_arrow_and_parquet() {
    let deployment = Deployment::new("");
    let text = deployment.write("links.csv", LINKS);
    let summary = |links: &str, flags: &[&str]| -> Value {
        let all = [&["measure", links, "--json", "--communities", "leiden"], flags].concat();
        let output = araneus(&all, &deployment.path(""));
        let answer: Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
        answer["summary"].clone()
    };
    let of_text = summary(&text, &["--weight", "strength"]);
    assert_eq!(
        (&of_text["vertices"], &of_text["links"], &of_text["components"]),
        (&6.into(), &7.into(), &1.into())
    );
    assert_eq!(of_text["header"], serde_json::json!(["from", "to", "strength"]));
    assert_eq!(of_text["top"].as_array().map(Vec::len), Some(5));
    assert!(
        of_text["communities"]["p"].is_f64() && of_text["communities"]["modularity"].as_f64() > Some(0.4)
    );
    for file in in_columns(&deployment) {
        let flags = ["--source", "payer", "--target", "2", "--weight", "strength"];
        let of_file = summary(&file, &flags);
        assert_eq!(of_file["header"], serde_json::json!(["payer", "payee", "strength"]));
        for key in ["vertices", "links", "components", "communities", "top"] {
            assert_eq!(of_file[key], of_text[key], "{file}: {key}");
        }
    }
    // Each way to a summary says what the first line is.
    for (links, said) in [("from,to\na,b\n", "is a header"), ("a,b\nb,c\n", "the first one is not a header")]
    {
        let output = deployment.measure_piped(links.as_bytes());
        assert!(output.ends_with(0).stderr.contains(said), "{}", output.stderr);
        assert!(output.stdout.starts_with("Vertices"), "{}", output.stdout);
    }
    let broken = deployment.write("broken.parquet", b"PAR1 and then something else PAR1");
    araneus(&["measure", &broken], &deployment.path("")).ends_with(2);
    araneus(&["measure", &text, "--source", "nobody"], &deployment.path("")).ends_with(2);
}

#[test]
fn a_run_is_measured_by_its_folder() {
    let deployment = Deployment::new("");
    let input = crate::support::named(
        "feed",
        deployment.write("in/one.json", crate::support::malware(1, "Gorsefire")),
    );
    deployment.run("2026-05-01T02:00:00Z", &[input]).ends_with(0);
    for folder in ["out", "out/latest", "out/latest/all"] {
        let path = deployment.path(folder);
        let all = ["measure", path.to_str().expect("text"), "--json", "--metrics", "degree"];
        let output = araneus(&all, &deployment.path(""));
        let answer: Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
        let entities = deployment.published("2026-05-01T02:00:00Z").table("all/entities").rows().len();
        assert_eq!(answer["summary"]["vertices"].as_u64(), Some(entities as u64), "{folder}: {answer}");
        assert_eq!(answer["summary"]["top"][0]["label"], "Gorsefire", "{folder}");
    }
    araneus(&["measure", "in"], &deployment.path("")).ends_with(2);
}
