//! Compact values: lists of mostly one element, texts of a fixed length, and lists by position. Millions of entities and
//! links have them.

mod lists;
pub(crate) mod stored;

pub use lists::{Ends, ListsByPosition, RareList, SparseLists};

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// A list that keeps a single element without an allocation of its own.
#[derive(Clone)]
pub struct ShortList<T>(Elements<T>);

#[derive(Clone)]
enum Elements<T> {
    One([T; 1]),
    Many(Box<[T]>),
}

impl<T> Deref for ShortList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Elements::One(elements) => elements,
            Elements::Many(elements) => elements,
        }
    }
}

impl<T> DerefMut for ShortList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Elements::One(elements) => elements,
            Elements::Many(elements) => elements,
        }
    }
}

impl<T> FromIterator<T> for ShortList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements = elements.into_iter();
        let (first, second) = (elements.next(), elements.next());
        Self(match (first, second) {
            (Some(first), None) => Elements::One([first]),
            (first, second) => Elements::Many(first.into_iter().chain(second).chain(elements).collect()),
        })
    }
}

impl<T> From<Vec<T>> for ShortList<T> {
    fn from(elements: Vec<T>) -> Self {
        if elements.len() == 1 {
            elements.into_iter().collect()
        } else {
            Self(Elements::Many(elements.into()))
        }
    }
}

impl<T> Default for ShortList<T> {
    fn default() -> Self {
        Self(Elements::Many(Box::default()))
    }
}

impl<'a, T> IntoIterator for &'a ShortList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: PartialEq> PartialEq for ShortList<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for ShortList<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

/// A number of 8 bytes that may be missing.
#[derive(Clone, Copy, Debug)]
pub struct MaybeNumber(f64);

impl MaybeNumber {
    /// Returns the number; `None` if it is missing.
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl From<Option<f64>> for MaybeNumber {
    /// NaN counts as missing.
    fn from(number: Option<f64>) -> Self {
        Self(number.unwrap_or(f64::NAN))
    }
}

impl PartialEq for MaybeNumber {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

/// A text that may be the end of a longer one, which others also keep.
#[derive(Clone)]
pub struct SharedText {
    whole: Arc<str>,
    /// Start in `whole`, in bytes.
    start: u32,
}

impl SharedText {
    /// Returns `text` as the end of `whole`; `None` if `whole` does not end with it.
    pub fn end_of(whole: &Arc<str>, text: &str) -> Option<Self> {
        let start = whole.strip_suffix(text)?.len();
        Some(Self { whole: Arc::clone(whole), start: u32::try_from(start).ok()? })
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self { whole: text.into(), start: 0 }
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole[self.start as usize..]
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq<str> for SharedText {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for SharedText {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self)
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

/// A text of `LENGTH` bytes, such as a lasting id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedText<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> FixedText<LENGTH> {
    /// Returns the text; `None` if it has another length.
    pub fn of(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    /// Returns the text of a prefix and of bytes as hexadecimal digits.
    ///
    /// # Panics
    ///
    /// Panics if both together have another length.
    pub(crate) fn with_digits(prefix: &str, bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; LENGTH];
        let (start, digits) = text.split_at_mut(prefix.len());
        start.copy_from_slice(prefix.as_bytes());
        assert_eq!(digits.len(), 2 * bytes.len(), "a text of {LENGTH} bytes");
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        Self(text)
    }

    /// Returns the text, as [`String::as_str`] does.
    pub fn as_str(&self) -> &str {
        self
    }

    /// Returns the bytes of the text, as [`str::as_bytes`] does. They are not checked to be a text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const LENGTH: usize> Deref for FixedText<LENGTH> {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it was made from a text")
    }
}

impl<const LENGTH: usize> PartialEq<str> for FixedText<LENGTH> {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other.as_bytes()
    }
}

impl<const LENGTH: usize> From<FixedText<LENGTH>> for String {
    fn from(text: FixedText<LENGTH>) -> Self {
        (*text).to_owned()
    }
}

impl<const LENGTH: usize> fmt::Display for FixedText<LENGTH> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self)
    }
}

impl<const LENGTH: usize> fmt::Debug for FixedText<LENGTH> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_equals_the_list_of_its_elements() {
        for count in 0..4 {
            let elements: Vec<u32> = (0..count).collect();
            let lists: [ShortList<u32>; 2] = [elements.clone().into(), elements.iter().copied().collect()];
            for list in lists {
                assert_eq!((&*list, list.clone().len()), (&*elements, count as usize));
                assert_eq!(list.iter().sum::<u32>(), (&list).into_iter().sum::<u32>());
            }
        }
        assert!(ShortList::<u32>::default().is_empty());
        assert_eq!(size_of::<ShortList<u32>>(), 16, "one number stands beside the tag");
    }

    #[test]
    fn a_shared_text_is_the_end_of_another() {
        let whole: Arc<str> = "domain-name:ärger.example".into();
        let shared = SharedText::end_of(&whole, "ärger.example").expect("an end");
        assert_eq!((&*shared, shared.to_string()), ("ärger.example", "ärger.example".to_owned()));
        assert_eq!((&shared, Arc::strong_count(&whole)), (&"ärger.example".into(), 2));
        assert!(SharedText::end_of(&whole, "domain-name").is_none());
        assert_eq!(size_of::<SharedText>(), 24);
    }

    #[test]
    fn a_number_may_be_missing() {
        for number in [None, Some(0.0), Some(99.5)] {
            assert_eq!(MaybeNumber::from(number).get(), number);
        }
        assert_eq!(MaybeNumber::from(None), MaybeNumber::from(Some(f64::NAN)));
        assert_eq!(size_of::<MaybeNumber>(), 8);
    }

    #[test]
    fn a_fixed_text_has_the_order_of_its_text() {
        let text = |text: &str| FixedText::<4>::of(text);
        assert_eq!((text("abc"), text("abcde")), (None, None));
        assert!(text("äb1") < text("äb2") && text("zz99") < text("äb1"));
        assert_eq!(text("äb1").map(String::from), Some("äb1".to_owned()));
    }
}
