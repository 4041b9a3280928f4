"""Attacks on four real nodes under honest load, and what the honest users see of them.

An attack is a function `program(target, stop)` in callers.py, issuer.py, peers.py or liar.py, made known by @attack. It runs in a
process of its own until `stop()` is true, at a lower priority than the nodes: an attacker brings its own processor. To add
one write the function; it runs in ctest and by scripts/attack at once.

Measured in one run, on one machine: commit latency and memory of every node in calm, then during each attack, then after it.
The law, for every attack:
  - commit p99 is at most three times that of the calm, and never above 2 s. Both are asked of a machine that can show it: short
    of 0.5 s nothing is called slow, and where the calm itself takes that long the ceiling says nothing of the attack,
  - every node takes at most 128 MiB more than in the calm,
  - nothing honest is lost: each acknowledged transaction is in the ledger of every node, once,
  - the node's status names the attack while it lasts, where it reaches a limit,
  - the API answers within five seconds of the attacker's leaving."""

import multiprocessing
import os
import pathlib
import re
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "acceptance"))

from http2 import Closed, Connection  # noqa: E402
from assembly import WithObservers, pin_of  # noqa: E402
from network import Failed, Load, require, say, until  # noqa: E402

ATTACKS = {}
MEMORY_KIB = 128 * 1024
FLOOR_S = 0.5
CEILING_S = 2.0
STRANGER = 5
WINDOWS = 3  # a machine that does other work may spoil one


class Attack:
    def __init__(self, name, kind, program, names, at_once, prepare):
        self.name = name
        self.kind = kind
        self.program = program
        self.names = names        # what the status says; None: no limit of the node is reached
        self.at_once = at_once    # attackers
        self.prepare = prepare    # by the harness before, its answer is target.prepared
        self.text = (program.__doc__ or "").strip()


def attack(name, kind, names=None, at_once=2, prepare=None):
    """Makes a function an attack. `names`: a pattern that an obstacle of the attacked node's status must match."""
    def register(program):
        require(name not in ATTACKS, f"two attacks are called {name}")
        ATTACKS[name] = Attack(name, kind, program, names, at_once, prepare)
        return program
    return register


class Target:
    """What an attacker knows of its victim: plain values, so that they can be handed to another process."""

    def __init__(self, network, number, attacker, prepared=None):
        self.api = network.endpoints[number - 1]
        self.metrics = network.machine.metrics_listen(number)
        self.peer = peer_address(network, number)
        self.pin = pin_of(network, number)[1]
        self.stranger = network.directory(STRANGER)  # an institution in good standing without a seat; no node of it runs
        self.stranger_keys = network.folder / f"issuer-keys{STRANGER}"
        self.folder = network.folder
        self.chain = network.chain
        self.institutions = network.institutions
        self.number = number
        self.attacker = attacker
        self.source = f"127.0.0.{10 + attacker}"  # not the address of the honest users
        self.prepared = prepared

    def connect(self, **options):
        return Connection(self.api, source=self.source, **options)


def peer_address(network, number):
    text = (network.directory(number) / "testamurd.toml").read_text()
    return re.search(r'^\[peers\]$.*?^listen = "([^"]+)"', text, re.MULTILINE | re.DOTALL).group(1)


def attacker_main(program, target, stop):
    """Nothing that the node does to it ends an attacker."""
    os.nice(5)
    while not stop.is_set():
        try:
            program(target, stop.is_set)
        except (OSError, Closed, ValueError):
            time.sleep(0.05)


class Attackers:
    def __init__(self, one, network, number, prepared):
        self.stop = multiprocessing.Event()
        self.processes = [multiprocessing.Process(target=attacker_main, daemon=True, args=(
            one.program, Target(network, number, i, prepared), self.stop)) for i in range(one.at_once)]
        for process in self.processes:
            process.start()

    def end(self):
        self.stop.set()
        for process in self.processes:
            process.join(2)
            if process.is_alive():
                process.kill()
                process.join()


def resident_kib(network):
    sizes = {}
    for number, process in network.processes.items():
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        sizes[number] = int(re.search(r"^VmRSS:\s+(\d+)", text, re.MULTILINE).group(1))
    return sizes


class Measured:
    def __init__(self, latencies, memory):
        self.count = len(latencies)
        self.p50 = quantile(latencies, 0.50)
        self.p99 = quantile(latencies, 0.99)
        self.memory = memory  # KiB by node, the most seen

    def __str__(self):
        return f"{self.count} commits, p50 {1000 * self.p50:.0f} ms, p99 {1000 * self.p99:.0f} ms, " \
               f"memory {max(self.memory.values()) // 1024} MiB at most"


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("inf")


class Honest:
    """Honest users who issue all the time, and how long their commits take."""

    def __init__(self, network, folder, rate):
        self.network = network
        self.latencies = folder / "latencies"
        self.load = Load(network, folder, rate=rate, threads=64, extra=("--latencies", str(self.latencies)))
        self.load.await_more(rate)

    def read(self):
        if not self.latencies.exists():
            return []
        lines = self.latencies.read_text().splitlines()
        return [float(line) / 1000 for line in lines if line]

    def measure(self, seconds):
        """What was acknowledged in this time, and the most memory that each node had."""
        before = len(self.read())
        most = resident_kib(self.network)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)  # between two looks
            for number, size in resident_kib(self.network).items():
                most[number] = max(most[number], size)
            self.load.acknowledged()
        return Measured(self.read()[before:], most)


def within(calm, seen):
    ceiling = CEILING_S if calm.p99 <= FLOOR_S else float("inf")
    return seen.p99 <= max(3 * calm.p99, FLOOR_S) and seen.p99 <= ceiling


def obstacles(network, number):
    status = network.status_of(number)
    return status.get("obstacles", []) if status else []


def api_answers(network, number):
    try:
        connection = Connection(network.endpoints[number - 1], timeout=1)
        try:
            return connection.call("/testamur.v1.LedgerService/GetStatus", timeout=2)[0] == 0
        finally:
            connection.close()
    except (OSError, Closed):
        return False


def run_attack(one, network, honest, calm, seconds):
    number = network.size
    prepared = one.prepare(network, number) if one.prepare else None
    say(f"{one.name} ({one.kind}): {one.text.splitlines()[0] if one.text else ''}")
    attackers = Attackers(one, network, number, prepared)
    named = False
    try:
        for window in range(WINDOWS):
            during = honest.measure(seconds)
            if one.names and not named:
                named = any(re.search(one.names, text) for text in obstacles(network, number))
            if within(calm, during):
                break
            say(f"  window {window + 1}: {during}")
        if one.names and not named:
            named = bool(until(lambda: any(re.search(one.names, text) for text in obstacles(network, number)),
                               f"an obstacle like '{one.names}': {obstacles(network, number)}", 30))
    finally:
        attackers.end()
    left = time.monotonic()
    until(lambda: api_answers(network, number), "an answer of the API after the attack", 5 if calm.p99 <= FLOOR_S else 30)
    say(f"  during: {during}; the API answers {time.monotonic() - left:.1f} s after it")

    for window in range(WINDOWS):
        after = honest.measure(max(2, seconds / 3))
        if within(calm, after):
            break
    say(f"  after:  {after}")
    require(within(calm, during), f"{one.name}: commit p99 {during.p99:.2f} s during the attack, {calm.p99:.2f} s in calm")
    require(within(calm, after), f"{one.name}: commit p99 {after.p99:.2f} s after the attack, {calm.p99:.2f} s in calm")
    for each, size in during.memory.items():
        require(size <= calm.memory[each] + MEMORY_KIB,
                f"{one.name}: node {each} takes {size // 1024} MiB during the attack, {calm.memory[each] // 1024} MiB in calm")
    for each, size in after.memory.items():
        require(size <= calm.memory[each] + MEMORY_KIB, f"{one.name}: node {each} keeps {size // 1024} MiB after the attack")


def run_all(names, network, folder, seconds, rate):
    network.start()
    network.await_agreement()
    honest = Honest(network, folder, rate)
    try:
        honest.measure(3)  # what is loaded on first use is not the calm
        calm = honest.measure(max(8, seconds))
        say(f"calm: {calm}")
        if calm.p99 > FLOOR_S:
            say("this machine does other work: the ceiling of 2 s is not asked for")
        failures = []
        for name in names:
            try:
                run_attack(ATTACKS[name], network, honest, calm, seconds)
            except Failed as failure:
                say(f"  FAILED: {failure}")
                failures.append(str(failure))
        summary = honest.load.finish()
        require(not summary["problems"], f"the honest users had problems: {summary['problems']}")
        require(summary["open"] == 0, f"{summary['open']} honest transactions never ended")
    finally:
        honest.load.end()
    # What lay in queues for a moment must be applied everywhere before the ledgers are compared.
    network.await_agreement()
    verified = honest.load.verify()
    say(f"{verified['acknowledged']} honest transactions, each once in the ledger of every node")
    require(not failures, f"{len(failures)} of {len(names)} attacks succeeded: " + "; ".join(failures))


def metrics_of(network, number):
    with urllib.request.urlopen(network.machine.metrics_url(number), timeout=5) as answer:
        return dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line and line[0] != "#")


def run_test_network(body):
    """Four validators; the fifth institution has keys and a directory, and no node."""
    from network import run_test

    def without_the_stranger(network, folder):
        network.size = STRANGER - 1
        network.endpoints = network.endpoints[:network.size]
        body(network, folder)

    run_test("attack", without_the_stranger, nodes=STRANGER, machine=WithObservers(1))
