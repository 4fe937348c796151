"""Real curl, used as people use it."""

import json
import re
import subprocess
import time

import pytest

import frames

HELLO = "model=simulator%3Fsay%3DHello%2C%2520w%25C3%25B6rld%26interval_ms%3D0"
HELLO_TEXT = "Hello, wörld"


def hello(**members):
    """A request body whose answer is HELLO_TEXT."""
    model = "simulator?say=Hello%2C%20w%C3%B6rld&interval_ms=0"
    return json.dumps({"model": model} | members)


def curl(*arguments, timeout=60, **options):
    """Runs `curl -N` to its end; if it fails, the test fails."""
    done = subprocess.run(
        ["curl", "-sS", "-N", "--max-time", str(timeout), *arguments],
        capture_output=True, timeout=timeout + 5, **options,
    )
    assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr.decode()}"
    return done


def stream(*arguments, **options):
    return curl(*arguments, **options).stdout.decode()


def test_the_line_of_the_readme_streams_tokens_then_done(relay):
    events = frames.parse(stream(f"{relay.url}/chat/stream", "-d", '{"message":"hello"}'))
    assert frames.names(events) == ["start", "token", "finish", "done"]
    assert events[-1].data == "[DONE]"
    assert json.loads(events[-2].data)["status"] == "complete"
    text = frames.text_of(events, "token")
    assert len(text) > 100
    [record] = relay.history(count=1)
    assert record["content"] == text
    assert record["status"] == "complete"
    assert [message["content"] for message in record["messages"]] == ["hello"]


def test_a_prompt_in_the_query_streams_the_same_way(relay):
    events = frames.parse(stream(f"{relay.url}/chat/stream?prompt=hello&{HELLO}"))
    assert frames.names(events) == ["start", "token", "finish", "done"]
    assert frames.text_of(events, "token") == HELLO_TEXT
    assert relay.history(count=1)[0]["content"] == HELLO_TEXT


def test_both_answers_are_whole_lines_of_the_history(relay):
    stream(f"{relay.url}/chat/stream", "-d", hello(message="one"))
    stream(f"{relay.url}/chat/stream?prompt=two&{HELLO}")
    records = relay.history(count=2)
    assert [record["messages"][-1]["content"] for record in records] == ["one", "two"]
    assert [record["content"] for record in records] == [HELLO_TEXT, HELLO_TEXT]
    assert len({record["id"] for record in records}) == 2
    for record in records:
        assert record["timing"]["total_ms"] >= record["timing"]["ttft_ms"] >= 0
        assert record["timing"]["tokens"] > 0
        assert record["finish_reason"] == "stop"
        assert record["error"] is None


def test_tokens_arrive_one_by_one_and_not_at_the_end(relay):
    body = json.dumps({"message": "hi", "model": "simulator?tokens=60&interval_ms=50"})
    command = ["curl", "-sS", "-N", "--max-time", "60", f"{relay.url}/chat/stream", "-d", body]
    arrivals = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if line.startswith(b"event: token"):
                arrivals.append(time.monotonic())
    assert len(arrivals) == 60
    # Sixty tokens 50 ms apart take 2.95 s; tokens that are held back would come all at once.
    assert arrivals[-1] - arrivals[0] > 1
    assert arrivals[30] - arrivals[0] > 0.3


def test_a_stream_says_what_it_is_in_its_headers(relay):
    done = curl("-D", "-", "-o", "/dev/null", f"{relay.url}/chat/stream", "-d", hello(message="x"))
    status, *lines = done.stdout.decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (l.partition(":") for l in lines)}
    assert status.startswith("HTTP/1.1 200")
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-stream-id"] == relay.history(count=1)[0]["id"]
    assert "content-length" not in headers
    assert "content-encoding" not in headers
    assert headers["date"].endswith("GMT")


def test_stream_chat_writes_bare_data_and_done(relay):
    events = frames.parse(stream(f"{relay.url}/stream-chat", "-d", hello(message="hi")))
    assert {event.name for event in events} == {"message"}
    assert events[-1].data == "[DONE]"
    assert "".join(event.data for event in events[:-1]) == HELLO_TEXT


def test_chat_completions_writes_content_objects_and_done(relay):
    messages = [{"role": "user", "content": "hi"}]
    events = frames.parse(stream(f"{relay.url}/chat/completions", "-d", hello(messages=messages)))
    assert {event.name for event in events} == {"message"}
    assert events[-1].data == "[DONE]"
    pieces = [json.loads(event.data) for event in events[:-1]]
    assert "".join(piece["content"] for piece in pieces) == HELLO_TEXT


@pytest.mark.parametrize("finder", ["cookie", "stream id"])
def test_two_steps_post_the_message_then_get_the_stream(relay, tmp_path, finder):
    jar = str(tmp_path / "cookies")
    posted = stream(
        f"{relay.url}/api/streaming", "-d", hello(message="hi"), "-c", jar, "-D", "-"
    )
    head, _, _ = posted.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 202")
    identity = re.search(r"(?im)^x-stream-id: *(\S+)", head)[1]
    if finder == "cookie":
        answer = stream(f"{relay.url}/api/streaming", "-b", jar)
    else:
        answer = stream(f"{relay.url}/api/streaming?stream={identity}")
    events = frames.parse(answer)
    assert frames.names(events) == ["newToken", "end"]
    assert frames.text_of(events, "newToken") == HELLO_TEXT
    assert relay.history(count=1)[0]["id"] == identity


@pytest.mark.parametrize("dialect", ["events", "text", "tokens", "content", "openai"])
def test_format_chooses_any_dialect_on_any_route(relay, dialect):
    answers = []
    for route in ("chat/stream", "stream-chat", "chat/completions", "v1/chat/completions"):
        body = hello(messages=[{"role": "user", "content": "hi"}], stream=True) if (
            route.startswith("v1")
        ) else hello(message="hi")
        events = frames.parse(stream(f"{relay.url}/{route}?format={dialect}", "-d", body))
        assert events[-1].data == "[DONE]"
        answers.append(frames.names(events))
    expected = {
        "events": ["start", "token", "finish", "done"],
        "tokens": ["newToken", "end"],
    }.get(dialect, ["message"])
    assert answers == [expected] * 4


def test_one_connection_serves_several_streams(relay):
    done = curl(
        "-d", hello(message="hi"), "-w", "\n%{num_connects} connection\n",
        f"{relay.url}/chat/stream", f"{relay.url}/stream-chat", f"{relay.url}/chat/completions",
    )
    counts = re.findall(r"(?m)^(\d+) connection$", done.stdout.decode())
    assert counts == ["1", "0", "0"]
    relay.history(count=3)


def test_http_1_0_gets_an_unchunked_stream_that_ends_with_the_connection(relay):
    answer = stream("--http1.0", "-i", f"{relay.url}/chat/stream", "-d", hello(message="hi"))
    head, _, body = answer.partition("\r\n\r\n")
    assert " 200 " in head.splitlines()[0] + " "
    assert "transfer-encoding" not in head.lower()
    events = frames.parse(body)
    assert frames.text_of(events, "token") == HELLO_TEXT
    assert events[-1].data == "[DONE]"


def test_head_of_the_page_has_its_length_and_no_body(relay):
    head = stream("-I", f"{relay.url}/").lower()
    page = curl(f"{relay.url}/").stdout
    assert head.startswith("http/1.1 200")
    assert re.search(r"(?m)^content-type: text/html", head)
    assert re.search(r"(?m)^content-length: (\d+)", head)[1] == str(len(page))
    assert b"<html" in page.lower()


def test_a_big_body_is_asked_for_before_it_is_sent(relay, tmp_path):
    body = tmp_path / "body.json"
    body.write_text(hello(message="x" * 3_000_000))
    done = curl(
        "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "15", "-d", f"@{body}",
        f"{relay.url}/chat/stream",
    )
    assert b"< HTTP/1.1 100 Continue" in done.stderr
    events = frames.parse(done.stdout.decode())
    assert frames.text_of(events, "token") == HELLO_TEXT
    [record] = relay.history(count=1)
    assert len(record["messages"][-1]["content"]) == 3_000_000


def test_a_body_over_the_limit_is_refused_before_it_is_sent(relay, tmp_path):
    body = tmp_path / "body.json"
    body.write_text(hello(message="x" * (9 << 20)))
    done = curl(
        "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "15", "-d", f"@{body}",
        f"{relay.url}/chat/stream",
    )
    assert b"< HTTP/1.1 413" in done.stderr
    assert b"100 Continue" not in done.stderr
    assert json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize(
    "content_type",
    ["Content-Type:", "Content-Type: text/plain", "Content-Type: application/json; charset=utf-8"],
    ids=["none", "text", "json"],
)
def test_json_is_read_whatever_the_content_type_says(relay, content_type):
    # Plain `-d`, which says application/x-www-form-urlencoded, is what all other tests send.
    answer = stream(
        "-H", content_type, "--data", hello(message="hi"), f"{relay.url}/chat/stream"
    )
    assert frames.text_of(frames.parse(answer), "token") == HELLO_TEXT


def test_a_chunked_request_body_is_read(relay):
    answer = stream(
        "-H", "Transfer-Encoding: chunked", "--data-binary", "@-", f"{relay.url}/chat/stream",
        input=hello(message="hi").encode(),
    )
    assert frames.text_of(frames.parse(answer), "token") == HELLO_TEXT


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{", "JSON"),
        ("{}", "message"),
        ('{"message":5}', "message"),
        ('{"messages":[{"role":"wizard","content":"x"}]}', "wizard"),
        ('{"message":"x","temperature":"hot"}', "temperature"),
        ('{"message":"x","colour":"red"}', "colour"),
    ],
)
def test_bad_input_is_400_and_the_message_names_what_is_wrong(relay, body, named):
    answer = stream("-w", "\n%{http_code}", f"{relay.url}/chat/stream", "-d", body)
    text, _, status = answer.rpartition("\n")
    assert status == "400"
    error = json.loads(text)["error"]
    assert named in error["message"]
    assert error["type"]
    assert "code" in error
    assert relay.history() == []


@pytest.mark.parametrize("header", ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"])
def test_a_page_of_a_foreign_origin_cannot_spend_the_key(relay, header):
    arguments = ["-o", "/dev/null", "-w", "%{http_code}", "-H", header]
    assert stream(*arguments, f"{relay.url}/chat/stream", "-d", hello(message="hi")) == "403"
    assert stream(*arguments, f"{relay.url}/chat/stream?prompt=hi&{HELLO}") == "403"
    assert relay.history() == []


def test_a_listed_origin_may(start_relay):
    relay = start_relay(RELAY_CORS_ORIGINS="https://friend.example")
    answer = stream(
        "-i", "-H", "Origin: https://friend.example", f"{relay.url}/chat/stream",
        "-d", hello(message="hi"),
    )
    head, _, body = answer.partition("\r\n\r\n")
    assert "access-control-allow-origin: https://friend.example" in head.lower()
    assert frames.text_of(frames.parse(body), "token") == HELLO_TEXT


def test_an_upstream_that_is_cut_never_looks_like_success(relay):
    body = json.dumps({"message": "hi", "model": "simulator?cut_after=3&interval_ms=0"})
    events = frames.parse(stream(f"{relay.url}/chat/stream", "-d", body))
    assert frames.names(events) == ["start", "token", "error"]
    assert json.loads(events[-1].data)["status"] == "truncated"
    [record] = relay.history(count=1)
    assert record["status"] == "truncated"
    assert record["content"] == frames.text_of(events, "token") != ""


def test_a_reader_that_leaves_still_gives_a_record_of_what_there_was(relay):
    body = json.dumps({
        "message": "hi", "model": "simulator?tokens=1000&interval_ms=20", "on_disconnect": "cancel",
    })
    command = ["curl", "-sS", "-N", "--max-time", "20", f"{relay.url}/chat/stream", "-d", body]
    read = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            read.append(line.decode())
            if sum(part.startswith("event: token") for part in read) == 6:
                break
        process.kill()
    seen = frames.text_of(frames.parse("".join(read)), "token")
    [record] = relay.history(count=1)
    assert record["status"] == "abandoned"
    assert seen and record["content"].startswith(seen)
