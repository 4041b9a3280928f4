"""Attacks on four real nodes under honest load, and what the honest users see of them.

An attack is a function `program(target, stop)` in callers.py, issuer.py or peers.py, made known by @attack. It runs in a
process of its own until `stop()` is true, at a lower priority than the nodes: an attacker brings its own processor. To add
one write the function; it runs in ctest and by scripts/attack at once.

Measured in one run, on one machine: commit latency and memory of every node in calm, then during each attack, then after it.
The law, for every attack:
  - commit p99 is at most three times that of the calm, and never above 2 s. Both are asked of a machine that can show it: short
    of 0.5 s nothing is called slow, and where the calm itself takes that long the ceiling says nothing of the attack,
  - every node takes at most 128 MiB more than just before it; and after all of them, one after the other, at most that
    and what the store keeps in memory more than in the calm: its cache and its tables fill with whatever is written,
  - nothing honest is lost: each acknowledged transaction is in the ledger of every node, once,
  - the node's status names the attack while it lasts, where it reaches a limit,
  - the API answers within five seconds of the attacker's leaving,
  - the attack took place: its program lives until it is told to end, and the node took what it did.

Where other programs of the machine had more than a fifth of its processors a time that is too long says nothing of the node: it
is printed as not judged, and is no failure. What is within the law on such a machine is within it; memory, loss and names are
judged always."""

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
STORE_KIB = (128 + 128) * 1024  # store.cache_bytes, and the tables that are not written out yet (node/store/store.h)
FLOOR_S = 0.5
CEILING_S = 2.0
VALIDATORS = 4
STRANGERS = 4
OTHERS = 0.2  # of the processors, above which a time is not judged
WINDOWS = 3  # a machine that does other work may spoil one


class Attack:
    def __init__(self, name, kind, program, names, at_once, prepare, brief, named_after):
        self.name = name
        self.kind = kind
        self.program = program
        self.names = names        # what the status says; None: no limit of the node is reached
        self.at_once = at_once    # attackers
        self.prepare = prepare    # by the harness before, its answer is target.prepared
        self.brief = brief        # one of those that ctest runs
        self.named_after = named_after  # the honest users may not get in to ask meanwhile
        self.text = (program.__doc__ or "").strip()


def attack(name, kind, names=None, at_once=2, prepare=None, brief=False, named_after=False):
    """Makes a function an attack. `names`: a pattern that an obstacle of the attacked node's status must match."""
    def register(program):
        require(name not in ATTACKS, f"two attacks are called {name}")
        ATTACKS[name] = Attack(name, kind, program, names, at_once, prepare, brief, named_after)
        return program
    return register


class Target:
    """What an attacker knows of its victim: plain values, so that they can be handed to another process."""

    def __init__(self, network, number, stranger, attacker, prepared=None, network_of=0):
        self.api = network.endpoints[number - 1]
        self.metrics = network.machine.metrics_listen(number)
        self.peer = peer_address(network, number)
        self.pin = pin_of(network, number)[1]
        self.stranger = network.directory(stranger)  # an institution in good standing without a seat; no node of it runs
        self.stranger_keys = network.folder / f"issuer-keys{stranger}"
        self.folder = network.folder
        self.chain = network.chain
        self.institutions = network.institutions
        self.number = number
        self.attacker = attacker
        self.source = f"127.0.{network_of}.{10 + attacker}"  # not the address of the honest users
        self.prepared = prepared
        self.deeds = multiprocessing.Value("Q", 0)

    def connect(self, **options):
        return Connection(self.api, source=self.source, did=self.did, **options)

    def did(self, times=1):
        """So often something reached the node: an attack that never does anything proves nothing."""
        self.deeds.value += times  # of this process only


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
    """Those of one attack; `network_of` keeps the addresses of several attacks apart."""

    def __init__(self, one, network, number, stranger, prepared, network_of=0):
        self.stop = multiprocessing.Event()
        self.targets = [Target(network, number, stranger, i, prepared, network_of) for i in range(one.at_once)]
        self.processes = [multiprocessing.Process(target=attacker_main, daemon=True, args=(one.program, target, self.stop))
                          for target in self.targets]
        for process in self.processes:
            process.start()

    def end(self):
        """What kept the attack from taking place, or nothing."""
        broken = [process.exitcode for process in self.processes if not process.is_alive()]
        self.stop.set()
        for process in self.processes:
            process.join(3)
            if process.is_alive():
                process.kill()
                process.join()
        if broken:
            return f"the attacking program ended by itself with {broken}"
        return "" if self.deeds() else "the attacking program never reached the node"

    def deeds(self):
        return sum(target.deeds.value for target in self.targets)


class Others:
    """How much of the machine's processors programs have that are none of this test."""

    def __init__(self):
        self.begun = time.monotonic()
        self.ticks = self.now()

    def now(self):
        user, nice, system, _, _, _, _, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
        return user + nice + system + steal - ticks_of_this_test()

    def share(self):
        available = (time.monotonic() - self.begun) * os.sysconf("SC_CLK_TCK") * os.cpu_count()
        return max(0, self.now() - self.ticks) / available


def ticks_of_this_test():
    """Processor time of this process and of all that descend from it, those that have ended too."""
    parents, ticks = {}, {}
    for each in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (each / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(each.name)] = int(words[1])
        ticks[int(each.name)] = sum(map(int, words[11:15]))
    own = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    return sum(ticks.get(pid, 0) for pid in own)


def resident_kib(network):
    sizes = {}
    for number, process in network.processes.items():
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        sizes[number] = int(re.search(r"^VmRSS:\s+(\d+)", text, re.MULTILINE).group(1))
    return sizes


class Measured:
    def __init__(self, latencies, memory, others):
        self.count = len(latencies)
        self.p50 = quantile(latencies, 0.50)
        self.p99 = quantile(latencies, 0.99)
        self.memory = memory  # KiB by node, the most seen
        self.others = others  # see Others

    def __str__(self):
        return f"{self.count} commits, p50 {1000 * self.p50:.0f} ms, p99 {1000 * self.p99:.0f} ms, " \
               f"memory {max(self.memory.values()) // 1024} MiB at most, other programs {100 * self.others:.0f} %"


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
        others = Others()
        most = resident_kib(self.network)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)  # between two looks
            for number, size in resident_kib(self.network).items():
                most[number] = max(most[number], size)
            self.load.acknowledged()
        return Measured(self.read()[before:], most, others.share())


def within(calm, seen):
    ceiling = CEILING_S if calm.p99 <= FLOOR_S else float("inf")
    return seen.p99 <= max(3 * calm.p99, FLOOR_S) and seen.p99 <= ceiling


def require_quick(calm, seen, what):
    if within(calm, seen):
        return
    text = f"{what}: commit p99 {seen.p99:.2f} s, {calm.p99:.2f} s in calm"
    require(seen.others > OTHERS, text)
    say(f"  NOT JUDGED: {text}; other programs had {100 * seen.others:.0f} % of the processors")


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


def victims(kind):
    """(node, stranger) for one attack after the other. A node shuts an institution out that misbehaves, for longer each time: a
    peer is a stranger to its victim each time as long as there are pairs that have not met."""
    if kind != "peer":
        while True:
            yield VALIDATORS, VALIDATORS + 1
    while True:
        for stranger in range(VALIDATORS + 1, VALIDATORS + STRANGERS + 1):
            for number in range(VALIDATORS, 0, -1):
                yield number, stranger


def attack_and_measure(ones, network, honest, calm, asked, number, stranger):
    """What the honest users saw during these attacks at once; raises where a program is broken or the status does not name it."""
    prepared = [one.prepare(network, number) if one.prepare else None for one in ones]
    for one in ones:
        say(f"{one.name} ({one.kind}): {one.text.splitlines()[0] if one.text else ''}")
    attackers = [Attackers(one, network, number, stranger, each, i) for i, (one, each) in enumerate(zip(ones, prepared))]
    names = [one.names for one in ones if one.names]

    def await_names():
        seen, missing = [], names

        def are_named():
            nonlocal seen, missing
            seen = obstacles(network, number)
            missing = [name for name in names if not any(re.search(name, text) for text in seen)]
            return not missing

        try:
            until(are_named, f"obstacles like {names}", 30)
        except Failed as late:
            raise Failed(f"{late}: {missing} is missing; the status says {seen}") from None

    most = {}
    try:
        for window in range(WINDOWS):
            during = honest.measure(asked.seconds)
            most = largest(most, during.memory)
            if within(calm, during):
                break
            say(f"  window {window + 1}: {during}")
        while min(each.deeds() for each in attackers) < asked.deeds:
            during = max(during, honest.measure(asked.seconds), key=lambda seen: seen.p99)
            most = largest(most, during.memory)
        if not any(one.named_after for one in ones):
            await_names()
    finally:
        broken = [each.end() for each in attackers]
    await_names()
    during.memory = most
    for one, problem in zip(ones, broken):
        require(not problem, f"{one.name}: {problem}")
    deeds = ", ".join(str(each.deeds()) for each in attackers)
    say(f"  during: {during}; {deeds} deeds" + (", named in the status" if names else ""))
    return during


def largest(memory, more):
    """Of every node the most, over all windows."""
    return {number: max(size, memory.get(number, 0)) for number, size in more.items()}


def run_attack(ones, network, honest, calm, asked, number, stranger):
    what = " and ".join(one.name for one in ones)
    before = resident_kib(network)
    during = attack_and_measure(ones, network, honest, calm, asked, number, stranger)
    left = time.monotonic()
    until(lambda: api_answers(network, number), "an answer of the API after the attack", 5 if during.others <= OTHERS else 30)
    answered = time.monotonic() - left

    for _ in range(WINDOWS):
        after = honest.measure(max(2, asked.seconds / 3))
        if within(calm, after):
            break
    say(f"  after:  {after}; the API answered within {answered:.1f} s")
    require_quick(calm, during, f"{what}, during the attack")
    require_quick(calm, after, f"{what}, after the attack")
    for each, size in during.memory.items():
        require(size <= before[each] + MEMORY_KIB,
                f"{what}: node {each} takes {size // 1024} MiB during the attack, {before[each] // 1024} MiB before it")
    for each, size in after.memory.items():
        require(size <= calm.memory[each] + STORE_KIB + MEMORY_KIB,
                f"{what}: node {each} keeps {size // 1024} MiB after the attack, {calm.memory[each] // 1024} MiB in calm")


def run_all(attacks, network, folder, asked):
    """`attacks`: lists of names, those of one list at once. `asked`: seconds of a window, deeds that are waited for, rate."""
    network.start()
    network.await_agreement()
    honest = Honest(network, folder, asked.rate)
    try:
        honest.measure(3)  # what is loaded on first use is not the calm
        calm = honest.measure(max(8, asked.seconds))
        say(f"calm: {calm}")
        if calm.p99 > FLOOR_S:
            say("this machine does other work: the ceiling of 2 s is not asked for")
        failures = []
        pairs = {one.kind: victims(one.kind) for one in ATTACKS.values()}
        for names in attacks:
            ones = [ATTACKS[name] for name in names]
            kind = next((one.kind for one in ones if one.kind == "peer"), ones[0].kind)
            try:
                run_attack(ones, network, honest, calm, asked, *next(pairs[kind]))
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
    require(not failures, f"{len(failures)} of {len(attacks)} attacks succeeded: " + "; ".join(failures))


def metrics_of(network, number):
    with urllib.request.urlopen(network.machine.metrics_url(number), timeout=5) as answer:
        return dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line and line[0] != "#")


def run_test_network(body):
    """Validators; further institutions have keys and a directory, and no node."""
    from network import run_test

    def without_strangers(network, folder):
        network.size = VALIDATORS
        network.endpoints = network.endpoints[:network.size]
        body(network, folder)

    run_test("attack", without_strangers, nodes=VALIDATORS + STRANGERS, machine=WithObservers(STRANGERS))
