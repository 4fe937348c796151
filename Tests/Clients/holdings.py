"""What a relay process holds: descriptors, threads, memory; and that it lets go of them again."""

import os
import pathlib
import time

from conftest import SIMULATOR

PATIENCE = 60


def wait_until(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


class Holdings:
    """What a relay holds when it is made, which it must not hold more of later."""

    def __init__(self, relay):
        self.pid = relay.process.pid
        url = SIMULATOR.search(relay.log())
        self.upstream = int(url[1].rsplit(":", 1)[1]) if url else None
        self.usual_descriptors = self.descriptors()
        self.usual_threads = self.threads()
        self.usual_resident = self.resident()

    def descriptors(self):
        """All but connections to the built-in simulator, of which both ends are here.

        They are kept for the next call, as many on each loop as it ever had at once.
        """
        upstream = self._sockets_at(self.upstream)
        folder = pathlib.Path(f"/proc/{self.pid}/fd")
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(folder / name) not in upstream
            except OSError:
                pass
        return count

    @staticmethod
    def _sockets_at(port):
        """Connected sockets with this port at either end, as links in `/proc/PID/fd` name them."""
        found = set()
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            ports = [int(address.split(":")[1], 16) for address in fields[1:3]]
            if port in ports:
                found.add(f"socket:[{fields[9]}]")
        return found

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def resident(self):
        """In MB."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def check(self, more_megabytes):
        """Expects what was held at first, and not much more memory.

        Two more threads are allowed: Dispatch ends those that a rush needed when it likes.
        """
        wait_until(
            lambda: self.descriptors() <= self.usual_descriptors,
            lambda: f"{self.descriptors()} descriptors, {self.usual_descriptors} before",
        )
        wait_until(
            lambda: self.threads() <= self.usual_threads + 2,
            lambda: f"{self.threads()} threads, {self.usual_threads} before",
        )
        wait_until(
            lambda: self.resident() < self.usual_resident + more_megabytes,
            lambda: f"{self.resident():.1f} MB, {self.usual_resident:.1f} MB before",
        )
        print(
            f"{self.descriptors()} descriptors, {self.threads()} threads, {self.resident():.1f} MB;"
            f" before {self.usual_descriptors}, {self.usual_threads}, {self.usual_resident:.1f}"
        )
