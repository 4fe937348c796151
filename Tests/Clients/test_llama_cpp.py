"""A real upstream by other people: llama.cpp's server with a tiny random model."""

import json
import os
import re
import subprocess
import sys
import time

import httpx
import openai
import pytest

import asked
import frames
import tiny_gguf

MESSAGES = [{"role": "user", "content": "Say something, whatever it is."}]
# At temperature 0 the same question has the same answer, so the relay's can be compared.
SETTINGS = {"temperature": 0, "max_tokens": 24}


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """The base URL of llama.cpp's server; it is started once for this file."""
    folder = tmp_path_factory.mktemp("llama")
    model = folder / "tiny.gguf"
    tiny_gguf.write(model)
    log = folder / "server.log"
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny",
        "--host", "127.0.0.1", "--port", "0", "--n_ctx", str(tiny_gguf.CONTEXT),
        "--n_threads", "1", "--verbose", "false",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ)
    try:
        deadline = time.monotonic() + 60
        # It prints when it listens, on a port that the kernel has chosen.
        while not (said := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        httpx.get(f"{said[1]}/v1/models", timeout=60).raise_for_status()
        yield f"{said[1]}/v1"
    finally:
        process.kill()
        process.wait(60)


@pytest.fixture(scope="module")
def direct(llama):
    """The model's answer without the relay in between."""
    body = {"model": "tiny", "messages": MESSAGES} | SETTINGS
    answer = httpx.post(f"{llama}/chat/completions", json=body, timeout=60)
    [choice] = answer.raise_for_status().json()["choices"]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"].strip()
    return choice["message"]["content"]


@pytest.fixture
def relay(start_relay, llama):
    return start_relay(OPENAI_BASE_URL=llama, OPENAI_API_KEY="unused", RELAY_MODEL="tiny")


def check_record(record, text):
    assert record["content"] == text
    assert record["model"] == "tiny"
    assert record["status"] == "length"
    assert record["finish_reason"] == "length"
    assert record["timing"]["tokens"] == SETTINGS["max_tokens"]
    assert record["error"] is None


def test_curl_streams_what_the_model_says_and_history_has_it(relay, direct):
    body = json.dumps({"messages": MESSAGES} | SETTINGS)
    done = subprocess.run(
        ["curl", "-sS", "-N", "--max-time", "30", f"{relay.url}/chat/stream", "-d", body],
        capture_output=True, check=True, timeout=40,
    )
    events = frames.parse(done.stdout.decode())
    assert frames.names(events) == ["start", "token", "finish", "done"]
    assert sum(event.name == "token" for event in events) == SETTINGS["max_tokens"]
    assert frames.text_of(events, "token") == direct
    assert json.loads(events[-2].data)["status"] == "length"
    check_record(relay.history(count=1)[0], direct)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_the_openai_library_reads_it_through_the_relay(relay, direct, streamed):
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=30
    ) as client:
        answer = client.chat.completions.create(
            model="tiny", messages=MESSAGES, stream=streamed, **SETTINGS
        )
        if streamed:
            chunks = list(answer)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
            reason = chunks[-1].choices[0].finish_reason
        else:
            text, reason = answer.choices[0].message.content, answer.choices[0].finish_reason
    assert (text, reason) == (direct, "length")
    check_record(relay.history(count=1)[0], direct)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_a_stream_that_the_server_ends_without_a_word_is_no_success(relay, llama, streamed):
    # Asked to stream what does not fit its context, this server answers 200 and an empty stream.
    question = {"role": "user", "content": "too long " * tiny_gguf.CONTEXT}
    body = {"model": "tiny", "messages": [question], "stream": True}
    answer = httpx.post(f"{llama}/chat/completions", json=body, timeout=60)
    assert (answer.status_code, answer.text.strip()) == (200, "")
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=30
    ) as client, pytest.raises(openai.APIError) as caught:
        list(client.chat.completions.create(model="tiny", messages=[question], stream=streamed))
    assert not isinstance(caught.value, openai.APIConnectionError)
    [record] = relay.history(count=1)
    assert record["status"] in ("truncated", "upstream_error")
    assert record["content"] == ""


CITIES = {"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"enum": ["Oslo", "Ulm"]}}, "required": ["city"],
}}}


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("choice", ["named", "required"])
def test_a_forced_tool_call_is_the_same_as_without_the_relay(relay, llama, choice, streamed):
    named = {"type": "function", "function": {"name": "weather"}}
    forced = {"tools": [CITIES], "tool_choice": named if choice == "named" else "required"}
    direct = asked.of_openai(llama, "tiny", streamed, **forced, **SETTINGS)
    # This version forces the call that is named, and passes over the word "required".
    assert [name for name, _ in direct.calls] == ["weather"] * (choice == "named")
    got = asked.of_openai(f"{relay.url}/v1", "tiny", streamed, **forced, **SETTINGS)
    # It counts nothing in a stream, so the relay estimates.
    got.usage = direct.usage = None
    assert got == direct


def test_the_servers_models_are_listed(relay):
    with openai.OpenAI(base_url=f"{relay.url}/v1", api_key="unused", timeout=60) as client:
        assert "tiny" in [model.id for model in client.models.list()]


def test_the_models_and_older_completions_are_the_servers(start_relay, llama):
    # Nobody names a model, and the server has another one than the vendor's default.
    relay = start_relay(OPENAI_BASE_URL=llama, OPENAI_API_KEY="unused")
    asked = {"model": "tiny", "prompt": "Say something."} | SETTINGS
    texts = []
    for url in (llama, f"{relay.url}/v1"):
        with openai.OpenAI(base_url=url, api_key="unused", max_retries=0, timeout=60) as client:
            assert [model.id for model in client.models.list()] == ["tiny"]
            texts.append(client.completions.create(**asked).choices[0].text)
            chunks = list(client.completions.create(**asked, stream=True))
            texts.append("".join(choice.text for chunk in chunks for choice in chunk.choices))
            # It was started without embeddings, and says so.
            with pytest.raises(openai.APIStatusError) as caught:
                client.embeddings.create(model="tiny", input="x")
            assert caught.value.status_code == 500
    assert texts[0].strip() and len(set(texts)) == 1
