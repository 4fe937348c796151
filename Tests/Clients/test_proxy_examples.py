"""The package's examples for proxies: each in front of a relay, with other ports and a certificate."""

import os
import re
import shutil
import socket
import subprocess
import time

import httpx
import pytest

from conftest import REPOSITORY, wait_for

EXAMPLES = REPOSITORY / "packaging/examples"
NAME = "chat.example.com"
SLOW = {"message": "hi", "model": "simulator?tokens=20&interval_ms=100"}


def changed(path, *changes):
    """An example's text, in which each of the changes has a place."""
    text = (EXAMPLES / path).read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        assert count > 0, f"{path} has no {pattern}"
    return text


def nginx(folder, port, relay, certificate, key):
    site = changed(
        "nginx/sse-relay.conf", ("listen 443", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:8000", relay), (r"ssl_certificate \S+;", f"ssl_certificate {certificate};"),
        (r"ssl_certificate_key \S+;", f"ssl_certificate_key {key};"),
    )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nevents {{ worker_connections 64; }}\n"
        f"http {{\naccess_log off;\n{places}{site}}}\n"
    )
    return ["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]


def caddy(folder, port, relay, certificate, key):
    site = changed(
        "caddy/Caddyfile", ("127.0.0.1:8000", relay),
        (rf"(?m)^{NAME} {{", f"https://{NAME}:{port} {{\n\ttls {certificate} {key}"),
    )
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]


def haproxy(folder, port, relay, certificate, key):
    both = folder / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    (folder / "haproxy.cfg").write_text(changed(
        "haproxy/haproxy.cfg", ("bind :443", f"bind 127.0.0.1:{port}"),
        ("127.0.0.1:8000", relay), (r"crt \S+", f"crt {both}"),
    ))
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


@pytest.fixture(params=[nginx, caddy, haproxy], ids=lambda proxy: proxy.__name__)
def behind(request, start_relay, tmp_path, certificate_and_key):
    """The relay and the URL of a proxy before it."""
    program = shutil.which(request.param.__name__) or shutil.which(
        request.param.__name__, path="/usr/sbin"
    )
    if program is None:
        pytest.skip(f"there is no {request.param.__name__}")
    relay = start_relay(RELAY_HOSTS=NAME, RELAY_TRUSTED_PROXIES="loopback")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "proxy"
    folder.mkdir()
    _, *arguments = request.param(
        folder, port, relay.url.removeprefix("http://"), *certificate_and_key
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )

    def answers():
        assert process.poll() is None, (folder / "log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_for(answers, "the proxy")
    yield relay, port
    process.terminate()
    process.wait(60)


def test_an_example_passes_on_each_token_and_names_the_client(behind, tmp_path):
    relay, port = behind
    transport = httpx.HTTPTransport(verify=False)
    forged = {"X-Forwarded-For": "203.0.113.7"}
    with httpx.Client(transport=transport, headers={"Host": NAME} | forged, timeout=60) as client:
        options = {"extensions": {"sni_hostname": NAME}}
        page = client.get(f"https://127.0.0.1:{port}/", **options)
        assert page.status_code == 200 and "<html" in page.text
        first = None
        with client.stream(
            "POST", f"https://127.0.0.1:{port}/chat/stream", json=SLOW,
            headers={"Origin": f"https://{NAME}"}, **options
        ) as answer:
            assert answer.status_code == 200, answer.read()
            text = ""
            for piece in answer.iter_text():
                text += piece
                if first is None and "event: token" in text:
                    first = time.monotonic()
        assert "data: [DONE]" in text, relay.log() + (tmp_path / "proxy/log").read_text()
        # Nineteen tokens come after the first one.
        assert time.monotonic() - first > 1
        # The proxy may have added an address to what the client made up; it is never left out.
        wait_for(lambda: "POST /chat/stream" in relay.log(), "the line of the request")
        line = re.search(r"info (\S+) POST /chat/stream", relay.log())
        assert line[1] in ("203.0.113.7", "127.0.0.1")
