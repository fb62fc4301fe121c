"""The wheel of the Python package, built from the present sources, and an environment in which it is installed."""

import os
import subprocess
import sys
import venv
from pathlib import Path

from _demo import PROJECT

TARGET = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target")
ENVIRONMENT = TARGET / "wheel-env"
REQUIREMENTS = Path(__file__).with_name("wheel-requirements.txt")
INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def wheel():
    """Builds the wheel with the dependencies of the tests, and returns its path."""
    # It runs for seconds and is compiled once: fast compilation matters, fast code does not.
    fast = {**os.environ, "CARGO_PROFILE_DEV_OPT_LEVEL": "0", "CARGO_PROFILE_DEV_DEBUG": "0"}
    built = subprocess.run([PROJECT / "scripts" / "wheel", "--profile", "dev"], env=fast, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        raise SystemExit("scripts/wheel failed")
    return Path(built.stdout.splitlines()[-1])


def environment(path):
    """Installs the wheel at a path beside its readers and peers; returns the Python, or `None` without a package index."""
    python, made = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "requirements.txt"
    if not made.is_file() or made.read_bytes() != REQUIREMENTS.read_bytes():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        if subprocess.run([python, *INSTALL, "--requirement", REQUIREMENTS], check=False).returncode != 0:
            return None
        # The copy is the last step, so that an incomplete environment is created again.
        made.write_bytes(REQUIREMENTS.read_bytes())
    subprocess.run([python, *INSTALL, "--force-reinstall", "--no-deps", path], check=True)
    return python


def enter(script):
    """Runs a script in the environment and ends with its code, unless this is the environment already."""
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    path = wheel()
    python = environment(path)
    if python is None:
        print("SKIPPED: the packages beside the wheel cannot be installed")
        raise SystemExit(0)
    raise SystemExit(subprocess.run([python, script], env={**os.environ, "ARANEUS_WHEEL": str(path)}, check=False).returncode)


def fresh(folder):
    """Makes a new environment with nothing but the wheel and what it needs; returns the Python."""
    venv.create(folder, with_pip=True)
    python = Path(folder) / "bin" / "python"
    subprocess.run([python, *INSTALL, os.environ["ARANEUS_WHEEL"]], check=True)
    return python
