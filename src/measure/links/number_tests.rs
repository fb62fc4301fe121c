//! The reader of whole numbers beside the reader of rows.

use proptest::prelude::*;

use super::super::whole_numbers::{CHUNK_BYTES, chunks, read};
use super::*;

/// Reads a text by rows of cells: the reference of the faster reader.
fn read_text_by_rows(text: &str, columns: &LinkColumns) -> Result<LinkList, LinkError> {
    read_rows(rows_of(text.as_bytes().to_vec(), None)?, None, columns)
}

/// Reads a text in both ways; returns whether this reader took it.
fn compare(text: &str, asked: &LinkColumns) -> bool {
    let Some(list) = read(text, separator(text, None), asked) else { return false };
    let rows = read_text_by_rows(text, asked);
    assert_eq!(rows.as_ref(), Ok(&list), "{text:?}");
    true
}

fn asked(source: Option<&str>, target: Option<&str>, weight: Option<&str>) -> LinkColumns {
    let own = |name: Option<&str>| name.map(str::to_owned);
    LinkColumns { source: own(source), target: own(target), weight: own(weight) }
}

#[test]
fn lists_of_numbers_are_read_as_by_rows() {
    let nothing = LinkColumns::default();
    for text in [
        "1 2\n2 3\n",
        "source,target\n10,9\n9,900000000\n",
        "u v\n1 2\n2 3",
        "# note\n0\t0\n\n% note\n 7\t8 \n",
        "from,to,weight\n1,2,x\n",
        "a,b\n1,2\n",
        "5 6",
        "1,2,,\n3,4\n",
    ] {
        assert!(compare(text, &nothing), "{text:?}");
    }
    assert!(compare("1 2 0.5\n2 3 1e3\n", &asked(None, None, Some("3"))));
    assert!(compare("w,payer,payee\n0.5,1,2\n", &asked(Some("payer"), Some("payee"), Some("w"))));
}

#[test]
fn other_lists_are_left_to_the_reader_of_rows() {
    let nothing = LinkColumns::default();
    for text in [
        "1 2\n2 x\n",
        "01 2\n",
        "1 2\n3\n",
        "\"1\" 2\n",
        "1 2\r\n2 3\r\n",
        "1 +2\n",
        "1000000000 2\n",
        "a b\nc d\n",
        "",
        "# nothing\n",
        "source,target\n,2\n",
    ] {
        assert!(!compare(text, &nothing), "{text:?}");
    }
    // A first line of words decides nothing where other columns than the first two are read.
    assert!(!compare("a b c\nx 1 2\n", &asked(Some("2"), Some("3"), None)));
    assert!(!compare("1 2 -1\n", &asked(None, None, Some("3"))));
    assert!(!compare("1 2\n", &asked(None, None, Some("3"))));
}

#[test]
fn chunks_end_with_lines() {
    let line = "123456 654321\n";
    let text = line.repeat(3 * CHUNK_BYTES / line.len());
    let parts = chunks(&text);
    assert!(parts.len() > 2 && parts.iter().all(|part| part.ends_with('\n')));
    assert_eq!(parts.concat(), text);
    assert!(compare(&text, &LinkColumns::default()));
}

proptest! {
    /// Any list that this reader takes has the result of the reader of rows.
    #[test]
    fn equal_to_the_reader_of_rows(
        head in prop::sample::select(vec!["", "source target x\n", "a b c\n", "# c\n", "1 b c\n", "u v\n"]),
        rows in prop::collection::vec((0_u32..30, 0_u32..300_000, 0_u32..4), 0..40),
        odd in prop::sample::select(vec!["", "", "", "x 2 1\n", "3 4\n", "\n", "%\n", "1 2 3 4\n", "05 6 1\n"]),
        weight in prop::sample::select(vec![None, Some("3"), Some("x")]),
    ) {
        let lines: String = rows.iter().map(|(source, target, weight)| format!("{source} {target} {weight}\n")).collect();
        let text = format!("{head}{lines}{odd}");
        let asked = asked(None, None, weight);
        compare(&text, &asked);
        compare(&text.replace(' ', ","), &asked);
    }
}
