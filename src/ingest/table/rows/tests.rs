//! Rows of small files, with their lines.

use super::*;

fn read(bytes: &[u8], table: &Table) -> Vec<String> {
    Rows::new(&decode(bytes, table), table)
        .map(|(line, row)| match row.and_then(|row| row.cells(str::to_owned)) {
            Ok(cells) => format!("{line}: {}", cells.join("|")),
            Err(reject) => format!("{line}: {}", reject.rule.name()),
        })
        .collect()
}

fn plain(text: &str) -> Vec<String> {
    read(text.as_bytes(), &Table::default())
}

#[test]
fn every_row_has_its_line() {
    assert_eq!(plain("a,b\r\nc,d\r\n"), ["1: a|b", "2: c|d"]);
    assert_eq!(plain("a,b\n\n  \nc,d"), ["1: a|b", "4: c|d"]);
    assert_eq!(plain("a,b\rc,d\r"), ["1: a|b", "2: c|d"]);
    assert_eq!(plain("a,\"b\r\nb\r\n\"\r\nc,d"), ["1: a|b\r\nb\r\n", "4: c|d"]);
    assert_eq!(plain("a,\"b \"\"q\"\"\"\nc,\n"), ["1: a|b \"q\"", "2: c|"]);
    let table = Table {
        comment: Some("#".to_owned().try_into().expect("a sign")),
        skip_lines: Some(2),
        ..Table::default()
    };
    assert_eq!(read(b"x\ny\n# z,z\na,b\n#c\nc#,d\n", &table), ["4: a|b", "6: c#|d"]);
}

#[test]
fn a_quote_that_does_not_end_costs_its_line_alone() {
    assert_eq!(plain("a,b\nc,\"d\ne,f\ng,h\n"), ["1: a|b", "2: csv-syntax", "3: e|f", "4: g|h"]);
    assert_eq!(plain("a,5\" pipe"), ["1: a|5\" pipe"]);
    assert_eq!(plain("a,\"b"), ["1: csv-syntax"]);
    let long = format!("a,\"b\n{}c,\"d\n", "x,y\n".repeat(2_000));
    let rows = plain(&long);
    assert_eq!((rows.len(), rows[0].as_str(), rows[1].as_str()), (2_002, "1: size", "2: x|y"));
}

#[test]
fn a_quoted_cell_may_stand_between_blanks() {
    assert_eq!(plain("\"a\", \"b\"\n \"c, d\" ,\t\"e \"\"f\"\"\"\n"), ["1: a|b", "2: c, d|e \"f\""]);
    assert_eq!(plain("a, \"b\r\nb, c\", d\r\ne,f\r\n"), ["1: a|b\r\nb, c| d", "3: e|f"]);
    assert_eq!(plain("a, \"b\rc\"\rd,e\r"), ["1: a|b\rc", "3: d|e"]);
    assert_eq!(plain("a, \"b\nc,d\ne,f\n"), ["1: csv-syntax", "2: c|d", "3: e|f"]);
    // Text with quotes in it is no quoted cell.
    assert_eq!(plain("a, \"b\" c\nd, 5\" pipe\n"), ["1: a| \"b\" c", "2: d| 5\" pipe"]);
    assert_eq!(plain("a,, \"\"\n\"b\", \"c\", \n"), ["1: a||", "2: b|c| "]);
    let long = format!("a, \"b\n{}", "x,y\n".repeat(2_000));
    let rows = plain(&long);
    assert_eq!((rows.len(), rows[0].as_str(), rows[1].as_str()), (2_001, "1: size", "2: x|y"));
}

#[test]
fn a_delimiter_is_found_by_the_first_line() {
    assert_eq!(plain("a\tb,c\td\n1\t2\t3\n"), ["1: a|b,c|d", "2: 1|2|3"]);
    assert_eq!(plain("\"a,b,c\";d\n"), ["1: a,b,c|d"]);
    assert_eq!(plain("only\none\n"), ["1: only", "2: one"]);
}

#[test]
fn an_encoding_is_found_by_its_mark_or_said_and_never_guessed() {
    let text = |bytes: &[u8], table: &Table| (read(bytes, table), decode(bytes, table).encoding);
    let none = Table::default();
    assert_eq!(text(b"\xef\xbb\xbfa,b\n", &none), (vec!["1: a|b".to_owned()], "UTF-8"));
    assert_eq!(text(b"\xff\xfea\0,\0\xe9\0\n\0", &none), (vec!["1: a|\u{e9}".to_owned()], "UTF-16LE"));
    let halved = text(b"\xff\xfea\0\n\0\x00\xd8\n\0b\0", &none);
    assert_eq!(halved.0, ["1: a", "2: encoding", "3: b"]);
    assert_eq!(text(b"a,b\nc,\xca\nd,e\n", &none).0, ["1: a|b", "2: encoding", "3: d|e"]);
    let said =
        Table { encoding: Some("macintosh".to_owned().try_into().expect("known")), ..Table::default() };
    assert_eq!(text(b"c\xca,d\n", &said), (vec!["1: c\u{a0}|d".to_owned()], "macintosh"));
}
