//! Lasting ids of entities, links, communities and flags: digests, so that every run derives the same id.

use rayon::prelude::*;

use crate::{entity::EntityId, link::LinkId, record};

/// Digest of the parts of an id: the first 80 bits of BLAKE3. It has the order of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LastingId([u8; 10]);

impl LastingId {
    /// Returns the id of parts. Each part is hashed behind its length, so that no two lists of parts are equal.
    pub(super) fn of(parts: &[&str]) -> Self {
        Self::of_bytes(parts.iter().map(|part| part.as_bytes()))
    }

    /// Returns the id of parts by the bytes of their texts.
    pub(super) fn of_bytes<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut id = [0; 10];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..10]);
        Self(id)
    }

    /// Returns the id from its text.
    ///
    /// # Panics
    /// If the text is not a lasting id.
    pub(super) fn of_text(id: &str) -> Self {
        Self(lasting_digits(id))
    }

    /// Returns the id in hexadecimal digits behind `entity-`.
    pub(super) fn of_entity(self) -> EntityId {
        EntityId::with_digits("entity-", &self.0)
    }

    /// Returns the id in hexadecimal digits behind `link-`.
    pub(super) fn of_link(self) -> LinkId {
        LinkId::with_digits("link-", &self.0)
    }

    /// Returns the id in hexadecimal digits behind a prefix: `entity-00112233445566778899`.
    pub(super) fn with_prefix(self, prefix: &str) -> String {
        let mut text = String::with_capacity(prefix.len() + 21);
        text.push_str(prefix);
        text.push('-');
        record::hex(&self.0, &mut text).expect("writing to a string never fails");
        text
    }
}

/// Returns the lasting id of parts, behind a prefix that names what the id identifies.
pub(crate) fn lasting_id(prefix: &str, parts: &[&str]) -> String {
    LastingId::of(parts).with_prefix(prefix)
}

/// Returns the digits of the lasting id of an entity that has this identifier first.
pub(crate) fn identifier_digits(identifier: &str) -> [u8; 10] {
    LastingId::of(&[identifier]).0
}

/// Returns the digits of a lasting id from its text.
///
/// # Panics
/// If the text is not a lasting id.
pub(crate) fn lasting_digits(id: &str) -> [u8; 10] {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a lasting id ends with digits") as u8;
    let (_, digits) = id.as_bytes().split_last_chunk::<20>().expect("a lasting id has twenty digits");
    std::array::from_fn(|place| digit(digits[2 * place]) << 4 | digit(digits[2 * place + 1]))
}

/// Returns the digits of the lasting id of an entity; `None` if the text is no such id.
pub(crate) fn entity_digits(id: &str) -> Option<[u8; 10]> {
    digits_behind("entity-", id)
}

/// Returns the digits of the lasting id of a community; `None` if the text is no such id.
pub(crate) fn community_digits(id: &str) -> Option<[u8; 10]> {
    digits_behind("community-", id)
}

fn digits_behind(prefix: &str, id: &str) -> Option<[u8; 10]> {
    let digits = id.strip_prefix(prefix)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (digits.len() == 20 && digits.bytes().all(is_digit)).then(|| lasting_digits(digits))
}

/// Returns the lasting id of an entity with these digits.
pub(crate) fn entity_id_of(digits: [u8; 10]) -> EntityId {
    LastingId(digits).of_entity()
}

/// Elements in the order of their ids, each with the position of its part.
pub(super) struct InOrder<Element> {
    pub(super) elements: Vec<Element>,
    /// Position of the part of each element.
    pub(super) parts: Vec<u32>,
}

/// Makes an element of each part, in the order of their ids. Only the ids are sorted and moved: there are millions
/// of elements, and they are large.
///
/// # Panics
///
/// Panics if there are 2^32 parts or more.
pub(super) fn in_order_of_id<Part: Sync, Element: Send>(
    parts: &[Part],
    id: impl Fn(&Part) -> LastingId + Sync,
    make: impl Fn(&Part, LastingId) -> Element + Sync,
) -> InOrder<Element> {
    let short = |position: usize| u32::try_from(position).expect("fewer than 2^32 parts");
    let with_id = |(position, part): (usize, &Part)| (id(part), short(position));
    let mut order: Vec<(LastingId, u32)> = parts.par_iter().enumerate().map(with_id).collect();
    order.par_sort_unstable();
    let elements = order.par_iter().map(|(id, position)| make(&parts[*position as usize], *id)).collect();
    InOrder { elements, parts: order.into_iter().map(|(_, position)| position).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_in_the_order_of_the_text_of_their_ids() {
        let parts: Vec<String> = (0..2_000).map(|number| format!("part {number}")).collect();
        let made = in_order_of_id(
            &parts,
            |part| LastingId::of(&[part]),
            |part, id| (id.with_prefix("a"), part.clone()),
        );
        let of_parts = made.parts.iter().map(|part| &parts[*part as usize]);
        assert!(made.elements.iter().map(|(_, part)| part).eq(of_parts));
        let mut expected: Vec<(String, String)> = parts
            .iter()
            .map(|part| {
                let mut hashed = (part.len() as u64).to_le_bytes().to_vec();
                hashed.extend_from_slice(part.as_bytes());
                (format!("a-{}", &blake3::hash(&hashed).to_hex()[..20]), part.clone())
            })
            .collect();
        expected.sort();
        assert_eq!(made.elements, expected);
    }
}
