"""Kernels with parameters, and the measurement of any metrics.

Every kernel takes links, or a :class:`araneus.Graph`. For links these keywords choose the columns, by the same rules
as ``araneus measure``: ``source``, ``target``, ``directed``, ``nodes`` (a table of vertices that may have no link), and
``weight`` where weights are read. Each kernel returns a table of pyarrow with the column ``node`` and its values;
null means unknown. The same graph gives the same bits on any number of threads.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, TypeAlias, TypedDict, Unpack

import pyarrow as pa

from . import _araneus
from ._araneus import Graph

if TYPE_CHECKING:
    from .types import ArrowStream

    Links: TypeAlias = ArrowStream | str | PathLike[str] | Graph


class Columns(TypedDict, total=False):
    """Columns of links, and vertices without links."""

    source: str
    target: str
    directed: bool
    nodes: "ArrowStream"


class WeightedColumns(Columns, total=False):
    """Columns of links with weights."""

    weight: str


def graph_of(links: "Links", columns: WeightedColumns | Columns) -> Graph:
    """Return the graph of the links; a graph is returned as it is."""
    if not isinstance(links, Graph):
        return Graph(links, **columns)
    if columns:
        raise TypeError(f"a Graph has its columns already: {', '.join(sorted(columns))}")
    return links


def metric_names() -> list[str]:
    """Return the names of all metrics, in the order of ``araneus list metrics``.

    >>> metric_names()[:3]
    ['degree', 'in_degree', 'out_degree']
    """
    return [name for name, *_ in _araneus.metric_table()]


def measure(links: "Links", metrics: Sequence[str] | str = (), **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Measure metrics by name, each in one column; all of them by default.

    The metadata of each column has the meaning, the unit and the publication of the metric. Weights are read by
    ``strength`` and by metrics whose names end with ``_weighted``.

    >>> links = pa.table({"source": [1, 1, 1], "target": [2, 3, 4]})
    >>> measure(links, ["degree", "betweenness"]).to_pylist()[0]
    {'node': 1, 'degree': 3.0, 'betweenness': 3.0}
    >>> measure(links, "degrees")
    Traceback (most recent call last):
    KeyError: 'there is no metric `degrees`; `araneus list metrics` names all'
    """
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    return _araneus.measure(graph_of(links, columns), names)


def pagerank(
    links: "Links",
    *,
    damping: float = 0.85,
    tolerance: float = 1e-13,
    weighted: bool | None = None,
    **columns: Unpack[WeightedColumns],
) -> pa.Table:
    """Return the share of time that a random walker with jumps spends at each vertex.

    ``tolerance`` is the largest change of all ranks together in the last pass. With a column of weights, or with
    ``weighted`` for a graph that has them, links are followed in proportion to their weights; the column is then
    ``pagerank_weighted``.

    >>> links = pa.table({"payer": ["a", "b"], "payee": ["c", "c"], "amount": [10.0, 30.0]})
    >>> ranks = pagerank(links, source="payer", target="payee", directed=True, damping=0.9)
    >>> [round(rank, 3) for rank in ranks["pagerank"].to_pylist()]
    [0.208, 0.208, 0.583]
    """
    is_weighted = "weight" in columns if weighted is None else weighted
    return _araneus.pagerank(graph_of(links, columns), damping, tolerance, is_weighted)


def personalised_pagerank(
    links: "Links",
    seeds: Mapping[str | int, float] | Sequence[str | int],
    *,
    damping: float = 0.85,
    tolerance: float = 1e-13,
    **columns: Unpack[Columns],
) -> pa.Table:
    """Return the rank of a walker who jumps to seeds: vertices, or vertices with the weight of each.

    >>> links = pa.table({"source": ["a", "b"], "target": ["b", "c"]})
    >>> ranks = personalised_pagerank(links, ["a"])["personalised_pagerank"].to_pylist()
    >>> ranks[0] > ranks[2]
    True
    """
    pairs = seeds.items() if isinstance(seeds, Mapping) else ((seed, 1.0) for seed in seeds)
    named = [(str(name), float(number)) for name, number in pairs]
    return _araneus.personalised_pagerank(graph_of(links, columns), named, damping, tolerance)


def katz(
    links: "Links", *, alpha: float | None = None, tolerance: float = 1e-13, **columns: Unpack[Columns]
) -> pa.Table:
    """Return the number of walks that end at each vertex, where each further link counts ``alpha`` times.

    By default ``alpha`` is 1 / (1 + largest in-degree). Values are null if the sum over walks is infinite.

    >>> links = pa.table({"source": ["a", "b"], "target": ["b", "c"]})
    >>> values = katz(links, alpha=0.5, directed=True)["katz"].to_pylist()
    >>> round(values[1] / values[0], 6), round(values[2] / values[0], 6)
    (1.5, 1.75)
    """
    return _araneus.katz(graph_of(links, columns), alpha, tolerance)


def betweenness(links: "Links", *, work_max: int = 2_000_000_000, **columns: Unpack[Columns]) -> pa.Table:
    """Return the number of pairs of other vertices whose shortest paths lead through each vertex.

    Values are exact, and null if the product of vertices and links exceeds ``work_max``; see
    :func:`betweenness_sampled` for larger graphs.

    >>> betweenness(pa.table({"source": ["a", "b"], "target": ["b", "c"]}))["betweenness"].to_pylist()
    [0.0, 1.0, 0.0]
    """
    return _araneus.betweenness(graph_of(links, columns), work_max)


def betweenness_sampled(
    links: "Links", *, epsilon: float = 0.005, delta: float = 0.1, seed: int = 1, **columns: Unpack[Columns]
) -> pa.Table:
    """Estimate betweenness from a sample of pairs, with an error bound for each vertex in ``betweenness_error``.

    With probability ``1 - delta`` no vertex is off by more than its bound, which is at most ``epsilon`` of all pairs.

    >>> links = pa.table({"source": [1, 2, 3, 4], "target": [2, 3, 4, 1]})
    >>> betweenness_sampled(links).column_names
    ['node', 'betweenness_sampled', 'betweenness_error']
    """
    return _araneus.betweenness_sampled(graph_of(links, columns), epsilon, delta, seed)
