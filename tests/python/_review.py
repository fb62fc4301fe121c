"""The review page of a small run in a browser: runs, servers, browser contexts, and the axe rules.

Two runs are made from the world of the demo: its deliveries of eight nights, then of six.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from _demo import program, run

# Nights of the two runs.
FIRST, SECOND = range(17, 25), range(25, 31)
SNAPSHOTS = {"ministry-watch", "actor-book", "tool-book"}
START_SECONDS = 60
# Rules of WCAG 2.2 AA, and the practices that axe recommends.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium():
    """Returns the browser that `scripts/test` found, or one by name."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def write_world(folder):
    """Writes the deliveries of the demo's world below `folder`, and returns their folder."""
    run(["scenario", "--seed", 6, "--out", folder / "world"], folder)
    return folder / "world"


def copy_configuration(world, folder):
    """Copies the configuration of a world and its mapping."""
    for file in world.glob("*.toml"):
        shutil.copy(file, folder)


def run_twice(deliveries, folder):
    """Runs the deliveries in two runs below `folder`; the configuration is that of the world."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_configuration(deliveries, folder)
    for nights in (FIRST, SECOND):
        inputs = [
            f"{source.name}={source}"
            for night in nights
            for source in sorted((deliveries / f"night-{night:02d}").iterdir())
            if source.name not in SNAPSHOTS or night == nights[-1]
        ]
        run(["run", *inputs, "--as-of", f"2026-03-{nights[-1]:02d}T02:00:00Z"], folder)
    return folder


def exported(folder):
    """Returns the judgements of an archive, as `araneus judgements export` prints them."""
    return [json.loads(line) for line in run(["judgements", "export"], folder).splitlines()]


class Server:
    """A running `araneus review`, with the address that it printed."""

    def __init__(self, folder, *arguments, by="tester"):
        command = [str(program()), "review", "--by", by, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.url = self._printed_url()
        self.base = self.url.split("/?")[0]

    def _printed_url(self):
        until, text = time.monotonic() + START_SECONDS, ""
        output = self.process.stdout.fileno()
        while time.monotonic() < until:
            if select.select([output], [], [], 0.2)[0]:
                # Read without a buffer, which would hide a second line from `select`.
                part = os.read(output, 4096).decode()
                text += part
                found = re.search(r"(http://\S+/\?token=\w+)\s", text)
                if found:
                    return found.group(1)
                if not part:
                    break
        self.stop()
        raise SystemExit(f"araneus review printed no address:\n{text}")

    def kill(self):
        """Ends the server at once, as a power failure does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends the server in order."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory_mb(self):
        """Returns the resident memory in megabytes (10^6 bytes)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", text).group(1)) * 1024 / 1e6


@contextmanager
def server(folder, *arguments, by="tester"):
    """Gives a server, and ends it."""
    running = Server(folder, *arguments, by=by)
    try:
        yield running
    finally:
        running.stop()


class Watched:
    """A browser context that notes scripts of intelligence, errors, and requests to other origins."""

    def __init__(self, browser, base, **options):
        self.base, self.errors, self.foreign = base, [], []
        self.context = browser.new_context(**options)
        self.context.on("request", self._note_request)
        self.context.on("page", self._watch_page)

    def _note_request(self, request):
        if not request.url.startswith((self.base + "/", "about:")):
            self.foreign.append(request.url)

    def _watch_page(self, page):
        page.on("pageerror", lambda error: self.errors.append(f"script error: {error}"))
        page.on("dialog", lambda dialog: (self.errors.append(f"a dialog opened: {dialog.message}"), dialog.dismiss()))
        page.on("console", self._note_console)

    def _note_console(self, text):
        # The checks look at the code of each answer themselves.
        if text.type == "error" and "Failed to load resource" not in text.text:
            self.errors.append(f"console: {text.text}")

    def failures(self):
        """Returns what must not have happened."""
        return [*self.errors, *(f"a request to another origin: {url}" for url in self.foreign)]


@contextmanager
def visitor(browser, running, **options):
    """Gives a page that has a session of the server, and its watched context."""
    watched = Watched(browser, running.base, **options)
    page = watched.context.new_page()
    page.goto(running.url)
    try:
        yield page, watched
    finally:
        watched.context.close()


def session(running, browser):
    """Exchanges the token of a server, and returns the cookies of the session for other contexts."""
    context = browser.new_context()
    context.new_page().goto(running.url)
    cookies = context.cookies()
    context.close()
    return cookies


def axe_violations(page):
    """Returns what axe finds in a page. The context must bypass the content security policy."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
    return [
        f"axe: {violation['id']}: {node['html'][:160]}: {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"][:3]
    ]


def links(page, prefix):
    """Returns the different paths of a page's links that begin with `prefix`, in order."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(link => link.getAttribute('href'))")
    return list(dict.fromkeys(path for path in found if path.startswith(prefix)))


def screens(page, base):
    """Returns one path of each screen, from the links of the queue, a card and an entity."""
    page.goto(base + "/queue")
    flags = links(page, "/flag/")
    page.goto(base + flags[0])
    entities, records = links(page, "/entity/"), links(page, "/record/")
    found = ["/queue", "/queue?state=all&rows=20&page=2", *flags[:1], *entities[:1], *records[:1], "/run", "/model", "/judgements", "/keys", "/help"]
    page.goto(base + entities[0])
    return [*found, *links(page, "/community/")[:1]]


def log(text):
    """Prints progress at once."""
    print(text)
    sys.stdout.flush()
