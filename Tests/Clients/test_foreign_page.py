"""Pages of other sites in a real browser: what they can request, and that they cannot spend."""

import functools
import http.server
import threading

import pytest
from chromium_page import Page, start_chromium, until, until_ended


@pytest.fixture(scope="module")
def named_chromium():
    """A browser for which two sites are this machine, under names other than the loopback's."""
    rules = "MAP relay.test 127.0.0.1, MAP foreign.test 127.0.0.1"
    driver = start_chromium(f"--host-resolver-rules={rules}")
    yield driver
    driver.quit()


@pytest.fixture
def foreign(tmp_path):
    """`foreign(html)` serves a page at a site of its own and returns its URL."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(html):
        (tmp_path / "page.html").write_text(html)
        return f"http://foreign.test:{server.server_port}/page.html"

    yield serve
    server.shutdown()
    server.server_close()


def test_a_foreign_page_spends_nothing_and_our_own_is_answered(start_relay, foreign, named_chromium):
    relay = start_relay(RELAY_HOSTS="relay.test")
    url = f"http://relay.test:{relay.port}"
    page = Page(named_chromium)

    def open_foreign(number):
        prompt = f"{url}/chat/stream?prompt=spent-{number}"
        named_chromium.get(foreign(
            f"<script>let done = 0</script>"
            f"<img src='{prompt}-image' onerror='done += 1' onload='done += 1'>"
            f"<iframe src='{prompt}-frame' onload='done += 1'></iframe>"
        ))
        until(lambda: page.run("return done") == 2, what="the end of what the page asked")

    def calls():
        return sum(count["calls"] for count in relay.calls().values())

    open_foreign(1)
    assert calls() == 0

    page.open(url, model="simulator?echo=1&interval_ms=1")
    page.ask("from our own page")
    until_ended(page)
    assert page.source() == "from our own page"
    assert page.console() == []

    # Now that the browser has the cookie, it is still not sent for others.
    open_foreign(2)
    assert calls() == 1
    [record] = relay.history(1)
    assert record["messages"][-1]["content"] == "from our own page"
