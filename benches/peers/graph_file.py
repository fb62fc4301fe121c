"""Graph files that Python and Rust can read.

Little-endian, one block after the other, no padding:

    bytes  8          magic `ARLINKS1`
    u32               vertices
    u32               flags: 1 directed, 2 weighted, 4 planted groups known
    u64               links
    u32 x 2 x links   source and target of each link, in no order
    f64 x links       weights, where flagged
    u32 x vertices    the planted group of each vertex, where flagged
"""

import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np

MAGIC = b"ARLINKS1"
HEADER = struct.Struct("<8sIIQ")
DIRECTED, WEIGHTED, PLANTED = 1, 2, 4


def write(path, vertices, pairs, directed=False, weights=None, planted=None):
    """Writes a graph under a temporary name first, so that a file is complete or absent."""
    flags = DIRECTED * directed | WEIGHTED * (weights is not None) | PLANTED * (planted is not None)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(HEADER.pack(MAGIC, vertices, flags, len(pairs)))
        file.write(np.ascontiguousarray(pairs, dtype="<u4").data)
        if weights is not None:
            file.write(np.ascontiguousarray(weights, dtype="<f8").data)
        if planted is not None:
            file.write(np.ascontiguousarray(planted, dtype="<u4").data)
    part.replace(path)


def read(path):
    """Returns vertices, directed, pairs (links x 2), weights or None, planted or None."""
    with Path(path).open("rb") as file:
        magic, vertices, flags, links = HEADER.unpack(file.read(HEADER.size))
        if magic != MAGIC:
            raise ValueError(f"{path}: no graph file, it does not begin with {MAGIC.decode()}")
        pairs = np.fromfile(file, "<u4", 2 * links).reshape(links, 2)
        weights = np.fromfile(file, "<f8", links) if flags & WEIGHTED else None
        planted = np.fromfile(file, "<u4", vertices) if flags & PLANTED else None
    return SimpleNamespace(
        vertices=vertices, directed=bool(flags & DIRECTED), pairs=pairs, weights=weights, planted=planted
    )
