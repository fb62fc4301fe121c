//! Positions of entities, links, records, groups and communities in the lists that contain them.
//!
//! Each list has a type of its own for its positions, so that the position of a link cannot be taken for
//! the position of an entity. A position has 32 bits, because maps and lists hold millions of them.

/// Defines the type of a position by its name and its documentation.
macro_rules! position {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// Returns the position with that number, counted from 0.
            ///
            /// # Panics
            ///
            /// Panics if the number exceeds 32 bits.
            pub fn new(position: usize) -> Self {
                Self(u32::try_from(position).expect("a list has at most 2^32 rows"))
            }

            /// Returns the first positions, as many as `count`, in order.
            pub fn first(count: usize) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone {
                (0..count).map(Self::new)
            }

            /// Returns each element of a list with its position, in order.
            pub fn enumerate<T>(elements: impl IntoIterator<Item = T>) -> impl Iterator<Item = (Self, T)> {
                (0..).map(Self).zip(elements)
            }

            /// Returns the number of the position as an index into a slice.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

position!(EntityIndex, "Position of an entity in a resolution's list, which is sorted by lasting id.");
position!(LinkIndex, "Position of a link in a resolution's list, which is sorted by lasting id.");
position!(RecordIndex, "Position of a record in its view's list.");
position!(
    GroupIndex,
    "Position of an established group in the pattern context's list, which has the largest first."
);
position!(CommunityIndex, "Position of a community in an analysis's list, which has the largest first.");

impl EntityIndex {
    /// Returns the vertex of the entity in a graph of the resolution: both have the same number.
    pub fn node(self) -> u32 {
        self.0
    }
}
