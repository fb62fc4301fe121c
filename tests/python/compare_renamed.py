"""Checks that scripts/compare-renamed accepts renamed columns and finds every other difference."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import pyarrow as pa
import pyarrow.parquet

from _demo import PROJECT, finish

OLD = {"subject_id": ["a", "b"], "told": [1, 2], "marking": [None, "TLP:GREEN"]}
NEW = {"subject_id": ["a", "b"], "recorded_at": [1, 2], "marking": [None, "TLP:GREEN"]}


def write(folder, name, columns, as_parquet=False):
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if as_parquet:
        pa.parquet.write_table(table, folder / f"{name}.parquet")
        return
    with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def compared(old, new, name="evidence", as_parquet=False):
    """Returns exit code and output of the script for one table."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "old", Path(folder) / "new"
        write(before / "all", name, old)
        write(after / "all", name, new, as_parquet)
        done = subprocess.run([sys.executable, PROJECT / "scripts" / "compare-renamed", before, after], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def failures():
    if compared(OLD, NEW)[0] != 0 or compared(OLD, NEW, as_parquet=True)[0] != 0:
        yield f"a renamed column is a difference: {compared(OLD, NEW)[1]}"
    different = [
        ({**NEW, "recorded_at": [1, 3]}, "evidence.recorded_at differs in 1 of 2 rows, first in row 1: 2 -> 3"),
        ({**NEW, "recorded_at": ["1", "2"]}, "evidence.recorded_at has the type string"),
        ({name: NEW[name] for name in ("subject_id", "marking")}, "evidence.recorded_at is missing"),
        ({**NEW, "more": [0, 0]}, "evidence.more is new"),
        ({name: values[:1] for name, values in NEW.items()}, "evidence has 1 rows, not 2"),
    ]
    for new, expected in different:
        code, text = compared(OLD, new)
        if code != 1 or expected not in text:
            yield f"not found: {expected}; exit {code}: {text}"
    code, text = compared({"title": ["old words"]}, {"title": ["new words"]}, "flags")
    if code != 0 or "1 of 1 values differ" not in text:
        yield f"prose is compared: {text}"


finish("the comparison of renamed columns", list(failures()))
