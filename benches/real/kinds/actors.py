"""Task 3: actors of a curated list that gain activity: references, synonyms and related entries."""

import numpy as np

import labels as tables
import outcomes
import series
import trained
from files import Unusable, document
from kinds.releases import cut_of, microseconds
from program import published

OUTCOME = "actor-activity"
AHEAD, LEAST, HISTORY, BULK_ACTORS = 3, 2, 15, 50
# Columns of the table `metrics` that say what relations add. The program's own columns of this outcome have none.
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
    """Returns, for each entity of a run, the ids of its objects in the source, and its rows of metrics."""
    run = archive.runs[step.as_of]
    objects, metrics = {}, {row["entity_id"]: row for row in published(run, "metrics").to_pylist()}
    for row in published(run, "evidence").select(["subject_id", "object_id"]).to_pylist():
        if row["object_id"]:
            objects.setdefault(row["subject_id"], []).append(row["object_id"])
    return objects, metrics


def edited_actors(before, after):
    """Returns the number of actors whose weight a step changes."""
    return sum(before[name] != after[name] for name in before if name in after)


class Truth:
    """For each row of the label table: the label, the weight, its change, and the actors edited until the label; by the files alone."""

    def __init__(self, steps, labels, tables_of):
        count = len(labels)
        self.label, self.weight, self.change, self.edited = (np.full(count, np.nan) for _ in range(4))
        self.measures = {name: np.full(count, np.nan) for name in MEASURES}
        self.items, self.positives = 0, 0
        true = [weights(step.path) for step in steps]
        for at in range(HISTORY, len(steps) - AHEAD):
            now, later, before = true[at], true[at + AHEAD], true[at - AHEAD]
            # The largest number of actors that one of the steps until the label edits.
            edits = max(edited_actors(true[at + step], true[at + step + 1]) for step in range(AHEAD))
            alive = [name for name in now if name in later]
            self.items, self.positives = self.items + len(alive), self.positives + sum(later[name] - now[name] >= LEAST for name in alive)
            objects, metrics = tables_of(steps[at])
            for row in np.flatnonzero(cut_of(labels, steps[at])):
                name = next((one for one in objects.get(labels.lineage[row], []) if one in now and one in later), None)
                if name is None:
                    continue
                self.label[row], self.weight[row], self.edited[row] = later[name] - now[name] >= LEAST, now[name], edits
                self.change[row] = now[name] - before[name] if name in before else np.nan
                for measure, column in self.measures.items():
                    value = metrics.get(labels.lineage[row], {}).get(measure)
                    column[row] = np.nan if value is None else value


def label_rows(bench, archive, steps):
    """Returns the program's label table with the labels of the files and with measures of relations, and the truth."""
    archive.command("backtest", "--outcome", OUTCOME)
    rows = tables.read(archive.out / f"backtest-{OUTCOME}.arrow")
    truth = Truth(steps, rows, lambda step: measured(archive, step))
    known = ~np.isnan(truth.label)
    agreed = int(np.sum(rows.label[known] == truth.label[known]))
    bench.note(
        f"task 3: {known.sum()} rows, {int(truth.label[known].sum())} positives; by the files {truth.items} and {truth.positives}; "
        f"labels agree in {agreed} of {known.sum()} rows"
    )  # fmt: skip
    rows.label = truth.label
    for name, column in truth.measures.items():
        rows.values[name] = column
        rows.about[name] = {"about": f"{name.replace('_', ' ')} of the actor", "scale": "rank", "family": "bench", "relation": "true", "sign": "", "role": "feature"}
    return rows, truth


def activity(bench, entry):
    if not bench.program.can("backtest", "--outcome"):
        raise Unusable("this program's backtest has no --outcome")
    archive, steps = series.archive(bench, entry)
    steps = [step for step in steps if step.is_good]
    if len(steps) <= HISTORY + AHEAD:
        raise Unusable(f"{len(steps)} snapshots are too few")
    labels, truth = label_rows(bench, archive, steps)
    path = archive.folder / "activity.arrow"
    tables.write(path, labels)
    known, own_steps, until = ~np.isnan(labels.label), [step for step in steps if not step.is_history], None
    if not known.any():
        raise Unusable("the label table has no row of a known actor")
    # All cuts are asked; models need two fifths of them as history.
    cuts = np.unique(labels.run[known])
    late = known & (labels.run >= cuts[2 * len(cuts) // 5])
    if len(own_steps) < len(steps):
        until = microseconds(max(step.moment for step in steps if step.is_history))
        late = known & (labels.known_at > until)
    if not late.any():
        raise Unusable("no cut is judged")
    own = trained.scores(bench, archive, path, labels, late, until)
    baselines = {"weight now": truth.weight, "change of three steps": truth.change}
    columns = {name: labels.values[name] for name in labels.names("feature", relation=False)}
    calm = truth.edited <= BULK_ACTORS
    for title, judged in (("all", late), ("without bulk edits", late & calm)):
        if not judged.any() or not labels.label[judged].sum():
            continue
        main = {"trained": own.rank} | own.others if own else columns
        probabilities = {"trained": own.probability} if own else {}
        yield from outcomes.binary(bench, labels, judged, title, main, baselines, is_ranked=True, probabilities=probabilities, trained_on=own.on if own else None)
        yield from trained.gain_rows(own, labels, judged, title)
    first = own.rank if own else next(iter(columns.values()))
    yield from outcomes.python_baseline(bench, labels, late, "all", first, is_ranked=True, until=until, refits=4)


TASKS = {3: activity}
