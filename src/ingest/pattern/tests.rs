//! Patterns and the observables that they name, also of the shared test data.

use proptest::prelude::*;
use serde_json::Value;

use super::{
    syntax::{CONSTANTS_MAX, LENGTH_MAX, NESTING_MAX, PATH_MAX},
    *,
};
use crate::canonical;

fn observables(pattern: &str) -> Result<Vec<PatternObservable>, PatternError> {
    read(pattern).map(|pattern| pattern.observables)
}

/// Says what a pattern looks for, one observable after another, or why it cannot be read.
fn check(pattern: &str) -> String {
    match observables(pattern) {
        Ok(found) => {
            let each = found.iter().map(|o| format!("{}:{}={}", o.kind, o.path, o.value));
            each.collect::<Vec<_>>().join(" | ")
        }
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn equalities_are_observables_and_nothing_else_is() {
    const CASES: &[(&str, &str)] = &[
        ("[domain-name:value = 'a.example']", "domain-name:value=a.example"),
        ("[domain-name:value=='a.example']", "domain-name:value=a.example"),
        ("[file:hashes.'SHA-256' = 'aa']", "file:hashes.SHA-256=aa"),
        (
            "[file:hashes.MD5 = 'aa' AND file:hashes.SHA-1 = 'bb']",
            "file:hashes.MD5=aa | file:hashes.SHA-1=bb",
        ),
        ("[a:b = 'x'] AND [a:b = 'y'] OR [a:b = 'x']", "a:b=x | a:b=y"),
        ("[a:b IN ('x', 2, h'0aFF', b'YQ==')]", "a:b=x | a:b=2 | a:b=0aFF | a:b=YQ=="),
        ("[a:b IN ()]", ""),
        ("[a:b NOT IN ('x') OR a:b NOT = 'y' OR a:b != 'z' OR a:b <> 'z' OR a:b NOT != 'w']", ""),
        ("[a:b LIKE 'x%' OR a:b NOT MATCHES '^x' OR a:b ISSUBSET '10.0.0.0/8' OR a:b ISSUPERSET '::1']", ""),
        ("[a:b < 1 OR a:b <= -1.5 OR a:b > .5 OR a:b >= t'2020-01-01T00:00:00Z']", ""),
        ("[a:b = true OR a:b = FALSE OR a:b = t'2020-01-01T00:00:00Z']", ""),
        ("[a:b = -5 OR a:b = 1.50]", "a:b=-5 | a:b=1.50"),
        ("[EXISTS a:b OR a:c = 'x']", "a:c=x"),
        ("[exists:b = 'x']", "exists:b=x"),
        ("[x:y[*].z = 'a' AND x:y[0].'k-k'.z = 'b']", "x:y[*].z=a | x:y[0].k-k.z=b"),
        ("[network-traffic:dst_ref.value = '192.0.2.1']", "network-traffic:dst_ref.value=192.0.2.1"),
        (
            "[file:extensions.'windows-pebinary-ext'.imphash = 'x']",
            "file:extensions.windows-pebinary-ext.imphash=x",
        ),
        (r"[a:b = 'it\'s \\ C:\temp']", r"a:b=it's \ C:\temp"),
        ("[a:b = 'ünïcode ] AND ['] // ends", "a:b=ünïcode ] AND ["),
        ("/* one */ [ a : b = 'x' // two\n AND a : c . d = 'y' ]", "a:b=x | a:c.d=y"),
        ("[a:b='x' and a:c='y' or a:in='z']", "a:b=x | a:c=y | a:in=z"),
        ("([a:b='x'] AND ([a:b='y'] FOLLOWEDBY [a:b='z'])) WITHIN 5.5 SECONDS", "a:b=x | a:b=y | a:b=z"),
        ("[a:b='x'] REPEATS 5 TIMES WITHIN 600 SECONDS AND [a:b='y']", "a:b=x | a:b=y"),
        ("[a:b='x'] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'", "a:b=x"),
        ("[a:b='x'] START '2020-01-01T00:00:00Z' STOP '2020-01-02T00:00:00Z'", "a:b=x"),
        ("[(a:b='x' OR (a:b='y')) AND a:c='']", "a:b=x | a:b=y | a:c="),
    ];
    for (pattern, expected) in CASES {
        assert_eq!(check(pattern), *expected, "{pattern}");
    }
}

/// Says what a pattern names alone, and in brackets what it names only together with something else.
fn described(pattern: &str) -> String {
    let pattern = read(pattern).expect("a pattern");
    let each = pattern.observables.iter().zip(&pattern.is_alone).map(|(of, is_alone)| {
        let text = format!("{}={}", of.path, of.value);
        if *is_alone { text } else { format!("({text})") }
    });
    each.collect::<Vec<_>>().join(" ")
}

#[test]
fn half_of_a_conjunction_names_nothing_alone() {
    for (pattern, expected) in [
        ("[file:name='a' AND windows-registry-key:key='k']", "(name=a) (key=k)"),
        ("[file:name='a' AND file:size=5]", "(name=a) (size=5)"),
        ("[file:name='a']", "name=a"),
        ("[file:name='a' OR windows-registry-key:key='k']", "name=a key=k"),
        ("[file:name='a'] OR [windows-registry-key:key='k']", "name=a key=k"),
        ("[file:name='a'] AND [windows-registry-key:key='k']", "(name=a) (key=k)"),
        ("[domain-name:value='a'] FOLLOWEDBY [url:value='b']", "(value=a) (value=b)"),
        ("[domain-name:value='a'] AND [url:value='b'] OR [url:value='c']", "(value=a) (value=b) value=c"),
        ("[domain-name:value='a' AND ipv4-addr:value='b' OR url:value='c']", "(value=a) (value=b) value=c"),
        (
            "[domain-name:value='a' AND (ipv4-addr:value='b' OR url:value='c')]",
            "(value=a) (value=b) (value=c)",
        ),
        // A value that the pattern names alone in one place is named alone.
        ("[domain-name:value='a' AND url:value='b'] OR [domain-name:value='a']", "value=a (value=b)"),
        ("[domain-name:value='a' AND url:value LIKE 'b%']", "(value=a)"),
        ("[domain-name:value='a' AND NOT (url:value='b')]", "!"),
    ] {
        if expected == "!" {
            assert!(read(pattern).is_err(), "{pattern}");
        } else {
            assert_eq!(described(pattern), expected, "{pattern}");
        }
    }
}

#[test]
fn what_the_rest_only_describes_is_named_alone() {
    for (pattern, expected) in [
        (
            "[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value='1' AND network-traffic:dst_port=443 AND network-traffic:protocols[0]='tcp']",
            "(dst_ref.type=ipv4-addr) dst_ref.value=1 dst_port=443 (protocols[0]=tcp)",
        ),
        (
            "[network-traffic:src_ref.value='1' AND network-traffic:dst_ref.value='2']",
            "(src_ref.value=1) (dst_ref.value=2)",
        ),
        (
            "[domain-name:value='a' AND domain-name:resolves_to_refs[*].value='1']",
            "value=a (resolves_to_refs[*].value=1)",
        ),
        ("[file:hashes.MD5='a' AND file:name='b' AND file:size=3]", "hashes.MD5=a (name=b) (size=3)"),
        ("[file:hashes.MD5='a' AND file:hashes.'SHA-1'='b']", "hashes.MD5=a hashes.SHA-1=b"),
        ("[file:hashes.MD5='a' AND file:hashes.MD5='b']", "(hashes.MD5=a) (hashes.MD5=b)"),
        ("[file:hashes.MD5='a' AND file:hashes.SSDEEP='b']", "hashes.MD5=a (hashes.SSDEEP=b)"),
        ("[url:value='a' AND url:value MATCHES '^a']", "value=a"),
        (
            "[windows-registry-key:key='k' AND windows-registry-key:values[*].data='d']",
            "(key=k) (values[*].data=d)",
        ),
    ] {
        let found = described(pattern);
        let describes =
            |word: &&str| !["type=", "port=", "size=", "protocols"].iter().any(|of| word.contains(of));
        let named = |text: &str| text.split(' ').filter(describes).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(named(&found), named(expected), "{pattern}");
    }
    let many = (0..100).map(|at| format!("file:hashes.MD5='{at}'")).collect::<Vec<_>>().join(" AND ");
    assert!(read(&format!("[{many}]")).expect("a pattern").is_alone.iter().all(|is_alone| !is_alone));
}

#[test]
fn digests_that_must_hold_together_are_of_one_file() {
    let files = |pattern: &str| read(pattern).expect("a pattern").files;
    let both = "file:hashes.MD5='a' AND file:hashes.'SHA-1'='b'";
    assert_eq!(files(&format!("[{both}]")), [[0, 1]]);
    assert_eq!(files(&format!("[file:name='n' AND ({both})]")), [[1, 2]]);
    assert_eq!(
        files(&format!("[({both}) OR (file:hashes.MD5='c' AND file:hashes.SHA256='d')]")),
        [[0, 1], [2, 3]]
    );
    for none in [
        "[file:hashes.MD5='a' OR file:hashes.'SHA-1'='b']",
        "[file:hashes.MD5='a'] AND [file:hashes.'SHA-1'='b']",
        "[file:hashes.MD5='a' AND file:hashes.MD5='b']",
        "[file:hashes.MD5 IN ('a','b') AND file:hashes.'SHA-1'='c']",
        "[file:hashes.MD5='a' AND x509-certificate:hashes.'SHA-1'='b']",
    ] {
        assert!(files(none).is_empty(), "{none}");
    }
}

#[test]
fn a_mistake_is_named_by_place_and_rule_and_never_by_value() {
    const CASES: &[(&str, &str)] = &[
        ("", "! pattern byte 0: expected [ or ("),
        ("rule secret { }", "! pattern byte 0: expected [ or ("),
        ("[a:b = 'secret]", "! pattern byte 7: quoted text is not closed"),
        ("[a:b = secret]", "! pattern byte 7: expected a constant"),
        ("[a:b = 5x]", "! pattern byte 7: expected a constant"),
        ("[a:b = h'abc']", "! pattern byte 7: expected pairs of hexadecimal digits"),
        ("[a:b = b'abc']", "! pattern byte 7: expected base64 characters in fours"),
        ("[a:b LIKE 5]", "! pattern byte 10: expected a quoted text"),
        ("[a:b 'x']", "! pattern byte 5: expected a comparison operator"),
        ("[a:b[x] = 'x']", "! pattern byte 5: expected an index or *"),
        ("[a = 'x']", "! pattern byte 3: expected : after the object type"),
        ("[a:b IN 'x']", "! pattern byte 8: expected ( after IN"),
        ("[a:b = 'x'", "! pattern byte 10: expected AND, OR or ]"),
        ("[a:b = 'x'] trailing", "! pattern byte 12: expected a qualifier, AND, OR, FOLLOWEDBY or the end"),
        ("[a:b = 'x'] WITHIN 5 DAYS", "! pattern byte 21: expected SECONDS"),
        ("[a:b /* open = 'x']", "! pattern byte 5: expected a comparison operator"),
        ("[[a:b = 'x']]", "! pattern byte 1: expected an object type"),
    ];
    for (pattern, expected) in CASES {
        assert_eq!(check(pattern), *expected, "{pattern}");
    }
}

#[test]
fn every_limit_has_a_name() {
    let nested = |n: usize| format!("{}[a:b='x']{}", "(".repeat(n), ")".repeat(n));
    let members = |n: usize| format!("[a:b IN ({})]", vec!["1"; n].join(","));
    let path = |n: usize| format!("[a:{}='x']", "b".repeat(n));
    assert_eq!(check(&nested(NESTING_MAX)), "a:b=x");
    assert_eq!(check(&nested(NESTING_MAX + 1)), "! pattern byte 64: parentheses nest deeper than 64");
    assert_eq!(check(&members(CONSTANTS_MAX)), "a:b=1");
    assert!(check(&members(CONSTANTS_MAX + 1)).ends_with("more than 10000 constants"));
    assert_eq!(observables(&path(PATH_MAX - 1)).map(|found| found.len()), Ok(1));
    assert!(check(&path(PATH_MAX)).ends_with("object path is longer than 1024 bytes"));
    assert_eq!(observables(&" ".repeat(LENGTH_MAX + 1)), Err(PatternError::TooLong));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = observables(&text);
    }

    #[test]
    fn no_broken_pattern_makes_the_reader_panic(words in prop::collection::vec(prop::sample::select(vec![
        "[", "]", "(", ")", "a:b", "=", "'", "'x'", "\\", "IN", "NOT", "AND", "LIKE", "h'", "t'", "/*", "*/",
        "//", "\n", " ", "5", "-", ".", ",", "EXISTS", "START", "STOP", "WITHIN", "é",
    ]), 0..40)) {
        let _ = observables(&words.concat());
    }

    #[test]
    fn what_is_quoted_comes_back(value in any::<String>()) {
        let quoted = value.replace('\\', r"\\").replace('\'', r"\'");
        let found = observables(&format!("[a:b='{quoted}']")).expect("a well-formed pattern");
        prop_assert_eq!(&found[0].value, &value);
    }
}

/// Every distinct STIX pattern of the shared test data; `None` where it is absent.
fn real_patterns() -> Option<Vec<String>> {
    const FOLDERS: [&str; 5] =
        ["unit42-playbooks", "unit42-reports", "amnesty-stix2", "oasis-stix", "misp-stix-pairs"];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !root.is_dir() {
        return None;
    }
    let mut folders: Vec<_> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    let mut patterns = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).expect("a readable file");
            let suffix = path.extension().and_then(|suffix| suffix.to_str());
            let bytes = match suffix {
                Some("json" | "stix2") => bytes,
                Some("zst") => zstd::decode_all(bytes.as_slice()).expect("a zstd file"),
                _ => continue,
            };
            if let Ok(document) = serde_json::from_slice(&bytes) {
                collect(&document, &mut patterns);
            }
        }
    }
    Some(patterns.into_iter().collect())
}

fn collect(value: &Value, patterns: &mut std::collections::BTreeSet<String>) {
    if value["type"] == "indicator" && value.get("pattern_type").is_none_or(|kind| kind == "stix") {
        patterns.extend(value["pattern"].as_str().map(ToOwned::to_owned));
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, patterns)),
        Value::Object(members) => members.values().for_each(|member| collect(member, patterns)),
        _ => {}
    }
}

#[test]
fn every_real_pattern_can_be_read() {
    let Some(patterns) = real_patterns() else {
        eprintln!("SKIPPED: every_real_pattern_can_be_read: ../shared/data is absent");
        return;
    };
    let rejected = |pattern: &String| observables(pattern).err().map(|error| format!("{error}: {pattern}"));
    let rejected: Vec<String> = patterns.iter().filter_map(rejected).collect();
    let found: usize =
        patterns.iter().filter_map(|pattern| observables(pattern).ok()).map(|found| found.len()).sum();
    eprintln!("{} patterns, {found} observables, {} rejected", patterns.len(), rejected.len());
    assert!(patterns.len() > 11_000, "only {} patterns", patterns.len());
    assert!(found > patterns.len(), "only {found} observables");
    assert!(rejected.is_empty(), "{}", rejected.join("\n"));
}

#[test]
fn every_real_observable_keeps_its_key() {
    let Some(patterns) = real_patterns() else {
        eprintln!("SKIPPED: every_real_observable_keeps_its_key: ../shared/data is absent");
        return;
    };
    let read = patterns.iter().filter_map(|text| read(text).ok());
    let found = read.flat_map(|pattern| pattern.observables);
    let (mut named, mut unnamed) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
    for each in found {
        match canonical::observable(&each.kind, &each.path, &each.value) {
            Some(canonical) => {
                let scheme = canonical.scheme().unwrap_or("value");
                let again = canonical::observable(canonical.kind(), scheme, canonical.value());
                assert_eq!(again.as_ref(), Some(&canonical), "{each:?}");
                *named.entry(canonical.kind().to_owned()).or_insert(0) += 1;
            }
            None => unnamed
                .entry(format!("{}:{}", each.kind, each.path))
                .or_insert_with(Vec::new)
                .push(each.value),
        }
    }
    let count: i32 = named.values().sum();
    let rejected: usize = unnamed.values().map(Vec::len).sum();
    eprintln!("{count} with a key: {named:?}");
    eprintln!(
        "{rejected} without: {:?}",
        unnamed.iter().map(|(path, all)| (path, all.len())).collect::<Vec<_>>()
    );
    assert!(count > 11_000, "only {count} observables have a key");
    assert!(rejected * 50 < count as usize, "{rejected} observables have no key");
}
