"""Task 11: techniques that reports name together: some are hidden, the rest are ranked."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np

import labels as tables
import learners
import outcomes
import scores
from files import Unusable, lines_of_json
from kinds.releases import completion_rows, microseconds, score_of
from program import Archive
from results import result

MAPPING = """about = "Techniques by report: columns report and technique."

[[entity]]
as = "report"
kind = "campaign"
key = "{report}"

[[entity]]
as = "technique"
kind = "attack-pattern"
key = "{technique}"

[[link]]
from = "report"
to = "technique"
kind = "uses"
"""
FOLDS, AT = 5, 20
# Two releases lie apart; which days they are changes nothing.
FIRST_DAY, APART = date(2020, 1, 1), timedelta(days=60)


def write(path, reports):
    lines = [f"{json.dumps(str(name))},{technique}\n" for name, techniques in reports for technique in techniques]
    path.write_text("report,technique\n" + "".join(lines))


def recall_at(rows, values, count):
    """Returns the share of hidden techniques among the first answers, for each question, and its unit."""
    found, units = [], []
    for query in np.unique(rows.query):
        part = np.flatnonzero(rows.query == query)
        if rows.label[part].sum():
            found.append(scores.recall_at(rows.label[part], values[part], count))
            units.append(rows.lineage[part[0]])
    return np.array(found), np.array(units, object)


def techniques(bench, entry):
    if not bench.program.can("run", "--record-only") or not bench.program.can("backtest", "--outcome"):
        raise Unusable("this program records nothing without an analysis, or its backtest has no --outcome")
    for path in bench.paths(entry):
        reports = [(f"report-{at}", sorted(one["mitre_techniques"])) for at, one in enumerate(lines_of_json(path))]
        fold_of = np.random.default_rng(bench.seed).integers(0, FOLDS, len(reports))
        parts = []
        for fold in range(FOLDS):
            folder = bench.folder(f"techniques-{fold}")
            (folder / "techniques.toml").write_text(MAPPING)
            configuration = f'[[source]]\nname = "reports"\nmapping = "{folder / "techniques.toml"}"\nreliability = "B"\n'
            archive = Archive(bench.program, folder / "archive", configuration)
            for at, is_new in enumerate((False, True)):
                file = folder / f"{at}.csv"
                write(file, [one for one, mine in zip(reports, fold_of) if (mine == fold) == is_new])
                archive.command("run", f"reports={file}", "--as-of", (FIRST_DAY + at * APART).isoformat(), "--record-only")
            archive.command("backtest", "--outcome", "completion")
            rows = tables.read(archive.out / "backtest-completion.arrow")
            second = microseconds(datetime.combine(FIRST_DAY + APART, datetime.min.time(), UTC))
            parts.append(rows.where(rows.run >= second))
        rows, fold = joined(parts), np.repeat(np.arange(FOLDS), [len(part) for part in parts])
        bench.note(f"techniques: {len(set(rows.query))} of {len(reports)} reports name enough known techniques for a question; half of each are hidden")
        yield from completion_rows(bench, rows, None)
        yield from recall_rows(rows)
        if bench.has_python:
            names = [name for name in rows.names() if name != score_of(rows)]
            metrics = {"mean_average_precision": outcomes.mean_average_precision, f"recall_at_{AT}": lambda rows, values: recall_at(rows, values, AT)}
            yield from outcomes.python_questions(bench, rows, None, rows.values[score_of(rows)], metrics, learners.groups(rows, names, fold, bench.seed))


def joined(parts):
    """Returns the rows of all folds as one."""
    first = parts[0].where(np.arange(len(parts[0])))
    for name in ("run", "label", "known_at", "lineage", "subject", "query", "raised", "candidate"):
        setattr(first, name, np.concatenate([getattr(part, name) for part in parts]))
    first.values = {name: np.concatenate([part.values[name] for part in parts]) for name in first.values}
    return first


def recall_rows(rows):
    """Yields recall among the first answers, beside the most used techniques."""
    ours, units = recall_at(rows, rows.values[score_of(rows)], AT)
    others = {name: recall_at(rows, rows.values[name], AT)[0] for name in rows.names("baseline", relation=False)}
    best = max(others, key=lambda name: others[name].mean(), default=None)
    low, high = scores.interval(units, lambda at: float(ours[at].mean()))
    beside = (best, float(others[best].mean())) if best else None
    yield result(f"recall_at_{AT}", float(ours.mean()), low=low, high=high, beside=beside, n=len(ours))


TASKS = {11: techniques}
