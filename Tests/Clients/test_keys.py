"""`sse-relay key …`: API keys are made, listed and removed, and a relay reads their file."""

import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import time

from conftest import BINARY, clean_environment

KEY = re.compile(r"relay_([0-9A-Za-z]{10})_([0-9A-Za-z_-]{43})")


def add(run_daemon, file, name, *options):
    done = run_daemon("key", "add", name, "--file", str(file), *options)
    assert done.returncode == 0, done.stderr
    return done


def wait_for(relay, line):
    deadline = time.monotonic() + 60
    while line not in relay.log():
        assert time.monotonic() < deadline, relay.log()
        time.sleep(0.01)


def test_a_key_is_printed_once_and_the_file_has_its_digest(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    done = add(run_daemon, file, "ann")
    key = done.stdout.removesuffix("\n")
    assert KEY.fullmatch(key)
    assert "not shown again" in done.stderr and key not in done.stderr
    assert done.stderr.count("\n") == 1
    entry = {
        "name": "ann", "id": KEY.fullmatch(key)[1],
        "sha256": hashlib.sha256(key.encode()).hexdigest(), "scopes": ["chat", "read", "delete"],
    }
    assert json.loads(file.read_text()) == {"keys": [entry]}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["keys.json"]


def test_keys_are_listed_without_digests_and_removed(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    keys = {
        "ann": add(run_daemon, file, "ann").stdout.strip(),
        "bob": add(run_daemon, file, "bob", "--scopes", "metrics,admin").stdout.strip(),
        "eve": add(run_daemon, file, "eve", "--scopes=chat").stdout.strip(),
    }
    content = json.loads(file.read_text())
    content["keys"][2] |= {"expires": "2027-01-31T12:00:00Z", "limits": {"tokens_per_day": 2500}}
    file.write_text(json.dumps(content, indent=2))
    done = run_daemon("key", "list", RELAY_API_KEYS_FILE=file)
    assert done.returncode == 0 and done.stderr == ""
    ids = {name: KEY.fullmatch(key)[1] for name, key in keys.items()}
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["ann", ids["ann"], "chat,read,delete", "never"],
        ["bob", ids["bob"], "admin", "never"],
        ["eve", ids["eve"], "chat", "2027-01-31T12:00:00.000Z"],
    ]
    assert run_daemon("key", "remove", "ann", RELAY_API_KEYS_FILE=file).returncode == 0
    content["keys"].pop(0)
    assert json.loads(file.read_text()) == content
    done = run_daemon("key", "remove", "ann", RELAY_API_KEYS_FILE=file)
    assert done.returncode == 1 and "no key is named ann" in done.stderr


def test_the_file_may_be_named_in_an_environment_file(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    (tmp_path / "other.env").write_text(f"RELAY_API_KEYS_FILE={file}\n")
    done = run_daemon("--env-file", "other.env", "key", "add", "ann")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(file.read_text())["keys"]) == 1
    done = run_daemon("key", "add", "ann")
    assert done.returncode == 78 and "RELAY_API_KEYS_FILE" in done.stderr


def test_what_is_wrong_changes_nothing(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    key = add(run_daemon, file, "ann").stdout.strip()
    before = file.read_bytes()
    for words, code in [
        (["add", "ann"], 1), (["add", "a b"], 64), (["add", key], 64),
        (["add", "bob", "--scopes", "chat,write"], 64), (["add"], 64), (["remove", "bob"], 1),
        (["list", "ann"], 64), (["lend", "ann"], 64),
    ]:
        done = run_daemon("key", *words, "--file", str(file))
        assert done.returncode == code, (words, done.stderr)
        assert done.stdout == "" and key not in done.stderr
        assert file.read_bytes() == before
    file.write_text('{"keys": [\n{"name": "ann", "key": "%s"}\n]}' % key)
    done = run_daemon("key", "add", "bob", "--file", str(file))
    assert done.returncode == 78 and f"{file} line 2, keys[0].key: " in done.stderr
    assert key not in done.stderr and key in file.read_text()


def test_of_keys_that_are_added_at_once_none_is_lost(tmp_path):
    file = tmp_path / "keys.json"
    names = [f"k{number}" for number in range(16)]
    running = [
        subprocess.Popen(
            [BINARY, "key", "add", name, "--file", file], env=clean_environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]
    printed = {name: one.communicate(timeout=60)[0] for name, one in zip(names, running)}
    assert all(one.returncode == 0 for one in running)
    entries = json.loads(file.read_text())["keys"]
    assert {entry["name"]: entry["sha256"] for entry in entries} == {
        name: hashlib.sha256(key.strip().encode()).hexdigest() for name, key in printed.items()
    }
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_wrong_file_stops_a_start_and_names_the_line(run_daemon, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text('{"keys": [\n{"name": "ann"}\n]}')
    done = run_daemon(RELAY_API_KEYS_FILE=file, RELAY_LISTEN="127.0.0.1:0")
    assert done.returncode == 78
    assert f"RELAY_API_KEYS_FILE: {file} line 2, keys[0].id: is needed" in done.stderr


def test_a_reload_reads_the_file_again_and_refuses_a_wrong_one(run_daemon, start_relay, tmp_path):
    file = tmp_path / "keys.json"
    add(run_daemon, file, "ann")
    relay = start_relay(RELAY_API_KEYS_FILE=file)
    add(run_daemon, file, "bob")
    relay.process.send_signal(signal.SIGHUP)
    wait_for(relay, "the configuration is reloaded: RELAY_API_KEYS_FILE")
    file.write_text('{"keys": [')
    relay.process.send_signal(signal.SIGHUP)
    wait_for(relay, f"nothing has changed: RELAY_API_KEYS_FILE: {file} line 1: no JSON")
