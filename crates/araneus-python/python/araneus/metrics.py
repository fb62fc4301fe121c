"""Metrics without parameters. Each function returns a table with the columns ``node`` and the metric.

Weights are read by ``strength`` and by metrics whose names end with ``_weighted``; without a column of weights each link
has weight 1. ``docs/python.md`` says where the conventions of each metric stand.
"""

from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from . import _araneus
from .kernels import Columns, WeightedColumns, graph_of

if TYPE_CHECKING:
    from .kernels import Links


def _one(links: "Links", name: str, columns: WeightedColumns | Columns) -> pa.Table:
    return _araneus.measure(graph_of(links, columns), [name])


def degree(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of links of this vertex."""
    return _one(links, "degree", columns)


def in_degree(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of vertices with a link to this one."""
    return _one(links, "in_degree", columns)


def out_degree(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of vertices to which this one has a link."""
    return _one(links, "out_degree", columns)


def strength(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Sum of the weights of the links of this vertex."""
    return _one(links, "strength", columns)


def in_strength_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Sum of the weights of the links to this vertex."""
    return _one(links, "in_strength_weighted", columns)


def out_strength_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Sum of the weights of the links from this vertex."""
    return _one(links, "out_strength_weighted", columns)


def pagerank_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Share of time that a random walker who follows links in proportion to their weights spends here."""
    return _one(links, "pagerank_weighted", columns)


def core_number(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Highest k for which this vertex is in a group whose members have at least k links within the group."""
    return _one(links, "core_number", columns)


def triangles(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of triangles with this vertex as a corner."""
    return _one(links, "triangles", columns)


def clustering(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Share of pairs of neighbours that are linked to each other; 0 with fewer than two neighbours."""
    return _one(links, "clustering", columns)


def ego_links(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of links among this vertex and its neighbours."""
    return _one(links, "ego_links", columns)


def ego_weight_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Total weight of the links among this vertex and its neighbours."""
    return _one(links, "ego_weight_weighted", columns)


def constraint(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Burt's constraint: share of this vertex's edges that lead to the same neighbours, directly or through one
    other vertex; null without neighbours.
    """
    return _one(links, "constraint", columns)


def constraint_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Burt's constraint with weights as edge strengths; null without neighbours."""
    return _one(links, "constraint_weighted", columns)


def effective_size(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of neighbours less the redundancy among them; null without neighbours."""
    return _one(links, "effective_size", columns)


def effective_size_weighted(links: "Links", **columns: Unpack[WeightedColumns]) -> pa.Table:
    """Burt's effective size with weights as edge strengths; null without neighbours."""
    return _one(links, "effective_size_weighted", columns)


def articulation(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of connected components that the graph would gain without this vertex; 0 unless it is an articulation
    point.
    """
    return _one(links, "articulation", columns)


def bridges(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Number of links of this vertex that are bridges: without one its ends would be in two components."""
    return _one(links, "bridges", columns)


def harmonic(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Sum of 1 / distance from every other vertex to this one, not normalised; null where vertices x links exceeds
    2e9.
    """
    return _one(links, "harmonic", columns)


def harmonic_estimate(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Harmonic centrality, estimated; the sizes of balls have a relative standard error of 6.5 %."""
    return _one(links, "harmonic_estimate", columns)


def closeness(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Inverse mean distance from the vertices that reach this one, times their share of all other vertices; null
    where vertices x links exceeds 2e9.
    """
    return _one(links, "closeness", columns)


def closeness_estimate(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Closeness, estimated; the sizes of balls have a relative standard error of 6.5 %."""
    return _one(links, "closeness_estimate", columns)


def eigenvector(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Strength of the links between this vertex and central vertices; null unless the graph is undirected and
    connected.
    """
    return _one(links, "eigenvector", columns)


def hub(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Strength of the links from this vertex to good authorities; null if the iteration does not converge."""
    return _one(links, "hub", columns)


def authority(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Strength of the links from good hubs to this vertex; null if the iteration does not converge."""
    return _one(links, "authority", columns)


def onion_layer(links: "Links", **columns: Unpack[Columns]) -> pa.Table:
    """Wave in which this vertex is removed when the vertices with fewest links are removed again and again."""
    return _one(links, "onion_layer", columns)
