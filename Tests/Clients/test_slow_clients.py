"""Clients that hold the relay up, each kind beside 200 honest streams, which must not notice.

The limits are set low, so that the clocks of the relay run out within the test. An address's own limit
does not count on the loopback.
"""

import concurrent.futures
import contextlib
import resource
import shutil
import socket
import struct
import subprocess
import threading
import time

import httpx
import pytest

from conftest import Relay
from holdings import Holdings
from honest_readers import Watch

# How long the honest streams of a test last, in seconds.
LENGTH = 14
PATIENCE = 60
CONNECTIONS = 1000
# What is given back to the system after a rush is all but a few pages here and there.
RESIDENT_MB = 24


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """One relay for all tests, after honest streams that nobody disturbed."""
    # What tests open beside the relay needs more descriptors than the usual 1024.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    relay = Relay(tmp_path_factory.mktemp("relay"), {
        "RELAY_LOOPS": 2, "RELAY_MAX_CONNECTIONS": CONNECTIONS, "RELAY_REQUEST_HEAD_S": 3,
        "RELAY_REQUEST_BODY_S": 3, "RELAY_READER_STALL_S": 3, "RELAY_CONNECTION_IDLE_S": 5,
        "RELAY_LOG_REQUESTS": 0, "RELAY_RESUME_S": 1,
    })
    relay.start()
    yield relay
    code = relay.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert code == 0, relay.log()


@pytest.fixture(scope="module")
def usual(relay):
    with Watch(relay, 6) as watch:
        pass
    watch.check()
    # What is free is given back to the system two seconds after the end of an answer.
    time.sleep(3)
    return Holdings(relay)


def asking(number, **options):
    model = "simulator%3F" + "%26".join(f"{name}={value}" for name, value in options.items())
    return (
        f"GET /chat/stream?prompt=rush-{number}&on_disconnect=cancel&model={model} HTTP/1.1\r\n"
        "Host: localhost\r\n\r\n"
    ).encode()


def slowhttptest(relay, *options, path="/"):
    return subprocess.Popen(
        ["slowhttptest", *options, "-l", str(LENGTH - 4), "-p", "10",
         "-u", f"{relay.url}{path}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def newcomers(relay):
    """Somebody new asks all the time, and must be answered at last."""
    stop = threading.Event()
    refused = []

    def ask():
        while not stop.is_set():
            # Where all places are taken, the answer is 503 with `Retry-After`.
            status = httpx.get(f"{relay.url}/healthz", timeout=PATIENCE).status_code
            if status != 200:
                refused.append(status)
            stop.wait(0.25)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            yield refused
        finally:
            stop.set()
        asked.result(PATIENCE)


@pytest.mark.skipif(not shutil.which("slowhttptest"), reason="slowhttptest is missing")
@pytest.mark.parametrize("kind", ["heads", "bodies", "readers"])
def test_slow_heads_bodies_and_readers_hold_nobody_up(relay, usual, kind):
    options = {
        "heads": ["-H", "-c", "600", "-r", "200", "-i", "1"],
        "bodies": ["-B", "-c", "600", "-r", "200", "-i", "1", "-s", "8192"],
        # A window of a few bytes, read at a byte a second.
        "readers": ["-X", "-c", "100", "-r", "100", "-w", "8", "-y", "16", "-n", "1", "-z", "1"],
    }[kind]
    long = "/chat/stream?prompt=slow&model=simulator%3Ftokens=20000%26interval_ms=5"
    path = {"heads": "/", "bodies": "/chat/stream", "readers": long}[kind]
    with Watch(relay, LENGTH) as watch, newcomers(relay) as refused:
        attack = slowhttptest(relay, *options, path=path)
        try:
            attack.wait(PATIENCE)
        finally:
            attack.kill()
            attack.wait(PATIENCE)
    watch.check()
    assert not refused, refused
    usual.check(RESIDENT_MB)


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is missing")
def test_clients_that_ask_as_fast_as_they_can_hold_nobody_up(relay, usual):
    with Watch(relay, LENGTH) as watch:
        done = subprocess.run(
            ["wrk", "-t", "1", "-c", "200", "-d", f"{LENGTH - 5}s", f"{relay.url}/healthz"],
            capture_output=True, text=True, timeout=PATIENCE,
        )
    assert done.returncode == 0 and "Non-2xx" not in done.stdout, done.stdout
    watch.check()
    usual.check(RESIDENT_MB)


def test_more_connections_than_there_may_be_are_refused_and_hold_nobody_up(relay, usual):
    refused = 0
    deadline = time.monotonic() + LENGTH - 5
    with Watch(relay, LENGTH) as watch:
        while time.monotonic() < deadline:
            with contextlib.ExitStack() as held:
                # The others are closed at once, with or without the words for it.
                for _ in range(2 * CONNECTIONS):
                    client = held.enter_context(socket.socket())
                    client.settimeout(PATIENCE)
                    try:
                        client.connect(("127.0.0.1", relay.port))
                        client.setblocking(False)
                        client.recv(1)
                        refused += 1
                    except BlockingIOError:
                        pass
                    except OSError:
                        refused += 1
    watch.check()
    assert refused > 0
    usual.check(RESIDENT_MB)


def test_thousands_of_resets_in_the_middle_of_answers_hold_nobody_up(relay, usual):
    reset = struct.pack("ii", 1, 0)
    began = time.monotonic()
    resets = 0
    with Watch(relay, LENGTH) as watch:
        while resets < 3000 and time.monotonic() < began + LENGTH + PATIENCE:
            clients = []
            for number in range(50):
                client = socket.create_connection(("127.0.0.1", relay.port), PATIENCE)
                client.sendall(asking(resets + number, tokens=1000, interval_ms=5))
                clients.append(client)
            for client in clients:
                assert client.recv(65536).startswith(b"HTTP/1.1 200")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                client.close()
            resets += len(clients)
    watch.check()
    assert resets >= 3000
    usual.check(RESIDENT_MB)


def test_without_a_descriptor_left_open_streams_go_on(relay, usual):
    pid = relay.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with Watch(relay, LENGTH) as watch, contextlib.ExitStack() as held:
        # None of these can be accepted until there are descriptors again.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            waiting = []
            for number in range(200):
                client = socket.create_connection(("127.0.0.1", relay.port), PATIENCE)
                waiting.append(held.enter_context(client))
                client.sendall(asking(number, tokens=3, interval_ms=1))
            time.sleep(LENGTH / 2)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        for client in waiting:
            assert client.recv(12) == b"HTTP/1.1 200"
    watch.check()
    usual.check(RESIDENT_MB)
