//! Symbols: texts that many values share, such as types, properties and link kinds, each in memory once.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::{OnceLock, PoisonError, RwLock},
};

/// An interned text of 4 bytes. Equal texts are equal symbols.
///
/// The number of a symbol depends on the order in which threads meet texts. So symbols compare by text, and no output
/// contains a number. A text stays in memory until the process ends; data contain few different types.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Symbol(u32);

/// Texts of the first block; each further block has twice as many.
const FIRST_BLOCK: u32 = 256;
/// Blocks that hold every number of 32 bits.
const BLOCKS: usize = 25;

type Block = Box<[OnceLock<&'static str>]>;

/// Texts by number, in blocks that never move: a reader needs no lock.
static TEXTS: [OnceLock<Block>; BLOCKS] = [const { OnceLock::new() }; BLOCKS];
static NUMBERS: RwLock<Option<HashMap<&'static str, u32>>> = RwLock::new(None);

/// Returns the block of a number, and the place in it.
fn place(number: u32) -> (usize, usize) {
    let shifted = u64::from(number) + u64::from(FIRST_BLOCK);
    let block = shifted.ilog2() - FIRST_BLOCK.ilog2();
    (block as usize, (shifted - (u64::from(FIRST_BLOCK) << block)) as usize)
}

fn block(number: usize) -> &'static Block {
    TEXTS[number].get_or_init(|| (0..(FIRST_BLOCK as usize) << number).map(|_| OnceLock::new()).collect())
}

impl Symbol {
    /// Returns the symbol of a text.
    ///
    /// # Panics
    ///
    /// Panics after 2^32 different texts.
    pub fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let known = NUMBERS.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = known.as_ref().and_then(|known| known.get(text)) {
            return Self(number);
        }
        drop(known);
        let mut numbers = NUMBERS.write().unwrap_or_else(PoisonError::into_inner);
        let numbers = numbers.get_or_insert_default();
        if let Some(&number) = numbers.get(text) {
            return Self(number);
        }
        // The number 0 is the empty text.
        let number = u32::try_from(numbers.len() + 1).expect("there are fewer than 2^32 types");
        let text: &'static str = Box::leak(text.into());
        let (block_number, position) = place(number);
        // The lock is held, so the place is empty.
        block(block_number)[position].get_or_init(|| text);
        numbers.insert(text, number);
        Self(number)
    }

    /// Returns the text.
    pub fn text(self) -> &'static str {
        if self.0 == 0 {
            return "";
        }
        let (block, position) = place(self.0);
        let text = TEXTS[block].get().and_then(|block| block[position].get());
        text.copied().unwrap_or_default()
    }

    /// Returns the text, as [`String::as_str`] does.
    pub fn as_str(&self) -> &'static str {
        self.text()
    }

    /// Returns the number, which is valid in this process only.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// Returns the symbol of a number that [`Symbol::number`] returned.
    pub(crate) fn from_number(number: u32) -> Self {
        Self(number)
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        self.text()
    }
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        self.text()
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<&String> for Symbol {
    fn from(text: &String) -> Self {
        Self::of(text)
    }
}

impl From<String> for Symbol {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.text().to_owned()
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.text() == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        self.text() == *other
    }
}

impl PartialEq<String> for Symbol {
    fn eq(&self, other: &String) -> bool {
        self.text() == other
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.0 == other.0 { std::cmp::Ordering::Equal } else { self.text().cmp(other.text()) }
    }
}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.text())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text(), formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_several_threads_keep_their_texts_and_their_order() {
        let texts: Vec<String> = (0..3_000).map(|number| format!("symbol test {number}")).collect();
        let symbols: Vec<Vec<Symbol>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| texts.iter().map(Symbol::from).collect())).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        for of_thread in &symbols {
            assert!(of_thread == &symbols[0] && of_thread.iter().eq(&texts), "{of_thread:?}");
        }
        let mut sorted = symbols[0].clone();
        sorted.sort();
        let mut sorted_texts = texts.clone();
        sorted_texts.sort();
        assert!(sorted.iter().eq(&sorted_texts), "symbols are in the order of their texts");
        assert_eq!((Symbol::of(""), Symbol::default().text()), (Symbol::default(), ""));
    }

    #[test]
    fn every_number_has_a_place_of_its_own() {
        let mut expected = (0, 0);
        for number in 0..5_000 {
            assert_eq!(place(number), expected, "{number}");
            expected.1 += 1;
            if expected.1 == (FIRST_BLOCK as usize) << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(place(u32::MAX).0 < BLOCKS);
    }
}
