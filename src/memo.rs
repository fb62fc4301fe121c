//! Values that several callers ask for, each made once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Values by key, each made when it is asked for first.
#[derive(Debug)]
pub(crate) struct Memo<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// Returns the value of a key. `make` may depend on the key only: two threads that ask at once may both call it, and one of
    /// the equal values stays.
    pub(crate) fn get(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let values = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = values().get(&key).map(Arc::clone);
        known.unwrap_or_else(|| {
            let made = Arc::new(make());
            Arc::clone(values().entry(key).or_insert(made))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_value_is_made_once() {
        let (memo, made) = (Memo::default(), Cell::new(0));
        let square = |number: u32| {
            *memo.get(number, || {
                made.set(made.get() + 1);
                number * number
            })
        };
        assert_eq!([3, 4, 3, 3, 4].map(square), [9, 16, 9, 9, 16]);
        assert_eq!(made.get(), 2);
    }
}
