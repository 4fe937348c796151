"""The page's list of conversations: restoring one, leaving one, deleting one."""

import re
import time

import httpx
import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, CONTRAST, Tabs, browser, chromium, proxy, until, until_ended,
)
from selenium.webdriver.common.keys import Keys

ECHO = "simulator?echo=1&interval_ms=1"
LONG = "simulator?tokens=2000&interval_ms=20"


def converse(browser, url, *conversations):
    """Has conversations, each a list of questions; the last one stays open."""
    browser.open(url, model=ECHO)
    for questions in conversations:
        browser.press("#new")
        for count, question in enumerate(questions, 1):
            browser.ask(question)
            until(lambda: len(browser.all(f"{ANSWERS}[data-status=complete]")) == count)
    until(lambda: len(browser.titles()) == len(conversations))


def chat(relay, message, conversation):
    """Asks without a browser."""
    asked = {"message": message, "conversation": conversation, "model": ECHO}
    answer = httpx.post(f"{relay.url}/chat/stream", json=asked, timeout=60)
    assert "[DONE]" in answer.text


def answers(browser):
    return browser.run(
        f"return [...document.querySelectorAll('{ANSWERS}')].map((node) => node.view.source)")


def test_conversations_are_listed_the_newest_first_and_open_with_a_click(relay, browser):
    converse(browser, relay.url, ["one", "and more"], ["two"], ["three"])
    assert browser.titles() == ["three", "two", "one"]
    current = browser.find("#side [aria-current=page]")
    assert current.get_attribute("title") == "three"
    browser.choose("one")
    until(lambda: answers(browser) == ["one", "and more"])
    assert browser.questions() == ["one", "and more"]
    assert browser.find("#side [aria-current=page]").get_attribute("title") == "one"
    browser.driver.back()
    until(lambda: answers(browser) == ["three"])
    assert browser.console() == []


def test_a_reload_restores_the_conversation_and_the_next_question_belongs_to_it(relay, browser):
    converse(browser, relay.url, ["one", "two"])
    browser.reload()
    until(lambda: answers(browser) == ["one", "two"])
    assert browser.questions() == ["one", "two"]
    browser.ask("three")
    until(lambda: answers(browser) == ["one", "two", "three"])
    until_ended(browser)
    assert len({record["conversation"] for record in relay.history(3)}) == 1
    assert browser.titles() == ["one"]
    assert browser.console() == []


def test_restored_answers_look_as_they_did(relay, browser):
    browser.open(relay.url, model="simulator?tokens=200&interval_ms=1&reasoning=3")
    browser.ask()
    until_ended(browser)
    inner = f"return document.querySelector('{ANSWERS}').innerHTML"
    before = browser.run(inner)
    browser.reload()
    until_ended(browser)
    assert browser.run(inner) == before


def test_a_new_chat_begins_empty_and_the_old_one_stays_in_the_list(relay, browser):
    converse(browser, relay.url, ["one"])
    browser.press("#new")
    assert browser.all("article") == [] and browser.find("#welcome").is_displayed()
    assert "c=" not in browser.driver.current_url
    assert browser.run("return document.activeElement.id") == "prompt"
    assert browser.titles() == ["one"] and browser.all("#side [aria-current]") == []
    browser.reload()
    until(lambda: browser.titles() == ["one"])
    assert browser.all("article") == []


def test_a_conversation_is_deleted_only_when_it_is_confirmed(relay, browser):
    converse(browser, relay.url, ["one"], ["two"])
    browser.press("[aria-label='Delete “two”']")
    dialog = browser.find("#confirmation")
    until(dialog.is_displayed)
    assert "“two” and all its answers" in dialog.text
    assert browser.run("return document.activeElement.id") == "keep"
    browser.type(Keys.ESCAPE)
    until(lambda: not dialog.is_displayed())
    assert browser.titles() == ["two", "one"] and answers(browser) == ["two"]

    browser.press("[aria-label='Delete “two”']")
    until(dialog.is_displayed)
    browser.press("#delete")
    until(lambda: browser.titles() == ["one"])
    assert browser.all("article") == [] and "c=" not in browser.driver.current_url
    browser.reload()
    until(lambda: browser.titles() == ["one"])
    assert browser.console() == []


def test_deleting_a_conversation_stops_its_answer_and_empties_other_tabs(relay, browser):
    browser.open(relay.url, model=LONG)
    browser.ask("long")
    until(browser.source)
    address = browser.driver.current_url
    tabs = Tabs(browser)
    browser.driver.get(address)
    until(browser.source)
    browser.press("[aria-label='Delete “long”']")
    until(browser.find("#delete").is_displayed)
    browser.press("#delete")
    until(lambda: browser.all("article") == [])
    tabs.to(tabs.first)
    until(lambda: browser.all("article") == [] and browser.titles() == [])
    assert browser.find("#send").is_displayed()
    until(lambda: relay.calls()[LONG]["closed_early"] == 1, what="the end of the call")


def test_the_keyboard_alone_opens_and_deletes(relay, browser):
    converse(browser, relay.url, ["one"], ["two"])
    browser.run("document.querySelector('#send').focus()")
    reached = []
    for _ in range(4):
        browser.type(Keys.TAB)
        reached.append(browser.run("""
            const node = document.activeElement;
            return [node.title || node.getAttribute('aria-label'),
                    getComputedStyle(node).outlineStyle !== 'none'];
        """))
    names = ["two", "Delete “two”", "one", "Delete “one”"]
    assert reached == [[name, True] for name in names]
    browser.type(Keys.ENTER)
    until(browser.find("#confirmation").is_displayed)
    browser.type(Keys.TAB, Keys.ENTER)
    until(lambda: browser.titles() == ["two"])


def test_a_long_conversation_comes_in_pages(relay, browser):
    for number in range(60):
        chat(relay, f"q{number}", "long")
    browser.open(relay.url, c="long")
    until(lambda: answers(browser) == [f"q{number}" for number in range(10, 60)])
    browser.run("scrollTo(0, 0)")
    place = "return document.querySelector('.question').getBoundingClientRect().top"
    first = browser.find(".question")
    before = first.rect["y"] - browser.run("return scrollY")
    browser.press("[data-action=earlier]")
    until(lambda: answers(browser) == [f"q{number}" for number in range(60)])
    assert browser.run(place) < -1000
    after = first.rect["y"] - browser.run("return scrollY")
    assert abs(after - before) < 100, "what was read moved away"
    assert browser.all("[data-action=earlier]") == []


def test_a_long_list_comes_in_pages_and_stays_as_long_as_it_was_made(relay, browser):
    titles = [f"t{number}" for number in range(55)]
    for title in titles:
        chat(relay, title, title)
    browser.open(relay.url, model=ECHO)
    until(lambda: browser.titles() == titles[:4:-1], what="the first page")
    # Somebody looks at the window again, which refreshes the list, before the next page is there.
    browser.run("""
        document.querySelector("[data-action=more]").addEventListener(
            "click", () => document.dispatchEvent(new Event("visibilitychange")), { once: true });
    """)
    browser.press("[data-action=more]")
    until(lambda: browser.titles() == titles[::-1], what="the second page")
    assert not browser.find("[data-action=more]").is_displayed()
    browser.ask("t55")
    until_ended(browser)
    until(lambda: browser.titles() == ["t55", *titles[::-1]], what="the list with the new one")


def test_on_a_phone_the_list_is_behind_a_button(relay, browser):
    browser.size(375, 667, mobile=True)
    browser.open(relay.url, model="simulator?tokens=400&interval_ms=20")
    browser.ask("w" * 400)
    until(browser.source)
    assert not browser.find("#side").is_displayed()
    assert browser.find("#open-side").get_attribute("aria-label") == "Conversations"
    browser.press("#open-side")
    until(browser.find("#side").is_displayed)
    small = browser.run("""
        return [...document.querySelectorAll('#side button, #side a')]
            .filter((node) => node.checkVisibility()).map((node) => node.getBoundingClientRect())
            .filter((box) => box.width < 44 || box.height < 44 || box.right > 375).length;
    """)
    assert small == 0
    assert browser.run("return [document.documentElement.scrollWidth, innerWidth]") == [375, 375]
    browser.type(Keys.ESCAPE)
    until(lambda: not browser.find("#side").is_displayed())
    assert browser.status() == "streaming", "Escape stopped the answer behind the list"
    browser.type(Keys.ESCAPE)
    until_ended(browser, "stopped")
    browser.press("#open-side")
    browser.press("#close-side")
    until(lambda: not browser.find("#side").is_displayed())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_and_its_question_are_readable(relay, browser, scheme):
    browser.media(prefers_color_scheme=scheme)
    browser.open(relay.url, model="simulator?tokens=400&interval_ms=20")
    browser.ask("runs")
    until(browser.source)
    browser.press("#new")
    until(lambda: "Answering…" in browser.find("#side").text)
    browser.press("[aria-label='Delete “runs”']")
    until(browser.find("#confirmation").is_displayed)
    assert browser.run(CONTRAST) == []


def test_a_history_that_cannot_be_read_is_said_and_read_later(relay, browser, proxy):
    converse(browser, proxy.url, ["one"], ["two"])
    proxy.is_blocked = True
    proxy.cut(abruptly=False)
    browser.choose("one")
    until(lambda: "could not be loaded" in browser.find("#log").text)
    proxy.is_blocked = False
    browser.press("[data-action=again]")
    until(lambda: answers(browser) == ["one"])
    assert "could not be loaded" not in browser.find("#log").text


def test_another_chat_opened_in_mid_answer_does_not_mix_with_it(relay, browser):
    converse(browser, relay.url, ["one"])
    browser.driver.get(re.sub(r"\?.*", "?model=simulator%3Ftokens%3D100%26interval_ms%3D30",
                              browser.driver.current_url))
    browser.ask("slow")
    until(browser.source)
    browser.choose("one")
    until(lambda: answers(browser) == ["one"])
    time.sleep(0.5)
    assert answers(browser) == ["one"] and browser.find("#send").is_displayed()
    browser.ask("quick")
    until(lambda: len(answers(browser)) == 2 and answers(browser)[1])
    browser.choose("slow")
    until(lambda: browser.questions() == ["slow"] and browser.source())
    until_ended(browser)
    assert relay.calls("?prompt=slow")["calls"] == 1
