"""A page's `fetch` with a reader on the body, written in Python.

`read()` gives a page whatever one network read brought; pages decode it, split it at blank lines
and parse what follows `data: `. Here the pieces are the chunks of the chunked coding, as they
arrive.
"""

import contextlib
import json
import socket
import time
import urllib.parse

import pytest


class Response:
    """One response read from a raw socket: status, headers, and the chunks of its body."""

    def __init__(self, connection, read_size):
        self._connection, self._read_size, self._buffer = connection, read_size, b""
        status, *lines = self._until(b"\r\n\r\n").decode("ascii").split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (l.partition(":") for l in lines)
        }

    def _more(self):
        piece = self._connection.recv(self._read_size)
        assert piece, "the connection was closed before the response ended"
        self._buffer += piece

    def _until(self, mark):
        while mark not in self._buffer:
            self._more()
        part, _, self._buffer = self._buffer.partition(mark)
        return part

    def chunks(self):
        """Yields (arrival, bytes) of every chunk, and ends at the last one."""
        assert self.headers["transfer-encoding"] == "chunked"
        while True:
            size = int(self._until(b"\r\n"), 16)
            while len(self._buffer) < size + 2:
                self._more()
            chunk, end, self._buffer = (
                self._buffer[:size], self._buffer[size:size + 2], self._buffer[size + 2:]
            )
            assert end == b"\r\n"
            if size == 0:
                return
            yield time.monotonic(), chunk


@contextlib.contextmanager
def fetch(relay, body, path="/chat/completions", read_size=65536, accept="*/*"):
    payload = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{relay.port}\r\nOrigin: {relay.url}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nAccept: {accept}\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    with socket.socket() as connection:
        connection.settimeout(60)
        # A small window, so that the other end notices when the page does not read.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        connection.connect(("127.0.0.1", relay.port))
        connection.sendall(head.encode() + payload)
        yield Response(connection, read_size)


def page_reads(chunks):
    """What the usual page does with each piece: no state beyond the unfinished frame."""
    buffer, frames = "", []
    for _, chunk in chunks:
        # Like `decoder.decode(value)` without `stream: true`, which many pages forget: a cut
        # character would be broken for good.
        buffer += chunk.decode("utf-8")
        *whole, buffer = buffer.split("\n\n")
        for frame in whole:
            frames += [line[6:] for line in frame.split("\n") if line.startswith("data: ")]
    assert buffer == "", f"the stream ended within a frame: {buffer!r}"
    return frames


def request(**settings):
    query = urllib.parse.urlencode({"interval_ms": 0} | settings, quote_via=urllib.parse.quote)
    return {"messages": [{"role": "user", "content": "hi"}], "model": f"simulator?{query}"}


SAY = "Grüße, 世界 😀\n\nsecond \"paragraph\" \\ done"


@pytest.mark.parametrize("read_size", [65536, 7, 1])
def test_a_page_reads_content_frames_until_done(relay, read_size):
    with fetch(relay, request(say=SAY), read_size=read_size) as response:
        assert response.status == 200
        frames = page_reads(response.chunks())
    assert frames[-1] == "[DONE]"
    assert "".join(json.loads(frame)["content"] for frame in frames[:-1]) == SAY
    assert relay.history(count=1)[0]["content"] == SAY


@pytest.mark.parametrize("cut", [{"split_utf8": 1}, {"chunk_bytes": 1}, {"chunk_bytes": 5}])
@pytest.mark.parametrize("path", ["/chat/completions", "/chat/stream", "/stream-chat"])
def test_no_piece_ends_inside_a_character_or_a_line(relay, cut, path):
    with fetch(relay, request(say=SAY * 20, **cut), path=path) as response:
        pieces = [chunk for _, chunk in response.chunks()]
    for piece in pieces:
        assert piece.endswith(b"\n")
        piece.decode("utf-8")


def test_pieces_come_while_the_model_speaks(relay):
    with fetch(relay, request(tokens=20, interval_ms=50)) as response:
        arrivals = [arrival for arrival, _ in response.chunks()]
    assert len(arrivals) >= 15
    assert arrivals[-1] - arrivals[0] > 0.7


def test_a_failure_is_a_frame_with_error_and_then_done(relay):
    with fetch(relay, request(error_after=2, interval_ms=5)) as response:
        frames = page_reads(response.chunks())
    assert frames[-1] == "[DONE]"
    failure = json.loads(frames[-2])
    assert isinstance(failure["error"], str) and failure["error"]
    assert failure["status"] == "upstream_error"
    assert all("content" in json.loads(frame) for frame in frames[:-2])
    assert relay.history(count=1)[0]["status"] == "upstream_error"


@pytest.mark.parametrize("silence", ["first_ms", "pause_ms"])
def test_silence_is_filled_with_comments_where_blocks_have_ids(start_relay, silence):
    # The relay does not wait for the upstream's status here, so the 200 goes out at once.
    relay = start_relay(RELAY_KEEPALIVE_S=1, RELAY_HEAD_HOLD_S=0)
    settings = {silence: 2700} | ({"pause_after": 1} if silence == "pause_ms" else {})
    asked = request(say="at last it speaks", **settings)
    with fetch(relay, asked, accept="text/event-stream") as response:
        body = b"".join(chunk for _, chunk in response.chunks())
    lines = body.split(b"\n")
    comments = [number for number, line in enumerate(lines) if line.startswith(b":")]
    assert len(comments) >= 2
    # A blank line after a comment would dispatch an event in clients that remember an id.
    assert all(lines[number + 1] != b"" for number in comments)
    # … and a comment is between events, never inside one.
    assert all(
        number == 0 or lines[number - 1] == b"" or lines[number - 1].startswith(b":")
        for number in comments
    )
    frames = page_reads([(0, body)])
    assert "".join(json.loads(frame)["content"] for frame in frames[:-1]) == "at last it speaks"


@pytest.mark.parametrize(
    ("path", "filling"), [("/chat/completions", b'data: {"content":""}'), ("/stream-chat", b"data: ")]
)
def test_silence_is_filled_with_empty_data_where_blocks_have_none(start_relay, path, filling):
    relay = start_relay(RELAY_KEEPALIVE_S=1, RELAY_HEAD_HOLD_S=0)
    with fetch(relay, request(say="word", first_ms=2700), path=path) as response:
        body = b"".join(chunk for _, chunk in response.chunks())
    blocks = body.split(b"\n\n")
    assert blocks.count(filling) >= 2
    assert all(block.startswith(b"data: ") for block in blocks[:-1])


@pytest.mark.long
def test_by_default_no_silence_is_longer_than_fifteen_seconds(relay):
    arrivals = [time.monotonic()]
    with fetch(relay, request(say="late", first_ms=32_000)) as response:
        arrivals += [arrival for arrival, _ in response.chunks()]
    assert max(later - sooner for sooner, later in zip(arrivals, arrivals[1:])) < 15.5


def test_a_page_that_stops_reading_for_a_while_loses_nothing(relay):
    with fetch(relay, request(tokens=60_000, batch=500)) as response:
        chunks = response.chunks()
        first = next(chunks)
        # The model is far ahead by now, and its text waits in the relay or before it.
        time.sleep(1)
        frames = page_reads([first, *chunks])
    assert frames[-1] == "[DONE]"
    text = "".join(json.loads(frame)["content"] for frame in frames[:-1])
    assert relay.history(count=1)[0]["content"] == text
    assert len(text) > 60_000
