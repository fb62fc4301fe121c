//! Numbered names of a side.

use std::collections::HashMap;

/// Names by number, in the order of their first use.
#[derive(Clone, Debug, Default)]
pub(in crate::temporal) struct Names {
    pub(super) texts: Vec<String>,
    numbers: HashMap<String, u32>,
    last: u32,
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Names {
    /// Returns the names without an index, which only a new side needs.
    pub(super) fn from_list(texts: Vec<String>) -> Self {
        Self { texts, ..Self::default() }
    }

    /// Returns the number of a name, and gives it one if it is new.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        // Rows with one source or kind often follow each other.
        if self.texts.get(self.last as usize).is_some_and(|last| last == name) {
            return self.last;
        }
        self.last = self.numbers.get(name).copied().unwrap_or_else(|| {
            let next = u32::try_from(self.texts.len()).expect("fewer than 2^32 names");
            self.texts.push(name.to_owned());
            self.numbers.insert(name.to_owned(), next);
            next
        });
        self.last
    }

    /// Returns the name with a number.
    pub(in crate::temporal) fn get(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}
