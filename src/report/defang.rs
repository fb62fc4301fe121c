//! Defanged text: no program turns an address of it into a link, and a person still reads it.

use std::net::Ipv6Addr;

/// Schemes and their defanged form.
const SCHEMES: &[(&str, &str)] = &[("https", "hxxps"), ("http", "hxxp"), ("ftps", "fxps"), ("ftp", "fxp")];

/// Returns a text in which URLs, host names, network addresses and e-mail addresses are defanged: `hxxp`, `[.]`, `[:]` and
/// `[@]`. A defanged text stays as it is.
pub fn defang(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        if end == 0 {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(end);
        let scheme = SCHEMES.iter().find(|(name, _)| {
            // A colon is part of a word, because of IPv6 addresses.
            word.strip_suffix(':').is_some_and(|scheme| scheme.eq_ignore_ascii_case(name))
        });
        match scheme {
            Some((_, defanged)) if after.starts_with("//") => {
                let authority_end = after[2..]
                    .find(|character: char| {
                        matches!(character, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
                            || character.is_whitespace()
                    })
                    .map_or(after.len(), |end| end + 2);
                shown.push_str(defanged);
                shown.push_str("://");
                push_authority(&mut shown, &after[2..authority_end]);
                rest = &after[authority_end..];
            }
            _ => {
                push_word(&mut shown, word);
                rest = after;
            }
        }
    }
    shown
}

/// Returns whether a character may be part of a host name, an address or an e-mail address.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | ':' | '@' | '+' | '%')
        // Full stops of other scripts, which browsers accept in host names.
        || matches!(character, '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Pushes the authority of a URL with every dot, colon of an IPv6 address and `@` defanged.
fn push_authority(shown: &mut String, authority: &str) {
    let mut previous = ' ';
    for character in authority.chars() {
        push_defanged(shown, character, previous, '@');
        previous = character;
    }
}

fn push_defanged(shown: &mut String, character: char, previous: char, at: char) {
    match character {
        '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' if previous != '[' => shown.push_str("[.]"),
        '@' if at == '@' && previous != '[' => shown.push_str("[@]"),
        other => shown.push(other),
    }
}

/// Pushes a word; an address or a host name is defanged.
fn push_word(shown: &mut String, word: &str) {
    let core = word.trim_end_matches(['.', ':']);
    let (core, tail) = word.split_at(core.len());
    if core.bytes().filter(|byte| *byte == b':').count() > 1 && is_ipv6(core) {
        shown.push_str(&core.replace(':', "[:]").replace('.', "[.]"));
        shown.push_str(tail);
        return;
    }
    let host = core.rsplit('@').next().unwrap_or(core);
    let host = host.split(':').next().unwrap_or(host);
    if is_host(host) {
        push_authority(shown, core);
        shown.push_str(tail);
    } else {
        shown.push_str(word);
    }
}

fn is_ipv6(word: &str) -> bool {
    let address = word.split('%').next().unwrap_or(word);
    address.parse::<Ipv6Addr>().is_ok()
}

/// Returns whether a word is a host name below a public suffix, or four numbers. A file name does not count.
fn is_host(word: &str) -> bool {
    let plain: String = word
        .chars()
        .map(
            |character| {
                if matches!(character, '\u{3002}' | '\u{ff0e}' | '\u{ff61}') { '.' } else { character }
            },
        )
        .collect();
    let labels: Vec<&str> = plain.split('.').collect();
    if labels.len() < 2 || labels.iter().any(|label| label.is_empty()) {
        return false;
    }
    let is_number = |label: &&str| label.len() <= 3 && label.bytes().all(|byte| byte.is_ascii_digit());
    if labels.len() == 4 && labels.iter().all(is_number) {
        return true;
    }
    let last = labels[labels.len() - 1];
    is_special_name(last) || has_public_suffix(&plain.to_lowercase())
}

/// Returns whether a last label is reserved for names outside the public name system.
fn is_special_name(label: &str) -> bool {
    const NAMES: &[&str] = &[
        "arpa",
        "bit",
        "example",
        "i2p",
        "internal",
        "invalid",
        "lan",
        "local",
        "localhost",
        "onion",
        "test",
    ];
    NAMES.iter().any(|name| label.eq_ignore_ascii_case(name))
}

fn has_public_suffix(name: &str) -> bool {
    use psl::Psl as _;
    psl::List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_defanged_and_other_text_stays() {
        for (text, shown) in [
            ("http://evil.example/a.b?c=d.e", "hxxp://evil[.]example/a.b?c=d.e"),
            ("HTTPS://Evil.COM:8443/x", "hxxps://Evil[.]COM:8443/x"),
            ("ftp://user@192.0.2.7/", "fxp://user[@]192[.]0[.]2[.]7/"),
            ("see evil.com, bad.co.uk.", "see evil[.]com, bad[.]co[.]uk."),
            ("192.0.2.1 and 192.0.2.1:443", "192[.]0[.]2[.]1 and 192[.]0[.]2[.]1:443"),
            ("2001:db8::1", "2001[:]db8[:][:]1"),
            ("ana.b@mail.example.org", "ana[.]b[@]mail[.]example[.]org"),
            ("abc.onion", "abc[.]onion"),
            ("пример.рф", "пример[.]рф"),
            ("evil\u{3002}com", "evil[.]com"),
            ("(evil.com)", "(evil[.]com)"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            (
                "version 2.1, invoice.docx, T1566.001, e.g. this",
                "version 2.1, invoice.docx, T1566.001, e.g. this",
            ),
            ("12:30:01", "12:30:01"),
            // A slice of a word by bytes may end within a character.
            ("\u{5e9}\u{5dd} \u{540d}: \u{540d}\u{524d}", "\u{5e9}\u{5dd} \u{540d}: \u{540d}\u{524d}"),
            ("", ""),
            ("hxxp://evil[.]com/x", "hxxp://evil[.]com/x"),
        ] {
            assert_eq!(defang(text), shown, "{text}");
            assert_eq!(defang(shown), shown, "defanged twice: {text}");
        }
    }
}
