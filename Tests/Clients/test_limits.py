"""Limits of callers and addresses, and what is known of them after the process is gone."""

import json
import time

import httpx

from test_reload import reload

HELLO = {"message": "hi", "model": "simulator?say=hello&interval_ms=0"}


def ask(relay):
    return httpx.post(f"{relay.url}/chat/stream", json=HELLO, timeout=60)


def wait_until_kept(relay, words):
    file = relay.data / "limits.json"
    deadline = time.monotonic() + 60
    while not (file.exists() and words in file.read_text()):
        assert time.monotonic() < deadline, relay.log()
        time.sleep(0.02)


def test_a_limit_holds_over_a_kill_and_a_clean_restart(start_relay):
    # A day is long enough for a busy machine to restart in, whatever the hour.
    relay = start_relay(RELAY_CALLER_REQUESTS_PER_MINUTE=1000, RELAY_CALLER_TOKENS_PER_DAY=1)
    day = time.time() // 86400
    assert ask(relay).status_code == 200
    wait_until_kept(relay, "everybody")
    relay.kill()
    relay.start()
    refused = ask(relay)
    if time.time() // 86400 != day:
        return
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["code"] == "tokens_per_day" and "everybody together" in error["message"]
    assert int(refused.headers["retry-after"]) in range(1, 86401)
    assert relay.stop() == 0
    relay.start()
    assert ask(relay).status_code == 429 or time.time() // 86400 != day


def test_a_file_that_cannot_be_read_begins_limits_anew_and_says_so(start_relay):
    relay = start_relay(RELAY_CALLER_TOKENS_PER_DAY=1)
    assert ask(relay).status_code == 200
    wait_until_kept(relay, "everybody")
    relay.kill()
    file = relay.data / "limits.json"
    file.write_text(file.read_text()[:-3])
    relay.start()
    assert "limits.json cannot be read: limits are counted anew" in relay.log()
    assert ask(relay).status_code == 200
    deadline = time.monotonic() + 60
    while True:
        try:
            assert json.loads(file.read_text())["accounts"][0]["name"] == "everybody"
            return
        except ValueError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_reload_changes_a_limit_and_forgets_nothing(start_relay):
    relay = start_relay()
    reload(relay, "RELAY_CALLER_TOKENS_PER_DAY=1")
    day = time.time() // 86400
    assert ask(relay).status_code == 200
    assert ask(relay).status_code == 429 or time.time() // 86400 != day
    reload(relay, "RELAY_CALLER_TOKENS_PER_DAY=1000")
    assert ask(relay).status_code == 200
    reload(relay, "RELAY_CALLER_TOKENS_PER_DAY=1")
    assert ask(relay).status_code == 429 or time.time() // 86400 != day
