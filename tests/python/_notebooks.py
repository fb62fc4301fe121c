"""What each notebook must print and plot, cell by cell, computed apart from the notebook.

An expectation is a function that returns what the printed text lacks, and the number of plots.
"""

import json
import re
from collections import Counter

import pyarrow as pa


def read_arrow(path):
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def holds(text, *wanted):
    """Returns which of the wanted words a printed answer lacks."""
    return [str(word) for word in wanted if str(word) not in text]


def first_look(night):
    """Returns, for each code cell in order, what its printed answer must hold, computed apart from the notebook."""
    read = {path.stem: read_arrow(path) for path in night.glob("*.arrow")}
    entities = read["entities"].to_pylist()
    sizes = sorted((row["size"] for row in read["communities"].to_pylist()), reverse=True)[:5]
    kinds = Counter(row["kind"] for row in entities)
    sentences = [field.metadata[b"description"].decode() for name in ("entities", "communities", "changes") for field in read[name].schema]

    def counts(text):
        return [f"{name} {table.num_rows}" for name, table in read.items() if not re.search(rf"^{name} +{table.num_rows}$", text, re.M)]

    def communities(text):
        rows = [line.split() for line in text.splitlines()[2:]]
        short = [] if [int(row[0]) for row in rows] == sizes else [f"sizes {sizes}"]
        return short + [f"members of {row}" for row in rows if len(row) < 4]

    def kinds_shown(text):
        return [f"{kind} {count}" for kind, count in kinds.items() if not re.search(rf"^{re.escape(kind)} +{count} ", text, re.M)]

    return [(counts, 0), (lambda text: holds(text, *sentences), 0), (communities, 0), (kinds_shown, 0)]


def diff(out):
    """Returns the expectations of the notebook about changes, from the tables of the last two runs."""
    nights = sorted(path for path in out.iterdir() if path.is_dir() and not path.is_symlink())[-2:]
    before, tonight = ({name: read_arrow(night / "all" / f"{name}.arrow").to_pylist() for name in ("entities", "links", "changes")} for night in nights)
    changes, causes = tonight["changes"], Counter()
    for row in changes:
        causes[row["cause"]] += row["count"]
    new_entities = {row["entity_id"] for row in tonight["entities"]} - {row["entity_id"] for row in before["entities"]}
    new_links = {row["link_id"] for row in tonight["links"]} - {row["link_id"] for row in before["links"]}
    ends = Counter(end for row in tonight["links"] if row["link_id"] in new_links for end in (row["from_id"], row["to_id"]))

    def causes_shown(text):
        shown = Counter()
        for line in text.splitlines()[3:]:
            cells = line.split()
            shown[cells[0]] += int(cells[-1])
        missing = holds(text, f"{nights[1].name} compared with {nights[0].name}")
        return missing if shown == causes else [f"causes {dict(causes)}, not {dict(shown)}"]

    def news(text):
        rows = [row for row in changes if row["cause"] == "observed-new" and row["detail"]][:10]
        return holds(text, *(row["detail"] for row in rows)) if rows else ["any news in the world"]

    def new(text):
        counts = f"{len(new_entities)} entities and {len(new_links)} links are new"
        return holds(text, counts, f"has {max(ends.values())} new links", "True")

    return [(causes_shown, 0), (news, 0), (new, 0)]


def review_queue(night):
    """Returns the expectations of the notebook about the queue."""
    read = {path.stem: read_arrow(path).to_pylist() for path in night.glob("*.arrow")}
    queue = sorted((flag for flag in read["flags"] if flag["rank"] is not None), key=lambda flag: flag["rank"])
    if not 5 <= len(queue) <= 20:
        raise SystemExit(f"the demo's morning has {len(queue)} flags in its queue")
    failing = {row["candidate_id"] for row in read["gate"] if not row["passed"]}
    passing = Counter(row["pattern"] for row in read["candidates"] if row["candidate_id"] not in failing)
    candidates = Counter(row["pattern"] for row in read["candidates"])
    queued = Counter(flag["pattern"] for flag in queue)
    flagged = {entity for flag in queue for entity in flag["entity_ids"]}
    ids = {flag["flag_id"] for flag in queue}
    sources = {row["source"] for row in read["evidence"] if row["subject_id"] in ids}

    def opens(text):
        return holds(text, f"{len(read['candidates'])} candidates", *(flag["title"] for flag in queue))

    def funnel(text):
        rows = {pattern: re.search(rf"^{re.escape(pattern)} +(\d+) .*?(\d+) +(\d+)$", text, re.M) for pattern in queued}
        wrong = [pattern for pattern, row in rows.items() if not row or [int(row[1]), int(row[2]), int(row[3])] != [candidates[pattern], passing[pattern], queued[pattern]]]
        return [f"the counts of {pattern}" for pattern in wrong]

    def said(text):
        lines = [line for line in text.splitlines() if re.match(r" *\d+  \S+ \d+", line)]
        return holds(text, *sources) + ([] if len(lines) == len(queue) else [f"a line for each of {len(queue)} flags"])

    def stands(text):
        rows = re.findall(r"^(\w+) +\S+ +\S+ +\d+%$", text, re.M)
        return holds(text, f"{len(flagged)} entities are in the queue") + ([] if len(rows) >= 3 else [f"three metrics or more: {rows}"])

    def why(text):
        return holds(text, queue[0]["title"], *queue[0]["reasons_for"], *queue[0]["reasons_against"])

    return [(opens, 0), (funnel, 1), (said, 1), (stands, 1), (why, 0)]


def identity(night):
    """Returns the expectations of the notebook about identity."""
    rows = read_arrow(night / "identifiers.arrow").to_pylist()
    entities = read_arrow(night / "entities.arrow").to_pylist()
    rules = Counter(row["rule"] for row in rows)
    shared = [row for row in entities if len(row["sources"]) > 1 and row["aliases"]]
    if not shared:
        raise SystemExit("no entity of the demo has aliases and records of several sources")

    def rules_shown(text):
        missing = [f"{rule} {count}" for rule, count in rules.items() if not re.search(rf"^{re.escape(rule)} +{count}$", text, re.M)]
        return missing + holds(text, f"{len(entities)} entities have {len(rows)} identifiers")

    def names(text):
        known = {row["label"] for row in shared}
        shown = [line.rsplit(" (", 1)[0] for line in text.splitlines() if "), also " in line]
        shown = [line.split(" (")[0] for line in shown]
        return holds(text, f"{len(shared)} entities have") + ([] if len(shown) == min(3, len(shared)) and set(shown) <= known else [f"three of the shared entities: {shown}"])

    def pair(text):
        found = re.search(r"^(.+) and (.+) \(([\w-]+)\)$", text, re.M)
        return holds(text, "words stand in the labels", *(found.groups() if found else ["a pair"]), " two entities")

    return [(rules_shown, 0), (names, 0), (pair, 0)]


def money_flows(night):
    """Returns the expectations of the notebook about flows of money."""
    flows = [row for row in read_arrow(night / "flows.arrow").to_pylist() if row["layer"] == "finance"]
    links = [row for row in read_arrow(night / "links.arrow").to_pylist() if row["layer"] == "finance" and (row["amount"] or 0) > 0]
    accounts = [row for row in flows if row["subject"] == "entity"]
    both = [row for row in accounts if row["amount_in"] and row["amount_out"]]
    if not both or not links:
        raise SystemExit("no account of the demo has payments in and out")
    vertices = len({end for row in links for end in (row["from_id"], row["to_id"])})
    of_candidates = [row for row in flows if row["subject"] == "candidate" and (row["amount_in"] or row["amount_out"] or row["amount_inside"])]

    def passing(text):
        return holds(text, f"{len(accounts)} accounts and currencies", f"{len(both)} have payments in and out")

    def ranks(text):
        shares = [float(cells[-4]) for cells in map(str.split, text.splitlines()[2:])]
        ordered = shares == sorted(shares, reverse=True) and len(shares) == min(8, vertices)
        return holds(text, f"{vertices} vertices") + ([] if ordered else [f"the highest ranks in order: {shares}"])

    def patterns(text):
        return holds(text, f"{len(of_candidates)} candidates and currencies have amounts")

    return [(passing, 1), (ranks, 0), (patterns, 0)]


def own_labels(night):
    """Returns the expectations of the notebook about labels and models."""
    import araneus

    demo = night.parents[2]
    models = ("attribution-1", "attribution-2")

    def verdicts(text):
        return holds(text, "'confirmed': 1", "'benign': 1", "benign by ben: an exercise of a partner")

    def labels(text):
        table = read_arrow(demo / "labels-1" / "backtest-attribution.arrow")
        features = [field.name for field in table.schema if b"role" in (field.metadata or {})]
        right = sum(table["label"].to_pylist())
        return holds(text, table.schema.metadata[b"question"].decode(), f"{table.num_rows} rows in ", f"; {right} rows are right", *features)

    def columns(text):
        table = read_arrow(demo / "labels-1" / "backtest-attribution.arrow")
        features = [field.name for field in table.schema if b"role" in (field.metadata or {})]
        return [name for name in features if not re.search(rf"^{name} +\d+\.\d%$", text, re.M)]

    def trained(text):
        rows = read_arrow(demo / "labels-1" / "backtest-attribution.arrow").num_rows
        return holds(text, f"{models[1]}: {rows} rows", f"{models[0]}: ")

    def relations(text):
        comparison = json.loads((demo / f"model-{models[1]}" / "evaluation.json").read_text())["comparison"]
        return holds(text, comparison["relations"], *(model["name"] for model in comparison["models"]))

    def compared(text):
        return holds(text, *models)

    def promoted(text):
        return holds(text, *models)

    def rolled_back(text):
        log = (demo / "state" / "models" / "log.jsonl").read_text()
        listed = araneus.program("models", "list", "--state", demo / "state")
        return holds(text, "back until there are more labels") + ([] if "ana" in log and listed else ["the log of models"])

    return [(verdicts, 0), (labels, 0), (columns, 1), (trained, 0), (relations, 1), (compared, 0), (promoted, 0), (rolled_back, 0)]


def own_graph():
    """Returns the expectations of the notebook about a graph of one's own."""

    def drawn(text):
        counts = [int(number) for number in re.findall(r"(?:, |: )(\d+)(?: undirected links|[,}])", text)]
        return [] if len(counts) == 3 and len(set(counts)) == 1 else [f"one number of links: {counts}"]

    def compared(text):
        rows = re.findall(r"^(\w+) +\d+\.\d+ s +\S+.*? (\d\.\de[+-]\d+)$", text, re.M)
        return [] if len(rows) == 4 and all(float(row[1]) < 1e-6 for row in rows) else [f"four equal measures: {rows}"]

    def communities(text):
        found = [float(value) for value in re.findall(r"modularity (\d\.\d+)", text)]
        return [] if len(found) == 3 and min(found) > 0.05 else [f"three partitions: {found}"]

    return [(drawn, 0), (compared, 0), (communities, 0)]


# The notebooks of `araneus demo`, in the order in which they run; the last one adds verdicts and models.
OF_DEMO = {"review-queue": review_queue, "identity": identity, "money-flows": money_flows, "own-labels": own_labels}
