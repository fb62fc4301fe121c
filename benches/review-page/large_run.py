"""A large run: many synthetic worlds side by side, with names, hosts and addresses of their own."""

import json
import re
import subprocess

SNAPSHOTS = {"ministry-watch", "actor-book", "tool-book"}
# Nights of the two runs.
RUNS = [range(17, 25), range(25, 31)]
NAMED = {"campaign", "identity", "intrusion-set", "malware", "report", "threat-actor", "tool"}


def araneus(program, arguments, folder):
    """Runs the program; its exit code must be one that publishes."""
    done = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"araneus {arguments[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def apart(text, seed):
    """Returns the text of a delivery whose values occur in no other world."""
    text = re.sub(r"\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.(\d+)", rf"{20 + seed}.7.{seed}.\1", text)
    text = text.replace("2001:db8:", f"2001:db8:{seed:x}:")
    text = re.sub(r"\b([a-z0-9-]+)\.(test|example|invalid)\b", rf"\1.world{seed}.\2", text)
    return re.sub(r"CVE-\d{4}-", f"CVE-{2100 + seed}-", text)


def named_apart(item, seed):
    """Returns an object whose name occurs in no other world."""
    is_named = item.get("type") in NAMED and "name" in item
    return {**item, "name": f"{item['name']} W{seed}"} if is_named else item


def write_deliveries(program, seeds, folder):
    """Writes the deliveries of all worlds, by run and source."""
    for seed in seeds:
        world = folder / f"world-{seed}"
        araneus(program, ["scenario", "--seed", seed, "--out", world], folder)
        for number, nights in enumerate(RUNS):
            for night in nights:
                for path in sorted((world / f"night-{night:02d}").rglob("*.json")):
                    source = path.parent.name
                    if source in SNAPSHOTS and night != nights[-1]:
                        continue
                    content = json.loads(apart(path.read_text(), seed))
                    if "objects" in content:
                        content["objects"] = [named_apart(item, seed) for item in content["objects"]]
                    target = folder / f"run-{number}" / source / f"{seed:03d}-{night:02d}-{path.name}"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(json.dumps(content))


def large_run(program, worlds, budget, folder):
    """Makes two runs over many worlds below `folder`."""
    write_deliveries(program, range(1, worlds + 1), folder)
    for file in (folder / "world-1").glob("*.toml"):
        (folder / file.name).write_text(file.read_text())
    with (folder / "araneus.toml").open("a") as config:
        config.write(f"\n[review]\nbudget = {budget}\n")
    for number, nights in enumerate(RUNS):
        inputs = [f"{path.name}={path}" for path in sorted((folder / f"run-{number}").iterdir())]
        araneus(program, ["run", *inputs, "--as-of", f"2026-03-{nights[-1]:02d}T02:00:00Z"], folder)
    return folder
