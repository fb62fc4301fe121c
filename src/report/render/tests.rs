//! Properties of every page: no value becomes markup, and every section can be reached.

use super::super::content::{
    CentralRow, CommunityRow, DeliveryRow, EvidenceGraph, EvidenceRow, FlagLine, FlagRow, GateRow, GraphEdge,
    GraphNode, MissRow, RejectGroup, RejectRow, Timeline, TimelineEvent,
};
use super::super::picture::{Bubble, community_map};
use super::*;
use crate::language::Language;
use crate::time::Moment;

/// A flag whose every text is `text`.
fn flag_of(text: &str) -> FlagRow {
    let one = || text.to_owned();
    let maybe = || Some(text.to_owned());
    let day = |number: i64| Moment::from_micros(1_770_000_000_000_000 + number * crate::time::DAY);
    let node = |is_anchor| GraphNode { label: one(), kind: one(), is_anchor, is_new: true, group: Some(1) };
    FlagRow {
        rank: 1,
        id: one(),
        pattern: one(),
        pattern_about: one(),
        title: one(),
        state: one(),
        is_sampled: false,
        previous_state: one(),
        entities: vec![one(), one()],
        community: maybe(),
        score: 0.5,
        probability: Some(0.25),
        calibrated_on: maybe(),
        model: maybe(),
        reasons_for: vec![one()],
        reasons_against: vec![one()],
        sources: 2,
        first_flagged: one(),
        marking: maybe(),
        marking_reason: maybe(),
        graph: Some(EvidenceGraph {
            nodes: vec![node(true), node(false)],
            edges: vec![GraphEdge { from: 0, to: 1, kind: one(), is_new: true, sources: 2 }],
            left_out: 3,
        }),
        timeline: Some(Timeline {
            from: day(0),
            to: day(7),
            run: day(7),
            events: vec![TimelineEvent {
                recorded_at: day(3),
                valid_from: Some(day(1)),
                source: one(),
                content: one(),
                is_news: true,
            }],
        }),
        evidence: vec![EvidenceRow {
            source: one(),
            content: one(),
            object_id: maybe(),
            marking: maybe(),
            record_id: one(),
            recorded_at: one(),
            ..EvidenceRow::default()
        }],
        evidence_count: 3,
    }
}

/// A candidate outside the queue whose every text is `text`.
fn miss_of(text: &str) -> MissRow {
    let one = || text.to_owned();
    MissRow {
        id: one(),
        title: one(),
        pattern: one(),
        fails: one(),
        tests: vec![GateRow { test: one(), passed: false, sentence: one() }],
        members: vec![one()],
        member_count: 3,
        evidence: vec![EvidenceRow {
            source: one(),
            content: one(),
            recorded_at: one(),
            ..EvidenceRow::default()
        }],
        evidence_count: 2,
    }
}

/// A page whose every text is `text`, so that a missing escape shows.
fn page_of(text: &str) -> Page {
    let one = || text.to_owned();
    let maybe = || Some(text.to_owned());
    let counts = DeliveryCounts { delivered: 1_234_567, ..DeliveryCounts::default() };
    let answer = || Answer { count: 7, unit: one(), sentence: one(), parts: vec![(one(), 3)] };
    let bubble = Bubble { number: 1, label: one(), size: 4, note: maybe() };
    Page {
        title: one(),
        run: one(),
        audience: one(),
        previous: maybe(),
        headline: vec![one()],
        delivered: answer(),
        changed: answer(),
        rejected: Some(answer()),
        to_review: answer(),
        queue: vec![flag_of(text)],
        other_flags: vec![FlagLine {
            id: one(),
            title: one(),
            pattern: one(),
            state: one(),
            first_flagged: one(),
            score: 0.25,
            why: one(),
        }],
        waiting: vec![FlagLine {
            id: one(),
            title: one(),
            pattern: one(),
            why: one(),
            ..FlagLine::default()
        }],
        waiting_sentence: maybe(),
        leads: vec![miss_of(text)],
        lead_count: 1,
        near_misses: vec![miss_of(text)],
        near_miss_count: 9,
        other_flag_count: 4,
        queue_note: one(),
        changes: vec![ChangeGroup {
            cause: one(),
            subject: one(),
            what: one(),
            count: 12_585,
            sentence: one(),
            breakdown: vec![(one(), 5)],
            examples: vec![one()],
        }],
        deliveries: Some(vec![SourceRow {
            source: one(),
            mode: one(),
            files: vec![DeliveryRow { path: one(), format: maybe(), status: one(), digest: maybe(), counts }],
            file_count: 2,
            counts,
        }]),
        rejects: Some(vec![RejectGroup {
            rule: one(),
            reason: one(),
            count: 9,
            rows: vec![RejectRow { source: one(), path: one(), position: maybe(), object_id: maybe() }],
        }]),
        obligations: vec![(one(), vec![one()])],
        metrics: vec![(one(), one())],
        entities: vec![CentralRow {
            id: one(),
            label: one(),
            kind: one(),
            values: vec![Some(0.5)],
            why: one(),
        }],
        communities: vec![CommunityRow {
            number: 1,
            id: one(),
            label: one(),
            size: 4,
            chance: maybe(),
            state: maybe(),
            edges: vec![(2, 1.5)],
            members: vec![one()],
            ..CommunityRow::default()
        }],
        partition_chance: maybe(),
        picture: Some(community_map(Language::english(), text, &[bubble], &[])),
        glossary: vec![(one(), one())],
        shows_files: true,
        provenance: vec![(one(), one())],
    }
}

/// Every tag of a page, without the text between.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

/// Returns the page without its pictures, because their line breaks depend on the text.
fn without_pictures(html: &str) -> String {
    let mut kept = String::new();
    for (position, part) in html.split("<svg").enumerate() {
        let after = part.split_once("</svg>").map_or(part, |(_, after)| after);
        kept.push_str(if position == 0 { part } else { after });
    }
    kept
}

#[test]
fn a_hostile_value_adds_no_tag_and_no_attribute() {
    let plain = render(Language::english(), &page_of("plain words"));
    let strip = |html: &str, value: &str| -> Vec<String> {
        let html = without_pictures(html);
        tags(&html).into_iter().map(|tag| tag.replace(value, "")).collect()
    };
    for (hostile, escaped) in [
        ("<script>alert(1)</script>", "&#60;script&#62;alert(1)&#60;/script&#62;"),
        ("\" onmouseover=\"x", "&#34; onmouseover=&#34;x"),
        ("' style='x:y", "&#39; style=&#39;x:y"),
        ("</style></title><b>&amp;", "&#60;/style&#62;&#60;/title&#62;&#60;b&#62;&#38;amp;"),
    ] {
        let html = render(Language::english(), &page_of(hostile));
        assert!(html.contains(escaped), "{hostile} is shown");
        assert!(!html.contains(hostile), "{hostile} is not escaped");
        assert_eq!(strip(&html, escaped), strip(&plain, "plain words"), "{hostile}");
        let names = |html: &str| -> std::collections::BTreeSet<String> {
            tags(html)
                .iter()
                .filter_map(|tag| tag.split([' ', '/']).find(|name| !name.is_empty()))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(names(&html), names(&plain), "pictures hold no other element for {hostile}");
    }
}

#[test]
fn a_value_is_never_a_link_and_the_page_requests_nothing() {
    let html = render(Language::english(), &page_of("javascript:alert(1)"));
    assert!(html.contains("javascript:alert(1)"), "the value is shown as text");
    let links: Vec<_> = tags(&html).into_iter().filter(|tag| tag.contains("href=")).collect();
    assert!(links.len() > 8);
    assert!(links.iter().all(|tag| tag.contains("href=\"#")), "{links:?}");
    for asking in ["<script", "<img", "<iframe", "<link", "<form", "src=", "url(", "@import"] {
        assert!(!html.contains(asking), "{asking}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn hidden_characters_are_shown_everywhere() {
    let html = render(Language::english(), &page_of("a\u{202e}b\u{200b}c\u{0}"));
    assert!(!html.contains(['\u{202e}', '\u{200b}', '\u{0}']));
    assert!(html.matches("a⟨U+202E⟩b⟨U+200B⟩c⟨U+0000⟩").count() > 50);
}

#[test]
fn a_very_long_value_is_folded_and_its_length_is_said() {
    let html = render(Language::english(), &page_of(&"x".repeat(20_000)));
    assert!(html.contains("20,000 characters in all"));
    assert!(!html.contains(&"x".repeat(4_001)));
}

#[test]
fn every_table_has_a_caption_and_every_heading_cell_a_scope() {
    let html = render(Language::english(), &page_of("plain"));
    let tables = html.matches("<table").count();
    assert!(tables >= 8, "{tables}");
    assert_eq!(html.matches("<caption").count(), tables);
    let heads = tags(&html).into_iter().filter(|tag| tag.starts_with("th ") || *tag == "th");
    assert!(heads.clone().count() > 40);
    assert!(heads.clone().all(|tag| tag.contains("scope=")));
}

#[test]
fn elements_close_in_order_and_nothing_folds_inside_a_paragraph() {
    for text in ["plain".to_owned(), "x".repeat(500)] {
        let html = render(Language::english(), &page_of(&text));
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&html) {
            let name = tag.split_whitespace().next().unwrap_or_default();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed));
            } else if !tag.ends_with('/') && !["!DOCTYPE", "meta", "br"].contains(&name) {
                // A parser closes a paragraph or a heading's text where a fold begins.
                let line = ["p", "h1", "h2", "h3", "h4", "span", "summary"];
                let inside_line = open.iter().any(|outer| line.contains(outer));
                assert!(!(name == "details" && inside_line), "{open:?}");
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn an_id_of_the_page_is_given_once_and_every_anchor_leads_to_one() {
    let html = render(Language::english(), &page_of("plain"));
    let values = |name: &str| -> Vec<String> {
        let pattern = format!(" {name}=\"");
        let found = html.split(&pattern).skip(1).filter_map(|rest| rest.split('"').next());
        found.flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    let mut ids = values("id");
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "{ids:?}");
    let anchors = values("href").into_iter().map(|target| target.replacen('#', "", 1));
    let wanted: Vec<_> = anchors.chain(values("aria-labelledby")).collect();
    assert!(wanted.len() > 20);
    assert!(wanted.iter().all(|target| ids.contains(target)), "{wanted:?} {ids:?}");
}

#[test]
fn causes_stand_in_their_order_whatever_order_they_are_given_in() {
    let group = |cause: &str, count| ChangeGroup { cause: cause.to_owned(), count, ..ChangeGroup::default() };
    let changes = [
        group("model-change", 1),
        group("unheard-of", 1),
        group("observed-new", 2),
        group("observed-new", 30),
    ];
    let causes = causes(Language::english(), &changes);
    let names: Vec<_> = causes.iter().map(|cause| (cause.name, cause.count)).collect();
    assert_eq!(names, [("observed-new", 32), ("model-change", 1), ("unheard-of", 1)]);
    assert_eq!(causes[0].groups[0].count, 30, "the largest first");
}

#[test]
fn the_list_beside_a_picture_has_the_same_content() {
    let mut flag = flag_of("x");
    let graph = flag.graph.as_mut().expect("a graph");
    graph.nodes = (0..5)
        .map(|at| GraphNode {
            label: format!("name-{at}"),
            kind: format!("kind-{at}"),
            ..GraphNode::default()
        })
        .collect();
    graph.edges = (1..5)
        .map(|to| GraphEdge { from: 0, to, kind: format!("edge-{to}"), is_new: to > 2, sources: 2 })
        .collect();
    let line = flag.timeline.as_mut().expect("a timeline");
    line.events[0].source = "source-1".to_owned();
    line.events[0].content = "said-1".to_owned();
    let recorded_at = line.events[0].recorded_at.display_utc();
    let valid_from = line.events[0].valid_from.expect("a begin").display_utc();
    let html = render(Language::english(), &Page { queue: vec![flag], ..Page::default() });
    let (pictures, words) = (html.clone(), without_pictures(&html));
    for at in 0..5 {
        assert!(words.contains(&format!("<bdi>name-{at}</bdi> <span class=\"soft\">(kind-{at}")), "{at}");
    }
    for to in 1..5 {
        let news = if to > 2 { "new" } else { "known before" };
        let said = format!(
            "<bdi>name-0</bdi> <em>edge-{to}</em> <bdi>name-{to}</bdi> <span class=\"soft\">({news}; 2 sources)</span>"
        );
        assert!(words.contains(&said), "{said}");
        assert!(pictures.matches(&format!(">edge-{to}</text>")).count() >= 1, "drawn too");
    }
    for said in ["source-1", "said-1", recorded_at.as_str(), valid_from.as_str(), "(news;"] {
        assert!(words.contains(said), "{said}");
    }
    assert!(words.contains("Not drawn: 3 further entities."));
}

#[test]
fn a_flag_that_lacks_everything_is_still_shown() {
    let bare = FlagRow { rank: 1, title: "a claim".to_owned(), ..FlagRow::default() };
    let html = render(Language::english(), &Page { queue: vec![bare], ..Page::default() });
    assert!(html.contains("a claim") && html.contains("Rank 1 of 1"));
    assert!(!html.contains("<svg"), "no empty picture");
    let mut flag = flag_of("x");
    flag.graph.as_mut().expect("a graph").edges.clear();
    let html = render(Language::english(), &Page { queue: vec![flag], ..Page::default() });
    assert!(html.contains("No link between them."));
}

#[test]
fn a_copied_command_is_one_command_whatever_the_id() {
    let id = "x'; rm -rf ~ \n$(reboot)";
    let flag = FlagRow { rank: 1, id: id.to_owned(), ..FlagRow::default() };
    let html = render(Language::english(), &Page { queue: vec![flag], ..Page::default() });
    let quoted = "araneus explain &#39;x&#39;\\&#39;&#39;; rm -rf ~  $(reboot)&#39;";
    assert!(html.contains(quoted), "{}", html.split("araneus explain").nth(1).unwrap_or_default());
    let flag = FlagRow { rank: 1, id: "flag-7".to_owned(), ..FlagRow::default() };
    let html = render(Language::english(), &Page { queue: vec![flag], ..Page::default() });
    for value in ["confirmed", "benign", "needs-more", "duplicate"] {
        assert!(html.contains(&format!("araneus judgements add flag-7 {value} --reason")));
    }
    assert!(html.contains("id=\"id-flag-7\""), "a flag can be linked to by its id");
}

#[test]
fn the_queue_comes_before_the_four_answers() {
    let html = render(Language::english(), &page_of("x"));
    let place = |mark: &str| html.find(mark).unwrap_or_else(|| panic!("{mark}"));
    assert!(
        place("id=\"person\"") < place("id=\"flag-1\"") && place("id=\"flag-1\"") < place("id=\"glance\"")
    );
    assert_eq!(html.matches("it is not a probability").count(), 1, "once, above the queue");
}

#[test]
fn the_page_of_an_empty_run_has_sentences_for_it() {
    let html = render(Language::english(), &Page::default());
    for said in ["The queue is empty.", "The first run", "No community was found."] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("Rejected objects"), "an audience without the right sees no word of it");
}

#[test]
fn a_page_is_the_same_every_time() {
    assert_eq!(render(Language::english(), &page_of("x")), render(Language::english(), &page_of("x")));
}

/// Returns the text that a reader sees: without styles, commands, tags and attributes other than labels.
fn visible_text(html: &str) -> String {
    let mut html = html.to_owned();
    for (begin, end) in [("<style", "</style>"), ("<code", "</code>"), ("<text class=\"letters\"", "</text>")]
    {
        while let Some((before, after)) = html.split_once(begin) {
            let after = after.split_once(end).map_or("", |(_, after)| after);
            html = format!("{before} {after}");
        }
    }
    let labels: Vec<String> = tags(&html)
        .into_iter()
        .filter_map(|tag| Some(tag.split_once("aria-label=\"")?.1.split_once('"')?.0.to_owned()))
        .collect();
    let text: Vec<&str> = html.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect();
    format!("{} {}", text.join(" "), labels.join(" "))
}

#[test]
fn a_page_in_another_language_has_no_english_word_left() {
    let language = Language::pseudo();
    for value in ["\u{3b1}\u{3b2}", "1"] {
        let mut page = page_of(value);
        for (state, flag) in ["new", "grown", "standing"].into_iter().zip(vec![flag_of(value); 3]) {
            page.queue.push(FlagRow { state: state.to_owned(), pattern: "convergence".to_owned(), ..flag });
        }
        let states = ["judged", "closed", "other"];
        page.other_flags = states
            .map(|state| FlagLine {
                state: if state == "other" { value } else { state }.to_owned(),
                ..page.other_flags[0].clone()
            })
            .into();
        for (cause, _) in CAUSES {
            page.changes.push(ChangeGroup { cause: (*cause).to_owned(), ..page.changes[0].clone() });
        }
        page.picture = Some(community_map(&language, value, &[], &[]));
        let few = Page { shows_files: false, ..page.clone() };
        for page in [page, few, Page::default()] {
            // The program's name, the name of a digest and the time zone of times are the same in every language.
            let text = visible_text(&render(&language, &page)).replace("Araneus", "").replace("UTC", "");
            let words: Vec<&str> = text
                .split(|c: char| !c.is_alphabetic())
                .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic()))
                .collect();
            assert!(words.is_empty(), "{words:?}");
            assert!(text.contains('\u{27e6}'));
        }
    }
}
