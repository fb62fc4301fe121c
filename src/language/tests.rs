use super::*;

#[test]
fn every_english_template_can_be_read_and_every_key_is_unique() {
    let rows = english::ENGLISH.iter().copied().flatten();
    let mut keys = std::collections::BTreeSet::new();
    for (key, text) in rows {
        assert!(Template::parse(text).is_ok(), "{key}: {:?}", Template::parse(text));
        assert!(keys.insert(*key), "{key} occurs twice");
    }
    assert!(Language::english().keys().count() > keys.len());
}

#[test]
fn another_language_has_its_own_templates_and_plural_forms() {
    let polish = |count: u64| match (count % 10, count % 100) {
        (1, 1) => 0,
        (2..=4, teen) if !(12..=14).contains(&teen) => 1,
        _ => 2,
    };
    let rows = [("change.subject.link", "{count:wiersz|wiersze|wierszy}")];
    let language = Language::new("pl", rows, polish).expect("templates");
    let links = |count: u64| language.fill("change.subject.link", &[("count", count.to_string())]);
    assert_eq!([1, 3, 5, 22, 13].map(links), ["wiersz", "wiersze", "wierszy", "wiersze", "wierszy"]);
    assert_eq!(language.text("reason.not-found"), Language::english().text("reason.not-found"));
}

#[test]
fn the_pseudo_language_has_no_latin_letter_and_keeps_values() {
    let pseudo = Language::pseudo();
    let values = [("count", "2".to_owned()), ("sources", "gull, tern".to_owned())];
    let sentence = pseudo.fill("reason.sources", &values);
    let letters: String = sentence.chars().filter(char::is_ascii_alphabetic).collect();
    assert_eq!(letters, "gulltern", "{sentence}");
    assert!(sentence.starts_with('\u{27e6}') && sentence.ends_with('\u{27e7}'), "{sentence}");
}

#[test]
fn names_of_lists_are_cut() {
    let labels = ["a", "b", "c"].map(str::to_owned);
    let english = Language::english();
    assert_eq!(listed(english, &labels[..1], 4), "a");
    assert_eq!(listed(english, &labels, 4), "a, b and c");
    assert_eq!(listed(english, &labels, 2), "a, b and 1 more");
}
