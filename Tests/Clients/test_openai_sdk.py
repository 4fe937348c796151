"""OpenAI's own Python library against /v1."""

import asyncio
import concurrent.futures
import time

import httpx
import openai
import pytest

MESSAGES = [{"role": "user", "content": "hi"}]
HELLO = "simulator?say=Hello%2C%20w%C3%B6rld%0A%0Aand%20more&interval_ms=0"
HELLO_TEXT = "Hello, wörld\n\nand more"


@pytest.fixture
def client(relay):
    """A client that does not retry: only the relay does."""
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=20
    ) as client:
        yield client


def text_of(chunks):
    return "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices
    )


def test_a_streamed_completion_is_made_of_well_formed_chunks(client, relay):
    chunks = list(client.chat.completions.create(model=HELLO, messages=MESSAGES, stream=True))
    assert text_of(chunks) == HELLO_TEXT
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    reasons = [chunk.choices[0].finish_reason for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]
    [record] = relay.history(count=1)
    assert (record["status"], record["content"]) == ("complete", HELLO_TEXT)


def test_a_completion_that_is_not_streamed_comes_whole(client, relay):
    completion = client.chat.completions.create(model=HELLO, messages=MESSAGES)
    assert completion.object == "chat.completion"
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].message.content == HELLO_TEXT
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0
    assert relay.history(count=1)[0]["content"] == HELLO_TEXT


def test_include_usage_adds_one_last_chunk_without_choices(client):
    chunks = list(client.chat.completions.create(
        model=HELLO, messages=MESSAGES, stream=True, stream_options={"include_usage": True},
    ))
    assert text_of(chunks) == HELLO_TEXT
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None and chunk.choices for chunk in chunks[:-1])


def test_without_include_usage_every_chunk_has_a_choice(client):
    chunks = list(client.chat.completions.create(model=HELLO, messages=MESSAGES, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error_after=3", {"upstream_error"}),
        ("bad_json_after=3", {"upstream_error"}),
        ("cut_after=3", {"truncated"}),
        # A broken connection may be called either; it only must not be called success.
        ("truncate_chunk_after=3", {"truncated", "upstream_error"}),
        ("reset_after=3", {"truncated", "upstream_error"}),
    ],
)
def test_an_upstream_that_fails_in_the_middle_raises(client, relay, fault, words):
    chunks = []
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(
            model=f"simulator?{fault}&interval_ms=5", messages=MESSAGES, stream=True
        ):
            chunks.append(chunk)
    assert text_of(chunks) != ""
    [record] = relay.history(count=1)
    assert record["status"] in words
    assert record["content"] == text_of(chunks)
    assert record["error"]


LONG = "simulator?tokens=2000&interval_ms=10"


def test_a_streamed_answer_that_is_stopped_raises(client, relay):
    stream = client.chat.completions.create(model=LONG, messages=MESSAGES, stream=True)
    target = f"{relay.url}/chat/streams/{stream.response.headers['x-stream-id']}"
    chunks = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in stream:
            chunks.append(chunk)
            if len(chunks) == 5:
                assert httpx.delete(target, timeout=10).status_code == 204
    assert (caught.value.type, caught.value.code) == ("stopped", "stopped")
    assert all(choice.finish_reason is None for chunk in chunks for choice in chunk.choices)
    [record] = relay.history(count=1)
    assert (record["status"], record["content"]) == ("stopped", text_of(chunks))


def test_a_whole_answer_that_is_stopped_raises_and_is_not_asked_for_again(relay):
    key = {"Idempotency-Key": "a-question"}
    # With the retries that the library has by default.
    with openai.OpenAI(base_url=f"{relay.url}/v1", api_key="unused", timeout=20) as client, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            client.chat.completions.create, model=LONG, messages=MESSAGES, extra_headers=key
        )
        while LONG not in relay.calls():
            time.sleep(0.005)
        body = {"messages": MESSAGES, "model": LONG}
        with httpx.stream(
            "POST", f"{relay.url}/chat/stream", json=body, headers=key, timeout=20
        ) as reader:
            target = f"{relay.url}/chat/streams/{reader.headers['x-stream-id']}"
        assert httpx.delete(target, timeout=10).status_code == 204
        with pytest.raises(openai.ConflictError) as caught:
            answer.result(20)
    assert (caught.value.type, caught.value.code) == ("stopped", "stopped")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert relay.calls()[LONG]["calls"] == 1
    assert relay.history(count=1)[0]["status"] == "stopped"

def test_an_upstream_that_fails_raises_when_the_answer_is_not_streamed_too(client, relay):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model="simulator?cut_after=3&interval_ms=0", messages=MESSAGES
        )
    assert caught.value.status_code >= 500
    assert relay.history(count=1)[0]["status"] == "truncated"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_a_refusal_of_the_upstream_keeps_its_status(client, status, error, streamed):
    with pytest.raises(error) as caught:
        client.chat.completions.create(
            model=f"simulator?status={status}", messages=MESSAGES, stream=streamed
        )
    assert caught.value.status_code == status
    # The relay has retried for the client: the client's own retries would multiply them.
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_a_failure_that_passes_is_retried_by_the_relay(client, relay):
    chunks = list(client.chat.completions.create(
        model="simulator?status=503&times=1&say=fine&interval_ms=0", messages=MESSAGES, stream=True,
    ))
    assert text_of(chunks) == "fine"
    assert relay.history(count=1)[0]["status"] == "complete"


def test_an_upstream_that_is_not_there_is_a_gateway_error(start_relay, unused_port):
    relay = start_relay(
        OPENAI_API_KEY="sk-never-to-be-logged", OPENAI_BASE_URL=f"http://127.0.0.1:{unused_port}/v1"
    )
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=20
    ) as client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="any", messages=MESSAGES, stream=True)
    assert caught.value.status_code in (502, 503, 504)
    assert relay.history(count=1)[0]["status"] == "upstream_error"
    assert "sk-never-to-be-logged" not in relay.log()


def test_a_bad_request_has_the_shape_the_library_reads(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=HELLO, messages=[{"role": "wizard", "content": "x"}], stream=True
        )
    assert "messages[0].role" in caught.value.body["message"]


def test_keep_alives_in_a_long_silence_do_not_disturb_the_library(start_relay):
    relay = start_relay(RELAY_KEEPALIVE_S=1)
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=20
    ) as client:
        chunks = list(client.chat.completions.create(
            model="simulator?say=late%20but%20whole&pause_after=1&pause_ms=2500&interval_ms=0",
            messages=MESSAGES, stream=True,
        ))
    assert text_of(chunks) == "late but whole"


def test_the_asynchronous_client_reads_many_streams_at_once(relay):
    async def read(client, number):
        stream = await client.chat.completions.create(
            model=f"simulator?say=answer%20{number}%20for%20you&interval_ms=20",
            messages=MESSAGES, stream=True,
        )
        return text_of([chunk async for chunk in stream])

    async def read_all():
        async with openai.AsyncOpenAI(
            base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=20
        ) as client:
            return await asyncio.gather(*(read(client, number) for number in range(16)))

    expected = [f"answer {number} for you" for number in range(16)]
    assert asyncio.run(read_all()) == expected
    assert sorted(record["content"] for record in relay.history(count=16)) == sorted(expected)


def test_models_can_be_listed(client):
    models = list(client.models.list())
    assert models
    assert all(model.id and model.object == "model" for model in models)
