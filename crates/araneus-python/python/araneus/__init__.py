"""Graph kernels on Arrow data, published runs of Araneus, and the program.

Links are any table with ``__arrow_c_stream__`` (pyarrow, polars, pandas, duckdb), the path of a file or run that
``araneus measure`` reads, or a :class:`Graph`, which is built once and read by many kernels.

>>> import araneus, pyarrow as pa
>>> links = pa.table({"source": ["a", "b", "c"], "target": ["b", "c", "a"]})
>>> araneus.pagerank(links).column("pagerank").to_pylist() == [1 / 3] * 3
True
"""

from ._araneus import Graph, __version__
from .communities import components, label_propagation, leiden, louvain, modularity, strong_components
from .kernels import (
    betweenness,
    betweenness_sampled,
    katz,
    measure,
    metric_names,
    pagerank,
    personalised_pagerank,
)
from .metrics import (
    articulation,
    authority,
    bridges,
    closeness,
    closeness_estimate,
    clustering,
    constraint,
    constraint_weighted,
    core_number,
    degree,
    effective_size,
    effective_size_weighted,
    ego_links,
    ego_weight_weighted,
    eigenvector,
    harmonic,
    harmonic_estimate,
    hub,
    in_degree,
    in_strength_weighted,
    onion_layer,
    out_degree,
    out_strength_weighted,
    pagerank_weighted,
    strength,
    triangles,
)
from .networks import Network
from .programs import ProgramError, program
from .runs import Run, open_run, runs

__all__ = [
    "Graph",
    "Network",
    "ProgramError",
    "Run",
    "__version__",
    "articulation",
    "authority",
    "betweenness",
    "betweenness_sampled",
    "bridges",
    "closeness",
    "closeness_estimate",
    "clustering",
    "components",
    "constraint",
    "constraint_weighted",
    "core_number",
    "degree",
    "effective_size",
    "effective_size_weighted",
    "ego_links",
    "ego_weight_weighted",
    "eigenvector",
    "harmonic",
    "harmonic_estimate",
    "hub",
    "in_degree",
    "in_strength_weighted",
    "katz",
    "label_propagation",
    "leiden",
    "louvain",
    "measure",
    "metric_names",
    "modularity",
    "onion_layer",
    "open_run",
    "out_degree",
    "out_strength_weighted",
    "pagerank",
    "pagerank_weighted",
    "personalised_pagerank",
    "program",
    "runs",
    "strength",
    "strong_components",
    "triangles",
]
