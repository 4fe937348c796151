"""What the machine may do to a running relay: a full disk, no descriptors left."""

import resource
import socket
import threading

import httpx

from conftest import wait_for


def ask(relay, text="hello", **fields):
    body = {"message": text, "model": "simulator?say=all%20is%20well&interval_ms=0"} | fields
    response = httpx.post(f"{relay.url}/stream-chat", json=body, timeout=60)
    assert response.status_code == 200
    assert response.text.endswith("data: [DONE]\n\n")


def status(relay, path):
    return httpx.get(f"{relay.url}{path}", timeout=60).status_code


def test_a_full_disk_stops_no_answer_and_loses_no_record(relay):
    # The limit below holds for the log as well, which must stay smaller than the history.
    ask(relay, "before", system="long " * 50_000)
    relay.history(count=1)
    size = (relay.data / "history.jsonl").stat().st_size
    assert status(relay, "/readyz") == 200

    pid = relay.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    # The file may grow by a few bytes only: within the next record the disk is full.
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    for number in range(5):
        ask(relay, f"during {number}")
    wait_for(lambda: status(relay, "/readyz") == 503, "/readyz tells that the disk is full")
    # The journal may have met the limit first.
    said = "the history cannot be written"
    wait_for(lambda: said in relay.log(), "the log tells that the disk is full")
    assert status(relay, "/healthz") == 200
    assert len(relay.history()) == 1

    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    wait_for(lambda: status(relay, "/readyz") == 200, "writing resumes by itself")
    ask(relay, "after")
    prompts = [record["messages"][-1]["content"] for record in relay.history(count=7)]
    assert prompts == ["before", *(f"during {number}" for number in range(5)), "after"]
    assert relay.log().count(said) == 1
    assert relay.log().count("the history is written again") == 1


def test_without_descriptors_accepting_waits_and_open_streams_go_on(relay):
    pid = relay.process.pid
    received = []

    def stream():
        query = {"prompt": "hi", "format": "content",
                 "model": "simulator?tokens=120&interval_ms=20"}
        with httpx.stream("GET", f"{relay.url}/chat/stream", params=query, timeout=60) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    received.append(line)

    reader = threading.Thread(target=stream)
    reader.start()
    wait_for(lambda: len(received) > 3, "the stream runs")

    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    with socket.create_connection(("127.0.0.1", relay.port), 5) as waiting:
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        waiting.settimeout(0.5)
        try:
            early = waiting.recv(1)
        except TimeoutError:
            early = None
        assert early is None, "accepted though no descriptor was left"
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        waiting.settimeout(60)
        assert waiting.recv(12) == b"HTTP/1.1 200"

    reader.join(60)
    assert received[-1] == "data: [DONE]" and len(received) == 121
