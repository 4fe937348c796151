"""One answer on two devices: asked on one, found and read on another while it is being written."""

import time

import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, browser, chromium, other_chromium, phone, until, until_ended,
)

SLOW = "simulator?tokens=120&interval_ms=50"  # six seconds
QUICK = "simulator?echo=1&interval_ms=1"
ENDLESS = "simulator?tokens=2000&interval_ms=20"


@pytest.fixture
def relay(start_relay):
    return start_relay(RELAY_LOOPS=2)


def asked(relay, prompt="hello"):
    return relay.calls(f"?prompt={prompt}")["calls"]


def begin(browser, url, model=SLOW, prompt="hello"):
    browser.open(url, model=model)
    browser.ask(prompt)
    return until(browser.source)


def open_list(page):
    page.press("#open-side")
    until(page.find("#side").is_displayed)


def row(page, title="hello"):
    """What the list says of a conversation: its time, or that it is answered."""
    return page.run("""
        const rows = [...document.querySelectorAll('#side li')];
        const row = rows.find(({dataset}) => dataset.title === arguments[0]);
        return row?.querySelector('.when').textContent ?? '';
    """, title)


def has_it_whole(page, record, prompt="hello"):
    assert page.questions() == [prompt] and len(page.all(ANSWERS)) == 1
    assert page.source() == record["content"]
    assert page.console() == []


def test_an_answer_asked_on_a_laptop_is_read_to_its_end_on_a_phone(relay, browser, phone):
    begin(browser, relay.url)
    phone.open(relay.url)
    open_list(phone)
    until(lambda: phone.titles() == ["hello"])
    assert row(phone) == "Answering…"
    phone.choose("hello")
    before = until(phone.source)
    assert phone.status() == "streaming" and phone.questions() == ["hello"]
    # Either may be ahead.
    other = browser.source()
    common = min(len(before), len(other))
    assert common > 0 and before[:common] == other[:common]
    until(lambda: len(phone.source()) > len(before) + 40, what="more of the answer")
    assert phone.status() == browser.status() == "streaming"
    until_ended(phone)
    until_ended(browser)
    [record] = relay.history(1)
    assert record["status"] == "complete" and asked(relay) == 1
    for page in (phone, browser):
        has_it_whole(page, record)
        until(lambda: ":" in row(page), what="the end in the list")


def test_a_list_that_was_loaded_before_the_question_has_it_when_it_is_opened(relay, browser, phone):
    phone.open(relay.url)
    until(lambda: "What you ask is kept here." in phone.run(
        "return document.querySelector('#side').textContent"))
    begin(browser, relay.url)
    assert phone.titles() == []
    open_list(phone)
    until(lambda: row(phone) == "Answering…")
    # This device does not read it, and sees its end all the same.
    until(lambda: ":" in row(phone), what="the end in the list")
    phone.choose("hello")
    until_ended(phone)
    has_it_whole(phone, relay.history(1)[0])
    assert asked(relay) == 1


def test_a_question_in_an_old_conversation_is_found_behind_it(relay, browser, phone):
    begin(browser, relay.url, model=QUICK, prompt="one")
    until_ended(browser)
    address = browser.driver.current_url
    browser.driver.get(address.replace("echo%3D1%26interval_ms%3D1", "tokens%3D80%26interval_ms%3D50"))
    until_ended(browser)
    browser.ask("two")
    until(lambda: browser.status() == "streaming" and browser.source())
    phone.driver.get(address)
    until(lambda: phone.status() == "streaming" and phone.source())
    assert phone.questions() == ["one", "two"]
    assert row(phone, "one") == "Answering…"
    # A reload attaches again, and neither shows nor asks anything twice.
    phone.reload()
    until(lambda: phone.status() == "streaming" and phone.source())
    until_ended(phone)
    assert phone.questions() == ["one", "two"] and len(phone.all(ANSWERS)) == 2
    assert phone.source() == relay.history(2)[1]["content"]
    assert asked(relay, "one") == asked(relay, "two") == 1
    assert phone.console() == []


def test_an_answer_is_stopped_from_the_other_device(relay, browser, phone):
    begin(browser, relay.url, model=ENDLESS)
    phone.driver.get(browser.driver.current_url)
    until(phone.source)
    phone.press("#stop")
    until_ended(phone, "stopped")
    until_ended(browser, "stopped")
    until(lambda: ":" in row(phone) and ":" in row(browser), what="the end in both lists")
    [record] = relay.history(1)
    assert record["status"] == "stopped"
    assert browser.source() == record["content"]
    phone.ask("and now?")
    until(lambda: phone.questions() == ["hello", "and now?"] and phone.status() == "streaming")
    phone.press("#stop")
    until_ended(phone, "stopped")


def test_a_device_that_leaves_an_answer_does_not_stop_it(relay, browser, phone):
    begin(browser, relay.url)
    phone.driver.get(browser.driver.current_url)
    until(phone.source)
    phone.press("#new")
    assert phone.all("article") == []
    open_list(phone)
    until(lambda: row(phone) == "Answering…")
    time.sleep(0.5)
    phone.choose("hello")
    until(lambda: phone.status() == "streaming" and phone.source())
    until_ended(phone)
    until_ended(browser)
    has_it_whole(phone, relay.history(1)[0])
    assert asked(relay) == 1
