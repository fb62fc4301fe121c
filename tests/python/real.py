"""Tests the scores of the bench on real data against slow, obvious versions, and its judges on small tables made by hand.

The bench itself takes minutes and needs data that is not here: this check runs it on one task where the shared data is.
"""

import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, finish, program

BENCH = PROJECT / "benches" / "real"
SHARED = PROJECT.parent / "shared" / "data"
sys.path.insert(0, str(BENCH))

import numpy as np

import documents
import labels as tables
import outcomes
import scores
from kinds import bad_input, contacts, graphs, names, snapshots, transactions


class Notes:
    """Stands for the bench where a judge only notes and plots."""

    seed = 1

    def note(self, _text):
        pass

    def plot(self, *_what):
        pass


def equal(name, found, wanted, within=1e-9):
    """Yields a failure if two numbers, or two values, differ."""
    if isinstance(wanted, float) and isinstance(found, float):
        if math.isnan(found) != math.isnan(wanted) or abs(found - wanted) > within:
            yield f"{name}: {found}, not {wanted}"
    elif found != wanted:
        yield f"{name}: {found}, not {wanted}"


def adjusted_by_chance():
    """Yields a failure if the mean adjusted mutual information of shuffled groups is not 0."""
    draw = random.Random(5)
    truth = {item: item % 4 for item in range(40)}
    groups = [item // 10 for item in range(40)]
    values = []
    for _ in range(400):
        draw.shuffle(groups)
        values.append(scores.adjusted_mutual_information(truth, dict(enumerate(groups))))
    yield from equal("mean adjusted information of chance", sum(values) / len(values), 0.0, within=0.02)


def slow_average_precision(truth, values):
    """Returns the mean, over positives, of the precision among rows that reach the score of the positive."""
    precisions = []
    for label, value in zip(truth, values):
        if label:
            reached = [other for other, score in zip(truth, values) if score >= value]
            precisions.append(sum(reached) / len(reached))
    return sum(precisions) / len(precisions)


def slow_auc(truth, values):
    """Returns the share of pairs in the right order; equal scores count one half."""
    pairs = [(one, other) for one, a in zip(values, truth) if a for other, b in zip(values, truth) if not b]
    return sum((one > other) + (one == other) / 2 for one, other in pairs) / len(pairs)


def slow_precision_at(truth, values, count, draw):
    """Returns the mean over many orders of rows with equal scores."""
    found = []
    for _ in range(4000):
        order = sorted(range(len(truth)), key=lambda at: (-values[at], draw.random()))
        found.append(sum(truth[at] for at in order[:count]) / count)
    return sum(found) / len(found)


def rankings():
    draw = random.Random(3)
    for at in range(20):
        truth = [int(draw.random() < 0.4) for _ in range(15)]
        values = [draw.randrange(6) / 5 for _ in range(15)]
        if 0 < sum(truth) < len(truth):
            yield from equal(f"average precision {at}", scores.average_precision(truth, values), slow_average_precision(truth, values))
            yield from equal(f"auc {at}", scores.auc(truth, values), slow_auc(truth, values))
    truth, values = [1, 0, 1, 0, 0, 1], [0.9, 0.5, 0.5, 0.5, 0.1, 0.1]
    yield from equal("precision at 2", scores.precision_at(truth, values, 2), slow_precision_at(truth, values, 2, draw), 0.02)
    yield from equal("precision at 20 of 6", scores.precision_at(truth, values, 20), 0.5)
    yield from equal("recall at 1", scores.recall_at(truth, values, 1), 1 / 3)
    yield from equal("no positive", scores.average_precision([0, 0], [1, 2]), math.nan)
    yield from equal("brier", scores.brier([1, 0], [0.5, 0.0]), 0.125)
    yield from equal("brier skill", scores.brier_skill([1, 0], [1, 0], [0.5, 0.5]), 1.0)
    yield from equal("ranks", list(scores.ranks_within([1, 1, 2, 2], [5.0, 6.0, 9.0, 9.0])), [0.25, 0.75, 0.5, 0.5])


def intervals():
    truth, values = np.array([1, 0] * 50), np.arange(100.0)
    low, high = scores.interval(np.arange(100) // 2, lambda rows: float(truth[rows].mean()))
    # Each unit has one positive row of two, so that drawing units changes nothing; drawing rows would.
    yield from equal("interval by unit", (low, high), (0.5, 0.5))
    low, high = scores.interval(np.arange(100), lambda rows: float(truth[rows].mean()))
    if not 0.35 < low < 0.45 or not 0.55 < high < 0.65:
        yield f"interval by row: {low} to {high}"
    yield from equal("one unit", [math.isnan(bound) for bound in scores.interval([1, 1], lambda rows: 1.0)], [True, True])


def unknown_scores():
    """Unknown scores are equal to each other and below all others, whatever the order of the rows."""
    made = tables.made("o", "Which?", [0] * 4, [1, 1, 0, 0], [0] * 4, list("abcd"), {"x": [math.nan, math.nan, 3.0, math.nan]}, {"x": "x"})
    values = outcomes.comparable(made, made.values["x"], False)
    yield from equal("unknown scores", scores.average_precision(made.label, values), 0.5)
    yield from equal("their order", scores.average_precision(made.label[::-1], values[::-1]), 0.5)


def partitions():
    truth, groups = dict(a="x", b="x", c="y", d="y"), dict(a=1, b=1, c=1, d=2)
    each = scores.b_cubed(truth, groups)
    yield from equal("b-cubed", [each[name] for name in "abcd"], [(2 / 3, 1.0), (2 / 3, 1.0), (1 / 3, 0.5), (1.0, 0.5)])
    yield from equal("pairs", scores.pairs(truth, groups), (1, 2, 1))
    yield from equal("same partition", scores.normalised_mutual_information(truth, {name: truth[name] * 2 for name in truth}), 1.0)
    yield from equal("adjusted, same partition", scores.adjusted_mutual_information(truth, {name: truth[name] * 2 for name in truth}), 1.0)
    yield from adjusted_by_chance()
    before, now = dict(a=1, b=1, c=2, d=2), dict(a=7, b=7, c=8, d=7)
    yield from equal("continued", contacts.continued(before, now, 0), dict(a=1, b=1, c=2, d=1))


def label_tables(folder):
    run = [1_000_000, 1_000_000, 2_000_000]
    made = tables.made(
        "o", "Which?", run, [1, 0, math.nan], [2_000_000, 2_000_000, np.iinfo(np.int64).min], ["a", "b", "a"],
        {"forecast": [0.5, math.nan, 0.1]}, {"forecast": {"about": "a number", "scale": "log", "role": "feature,forecast", "relation": "true"}},
    )  # fmt: skip
    tables.write(folder / "rows.arrow", made)
    read = tables.read(folder / "rows.arrow")
    yield from equal("labels", [str(value) for value in read.label], ["1.0", "0.0", "nan"])
    yield from equal("values", [str(value) for value in read.values["forecast"]], ["0.5", "nan", "0.1"])
    yield from equal("roles", (read.names("forecast"), read.names("baseline"), read.names(relation=True)), (["forecast"], [], ["forecast"]))
    yield from equal("facts", (read.facts["outcome"], read.facts["horizon_runs"]), ("o", "1"))
    yield from equal("times", list(read.run), run)


def outcome_rows():
    """Rows of an outcome: scores inside cuts, the base rate that was known, and questions with several answers."""
    count, run = 200, np.repeat(np.arange(4) * 1_000_000, 50)
    draw = np.random.default_rng(5)
    truth = (draw.random(count) < 0.3).astype(float)
    forecast = np.clip(0.3 + 0.4 * (truth - 0.3) + 0.05 * draw.normal(size=count), 0.01, 0.99)
    made = tables.made("o", "Which?", run, truth, run + 1_000_000, [f"s{at % 50}" for at in range(count)], {"f": forecast, "noise": draw.random(count)}, {"f": "f", "noise": "n"})
    judged = run >= 2_000_000
    rates = outcomes.base_rates(made, judged)
    yield from equal("base rate known at a cut", float(rates[-1]), float(truth[:150].mean()))
    rows = list(outcomes.binary(Notes(), made, judged, "A", {"f": made.values["f"]}, {"noise": made.values["noise"]}, is_ranked=True, probabilities={"f": made.values["f"]}, budget=5))
    found = {(row["metric"], row["label"]): row for row in rows}
    best = found["average_precision", "A"]
    if not best["value"] > 0.95 or best["baseline_name"] != "noise" or not best["low"] <= best["value"] <= best["high"]:
        yield f"an outcome that is known: {best}"
    if not found["brier_skill", "A"]["value"] > 0.3 or found["precision_at_5", "A"]["value"] != 1:
        yield f"its skill and precision: {found['brier_skill', 'A']}, {found['precision_at_5', 'A']}"
    made.query = np.array(["q1"] * 3 + ["q2"] * 2 + ["q3"] * 195, object)
    made.label = np.array([0, 1, 0, 0, 1] + [0] * 195, float)
    made.values = {"score": np.array([2, 3, 1, 5, 4] + [0.0] * 195), "flat": np.zeros(200)}
    answers = {(row["metric"], row["label"]): row["value"] for row in outcomes.queries(made, None, made.values, "score", missing=1)}
    yield from equal("right first: of three questions and one without a row", answers["share_right_first", None], 0.25)
    yield from equal("right in five", answers["share_right_in_5", None], 0.5)
    yield from equal("reciprocal rank", answers["mean_reciprocal_rank", None], (1 + 0.5) / 4)
    yield from equal("equal scores share", answers["share_right_first", "flat"], (1 / 3 + 1 / 2) / 4)
    learned = list(outcomes.python_questions(Notes(), made, None, made.values["score"], {"first": outcomes.first_shares(1)}, {"flat": made.values["flat"]}))
    yield from equal("learned, and ours beside", [(row["label"], row["value"], row["baseline"]) for row in learned], [("scikit-learn flat", (1 / 3 + 1 / 2) / 3, 1 / 3)])


def judges():
    yield from equal("n_ rejected", bad_input.is_right("n_a.json", b"[", "json-syntax"), True)
    yield from equal("n_ accepted", bad_input.is_right("n_a.json", b"[", None), False)
    yield from equal("y_ unknown", bad_input.is_right("y_a.json", b"[]", "unknown-format"), True)
    yield from equal("y_ called no JSON", bad_input.is_right("y_a.json", b"[]", "json-syntax"), False)
    yield from equal("y_ doubled key", bad_input.is_right("y_a.json", b'{"a":1,"a":2}', "duplicate-key"), True)
    yield from equal("i_", bad_input.is_right("i_a.json", b"[]", "json-syntax"), None)
    yield from equal("Jaro-Winkler", round(names.jaro_winkler("martha", "marhta"), 4), 0.9611)
    yield from equal("Jaro-Winkler of others", round(names.jaro_winkler("dixon", "dicksonx"), 4), 0.8133)
    yield from equal("news", snapshots.is_news({"changed": 60, "removed": 0}, 200), True)
    yield from equal("release that says its changes", snapshots.is_news({"changed": 900, "removed": 0, "changed_with_same_modified": 3}, 1000), False)
    links = [(at, (at + step) % 12) for at in range(12) for step in (1, 2)]
    mixed = graphs.rewired(links, np.random.default_rng(1))
    degree = lambda pairs: sorted(sum(node in pair for pair in pairs) for node in range(12))
    yield from equal("degrees of rewired links", (degree(mixed), len({frozenset(link) for link in mixed})), (degree(links), len(links)))
    pattern, instance = {"a", "b", "c", "d"}, {"a", "b", "x"}
    yield from equal("right and found", (transactions.is_right(instance, [pattern]), transactions.is_found(pattern, [instance])), (True, True))
    table = [("a", "b", 1.0, 0), ("b", "c", 2.0, 1), ("c", "a", 3.0, 2)]
    drawn = list(transactions.chance_tables(table, None, 1, 3))
    yield from equal("draws", [(name, number) for name, number, _ in drawn], [(name, at) for at in range(3) for name in ("shuffled-amounts", "shuffled-payees")])
    mixed = [sorted(row[2] for row in rows) for name, _, rows in drawn if name == "shuffled-amounts"]
    yield from equal("shuffled amounts", mixed, [[1.0, 2.0, 3.0]] * 3)
    often = [(payer, payee, float(step), step) for step in range(5) for payer in "abcd" for payee in "wxyz" if (ord(payer) + ord(payee)) % 2]
    mixed = transactions.rewired(often, 1)
    yield from equal("payments to each payee", Counter(row[1] for row in mixed), Counter(row[1] for row in often))
    yield from equal("times of each pair", {tuple(row[3] for row in mixed if row[:2] == pair).count(0) for pair in {row[:2] for row in mixed}} - {1, 2}, set())
    yield from equal("other pairs", {row[:2] for row in mixed} != {row[:2] for row in often}, True)
    yield from equal("wrong", (transactions.is_right({"a", "x", "y"}, [pattern]), transactions.is_found(pattern, [{"a"}])), (False, False))


def document_labels():
    galaxy = {"type": "threat-actor", "values": [
        {"value": "Grey Fox", "meta": {"synonyms": ["FOX-1", "Shared"]}}, {"value": "Red Owl", "meta": {"synonyms": ["Shared"]}},
    ]}  # fmt: skip
    known, actors = documents.galaxy_names([galaxy])
    yield from equal("synonym", known.find("fox1") == known.find("greyfox"), True)
    yield from equal("a synonym of two names none", known.find("redowl") == known.find("greyfox"), False)
    root = Path("/r")
    make = lambda path, **facts: documents.Document(Path(path), root, **facts)
    found = [make("/r/a.json", tags={"FOX-1"}), make("/r/b.json", own={"Grey Fox Group"}), make("/r/2024-01-02-Red-Owl-again.json"), make("/r/tool/one.json"), make("/r/tool/two.json")]
    documents.label(found, known, actors)
    one, other, owl, first, second = (document.label for document in found)
    yield from equal("one actor by tag and by group", one == other, True)
    yield from equal("a name in a file name", owl, known.find("redowl"))
    yield from equal("a folder of tools names no actor", first == second, False)


def rules_of_the_command(folder):
    """What the command says without a program, and without an input that was asked for."""
    python = [sys.executable, "-B", BENCH / "judge.py"]
    data = folder / "data"
    data.mkdir()
    (data / "tasks.toml").write_text('[[input]]\nkind = "unheard-of"\nname = "x"\ntasks = [99]\n')
    absent = subprocess.run([*python, data, "--out", folder / "none", "--araneus", folder / "absent"], capture_output=True, text=True, check=False)
    yield from equal("no program", (absent.returncode != 0, "no such program" in absent.stderr), (True, True))
    skipped = subprocess.run([*python, data, "99", "--out", folder / "out", "--araneus", program()], capture_output=True, text=True, check=False)
    rows = json.loads((folder / "out" / "results.json").read_text())
    yield from equal("an unheard-of kind", (skipped.returncode, len(rows), "no judge" in rows[0]["skipped"]), (1, 1, True))
    if not SHARED.is_dir():
        print("SKIPPED: benches/real/run on two tasks: no shared data beside the project")
        return
    done = subprocess.run([*python, SHARED, "12", "9", "--out", folder / "real", "--araneus", program()], capture_output=True, text=True, check=False)
    rows = json.loads((folder / "real" / "results.json").read_text())
    values = {(row["task"], row["label"], row["metric"]): row["value"] for row in rows}
    yield from equal("exit", done.returncode, 0)
    yield from equal("bad input", (values.get((12, "n", "rejected_rightly")), values.get((12, "y", "read_rightly"))), (1, 1))
    if not (folder / "real" / "results.md").is_file() or values.get((9, None, "ids_kept"), 0) < 0.9:
        yield f"contacts or the page: {values}"
    # The upper end of the interval of the difference from a static partition.
    highs = {row["metric"]: row["high"] for row in rows if row["task"] == 9}
    if not highs.get("ami_above_static", -1) >= 0:
        yield f"the roles agree less with the lineages than with a static partition: {highs}"


def main():
    os.environ.setdefault("MPLBACKEND", "svg")
    with tempfile.TemporaryDirectory(prefix="araneus-real-") as name:
        folder = Path(name)
        checks = [rankings(), intervals(), unknown_scores(), partitions(), label_tables(folder), outcome_rows(), judges(), document_labels(), rules_of_the_command(folder)]
        failures = [failure for check in checks for failure in check]
    finish(f"the bench on real data, {len(checks)} checks", failures)


main()
