"""Quality of the answers of contenders, by slow and simple functions that are independent of them.

A function takes the graph, the values of each contender, and a folder for
what is costly to know; it gives each contender a few named numbers.
"""

from functools import wraps

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra


def matrix_of(graph, weights=None):
    """Returns the symmetric matrix of an undirected graph."""
    source, target = graph.pairs[:, 0].astype(np.int32), graph.pairs[:, 1].astype(np.int32)
    weights = np.ones(len(source)) if weights is None else weights
    both = (np.concatenate([weights, weights]), (np.concatenate([source, target]), np.concatenate([target, source])))
    return coo_array(both, shape=(graph.vertices, graph.vertices)).tocsr()


def one_by_one(judge):
    """Turns a measure of one answer into a measure of all answers."""

    @wraps(judge)
    def all_of_them(graph, found, reference):
        return {name: judge(graph, values) for name, values in found.items()}

    return all_of_them


@one_by_one
def built(graph, values):
    return {"links": float(values[0])}


def residual(matrix, ranks):
    """Returns the L1 norm of the residual of the equation of the ranks."""
    strength = matrix.sum(axis=1)
    dead = strength == 0
    given = np.divide(ranks, strength, out=np.zeros(len(ranks)), where=~dead)
    expected = 0.85 * (matrix.T @ given + ranks[dead].sum() / len(ranks)) + 0.15 / len(ranks)
    return {"residual": np.abs(ranks - expected).sum(), "sum": ranks.sum()}


def pagerank(graph, found, reference):
    matrix = matrix_of(graph)
    return {name: residual(matrix, values) for name, values in found.items()}


def pagerank_weighted(graph, found, reference):
    matrix = matrix_of(graph, graph.weights)
    return {name: residual(matrix, values) for name, values in found.items()}


def relabelled(values):
    """Numbers groups by their first vertex, so that equal groupings are equal arrays."""
    _, first, of = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[of]


def groups(graph, found, reference):
    pairs = graph.pairs.astype(np.int32).T
    matrix = coo_array((np.ones(len(graph.pairs), np.int8), tuple(pairs)), shape=(graph.vertices,) * 2)
    _, true = connected_components(matrix.tocsr(), graph.directed, "strong" if graph.directed else "weak")
    true = relabelled(true)
    return {
        name: {"groups": len(np.unique(values)), "as scipy": bool(np.array_equal(relabelled(values), true))}
        for name, values in found.items()
    }


def equal(graph, found, reference):
    """Returns the largest difference from a peer, divided by the largest value; igraph is the preferred peer."""
    judge = next(name for name in ["igraph", "networkit", "rustworkx", *found] if name in found)
    true = found[judge]
    # NaN is an undefined value; two NaN are equal.
    largest = max(np.nanmax(np.abs(true)), 1e-300)

    def difference(values):
        apart = np.abs(np.nan_to_num(values) - np.nan_to_num(true))
        return {f"difference from {judge}": apart.max() / largest}

    return {name: difference(values) for name, values in found.items() if name != judge}


def triangles(graph, found, reference):
    """Compares counts for each vertex, or one total."""
    return {
        name: {"triangles": float(values.sum() / 3 if len(values) > 1 else values[0])}
        for name, values in found.items()
    }


def direction(graph, found, reference):
    """Returns the largest difference between unit vectors, from the preferred peer."""
    unit = {name: values / np.linalg.norm(values) for name, values in found.items()}
    judge = next(name for name in ["scipy", "networkit", *found] if name in found)
    largest = np.abs(unit[judge]).max()
    return {
        name: {f"difference from {judge}": np.abs(values - unit[judge]).max() / largest}
        for name, values in unit.items()
        if name != judge
    }


def spread(graph, found, reference):
    """Like `direction` for distances from the mean, because Katz values of NetworKit differ by a constant."""
    return direction(graph, {name: values - values.mean() for name, values in found.items()}, reference)


def exact_betweenness(graph, reference):
    """Returns exact betweenness by igraph, cached beside the graph."""
    path = reference.with_suffix(".betweenness")
    if not path.is_file():
        import igraph

        np.array(igraph.Graph(n=graph.vertices, edges=graph.pairs).betweenness(), "<f8").tofile(path)
    return np.fromfile(path, "<f8")


def sampled(graph, found, reference):
    true = exact_betweenness(graph, reference)
    pairs = graph.vertices * (graph.vertices - 1) / 2
    return {name: {"largest error": np.abs(values - true).max() / pairs} for name, values in found.items()}


def harmonic_sample(graph, found, reference):
    """Returns the errors at 100 vertices with links, by a search from each."""
    matrix = matrix_of(graph)
    linked = np.flatnonzero(np.diff(matrix.indptr))
    asked = np.random.default_rng(1).choice(linked, min(100, len(linked)), replace=False)
    true = np.empty(len(asked))
    for place, vertex in enumerate(asked):
        distance = dijkstra(matrix, indices=vertex, unweighted=True)
        true[place] = (1 / distance[np.isfinite(distance) & (distance > 0)]).sum()

    def errors(values):
        relative = np.abs(values[asked] - true) / true
        return {"mean error": relative.mean(), "largest error": relative.max()}

    return {name: errors(values) for name, values in found.items()}


def communities(graph, found, reference):
    matrix = matrix_of(graph, graph.weights)
    return {name: company(graph, matrix, values.astype(np.int64)) for name, values in found.items()}


def company(graph, matrix, of):
    """Returns modularity, number of communities, number of disconnected communities, and similarity to the planted groups."""
    _, of = np.unique(of, return_inverse=True)
    strength = matrix.sum(axis=1)
    whole = strength.sum()
    inside = of[graph.pairs[:, 0]] == of[graph.pairs[:, 1]]
    weights = np.ones(len(graph.pairs)) if graph.weights is None else graph.weights
    modularity = 2 * weights[inside].sum() / whole - (np.bincount(of, strength) ** 2).sum() / whole**2
    kept = graph.pairs[inside].astype(np.int32).T
    left = coo_array((np.ones(kept.shape[1], np.int8), tuple(kept)), shape=matrix.shape)
    pieces, piece = connected_components(left, directed=False)
    # A community is connected if all its vertices are in one connected component.
    in_pieces = np.bincount(of[np.unique(piece, return_index=True)[1]])
    told = {"modularity": modularity, "communities": int(of.max()) + 1, "disconnected": int((in_pieces > 1).sum())}
    if graph.planted is not None:
        told["NMI"] = likeness(of, graph.planted)
    return told


def likeness(one, other):
    """Returns normalised mutual information, by the mean of the two entropies."""
    table = coo_array((np.ones(len(one)), (one, other.astype(np.int64)))).tocsr().tocoo()
    together = table.data / len(one)
    first, second = np.bincount(one) / len(one), np.bincount(other) / len(one)
    shared = (together * np.log(together / (first[table.coords[0]] * second[table.coords[1]]))).sum()
    entropy = sum(-(share[share > 0] * np.log(share[share > 0])).sum() for share in (first, second))
    return 2 * shared / entropy if entropy > 0 else 1.0
