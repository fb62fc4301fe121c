//! Compressed sparse rows.

/// Compressed sparse rows: row `v` is `ends[starts[v]..starts[v + 1]]`, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) starts: Vec<usize>,
    pub(super) ends: Vec<u32>,
}

impl Rows {
    /// Returns the number of rows.
    pub(super) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn row(&self, vertex: u32) -> &[u32] {
        &self.ends[self.range(vertex)]
    }

    pub(super) fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>() + self.ends.capacity() * size_of::<u32>()
    }

    pub(super) fn range(&self, vertex: u32) -> std::ops::Range<usize> {
        self.starts[vertex as usize]..self.starts[vertex as usize + 1]
    }
}
