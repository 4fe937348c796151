"""The page loses no answer and pays for none twice: reloads, tabs, bad networks, sleep, restarts.

The calls are counted by the simulator, which sees all that would be paid for.
"""

import http.server
import shutil
import threading
import time

import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, CuttingProxy, Tabs, browser, chromium, proxy, until, until_ended,
)

SLOW = "simulator?tokens=120&interval_ms=50"  # six seconds


@pytest.fixture
def relay(start_relay):
    return start_relay(RELAY_LOOPS=2)


def asked(relay, prompt="hello"):
    return relay.calls(f"?prompt={prompt}")["calls"]


def begin(browser, url, model=SLOW, prompt="hello", length=40):
    """Asks, and returns the text once so much of it has come."""
    browser.open(url, model=model)
    browser.ask(prompt)
    return until(lambda: (text := browser.source()) and len(text) > length and text)


def has_it_whole_and_once(browser, relay, prompt="hello"):
    [record] = relay.history(1)
    assert record["status"] == "complete"
    assert browser.source() == record["content"]
    assert len(browser.all(ANSWERS)) == 1 and browser.questions() == [prompt]
    assert asked(relay, prompt) == 1
    return True


# ---- Reload


def test_a_reload_in_mid_answer_shows_the_whole_text_once(relay, browser):
    before = begin(browser, relay.url)
    browser.reload()
    until(lambda: browser.source().startswith(before))
    assert browser.status() == "streaming" and browser.questions() == ["hello"]
    assert browser.find("#stop").is_displayed()
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)
    assert browser.console() == []


def test_many_reloads_in_mid_answer_ask_once(relay, browser):
    begin(browser, relay.url, length=0)
    for _ in range(4):
        browser.reload()
        time.sleep(0.2)
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_a_reload_before_the_first_token_asks_once(relay, browser):
    browser.open(relay.url, model="simulator?first_ms=2000&tokens=5")
    browser.ask()
    browser.reload()
    until(lambda: browser.status() == "streaming")
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_a_posted_question_survives_a_reload_too(relay, browser):
    prompt = " ".join(f"größe{number}" for number in range(500))
    browser.open(relay.url, model="simulator?echo=1&interval_ms=4")
    browser.run("document.querySelector('#prompt').value = arguments[0]", prompt)
    browser.press("#send")
    until(lambda: len(browser.source()) > 40)
    browser.reload()
    until_ended(browser)
    assert browser.source() == prompt == relay.history(1)[0]["content"]


def test_stop_works_after_a_reload(relay, browser):
    begin(browser, relay.url, model="simulator?tokens=2000&interval_ms=20")
    browser.reload()
    until(browser.source)
    browser.press("#stop")
    until_ended(browser, "stopped")
    assert relay.history(1)[0]["status"] == "stopped"
    browser.reload()
    until_ended(browser, "stopped")
    assert browser.notes() == "Stopped."


@pytest.mark.parametrize("kept_s", [0, 600], ids=["forgotten", "kept"])
def test_an_answer_that_ended_while_away_is_restored(start_relay, browser, kept_s):
    relay = start_relay(RELAY_RESUME_S=kept_s)
    begin(browser, relay.url, model="simulator?tokens=40&interval_ms=30")
    address = browser.driver.current_url
    browser.driver.get("about:blank")
    relay_history = until(lambda: relay.history(), what="the end without readers")
    assert relay_history[0]["status"] == "complete"
    time.sleep(0.2)
    browser.driver.get(address)
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_an_answer_goes_on_while_nobody_reads_and_another_chat_is_open(relay, browser):
    begin(browser, relay.url)
    browser.press("#new")
    assert browser.all("article") == []
    until(lambda: browser.titles() == ["hello"])
    assert browser.find("#side .when").text == "Answering…"
    browser.choose("hello")
    until(lambda: browser.status() == "streaming" and browser.source())
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_the_list_learns_of_an_end_that_nobody_read(relay, browser):
    begin(browser, relay.url, model="simulator?tokens=30&interval_ms=30", length=10)
    browser.press("#new")
    until(lambda: browser.find("#side .when").text == "Answering…")
    until(lambda: ":" in browser.find("#side .when").text, what="the end in the list")
    assert browser.titles() == ["hello"] and asked(relay) == 1


FORGET_ID = """
    const [name] = Object.keys(localStorage).filter((name) => name.includes('running'));
    const question = JSON.parse(localStorage.getItem(name));
    delete question.id;
    localStorage.setItem(name, JSON.stringify(question));
"""


def test_a_reload_before_the_answer_has_an_id_asks_under_the_same_key(relay, browser):
    begin(browser, relay.url)
    browser.run(FORGET_ID)
    browser.reload()
    until(lambda: browser.source() and browser.status() == "streaming")
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_an_answer_without_an_id_that_ended_is_found_in_the_history(start_relay, browser):
    relay = start_relay(RELAY_RESUME_S=0)
    begin(browser, relay.url, model="simulator?tokens=40&interval_ms=30")
    browser.run(FORGET_ID)
    address = browser.driver.current_url
    browser.driver.get("about:blank")
    until(lambda: relay.history())
    browser.driver.get(address)
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


# ---- Two tabs


def test_two_tabs_show_one_answer_and_it_is_paid_once(relay, browser):
    begin(browser, relay.url)
    address = browser.driver.current_url
    tabs = Tabs(browser)
    browser.driver.get(address)
    until(lambda: len(browser.source()) > 40)
    assert browser.status() == "streaming"
    for tab in (tabs.first, tabs.second):
        tabs.to(tab)
        until_ended(browser)
        assert has_it_whole_and_once(browser, relay)


def test_a_question_asked_in_one_tab_appears_in_the_other(relay, browser):
    browser.open(relay.url, model="simulator?tokens=3&interval_ms=1")
    browser.ask("first")
    until_ended(browser)
    browser.run("""
        new MutationObserver(() => (window.appearedAt ??= Date.now()))
            .observe(document.querySelector('#log'), {childList: true});
    """)
    address = browser.driver.current_url.replace("tokens%3D3", "tokens%3D60")
    tabs = Tabs(browser)
    browser.driver.get(address.replace("interval_ms%3D1", "interval_ms%3D50"))
    until_ended(browser)
    browser.ask("second")
    until(lambda: browser.status() == "streaming" and browser.source())
    time.sleep(0.5)
    switched_at = time.time() * 1000
    tabs.to(tabs.first)
    until(lambda: browser.questions() == ["first", "second"], what="the other tab's question")
    assert browser.run("return appearedAt") < switched_at, "it came only when it was looked at"
    until(lambda: browser.status() == "streaming" and browser.source())
    browser.press("#stop")
    tabs.to(tabs.second)
    until_ended(browser, "stopped")
    assert browser.questions() == ["first", "second"]
    assert asked(relay, "first") == asked(relay, "second") == 1
    assert [record["status"] for record in relay.history(2)] == ["complete", "stopped"]


# ---- Network and sleep


def test_ten_seconds_offline_lose_nothing_and_cost_nothing(relay, browser, proxy):
    before = begin(browser, proxy.url, model="simulator?tokens=300&interval_ms=50")
    browser.offline(True)
    assert proxy.cut(abruptly=True) > 0
    until(lambda: "reconnecting" in browser.connection())
    seen = browser.source()
    assert seen.startswith(before)
    time.sleep(10)
    assert browser.source() == seen and browser.status() == "streaming"
    assert proxy.cut(abruptly=True) == 0, "something got through"
    browser.offline(False)
    until(lambda: len(browser.source()) > len(seen), what="the rest of the answer")
    assert browser.connection() == ""
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


@pytest.mark.parametrize("kept_s", [0, 600], ids=["forgotten", "kept"])
def test_an_answer_that_ends_while_offline_is_whole_afterwards(start_relay, browser, kept_s):
    relay = start_relay(RELAY_LOOPS=2, RELAY_RESUME_S=kept_s)
    proxy = CuttingProxy(relay.url)
    begin(browser, proxy.url, model="simulator?tokens=60&interval_ms=30")
    browser.offline(True)
    proxy.cut(abruptly=False)
    assert relay.history() == []
    until(lambda: relay.history())
    assert browser.status() == "streaming"
    browser.offline(False)
    until_ended(browser)
    assert browser.connection() == ""
    assert has_it_whole_and_once(browser, relay)
    proxy.close()


def test_the_native_reconnect_goes_on_after_a_reload_as_well(relay, browser, proxy):
    begin(browser, proxy.url, model="simulator?tokens=150&interval_ms=50")
    browser.reload()
    for abruptly in (False, True):
        seen = until(browser.source)
        until(lambda: len(browser.source()) > len(seen) + 10)
        proxy.cut(abruptly)
        until(lambda: "reconnecting" in browser.connection())
        until(lambda: browser.connection() == "")
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_a_phone_that_slept_finds_its_dead_connection_and_the_whole_answer(relay, browser, proxy):
    begin(browser, proxy.url, model="simulator?tokens=250&interval_ms=50")
    lifecycle = "Page.setWebLifecycleState"
    browser.driver.execute_cdp_cmd(lifecycle, {"state": "frozen"})
    assert proxy.stall() >= 1
    time.sleep(4)
    browser.driver.execute_cdp_cmd(lifecycle, {"state": "active"})
    tabs = Tabs(browser)
    tabs.to(tabs.first)  # awake it was hidden still, until the reader came back to it
    seen = browser.source()
    until(lambda: len(browser.source()) > len(seen) + 20, what="text after waking")
    assert browser.status() == "streaming"
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay)


def test_a_question_that_did_not_get_through_is_kept_and_asked_when_told_to(relay, browser, proxy):
    browser.open(proxy.url, model="simulator?tokens=5&interval_ms=1")
    until(lambda: browser.find("#simulated").is_displayed())
    proxy.is_blocked = True
    proxy.cut(abruptly=False)
    browser.ask("precious")
    until_ended(browser, "error")
    proxy.is_blocked = False
    browser.reload()
    until_ended(browser, "error")
    assert browser.questions() == ["precious"] and asked(relay, "precious") == 0
    browser.press("[data-action=retry]")
    until(lambda: browser.all(f"{ANSWERS}[data-status=complete]"))
    assert asked(relay, "precious") == 1
    browser.reload()
    until_ended(browser)
    assert has_it_whole_and_once(browser, relay, "precious")


# ---- The server went away


@pytest.mark.parametrize("is_open", [True, False], ids=["page open", "page closed"])
def test_a_killed_server_leaves_a_truthful_note_and_a_way_to_ask_again(relay, browser, is_open):
    before = begin(browser, relay.url)
    address = browser.driver.current_url
    if not is_open:
        browser.driver.get("about:blank")
    relay.kill()
    relay.start()
    if not is_open:
        browser.driver.get(address)
    until_ended(browser, "error")
    assert "The server was stopped while answering. What arrived is above." in browser.notes()
    [record] = relay.history(1)
    assert record["status"] == "interrupted" and browser.source() == record["content"]
    assert browser.source().startswith(before) and browser.questions() == ["hello"]
    browser.press("[data-action=retry]")
    until_ended(browser)
    browser.reload()
    until(lambda: len(browser.all(ANSWERS)) == 2)
    until_ended(browser)
    assert browser.questions() == ["hello"]
    assert browser.source() == relay.history(2)[1]["content"]


def test_a_question_whose_answer_no_history_has_stays_until_it_is_asked_again(relay, browser):
    begin(browser, relay.url)
    relay.kill()
    shutil.rmtree(relay.data)
    relay.start()
    until_ended(browser, "lost")
    browser.run("dispatchEvent(new Event('online'))")  # the page looks at what it has missed
    for _ in range(2):
        browser.reload()
        until_ended(browser, "lost")
        assert browser.questions() == ["hello"] and browser.titles() == ["hello"]
    browser.press("[data-action=retry]")
    until(lambda: browser.status() == "streaming")
    browser.reload()
    until_ended(browser)
    assert browser.questions() == ["hello"]
    assert [browser.source()] == [record["content"] for record in relay.history(1)]


@pytest.mark.parametrize("kept_s", [0, 600], ids=["forgotten", "kept"])
def test_a_proxy_that_says_502_meanwhile_does_not_end_the_answer_here(start_relay, browser, kept_s):
    relay = start_relay(RELAY_LOOPS=2, RELAY_RESUME_S=kept_s)
    before = begin(browser, relay.url)
    relay.kill()
    with BadGateway(relay.port) as gateway:
        until(lambda: gateway.refused > 1, what="attempts to come back")
        assert browser.status() == "streaming" and "reconnecting" in browser.connection()
    relay.start()
    until_ended(browser, "error")
    assert "The server was stopped while answering." in browser.notes()
    assert browser.source().startswith(before) and browser.connection() == ""
    assert browser.source() == relay.history(1)[0]["content"]


class BadGateway:
    """Answers 502 to everything on a port."""

    def __init__(self, port):
        gateway = self
        self.refused = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                gateway.refused += self.path.startswith(("/chat/stream", "/chat/conversations/"))
                self.send_error(502)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
