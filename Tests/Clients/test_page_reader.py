"""The `fetch` reader that pages have copied from each other, run by node.

It takes whatever stands before an empty line for `data: ` and its value, parses that and shows its
`content`; it asks without a model, also where OpenAI's libraries ask.
"""

import contextlib
import json
import pathlib
import subprocess

import httpx
import pytest

SCRIPT = pathlib.Path(__file__).with_name("page_reader.mjs")
ROUTES = ["/chat/completions", "/v1/chat/completions"]
# Waits are short here: what takes seconds by default takes one.
QUICK = {"RELAY_KEEPALIVE_S": 1, "RELAY_HEAD_HOLD_S": 0}
SAID = "at last"


class Page:
    """One page that reads one answer."""

    def __init__(self, relay, path, body=None, headers=None, kind="json"):
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True} | (body or {})
        self._process = subprocess.Popen(
            ["node", SCRIPT, relay.url + path, json.dumps(body), json.dumps(headers or {}), kind],
            stdout=subprocess.PIPE, text=True,
        )

    def head(self):
        """Status and stream id, once the answer has begun."""
        return json.loads(self._process.stdout.readline())

    def outcome(self):
        """What it shows at the end."""
        shown = json.loads(self._process.stdout.readline())
        assert self._process.wait(10) == 0
        return shown

    def close(self):
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()


@contextlib.contextmanager
def page(*arguments, **options):
    reader = Page(*arguments, **options)
    try:
        yield reader
    finally:
        reader.close()


def shows(*arguments, **options):
    """Status of the answer, and what the page shows at its end."""
    with page(*arguments, **options) as reader:
        return reader.head()["status"], reader.outcome()


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "weather",
    ["first_ms=2500&interval_ms=0", "pause_after=1&pause_ms=2500&interval_ms=0",
     "reasoning=50&interval_ms=50"],
    ids=["first token", "pause", "reasoning"],
)
def test_silences_show_nothing(start_relay, path, weather):
    relay = start_relay(RELAY_MODEL=f"simulator?say=at%20last&{weather}", **QUICK)
    status, shown = shows(relay, path)
    assert status == 200
    assert (shown["shown"], shown["end"]) == (SAID, "[DONE]"), shown
    # There were silences, and they were filled.
    assert shown["count"] > 2


@pytest.mark.parametrize("weather", ["first_ms=2500", "pause_after=1&pause_ms=2500"])
def test_silences_show_nothing_where_data_is_text(start_relay, weather):
    relay = start_relay(RELAY_MODEL=f"simulator?say=at%20last&{weather}&interval_ms=0", **QUICK)
    _, shown = shows(relay, "/stream-chat", kind="text")
    assert (shown["shown"], shown["end"]) == (SAID, "[DONE]"), shown
    assert shown["count"] > 2


@pytest.mark.long
@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "weather",
    ["first_ms=9500&interval_ms=0", "pause_after=1&pause_ms=11000&interval_ms=0",
     "reasoning=120&interval_ms=100"],
)
def test_silences_show_nothing_with_all_settings_at_their_defaults(start_relay, path, weather):
    relay = start_relay(RELAY_MODEL=f"simulator?say=at%20last&{weather}")
    _, shown = shows(relay, path)
    assert (shown["shown"], shown["end"]) == (SAID, "[DONE]"), shown


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("hold", [0, 8])
@pytest.mark.parametrize(
    "weather", ["status=401", "error_after=3&interval_ms=5", "cut_after=3&interval_ms=5"]
)
def test_failures_are_thrown_with_their_message(start_relay, path, hold, weather):
    settings = QUICK | {"RELAY_HEAD_HOLD_S": hold}
    relay = start_relay(RELAY_MODEL=f"simulator?{weather}", **settings)
    status, shown = shows(relay, path)
    is_refused = weather == "status=401" and hold > 0
    assert status == (401 if is_refused else 200)
    assert shown["error"].startswith("Error: the upstream simulator "), shown
    assert "undefined" not in shown["shown"]
    assert shown["shown"] == relay.history(count=1)[0]["content"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("finish", ["stop", "length", "content_filter", "tool_calls"])
def test_endings_show_nothing(start_relay, path, finish):
    more = "" if finish == "stop" else f"&finish={finish}"
    relay = start_relay(RELAY_MODEL=f"simulator?tokens=4&interval_ms=0{more}", **QUICK)
    _, shown = shows(relay, path)
    assert shown["end"] == "[DONE]", shown
    assert shown["shown"] == relay.history(count=1)[0]["content"]


@pytest.mark.parametrize("path", ROUTES)
def test_an_answer_that_somebody_stops_shows_what_came(start_relay, path):
    relay = start_relay(RELAY_MODEL="simulator?tokens=2000&interval_ms=10", **QUICK)
    with page(relay, path) as reader:
        target = f"{relay.url}/chat/streams/{reader.head()['id']}"
        assert httpx.delete(target, timeout=10).status_code == 204
        shown = reader.outcome()
    # OpenAI's clients get it as an error; the others have a status next to the content.
    if path.startswith("/v1/"):
        assert shown["error"] == "Error: the answer was stopped before its end"
    else:
        assert shown["end"] == "[DONE]"
    [record] = relay.history(count=1)
    assert (record["status"], record["content"]) == ("stopped", shown["shown"])

@pytest.mark.parametrize("path", ROUTES)
def test_a_relay_that_ends_is_thrown(start_relay, path):
    relay = start_relay(RELAY_MODEL="simulator?hang=1", RELAY_DRAIN_S=1, **QUICK)
    with page(relay, path) as reader:
        assert reader.head()["status"] == 200
        assert relay.stop() == 0
        shown = reader.outcome()
    assert shown["error"].startswith("Error: the relay was shut down"), shown
    assert shown["shown"] == ""


@pytest.mark.parametrize("path", ROUTES)
def test_a_page_that_asks_again_under_its_key_is_told_the_same(start_relay, path):
    relay = start_relay(RELAY_MODEL="simulator?say=all%20of%20it&interval_ms=0", **QUICK)
    key = {"Idempotency-Key": "my-question"}
    heard = [shows(relay, path, headers=key)[1] for _ in range(2)]
    assert [(each["shown"], each["end"]) for each in heard] == [("all of it", "[DONE]")] * 2
    assert relay.calls()["simulator?say=all%20of%20it&interval_ms=0"]["calls"] == 1


def test_a_whole_answer_has_its_content_too(start_relay):
    relay = start_relay(RELAY_MODEL="simulator?say=all%20of%20it&interval_ms=0")
    body = {"messages": [{"role": "user", "content": "hi"}]}
    answer = httpx.post(f"{relay.url}/v1/chat/completions", json=body, timeout=20).json()
    assert answer["content"] == answer["choices"][0]["message"]["content"] == "all of it"
    named = httpx.post(
        f"{relay.url}/v1/chat/completions", timeout=20,
        json=body | {"model": "simulator?say=all%20of%20it&interval_ms=0"},
    ).json()
    assert list(named) == ["id", "object", "created", "model", "choices", "usage"]
