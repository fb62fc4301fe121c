"""Task 6: fraudulent users among those who rate each other, by structure and time only; no rating is read."""

import csv
import io
from collections import defaultdict

import numpy as np

import labels as tables
import learners
import outcomes
import scores
import trained
from files import Unusable, raw
from program import Archive, published
from results import result

MAPPING = """about = "Ratings without a header: rater, rated user, rating, time. The rating is not read."
seen_at = "{time}"

[table]
header = false
columns = ["rater", "rated", "rating", "time"]

[time]
forms = ["epoch-seconds"]
zone = "UTC"

[[entity]]
as = "rater"
kind = "user-account"
key = "{rater}"

[[entity]]
as = "rated"
kind = "user-account"
key = "{rated}"

[[link]]
from = "rater"
to = "rated"
kind = "rated"
layer = "communication"
"""
DAY = 86_400_000_000
FOLDS = 10
# The six features of the published baseline: degrees, and times.
SIMPLE = ("received", "given", "returned", "days_received", "days_given", "days_first")


def tables_of(folder):
    """Returns the path of the ratings, and the labels of users: 1 for fraudulent."""
    ratings, marked = None, {}
    for path in sorted(folder.iterdir()):
        if ".csv" not in path.suffixes:
            continue
        lines = list(csv.reader(io.StringIO(raw(path).decode(), newline="")))
        if lines and len(lines[0]) >= 4:
            ratings = path
        elif lines and len(lines[0]) == 2:
            marked = {user.strip(): float(value) < 0 for user, value in lines}
    if ratings is None or not marked:
        raise Unusable(f"{folder} has no ratings, or no labels of users")
    return ratings, marked


class Users:
    """Ratings of each user in the tables of a run, with their times."""

    def __init__(self, run):
        self.names = {row["entity_id"]: row["label"] for row in published(run, "entities").to_pylist()}
        self.received, self.given = defaultdict(list), defaultdict(list)
        for row in published(run, "links").select(["from_id", "to_id", "first_seen"]).to_pylist():
            time = row["first_seen"].timestamp() / 86400
            self.given[row["from_id"]].append((row["to_id"], time))
            self.received[row["to_id"]].append((row["from_id"], time))
        times = [time for links in self.given.values() for _, time in links]
        self.start, self.end = min(times), max(times)
        self.metrics = {row["entity_id"]: row for row in published(run, "metrics").to_pylist()}
        self.alone = {user: self.of_one(user) for user in self.names}

    def of_one(self, user):
        """Returns counts and times of a user, without any other user."""
        received = sorted(time for _, time in self.received[user])
        given = sorted(time for _, time in self.given[user])
        both = sorted(received + given)
        span = lambda times: times[-1] - times[0] if times else np.nan
        gaps = np.diff(received) if len(received) > 1 else np.array([np.nan])
        burst = max((int(np.searchsorted(received, time + 7)) - at for at, time in enumerate(received)), default=0)
        return {
            "received": len(received), "given": len(given), "received_for_given": len(received) / max(1, len(given)),
            "days_received": span(received), "days_given": span(given), "days": span(both),
            "gap_median": float(np.median(gaps)), "gap_largest": float(np.max(gaps)), "share_in_one_week": burst / max(1, len(received)),
            "days_first": both[0] - self.start if both else np.nan, "days_last": self.end - both[-1] if both else np.nan,
            "days_after_last_given": received[-1] - given[-1] if received and given else np.nan,
            "days_before_first_given": received[0] - given[0] if received and given else np.nan,
        }  # fmt: skip

    def of_relations(self, user):
        """Returns what relations say: ratings returned, the user's place in the network, and the users that it deals with."""
        raters, rated = {other for other, _ in self.received[user]}, {other for other, _ in self.given[user]}
        found = {"returned": len(raters & rated) / max(1, len(raters)), "returned_of_given": len(raters & rated) / max(1, len(rated))}
        for side, others in (("raters", raters), ("rated", rated)):
            for name in ("received", "given", "days", "share_in_one_week", "days_first"):
                values = [self.alone[other][name] for other in sorted(others)]
                found[f"{side}_{name}"] = float(np.nanmean(values)) if values and not np.isnan(values).all() else np.nan
        ages = [time - self.start - self.alone[other]["days_first"] for other, time in self.received[user]]
        found["raters_age"] = float(np.mean(ages)) if ages else np.nan
        for name in ("pagerank", "core_number", "clustering", "constraint"):
            value = self.metrics[user].get(name)
            found[name] = np.nan if value is None else value
        return found


def label_rows(run, marked):
    """Returns a row of labels and features for each user whose label is known."""
    users = Users(run)
    chosen = sorted((name, entity) for entity, name in users.names.items() if name in marked)
    alone, related = [users.alone[entity] for _, entity in chosen], [users.of_relations(entity) for _, entity in chosen]
    about = {name: {"about": name.replace("_", " "), "scale": "log"} for name in alone[0]}
    about |= {name: {"about": name.replace("_", " "), "scale": "log", "relation": "true"} for name in related[0]}
    values = {name: [row[name] for row in alone] for name in alone[0]} | {name: [row[name] for row in related] for name in related[0]}
    names = [name for name, _ in chosen]
    truth = [marked[name] for name in names]
    return tables.made("fraud", "Is this user fraudulent?", [0] * len(names), truth, [DAY] * len(names), names, values, about)


def fraud(bench, entry):
    for at, folder in enumerate(bench.paths(entry)):
        path, marked = tables_of(folder)
        work = bench.folder(f"ratings-{at}")
        (work / "ratings.toml").write_text(MAPPING)
        configuration = f'[[source]]\nname = "ratings"\nmapping = "{work / "ratings.toml"}"\nreliability = "B"\n'
        archive = Archive(bench.program, work / "archive", configuration)
        run = archive.record("2020-01-01", [f"ratings={path}"])
        rows = label_rows(run, marked)
        yield from score(bench, archive, rows)


def score(bench, archive, rows):
    """Yields the scores by folds: the program's model, the Python baseline, and the gain of relations."""
    every, plain = rows.names(), rows.names(relation=False)
    simple = [name for name in SIMPLE if name in rows.values]
    positives = int(rows.label.sum())
    baseline = learners.folds(rows, simple, FOLDS, bench.seed)["forest"]
    facts = {"n": len(rows), "positives": positives}
    base = scores.average_precision(rows.label, baseline)
    learned, without = learners.folds(rows, every, FOLDS, bench.seed), learners.folds(rows, plain, FOLDS, bench.seed)
    own = trained.folds(bench, archive, rows, every, FOLDS)
    own_without = trained.folds(bench, archive, rows, plain, FOLDS) if own is not None else None
    series = {f"scikit-learn {name}": values for name, values in learned.items()}
    series = ({"Araneus": own} if own is not None else {}) | series
    for name, values in series.items():
        label = None if name == "Araneus" else name
        low, high = scores.interval(rows.lineage, lambda at: scores.average_precision(rows.label[at], values[at]))
        beside = ("forest on 6 simple features", base)
        yield result("average_precision", scores.average_precision(rows.label, values), label=label, low=low, high=high, beside=beside, **facts)
        low, high = scores.interval(rows.lineage, lambda at: scores.auc(rows.label[at], values[at]))
        yield result("auc", scores.auc(rows.label, values), label=label, low=low, high=high, beside=("forest on 6 simple features", scores.auc(rows.label, baseline)), **facts)
        rate = np.full(len(rows), rows.label.mean())
        yield result("brier", scores.brier(rows.label, values), label=label, beside=("base rate", scores.brier(rows.label, rate)), **facts)
    pairs = {f"scikit-learn {name}": (learned[name], without[name]) for name in learned}
    pairs = ({None: (own, own_without)} if own is not None else {}) | pairs
    for label, (with_them, without_them) in pairs.items():
        gain, low, high = outcomes.paired(rows, with_them, without_them)
        beside = ("same model without relations", scores.average_precision(rows.label, without_them))
        yield result("gain_of_relations", gain, label=label, low=low, high=high, beside=beside, **facts)
    bench.plot("precision-recall", "fraudulent users", {name: (rows.label, values) for name, values in [*series.items(), ("6 simple features", baseline)]})
    bench.plot("reliability", "fraudulent users", {name: (rows.label, values) for name, values in list(series.items())[:2]})


TASKS = {6: fraud}
