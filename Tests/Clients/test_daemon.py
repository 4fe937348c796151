"""The process: command line, configuration, signals, systemd, files it finds at start."""

import base64
import http.server
import json
import os
import re
import signal
import socket
import threading
import time

import httpx
import pytest

import frames
from conftest import REPOSITORY

SECRET = "sk-a-secret-nobody-may-see-0123456789"
PASSWORD = "a-word-nobody-may-see"


class Reader(threading.Thread):
    """Reads one stream in the background, so that the test can act while it runs."""

    def __init__(self, relay, **settings):
        super().__init__(daemon=True)
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        self._body = {"message": "hi", "model": f"simulator?{query}"}
        self._url = f"{relay.url}/chat/stream"
        self._changed = threading.Condition()
        self._text = ""
        self.failure = None
        self.start()

    def run(self):
        try:
            with httpx.stream("POST", self._url, json=self._body, timeout=60) as response:
                for piece in response.iter_text():
                    with self._changed:
                        self._text += piece
                        self._changed.notify_all()
        except httpx.HTTPError as failure:
            self.failure = failure

    @property
    def events(self):
        return frames.parse(self._text)

    def wait_for_tokens(self, count):
        def enough():
            return sum(event.name == "token" for event in self.events) >= count

        with self._changed:
            assert self._changed.wait_for(enough, timeout=60), f"too few tokens: {self._text!r}"

    def finish(self):
        self.join(60)
        assert not self.is_alive(), "the stream did not end"
        assert self.failure is None, repr(self.failure)
        return self.events


# Command line and configuration


def test_help_names_every_option(run_daemon):
    done = run_daemon("--help")
    assert done.returncode == 0
    for option in ("--help", "--version", "--check", "--env-file", "--env-example"):
        assert option in done.stdout
    assert done.stderr == ""


def test_the_example_file_is_printed_and_can_be_used(run_daemon, tmp_path):
    done = run_daemon("--env-example")
    assert done.returncode == 0
    assert done.stdout == (REPOSITORY / ".env.example").read_text()
    (tmp_path / ".env").write_text(done.stdout)
    assert run_daemon("--check").returncode == 0


def test_version_is_one_line(run_daemon):
    done = run_daemon("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"sse-relay \d+\.\d+\S*( .*)?\n", done.stdout)


def test_an_unknown_option_is_named_and_nothing_starts(run_daemon):
    done = run_daemon("--colour")
    assert done.returncode not in (0, 78)
    assert "--colour" in done.stderr


def test_check_prints_the_configuration_with_secrets_masked(run_daemon):
    done = run_daemon("--check", OPENAI_API_KEY=SECRET, RELAY_MODEL="a-model", RELAY_DRAIN_S=7)
    assert done.returncode == 0, done.stderr
    assert "OPENAI_API_KEY" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert re.search(r"RELAY_MODEL\W+a-model", done.stdout)
    assert re.search(r"RELAY_DRAIN_S\W+7\b", done.stdout)
    assert re.search(r"RELAY_LISTEN\W+127\.0\.0\.1:8000\b", done.stdout)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RELAY_LISTEN", "nowhere"),
        ("RELAY_LISTEN", "127.0.0.1:65536"),
        # Open to the network, without authentication.
        ("RELAY_LISTEN", "0.0.0.0:0"),
        ("RELAY_LOOPS", "1000"),
        ("RELAY_LOOPS", "many"),
        ("RELAY_DRAIN_S", "soon"),
        ("RELAY_DRAIN_S", "-1"),
        ("RELAY_KEEPALIVE_S", "0"),
        ("RELAY_KEEPALIVE_S", "99999999999999999999"),
        ("OPENAI_BASE_URL", "ftp://example.test/v1"),
        ("ANTHROPIC_BASE_URL", "example"),
        ("RELAY_CORS_ORIGINS", "not an origin"),
        ("RELAY_STATIC_DIR", "/nonexistent/static"),
    ],
)
def test_a_wrong_variable_stops_the_start_with_78_and_is_named(run_daemon, name, value):
    for arguments in ([], ["--check"]):
        variables = {"OPENAI_API_KEY": "unused", "ANTHROPIC_API_KEY": "unused"}
        variables |= {"RELAY_LISTEN": "127.0.0.1:0", name: value}
        done = run_daemon(*arguments, **variables)
        assert done.returncode == 78, done.stderr
        assert name in done.stderr
        assert "listening" not in done.stderr


def test_a_variable_that_does_not_exist_is_named(run_daemon):
    done = run_daemon("--check", RELAY_DRIAN_S=5)
    assert "RELAY_DRIAN_S" in done.stderr


def test_a_dot_env_file_is_read_and_the_environment_wins(run_daemon, tmp_path):
    (tmp_path / ".env").write_text(
        "# a comment\n\nRELAY_MODEL=from-the-file\nRELAY_DRAIN_S=11\n"
    )
    done = run_daemon("--check", RELAY_DRAIN_S=12)
    assert done.returncode == 0, done.stderr
    assert re.search(r"RELAY_MODEL\W+from-the-file", done.stdout)
    assert re.search(r"RELAY_DRAIN_S\W+12\b", done.stdout)


def test_what_systemd_and_docker_read_differently_is_refused_with_the_cure(run_daemon, tmp_path):
    for line, cure in {
        'RELAY_MODEL="quoted"': "without quotes",
        "export RELAY_MODEL=m": "begin the line with RELAY_MODEL=",
        "RELAY_MODEL=m # which one": "a line of its own",
        "RELAY_MODEL = m": "blank before its =",
        "\ufeffRELAY_MODEL=m": "byte order mark",
        "RELAY_MODEL=m \\": "backslash",
    }.items():
        (tmp_path / ".env").write_text(f"# a comment\n{line}\n")
        done = run_daemon("--check")
        assert done.returncode == 78, line
        assert ".env line 2: " in done.stderr and cure in done.stderr


def test_a_file_that_is_not_utf_8_is_refused(run_daemon, tmp_path):
    (tmp_path / ".env").write_text("RELAY_MODEL=m\n", encoding="utf-16")
    done = run_daemon("--check")
    assert done.returncode == 78
    assert ".env: is not UTF-8" in done.stderr


def test_quotes_that_docker_left_around_a_value_are_named(run_daemon):
    for name, value in {"OPENAI_API_KEY": '"sk-secret"', "RELAY_DRAIN_S": "'5'"}.items():
        done = run_daemon("--check", **{name: value})
        assert done.returncode == 78
        assert f"{name}: is in quotes" in done.stderr and "docker" in done.stderr
        assert "secret" not in done.stderr


def test_a_misspelt_name_of_a_vendor_is_named(run_daemon):
    done = run_daemon("--check", OPENAI_APIKEY="sk-secret")
    assert done.returncode == 0, done.stderr
    assert "# warning: OPENAI_APIKEY is not read; did you mean OPENAI_API_KEY?" in done.stdout
    assert "secret" not in done.stdout


def test_env_file_names_another_file_and_must_exist(run_daemon, tmp_path):
    (tmp_path / ".env").write_text("RELAY_MODEL=from-the-default-file\n")
    (tmp_path / "other.env").write_text("RELAY_MODEL=from-the-other-file\n")
    done = run_daemon("--env-file", "other.env", "--check")
    assert done.returncode == 0, done.stderr
    assert "from-the-other-file" in done.stdout
    assert "from-the-default-file" not in done.stdout
    missing = run_daemon("--env-file", "missing.env", "--check")
    assert missing.returncode != 0
    assert "missing.env" in missing.stderr


def test_a_wrong_line_of_a_file_is_named_with_its_number(run_daemon, tmp_path):
    (tmp_path / ".env").write_text("RELAY_MODEL=fine\nthis is no assignment\n")
    done = run_daemon("--check")
    assert done.returncode == 78
    assert re.search(r"\.env\b.*\b2\b", done.stderr)


# Start


def test_the_start_up_line_says_where_who_and_whither(relay):
    [line] = [line for line in relay.log().splitlines() if "listening on" in line]
    assert f"http://127.0.0.1:{relay.port}" in line
    assert "simulator" in line.lower()
    assert str(relay.data / "history.jsonl") in line


def test_the_start_up_line_names_the_upstream_and_no_secret(start_relay):
    relay = start_relay(
        OPENAI_API_KEY=SECRET, OPENAI_BASE_URL="http://127.0.0.1:9/v1", RELAY_MODEL="some-model"
    )
    [line] = [line for line in relay.log().splitlines() if "listening on" in line]
    assert "127.0.0.1:9" in line
    assert "some-model" in line
    assert SECRET not in relay.log()


class Refusing(http.server.BaseHTTPRequestHandler):
    """An upstream that refuses, and quotes the whole request."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        asked = f"{self.path} {dict(self.headers)} http://me:{PASSWORD}@here?api-key={PASSWORD}"
        body = json.dumps({"error": {"message": f"refused: {asked}", "type": "no", "code": "no"}})
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def refusing():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://me:{PASSWORD}@127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join(60)
    server.server_close()


def test_no_password_is_shown_by_start_check_failure_or_history(
    start_relay, run_daemon, refusing, unused_port
):
    nobody = f"http://me:{PASSWORD}@127.0.0.1:{unused_port}"
    variables = {
        "OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": refusing, "ANTHROPIC_BASE_URL": nobody,
        "RELAY_RETRIES": "1",
    }
    checked = run_daemon("--check", **variables)
    assert checked.returncode == 0 and "http://***@127.0.0.1" in checked.stdout
    relay = start_relay(**variables)
    said = [checked.stdout, checked.stderr]
    for model in ("gpt-refused", "claude-refused"):
        body = {"message": "hi", "model": model}
        for path in ("/chat/stream", "/stream-chat", "/chat/stream?format=openai"):
            said.append(httpx.post(f"{relay.url}{path}", json=body, timeout=60).text)
    said.append(httpx.get(f"{relay.url}/v1/models", timeout=60).text)
    said.append(httpx.get(f"{relay.url}/chat/history", timeout=60).text)
    assert "refused: /v1/chat/completions" in said[2]
    for number in (signal.SIGHUP, signal.SIGUSR1):
        relay.process.send_signal(number)
    assert relay.stop() == 0
    said += [relay.log(), json.dumps(relay.history(count=6))]
    assert "openai answers as" in relay.log()
    credentials = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    for text in said:
        for secret in (SECRET, PASSWORD, credentials):
            assert secret not in text


@pytest.mark.parametrize(
    "line",
    [f"OPENAI_API_KEY {SECRET}", f'OPENAI_API_KEY="{SECRET}', f"OPENAI_API_KEY = {SECRET}", SECRET,
     f"OPENAI_BASE_URL=ftp://me:{SECRET}@host", f"OPENAI_BASE_URL=http://host/?api-key={SECRET}",
     f"RELAY_LISTEN=http://me:{SECRET}@host"],
)
def test_a_wrong_file_is_refused_without_its_secrets(run_daemon, tmp_path, line):
    (tmp_path / ".env").write_text(f"{line}\n")
    for arguments in ([], ["--check"]):
        done = run_daemon(*arguments)
        assert done.returncode == 78 and re.search(r"line 1|_BASE_URL|_LISTEN", done.stderr)
        assert SECRET not in done.stdout + done.stderr


def test_each_request_is_one_line_of_the_log(relay):
    httpx.get(f"{relay.url}/no-such-page", timeout=60)
    httpx.post(f"{relay.url}/stream-chat", json={"message": "hi", "model": "simulator?tokens=2"})
    relay.history(count=1)
    deadline = time.monotonic() + 60
    wanted = (r"GET /no-such-page\b.*\b404\b", r"POST /stream-chat\b.*\b200\b")
    while not all(re.search(line, relay.log()) for line in wanted):
        assert time.monotonic() < deadline, relay.log()
        time.sleep(0.01)
    assert all(len(re.findall(line, relay.log())) == 1 for line in wanted)


def test_two_starts_on_one_port_are_told_apart(relay, run_daemon, tmp_path):
    second = run_daemon(
        RELAY_LISTEN=f"127.0.0.1:{relay.port}", RELAY_DATA_DIR=tmp_path / "other"
    )
    assert second.returncode not in (0, -signal.SIGKILL)
    assert second.returncode > 0
    assert f"127.0.0.1:{relay.port}" in second.stderr
    assert "in use" in second.stderr.lower()
    assert httpx.get(f"{relay.url}/", timeout=60).status_code == 200


def test_the_same_port_can_be_taken_again_at_once(relay):
    for _ in range(3):
        port = relay.port
        assert httpx.get(f"{relay.url}/", timeout=60).status_code == 200
        assert relay.stop() == 0
        relay.start()
        assert relay.port == port


def test_a_torn_last_line_is_set_aside_and_harms_no_record(start_relay, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    whole = json.dumps({"id": "earlier", "content": "kept"}) + "\n"
    torn = '{"id":"torn-record","content":"half a sen'
    (data / "history.jsonl").write_text(whole + torn)
    relay = start_relay(RELAY_DATA_DIR=data)
    assert (data / "history.jsonl").read_text() == whole
    aside = [file for file in data.iterdir() if file.name != "history.jsonl" and file.is_file()]
    assert torn in [file.read_text() for file in aside if torn in file.read_text()][0]
    assert "torn" in relay.log().lower()
    reader = Reader(relay, say="next", interval_ms=0)
    assert frames.text_of(reader.finish(), "token") == "next"
    assert [record["content"] for record in relay.history(count=2)] == ["kept", "next"]


@pytest.mark.parametrize("folder", ["/proc/x", "link", "link/more", "file", "file/more"])
def test_a_folder_that_cannot_be_used_ends_the_start_with_78_and_is_named(
    run_daemon, tmp_path, folder
):
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    (tmp_path / "file").write_text("")
    done = run_daemon(RELAY_DATA_DIR=tmp_path / folder, RELAY_LISTEN="127.0.0.1:0")
    assert done.returncode == 78, done.stderr
    assert "RELAY_DATA_DIR" in done.stderr
    assert str(tmp_path / folder.removesuffix("/more")) in done.stderr, "what stands in the way"
    assert "directory" in done.stderr, "the system's words"


def test_a_killed_relay_starts_again_and_keeps_its_history(relay):
    Reader(relay, say="before", interval_ms=0).finish()
    relay.history(count=1)
    relay.kill()
    relay.start()
    Reader(relay, say="after", interval_ms=0).finish()
    assert [record["content"] for record in relay.history(count=2)] == ["before", "after"]


# Signals


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_streams_finish_and_ends_with_0(start_relay, sent):
    relay = start_relay(RELAY_DRAIN_S=60)
    reader = Reader(relay, tokens=40, interval_ms=50)
    reader.wait_for_tokens(3)
    begin = time.monotonic()
    relay.process.send_signal(sent)
    # While the stream goes on, no new client is accepted.
    deadline = time.monotonic() + 60
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", relay.port), timeout=60).close()
            time.sleep(0.02)
    events = reader.finish()
    assert events[-1].name == "done"
    assert sum(event.name == "token" for event in events) == 40
    assert relay.wait() == 0
    # It ends when the last stream does, not when the time is up.
    assert time.monotonic() - begin < 30
    [record] = relay.history(count=1)
    assert record["status"] == "complete"
    assert record["content"] == frames.text_of(events, "token")


def test_a_stop_ends_streams_that_take_too_long_truthfully(start_relay):
    relay = start_relay(RELAY_DRAIN_S=1)
    reader = Reader(relay, tokens=1000, interval_ms=20)
    reader.wait_for_tokens(3)
    begin = time.monotonic()
    assert relay.stop() == 0
    # The answer would go on for 20 s.
    assert 0.8 < time.monotonic() - begin < 15
    events = reader.finish()
    assert events[-1].name == "error"
    assert json.loads(events[-1].data)["status"] == "interrupted"
    [record] = relay.history(count=1)
    assert record["status"] == "interrupted"
    assert record["content"] == frames.text_of(events, "token") != ""
    # The line of a request that was cut off is not lost with the process.
    log = relay.log()
    assert log.index("/chat/stream 200") < log.rindex("stopped")


def test_a_stop_with_idle_connections_does_not_wait_for_them(start_relay):
    relay = start_relay(RELAY_DRAIN_S=60)
    with httpx.Client(timeout=60) as idle:
        assert idle.get(f"{relay.url}/").status_code == 200
        begin = time.monotonic()
        assert relay.stop() == 0
        assert time.monotonic() - begin < 30


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGUSR1])
def test_a_reload_and_the_question_what_runs_harm_nothing(relay, sent):
    reader = Reader(relay, tokens=20, interval_ms=50)
    reader.wait_for_tokens(2)
    for _ in range(5):
        relay.process.send_signal(sent)
    events = reader.finish()
    assert events[-1].name == "done"
    assert relay.process.poll() is None
    assert httpx.get(f"{relay.url}/", timeout=60).status_code == 200


# systemd


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_is_told_of_readiness_and_of_the_stop(start_relay, tmp_path, kind):
    # A socket's path has 108 bytes at most, and a test's folder may have more.
    name = f"\0sse-relay-{os.getpid()}" if kind == "abstract" else os.path.relpath(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(name)
        notify.settimeout(60)
        told = []

        def wait_for(line):
            while line not in told:
                told.extend(notify.recv(4096).decode().split("\n"))

        variable = "@" + name[1:] if kind == "abstract" else str(tmp_path / "n")
        relay = start_relay(NOTIFY_SOCKET=variable)
        wait_for("READY=1")
        assert "STOPPING=1" not in told
        assert httpx.get(f"{relay.url}/", timeout=60).status_code == 200
        relay.process.terminate()
        wait_for("STOPPING=1")
        assert relay.wait() == 0


def test_a_wrong_notify_socket_does_not_stop_the_start(start_relay):
    relay = start_relay(NOTIFY_SOCKET="/nonexistent/notify")
    assert httpx.get(f"{relay.url}/", timeout=60).status_code == 200
