//! An attribute that is read at once gives what reading it in steps gives.

use super::*;
use crate::{
    ingest::{misp::FORMAT, outline},
    random::{self, Stream},
};

/// Members of an attribute, with many forms of their values.
const MEMBERS: [(&str, &[&str]); 15] = [
    (
        r#""uuid""#,
        &[
            r#""5b000000-0000-4000-8000-0000000000A1""#,
            r#""5b""#,
            "7",
            r#""5b000000-0000-4000-8000-0000000000a1""#,
        ],
    ),
    (r#""type""#, &[r#""domain""#, r#""url""#, r#""""#, "null", "3"]),
    (r#""value""#, &[r#""a.example""#, r#""\u00e4 [\"\\""#, "1.0", "[]", r#""\ud800""#]),
    (r#""timestamp""#, &[r#""1704067200""#, "0", r#""soon""#, "1e999"]),
    (r#""to_ids""#, &["true", r#""1""#, r#""maybe""#]),
    (r#""distribution""#, &[r#""5""#, "0", r#""4""#, "[7]"]),
    (
        r#""SharingGroup""#,
        &[r#"{"uuid":"5b000000-0000-4000-8000-0000000000d1","SharingGroupOrg":[]}"#, "null"],
    ),
    (r#""Tag""#, &["[]", r#"[{"name":"tlp:red"}]"#, r#"{"name":"tlp:ex:chr"}"#, "[7]"]),
    (r#""Galaxy""#, &["[]", "null", "{}", r#"[{"GalaxyCluster":[{"type":"a","value":"Salt Heron"}]}]"#]),
    (r#""ShadowAttribute""#, &["[]", "null", "3", r#"[{"type":"url","value":"x"}]"#, "[ ]"]),
    (r#""Sighting""#, &["[]", "{}", r#"[{"type":"0","date_sighting":"1706745600"}]"#]),
    (r#""\u0053ighting""#, &["[]", "[{}]"]),
    (r#""Note""#, &["[]", r#"[{"note":"x","uuid":"5b000000-0000-4000-8000-0000000000f1"}]"#]),
    (r#""comment""#, &[r#""Reed""#, "{}", "[[[]]]"]),
    (r#""deleted""#, &["false", "1", r#""x""#]),
];

/// Draws the text of an attribute. Most attributes are valid, as in a delivery: they have the first values, and each member once.
fn attribute(draw: &mut Stream) -> String {
    let mut members = Vec::new();
    for (place, (name, values)) in MEMBERS.into_iter().enumerate() {
        let value = if random::below(draw, 24) > 0 { 0 } else { random::below(draw, values.len() as u32) };
        // The first three members are required.
        let is_present = random::below(draw, if place < 3 { 32 } else { 2 }) > 0;
        let count = usize::from(is_present) + usize::from(random::below(draw, 200) == 0);
        members.extend((0..count).map(|_| format!("{name}: {}", values[value as usize])));
    }
    format!("{{{}}}", members.join(" ,"))
}

#[test]
fn an_attribute_is_read_at_once_as_it_is_read_in_steps() {
    let head = r#"{"uuid":"5b000000-0000-4000-8000-0000000000e1","info":"x","date":"2024-02-01","Tag":[{"name":"tlp:green"}]}"#;
    let outline = outline::outline(head).expect("JSON");
    let event = inner_context(&Within::default(), &outline, head);
    let within = event.with(Context { element: Element::Attribute, ..event.context.clone() });
    let mut draw = random::open(22, 0);
    let mut plain = 0;
    for _ in 0..4000 {
        let text = attribute(&mut draw);
        let raw = outline::raw(&text).expect("JSON");
        let Some(attribute) = plain_attribute(raw, "/Attribute/3", &within) else { continue };
        let mut in_steps = Vec::new();
        deliver_any(raw, "/Attribute/3", &within, &mut in_steps);
        let [object] = <[_; 1]>::try_from(in_steps).ok().expect("no other element");
        let accept = |object: DeliveredObject<'_>| {
            format!("{:?}", FORMAT.accept_by(None, object.pointer.clone(), object))
        };
        assert_eq!(accept(attribute), accept(object), "{text}");
        plain += 1;
    }
    assert!((1000..3900).contains(&plain), "{plain} of 4000");
}
