"""Works with the review page in a browser: keys, verdicts, undo, hostile names, accessibility, and a killed server.

`review_page.py --pictures FOLDER` also writes a picture of each screen, to look at.
"""

import argparse
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True

from playwright.sync_api import Error as DriverError
from playwright.sync_api import sync_playwright

from _demo import finish
from _hostile import write_hostile
from _review import axe_violations, chromium, exported, log, run_twice, screens, server, session, visitor, write_world
from _review_checks import checks_notice_flaws, every_page_is_harmless, pages_of_the_queue
from _review_killed import killed_servers_lose_nothing

VERDICTS = [("c", "confirmed"), ("b", "benign"), ("m", "needs-more"), ("d", "duplicate")]
# Number of verdicts given by keyboard.
JUDGED = 10


def flag_of(page):
    """Returns the id of the flag that a card shows."""
    return page.locator("article[data-flag]").get_attribute("data-flag")


def status(page):
    """Returns the message that a page shows."""
    return page.locator("#status").inner_text()


def open_first(page, base):
    """Opens the first flag of the queue by keyboard."""
    page.goto(base + "/queue")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def judge_by_keyboard(page, number, key):
    """Gives one verdict by keyboard, with a reason, and sometimes a note; waits for the next flag."""
    page.keyboard.press(str(1 + number % 5))
    if number % 3 == 0:
        page.keyboard.press("n")
        page.keyboard.type("cbmduj? a note of the person")
        page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press(key)


def ten_verdicts_without_a_mouse(page, base, folder):
    """Yields what is wrong with verdicts and undo by keyboard, read back from the archive."""
    open_first(page, base)
    given = []
    for number in range(JUDGED):
        key, value = VERDICTS[number % len(VERDICTS)]
        given.append((flag_of(page), value))
        judge_by_keyboard(page, number, key)
    stored = exported(folder)
    found = [(judgement["subject_id"], judgement["value"]) for judgement in stored]
    if found != given or {judgement["by"] for judgement in stored} != {"tester"}:
        yield f"ten verdicts by keyboard: given {given}, stored {found}"
    if len({flag for flag, _ in given}) != JUDGED:
        yield f"ten verdicts by keyboard: some flag was shown twice: {given}"
    notes = sum("a note of the person" in judgement.get("note", "") for judgement in stored)
    if notes != len(range(0, JUDGED, 3)):
        yield f"ten verdicts by keyboard: {notes} notes were stored"
    for turn in (1, 2):
        with page.expect_navigation():
            page.keyboard.press("u")
        last = exported(folder)[-1]
        undone = stored[-turn]
        if (last["value"], last["other_id"]) != ("withdrawn", undone["judgement_id"]):
            yield f"undo {turn}: the last judgement is {last}"
        if flag_of(page) != undone["subject_id"]:
            yield f"undo {turn}: the page shows {flag_of(page)}, not {undone['subject_id']}"


def keys_move_through_a_card(page, base):
    """Yields which keys do not lead where they should."""
    open_first(page, base)
    first = flag_of(page)
    for key, target in [("e", "evidence"), ("g", "graph")]:
        page.keyboard.press(key)
        focused = page.evaluate("() => document.activeElement.id")
        if focused != target:
            yield f"key {key}: the focus is on {focused!r}"
    page.keyboard.press("?")
    if not page.locator("#shortcuts").is_visible():
        yield "key ?: no help"
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("j")
    if flag_of(page) == first:
        yield "key j: the same flag"
    with page.expect_navigation():
        page.keyboard.press("k")
    if flag_of(page) != first:
        yield "key k: another flag than before"
    with page.expect_navigation():
        page.keyboard.press("/")
    if page.evaluate("() => document.activeElement.id") != "search":
        yield "key /: the focus is not in the search field"


def keys_can_be_switched_off_and_changed(page, base):
    """Yields which keys act although they must not, or do not act although they should."""
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    def acts(key, field=None, waits=5):
        page.goto(base + "/queue")
        page.goto(base + page.locator("tr[data-flag] a").first.get_attribute("href"))
        page.route("**/judgement", lambda route: route.abort())
        if field:
            page.locator(field).focus()
        before = len(sent)
        page.keyboard.press(key)
        for _ in range(waits):
            page.wait_for_timeout(50)
            if len(sent) > before:
                break
        page.unroute("**/judgement")
        return len(sent) > before

    def must_act(key):
        # A busy machine may need longer. A key that must not act gets a quarter of a second.
        return acts(key, waits=100)

    def settings(change):
        page.goto(base + "/keys")
        change()
        page.locator("form#keys button").first.click()
        if "saved" not in status(page):
            raise DriverError(f"the keys were not saved: {status(page)}")

    if not must_act("c"):
        yield "keys: c does not send a verdict at first"
    for key, field in [("c", "textarea[name=note]"), ("Control+c", None), ("Alt+c", None), ("Meta+c", None), ("Shift+C", None)]:
        if acts(key, field):
            yield f"keys: {key} in {field or 'the page'} sends a verdict"
    settings(lambda: page.locator("input[name=confirmed]").fill("x"))
    if acts("c") or not must_act("x"):
        yield "keys: confirmed was moved from c to x, and the page does not follow"
    settings(lambda: page.locator("input[name='on benign']").uncheck())
    if acts("b") or not must_act("x"):
        yield "keys: b was switched off alone, and the page does not follow"
    settings(lambda: page.locator("input[name=on]").uncheck())
    if acts("x") or acts("d"):
        yield "keys: a key sends a verdict although all are switched off"
    page.keyboard.press("1")
    if page.locator("#judge input:checked:not([value='']), #judge option:checked:not([value=''])").count():
        yield "keys: 1 chooses a reason although all keys are switched off"
    page.goto(base + "/keys")
    page.locator("button[name=reset]").click()
    if not must_act("c"):
        yield "keys: the defaults do not return"


def a_verdict_waits_for_the_answer(page, base, folder):
    """Yields whether the page moves on before the server has answered."""
    page.goto(base + "/queue?state=open")
    open_first(page, base)
    held = []
    page.route("**/judgement", lambda route: held.append(route))
    shown, before = page.url, len(exported(folder))
    page.keyboard.press("m")
    # A busy machine may take a while to send the request.
    for _ in range(100):
        page.wait_for_timeout(50)
        if held:
            break
    page.wait_for_timeout(400)
    if page.url != shown or "Saving the verdict: Needs more" not in status(page):
        yield f"before the answer: the page shows {page.url} and says {status(page)!r}"
    page.keyboard.press("d")
    page.wait_for_timeout(100)
    if len(held) != 1:
        yield f"before the answer: {len(held)} verdicts were sent"
    if not held:
        return
    with page.expect_navigation():
        held[0].fallback()
    page.unroute("**/judgement")
    if len(exported(folder)) != before + 1:
        yield "after the answer: not exactly one judgement more"


def two_tabs_see_the_conflict(page, base, folder):
    """Yields whether a second tab overwrites the verdict of the first."""
    open_first(page, base)
    other = page.context.new_page()
    other.goto(page.url)
    before = len(exported(folder))
    with page.expect_navigation():
        page.keyboard.press("d")
    shown = other.url
    other.keyboard.press("m")
    other.wait_for_function("() => document.querySelector('#status').classList.contains('bad')")
    if other.url != shown or "duplicate" not in status(other).lower():
        yield f"two tabs: the second shows {other.url} and says {status(other)!r}"
    if len(exported(folder)) != before + 1:
        yield "two tabs: not exactly one judgement more"
    other.close()


def two_people_who_differ_are_shown(browser, page, base, folder):
    """Yields what a card does not show after two people have given different verdicts."""
    open_first(page, base)
    card = page.url[len(base) :]
    if page.locator("article form[action$='/withdraw']").count():
        with page.expect_navigation():
            page.keyboard.press("u")
    with page.expect_navigation():
        page.keyboard.press("c")
    with server(folder, by="second reader") as other, visitor(browser, other) as (second, _):
        second.goto(other.base + card)
        with second.expect_navigation():
            second.keyboard.press("b")
    page.goto(base + card)
    text = page.locator("article").inner_text().lower()
    missing = [part for part in ("contested", "confirmed by tester", "benign by second reader") if part not in text]
    if missing:
        yield f"two people: the card does not show {missing}"


def forms_work_without_javascript(browser, running, cookies, folder):
    """Yields what cannot be done without JavaScript: a verdict, and its withdrawal."""
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(running.base + "/queue")
    page.locator("tr[data-flag] a").first.click()
    flag = flag_of(page)
    card = page.url
    # The judgements of earlier checks are withdrawn first.
    form = "article form[action$='/withdraw'] button"
    while page.locator(form).count():
        page.locator(form).first.click()
        page.goto(card)
    before = len(exported(folder))
    page.locator("#judge input[type=radio]").first.press("Enter")
    page.wait_for_timeout(200)
    if len(exported(folder)) != before:
        yield "without JavaScript: Enter on a reason gives a verdict"
    page.locator("textarea[name=note]").fill("without JavaScript")
    page.locator("#judge button[value=benign]").click()
    last = exported(folder)[-1]
    if (last["subject_id"], last["value"]) != (flag, "benign") or "without JavaScript" not in last["reason"]:
        yield f"without JavaScript: the last judgement is {last}"
    page.goto(card)
    if "benign" not in page.locator("article").inner_text().lower():
        yield "without JavaScript: the card does not show the verdict"
    page.locator(form).first.click()
    stored = exported(folder)
    if stored[-1]["value"] != "withdrawn" or len(stored) != before + 2:
        yield f"without JavaScript: after the withdrawal the last judgement is {stored[-1]}"
    context.close()


def focus_is_visible_and_never_trapped(page, paths, base):
    """Yields which elements have no visible focus, and whether Tab comes round."""
    look = """() => { const e = document.activeElement, s = getComputedStyle(e);
      return [e === document.body ? '' : e.outerHTML.slice(0, 90), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
    for path in paths:
        page.goto(base + path)
        seen = []
        for _ in range(400):
            page.keyboard.press("Tab")
            element, is_visible = page.evaluate(look)
            if not element or element in seen[:1]:
                break
            seen.append(element)
            if not is_visible:
                yield f"{path}: no visible focus on {element}"
        else:
            yield f"{path}: Tab does not come round in 400 steps"
        if len(seen) < 5:
            yield f"{path}: Tab reaches {len(seen)} elements"


def screens_are_accessible(browser, running, cookies, pictures):
    """Yields what axe finds on every screen, in light and dark, wide and narrow; and what is cut off."""
    paths = None
    for scheme in ("light", "dark"):
        for width in (1280, 320):
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900})
            context.add_cookies(cookies)
            page = context.new_page()
            paths = paths or screens(page, running.base)
            for path in paths:
                title = f"{path}, {scheme}, {width} px"
                page.goto(running.base + path)
                page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
                yield from (f"{title}: {found}" for found in axe_violations(page))
                shown = page.evaluate("() => document.documentElement.scrollWidth")
                if shown > width:
                    yield f"{title}: {shown} px wide"
                if pictures:
                    name = re.sub(r"\W+", "-", path.split("/")[1]) + f"-{scheme}-{width}.png"
                    page.reload()
                    page.screenshot(path=pictures / name, full_page=True)
            context.close()
    if not {"flag", "entity", "community", "record"} <= {path.split("/")[1] for path in paths}:
        yield f"not every screen was looked at: {paths}"


def headers_forbid_foreign_content(page, base):
    """Yields what a policy of content allows beyond the server's own files."""
    for path in ("/queue", "/help", "/static/app.js", "/nowhere"):
        policy = page.request.get(base + path).headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy or "http:" in policy or "*" in policy:
            yield f"{path}: the content security policy is {policy!r}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pictures", type=Path)
    pictures = arguments.parse_args().pictures
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    path = chromium()
    if not path:
        print("SKIPPED: the review page in a browser: no chromium here")
        return
    failures = []

    def check(name, found):
        began = time.monotonic()
        before = len(failures)
        try:
            failures.extend(f"{name}: {failure}" for failure in found)
        except DriverError as error:
            # The page did not do what the check waited for; the other checks go on.
            failures.append(f"{name}: {str(error)[:400]}")
        except (Exception, SystemExit) as error:  # noqa: BLE001
            failures.append(f"{name}: {error!r}"[:400])
            traceback.print_exc()
        log(f"{name}: {len(failures) - before} failed, {time.monotonic() - began:.1f} s")

    with tempfile.TemporaryDirectory(prefix="araneus-review-") as made, sync_playwright() as driver:
        made = Path(made)
        world = write_world(made)
        plain = run_twice(world, made / "plain")
        hostile_world = write_hostile(world, made / "hostile-world")
        hostile = run_twice(hostile_world, made / "hostile")
        log("the runs are made")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-quic"])
        check("the checks themselves", checks_notice_flaws(browser))
        with server(plain) as running:
            with visitor(browser, running) as (page, watched):
                base, cookies = running.base, page.context.cookies()
                check("headers", headers_forbid_foreign_content(page, base))
                check("keys of a card", keys_move_through_a_card(page, base))
                check("pages of the queue", pages_of_the_queue(browser, page, base, cookies))
                check("ten verdicts", ten_verdicts_without_a_mouse(page, base, plain))
                check("focus", focus_is_visible_and_never_trapped(page, ["/queue", "/keys", page.url[len(base) :]], base))
                check("quiet console, own origin only", watched.failures())
                check("the answer first", a_verdict_waits_for_the_answer(page, base, plain))
                check("two tabs", two_tabs_see_the_conflict(page, base, plain))
                check("two people", two_people_who_differ_are_shown(browser, page, base, plain))
                check("keys", keys_can_be_switched_off_and_changed(page, base))
            check("without JavaScript", forms_work_without_javascript(browser, running, cookies, plain))
            check("axe", screens_are_accessible(browser, running, cookies, pictures))
        with server(hostile) as running:
            check("hostile names", every_page_is_harmless(browser, running, session(running, browser), hostile))
        check("killed server", killed_servers_lose_nothing(browser, plain))
        browser.close()
    finish("the review page", failures)


main()
