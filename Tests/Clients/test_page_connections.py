"""A browser has six connections for all its tabs; the page has running answers in more."""

import httpx
import pytest
from chromium_page import ANSWERS, browser, chromium, until, until_ended  # noqa: F401

LONG = "simulator?tokens=2000&interval_ms=30"
ENDING = "simulator?tokens=60&interval_ms=30"  # two seconds


def streams(browser):
    """The requests since the last call that opened a stream or would have."""
    return [url for url in browser.requests() if "/chat/stream" in url]


def open_tab(browser, url, model, prompt):
    browser.driver.switch_to.new_window("tab")
    browser.open(url, model=model)
    browser.ask(prompt)
    until(browser.source, what=f"the first word in the tab of {prompt}")
    return browser.driver.current_window_handle


def test_twelve_tabs_have_running_answers_and_each_is_live_when_it_is_shown(relay, browser):
    tabs = [open_tab(browser, relay.url, LONG, f"q{number}") for number in range(12)]
    for number, tab in enumerate(tabs):
        browser.driver.switch_to.window(tab)
        seen = browser.source()
        until(lambda: len(browser.source()) > len(seen) + 20, what="more in a tab that is shown")
        assert browser.status() == "streaming" and browser.questions() == [f"q{number}"]
        assert browser.connection() == ""
        assert relay.calls(f"?prompt=q{number}")["calls"] == 1
        browser.press("#stop")
        until(lambda: browser.notes() == "Stopped.")
    for record in relay.history(12):
        assert record["status"] == "stopped"


def test_an_answer_that_ends_while_its_tab_is_hidden_is_whole_when_it_is_shown(relay, browser):
    tab = open_tab(browser, relay.url, ENDING, "hello")
    before = browser.source()
    browser.driver.switch_to.new_window("tab")
    browser.driver.get("about:blank")
    [record] = until(lambda: relay.history(), what="the end of the answer")
    browser.driver.switch_to.window(tab)
    until_ended(browser)
    assert browser.source() == record["content"] and record["content"].startswith(before)
    assert browser.questions() == ["hello"] and len(browser.all(ANSWERS)) == 1
    assert browser.console() == []


def test_a_hidden_tab_gives_its_connection_back_and_goes_on_after_what_it_has(relay, browser):
    tab = open_tab(browser, relay.url, LONG, "hello")
    browser.run("""
        const { close } = EventSource.prototype;
        EventSource.prototype.close = function () {
            localStorage.setItem('closed-while', document.visibilityState);
            close.call(this);
        };
    """)
    open_tab(browser, relay.url, LONG, "other")
    until(lambda: browser.run("return localStorage.getItem('closed-while')") == "hidden")
    browser.requests()
    browser.driver.switch_to.window(tab)
    seen = browser.source()
    until(lambda: len(browser.source()) > len(seen) + 20)
    assert [url for url in streams(browser) if "?last_event_id=" in url]


def test_no_check_opens_a_stream(relay, browser):
    browser.open(relay.url, model=LONG)
    browser.ask("hello")
    until(browser.source)
    browser.press("#new")
    until(lambda: browser.titles() == ["hello"])
    streams(browser)
    [conversation] = httpx.get(f"{relay.url}/chat/conversations").json()["conversations"]
    # The answer is gone now, which the page finds out when it looks for it.
    httpx.delete(f"{relay.url}/chat/conversations/{conversation['id']}").raise_for_status()
    until(lambda: "lost" in browser.run("return JSON.stringify(localStorage)"), 12,
          "the look for the answer")
    assert streams(browser) == []


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "posted"])
def test_a_page_that_waits_for_a_connection_says_so(relay, browser, is_long):
    browser.open(relay.url, model=ENDING)
    until(lambda: browser.find("#simulated").is_displayed())
    browser.run("""
        window.sources = [1, 2, 3, 4, 5, 6].map((number) =>
            new EventSource(`/chat/stream?prompt=${number}&model=${encodeURIComponent(arguments[0])}`));
    """, LONG)
    until(lambda: browser.run("return sources.every((source) => source.readyState === 1)"))
    prompt = "w " * 1500 if is_long else "hello"
    browser.run("document.querySelector('#prompt').value = arguments[0]", prompt)
    browser.press("#send")
    until(lambda: "Waiting for a connection" in browser.connection())
    assert browser.status() == "streaming" and browser.source() == ""
    browser.run("sources.forEach((source) => source.close())")
    until_ended(browser)
    assert browser.connection() == ""
    assert browser.source() in [record["content"] for record in relay.history()]
