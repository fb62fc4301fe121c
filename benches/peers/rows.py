"""Measured rows: one for each kernel, with its graphs, its measure of quality, and the ratios to reach."""

from dataclasses import dataclass, field

# All contenders, Araneus first. A contender without a kernel answers with an error and leaves the row.
CONTENDERS = ["araneus", "crate", "networkit", "igraph", "scipy", "rustworkx", "graspologic", "leidenalg"]
OURS = "araneus"
TITLES = {"crate": "graph (Rust crate)", "graspologic": "graspologic-native", "scipy": "scipy.sparse"}

LARGE = ["rmat16", "rmat18", "rmat20"]


@dataclass
class Row:
    name: str
    about: str
    graphs: list
    # A function of `quality.py`.
    quality: str
    peers: list
    variant: str = "simple"
    # Ratios to reach: of the best peer under "best", of one peer under its name.
    targets: dict = field(default_factory=dict)
    # Graphs of `--quick`.
    quick: list = field(default_factory=lambda: ["rmat10"])
    # Names of the kernel in Araneus if they differ from the row's name; the first existing one is run.
    ours: list = field(default_factory=list)


ROWS = [
    Row("build", "graph from unsorted arrays", [*LARGE, "records"], "built",
        ["crate", "networkit", "igraph", "scipy", "rustworkx"], "raw", {"best": 2.5}, ["rmat10", "records-small"]),
    Row("pagerank_20", "PageRank, 20 passes", LARGE, "pagerank",
        ["crate", "networkit", "scipy"], targets={"crate": 1.4, "scipy": 3}),
    Row("pagerank", "PageRank until it stands", [*LARGE, "records"], "pagerank",
        ["networkit", "igraph", "scipy"], targets={"best": 3}, quick=["rmat10", "records-small"]),
    Row("pagerank_weighted", "PageRank until it stands, by weight", ["records"], "pagerank_weighted",
        ["networkit", "igraph", "scipy"], targets={"best": 3}, quick=["records-small"]),
    Row("components", "connected components", [*LARGE, "records"], "groups",
        ["crate", "networkit", "igraph", "scipy", "rustworkx"], targets={"best": 1.2, "networkit": 7}),
    Row("strong-components", "strongly connected components", LARGE, "groups",
        ["networkit", "igraph", "scipy", "rustworkx"], "directed"),
    Row("core_number", "k-core", [*LARGE, "records"], "equal",
        ["networkit", "igraph", "rustworkx"], targets={"best": 3}),
    Row("triangles", "triangles", ["rmat16", "rmat18"], "triangles",
        ["crate"], targets={"best": 2.5}),
    Row("clustering", "local clustering", ["rmat16", "rmat18"], "equal",
        ["networkit", "igraph"], targets={"best": 3}),
    Row("betweenness", "betweenness, exact", ["rmat12"], "equal",
        ["networkit", "igraph", "rustworkx"], targets={"best": 2}, quick=["rmat8"]),
    Row("betweenness_sampled", "betweenness with guarantee, ε 0.005", ["rmat12", "rmat14"], "sampled",
        ["networkit"], targets={"best": 2}, quick=["rmat8"]),
    Row("harmonic", "harmonic, exact", ["rmat12"], "equal",
        ["networkit", "igraph"], targets={"best": 8}, quick=["rmat8"]),
    Row("hyperball", "harmonic by HyperBall", ["rmat16", "rmat18", "rmat20"], "harmonic_sample",
        [], ours=["harmonic_estimate"]),
    Row("eigenvector", "eigenvector", LARGE, "direction",
        ["networkit", "igraph", "scipy"], "connected", {"best": 2.5}),
    Row("katz", "Katz", LARGE, "spread",
        ["networkit", "scipy"], targets={"best": 2.5}),
    Row("constraint", "Burt's constraint", ["rmat16"], "equal",
        ["igraph"], targets={"best": 25}),
    Row("leiden", "Leiden on modularity", ["lfr04", "lfr06", "rmat18", "records"], "communities",
        ["networkit", "igraph", "graspologic", "leidenalg"], targets={"best": 4}, quick=["lfr-small", "records-small"]),
]
