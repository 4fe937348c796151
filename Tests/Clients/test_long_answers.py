"""Answers much longer than what memory keeps of them: a client that comes back gets all of it."""

import concurrent.futures
import json
import pathlib
import re
import time

import httpx
import pytest

import frames
from test_growth import Upstream

# Eight hundred kilobytes of text, of which memory keeps 64 KiB, overhead included.
TOKENS = 200_000
MODEL = f"simulator?tokens={TOKENS}&interval_ms=0&batch=100"


@pytest.fixture
def relay(start_relay):
    return start_relay(RELAY_LOG_WINDOW=65_536, RELAY_RESUME_S=60)


def resident_megabytes(relay):
    status = pathlib.Path(f"/proc/{relay.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def ask(relay, prompt):
    """Reads a whole answer; returns its id and events."""
    parameters = {"prompt": prompt, "model": MODEL}
    answer = httpx.get(f"{relay.url}/chat/stream", params=parameters, timeout=60)
    assert answer.status_code == 200
    return answer.headers["x-stream-id"], frames.parse(answer.text)


def test_a_long_answer_is_resumed_from_its_middle_and_read_again_from_its_start(relay):
    stream, events = ask(relay, "long")
    numbers = [int(event.id.rsplit(".", 1)[1]) for event in events if event.id]
    assert numbers == sorted(numbers) and len(events) > TOKENS
    for place in (1, TOKENS // 2, TOKENS - 3):
        rest = httpx.get(
            f"{relay.url}/chat/streams/{stream}",
            headers={"Last-Event-ID": f"{stream}.{place}"},
            timeout=60,
        )
        assert frames.parse(rest.text) == events[place + 1 :]
    assert frames.parse(httpx.get(f"{relay.url}/chat/streams/{stream}", timeout=60).text) == events
    text = "".join(event.data for event in events if event.name == "token")
    (record,) = relay.history(count=1)
    assert record["content"] == text and record["timing"]["tokens"] == TOKENS
    assert relay.calls("?prompt=long")["calls"] == 1


def test_many_long_answers_at_once_take_little_memory(relay):
    before = resident_megabytes(relay)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask(relay, f"question {number}"), range(8)))
    assert len({stream for stream, _ in answers}) == 8
    relay.history(count=8)
    # Whole, they would take fifteen megabytes, besides what the making of records leaves.
    assert resident_megabytes(relay) - before < 15
    for stream, events in answers:
        rest = httpx.get(
            f"{relay.url}/chat/streams/{stream}",
            headers={"Last-Event-ID": f"{stream}.{TOKENS - 1000}"},
            timeout=60,
        )
        assert frames.parse(rest.text) == events[TOKENS - 999 :]


LONG_MEGABYTES = 32
LONG_PIECE = "abcdefgh " * 1800
LONG_TEXT = LONG_PIECE * (LONG_MEGABYTES * 1_000_000 // len(LONG_PIECE))


def long_answer():
    """A model's stream that says so many megabytes."""
    def chunk(delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    piece = chunk({"content": LONG_PIECE})
    count = len(LONG_TEXT) // len(LONG_PIECE)
    return piece * count + chunk({}, "stop") + b"data: [DONE]\n\n"


@pytest.fixture
def long_relay(start_relay):
    upstream = Upstream()
    upstream.answer = long_answer()
    yield start_relay(OPENAI_BASE_URL=upstream.url, OPENAI_API_KEY="k", RELAY_RESUME_S=60)
    upstream.listener.close()


def highest_megabytes(relay, ask):
    """How much memory the relay takes at most during `ask()`, and the answer."""
    process = pathlib.Path(f"/proc/{relay.process.pid}")
    # Earlier records may still be on their way to the disk.
    deadline = time.monotonic() + 60
    while resident_megabytes(relay) > 30 and time.monotonic() < deadline:
        time.sleep(0.1)
    before = resident_megabytes(relay)
    (process / "clear_refs").write_text("5")
    answer = ask()
    highest = int((process / "status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    return highest - before, answer


def complete(relay):
    body = {"model": "m", "messages": [{"role": "user", "content": "long"}]}
    headers = {"Idempotency-Key": "one"}
    answer = httpx.post(
        f"{relay.url}/v1/chat/completions", json=body, headers=headers, timeout=120
    )
    assert answer.json()["choices"][0]["message"]["content"] == LONG_TEXT
    return answer


def restored(relay, stream):
    answer = httpx.get(
        f"{relay.url}/chat/streams/{stream}",
        headers={"Last-Event-ID": f"{stream}.7"},
        timeout=120,
    )
    (event,) = [event for event in frames.parse(answer.text) if event.name == "restored"]
    assert json.loads(event.data)["content"] == LONG_TEXT


def test_a_long_answer_in_one_piece_takes_at_most_twice_its_size(long_relay):
    answer = complete(long_relay)
    long_relay.history(count=1)
    # From the journal, part by part: only what is sent is in memory.
    highest, _ = highest_megabytes(long_relay, lambda: complete(long_relay))
    assert highest < 1.5 * LONG_MEGABYTES
    assert long_relay.stop() == 0
    long_relay.start()
    # From its record, which is in memory as well.
    highest, _ = highest_megabytes(long_relay, lambda: complete(long_relay))
    assert highest < 2.3 * LONG_MEGABYTES
    stream = answer.headers["x-stream-id"]
    highest, _ = highest_megabytes(long_relay, lambda: restored(long_relay, stream))
    assert highest < 2.3 * LONG_MEGABYTES


def test_a_killed_long_answer_is_told_by_the_next_process(relay):
    model = f"simulator?tokens={TOKENS}&interval_ms=1&batch=100"
    parameters = {"prompt": "hi", "model": model, "on_disconnect": "finish"}
    text = ""
    with httpx.stream("GET", f"{relay.url}/chat/stream", params=parameters, timeout=60) as answer:
        stream = answer.headers["x-stream-id"]
        for piece in answer.iter_text():
            text += piece
            if len(text) > 1_000_000:
                break
    relay.kill()
    had = frames.parse(text)
    relay.start()
    rest = httpx.get(
        f"{relay.url}/chat/streams/{stream}", headers={"Last-Event-ID": had[99].id}, timeout=60
    )
    events = frames.parse(rest.text)
    assert events[: len(had) - 100] == had[100:]
    assert events[-1].name == "error"
    (record,) = relay.history(count=1)
    assert record["status"] == "interrupted"
    assert record["content"].startswith("".join(e.data for e in had if e.name == "token"))


def bytes_read(relay):
    """How much the process has read from files so far."""
    counters = pathlib.Path(f"/proc/{relay.process.pid}/io").read_text()
    return int(re.search(r"rchar: (\d+)", counters)[1])


def read_up_to_the_pause(relay, stream, tokens):
    """Returns when a client of the answer has received so many tokens."""
    with httpx.stream("GET", f"{relay.url}/chat/streams/{stream}", timeout=60) as answer:
        for line in answer.iter_lines():
            tokens -= line == "event: token"
            if tokens == 0:
                return


def test_a_stop_reads_of_each_long_answer_its_own_bytes(start_relay):
    answers, tokens = 24, 30_000
    relay = start_relay(RELAY_LOG_WINDOW=65_536, RELAY_LOOPS=1, RELAY_DRAIN_S=0)
    # All of them grow together, and none has ended when the relay is stopped.
    pause = f"pause_after={tokens - 1}&pause_ms=600000"
    model = f"simulator?tokens={tokens}&first_ms=500&interval_ms=0&{pause}"
    streams = [
        httpx.post(
            f"{relay.url}/api/streaming",
            json={"message": f"question {number}", "model": model, "on_disconnect": "finish"},
            timeout=60,
        ).json()["id"]
        for number in range(answers)
    ]
    for stream in streams:
        read_up_to_the_pause(relay, stream, tokens - 1)
    journal = sum(file.stat().st_size for file in (relay.data / "journal").iterdir())
    before = after = bytes_read(relay)
    relay.process.terminate()
    while relay.process.poll() is None:
        try:
            after = bytes_read(relay)
        except (OSError, TypeError):
            # It has ended.
            pass
        time.sleep(0.01)
    assert relay.wait() == 0
    records = relay.history(count=answers)
    assert {record["id"] for record in records} == set(streams)
    assert {record["timing"]["tokens"] for record in records} == {tokens - 1}
    # Once, and a little for what is read along with it.
    assert after - before < 3 * journal
