"""Conversations: past messages, as curl and a page ask for them, and their deletion."""

import json
import time

import httpx
import pytest

import frames


def say(relay, message, **fields):
    """Asks, reads to the end, and returns the answer's text and id."""
    fields.setdefault("model", "simulator?echo=1&interval_ms=0")
    response = httpx.post(f"{relay.url}/chat/stream", json={"message": message} | fields, timeout=60)
    assert response.status_code == 200, response.text
    events = frames.parse(response.text)
    text = "".join(event.data for event in events if event.name == "token")
    return text, response.headers["X-Stream-Id"]


def get(relay, path, **query):
    response = httpx.get(f"{relay.url}{path}", params=query, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def on_disk(relay, text):
    """The files in the data folder that have the text, including the journal's."""
    found = []
    for path in relay.data.rglob("*"):
        try:
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(path.name)
        except FileNotFoundError:
            pass  # renamed meanwhile
    return found


def test_whole_records_are_told_whatever_is_around_them(start_relay, tmp_path):
    def line(name, conversation, text):
        start = '"user":null,"started_at":"2026-01-01T00:00:00.000Z","messages":[{"role":"user",'
        end = f'"content":"q"}}],"content":"{text}","status":"complete"}}'
        return f'{{"id":"{name}","conversation":"{conversation}",{start}{end}'.encode()

    data = tmp_path / "data"
    data.mkdir()
    half = line("half", "kept", "lost")[:-40]
    surrogate = line("surrogate", "kept", "a\\ud800b")
    pieces = [
        b"\xef\xbb\xbf", line("first", "kept", "one"), line("gone", "gone", "secret"), b"\r\n\n",
        half, line("second", "kept", "two"), b"garbage\n", b"\0" * 5000, surrogate, b"\n",
        line("bytes", "kept", "c\x01d"), b"\n", line("last", "kept", "three"),
    ]
    (data / "history.jsonl").write_bytes(b"".join(pieces))
    relay = start_relay(RELAY_DATA_DIR=data)
    ids = [record["id"] for record in get(relay, "/chat/history")["records"]]
    assert ids == ["last", "bytes", "surrogate", "second", "gone", "first"]
    (kept,) = [c for c in get(relay, "/chat/conversations")["conversations"] if c["id"] == "kept"]
    messages = get(relay, "/chat/conversations/kept")["messages"]
    answers = [message["content"] for message in messages if message["role"] == "assistant"]
    assert kept["count"] == len(answers) == 5
    assert answers == ["one", "two", "a\ufffdb", "c d", "three"]
    assert "no record" in relay.log()
    assert httpx.delete(f"{relay.url}/chat/conversations/gone", timeout=10).status_code == 204
    wait_until(lambda: b"secret" not in (data / "history.jsonl").read_bytes())
    del pieces[2]
    assert (data / "history.jsonl").read_bytes() == b"".join(pieces) + b"\n"


def wait_until(condition, timeout=60):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def test_a_conversation_is_there_after_a_restart(relay):
    say(relay, "first question", conversation="c")
    relay.stop()
    relay.start()
    say(relay, "second question", conversation="c")
    [one] = get(relay, "/chat/conversations")["conversations"]
    assert one["id"] == "c" and one["title"] == "first question" and one["count"] == 2
    messages = get(relay, "/chat/conversations/c")["messages"]
    assert [message["content"] for message in messages] == [
        "first question", "first question", "second question", "second question",
    ]
    assert [message.get("status") for message in messages] == [None, "complete", None, "complete"]


def test_the_text_of_a_deleted_conversation_leaves_the_disk(relay):
    say(relay, "a word nobody may read again", conversation="c")
    say(relay, "a word to be kept", conversation="d")
    assert httpx.delete(f"{relay.url}/chat/conversations/c").status_code == 204
    wait_until(lambda: not on_disk(relay, "nobody may read again"))
    assert "history.jsonl" in on_disk(relay, "a word to be kept")


def test_a_deleted_conversation_does_not_come_back_after_a_crash(relay):
    say(relay, "a word nobody may read again", conversation="c")
    _, kept = say(relay, "a word to be kept", conversation="d")
    assert httpx.delete(f"{relay.url}/chat/conversations/c").status_code == 204
    relay.kill()
    assert on_disk(relay, "nobody may read again"), "the crash came too late for this test"
    relay.start()
    assert httpx.get(f"{relay.url}/chat/conversations/c").status_code == 404
    assert [record["id"] for record in get(relay, "/chat/history")["records"]] == [kept]
    wait_until(lambda: not on_disk(relay, "nobody may read again"))
    assert "history.jsonl" in on_disk(relay, "a word to be kept")
    assert [record["id"] for record in get(relay, "/chat/history")["records"]] == [kept]


def test_a_conversation_that_was_deleted_while_the_clock_was_ahead_goes_on(relay):
    relay.stop()
    deletion = '{"conversation":"c","deleted_at":"2099-01-01T00:00:00.000Z"}\n'
    (relay.data / "history.deleted.jsonl").write_text(deletion)
    relay.start()
    _, first = say(relay, "first", conversation="c")
    relay.kill()
    relay.start()
    _, second = say(relay, "second", conversation="c")
    relay.stop()
    relay.start()
    records = get(relay, "/chat/history", conversation="c")["records"]
    assert [record["id"] for record in records] == [second, first]
    assert httpx.delete(f"{relay.url}/chat/conversations/c").status_code == 204
    assert httpx.get(f"{relay.url}/chat/conversations/c").status_code == 404


def test_a_large_file_is_rotated_and_stays_searchable(start_relay):
    relay = start_relay(RELAY_HISTORY_ROTATE_MB=1)
    filler = "x" * 200_000
    ids = [
        say(relay, f"{number} {filler}", conversation="c", model="simulator?tokens=1",
            system="short")[1]
        for number in range(12)
    ]
    wait_until(lambda: (relay.data / "history-000001.jsonl").exists())
    ids.append(say(relay, "last", conversation="c")[1])
    for _ in range(2):
        found = get(relay, "/chat/history", conversation="c", limit=100)["records"]
        assert [record["id"] for record in reversed(found)] == ids
        lines = httpx.get(f"{relay.url}/chat/history?format=jsonl", timeout=60).text.splitlines()
        assert [json.loads(line)["id"] for line in lines] == ids
        relay.stop()
        relay.start()


def test_the_settings_are_checked_by_name(run_daemon):
    for name in ("RELAY_HISTORY_ROTATE_MB", "RELAY_CONTEXT_TOKENS"):
        done = run_daemon("--check", **{name: "much"})
        assert done.returncode == 78 and name in done.stderr
    assert "RELAY_CONTEXT_TOKENS=8000" in run_daemon("--check").stdout


@pytest.mark.long
def test_a_million_records_are_indexed_within_ten_seconds(relay):
    relay.stop()
    with (relay.data / "history.jsonl").open("w") as file:
        for number in range(1_000_000):
            file.write(
                f'{{"id":"r{number}","conversation":"c{number % 100_000}","user":null,'
                f'"started_at":"2026-01-01T00:00:00.000Z","upstream":"u","model":"m",'
                f'"messages":[{{"role":"user","content":"{"word " * 60}"}}],'
                f'"content":"{"word " * 60}","status":"complete"}}\n'
            )
    relay.start()
    began = time.monotonic()
    [newest] = get(relay, "/chat/history", limit=1)["records"]
    assert time.monotonic() - began < 10
    assert newest["id"] == "r999999"
    status = open(f"/proc/{relay.process.pid}/status").read()
    resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
    assert resident < 80, f"{resident} MB"
    assert len(get(relay, "/chat/conversations/c7")["messages"]) == 20
