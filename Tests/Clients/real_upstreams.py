"""Servers by other people that speak the vendors' protocols, each a process of its own."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import httpx

LISTENING = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")

# What each model of LiteLLM's proxy answers.
MOCKED = {
    "mocked": {"mock_response": "Hello from the proxy, wörd by word."},
    "caller": {"mock_response": "", "mock_tool_calls": [{
        "id": "call_1", "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    }]},
    "limited": {"mock_response": "litellm.RateLimitError"},
    "long": {"mock_response": "litellm.ContextWindowExceededError"},
    "broken": {"mock_response": "litellm.InternalServerError"},
}

FAKELLM_RULES = [
    {"name": "limited", "when": {"model_matches": "limited"},
     "respond": {"status": 429, "error": "slow down"}},
    {"name": "broken", "when": {"model_matches": "broken"},
     "respond": {"status": 500, "error": "it broke"}},
    {"name": "caller", "when": {"model_matches": "caller"},
     "respond": {"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}},
                                {"name": "weather", "arguments": {"city": "Köln"}}]}},
    {"name": "rest", "respond": {"content": "Hello from a fake, wörd by word.\n\nAnd more."}},
]


def permanent(type_, model, **more):
    return {"type": type_, "times": None, "match": {"model": f"*{model}"}} | more


LLMOCK_BEHAVIORS = [
    permanent("fail", "limited", status=429, retry_after=7),
    permanent("fail", "missing", status=404),
    permanent("fail", "refused", status=401),
    permanent("fail", "broken", status=500),
    *(permanent("stream_fault", kind, kind=kind, after_chunks=3)
      for kind in ("disconnect", "truncate", "malformed")),
]


@contextlib.contextmanager
def served(folder, application, **variables):
    """Serves an ASGI application until the block ends, and yields its base URL."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, env=os.environ | variables
        )
    try:
        # LiteLLM's proxy takes half a minute on a busy machine to read its own modules.
        deadline = time.monotonic() + 240
        while not (said := LISTENING.search(log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield said[1]
    finally:
        process.kill()
        process.wait(60)


@contextlib.contextmanager
def litellm_proxy(folder):
    """LiteLLM's proxy with answers of its own, without keys and without a database."""
    config = folder / "config.yaml"
    config.write_text(json.dumps({
        "model_list": [
            {"model_name": name,
             "litellm_params": {"model": f"openai/{name}", "api_key": "unused"} | answer}
            for name, answer in MOCKED.items()
        ],
        "router_settings": {"num_retries": 0},
    }))
    with served(
        folder, "litellm.proxy.proxy_server:app", CONFIG_FILE_PATH=str(config),
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY="true",
    ) as url:
        yield url


@contextlib.contextmanager
def fakellm(folder):
    """PyPI's `fakellm`."""
    rules = folder / "fakellm.yaml"
    rules.write_text(json.dumps({"rules": FAKELLM_RULES}))
    with served(folder, "fakellm.server:app", FAKELLM_CONFIG=str(rules)) as url:
        yield url


@contextlib.contextmanager
def llmock(folder):
    """PyPI's `llmock`."""
    with served(folder, "llmock.main:app", LLMOCK_RESPONSE_STYLE="static") as url:
        scenario = {"behaviors": LLMOCK_BEHAVIORS}
        httpx.post(f"{url}/_llmock/scenario", json=scenario, timeout=60).raise_for_status()
        yield url
