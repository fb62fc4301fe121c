//! Links from constant seeds, made outside the timed part.

#![allow(dead_code, reason = "each bench uses some of the generators")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A skewed graph of 2^scale vertices (Chakrabarti, Zhan, Faloutsos 2004; a b c = 0.57 0.19 0.19).
pub(crate) fn rmat(scale: u32, links_per_vertex: usize, seed: u64) -> Vec<(u32, u32)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut link = || {
        (0..scale).fold((0, 0), |(a, b), _| match random.next_u32() % 100 {
            0..57 => (2 * a, 2 * b),
            57..76 => (2 * a, 2 * b + 1),
            76..95 => (2 * a + 1, 2 * b),
            _ => (2 * a + 1, 2 * b + 1),
        })
    };
    (0..links_per_vertex << scale).map(|_| link()).collect()
}

/// Groups of unequal size; each vertex draws links, `mixing` percent of them to any vertex.
pub(crate) fn planted(vertices: u32, links_per_vertex: u32, mixing: u32, seed: u64) -> Vec<(u32, u32)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Sizes 20, 21, ... 119, repeated.
    let mut groups = Vec::new();
    let mut first = 0;
    while first < vertices {
        let size = (20 + groups.len() as u32 % 100).min(vertices - first);
        groups.push((first, size));
        first += size;
    }
    let mut links = Vec::new();
    for (first, size) in groups {
        for vertex in first..first + size {
            for _ in 0..links_per_vertex {
                let is_mixed = random.next_u32() % 100 < mixing;
                let target =
                    if is_mixed { random.next_u32() % vertices } else { first + random.next_u32() % size };
                links.push((vertex, target));
            }
        }
    }
    links
}
