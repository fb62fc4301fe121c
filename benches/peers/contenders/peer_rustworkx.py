"""rustworkx: Rust on petgraph, parallel with rayon where documented. Threads come from `RAYON_NUM_THREADS`."""

import numpy as np
import rustworkx as rx

VERSION = rx.__version__
NOTES = {"build": "from a ready list of tuples; keeps parallel links"}


def made(graph, links):
    built = rx.PyDiGraph() if graph.directed else rx.PyGraph()
    built.add_nodes_from(range(graph.vertices))
    if graph.weights is None:
        built.add_edges_from_no_data(links)
    else:
        built.add_edges_from(links)
    return built


def tuples(graph):
    source, target = graph.pairs.T.tolist()
    return list(zip(source, target) if graph.weights is None else zip(source, target, graph.weights.tolist()))


def BUILD(graph, threads):
    links = tuples(graph)
    return lambda: made(graph, links), lambda built: [built.num_edges()]


def load(graph, threads):
    return made(graph, tuples(graph))


def mapped(call):
    """Returns the values of a result that maps vertices to numbers."""
    return call, lambda result: [result[vertex] for vertex in range(len(result))]


def grouped(graph, call):
    def values(sets):
        of = np.zeros(graph.num_nodes())
        for number, members in enumerate(sets):
            of[list(members)] = number
        return of

    return call, values


KERNELS = {
    "components": lambda graph: grouped(graph, lambda: rx.connected_components(graph)),
    "strong-components": lambda graph: grouped(graph, lambda: rx.strongly_connected_components(graph)),
    "core_number": lambda graph: mapped(lambda: rx.core_number(graph)),
    "betweenness": lambda graph: mapped(lambda: rx.betweenness_centrality(graph, normalized=False)),
}
