"""leidenalg: the authors' own Leiden in C++ on igraph, one thread."""

import leidenalg

from contenders import peer_igraph

VERSION = leidenalg.version
NOTES = {"leiden": "ModularityVertexPartition, 2 iterations"}
BUILD = None
load = peer_igraph.load


def leiden(graph):
    weights = "weight" if "weight" in graph.es.attributes() else None
    method = leidenalg.ModularityVertexPartition
    call = lambda: leidenalg.find_partition(graph, method, weights=weights, n_iterations=2, seed=1)
    return call, lambda found: found.membership


KERNELS = {"leiden": leiden}
