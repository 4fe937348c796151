"""`sse-relay history …`: the files are read beside a relay, and changed by it or without one."""

import hashlib
import json
import os
import shutil
import socket
import stat

import httpx
import pytest


def say(relay, message, conversation, key=None, model="simulator?echo=1&interval_ms=0"):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"message": message, "model": model}
    if conversation:
        body["conversation"] = conversation
    answer = httpx.post(f"{relay.url}/chat/stream", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text


def line(name, conversation="c", text="hello", owner=None, asked="q"):
    """A record as the relay writes it, as far as the command cares."""
    return json.dumps({
        "id": name, "conversation": conversation, "user": None, "owner": owner,
        "started_at": "2026-01-01T00:00:00.000Z", "key": "secret-key", "fingerprint": "f",
        "messages": [{"role": "user", "content": asked}], "ended_at": "2026-01-01T00:00:01.000Z",
        "content": text, "status": "complete",
    }, separators=(",", ":")).encode()


def digests(folder):
    """What is in a folder: names, bytes and times of change."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.iterdir() if path.is_file()
    }


@pytest.fixture
def history(run_daemon):
    """`history(folder, "list")` runs the command on a data folder."""

    def run(folder, *arguments):
        return run_daemon("history", *arguments, RELAY_DATA_DIR=folder)

    return run


@pytest.fixture
def written(tmp_path):
    """`written(lines…)` makes a data folder whose history has these lines."""

    def make(*lines, tail=b""):
        folder = tmp_path / "written"
        folder.mkdir(mode=0o700)
        (folder / "history.jsonl").write_bytes(b"".join(part + b"\n" for part in lines) + tail)
        return folder

    return make


@pytest.mark.parametrize("runs", [True, False])
def test_reading_commands_say_what_is_there_and_change_no_byte(start_relay, history, runs):
    relay = start_relay()
    say(relay, "Where shall I go?", "trip")
    say(relay, "And in June?", "trip")
    say(relay, "alone", None)
    relay.history(3)
    if not runs:
        assert relay.stop() == 0
    before = digests(relay.data)
    listed = history(relay.data, "list", "--json")
    (row,) = [json.loads(one) for one in listed.stdout.splitlines()]
    assert (row["id"], row["owner"], row["records"]) == ("trip", None, 2)
    assert row["title"] == "Where shall I go?" and row["first"] < row["last"]
    shown = history(relay.data, "show", "trip").stdout
    assert shown.index("Where shall I go?") < shown.index("And in June?")
    records = [json.loads(one) for one in history(relay.data, "export").stdout.splitlines()]
    kept = [{k: v for k, v in one.items() if k not in ("key", "fingerprint")}
            for one in relay.history()]
    assert records == kept
    one = history(relay.data, "export", "trip").stdout.splitlines()
    assert [json.loads(text) for text in one] == kept[:2]
    text = history(relay.data, "export", "--format", "markdown").stdout
    heads = [one for one in text.splitlines() if one.startswith("# ")]
    assert heads == ["# `trip`", f"# `{kept[2]['id']}`"] and "> alone" in text
    checked = history(relay.data, "verify")
    assert checked.returncode == 0 and checked.stdout.endswith("3 records\nwhole\n")
    assert history(relay.data, "list").stdout.startswith("trip  -  2 records  ")
    assert digests(relay.data) == before


def test_a_deletion_beside_a_relay_holds_at_once_and_after_a_restart(start_relay, history):
    relay = start_relay(RELAY_AUDIT_LOG="audit.jsonl")
    say(relay, "a secret word", "gone")
    say(relay, "stays", "kept")
    relay.history(2)
    done = history(relay.data, "delete", "gone")
    assert (done.returncode, done.stdout, done.stderr) == (0, "deleted gone\n", "")
    assert httpx.get(f"{relay.url}/chat/conversations/gone").status_code == 404
    assert history(relay.data, "show", "gone").returncode == 1
    again = history(relay.data, "delete", "gone")
    assert again.returncode == 1 and "there is no conversation gone" in again.stderr
    done = history(relay.data, "compact")
    before, after = [int(word) for word in done.stdout.split() if word.isdigit()]
    assert done.returncode == 0 and before >= after
    assert b"secret" not in (relay.data / "history.jsonl").read_bytes()
    assert relay.stop() == 0
    audit = (relay.directory / "audit.jsonl").read_text().splitlines()
    deleted, = [event for event in map(json.loads, audit) if event["event"] == "deleted"]
    assert deleted.pop("time")
    assert deleted == {"event": "deleted", "conversation": "gone", "of": None}
    relay.start()
    assert httpx.get(f"{relay.url}/chat/conversations/gone").status_code == 404
    assert httpx.get(f"{relay.url}/chat/conversations/kept").status_code == 200


def test_a_deletion_beside_a_relay_stops_the_answer_that_runs(start_relay, history):
    relay = start_relay()
    body = {"message": "a b c d", "conversation": "long",
            "model": "simulator?echo=1&interval_ms=60000"}
    with httpx.stream("POST", f"{relay.url}/chat/stream", json=body, timeout=60) as answer:
        assert answer.status_code == 200
        done = history(relay.data, "delete", "long")
        assert (done.returncode, done.stdout) == (0, "deleted long\n"), done.stderr
        text = "".join(answer.iter_text())
    assert "stopped" in text
    assert httpx.get(f"{relay.url}/chat/conversations/long").status_code == 404


def test_a_deletion_without_a_relay_is_in_force_at_the_next_start(start_relay, history):
    relay = start_relay()
    say(relay, "a secret word", "gone")
    say(relay, "stays", "kept")
    relay.history(2)
    assert relay.stop() == 0
    done = history(relay.data, "delete", "gone")
    assert (done.returncode, done.stdout) == (0, "deleted gone\n")
    assert b"secret" not in (relay.data / "history.jsonl").read_bytes()
    assert history(relay.data, "compact").returncode == 0
    relay.start()
    ids = [c["id"] for c in httpx.get(f"{relay.url}/chat/conversations").json()["conversations"]]
    assert ids == ["kept"]


def test_the_socket_of_a_killed_relay_holds_nobody_up(start_relay, history):
    relay = start_relay()
    say(relay, "one", "gone")
    say(relay, "two", "later")
    relay.history(2)
    control = relay.data / "control"
    mode = control.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    relay.kill()
    assert control.is_socket()
    assert history(relay.data, "delete", "gone").returncode == 0
    relay.start()
    assert history(relay.data, "delete", "later").stdout == "deleted later\n"
    assert "deleted by sse-relay history" in relay.log()
    assert relay.stop() == 0
    assert not control.exists()


def test_a_folder_with_a_long_path_is_reached(start_relay, history, tmp_path):
    data = tmp_path / ("d" * 120) / "data"
    relay = start_relay(RELAY_DATA_DIR=data)
    say(relay, "one", "gone")
    relay.history(1)
    assert history(data, "delete", "gone").returncode == 0
    assert httpx.get(f"{relay.url}/chat/conversations/gone").status_code == 404


def test_what_asks_for_nothing_is_refused(start_relay, monkeypatch):
    relay = start_relay()
    # The path may be longer than an address.
    monkeypatch.chdir(relay.data)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("control")
        client.settimeout(30)
        client.sendall(b'{"do":"format"}\n')
        assert json.loads(client.makefile().readline())["result"] == "failed"
    assert httpx.get(f"{relay.url}/healthz").status_code == 200


def test_conversations_of_several_owners_are_told_apart(written, history):
    folder = written(
        line("1", "trip", "of ann", "key/ann"), line("2", "trip", "of bob", "key/bob"),
        line("3", "trip", "of nobody"),
    )
    assert len(history(folder, "list").stdout.splitlines()) == 3
    assert history(folder, "list", "--owner", "key/bob").stdout.split()[:2] == ["trip", "key/bob"]
    shown = history(folder, "show", "trip")
    assert shown.returncode == 1
    assert "--owner '', --owner 'key/ann', --owner 'key/bob'" in shown.stderr
    shown = history(folder, "show", "trip", "--owner", "key/ann").stdout
    assert "of ann" in shown and "bob" not in shown
    assert history(folder, "delete", "trip").returncode == 1
    assert len(history(folder, "export", "trip").stdout.splitlines()) == 3
    done = history(folder, "delete", "trip", "--owner", "key/bob")
    assert done.stdout == "deleted trip of key/bob\n"
    left = [json.loads(one)["id"] for one in history(folder, "export").stdout.splitlines()]
    assert left == ["1", "3"]
    assert history(folder, "delete", "trip", "--owner", "").stdout == "deleted trip\n"
    assert json.loads(history(folder, "export").stdout)["id"] == "1"


def test_damage_is_found_and_set_aside(written, history):
    half = line("half")[:-30]
    folder = written(line("1"), b"garbage", half + line("2"), line("3", text="a").replace(
        b'"a"', b'"a\x01b"'), tail=b'{"id":"torn","conv')
    before = digests(folder)
    found = history(folder, "verify", "--json")
    assert found.returncode == 1
    report = json.loads(found.stdout)
    (file,) = report["files"]
    assert report["damaged"] and file["records"] == 3 and file["repairable_records"] == 1
    assert file["damaged_pieces"] == 2 and file["damaged_bytes"] == 7 + len(half)
    assert file["unfinished_bytes"] == 18 and file["first_damage"] == len(line("1")) + 1
    dry = history(folder, "repair", "--dry-run")
    assert dry.returncode == 0 and "to set aside 2 pieces" in dry.stdout
    assert digests(folder) == before
    done = history(folder, "repair")
    assert done.returncode == 0 and done.stdout.count("set aside: ") == 4, done.stderr
    aside = sorted(path.read_bytes() for path in folder.glob("history.jsonl.torn-*"))
    wanted = [b"garbage", half, b'{"id":"torn","conv', line("3").replace(b"hello", b"a\x01b")]
    assert aside == sorted(wanted)
    assert history(folder, "verify").returncode == 0
    ids = [json.loads(one)["id"] for one in history(folder, "export").stdout.splitlines()]
    assert ids == ["1", "2", "3"]
    again = digests(folder)
    assert history(folder, "repair").stdout == "nothing is damaged; nothing is changed\n"
    assert digests(folder) == again


def test_a_torn_tail_is_read_over_and_left_where_it_is(written, history):
    folder = written(line("1"), tail=line("2")[:-20])
    before = digests(folder)
    assert len(history(folder, "export").stdout.splitlines()) == 1
    found = history(folder, "verify")
    assert found.returncode == 1 and "an unfinished line of" in found.stdout
    assert digests(folder) == before


def test_a_repair_beside_a_relay_is_refused(start_relay, history, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "history.jsonl").write_bytes(b"garbage\n" + line("1") + b"\n")
    start_relay(RELAY_DATA_DIR=data)
    before = digests(data)
    done = history(data, "repair")
    assert done.returncode == 1 and "stop it first" in done.stderr
    after = digests(data)
    # The relay makes room for its last records at any time after its start.
    before.pop("reserve", None), after.pop("reserve", None)
    assert after == before


def test_nothing_that_was_said_moves_a_terminals_cursor(written, history):
    folder = written(line("1", "c\x1b[2J", "an\x1b]0;x\x07swer\u202e", asked="que\x1b[31mstion\r\nnext"))
    name = "c\x1b[2J"
    for output in (history(folder, "list").stdout, history(folder, "show", name).stdout):
        assert "\\u{001b}[31m" in output
        assert not any(one in output for one in ("\x1b", "\x07", "\r", "\u202e"))
    missing = history(folder, "show", "x\x1b[2J")
    assert missing.returncode == 1 and "\x1b" not in missing.stderr


def test_no_message_of_markdown_reaches_into_the_next(written, history):
    fence = "```python\nprint(1)\n# no heading\r\rx"
    folder = written(line("1", "c`x", fence, asked="~~~\nopen"))
    text = history(folder, "export", "c`x", "--format", "markdown").stdout
    lines = text.split("\n")
    assert lines[0] == "# ``c`x``"
    heads = [one for one in lines if one.startswith("#")]
    assert len(heads) == 3 and "\r" not in text
    said = [one for one in lines if one and not one.startswith("#")]
    assert all(one.startswith(">") for one in said)
    assert "> ```python" in said and "> # no heading" in said


def test_an_export_goes_to_a_new_file_alone(written, history, tmp_path):
    folder, file = written(line("1")), tmp_path / "out.jsonl"
    assert history(folder, "export", "--output", str(file)).stdout == ""
    assert json.loads(file.read_bytes())["id"] == "1" and b"secret-key" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    done = history(folder, "export", "--output", str(file))
    assert done.returncode == 1 and "is there already" in done.stderr
    assert file.read_bytes() == before
    other = tmp_path / "none.jsonl"
    assert history(folder, "export", "unknown", "--output", str(other)).returncode == 1
    assert not other.exists()


@pytest.mark.parametrize("words", [
    ["list"], ["show", "c"], ["export"], ["delete", "c"], ["compact"], ["verify"], ["repair"],
])
def test_a_missing_folder_is_named_and_not_made(history, tmp_path, words):
    folder = tmp_path / "none"
    done = history(folder, *words)
    assert done.returncode == 1 and str(folder) in done.stderr and done.stdout == ""
    assert not folder.exists()


def test_a_folder_of_another_user_is_not_changed(written, history):
    folder = written(line("1"))
    if os.geteuid() != 0:
        (folder / "history.jsonl").chmod(0)
        done = history(folder, "list")
        assert done.returncode == 1 and "Permission denied" in done.stderr
        return
    for path in (folder, folder / "history.jsonl"):
        shutil.chown(path, 65534, 65534)
    before = digests(folder)
    assert history(folder, "list").returncode == 0
    for words in (["delete", "c"], ["compact"]):
        done = history(folder, *words)
        assert done.returncode == 1 and "belongs to the user with the id 65534" in done.stderr
    assert digests(folder) == before


def test_the_folder_comes_from_the_command_line_or_the_configuration(written, run_daemon, tmp_path):
    folder, other = written(line("1")), tmp_path / "other"
    other.mkdir()
    env = tmp_path / "env"
    env.write_text(f"RELAY_DATA_DIR={folder}\n")
    assert "c  -" in run_daemon("--env-file", str(env), "history", "list").stdout
    done = run_daemon("--env-file", str(env), "history", "list", "--data", str(other))
    assert (done.returncode, done.stdout) == (0, "")
    assert run_daemon("history", "forget").returncode == 64
