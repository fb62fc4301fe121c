use super::*;
use crate::record::{
    Content, LinkPart, NumberKind,
    packed::tests::{below, content},
};

/// Draws contents with every attribute that columns hold.
fn contents(state: &mut u64, count: usize) -> Vec<Content> {
    let draw = |state: &mut u64| {
        let drawn = content(state);
        let amount = |state: &mut u64, claim| Amount {
            claim,
            value: [0.1, -0.0, 1e300][below(state, 3)],
            currency: (below(state, 2) == 0).then(|| "EUR".into()),
        };
        let amounts = (0..below(state, 3) as u32).map(|claim| amount(state, claim)).collect();
        let kinds = [AttributeKind::Number(NumberKind::Passport), AttributeKind::Country];
        let attributes: Box<[Attribute]> =
            (0..below(state, 3)).map(|row| Attribute { kind: kinds[row], value: "no1".into() }).collect();
        let texts = ["one two three four five six seven", ""];
        let traces =
            Traces::of(["https://a.example/1"].into_iter().take(below(state, 2)), texts[below(state, 2)]);
        let attributes = (!attributes.is_empty()).then_some(attributes);
        Content { amounts, attributes, traces, ..drawn }
    };
    (0..count).map(|_| draw(state)).collect()
}

fn written(columns: ContentColumns) -> Vec<u8> {
    let mut bytes = Vec::new();
    columns.write(&mut bytes).expect("written in memory");
    bytes
}

fn columns(contents: &[PackedContent]) -> ContentColumns {
    let mut writer = ContentWriter::default();
    assert!(contents.iter().all(|content| writer.push(content)));
    writer.finish()
}

#[test]
fn columns_return_equal_contents() {
    let contents: Vec<PackedContent> = contents(&mut 3, 1_500).into_iter().map(Content::packed).collect();
    let columns = columns(&contents);
    let bytes = written(columns.clone());
    let read = ContentColumns::read(&mut bytes.as_slice()).expect("columns");
    assert_eq!(read, columns);
    let returned = read.contents();
    assert_eq!(returned.len(), contents.len());
    // An equal buffer is equal in every byte.
    assert!(returned == contents);
    assert!(columns.contents() == contents, "without a file");
}

#[test]
fn a_content_that_columns_do_not_hold_is_left_out() {
    let part =
        LinkPart { link_id: "1".into(), kind: "Payment".into(), property: "payer".into(), value: "a".into() };
    let mut writer = ContentWriter::default();
    assert!(writer.push(&Content::default().packed()));
    assert!(!writer.push(&Content { part: Some(Box::new(part)), ..Content::default() }.packed()));
    assert_eq!(writer.finish().contents(), [PackedContent::default()]);
}

#[test]
fn bytes_that_end_early_or_refer_to_missing_rows_are_no_columns() {
    let contents: Vec<PackedContent> = contents(&mut 8, 3).into_iter().map(Content::packed).collect();
    let bytes = written(columns(&contents));
    for length in (0..bytes.len()).step_by(3) {
        assert!(ContentColumns::read(&mut &bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    // Any other byte gives other contents or no columns, and never a panic.
    for place in (0..bytes.len()).step_by(3) {
        for change in [0x01, 0x81] {
            let mut other = bytes.clone();
            other[place] ^= change;
            if let Ok(read) = ContentColumns::read(&mut other.as_slice()) {
                assert!(read.contents().iter().all(|content| content.claims().len() < 1 << 20));
            }
        }
    }
}
