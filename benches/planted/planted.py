"""Plants each pattern into real runs, runs the program, and reports what it found. See README.md."""

import argparse
import csv
import json
import math
import shutil
import sys
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Readers of the data folder and the runner of the program are those of the bench on real data.
sys.path.append(str(HERE.parent / "real"))

import agency
import catalogue
import nights
import payments
import register
import rules
import weeks
from draws import PLANTED, Plan, seeded
from files import Unusable
from program import Archive, Failed, Program, find, published, steward

BASES = {"payments": payments.base, "catalogue": catalogue.base, "weeks": weeks.base, "agency": agency.base, "nights": nights.base, "register": register.base}
# Payments and a register in one deployment: it takes eleven patterns, and rules change in it.
EXTRA = {"accounts": rules.base}
# Places of the review queue.
FIRST = 20
# Aims: share found, share of flagged look-alikes, and flags of a chance draw.
FOUND_MIN, LOOK_ALIKES_MAX = 0.8, 0.1
# Columns of the figures that `docs/patterns.md` shows.
FIGURES = ("base", "pattern", "found", "draws", "interval", "look_alikes_flagged", "look_alikes", "look_alikes_interval")
# Largest share of rejected records: real lists have values without a known form.
REJECTED_MAX = 0.01
Z95 = 1.959963984540054


def wilson(hits, trials):
    """Returns the 95 % interval of a share (Wilson 1927); NaN without trials."""
    if not trials:
        return math.nan, math.nan
    share, square = hits / trials, Z95 * Z95
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z95 / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def between(interval):
    """Returns an interval as text."""
    return "{:.2f} to {:.2f}".format(*interval)


class Prepared:
    """The archive of a base after its earlier runs. Each draw continues from a copy of it."""

    def __init__(self, base, program, work):
        self.base, self.program, self.work = base, program, work / base.name
        self.archive = Archive(program, self.work / "base", base.configuration)
        for name, source in base.files.items():
            text = (ROOT / "datasets" / source).read_text() if source.startswith("mappings/") else source
            (self.work / "base" / name).write_text(text)
        for as_of, deliveries in base.history:
            record(self.archive, as_of, self.inputs(self.archive.folder / "deliveries" / as_of[:10], deliveries))

    def inputs(self, folder, deliveries):
        """Writes the deliveries of a run; returns each as INPUT."""
        words = []
        for source, records in sorted(deliveries.items()):
            if not records:
                continue
            files = self.base.deliver(source, records)
            if isinstance(files, Path):
                words.append(f"{source}={files}")
                continue
            (folder / source).mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / source / name).write_text(text)
            words.append(f"{source}={folder / source}")
        return words

    def flags(self, deliveries, label, as_of=None, changed=None):
        """Runs the deliveries on a copy of the archive. `changed` has files that replace those of the base. Returns the flags of the run."""
        folder = self.work / label
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in (".araneus", "araneus.toml", *self.base.files):
            source = self.archive.folder / name
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
        for name, text in (changed or {}).items():
            (folder / name).write_text(text)
        archive = Archive.__new__(Archive)
        archive.program, archive.folder, archive.out, archive.runs = self.program, folder, folder / "out", {}
        run = record(archive, as_of or self.base.as_of, self.inputs(folder / "deliveries", deliveries))
        flags = Flags(run)
        shutil.rmtree(folder)
        return flags


def record(archive, as_of, inputs):
    """Runs deliveries, of which the program must accept nearly all; returns the folder of the run."""
    run = archive.record(as_of, inputs)
    rules = Counter(row["rule"] for row in steward(run, "rejects"))
    delivered = sum(row["delivered"] for row in steward(run, "deliveries"))
    if rules.total() > REJECTED_MAX * delivered:
        raise Failed(f"the run {run.name} rejected {rules.total()} of {delivered} objects: {dict(rules)}")
    return run


class Flags:
    """New and grown flags of a run, in order of the queue, and the candidates with the tests that they fail."""

    def __init__(self, run):
        names = {}
        for row in published(run, "entities").to_pylist():
            names[row["entity_id"]] = {row["label"], *row["aliases"]}
        self.names = names
        rows = [row for row in published(run, "flags").to_pylist() if row["rank"] is not None and not row["sampled"]]
        rows.sort(key=lambda row: row["rank"])
        self.queue = [(row["pattern"], self.named(row["entity_ids"])) for row in rows]
        fails = defaultdict(list)
        for row in published(run, "gate").to_pylist():
            if not row["passed"]:
                fails[row["candidate_id"]].append(f"{row['test']} {row['value']:.3g}" if row["value"] is not None else row["test"])
        self.candidates = [
            (row["pattern"], self.named(row["members"]), f"{row['status']} {', '.join(fails[row['candidate_id']])}".strip())
            for row in published(run, "candidates").to_pylist()
        ]

        self.causes = Counter(row["cause"] for row in published(run, "changes").to_pylist())

    def named(self, entities):
        return set().union(*(self.names.get(entity, ()) for entity in entities)) if entities else set()

    def rank_of(self, instance):
        """Returns the place of the first flag that shows an instance, from 1; `None` without one."""
        for place, (pattern, names) in enumerate(self.queue, 1):
            if pattern == instance.pattern and shows(instance, names):
                return place
        return None

    def near(self, instance):
        """Returns why no flag of its pattern shows an instance: a flag of another pattern, or the status of its best candidate."""
        members = set(instance.members)
        others = [pattern for pattern, names in self.queue if members and 2 * len(members & names) >= len(members)]
        if others:
            return f"shown as {others[0]}"
        everything = set().union(*self.names.values())
        if missing := {*instance.key, *instance.members} - everything:
            return f"{len(missing)} of its entities are not in the run"
        near = [reason for pattern, names, reason in self.candidates if pattern == instance.pattern and shows(instance, names)]
        return min(near, key=len) if near else "no candidate"


def shows(instance, names):
    """Returns whether the names of a flag are those of an instance: all of its key, and half of its members."""
    members = set(instance.members)
    return names.issuperset(instance.key) and 2 * len(members & names) >= len(members)


def with_plan(base, plan):
    """Returns the deliveries of the last run with the records of a plan."""
    sources = {**base.last, **plan.records}
    return {source: with_records(base.last.get(source, []), plan.records.get(source, [])) for source in sources}


def with_records(delivered, planted):
    """Returns records with planted ones; a file of real records is delivered as it is."""
    return [*delivered, *planted] if planted else delivered


def plan_of(base, seed, draw, role, patterns):
    """Returns a plan with one instance of each pattern: planted ones, or one look-alike of each."""
    plan = Plan(seeded(seed, base.name, role, draw))
    for pattern in patterns:
        if role == PLANTED:
            base.plants[pattern](plan)
        elif base.look_alikes.get(pattern):
            kinds = base.look_alikes[pattern]
            name = sorted(kinds)[draw % len(kinds)]
            kinds[name](plan, name)
    return plan


class Tally:
    """Results of all draws, and the table of truth."""

    def __init__(self, out):
        self.out, self.rows, self.chance = out, [], []

    def add(self, base, draw, role, plan, flags):
        for instance in plan.instances:
            rank = flags.rank_of(instance)
            why = "" if rank else flags.near(instance)
            self.rows.append({"queue": len(flags.queue), "base": base.title, "draw": draw, "kind": role, "rank": rank, "why": why, "run": base.as_of, **asdict(instance)})

    def write(self):
        """Writes the truth and the results of each instance, and the chance draws."""
        with (self.out / "truth.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["base", "draw", "run", "pattern", "role", "key", "members", "records", "rank", "why"])
            for row in self.rows:
                lists = (" | ".join(row[name]) for name in ("key", "members", "records"))
                writer.writerow([row["base"], row["draw"], row["run"], row["pattern"], row["role"], *lists, row["rank"] or "", row["why"]])
        with (self.out / "figures.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(FIGURES)
            writer.writerows(self.figures())
        summary = {"patterns": self.summary(), "chance": self.chance}
        (self.out / "planted.json").write_text(json.dumps(summary, indent=1) + "\n")

    def figures(self):
        """Yields the rows that the page of patterns shows: those of the patterns, then those of the chance draws."""
        for row in self.summary():
            one, two = (between(row[name]) for name in ("found_interval", "look_alikes_interval"))
            yield row["base"], row["pattern"], row["found"], row["draws"], one, row["look_alikes_flagged"], row["look_alikes"], two
        for base, flags in self.chance_by_base().items():
            yield base, "chance", sum(map(bool, flags)), len(flags), between(wilson(sum(map(bool, flags)), len(flags))), "", "", ""

    def chance_by_base(self):
        """Returns the flags of each chance draw of each base."""
        by_base = defaultdict(list)
        for row in self.chance:
            by_base[row["base"]].append(row["flags"])
        return by_base

    def summary(self):
        """Returns a row for each base and pattern."""
        groups = defaultdict(lambda: {PLANTED: [], "look-alike": []})
        for row in self.rows:
            groups[row["base"], row["pattern"]][row["kind"]].append(row["rank"] is not None and row["rank"] <= FIRST)
        rows = []
        for (base, pattern), kinds in groups.items():
            found, alike = kinds[PLANTED], kinds["look-alike"]
            rows.append({
                "base": base, "pattern": pattern, "found": sum(found), "draws": len(found), "found_interval": wilson(sum(found), len(found)),
                "look_alikes_flagged": sum(alike), "look_alikes": len(alike), "look_alikes_interval": wilson(sum(alike), len(alike)),
            })  # fmt: skip
        return rows

    def print(self):
        """Prints the table, and the reasons of misses."""
        print("| Base | Pattern | Found in the first 20 | Interval | Look-alikes flagged | Interval |\n|---|---|--:|--:|--:|--:|")
        for row in self.summary():
            one, two = (between(row[name]) for name in ("found_interval", "look_alikes_interval"))
            print(f"| {row['base']} | {row['pattern']} | {row['found']} of {row['draws']} | {one} | {row['look_alikes_flagged']} of {row['look_alikes']} | {two} |")
        for base, flags in self.chance_by_base().items():
            low, high = wilson(sum(map(bool, flags)), len(flags))
            print(f"chance draws of {base}: {sum(map(bool, flags))} of {len(flags)} with a flag ({low:.2f} to {high:.2f}), {sum(map(len, flags))} flags: {flags}")
        for base in dict.fromkeys(row["base"] for row in self.rows):
            lengths = sorted(row["queue"] for row in self.rows if row["base"] == base and row["kind"] == PLANTED)
            print(f"queue of a run of {base} with planted patterns: {lengths[0]} to {lengths[-1]} flags" if lengths else f"{base}: no draw")
        for row in self.rows:
            if row["kind"] == PLANTED and not (row["rank"] and row["rank"] <= FIRST):
                print(f"missed: {row['base']} draw {row['draw']}: {row['pattern']} of {' and '.join(row['key'])}: rank {row['rank']}; {row['why']}")
            if row["kind"] != PLANTED and row["rank"]:
                print(f"flagged look-alike: {row['base']} draw {row['draw']}: {row['pattern']}: {row['role']}")


def main():
    parser = argparse.ArgumentParser(prog="benches/planted/run", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of real data")
    parser.add_argument("bases", nargs="*", help=f"bases, of {', '.join(BASES)}; all without one")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--draws", type=int, default=50, help="draws of planted instances, and of look-alikes")
    parser.add_argument("--chance", type=int, default=20, help="draws with exchanged or drawn ends and nothing planted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="small bases, for a test of the bench itself")
    parser.add_argument("--rules", action="store_true", help="change one rule at a time instead, and plant ten patterns into the same run")
    parser.add_argument("--pattern", action="append", help="plant only this pattern")
    parser.add_argument("--araneus", help="program; default: the release build")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if unknown := set(options.bases) - {*BASES, *EXTRA}:
        raise SystemExit(f"benches/planted/run: no base {', '.join(sorted(unknown))}")
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    program = Program(find(options.araneus, ROOT), out / "commands.jsonl", options.threads)
    tally = Tally(out)
    for name in options.bases or (["accounts"] if options.rules else BASES):
        try:
            base = {**BASES, **EXTRA}[name](options.data.resolve(), options.small)
        except Unusable as error:
            print(f"SKIPPED: base {name}: {error}")
            continue
        prepared = Prepared(base, program, out / "work")
        if options.rules:
            rules.judge(prepared, options.seed, out)
            shutil.rmtree(prepared.work)
            continue
        patterns = [pattern for pattern in base.plants if not options.pattern or pattern in options.pattern]
        for draw in range(max(options.draws, options.chance)):
            for role in (PLANTED, "look-alike") if draw < options.draws else ():
                plan = plan_of(base, options.seed, draw, role, patterns)
                tally.add(base, draw, role, plan, prepared.flags(with_plan(base, plan), f"{role}-{draw}"))
            if draw < options.chance:
                flags = prepared.flags(base.chance(seeded(options.seed, base.name, "chance", draw)), f"chance-{draw}")
                tally.chance.append({"base": base.title, "draw": draw, "flags": [pattern for pattern, _ in flags.queue]})
            tally.write()
        shutil.rmtree(prepared.work)
    if not options.rules:
        tally.print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
