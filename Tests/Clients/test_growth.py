"""The cost of input is in proportion to its size: twice as much of it is twice the work.

Work is counted in instructions, by callgrind, which a busy machine does not change. A loop within a
loop would make it four times as much.
"""

import json
import re
import shutil
import socket
import threading

import pytest

from conftest import BINARY, Relay

pytestmark = pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is missing")

# Valgrind makes the relay some fifty times as slow.
PATIENCE = 40
TOTAL = re.compile(rb"^totals: (\d+)", re.MULTILINE)
# How much two equal runs differ: by timers, and by reads that are cut elsewhere.
NOISE = 1_500_000
# Marks that `String` would have to sort when it compares.
MARKS = "\u0301\u0316"
MODEL = "simulator?tokens=1&interval_ms=0"


class Upstream:
    """Speaks both vendors' protocols: answers each request with `answer`, and closes."""

    def __init__(self):
        self.answer = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                read_request(connection)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    b"Connection: close\r\n\r\n" + self.answer
                )


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    missing = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.listener.close()


@pytest.fixture(scope="module")
def count(tmp_path_factory, upstream):
    """`count(talk)` has `talk(port)` talk to a new relay and returns the relay's instructions.

    The built-in simulator answers, or with `real=True` the upstream above.
    """

    def run(talk, real=False):
        directory = tmp_path_factory.mktemp("relay")
        variables = {"RELAY_LOOPS": 1, "SWIFT_DETERMINISTIC_HASHING": 1, "RELAY_RETRIES": 0}
        if real:
            variables |= {
                "OPENAI_BASE_URL": upstream.url, "ANTHROPIC_BASE_URL": upstream.url,
                "ANTHROPIC_API_KEY": "none",
            }
        relay = Relay(directory, variables)
        output = directory / "callgrind"
        relay.command = [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={output}",
            f"--log-file={output}.log", BINARY,
        ]
        relay.start(timeout=PATIENCE)
        try:
            talk(relay.port)
            assert relay.stop(timeout=PATIENCE) == 0
        finally:
            relay.kill()
        return int(TOTAL.search(output.read_bytes())[1])

    return run


@pytest.fixture(scope="module")
def base(count):
    """The instructions of a relay that does next to nothing."""
    return count(lambda port: send(port, get("/healthz")))


def send(port, request):
    """Sends raw bytes and returns everything that comes back until the relay closes."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        sock.sendall(request)
        answer = b""
        while piece := sock.recv(1 << 16):
            answer += piece
        return answer


def post(path, body, *fields):
    body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", *fields]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(target, *fields):
    head = [f"GET {target} HTTP/1.1", "Host: localhost", "Connection: close", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n"


def ask(**members):
    message = {"role": "user", "content": "hello"}
    return {"model": MODEL, "messages": [message]} | members


# What clients send, by size. Each takes well over NOISE if it grows with the square.

def unknown_members(n):
    return post("/v1/chat/completions", ask(**{f"member{i}": 0 for i in range(n)}))


def marks_in_a_name(n):
    return post("/v1/chat/completions", ask(**{"mode" + MARKS * n: 0}))


def marks_in_two_names(n):
    names = {"x" + MARKS * n + last: 0 for last in "ab"}
    return post("/v1/chat/completions", ask(**names), "Idempotency-Key: k")


def marks_in_a_role(n):
    return post("/chat/stream", {"messages": [{"role": "us" + MARKS * n, "content": "hello"}]})


def marks_in_a_message(n):
    return post("/chat/stream", {"message": "hello" + MARKS * n, "model": MODEL})


def escaped_marks(n):
    body = json.dumps(ask(**{"mode" + MARKS * n: 0})).encode()
    return post("/v1/chat/completions", body)


def marks_in_a_field(n):
    event_id = "x" + MARKS * n
    return get("/chat/streams/x", f"Last-Event-ID: {event_id}")


def marks_in_a_query(n):
    # Four times as many bytes when they are encoded, and a target is short.
    name = "promp" + "%CC%81%CC%96" * (n // 4)
    return get(f"/chat/stream?{name}=1&prompt=hello")


def marks_in_a_path(n):
    return get("/health" + "%CC%81%CC%96" * (n // 4))


def messages(n):
    turns = [{"role": "user", "content": [{"type": "text", "text": "a"}] * 4}] * n
    return post("/v1/chat/completions", ask(messages=turns))


def tiny_chunks(n):
    body = json.dumps(ask()).encode() + b" " * n
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n"
    chunks += b"".join(b"t%d: x\r\n" % i for i in range(90))
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    return head + chunks + b"\r\n"


def full_fields(n):
    return get(
        "/chat/streams/x?" + "&".join(f"a{i}=b" for i in range(n // 3)),
        "Accept: " + ",".join("a/b" for _ in range(n)),
        "Cookie: " + ";".join("a=b" for _ in range(n)),
    )


def list_of_tags(n):
    return get("/index.html", "If-None-Match: " + ",".join(f'"{i}"' for i in range(n)))


def pipelined(n):
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return one * (n - 1) + get("/healthz")


REQUESTS = [
    (unknown_members, 3000),
    (marks_in_a_name, 4000),
    (marks_in_two_names, 2000),
    (marks_in_a_role, 4000),
    (marks_in_a_message, 4000),
    (escaped_marks, 4000),
    (marks_in_a_field, 3000),
    (marks_in_a_query, 2400),
    (marks_in_a_path, 2400),
    (messages, 300),
    (tiny_chunks, 4000),
    (full_fields, 1200),
    (list_of_tags, 2000),
    (pipelined, 700),
]




def expect_linear(small, large, base):
    """Twice the input is at most two and a half times the work."""
    small, large = small - base, large - base
    print(f"{small:,} instructions, and {large:,} for twice as much")
    assert large < 2.5 * small + NOISE, f"{small:,} instructions, and {large:,} for twice as much"


@pytest.mark.parametrize(
    "request_of, n", [pytest.param(*case, id=case[0].__name__) for case in REQUESTS]
)
def test_twice_as_much_from_a_client_is_twice_the_work(count, base, request_of, n):
    runs = [count(lambda port: send(port, request_of(size))) for size in (n, 2 * n)]
    expect_linear(*runs, base)


# What upstreams send.

def data(*chunks):
    return b"".join(
        b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n" for chunk in chunks
    )


def delta(**members):
    return {"choices": [{"index": 0, "delta": members}]}


def stream(*chunks):
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return data(*chunks, end) + b"data: [DONE]\n\n"


def tool_blocks(n):
    starts = [
        {"type": "content_block_start", "index": i,
         "content_block": {"type": "tool_use", "id": f"c{i}", "name": "f", "input": {}}}
        for i in range(n)
    ]
    piece = {"type": "content_block_delta", "index": 0,
             "delta": {"type": "input_json_delta", "partial_json": "1"}}
    return data(*starts, *[piece] * n, {"type": "message_stop"})


def tool_calls(n):
    calls = [
        delta(tool_calls=[{"index": i, "id": f"c{i}", "function": {"arguments": ""}}])
        for i in range(n)
    ]
    piece = delta(tool_calls=[{"index": 0, "function": {"arguments": "1"}}])
    return stream(*calls, *[piece] * n)


def members_of_one_call(n):
    return stream(
        *[delta(tool_calls=[{"index": 0, f"m{i}": 1, "function": {f"f{i}": 1}}]) for i in range(n)]
    )


def marks_in_a_call(n):
    names = {"functio" + MARKS * n + last: 0 for last in "ab"}
    return stream(delta(tool_calls=[{"index": 0} | names]))


def marks_in_a_reason(n):
    reason = {"choices": [{"index": 0, "delta": {}, "finish_reason": "sto" + MARKS * n}]}
    return data(reason) + b"data: [DONE]\n\n"


def data_lines(n):
    text = json.dumps(delta(content="hello", other=[1] * n), indent=1)
    return b"".join(b"data: %b\n" % line.encode() for line in text.split("\n")) + b"\n" + stream()


def end_marks(n):
    return stream(delta(content="[DONE]\n" * n))


def comments(n):
    return b": keep-alive\nid: 1\nevent: e\n" * n + stream()


ANSWERS = [
    ("claude", tool_blocks, 500),
    ("gpt", tool_calls, 500),
    ("gpt", members_of_one_call, 1500),
    ("gpt", marks_in_a_call, 4000),
    ("gpt", marks_in_a_reason, 4000),
    ("gpt", data_lines, 2000),
    ("gpt", end_marks, 2000),
    ("gpt", comments, 2000),
]


@pytest.mark.parametrize(
    "model, answer_of, n", [pytest.param(*case, id=case[1].__name__) for case in ANSWERS]
)
def test_twice_as_much_from_an_upstream_is_twice_the_work(
    count, base, upstream, model, answer_of, n
):
    runs = []
    for size in (n, 2 * n):
        upstream.answer = answer_of(size)
        request = post("/chat/stream", {"message": "hello", "model": model})
        runs.append(count(lambda port: send(port, request), real=True))
    expect_linear(*runs, base)
