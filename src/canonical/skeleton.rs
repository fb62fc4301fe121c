//! Skeletons of texts that look alike (UTS 39, section 4).

use std::{borrow::Cow, sync::LazyLock};

use unicode_security::confusable_detection::skeleton;

/// Longest text whose skeleton is computed, in bytes. A longer text is not a name.
const TEXT_MAX: usize = 1_000;

/// Returns the text in lower case as it looks, if it looks like ASCII: `Аррlе` in Cyrillic and `apple` are equal. `None` for a
/// text that shows its script, such as most Russian names.
pub(crate) fn ascii_skeleton(text: &str) -> Option<String> {
    if text.len() > TEXT_MAX {
        return None;
    }
    if text.is_ascii() {
        let looks: Option<String> = text.bytes().map(|byte| LOOKS[usize::from(byte)].as_deref()).collect();
        return looks.map_or_else(|| skeleton_of_any(text), |looks| joined_words(&looks));
    }
    skeleton_of_any(&as_displayed(text))
}

/// Returns a text as a reader sees it: letters after a right-to-left override stand in reverse order, up to the end of the override.
fn as_displayed(text: &str) -> Cow<'_, str> {
    if !text.contains(OVERRIDE) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(OVERRIDE);
    let mut displayed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reversed, rest) = part.split_once(OVERRIDE_END).unwrap_or((part, ""));
        displayed.extend(reversed.chars().rev());
        displayed.push_str(rest);
    }
    Cow::Owned(displayed)
}

/// Right-to-left override of Unicode, and the character that ends it.
const OVERRIDE: char = '\u{202e}';
const OVERRIDE_END: char = '\u{202c}';

/// Look of each ASCII character; `None` for those that look like other characters, such as `%`. The skeleton of an ASCII text is that of its
/// characters, which no accent follows.
static LOOKS: LazyLock<Vec<Option<String>>> = LazyLock::new(|| {
    let looks = (0..128).map(|byte: u8| look(&char::from(byte).to_string()));
    looks.map(|look| look.is_ascii().then_some(look)).collect()
});

fn skeleton_of_any(text: &str) -> Option<String> {
    let folded = look(text);
    if folded.is_ascii() { joined_words(&folded) } else { None }
}

/// Returns the skeleton of a text in lower case.
fn look(text: &str) -> String {
    // Some letters look like Latin ones in one case only.
    let lower: String = skeleton(&text.to_lowercase()).collect();
    let skeleton = if lower.is_ascii() { lower } else { skeleton(text).collect::<String>() };
    let plain = skeleton.to_ascii_lowercase();
    // The skeleton of `l`, `I` and `1` depends on the case.
    self::skeleton(&plain).collect::<String>().to_ascii_lowercase()
}

/// Returns the words of a text with one blank between them; `None` without words.
fn joined_words(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_skeleton_of_an_ascii_text_is_that_of_its_characters(text in "[ -~\t]{0,40}") {
            prop_assert_eq!(ascii_skeleton(&text), skeleton_of_any(&text));
        }
    }

    #[test]
    fn a_text_of_another_script_may_look_like_ascii() {
        for (text, same) in [
            ("\u{410}\u{440}\u{440}\u{4cf}\u{435}", "Apple"),
            ("\u{421}\u{43e}\u{441}\u{43e}", "Coco"),
            ("Grey\u{200b} Heron", "grey heron"),
            ("Anna \u{202e}neppilF", "Anna Flippen"),
            ("\u{202e}annA\u{202c} Flippen", "Anna Flippen"),
            ("\u{413}\u{440}\u{438}\u{444}\u{43e}\u{43d}", ""),
            ("Jos\u{e9}", ""),
        ] {
            let expected = ascii_skeleton(same);
            assert_eq!(ascii_skeleton(text), expected, "{text}");
            assert_eq!(expected.is_none(), same.is_empty());
        }
        assert_eq!(ascii_skeleton(&"a".repeat(100_000)), None);
        assert_ne!(ascii_skeleton("Apple"), ascii_skeleton("Ample"));
    }
}
