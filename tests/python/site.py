"""Makes the site and checks it: every link and anchor leads somewhere, and no page asks another server for anything.

In Chromium, each page also fits into 320 pixels, in light and in dark, and loads without an outside request or an error.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.dont_write_bytecode = True

from _demo import PROJECT, finish

# Elements whose address is fetched when the page opens; `a` is not one of them.
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src", "audio": "src", "video": "src"}
WIDTH = 320
# Exit code of `scripts/site` without its generator.
NO_TOOL = 3


class Page(HTMLParser):
    """The ids, links and fetched addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        address = values.get(FETCHED.get(tag, ""))
        if address and values.get("rel") != "canonical":
            self.fetched.append(address)


def made(folder):
    """Makes the site, and returns its pages by path; `None` if its generator cannot be built."""
    done = subprocess.run([PROJECT / "scripts/site", folder], capture_output=True, text=True, check=False)
    if done.returncode == NO_TOOL:
        return None
    if done.returncode:
        raise SystemExit(f"scripts/site ended with {done.returncode}:\n{done.stderr}")
    return {path: Page(path.read_text()) for path in sorted(folder.rglob("*.html"))}


def flaws(folder, pages):
    """Yields links and anchors that lead nowhere, and addresses of other servers."""
    for path, page in pages.items():
        name = path.relative_to(folder)
        for address in page.fetched:
            if urlsplit(address).scheme or address.startswith("//"):
                yield f"{name}: it fetches {address}"
            elif not (path.parent / unquote(urlsplit(address).path)).resolve().is_file():
                yield f"{name}: it fetches {address}, which is not there"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            # The page for a missing address has the address of that page.
            if name.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{name}: a link to {link}, which is not there"
            elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in pages[target].ids:
                yield f"{name}: a link to {link}, whose anchor is not there"
    for path in folder.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^'\")]+)", path.read_text()):
            if urlsplit(address).scheme not in ("", "data"):
                yield f"{path.relative_to(folder)}: it fetches {address}"


def check_in_browser(folder, pages):
    """Yields pages that ask another server, that have errors, or that are wider than a small screen."""
    chromium = os.environ.get("CHROMIUM")
    if not chromium:
        print("SKIPPED: the site in a browser: CHROMIUM is not set")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--allow-file-access-from-files"])
        backgrounds = {}
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme, viewport={"width": WIDTH, "height": 640})
            tab, seen = context.new_page(), []
            tab.on("request", lambda request: seen.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None)
            tab.on("pageerror", lambda error: seen.append(f"an error: {error}"))
            for path in pages:
                if path.name in ("404.html", "toc.html", "print.html"):
                    continue
                tab.goto(path.as_uri())
                width = tab.evaluate("document.documentElement.scrollWidth")
                if width > WIDTH:
                    yield f"{path.name}: {width} pixels wide in {scheme}, on a screen of {WIDTH}"
                yield from (f"{path.name} in {scheme}: {problem}" for problem in seen)
                seen.clear()
            backgrounds[scheme] = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            context.close()
        browser.close()
    if backgrounds["light"] == backgrounds["dark"]:
        yield f"the dark theme is the light one: {backgrounds}"


PLANTED = """<a href="absent.html">x</a><a href="#absent">x</a><img src="https://elsewhere.example/x.png"><script src="absent.js"></script>"""


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="araneus-site-") as name:
        folder = Path(name)
        pages = made(folder)
        if pages is None:
            print("SKIPPED: mdBook cannot be built: the site of the documentation")
            return
        print(f"{len(pages)} pages in {time.monotonic() - began:.0f} s")
        failures = list(flaws(folder, pages))
        if len(pages) < 30:
            failures.append(f"the site has {len(pages)} pages only")
        planted = folder / "planted.html"
        found = list(flaws(folder, {planted: Page(PLANTED)}))
        if len(found) != 4:
            failures.append(f"of four planted failures {len(found)} are found: {found}")
        failures += check_in_browser(folder, pages)
    finish("the site", failures)


main()
