"""Proxies before the relay: nginx for requests, and preambles for connections."""

import re
import shutil
import socket
import subprocess

import httpx
import pytest

from conftest import wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CLIENT = "203.0.113.7"
HELLO = {"message": "hi", "model": "simulator?say=hello&interval_ms=0"}

# nginx has to be told which address a client has: all clients of a test are on this machine.
CONFIGURATION = """
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {relay};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto {scheme};
            proxy_buffering off;
            proxy_read_timeout 1h;
        }}
    }}
}}
"""


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start_nginx(tmp_path):
    """`start_nginx(relay)` starts one before a relay, and returns its base URL."""
    if NGINX is None:
        pytest.skip("there is no nginx")
    started = []

    def start(relay, scheme="$scheme"):
        folder = tmp_path / f"nginx-{len(started)}"
        folder.mkdir()
        # A port that is free now may be another's at the start: then it is tried again.
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            file = folder / "nginx.conf"
            file.write_text(
                CONFIGURATION.format(folder=folder, port=port, relay=relay.url, scheme=scheme)
            )
            process = subprocess.Popen(
                [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            started.append(process)
            wait_for(lambda: process.poll() is not None or accepts(port), "nginx")
            if process.poll() is None:
                return f"http://127.0.0.1:{port}"
        raise AssertionError((folder / "error.log").read_text())

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def addresses(relay, path="/healthz"):
    """The clients of the path's requests, as the log has them."""
    return re.findall(rf"info (\S+) [A-Z]+ {path} ", relay.log())


@pytest.mark.thorough
def test_nginx_names_the_client_and_a_forged_address_is_not_believed(start_relay, start_nginx):
    relay = start_relay(RELAY_TRUSTED_PROXIES="127.0.0.1")
    url = start_nginx(relay)
    # nginx appends 127.0.0.1, which is the client here and is trusted: what is left of it counts.
    forged = {"X-Forwarded-For": f"192.0.2.66, {CLIENT}", "Forwarded": "for=198.51.100.1"}
    assert httpx.get(f"{url}/healthz", headers=forged, timeout=60).status_code == 200
    wait_for(lambda: addresses(relay) == [CLIENT], "the client's address")
    assert "192.0.2.66" not in relay.log() and "198.51.100.1" not in relay.log()
    # A stream comes through it token by token.
    with httpx.stream("POST", f"{url}/chat/stream", json=HELLO, timeout=60) as response:
        assert response.status_code == 200
        assert "data: [DONE]" in response.read().decode()


@pytest.mark.thorough
def test_without_the_setting_nothing_of_it_is_believed(start_relay, start_nginx):
    relay = start_relay()
    url = start_nginx(relay)
    forged = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}
    assert httpx.get(f"{url}/healthz", headers=forged, timeout=60).status_code == 200
    assert httpx.get(f"{relay.url}/healthz", headers=forged, timeout=60).status_code == 200
    wait_for(lambda: addresses(relay) == ["127.0.0.1"] * 2, "the proxy's address")


@pytest.mark.thorough
def test_behind_https_a_page_by_plain_http_is_a_foreign_one(start_relay, start_nginx):
    relay = start_relay(RELAY_TRUSTED_PROXIES="loopback", RELAY_HOSTS="chat.example")
    url = start_nginx(relay, scheme="https")
    for origin, status in [("https://chat.example", 200), ("http://chat.example", 403)]:
        headers = {"Origin": origin, "Host": "chat.example"}
        response = httpx.post(f"{url}/chat/stream", json=HELLO, headers=headers, timeout=60)
        assert response.status_code == status, response.text
    # Whoever reaches the relay without the proxy says nothing about it, as before.
    plain = start_relay(RELAY_HOSTS="chat.example")
    headers = {"Origin": "http://chat.example", "Host": "chat.example"}
    response = httpx.post(f"{plain.url}/chat/stream", json=HELLO, headers=headers, timeout=60)
    assert response.status_code == 200, response.text


REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LINE = f"PROXY TCP4 {CLIENT} 192.0.2.1 4711 443\r\n".encode()
BINARY = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f" + socket.inet_aton(CLIENT)
    + socket.inet_aton("192.0.2.1") + b"\x12\x67\x01\xbb" + b"\x04\x00\x00"
)


def said(relay, *pieces):
    """What comes back on a connection of its own."""
    with socket.create_connection(("127.0.0.1", relay.port), timeout=60) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while data := connection.recv(65536):
            received += data
        return received


def test_a_preamble_of_each_version_names_the_client(start_relay):
    relay = start_relay(RELAY_TRUSTED_PROXIES="loopback", RELAY_PROXY_PROTOCOL=1)
    for pieces in [(LINE + REQUEST,), (LINE, REQUEST), (BINARY + REQUEST,),
                   (BINARY[:13], BINARY[13:] + REQUEST)]:
        assert said(relay, *pieces).startswith(b"HTTP/1.1 200 ")
    wait_for(lambda: addresses(relay) == [CLIENT] * 4, "the client's address")
    assert b'"proxy_protocol"' in said(relay, REQUEST)
    line = '127.0.0.1 status=400 reason="the connection\'s PROXY preamble has none'
    assert line in relay.log()
    # Without a line for each request, too.
    quiet = start_relay(
        RELAY_TRUSTED_PROXIES="loopback", RELAY_PROXY_PROTOCOL=1, RELAY_LOG_REQUESTS=0
    )
    assert b'"proxy_protocol"' in said(quiet, REQUEST)
    wait_for(lambda: line in quiet.log(), "the refusal's line")


def test_a_preamble_that_nobody_asked_for_is_a_bad_request(start_relay):
    relay = start_relay(RELAY_TRUSTED_PROXIES="192.0.2.1", RELAY_PROXY_PROTOCOL=1)
    for preamble in [LINE, BINARY]:
        answer = said(relay, preamble + REQUEST)
        assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 501"), answer
    assert said(relay, REQUEST).startswith(b"HTTP/1.1 200 ")
    assert CLIENT not in "".join(addresses(relay))


def test_who_is_trusted_changes_at_a_reload(start_relay):
    relay = start_relay()
    file = relay.directory / ".env"
    headers = {"X-Forwarded-For": CLIENT}
    for number, (value, client) in enumerate([("loopback", CLIENT), ("nonsense", CLIENT), ("", "127.0.0.1")]):
        file.write_text(f"RELAY_TRUSTED_PROXIES={value}\n")
        seen = len(relay.log())
        relay.process.send_signal(1)
        wait_for(lambda: "RELAY_TRUSTED_PROXIES" in relay.log()[seen:], "the reload")
        assert httpx.get(f"{relay.url}/healthz", headers=headers, timeout=60).status_code == 200
        wait_for(lambda: len(addresses(relay)) == number + 1, "its line")
        assert addresses(relay)[-1] == client, relay.log()


def test_a_wrong_entry_stops_the_start(run_daemon):
    for variables, words in [
        ({"RELAY_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.1/8"}, "10.0.0.1/8"),
        ({"RELAY_TRUSTED_PROXIES": "proxy.example"}, "proxy.example"),
        ({"RELAY_PROXY_PROTOCOL": "1"}, "RELAY_TRUSTED_PROXIES"),
    ]:
        done = run_daemon(**variables)
        assert done.returncode == 78 and words in done.stderr, done.stderr
