"""graspologic-native: Leiden in Rust, one thread, here from compressed rows, which it reads in place."""

from importlib.metadata import version

import graspologic_native
import numpy as np

from contenders import peer_scipy

VERSION = version("graspologic-native")
NOTES = {"leiden": "leiden_csr, 1 iteration, 1 trial"}
BUILD = None


def load(graph, threads):
    matrix = peer_scipy.load(graph, threads)["weighted"]
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data


def leiden(made):
    count = len(made[0]) - 1

    def values(found):
        of = np.full(count, -1)
        for vertex, community in found[1].items():
            of[vertex] = community
        # Vertices without links are absent from its result, and become communities of one vertex.
        alone = of < 0
        of[alone] = of.max() + 1 + np.arange(alone.sum())
        return of

    return lambda: graspologic_native.leiden_csr(*made, count, seed=1), values


KERNELS = {"leiden": leiden}
