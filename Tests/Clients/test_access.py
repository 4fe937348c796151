"""Real clients with the relay's keys, and tokens of the libraries that people make them with."""

import contextlib
import http.server
import json
import signal
import socket
import subprocess
import threading
import time

import httpx
import jwt
import openai
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk
from joserfc import jwt as jose
from made_keys import key_of

MESSAGES = [{"role": "user", "content": "hi"}]
HELLO = "simulator?say=hello&interval_ms=0"
SECRET = "u8jzPde0IgxLd6GncfBAepfJBd0Kh8oOOL8dKLzdocJ2isAjIhKtJ0RlgLKOmxgJ"


def library(relay, key):
    return openai.OpenAI(base_url=f"{relay.url}/v1", api_key=key, max_retries=0, timeout=20)


def ask(client):
    return client.chat.completions.create(model=HELLO, messages=MESSAGES)


def test_openais_library_with_a_key_and_its_classes_of_errors(start_relay, run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    ann = key_of(run_daemon, file, "ann")
    eve = key_of(run_daemon, file, "eve", "--scopes", "read")
    content = json.loads(file.read_text())
    content["keys"][0]["limits"] = {"requests_per_minute": 2}
    file.write_text(json.dumps(content))
    relay = start_relay(RELAY_API_KEYS_FILE=file)
    with library(relay, ann) as client:
        assert ask(client).choices[0].message.content == "hello"
        chunks = client.chat.completions.create(model=HELLO, messages=MESSAGES, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "hello"
        assert client.models.list().data
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client)
        assert refused.value.code == "requests_per_minute"
        assert int(refused.value.response.headers["retry-after"]) in range(1, 61)
    with library(relay, eve) as client, pytest.raises(openai.PermissionDeniedError) as refused:
        ask(client)
    assert refused.value.code == "insufficient_scope"
    for wrong in ["sk-a-vendors-key", ann[:-1] + ("A" if ann[-1] != "A" else "B")]:
        with library(relay, wrong) as client, pytest.raises(openai.AuthenticationError):
            ask(client)
    log = relay.log()
    assert ann not in log and eve not in log and "sk-a-vendors-key" not in log
    assert "an unknown key" in log
    # Neither is in any file of the relay.
    for path in relay.data.rglob("*"):
        if path.is_file():
            assert ann.encode() not in path.read_bytes()


def test_curl_with_a_key_in_each_field(start_relay, run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    ann = key_of(run_daemon, file, "ann")
    relay = start_relay(RELAY_API_KEYS_FILE=file)
    for field in [f"Authorization: Bearer {ann}", f"x-api-key: {ann}", f"api-key: {ann}"]:
        done = subprocess.run(
            [
                "curl", "-sSN", "--max-time", "20", "-H", field, f"{relay.url}/chat/stream",
                "-d", json.dumps({"message": "hi", "model": HELLO}),
            ],
            capture_output=True, text=True, timeout=30,
        )
        assert "data: hello" in done.stdout and "data: [DONE]" in done.stdout
    denied = httpx.post(f"{relay.url}/chat/stream", json={"message": "hi"})
    assert denied.status_code == 401
    assert denied.headers["www-authenticate"].startswith("Bearer")


def test_a_key_that_is_removed_counts_no_more_after_a_reload(start_relay, run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    ann = key_of(run_daemon, file, "ann")
    relay = start_relay(RELAY_API_KEYS_FILE=file)
    headers = {"x-api-key": ann}
    assert httpx.get(f"{relay.url}/v1/models", headers=headers).status_code == 200
    assert run_daemon("key", "remove", "ann", "--file", str(file)).returncode == 0
    relay.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while httpx.get(f"{relay.url}/v1/models", headers=headers).status_code != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # A file that is wrong changes nothing, and the log says why.
    file.write_text('{"keys": [{"name": "ann"}]}')
    relay.process.send_signal(signal.SIGHUP)
    while "keys[0]" not in relay.log():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert httpx.get(f"{relay.url}/v1/models", headers=headers).status_code == 401
    assert httpx.get(f"{relay.url}/healthz").status_code == 200


def pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def claims(**more):
    now = int(time.time())
    return {"sub": "ann", "iat": now, "exp": now + 600, "iss": "i", "aud": "relay"} | more


def status(relay, token):
    response = httpx.get(
        f"{relay.url}/v1/models", headers={"Authorization": f"Bearer {token}"}
    )
    return response.status_code


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_tokens_with_a_secret(start_relay, algorithm):
    relay = start_relay(
        RELAY_JWT_SECRET=SECRET, RELAY_JWT_ISSUER="i", RELAY_JWT_AUDIENCE="relay,other"
    )
    assert status(relay, jwt.encode(claims(), SECRET, algorithm)) == 200
    key = jwk.OctKey.import_key(SECRET)
    assert status(relay, jose.encode({"alg": algorithm}, claims(), key, algorithms=[algorithm])) == 200
    now = int(time.time())
    for wrong in [
        {"exp": now - 120}, {"nbf": now + 600}, {"iss": "other"}, {"aud": "else"},
        {"exp": str(now + 600)}, {"sub": ""}, {"sub": "a\nb"},
    ]:
        payload = claims(**wrong)
        token = jose.encode({"alg": algorithm}, payload, key, algorithms=[algorithm])
        assert status(relay, token) == 401, wrong
    forged = jwt.encode(claims(), SECRET[::-1], algorithm)
    assert status(relay, forged) == 401
    assert status(relay, jwt.encode(claims(), None, "none")) == 401
    log = relay.log()
    for word in ["expired", "not_yet_valid", "wrong_issuer", "wrong_audience", "bad_signature"]:
        assert word in log, word
    assert forged not in log and SECRET not in log


@pytest.mark.parametrize(
    "algorithm", ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
)
def test_tokens_with_a_pair_of_keys(start_relay, tmp_path, algorithm):
    make = {
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }
    key = make.get(algorithm, lambda: rsa.generate_private_key(65537, 2048))()
    file = tmp_path / "issuer.pem"
    file.write_text(pem(key))
    relay = start_relay(RELAY_JWT_KEY_FILE=file, RELAY_JWT_AUDIENCE="relay")
    token = jwt.encode(claims(), key, algorithm)
    assert status(relay, token) == 200
    assert status(relay, token[:-4] + "AAAA") == 401
    # The public key, which everybody has, is no secret.
    confused = jwt.api_jws.PyJWS()
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    body = token.split(".")[1]
    signing = f"{header}.{body}".encode()
    mac = confused.get_algorithm_by_name("HS256").sign(signing, pem(key).encode())
    forged = f"{header}.{body}.{jwt.utils.base64url_encode(mac).decode()}"
    assert status(relay, forged) == 401


def test_a_key_set_says_which_key_by_its_id(start_relay, tmp_path):
    keys = [jwk.RSAKey.generate_key(2048, {"kid": "one"}), jwk.ECKey.generate_key("P-256", {"kid": "two"})]
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))
    relay = start_relay(RELAY_JWT_KEY_FILE=file, RELAY_JWT_AUDIENCE="relay")
    first = jose.encode({"alg": "RS256", "kid": "one"}, claims(), keys[0])
    second = jose.encode({"alg": "ES256", "kid": "two"}, claims(), keys[1])
    swapped = jose.encode({"alg": "ES256", "kid": "one"}, claims(), keys[1])
    unknown = jose.encode({"alg": "ES256", "kid": "three"}, claims(), keys[1])
    found = [status(relay, token) for token in [first, second, swapped, unknown]]
    assert found == [200, 200, 401, 401]
    assert "unknown_key" in relay.log()


@contextlib.contextmanager
def issuer(keys, port=0):
    """Publishes the public halves of a list of keys, as it is at the time."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def token_of(algorithm, key):
    header = {"alg": algorithm, "kid": key.kid}
    return jose.encode(header, claims(), key, algorithms=[algorithm])


def test_keys_that_an_issuer_publishes_in_every_algorithm(start_relay):
    keys = [
        jwk.RSAKey.generate_key(2048, {"kid": "rsa"}), jwk.ECKey.generate_key("P-256", {"kid": "ec"}),
        jwk.ECKey.generate_key("P-384", {"kid": "long"}),
        jwk.OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    ]
    with issuer(keys) as url:
        relay = start_relay(RELAY_JWT_JWKS_URL=url, RELAY_JWT_AUDIENCE="relay")
        for algorithm, key in [
            ("RS256", keys[0]), ("PS512", keys[0]), ("ES256", keys[1]), ("ES384", keys[2]),
            ("EdDSA", keys[3]),
        ]:
            assert status(relay, token_of(algorithm, key)) == 200, algorithm
        # One key's id with another's signature.
        swapped = jose.encode({"alg": "ES256", "kid": "rsa"}, claims(), keys[1])
        assert status(relay, swapped) == 401
        stranger = jwk.ECKey.generate_key("P-256", {"kid": "stranger"})
        assert status(relay, token_of("ES256", stranger)) == 401
    assert "unknown_key" in relay.log() and "4 keys" in relay.log()


def test_a_relay_starts_without_its_issuer_and_asks_clients_to_wait(start_relay):
    key = jwk.ECKey.generate_key("P-256", {"kid": "one"})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    relay = start_relay(
        RELAY_JWT_JWKS_URL=f"http://127.0.0.1:{port}/jwks", RELAY_JWT_AUDIENCE="relay"
    )
    token = token_of("ES256", key)
    refused = httpx.get(f"{relay.url}/v1/models", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "key_set_unavailable"
    assert int(refused.headers["retry-after"]) in range(1, 61)
    assert "key set unreachable" in relay.log() and token not in relay.log()
    with issuer([key], port):
        deadline = time.monotonic() + 90
        while status(relay, token) != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    # The set outlives its issuer.
    assert status(relay, token_of("ES256", key)) == 200


@pytest.mark.thorough
def test_an_issuer_changes_its_keys_while_the_relay_serves(start_relay):
    keys = [jwk.RSAKey.generate_key(2048, {"kid": "first"})]
    with issuer(keys) as url:
        relay = start_relay(RELAY_JWT_JWKS_URL=url, RELAY_JWT_AUDIENCE="relay")
        first = token_of("RS256", keys[0])
        assert status(relay, first) == 200
        keys.append(jwk.ECKey.generate_key("P-256", {"kid": "second"}))
        second = token_of("ES256", keys[1])
        # Within half a minute the relay does not ask again.
        deadline = time.monotonic() + 90
        while (found := status(relay, second)) != 200:
            assert found == 401 and time.monotonic() < deadline
            time.sleep(0.5)
        assert status(relay, first) == 200


def test_an_address_of_keys_that_cannot_be_meant_stops_the_start(run_daemon, tmp_path):
    for wrong in ["http://login.example.com/jwks", "login.example.com", "https://a:sesame@b/jwks"]:
        done = run_daemon("--check", RELAY_JWT_JWKS_URL=wrong)
        assert done.returncode == 78 and "RELAY_JWT_JWKS_URL" in done.stderr
        assert "sesame" not in done.stderr
    both = run_daemon("--check", RELAY_JWT_JWKS_URL="https://a.example/jwks", RELAY_JWT_SECRET=SECRET)
    assert both.returncode == 78 and SECRET not in both.stderr


def test_a_relay_with_keys_listens_where_others_reach_it(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    key_of(run_daemon, file, "ann")
    open_address = {"RELAY_LISTEN": "0.0.0.0:0"}
    assert run_daemon("--check", **open_address).returncode == 78
    assert run_daemon("--check", RELAY_API_KEYS_FILE=file, **open_address).returncode == 0
    both = run_daemon("--check", RELAY_API_KEYS_FILE=file, RELAY_ALLOW_ANONYMOUS=1)
    assert both.returncode == 78 and "RELAY_ALLOW_ANONYMOUS" in both.stderr


def audited(file, kind, count=1):
    """The events of a kind, once there are so many."""
    deadline = time.monotonic() + 60
    while True:
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        events = [line for line in lines if line["event"] == kind]
        if len(events) >= count:
            return events
        assert time.monotonic() < deadline, lines
        time.sleep(0.02)


def test_an_audit_log_that_is_rotated_says_who_did_what(start_relay, run_daemon, tmp_path):
    keys, file, moved = tmp_path / "keys.json", tmp_path / "audit.jsonl", tmp_path / "audit.1"
    ann = key_of(run_daemon, keys, "ann")
    relay = start_relay(RELAY_API_KEYS_FILE=keys, RELAY_AUDIT_LOG=file)
    with library(relay, ann) as client:
        ask(client)
    began = audited(file, "began")[0]
    assert began["owner"] == "key/ann" and began["path"] == "/v1/chat/completions"
    assert file.stat().st_mode & 0o777 == 0o600
    file.rename(moved)
    relay.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with library(relay, "relay_no_key") as client, pytest.raises(openai.AuthenticationError):
        ask(client)
    assert audited(file, "refused")[0]["status"] == 401
    assert relay.stop() == 0
    text = file.read_text() + moved.read_text()
    assert ann not in text and "relay_no_key" not in text and "hello" not in text
    assert "refused" not in moved.read_text()


def test_an_audit_log_that_cannot_be_kept_stops_the_start(run_daemon, tmp_path):
    # The check opens no files; the start does.
    done = run_daemon(RELAY_AUDIT_LOG=tmp_path, RELAY_LISTEN="127.0.0.1:0")
    assert done.returncode == 78 and "RELAY_AUDIT_LOG" in done.stderr
