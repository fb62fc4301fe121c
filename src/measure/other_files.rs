//! Recognises files that are not lists of links, so that they are rejected by name.

use crate::ingest::{lines, outline};

/// First bytes of other kinds of files.
const BEGINNINGS: [(&[u8], &str); 21] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\xfd7zXZ", "data compressed by xz"),
    (b"\x1f\x8b", "gzip within another compression"),
    (b"\x28\xb5\x2f\xfd", "Zstandard within another compression"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89HDF", "HDF5"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"\x7fELF", "a program"),
    (b">>graph6<<", "graph6"),
];
/// Position of the mark of a tar archive.
const TAR: std::ops::Range<usize> = 257..262;

/// Returns what bytes are, if they are not text.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    let begins = BEGINNINGS.iter().find(|(begins, _)| bytes.starts_with(begins));
    // Names can begin with these marks, so a second mark is checked, too.
    let marked = [
        (bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"1AY&SY"), "data compressed by bzip2"),
        (bytes.starts_with(b"RIFF") && bytes.contains(&0), "an image or a recording"),
        (bytes.get(TAR) == Some(b"ustar"), "a tar archive"),
    ];
    let marked = marked.into_iter().find(|(is_so, _)| *is_so).map(|(_, what)| what);
    begins.map(|(_, what)| *what).or(marked)
}

/// Returns what a text is, if it is not a list of links.
pub(super) fn of_text(text: &str) -> Option<&'static str> {
    let is_binary = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    if text.chars().any(is_binary) {
        return Some("binary data");
    }
    if text.starts_with("%%MatrixMarket") {
        return Some("Matrix Market");
    }
    let mut data = lines(text).filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '%']));
    let first = data.next()?.trim_start().to_ascii_lowercase();
    let second = data.next().unwrap_or_default().trim_start();
    let word = first.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let body = text.trim_start();
    match first.as_bytes()[0] {
        b'<' => return xml(text),
        b'{' => return Some("JSON"),
        b'[' => return is_json(body).then_some("JSON"),
        b'*' => return Some("Pajek"),
        _ => {}
    }
    match word {
        "graph" | "digraph" | "strict" if first.contains('{') || second.starts_with('{') => Some("DOT"),
        "graph" if first[word.len()..].trim_start().starts_with('[') || second.starts_with('[') => {
            Some("GML")
        }
        "creator" if text.to_ascii_lowercase().contains("graph") && text.contains('[') => Some("GML"),
        "dl" if first.replace(' ', "").contains("n=") => Some("UCINET DL"),
        "leda" if first.starts_with("leda.graph") => Some("LEDA"),
        "nodedef" if first.starts_with("nodedef>") => Some("GDF"),
        "version" | "begin" if first.starts_with("begin:v") => Some("a card or calendar"),
        _ => None,
    }
}

/// Returns whether a text is JSON; an IPv6 address in brackets only begins like a list.
fn is_json(body: &str) -> bool {
    let inside = body[1..].trim_start();
    inside.starts_with(['{', '[', '"', ']'])
        || outline(body).is_ok()
        || lines(body).next().is_some_and(|line| outline(line).is_ok())
}

/// Returns the language of a document of tags; `None` if its first line is a cell in angle brackets.
fn xml(text: &str) -> Option<&'static str> {
    const LANGUAGES: [(&str, &str); 8] = [
        ("<graphml", "GraphML"),
        ("<gexf", "GEXF"),
        ("<svg", "an SVG image"),
        ("<html", "HTML"),
        ("<!doctype html", "HTML"),
        ("<rdf:rdf", "RDF"),
        ("<dynamicnetwork", "DyNetML"),
        ("<gxl", "GXL"),
    ];
    // A document of any size declares its language near its beginning.
    let head: String = text.chars().take(4_096).collect::<String>().to_ascii_lowercase();
    let known = LANGUAGES.iter().find(|(tag, _)| head.contains(tag)).map(|(_, what)| *what);
    let body = head.trim_start();
    let is_tag = body[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '?' | '!'));
    // N-Triples writes resources in angle brackets.
    let is_triple =
        body.split_ascii_whitespace().take(2).all(|word| word.starts_with('<') && word.ends_with('>'))
            && body.contains("://");
    known.or(is_triple.then_some("N-Triples")).or(is_tag.then_some("XML"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_of_links_has_a_name() {
        for (text, name) in [
            ("<?xml version=\"1.0\"?>\n<graphml xmlns=\"x\">\n<node id=\"a\"/>", "GraphML"),
            ("<graphml>", "GraphML"),
            ("\n<?xml version='1.0'?>\n<gexf>\n", "GEXF"),
            ("<!DOCTYPE html><html><body>a b</body></html>", "HTML"),
            ("<feed>\n<entry/>\n</feed>", "XML"),
            ("<http://a.example/1> <http://a.example/knows> <http://a.example/2> .\n", "N-Triples"),
            ("*Vertices 3\n1 \"a\"\n*Edges\n1 2\n", "Pajek"),
            ("% made by hand\n*vertices 3\n", "Pajek"),
            ("{\"nodes\": [\n", "JSON"),
            ("[{\"source\": 1}]", "JSON"),
            ("[\n  [1, 2],\n  [2, 3]\n]\n", "JSON"),
            ("[1, 2]\n[2, 3]\n", "JSON"),
            ("graph [\n  node [ id 1 ]\n]\n", "GML"),
            ("Creator \"x\"\ngraph\n[\n]\n", "GML"),
            ("digraph G {\n a -> b;\n}\n", "DOT"),
            ("strict graph\n{ a -- b }\n", "DOT"),
            ("DL N = 4\nformat = edgelist1\n", "UCINET DL"),
            ("nodedef>name VARCHAR\na\n", "GDF"),
            ("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 2 1\n", "Matrix Market"),
            ("a b\u{0}\n", "binary data"),
        ] {
            assert_eq!(of_text(text), Some(name), "{text}");
        }
        assert_eq!(of_bytes(b"\x89PNG\r\n\x1a\n"), Some("a PNG image"));
        let mut tar = vec![b'a'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(of_bytes(&tar), Some("a tar archive"));
    }

    #[test]
    fn a_list_of_links_is_one_whatever_its_vertices_are_called() {
        for text in [
            "",
            "# note\n",
            "source,target\n",
            "a b\n",
            "graph node\nnode graph\n",
            "strict,liaison\n",
            "PAR1\tPAR2\n",
            "version target\n",
            "[2001:db8::1] [2001:db8::2]\n",
            "[2001:db8::1],host.example\n",
            "<3 you\n",
            "dl up\n",
            "creator,work\n",
            "% sym unweighted\n1 2\n",
        ] {
            assert_eq!(of_text(text), None, "{text}");
            assert_eq!(of_bytes(text.as_bytes()), None, "{text}");
        }
    }
}
