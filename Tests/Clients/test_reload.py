"""A new configuration while the relay serves: SIGHUP reads it again, SIGUSR1 says what is running."""

import concurrent.futures
import json
import os
import re
import signal
import time

import httpx
import pytest

import frames
from conftest import SIMULATOR

SECRET = "sk-a-secret-nobody-may-see-0123456789"
ORIGIN = "https://app.example"


def write_settings(relay, *lines):
    """The file that a start and a reload read, besides the process's own variables."""
    (relay.directory / ".env").write_text("".join(f"{line}\n" for line in lines))


def send(relay, number, wanted):
    """Sends a signal, and returns the lines of the log since, once `wanted` is among them."""
    seen = len(relay.log())
    relay.process.send_signal(number)
    deadline = time.monotonic() + 60
    while True:
        news = relay.log()[seen:]
        # A line is complete once its end is there.
        whole = news[:news.rfind("\n") + 1]
        # The start's own warning may come late on a machine of few descriptors.
        lines = whole.splitlines(keepends=True)
        whole = "".join(line for line in lines if "descriptors are allowed" not in line)
        if wanted in whole:
            return whole
        assert time.monotonic() < deadline, f"no {wanted!r} in {news!r}"
        time.sleep(0.01)


def reload(relay, *lines, wanted="the configuration is reloaded: "):
    write_settings(relay, *lines)
    return send(relay, signal.SIGHUP, wanted)


class Answer:
    """One stream, read as far as a test wants."""

    def __init__(self, relay, behaviour):
        body = {"message": "hi", "model": f"simulator?{behaviour}"}
        self._context = httpx.stream("POST", f"{relay.url}/chat/stream", json=body, timeout=60)
        self._text = ""

    def __enter__(self):
        self._pieces = self._context.__enter__().iter_text()
        return self

    def __exit__(self, *failure):
        return self._context.__exit__(*failure)

    def read(self, tokens):
        while self.count < tokens:
            self._text += next(self._pieces)

    def finish(self):
        self._text += "".join(self._pieces)
        return frames.parse(self._text)

    @property
    def count(self):
        return sum(event.name == "token" for event in frames.parse(self._text))


def ask(relay, **fields):
    body = {"message": "hi", "model": "simulator?tokens=2&interval_ms=0"}
    return httpx.post(f"{relay.url}/chat/stream", json=body, headers=fields, timeout=60)


def test_origins_are_exchanged_and_a_running_stream_is_not_touched(relay):
    assert ask(relay, Origin=ORIGIN).status_code == 403
    with Answer(relay, "tokens=40&interval_ms=25") as answer:
        answer.read(tokens=2)
        said = reload(relay, f"RELAY_CORS_ORIGINS={ORIGIN}")
        assert said.count("\n") == 1 and said.endswith("is reloaded: RELAY_CORS_ORIGINS\n")
        allowed = ask(relay, Origin=ORIGIN)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        reload(relay)
        assert ask(relay, Origin=ORIGIN).status_code == 403
        assert answer.count < 40, "it was to run meanwhile"
        events = answer.finish()
    assert events[-1].name == "done"
    assert sum(event.name == "token" for event in events) == 40


def test_hosts_and_the_largest_body_are_exchanged(relay):
    assert ask(relay, Host="chat.example").status_code == 421
    reload(relay, "RELAY_HOSTS=chat.example", "RELAY_MAX_BODY=1024")
    assert ask(relay, Host="chat.example").status_code == 200
    with httpx.Client(timeout=60) as client:
        refused = client.post(f"{relay.url}/chat/stream", json={"message": "x" * 2000})
        assert refused.status_code == 413
        reload(relay)
        body = {"message": "x" * 2000, "model": "simulator?tokens=1"}
        assert client.post(f"{relay.url}/chat/stream", json=body).status_code == 200
    assert ask(relay, Host="chat.example").status_code == 421


def test_a_running_answer_keeps_what_it_began_with(relay):
    silent = "tokens=4&interval_ms=0&pause_after=2&pause_ms=2500"
    with Answer(relay, silent) as before:
        before.read(tokens=2)
        reload(relay, "RELAY_IDLE_TIMEOUT_S=1", "RELAY_RETRIES=0")
        with Answer(relay, silent) as after:
            late = after.finish()
        events = before.finish()
    assert events[-1].name == "done" and before.count == 4
    assert late[-1].name == "error" and json.loads(late[-1].data)["status"] == "timeout"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RELAY_RETRIES=many", r"RELAY_RETRIES: expected a whole number from 0 to 10, found many"),
        ("RELAY_LOOPS=65", r"RELAY_LOOPS: expected"),
        ("RELAY_RETIRES=1", r"RELAY_RETIRES: is not known"),
        (f"OPENAI_API_KEY {SECRET}", r"\.env line 2: .*OPENAI_API_KEY"),
        (f"OPENAI_BASE_URL=ftp://me:{SECRET}@host", r"OPENAI_BASE_URL: expected an http"),
        ("RELAY_BODY_MEMORY=1000000000\nRELAY_MAX_BODY=1000000000",
         r"RELAY_BODY_MEMORY: .*; a restart is needed to change RELAY_BODY_MEMORY"),
    ],
)
def test_a_wrong_file_changes_nothing_and_the_log_says_why(relay, line, reason):
    origins = f"RELAY_CORS_ORIGINS={ORIGIN}"
    said = reload(relay, origins, line, wanted="nothing has changed: ")
    assert re.search(f" error the configuration is not reloaded, .*: {reason}", said)
    assert said.count("\n") == 1 and SECRET not in said
    assert ask(relay, Origin=ORIGIN).status_code == 403
    reload(relay, origins)
    assert ask(relay, Origin=ORIGIN).status_code == 200


def test_a_file_that_is_gone_or_cannot_be_read_changes_nothing(relay):
    reload(relay, f"RELAY_CORS_ORIGINS={ORIGIN}")
    (relay.directory / ".env").unlink()
    said = send(relay, signal.SIGHUP, "is not reloaded")
    assert ".env: cannot be read: No such file" in said
    (relay.directory / ".env").mkdir()
    assert "Is a directory" in send(relay, signal.SIGHUP, "is not reloaded")
    assert ask(relay, Origin=ORIGIN).status_code == 200


def test_what_needs_a_restart_is_named_and_stays_as_it_was(relay):
    said = reload(
        relay, "RELAY_LISTEN=127.0.0.1:1", "RELAY_LOOPS=3", f"RELAY_CORS_ORIGINS={ORIGIN}",
        wanted="a restart is needed",
    )
    assert said.count("\n") == 2
    # The port is a variable of the process, which wins over the file.
    assert said.endswith(" warning a restart is needed to change RELAY_LOOPS\n")
    assert ask(relay, Origin=ORIGIN).status_code == 200
    # The change still waits for a restart, and what was already taken over is not named again.
    said = send(relay, signal.SIGHUP, "a restart is needed")
    assert "is reloaded: nothing has changed\n" in said
    assert relay.stop() == 0
    relay.start()
    assert "; 3 loops\n" in relay.log()


def test_another_model_answers_new_questions_and_no_key_is_shown(relay):
    simulator = SIMULATOR.search(relay.log())[1]
    calls = "tokens=30&interval_ms=25"
    with Answer(relay, calls) as answer:
        answer.read(tokens=2)
        said = reload(
            relay, f"OPENAI_API_KEY={SECRET}", f"OPENAI_BASE_URL={simulator}/v1",
            "RELAY_MODEL=simulator?say=other&interval_ms=0",
        )
        assert "OPENAI_API_KEY, OPENAI_BASE_URL, RELAY_MODEL; openai answers as simulator" in said
        body = {"message": "hi"}
        other = httpx.post(f"{relay.url}/chat/stream", json=body, timeout=60).text
        assert frames.text_of(frames.parse(other), "token") == "other"
        assert answer.finish()[-1].name == "done"
    said = reload(relay, "RELAY_UPSTREAM=simulator")
    assert "the built-in simulator answers" in said
    assert ask(relay).status_code == 200
    records = {record["upstream"] for record in relay.history(count=3)}
    assert records == {"simulator", "openai"}
    assert SECRET not in relay.log()


def test_the_simulator_takes_a_models_place_only_when_it_is_named(start_relay, unused_port):
    relay = start_relay()
    write_settings(relay, f"OPENAI_BASE_URL=http://127.0.0.1:{unused_port}/v1", "RELAY_RETRIES=0")
    assert relay.stop() == 0
    relay.start()
    assert ask(relay).status_code == 502
    # The file may be read between the truncation and the writing of its next version.
    said = reload(relay, wanted="is not reloaded")
    assert "RELAY_UPSTREAM=simulator asks for it" in said
    assert ask(relay).status_code == 502
    said = reload(relay, "RELAY_UPSTREAM=simulator")
    assert SIMULATOR.search(said)
    assert ask(relay).status_code == 200
    # A second reload does not start another one.
    assert not SIMULATOR.search(send(relay, signal.SIGHUP, "is reloaded: nothing has changed"))


def test_a_pipe_is_not_read_again_nor_waited_for(start_relay):
    relay = start_relay()
    assert relay.stop() == 0
    (relay.directory / "named").write_text("")
    relay.command = [*relay.command, "--env-file", "named"]
    relay.start()
    (relay.directory / "named").unlink()
    os.mkfifo(relay.directory / "named")
    assert "named: is a pipe" in send(relay, signal.SIGHUP, "is not reloaded")
    assert ask(relay).status_code == 200
    assert relay.stop() == 0


def test_a_file_that_the_command_line_names_is_read_again(start_relay):
    relay = start_relay()
    assert relay.stop() == 0
    (relay.directory / "named").write_text("")
    relay.command = [*relay.command, "--env-file", "named"]
    relay.start()
    (relay.directory / "named").write_text(f"RELAY_CORS_ORIGINS={ORIGIN}\n")
    send(relay, signal.SIGHUP, "is reloaded: RELAY_CORS_ORIGINS")
    assert ask(relay, Origin=ORIGIN).status_code == 200


def test_many_reloads_at_once_harm_nothing(relay):
    with Answer(relay, "tokens=20&interval_ms=50") as answer:
        answer.read(tokens=2)
        for number in range(20):
            write_settings(relay, f"RELAY_RETRIES={number % 10}")
            relay.process.send_signal(signal.SIGHUP)
        events = answer.finish()
    assert events[-1].name == "done"
    assert relay.process.poll() is None
    reload(relay, f"RELAY_CORS_ORIGINS={ORIGIN}")
    assert ask(relay, Origin=ORIGIN).status_code == 200


def test_filters_of_a_file_that_has_changed_are_exchanged(relay):
    filters = relay.directory / "filters.json"

    def said(word):
        filters.write_text(json.dumps([{"words": ["answer"], "replace": word}]))
        log = reload(relay, f"RELAY_FILTERS_FILE={filters}")
        assert log.endswith("is reloaded: RELAY_FILTERS_FILE\n")
        body = {"message": "hi", "model": "simulator?say=an answer&interval_ms=0"}
        return httpx.post(f"{relay.url}/chat/stream", json=body, timeout=60).text

    assert "first" in said("first")
    assert "second" in said("second")
    filters.write_text("{")
    failed = send(relay, signal.SIGHUP, "nothing has changed")
    assert "RELAY_FILTERS_FILE" in failed
    assert "second" in httpx.post(
        f"{relay.url}/chat/stream", timeout=60,
        json={"message": "hi", "model": "simulator?say=an answer&interval_ms=0"},
    ).text


def test_reloads_under_load_fail_no_request_and_cut_no_stream(relay):
    files = [
        ["RELAY_RETRIES=5", "RELAY_MAX_BODY=65536", "RELAY_KEEPALIVE_S=1"],
        ["RELAY_CORS_ORIGINS=*", "RELAY_TOTAL_TIMEOUT_S=100", "RELAY_UPSTREAM_GENERATIONS=50"],
        ["RELAY_RETRIES=many"],
        [],
    ]
    end = time.monotonic() + 4

    def ask_on():
        count = 0
        body = {"message": "hi", "model": "simulator?tokens=20&interval_ms=5"}
        with httpx.Client(timeout=60) as client:
            while time.monotonic() < end:
                text = client.post(f"{relay.url}/chat/stream", json=body).text
                assert frames.parse(text)[-1].name == "done", text
                count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        running = [clients.submit(ask_on) for _ in range(8)]
        reloads = 0
        while time.monotonic() < end:
            reload(relay, *files[reloads % len(files)], wanted="reloaded")
            reloads += 1
        assert reloads >= len(files)
        assert all(client.result(60) > 0 for client in running)


def test_the_log_says_what_is_running_at_sigusr1(relay):
    assert " 0 answers running" in send(relay, signal.SIGUSR1, "answers running")
    with Answer(relay, "tokens=40&interval_ms=50") as answer:
        answer.read(tokens=2)
        said = send(relay, signal.SIGUSR1, "answers running")
        assert " info 1 answers running, 1 connections open\n" in said
        assert answer.finish()[-1].name == "done"


def test_the_time_that_answers_have_at_a_stop_is_exchanged(start_relay):
    relay = start_relay()
    # The fixture's own variable of the process would win.
    del relay.environment["RELAY_DRAIN_S"]
    assert relay.stop() == 0
    relay.start()
    reload(relay, "RELAY_DRAIN_S=1")
    with Answer(relay, "tokens=1000&interval_ms=20") as answer:
        answer.read(tokens=2)
        begin = time.monotonic()
        assert relay.stop() == 0
        assert time.monotonic() - begin < 15
        assert answer.finish()[-1].name == "error"
