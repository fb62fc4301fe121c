"""The program's own trained models on a label table: `train --rows` and `evaluate --rows`, and the tables that they write."""

import shutil
from dataclasses import dataclass

import numpy as np

import labels as tables
import scores as measures
from files import document, table
from results import result

WITHOUT, REWIRED = "without relations", "rewired links"
FROZEN = "frozen"
# Kinds of models, each of which is also judged alone.
KINDS = ("single column", "logistic", "forest", "boosted trees", "mean rank")
DAY = 86_400_000_000


@dataclass
class Trained:
    """Scores and probabilities of one model on the rows of a label table, NaN where it scored none."""

    kind: str
    on: str
    rank: np.ndarray
    probability: np.ndarray
    variants: dict
    others: dict


def columns_of(path, labels):
    """Returns (score, probability) of each model on the rows of a label table, from the table `scores`."""
    row_of = {candidate: at for at, candidate in enumerate(labels.candidate)}
    found = {}
    written = table(path)
    for part in written.select(["candidate_id", "model", "score", "probability"]).to_pylist():
        both = found.setdefault(part["model"], (np.full(len(labels), np.nan), np.full(len(labels), np.nan)))
        row = row_of[part["candidate_id"]]
        both[0][row] = part["score"]
        both[1][row] = np.nan if part["probability"] is None else part["probability"]
    return found


def date_of(time):
    """Returns a time in microseconds as RFC 3339."""
    return f"{np.datetime64(int(time), 'us')}Z"


def preferred(by_model, judged):
    """Returns the kind that counts as the program's model, by a rule that reads no judged label.

    The mean of ranks counts where trees were trained, which needs many positives. Else it is the regression.
    """
    for kind, needed in (("mean rank", "forest"), ("logistic", "logistic")):
        if needed in by_model and kind in by_model and not np.isnan(by_model[kind][0][judged]).any():
            return kind
    return None


def scores(bench, archive, path, labels, judged, until):
    """Returns the program's model on the judged rows; None if it trains none.

    Without `until`, each cut is scored by models of the labels known at that cut.
    With `until`, one model of the labels known then is stored and applied to the later rows as it is.
    """
    if not bench.program.can("train", "--rows"):
        bench.note("this program's train has no --rows: no trained model")
        return None
    start = labels.run[judged].min()
    out = archive.folder / "evaluated"
    shutil.rmtree(out, ignore_errors=True)
    if until is None:
        archive.command("--out", out, "evaluate", "--rows", path, "--from", date_of(start))
        by_model, on = columns_of(out / "scores.arrow", labels), "earlier cuts of the same series"
        kind = preferred(by_model, judged)
        if kind is None:
            bench.note(f"{labels.facts.get('outcome')}: {document(out / 'evaluation.json')['comparison'].get('untrained') or 'no kind scored all judged rows'}")
            return None
        name = kind
    else:
        known = ~np.isnan(labels.label) & (labels.known_at <= until)
        history, model = archive.folder / "history.arrow", archive.folder / "trained"
        shutil.rmtree(model, ignore_errors=True)
        tables.write(history, labels.where(known))
        archive.command("train", "--rows", history, "--as", FROZEN, "--out", model)
        kind = document(model / "evaluation.json")["comparison"]["chosen"]
        archive.command("--out", out, "evaluate", "--rows", path, "--against", FROZEN, "--from", date_of(start))
        by_model, on, name = columns_of(out / "scores.arrow", labels), "the history of --train, frozen", FROZEN
    rank, probability = by_model[name]
    bench.note(f"{labels.facts.get('outcome')}: the program's model is {kind}, trained on {on}")
    if np.isnan(rank[judged]).all():
        return None
    variants = {variant: by_model[f"{kind}, {variant}"][0] for variant in (WITHOUT, REWIRED) if f"{kind}, {variant}" in by_model}
    if until is None:
        variants["with relations"] = rank
    elif kind in by_model:
        variants["with relations"] = by_model[kind][0]
    others = {one: both[0] for one, both in by_model.items() if one in KINDS and one != name and not np.isnan(both[0][judged]).any()}
    return Trained(kind, f"{kind}: {on}", rank, probability, variants, others)


def gain_rows(own, labels, judged, label, score=measures.average_precision):
    """Yields the paired differences that relations make on the same rows: without them, and with rewired links."""
    if own is None or "with relations" not in own.variants:
        return
    rows = labels.where(judged)
    ours = own.variants["with relations"][judged]
    for variant, metric in ((WITHOUT, "gain_of_relations"), (REWIRED, "gain_over_rewired_links")):
        if variant not in own.variants:
            continue
        other = own.variants[variant][judged]
        both = ~np.isnan(ours) & ~np.isnan(other)
        part, one, two = rows.where(both), ours[both], other[both]
        if not len(part):
            continue
        difference = lambda at: score(part.label[at], one[at]) - score(part.label[at], two[at])
        every = np.arange(len(part))
        low, high = measures.interval(part.lineage, difference, rounds=400)
        beside = (f"same model, {variant}", score(part.label, two))
        yield result(metric, difference(every), label=label, low=low, high=high, beside=beside, n=len(part), positives=int(part.label.sum()), trained_on=own.on)


def folds(bench, archive, rows, names, count):
    """Returns probabilities by folds, for labels that have no time; None if this program cannot train on rows.

    For each fold, the other rows are earlier cuts, whose labels are known, and the fold is the last cut.
    """
    if not bench.program.can("train", "--rows"):
        return None
    from sklearn.model_selection import StratifiedKFold

    found = np.full(len(rows), np.nan)
    draw = np.random.default_rng(bench.seed)
    for at, (_, test) in enumerate(StratifiedKFold(count, shuffle=True, random_state=bench.seed).split(rows.label, rows.label)):
        part = rows.where(np.arange(len(rows)))
        part.values, part.about = {name: rows.values[name] for name in names}, {name: rows.about[name] for name in names}
        part.run = draw.integers(0, 4, len(rows)) * DAY
        part.run[test] = 10 * DAY
        part.known_at = part.run + DAY // 2
        part.facts = rows.facts | {"horizon_days": "0"}
        part.facts.pop("horizon_runs", None)
        path, out = archive.folder / f"fold-{at}.arrow", archive.folder / f"fold-{at}"
        shutil.rmtree(out, ignore_errors=True)
        tables.write(path, part)
        archive.command("--out", out, "evaluate", "--rows", path)
        chosen = document(out / "evaluation.json")["comparison"]["chosen"]
        rank, probability = columns_of(out / "scores.arrow", part)[chosen]
        found[test] = np.where(np.isnan(probability), rank, probability)[test]
    return None if np.isnan(found).any() else found
