"""Graphs from constant seeds: skewed, with planted groups, and like intelligence records.

Each graph has variants, each a file `NAME.VARIANT.links`:

    raw        as drawn, parallel links and self-links kept: what is built from
    simple     undirected, no parallel links, no self-links: what kernels run on
    connected  the largest part of `simple`, vertices numbered anew
    directed   `raw` with directions, without parallel links and self-links

Vertex numbers are shuffled, so that no kernel profits from the order in which
a generator happens to number, and links are in no order.
"""

from pathlib import Path

import numpy as np

import graph_file

VARIANTS = ("raw", "simple", "connected", "directed")


def rmat(scale, links_per_vertex=16):
    """Draws a skewed graph (Chakrabarti, Zhan, Faloutsos 2004; a b c = 0.57 0.19 0.19)."""
    random = np.random.default_rng([scale, 1])
    names = random.permutation(1 << scale).astype(np.uint32)
    pairs = np.empty((links_per_vertex << scale, 2), np.uint32)
    for first in range(0, len(pairs), 1 << 20):
        part = pairs[first : first + (1 << 20)]
        source = np.zeros(len(part), np.uint32)
        target = np.zeros(len(part), np.uint32)
        for _ in range(scale):
            chance = random.random(len(part), dtype=np.float32)
            source = 2 * source + (chance >= 0.76)
            target = 2 * target + (((chance >= 0.57) & (chance < 0.76)) | (chance >= 0.95))
        part[:, 0], part[:, 1] = names[source], names[target]
    return 1 << scale, pairs, None, None


def lfr(vertices, mixing):
    """Draws groups of unequal size, each vertex with a share `mixing` of its links to other groups.

    Lancichinetti and Fortunato 2009, by NetworKit; degrees have mean 20 and most 200 (exponent -2),
    groups 20 to 1,000 members (exponent -1).
    """
    import networkit

    networkit.setNumberOfThreads(1)
    networkit.setSeed(7, False)
    generator = networkit.generators.LFRGenerator(vertices)
    generator.generatePowerlawDegreeSequence(20, min(200, vertices // 20), -2)
    generator.generatePowerlawCommunitySizeSequence(20, min(1000, vertices // 10), -1)
    generator.setMu(mixing)
    graph = generator.generate()
    planted = np.array(generator.getPartition().getVector(), np.uint32)
    pairs = np.array(list(graph.iterEdges()), np.uint32)
    random = np.random.default_rng([vertices, round(100 * mixing), 2])
    names = random.permutation(vertices).astype(np.uint32)
    renamed = np.empty_like(planted)
    renamed[names] = planted
    return vertices, names[pairs], None, renamed


def records(vertices, links):
    """Draws a weighted graph like that of intelligence records: few hubs, many leaves, many small connected components.

    One vertex in five lies in small parts of 2 to 12. The others belong to campaigns of
    heavy-tailed size; most of them are leaves or nearly so. A link goes to a member of the same
    campaign, the early ones preferred, or to a hub that all share. Weights are
    numbers of reports times a confidence.
    """
    random = np.random.default_rng([vertices, links, 3])
    small = vertices // 5
    apart, first = [], 0
    while first < small:
        size = min(2 + min(random.geometric(0.4) - 1, 10), small - first)
        centre = np.full(size - 1, first)
        apart.append(np.column_stack([centre, np.arange(first + 1, first + size)]))
        first += size
    apart = np.concatenate(apart)

    campaigns = []
    while first < vertices:
        size = min(int(30 * (1 + random.pareto(1.2))), vertices - first, max(vertices // 50, 30))
        campaigns.append((first, size))
        first += size
    begin = np.repeat([begin for begin, _ in campaigns], [size for _, size in campaigns])
    size = np.repeat([size for _, size in campaigns], [size for _, size in campaigns])
    members = np.arange(small, vertices)

    def drawn(sources):
        """Returns the targets of links from these positions of `members`."""
        inside = begin[sources] + (size[sources] * random.random(len(sources)) ** 8).astype(np.int64)
        rank = np.minimum(random.zipf(1.35, len(sources)), 2000) * 7919 % len(members)
        return np.where(random.random(len(sources)) < 0.88, inside, members[rank])

    everyone = np.arange(len(members))
    busy = everyone[random.random(len(members)) < 0.25]
    parts = [apart, np.column_stack([members, drawn(everyone)])]
    pairs = unique_pairs(np.concatenate(parts), vertices)
    while len(pairs) < links:
        sources = random.choice(busy, links - len(pairs) + 1000)
        more = np.column_stack([members[sources], drawn(sources)])
        pairs = unique_pairs(np.concatenate([pairs, more]), vertices)
    # Surplus links are removed at random, so that the count is round.
    pairs = random.permutation(pairs)[:links]
    names = random.permutation(vertices).astype(np.uint32)
    reports = np.minimum(random.zipf(2.2, len(pairs)), 500)
    weights = reports * random.integers(20, 101, len(pairs)) / 100
    return vertices, names[pairs], weights, None


GRAPHS = {
    "rmat8": lambda: rmat(8),
    "rmat10": lambda: rmat(10),
    "rmat12": lambda: rmat(12),
    "rmat14": lambda: rmat(14),
    "rmat16": lambda: rmat(16),
    "rmat18": lambda: rmat(18),
    "rmat20": lambda: rmat(20),
    "rmat22": lambda: rmat(22),
    "links10m": lambda: rmat(19, 20),
    "links100m": lambda: rmat(22, 24),
    "lfr04": lambda: lfr(100_000, 0.4),
    "lfr06": lambda: lfr(100_000, 0.6),
    "lfr-small": lambda: lfr(2_000, 0.4),
    "records": lambda: records(400_000, 1_000_000),
    "records-small": lambda: records(4_000, 10_000),
}


def path_of(folder, name, variant):
    """Returns the path of a variant of a graph."""
    return Path(folder) / f"{name}.{variant}.links"


def make(folder, name):
    """Writes all variants of a graph unless they exist."""
    paths = {variant: path_of(folder, name, variant) for variant in VARIANTS}
    if all(path.is_file() for path in paths.values()):
        return
    vertices, pairs, weights, planted = GRAPHS[name]()
    graph_file.write(paths["raw"], vertices, pairs, weights=weights, planted=planted)
    random = np.random.default_rng(4)
    directed, kept = without_parallel(pairs, vertices, True, random)
    graph_file.write(paths["directed"], vertices, directed, True, None if weights is None else weights[kept])
    simple, kept = without_parallel(pairs, vertices, False, random)
    weights = None if weights is None else weights[kept]
    graph_file.write(paths["simple"], vertices, simple, weights=weights, planted=planted)
    write_connected(paths["connected"], vertices, simple, weights)


def unique_pairs(pairs, vertices):
    """Returns the distinct pairs without self-links, sorted, with the smaller end first."""
    pairs = np.sort(pairs.astype(np.int64), axis=1)
    keys = np.unique(pairs[pairs[:, 0] != pairs[:, 1]] @ np.array([vertices, 1]))
    return np.column_stack([keys // vertices, keys % vertices])


def without_parallel(pairs, vertices, directed, random):
    """Returns one link of each group of parallel links, shuffled, and their positions in `pairs`."""
    ends = pairs.astype(np.int64) if directed else np.sort(pairs, axis=1).astype(np.int64)
    keys, kept = np.unique(ends @ np.array([vertices, 1]), return_index=True)
    kept = random.permutation(kept[keys // vertices != keys % vertices])
    return pairs[kept], kept


def write_connected(path, vertices, pairs, weights):
    """Writes the largest connected component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    matrix = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(vertices, vertices))
    _, part = connected_components(matrix, directed=False)
    inside = part == np.bincount(part).argmax()
    number = np.cumsum(inside, dtype=np.uint32) - 1
    kept = inside[pairs[:, 0]]
    graph_file.write(path, int(inside.sum()), number[pairs[kept]], weights=None if weights is None else weights[kept])
