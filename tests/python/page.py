"""Looks at the demo's report pages in a browser: light, dark and narrow; nothing asked of a network, nothing cut off."""

import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from html.parser import HTMLParser
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import demo, finish, run

# A page's text must stand out from what is behind it by this ratio (WCAG 2.2, success criterion 1.4.3).
CONTRAST = 4.5
LIGHT, DARK = 1, 0
WIDE, NARROW = 1200, 390
HEIGHT = 1600
# A screen, and how many of them a page may have before a reader opens a line: with a queue of at most three flags, and in all.
SCREEN_WIDTH, SCREEN_HEIGHT = 1280, 800
QUIET_FLAGS, QUIET_SCREENS, SCREENS = 3, 10, 25
# How often a page is opened where the browser itself crashes, which says nothing about the page.
OPENINGS = 3

# Runs within a copy of a page, which is allowed scripts as the page is not, and tells the frame's parent what it sees.
PROBE = """
<script>
addEventListener("load", () => setTimeout(() => {
  const rgb = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const wide = () => document.documentElement.scrollWidth;
  const beyond = () => [...document.body.querySelectorAll("*")]
    .filter(e => !e.closest(".scroll > *, svg, .skip") && e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.tagName.toLowerCase() + " " + e.textContent.trim().slice(0, 40));
  const seen = { height: document.documentElement.scrollHeight, width: innerWidth, closed: wide(), faint: [], crowded: [] };
  for (const details of document.querySelectorAll("details")) details.open = true;
  seen.opened = wide();
  seen.beyond = beyond().slice(0, 5);
  seen.texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, svg")) continue;
    seen.texts += 1;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < %CONTRAST%) seen.faint.push(ratio.toFixed(2) + " " + walker.currentNode.data.trim().slice(0, 40));
  }
  const words = [...document.querySelectorAll("svg text")].map(e => [e.textContent, e.getBoundingClientRect()]);
  words.forEach(([one, a], at) => words.slice(at + 1).forEach(([other, b]) => {
    // A touch of the boxes is no overlap of the letters: two pixels are let be.
    if (a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
      seen.crowded.push(one + " / " + other);
  }));
  seen.labels = words.length;
  seen.fetched = performance.getEntriesByType("resource").map(entry => entry.name);
  parent.postMessage(JSON.stringify(seen), "*");
}, 50));
</script>
""".replace("%CONTRAST%", str(CONTRAST))


def browser():
    """Returns the browser to look with: the one `scripts/test` found, or one by name."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def look(chromium, page, scheme, width, *what):
    """Opens a page without a window and without a network; returns what the browser printed."""
    for opening in range(1, OPENINGS + 1):
        with tempfile.TemporaryDirectory(prefix="araneus-browser-", ignore_cleanup_errors=True) as profile:
            command = [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
                f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={width},{HEIGHT}", *what, page.as_uri(),
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode == 0:
            return done.stdout
        # Below zero a signal ended it: the browser crashed, and did not answer that something is wrong.
        if done.returncode > 0 or opening == OPENINGS:
            raise SystemExit(f"{chromium} ended with {done.returncode}, opened {opening} times:\n{done.stderr[-2000:]}")
        print(f"{chromium} crashed (signal {-done.returncode}); the page is opened once more")


class Links(HTMLParser):
    """Gathers what a page would fetch, where its links lead, and its ids."""

    def __init__(self):
        super().__init__()
        self.fetched, self.inside, self.ids, self.titles, self.sections = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            value = value or ""
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "xlink:href") and value.startswith("#"):
                self.inside.append(value[1:])
            elif name in ("src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "background"):
                self.fetched.append(f"<{tag} {name}={value!r}>")
            elif name.startswith("on") or (name == "http-equiv" and value.lower() == "refresh"):
                self.fetched.append(f"<{tag} {name}>")
            elif name == "style" and "url(" in value:
                self.fetched.append(f"<{tag} style with url()>")
        if tag in ("script", "iframe", "object", "embed", "base"):
            self.fetched.append(f"<{tag}>")
        if tag == "h1":
            self.titles.append(tag)
        if tag == "h2":
            self.sections.append(dict(attributes).get("id"))


def reads_well(name, text):
    """Yields what the page's text alone shows: requests, links into nothing, and broken grammar."""
    links = Links()
    links.feed(text)
    yield from (f"{name}: would leave the page: {what}" for what in links.fetched)
    style = " ".join(re.findall(r"<style>(.*?)</style>", text, re.S))
    if re.search(r"url\(|@import", style) or not style:
        yield f"{name}: the style fetches something, or there is none"
    if "default-src 'none'" not in text:
        yield f"{name}: no content security policy that forbids all"
    yield from (f"{name}: a link to #{where} leads nowhere" for where in links.inside if where not in links.ids)
    if len(links.ids) != len(set(links.ids)):
        yield f"{name}: an id is used twice"
    if not links.inside or len(links.titles) != 1:
        yield f"{name}: no links within, or not exactly one title"
    plain = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(style|svg).*?</\1>", "", text, flags=re.S))))
    ones = r"(?<![\d,.])\b1 (objects|records|files|pairs|entities|links|communities|sources|flags|members|entities point)\b"
    yield from (f"{name}: grammar: {found.group()}" for found in re.finditer(ones, plain))
    yield from (f"{name}: a value that says nothing: {word}" for word in re.findall(r"\b(?:NaN|None|Some\(|undefined|\{\{)", plain))


def the_queue_comes_first(name, text, ranks):
    """Yields what is wrong with the order of a page: what needs a person stands before all else, in order of rank."""
    links = Links()
    links.feed(text)
    if links.sections[:1] != ["person"]:
        yield f"{name}: begins with {links.sections[:1]}, not with what needs a person"
    shown = [int(rank) for rank in re.findall(r'id="flag-(\d+)"', text)]
    if shown != ranks or not ranks:
        yield f"{name}: shows the flags {shown}, and the queue has {ranks}"


def queue_of(night):
    """Returns the ranks of a night's queue, as `araneus queue` tells them."""
    answer = json.loads(run(["queue", night.resolve().name, "--json", "--out", night.parent], night))
    return [row["rank"] for row in answer]


def framed(page, width, probe, folder):
    """Makes a copy of a page in a frame of this width, since a browser's own window is never as narrow as a telephone."""
    text = page.read_text()
    if probe:
        text = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", text).replace("</body>", PROBE + "</body>")
    copy = folder / "copy.html"
    copy.write_text(text)
    frame = folder / f"frame-{width}.html"
    frame.write_text(
        "<!DOCTYPE html><title>nothing seen</title><body style='margin:0'>"
        "<script>addEventListener('message', event => document.title = event.data)</script>"
        f"<iframe src='copy.html' style='border:0;width:{width}px;height:{HEIGHT}px'></iframe>"
    )
    return frame


def probed(chromium, page, scheme, width, folder):
    """Returns what the probe saw in a page of this width."""
    answer = look(chromium, framed(page, width, True, folder), scheme, max(width, 500), "--virtual-time-budget=5000", "--dump-dom")
    title = html.unescape(re.search(r"<title>(.*?)</title>", answer, re.S).group(1))
    if title == "nothing seen":
        raise SystemExit(f"{page}: the page did not answer in the browser")
    return json.loads(title)


def picture(path):
    """Returns a PNG's width and height, its first pixel, and how many different rows it has."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw = zlib.decompress(packed)
    stride = len(raw) // height
    # The first pixel of a PNG is as it is under every filter, since there is nothing before it.
    return width, height, tuple(raw[1:4]), len({raw[row * stride : (row + 1) * stride] for row in range(height)})


def photographed(chromium, name, page, scheme, width, folder):
    """Yields what is wrong with a picture of the page."""
    shot = folder / "shot.png"
    shown = page if width >= 500 else framed(page, width, False, folder)
    look(chromium, shown, scheme, max(width, 500), f"--screenshot={shot}")
    _, _, corner, rows = picture(shot)
    if rows < 100:
        yield f"{name}: blank: {rows} different rows of pixels"
    if (sum(corner) < 3 * 128) != (scheme == DARK):
        yield f"{name}: its corner is {corner}"


def looks_well(chromium, name, page, folder):
    """Yields what is wrong with a page as it is seen."""
    for scheme, width in [(LIGHT, WIDE), (DARK, WIDE), (LIGHT, NARROW), (DARK, NARROW)]:
        title = f"{name}, {'dark' if scheme == DARK else 'light'}, {width} px"
        yield from photographed(chromium, title, page, scheme, width, folder)
        seen = probed(chromium, page, scheme, width, folder)
        if seen["width"] != width or seen["texts"] < 50:
            yield f"{title}: {seen['width']} px and {seen['texts']} texts were looked at"
        if max(seen["closed"], seen["opened"]) > width:
            yield f"{title}: {seen['closed']} px wide, {seen['opened']} px with every line open"
        yield from (f"{title}: reaches beyond the page: {what}" for what in seen["beyond"])
        yield from (f"{title}: too faint: {what}" for what in sorted(set(seen["faint"])))
        yield from (f"{title}: asks for {what}" for what in seen["fetched"])
        if width == WIDE and scheme == LIGHT:
            yield from (f"{title}: labels of the picture overlap: {what}" for what in seen["crowded"])


def is_short(chromium, name, page, flags, folder):
    """Yields that a page is too long to be read, with every line closed."""
    screens = probed(chromium, page, LIGHT, SCREEN_WIDTH, folder)["height"] / SCREEN_HEIGHT
    most = QUIET_SCREENS if flags <= QUIET_FLAGS else SCREENS
    print(f"{name}: {screens:.1f} screens with {flags} flags")
    if screens > most:
        yield f"{name}: {screens:.1f} screens of {SCREEN_WIDTH} by {SCREEN_HEIGHT} px with {flags} flags; at most {most}"


def a_quiet_run_is_short(chromium, made, folder):
    """Yields that the page of a run without new records is too long."""
    folders = ["--state", made / "araneus-demo/state", "--out", made / "araneus-demo/out"]
    run(["run", "--as-of", "2026-03-31T02:00:00Z", *folders], made)
    night = made / "araneus-demo" / "out" / "latest"
    flags = len(queue_of(night))
    if flags > QUIET_FLAGS:
        yield f"a run without new records has {flags} flags in its queue"
    yield from is_short(chromium, "a quiet run", night / "all" / "report.html", flags, folder)


BAD_PAGE = """<!DOCTYPE html><html lang="en"><head><style>body{background:#fff;color:#bbb}</style></head><body>
<img src="http://picture.invalid/a.png" alt=""><p style="width:700px">a faint and wide line</p>
<svg width="100" height="50"><text y="20">one label</text><text x="9" y="20">another label</text></svg>
</body></html>"""


def a_bad_page_is_noticed(chromium, folder):
    """Yields what the checks fail to see in a page that has every flaw they look for."""
    page = folder / "bad.html"
    page.write_text(BAD_PAGE)
    seen = probed(chromium, page, LIGHT, NARROW, folder)
    for flaw in ["faint", "beyond", "fetched", "crowded"]:
        if not seen[flaw]:
            yield f"the checks do not see: {flaw}"
    if seen["closed"] <= NARROW:
        yield "the checks do not see a page that is too wide"
    if len(list(the_queue_comes_first("bad", BAD_PAGE, [1]))) != 2:
        yield "the checks do not see a page that begins with something else than the queue"
    for flaw in ["would leave the page", "no content security policy"]:
        if not any(flaw in found for found in reads_well("bad", BAD_PAGE)):
            yield f"the checks do not see: {flaw}"


def main():
    chromium = browser()
    if not chromium:
        print("SKIPPED: looking at the report in a browser: no chromium here")
        return
    failures = []
    with demo() as made, tempfile.TemporaryDirectory(prefix="araneus-page-") as folder:
        failures += a_bad_page_is_noticed(chromium, Path(folder))
        night = made / "araneus-demo" / "out" / "latest"
        for name in ["all", "steward"]:
            page = night / name / "report.html"
            if not page.is_file():
                failures.append(f"{name}/report.html is missing")
                continue
            failures += reads_well(name, page.read_text())
            if name == "all":
                failures += the_queue_comes_first(name, page.read_text(), queue_of(night))
            failures += is_short(chromium, name, page, len(queue_of(night)), Path(folder))
            failures += looks_well(chromium, name, page, Path(folder))
        failures += a_quiet_run_is_short(chromium, made, Path(folder))
    finish("the pages all/report.html and steward/report.html", failures)


main()
