"""Servers of the review page that are killed while verdicts are saved."""

import http.client
import json
import re
import threading
import time
from urllib.parse import urlencode, urlsplit

from _review import Server, exported, log, visitor

KILLS = 6
# Shortest and longest time between the first verdict and the kill, in seconds.
KILL_AFTER = (0.05, 0.6)


class Client:
    """A reviewer without a browser: a session, and the forms of the cards."""

    def __init__(self, running):
        address = urlsplit(running.url)
        self.host = address.netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=10)
        self.headers = {}
        response, _ = self.ask("GET", f"{address.path}?{address.query}")
        self.headers = {"Cookie": response.getheader("Set-Cookie").split(";")[0]}

    def ask(self, method, path, fields=None):
        """Returns the response and its text."""
        headers = {**self.headers, "Accept": "application/json" if fields else "text/html"}
        if fields:
            headers |= {"Origin": f"http://{self.host}", "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, urlencode(fields) if fields else None, headers)
        response = self.connection.getresponse()
        return response, response.read().decode()

    def flags(self):
        """Returns the paths of the cards in the queue."""
        return list(dict.fromkeys(re.findall(r'href="(/flag/[^"?#]+)"', self.ask("GET", "/queue")[1])))

    def judge(self, path, value, note):
        """Gives one verdict with the form of a card; returns the answer."""
        text = self.ask("GET", path)[1]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text.split('id="judge"')[1]))
        _, answer = self.ask("POST", path + "/judgement", {**hidden, "value": value, "note": note})
        return json.loads(answer)


def judge_until_killed(client, turn, answered, tried):
    """Gives verdicts until the connection breaks; notes what was sent, and what the server acknowledged."""
    try:
        flags = client.flags()
        for number in range(1000):
            note = f"kill {turn} verdict {number}"
            value = ("benign", "confirmed", "needs-more")[number % 3]
            tried.append(note)
            answer = client.judge(flags[number % len(flags)], value, note)
            if answer.get("ok") is not True:
                answered.append((f"refused: {answer}", note))
                return
            answered.append((answer["judgement_id"], note))
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return


def killed_servers_lose_nothing(browser, folder):
    """Yields which acknowledged verdicts are lost or doubled after kills, and what the page says of a lost server."""
    answered, tried = [], []
    began = len(exported(folder))
    for turn in range(KILLS):
        running = Server(folder)
        worker = threading.Thread(target=judge_until_killed, args=(Client(running), turn, answered, tried))
        worker.start()
        time.sleep(KILL_AFTER[0] + (KILL_AFTER[1] - KILL_AFTER[0]) * turn / (KILLS - 1))
        running.kill()
        worker.join()
    stored = exported(folder)[began:]
    ids = [judgement["judgement_id"] for judgement in stored]
    reasons = "\n".join(judgement["reason"] for judgement in stored)
    log(f"killed {KILLS} times: {len(tried)} verdicts sent, {len(answered)} acknowledged, {len(stored)} stored")
    if len(answered) < 2 * KILLS:
        yield f"only {len(answered)} verdicts were acknowledged before the kills"
    yield from (f"acknowledged, and stored {ids.count(id)} times: {id}" for id, _ in answered if ids.count(id) != 1)
    for note in tried:
        count = len(re.findall(re.escape(note) + r"\b", reasons))
        if count > 1:
            yield f"stored {count} times: {note}"
    if len(stored) > len(tried):
        yield f"{len(stored)} judgements are stored, and {len(tried)} were sent"
    yield from a_lost_server_keeps_the_verdict(browser, folder)


def a_lost_server_keeps_the_verdict(browser, folder):
    """Yields what a page does not say, or loses, when its server is killed and started again."""
    running = Server(folder)
    port = urlsplit(running.url).port
    with visitor(browser, running) as (page, _):
        page.goto(running.base + "/queue")
        page.goto(running.base + page.locator("tr[data-flag] a").first.get_attribute("href"))
        page.locator("textarea[name=note]").fill("typed before the server was lost")
        page.keyboard.press("Escape")
        shown, before = page.url, len(exported(folder))
        running.kill()
        page.keyboard.press("m")
        page.wait_for_selector("#unsent")
        text = page.locator("#status").inner_text()
        if page.url != shown or "does not answer" not in text:
            yield f"a lost server: the page shows {page.url} and says {text!r}"
        if page.locator("textarea[name=note]").input_value() != "typed before the server was lost":
            yield "a lost server: the note is gone"
        if page.locator("#judge button[value=needs-more]").get_attribute("aria-pressed") != "true":
            yield "a lost server: the verdict is not on the screen"
        again = Server(folder, "--port", port)
        try:
            page.keyboard.press("m")
            page.wait_for_function("() => document.querySelector('#status').textContent.includes('started again')")
            page.goto(again.url)
            page.goto(shown)
            if not page.locator("#unsent").count():
                yield "after the start: the unsent verdict is not shown again"
            with page.expect_navigation():
                page.locator("#unsent button").press("Enter")
            stored = exported(folder)[before:]
            if len(stored) != 1 or "typed before the server was lost" not in stored[0]["reason"]:
                yield f"after the start: stored is {stored}"
        finally:
            again.stop()
