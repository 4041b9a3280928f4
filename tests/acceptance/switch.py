"""A network between namespaces in user space: what `tc netem` does, for each pair of nodes and each direction apart, from a
seed, and on kernels without netem. Packets come from TUN devices whose descriptors were opened by spaces.py.

  switch.py SEED FD OCTET [FD OCTET …]     OCTET: the last number of the address behind that device

Reads one JSON object a line on standard input and answers "ok" when it holds: {"blocked": [[from, to], …], "loss": 0..1,
"delay_ms": N, "jitter_ms": N, "reorder": 0..1}. Faults hold between nodes only: the clients' device has octet 254. Ends with
its standard input."""

import heapq
import json
import os
import random
import select
import sys
import time

CLIENTS = 254
MOST_WAITING = 50_000  # packets that are delayed at once; more are lost, as in a full queue
PACKET_BYTES = 1 << 16
READ_AT_ONCE = 64


class Switch:
    def __init__(self, seed, devices):
        self.chance = random.Random(seed)
        self.devices = devices  # octet -> descriptor
        self.waiting = []  # heap of (when, number, octet, packet)
        self.number = 0
        self.last = {}  # (from, to) -> when its newest delayed packet leaves: only "reorder" changes the order
        self.faults = {}
        self.blocked = set()

    def set_faults(self, faults):
        self.faults = faults
        self.blocked = {tuple(pair) for pair in faults.get("blocked", [])}

    def take(self, source, packet):
        if len(packet) < 20 or packet[0] >> 4 != 4:
            return  # IPv6 neighbour discovery and the like
        target = packet[19]
        if target not in self.devices:
            return
        if CLIENTS in (source, target):
            self.send(target, packet)
        elif (source, target) not in self.blocked and self.chance.random() >= self.faults.get("loss", 0):
            self.delay(source, target, packet)

    def delay(self, source, target, packet):
        delay_ms = self.faults.get("delay_ms", 0)
        if not delay_ms or self.chance.random() < self.faults.get("reorder", 0):
            self.send(target, packet)
            return
        if len(self.waiting) >= MOST_WAITING:
            return
        jitter_ms = self.chance.uniform(0, self.faults.get("jitter_ms", 0))
        when = max(time.monotonic() + (delay_ms + jitter_ms) / 1000, self.last.get((source, target), 0))
        self.last[source, target] = when
        self.number += 1
        heapq.heappush(self.waiting, (when, self.number, target, packet))

    def send(self, target, packet):
        try:
            os.write(self.devices[target], packet)
        except OSError:
            pass  # the device's queue is full: lost, as on any network

    def send_due(self):
        """Sends what is due. Returns the milliseconds until the next, or None."""
        while self.waiting:
            left_s = self.waiting[0][0] - time.monotonic()
            if left_s > 0:
                return left_s * 1000
            _, _, target, packet = heapq.heappop(self.waiting)
            self.send(target, packet)
        return None

    def drain(self, source):
        for _ in range(READ_AT_ONCE):
            try:
                packet = os.read(self.devices[source], PACKET_BYTES)
            except BlockingIOError:
                return
            self.take(source, packet)


def main():
    seed, rest = sys.argv[1], [int(each) for each in sys.argv[2:]]
    devices = {octet: descriptor for descriptor, octet in zip(rest[0::2], rest[1::2])}
    by_descriptor = {descriptor: octet for octet, descriptor in devices.items()}
    switch = Switch(seed, devices)
    poll = select.poll()
    poll.register(sys.stdin.fileno(), select.POLLIN)
    for descriptor in by_descriptor:
        os.set_blocking(descriptor, False)
        poll.register(descriptor, select.POLLIN)
    print("ok", flush=True)
    while True:
        for descriptor, _ in poll.poll(switch.send_due()):
            if descriptor in by_descriptor:
                switch.drain(by_descriptor[descriptor])
                continue
            line = sys.stdin.readline()
            if not line:
                return
            switch.set_faults(json.loads(line))
            print("ok", flush=True)


main()
