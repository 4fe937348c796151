"""An upstream that floods one HTTP/2 stream, and sends words at a fixed pace on another."""

import ctypes
import json
import selectors
import socket
import ssl
import struct
import threading
import time

import h2.config
import h2.connection
import h2.events

FRAME = 16 * 1024


def event(content):
    chunk = {"choices": [{"index": 0, "delta": {"content": content}}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


END = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
# One event that fills one DATA frame to its last byte.
FULL = event("x" * (FRAME - len(event(""))))


class Stream:
    """An answer: model `flood?64` gives 64 full frames, `tick` a number each 50 ms until enough."""

    def __init__(self, model):
        kind, _, count = model.partition("?")
        self.is_flood = kind == "flood"
        self.total = int(count or 0)
        self.sent = 0
        self.due = time.monotonic()
        self.is_over = False
        # Whether the client has left no room for another frame.
        self.is_held_up = False


class Connection:
    """One connection, served by one thread: ticks precede the flood, which is never queued."""

    def __init__(self, sock, enough):
        self.enough = enough
        # Bytes that wait in the kernel precede every later tick.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.h2.initiate_connection()
        self.out = b""
        self.bodies = {}
        self.streams = {}

    def serve(self, stopping):
        self.sock.setblocking(False)
        with self.sock, selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            while not stopping.is_set():
                self.produce()
                is_blocked = not self.flush()
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_blocked else 0)
                selector.modify(self.sock, events)
                if is_blocked or not self.has_more():
                    selector.select(0.01)
                if not self.read():
                    return

    def has_more(self):
        return any(
            stream.is_flood and not stream.is_over and not stream.is_held_up
            for stream in self.streams.values()
        )

    def read(self):
        """False if the client has left."""
        try:
            data = self.sock.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except OSError:
            return False
        if not data:
            return False
        for item in self.h2.receive_data(data):
            if isinstance(item, h2.events.RequestReceived):
                self.bodies[item.stream_id] = b""
            elif isinstance(item, h2.events.DataReceived):
                self.bodies[item.stream_id] += item.data
                self.h2.acknowledge_received_data(item.flow_controlled_length, item.stream_id)
            elif isinstance(item, h2.events.StreamEnded):
                self.begin(item.stream_id)
            elif isinstance(item, h2.events.StreamReset):
                if item.stream_id in self.streams:
                    self.streams[item.stream_id].is_over = True
        return True

    def begin(self, number):
        self.streams[number] = Stream(json.loads(self.bodies.pop(number))["model"])
        self.h2.send_headers(
            number, [(":status", "200"), ("content-type", "text/event-stream")]
        )

    def produce(self):
        """Writes what is due, but no frame of the flood until the previous one has left."""
        for number, stream in sorted(self.streams.items(), key=lambda item: item[1].is_flood):
            if stream.is_over:
                continue
            if stream.is_flood:
                stream.is_held_up = self.h2.local_flow_control_window(number) < FRAME
                stream.is_over = stream.sent == stream.total
                if not stream.is_over and not stream.is_held_up and not self.out:
                    self.h2.send_data(number, FULL)
                    stream.sent += 1
            elif time.monotonic() >= stream.due:
                stream.is_over = self.enough.is_set()
                if not stream.is_over:
                    self.h2.send_data(number, event(f"{stream.sent} "))
                    stream.sent += 1
                    stream.due += 0.05
            if stream.is_over:
                self.h2.send_data(number, END, end_stream=True)
        self.out += self.h2.data_to_send()

    def flush(self):
        """False if the kernel takes no more."""
        while self.out:
            try:
                self.out = self.out[self.sock.send(self.out):]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return False
            except OSError:
                self.out = b""
        return True


class Upstream:
    """Listens on a port of its own until the `with` block ends; each connection has a thread."""

    def __init__(self, certificate, key):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._context.set_alpn_protocols(["h2"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self.url = f"https://localhost:{self._listener.getsockname()[1]}/v1"
        self.connections = []
        # Set when the ticking answers should end.
        self.enough = threading.Event()

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        # The first of them, which may start others, ends first.
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def streams(self):
        """All answers so far, in the order in which they were asked for."""
        return [
            stream for connection in self.connections
            for stream in list(connection.streams.values())
        ]

    def vanish(self):
        """Makes the kernel drop whatever arrives on the connections that are open now."""
        # One instruction of the kernel's packet filter (<linux/filter.h>): "return 0 bytes".
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        program = struct.pack("@HP", 1, ctypes.addressof(drop_all))
        for connection in self.connections:
            connection.sock.setsockopt(socket.SOL_SOCKET, 26, program)  # SO_ATTACH_FILTER

    def _accept(self):
        while not self._stopping.is_set():
            try:
                plain, _ = self._listener.accept()
            except TimeoutError:
                continue
            plain.settimeout(5)
            connection = Connection(
                self._context.wrap_socket(plain, server_side=True), self.enough
            )
            self.connections.append(connection)
            thread = threading.Thread(target=connection.serve, args=(self._stopping,))
            self._threads.append(thread)
            thread.start()
