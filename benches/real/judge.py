"""Judges Araneus on real data: loads what `tasks.toml` lists, runs the program, and scores the tables that it wrote."""

import argparse
import json
import math
import os
import resource
import shutil
import sys
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True

import page
import program
from files import Unusable, toml
from kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
KEYS = ("task", "input", "label", "metric", "value", "low", "high", "baseline_name", "baseline", "n", "positives", "trained_on")


def plain(value):
    """Returns a value as JSON has it: NaN and infinities are null, numbers have no trailing noise."""
    if value is None or isinstance(value, (str, bool)):
        return value
    value = float(value)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else round(value, 6)


class Bench:
    """All that a judge uses: the program, the data, the history, a place to work, and what the page shows."""

    def __init__(self, options, inputs, history, araneus):
        self.data, self.history_data = options.data, options.train
        self.inputs, self.history_inputs = inputs, history
        self.program, self.work, self.seed = araneus, options.out / "work", options.seed
        self.has_python, self.keep, self.made, self.plots, self.notes = not options.no_python, options.keep, {}, [], []
        self.chance_draws, self.times, self.judged = options.chance_draws, [], ""

    def once(self, key, make):
        """Returns what an earlier task made under a key, or makes it: tasks on one input share an archive."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def folder(self, name):
        """Returns an empty folder to work in."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def paths(self, entry):
        """Returns the paths of an input."""
        return [self.data / path for path in entry["paths"]]

    def history(self, entry):
        """Returns the same series in the folder of `--train`: same kind and name, else the only one of the kind; or None."""
        same = [other for other in self.history_inputs if other["kind"] == entry["kind"]]
        named = [other for other in same if other["name"] == entry["name"]]
        return (named or (same if len(same) == 1 else [None]))[0]

    def plot(self, kind, title, series):
        """Keeps what a plot of the page shows: names with (labels, scores)."""
        self.plots.append((kind, f"{self.judged}: {title}", series))

    def note(self, text):
        """Keeps a sentence for the page, and prints it."""
        print(f"    {text}", file=sys.stderr, flush=True)
        self.notes.append(text)


def judge(bench, entry, task):
    """Returns the rows of one task on one input; a row with `skipped` if it cannot be judged."""
    head = {"task": task, "input": entry["name"]}
    judges = KINDS.get(entry["kind"])
    if judges is None:
        return [{**head, "skipped": f"there is no judge for the kind {entry['kind']}"}]
    if task not in judges:
        return [{**head, "skipped": f"there is no judge for task {task} on the kind {entry['kind']}"}]
    try:
        found = [{**head, **row} for row in judges[task](bench, entry)]
        return found or [{**head, "skipped": "the judge found nothing to score"}]
    except Unusable as reason:
        return [{**head, "skipped": str(reason)}]
    except program.Failed as reason:
        return [{**head, "skipped": str(reason), "failed": True}]
    except Exception as error:
        traceback.print_exc()
        return [{**head, "skipped": f"{type(error).__name__}: {error}", "failed": True}]


def measured(bench, entry, task):
    """Judges one task, and keeps its times: all of it, the program's, and the scoring's, each with processor seconds."""
    before, used, begun = (bench.program.seconds, bench.program.processor, bench.program.commands), own_processor(), time.monotonic()
    bench.judged = f"task {task}, {entry['name']}"
    rows = judge(bench, entry, task)
    seconds = time.monotonic() - begun
    after = (bench.program.seconds, bench.program.processor, bench.program.commands)
    program_seconds, program_processor, commands = (later - earlier for earlier, later in zip(before, after))
    own = own_processor() - used
    facts = {"task": task, "input": entry["name"], "seconds": seconds, "commands": commands, "program_seconds": program_seconds}
    bench.times.append(facts | {"program_processor_seconds": program_processor, "scoring_processor_seconds": own})
    text = f"{seconds:.0f} s; {commands} commands {program_seconds:.0f} s, processor {program_processor:.0f} s; scoring, processor {own:.0f} s"
    print(f"    {text}", file=sys.stderr, flush=True)
    return rows


def own_processor():
    return program.processor_seconds(resource.RUSAGE_SELF)


def formatted(row):
    """Returns a row as results.json has it."""
    result = {key: plain(row.get(key)) for key in KEYS}
    return result | ({"skipped": row["skipped"]} if "skipped" in row else {})


def words(row):
    """Returns one line of progress."""
    label = f" {row['label']}" if row.get("label") else ""
    if "skipped" in row:
        return f"    task {row['task']}, {row['input']}: skipped: {row['skipped']}"
    number = lambda value: "none" if plain(value) is None else f"{value:.4g}"
    between = f" ({number(row['low'])} to {number(row['high'])})" if plain(row.get("low")) is not None else ""
    beside = f"; {row['baseline_name']} {number(row['baseline'])}" if plain(row.get("baseline")) is not None else ""
    return f"    task {row['task']}, {row['input']}{label}: {row['metric']} {number(row['value'])}{between}{beside}"


def read_inputs(folder):
    """Returns the inputs that a data folder lists."""
    inputs = toml(folder / "tasks.toml").get("input", [])
    for entry in inputs:
        missing = [key for key in ("kind", "name", "tasks") if key not in entry]
        if missing:
            raise Unusable(f"{folder / 'tasks.toml'}: an input lacks {', '.join(missing)}")
    return inputs


def arguments():
    parser = argparse.ArgumentParser(prog="benches/real/run", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder with tasks.toml")
    parser.add_argument("tasks", type=int, nargs="*", metavar="TASK", help="numbers of tasks; all by default")
    parser.add_argument("--train", type=Path, metavar="DIR", help="folder whose series are the history; models are trained there and applied frozen")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for results.json, results.md and plots")
    parser.add_argument("--araneus", metavar="PATH", help="the program; default: target/release/araneus, else the one in PATH")
    parser.add_argument("--input", action="append", metavar="NAME", help="only this input; may be repeated")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-python", action="store_true", help="leave out the Python baseline on outcomes, which takes most of the time")
    parser.add_argument("--chance-draws", type=int, default=1, metavar="N", help="draws of each chance check of task 7; default: 1")
    parser.add_argument("--keep", action="store_true", help="keep archives and tables in OUT/work")
    parser.add_argument("--env", metavar="DIR", help="folder of the virtual environment; default: target/real-env")
    return parser.parse_args()


def main():
    options = arguments()
    options.data, options.out = options.data.resolve(), options.out.resolve()
    options.train = options.train.resolve() if options.train else None
    try:
        inputs, history = read_inputs(options.data), read_inputs(options.train) if options.train else []
    except Unusable as reason:
        print(f"benches/real/run: {reason}", file=sys.stderr)
        return 2
    path = program.find(options.araneus, ROOT)
    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / "commands.jsonl"
    log.write_text("")
    bench = Bench(options, inputs, history, program.Program(path, log, options.threads))
    wanted = options.tasks or sorted({task for entry in inputs for task in entry["tasks"]})
    results, begun = [], time.monotonic()
    for entry in inputs:
        if options.input and entry["name"] not in options.input:
            continue
        for task in (task for task in entry["tasks"] if task in wanted):
            print(f"task {task}, {entry['name']}", file=sys.stderr, flush=True)
            for row in measured(bench, entry, task):
                results.append(row)
                print(words(row), file=sys.stderr, flush=True)
            # Written after each task, so that a bench that is stopped leaves what it has.
            (options.out / "results.json").write_text(json.dumps(list(map(formatted, results)), indent=1) + "\n")
        bench.made.clear()
        if not options.keep:
            shutil.rmtree(bench.work, ignore_errors=True)
    judged = {row["task"] for row in results}
    for task in wanted:
        if task not in judged:
            results.append({"task": task, "input": None, "skipped": "tasks.toml lists no input for it"})
    (options.out / "results.json").write_text(json.dumps(list(map(formatted, results)), indent=1) + "\n")
    page.write(options.out, list(map(formatted, results)), bench, time.monotonic() - begun)
    print(options.out / "results.json")
    scored = {(row["task"], row["input"]) for row in results if "skipped" not in row}
    unscored = [row for row in results if "skipped" in row and (row["task"], row["input"]) not in scored]
    # A task that was asked for by number and could not be judged is a failure; one of all tasks is only named.
    return 1 if any(row.get("failed") for row in results) or (options.tasks and unscored) else 0


if __name__ == "__main__":
    raise SystemExit(main())
