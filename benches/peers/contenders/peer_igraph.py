"""igraph: C, one thread. Its calls return Python lists, so making those is timed too."""

import random

import igraph

VERSION = igraph.__version__
NOTES = {
    "build": "keeps parallel links",
    "pagerank": "PRPACK",
    "pagerank_weighted": "PRPACK",
    "leiden": "modularity, 2 iterations",
    "eigenvector": "ARPACK",
}


def made(graph):
    built = igraph.Graph(n=graph.vertices, edges=graph.pairs, directed=graph.directed)
    if graph.weights is not None:
        built.es["weight"] = graph.weights
    return built


def BUILD(graph, threads):
    return lambda: made(graph), lambda built: [built.ecount()]


def load(graph, threads):
    random.seed(1)
    return made(graph)


def listed(call):
    return call, lambda result: result


def grouped(call):
    return call, lambda result: result.membership


def leiden(graph):
    weights = "weight" if "weight" in graph.es.attributes() else None
    return grouped(lambda: graph.community_leiden("modularity", weights=weights, n_iterations=2))


KERNELS = {
    "pagerank": lambda graph: listed(lambda: graph.pagerank(damping=0.85)),
    "pagerank_weighted": lambda graph: listed(lambda: graph.pagerank(damping=0.85, weights="weight")),
    "components": lambda graph: grouped(lambda: graph.connected_components("weak")),
    "strong-components": lambda graph: grouped(lambda: graph.connected_components("strong")),
    "core_number": lambda graph: listed(lambda: graph.coreness()),
    "clustering": lambda graph: listed(lambda: graph.transitivity_local_undirected(mode="zero")),
    "betweenness": lambda graph: listed(lambda: graph.betweenness()),
    "harmonic": lambda graph: listed(lambda: graph.harmonic_centrality(normalized=False)),
    "eigenvector": lambda graph: listed(lambda: graph.eigenvector_centrality(scale=True)),
    "constraint": lambda graph: listed(lambda: graph.constraint()),
    "leiden": leiden,
}
