"""The demo of the newest built program: made once for all checks, and copied for each into a temporary folder.

A file here whose name begins with `_` is no check of its own: `scripts/test` passes it by.
"""

import hashlib
import os
import re
import shutil
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


def kept_demo(*arguments):
    """Returns the folder in which the program ran `demo`, with the files `stdout` and `stderr`; makes it if it is not there.

    Its name is a digest of program and arguments. Demos of other programs are removed.
    """
    kept = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target") / "tmp" / "demos"
    version = hashlib.sha256(program().read_bytes()).hexdigest()[:16]
    folder = kept / f"{version}-{'-'.join(arguments) or 'plain'}"
    if folder.is_dir():
        return folder
    kept.mkdir(parents=True, exist_ok=True)
    for old in kept.iterdir():
        if not old.name.startswith(version):
            shutil.rmtree(old)
    made = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=kept))
    command = [str(program()), "demo", *arguments]
    with open(made / "stdout", "w") as stdout, open(made / "stderr", "w") as stderr:
        done = subprocess.run(command, cwd=made, stdout=stdout, stderr=stderr, timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{(made / 'stderr').read_text()}")
    # The last step, so that an incomplete demo is never read.
    made.rename(folder)
    return folder


@contextmanager
def demo(*arguments):
    """Gives a folder with `araneus-demo` in it, as a newcomer's is after `araneus demo`, with `--example` or a `--seed`."""
    kept = kept_demo(*arguments)
    # The queue is a table: a head, rows that begin with a rank, and further lines of a title. Every other line is a path.
    table = re.compile(r"Rank  Score  | *\d+  \d\.\d{3}  | {20}")
    lines = [line for line in (kept / "stdout").read_text().splitlines() if line.strip() and not table.match(line)]
    missing = [line for line in lines if not (kept / line).exists()]
    if missing or not lines:
        raise SystemExit(f"the demo names paths to open that are not there: {missing or 'none named'}")
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        # With their times, as the program left them.
        shutil.copytree(kept / "araneus-demo", Path(folder) / "araneus-demo", symlinks=True)
        yield Path(folder)


def finish(what, failures):
    """Says how a check went, and ends with 1 where something failed."""
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{what}: {len(failures)} failed")
    raise SystemExit(1 if failures else 0)
