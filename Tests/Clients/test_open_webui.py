"""Open WebUI in front of the relay, through its own API: models, a chat, a stream and Stop.

Only `scripts/test --long` runs it. Open WebUI has its own Python environment, since it needs other
versions than the other clients, 7 GB and some ten minutes to install. RELAY_OPEN_WEBUI names an
`open-webui` that is installed already.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import uuid

import httpx
import pytest

VERSION = "0.12.4"
INSTALL_S, START_S = 1800, 600
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
QUESTION = [{"role": "user", "content": "hi"}]

pytestmark = [pytest.mark.long, pytest.mark.timeout(INSTALL_S + START_S + 300)]


@pytest.fixture(scope="module")
def program():
    """The command `open-webui`; it is installed once for this clone."""
    if named := os.environ.get("RELAY_OPEN_WEBUI"):
        return pathlib.Path(named)
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        pytest.skip(f"Open WebUI {VERSION} needs Python 3.11 or 3.12")
    environment = REPOSITORY / ".build/open-webui"
    program = environment / "bin/open-webui"
    if (installed := environment / VERSION).exists():
        return program
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=120)
    pip = [environment / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    try:
        subprocess.run(
            [*pip, f"open-webui=={VERSION}"], check=True, timeout=INSTALL_S, text=True,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"Open WebUI {VERSION} could not be installed within {INSTALL_S} s")
    except subprocess.CalledProcessError as failed:
        pytest.skip(f"Open WebUI {VERSION} cannot be installed here: {failed.stderr[-300:]}")
    installed.touch()
    return program


@pytest.fixture
def webui(program, relay, tmp_path):
    """A client of a fresh Open WebUI that asks the relay, signed in as its only user."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATA_DIR": str(tmp_path), "WEBUI_AUTH": "False", "WEBUI_SECRET_KEY": "unused",
        "OPENAI_API_BASE_URL": f"{relay.url}/v1", "OPENAI_API_KEY": "unused",
        "ENABLE_OLLAMA_API": "False", "HF_HUB_OFFLINE": "1", "OFFLINE_MODE": "True",
        "RAG_EMBEDDING_MODEL_AUTO_UPDATE": "False",
    }
    log = tmp_path / "webui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "serve", "--host", "127.0.0.1", "--port", str(port)], cwd=tmp_path,
            env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            wait_until_healthy(client, process, log)
            nobody = {"email": "", "password": ""}
            user = client.post("/api/v1/auths/signin", json=nobody).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {user['token']}"
            yield client
    finally:
        process.terminate()
        process.wait(60)


def wait_until_healthy(client, process, log):
    deadline = time.monotonic() + START_S
    while True:
        try:
            return client.get("/health").raise_for_status()
        except httpx.HTTPError:
            text = log.read_text(errors="replace")
            assert process.poll() is None and time.monotonic() < deadline, text
            time.sleep(0.5)


def ask(webui, **more):
    body = {"model": "simulator", "messages": QUESTION} | more
    return webui.post("/api/chat/completions", json=body).raise_for_status()


def a_whole_and_a_streamed_answer(webui):
    whole = ask(webui, stream=False).json()["choices"][0]
    assert whole["finish_reason"] == "stop"
    lines = [line for line in ask(webui, stream=True).text.split("\n") if line]
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    text = "".join(choice["delta"].get("content") or ""
                   for chunk in chunks for choice in chunk["choices"])
    assert text == whole["message"]["content"]
    return text


def begin_chat(webui):
    """Asks as its page does: the answer comes to the chat, in a task that can be stopped."""
    question, answer = str(uuid.uuid4()), str(uuid.uuid4())
    message = {"id": question, "parentId": None, "childrenIds": [answer], "models": ["simulator"],
               "timestamp": int(time.time())} | QUESTION[0]
    begun = ask(webui, stream=True, parent_id=None, id=answer, session_id="page",
                user_message=message, background_tasks={}).json()
    return begun["chat_id"], begun["task_ids"], answer


def answer_of(webui, chat, answer):
    history = webui.get(f"/api/v1/chats/{chat}").raise_for_status().json()["chat"]["history"]
    return history["messages"][answer]


def eventually(holds):
    deadline = time.monotonic() + 120
    while not (value := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


def test_models_chats_streams_and_stop_work_through_its_api(webui, relay):
    listed = webui.get("/api/models").raise_for_status().json()["data"]
    assert {"simulator", "claude-simulator"} <= {model["id"] for model in listed}
    text = a_whole_and_a_streamed_answer(webui)

    chat, _, answer = begin_chat(webui)
    said = eventually(lambda: (it := answer_of(webui, chat, answer)).get("done") and it)
    assert said["content"] == text

    closed = relay.calls()["simulator"]["closed_early"]
    records = len(relay.history())
    chat, [task], answer = begin_chat(webui)
    eventually(lambda: relay.calls()["simulator"]["calls"] == records + 1)
    webui.post(f"/api/tasks/stop/{task}").raise_for_status()
    eventually(lambda: relay.calls()["simulator"]["closed_early"] == closed + 1)
    record = relay.history(count=records + 1)[-1]
    assert record["status"] == "abandoned" and text.startswith(record["content"])
    assert len(record["content"]) < len(text)
