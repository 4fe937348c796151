"""The way to the upstream: verified TLS, HTTP/2, reused connections, proxies."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from conftest import wait_for
from http2_upstream import Upstream

# Answers like OpenAI, and says with which version of HTTP it was asked.
APPLICATION = '''
import asyncio, json

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/event-stream")]})
    words = ["HTTP/" + scope["http_version"], " from", " port", f" {scope['client'][1]}"]
    for word in words:
        chunk = {"choices": [{"index": 0, "delta": {"content": word}}]}
        await send({"type": "http.response.body", "more_body": True,
                    "body": b"data: " + json.dumps(chunk).encode() + b"\\n\\n"})
        await asyncio.sleep(0.01)
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    await send({"type": "http.response.body",
                "body": b"data: " + json.dumps(end).encode() + b"\\n\\ndata: [DONE]\\n\\n"})
'''


def answer(relay, **kwargs):
    """The joined text of one answer, read as plain data lines."""
    response = httpx.post(
        f"{relay.url}/stream-chat", json={"message": "hello"}, timeout=60, **kwargs
    )
    assert response.status_code == 200, response.text
    lines = [line[6:] for line in response.text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return "".join(lines[:-1])


@pytest.fixture(scope="module")
def tls_upstream(certificate_and_key, tmp_path_factory):
    """A hand-written server, HTTP/2 over TLS: its base URL and its certificate."""
    certificate, key = certificate_and_key
    folder = tmp_path_factory.mktemp("tls")
    (folder / "application.py").write_text(APPLICATION)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hypercorn", "application:app", "--bind", "127.0.0.1:0",
             "--certfile", certificate, "--keyfile", key],
            cwd=folder, stdout=output, stderr=output, start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        # It prints when it listens, on a port that the kernel has chosen.
        while not (said := re.search(r"Running on https://127\.0\.0\.1:(\d+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"https://localhost:{said[1]}/v1", certificate
    finally:
        # It serves from a process of its own, which would outlive its parent.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_an_upstream_with_http_2_is_asked_with_it(start_relay, tls_upstream, variable):
    url, certificate = tls_upstream
    relay = start_relay(OPENAI_BASE_URL=url, **{variable: certificate})
    assert answer(relay).startswith("HTTP/2 from port ")


def test_answers_at_once_share_one_http_2_connection(start_relay, tls_upstream):
    url, certificate = tls_upstream
    relay = start_relay(OPENAI_BASE_URL=url, SSL_CERT_FILE=certificate, RELAY_LOOPS=1)
    # Once a connection is established, libcurl knows that it takes several answers at once.
    first = answer(relay)
    texts = [None] * 8

    def ask(index):
        texts[index] = answer(relay)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(texts) == {first} and first.startswith("HTTP/2 from port ")


class Ticks:
    """Reads an answer that goes on and on, and notes when each of its words came."""

    def __init__(self, relay):
        self._relay = relay
        self._thread = threading.Thread(target=self._read)
        self.times = []
        self.lines = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(60)

    def _read(self):
        with httpx.stream(
            "POST", f"{self._relay.url}/stream-chat", json={"message": "hi", "model": "tick"},
            timeout=60,
        ) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    self.times.append(time.monotonic())
                    self.lines.append(line[6:])


def test_a_paused_stream_does_not_hold_up_others_on_its_http_2_connection(
    start_relay, certificate_and_key
):
    certificate, key = certificate_and_key
    # More than libcurl lets a stream send ahead, which is 32 MiB.
    frames = 2200
    with Upstream(certificate, key) as upstream:
        relay = start_relay(
            OPENAI_BASE_URL=upstream.url, SSL_CERT_FILE=certificate, RELAY_LOOPS=1,
            RELAY_READER_BUFFER=4096,
        )
        # Once a connection is established, libcurl knows that it takes several answers at once.
        httpx.post(f"{relay.url}/stream-chat", json={"message": "hi", "model": "flood?1"})
        with Ticks(relay) as ticks, socket.socket() as reader:
            try:
                wait_for(lambda: len(ticks.times) > 5, "the words come")
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.connect(("127.0.0.1", relay.port))
                body = json.dumps({"message": "hi", "model": f"flood?{frames}"}).encode()
                reader.sendall(
                    b"POST /stream-chat HTTP/1.1\r\nHost: localhost\r\n"
                    b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
                )
                # It never reads: the relay stops, and finally the upstream does.
                wait_for(
                    lambda: len(upstream.streams()) == 3 and upstream.streams()[2].is_held_up,
                    "the flood is held up",
                )
                # If they shared the flood's fate, they would wait as long as it does.
                before = len(ticks.times)
                wait_for(lambda: len(ticks.times) > before + 40, "words beside the flood")
                flood = upstream.streams()[2]
                assert flood.is_held_up and flood.sent < frames
                assert len(upstream.connections) == 1
            finally:
                upstream.enough.set()
        count = upstream.streams()[1].sent
        assert ticks.lines == [*(f"{number} " for number in range(count)), "[DONE]"]


def test_a_request_whose_kept_connection_is_dead_is_made_again_on_a_fresh_one(
    start_relay, certificate_and_key
):
    """It counts neither as a retry nor as a failure of the upstream."""
    certificate, key = certificate_and_key
    with Upstream(certificate, key) as upstream:
        relay = start_relay(
            OPENAI_BASE_URL=upstream.url, SSL_CERT_FILE=certificate, RELAY_LOOPS=1,
            RELAY_RETRIES=0,
        )
        texts = []
        for _ in range(2):
            response = httpx.post(
                f"{relay.url}/stream-chat", json={"message": "hi", "model": "flood?1"}, timeout=60
            )
            assert response.status_code == 200, response.text
            texts.append(response.text)
            upstream.vanish()
        assert texts[0] == texts[1] and texts[0].endswith("data: [DONE]\n\n")
        assert len(upstream.connections) == 2 and len(upstream.streams()) == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(start_relay, tls_upstream):
    url, _ = tls_upstream
    relay = start_relay(OPENAI_BASE_URL=url)
    response = httpx.post(f"{relay.url}/chat/stream", json={"message": "hello"}, timeout=60)
    assert response.status_code == 502
    error = response.json()["error"]
    assert error["code"] == "tls_failed" and "certificate" in error["message"]


class ForwardProxy(http.server.BaseHTTPRequestHandler):
    """A proxy that answers by itself, and remembers the requested hosts."""

    asked = []

    def do_POST(self):
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(
            b'data: {"choices":[{"index":0,"delta":{"content":"by proxy"}}]}\n\n'
            b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
            b"data: [DONE]\n\n"
        )

    def log_message(self, *arguments):
        pass


@pytest.fixture
def forward_proxy():
    ForwardProxy.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ForwardProxy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(60)
    server.server_close()


def test_a_proxy_named_in_the_environment_is_used(start_relay, forward_proxy):
    relay = start_relay(
        OPENAI_BASE_URL="http://models.invalid/v1", http_proxy=forward_proxy, NO_PROXY="",
        no_proxy="",
    )
    assert answer(relay) == "by proxy"
    assert ForwardProxy.asked == ["http://models.invalid/v1/chat/completions"]


def test_the_simulator_is_never_asked_through_a_proxy(start_relay, forward_proxy):
    relay = start_relay(http_proxy=forward_proxy, NO_PROXY="", no_proxy="", RELAY_MODEL="m?say=hi")
    assert answer(relay) == "hi"
    assert ForwardProxy.asked == []


def test_connections_are_used_again(start_relay):
    """The upstream sees one client port for answers that follow each other."""
    ports = []

    class Upstream(ForwardProxy):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            ports.append(self.client_address[1])
            self.rfile.read(int(self.headers["Content-Length"]))
            body = (
                b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
                b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
                b"data: [DONE]\n\n"
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        relay = start_relay(
            OPENAI_BASE_URL=f"http://127.0.0.1:{server.server_port}/v1", RELAY_LOOPS=1
        )
        for _ in range(10):
            assert answer(relay) == "hi"
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()
    assert len(set(ports)) == 1
