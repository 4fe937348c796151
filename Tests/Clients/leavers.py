"""How each client begins to read a streamed answer, and leaves in the middle of it.

Each takes the base URL and the model, reads a few pieces and returns the time at which it left.
"""

import asyncio
import json
import os
import subprocess
import sys
import time

import httpx
import pydantic

QUESTION = [{"role": "user", "content": "hi"}]
PIECES = 3


class City(pydantic.BaseModel):
    """A city."""

    name: str
    people: int


def _few(stream):
    for _, _piece in zip(range(PIECES), stream):
        pass


async def _few_of(stream):
    pieces = 0
    async for _piece in stream:
        pieces += 1
        if pieces == PIECES:
            return


def _openai(base, **more):
    import openai

    return openai.OpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30, **more)


def with_openai(base, model):
    with _openai(base) as client:
        stream = client.chat.completions.create(model=model, messages=QUESTION, stream=True)
        _few(stream)
        left = time.time()
        stream.close()
        return left


def with_langchain(base, model):
    from langchain_openai import ChatOpenAI

    chat = ChatOpenAI(model=model, base_url=base, api_key="unused", max_retries=0, timeout=30)
    stream = chat.stream("hi")
    _few(stream)
    left = time.time()
    stream.close()
    return left


def with_litellm(base, model):
    import litellm

    stream = litellm.completion(
        model=f"openai/{model}", api_base=base, api_key="unused", num_retries=0, max_retries=0,
        timeout=30, messages=QUESTION, stream=True,
    )
    _few(stream)
    left = time.time()
    stream.completion_stream.close()
    return left


def with_pydantic_ai(base, model):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def ask():
        provider = OpenAIProvider(base_url=base, api_key="unused")
        agent = Agent(OpenAIChatModel(model, provider=provider))
        async with agent.run_stream("hi") as result:
            await _few_of(result.stream_text(delta=True, debounce_by=None))
            raise asyncio.CancelledError(time.time())

    return _cancelled(ask())


def with_agents(base, model):
    import agents
    import openai

    async def ask():
        client = openai.AsyncOpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30)
        chat = agents.OpenAIChatCompletionsModel(model=model, openai_client=client)
        result = agents.Runner.run_streamed(agents.Agent(name="tester", model=chat), "hi")
        await _few_of(result.stream_events())
        left = time.time()
        result.cancel()
        async for _event in result.stream_events():
            pass
        return left

    return asyncio.run(ask())


def with_instructor(base, model):
    """It collects the pieces by itself, so its task is cancelled once the stream has begun."""
    import instructor
    import openai

    async def ask():
        begun = asyncio.Event()

        async def on_response(_response):
            begun.set()

        http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [on_response]})
        client = instructor.from_openai(
            openai.AsyncOpenAI(base_url=base, api_key="unused", max_retries=0, http_client=http),
            mode=instructor.Mode.JSON,
        )

        async def read():
            pieces = client.chat.completions.create_partial(
                model=model, response_model=City, messages=QUESTION, max_retries=0
            )
            async for _piece in pieces:
                pass

        reading = asyncio.create_task(read())
        await asyncio.wait([asyncio.create_task(begun.wait()), reading], timeout=30,
                           return_when=asyncio.FIRST_COMPLETED)
        assert begun.is_set() and not reading.done(), reading
        left = time.time()
        reading.cancel()
        await asyncio.wait([reading])
        # Otherwise the connection would stay until a collection of garbage.
        await http.aclose()
        return left

    return asyncio.run(ask())


def with_llm(base, model, folder):
    """The command, which is ended."""
    (folder / "extra-openai-models.yaml").write_text(json.dumps([{
        "model_id": "relay", "model_name": model, "api_base": base, "api_key_name": "unused",
    }]))
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "llm", "-m", "relay", "--key", "unused", "hi"],
        env=os.environ | {"LLM_USER_PATH": str(folder)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:
        process.stdout.read(1)
        left = time.time()
        process.terminate()
        process.wait(30)
        return left


def with_httpx_sse(base, model):
    import httpx_sse

    body = {"model": model, "messages": QUESTION, "stream": True}
    url = f"{base}/chat/completions"
    with httpx.Client(timeout=30) as client, \
            httpx_sse.connect_sse(client, "POST", url, json=body) as source:
        _few(source.iter_sse())
        left = time.time()
        source.response.close()
        return left


def with_requests(base, model):
    import requests

    body = {"model": model, "messages": QUESTION, "stream": True}
    with requests.post(
        f"{base}/chat/completions", json=body, stream=True, timeout=30
    ) as response:
        _few(response.iter_lines(chunk_size=1))
        left = time.time()
        response.close()
        return left


def _cancelled(asked):
    """Runs what cancels itself, as the task of a web server does whose client left."""
    async def run():
        task = asyncio.ensure_future(asked)
        try:
            await task
        except asyncio.CancelledError as cancelled:
            return cancelled.args[0]

    return asyncio.run(run())


CLIENTS = {
    "openai": with_openai,
    "langchain-openai": with_langchain,
    "litellm": with_litellm,
    "pydantic-ai": with_pydantic_ai,
    "openai-agents": with_agents,
    "instructor": with_instructor,
    "llm": with_llm,
    "httpx-sse": with_httpx_sse,
    "requests": with_requests,
}
