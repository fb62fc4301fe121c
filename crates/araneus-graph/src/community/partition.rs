//! Partitions: a community for each vertex, numbered so that equal groupings are equal values.

/// The community of each vertex; 0 is the largest, and of equal sizes the one with the lowest vertex comes
/// first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    labels: Vec<u32>,
    sizes: Vec<u32>,
}

impl Partition {
    /// Numbers the groups of `labels`, which has any number for each vertex.
    pub fn new(labels: &[u32]) -> Self {
        let (mut labels, count) = compact(labels);
        let mut sizes = vec![0_u32; count];
        for &group in &labels {
            sizes[group as usize] += 1;
        }
        // Compact numbers ascend with the lowest vertex, and a stable sort keeps that order for equal sizes.
        let mut by_size: Vec<usize> = (0..count).collect();
        by_size.sort_by_key(|group| std::cmp::Reverse(sizes[*group]));
        let mut number = vec![0; count];
        for (position, &group) in by_size.iter().enumerate() {
            number[group] = position as u32;
        }
        for group in &mut labels {
            *group = number[*group as usize];
        }
        let sizes = by_size.into_iter().map(|group| sizes[group]).collect();
        Self { labels, sizes }
    }

    /// Returns the community of each vertex.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Returns the number of communities.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Returns the number of vertices in each community, descending.
    pub fn sizes(&self) -> &[u32] {
        &self.sizes
    }
}

/// Renumbers labels to `0..count` in the order of their first vertices.
pub(super) fn compact(labels: &[u32]) -> (Vec<u32>, usize) {
    const NONE: u32 = u32::MAX;
    let mut number = vec![NONE; labels.iter().max().map_or(0, |most| *most as usize + 1)];
    let mut count = 0;
    let numbers = labels
        .iter()
        .map(|label| {
            let number = &mut number[*label as usize];
            if *number == NONE {
                *number = count;
                count += 1;
            }
            *number
        })
        .collect();
    (numbers, count as usize)
}

/// Returns the intersection of two groupings: a label for each pair of groups that shares a vertex.
pub(super) fn meet(one: &[u32], other: &[u32]) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let (one, count) = compact(one);
    let (other, others) = compact(other);
    let (starts, vertices) = members(&one, count);
    // For each group of the other grouping: the group that saw it last, and its label there.
    let mut seen = vec![(NONE, 0); others];
    let mut labels = vec![0; one.len()];
    let mut next = 0;
    for group in 0..count {
        for &vertex in &vertices[starts[group]..starts[group + 1]] {
            let (by, label) = &mut seen[other[vertex as usize] as usize];
            if *by != group as u32 {
                (*by, *label) = (group as u32, next);
                next += 1;
            }
            labels[vertex as usize] = *label;
        }
    }
    labels
}

/// Returns nested partitions, coarsest first, without repeats.
pub(super) fn levels(coarsest_first: impl IntoIterator<Item = Vec<u32>>) -> Vec<Partition> {
    let mut levels: Vec<Partition> =
        coarsest_first.into_iter().map(|labels| Partition::new(&labels)).collect();
    // Nested partitions of equal count are equal.
    levels.dedup_by_key(|level| level.count());
    levels
}

/// Lists the nodes of each group: group `g` is `nodes[starts[g]..starts[g + 1]]`, ascending.
pub(super) fn members(group_of: &[u32], count: usize) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0; count + 1];
    for &group in group_of {
        starts[group as usize + 1] += 1;
    }
    for group in 0..count {
        starts[group + 1] += starts[group];
    }
    let mut free = starts.clone();
    let mut nodes = vec![0; group_of.len()];
    for (node, &group) in group_of.iter().enumerate() {
        nodes[free[group as usize]] = node as u32;
        free[group as usize] += 1;
    }
    (starts, nodes)
}
