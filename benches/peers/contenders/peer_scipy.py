"""scipy.sparse: one thread, compressed rows; the matrix kernels in the few lines an analyst would write."""

import numpy as np
import scipy
from scipy.sparse import coo_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

VERSION = scipy.__version__
NOTES = {
    "build": "both directions, parallel links merged",
    "pagerank": "power steps to an L1 step of 1e-10",
    "pagerank_weighted": "power steps to an L1 step of 1e-10",
    "katz": "alpha 1 / (largest degree + 1), power steps to a step of 1e-8",
    "eigenvector": "ARPACK (eigsh)",
}


def made(graph, weights):
    source, target = graph.pairs[:, 0].astype(np.int32), graph.pairs[:, 1].astype(np.int32)
    if not graph.directed:
        source, target = np.concatenate([source, target]), np.concatenate([target, source])
        weights = np.concatenate([weights, weights])
    shape = (graph.vertices, graph.vertices)
    return coo_array((weights, (source, target)), shape=shape).tocsr()


def ones(graph):
    return np.ones(len(graph.pairs))


def BUILD(graph, threads):
    weights = ones(graph) if graph.weights is None else graph.weights
    return lambda: made(graph, weights), lambda built: [built.nnz]


def load(graph, threads):
    plain = made(graph, ones(graph))
    return {
        "plain": plain,
        "weighted": plain if graph.weights is None else made(graph, graph.weights),
        "directed": graph.directed,
    }


def pagerank(matrix, passes, step):
    """Power steps; the rank of dead ends is spread evenly."""
    count = matrix.shape[0]
    strength = matrix.sum(axis=1)
    shares = np.divide(1, strength, out=np.zeros(count), where=strength > 0)
    pull = (diags_array(shares) @ matrix).T.tocsr()
    dead_ends = strength == 0

    def call():
        ranks = np.full(count, 1 / count)
        for _ in range(passes):
            following = 0.85 * (pull @ ranks + ranks[dead_ends].sum() / count) + 0.15 / count
            moved = np.abs(following - ranks).sum()
            ranks = following
            if moved <= step:
                break
        return ranks

    return call, lambda ranks: ranks


def katz(matrix):
    alpha = 1 / (np.diff(matrix.indptr).max() + 1)

    def call():
        values = np.full(matrix.shape[0], 0.1)
        for _ in range(1000):
            following = alpha * (matrix @ values) + 0.1
            moved = np.linalg.norm(following - values)
            values = following
            if moved <= 1e-8 * np.linalg.norm(values):
                break
        return values / np.linalg.norm(values)

    return call, lambda values: values


def parts(matrix, directed):
    connection = "strong" if directed else "weak"
    return lambda: connected_components(matrix, directed, connection), lambda found: found[1]


def eigenvector(matrix):
    start = np.full(matrix.shape[0], 1.0)
    return lambda: eigsh(matrix, k=1, which="LA", v0=start, tol=1e-9), lambda found: np.abs(found[1][:, 0])


KERNELS = {
    "pagerank_20": lambda made: pagerank(made["plain"], 20, -1),
    "pagerank": lambda made: pagerank(made["plain"], 1000, 1e-10),
    "pagerank_weighted": lambda made: pagerank(made["weighted"], 1000, 1e-10),
    "components": lambda made: parts(made["plain"], False),
    "strong-components": lambda made: parts(made["plain"], True),
    "eigenvector": lambda made: eigenvector(made["plain"]),
    "katz": lambda made: katz(made["plain"]),
}
