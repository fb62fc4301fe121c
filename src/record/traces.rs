//! Traces of an object: digests of what a copy of it usually keeps.

/// Number of digests in the sketch of a text.
const SKETCH: usize = 32;
/// Words of one run.
const RUN: usize = 3;
/// Smallest number of distinct runs: equal short texts do not show a copy.
const RUNS_MIN: usize = 12;
/// Largest number of words that are read.
const WORDS_MAX: usize = 5_000;

/// Digests of the references and of the text of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Digests of the addresses of its references, sorted.
    pub references: Box<[u64]>,
    /// Sketch of its text: the smallest digests of its runs of three words, ascending; empty for a short text.
    pub text: Box<[u32]>,
}

impl Traces {
    /// Returns the traces of an object with these addresses and this text; `None` if it leaves none.
    pub fn of<'a>(addresses: impl Iterator<Item = &'a str>, text: &str) -> Option<Box<Self>> {
        let mut references: Vec<u64> = addresses.map(address_digest).collect();
        references.sort_unstable();
        references.dedup();
        let text = sketch(text);
        let is_empty = references.is_empty() && text.is_empty();
        (!is_empty).then(|| Box::new(Self { references: references.into(), text }))
    }
}

/// Returns the digest of an identifier or a name, without regard to case.
pub fn digest(text: &str) -> u64 {
    mixed(text.bytes().fold(OFFSET, |hash, byte| step(hash, byte.to_ascii_lowercase())))
}

/// Returns the digest of an address without its scheme and without the last slash.
fn address_digest(address: &str) -> u64 {
    let address = address.trim();
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    digest(rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/'))
}

/// Returns the smallest digests of the runs of words of a text: a sample that two near-equal texts share.
fn sketch(text: &str) -> Box<[u32]> {
    let words: Vec<u64> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| digest(&word.to_lowercase()))
        .collect();
    let run = |words: &[u64]| words.iter().fold(OFFSET, |hash, word| mixed(hash ^ word)) as u32;
    let mut runs: Vec<u32> = words.windows(RUN).map(run).collect();
    runs.sort_unstable();
    runs.dedup();
    if runs.len() < RUNS_MIN {
        return Box::default();
    }
    runs.truncate(SKETCH);
    runs.into()
}

/// Constants of the hash function FNV-1a with 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

/// Distributes the bits of a hash (the last step of `SplitMix64`): the sketch takes the smallest values.
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Cryptographic hasher, so that no source can make two contents with the same hash. Equal values have equal hashes in every run
/// and on every machine with 64 bits.
///
/// Values are mostly short, so their bytes are gathered and hashed together.
#[derive(Default)]
pub(super) struct StableHasher {
    hasher: Option<Box<blake3::Hasher>>,
    gathered: GatheredBytes,
}

/// Bytes that are not hashed yet.
struct GatheredBytes {
    bytes: [u8; 512],
    count: usize,
}

impl Default for GatheredBytes {
    fn default() -> Self {
        Self { bytes: [0; 512], count: 0 }
    }
}

impl GatheredBytes {
    fn get(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

impl std::hash::Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        let Self { hasher, gathered } = self;
        if gathered.count + bytes.len() > gathered.bytes.len() {
            let hasher = hasher.get_or_insert_default();
            hasher.update(gathered.get());
            gathered.count = 0;
            if bytes.len() > gathered.bytes.len() {
                hasher.update(bytes);
                return;
            }
        }
        gathered.bytes[gathered.count..gathered.count + bytes.len()].copy_from_slice(bytes);
        gathered.count += bytes.len();
    }

    fn finish(&self) -> u64 {
        let hash = match &self.hasher {
            Some(hasher) => hasher.clone().update(self.gathered.get()).finalize(),
            None => blake3::hash(self.gathered.get()),
        };
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight bytes"))
    }
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    use super::*;

    fn shared(one: &str, other: &str) -> usize {
        let (one, other) = (sketch(one), sketch(other));
        one.iter().filter(|run| other.contains(run)).count()
    }

    #[test]
    fn near_equal_texts_share_most_of_their_sketch() {
        let text = "The group sends invoices with a link to a page that asks for the password of the mailbox. \
                    After the login it forwards all messages to an address in another country. The first \
                    victims were shipping agents in two ports, later also the insurers of their cargo.";
        let edited = text.replace("another country", "a second country").replace("were", "are");
        let other = "A loader arrives as an installer of a remote desktop tool. It adds a service, waits for an \
                     hour and then fetches the second stage from one of nine hosts, which change each week.";
        assert_eq!(shared(text, text), SKETCH.min(sketch(text).len()));
        assert!(shared(text, &edited) >= 18, "{}", shared(text, &edited));
        assert_eq!(shared(text, other), 0);
        assert!(sketch("A short text says nothing about its origin.").is_empty());
    }

    #[test]
    fn gathered_bytes_have_the_hash_of_all_bytes() {
        let bytes: Vec<u8> = (0..4_000_u32).map(|number| (number * number % 251) as u8).collect();
        for lengths in [&[3, 8, 1][..], &[500, 12], &[500, 13, 700, 1, 511], &[513], &[512, 512, 2], &[]] {
            let mut hasher = StableHasher::default();
            let mut end = 0;
            for length in lengths {
                hasher.write(&bytes[end..end + length]);
                end += length;
            }
            let whole = blake3::hash(&bytes[..end]);
            assert_eq!(hasher.finish().to_le_bytes(), whole.as_bytes()[..8], "{lengths:?}");
        }
    }

    #[test]
    fn an_address_has_one_digest_in_several_spellings() {
        let of = |address: &str| Traces::of([address].into_iter(), "").expect("a reference").references;
        assert_eq!(of("https://www.example.com/Report/"), of("http://example.com/report"));
        assert_ne!(of("https://example.com/report"), of("https://example.com/report-2"));
        assert!(Traces::of(std::iter::empty(), "").is_none());
    }
}
