//! Lists of links whose vertices are whole numbers, read in chunks by all threads.
//!
//! Numbers are parsed in place, so that no cell and no line takes memory of its own. A list with any other cell is left to
//! the reader of rows, which also names the errors.

use rayon::prelude::*;

use super::{
    header::{self, LinkColumns, LinkRow, ReadColumns},
    link_list::{LinkList, weight_of},
    link_text::{Separator, cells, is_data},
};

/// Bytes of one chunk, to the end of its last line.
const CHUNK_BYTES: usize = 1 << 20;
/// Digits of the largest number.
const DIGITS_MAX: usize = 9;
/// Vertices are marked in a bit map if the largest number is at most this many times the number of ends.
const SPARSE_MAX: usize = 8;

/// Links of a chunk, and the weights of links if they are read.
#[derive(Default)]
struct Chunk {
    links: Vec<(u32, u32)>,
    weights: Vec<f64>,
}

/// Reads a list of links between whole numbers; `None` if the list is not only that.
pub(super) fn read(text: &str, mark: Separator, asked: &LinkColumns) -> Option<LinkList> {
    let bytes = text.as_bytes();
    // Quotes may join lines, and a carriage return may be the end of one.
    if mark == Separator::None
        || bytes.par_chunks(CHUNK_BYTES).any(|part| part.contains(&b'"') || part.contains(&b'\r'))
    {
        return None;
    }
    let (columns, data) = head(text, mark, asked)?;
    let chunks: Vec<&str> = chunks(data);
    let read: Option<Vec<Chunk>> =
        chunks.into_par_iter().map(|part| read_chunk(part, mark, &columns)).collect();
    let read = read?;
    let mut links: Vec<(u32, u32)> = Vec::with_capacity(read.iter().map(|chunk| chunk.links.len()).sum());
    let mut weights = Vec::new();
    for chunk in read {
        links.extend(chunk.links);
        weights.extend(chunk.weights);
    }
    let nodes = number(&mut links);
    let nodes = nodes.into_par_iter().map(|node| node.to_string()).collect();
    let weights = columns.weight.map(|_| weights);
    Some(LinkList { nodes, links, weights, first_line: columns.first_line, ..LinkList::default() })
}

/// Finds the columns by the first two lines of data. Returns them, and the text of the lines that are links; `None` if
/// the decision would need more lines.
fn head<'a>(text: &'a str, mark: Separator, asked: &LinkColumns) -> Option<(ReadColumns, &'a str)> {
    let mut rows: Vec<LinkRow> = Vec::new();
    let mut position = 0;
    let mut after_first = 0;
    for line in text.split_inclusive('\n') {
        position += line.len();
        let content = line.strip_suffix('\n').unwrap_or(line);
        if is_data(content) {
            rows.push((rows.len(), cells(content, mark)));
            if rows.len() == 1 {
                after_first = position;
            } else {
                break;
            }
        }
    }
    let first = &rows.first()?.1;
    let columns = header::columns(&rows, asked, false).ok()?;
    // If all further cells of the first two columns are numbers, a first line of words is above a column of numbers.
    let is_decided = first.iter().any(|cell| header::is_number(cell))
        || header::is_header(first, asked)
        || (columns.source, columns.target) == (0, 1);
    let data = if columns.has_header { &text[after_first..] } else { text };
    is_decided.then_some((columns, data))
}

/// Divides a text into parts that end with a line.
fn chunks(mut text: &str) -> Vec<&str> {
    let mut chunks = Vec::with_capacity(text.len() / CHUNK_BYTES + 1);
    while !text.is_empty() {
        let least = text.len().min(CHUNK_BYTES);
        let line_end = text.as_bytes()[least..].iter().position(|byte| *byte == b'\n');
        let end = line_end.map_or(text.len(), |position| least + position + 1);
        let (chunk, remaining) = text.split_at(end);
        chunks.push(chunk);
        text = remaining;
    }
    chunks
}

fn read_chunk(text: &str, mark: Separator, columns: &ReadColumns) -> Option<Chunk> {
    let mut chunk = Chunk::default();
    for line in text.split('\n').filter(|line| is_data(line)) {
        let link = match mark {
            Separator::Sign(sign) => link(line.split(sign).map(str::trim), columns)?,
            Separator::Blanks => link(line.split_ascii_whitespace(), columns)?,
            Separator::None => return None,
        };
        chunk.links.push((link.0, link.1));
        chunk.weights.extend(link.2);
    }
    Some(chunk)
}

/// Reads the ends of a link, and its weight if one is read.
fn link<'a>(cells: impl Iterator<Item = &'a str>, columns: &ReadColumns) -> Option<(u32, u32, Option<f64>)> {
    let last = columns.source.max(columns.target).max(columns.weight.unwrap_or(0));
    let (mut source, mut target, mut weight) = (None, None, None);
    for (position, cell) in cells.enumerate().take(last + 1) {
        if position == columns.source {
            source = Some(whole_number(cell)?);
        }
        if position == columns.target {
            target = Some(whole_number(cell)?);
        }
        if columns.weight == Some(position) {
            weight = Some(weight_of(cell)?);
        }
    }
    if weight.is_some() == columns.weight.is_some() { Some((source?, target?, weight)) } else { None }
}

/// Returns the number that a cell is; `None` if the number would be written in another way.
fn whole_number(cell: &str) -> Option<u32> {
    let digits = cell.as_bytes();
    let is_short = (1..=DIGITS_MAX).contains(&digits.len());
    if !is_short || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

/// Replaces the ends of links by their positions among all ends, which are returned in ascending order.
fn number(links: &mut [(u32, u32)]) -> Vec<u32> {
    let largest = links.par_iter().map(|(source, target)| *source.max(target)).max();
    let Some(largest) = largest else { return Vec::new() };
    if largest as usize <= SPARSE_MAX * 2 * links.len() {
        number_marked(links, largest)
    } else {
        number_sorted(links)
    }
}

/// Numbers by a bit map: the position of a number is the count of marks before it.
fn number_marked(links: &mut [(u32, u32)], largest: u32) -> Vec<u32> {
    let mut marks = vec![0_u64; largest as usize / 64 + 1];
    for &(source, target) in &*links {
        for end in [source, target] {
            marks[end as usize / 64] |= 1 << (end % 64);
        }
    }
    let mut before = Vec::with_capacity(marks.len());
    let mut count = 0;
    for word in &marks {
        before.push(count);
        count += word.count_ones();
    }
    let position = |end: u32| {
        let word = end as usize / 64;
        let lower = marks[word] & ((1 << (end % 64)) - 1);
        before[word] + lower.count_ones()
    };
    links
        .par_iter_mut()
        .for_each(|(source, target)| (*source, *target) = (position(*source), position(*target)));
    let is_marked = |number: &u32| marks[*number as usize / 64] >> (number % 64) & 1 == 1;
    (0..=largest).filter(is_marked).collect()
}

/// Numbers by sorting, where numbers are far apart.
fn number_sorted(links: &mut [(u32, u32)]) -> Vec<u32> {
    let mut nodes: Vec<u32> = links.iter().flat_map(|(source, target)| [*source, *target]).collect();
    nodes.par_sort_unstable();
    nodes.dedup();
    let position = |end: u32| nodes.partition_point(|node| *node < end) as u32;
    links
        .par_iter_mut()
        .for_each(|(source, target)| (*source, *target) = (position(*source), position(*target)));
    nodes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{link_text::separator, links::read_text_by_rows};
    use super::*;

    /// Reads a text in both ways; returns whether this reader took it.
    fn compare(text: &str, asked: &LinkColumns) -> bool {
        let Some(list) = read(text, separator(text, None), asked) else { return false };
        let rows = read_text_by_rows(text, asked);
        assert_eq!(rows.as_ref(), Ok(&list), "{text:?}");
        true
    }

    fn asked(source: Option<&str>, target: Option<&str>, weight: Option<&str>) -> LinkColumns {
        let own = |name: Option<&str>| name.map(str::to_owned);
        LinkColumns { source: own(source), target: own(target), weight: own(weight) }
    }

    #[test]
    fn lists_of_numbers_are_read_as_by_rows() {
        let nothing = LinkColumns::default();
        for text in [
            "1 2\n2 3\n",
            "source,target\n10,9\n9,900000000\n",
            "u v\n1 2\n2 3",
            "# note\n0\t0\n\n% note\n 7\t8 \n",
            "from,to,weight\n1,2,x\n",
            "a,b\n1,2\n",
            "5 6",
            "1,2,,\n3,4\n",
        ] {
            assert!(compare(text, &nothing), "{text:?}");
        }
        assert!(compare("1 2 0.5\n2 3 1e3\n", &asked(None, None, Some("3"))));
        assert!(compare("w,payer,payee\n0.5,1,2\n", &asked(Some("payer"), Some("payee"), Some("w"))));
    }

    #[test]
    fn other_lists_are_left_to_the_reader_of_rows() {
        let nothing = LinkColumns::default();
        for text in [
            "1 2\n2 x\n",
            "01 2\n",
            "1 2\n3\n",
            "\"1\" 2\n",
            "1 2\r\n2 3\r\n",
            "1 +2\n",
            "1000000000 2\n",
            "a b\nc d\n",
            "",
            "# nothing\n",
            "source,target\n,2\n",
        ] {
            assert!(!compare(text, &nothing), "{text:?}");
        }
        // A first line of words decides nothing where other columns than the first two are read.
        assert!(!compare("a b c\nx 1 2\n", &asked(Some("2"), Some("3"), None)));
        assert!(!compare("1 2 -1\n", &asked(None, None, Some("3"))));
        assert!(!compare("1 2\n", &asked(None, None, Some("3"))));
    }

    #[test]
    fn chunks_end_with_lines() {
        let line = "123456 654321\n";
        let text = line.repeat(3 * CHUNK_BYTES / line.len());
        let parts = chunks(&text);
        assert!(parts.len() > 2 && parts.iter().all(|part| part.ends_with('\n')));
        assert_eq!(parts.concat(), text);
        assert!(compare(&text, &LinkColumns::default()));
    }

    proptest! {
        /// Any list that this reader takes has the result of the reader of rows.
        #[test]
        fn equal_to_the_reader_of_rows(
            head in prop::sample::select(vec!["", "source target x\n", "a b c\n", "# c\n", "1 b c\n", "u v\n"]),
            rows in prop::collection::vec((0_u32..30, 0_u32..300_000, 0_u32..4), 0..40),
            odd in prop::sample::select(vec!["", "", "", "x 2 1\n", "3 4\n", "\n", "%\n", "1 2 3 4\n", "05 6 1\n"]),
            weight in prop::sample::select(vec![None, Some("3"), Some("x")]),
        ) {
            let lines: Vec<String> =
                rows.iter().map(|(source, target, weight)| format!("{source} {target} {weight}")).collect();
            let lines = lines.join("\n") + "\n";
            let text = format!("{head}{lines}{odd}");
            let asked = asked(None, None, weight);
            compare(&text, &asked);
            compare(&text.replace(' ', ","), &asked);
        }
    }
}
