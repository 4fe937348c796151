"""The relay under systemd, as far as a process sees of it: the messages that it sends, the sockets and
credentials that it is given, and a restart while clients come."""

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

import frames
from conftest import BINARY, Relay, clean_environment, wait_for


class Notices:
    """What the relay tells systemd, one message after the other."""

    def __init__(self, path):
        self.path = path
        self.all = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.path.relpath(path))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            message = self._socket.recv(4096)
            if not message:
                return
            self.all.append((time.monotonic(), message.decode().split("\n")))

    def lines(self):
        return [line for _, message in list(self.all) for line in message]

    def wait_for(self, wanted):
        wait_for(lambda: any(re.fullmatch(wanted, line) for line in self.lines()), wanted)

    def close(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as end:
            end.sendto(b"", os.path.relpath(self.path))
        self._thread.join(60)
        self._socket.close()


@pytest.fixture
def notices(tmp_path):
    notices = Notices(tmp_path / "notify")
    yield notices
    notices.close()


def test_a_start_a_reload_and_a_stop_are_told(start_relay, notices):
    relay = start_relay(NOTIFY_SOCKET=notices.path, RELAY_DRAIN_S=77)
    notices.wait_for("READY=1")
    notices.wait_for(r"STATUS=0 answers running, 0 connections open, 0 tokens/s")
    assert "WATCHDOG=1" not in notices.lines()
    relay.process.send_signal(signal.SIGHUP)
    notices.wait_for("RELOADING=1")
    wait_for(lambda: notices.lines().count("READY=1") == 2, "the end of the reload")
    reloading = next(message for _, message in notices.all if "RELOADING=1" in message)
    microseconds = int(reloading[1].removeprefix("MONOTONIC_USEC="))
    assert abs(microseconds / 1e6 - time.monotonic()) < 60
    relay.process.terminate()
    notices.wait_for("STOPPING=1")
    assert "EXTEND_TIMEOUT_USEC=92000000" in notices.lines()
    assert relay.wait() == 0


def test_a_reload_that_is_refused_ends_too(start_relay, notices):
    relay = start_relay(NOTIFY_SOCKET=notices.path)
    notices.wait_for("READY=1")
    (relay.directory / ".env").write_text("RELAY_QUEUE_S=never\n")
    relay.process.send_signal(signal.SIGHUP)
    wait_for(lambda: notices.lines().count("READY=1") == 2, "the end of the reload")
    assert "is not reloaded, and nothing has changed" in relay.log()


def test_signs_of_life_come_three_times_as_often_as_they_must(start_relay, notices):
    relay = start_relay(NOTIFY_SOCKET=notices.path, WATCHDOG_USEC=900_000, RELAY_DRAIN_S=60)
    body = {"message": "hi", "model": "simulator?tokens=400&interval_ms=10"}
    with httpx.stream("POST", f"{relay.url}/chat/stream", json=body, timeout=60) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        notices.wait_for(r"STATUS=1 answers running, 1 connections open, [1-9][0-9]* tokens/s")
        relay.process.terminate()
        notices.wait_for("STOPPING=1")
        begin = len(notices.all)
        # A stop that waits for answers is no hang.
        wait_for(
            lambda: sum("WATCHDOG=1" in message for _, message in notices.all[begin:]) > 1,
            "signs of life during the drain",
        )
        assert b"event: done" in b"".join(pieces)
    assert relay.wait() == 0
    assert notices.lines().count("WATCHDOG=1") >= 3


def test_a_process_that_stands_still_shows_no_sign_of_life(start_relay, notices):
    relay = start_relay(NOTIFY_SOCKET=notices.path, WATCHDOG_USEC=300_000)
    notices.wait_for("WATCHDOG=1")
    relay.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(0.5)
        seen = len(notices.all)
        time.sleep(1)
        assert len(notices.all) == seen
    finally:
        relay.process.send_signal(signal.SIGCONT)
    wait_for(lambda: len(notices.all) > seen, "the next sign of life")


def test_signs_of_life_that_another_process_owes_are_not_sent(start_relay, notices):
    start_relay(NOTIFY_SOCKET=notices.path, WATCHDOG_USEC=30_000, WATCHDOG_PID=1)
    notices.wait_for("READY=1")
    notices.wait_for("STATUS=.*")
    time.sleep(0.5)
    assert "WATCHDOG=1" not in notices.lines()


# Sockets


@contextlib.contextmanager
def listening(*addresses):
    """Sockets as systemd makes them: they listen, and nobody accepts."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for host, port in addresses:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            made = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((host, port))
            made.listen(4096)
            sockets.append(made)
        yield sockets


# Becomes the relay with these from descriptor 3 on, as sd_listen_fds(3) says.
BECOME = """
import os, sys
process, binary, *numbers = sys.argv[1:]
for number in numbers: os.dup2(int(number), 100 + numbers.index(number))
for place in range(len(numbers)): os.dup2(100 + place, 3 + place)
os.closerange(3 + len(numbers), 200)
os.environ |= {"LISTEN_PID": process or str(os.getpid()), "LISTEN_FDS": str(len(numbers))}
os.execv(binary, [binary])
"""


@pytest.fixture
def make_relay(tmp_path):
    """`make_relay(sockets, RELAY_DRAIN_S=1, …)` makes relays of one folder that get sockets."""
    relays = []

    def make(sockets, process="", **variables):
        directory = tmp_path / f"activated-{len(relays)}"
        directory.mkdir()
        relay = Relay(directory, {"RELAY_DATA_DIR": tmp_path / "data"} | variables)
        relay.given = [made.fileno() for made in sockets]
        relay.command = [sys.executable, "-c", BECOME, process, str(BINARY)]
        relay.command += map(str, relay.given)
        relays.append(relay)
        return relay

    yield make
    for relay in relays:
        relay.kill()


def asked(port, host="127.0.0.1", behaviour="tokens=5"):
    body = {"message": "hi", "model": f"simulator?{behaviour}"}
    return httpx.post(f"http://{host}:{port}/chat/stream", json=body, timeout=120)


def test_sockets_of_systemd_are_served_and_named(make_relay):
    with listening(("127.0.0.1", 0)) as four:
        port = four[0].getsockname()[1]
        with listening(("::1", port)) as six:
            # Another port would be in use here.
            relay = make_relay(four + six, RELAY_LISTEN="127.0.0.1:1")
            relay.start()
            assert f"http://127.0.0.1:{port}, http://[::1]:{port} (systemd's)" in relay.log()
            wait_for(
                lambda: "RELAY_LISTEN is not used, since systemd keeps the port" in relay.log(),
                "the warning",
            )
            for host in ["127.0.0.1", "[::1]"]:
                answer = asked(port, host)
                assert answer.status_code == 200 and "event: done" in answer.text
            assert relay.stop() == 0


def test_sockets_that_were_meant_for_another_process_are_left_alone(make_relay):
    with listening(("127.0.0.1", 0)) as sockets:
        relay = make_relay(sockets, process="1")
        relay.start()
        assert relay.port != sockets[0].getsockname()[1]
        assert "systemd's" not in relay.log()
        assert relay.stop() == 0


def refused(relay):
    with pytest.raises(AssertionError, match="exit code 78") as failure:
        relay.start()
    return str(failure.value)


def test_what_is_no_listening_socket_is_named(make_relay, tmp_path):
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.path.relpath(tmp_path / "socket"))
        unix.listen()
        assert "descriptor 3 from systemd is no TCP socket that listens" in refused(make_relay([unix]))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert "descriptor 3 from systemd" in refused(make_relay([silent]))
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        assert "descriptor 3 from systemd" in refused(make_relay([datagrams]))


def test_a_socket_that_others_can_reach_needs_keys_or_a_word(make_relay):
    with listening(("0.0.0.0", 0)) as sockets:
        assert "which others can reach: RELAY_API_KEYS_FILE" in refused(make_relay(sockets))
        relay = make_relay(sockets, RELAY_ALLOW_ANONYMOUS=1)
        relay.start()
        assert "listening on http://0.0.0.0:" in relay.log()
        assert "event: done" in asked(relay.port).text


# Restarts


class Restarts:
    """Ends a relay and starts the next one on the same sockets and folder, as systemd does."""

    def __init__(self, make_relay, sockets, **variables):
        self.make = lambda: make_relay(sockets, **variables)
        self.relay = self.make()
        self.relay.start()

    def restart(self):
        assert self.relay.stop(120) == 0
        self.relay = self.make()
        self.relay.start()


def test_a_restart_under_load_refuses_and_cuts_nothing(make_relay):
    seconds, failures, waits = 6, [], []
    with listening(("127.0.0.1", 0)) as sockets:
        port = sockets[0].getsockname()[1]
        restarts = Restarts(make_relay, sockets, RELAY_DRAIN_S=20)
        end = time.monotonic() + seconds

        def ask():
            while time.monotonic() < end:
                begin = time.monotonic()
                try:
                    answer = asked(port, behaviour="tokens=20&interval_ms=20")
                    events = frames.parse(answer.text)
                    assert answer.status_code == 200 and events[-1].name == "done", answer.text
                except Exception as error:
                    failures.append(error)
                waits.append(time.monotonic() - begin)

        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            running = [clients.submit(ask) for _ in range(8)]
            time.sleep(1)
            restarts.restart()
            time.sleep(1)
            restarts.restart()
            for client in running:
                client.result(120)
        assert restarts.relay.stop(60) == 0
        records = restarts.relay.history()
    print(f"{len(waits)} requests, the longest took {max(waits):.2f} s of {min(waits):.2f} s")
    assert not failures
    assert len(records) == len(waits) and {record["status"] for record in records} == {"complete"}


def test_an_answer_longer_than_the_drain_is_read_to_its_truthful_end(make_relay):
    with listening(("127.0.0.1", 0)) as sockets:
        port = sockets[0].getsockname()[1]
        restarts = Restarts(make_relay, sockets, RELAY_DRAIN_S=1)
        url = f"http://127.0.0.1:{port}/chat/stream"
        parameters = {"prompt": "hi", "model": "simulator?tokens=2000&interval_ms=20"}
        text = ""
        with httpx.stream("GET", url, params=parameters, timeout=60) as answer:
            stream = answer.headers["x-stream-id"]
            pieces = answer.iter_text()
            while text.count("event: token") < 3:
                text += next(pieces)
            threading.Thread(target=restarts.restart).start()
            with contextlib.suppress(httpx.HTTPError, StopIteration):
                while True:
                    text += next(pieces)
        events = frames.parse(text)
        assert frames.names(events) == ["start", "token", "error"]
        assert "interrupted" in events[-1].data
        # An `EventSource` asks again by itself; one that has seen half of it gets all of it.
        half = [event.id for event in events if event.name == "token"][1]
        again = httpx.get(url, params=parameters, headers={"Last-Event-ID": half}, timeout=60)
        restored, end = frames.parse(again.text)
        assert json.loads(restored.data)["content"] == frames.text_of(events, "token")
        assert json.loads(end.data)["status"] == "interrupted"
        wait_for(lambda: restarts.relay.port == port, "the next start")
        record, = restarts.relay.history(1)
        assert record["id"] == stream and record["status"] == "interrupted"
        assert restarts.relay.stop() == 0


# Credentials


def check(folder, **variables):
    environment = clean_environment() | {"CREDENTIALS_DIRECTORY": str(folder)}
    environment |= {"RELAY_STATIC_DIR": ""} | variables
    return subprocess.run(
        [BINARY, "--check"], cwd=folder.parent, env=environment, capture_output=True, text=True,
        timeout=60,
    )


def test_a_credential_is_a_variable_and_wins(tmp_path):
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "OPENAI_API_KEY").write_text("sk-of-the-credential-0123456789-ABCD\n")
    (folder / "tls.pem").write_text("several\nlines\nof another program\n")
    for variables in [{}, {"OPENAI_API_KEY": "sk-of-the-environment-0123456789-WXYZ"}]:
        checked = check(folder, **variables)
        assert checked.returncode == 0
        line, = re.findall(r"OPENAI_API_KEY.*", checked.stdout)
        assert "ABCD" in line and "of-the" not in line


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("OPENAI_API_KEY", "one\ntwo\n", "holds more than one line"),
        ("RELAY_DRIAN_S", "3", "RELAY_DRIAN_S: is not known; did you mean RELAY_DRAIN_S?"),
    ],
)
def test_a_credential_that_cannot_be_a_value_is_named(tmp_path, name, text, wanted):
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / name).write_text(text)
    checked = check(folder)
    assert checked.returncode == 78 and wanted in checked.stderr


def test_credentials_that_cannot_be_read_are_named(tmp_path):
    checked = check(tmp_path / "absent")
    assert checked.returncode == 78
    assert "CREDENTIALS_DIRECTORY: its folder cannot be read" in checked.stderr
