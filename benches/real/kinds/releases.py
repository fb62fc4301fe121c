"""Tasks 1 and 15: what grows from release to release, and what else a new subject will be seen to use."""


from datetime import UTC, datetime

import numpy as np

import labels as tables
import outcomes
import scores
import series
import trained
from files import Unusable, document
from program import published
from results import result

USERS = {"intrusion-set", "malware", "tool", "campaign"}
# Outcome of the program, releases until its label, and the label's rule by the users of today.
GROWTH = {"A": ("growth", 1, lambda users: max(3.0, 0.1 * users)), "C": ("growth-2", 2, lambda users: max(5.0, 0.2 * users))}


def is_live(one):
    return not one.get("revoked") and not one.get("x_mitre_deprecated")


def users_of(step):
    """Returns the number of live users of each live technique of a release: the truth, by the file alone."""
    objects = document(step.path).get("objects", [])
    live = {one["id"]: one["type"] for one in objects if is_live(one)}
    users = {name: set() for name, kind in live.items() if kind == "attack-pattern"}
    for one in objects:
        if one["type"] == "relationship" and one.get("relationship_type") == "uses" and is_live(one):
            if one["target_ref"] in users and live.get(one["source_ref"]) in USERS:
                users[one["target_ref"]].add(one["source_ref"])
    return {name: len(held) for name, held in users.items()}


def microseconds(moment):
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def cut_of(labels, step):
    """Returns the rows of the cut of a step: the first cut at or after its time, within a day."""
    time = microseconds(step.moment)
    return (labels.run >= time - 1_000_000) & (labels.run < time + 86_400_000_000)


def object_ids(archive, step):
    """Returns the ids of the source's objects behind each entity of a run."""
    found = {}
    for row in published(archive.runs[step.as_of], "evidence").select(["subject_id", "object_id"]).to_pylist():
        if row["object_id"] and row["object_id"].startswith("attack-pattern--"):
            found.setdefault(row["subject_id"], []).append(row["object_id"])
    return found


def true_labels(archive, labels, steps, ahead, rule):
    """Replaces the labels by those of the files, where the entity of a row is known; returns the rows that agreed."""
    users = [users_of(step) for step in steps]
    agreed, compared = 0, 0
    items = {}
    for at, step in enumerate(steps):
        rows = np.flatnonzero(cut_of(labels, step))
        ids = object_ids(archive, step)
        later = users[at + ahead] if at + ahead < len(steps) else None
        for row in rows:
            names = [name for name in ids.get(labels.lineage[row], []) if name in users[at]]
            if later is None or not names or names[0] not in later:
                continue
            true = float(later[names[0]] - users[at][names[0]] >= rule(users[at][names[0]]))
            compared += 1
            agreed += true == labels.label[row]
            labels.label[row] = true
        if later is not None:
            alive = [name for name in users[at] if name in later]
            items[step.name] = (len(alive), sum(later[name] - users[at][name] >= rule(users[at][name]) for name in alive))
    return agreed, compared, items


def judged_steps(bench, entry, steps, ahead):
    """Returns the releases at which the outcome is asked, and the time at which the history of `--train` ends."""
    own = [step for step in steps if not step.is_history]
    if any(step.is_history for step in steps):
        # The last release of the history is asked about too: its outcome is in the new data.
        last = max(step for step in steps if step.is_history and step < own[0]) if any(step < own[0] for step in steps if step.is_history) else None
        start = steps.index(last) if last else steps.index(own[0])
        until = microseconds(last.moment) if last else None
    else:
        first = entry.get("first_for_forecast")
        start = next((at for at, step in enumerate(steps) if first and first.startswith(step.name)), len(steps) // 2)
        until = None
    return steps[start : len(steps) - ahead], until


def growth(bench, entry):
    archive, steps = series.archive(bench, entry)
    steps = [step for step in steps if step.is_good]
    if not bench.program.can("backtest", "--outcome"):
        raise Unusable("this program's backtest has no --outcome")
    for label, (outcome, ahead, rule) in GROWTH.items():
        archive.command("backtest", "--outcome", outcome)
        path = archive.out / f"backtest-{outcome}.arrow"
        labels = tables.read(path)
        agreed, compared, items = true_labels(archive, labels, steps, ahead, rule)
        asked, until = judged_steps(bench, entry, steps, ahead)
        judged = np.zeros(len(labels), bool)
        for step in asked:
            judged |= cut_of(labels, step)
        judged &= ~np.isnan(labels.label)
        true = [items[step.name] for step in asked if step.name in items]
        bench.note(
            f"task 1 {label}: {judged.sum()} rows, {int(labels.label[judged].sum())} positives; by the files {sum(n for n, _ in true)} and "
            f"{sum(n for _, n in true)}; labels agree in {agreed} of {compared} rows"
        )  # fmt: skip
        if not judged.any():
            raise Unusable("the label table has no row at a judged release")
        closed = {name: labels.values[name] for name in labels.names("forecast")}
        own = trained.scores(bench, archive, path, labels, judged, until)
        main = {"trained": own.rank} | own.others if own else {}
        probabilities = ({"trained": own.probability} if own else {}) | closed
        baselines = {name: labels.values[name] for name in labels.names("baseline")}
        facts = {"is_ranked": True, "trained_on": own.on if own else None}
        yield from outcomes.binary(bench, labels, judged, label, main | closed, baselines, probabilities=probabilities, **facts)
        yield from trained.gain_rows(own, labels, judged, label)
        first = next(iter((main | closed).values()))
        yield from outcomes.python_baseline(bench, labels, judged, label, first, is_ranked=True, until=until)


def completion(bench, entry):
    archive, steps = series.archive(bench, entry)
    steps = [step for step in steps if step.is_good]
    if not bench.program.can("backtest", "--outcome"):
        raise Unusable("this program's backtest has no --outcome")
    archive.command("backtest", "--outcome", "completion")
    labels = tables.read(archive.out / "backtest-completion.arrow")
    # The label of a new subject is known at its own release, so that releases of the history are not asked about.
    asked, until = judged_steps(bench, entry, steps, 0)
    judged = np.zeros(len(labels), bool)
    for step in (step for step in asked if not step.is_history):
        judged |= cut_of(labels, step)
    yield from completion_rows(bench, labels.where(judged), None)
    ours, metrics = labels.values[score_of(labels)], {"mean_average_precision": outcomes.mean_average_precision}
    yield from outcomes.python_forward(bench, labels, judged, None, ours, metrics, until=until)


def score_of(rows):
    """Returns the name of the program's score of a question's rows."""
    return next((name for name in rows.names("score")), None) or next(iter(rows.names("baseline", relation=True)), "score")


def completion_rows(bench, rows, label):
    """Yields the mean average precision over new subjects, beside the popularity of what is asked about."""
    if not len(rows):
        raise Unusable("the label table has no new subject")
    ours, units = outcomes.mean_average_precision(rows, rows.values[score_of(rows)])
    low, high = scores.interval(units, lambda at: float(ours[at].mean()))
    others = {name: outcomes.mean_average_precision(rows, rows.values[name])[0] for name in rows.names("baseline", relation=False)}
    best = max(others, key=lambda name: others[name].mean(), default=None)
    beside = (best, float(others[best].mean())) if best else None
    yield result("mean_average_precision", float(ours.mean()), label=label, low=low, high=high, beside=beside, n=len(ours), positives=int(rows.label.sum()))
    for name, values in others.items():
        yield result("mean_average_precision", float(values.mean()), label=f"{label}: {name}" if label else name, n=len(values))
    if best:
        difference = ours - others[best]
        low, high = scores.interval(units, lambda at: float(difference[at].mean()))
        yield result("gain_of_relations", float(difference.mean()), label=label, low=low, high=high, beside=(best, 0.0), n=len(ours))


TASKS = {1: growth, 15: completion}
