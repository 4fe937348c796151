"""The page in a real browser, where the relay wants to know who asks."""

import signal
import stat

import httpx
import pytest
from chromium_page import (  # noqa: F401
    ANSWERS, CONTRAST, browser, chromium, proxy, until, until_ended,
)
from made_keys import key_of
from selenium.webdriver.common.keys import Keys

QUICK = "simulator?echo=1&interval_ms=1"
SLOW = "simulator?tokens=60&interval_ms=50"


@pytest.fixture
def keys(run_daemon, tmp_path):
    """A file of keys, and the keys of ann and bob."""
    file = tmp_path / "keys.json"
    return file, key_of(run_daemon, file, "ann"), key_of(run_daemon, file, "bob")


@pytest.fixture
def relay(start_relay, keys):
    return start_relay(RELAY_API_KEYS_FILE=keys[0], RELAY_LOG_REQUESTS=1)


@pytest.fixture(autouse=True)
def no_cookies(chromium):  # noqa: F811
    """Cookies belong to a host and not to a port, so a relay would see those of the one before."""
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})


def path(page):
    return page.run("return location.pathname + location.search")


def is_at_login(page):
    return until(lambda: path(page).startswith("/login") and page.all("#key"))


def sign_in(page, key):
    is_at_login(page)
    page.find("#key").send_keys(key, Keys.ENTER)
    until(lambda: page.all("#prompt"))


def sign_out(page):
    page.press("#log-out")
    is_at_login(page)


def refusals(page):
    """What the console says, but for requests without a key, and a conversation that is new."""
    return [line for line in page.console() if "status of 40" not in line]


def test_a_reader_signs_in_comes_back_to_where_they_were_and_asks(relay, keys, browser):
    browser.open(relay.url, model=QUICK, c="trip")
    is_at_login(browser)
    browser.type(keys[1][:-1], Keys.ENTER)  # the field has the focus from the start
    alert = until(lambda: browser.find("#problem").text)
    assert "does not count" in alert
    assert browser.find("#problem").get_attribute("role") == "alert"
    assert browser.focused() == "key" and browser.find("#key").get_attribute("aria-invalid") == "true"
    browser.type(f"  {keys[1]} ", Keys.ENTER)  # what was wrong is selected, and replaced
    until(lambda: browser.all("#prompt"))
    assert browser.run("return new URLSearchParams(location.search).get('model')") == QUICK
    assert browser.run("return new URLSearchParams(location.search).get('c')") == "trip"
    for prompt in ["hello", "again"]:
        browser.ask(prompt)
        until(lambda prompt=prompt: browser.source() == prompt)
        until_ended(browser)
    browser.reload()
    until(lambda: browser.questions() == ["hello", "again"])
    assert {record["owner"] for record in relay.history(2)} == {"key/ann"}
    assert refusals(browser) == []
    names = {cookie["name"] for cookie in browser.driver.get_cookies()}
    assert names == {"relay_page", "relay_session", "relay_user"}
    assert "relay_session" not in browser.run("return document.cookie")


def test_the_page_where_one_signs_in_is_readable_and_keeps_its_rules(relay, browser):
    for scheme in ["light", "dark"]:
        browser.media(prefers_color_scheme=scheme)
        browser.driver.get(f"{relay.url}/login")
        assert browser.run(CONTRAST) == []
        assert browser.console() == []
    key = browser.find("#key")
    assert key.get_attribute("type") == "password"
    assert key.get_attribute("autocomplete") == "current-password"
    assert browser.find("label[for=key]").text == "Key"
    for width in [320, 1400]:
        browser.size(width, 700)
        assert browser.run("return document.documentElement.scrollWidth") <= width
    policy = httpx.get(f"{relay.url}/login").headers["content-security-policy"]
    assert policy == httpx.get(relay.url).headers["content-security-policy"]


@pytest.mark.parametrize("next, path_after", [
    ("/?c=trip#x", "/?c=trip"), ("", "/"), ("?c=trip", "/?c=trip"),
    ("//evil.example/", "/"), ("https://evil.example/", "/"), ("/\\evil.example/", "/"),
    ("javascript:alert(1)", "/"), ("data:text/html,x", "/"), ("http://", "/"),
])
def test_no_link_leads_elsewhere_after_signing_in(relay, keys, browser, next, path_after):
    browser.driver.get(f"{relay.url}/login?{httpx.QueryParams(next=next)}")
    browser.find("#key").send_keys(keys[1], Keys.ENTER)
    until(lambda: "relay_user" in browser.run("return document.cookie"))
    until(lambda: path(browser) == path_after, what=f"going to {path_after}")
    assert browser.run("return location.origin") == relay.url


def test_a_path_that_begins_like_a_host_stays_here(relay, keys, browser):
    browser.driver.get(f"{relay.url}/login?next=/.//evil.example/")
    browser.find("#key").send_keys(keys[1], Keys.ENTER)
    until(lambda: path(browser) == "//evil.example/")
    assert browser.run("return location.origin") == relay.url


def test_two_users_of_one_browser_see_nothing_of_each_other(relay, keys, browser):
    browser.open(relay.url, model=QUICK)
    sign_in(browser, keys[1])
    browser.ask("from ann")
    until_ended(browser)
    browser.find("#prompt").send_keys("a draft of ann")
    browser.press("#new")
    sign_out(browser)
    assert browser.run("return Object.keys(localStorage).length + sessionStorage.length") == 0
    browser.driver.back()  # to the conversation
    is_at_login(browser)
    sign_in(browser, keys[2])
    until(lambda: "What you ask is kept here." in browser.find("#side").text)
    assert browser.titles() == [] and browser.questions() == []
    browser.press("#new")
    assert browser.find("#prompt").get_attribute("value") == ""
    assert httpx.get(f"{relay.url}/chat/history", headers={"x-api-key": keys[2]}).json()["records"] == []


def test_what_one_user_has_left_without_signing_out_is_not_shown_to_the_next(relay, keys, browser):
    browser.open(relay.url, model=SLOW)
    sign_in(browser, keys[1])
    browser.ask("from ann")
    until(browser.source)
    browser.find("#prompt").send_keys("a draft of ann")
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})  # the session is over
    browser.open(relay.url, model=QUICK)
    sign_in(browser, keys[2])
    until(lambda: "What you ask is kept here." in browser.find("#side").text)
    assert browser.titles() == [] and browser.find("#prompt").get_attribute("value") == ""
    # Whoever comes back finds what was left.
    sign_out(browser)
    browser.open(relay.url, model=QUICK)
    sign_in(browser, keys[1])
    until(lambda: browser.titles() == ["from ann"])


def test_a_tab_of_somebody_who_has_left_is_not_used_by_the_next(relay, keys, browser):
    browser.open(relay.url, model=QUICK)
    sign_in(browser, keys[1])
    browser.ask("from ann")
    until_ended(browser)
    for somebody, act in [
        ("somebody", "document.dispatchEvent(new Event('resume'))"),
        ("another", "document.querySelector('#send').click()"),
    ]:
        browser.find("#prompt").send_keys("for ann's eyes")
        browser.run("""
            window.isOld = true;
            document.cookie = `relay_user=${arguments[0]}; path=/`;
        """, somebody)
        browser.run(act)
        until(lambda: not browser.run("return window.isOld") and browser.all("#prompt"))
        # The cookie is a sign for pages alone; the server goes by the other one.
        until(lambda: browser.titles() == ["from ann"])
        assert browser.find("#prompt").get_attribute("value") == ""
    assert len(relay.history()) == 1


def test_a_session_outlives_the_process_and_ends_with_its_key(
    relay, keys, browser, run_daemon  # noqa: F811
):
    browser.open(relay.url, model=QUICK)
    sign_in(browser, keys[1])
    assert relay.stop() == 0
    relay.start()
    browser.reload()
    browser.ask("hello")
    until_ended(browser)
    assert run_daemon("key", "remove", "ann", "--file", str(keys[0])).returncode == 0
    relay.process.send_signal(signal.SIGHUP)
    until(lambda: "the configuration is reloaded" in relay.log())
    browser.ask("once more")
    is_at_login(browser)
    secret = relay.data / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600 and secret.stat().st_size == 32


def test_without_keys_the_page_knows_of_no_login(start_relay, browser):
    relay = start_relay()
    browser.requests()
    browser.open(relay.url, model=QUICK)
    browser.ask()
    until_ended(browser)
    assert not browser.find("#log-out").is_displayed()
    assert not [url for url in browser.requests() if "log" in url.rsplit("/", 1)[-1]]
    assert browser.console() == []
    assert not (relay.data / "secret").exists()
    browser.driver.get(f"{relay.url}/login")
    assert path(browser) == "/"


# ---- Tickets

LISTEN = """
    const [url, key] = arguments, done = [...arguments].at(-1);
    const headers = { Authorization: `Bearer ${key}` };
    window.heard = { text: "", opened: 0, ended: false };
    fetch("/chat/tickets", { method: "POST", headers }).then((answer) => answer.json())
      .then(({ ticket }) => {
        const source = new EventSource(`${url}&ticket=${ticket}`);
        source.onopen = () => (heard.opened += 1);
        source.addEventListener("token", ({ data }) => (heard.text += data));
        source.addEventListener("done", () => { source.close(); heard.ended = true; });
        done(ticket);
      }, (error) => done(String(error)));
"""


def test_an_event_source_opens_a_stream_with_a_ticket_and_comes_back_with_it(
    start_relay, keys, browser, tmp_path
):
    relay = start_relay(RELAY_API_KEYS_FILE=keys[0], RELAY_LOG_REQUESTS=1)
    browser.driver.get(f"{relay.url}/login")
    query = httpx.QueryParams(prompt="hi", model=SLOW)
    ticket = browser.driver.execute_async_script(LISTEN, f"/chat/stream?{query}", keys[1])
    assert ticket.startswith("v1.")
    until(lambda: browser.run("return heard.text"))
    until(lambda: browser.run("return heard.ended"))
    [record] = relay.history(1)
    assert browser.run("return heard.text") == record["content"] and record["owner"] == "key/ann"
    assert browser.console() == []
    for wrong in [f"{relay.url}/chat/stream?{query}&ticket={ticket}x",
                  f"{relay.url}/chat/history?ticket={ticket}",
                  f"{relay.url}/chat/stream?{query}&ticket={ticket}&ticket={ticket}"]:
        assert httpx.get(wrong).status_code in (400, 401)
    assert relay.stop() == 0
    written = [file for file in relay.directory.rglob("*") if file.is_file()]
    assert len(written) > 2
    for secret in [ticket.rsplit(".", 1)[1], keys[1]]:
        assert not [file for file in written if secret.encode() in file.read_bytes()]


def test_an_event_source_that_was_cut_off_goes_on_with_its_ticket(relay, keys, browser, proxy):
    browser.driver.get(f"{proxy.url}/login")
    query = httpx.QueryParams(prompt="hi", model=SLOW)
    browser.driver.execute_async_script(LISTEN, f"/chat/stream?{query}", keys[1])
    until(lambda: browser.run("return heard.text"))
    proxy.cut(abruptly=True)
    until(lambda: browser.run("return heard.ended"))
    [record] = relay.history(1)
    assert browser.run("return heard.text") == record["content"]
    assert browser.run("return heard.opened") == 2
