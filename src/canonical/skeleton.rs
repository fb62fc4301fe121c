//! Skeletons of texts that look alike (UTS 39, section 4).

use unicode_security::confusable_detection::skeleton;

/// Longest text whose skeleton is computed, in bytes. A longer text is not a name.
const TEXT_MAX: usize = 1_000;

/// Returns the text in lower case as it looks, if it looks like ASCII: `Аррlе` in Cyrillic and `apple` are equal. `None` for a
/// text that shows its script, such as most Russian names.
pub(crate) fn ascii_skeleton(text: &str) -> Option<String> {
    if text.len() > TEXT_MAX {
        return None;
    }
    // Some letters look like Latin ones in one case only.
    let lower: String = skeleton(&text.to_lowercase()).collect();
    let skeleton = if lower.is_ascii() { lower } else { skeleton(text).collect::<String>() };
    let plain = skeleton.to_ascii_lowercase();
    // The skeleton of `l`, `I` and `1` depends on the case.
    let folded: String = self::skeleton(&plain).collect::<String>().to_ascii_lowercase();
    let words: Vec<&str> =
        folded.split(|c: char| c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    (folded.is_ascii() && !words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_another_script_may_look_like_ascii() {
        for (text, same) in [
            ("\u{410}\u{440}\u{440}\u{4cf}\u{435}", "Apple"),
            ("\u{421}\u{43e}\u{441}\u{43e}", "Coco"),
            ("Grey\u{200b} Heron", "grey heron"),
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
