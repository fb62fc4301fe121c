"""Runs the comparison with peers on small graphs, where its environment has been made: everything must work, and agree."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PEERS = PROJECT / "benches" / "peers"
ENVIRONMENT = PROJECT / "target" / "peers-env"
# Differences that are rounding, and what a stopping rule leaves.
ROUNDING = 1e-6


def failures(results):
    """Yields what a contender could not do, and answers of ours that differ from a peer's."""
    for result in results:
        where = f"{result['row']} on {result['graph']}"
        for name, entry in result["contenders"].items():
            if "problem" in entry and entry["problem"] != "not built yet":
                yield f"{where}: {name}: {entry['problem']}"
        quality = result["contenders"]["araneus"].get("quality", {})
        for what, value in quality.items():
            if what.startswith("difference") and (value is None or value > ROUNDING):
                yield f"{where}: {what} {value}"
        if quality.get("as scipy") is False:
            yield f"{where}: other groups than scipy's"
        if quality.get("disconnected"):
            yield f"{where}: communities that fall apart"


def main():
    if not (ENVIRONMENT / "requirements.txt").is_file():
        print("SKIPPED: no environment with the peers; run benches/peers/run --quick once")
        return 0
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        subprocess.run([sys.executable, PEERS / "run", "--quick", "--out", folder], check=True)
        results = json.loads((Path(folder) / "peers.json").read_text())["results"]
        drawn = (Path(folder) / "peers.svg").is_file() and (Path(folder) / "peers.md").is_file()
    failed = list(failures(results))
    if not drawn or not results:
        failed.append("no report was written")
    for failure in failed:
        print(f"FAILED: {failure}")
    print(f"peers: {len(results)} rows, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
