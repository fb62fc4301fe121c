"""Task 10: bursts of families a week ahead (T1), and reports that share infrastructure (T2)."""

import csv
import io
from collections import defaultdict

import numpy as np

import labels as tables
import outcomes
import scores
import trained
from documents import Names
from files import Unusable, raw, records
from kinds.nights import NIGHT, archive_of, first_reports
from results import result

EVERY, FIRST, AHEAD, LEVEL, LEAST, TIMES = 7, 42, 7, 28, 10, 3
# Nights of reports that T2 groups: a month.
GROUPED_NIGHTS = 28


def burst_rows(nights):
    """Returns a row for each family known at each seventh night, with counts until then, and whether a burst followed."""
    counts = first_reports(nights)
    families = sorted(set().union(*(known for _, known in counts)))
    number = {family: at for at, family in enumerate(families)}
    daily = np.zeros((len(families), len(counts)))
    for at, (tonight, _) in enumerate(counts):
        for family, count in tonight.items():
            if family in number:
                daily[number[family], at] = count
    columns, run, label, known_at, subject = defaultdict(list), [], [], [], []
    for at in range(FIRST, len(counts) - AHEAD, EVERY):
        known = [number[family] for family in sorted(counts[at][1])]
        past, later = daily[known, : at + 1], daily[known, at + 1 : at + 1 + AHEAD].sum(axis=1)
        weekly = np.maximum(1.0, past[:, -LEVEL:].sum(axis=1) * 7 / LEVEL)
        last = np.array([at - np.flatnonzero(row)[-1] if row.any() else np.nan for row in past])
        for days in (7, 14, 28, 56):
            columns[f"values_{days}"] += list(past[:, -days:].sum(axis=1))
            columns[f"nights_{days}"] += list((past[:, -days:] > 0).sum(axis=1))
        columns["largest_28"] += list(past[:, -28:].max(axis=1))
        columns["nights_since"] += list(last)
        columns["ratio"] += list(past[:, -7:].sum(axis=1) / np.maximum(1.0, past[:, -35:-7].sum(axis=1) / 4))
        columns["weekly"] += list(weekly)
        label += list((later >= LEAST) & (later >= TIMES * weekly))
        run += [nights.cut(nights.dates[at])] * len(known)
        known_at += [nights.cut(nights.dates[at + AHEAD])] * len(known)
        subject += [families[place] for place in known]
    about = {name: {"about": name.replace("_", " "), "scale": "log"} for name in columns}
    about["ratio"]["role"] = about["weekly"]["role"] = "feature,baseline"
    made = tables.made("burst", "Will this family burst within a week?", run, label, known_at, subject, columns, about, horizon=("horizon_days", str(AHEAD)))
    made.candidate = np.array([f"{one}-{time}" for one, time in zip(subject, run)], object)
    return made


def bursts(bench, nights):
    rows = burst_rows(nights)
    path = nights.archive.folder / "burst.arrow"
    tables.write(path, rows)
    judged = nights.from_night(rows)
    if not judged.any() or not rows.label[judged].sum():
        raise Unusable("no burst in the judged nights")
    own = trained.scores(bench, nights.archive, path, rows, judged, nights.until)
    baselines = {"ratio to own past": rows.values["ratio"], "level": rows.values["weekly"]}
    main = {"trained": own.rank} | own.others if own else {"values_7, untrained": rows.values["values_7"]}
    probabilities = {"trained": own.probability} if own else {}
    yield from outcomes.binary(bench, rows, judged, "T1", main, baselines, is_ranked=True, probabilities=probabilities, trained_on=own.on if own else None)
    yield from outcomes.python_baseline(bench, rows, judged, "T1", next(iter(main.values())), is_ranked=True, until=nights.until, refits=2)


def groups(bench, nights):
    """Yields how well the communities of reports and values, the families unread, fall together with the families."""
    truth, links = {}, []
    values = defaultdict(list)
    for night in nights.dates[1:][-GROUPED_NIGHTS:]:
        for path in (path for path in nights.files[night] if NIGHT.search(path.name)):
            for row in csv.DictReader(io.StringIO(raw(path).decode("utf-8-sig"), newline="")):
                report, value = f"report:{row['report']}", row["value"].strip().casefold()
                truth[report] = row["family"]
                links.append((report, value))
                values[value].append(report)
    if not links:
        raise Unusable("the nights name no report")
    folder = bench.folder("reports")
    with (folder / "links.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("source", "target"), *links])
    words = ["measure", folder / "links.csv", "--communities", "leiden", "--metrics", "degree", "--out", folder / "measured"]
    bench.program.run([*words, "--threads", bench.program.threads], folder)
    ours = {row["node"]: row["community"] for row in records(folder / "measured" / "members.arrow") if row["level"] == 0}
    exact = Names()
    for held in values.values():
        for report in held:
            exact.join(held[0], report)
    names = sorted(truth)
    partitions = {"communities": ours, "components over exact values": {name: exact.find(name) for name in names}, "each alone": {name: name for name in names}}
    found = {}
    for name, partition in partitions.items():
        each = scores.b_cubed(truth, partition)
        found[name] = np.array([each[one] for one in names])
    f1 = lambda both: scores.harmonic_mean(float(both[:, 0].mean()), float(both[:, 1].mean()))
    families = np.array([truth[name] for name in names], object)
    low, high = scores.interval(families, lambda at: f1(found["communities"][at]), rounds=200)
    best = max(("components over exact values", "each alone"), key=lambda name: f1(found[name]))
    yield result("b_cubed_f1", f1(found["communities"]), label="T2", low=low, high=high, beside=(best, f1(found[best])), n=len(names))
    for metric, column in (("b_cubed_precision", 0), ("b_cubed_recall", 1)):
        yield result(metric, float(found["communities"][:, column].mean()), label="T2", n=len(names))


def nightly(bench, entry):
    nights = archive_of(bench, entry)
    yield from bursts(bench, nights)
    yield from groups(bench, nights)
    yield {"label": "T3", "skipped": "almost no new family shares a value with an older one, so that no score is defined"}


TASKS = {10: nightly}
