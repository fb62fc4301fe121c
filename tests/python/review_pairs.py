"""Works with the second queue of the review page in a browser: pairs of entities, side by side, judged by keyboard and by forms.

`review_pairs.py --pictures FOLDER` also writes a picture of each screen, to look at.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from playwright.sync_api import Error as DriverError
from playwright.sync_api import sync_playwright

from _demo import finish, run
from _review import axe_violations, chromium, exported, log, server, visitor

NAMES = ["Maria Kalnins", "Wojciech Nowak", "Ingrid Sandvik", "<img src=x onerror=alert(1)> Roe"]
SOURCES = ["desk", "bank"]


def write_deployment(folder):
    """Runs two sources that name the same people without any other attribute, and returns the folder."""
    for source in SOURCES:
        lines = [
            json.dumps({"id": f"{source}-{number}", "schema": "Person", "properties": {"name": [name]}})
            for number, name in enumerate(NAMES)
        ]
        (folder / source).mkdir(parents=True)
        (folder / source / "people.json").write_text("\n".join(lines) + "\n")
    run(["run", *SOURCES, "--as-of", "2026-03-02T02:00:00Z"], folder)
    return folder


def pair_of(page):
    """Returns the id of the pair that a page shows."""
    return page.locator("article[data-pair]").get_attribute("data-pair")


def keys_judge_pairs(page, base, folder):
    """Yields what is wrong with the keys of the list and of a pair, read back from the archive."""
    page.goto(base + "/pairs")
    if page.locator("tr[data-flag]").count() != len(NAMES):
        yield f"the list has {page.locator('tr[data-flag]').count()} pairs, not {len(NAMES)}"
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for key, value in (("s", "same"), ("d", "different"), ("u", "unsure")):
        shown, before = pair_of(page), len(exported(folder))
        if page.locator("table").first.locator("thead th").count() != 2:
            yield f"{value}: the two entities are not side by side"
        if page.locator("section[aria-labelledby=levels-title] tbody tr").count() < 5:
            yield f"{value}: the contributions of the levels are missing"
        with page.expect_navigation():
            page.keyboard.press(key)
        stored = exported(folder)
        last = stored[-1]
        if len(stored) != before + 1 or (last["kind"], last["value"], last["by"]) != ("identity", value, "tester"):
            yield f"the key {key} stored {stored[before:]}"
        elif not all(last["identifiers"]):
            yield f"the judgement keeps no identifiers: {last}"
        if pair_of(page) == shown:
            yield f"the key {key} does not open the next pair"
        if f"Saved: {value}" not in page.locator(".notice").inner_text():
            yield f"the key {key} gives no notice"
    before, at = len(exported(folder)), pair_of(page)
    page.locator("textarea[name=note]").focus()
    page.keyboard.type("sdu")
    if len(exported(folder)) != before or pair_of(page) != at:
        yield "a key in the reason gives a judgement"
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("k")
    if pair_of(page) == at:
        yield "the key k does not open the previous pair"


def forms_work_without_javascript(browser, base, cookies, folder):
    """Yields what cannot be done without JavaScript: a judgement with a reason, its withdrawal, and a conflict."""
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page, second = context.new_page(), context.new_page()
    page.goto(base + "/pairs")
    page.locator("tr[data-flag] a").last.click()
    card = page.url
    second.goto(card)
    page.locator("textarea[name=note]").fill("one passport in both")
    page.locator("button[value=same]").click()
    last = exported(folder)[-1]
    if (last["value"], last["reason"]) != ("same", "one passport in both"):
        yield f"the last judgement is {last}"
    before = len(exported(folder))
    second.locator("button[value=different]").click()
    if "Nothing was saved" not in second.inner_text("main") and "was not saved" not in second.inner_text("main"):
        yield "the second tab sees no conflict"
    if len(exported(folder)) != before:
        yield "the judgement of an old page was stored"
    page.goto(card)
    page.locator("article form[action$='/withdraw'] button").first.click()
    last = exported(folder)[-1]
    if (last["value"], last["kind"]) != ("withdrawn", "identity"):
        yield f"after the withdrawal the last judgement is {last}"
    context.close()


def screens_are_accessible(browser, base, cookies, pictures):
    """Yields what axe finds in the list and in a pair, in light and dark, wide and narrow; and what is cut off."""
    for scheme in ("light", "dark"):
        for width in (1280, 320):
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900})
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto(base + "/pairs")
            paths = ["/pairs", page.locator("tr[data-flag] a").first.get_attribute("href")]
            page.goto(base + paths[1])
            paths.append(page.locator("thead a").first.get_attribute("href"))
            for path in paths:
                title = f"{path}, {scheme}, {width} px"
                page.goto(base + path)
                yield from (f"{title}: {found}" for found in axe_violations(page))
                shown = page.evaluate("() => document.documentElement.scrollWidth")
                if shown > width:
                    yield f"{title}: {shown} px wide"
                if pictures:
                    page.screenshot(path=pictures / f"{path.split('/')[1]}-{scheme}-{width}.png", full_page=True)
            context.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pictures", type=Path)
    pictures = arguments.parse_args().pictures
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    path = chromium()
    if not path:
        print("SKIPPED: pairs in a browser: no chromium here")
        return
    failures = []

    def check(name, found):
        before = len(failures)
        try:
            failures.extend(f"{name}: {failure}" for failure in found)
        except DriverError as error:
            # The page did not do what the check waited for; the other checks go on.
            failures.append(f"{name}: {str(error)[:400]}")
        log(f"{name}: {len(failures) - before} failed")

    with tempfile.TemporaryDirectory(prefix="araneus-pairs-") as made, sync_playwright() as driver:
        folder = write_deployment(Path(made))
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-quic"])
        with server(folder) as running:
            with visitor(browser, running) as (page, watched):
                cookies = page.context.cookies()
                check("keys", keys_judge_pairs(page, running.base, folder))
                check("quiet console, own origin only, no script of a name", watched.failures())
            check("without JavaScript", forms_work_without_javascript(browser, running.base, cookies, folder))
            check("axe", screens_are_accessible(browser, running.base, cookies, pictures))
        browser.close()
    finish("pairs on the review page", failures)


main()
