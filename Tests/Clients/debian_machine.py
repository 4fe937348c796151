"""A Debian 12 without Swift: its files, made once by debootstrap, and a container that boots a copy."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import REPOSITORY, wait_for

# The folder's name changes with the list, so that no old root is taken for a new one. The packages
# are what ours depends on, so that its installation needs no network.
PACKAGES = (
    "systemd,systemd-sysv,dbus,libcurl4,libpcre2-8-0,libssl3,libstdc++6,zlib1g,ca-certificates,"
    "procps,curl,logrotate"
)
SUITE = "bookworm"
NEEDED = ("debootstrap", "systemd-nspawn", "nsenter")


FOLDER = REPOSITORY / ".build/root"
BASE = FOLDER / f"{SUITE}-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]}"


def tool(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def hindrance():
    """Why there can be no such machine here; None if nothing hinders it."""
    missing = [name for name in NEEDED if not tool(name)]
    if os.geteuid() != 0:
        return "only root makes a machine"
    return f"there is no {', '.join(missing)}" if missing else None


def make_base():
    """Makes the files that tests copy, and nobody changes; minutes of downloads and unpacking."""
    if BASE.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    draft = FOLDER / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    # What it mounts is in a name space of its own, and gone with it.
    subprocess.run(
        ["unshare", "--mount", tool("debootstrap"), "--variant=minbase", f"--include={PACKAGES}",
         SUITE, draft],
        check=True,
    )
    draft.rename(BASE)


@contextlib.contextmanager
def copied():
    """The folder of a copy that is gone afterwards."""
    reason = hindrance()
    if reason:
        pytest.skip(reason)
    if not BASE.exists():
        pytest.skip("scripts/test --thorough makes the machine's files")
    with tempfile.TemporaryDirectory(prefix="copy-", dir=FOLDER) as folder:
        root = pathlib.Path(folder) / "root"
        subprocess.run(["cp", "-a", "--reflink=auto", BASE, root], check=True, timeout=120)
        yield root


class Commands:
    """What runs commands inside of such a machine."""

    def __init__(self, root, prefix):
        self.root = root
        self._prefix = prefix

    def popen(self, *command, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.Popen(
            [*map(str, self._prefix), *map(str, command)], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
        )

    def run(self, *command, check=True, timeout=120):
        """The command's output; its exit code, too, where it may fail."""
        process = self.popen(*command)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{command} did not end: {process.communicate()[0]}") from None
        if not check:
            return process.returncode, output
        assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{output}"
        return output

    def file(self, path):
        return self.root / path.lstrip("/")

    def apt(self, *arguments):
        return self.run("apt-get", "-y", "-q", *arguments)

    def install(self, package):
        """As a user does, from a file."""
        shutil.copy(package, self.file("/opt"))
        return self.apt("install", f"/opt/{package.name}")


def changed_root(root):
    """Commands in a root where no systemd runs, as in an image that is being made."""
    processes = f"--mount-proc={root}/proc"
    return Commands(root, ["unshare", "--mount", "--pid", "--fork", processes, "chroot", root])


@contextlib.contextmanager
def booted(root):
    """Commands in a machine that runs; it has a network of its own, without a way out."""
    command = [tool("systemd-nspawn"), "--quiet", "--register=no", "--keep-unit",
               "--private-network", "--directory", root]
    # Where this process may make none, as in most containers.
    probe = subprocess.run(
        [*command, "/bin/true"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120,
    )
    if probe.returncode != 0:
        pytest.skip(f"systemd-nspawn makes no container here: {probe.stderr}")
    log = root.parent / "console.log"
    with log.open("wb") as console:
        container = subprocess.Popen(
            [*command, "--boot"], stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
    first = []
    try:
        def begun():
            assert container.poll() is None, f"it does not boot:\n{log.read_text()[-2000:]}"
            children = pathlib.Path(f"/proc/{container.pid}/task/{container.pid}/children")
            first[:] = children.read_text().split()
            return first and _is_systemd(first[0])

        wait_for(begun, "the first process")
        machine = Commands(
            root, [tool("nsenter"), "-t", first[0], "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--"]
        )
        wait_for(
            lambda: machine.run("systemctl", "is-system-running", check=False)[1].strip()
            in ("running", "degraded"),
            "the machine",
            seconds=180,
        )
        yield machine
        machine.run("systemctl", "poweroff", "--no-block", check=False)
        container.wait(60)
    finally:
        if container.poll() is None:
            # All of the machine ends with its first process, and not with who started it.
            for process in first:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            container.kill()
            container.wait(60)


def _is_systemd(process):
    try:
        return "systemd" in pathlib.Path(f"/proc/{process}/comm").read_text()
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    print(hindrance() or make_base() or f"{BASE} is made")
