"""What scripts/chaos does to a network: a sequence of events that follows from a seed alone, and how each begins and ends.

An event names the nodes that it hits. While it lasts the others must go on, where enough are left to agree; after it has
ended all must."""

import dataclasses
import random
import signal
import time

from network import require, say, until

MORE = 20  # commits that show that the ledger goes on
HOUR_S = 3600
FATAL_EXIT = 70
SLACK_S = 0.05  # between two readings of one clock


@dataclasses.dataclass
class Event:
    kind: str
    hit: list  # numbers of nodes
    hold_s: float  # how long it lasts at least
    weather: dict  # of the network between all nodes, for as long
    peers: list  # one-way: whom the hit nodes' packets do not reach
    offset_s: list  # clocks: by how much each hit node's clock is off

    def text(self):
        words = [self.kind, " ".join(map(str, self.hit))]
        if self.peers:
            words.append("to " + " ".join(map(str, self.peers)))
        if self.offset_s:
            words.append("by " + " ".join(f"{each:+d} s" for each in self.offset_s))
        if self.weather:
            words.append("(" + ", ".join(f"{name} {value:g}" for name, value in self.weather.items()) + ")")
        return " ".join(words)


def weather(chance):
    """Mostly none; else loss, delay and changed order, from a bad line to a terrible one."""
    if chance.random() < 0.6:
        return {}
    return {"loss": round(chance.choice([0, 0.01, 0.05, 0.15]), 3), "delay_ms": chance.choice([0, 5, 40, 120]),
            "jitter_ms": chance.choice([0, 10, 60]), "reorder": chance.choice([0, 0.02, 0.2])}


# Each kind: how often it comes, and what must be there for it.
KINDS = {
    "killed": (4, None),
    "halted": (2, None),
    "restarted": (2, None),
    "cut off": (2, "network"),  # from all other nodes
    "one-way": (2, "network"),  # what they send to some nodes is lost, what they are sent arrives
    "split": (2, "network"),  # into two halves
    "bad line": (2, "network"),  # weather only
    "disk full": (2, "disks"),
    "clock off": (2, "clocks"),  # by an hour: as many as may fail
    "clocks apart": (1, "clocks"),  # by a few seconds: all
}


def events(seed, nodes, abilities, small_disks):
    """The endless sequence that belongs to these arguments."""
    chance = random.Random(f"{seed} {nodes}")
    tolerated = (nodes - 1) // 3
    everybody = list(range(1, nodes + 1))
    weights = [often if needs is None or needs in abilities else 0 for often, needs in KINDS.values()]
    while True:
        kind = chance.choices(list(KINDS), weights)[0]
        count = chance.choice([1, 1, tolerated, tolerated + 1, nodes])
        hold_s = round(chance.uniform(0, 4), 2)
        sky = weather(chance) if "network" in abilities else {}
        peers, offsets = [], []
        if kind == "disk full":
            hit = chance.sample(everybody[:small_disks], min(count, small_disks))
        elif kind == "clock off":
            hit = chance.sample(everybody, min(count, tolerated))
            offsets = [chance.choice([-HOUR_S, HOUR_S]) for _ in hit]
        elif kind == "clocks apart":
            hit = everybody
            offsets = [chance.randint(-4, 4) for _ in hit]
        elif kind == "split":
            hit = chance.sample(everybody, chance.randint(1, nodes // 2))
        elif kind == "bad line":
            hit = everybody
            sky = {"loss": chance.choice([0.05, 0.15, 0.3]), "delay_ms": chance.choice([20, 80, 200]), "jitter_ms": 60,
                   "reorder": chance.choice([0.05, 0.25])}
        else:
            hit = chance.sample(everybody, count)
        if kind == "one-way":
            others = [each for each in everybody if each not in hit] or everybody
            peers = sorted(chance.sample(others, chance.randint(1, len(others))))
        yield Event(kind, sorted(hit), hold_s, sky, peers, offsets)


def blocked(event, numbers):
    """The pairs (from, to) between which nothing arrives."""
    inside, outside = event.hit, [each for each in numbers if each not in event.hit]
    if event.kind == "cut off":
        return [[one, other] for one in numbers for other in numbers if one != other and (one in inside or other in inside)]
    if event.kind == "split":
        return [pair for one in inside for other in outside for pair in ([one, other], [other, one])]
    if event.kind == "one-way":
        return [[one, other] for one in inside for other in event.peers if one != other]
    return []


def lost(event):
    """How many validators at most are no use to the others while it lasts."""
    return 0 if event.kind in ("bad line", "clocks apart") else len(event.hit)


def begin(event, network):
    processes = network.processes
    if event.weather or blocked(event, network.numbers()):
        network.machine.set_faults(blocked=blocked(event, network.numbers()), **event.weather)
    if event.kind == "killed":
        network.kill(*event.hit)
    elif event.kind == "restarted":
        network.stop(*event.hit)
    elif event.kind == "halted":
        for number in event.hit:
            processes[number].send_signal(signal.SIGSTOP)
    elif event.kind == "disk full":
        for number in event.hit:
            network.machine.disks[number].fill()
    elif event.offset_s:
        for number, offset_s in zip(event.hit, event.offset_s):
            network.machine.clocks[number].set(offset_s)


def end(event, network):
    if network.machine.switch:
        network.machine.set_faults()
    if event.kind in ("killed", "restarted"):
        network.start(*event.hit)
    elif event.kind == "halted":
        for number in event.hit:
            network.processes[number].send_signal(signal.SIGCONT)
    elif event.kind == "disk full":
        for number in event.hit:
            network.machine.disks[number].make_space()
        network.start(*event.hit)
    elif event.offset_s:
        for number in event.hit:
            network.machine.clocks[number].set(0)


def ended_for_want_of_space(network, number):
    """The node stopped by itself and said why."""
    process = network.processes[number]
    until(lambda: process.poll() is not None, f"the end of node {number}, whose disk is full")
    last = network.log(number).splitlines()[-1]
    require(process.returncode == FATAL_EXIT and "No space left on device" in last,
            f"node {number} on a full disk ended with {process.returncode}: {last}")


def await_clock(network, number, offset_s):
    """Until the node's own clock is off by as much: libfaketime looks at its file once a second only. However long the question
    takes, the answer lies between its beginning and its end."""

    def is_off():
        asked_s = time.time()
        status = network.status_of(number)
        return status and asked_s - SLACK_S <= status["clock_ms"] / 1000 - offset_s <= time.time() + SLACK_S

    until(is_off, f"the clock of node {number} to be off by {offset_s} s")


def last_while(event, network, load):
    """Until the event has shown what it can: the others went on, or nothing could move for a while."""
    tolerated = (network.size - 1) // 3
    begun = time.monotonic()
    for number in event.hit if event.kind == "disk full" else []:
        ended_for_want_of_space(network, number)
    for number, offset_s in zip(event.hit, event.offset_s):
        await_clock(network, number, offset_s)
    if lost(event) <= tolerated:
        load.await_more(MORE)
    time.sleep(max(0, begun + event.hold_s - time.monotonic()))


def happen(event, network, load):
    """One event and the recovery from it: seconds until the next commit, and until every node has what any node had."""
    begin(event, network)
    last_while(event, network, load)
    end(event, network)
    begun = time.monotonic()
    goal = max(filter(None, map(network.height_of, network.numbers())), default=0)
    next_commit_s = load.await_more(1)
    for number in network.numbers():
        until(lambda: (network.height_of(number) or 0) >= goal, f"height {goal} at node {number}")
    caught_up_s = time.monotonic() - begun
    load.await_more(MORE)
    say(f"{event.text():<40} next commit {next_commit_s:.2f} s, all caught up {caught_up_s:.2f} s after it")
    return {"event": event.kind, "nodes": event.hit, "text": event.text(), "next_commit_s": round(next_commit_s, 3),
            "caught_up_s": round(caught_up_s, 3)}
