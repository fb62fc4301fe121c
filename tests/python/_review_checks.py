"""Checks of pages with hostile names, and proof that the checks of the review page notice flaws."""

import re

import pyarrow.ipc
from playwright.sync_api import Error as DriverError

from _hostile import HOST, NAMES, RAN
from _review import Watched, axe_violations, links

# Pages with hostile names that are looked at.
PAGES_MAX = 80
# Characters that hide or reorder text; a page shows their number instead.
HIDDEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
# Parts that show that a name arrived as text.
SHOWN = [
    "<script>",
    "onerror=",
    "<svg/onload=",
    "</title></textarea>",
    "<iframe srcdoc=",
    "<form action=",
    "<meta http-equiv=refresh",
    "{{ csrf }}",
    "&lt;script&gt;",
    "U+202E",
    "U+200B",
    "hxxp",
    "[.]",
    "DROP TABLE",
]
# Returns what a page contains that intelligence must never bring.
LIVE = """([host, ran]) => {
  const found = [];
  if (ran in window) found.push("a script of a name ran");
  const here = location.origin;
  for (const link of document.querySelectorAll("a[href], area[href]"))
    if (new URL(link.href, here).origin !== here) found.push("a live link: " + link.outerHTML.slice(0, 120));
  for (const form of document.querySelectorAll("form"))
    if (form.method !== "dialog" && new URL(form.action, here).origin !== here) found.push("a foreign form: " + form.action);
  for (const element of document.querySelectorAll("script, link, img, image, iframe, object, embed, base, meta[http-equiv], style, video, audio, use")) {
    const target = element.getAttribute("src") || element.getAttribute("href") || "";
    if (!(/^(SCRIPT|LINK)$/.test(element.tagName) && target.startsWith("/static/"))) found.push("an element: " + element.outerHTML.slice(0, 120));
  }
  for (const element of document.querySelectorAll("*"))
    for (const name of element.getAttributeNames()) if (name.startsWith("on")) found.push("an event handler: " + element.outerHTML.slice(0, 120));
  return found;
}"""
BAD_PAGE = f"""<!DOCTYPE html><html><body style="background:#fff"><p style="color:#bbb">faint</p><img src="http://{HOST}/a.png">
<a href="https://{HOST}/">open</a><form action="https://{HOST}/"></form><p onclick="1">x</p><script>window.{RAN}=1</script></body></html>"""


def live_content(page):
    """Returns what acts in a page although intelligence brought it, and which text is not defanged."""
    found = page.evaluate(LIVE, [HOST, RAN])
    text = page.evaluate("() => document.body.textContent")
    found += [f"a character that hides or reorders: U+{ord(character):04X}" for character in HIDDEN if character in text]
    lower = text.lower()
    found += [f"not defanged: {lower[max(at - 30, 0) : at + 40]!r}" for at in [lower.find(HOST)] if at >= 0]
    found += [f"not defanged: {scheme}" for scheme in ("https://", "http://", "ftp://") if scheme in lower]
    return found, text


def entities_of(folder):
    """Returns the path of one entity for each hostile name that the run has."""
    with pyarrow.memory_map(str(folder / "out" / "latest" / "all" / "entities.arrow")) as file:
        table = pyarrow.ipc.open_file(file).read_all().select(["entity_id", "label"]).to_pylist()
    found = (next((row["entity_id"] for row in table if name in (row["label"] or "")), None) for name in NAMES)
    return [f"/entity/{entity}" for entity in found if entity]


def every_page_is_harmless(browser, running, cookies, folder):
    """Yields what hostile names bring about on the pages of a run. The browser ignores the content security policy here."""
    watched = Watched(browser, running.base, bypass_csp=True)
    watched.context.add_cookies(cookies)
    page = watched.context.new_page()
    named = entities_of(folder)
    waiting, seen, texts = ["/queue", "/run", "/model", "/judgements", *named], [], []
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0)
        seen.append(path)
        response = page.goto(running.base + path)
        if response.status != 200:
            yield f"{path}: answer {response.status}"
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        found, text = live_content(page)
        yield from (f"{path}: {what}" for what in found)
        texts.append(text)
        kinds = ["/flag/", "/entity/", "/community/", "/record/"]
        new = [link for kind in kinds for link in links(page, kind)[: 20 if kind == "/flag/" else 3]]
        waiting += [link for link in new if link not in seen and link not in waiting]
    shown = "\n".join(texts)
    yield from (f"no page shows {part!r} as text" for part in SHOWN if part not in shown)
    if len(named) < len(NAMES) - 2 or len(seen) < PAGES_MAX:
        yield f"{len(named)} of {len(NAMES)} names and {len(seen)} pages were looked at"
    # A verdict on a hostile card brings its text through the script, too.
    flag = next(path for path in seen if path.startswith("/flag/"))
    page.goto(running.base + flag)
    page.keyboard.press("n")
    page.keyboard.type(NAMES[0])
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("b")
    for path in (flag, "/judgements", "/queue"):
        page.goto(running.base + path)
        yield from (f"{path} after a hostile note: {what}" for what in live_content(page)[0])
    yield from watched.failures()
    watched.context.close()


def checks_notice_flaws(browser):
    """Yields which flaws the checks do not notice in a page that has all of them."""
    watched = Watched(browser, "http://127.0.0.1:1", bypass_csp=True)
    page = watched.context.new_page()
    page.route("**/*", lambda route: route.abort() if HOST in route.request.url else route.fulfill(content_type="text/html", body=BAD_PAGE))
    page.goto("http://127.0.0.1:1/")
    found = " ".join(live_content(page)[0])
    for flaw in ["a script of a name ran", "a live link", "a foreign form", "an element", "an event handler"]:
        if flaw not in found:
            yield f"not noticed: {flaw}"
    axe = " ".join(axe_violations(page))
    for rule in ["color-contrast", "image-alt", "document-title"]:
        if rule not in axe:
            yield f"axe does not notice: {rule}"
    if not any(HOST in url for url in watched.foreign):
        yield "not noticed: a request to another origin"
    watched.context.close()


def _rows(page):
    """Returns the ids of the flags that a page of the queue lists."""
    return page.eval_on_selector_all("tr[data-flag]", "all => all.map(row => row.dataset.flag)")


def _focused(page):
    """Returns the id of the flag whose row has the focus."""
    return page.evaluate("() => document.activeElement.closest('tr[data-flag]')?.dataset.flag")


def _gets_focus(page, flag):
    """Returns whether the row of a flag has the focus soon. A browser gives it to the target of an address after it has drawn the page."""
    try:
        page.wait_for_function("flag => document.activeElement?.closest('tr[data-flag]')?.dataset.flag === flag", arg=flag, timeout=5_000)
    except DriverError:
        return False
    return True


def pages_of_the_queue(browser, page, base, cookies):
    """Yields what is wrong with a queue of several pages: its rows, its count, the keys, and the links without JavaScript."""
    path = "/queue?state=all&rows=20"
    page.goto(base + path)
    count = int(re.search(r"of ([\d,]+)\.", page.locator("caption").inner_text() + " of 0.").group(1))
    left = page.locator("p.left").inner_text()
    listed = [_rows(page)]
    while page.locator("a[rel=next]").count():
        with page.expect_navigation():
            page.locator("a[rel=next]").first.click()
        listed.append(_rows(page))
        if page.locator("p.left").inner_text() != left:
            yield f"page {len(listed)} of the queue counts what is left on it only"
    if len(listed) < 2:
        yield f"the queue has {len(listed[0])} rows on one page, so this check shows nothing"
        return
    found = [flag for rows in listed for flag in rows]
    if len(found) != count or len(set(found)) != count:
        yield f"the pages list {len(found)} rows, {len(set(found))} of them different; the caption says {count}"
    page.goto(base + path)
    page.locator("tr[data-flag] a").last.focus()
    with page.expect_navigation():
        page.keyboard.press("j")
    if "page=2" not in page.url or not _gets_focus(page, listed[1][0]):
        yield f"key j at the end of a page: {page.url}, row {_focused(page)}"
    with page.expect_navigation():
        page.keyboard.press("k")
    if "page=2" in page.url or not _gets_focus(page, listed[0][-1]):
        yield f"key k at the begin of a page: {page.url}, row {_focused(page)}"
    page.keyboard.press("k")
    if _focused(page) != listed[0][-2]:
        yield f"key k after a page: row {_focused(page)}"
    page.goto(f"{base}{path}&page=2")
    page.locator("tr[data-flag] a").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    back = page.locator("nav.steps a[href^='/queue']").get_attribute("href")
    if "page=2" not in back or "state=all" not in back:
        yield f"a card of the second page leads back to {back}"
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(cookies)
    still = plain.new_page()
    still.goto(base + path)
    still.locator("a[rel=next]").first.click()
    rows = still.locator("tr[data-flag]")
    if rows.first.get_attribute("data-flag") != listed[1][0]:
        yield "without JavaScript: the link to the next page leads elsewhere"
    plain.close()
