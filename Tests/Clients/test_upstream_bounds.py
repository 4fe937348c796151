"""Upstreams that answer with more than fits: what they send is bounded, compressed or not."""

import gzip
import http.server
import io
import threading

import httpx
import pytest

# Half a megabyte on its way.
LONG_LINE = gzip.compress(b"data: " + bytes(512 << 20), compresslevel=9)
COMMENTS = gzip.compress((b":" + b" " * 1022 + b"\n") * (256 << 10), compresslevel=9)


class Answer:
    """What an upstream answers to every request."""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __enter__(self):
        answer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(answer.status)
                for name, value in answer.fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                try:
                    self.wfile.write(answer.body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join(60)
        self.server.server_close()


def ask(start_relay, upstream):
    """An answer of a relay, and the most memory that the relay has had, in MB."""
    relay = start_relay(OPENAI_BASE_URL=upstream.url, OPENAI_API_KEY="sk-0123456789abcdef")
    response = httpx.post(f"{relay.url}/chat/stream", json={"message": "hello"}, timeout=120)
    assert httpx.get(f"{relay.url}/healthz", timeout=60).status_code == 200
    with open(f"/proc/{relay.process.pid}/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    return response, peak / 1024


STREAM = [("Content-Type", "text/event-stream"), ("Content-Encoding", "gzip")]


@pytest.mark.thorough
def test_a_compressed_line_without_end_is_cut_off(start_relay):
    with Answer(200, STREAM, LONG_LINE) as upstream:
        response, peak = ask(start_relay, upstream)
    assert '"too_long"' in response.text, response.text
    assert peak < 250


@pytest.mark.thorough
def test_compressed_comments_are_read_without_being_kept(start_relay):
    end = b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n'
    body = COMMENTS + gzip.compress(b"\n" + end + b"data: [DONE]\n\n")
    with Answer(200, STREAM, gzip.compress(gzip.decompress(body), 9)) as upstream:
        response, peak = ask(start_relay, upstream)
    assert '"content":"hi"' in response.text or "data: hi" in response.text, response.text
    assert peak < 250


@pytest.mark.thorough
def test_a_few_bytes_that_become_gigabytes_are_not_read(start_relay):
    # Unlike gzip, which makes a thousand bytes of one at most.
    zstandard = pytest.importorskip("zstandard")
    packed = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(packed, closefd=False) as writer:
        for _ in range(64):
            writer.write(b"\n" * (16 << 20))
    fields = [("Content-Type", "text/event-stream"), ("Content-Encoding", "zstd")]
    with Answer(200, fields, packed.getvalue()) as upstream:
        response, peak = ask(start_relay, upstream)
    if response.status_code == 502:
        assert "compressed so much" in response.json()["error"]["message"]
    assert "[DONE]" not in response.text and peak < 250


@pytest.mark.thorough
def test_of_a_compressed_refusal_the_beginning_is_read(start_relay):
    with Answer(400, [("Content-Encoding", "gzip")], LONG_LINE) as upstream:
        response, peak = ask(start_relay, upstream)
    assert response.status_code in (400, 502) and len(response.content) < 8192
    assert peak < 250


@pytest.mark.thorough
@pytest.mark.parametrize("fields, code", [
    ([("Set-Cookie", "x" * 1000)] * 400, "header_too_large"),
    ([("X-Long", "x" * 200_000)], "header_too_large"),
    ([("Content-Encoding", "gzip, gzip")], "transfer_failed"),
    ([("Content-Encoding", "gzip")] * 2, "transfer_failed"),
])
def test_a_head_that_is_too_much_is_an_error(start_relay, fields, code):
    with Answer(200, [("Content-Type", "text/event-stream"), *fields], b"x") as upstream:
        response, _ = ask(start_relay, upstream)
    assert response.status_code == 502 and response.json()["error"]["code"] == code, response.text
