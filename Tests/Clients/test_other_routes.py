"""What OpenAI's clients ask beside chats: models, embeddings and the older completions."""

import contextlib
import http.server
import json
import threading
import time

import httpx
import openai
import pytest
from langchain_openai import OpenAIEmbeddings

FAST = "simulator?say=one%20two%20three&interval_ms=0"
WHOLE = "one two three"


@pytest.fixture
def client(relay):
    """A client that does not retry: only the relay does."""
    with openai_client(relay) as client:
        yield client


def openai_client(relay, path="/v1"):
    return openai.OpenAI(
        base_url=f"{relay.url}{path}", api_key="unused", max_retries=0, timeout=60
    )


class Upstream:
    """A server of models that answers `GET /v1/models` as a test says."""

    def __init__(self, models):
        self.models = models
        self.status = 200
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                upstream.asked += 1
                upstream.may_answer.wait(60)
                body = json.dumps({
                    "object": "list",
                    "data": [{"id": name, "object": "model", "created": 7} for name in upstream.models],
                }).encode()
                with contextlib.suppress(OSError):
                    self.send_response(upstream.status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def upstream():
    upstream = Upstream(["org/large", "small"])
    yield upstream
    upstream.close()


def test_the_models_are_those_of_the_upstream(start_relay, upstream):
    relay = start_relay(OPENAI_BASE_URL=upstream.url)
    with openai_client(relay) as client:
        # The vendor's default is not there, since the server does not have it.
        assert [model.id for model in client.models.list()] == ["org/large", "small"]
        model = client.models.retrieve("org/large")
        assert (model.id, model.object, model.created) == ("org/large", "model", 7)
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve("nobody/has-it")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert upstream.asked == 1


def test_a_model_that_is_named_is_first(start_relay, upstream):
    relay = start_relay(OPENAI_BASE_URL=upstream.url, RELAY_MODEL="small")
    with openai_client(relay) as client:
        assert [model.id for model in client.models.list()] == ["small", "org/large"]


def test_an_upstream_that_lists_nothing_delays_no_start_and_no_answer_for_long(
    start_relay, upstream
):
    upstream.may_answer.clear()
    relay = start_relay(OPENAI_BASE_URL=upstream.url)
    with openai_client(relay) as client:
        begun = time.monotonic()
        assert [model.id for model in client.models.list()] == ["gpt-4o-mini"]
        assert time.monotonic() - begun < 20
        assert httpx.get(f"{relay.url}/healthz", timeout=60).status_code == 200
        upstream.may_answer.set()
        deadline = time.monotonic() + 60
        while [model.id for model in client.models.list()] != ["org/large", "small"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_upstream_without_a_list_leaves_what_is_configured(start_relay, upstream):
    upstream.status = 404
    relay = start_relay(OPENAI_BASE_URL=upstream.url)
    with openai_client(relay) as client:
        for _ in range(3):
            assert [model.id for model in client.models.list()] == ["gpt-4o-mini"]
    assert upstream.asked == 1
    assert "answered 404" in relay.log()


@pytest.mark.parametrize("encoding", ["float", "base64", openai.NOT_GIVEN])
def test_embeddings_come_back_as_vectors(client, encoding):
    answer = client.embeddings.create(
        model="simulator", input=["one", "two words"], encoding_format=encoding, dimensions=5
    )
    assert [item.index for item in answer.data] == [0, 1]
    assert answer.usage.total_tokens > 0
    vectors = [item.embedding for item in answer.data]
    if encoding != "base64":
        assert [len(vector) for vector in vectors] == [5, 5]
        assert vectors[0] != vectors[1]
        assert sum(number * number for number in vectors[0]) == pytest.approx(1, abs=1e-5)
    again = client.embeddings.create(
        model="simulator", input="one", encoding_format=encoding, dimensions=5
    )
    assert again.data[0].embedding == vectors[0]


def test_langchain_embeds_documents(relay):
    embeddings = OpenAIEmbeddings(
        model="simulator", base_url=f"{relay.url}/v1", api_key="unused", max_retries=0,
        check_embedding_ctx_length=False,
    )
    one, two = embeddings.embed_documents(["one", "two"])
    assert len(one) == len(two) == 16
    assert embeddings.embed_query("one") == pytest.approx(one)


def test_an_older_completion_comes_whole(client, relay):
    answer = client.completions.create(model=FAST, prompt="go on")
    assert (answer.object, answer.choices[0].text) == ("text_completion", WHOLE)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == 3
    # The relay does not read it, so nothing of it is kept.
    assert relay.history() == []


def test_an_older_completion_streams(client):
    chunks = list(client.completions.create(
        model=FAST, prompt="go on", stream=True, stream_options={"include_usage": True}
    ))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == WHOLE
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert chunks[-1].usage.completion_tokens == 3


def test_pieces_come_as_they_are_made_and_a_client_that_leaves_ends_them(client, relay):
    model = "simulator?tokens=100000&interval_ms=10"
    stream = client.completions.create(model=model, prompt="go on", stream=True)
    for _, _ in zip(range(5), stream):
        pass
    assert relay.calls()[model]["closed_early"] == 0
    stream.close()
    deadline = time.monotonic() + 60
    while relay.calls()[model]["closed_early"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/v1", ""], ids=["v1", "slash", "twice", "none"])
def test_the_base_url_may_be_written_in_several_ways(relay, path):
    with openai_client(relay, path) as client:
        assert client.embeddings.create(model="simulator", input="one").data
        assert client.completions.create(model=FAST, prompt="go on").choices[0].text == WHOLE
        assert client.models.list().data
        assert client.models.retrieve("simulator").id == "simulator"


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
def test_a_refusal_of_the_upstream_keeps_its_status(client, status, error):
    model = f"simulator?status={status}"
    with pytest.raises(error):
        client.embeddings.create(model=model, input="one")
    for stream in [False, True]:
        with pytest.raises(error) as caught:
            client.completions.create(model=model, prompt="go on", stream=stream)
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_claude_models_have_no_embeddings(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model="claude-x", input="one")
    assert "Anthropic's protocol" in caught.value.body["message"]


def test_an_upstream_that_is_not_there_is_a_gateway_error(start_relay, unused_port):
    relay = start_relay(
        OPENAI_API_KEY="sk-never-to-be-logged", OPENAI_BASE_URL=f"http://127.0.0.1:{unused_port}/v1"
    )
    with openai_client(relay) as client, pytest.raises(openai.InternalServerError) as caught:
        client.embeddings.create(model="any", input="one")
    assert caught.value.status_code == 502
    assert f"POST http://127.0.0.1:{unused_port}/v1/embeddings" in caught.value.body["message"]
    assert "sk-never-to-be-logged" not in relay.log()
