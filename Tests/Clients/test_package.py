"""The Debian package: what is in it, and what a machine without Swift makes of it."""

import gzip
import json
import os
import re
import shutil
import subprocess

import pytest

import debian_machine
from conftest import BINARY, REPOSITORY, wait_for
from debian_machine import tool

pytestmark = pytest.mark.skipif(not tool("dpkg-deb"), reason="only Debian has its packages")

OLD, NEW = "0.1.0~test1", "0.1.0~test2"
SOCKET = (REPOSITORY / "systemd/sse-relay.socket").exists()
SLOW = json.dumps({"message": "hi", "model": "simulator?tokens=60&interval_ms=100"})


def make(folder, version, **changes):
    """The package of the binary under test."""
    done = subprocess.run(
        [REPOSITORY / "scripts/package", "--no-install", "--binary", BINARY,
         "--version", version, "--output", folder],
        capture_output=True, text=True, timeout=120, **changes,
    )
    assert done.returncode == 0, done.stderr
    path = folder / done.stdout.strip().rpartition("/")[2]
    assert path.exists(), done.stdout
    return path


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Two versions, by their names."""
    folder = tmp_path_factory.mktemp("packages")
    return {version: make(folder, version) for version in (OLD, NEW)}


@pytest.fixture(scope="module")
def package(packages):
    return packages[OLD]


@pytest.fixture(scope="module")
def files(package, tmp_path_factory):
    """The package's files, and its control files in DEBIAN."""
    folder = tmp_path_factory.mktemp("files")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True, timeout=60)
    return folder


def listing(package):
    """(permissions, owner, path) of each file."""
    text = subprocess.run(
        ["dpkg-deb", "--contents", package], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    return {line.split(None, 5)[5]: line.split()[:2] for line in text.splitlines()}


# What is in it


def test_it_has_what_a_service_needs(package):
    listed = listing(package)
    for path, mode in {
        "./usr/bin/sse-relay": "-rwxr-xr-x",
        "./etc/sse-relay/relay.env": "-rw-------",
        "./etc/logrotate.d/sse-relay": "-rw-r--r--",
        "./usr/lib/systemd/system/sse-relay.service": "-rw-r--r--",
        "./usr/lib/sysusers.d/sse-relay.conf": "-rw-r--r--",
        "./usr/lib/tmpfiles.d/sse-relay.conf": "-rw-r--r--",
        "./usr/share/man/man1/sse-relay.1.gz": "-rw-r--r--",
        "./usr/share/man/man5/sse-relay.env.5.gz": "-rw-r--r--",
        "./usr/share/bash-completion/completions/sse-relay": "-rw-r--r--",
        "./usr/share/zsh/vendor-completions/_sse-relay": "-rw-r--r--",
        "./usr/share/fish/vendor_completions.d/sse-relay.fish": "-rw-r--r--",
        "./usr/share/doc/sse-relay/examples/nginx/sse-relay.conf": "-rw-r--r--",
        "./usr/share/doc/sse-relay/examples/caddy/Caddyfile": "-rw-r--r--",
        "./usr/share/doc/sse-relay/examples/haproxy/haproxy.cfg": "-rw-r--r--",
    }.items():
        assert listed[path][0] == mode, path
    for page in (REPOSITORY / "static").rglob("*"):
        if page.is_file():
            assert f"./usr/share/sse-relay/{page.relative_to(REPOSITORY)}" in listed
    assert {owner for _, owner in listed.values()} == {"root/root"}
    assert ("./usr/lib/systemd/system/sse-relay.socket" in listed) == SOCKET


def test_two_packages_of_one_commit_are_the_same(package, tmp_path):
    surroundings = os.environ | {"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "de_DE.UTF-8"}
    again = make(tmp_path, OLD, umask=0o077, env=surroundings)
    assert again.read_bytes() == package.read_bytes()


def test_its_fields_say_what_the_binary_needs(files):
    control = (files / "DEBIAN/control").read_text()
    assert f"Version: {OLD}\n" in control
    depends = re.search("(?m)^Depends: (.*)", control)[1]
    # The libraries by dpkg-shlibdeps; the packed relocations of the binary need this C library.
    for name in ("libcurl4", "libssl3", "libpcre2-8-0", "zlib1g", "ca-certificates"):
        assert re.search(rf"(^|, ){name}\b", depends), depends
    minimum = re.search(r"libc6 \(>= 2\.(\d+)\)", depends)
    assert int(minimum[1]) >= 36, depends
    assert (files / "DEBIAN/conffiles").read_text().split() == [
        "/etc/logrotate.d/sse-relay", "/etc/sse-relay/relay.env",
    ]


def test_it_does_not_need_swift_nor_is_it_large(files, package):
    binary = files / "usr/bin/sse-relay"
    libraries = subprocess.run(
        ["readelf", "-dS", binary], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert "libcurl.so.4" in libraries
    assert not re.search(r"(?i)\[libswift|\.symtab|\.debug_info", libraries)
    assert package.stat().st_size < 6_000_000


def test_the_unit_is_the_repositorys_with_other_paths(files):
    unit = (files / "usr/lib/systemd/system/sse-relay.service").read_text()
    assert unit.startswith("[Unit]\n")
    assert "ExecStart=/usr/bin/sse-relay" in unit
    assert "User=sse-relay\nGroup=sse-relay\n" in unit
    assert re.search("(?m)^EnvironmentFile=-?/etc/sse-relay/relay.env$", unit)
    assert "/usr/local" not in unit and "DynamicUser" not in unit
    own = (REPOSITORY / "systemd/sse-relay.service").read_text()
    for line in own[own.index("\nAmbientCapabilities"):].splitlines():
        assert line in unit.splitlines()


def test_its_configuration_says_where_things_are_and_nothing_else(files):
    text = (files / "etc/sse-relay/relay.env").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
        "RELAY_STATIC_DIR=/usr/share/sse-relay/static", "RELAY_DATA_DIR=/var/lib/sse-relay",
    ]


def test_its_manual_pages_have_every_option_and_variable(files, run_daemon):
    pages = {}
    for section, name in ((1, "sse-relay.1"), (5, "sse-relay.env.5")):
        page = files / f"usr/share/man/man{section}/{name}.gz"
        pages[section] = gzip.decompress(page.read_bytes()).decode()
    plain = {section: re.sub(r"\\f.|\\&", "", page).replace("\\-", "-")
             for section, page in pages.items()}
    printed = run_daemon("--help").stdout
    for option in re.findall("(?m)^  (--[a-z-]+|[a-z]+ [a-z]+) ", printed):
        assert re.search(rf"(?m)^\.TP\n{option}\b", plain[1]), option
    variables = re.findall("(?m)^#([A-Za-z_]+)=", run_daemon("--env-example").stdout)
    assert len(variables) > 50
    assert re.findall(r"(?m)^\.TP\n([A-Z_]+)=", plain[5]) == variables


@pytest.mark.skipif(not tool("mandoc"), reason="mandoc is missing")
def test_its_manual_pages_are_well_formed(files):
    pages = list((files / "usr/share/man").rglob("*.gz"))
    assert len(pages) == 2
    for page in pages:
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning"], input=gzip.decompress(page.read_bytes()),
            capture_output=True, timeout=60,
        )
        assert done.stdout.decode() == "", page


@pytest.mark.skipif(not tool("lintian"), reason="lintian is missing")
def test_lintian_finds_nothing_but_what_is_said_beside_it(package):
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning,info", "--display-info", package],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words, found", [
    ("--ch", ["--check"]),
    ("ke", ["key"]),
    ("key ", ["add", "list", "remove"]),
    ("key re", ["remove"]),
    ("history re", ["repair"]),
])
def test_a_shell_completes_its_options_and_commands(tmp_path, words, found):
    (tmp_path / "sse-relay").symlink_to(BINARY)
    *before, last = f"sse-relay {words}".split(" ")
    script = f"""
        source {REPOSITORY}/packaging/completions/sse-relay.bash
        COMP_WORDS=({" ".join(before)} "{last}") COMP_CWORD={len(before)}
        _sse_relay sse-relay
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert sorted(done.stdout.split()) == found, done.stderr


# What a machine makes of it


def test_it_installs_where_no_systemd_runs(packages):
    with debian_machine.copied() as root:
        machine = debian_machine.changed_root(root)
        machine.install(packages[OLD])
        assert machine.run("sse-relay", "--version").startswith("sse-relay ")
        assert machine.run("stat", "-c", "%U %a", "/var/lib/sse-relay") == "sse-relay 700\n"
        assert "enabled" in machine.run("systemctl", "is-enabled", "sse-relay.service")
        assert "swift" not in machine.run("dpkg-query", "-W", "-f", "${Package}\n").lower()
        machine.install(packages[NEW])
        machine.apt("remove", "sse-relay")
        assert machine.file("/etc/sse-relay/relay.env").exists()
        assert machine.file("/var/lib/sse-relay").exists()
        machine.apt("purge", "sse-relay")
        assert_purged(machine)


def assert_purged(machine):
    for path in ("/etc/sse-relay", "/var/lib/sse-relay", "/var/log/sse-relay"):
        assert not machine.file(path).exists(), path
    left = machine.run("find", "/etc", "/usr", "/var/lib/systemd", "-name", "*sse-relay*")
    assert left == ""


def begin_reading(machine):
    """A stream of six seconds that is being read; its text comes at its end."""
    reader = machine.popen(
        "curl", "-sSN", "--max-time", "60", "http://127.0.0.1:8000/chat/stream", "-d", SLOW
    )
    lines = iter(reader.stdout)
    while "event: token" not in next(lines):
        pass
    return reader


def properties(machine, unit="sse-relay.service"):
    names = "ActiveState,SubState,MainPID,Result,UnitFileState"
    shown = machine.run("systemctl", "show", "-p", names, unit)
    return dict(line.split("=", 1) for line in shown.splitlines())


def healthy(machine):
    return machine.run(
        "curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:8000/healthz", check=False
    )[0] == 0


def records(machine):
    text = machine.file("/var/lib/sse-relay/history.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_machine_installs_runs_upgrades_removes_and_purges_it(packages):
    with debian_machine.copied() as root, debian_machine.booted(root) as machine:
        machine.install(packages[OLD])
        first = properties(machine)
        log = machine.run("journalctl", "-u", "sse-relay", "--no-pager")
        assert (first["ActiveState"], first["UnitFileState"]) == ("active", "enabled"), log
        assert healthy(machine)
        assert machine.run("stat", "-c", "%U", f"/proc/{first['MainPID']}") == "sse-relay\n"
        checked = machine.run("sse-relay", "--env-file", "/etc/sse-relay/relay.env", "--check")
        assert "RELAY_STATIC_DIR=/usr/share/sse-relay/static" in checked
        assert "<html" in machine.run("curl", "-sf", "http://127.0.0.1:8000/")
        machine.run("systemd-analyze", "verify", "--man=no", "sse-relay.service")

        # An answer that runs is read to its end, and what was set stays.
        file = machine.file("/etc/sse-relay/relay.env")
        file.write_text("RELAY_AUDIT_LOG=/var/log/sse-relay/audit.jsonl\n" + file.read_text())
        reader = begin_reading(machine)
        machine.install(packages[NEW])
        text, _ = reader.communicate(timeout=60)
        assert text.rstrip().endswith("data: [DONE]"), text[-500:]
        second = properties(machine)
        assert second["ActiveState"] == "active" and second["MainPID"] != first["MainPID"]
        assert NEW in machine.run("dpkg-query", "-W", "sse-relay")
        assert file.read_text().startswith("RELAY_AUDIT_LOG=")
        assert healthy(machine)
        assert [record["status"] for record in records(machine)] == ["complete"]
        begin_reading(machine).communicate(timeout=60)
        wait_for(lambda: len(records(machine)) == 2, "the second record")
        assert machine.file("/var/log/sse-relay/audit.jsonl").read_text().count("began") == 1

        # Its log is moved away, and begun anew.
        machine.run("logrotate", "--force", "/etc/logrotate.d/sse-relay")
        assert machine.file("/var/log/sse-relay/audit.jsonl.1").read_text().count("began") == 1

        machine.apt("remove", "sse-relay")
        assert not healthy(machine)
        assert len(records(machine)) == 2
        # What it was is found again.
        machine.install(packages[NEW])
        assert healthy(machine)
        assert len(records(machine)) == 2 and file.read_text().startswith("RELAY_AUDIT_LOG=")

        # What was disabled stays so.
        machine.run("systemctl", "disable", "--now", "sse-relay.service")
        machine.apt("reinstall", f"/opt/{packages[NEW].name}")
        assert properties(machine)["UnitFileState"] == "disabled"
        assert properties(machine)["ActiveState"] == "inactive"
        machine.apt("purge", "sse-relay")
        assert_purged(machine)
        assert "sse-relay" not in machine.run("systemctl", "list-units", "--all", "--no-pager")


@pytest.mark.skipif(not SOCKET, reason="there is no socket unit")
def test_with_its_socket_an_upgrade_refuses_no_connection(packages):
    with debian_machine.copied() as root, debian_machine.booted(root) as machine:
        machine.install(packages[OLD])
        assert properties(machine, "sse-relay.socket")["ActiveState"] == "active"
        reader = begin_reading(machine)
        asking = machine.popen(
            "sh", "-c", "while [ ! -e /run/upgraded ]; do "
            "curl -sf -o /dev/null -m 60 http://127.0.0.1:8000/healthz || echo refused; done"
        )
        machine.install(packages[NEW])
        machine.run("touch", "/run/upgraded")
        assert asking.communicate(timeout=90)[0] == ""
        assert reader.communicate(timeout=60)[0].rstrip().endswith("data: [DONE]")
        assert properties(machine)["ActiveState"] == "active"
