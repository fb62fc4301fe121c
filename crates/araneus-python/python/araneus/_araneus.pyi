"""Types of the extension module."""

from os import PathLike
from typing import final

import pyarrow as pa

from .types import ArrowStream

__all__ = [
    "Graph",
    "__version__",
    "betweenness",
    "betweenness_sampled",
    "detect",
    "katz",
    "main",
    "measure",
    "metric_table",
    "modularity",
    "pagerank",
    "personalised_pagerank",
]
__version__: str

@final
class Graph:
    """A graph in memory, which kernels read without a further conversion."""

    def __new__(
        cls,
        links: ArrowStream | str | PathLike[str],
        *,
        nodes: ArrowStream | None = None,
        source: str | None = None,
        target: str | None = None,
        weight: str | None = None,
        directed: bool = False,
        audience: str | None = None,
    ) -> Graph: ...
    @property
    def vertices(self) -> int: ...
    @property
    def links(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def directed(self) -> bool: ...
    @property
    def weighted(self) -> bool: ...
    @property
    def nodes(self) -> pa.Table: ...

def metric_table() -> list[tuple[str, str, str, str]]: ...
def measure(graph: Graph, metrics: list[str]) -> pa.Table: ...
def pagerank(graph: Graph, damping: float, tolerance: float, weighted: bool) -> pa.Table: ...
def personalised_pagerank(
    graph: Graph, seeds: list[tuple[str, float]], damping: float, tolerance: float
) -> pa.Table: ...
def katz(graph: Graph, alpha: float | None, tolerance: float) -> pa.Table: ...
def betweenness(graph: Graph, work_max: int) -> pa.Table: ...
def betweenness_sampled(graph: Graph, epsilon: float, delta: float, seed: int) -> pa.Table: ...
def detect(graph: Graph, method: str, resolution: float, seed: int) -> tuple[pa.Table, float]: ...
def modularity(graph: Graph, communities: ArrowStream, resolution: float) -> float: ...
def main(arguments: list[str]) -> int: ...
