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
