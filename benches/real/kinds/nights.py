"""Tasks 10, 13 and 14: nightly lists of indicators. Surges that carry on, and the subject that a new report belongs to."""

import csv
import io
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np

import labels as tables
import outcomes
import trained
from files import Unusable, either, raw, rows
from kinds.releases import microseconds
from program import Archive
from results import mean, result
from scores import interval

MAPPING = "reported-indicators"
NIGHT = re.compile(r"indicators-(\d{4}-\d{2}-\d{2})\.csv(\.zst)?$")
TIMES_OF_ROWS = ("told", "recorded_at", "reported_at", "date")
GAP_NIGHTS, TEST_SHARE = 14, 0.4
# The rule of a surge, and the label that it carries on: outcomes are judged by these, whatever the program has.
WINDOW, LEVEL, LEAST, TIMES, SEPARATE, QUIET, LATER_LEAST, LATER_NIGHTS = 7, 28, 10, 3, 2, 14, 10, 3


def nights_of(folders):
    """Returns the files of each night: (date, paths)."""
    found = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.iterdir()):
            night = NIGHT.search(path.name)
            if night:
                found[night[1]].append(path)
                reports = either(path.with_name(f"reports-{night[1]}.csv"))
                found[night[1]] += [reports] if reports.is_file() else []
    return dict(sorted(found.items()))


def as_delivered(path, night, folder):
    """Writes a table with the night of its delivery as the time of each row, whatever zone the file uses."""
    folder.mkdir(exist_ok=True)
    table = csv.reader(io.StringIO(raw(path).decode("utf-8-sig"), newline=""))
    header = next(table)
    column = next((at for at, name in enumerate(header) if name in TIMES_OF_ROWS), None)
    with (folder / path.name.removesuffix(".zst")).open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(header if column is not None else [*header, TIMES_OF_ROWS[0]])
        for row in table:
            if column is None:
                row.append(f"{night}T12:00:00Z")
            elif row:
                row[column] = f"{night}T12:00:00Z"
            out.writerow(row)


class Nights:
    """The nights of an input joined with those of the history, and the archive that recorded them."""

    def __init__(self, bench, entry):
        own, earlier = nights_of(bench.paths(entry)), bench.history(entry)
        history = nights_of([bench.history_data / path for path in earlier["paths"]]) if earlier and bench.history_data else {}
        self.files = dict(sorted((history | own).items()))
        self.dates = list(self.files)
        if len(self.dates) < 3 * GAP_NIGHTS:
            raise Unusable(f"{len(self.dates)} nights are too few")
        self.joined = bool(set(history) - set(own))
        # With a history, its end is where models stop to learn, and all nights of the new data are judged.
        self.first_judged = min(own) if self.joined else self.dates[int(len(self.dates) * (1 - TEST_SHARE))]
        self.until = microseconds(datetime.fromisoformat(f"{max(night for night in history if night < min(own))}T23:59:59+00:00")) + 999_999 if self.joined else None
        source = f'[[source]]\nname = "{entry["name"]}"\nmapping = "{MAPPING}"\nreliability = "B"\nrecorded_at = "object"\n'
        self.archive = Archive(bench.program, bench.folder(entry["name"]), source)
        folder = self.archive.folder / "deliveries"
        for night, paths in self.files.items():
            for path in paths:
                as_delivered(path, night, folder)
        # One run for all: the tables say in which night each row was delivered.
        words = ["run", f"{entry['name']}={folder}", "--as-of", self.dates[-1], "--record-only", "--threads", bench.program.threads]
        self.archive.command(*words)

    def cut(self, night):
        """Returns the as-of time of a night."""
        return microseconds(datetime.fromisoformat(f"{night}T23:59:59+00:00")) + 999_999

    def from_night(self, labels, first=None):
        """Returns the rows whose cut is at or after a night."""
        return labels.run >= self.cut(first or self.first_judged) - 1_000_000


def archive_of(bench, entry):
    if not bench.program.can("run", "--record-only") or not bench.program.can("backtest", "--outcome"):
        raise Unusable("this program records no nights without an analysis, or its backtest has no --outcome")
    return bench.once(("nights", entry["name"]), lambda: Nights(bench, entry))


def first_reports(nights):
    """Returns, for each night after the base, the number of first reports of each family: the truth, by the files alone."""
    known, counts, families = set(), [], set()
    for at, paths in enumerate(nights.files.values()):
        tonight = defaultdict(int)
        fresh = set()
        for path in (path for path in paths if NIGHT.search(path.name)):
            for row in rows(path):
                pair = (row["family"], row["value"].strip().casefold())
                if pair not in known:
                    known.add(pair)
                    fresh.add(pair)
        for family, _ in fresh:
            tonight[family] += 1
        counts.append(({} if at == 0 else dict(tonight), set(families)))
        families |= set(tonight)
    return counts


def true_surges(nights):
    """Returns the surges by the two-night rule, (night, family) to whether it carried on; None if that is not known yet."""
    counts = [tonight for tonight, _ in first_reports(nights)]
    by_family = defaultdict(dict)
    for at, tonight in enumerate(counts):
        for family, count in tonight.items():
            by_family[family][at] = count
    found = {}
    for family, active in by_family.items():
        last = None
        for at in sorted(active):
            window = [active.get(night, 0) for night in range(at - WINDOW + 1, at + 1)]
            before = sum(active.get(night, 0) for night in range(at - WINDOW - LEVEL + 1, at - WINDOW + 1))
            weekly = max(1.0, before * 7 / LEVEL)
            if sum(window) < LEAST or sum(window) < TIMES * weekly or sum(count > 0 for count in window) < SEPARATE:
                continue
            if last is not None and at - last <= QUIET:
                continue
            last = at
            later = [active[night] for night in active if at < night <= at + GAP_NIGHTS]
            carries_on = sum(later) >= LATER_LEAST and len(later) >= LATER_NIGHTS
            found[nights.dates[at], family] = carries_on if at + GAP_NIGHTS < len(counts) else None
    return found


def night_of(time):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(time))).date().isoformat()


def surge(bench, entry):
    nights = archive_of(bench, entry)
    nights.archive.command("backtest", "--outcome", "surge")
    path = nights.archive.out / "backtest-surge.arrow"
    labels = tables.read(path)
    if not len(labels):
        raise Unusable("the label table has no surge")
    true, agreed, compared = true_surges(nights), 0, 0
    for row in range(len(labels)):
        known = true.get((night_of(labels.run[row]), labels.subject[row]))
        if known is not None:
            compared += 1
            agreed += float(known) == labels.label[row]
            labels.label[row] = float(known)
    late = nights.from_night(labels)
    judged = late & ~np.isnan(labels.label)
    late_true = [known for (night, _), known in true.items() if night >= nights.first_judged and known is not None]
    bench.note(
        f"task 13: {judged.sum()} candidates, {int(labels.label[judged].sum())} carried on; by the files {len(late_true)} and {sum(late_true)}; "
        f"labels agree in {agreed} of {compared} rows"
    )  # fmt: skip
    if not judged.any():
        raise Unusable("no surge is judged")
    asked = [night for night in nights.dates if night >= nights.first_judged]
    count = defaultdict(int)
    for time in labels.run[late]:
        count[night_of(time)] += 1
    yield mean("candidates_per_run", [count[night] for night in asked])
    own = trained.scores(bench, nights.archive, path, labels, judged, nights.until)
    baselines = {name: labels.values[name] for name in labels.names() if name in labels.names("baseline") or name in labels.names("feature")}
    best = "nights_28" if "nights_28" in labels.values else labels.names("baseline")[0]
    main = {"trained": own.rank} | own.others if own else {f"{best}, untrained": labels.values[best]}
    probabilities = {"trained": own.probability} if own else {}
    yield from outcomes.binary(bench, labels, judged, "surge", main, baselines, is_ranked=False, probabilities=probabilities, trained_on=own.on if own else None)
    yield from trained.gain_rows(own, labels, judged, "surge")
    first = next(iter(main.values()))
    yield from outcomes.python_baseline(bench, labels, judged, "surge", first, is_ranked=False, until=nights.until, refits=8)


def attribution(bench, entry):
    nights = archive_of(bench, entry)
    nights.archive.command("backtest", "--outcome", "attribution")
    labels = tables.read(nights.archive.out / "backtest-attribution.arrow")
    # All nights after the base are asked: the score is not trained. With a history, those of the new data.
    first = nights.first_judged if nights.joined else nights.dates[1]
    chosen = labels.where(nights.from_night(labels, first))
    if not len(chosen):
        raise Unusable("the label table has no question")
    counts = first_reports(nights)
    asked = sum(sum(family in known for family in tonight) for night, (tonight, known) in zip(nights.dates, counts) if night >= first and tonight)
    found = len(set(chosen.query))
    bench.note(f"task 14: {found} questions, by the files {asked}")
    columns = {name: chosen.values[name] for name in chosen.names("baseline")}
    main = "score" if "score" in columns else next(iter(columns))
    columns = {main: columns[main]} | columns
    yield from outcomes.queries(chosen, None, columns, main, missing=max(0, asked - found))
    shares = {f"share_right_{'first' if count == 1 else f'in_{count}'}": outcomes.first_shares(count) for count in (1, 5)}
    judged = nights.from_night(labels, first)
    yield from outcomes.python_forward(bench, labels, judged, None, labels.values[main], shares, until=nights.until)
    first_rows = chosen.where(chosen.raised)
    if len(first_rows):
        value = float(np.nanmean(first_rows.label))
        low, high = interval(first_rows.lineage, lambda at: float(np.nanmean(first_rows.label[at])))
        yield result("suggestions_right", value, label="clear suggestions", low=low, high=high, n=len(first_rows), positives=int(np.nansum(first_rows.label)))
        yield result("suggestions_per_run", len(first_rows) / max(1, len(set(chosen.run))), label="clear suggestions", n=len(set(chosen.run)))


TASKS = {13: surge, 14: attribution}
