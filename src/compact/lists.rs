//! Lists that are mostly empty, and lists by position without an allocation for each list.

use std::{
    collections::BTreeMap,
    ops::{Deref, Index, Range},
};

/// A list of 8 bytes that is mostly empty, such as the aliases of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct RareList<T>(Option<Box<Elements<T>>>);

/// Elements of a list that is not empty. A box of them has 8 bytes, and a box of a slice has 16.
#[derive(Clone, Debug, PartialEq)]
struct Elements<T> {
    list: Vec<T>,
}

impl<T> Default for RareList<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<Vec<T>> for RareList<T> {
    fn from(list: Vec<T>) -> Self {
        Self((!list.is_empty()).then(|| Box::new(Elements { list })))
    }
}

impl<T> FromIterator<T> for RareList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Vec::from_iter(elements).into()
    }
}

impl<T> Deref for RareList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_ref().map_or(&[], |elements| &elements.list)
    }
}

impl<'a, T> IntoIterator for &'a RareList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A list for each position. All elements are in one array.
#[derive(Clone, Debug, PartialEq)]
pub struct ListsByPosition<T> {
    elements: Vec<T>,
    /// End of each list among the elements.
    ends: Vec<u32>,
}

impl<T> Default for ListsByPosition<T> {
    fn default() -> Self {
        Self { elements: Vec::new(), ends: Vec::new() }
    }
}

/// Returns a number of elements as it is stored.
fn short(count: usize) -> u32 {
    u32::try_from(count).expect("lists have fewer than 2^32 elements together")
}

impl<T> ListsByPosition<T> {
    /// Returns empty lists.
    pub fn empty(count: usize) -> Self {
        Self { elements: Vec::new(), ends: vec![0; count] }
    }

    /// Adds the list of the next position.
    ///
    /// # Panics
    ///
    /// Panics if the lists together have 2^32 elements or more.
    pub fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.elements.extend(list);
        self.ends.push(short(self.elements.len()));
    }
}

impl<T: Copy> ListsByPosition<T> {
    /// Returns `count` lists. Each pair adds its element to the list of its position; a list keeps the order of the pairs.
    /// The pairs are read twice, so that nothing is sorted.
    ///
    /// # Panics
    ///
    /// Panics if a position is not below `count`, or if there are 2^32 pairs or more.
    pub fn of_pairs(count: usize, pairs: impl Iterator<Item = (usize, T)> + Clone) -> Self {
        // First the length of each list, then its start, and after the second pass its end.
        let mut ends = vec![0_u32; count];
        let mut all = 0_usize;
        for (position, _) in pairs.clone() {
            ends[position] += 1;
            all += 1;
        }
        let mut before = 0;
        short(all);
        for end in &mut ends {
            before += std::mem::replace(end, before);
        }
        let Some((_, any)) = pairs.clone().next() else { return Self { elements: Vec::new(), ends } };
        let mut elements = vec![any; all];
        for (position, element) in pairs {
            elements[ends[position] as usize] = element;
            ends[position] += 1;
        }
        Self { elements, ends }
    }
}

impl<T> Index<usize> for ListsByPosition<T> {
    type Output = [T];

    fn index(&self, position: usize) -> &[T] {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.elements[start as usize..self.ends[position] as usize]
    }
}

/// Ends of texts or lists that follow each other in one buffer. Each takes four bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ends {
    /// End of the elements before each block.
    bases: Vec<usize>,
    /// Ends, each from the base of its block.
    ends: Vec<u32>,
}

/// Ends in a block.
pub(super) const BLOCK: usize = 4_096;

impl Ends {
    /// Returns an empty list with room for a number of ends.
    pub fn with_capacity(count: usize) -> Self {
        Self { bases: Vec::with_capacity(count.div_ceil(BLOCK)), ends: Vec::with_capacity(count) }
    }

    /// Adds an end, which is not before the last one.
    ///
    /// # Panics
    ///
    /// Panics if the elements of one block have 2^32 bytes or items together.
    pub fn push(&mut self, end: usize) {
        if self.ends.len().is_multiple_of(BLOCK) {
            self.bases.push(self.last());
        }
        let base = self.bases.last().copied().unwrap_or_default();
        self.ends.push(short(end - base));
    }

    /// Returns the number of ends.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no end.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the last end; 0 without one.
    pub fn last(&self) -> usize {
        self.len().checked_sub(1).map_or(0, |last| self.end(last))
    }

    fn end(&self, position: usize) -> usize {
        self.bases[position / BLOCK] + self.ends[position] as usize
    }

    /// Returns the place in the buffer of the element at a position.
    ///
    /// # Panics
    ///
    /// Panics if there is no such element.
    pub fn range(&self, position: usize) -> Range<usize> {
        position.checked_sub(1).map_or(0, |before| self.end(before))..self.end(position)
    }

    /// Returns the length of each element, in order.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        (0..self.len()).map(|position| self.range(position).len())
    }
}

/// Lists by position of which almost all are empty. Every position has a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseLists<T>(BTreeMap<usize, Vec<T>>);

impl<T> Default for SparseLists<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> SparseLists<T> {
    /// Sets the list of a position.
    pub fn insert(&mut self, position: usize, list: Vec<T>) {
        self.0.insert(position, list);
    }
}

impl<T> Index<usize> for SparseLists<T> {
    type Output = [T];

    fn index(&self, position: usize) -> &[T] {
        self.0.get(&position).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_pairs_equal_lists_that_are_pushed() {
        for count in [0, 1, 7] {
            let pairs: Vec<(usize, u32)> =
                (0..40_u32).map(|number| ((number * number % 7) as usize, number)).collect();
            let pairs: Vec<(usize, u32)> =
                pairs.into_iter().filter(|(position, _)| *position < count).collect();
            let mut pushed = ListsByPosition::default();
            for position in 0..count {
                let of_position = pairs.iter().filter(|(other, _)| *other == position);
                pushed.push(of_position.map(|(_, element)| *element));
            }
            let lists = ListsByPosition::of_pairs(count, pairs.iter().copied());
            assert_eq!(lists, pushed, "{count}");
            let read: usize = (0..count).map(|position| lists[position].len()).sum();
            assert_eq!(read, pairs.len(), "{count}");
        }
        assert!(ListsByPosition::<u8>::empty(3)[2].is_empty());
    }

    #[test]
    fn ends_give_the_place_of_each_element() {
        let lengths: Vec<usize> = (0..3 * BLOCK + 5).map(|number| number * number % 11).collect();
        let mut ends = Ends::with_capacity(7);
        let mut end = 0;
        for length in &lengths {
            end += length;
            ends.push(end);
        }
        assert!(ends.lengths().eq(lengths.iter().copied()) && ends.last() == end);
        for position in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, lengths.len() - 1] {
            let start: usize = lengths[..position].iter().sum();
            assert_eq!(ends.range(position), start..start + lengths[position], "{position}");
        }
        assert_eq!((Ends::default().last(), Ends::default().is_empty()), (0, true));
    }

    #[test]
    fn a_rare_list_has_its_elements_in_order() {
        for count in 0..3 {
            let list: RareList<u32> = (0..count).collect();
            assert!(list.iter().copied().eq(0..count) && (&list).into_iter().count() == count as usize);
        }
        assert_eq!(RareList::from(Vec::<u32>::new()), RareList::default());
        assert_eq!(size_of::<RareList<String>>(), 8);
    }

    #[test]
    fn a_sparse_list_that_was_not_set_is_empty() {
        let mut lists = SparseLists::default();
        lists.insert(4, vec![1, 2]);
        assert_eq!((&lists[3], &lists[4]), (&[][..], &[1, 2][..]));
    }
}
