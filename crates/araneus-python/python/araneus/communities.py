"""Communities, and the modularity of any partition.

Methods read the undirected graph without self-links. Community 0 is the largest. The metadata of each table has the
method, the objective, its value (``quality``), the resolution and the seed.
"""

from typing import TYPE_CHECKING, Literal, Unpack

import pyarrow as pa

from . import _araneus
from .kernels import Columns, WeightedColumns, graph_of

if TYPE_CHECKING:
    from ._araneus import Graph
    from .kernels import Links
    from .types import ArrowStream


def _detect(graph: "Graph", method: str, objective: str, resolution: float = 1.0, seed: int = 0) -> pa.Table:
    table, quality = _araneus.detect(graph, method, resolution, seed)
    facts = {"method": method, "objective": objective, "quality": quality, "resolution": resolution, "seed": seed}
    return table.replace_schema_metadata({name: str(value) for name, value in facts.items()})


def leiden(
    links: "Links",
    *,
    resolution: float = 1.0,
    seed: int = 0,
    objective: Literal["modularity", "cpm"] = "modularity",
    **columns: Unpack[WeightedColumns],
) -> pa.Table:
    """Find communities by the method of Leiden (Traag, Waltman, van Eck 2019).

    The objective ``cpm`` is the constant Potts model, which finds groups denser than the resolution.

    >>> links = pa.table({"source": [0, 1, 2, 3, 4, 5, 2], "target": [1, 2, 0, 4, 5, 3, 3]})
    >>> found = leiden(links, seed=7)
    >>> found["community"].to_pylist()
    [0, 0, 0, 1, 1, 1]
    >>> round(float(found.schema.metadata[b"quality"]), 4)
    0.3571
    """
    if objective not in ("modularity", "cpm"):
        raise ValueError("objective must be modularity or cpm")
    method = "leiden" if objective == "modularity" else "leiden-cpm"
    return _detect(graph_of(links, columns), method, objective, resolution, seed)


def louvain(
    links: "Links", *, resolution: float = 1.0, seed: int = 0, **columns: Unpack[WeightedColumns]
) -> pa.Table:
    """Find communities by the method of Louvain (Blondel, Guillaume, Lambiotte, Lefebvre 2008)."""
    return _detect(graph_of(links, columns), "louvain", "modularity", resolution, seed)


def label_propagation(links: "Links", *, seed: int = 0, **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Find communities by label propagation (Raghavan, Albert, Kumara 2007)."""
    return _detect(graph_of(links, columns), "label-propagation", "modularity", seed=seed)


def components(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Return connected components, directions ignored.

    >>> components(pa.table({"source": ["a", "c"], "target": ["b", "d"]}))["community"].to_pylist()
    [0, 0, 1, 1]
    """
    return _detect(graph_of(links, columns), "components", "modularity")


def strong_components(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Return strongly connected components of a directed graph: each vertex reaches every other along the links."""
    if "directed" not in columns and not isinstance(links, _araneus.Graph):
        columns["directed"] = True
    return _detect(graph_of(links, columns), "strong-components", "modularity")


def modularity(
    links: "Links", communities: "ArrowStream", *, resolution: float = 1.0, **columns: Unpack[WeightedColumns]
) -> float:
    """Return the modularity of a partition: a table with the columns ``node`` and ``community``.

    >>> links = pa.table({"source": [0, 1, 2, 3, 4, 5, 2], "target": [1, 2, 0, 4, 5, 3, 3]})
    >>> round(modularity(links, leiden(links)), 4)
    0.3571
    """
    return _araneus.modularity(graph_of(links, columns), communities, resolution)
