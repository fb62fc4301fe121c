"""Task 12: input that is not what it should be. Each file is rejected with its rule, or read; none stops the run."""

import json

from files import Unusable
from program import Archive, steward
from results import share

# Rules that say that a file is no JSON, or that it is beyond a named limit or in another encoding.
REFUSED = {"json-syntax", "encoding", "depth", "number-range", "size"}


def has_duplicate_key(data):
    """Returns true if an object of a JSON document has one key twice."""
    found = []

    def pairs(items):
        names = [name for name, _ in items]
        found.extend([True] * (len(names) != len(set(names))))
        return dict(items)

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return bool(found)


def python_rejects(data):
    """Returns true if Python's own reader rejects a document: the baseline."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False


def is_right(name, data, rule):
    """Returns true if a file of the corpus ended as its name demands; None if its name demands nothing."""
    if name.startswith("n_"):
        return rule in REFUSED
    if name.startswith("y_"):
        return rule == ("duplicate-key" if has_duplicate_key(data) else "unknown-format")
    return None


def bad_input(bench, entry):
    archive = Archive(bench.program, bench.folder("bad-input"), "")
    inputs = bench.paths(entry)
    # A folder in a folder is named by itself, so that each file has a path of its own in the table.
    run = archive.record("2020-01-01", [f"corpus{at}={path}" for at, path in enumerate(inputs)])
    rules = {}
    for row in steward(run, "rejects"):
        rules.setdefault(row["path"], row["rule"])
    status = {row["path"]: row["status"] for row in steward(run, "deliveries")}
    ends, baseline, survived = {"n": [], "y": []}, {"n": [], "y": []}, []
    for path in sorted(file for folder in inputs for file in folder.rglob("*.json")):
        # Paths in a table are as given, then relative with `/`.
        data, survives = path.read_bytes(), status.get(str(path)) in ("ok", "rejected")
        right = is_right(path.name, data, rules.get(str(path)))
        survived.append(survives)
        if right is None:
            continue
        kind = path.name[0]
        ends[kind].append(right and survives)
        baseline[kind].append(python_rejects(data) == (kind == "n"))
        if not right:
            bench.note(f"{path.name} ended with the rule {rules.get(str(path))}")
    if not survived:
        raise Unusable("the input has no JSON file")
    for kind, metric in [("n", "rejected_rightly"), ("y", "read_rightly")]:
        if ends[kind]:
            beside = ("Python's json", sum(baseline[kind]) / len(baseline[kind]))
            yield share(metric, ends[kind], label=kind, beside=beside)
    yield share("files_with_a_status", survived)


TASKS = {12: bad_input}
