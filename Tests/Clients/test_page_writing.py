"""The message box and what is around it: sending, drafts, touch, the focus, the tab's title."""

import time
from urllib.parse import quote

import httpx
import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, Tabs, browser, chromium, other_chromium, phone, proxy, until, until_ended,
)
from selenium.webdriver.common.keys import Keys

ECHO = "simulator?echo=1&interval_ms=1"
SLOW = "simulator?first_ms=5000"


def written(browser):
    return browser.find("#prompt").get_attribute("value")


def converse(browser, url, *questions):
    """Has a conversation about each question."""
    browser.open(url, model=ECHO)
    for question in questions:
        browser.press("#new")
        browser.ask(question)
        until_ended(browser)
    until(lambda: browser.titles() == list(questions[::-1]))


# ---- Sending


def test_what_is_sent_is_shown_at_once_in_the_place_of_the_welcome(relay, browser):
    browser.open(relay.url, model=SLOW)
    assert browser.find("#welcome").is_displayed()
    shown = browser.run("""
        document.querySelector('#prompt').value = 'hello';
        document.querySelector('#send').click();
        const box = document.querySelector('.question').getBoundingClientRect();
        return [document.querySelector('#welcome').hidden, box.top, innerHeight];
    """)
    assert shown[0] and 0 < shown[1] < shown[2] / 2
    place = "return document.querySelector('.question').getBoundingClientRect().top"
    until(browser.source)
    assert browser.run(place) == shown[1], "it moved when the first word came"
    browser.press("#stop")


# ---- Drafts


def test_a_draft_is_there_after_a_reload_and_in_its_own_chat_alone(relay, browser):
    converse(browser, relay.url, "one", "two")
    browser.type("about two")
    browser.choose("one")
    until(lambda: browser.questions() == ["one"])
    assert written(browser) == ""
    browser.find("#prompt").send_keys("about one", Keys.SHIFT, Keys.ENTER, Keys.NULL, "and more")
    browser.press("#new")
    assert written(browser) == ""
    browser.find("#prompt").send_keys("something new")
    browser.reload()
    assert written(browser) == "something new"
    browser.choose("one")
    until(lambda: written(browser) == "about one\nand more")
    browser.reload()
    assert written(browser) == "about one\nand more"
    browser.choose("two")
    until(lambda: written(browser) == "about two")
    browser.driver.back()
    until(lambda: written(browser) == "about one\nand more")
    browser.type(Keys.ENTER)
    until(lambda: len(browser.all(f"{ANSWERS}[data-status=complete]")) == 2)
    browser.reload()
    assert written(browser) == ""
    browser.press("#new")
    assert written(browser) == "something new"
    browser.type(Keys.ENTER)
    until_ended(browser)
    browser.press("#new")
    assert written(browser) == ""


def test_a_new_chat_in_another_tab_begins_without_a_draft_of_this_one(relay, browser):
    browser.open(relay.url, model=ECHO)
    browser.type("mine")
    tabs = Tabs(browser)
    browser.open(relay.url, model=ECHO)
    assert written(browser) == ""
    tabs.to(tabs.first)
    assert written(browser) == "mine"


def test_a_draft_goes_with_its_conversation(relay, browser):
    converse(browser, relay.url, "one", "two")
    browser.type("secret")
    kept = "return JSON.stringify(localStorage)"
    assert "secret" in browser.run(kept)
    browser.press("[aria-label='Delete “two”']")
    until(browser.find("#delete").is_displayed)
    browser.press("#delete")
    until(lambda: browser.titles() == ["one"])
    assert "secret" not in browser.run(kept) and written(browser) == ""


def test_drafts_are_kept_in_bounds_and_the_newest_stay(relay, browser):
    browser.open(relay.url)
    count, size, newest = browser.driver.execute_async_script("""
        const done = arguments[0];
        import('/drafts.js').then((drafts) => {
            for (let number = 0; number < 200; number += 1)
                drafts.set(`c${number}`, String(number).padEnd(20_000, '.'));
            const kept = JSON.parse(localStorage.getItem('sse-relay.drafts'));
            done([kept.length, localStorage.getItem('sse-relay.drafts').length,
                  drafts.get('c199').slice(0, 3)]);
        });
    """)
    assert 10 < count <= 50 and size < 600_000 and newest == "199"


def test_a_draft_too_long_to_be_kept_takes_no_other_with_it(relay, browser):
    browser.open(relay.url)
    kept = browser.driver.execute_async_script("""
        const done = arguments[0];
        import('/drafts.js').then((drafts) => {
            drafts.set('first', 'short');
            drafts.set('long', '.'.repeat(600_000));
            drafts.set('last', 'short too');
            done(['first', 'long', 'last'].map(drafts.get));
        });
    """)
    assert kept == ["short", "", "short too"]


def test_what_a_full_browser_cannot_store_is_listed_once(relay, browser):
    browser.open(relay.url)
    listed, kept = browser.driver.execute_async_script("""
        const done = arguments[0];
        import('/storage.js').then((storage) => {
            storage.write('full.a', 'old');
            Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };
            for (const name of ['full.a', 'full.b']) storage.write(name, 'new');
            done([storage.names('full.'), storage.read('full.a')]);
        });
    """)
    assert (sorted(listed), kept) == (["full.a", "full.b"], "new")


def test_a_prompt_of_the_address_that_was_changed_stays_changed_after_a_reload(relay, browser):
    browser.open(relay.url, prompt="from a link", model=ECHO)
    browser.type(" and more")
    browser.reload()
    assert written(browser) == "from a link and more"


# ---- Touch


def test_enter_begins_a_line_on_a_touch_screen_and_the_button_sends(relay, phone):
    phone.touch()
    phone.open(relay.url, model=ECHO)
    assert phone.focused() != "prompt", "the keyboard came up by itself"
    prompt = phone.find("#prompt")
    assert prompt.get_attribute("enterkeyhint") == "enter"
    prompt.send_keys("one", Keys.ENTER, "two")
    assert written(phone) == "one\ntwo" and phone.all(ANSWERS) == []
    phone.press("#send")
    until_ended(phone)
    assert phone.source() == "one\ntwo"


def test_choosing_a_chat_does_not_raise_the_keyboard_of_a_touch_screen(relay, phone):
    phone.touch(False)
    converse(phone, relay.url, "one", "two")
    phone.touch()
    phone.open(relay.url, model=ECHO)
    phone.run("document.addEventListener('focusin', ({target}) => (window.was ??= []).push(target.id))")
    phone.press("#open-side")
    until(phone.find("#side").is_displayed)
    phone.choose("one")
    until(lambda: phone.questions() == ["one"])
    phone.press("#new")
    phone.run("document.querySelector('#latest').click()")
    assert "prompt" not in phone.run("return window.was ?? []")


# ---- The focus


@pytest.mark.parametrize("action", ["copy-code", "copy-answer"])
@pytest.mark.parametrize("has_clipboard", [True, False], ids=["clipboard", "no clipboard"])
def test_the_focus_stays_on_copy(relay, browser, action, has_clipboard):
    said = quote("```js\nx\n```")
    browser.open(relay.url, model=f"simulator?say={said}")
    browser.ask()
    until_ended(browser)
    if not has_clipboard:
        browser.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    browser.run("document.querySelector(arguments[0]).focus()", f"[data-action={action}]")
    browser.type(Keys.ENTER)
    until(lambda: browser.find(f"[data-action={action}]").text == "Copied")
    assert browser.focused() == action
    browser.type(Keys.ENTER)
    until(lambda: browser.find(f"[data-action={action}]").text == "Copy", 5)
    assert browser.focused() == action


def delete(browser, title, key=Keys.ENTER):
    browser.run("document.querySelector(arguments[0]).focus()", f"[aria-label='Delete “{title}”']")
    browser.type(Keys.ENTER)
    until(browser.find("#confirmation").is_displayed)
    browser.run("dispatchEvent(new StorageEvent('storage', {key: 'sse-relay.running.x'}))")
    browser.type(Keys.TAB, key)
    until(lambda: not browser.find("#confirmation").is_displayed())


def test_the_focus_goes_to_the_neighbour_of_what_is_deleted(relay, browser):
    converse(browser, relay.url, "one", "two", "three")
    delete(browser, "two", Keys.ESCAPE)
    until(lambda: browser.focused() == "Delete “two”")
    delete(browser, "two")
    until(lambda: browser.titles() == ["three", "one"])
    until(lambda: browser.focused() == "Delete “one”")
    delete(browser, "one")
    until(lambda: browser.titles() == ["three"])
    until(lambda: browser.focused() == "Delete “three”")
    delete(browser, "three")
    until(lambda: browser.titles() == [])
    until(lambda: browser.focused() == "new")


def test_a_list_from_before_a_deletion_does_not_bring_it_back(relay, browser):
    converse(browser, relay.url, "one", "two", "three")
    browser.run("""
        const real = window.fetch;
        window.held = [];
        window.fetch = async (url, options) => {
            const response = await real(url, options);
            const isList = url.startsWith('/chat/conversations?') && !window.isReleased;
            if (isList) await new Promise((go) => window.held.push(go));
            return response;
        };
    """)
    asked = "dispatchEvent(new StorageEvent('storage', {key: 'sse-relay.running.x'}))"
    browser.run(asked)
    until(lambda: browser.run("return window.held.length") > 0)
    delete(browser, "two")
    until(lambda: browser.titles() == ["three", "one"])
    browser.run("window.isReleased = true; window.held.forEach((go) => go())")
    time.sleep(0.3)
    assert browser.titles() == ["three", "one"]


def test_the_focus_is_not_lost_where_a_button_goes_away(relay, browser):
    model = "simulator?error_after=3&interval_ms=1"
    browser.open(relay.url, model=model)
    browser.ask("again")
    until_ended(browser, "error")
    browser.run("document.querySelector('[data-action=retry]').focus()")
    browser.type(Keys.ENTER)
    assert browser.focused() in ("stop", "send")
    until(lambda: len(browser.all(f"{ANSWERS}[data-status=error]")) == 2)
    assert browser.focused() == "send"


def chat(relay, message, conversation):
    """Asks without a browser."""
    asked = {"message": message, "conversation": conversation, "model": ECHO}
    assert "[DONE]" in httpx.post(f"{relay.url}/chat/stream", json=asked, timeout=10).text


def test_the_focus_is_not_lost_where_what_is_older_is_shown(relay, browser):
    for number in range(101):
        chat(relay, f"q{number}", "long")
    for number in range(50):
        chat(relay, f"t{number}", f"t{number}")
    browser.open(relay.url, c="long")
    for count in (100, 101):
        button = until(lambda: browser.all("[data-action=earlier]"))[0]
        browser.run("arguments[0].focus()", button)
        browser.type(Keys.ENTER)
        until(lambda: len(browser.all(ANSWERS)) == count)
        assert browser.focused() == ("earlier" if count == 100 else "log")
    browser.run("document.querySelector('[data-action=more]').focus()")
    browser.type(Keys.ENTER)
    until(lambda: len(browser.titles()) == 51)
    assert browser.focused() == "q0"


def test_the_focus_is_not_lost_where_a_history_is_loaded_at_last(relay, browser, proxy):
    chat(relay, "one", "c")
    browser.open(proxy.url)
    until(lambda: browser.titles() == ["one"])
    proxy.is_blocked = True
    proxy.cut(abruptly=False)
    browser.choose("one")
    button = until(lambda: browser.all("[data-action=again]"))[0]
    browser.run("arguments[0].focus()", button)
    proxy.is_blocked = False
    browser.type(Keys.ENTER)
    until(lambda: browser.questions() == ["one"])
    assert browser.focused() == "log"


def test_a_link_keeps_the_focus_while_its_paragraph_grows(relay, browser):
    said = quote("[here](https://example.org/) and " + "word " * 60)
    browser.open(relay.url, model=f"simulator?say={said}&interval_ms=30")
    browser.ask()
    until(lambda: browser.all(".body a"))
    browser.run("document.querySelector('.body a').focus()")
    until_ended(browser)
    assert browser.focused() == "https://example.org/"


# ---- The title


def test_tab_and_list_name_the_conversation_without_markdown(relay, browser):
    browser.open(relay.url, model=ECHO)
    assert browser.driver.title == "sse-relay"
    browser.ask("**What** is `a*b` and [this](https://example.org/), $x*y*z$?")
    until_ended(browser)
    assert browser.driver.title == "What is a*b and this, $x*y*z$?"
    until(lambda: browser.titles() == ["What is a*b and this, $x*y*z$?"])
    browser.press("#new")
    assert browser.driver.title == "sse-relay"
    browser.ask("# Plain _title_")
    until_ended(browser)
    assert browser.driver.title == "Plain title"
    browser.reload()
    until(lambda: browser.driver.title == "Plain title")
    assert browser.titles() == ["Plain title", "What is a*b and this, $x*y*z$?"]
    browser.choose("What is a*b and this, $x*y*z$?")
    until(lambda: browser.driver.title.startswith("What is a*b"))
    browser.press("[aria-label^='Delete “What is']")
    until(browser.find("#delete").is_displayed)
    assert browser.find("#confirmed-title").text == "What is a*b and this, $x*y*z$?"
    browser.press("#delete")
    until(lambda: browser.driver.title == "sse-relay")
