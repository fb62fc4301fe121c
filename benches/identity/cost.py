#!/usr/bin/env python3
"""Measures what names add to the cost of a run: invented people once with their names, and once without them. See README.md."""

import argparse
import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import people

SYLLABLES = ["ka", "ren", "do", "lis", "mar", "ti", "sol", "ve", "nor", "ga", "bel", "ru", "shan", "pe", "tov", "li", "zar", "mo", "der", "fi"]
FAMILIES = 20_000
AS_OF = "2026-11-01"


def invented(count, seed, folder):
    """Writes people with many invented family names, with and without their names; returns the files of both."""
    draw = random.Random(seed)
    for language in people.FAMILY:
        words = {"".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))).capitalize() for _ in range(FAMILIES)}
        people.FAMILY[language] += [([word], word) for word in sorted(words)]
    people.write(folder / "with names", count, seed)
    named = sorted((folder / "with names").glob("*.ftm.json"))
    (folder / "without names").mkdir(exist_ok=True)
    for path in named:
        with open(path, encoding="utf-8") as lines, open(folder / "without names" / path.name, "w", encoding="utf-8") as copy:
            for line in lines:
                entity = json.loads(line)
                del entity["properties"]["name"]
                copy.write(json.dumps(entity) + "\n")
    return {variant: [folder / variant / path.name for path in named] for variant in ("without names", "with names")}


def run(paths, folder, options):
    """Runs once in a new state; returns seconds, seconds of the processor, and the most memory in MiB."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    inputs = [f"{path.name.split('.')[0]}={path}" for path in paths]
    command = [options.program.resolve(), "run", *inputs, "--as-of", AS_OF, "--state", "state", "--out", "out", "--threads", str(options.threads), "--quiet"]
    begun = time.perf_counter()
    with subprocess.Popen([str(word) for word in command], cwd=folder) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status != 0:
        raise SystemExit(f"araneus run ended with {status >> 8}")
    seconds = time.perf_counter() - begun
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    """Prints the cost of a run with and without names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    out = options.out.resolve()
    costs = {}
    for name, paths in invented(options.people, options.seed, out / "people").items():
        seconds, processor, memory = run(paths, out / "run", options)
        costs[name] = processor
        print(f"{name:14} {seconds:8.1f} s {processor:8.1f} s of the processor {memory:8.0f} MiB", flush=True)
    print(f"names add {costs['with names'] / costs['without names'] - 1:.0%} of the processor")


if __name__ == "__main__":
    main()
