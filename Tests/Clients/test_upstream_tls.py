"""Upstreams whose certificate or TLS is no good get no request, and so no key."""

import datetime
import ipaddress
import socket
import ssl
import threading

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KEY = "sk-secret-that-must-not-leave-0123456789"


def certificate(folder, names, days):
    """Files of a self-signed certificate for the names, valid from yesterday for so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    start = now - datetime.timedelta(days=30)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([
                x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit()
                else x509.DNSName(name) for name in names
            ]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


class Upstream:
    """Takes connections, and keeps what comes decrypted."""

    def __init__(self, files, change=lambda context: None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)
        change(self.context)
        self.received = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(60)
            try:
                with self.context.wrap_socket(connection, server_side=True) as secure:
                    self.received.append(secure.recv(65536))
                    secure.sendall(
                        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
            except OSError:
                connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(60)


def only(version):
    def change(context):
        # This version needs what OpenSSL's own levels forbid.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return change


def ask(start_relay, upstream, file, **variables):
    relay = start_relay(
        OPENAI_BASE_URL=f"https://localhost:{upstream.port}/v1", OPENAI_API_KEY=KEY,
        SSL_CERT_FILE=file, **variables,
    )
    response = httpx.post(f"{relay.url}/chat/stream", json={"message": "hello"}, timeout=60)
    assert KEY not in response.text and KEY not in relay.log()
    return response


def refused(response):
    assert response.status_code == 502, response.text
    error = response.json()["error"]
    assert error["code"] == "tls_failed", error
    return error["message"].lower()


def test_a_certificate_that_is_good_gets_the_request(start_relay, tmp_path):
    files = certificate(tmp_path, ["localhost"], days=2)
    with Upstream(files, only(ssl.TLSVersion.TLSv1_2)) as upstream:
        assert ask(start_relay, upstream, files[0]).json()["error"]["code"] != "tls_failed"
        assert KEY.encode() in upstream.received[0]


@pytest.mark.parametrize("case", ["expired", "of another host", "of nobody we know"])
def test_a_certificate_that_is_no_good_gets_none(start_relay, tmp_path, case):
    name = "other.example" if case == "of another host" else "localhost"
    files = certificate(tmp_path, [name], days=-1 if case == "expired" else 2)
    trusted = files[0]
    if case == "of nobody we know":
        folder = tmp_path / "other"
        folder.mkdir()
        trusted = certificate(folder, ["localhost"], days=2)[0]
    with Upstream(files) as upstream:
        words = refused(ask(start_relay, upstream, trusted))
        assert "certificate" in words or "name" in words, words
        assert b"".join(upstream.received) == b""


# A machine whose OpenSSL forbids nothing: what is refused then, the relay refuses.
PERMISSIVE = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_version_of_tls_is_not_spoken(start_relay, tmp_path, version):
    files = certificate(tmp_path, ["localhost"], days=2)
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(PERMISSIVE)
    with Upstream(files, only(version)) as upstream:
        refused(ask(start_relay, upstream, files[0], OPENSSL_CONF=configuration))
        assert b"".join(upstream.received) == b""
