"""The simulator's frames, read by the vendors' own libraries and checked by their own models: a
mistake of ours must not agree with another mistake of ours.
"""

import re

import anthropic
import httpx
import openai
import openai.types.chat as chat
import pytest

from conftest import SIMULATOR

BESIDE = ["citations", "redacted", "cost"]
OPENAI_ONLY = ["image", "audio", "logprobs", "fingerprint"]
TOOL = {"name": "weather", "description": "w", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
}}


@pytest.fixture
def simulator(relay):
    return SIMULATOR.search(relay.log())[1]


def events(response):
    for block in response.text.split("\n\n"):
        data = re.search(r"^data: (.*)", block, re.M)
        if data and data[1] != "[DONE]":
            yield data[1]


@pytest.mark.parametrize("beside", ["", *BESIDE, *OPENAI_ONLY])
@pytest.mark.parametrize("calls", [0, 2])
def test_openai_chunks_and_answers_are_valid(simulator, beside, calls):
    options = f"interval_ms=0&tokens=3&reasoning=2&calls={calls}" + (
        f"&with={beside}" if beside else "")
    body = {
        "model": f"simulator?{options}", "stream": True, "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": TOOL}],
    }
    url = f"{simulator}/v1/chat/completions"
    streamed = list(events(httpx.post(url, json=body)))
    for data in streamed:
        chat.ChatCompletionChunk.model_validate_json(data, strict=True)
    assert len(streamed) > 5
    whole = httpx.post(url, json=body | {"stream": False, "stream_options": None})
    answer = chat.ChatCompletion.model_validate_json(whole.text, strict=True)
    assert len(answer.choices[0].message.tool_calls or []) == calls


@pytest.mark.parametrize("beside", ["", *BESIDE])
@pytest.mark.parametrize("calls", [0, 2])
def test_anthropic_events_and_answers_are_valid(simulator, beside, calls):
    options = f"interval_ms=0&tokens=3&reasoning=2&calls={calls}" + (
        f"&with={beside}" if beside else "")
    client = anthropic.Anthropic(base_url=simulator, api_key="unused", max_retries=0)
    asked = {
        "model": f"claude?{options}", "max_tokens": 900,
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "weather", "input_schema": TOOL["parameters"]}],
    }
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    anthropic.types.Message.model_validate_json(streamed.to_json(), strict=True)
    raw = client.messages.with_raw_response.create(**asked)
    whole = anthropic.types.Message.model_validate_json(raw.text(), strict=True)
    for message in (streamed, whole):
        assert sum(block.type == "tool_use" for block in message.content) == calls
        assert message.stop_reason == ("tool_use" if calls else "end_turn")


def test_what_is_answered_beside_chats_is_valid(simulator):
    def ask(path, **body):
        answer = httpx.post(f"{simulator}/v1/{path}", json={"model": "simulator?tokens=3"} | body)
        return answer.raise_for_status().text

    whole = ask("completions", prompt="x")
    openai.types.Completion.model_validate_json(whole, strict=True)
    vectors = ask("embeddings", input=["a", "b"])
    openai.types.CreateEmbeddingResponse.model_validate_json(vectors, strict=True)
    for path in ("models/simulator", "models"):
        text = httpx.get(f"{simulator}/v1/{path}").raise_for_status().text
        kind = openai.types.Model if "/" in path else openai.pagination.SyncPage[openai.types.Model]
        kind.model_validate_json(text, strict=True)
