"""The relay as its clients see it: the release binary, on a port of its own, with a new folder.

With no key set, the simulator that is part of the daemon answers. Nothing leaves the machine.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import httpx
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("RELAY_BINARY") or REPOSITORY / ".build/release/sse-relay")
SIMULATOR = re.compile(r"built-in simulator answers \(at (http://127\.0\.0\.1:\d+)\)")
LISTENING = re.compile(r"listening on http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)")

# A proxy of the developer's machine must not be used for the loopback.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
# Nor are certificates needed: clients use plain HTTP, and httpx would spend 50 ms of each request to
# read those of the machine.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull


def clean_environment():
    """The developer's own keys and settings must not reach the relay under test."""
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "NO_PROXY", "no_proxy")
    return {name: os.environ[name] for name in kept if name in os.environ}


def wait_for(condition, what, seconds=60):
    """Waits until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


class Relay:
    """One relay process that can be stopped and started again on the same port and folder."""

    def __init__(self, directory, variables):
        self.directory = pathlib.Path(directory)
        self.data = pathlib.Path(variables.get("RELAY_DATA_DIR", self.directory / "data"))
        self.port = 0
        self.command = [BINARY]
        # Descriptors that it is given.
        self.given = ()
        self.process = None
        self._log = self.directory / "stderr.log"
        self.environment = clean_environment() | {
            "RELAY_DATA_DIR": str(self.data),
            "RELAY_STATIC_DIR": str(REPOSITORY / "static"),
            "RELAY_DRAIN_S": "2",
        }
        self.environment |= {name: str(value) for name, value in variables.items()}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout=60):
        """Starts the process and waits for its start-up line."""
        assert self.process is None, "the relay is running already"
        environment = {"RELAY_LISTEN": f"127.0.0.1:{self.port}"} | self.environment
        seen = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=self.given,
            )
        deadline = time.monotonic() + timeout
        while True:
            line = LISTENING.search(self._log.read_bytes()[seen:].decode())
            if line:
                self.port = int(line[1])
                return
            code = self.process.poll()
            if code is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"no start-up line (exit code {code}):\n{self.log()}")
            time.sleep(0.005)

    def stop(self, timeout=60):
        """Sends SIGTERM and returns the exit code; None when nothing is running."""
        if self.process is None:
            return None
        self.process.terminate()
        return self.wait(timeout)

    def wait(self, timeout=60):
        """Waits for the process to end by itself and returns its exit code."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {timeout} s:\n{self.log()}") from None
        self.process = None
        return code

    def kill(self):
        """Ends the process at once, as a crash or a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def log(self):
        """Everything that was written to stderr and stdout, over all starts."""
        return self._log.read_text(errors="replace")

    def calls(self, path=""):
        """What the built-in simulator has counted; `?prompt=…` asks for one question."""
        url = SIMULATOR.search(self.log())[1]
        return httpx.get(f"{url}/simulator/calls{path}", timeout=60).json()

    def history(self, count=None):
        """The whole records of the history file; with `count`, waits for that many."""
        deadline = time.monotonic() + 60
        while True:
            records = self._records()
            if count is None or len(records) == count:
                return records
            if len(records) > count or time.monotonic() > deadline:
                found = f"{len(records)} records, not {count}"
                raise AssertionError(f"{found}: {records}\n{self.log()}")
            time.sleep(0.01)

    def _records(self):
        file = self.data / "history.jsonl"
        if not file.exists():
            return []
        whole, _, _ = file.read_bytes().rpartition(b"\n")
        return [json.loads(line) for line in whole.split(b"\n") if line]


# What scripts/test leaves out without an option, and why; everything else is its end-to-end part.
THOROUGH = {
    "test_crash.py": "100 kills",
    "test_storage_faults.py": "every way in which a disk fails, a minute of them",
    "test_upstream_network.py": "an upstream with HTTP/2 and TLS",
    "test_upstream_tls.py": "upstreams with TLS",
    "test_openai_sdk.py": "another client than curl and the page",
    "test_other_routes.py": "another client than curl and the page",
    "test_agents.py": "other clients than curl and the page",
    "test_strict_models.py": "the vendors' own libraries",
    "test_llama_cpp.py": "a real model",
    "test_real_upstreams.py": "other people's servers",
    "test_leaving.py": "other clients than curl and the page",
    "test_open_webui.py": "ten minutes of installation",
    "test_keep_alives.py": "other clients than curl and the page",
    "test_slow_clients.py": "two minutes of attacks",
    "test_package.py": "machines that are booted",
    "test_proxy_examples.py": "three proxies",
    "test_soak.py": "minutes of clients at random",
    "test_page_resume.py": "more than the page's core, and minutes of it",
    "test_page_devices.py": "more than the page's core, with a second browser",
    "test_page_conversations.py": "more than the page's core",
}


def interrupt(_number, _frame):
    """Lets everything that the tests started and mounted end with them, as at a Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)
    config.addinivalue_line("markers", "long: waits for a real clock; run by scripts/test --long")
    config.addinivalue_line("markers", "thorough: run by scripts/test --thorough, not without it")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name in THOROUGH:
            item.add_marker("thorough")
    if not os.environ.get("RELAY_TEST_LONG"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="scripts/test --long runs it"))


@pytest.fixture
def unused_port():
    """A port of the loopback without a server: it stays bound here, and refuses."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(scope="session")
def certificate_and_key(tmp_path_factory):
    """Files for an upstream at `localhost`, with a self-signed certificate."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60,
    )
    return certificate, key


@pytest.fixture
def start_relay(tmp_path):
    """`start_relay(RELAY_KEEPALIVE_S=1, …)` starts a relay, which must also end well."""
    relays = []

    def start(**variables):
        directory = tmp_path / f"relay-{len(relays)}"
        directory.mkdir()
        relay = Relay(directory, variables)
        relays.append(relay)
        relay.start()
        return relay

    yield start
    codes = [(relay, relay.stop()) for relay in relays]
    for relay, code in codes:
        assert code in (None, 0), f"ended with {code}:\n{relay.log()}"


@pytest.fixture
def relay(start_relay):
    """A relay with the embedded simulator and all settings at their defaults, except for the drain time."""
    return start_relay()


@pytest.fixture
def run_daemon(tmp_path):
    """`run_daemon("--check", RELAY_LOOPS=1)` runs the binary to its end, which must come soon."""

    def run(*arguments, timeout=60, **variables):
        environment = clean_environment() | {"RELAY_STATIC_DIR": str(REPOSITORY / "static")}
        environment |= {name: str(value) for name, value in variables.items()}
        return subprocess.run(
            [BINARY, *arguments], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout,
        )

    return run
