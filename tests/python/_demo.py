"""The demo of the newest built program, made once for each check in a folder that goes away with it.

A file here whose name begins with `_` is no check of its own: `scripts/test` passes it by.
"""

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Long enough for a debug build on a busy machine; a check that hangs is a failed check.
TIMEOUT_SECONDS = 900


def program():
    """Returns the newest program among the builds, so that a stale one does not speak for the code."""
    target = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target")
    built = [target / profile / "araneus" for profile in ("debug", "release")]
    built = [path for path in built if path.is_file()]
    if not built:
        raise SystemExit(f"no program under {target}: run `cargo build` first")
    return max(built, key=lambda path: path.stat().st_mtime)


def run(arguments, folder):
    """Runs the program in a folder and returns what it answered on stdout."""
    command = [str(program()), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


@contextmanager
def demo(*arguments):
    """Gives a folder with `araneus-demo` in it, as a newcomer's is after `araneus demo`, with `--example` or a `--seed`."""
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        answer = run(["demo", *arguments], folder)
        # The queue is a table: a head, rows that begin with a rank, and further lines of a title. Every other line is a path.
        table = re.compile(r"Rank  Score  | *\d+  \d\.\d{3}  | {20}")
        lines = [line for line in answer.splitlines() if line.strip() and not table.match(line)]
        missing = [line for line in lines if not (Path(folder) / line).exists()]
        if missing or not lines:
            raise SystemExit(f"the demo names paths to open that are not there: {missing or 'none named'}")
        yield Path(folder)


def finish(what, failures):
    """Says how a check went, and ends with 1 where something failed."""
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{what}: {len(failures)} failed")
    raise SystemExit(1 if failures else 0)
