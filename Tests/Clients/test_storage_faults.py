"""A disk that refuses, tears, lies or goes away: answers go on, what was kept stays whole, and all is
as before by itself once the disk is. `faults.c` plays the disk; where the machine allows it, a real
file system that is full does."""

import collections
import json
import os
import pathlib
import resource
import shutil
import subprocess
import threading
import time

import httpx
import pytest

import frames
from conftest import wait_for

PAGE = 4096
REFUSED = "the journal cannot be written"
RESUMED = "the journal is written again"
NOT_SAFE = "the journal would not survive a loss of power"
SAFE_AGAIN = "the journal would survive a loss of power again"


class Faults:
    """The disk's faults, on a page that the relay's process has mapped."""

    def __init__(self, library, page):
        page.write_bytes(bytes(PAGE))
        self._page = page
        self.variables = {"LD_PRELOAD": str(library), "FAULTS_FILE": str(page)}

    def set(self, *rules):
        text = "".join(rule + "\n" for rule in rules).encode()
        # Into the same file, because that one is mapped.
        with self._page.open("r+b") as page:
            page.write(text.ljust(PAGE, b"\0"))

    def clear(self):
        self.set()


@pytest.fixture(scope="session")
def faulty_disk(tmp_path_factory):
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    source = pathlib.Path(__file__).with_name("faults.c")
    subprocess.run(
        ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source,
         "-ldl"],
        check=True, timeout=60,
    )
    return library


@pytest.fixture
def faults(faulty_disk, tmp_path):
    return Faults(faulty_disk, tmp_path / "faults.page")


@pytest.fixture
def start_faulty(start_relay, faults):
    """A relay whose disk fails as `faults` says."""

    def start(**variables):
        return start_relay(RELAY_LOG_REQUESTS=0, **faults.variables, **variables)

    return start


class Stream(threading.Thread):
    """A client that reads one answer until it ends or breaks."""

    def __init__(self, relay, tokens, interval_ms=20):
        super().__init__(daemon=True)
        self._url = f"{relay.url}/chat/stream"
        self._query = {
            "prompt": "hi",
            "model": f"simulator?tokens={tokens}&interval_ms={interval_ms}",
        }
        self.tokens = tokens
        self.id = None
        self._text = b""
        self.start()

    def run(self):
        try:
            with httpx.stream("GET", self._url, params=self._query, timeout=60) as answer:
                self.id = answer.headers["x-stream-id"]
                for piece in answer.iter_bytes():
                    self._text += piece
        except httpx.HTTPError:
            pass

    @property
    def events(self):
        return frames.parse(self._text.decode(errors="replace"))

    @property
    def text(self):
        return frames.text_of(self.events, "token")

    def runs_on(self, count=5):
        """Waits until so many more events have come."""
        wanted = len(self.events) + count
        wait_for(lambda: len(self.events) >= wanted, f"{wanted} events of {self.id}")

    def ends_whole(self):
        self.join(60)
        assert not self.is_alive(), f"{self.id} does not end"
        assert self._text.endswith(b"data: [DONE]\n\n"), self._text[-200:]
        tokens = sum(event.name == "token" for event in self.events)
        assert tokens == self.tokens


def begin(relay, count, tokens, **options):
    streams = [Stream(relay, tokens, **options) for _ in range(count)]
    for stream in streams:
        wait_for(lambda: len(stream.events) > 2, "the stream runs")
    return streams


def readiness(relay):
    answer = httpx.get(f"{relay.url}/readyz", timeout=60)
    return 200 if answer.status_code == 200 else answer.json()["error"]["code"]


def wait_until(relay, state):
    wait_for(lambda: readiness(relay) == state, f"/readyz says {state}\n{relay.log()}")


def replay(relay, stream):
    answer = httpx.get(f"{relay.url}/chat/streams/{stream.id}", timeout=60)
    assert answer.status_code == 200, f"{stream.id} is lost\n{relay.log()}"
    return frames.parse(answer.text)


def kill_and_restart(relay, streams):
    relay.kill()
    for stream in streams:
        stream.join(60)
    relay.start()


def assert_nothing_missing(relay, streams, others=0):
    """After a crash: the history has everything shown, once, and cut clients continue."""
    records = {record["id"]: record for record in relay.history(len(streams) + others)}
    for stream in streams:
        seen = stream.events
        if seen[-1].name == "done":
            assert records[stream.id]["content"] == stream.text
            continue
        again = replay(relay, stream)
        assert again[:len(seen)] == seen
        assert again[-1].name in ("done", "error")
        assert records[stream.id]["content"] == frames.text_of(again, "token")


# The journal cannot be written


@pytest.mark.parametrize(
    "rule",
    ["write ENOSPC /journal/", "write EIO /journal/", "write ENOSPC /journal/ 21"],
    ids=["full", "failing", "torn"],
)
def test_a_journal_that_is_refused_holds_up_nobody_and_lacks_nothing_afterwards(
    start_faulty, faults, rule
):
    relay = start_faulty(RELAY_LOOPS=2)
    ending = begin(relay, 4, tokens=80)
    running = begin(relay, 4, tokens=1500)
    assert readiness(relay) == 200
    faults.set(rule)
    wait_until(relay, "journal_not_writable")
    ending += begin(relay, 2, tokens=20)
    running += begin(relay, 2, tokens=1500)
    for stream in ending:
        stream.ends_whole()
    assert httpx.get(f"{relay.url}/healthz", timeout=60).status_code == 200
    faults.clear()
    wait_until(relay, 200)
    for stream in running:
        stream.runs_on()
    kill_and_restart(relay, running)
    assert_nothing_missing(relay, ending + running)
    assert relay.log().count(REFUSED) == relay.log().count(RESUMED) == 1, relay.log()
    # The relay asked for room again and again; no attempt left anything on the disk.
    assert "that are no frame" not in relay.log()


def test_a_crash_while_the_journal_is_refused_loses_no_more_than_the_outage(
    start_faulty, faults
):
    relay = start_faulty(RELAY_LOOPS=2)
    streams = begin(relay, 6, tokens=1500)
    before = [stream.events for stream in streams]
    faults.set("write ENOSPC /journal/ 21")
    wait_until(relay, "journal_not_writable")
    unknown = begin(relay, 2, tokens=1500)
    for stream in streams:
        stream.runs_on()
    relay.kill()
    faults.clear()
    relay.start()
    assert "that are no frame" in relay.log()
    records = collections.Counter(record["id"] for record in relay.history(count=len(streams)))
    for stream, shown in zip(streams, before):
        again = replay(relay, stream)
        assert again[:len(shown)] == shown
        assert again[-1].name == "error"
        assert records[stream.id] == 1
    # A client that was shown more than was kept gets an error, or goes on; it sees no crash.
    for stream in streams + unknown:
        answer = httpx.get(
            f"{relay.url}/chat/streams/{stream.id}",
            headers={"Last-Event-ID": stream.events[-1].id}, timeout=60,
        )
        assert answer.status_code < 500
    assert readiness(relay) == 200


def test_an_outage_of_the_journal_ends_without_anybody_asking(start_faulty, faults):
    relay = start_faulty(RELAY_LOOPS=1, RELAY_RESUME_S=1)
    begin(relay, 1, tokens=5)[0].ends_whole()
    faults.set("write ENOSPC /journal/")
    begin(relay, 1, tokens=5)[0].ends_whole()
    assert readiness(relay) == "journal_not_writable"
    # Once the answer is forgotten, nothing is left to write, and its room is given back.
    segment = relay.data / "journal" / "0-00000001.journal"
    wait_for(lambda: segment.stat().st_size == 16, "the journal is emptied")
    assert readiness(relay) == "journal_not_writable"
    faults.clear()
    wait_until(relay, 200)
    assert relay.log().count(RESUMED) == 1


def test_without_descriptors_the_journal_waits_for_its_first_segment(start_faulty, faults):
    faults.set("open EMFILE /journal/")
    relay = start_faulty(RELAY_LOOPS=1)
    streams = begin(relay, 2, tokens=1500)
    wait_until(relay, "journal_not_writable")
    faults.clear()
    wait_until(relay, 200)
    kill_and_restart(relay, streams)
    assert_nothing_missing(relay, streams)


def test_without_descriptors_the_journal_goes_on_in_the_segment_it_has(start_faulty, faults):
    relay = start_faulty(RELAY_LOOPS=1)
    streams = begin(relay, 2, tokens=3000)
    faults.set("open EMFILE /journal/")
    # Questions are in the journal, too: with these, a segment is full.
    body = {"message": "hi", "system": "long " * 1_200_000,
            "model": "simulator?say=well&interval_ms=0"}
    asked = [
        httpx.post(f"{relay.url}/chat/stream", json=body, timeout=60).headers["x-stream-id"]
        for _ in range(4)
    ]
    segment = relay.data / "journal" / "0-00000001.journal"
    assert segment.stat().st_size > 17 << 20
    assert readiness(relay) == 200
    assert [file.name for file in segment.parent.iterdir()] == [segment.name]
    faults.clear()
    next_segment = segment.with_name("0-00000002.journal")
    wait_for(next_segment.exists, "another segment")
    for stream in streams:
        stream.runs_on()
    kill_and_restart(relay, streams)
    assert_nothing_missing(relay, streams, others=len(asked))


# The history cannot be written


@pytest.mark.parametrize(
    "rules",
    [
        ["write ENOSPC history.jsonl"],
        ["write EIO history.jsonl 30", "ftruncate EIO history.jsonl"],
        ["open EMFILE history.jsonl"],
    ],
    ids=["full", "torn", "no descriptors"],
)
def test_what_the_history_refuses_is_in_the_journal_until_a_later_start(
    start_faulty, faults, rules
):
    relay = start_faulty(RELAY_LOOPS=2)
    begin(relay, 1, tokens=3)[0].ends_whole()
    before = relay.history(count=1)[0]
    if rules[0].startswith("open"):
        (relay.data / "history.jsonl").rename(relay.data / "history-000001.jsonl")
    faults.set(*rules)
    ended = begin(relay, 5, tokens=5)
    for stream in ended:
        stream.ends_whole()
    running = begin(relay, 2, tokens=1500)
    wait_until(relay, "history_not_writable")
    assert relay.log().count("the history cannot be written") == 1
    relay.kill()
    for stream in running:
        stream.join(60)
    # Once more into the outage: the journal keeps what it has until the history has it.
    relay.start()
    wait_until(relay, "history_not_writable")
    assert replay(relay, ended[0]) == ended[0].events
    relay.kill()
    faults.clear()
    relay.start()
    wait_until(relay, 200)
    streams = ended + running
    if rules[0].startswith("open"):
        assert_nothing_missing(relay, streams)
        return
    records = relay.history(count=1 + len(streams))
    assert records[0] == before
    assert collections.Counter(record["id"] for record in records) == {
        id: 1 for id in [before["id"], *(stream.id for stream in streams)]
    }
    for stream in ended:
        content = next(record["content"] for record in records if record["id"] == stream.id)
        assert content == stream.text


def ask_what_cannot_be_read_back(start_faulty, faults):
    """A relay that has ended an answer too long for its memory, whose journal it cannot read."""
    relay = start_faulty(RELAY_LOG_WINDOW=65536)
    faults.set("read EIO /journal/")
    question = {"message": "hi", "model": "simulator?tokens=20000&interval_ms=2&batch=20"}
    url = f"{relay.url}/chat/stream?on_disconnect=finish"
    with httpx.stream("POST", url, json=question, timeout=60):
        pass
    wait_for(lambda: "record has to wait" in relay.log(), "the record fails")
    return relay


def test_a_long_answer_that_cannot_be_read_back_is_in_the_journal_until_the_next_start(
    start_faulty, faults
):
    relay = ask_what_cannot_be_read_back(start_faulty, faults)
    relay.stop()
    assert not relay.history()
    faults.clear()
    relay.start()
    [record] = relay.history(1)
    assert record["status"] == "complete"
    assert record["timing"]["tokens"] == 20_000


def test_a_long_answer_that_cannot_be_read_back_is_recorded_once_the_disk_returns_it(
    start_faulty, faults
):
    relay = ask_what_cannot_be_read_back(start_faulty, faults)
    assert "record has to wait until" in relay.log()
    assert not relay.history()
    faults.clear()
    [record] = relay.history(1)
    assert record["status"] == "complete"
    assert record["timing"]["tokens"] == 20_000
    assert relay.log().count("record has to wait") == 1


def test_records_for_which_there_was_no_room_are_made_at_the_next_start(start_faulty, faults):
    relay = start_faulty(RELAY_LOOPS=1)
    faults.set("write ENOSPC history.jsonl")
    # Together more than the 64 MiB that may wait for the disk.
    body = {"message": "hi", "system": "long " * 1_500_000,
            "model": "simulator?say=well&interval_ms=0"}
    asked = [
        httpx.post(f"{relay.url}/chat/stream", json=body, timeout=60).headers["x-stream-id"]
        for _ in range(10)
    ]
    wait_until(relay, "history_not_writable")
    assert "too much waits for the disk" in relay.log()
    faults.clear()
    wait_until(relay, 200)
    assert len(relay.history()) < len(asked)
    assert relay.stop() == 0
    relay.start()
    wait_for(lambda: len(relay.history()) == len(asked), "the records")
    assert {record["id"] for record in relay.history()} == set(asked)


# What is written cannot be made safe


@pytest.mark.parametrize("durability", ["always", "interval"])
def test_a_journal_that_is_not_safe_is_told_and_said_again(start_faulty, faults, durability):
    relay = start_faulty(RELAY_LOOPS=1, RELAY_FSYNC=durability)
    running = begin(relay, 3, tokens=1500)
    faults.set("fsync EIO /journal/")
    if durability == "always":
        begin(relay, 1, tokens=1)[0].ends_whole()
    wait_until(relay, "journal_not_writable")
    started = time.monotonic()
    took = []
    for _ in range(10):
        # The end is sent even if the disk does not take it.
        asked = time.monotonic()
        begin(relay, 1, tokens=2, interval_ms=0)[0].ends_whole()
        took.append(time.monotonic() - asked)
        assert readiness(relay) == "journal_not_writable"
    assert min(took) < 2, took
    wait_for(lambda: time.monotonic() - started > 2, "a while")
    assert readiness(relay) == "journal_not_writable"
    faults.clear()
    wait_until(relay, 200)
    assert relay.log().count(NOT_SAFE) == relay.log().count(SAFE_AGAIN) == 1, relay.log()
    assert REFUSED not in relay.log()
    for stream in running:
        stream.runs_on()
    # Data that the disk did not make safe may be lost with the power, whatever it reports later.
    relay.kill()
    segments = sorted((relay.data / "journal").iterdir())
    assert len(segments) > 1
    for segment in segments[:-1]:
        segment.unlink()
    records = relay.history()
    relay.start()
    wait_for(lambda: len(relay.history()) == len(records) + len(running), "the records")
    for stream in running:
        stream.join(60)
        assert replay(relay, stream)[:len(stream.events)] == stream.events


@pytest.mark.parametrize("durability", ["always", "interval"])
def test_a_history_that_is_not_safe_holds_up_nobody_and_recovers(
    start_faulty, faults, durability
):
    relay = start_faulty(RELAY_LOOPS=2, RELAY_FSYNC=durability)
    faults.set("fsync EIO history.jsonl")
    streams = [begin(relay, 1, tokens=2)[0] for _ in range(3)]
    for stream in streams:
        stream.ends_whole()
    wait_until(relay, "history_not_writable")
    # They are in the file; the journal keeps them as well while that may not be safe.
    relay.history(count=len(streams))
    assert any(file.stat().st_size > 100 for file in (relay.data / "journal").iterdir())
    kill_and_restart(relay, streams)
    assert_nothing_missing(relay, streams)
    faults.clear()
    wait_until(relay, 200)


def test_what_a_history_lost_is_written_again_before_it_is_safe(start_faulty, faults):
    relay = start_faulty(RELAY_LOOPS=2)
    before = begin(relay, 1, tokens=2)
    before[0].ends_whole()
    relay.history(count=1)
    file = relay.data / "history.jsonl"
    faults.set("fsync EIO history.jsonl 0")
    streams = begin(relay, 5, tokens=5)
    for stream in streams:
        stream.ends_whole()
    wait_until(relay, "history_not_writable")
    # Lost data is written again at once if that is possible,
    wait_for(lambda: b"\0" not in file.read_bytes(), "the records are written again")
    # and otherwise as soon as it is.
    faults.set("fsync EIO history.jsonl 0", "write EIO history.jsonl")
    wait_for(lambda: b"\0" in file.read_bytes(), "the records are lost")
    streams += begin(relay, 2, tokens=5)
    for stream in streams:
        stream.ends_whole()
    assert readiness(relay) == "history_not_writable"
    faults.clear()
    wait_until(relay, 200)
    assert relay.log().count("records would not survive a loss of power:") == 1
    assert relay.log().count("records would survive a loss of power again") == 1
    # The journal has dropped them, so they must be in the history.
    wait_for(
        lambda: all(file.stat().st_size == 16 for file in (relay.data / "journal").iterdir()),
        "the journal is emptied",
    )
    relay.kill()
    shutil.rmtree(relay.data / "journal")
    relay.start()
    assert_nothing_missing(relay, before + streams)
    ids = [json.loads(line)["id"] for line in file.read_bytes().splitlines()]
    assert sorted(ids) == sorted(stream.id for stream in before + streams)


def test_the_end_of_an_outage_of_writing_is_not_told_by_what_was_written_before(
    start_faulty, faults
):
    relay = start_faulty(RELAY_LOOPS=1, RELAY_FSYNC="interval")
    running = begin(relay, 2, tokens=1500)
    faults.set("write ENOSPC /journal/")
    wait_until(relay, "journal_not_writable")
    # Meanwhile earlier data becomes safe, which says nothing about later data.
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        assert readiness(relay) == "journal_not_writable"
        time.sleep(0.02)
    faults.clear()
    wait_until(relay, 200)
    assert relay.log().count(REFUSED) == 1
    kill_and_restart(relay, running)
    assert_nothing_missing(relay, running)


# No room


def test_where_files_may_not_grow_the_journal_goes_on_in_another(start_relay):
    relay = start_relay(RELAY_LOOPS=1)
    # The limit holds for the log as well, which must stay smaller than the journal.
    body = {"message": "hi", "system": "long " * 50_000,
            "model": "simulator?tokens=1500&interval_ms=20"}
    large = threading.Thread(
        target=lambda: ignoring_cuts(httpx.post, f"{relay.url}/chat/stream", json=body), daemon=True
    )
    large.start()
    segments = relay.data / "journal"
    wait_for(
        lambda: any(file.stat().st_size > 250_000 for file in segments.glob("*.journal")),
        "the journal has what was asked",
    )
    running = begin(relay, 2, tokens=1500)
    ending = begin(relay, 8, tokens=100)
    first = segments / "0-00000001.journal"
    size = first.stat().st_size
    limits = resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (size + 100, limits[1]))
    # No file may grow beyond that: the journal goes on in another one.
    wait_for(lambda: RESUMED in relay.log(), "the journal goes on by itself")
    for stream in ending:
        stream.ends_whole()
    for stream in running:
        stream.runs_on()
    assert readiness(relay) == 200
    assert first.stat().st_size <= size + 100
    resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, limits)
    kill_and_restart(relay, running)
    assert relay.log().count(REFUSED) == 1
    assert_nothing_missing(relay, running + ending, others=1)


def ignoring_cuts(ask, *arguments, **options):
    try:
        return ask(*arguments, timeout=60, **options)
    except httpx.HTTPError:
        return None


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "sse-relay-test", folder]
    if os.geteuid() != 0:
        pytest.skip("only root mounts a small disk; the faults played above cover it")
    mounted = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.strip()}")
    yield folder
    # Lazily: the relay may still have it open.
    subprocess.run(["umount", "-l", folder], check=True, timeout=60)


def test_a_full_disk_harms_nothing_and_is_written_again_once_there_is_room(
    small_disk, start_relay
):
    relay = start_relay(RELAY_DATA_DIR=small_disk / "data", RELAY_LOOPS=2)
    before = begin(relay, 3, tokens=5)
    for stream in before:
        stream.ends_whole()
    kept = relay.history(count=3)
    running = begin(relay, 3, tokens=1500)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    wait_until(relay, "journal_not_writable")
    # Longer than the rest of a page that a file may still fill.
    during = begin(relay, 20, tokens=60, interval_ms=10)
    for stream in during:
        stream.ends_whole()
    wait_for(lambda: "the history cannot be written" in relay.log(), "the history is full too")
    assert relay.history()[:3] == kept
    ballast.unlink()
    wait_until(relay, 200)
    for stream in running:
        stream.runs_on()
    kill_and_restart(relay, running)
    assert_nothing_missing(relay, before + during + running)
    assert relay.history()[:3] == kept


@pytest.mark.parametrize("journal", [1, 0])
def test_a_full_disk_has_room_for_the_records_of_the_end(small_disk, start_relay, journal):
    relay = start_relay(
        RELAY_DATA_DIR=small_disk / "data", RELAY_LOOPS=2, RELAY_JOURNAL=journal
    )
    reserve = relay.data / "reserve"
    wait_for(lambda: reserve.exists() and reserve.stat().st_size > 0, "room is held")
    before = begin(relay, 3, tokens=5)
    for stream in before:
        stream.ends_whole()
    relay.history(count=3)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    during = begin(relay, 20, tokens=60, interval_ms=10)
    for stream in during:
        stream.ends_whole()
    wait_for(lambda: "the history cannot be written" in relay.log(), "the history is full")
    assert reserve.exists()
    assert relay.stop() == 0
    assert not reserve.exists()
    records = {record["id"]: record["content"] for record in relay.history(count=23)}
    assert records == {stream.id: stream.text for stream in before + during}
    # Once there is room, it is reserved again.
    ballast.unlink()
    relay.start()
    wait_for(lambda: reserve.exists() and reserve.stat().st_size > 0, "room is held again")
    assert len(relay.history()) == 23


# The start


def test_a_journal_that_cannot_be_opened_is_a_wrong_setting(run_daemon, faults, tmp_path):
    data = tmp_path / "data"

    def refused(problem):
        ended = run_daemon(
            RELAY_DATA_DIR=data, RELAY_LISTEN="127.0.0.1:0", **faults.variables
        )
        assert ended.returncode == 78, ended.stderr
        assert "RELAY_DATA_DIR" in ended.stderr and str(data) in ended.stderr
        assert problem in ended.stderr

    faults.set("mkdir EACCES /journal")
    refused("Permission denied")
    faults.set("open EACCES history.jsonl")
    refused("Permission denied")
    faults.clear()
    (data / "journal").write_text("a file")
    refused("Not a directory")


def test_a_disk_that_is_full_at_the_start_does_not_stop_it(start_faulty, faults):
    faults.set("mkdir ENOSPC /data", "open ENOSPC history.jsonl")
    relay = start_faulty(RELAY_LOOPS=1)
    assert not relay.data.exists()
    streams = begin(relay, 2, tokens=1500)
    begin(relay, 1, tokens=2)[0].ends_whole()
    assert readiness(relay) in ("journal_not_writable", "history_not_writable")
    faults.clear()
    wait_until(relay, 200)
    kill_and_restart(relay, streams)
    assert_nothing_missing(relay, streams, others=1)


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("open EACCES /journal/", "journal_not_writable"),
        ("open EROFS /journal/", "journal_not_writable"),
        ("write ENOSPC /journal/", "journal_not_writable"),
        ("open ENOSPC history.jsonl", "history_not_writable"),
        ("open ENOSPC /keys", "keys_not_writable"),
    ],
)
def test_what_cannot_be_written_at_the_start_is_told_before_the_first_answer(
    start_faulty, faults, rule, state
):
    faults.set(rule)
    relay = start_faulty(RELAY_LOOPS=2)
    assert readiness(relay) == state
    begin(relay, 1, tokens=2)[0].ends_whole()
    assert readiness(relay) == state
    faults.clear()
    wait_until(relay, 200)


def test_a_segment_that_cannot_be_read_is_set_aside_and_costs_no_other(start_faulty, faults):
    relay = start_faulty(RELAY_LOOPS=1)
    streams = begin(relay, 1, tokens=1500)
    relay.kill()
    whole = (relay.data / "journal" / "0-00000001.journal").read_bytes()
    faults.set("read EIO 0-00000001.journal")
    relay.start()
    assert "cannot be read" in relay.log()
    assert (relay.data / "journal" / "0-00000001.journal.unreadable").read_bytes() == whole
    begin(relay, 1, tokens=2)[0].ends_whole()
    assert relay.stop() == 0
    assert (relay.data / "journal" / "0-00000001.journal.unreadable").exists()
    # Put back by hand once the disk can be read.
    faults.clear()
    aside = relay.data / "journal" / "0-00000001.journal.unreadable"
    aside.rename(aside.with_name("0-00000001.journal"))
    relay.start()
    assert_nothing_missing(relay, streams, others=1)


# The folder goes


@pytest.mark.parametrize("what", ["journal", "data"])
def test_a_journal_that_is_removed_is_begun_anew_with_all_that_runs(relay, what):
    running = begin(relay, 4, tokens=1500)
    shutil.rmtree(relay.data / "journal" if what == "journal" else relay.data)
    running += begin(relay, 1, tokens=1500)
    wait_for(
        lambda: len(list(relay.data.glob("journal/*.journal"))) > 0, "a new segment"
    )
    # Each loop looks once a second, and an id begins with its loop's letter.
    loops = len({stream.id[0] for stream in running})
    told = "was moved away: the journal is begun anew"
    wait_for(lambda: relay.log().count(told) >= loops, "the log tells of each loop")
    for stream in running:
        stream.runs_on()
    assert readiness(relay) == 200
    kill_and_restart(relay, running)
    assert_nothing_missing(relay, running)
