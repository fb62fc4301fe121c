"""Task 8: centralities and communities on graphs with reference values."""

import math

import numpy as np

import scores
from files import Unusable, document, either, records, rows, table
from results import result, share

# Column of the reference, column of the program, and the relative difference that is rounding.
MEASURES = {
    "degree": ("degree", 1e-9), "betweenness": ("betweenness", 1e-9), "closeness": ("closeness", 1e-9),
    "harmonic": ("harmonic", 1e-9), "pagerank": ("pagerank", 1e-9), "eigenvector": ("eigenvector", 1e-6),
    "core": ("core_number", 1e-9), "triangles": ("triangles", 1e-9),
}  # fmt: skip
SEEDS, REWIRED = 5, 20
# Rewired copies of larger graphs would take minutes and say nothing more.
LARGEST_REWIRED = 3000


def measured(bench, folder, links, nodes, reference, seed):
    """Runs `measure` on a graph; returns its folder of tables."""
    out = folder / f"seed-{seed}"
    words = ["measure", links, "--nodes", nodes, "--communities", "leiden", "--seed", seed, "--out", out]
    words += ["--metrics", ",".join(column for column, _ in MEASURES.values())]
    words += ["--directed"] * reference["directed"] + (["--weight", "weight"] if reference["weighted"] else [])
    bench.program.run([*words, "--threads", bench.program.threads], folder)
    return out


def largest_difference(own, true, column):
    """Returns the largest relative difference of a measure from its reference; NaN where the reference has none."""
    differences = []
    for node, values in true.items():
        if values[column] in ("", None):
            continue
        wanted, found = float(values[column]), own[node][MEASURES[column][0]]
        if found is None:
            return math.inf
        differences.append(abs(found - wanted) / max(abs(wanted), 1e-12) if abs(found - wanted) > 1e-12 else 0.0)
    return max(differences, default=math.nan)


def rewired(links, draw):
    """Returns links in which pairs have exchanged their ends: all degrees are kept, and no link is doubled."""
    links, present = [tuple(link) for link in links], {frozenset(link) for link in links}
    for _ in range(20 * len(links)):
        one, other = draw.integers(0, len(links), 2)
        (a, b), (c, d) = links[one], links[other] if draw.integers(2) else links[other][::-1]
        if len({a, b, c, d}) < 4 or frozenset((a, d)) in present or frozenset((c, b)) in present:
            continue
        present -= {frozenset((a, b)), frozenset((c, d))}
        present |= {frozenset((a, d)), frozenset((c, b))}
        links[one], links[other] = (a, d), (c, b)
    return links


def judge_graph(bench, source):
    name, reference = source.name, document(source / "reference.json")
    folder = bench.folder(f"graph-{name}")
    links, nodes = either(source / "edges.csv"), either(source / "nodes.csv")
    if links.suffix == ".zst" and not links.is_file():
        raise Unusable(f"{source} has no edges.csv")
    runs = [measured(bench, folder, links, nodes, reference, seed) for seed in range(1, SEEDS + 1)]
    own = {row["node"]: row for row in records(runs[0] / "metrics.arrow")}
    true = {row["id"]: row for row in rows(either(source / "reference-nodes.csv"))}
    within = []
    for column, (_, limit) in MEASURES.items():
        difference = largest_difference(own, true, column) if column in next(iter(true.values())) else math.nan
        if not math.isnan(difference):
            within.append(difference <= limit)
            if difference > limit:
                bench.note(f"{name}: {column} differs by {difference:.3g} relative")
    yield share("measures_equal", within, label=name)
    quality = [document(run / "quality.json") for run in runs]
    values = [one["modularity"] for one in quality]
    best = max(tool["max"] for key, tool in reference["modularity"].items() if key.endswith("_igraph"))
    yield result("modularity", values[0], label=name, low=min(values), high=max(values), beside=("best of igraph", best), n=len(true))
    truth = {row["id"]: row["community"] for row in rows(nodes)} if "ground_truth" in reference else {}
    if truth:
        gains = []
        for run in runs:
            members = {row["node"]: row["community"] for row in records(run / "members.arrow") if row["level"] == 0}
            gains.append(scores.normalised_mutual_information(truth, members))
        beside = ("igraph Leiden, best of 20", reference["ground_truth"]["leiden_best_vs_truth"]["nmi"])
        yield result("nmi", gains[0], label=name, low=min(gains), high=max(gains), beside=beside, n=len(truth))
    yield result("significant", float(quality[0]["significant"]), label=name, n=len(true))
    pairs = [(row["source"], row["target"]) for row in rows(links)]
    if not reference["directed"] and not reference["weighted"] and len(pairs) <= LARGEST_REWIRED:
        yield chance_is_said(bench, folder, name, pairs)


def chance_is_said(bench, folder, name, pairs):
    """Returns the share of rewired graphs whose partition the program does not call significant."""
    draw, said = np.random.default_rng(bench.seed), []
    for at in range(REWIRED // 4):
        path, out = folder / f"rewired-{at}.csv", folder / f"rewired-{at}"
        path.write_text("source,target\n" + "".join(f"{a},{b}\n" for a, b in rewired(pairs, draw)))
        words = ["measure", path, "--communities", "leiden", "--metrics", "degree", "--out", out]
        bench.program.run([*words, "--threads", bench.program.threads], folder)
        said.append(not document(out / "quality.json")["significant"])
    return share("chance_not_significant", said, label=name)


def graphs(bench, entry):
    found = False
    for root in bench.paths(entry):
        for source in sorted(path.parent for path in root.rglob("reference.json")):
            found = True
            yield from judge_graph(bench, source)
    if not found:
        raise Unusable("the input has no folder with reference.json")


TASKS = {8: graphs}
