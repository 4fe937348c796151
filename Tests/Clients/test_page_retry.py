"""Stopping and asking again: what is sent to the server, and what the model is asked."""

import http.server
import json
import threading

import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, browser, chromium, proxy, until, until_ended,
)

ENDLESS = "simulator?tokens=2000&interval_ms=20"


def begin(browser, url, model=ENDLESS, prompt="hello"):
    browser.open(url, model=model)
    browser.ask(prompt)
    return until(browser.source)


# ---- Stop while the line is down


def block_line(browser, proxy):
    proxy.is_blocked = True
    proxy.cut(abruptly=True)
    until(lambda: "reconnecting" in browser.connection())


def test_a_stop_while_the_line_is_down_is_delivered_when_it_is_back(relay, browser, proxy):
    begin(browser, proxy.url)
    browser.offline(True)
    proxy.cut(abruptly=True)
    until(lambda: "reconnecting" in browser.connection())
    browser.press("#stop")
    assert browser.status() == "stopped"
    until(lambda: browser.notes().startswith("Stopping… The server is told"))
    assert browser.find("#send").is_displayed() and relay.history() == []
    browser.offline(False)
    [record] = until(lambda: relay.history(), what="the end of the stopped answer")
    assert record["status"] == "stopped"
    until(lambda: browser.notes() == "Stopped.")
    assert browser.source() and record["content"].startswith(browser.source())
    assert relay.calls("?prompt=hello")["calls"] == 1


@pytest.mark.parametrize("is_same", [True, False], ids=["same chat", "another page"])
def test_a_stop_that_was_not_delivered_is_kept_when_the_page_is_left(
        relay, browser, proxy, is_same):
    begin(browser, proxy.url)
    address = browser.driver.current_url
    block_line(browser, proxy)
    browser.press("#stop")
    until(lambda: browser.notes().startswith("Stopping…"))
    browser.driver.get("about:blank")
    proxy.is_blocked = False
    assert relay.history() == []
    browser.driver.get(address if is_same else proxy.url)
    [record] = until(lambda: relay.history(), what="the end of the stopped answer")
    assert record["status"] == "stopped"
    browser.driver.get(address)
    until_ended(browser, "stopped")
    assert browser.questions() == ["hello"] and browser.notes() == "Stopped."
    assert browser.source() == record["content"]
    kept = browser.run("return Object.keys(localStorage).filter((name) => name.includes('stop'))")
    assert kept == []


FORGET_ID = """
    const [name] = Object.keys(localStorage).filter((name) => name.includes('.stop.'));
    const stop = JSON.parse(localStorage.getItem(name));
    delete stop.id;
    localStorage.setItem(name, JSON.stringify(stop));
"""


def test_a_stop_before_the_answer_had_an_id_finds_it_later(relay, browser, proxy):
    begin(browser, proxy.url)
    block_line(browser, proxy)
    browser.press("#stop")
    until(lambda: browser.notes().startswith("Stopping…"))
    browser.run(FORGET_ID)
    browser.driver.get("about:blank")
    proxy.is_blocked = False
    browser.driver.get(proxy.url)
    [record] = until(lambda: relay.history(), what="the end of the stopped answer")
    assert record["status"] == "stopped"


def test_a_server_that_refuses_a_stop_for_now_is_told_again(relay, browser):
    begin(browser, relay.url)
    browser.run("""
        const { fetch } = window;
        window.refusals = 0;
        window.fetch = (url, options) => options?.method === 'DELETE' && refusals++ < 1
            ? Promise.resolve(new Response('', {status: 503})) : fetch(url, options);
    """)
    browser.press("#stop")
    [record] = until(lambda: relay.history(), what="the end of the stopped answer")
    assert record["status"] == "stopped"
    until(lambda: browser.notes() == "Stopped.")


def test_a_stop_that_is_refused_for_now_is_said_after_a_reload(relay, browser):
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        const real = window.fetch;
        window.fetch = (url, options) => options?.method === 'DELETE' && !window.isWell
            ? Promise.resolve(new Response('', {status: 503})) : real(url, options);
    """})
    begin(browser, relay.url)
    browser.press("#stop")
    until(lambda: browser.notes().startswith("Stopping…"))
    browser.reload()
    until_ended(browser, "stopped")
    assert browser.notes().startswith("Stopping…") and browser.questions() == ["hello"]
    assert relay.history() == []
    browser.run("window.isWell = true")
    until(lambda: browser.notes() == "Stopped.")
    [record] = until(lambda: relay.history())
    assert record["status"] == "stopped"


# ---- Reload right after Send


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "posted"])
def test_a_reload_right_after_send_refuses_nothing_and_asks_once(start_relay, browser, is_long):
    relay = start_relay(RELAY_LOOPS=2)
    for wait in range(14):
        prompt = f"q{wait}" + " w" * (1500 if is_long else 1)
        browser.open(relay.url, model="simulator?tokens=10&interval_ms=20&first_ms=100")
        browser.run("document.querySelector('#prompt').value = arguments[0]", prompt)
        browser.run("""
            const began = performance.now();
            document.querySelector('#send').click();
            while (performance.now() < began + arguments[0]);
            window.isOld = true;
            location.reload();
        """, wait)
        until(lambda: not browser.run("return window.isOld") and browser.all(ANSWERS))
        until_ended(browser)
        assert browser.questions() == [prompt] and len(browser.all(ANSWERS)) == 1, wait
    prompts = [record["messages"][-1]["content"] for record in relay.history(14)]
    assert len(set(prompts)) == 14, "asked twice"


# ---- Retry


class Upstream:
    """A model's service that breaks off after a word, so many times, and keeps its requests."""

    def __init__(self, breaks):
        upstream = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                upstream.asked.append(json.loads(self.rfile.read(length)))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                is_broken = len(upstream.asked) <= breaks
                self.write({"delta": {"content": "half" if is_broken else "whole"}})
                if not is_broken:
                    self.write({"delta": {}, "finish_reason": "stop"})
                    self.wfile.write(b"data: [DONE]\n\n")

            def write(self, choice):
                chunk = {"model": "m-2026-11", "choices": [{"index": 0, **choice}]}
                self.wfile.write(b"data: %s\n\n" % json.dumps(chunk).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def models(self):
        return [body["model"] for body in self.asked]

    def messages(self):
        """The messages of the last call, in short."""
        return [f"{message['role'][0]}:{message['content']}"
                for message in self.asked[-1]["messages"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def start_upstream():
    upstreams = []

    def start(breaks):
        upstreams.append(Upstream(breaks))
        return upstreams[-1]

    yield start
    for upstream in upstreams:
        upstream.close()


# Servers from before the field: the requested model is sent all the same.
REQUESTED = """
    const { json } = Response.prototype;
    Response.prototype.json = async function () {
        const body = await json.call(this);
        for (const message of body.messages ?? [])
            if (message.role === 'assistant') message.requested_model ??= 'm';
        return body;
    };
"""


def ready(browser, start_relay, upstream):
    relay = start_relay(OPENAI_BASE_URL=upstream.url, OPENAI_API_KEY="k", RELAY_MODEL="default")
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": REQUESTED})
    begin(browser, relay.url, model="m", prompt="Q1")
    until_ended(browser, "error")
    return relay


def retry(browser, count):
    browser.press(".answer:last-child [data-action=retry]")
    until(lambda: len(browser.all(f"{ANSWERS}:not([data-status=streaming])")) == count)


@pytest.mark.parametrize("is_reopened", [False, True], ids=["open", "reopened"])
def test_retry_asks_the_same_model_the_question_once(
        start_relay, start_upstream, browser, is_reopened):
    upstream = start_upstream(breaks=2)
    relay = ready(browser, start_relay, upstream)
    if is_reopened:
        [record] = relay.history(1)
        browser.open(relay.url, c=record["conversation"])
        until_ended(browser, "error")
    button = browser.find("[data-action=retry]")
    assert button.get_attribute("title") == "Ask m again"
    retry(browser, 2)
    assert upstream.models() == ["m", "m"] and upstream.messages() == ["u:Q1"]
    retry(browser, 3)
    assert upstream.models() == ["m", "m", "m"] and upstream.messages() == ["u:Q1"]
    assert browser.source() == "whole" and browser.questions() == ["Q1"]
    browser.ask("Q2")
    until(lambda: len(browser.all(f"{ANSWERS}[data-status=complete]")) == 2)
    assert upstream.messages() == ["u:Q1", "a:whole", "u:Q2"]
    browser.reload()
    until(lambda: len(browser.all(ANSWERS)) == 4)
    assert browser.questions() == ["Q1", "Q2"]


def test_a_reload_while_it_is_asked_again_shows_the_question_once(relay, browser):
    begin(browser, relay.url, model="simulator?cut_after=90&interval_ms=30", prompt="again")
    until_ended(browser, "error")
    browser.press("[data-action=retry]")
    until(lambda: len(browser.all(ANSWERS)) == 2 and browser.source())
    browser.reload()
    until(lambda: len(browser.all(ANSWERS)) == 2 and browser.status() == "streaming")
    assert browser.questions() == ["again"]
    browser.run("localStorage.clear()")
    browser.reload()  # as on another device
    until(lambda: len(browser.all(ANSWERS)) == 2)
    assert browser.questions() == ["again"]
