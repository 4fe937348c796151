"""The log: one line for each event, for people and for machines, and nothing in it that must not be."""

import json
import os
import re
import signal

import httpx

from conftest import wait_for

ASKED = {"message": "the question", "model": "simulator?tokens=5&interval_ms=5"}


def objects(relay):
    """The lines of a log of objects, each of which has to be one."""
    lines = relay.log().splitlines()
    assert all(len(line) < 4096 for line in lines)
    return [json.loads(line) for line in lines]


def test_a_log_for_machines_has_an_object_in_each_line(start_relay):
    relay = start_relay(RELAY_LOG_FORMAT="json")
    with httpx.Client(base_url=relay.url, timeout=60) as client:
        named = {"X-Request-Id": "edge-1234/5"}
        answer = client.post("/chat/stream", json=ASKED, headers=named)
        assert answer.headers["x-request-id"] == "edge-1234/5"
        assert client.post("/stream-chat", content="{").status_code == 400
    wait_for(lambda: len([one for one in objects(relay) if "path" in one]) == 2, "both requests")
    asked, wrong = [one for one in objects(relay) if "path" in one]
    assert asked["request_id"] == "edge-1234/5"
    assert asked["id"] == answer.headers["x-stream-id"]
    assert (asked["method"], asked["path"], asked["status"]) == ("POST", "/chat/stream", 200)
    assert asked["client"] == "127.0.0.1" and asked["bytes"] == len(answer.content)
    assert (asked["upstream"], asked["ending"], asked["tries"]) == ("simulator", "complete", 1)
    assert asked["model"].startswith("simulator") and asked["tokens"] == 5
    assert 0 <= asked["ttft_ms"] <= asked["ms"] and asked["tokens_per_s"] > 0
    assert wrong["status"] == 400 and wrong["reason"]
    for one in objects(relay):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["time"])
        assert one["level"] in ("info", "warning", "error")
        assert ("message" in one) != ("path" in one)


def test_what_clients_send_forges_nothing(start_relay):
    for form in ("text", "json"):
        relay = start_relay(RELAY_LOG_FORMAT=form)
        model = "no\nsuch \u202emodel\u2028 id=forged\x1b[2J"
        for wrong in ("", "a b", "x" * 129, "\xff", '"quoted"'):
            fields = {"X-Request-Id": wrong.encode("latin-1")}
            answer = httpx.post(
                f"{relay.url}/stream-chat", json={"message": "hi", "model": model}, headers=fields,
                timeout=60,
            )
            assert "x-request-id" not in answer.headers
        httpx.get(f"{relay.url}/" + "y" * 6000, timeout=60)
        httpx.get(relay.url + "/x%22%20id=forged", timeout=60)
        wait_for(lambda: "/x%22%20id" in relay.log(), "the last request")
        log = relay.log()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", log)
        values = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', log)
        assert form == "json" or len(values) > 10 and ("id", "forged") not in values
        assert all(len(line) < 4096 for line in log.splitlines())
        if form == "json":
            objects(relay)


def test_lines_have_their_priority_where_journald_reads_them(start_relay, tmp_path):
    # The file in which the log is takes the place of journald's socket: what counts is its number.
    relay = start_relay()
    httpx.get(f"{relay.url}/healthz", timeout=60)
    assert relay.stop() == 0
    file = (relay.directory / "stderr.log").stat()
    relay.environment["JOURNAL_STREAM"] = f"{file.st_dev}:{file.st_ino}"
    before = len(relay.log())
    relay.start()
    httpx.get(f"{relay.url}/healthz", timeout=60)
    assert relay.stop() == 0
    lines = relay.log()[before:].splitlines()
    assert len(lines) > 2 and all(re.match(r"<[346]>(info|warning|error) ", line) for line in lines)
    # The variable alone is inherited by whatever is started from a service.
    relay.environment["JOURNAL_STREAM"] = f"{file.st_dev}:{file.st_ino + 1}"
    before = len(relay.log())
    relay.start()
    assert not relay.log()[before:].startswith("<")


def test_requests_can_have_a_file_of_their_own(start_relay, tmp_path):
    file = tmp_path / "logs" / "access.log"
    relay = start_relay(RELAY_ACCESS_LOG=file, RELAY_LOG_FORMAT="json")
    httpx.get(f"{relay.url}/healthz?first", timeout=60)
    wait_for(lambda: file.exists() and file.read_text().count("\n") == 1, "the first line")
    # As logrotate does it.
    moved = file.with_suffix(".log.1")
    file.rename(moved)
    relay.process.send_signal(signal.SIGHUP)
    wait_for(file.exists, "the new file")
    httpx.get(f"{relay.url}/readyz", timeout=60)
    assert relay.stop() == 0
    assert [json.loads(line)["path"] for line in moved.read_text().splitlines()] == ["/healthz"]
    assert [json.loads(line)["path"] for line in file.read_text().splitlines()] == ["/readyz"]
    assert "/readyz" not in relay.log() and "listening on" in relay.log()
    assert os.stat(file).st_mode & 0o777 == 0o600


def test_what_was_asked_and_answered_is_in_the_log_only_where_that_is_wanted(start_relay):
    quiet = start_relay()
    said = {"message": "the question\nhas lines", "model": "simulator?say=Some%20answer&interval_ms=0"}
    httpx.post(f"{quiet.url}/stream-chat", json=said, timeout=60)
    assert quiet.stop() == 0
    assert "question" not in quiet.log() and "answered" not in quiet.log()
    relay = start_relay(RELAY_LOG_CONTENT=1, RELAY_LOG_FORMAT="json")
    answer = httpx.post(f"{relay.url}/chat/stream", json=said, timeout=60)
    assert relay.stop() == 0
    lines = [one for one in objects(relay) if one.get("id") == answer.headers["x-stream-id"]]
    assert lines[0]["message"] == "asked" and lines[0]["text"] == "the question\nhas lines"
    pieces = [one for one in lines if one.get("message", "").startswith("answered: ")]
    assert len(pieces) > 1
    assert "".join(one["text"] for one in pieces) == "Some answer"
