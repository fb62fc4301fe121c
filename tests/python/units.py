"""Checks the schedules of docs/operations.md: `systemd-analyze verify` and the isolation that it rates, and the line of cron."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, TIMEOUT_SECONDS, finish

# `systemd-analyze security` rates a unit from 0 (isolated) to 10 (not isolated).
EXPOSURE_MAX = 2.0
UNITS = ("araneus.service", "araneus.timer")


def units():
    """Returns the units of the page by name."""
    text = (PROJECT / "docs/operations.md").read_text()
    found = {Path(name).name: body for name, body in re.findall(r"```ini\n# (\S+)\n(.*?)```", text, re.S)}
    if sorted(found) != sorted(UNITS):
        raise SystemExit(f"docs/operations.md has the units {sorted(found)}")
    return found


def differences(found):
    """Yields units of the page that differ from the files that packages install."""
    for name, body in found.items():
        if (PROJECT / "packaging/systemd" / name).read_text() != body:
            yield f"packaging/systemd/{name} differs from docs/operations.md"


def flaws(analyze, found):
    """Yields what systemd says against the units."""
    with tempfile.TemporaryDirectory(prefix="araneus-units-") as folder:
        for name, body in found.items():
            # The program of the page is not installed here; another one stands in its place.
            Path(folder, name).write_text(body.replace("/usr/bin/araneus", "/bin/true"))
        paths = [str(Path(folder, name)) for name in UNITS]
        done = subprocess.run([analyze, "verify", "--man=no", *paths], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
        told = [line for line in done.stderr.splitlines() if any(name in line for name in UNITS)]
        if done.returncode or told:
            yield f"systemd-analyze verify ends with {done.returncode}: {told or done.stderr}"
        rated = subprocess.run(
            [analyze, "security", "--offline=true", "--no-pager", paths[0]], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)
        if not exposure:
            yield f"systemd-analyze security rates nothing: {rated.stderr.strip()}"
        elif float(exposure.group(1)) > EXPOSURE_MAX:
            yield f"the service is exposed: {exposure.group(1)}; at most {EXPOSURE_MAX}"
        else:
            print(f"exposure of the service: {exposure.group(1)}")


def cron_flaws():
    """Yields which exit codes of a run the line of cron reports wrongly, in the environment that cron gives it."""
    text = (PROJECT / "docs/operations.md").read_text()
    block = re.search(r"```text\n# /etc/cron.d/\w+\n(.*?)```", text, re.S).group(1)
    environment = dict(re.findall(r"^(\w+)=(.*)$", block, re.M))
    command = re.search(r"^0 2 \* \* \* araneus +(.*)$", block, re.M).group(1)
    if "/usr/local/bin" not in environment.get("PATH", "").split(":"):
        yield f"cron: the program is not on the path {environment.get('PATH')}"
    with tempfile.TemporaryDirectory(prefix="araneus-cron-") as folder:
        # The program of the page is not installed here; this one ends with the exit code of its environment.
        stand_in = Path(folder, "araneus")
        stand_in.write_text('#!/bin/sh\nexit "$CODE"\n')
        stand_in.chmod(0o755)
        for code, is_good in {0: True, 2: False, 3: True, 4: True, 6: False, 7: False, 8: False}.items():
            given = environment | {"CODE": str(code), "PATH": environment["PATH"].replace("/usr/local/bin", folder)}
            done = subprocess.run(["/bin/sh", "-c", command], env=given, timeout=TIMEOUT_SECONDS, check=False)
            if (done.returncode == 0) != is_good:
                yield f"cron: exit code {code} of the run becomes {done.returncode}"


def main():
    found = units()
    failures = [*cron_flaws(), *differences(found)]
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        print("SKIPPED: systemd-analyze is not installed: the systemd units of docs/operations.md")
        finish("the schedules of docs/operations.md", failures)
        return
    broken = dict(found, **{"araneus.timer": found["araneus.timer"].replace("OnCalendar=", "OnCalender=")})
    failures += flaws(analyze, found)
    if not list(flaws(analyze, broken)):
        failures.append("a unit with a misspelt key is not noticed")
    finish("the schedules of docs/operations.md", failures)


main()
