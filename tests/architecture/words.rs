//! Cuts Rust source into words, so that nothing in a comment or a string is taken for code.

/// A word or a sign of Rust with its line; comments, strings and characters are gone.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Stands in an item marked `#[cfg(test)]`.
    pub(crate) test: bool,
}

/// Cuts a source file into words.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = text.chars().collect();
    let has = |at: usize, what: &str| {
        what.chars().enumerate().all(|(offset, wanted)| chars.get(at + offset) == Some(&wanted))
    };
    let (mut at, mut line, mut words) = (0, 1, Vec::new());
    while at < chars.len() {
        let start = at;
        let mut keep = false;
        if has(at, "//") {
            at += chars[at..].iter().take_while(|one| **one != '\n').count();
        } else if has(at, "/*") {
            at = after_comment(at, &has, chars.len());
        } else if let Some(end) = after_literal(&chars, at) {
            at = end;
        } else if chars[at].is_alphanumeric() || chars[at] == '_' {
            at += if has(at, "r#") { 2 } else { 0 };
            at += chars[at..].iter().take_while(|one| one.is_alphanumeric() || **one == '_').count();
            keep = true;
        } else {
            at += if has(at, "::") || has(at, "->") || has(at, "=>") || has(at, "!=") { 2 } else { 1 };
            keep = !chars[start].is_whitespace();
        }
        if keep {
            let word: String = chars[start..at].iter().collect();
            words.push(Word { text: word.trim_start_matches("r#").to_owned(), line, test: false });
        }
        line += chars[start..at].iter().filter(|one| **one == '\n').count();
    }
    mark_tests(&mut words);
    words
}

/// An item under `#[cfg(test)]` ends with the brace that closes it, or with its semicolon.
fn mark_tests(words: &mut [Word]) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut at = 0;
    while at + MARK.len() <= words.len() {
        if !words[at..].iter().zip(MARK).all(|(word, mark)| word.text == mark) {
            at += 1;
            continue;
        }
        at += MARK.len();
        let mut depth = 0_usize;
        while at < words.len() {
            words[at].test = true;
            match words[at].text.as_str() {
                "{" => depth += 1,
                "}" if depth <= 1 => break,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => {}
            }
            at += 1;
        }
    }
}

/// Block comments nest.
fn after_comment(mut at: usize, has: &impl Fn(usize, &str) -> bool, end: usize) -> usize {
    let mut depth = 0_usize;
    while at < end {
        if has(at, "/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if has(at, "*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// Where the string, raw string, byte string or character that begins at `at` ends; `None` if none begins there.
fn after_literal(chars: &[char], at: usize) -> Option<usize> {
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut open = at;
    open += usize::from(matches!(get(open), 'b' | 'c') && matches!(get(open + 1), '"' | '\'' | 'r'));
    let raw = get(open) == 'r' && {
        let fence = chars[open + 1..].iter().take_while(|one| **one == '#').count();
        get(open + 1 + fence) == '"'
    };
    if raw {
        let fence = chars[open + 1..].iter().take_while(|one| **one == '#').count();
        let closes = |at: usize| get(at) == '"' && (1..=fence).all(|offset| get(at + offset) == '#');
        let close = (open + fence + 2..chars.len()).find(|at| closes(*at))?;
        return Some(close + fence + 1);
    }
    let quote = get(open);
    // `'a` is a lifetime unless a quote closes it right after one character.
    let is_char = quote == '\'' && (get(open + 1) == '\\' || get(open + 2) == '\'');
    if quote != '"' && !is_char {
        return None;
    }
    let mut end = open + 1;
    while end < chars.len() && chars[end] != quote {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    Some((end + 1).min(chars.len()))
}
