//! Texts and lists in few allocations.

use std::collections::HashMap;

/// Texts in one buffer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    buffer: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.ends.push(self.buffer.len());
    }

    pub(super) fn get(&self, position: usize) -> &str {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.buffer[start..self.ends[position]]
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn shrink(&mut self) {
        self.buffer.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Lists of texts in one buffer.
#[derive(Debug, Default)]
pub(super) struct Lists {
    items: Texts,
    ends: Vec<u32>,
}

impl Lists {
    pub(super) fn push(&mut self, list: &[String]) {
        for item in list {
            self.items.push(item);
        }
        self.ends.push(self.items.len() as u32);
    }

    pub(super) fn get(&self, position: usize) -> Vec<String> {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        (start..self.ends[position]).map(|item| self.items.get(item as usize).to_owned()).collect()
    }
}

/// Repeated texts, each in memory once.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    positions: HashMap<String, u32>,
}

impl Names {
    /// Returns the position of a text; adds the text if it is new.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(&position) = self.positions.get(name) {
            return position;
        }
        let position = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }

    pub(super) fn get(&self, position: u32) -> &str {
        &self.names[position as usize]
    }

    /// Returns the text at a position; `None` for the empty text, which means null.
    pub(super) fn known(&self, position: u32) -> Option<String> {
        Some(self.get(position)).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// Values in groups: `of(group)` returns the values of one group.
#[derive(Debug, Default)]
pub(super) struct Grouped {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Grouped {
    /// Groups pairs of group and value. The values of a group are ascending and distinct.
    pub(super) fn of_pairs(groups: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0_u32; groups + 1];
        for (group, _) in &pairs {
            starts[*group as usize + 1] += 1;
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        Self { starts, values: pairs.into_iter().map(|(_, value)| value).collect() }
    }

    pub(super) fn of(&self, group: usize) -> &[u32] {
        &self.values[self.starts[group] as usize..self.starts[group + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_texts_lists_and_groups_return_what_was_put_in() {
        let texts = ["", "é", "long text", ""];
        let mut packed = Texts::default();
        for text in texts {
            packed.push(text);
        }
        assert!(texts.iter().enumerate().all(|(position, text)| packed.get(position) == *text));
        let lists = [vec!["a".to_owned(), String::new()], Vec::new(), vec!["b".to_owned()]];
        let mut packed = Lists::default();
        for list in &lists {
            packed.push(list);
        }
        assert!(lists.iter().enumerate().all(|(position, list)| packed.get(position) == *list));
        let mut names = Names::default();
        assert_eq!(["x", "", "x"].map(|name| names.intern(name)), [0, 1, 0]);
        assert_eq!((names.known(0).as_deref(), names.known(1)), (Some("x"), None));
        let grouped = Grouped::of_pairs(4, vec![(3, 7), (1, 5), (3, 2), (1, 5)]);
        assert_eq!(
            [0, 1, 2, 3].map(|group| grouped.of(group).to_vec()),
            [vec![], vec![5], vec![], vec![2, 7]]
        );
    }
}
