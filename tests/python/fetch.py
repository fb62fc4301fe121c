"""Fetches a collection from medallion, a TAXII 2.1 server, behind a proxy with TLS. The fetch is cut off twice and continued.

    tests/python/fetch.py                       400 objects, as CI does
    tests/python/fetch.py --objects 100000      with the searches of medallion replaced, see _taxii_server.py

The union of the fetched pages must be equal to the file that medallion serves. Medallion is in an environment of its own,
which this check makes once below the build folder.
"""

import argparse
import filecmp
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, finish, program

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "fetch-requirements.txt"
ENVIRONMENT = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target") / "fetch-env"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
# Above this number of objects the searches of medallion are replaced.
SEARCHED_MAX = 2_000


def environment():
    """Returns the Python of the environment, made where it is missing or old; `None` if packages cannot be installed."""
    python, made = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "requirements.txt"
    if made.is_file() and filecmp.cmp(REQUIREMENTS, made, shallow=False):
        return python
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]
    if subprocess.run(install, check=False).returncode != 0:
        return None
    # The copy is the last step, so that an incomplete environment is created again.
    made.write_bytes(REQUIREMENTS.read_bytes())
    return python


def collection(count):
    """Returns the data of medallion: objects of which seven at a time were added at one time, every tenth in two versions."""
    objects, manifest = [], []
    for number in range(count):
        # The second version of an object comes after all first ones.
        version, index = (1, number) if number < count - count // 10 else (2, number - (count - count // 10))
        identifier = f"malware--5b000000-0000-4000-8000-{index:012}"
        modified = f"2026-01-0{version}T00:00:00.000Z"
        objects.append({
            "type": "malware", "spec_version": "2.1", "id": identifier, "created": "2026-01-01T00:00:00.000Z",
            "modified": modified, "name": f"Reedwisp {index}", "is_family": True, "description": "tidal " * 20,
        })
        micros = (number // 7) * 250
        added = f"2026-01-01T{micros // 3_600_000_000:02}:{micros // 60_000_000 % 60:02}:{micros // 1_000_000 % 60:02}.{micros % 1_000_000:06}Z"
        media_type = "application/stix+json;version=2.1"
        manifest.append({"id": identifier, "date_added": added, "version": modified, "media_type": media_type})
    return {
        "/discovery": {"title": "Check", "default": "/api1/", "api_roots": ["/api1/"]},
        "api1": {
            "information": {"title": "Root", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 1 << 20},
            "status": [],
            "collections": [{
                "id": COLLECTION, "title": "Check", "can_read": True, "can_write": False,
                "media_types": ["application/stix+json;version=2.1"], "objects": objects, "manifest": manifest,
            }],
        },
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start_medallion(folder, count):
    """Starts medallion, and returns its process and port."""
    port = free_port()
    command = [sys.executable, HERE / "_taxii_server.py", str(port), folder / "data.json"]
    command += ["indexed"] if count > SEARCHED_MAX else []
    log = (folder / "medallion.log").open("wb")
    server = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except OSError:
            assert server.poll() is None, (folder / "medallion.log").read_text()
            time.sleep(0.1)
    raise AssertionError("medallion does not answer")


def configure(folder, port):
    (folder / "user").write_text("ana:secret\n")
    (folder / "araneus.toml").write_text(
        '[model]\nid = "rules"\n[[source]]\nname = "partner"\ntaxii = { '
        f'url = "https://localhost:{port}/taxii2/", collection = "{COLLECTION}", user_file = "user", ca = "ca.pem" }}\n'
    )


def fetch(folder):
    """Fetches the source, and returns exit code and answer."""
    ended = subprocess.run([program(), "fetch", "--json"], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 4), ended.stderr
    return ended.returncode, json.loads(ended.stdout)["sources"][0]


def pages(folder):
    return sorted((folder / ".araneus" / "fetched" / "partner").glob("0*.json"))


def union(folder):
    """Returns the objects of all pages by id and version; equal objects of two pages are one."""
    found = {}
    for page in pages(folder):
        for item in json.loads(page.read_bytes())["objects"]:
            key = item["id"], item["modified"]
            assert found.setdefault(key, item) == item, key
    return found


def check(folder, count):
    from _tls_proxy import Proxy, certificates

    data = collection(count)
    (folder / "data.json").write_text(json.dumps(data))
    certificates(folder)
    server, port = start_medallion(folder, count)
    try:
        proxy = Proxy(folder, port)
        configure(folder, proxy.port)
        began = time.monotonic()

        # The proxy cuts the connection in the middle of a page, and every later one.
        size = len(json.dumps(data["api1"]["collections"][0]["objects"]))
        proxy.bytes_left = size // 3
        code, row = fetch(folder)
        assert code == 4 and not row["complete"] and pages(folder), row
        first = len(pages(folder))
        proxy.bytes_left = None

        # The second fetch is killed.
        killed = subprocess.Popen([program(), "fetch", "--quiet"], cwd=folder)
        while killed.poll() is None and len(pages(folder)) < first + 1:
            time.sleep(0.001)
        killed.send_signal(signal.SIGKILL)
        was_killed = killed.wait() == -signal.SIGKILL
        second = len(pages(folder))

        code, row = fetch(folder)
        assert code == 0 and row["complete"], row
        seconds = time.monotonic() - began
        expected = {(item["id"], item["modified"]): item for item in data["api1"]["collections"][0]["objects"]}
        assert len(expected) == count
        found = union(folder)
        assert found == expected, f"{len(found)} of {count}"
        stored = sum(page.stat().st_size for page in pages(folder))
        print(
            f"{count} objects in {len(pages(folder))} pages, {stored / 1e6:.1f} MB, cut off after {first} pages, "
            f"{'killed' if was_killed else 'ended'} after {second}, {seconds:.1f} s: equal to the file"
        )
        assert was_killed, "the second fetch ended before it was killed"

        # A fetch without news; then a run reads each object once.
        code, row = fetch(folder)
        assert code == 0 and row["objects"] <= 7, row
        if count <= SEARCHED_MAX:
            ended = subprocess.run(
                [program(), "run", "--json", "--as-of", "2026-03-01T00:00:00Z"], cwd=folder, capture_output=True, text=True, check=False
            )
            assert ended.returncode == 0, ended.stderr
            assert json.loads(ended.stdout)["taken"] == count, ended.stdout
            ended = subprocess.run([program(), "plan", "--json"], cwd=folder, capture_output=True, text=True, check=False)
            assert ended.returncode == 0 and "page.json" not in ended.stdout, ended.stdout

        # Wrong credentials are an error of the source.
        (folder / "user").write_text("ana:wrong\n")
        code, row = fetch(folder)
        assert code == 4 and "401" in row["failure"], row
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=400)
    count = parser.parse_args().objects
    python = environment()
    if python is None:
        print("SKIPPED: the fetch from medallion: its packages cannot be installed")
        return
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        raise SystemExit(subprocess.run([python, *sys.argv], check=False).returncode)
    failures = []
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        try:
            check(Path(folder), count)
        except AssertionError as error:
            failures.append(f"{count} objects: {error!r}")
    finish("fetch from medallion", failures)


if __name__ == "__main__":
    main()
