"""NetworKit: parallel C++ with OpenMP. Kernels are timed without the copy of results to Python."""

import networkit as nk
import numpy as np

VERSION = nk.__version__
NOTES = {
    "build": "keeps parallel links",
    "pagerank_20": "undirected, it loses the rank of isolated vertices",
    "pagerank": "stops at an L2 step of 1e-10; undirected, it loses the rank of isolated vertices",
    "pagerank_weighted": "stops at an L2 step of 1e-10; undirected, it loses the rank of isolated vertices",
    "eigenvector": "stops at a step of 1e-9",
    "katz": "alpha 1 / (largest degree + 1), to a step of 1e-8; subtracts a constant",
    "leiden": "ParallelLeiden, 3 iterations",
    "betweenness_sampled": "KADABRA, error 0.005, delta 0.1",
}


def ends_of(graph):
    """Returns sources and targets in the types of NetworKit; narrower types make it crash."""
    return tuple(np.ascontiguousarray(ends, np.uint64) for ends in graph.pairs.T)


def made(graph, pairs):
    ends = pairs if graph.weights is None else (graph.weights, pairs)
    return nk.GraphFromCoo(ends, n=graph.vertices, directed=graph.directed, weighted=graph.weights is not None)


def BUILD(graph, threads):
    nk.setNumberOfThreads(threads)
    pairs = ends_of(graph)
    return lambda: made(graph, pairs), lambda built: [built.numberOfEdges()]


def load(graph, threads):
    nk.setNumberOfThreads(threads)
    nk.setSeed(1, True)
    built = made(graph, ends_of(graph))
    # Kernels on topology get a graph without weights, as in their own documentation.
    return {"graph": built, "plain": nk.graphtools.toUnweighted(built) if built.isWeighted() else built}


def scored(algorithm):
    return algorithm.run, lambda _: algorithm.scores()


def grouped(algorithm):
    return algorithm.run, lambda _: algorithm.getPartition().getVector()


def pagerank(graph, tolerance, passes=None):
    sinks = nk.centrality.SinkHandling.DistributeSinks
    algorithm = nk.centrality.PageRank(graph, 0.85, tolerance, distributeSinks=sinks)
    if passes is not None:
        algorithm.maxIterations = passes
    return scored(algorithm)


def exact_betweenness(made):
    algorithm = nk.centrality.Betweenness(made["plain"])
    # NetworKit counts ordered pairs; the other contenders count unordered pairs.
    return algorithm.run, lambda _: np.array(algorithm.scores()) / 2


def sampled_betweenness(made):
    algorithm = nk.centrality.KadabraBetweenness(made["plain"], 0.005, 0.1)
    count = made["plain"].numberOfNodes()

    def values(_):
        # In an undirected graph its scores are twice the share of pairs: the centre of a star has nearly 2.
        shares = np.zeros(count)
        for vertex, score in algorithm.ranking():
            shares[vertex] = score / 2
        return shares * (count * (count - 1) / 2)

    return algorithm.run, values


KERNELS = {
    "pagerank_20": lambda made: pagerank(made["plain"], 0.0, 20),
    "pagerank": lambda made: pagerank(made["plain"], 1e-10),
    "pagerank_weighted": lambda made: pagerank(made["graph"], 1e-10),
    "components": lambda made: grouped(nk.components.ConnectedComponents(made["plain"])),
    "strong-components": lambda made: grouped(nk.components.StronglyConnectedComponents(made["plain"])),
    "core_number": lambda made: scored(nk.centrality.CoreDecomposition(made["plain"])),
    "clustering": lambda made: scored(nk.centrality.LocalClusteringCoefficient(made["plain"], turbo=True)),
    "betweenness": exact_betweenness,
    "betweenness_sampled": sampled_betweenness,
    "harmonic": lambda made: scored(nk.centrality.HarmonicCloseness(made["plain"], False)),
    "eigenvector": lambda made: scored(nk.centrality.EigenvectorCentrality(made["plain"], 1e-9)),
    "katz": lambda made: scored(nk.centrality.KatzCentrality(made["plain"], 0, 0.1, 1e-8)),
    "leiden": lambda made: grouped(nk.community.ParallelLeiden(made["graph"], iterations=3)),
}
