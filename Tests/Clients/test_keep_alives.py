"""Keep-alive comments at every place of a stream, against each client: it reads the same answer as
without them. The frames are the daemon's own, and a replay serves them with comments between.
"""

import asyncio
import contextlib
import http.server
import json
import os
import threading

import httpx
import pytest

import asked
import frames

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

# As the relay writes it, with a single line end: no event of its own.
COMMENT = b": keep-alive\n"
QUESTION = [{"role": "user", "content": "hi"}]
TEXT = "interval_ms=0&say=Hello%20there%2C%0A%0Areader&reasoning=2"
CALL = "interval_ms=0&calls=1"
TOOLS = [{"type": "function", "function": asked.TOOL}]


def with_comments(stream, place):
    """The stream with a comment before the frame at `place`, before each one, or nowhere."""
    parts = stream.split(b"\n\n")
    assert parts[-1] == b"" and len(parts) > 4
    return b"\n\n".join(
        (COMMENT if place in ("all", str(number)) else b"") + part
        for number, part in enumerate(parts)
    )


class Replay(http.server.BaseHTTPRequestHandler):
    """Answers each POST with its server's `stream`; the asked model says where comments are."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = with_comments(self.server.stream, body["model"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def replayed(stream):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Replay) as server:
        server.daemon_threads = True
        server.stream = stream
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def read_openai(base, place):
    return asked.of_openai(base, place, True)


def read_langchain(base, place):
    from langchain_openai import ChatOpenAI

    chat = ChatOpenAI(model=place, base_url=base, api_key="unused", max_retries=0, timeout=30)
    whole = None
    for piece in chat.stream("hi"):
        whole = piece if whole is None else whole + piece
    calls = [(call["name"], call["args"]) for call in whole.tool_calls]
    return whole.content, calls, whole.usage_metadata, whole.response_metadata["finish_reason"]


def read_litellm(base, place):
    import litellm

    chunks = list(litellm.completion(
        model=f"openai/{place}", api_base=base, api_key="unused", num_retries=0, max_retries=0,
        timeout=30, messages=QUESTION, stream=True,
    ))
    [choice] = litellm.stream_chunk_builder(chunks).choices
    calls = [(call.function.name, call.function.arguments)
             for call in choice.message.tool_calls or []]
    reasoning = getattr(choice.message, "reasoning_content", None)
    return choice.message.content, reasoning, calls, choice.finish_reason


def read_pydantic_ai(base, place):
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import ModelRequest
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def ask():
        model = OpenAIChatModel(place, provider=OpenAIProvider(base_url=base, api_key="unused"))
        async with model_request_stream(model, [ModelRequest.user_text_prompt("hi")]) as stream:
            async for _event in stream:
                pass
            answer = stream.get()
        members = ("part_kind", "content", "tool_name", "args")
        parts = [[getattr(part, name, None) for name in members] for part in answer.parts]
        return parts, answer.usage, answer.finish_reason

    return asyncio.run(ask())


def read_agents(base, place):
    import agents
    import openai

    async def ask():
        client = openai.AsyncOpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30)
        chat = agents.OpenAIChatCompletionsModel(model=place, openai_client=client)
        # Without a tool to run, an agent reads the call and says that it knows no such tool.
        result = agents.Runner.run_streamed(agents.Agent(name="tester", model=chat), "hi")
        try:
            kinds = [event.type async for event in result.stream_events()]
        except agents.exceptions.ModelBehaviorError as error:
            return str(error)
        return result.final_output, kinds

    return asyncio.run(ask())


def read_llm(base, place):
    from llm.default_plugins.openai_models import Chat

    model = Chat("relay", model_name=place, api_base=base, key="unused")
    return model.prompt("hi", stream=True, key="unused").text()


def read_httpx_sse(base, place):
    import httpx_sse

    with httpx.Client(timeout=30) as client, \
            httpx_sse.connect_sse(client, "POST", base, json={"model": place}) as source:
        return [(event.event, event.data, event.id, event.retry) for event in source.iter_sse()]


def read_requests(base, place):
    import requests

    with requests.post(base, json={"model": place}, stream=True, timeout=30) as response:
        return [line for line in response.iter_lines() if line.startswith(b"data:")]


LIBRARIES = {
    "openai": read_openai,
    "langchain-openai": read_langchain,
    "litellm": read_litellm,
    "pydantic-ai": read_pydantic_ai,
    "openai-agents": read_agents,
    "llm": read_llm,
    "httpx-sse": read_httpx_sse,
    "requests": read_requests,
}


def recorded(relay, path, body):
    answer = httpx.post(f"{relay.url}{path}", json=body, timeout=60)
    assert answer.status_code == 200 and b": " not in answer.content[:2]
    return answer.content


def check_every_place(stream, read):
    """Reads the stream without comments, with one at each place, and with all of them."""
    with replayed(stream) as base:
        plain = read(base, "none")
        assert plain
        for place in [*map(str, range(stream.count(b"\n\n") + 1)), "all"]:
            assert read(base, place) == plain, f"with a comment before frame {place}"
        return plain


PAIRS = [
    (client, options) for client in LIBRARIES for options in (TEXT, CALL)
    # Of an answer that is a call alone it shows nothing.
    if (client, options) != ("llm", CALL)
]


@pytest.mark.parametrize(("client", "options"), PAIRS)
def test_a_library_reads_the_same_with_comments(relay, client, options):
    body = {"model": f"simulator?{options}", "messages": QUESTION, "stream": True,
            "stream_options": {"include_usage": True}}
    if options == CALL:
        body["tools"] = TOOLS
    stream = recorded(relay, "/v1/chat/completions", body)
    plain = check_every_place(stream, LIBRARIES[client])
    assert ("weather" if options == CALL else "Hello") in str(plain)


@pytest.mark.parametrize("dialect", ["events", "text", "tokens"])
def test_httpx_sse_reads_the_same_events_with_comments(relay, dialect):
    body = {"model": f"simulator?{TEXT}", "message": "hi"}
    stream = recorded(relay, f"/chat/stream?format={dialect}", body)
    plain = check_every_place(stream, read_httpx_sse)
    # Nor do comments move the id from which a client would come back.
    assert [(name, data, id) for name, data, id, _ in plain] == [
        (event.name, event.data, event.id) for event in frames.parse(stream.decode())
    ]
