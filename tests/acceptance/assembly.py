"""How the institutions of a test network govern it: proposals and votes by their plain keys, commands at their nodes."""

import hashlib
import json
import re
import subprocess

from network import BIN, Loopback, require, until


class WithObservers(Loopback):
    """The last institutions of the network have no seat among the validators."""

    def __init__(self, observers):
        self.observers = observers

    def devnet_options(self):
        return ["--observers", str(self.observers)]


def governor(network, at, *words, voters=()):
    """One action of governor.cpp, through the node `at`."""
    names = ",".join(f"{network.institutions[v - 1]}={network.folder / f'issuer-keys{v}'}" for v in voters)
    options = ["--chain", network.chain, "--voters", names] if voters else []
    done = subprocess.run([str(BIN / "governor"), "--endpoint", network.endpoints[at - 1], *options, *map(str, words)],
                          capture_output=True, text=True, timeout=240)
    require(done.returncode == 0, f"governor {' '.join(map(str, words))}: {done.stdout} {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def at_node(network, number, *words):
    """A command of testamurd for the running node; its output as {first word of a line: second}."""
    done = subprocess.run([str(BIN / "testamurd"), *map(str, words), "--config", str(network.directory(number) / "testamurd.toml")],
                          capture_output=True, text=True, timeout=60)
    require(done.returncode == 0, f"testamurd {' '.join(map(str, words))}: {done.stdout} {done.stderr}")
    return {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if len(line.split()) > 1}


def declare_ready(network, number):
    """`testamurd ready`; returns (key, transaction) once it is committed."""
    answer = at_node(network, number, "ready")
    governor(network, number, "await", answer["transaction"])
    return answer["key"], answer["transaction"]


def seats(network, members):
    """The set in which these nodes have the seats that they have now."""
    return {network.institutions[m - 1]: f"{status_now(network, m)['consensus_key_id_text']}:-" for m in members}


def set_words(chosen):
    return ",".join(f"{institution}:{seat}" for institution, seat in sorted(chosen.items()))


def status_now(network, number):
    return until(lambda: network.status_of(number), f"a status of node {number}")


def await_epoch(network, epoch, *numbers):
    def reached():
        statuses = [network.status_of(number) for number in numbers]
        return all(status and int(status["consensus"].get("epoch", 0)) >= epoch for status in statuses)

    until(reached, f"epoch {epoch} at nodes {numbers}")


SPKI_OF_ED25519 = bytes.fromhex("302a300506032b6570032100")  # before the key: RFC 8410


def pin_of(network, number):
    """Where a node listens, and the pin of its transport key."""
    text = (network.directory(number) / "party.toml").read_text()
    address = re.search(r'^peer_address = "([^"]+)"', text, re.MULTILINE)
    key = re.search(r'purpose = "transport"\nalgorithm = "[^"]+"\npublic_key = "([0-9a-f]{64})"', text)
    require(address and key, f"the party file of node {number} names no address or no transport key")
    return address.group(1), hashlib.sha256(SPKI_OF_ED25519 + bytes.fromhex(key.group(1))).hexdigest()
