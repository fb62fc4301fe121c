//! Restores defanged text: reports often make values unclickable, as in `hxxp://evil[.]example`.

use std::borrow::Cow;

/// Defanged forms and their meaning. A longer form comes before the form that it ends in.
const FANGED: &[(&str, &str)] = &[
    ("[://]", "://"),
    ("[:]", ":"),
    ("(:)", ":"),
    ("{:}", ":"),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("<.>", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("<dot>", "."),
    ("[@]", "@"),
    ("(@)", "@"),
    ("{@}", "@"),
    ("<@>", "@"),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("<at>", "@"),
    ("[/]", "/"),
    // One bracket alone. The whole forms above come before them.
    ("[.", "."),
    (".]", "."),
    ("\\.", "."),
];

/// Longest text that can be a host or a mailbox, in bytes.
const HOST_MAX: usize = 1_000;

/// Returns the text with its dots, colons, at signs and scheme as they are on the wire.
///
/// The end of the output is compared with every form after each character, so no prefix of the output ever
/// contains a defanged form. One pass is enough, and takes linear time.
pub(crate) fn refang(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let mut plain = Cow::Borrowed(text);
    // Every form has one of these characters, and most values contain none.
    if text.bytes().any(|byte| matches!(byte, b'[' | b'(' | b'{' | b'<' | b'\\' | b']')) {
        let mut restored = String::with_capacity(text.len());
        for character in text.chars() {
            restored.push(character);
            // Every form ends with one of these characters.
            while let Some((fanged, meant)) = matches!(character, ']' | ')' | '}' | '>' | '.')
                .then(|| FANGED.iter().find(|(fanged, _)| ends_with(&restored, fanged)))
                .flatten()
            {
                restored.truncate(restored.len() - fanged.len());
                restored.push_str(meant);
            }
        }
        plain = Cow::Owned(restored);
    }
    if let Some((scheme, rest)) = plain.split_once(':')
        && let Some(meant) = plain_scheme(scheme)
    {
        return format!("{meant}:{rest}").into();
    }
    plain
}

/// Returns the scheme that a defanged scheme means: `hxxps`, `h**p`, `h[tt]p`, `fxp`; `None` if it is not defanged.
fn plain_scheme(scheme: &str) -> Option<&'static str> {
    if scheme.len() > 8 || ["http", "https"].iter().any(|plain| scheme.eq_ignore_ascii_case(plain)) {
        return None;
    }
    let is_bracket = |byte: &u8| b"[](){}".contains(byte);
    let letters: Vec<u8> =
        scheme.bytes().filter(|byte| !is_bracket(byte)).map(|byte| byte.to_ascii_lowercase()).collect();
    let is_hidden = |byte: &u8| b"tx*_#".contains(byte);
    match letters.as_slice() {
        [b'h', one, two, b'p'] if is_hidden(one) && is_hidden(two) => Some("http"),
        [b'h', one, two, b'p', b's'] if is_hidden(one) && is_hidden(two) => Some("https"),
        b"fxp" | b"f*p" => Some("ftp"),
        b"fxps" | b"f*ps" => Some("ftps"),
        b"meow" => Some("http"),
        b"meows" => Some("https"),
        _ => None,
    }
}

/// Returns a host, an address or a mailbox as it is on the wire. The kind of the value is known here, so words and blanks
/// around a dot are unambiguous: `evil dot example`, `evil [.] example`, `evil[.com]`.
pub(super) fn refang_host(text: &str) -> Cow<'_, str> {
    let plain = refang(text);
    // Most values have neither blanks nor brackets, and no host is long.
    let is_usual = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'[' | b']');
    if plain.len() > HOST_MAX || plain.bytes().all(is_usual) {
        return plain;
    }
    let is_version6 = plain.bytes().filter(|byte| *byte == b':').count() > 1;
    let is_blank = |c: char| c.is_whitespace();
    let count = |bracket: u8| plain.bytes().filter(|byte| *byte == bracket).count();
    // A form with one bracket leaves the other one. A pair, as in `evil.example[1]`, is not a dot.
    let has_stray = count(b'[') != count(b']');
    if is_version6 || !(has_stray || plain.contains(is_blank)) {
        return plain;
    }
    let without: String = plain.chars().filter(|c| !(has_stray && matches!(c, '[' | ']'))).collect();
    match joined_at_dots(&without) {
        // Without a bracket or a blank, another form may be whole. Each step shortens the text.
        Some(joined) if joined.len() < plain.len() => Cow::Owned(refang_host(&joined).into_owned()),
        _ => plain,
    }
}

/// Joins words at a dot or an at sign; `None` if two words have neither between them.
fn joined_at_dots(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut joined = String::with_capacity(text.len());
    for (position, word) in words.iter().enumerate() {
        let is_inner = position > 0 && position + 1 < words.len();
        let word = match *word {
            "dot" | "DOT" if is_inner => ".",
            "at" | "AT" if is_inner => "@",
            word => word,
        };
        let is_joint = |c: char| matches!(c, '.' | '@');
        if !joined.is_empty() && !joined.ends_with(is_joint) && !word.starts_with(is_joint) {
            return None;
        }
        joined.push_str(word);
    }
    (!joined.is_empty()).then_some(joined)
}

/// Returns whether a text ends with a form, in any case. A form is ASCII, so comparing bytes is safe.
fn ends_with(text: &str, form: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= form.len() && bytes[bytes.len() - form.len()..].eq_ignore_ascii_case(form.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn defanged_text_comes_back() {
        const CASES: &[(&str, &str)] = &[
            ("hxxp://a[.]b", "http://a.b"),
            ("hXXps[:]//a(.)b{.}c", "https://a.b.c"),
            ("hxxp[://]a[dot]b(DOT)c", "http://a.b.c"),
            ("h**p://a\\.b", "http://a.b"),
            ("h__ps(:)//a<.>b", "https://a.b"),
            ("h[tt]p://a[.b.]c", "http://a.b.c"),
            ("meow://a.b", "http://a.b"),
            ("a[@]b[.]c", "a@b.c"),
            ("a[at]b.c", "a@b.c"),
            ("a{at}b<dot>c", "a@b.c"),
            ("[[.]]", "."),
            ("the dot at", "the dot at"),
            ("hxxp.com", "hxxp.com"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ];
        for (text, expected) in CASES {
            assert_eq!(refang(text), *expected, "{text}");
        }
    }

    #[test]
    fn blanks_and_words_are_dots_only_where_the_kind_is_known() {
        const CASES: &[(&str, &str)] = &[
            ("evil dot example", "evil.example"),
            ("evil [.] example", "evil.example"),
            ("evil . example", "evil.example"),
            ("evil[.example]", "evil.example"),
            ("[www.]evil.example", "www.evil.example"),
            ("a at evil dot example", "a@evil.example"),
            ("192 . 0 .2. 1", "192.0.2.1"),
            ("evil example", "evil example"),
            ("evil.example[1]", "evil.example[1]"),
            ("dot evil", "dot evil"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ];
        for (text, expected) in CASES {
            assert_eq!(refang_host(text), *expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn refanging_twice_is_refanging_once(text in r"([\[\](){}<>.:@/\\ ]|dot|DOT|at|hxxp|h\*\*ps|[a-z]|é){0,30}") {
            let once = refang(&text);
            prop_assert_eq!(&*refang(&once), &*once);
            let host = refang_host(&text);
            prop_assert_eq!(&*refang_host(&host), &*host);
        }

        #[test]
        fn refanging_any_text_twice_is_refanging_once(text in any::<String>()) {
            let once = refang(&text);
            prop_assert_eq!(&*refang(&once), &*once);
        }
    }
}
