"""Just enough HTTP/2 and gRPC to misuse them: frames by hand over a socket whose source address can be chosen.

A well-behaved client library does not let its user leave an answer unread, send half a request or ten thousand pings. RFC 9113
for the frames, and for gRPC its protocol over HTTP/2."""

import select
import socket
import struct
import time

import header_table

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
LARGE_WINDOW = (1 << 30) - 1


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header as HPACK writes it without any table."""
    out = b"\x10"
    for text in (name.encode(), value.encode()):
        out += bytes((len(text),)) if len(text) < 127 else b"\x7f" + integer(len(text) - 127)
        out += text
    return out


def integer(value):
    out = b""
    while value >= 128:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def request_headers(path, more=()):
    pairs = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "node"), ("te", "trailers"),
             ("content-type", "application/grpc"), *more]
    return b"".join(literal(name, value) for name, value in pairs)


def varint(value):
    return integer(value)


def field(number, value):
    """One field of a Protobuf message: an integer, bytes, text, or a message as bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def grpc_message(body):
    return struct.pack(">BI", 0, len(body)) + body


class Closed(Exception):
    """The other side has ended the connection."""


class Connection:
    """One connection. `window`: how many bytes of an answer the server may send before it is told that they were read."""

    def __init__(self, address, source=None, window=LARGE_WINDOW, timeout=5):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.window = window
        self.next_stream = 1
        self.send_window = 65535      # of the connection
        self.stream_window = 65535    # of a stream that begins
        self.buffer = b""
        self.decoder = header_table.Decoder()
        self.answers = {}             # by stream: (status or None, body bytes)
        start = PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, min(window, LARGE_WINDOW)))
        if window > 65535:
            start += frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE_WINDOW - 65535))
        self.socket.sendall(start)

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (OSError, socket.timeout) as problem:
            raise Closed(str(problem)) from problem

    def start(self, path, body=None, more=()):
        """Begins a call; without a body the request stays incomplete. Returns the stream."""
        stream = self.next_stream
        self.next_stream += 2
        self.send(frame(HEADERS, END_HEADERS, stream, request_headers(path, more)))
        self.answers[stream] = (None, b"")
        if body is not None:
            self.send_body(stream, grpc_message(body))
        return stream

    def send_body(self, stream, data, end=True, timeout=20):
        left = self.stream_window
        at = 0
        deadline = time.monotonic() + timeout
        while at < len(data) or (end and not data):
            room = min(left, self.send_window, 16384, len(data) - at)
            if room <= 0 and at < len(data):
                if time.monotonic() > deadline:
                    raise Closed("no window for the request")
                before = self.stream_window
                left += self.read(0.05, stream) + self.stream_window - before
                continue
            chunk = data[at:at + room]
            at += room
            last = end and at == len(data)
            self.send(frame(DATA, END_STREAM if last else 0, stream, chunk))
            left -= room
            self.send_window -= room
            if last:
                return

    def read(self, seconds, watched=None):
        """Takes what has come within so many seconds. Returns by how much the watched stream's window has grown."""
        grown = 0
        ready = select.poll()  # select() knows the first 1,024 descriptors only
        ready.register(self.socket, select.POLLIN)
        if not ready.poll(1000 * seconds):
            return grown
        try:
            data = self.socket.recv(1 << 20)
        except OSError as problem:
            raise Closed(str(problem)) from problem
        if not data:
            raise Closed("end")
        self.buffer += data
        at = 0
        while len(self.buffer) - at >= 9:
            length = int.from_bytes(self.buffer[at:at + 3], "big")
            if len(self.buffer) - at < 9 + length:
                break
            kind, flags = self.buffer[at + 3], self.buffer[at + 4]
            stream = int.from_bytes(self.buffer[at + 5:at + 9], "big") & 0x7FFFFFFF
            payload = self.buffer[at + 9:at + 9 + length]
            at += 9 + length
            grown += self.take(kind, flags, stream, payload, watched)
        self.buffer = self.buffer[at:]
        return grown

    def take(self, kind, flags, stream, payload, watched):
        if kind == SETTINGS and not flags & ACK:
            for i in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[i:i + 6])
                if name == 4:
                    self.stream_window = value
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            amount = int.from_bytes(payload, "big")
            if stream == 0:
                self.send_window += amount
            elif stream == watched:
                return amount
        elif kind == HEADERS:
            headers = dict(self.decoder.decode(payload))
            status, body = self.answers.get(stream, (None, b""))
            if "grpc-status" in headers:
                self.answers[stream] = (int(headers["grpc-status"]), body)
        elif kind == DATA:
            status, body = self.answers.get(stream, (None, b""))
            self.answers[stream] = (status, body + payload)
            if self.window == LARGE_WINDOW and payload:
                self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(payload))))
        elif kind == RST_STREAM:
            self.answers[stream] = (-1, b"")
        return 0

    def ended(self, stream):
        return self.answers.get(stream, (0, b""))[0] is not None

    def call(self, path, body=b"", timeout=20):
        """One unary call: (status of gRPC, the answer's bytes). Raises Closed when nothing comes in time."""
        stream = self.start(path, body)
        deadline = time.monotonic() + timeout
        while not self.ended(stream):
            if time.monotonic() > deadline:
                raise Closed(f"no answer to {path} within {timeout} s")
            self.read(0.2)
        status, answer = self.answers.pop(stream)
        return status, answer[5:]
