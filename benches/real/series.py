"""Series of snapshots: their steps by date, also joined with the history of `--train`, and the archive that has read them."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from files import Unusable, either, lines_of_json, rows
from program import Archive

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(order=True)
class Step:
    """One delivery of a series: its moment, its name in the truth, its file, and where it comes from."""

    moment: datetime
    as_of: str
    name: str
    path: Path
    is_good: bool = True
    is_history: bool = False


def moment(text):
    """Returns a time; a bare date is the end of that day in UTC, as the program reads it."""
    if DAY.fullmatch(text):
        return datetime.fromisoformat(f"{text}T23:59:59+00:00")
    return datetime.fromisoformat(text).astimezone(UTC)


def releases(data, entry, _folder):
    """Returns the steps of dated files that an index lists."""
    index = data / entry["index"]
    steps = []
    for row in rows(index):
        path = index.parent / row["file"]
        date = next((row[column] for column in ("tag_date", "date", "recorded_at") if row.get(column)), None)
        if date is None:
            raise Unusable(f"{index} has no column tag_date")
        steps.append(Step(moment(date), date, path.name.split(".json")[0], path))
    return steps


def snapshots(data, entry, folder):
    """Returns the steps of a series in JSON lines; the file of each day is written to a folder."""
    steps = []
    folder.mkdir(parents=True, exist_ok=True)
    for path in (data / path for path in entry["paths"]):
        for line in lines_of_json(path):
            written = folder / f"{line['snapshot']}.json"
            written.write_text(json.dumps(line["cluster"]))
            steps.append(Step(moment(line["snapshot"]), line["snapshot"], line["snapshot"], written))
    broken = data / entry["broken"] if "broken" in entry else None
    for path in sorted(broken.iterdir()) if broken and broken.is_dir() else []:
        day = DAY.search(path.name)
        if day and day[0] not in {step.name for step in steps}:
            steps.append(Step(moment(day[0]), day[0], day[0], path, is_good=False))
    return steps


LOADERS = {"stix-releases": releases, "galaxy-snapshots": snapshots}


def steps(bench, entry):
    """Returns all steps of a series in order of time; steps of the history of `--train` come from there."""
    load = LOADERS[entry["kind"]]
    own = load(bench.data, entry, bench.work / f"{entry['name']}-files")
    earlier = bench.history(entry)
    if earlier and bench.history_data != bench.data:
        known = {step.name for step in own}
        for step in load(bench.history_data, earlier, bench.work / f"{entry['name']}-history"):
            if step.name not in known:
                step.is_history = True
                own.append(step)
    return sorted(own)


def archive(bench, entry):
    """Returns (archive, steps) after a run for each step; tasks on one series share it."""

    def make():
        series = steps(bench, entry)
        configuration = f'[[source]]\nname = "{entry["name"]}"\nmode = "snapshot"\nreliability = "B"\n'
        made = Archive(bench.program, bench.folder(entry["name"]), configuration)
        for step in series:
            made.record(step.as_of, [f"{entry['name']}={step.path}"])
        return made, series

    return bench.once(("series", entry["name"]), make)


def truth_of_steps(bench, entry):
    """Returns the true counts of each step by (from, to)."""
    found = {}
    histories = [(bench.history_data, bench.history(entry))] if bench.history_data else []
    for data, one in [*histories, (bench.data, entry)]:
        if one and "truth" in one:
            for row in rows(either(data / one["truth"])):
                found[row["from"], row["to"]] = {key: int(value or 0) for key, value in row.items() if key not in ("from", "to")}
    if not found:
        raise Unusable("the input names no truth")
    return found
