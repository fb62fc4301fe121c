"""Task 3: actors of a curated list that gain activity: references, synonyms and related entries."""

import numpy as np

import labels as tables
import outcomes
import series
import trained
from files import Unusable, document
from kinds.releases import microseconds
from program import published

AHEAD, LEAST, HISTORY, BULK_ACTORS = 3, 2, 15, 50
MEASURES = ("degree", "strength", "pagerank", "core_number")


def weights(path):
    """Returns the weight of each actor of a list, by its uuid, else its name: the truth, by the file alone."""
    found = {}
    for value in document(path).get("values", []):
        meta = value.get("meta", {})
        count = lambda held: len(held) if isinstance(held, list) else int(bool(held))
        found[value.get("uuid") or value["value"]] = count(meta.get("refs")) + count(meta.get("synonyms")) + count(value.get("related"))
    return found


def measured(archive, step):
    """Returns the rows of a run's tables for each actor, by the id of its object in the source."""
    run = archive.runs[step.as_of]
    objects = {}
    for row in published(run, "evidence").select(["subject_id", "object_id"]).to_pylist():
        if row["object_id"]:
            objects.setdefault(row["subject_id"], row["object_id"])
    metrics = {row["entity_id"]: row for row in published(run, "metrics").to_pylist()}
    found = {}
    for row in published(run, "entities").to_pylist():
        if row["entity_id"] in objects:
            own = metrics.get(row["entity_id"], {})
            found[objects[row["entity_id"]]] = {"names": len(row["aliases"])} | {name: own.get(name) for name in MEASURES}
    return found


def edited_actors(before, after):
    """Returns the number of actors whose weight a step changes."""
    return sum(before[name] != after[name] for name in before if name in after)


def label_rows(steps, true, tables_of):
    """Returns a row for each actor and cut, with the features of the program's tables and their changes."""
    columns = {}
    run, label, known_at, subject, weight, change, edited = [], [], [], [], [], [], []
    for at in range(HISTORY, len(steps) - AHEAD):
        now, later, before = true[at], true[at + AHEAD], true[at - AHEAD]
        # The largest number of actors that one of the steps until the label edits.
        edits = max(edited_actors(true[at + step], true[at + step + 1]) for step in range(AHEAD))
        for name in now:
            if name not in later:
                continue
            run.append(microseconds(steps[at].moment))
            known_at.append(microseconds(steps[at + AHEAD].moment))
            label.append(later[name] - now[name] >= LEAST)
            subject.append(name)
            weight.append(now[name])
            change.append(now[name] - before[name] if name in before else np.nan)
            edited.append(edits)
            own, earlier = tables_of[at].get(name, {}), tables_of[at - AHEAD].get(name, {})
            for measure in ("names", *MEASURES):
                value, old = own.get(measure), earlier.get(measure)
                columns.setdefault(measure, []).append(np.nan if value is None else value)
                columns.setdefault(f"{measure}_change", []).append(np.nan if value is None or old is None else value - old)
    about = {}
    for name in columns:
        of_links = not name.startswith("names")
        about[name] = {"about": f"{name.replace('_', ' ')} of the actor", "scale": "rank", "relation": "true" if of_links else "false"}
    made = tables.made("activity", "Will this actor gain entries?", run, label, known_at, subject, columns, about, horizon=("horizon_runs", str(AHEAD)))
    made.candidate = np.array([f"{one}-{time}" for one, time in zip(subject, run)], object)
    return made, np.array(weight, float), np.array(change, float), np.array(edited)


def activity(bench, entry):
    archive, steps = series.archive(bench, entry)
    steps = [step for step in steps if step.is_good]
    if len(steps) <= HISTORY + AHEAD:
        raise Unusable(f"{len(steps)} snapshots are too few")
    true = [weights(step.path) for step in steps]
    labels, weight, change, edited = label_rows(steps, true, [measured(archive, step) for step in steps])
    path = archive.folder / "activity.arrow"
    tables.write(path, labels)
    own_steps = [step for step in steps if not step.is_history]
    until = None
    # All cuts are asked; models need two fifths of them as history.
    cuts = np.unique(labels.run)
    late = labels.run >= cuts[2 * len(cuts) // 5]
    if len(own_steps) < len(steps):
        until = microseconds(max(step.moment for step in steps if step.is_history))
        late = labels.known_at > until
    if not late.any():
        raise Unusable("no cut is judged")
    own = trained.scores(bench, archive, path, labels, late, until)
    baselines = {"weight now": weight, "change of three steps": change}
    untrained = {name: labels.values[name] for name in ("degree", "names", "strength")}
    calm = edited <= BULK_ACTORS
    for title, judged in (("all", late), ("without bulk edits", late & calm)):
        if not judged.any() or not labels.label[judged].sum():
            continue
        main = ({"trained": own.rank} | own.others if own else {}) | untrained
        probabilities = {"trained": own.probability} if own else {}
        yield from outcomes.binary(bench, labels, judged, title, main, baselines, is_ranked=True, probabilities=probabilities, trained_on=own.on if own else None)
        yield from trained.gain_rows(own, labels, judged, title)
    yield from outcomes.python_baseline(bench, labels, late, "all", own.rank if own else labels.values["degree"], is_ranked=True, until=until, refits=4)


TASKS = {3: activity}
