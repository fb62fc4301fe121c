"""Tests the second generator: equal seeds give equal records, and the bench finds planted patterns in a small base."""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, finish, program

BENCH = PROJECT / "benches" / "planted"
SHARED = PROJECT.parent / "shared" / "data"
sys.path[:0] = [str(BENCH), str(BENCH.parent / "real")]

import planted
import register


def intervals():
    """Yields a failure if an interval of Wilson is not that of his formula."""
    low, high = planted.wilson(8, 10)
    if abs(low - 0.4902) > 1e-4 or abs(high - 0.9433) > 1e-4:
        yield f"Wilson's interval of 8 of 10 is {low} to {high}"
    if planted.wilson(0, 20)[0] != 0.0:
        yield "the interval of no hit does not begin at 0"


def plans(base, draws=3):
    return [planted.plan_of(base, 1, draw, role, base.plants) for draw in range(draws) for role in (planted.PLANTED, "look-alike")]


def draws():
    """Yields a failure if a seed gives other records, or if two instances of one plan are about the same entities."""
    one, other = (plans(register.base(SHARED)) for _ in range(2))
    if [plan.records for plan in one] != [plan.records for plan in other]:
        yield "two draws of one seed have different records"
    for plan in one:
        if len(plan.instances) != len(register.base(SHARED).plants):
            yield f"a plan has {len(plan.instances)} instances"
        delivered = {row["id"] for rows in plan.records.values() for row in rows}
        if any(not set(instance.records) <= delivered for instance in plan.instances):
            yield "the truth names a record that is not delivered"


def bench():
    """Yields a failure if the bench misses most of what it plants into the register."""
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        words = [SHARED, "register", "--draws", "2", "--chance", "1", "--out", folder, "--araneus", program()]
        done = subprocess.run([sys.executable, "-B", BENCH / "planted.py", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"the bench ended with {done.returncode}: {done.stderr[-800:]}"
            return
        with (Path(folder) / "figures.csv").open() as file:
            rows = list(csv.DictReader(file))
    patterns = [row for row in rows if row["pattern"] != "chance"]
    found, planted_count = (sum(int(row[name]) for row in patterns) for name in ("found", "draws"))
    if planted_count != 2 * len(patterns) or found < planted_count - 1:
        yield f"{found} of {planted_count} planted patterns were found:\n{done.stdout}"
    if sum(int(row["look_alikes_flagged"]) for row in patterns):
        yield f"a look-alike was flagged:\n{done.stdout}"
    if [row["found"] for row in rows if row["pattern"] == "chance"] != ["0"]:
        yield f"a chance draw was flagged:\n{done.stdout}"


def main():
    failures = list(intervals())
    if (SHARED / register.FILE).is_file():
        failures += [*draws(), *bench()]
    else:
        print(f"SKIPPED: planted patterns: {SHARED / register.FILE} is not there")
    return finish("planted", failures)


if __name__ == "__main__":
    raise SystemExit(main())
