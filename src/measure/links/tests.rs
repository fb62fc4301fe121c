//! Lists of links in every form.

use super::*;

fn read(text: &str, weight: Option<&str>) -> Result<LinkList, LinkError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("links");
    std::fs::write(&path, text).expect("written");
    let columns = LinkColumns { weight: weight.map(str::to_owned), ..LinkColumns::default() };
    read_links(&LinkInput::Path(path), None, &columns, None)
}

#[test]
fn a_header_is_known_by_its_words_and_else_every_line_is_data() {
    let named = read("weight,target,source\n2.5,b,a\n", Some("weight")).expect("reads");
    assert_eq!(
        (named.nodes, named.links, named.weights),
        (vec!["a".into(), "b".into()], vec![(0, 1)], Some(vec![2.5]))
    );
    let bare = read("# note\n10 9\n% note\n9\t10\n", None).expect("reads");
    assert_eq!((bare.nodes, bare.links), (vec!["9".into(), "10".into()], vec![(1, 0), (0, 1)]));
    let numbered = read("1 2 0.5\n", Some("3")).expect("reads");
    assert_eq!(numbered.weights, Some(vec![0.5]));
}

#[test]
fn a_number_of_a_column_is_no_header() {
    let list = read("1 2 3\n2 4 1\n", Some("3")).expect("reads");
    assert_eq!((list.nodes.len(), list.weights), (3, Some(vec![3.0, 1.0])));
    assert!(read("1 2 5\n3 4 7\n", Some("5")).is_err());
    let named = read("source,target,3\na,b,7\n", Some("3")).expect("reads");
    assert_eq!(named.weights, Some(vec![7.0]));
}

#[test]
fn a_name_may_hold_what_parts_others() {
    let names = |text: &str| read(text, None).expect("reads").nodes;
    assert_eq!(names("source,target\n\"Smith, John\",Bob\n"), ["Bob", "Smith, John"]);
    assert_eq!(names("source\ttarget\nAcme, Inc\tBob\n"), ["Acme, Inc", "Bob"]);
    assert_eq!(names("\"a b\"  c\nc \"b \"\"x\"\"\"\n"), ["a b", "b \"x\"", "c"]);
    let folder = tempfile::tempdir().expect("a folder");
    let [links, nodes] = ["links", "nodes"].map(|name| folder.path().join(name));
    std::fs::write(&links, "source,target\nJohn Smith,Bob\n").expect("written");
    std::fs::write(&nodes, "ID\nJohn Smith\n\"King, Ada\"\n").expect("written");
    let list = read_links(&LinkInput::Path(links.clone()), Some(&nodes), &LinkColumns::default(), None)
        .expect("reads");
    assert_eq!(list.nodes, ["Bob", "John Smith", "King, Ada"]);
    std::fs::write(&nodes, "id,x\nc,1\n,2\n").expect("written");
    let error = read_links(&LinkInput::Path(links.clone()), Some(&nodes), &LinkColumns::default(), None)
        .expect_err("a vertex without a name");
    assert_eq!((error.is_of_nodes, error.line), (true, 3));
}

#[test]
fn every_line_end_and_a_quoted_name_between_blanks_is_read_alike() {
    let expected = read("source,target\na,\"b, c\"\nd,e\n", None).expect("reads");
    assert_eq!((expected.nodes.len(), expected.links.len()), (4, 2));
    for text in [
        "source,target\ra,\"b, c\"\rd,e\r",
        "source,target\r\na,\"b, c\"\r\nd,e",
        "source, target\n\"a\" , \"b, c\"\n d, \"e\"\n",
    ] {
        assert_eq!(read(text, None).as_ref(), Ok(&expected), "{text:?}");
    }
    assert_eq!(read("a b\rc d\r\re f\r", None).expect("reads").links.len(), 3);
    assert_eq!(read("a b\rc\r", None).map_err(|error| error.line), Err(2));
}

#[test]
fn what_is_no_list_of_links_is_refused_by_name() {
    let said = read("<graphml><node id=\"a\"/></graphml>\n", None).expect_err("no list");
    assert_eq!((said.line, said.cause.rule), (0, RejectRule::UnknownFormat));
    assert_eq!(said.to_string(), "GraphML, which is not a list of links");
}

#[test]
fn a_bad_line_is_named() {
    assert!(read("a b 1e308\n", Some("3")).is_err());
    assert_eq!(read("a b\nc\n", None).map_err(|error| error.line), Err(2));
    assert_eq!(read("source,target,weight\na,b,x\n", Some("weight")).map_err(|error| error.line), Err(2));
    assert!(read("a b 1\n", Some("weight")).is_err());
}
