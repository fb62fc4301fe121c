//! Lines of a text: `\n`, `\r\n` and a single `\r` end a line.

/// Returns the start of the next line after a position.
pub(super) fn next_line(bytes: &[u8], at: usize) -> usize {
    let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]);
    match end.map(|end| at + end) {
        None => bytes.len(),
        Some(end) if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') => end + 2,
        Some(end) => end + 1,
    }
}

/// Returns the lines of a text without their ends. No line follows the last line end.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut position = 0;
    std::iter::from_fn(move || {
        if position >= text.len() {
            return None;
        }
        let next = next_line(text.as_bytes(), position);
        let line = text[position..next].trim_end_matches('\n').trim_end_matches('\r');
        position = next;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_ends_one_line() {
        let of = |text| lines(text).collect::<Vec<&str>>();
        for text in ["a\nb\n\nc", "a\rb\r\rc", "a\r\nb\r\n\r\nc", "a\nb\r\n\rc\r"] {
            assert_eq!(of(text), ["a", "b", "", "c"], "{text:?}");
        }
        assert_eq!(of(""), [""; 0]);
        assert_eq!(of("\n"), [""]);
        assert_eq!(of("ä\ré"), ["ä", "é"]);
    }
}
