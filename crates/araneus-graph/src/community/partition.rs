//! A community for each vertex, numbered so that equal groupings are equal values.

use super::net::members;

/// Which community each vertex belongs to: 0 is the largest, ties go to the lowest vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    of: Vec<u32>,
    sizes: Vec<u32>,
}

impl Partition {
    /// Numbers the groups that `labels` names, one label a vertex, any numbers.
    pub fn new(labels: &[u32]) -> Self {
        let (mut of, count) = compact(labels);
        let mut sizes = vec![0_u32; count];
        for &group in &of {
            sizes[group as usize] += 1;
        }
        // Compact numbers ascend with the lowest vertex, so a stable sort keeps that order in ties.
        let mut by_size: Vec<usize> = (0..count).collect();
        by_size.sort_by_key(|group| std::cmp::Reverse(sizes[*group]));
        let mut number = vec![0; count];
        for (place, &group) in by_size.iter().enumerate() {
            number[group] = place as u32;
        }
        for group in &mut of {
            *group = number[*group as usize];
        }
        let sizes = by_size.into_iter().map(|group| sizes[group]).collect();
        Self { of, sizes }
    }

    /// Returns the community of each vertex.
    pub fn of(&self) -> &[u32] {
        &self.of
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
    let of = labels
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
    (of, count as usize)
}

/// Returns what two groupings have in common: a label for each pair of groups that some vertex is in.
pub(super) fn meet(one: &[u32], other: &[u32]) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let (one, count) = compact(one);
    let (other, others) = compact(other);
    let (starts, vertices) = members(&one, count);
    // The label of each group of the other within the group at hand, which has seen it last.
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
