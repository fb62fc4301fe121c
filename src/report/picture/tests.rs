//! The map draws the communities that its description names, within its borders.

use super::*;
use crate::language::Language;

fn bubbles(sizes: &[u64]) -> Vec<Bubble> {
    let one = |(position, size): (usize, &u64)| Bubble {
        number: position + 1,
        label: format!("community {position}"),
        size: *size,
        note: None,
    };
    sizes.iter().enumerate().map(one).collect()
}

#[test]
fn bubbles_never_overlap_and_stay_on_the_page() {
    let sizes: Vec<u64> = (0..BUBBLES_MAX as u64).map(|place| 4_000 / (place + 1)).collect();
    let all = bubbles(&sizes);
    let edges: Vec<MapEdge> = (1..all.len()).map(|to| MapEdge { from: 0, to, weight: to as f64 }).collect();
    let radii = radii(&all);
    let centres = centres(&radii, &edges);
    for one in 0..all.len() {
        let (x, y) = centres[one];
        assert!(x >= radii[one] && x <= WIDTH - radii[one], "{one} at {x}");
        assert!(y >= radii[one] && y <= HEIGHT - radii[one], "{one} at {y}");
        for other in one + 1..all.len() {
            let apart = (x - centres[other].0).hypot(y - centres[other].1);
            assert!(apart >= radii[one] + radii[other], "{one} and {other}");
        }
    }
}

#[test]
fn the_description_of_a_map_names_what_it_draws() {
    let mut all = bubbles(&[30, 20, 10]);
    all[2].note = Some("born".to_owned());
    let edges = [MapEdge { from: 0, to: 2, weight: 4.0 }, MapEdge { from: 1, to: 1, weight: 9.0 }];
    let map = community_map(Language::english(), "Communities", &all, &edges);
    let svg = map.svg();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("<title") && svg.contains("<desc"));
    assert!(svg.contains("The heaviest edge is between 1 and 3."), "{svg}");
    assert!(svg.contains("community 2 · born"), "{svg}");
    assert_eq!(svg.matches("<line").count(), 1, "an edge from a community to itself is not drawn");
    assert_eq!(map, community_map(Language::english(), "Communities", &all, &edges));
}

#[test]
fn a_label_cannot_become_markup() {
    let mut all = bubbles(&[5]);
    all[0].label = "</svg><script>x".to_owned();
    let map = community_map(Language::english(), "a \"title\" <b>", &all, &[]);
    assert!(!map.svg().contains("<script") && !map.svg().contains("<b>"), "{}", map.svg());
    assert!(map.svg().contains("script"), "the text itself is shown");
}

#[test]
fn an_empty_map_and_a_map_of_too_many_communities_are_drawn() {
    assert!(community_map(Language::english(), "none", &[], &[]).svg().contains("0 communities"));
    let many = bubbles(&vec![1; BUBBLES_MAX + 9]);
    let map = community_map(
        Language::english(),
        "many",
        &many,
        &[MapEdge { from: 0, to: BUBBLES_MAX + 1, weight: 1.0 }],
    );
    assert!(map.svg().contains("The 9 smallest are not drawn."));
    assert_eq!(map.svg().matches("<circle").count(), BUBBLES_MAX);
}
