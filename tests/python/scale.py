"""Runs the bench of whole runs on a small table, and compares state and output a record with their limits."""

import subprocess
import sys
import tempfile

from _demo import PROJECT, program

SCALE = PROJECT / "benches" / "scale"
SIZE = ["--rows", "20000", "--kinds", "table", "--further", "1"]


def main():
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        limits = ["--limits", SCALE / "limits.json", "--program", program(), "--out", folder]
        done = subprocess.run([sys.executable, "-B", SCALE / "run", *SIZE, *limits], check=False)
    print(f"scale: {1 if done.returncode else 0} failed")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
