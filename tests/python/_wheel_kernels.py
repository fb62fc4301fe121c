"""Checks of the kernels of the Python package against networkx, igraph and scipy, and against the program."""

import subprocess
import threading
import time

import araneus
import duckdb
import igraph
import networkx
import numpy as np
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse

from _demo import program

# Largest difference between the reference and the kernel, as a share of the largest value.
TOLERANCE = 1e-9


def links(vertices=300, count=1500, seed=5):
    """Returns random links with weights, and few hubs; each pair once and no self-link."""
    draw = np.random.default_rng(seed)
    ends = (draw.random((2 * count, 2)) ** 2 * vertices).astype(np.int64)
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    return pa.table({"source": ends[:, 0], "target": ends[:, 1], "weight": draw.integers(1, 9, len(ends)).astype(float)})


def compare(name, table, column, expected):
    """Yields a difference of a column from the expected value of each vertex."""
    found = dict(zip(table["node"].to_pylist(), table[column].to_pylist()))
    if found.keys() != expected.keys():
        yield f"{name}: other vertices"
        return
    largest = max(abs(value) for value in expected.values()) or 1.0
    worst = max(abs(found[node] - value) for node, value in expected.items())
    if not worst <= TOLERANCE * largest:
        yield f"{name}: differs by {worst / largest:.1e} of the largest value"


def check_values():
    """Compares kernels with independent implementations."""
    table = links()
    graph = networkx.Graph()
    graph.add_weighted_edges_from(zip(*(table[name].to_pylist() for name in table.column_names)))
    nodes = sorted(graph)
    other = igraph.Graph(edges=[(nodes.index(a), nodes.index(b)) for a, b in graph.edges])
    ours = araneus.Graph(table, weight="weight")
    if (ours.vertices, ours.links, ours.rows) != (len(graph), graph.number_of_edges(), table.num_rows):
        yield f"{ours!r}: another graph than that of networkx"

    def by_node(values):
        return dict(zip(nodes, values))

    tight = {"tol": 1e-14, "max_iter": 10_000}
    yield from compare("pagerank", araneus.pagerank(ours), "pagerank", networkx.pagerank(graph, weight=None, **tight))
    yield from compare("pagerank, damping", araneus.pagerank(ours, damping=0.5), "pagerank", networkx.pagerank(graph, alpha=0.5, weight=None, **tight))
    weighted = networkx.pagerank(graph, weight="weight", **tight)
    yield from compare("pagerank_weighted", araneus.pagerank(table, weight="weight"), "pagerank_weighted", weighted)
    yield from compare("pagerank_weighted of a graph", araneus.pagerank_weighted(ours), "pagerank_weighted", weighted)
    seeds = networkx.pagerank(graph, personalization={nodes[0]: 1, nodes[5]: 3}, weight=None, **tight)
    yield from compare("personalised_pagerank", araneus.personalised_pagerank(ours, {nodes[0]: 1, nodes[5]: 3}), "personalised_pagerank", seeds)
    yield from compare("betweenness", araneus.betweenness(ours), "betweenness", by_node(other.betweenness()))
    if araneus.betweenness(ours, work_max=10)["betweenness"].null_count != len(nodes):
        yield "betweenness above its bound is not null"
    yield from compare("constraint", araneus.constraint(ours), "constraint", by_node(other.constraint()))
    yield from compare("core_number", araneus.core_number(ours), "core_number", by_node(other.coreness()))
    yield from compare("degree", araneus.degree(ours), "degree", dict(graph.degree))
    yield from compare("strength", araneus.strength(ours), "strength", dict(graph.degree(weight="weight")))
    yield from compare("triangles", araneus.triangles(ours), "triangles", networkx.triangles(graph))
    yield from compare("clustering", araneus.clustering(ours), "clustering", networkx.clustering(graph))
    yield from compare("katz", araneus.katz(ours, alpha=0.01), "katz", katz(graph, nodes, 0.01))
    sampled = araneus.betweenness_sampled(ours, epsilon=0.01, seed=3).to_pylist()
    exact = by_node(other.betweenness())
    if any(abs(row["betweenness_sampled"] - exact[row["node"]]) > row["betweenness_error"] + 1e-9 for row in sampled):
        yield "betweenness_sampled: an error is above its bound"
    directed = araneus.Graph(table, directed=True)
    if directed.vertices != len(nodes) or araneus.in_degree(directed)["in_degree"].to_pylist() == araneus.out_degree(directed)["out_degree"].to_pylist():
        yield "directed: in-degrees equal out-degrees"


def katz(graph, nodes, alpha):
    """Returns Katz centrality as the solution of its linear system, by scipy."""
    matrix = networkx.to_scipy_sparse_array(graph, nodelist=nodes, weight=None, dtype=float)
    system = scipy.sparse.eye_array(len(nodes), format="csc") - alpha * scipy.sparse.csc_array(matrix.T)
    values = scipy.sparse.linalg.spsolve(system, np.ones(len(nodes)))
    return dict(zip(nodes, values / np.linalg.norm(values)))


def check_communities():
    """Compares modularity with networkx, and components with those of networkx."""
    table = links()
    graph = networkx.Graph(zip(table["source"].to_pylist(), table["target"].to_pylist()))
    for name, kernel in (("leiden", araneus.leiden), ("louvain", araneus.louvain), ("label propagation", araneus.label_propagation)):
        found = kernel(table, seed=2)
        groups = {}
        for row in found.to_pylist():
            groups.setdefault(row["community"], set()).add(row["node"])
        expected = networkx.community.modularity(graph, groups.values())
        values = (float(found.schema.metadata[b"quality"]), araneus.modularity(table, found))
        if any(abs(value - expected) > TOLERANCE for value in values):
            yield f"{name}: modularity {values}, not {expected}"
        if not found.equals(kernel(table, seed=2)):
            yield f"{name}: the same seed gives another result"
    parts = [networkx.number_connected_components(graph), len(set(araneus.components(table)["community"].to_pylist()))]
    if parts[0] != parts[1]:
        yield f"components: {parts}"
    ring = pa.table({"from": ["a", "b", "c", "d"], "to": ["b", "c", "a", "a"]})
    if araneus.strong_components(ring)["community"].to_pylist() != [0, 0, 0, 1]:
        yield "strong_components: a ring and a vertex that leads to it"


def check_inputs():
    """Every library gives the same values, and opens the result."""
    table = links()
    text = table.set_column(0, "source", table["source"].cast(pa.string())).set_column(1, "target", table["target"].cast(pa.string()))
    batches = pa.Table.from_batches(table.to_batches(max_chunksize=100))
    expected = araneus.pagerank(table, weight="weight")
    relation = duckdb.from_arrow(table)
    given = {
        "polars": polars.from_arrow(table),
        "pandas": table.to_pandas(),
        "duckdb": relation,
        "record batches": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=64)),
        "small batches": batches,
        "a slice": pa.concat_tables([table, table]).slice(0, table.num_rows),
    }
    for name, value in given.items():
        if not araneus.pagerank(value, weight="weight").equals(expected):
            yield f"{name}: another result than pyarrow"
    named = {
        "text": text,
        "polars text": polars.from_arrow(text),
        "pandas text": text.to_pandas(),
        "dictionaries": text.set_column(0, "source", text["source"].dictionary_encode()),
        "categories": polars.from_arrow(text).with_columns(polars.col("source").cast(polars.Categorical)),
    }
    for name, value in named.items():
        found = araneus.pagerank(value, weight="weight")
        if found["node"].type != pa.string() or not found["pagerank_weighted"].equals(expected["pagerank_weighted"]):
            yield f"{name}: another result than whole numbers"
    wide = table.set_column(0, "source", table["source"].cast(pa.uint64()))
    if not araneus.pagerank(wide, weight="weight")["pagerank_weighted"].equals(expected["pagerank_weighted"]):
        yield "uint64: another result"
    total = expected["pagerank_weighted"].to_numpy().sum()
    sums = {
        "polars": polars.from_arrow(expected)["pagerank_weighted"].sum(),
        "pandas": expected.to_pandas()["pagerank_weighted"].sum(),
        "duckdb": duckdb.sql("select sum(pagerank_weighted) from expected").fetchall()[0][0],
    }
    yield from (f"{name} does not open the result" for name, value in sums.items() if abs(value - total) > 1e-12)
    described = araneus.measure(table, ["constraint"]).schema.field("constraint").metadata
    if not described.get(b"description") or not described.get(b"source"):
        yield "a metric without its meaning"


def check_program_values(folder):
    """`araneus measure` writes the same bits, for text, Parquet and Arrow, and all metrics."""
    table = links()
    pq.write_table(table, folder / "links.parquet")
    with pa.OSFile(str(folder / "links.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    table.to_pandas().to_csv(folder / "links.csv", index=False)
    ours = araneus.measure(table, weight="weight")
    if ours.column_names != ["node", *araneus.metric_names()]:
        yield "measure: other columns than the metrics"
    for name in ("links.parquet", "links.arrow", "links.csv"):
        for directed in (False, True):
            out = folder / f"measured-{name}-{directed}"
            options = ["--weight", "weight", "--communities", "leiden", "--seed", "4", "--out", out] + ["--directed"] * directed
            subprocess.run([program(), "measure", folder / name, *options], check=True, capture_output=True)
            with pa.OSFile(str(out / "metrics.arrow")) as file:
                written = pa.ipc.open_file(file).read_all()
            found = araneus.measure(table, weight="weight", directed=directed)
            if written["node"].to_pylist() != [str(node) for node in found["node"].to_pylist()]:
                yield f"measure {name}: other vertices"
            for metric in araneus.metric_names():
                one, other = (value[metric].combine_chunks() for value in (written, found))
                bits = [array.fill_null(np.nan).to_numpy().tobytes() for array in (one, other)]
                if bits[0] != bits[1] or one.null_count != other.null_count:
                    yield f"measure {name}, directed {directed}: {metric} has other bits"
            with pa.OSFile(str(out / "members.arrow")) as file:
                members = pa.ipc.open_file(file).read_all().to_pylist()
            members = [row["community"] for row in members if row["level"] == 0]
            if members != araneus.leiden(table, weight="weight", directed=directed, seed=4)["community"].to_pylist():
                yield f"leiden {name}, directed {directed}: other communities"
            path = araneus.measure(folder / name, "pagerank", directed=directed)
            if not path["pagerank"].equals(found["pagerank"]):
                yield f"measure of the path {name}: another result"


def check_gil():
    """Another thread of Python works while a kernel runs."""
    graph = araneus.Graph(links(vertices=8_000, count=120_000))
    ticks, ended = [], threading.Event()

    def tick():
        while not ended.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    other = threading.Thread(target=tick)
    other.start()
    began = time.monotonic()
    araneus.betweenness(graph)
    ran = time.monotonic() - began
    ended.set()
    other.join()
    within = [moment for moment in ticks if began <= moment <= began + ran]
    # With the lock held, the other thread has at most one tick: the one before the kernel starts.
    if len(within) < 3:
        yield f"GIL: {len(within)} ticks of another thread within {ran:.2f} s of a kernel"


def raises(kind, call, *words):
    """Yields what is wrong with the exception of a call."""
    try:
        call()
    except kind as error:
        text = str(error)
        yield from (f"{call.__name__ if hasattr(call, '__name__') else call}: `{text}` lacks {word}" for word in words if word not in text)
        if "SECRET" in text:
            yield f"`{text}` has the value"
    except Exception as error:
        yield f"{error!r}, not {kind.__name__}"
    else:
        yield f"no {kind.__name__} with {words}"


def check_bad_input():
    """Bad input gives an exception with the place and the rule, and never the value."""
    table = links()

    def one(**columns):
        return pa.table(columns)

    cases = [
        (TypeError, lambda: araneus.pagerank([(1, 2)]), ["__arrow_c_stream__", "list"]),
        (TypeError, lambda: araneus.degree(araneus.Graph(table), source="source"), ["source"]),
        (KeyError, lambda: araneus.pagerank(table, source="SECRET"), ["source"]),
        (KeyError, lambda: araneus.pagerank(table, weight="SECRET"), ["weight"]),
        (KeyError, lambda: araneus.measure(table, ["degree", "no-such"]), ["no-such"]),
        (KeyError, lambda: araneus.personalised_pagerank(table, ["SECRET"]), ["seed"]),
        (ValueError, lambda: araneus.pagerank(one(source=["a", None], target=["b", "SECRET"])), ["row 2"]),
        (ValueError, lambda: araneus.pagerank(one(source=["a", ""], target=["b", "SECRET"])), ["row 2"]),
        (ValueError, lambda: araneus.pagerank(one(source=[1, None], target=[2, 3])), ["row 2"]),
        (ValueError, lambda: araneus.pagerank(one(source=["SECRET"])), ["columns"]),
        (ValueError, lambda: araneus.strength(one(source=["a"], target=["b"], w=["SECRET"]), weight="w"), ["row 1", "1e-150"]),
        (ValueError, lambda: araneus.strength(one(source=["a"], target=["b"], w=[-1.5]), weight="w"), ["row 1"]),
        (ValueError, lambda: araneus.strength(one(source=["a"], target=["b"], w=[float("nan")]), weight="w"), ["row 1"]),
        (ValueError, lambda: araneus.degree(table, nodes=one(id=["a", None])), ["nodes", "row 2"]),
        (ValueError, lambda: araneus.pagerank(table, damping=1.0), ["damping"]),
        (ValueError, lambda: araneus.pagerank(table, tolerance=0.0), ["tolerance"]),
        (ValueError, lambda: araneus.katz(table, alpha=-1.0), ["alpha"]),
        (ValueError, lambda: araneus.betweenness_sampled(table, epsilon=0.0), ["epsilon"]),
        (ValueError, lambda: araneus.leiden(table, resolution=0.0), ["resolution"]),
        (ValueError, lambda: araneus.leiden(table, objective="SECRET"), ["objective"]),
        (ValueError, lambda: araneus.modularity(table, one(node=[0], community=[0])), ["vertex"]),
        (OSError, lambda: araneus.pagerank("/no/such/file"), ["links"]),
    ]
    for kind, call, words in cases:
        yield from raises(kind, call, *words)
    empty = araneus.measure(pa.table({"source": pa.array([], pa.int64()), "target": pa.array([], pa.int64())}))
    if empty.num_rows or len(empty.column_names) != 1 + len(araneus.metric_names()):
        yield "an empty table has rows"
    alone = araneus.degree(one(source=["a"], target=["a"]), nodes=one(id=["z"]))
    if alone.to_pylist() != [{"node": "a", "degree": 2.0}, {"node": "z", "degree": 0.0}]:
        yield f"a self-link and a vertex without links: {alone.to_pylist()}"
