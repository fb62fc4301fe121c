"""The page of results: a table for each task, the plots, the notes, and the commands that took longest."""

import json
import re

import numpy as np

import scores

TITLES = {
    1: "Growth of a technique between releases", 3: "Actor that gains activity", 4: "Exact change", 5: "Linked campaigns",
    6: "Fraudulent users", 7: "Money flows", 8: "Centralities and communities", 9: "Identity of communities",
    10: "Night after night", 11: "Names and technique sets", 12: "Input that must be survived",
    13: "A surge carries on", 14: "Attribution of a new report", 15: "Completion of a new subject",
}  # fmt: skip
LONGEST = 10


def number(value):
    """Formats a number: counts as they are, shares with three digits."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) or float(value).is_integer() else f"{value:.3f}"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def line(row):
    if "skipped" in row:
        return f"| {row['input'] or ''} | {row['label'] or ''} | skipped | {cell(row['skipped'])} | | | | |"
    between = f"{number(row['low'])} to {number(row['high'])}" if row["low"] is not None else ""
    beside = f"{row['baseline_name']}: {number(row['baseline'])}" if row["baseline_name"] and row["baseline"] is not None else ""
    count = number(row["n"]) + (f" ({number(row['positives'])})" if row["positives"] is not None else "")
    cells = [row["input"], row["label"] or "", row["metric"], number(row["value"]), between, beside, count, row["trained_on"] or ""]
    return f"| {' | '.join(map(cell, cells))} |"


def tables(rows):
    """Returns the tables of all tasks as lines of Markdown."""
    lines = []
    for task in sorted({row["task"] for row in rows}):
        lines += ["", f"## Task {task}: {TITLES.get(task, '')}", ""]
        lines += ["| Input | Label | Metric | Value | 95 % interval | Baseline | Rows (positives) | Trained on |", "|---|---|---|--:|---|---|--:|---|"]
        lines += [line(row) for row in rows if row["task"] == task]
    return lines


def times(bench):
    """Returns the table of times as lines of Markdown. The first task on an input also pays for its runs."""
    columns = ("seconds", "commands", "program_seconds", "program_processor_seconds", "scoring_processor_seconds")
    rows = [(f"{one['task']}", one["input"], one) for one in bench.times]
    rows.append(("all", "", {name: sum(one[name] for one in bench.times) for name in columns}))
    lines = ["", "## Times", "", "| Task | Input | Seconds | Commands | Seconds of the program | Its processor seconds | Processor seconds of scoring |", "|---|---|--:|--:|--:|--:|--:|"]
    return lines + [f"| {task} | {name} | {' | '.join(f'{one[column]:.0f}' for column in columns)} |" for task, name, one in rows]


def precision_recall(axes, series):
    for name, (labels, values) in series.items():
        taken, hits = scores.by_threshold(np.asarray(labels, float), np.asarray(values, float))
        recall, precision = np.r_[0, hits / max(1, hits[-1])], np.r_[hits[0] / taken[0], hits / taken]
        # Rows of equal score come at once, so that the area under the steps is the average precision.
        axes.plot(recall, precision, drawstyle="steps-pre", label=f"{name}, {scores.average_precision(labels, values):.3f}", linewidth=1)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))


def reliability(axes, series):
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.7)
    for name, (labels, values) in series.items():
        bins = scores.reliability(labels, values)
        axes.plot([mean for mean, _, _ in bins], [share for _, share, _ in bins], marker="o", markersize=3, label=name, linewidth=1)
    axes.set(xlabel="probability, mean of a bin", ylabel="share true", xlim=(0, 1), ylim=(0, 1.02))


def relations(axes, rows):
    """Draws each gain of relations with its interval."""
    names = [f"task {row['task']} {row['label'] or ''}" for row in rows]
    values = [row["value"] for row in rows]
    sides = [[max(0.0, row["value"] - (row["low"] if row["low"] is not None else row["value"])) for row in rows],
             [max(0.0, (row["high"] if row["high"] is not None else row["value"]) - row["value"]) for row in rows]]  # fmt: skip
    axes.errorbar(values, range(len(rows)), xerr=sides, fmt="o", markersize=4)
    axes.axvline(0, color="grey", linewidth=0.7)
    axes.set_yticks(range(len(rows)), names, fontsize=7)
    axes.set(xlabel="difference on the same rows, with relations minus without", ylim=(-0.5, len(rows) - 0.5))


DRAWN = {"precision-recall": precision_recall, "reliability": reliability}


def plots(out, rows, drawn):
    """Draws the plots; returns (title, file name) of each."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    files = []
    merged = {}
    for kind, title, series in drawn:
        merged.setdefault((kind, title), {}).update(series)
    for (kind, title), series in merged.items():
        figure, axes = plt.subplots(figsize=(5.8, 3.2), layout="constrained")
        DRAWN[kind](axes, series)
        axes.legend(fontsize=6, loc="upper left", bbox_to_anchor=(1.01, 1))
        axes.set_title(title, fontsize=9)
        name = f"{re.sub(r'[^A-Za-z0-9.]+', '-', f'{kind} {title}').strip('-')}.svg"
        figure.savefig(out / name, metadata={"Date": None})
        plt.close(figure)
        files.append((f"{kind}: {title}", name))
    gains = [row for row in rows if row["metric"] == "gain_of_relations" and row["value"] is not None]
    if gains:
        figure, axes = plt.subplots(figsize=(6, 0.4 * len(gains) + 1.2), layout="constrained")
        relations(axes, gains)
        figure.savefig(out / "relations.svg", metadata={"Date": None})
        plt.close(figure)
        files.append(("with and without relations", "relations.svg"))
    return files


def write(out, rows, bench, seconds):
    """Writes results.md and the plots beside it."""
    files = plots(out, rows, bench.plots)
    commands = [json.loads(text) for text in bench.program.log.read_text().splitlines()]
    slow = sorted(commands, key=lambda one: -one["seconds"])[:LONGEST]
    lines = ["# Results on real data", "", f"`{bench.program.path.name}`, {bench.program.threads} threads, {seconds / 60:.1f} minutes, {len(commands)} commands."]
    lines += tables(rows)
    lines += ["", "## Plots", ""] + [f"![{title}]({name})" for title, name in files]
    lines += ["", "## Notes", ""] + [f"- {note}" for note in bench.notes]
    lines += times(bench)
    lines += ["", "## Longest commands", "", "| Seconds | Command |", "|--:|---|"]
    lines += [f"| {one['seconds']:.1f} | `araneus {cell(' '.join(one['command']))[:200]}` |" for one in slow]
    (out / "results.md").write_text("\n".join(lines) + "\n")
