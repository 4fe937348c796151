"""httpx-sse, an event stream reader by other people, against /chat/stream."""

import json
import urllib.parse

import httpx
import httpx_sse
import pytest

import frames


@pytest.fixture
def client(relay):
    with httpx.Client(base_url=relay.url, timeout=60) as client:
        yield client


def model(say):
    return f"simulator?say={urllib.parse.quote(say)}&interval_ms=0"


def read(client, method, **options):
    with httpx_sse.connect_sse(client, method, "/chat/stream", **options) as source:
        source.response.raise_for_status()
        return source.response, list(source.iter_sse())


def text_of(events):
    return "".join(event.data for event in events if event.event == "token")


def test_an_event_stream_has_start_tokens_finish_and_done(client, relay):
    body = {"message": "hi", "model": model("Hello there, reader")}
    response, events = read(client, "POST", json=body)
    assert [event.event for event in events][0] == "start"
    assert [event.event for event in events][-2:] == ["finish", "done"]
    assert {event.event for event in events[1:-2]} == {"token"}
    assert text_of(events) == "Hello there, reader"
    assert events[-1].data == "[DONE]"
    start = json.loads(events[0].data)
    assert start["id"] == response.headers["x-stream-id"] == relay.history(count=1)[0]["id"]


@pytest.mark.parametrize(
    "say",
    [
        "one\ntwo",
        "\n\nafter two empty lines",
        "ends with a line end\n",
        "  two blanks before, one after ",
        "data: looks like a field\nevent: so does this\n: and a comment\nid: 7",
        "[DONE]",
        "[DONE] is not the end",
        "Ωμέγα 😀 e\u0301 \u2028 \u0085 end",
        '{"looks":"like JSON"}\n',
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whatever_the_model_says_arrives_as_it_was_said(client, relay, say, method):
    if method == "POST":
        _, events = read(client, "POST", json={"message": "hi", "model": model(say)})
    else:
        _, events = read(client, "GET", params={"prompt": "hi", "model": model(say)})
    assert text_of(events) == say
    assert relay.history(count=1)[0]["content"] == say


@pytest.mark.parametrize(
    "fault",
    ["crlf=1", "cr=1", "comments=1", "chunk_bytes=1", "batch=100", "split_utf8=1", "http=close"],
)
@pytest.mark.parametrize("vendor", ["simulator", "claude-simulator"])
def test_the_upstream_may_write_its_stream_as_it_likes(client, vendor, fault):
    say = "Zwölf Boxkämpfer 😀\njagen Viktor"
    chosen = f"{vendor}?say={urllib.parse.quote(say)}&interval_ms=0&{fault}"
    _, events = read(client, "POST", json={"message": "hi", "model": chosen})
    assert text_of(events) == say
    assert events[-1].event == "done"


def test_ids_name_the_generation_and_rise(client):
    response, events = read(client, "POST", json={"message": "hi", "model": model("a b c d e")})
    generations, numbers = zip(*(event.id.rsplit(".", 1) for event in events))
    assert set(generations) == {response.headers["x-stream-id"]}
    numbers = [int(number) for number in numbers]
    assert numbers[0] == 0
    assert numbers == sorted(numbers)
    tokens = [number for number, event in zip(numbers, events) if event.event == "token"]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("sent_as", ["header", "last_event_id", "lastEventId"])
def test_a_request_that_names_a_last_event_never_starts_a_generation(client, relay, sent_as):
    params = {"prompt": "hi", "model": model("only once")}
    _, events = read(client, "GET", params=params)
    headers = {}
    if sent_as == "header":
        headers["Last-Event-ID"] = events[-1].id
    else:
        params[sent_as] = events[-1].id
    # 204 is what makes an EventSource stop; any stream would make it ask again.
    again = client.get("/chat/stream", params=params, headers=headers)
    assert (again.status_code, again.content) == (204, b"")
    assert len(relay.history(count=1)) == 1


def test_the_reconnection_time_is_told_in_a_block_that_has_data(client):
    response = client.post("/chat/stream", json={"message": "hi", "model": model("x")})
    blocks = [block for block in response.text.split("\n\n") if block.strip()]
    assert all("\ndata:" in f"\n{block}" for block in blocks)
    assert frames.parse(response.text)[-1].data == "[DONE]"


def test_an_error_is_an_event_of_its_own_and_nothing_follows(client):
    body = {"message": "hi", "model": "simulator?error_after=2&interval_ms=0"}
    _, events = read(client, "POST", json=body)
    assert events[-1].event == "error"
    assert "done" not in [event.event for event in events]
    failure = json.loads(events[-1].data)
    assert failure["error"]["message"]
    assert failure["status"] == "upstream_error"
