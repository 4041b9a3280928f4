"""A validator is added and one removed while credentials are issued: no transaction is missed, every ledger is the same, a light
client follows from the genesis. Then all nodes die at once in the middle of one more change."""

import subprocess

from assembly import (WithObservers, await_epoch, declare_ready, governor, seats, set_words, status_now)
from network import BIN, Load, require, run_test, say, until


def add_the_fifth(network, load):
    governor(network, 1, "admit", network.institutions[4], voters=(1, 2, 3))
    key, ready = declare_ready(network, 5)
    chosen = seats(network, (1, 2, 3, 4))
    chosen[network.institutions[4]] = f"{key}:{ready}"
    done = governor(network, 1, "set", set_words(chosen), voters=(1, 2, 3))
    load.await_more(40)
    await_epoch(network, 1, 1, 2, 3, 4, 5)
    status = status_now(network, 5)
    require(status["role"] == "validator" and int(status["consensus"]["validators"]) == 5, f"node 5 is no validator: {status}")
    say(f"the fifth institution votes from height {done['height']} on")


def remove_the_first(network, load):
    done = governor(network, 2, "set", set_words(seats(network, (2, 3, 4, 5))), voters=(2, 3, 4, 5))
    load.await_more(40)
    await_epoch(network, 2, 1, 2, 3, 4, 5)
    require(status_now(network, 1)["role"] == "observer", "node 1 still takes part")
    until(lambda: not (network.directory(1) / "keys" / "consensus.key").exists(), "the end of node 1's consensus key")
    say(f"the first institution has no vote from height {done['height']} on, and its key is erased")


def follow(network, at, epoch):
    """A light client that knows the genesis record only."""
    learned = governor(network, at, "changes", 0)
    require(learned["epoch"] == epoch, f"a light client at node {at} reaches {learned}")
    return learned


def everybody_dies_in_the_middle(network, load):
    """The fourth leaves; as soon as one node is in the next epoch, all five are killed."""
    voters = (2, 3, 4, 5)
    words = set_words(seats(network, (2, 3, 5)))
    names = ",".join(f"{network.institutions[v - 1]}={network.folder / f'issuer-keys{v}'}" for v in voters)
    deciding = subprocess.Popen([str(BIN / "governor"), "--endpoint", network.endpoints[1], "--chain", network.chain, "--voters",
                                 names, "set", words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: any(network.log(number).count("sealed_at=") > 2 for number in network.numbers()), "one node in the next epoch")
    network.kill(1, 2, 3, 4, 5)
    deciding.wait(timeout=120)
    network.start(1, 2, 3, 4, 5)
    await_epoch(network, 3, 1, 2, 3, 4, 5)
    load.await_more(40)
    require(status_now(network, 4)["role"] == "observer", "node 4 still takes part")
    say("all five died while the fourth was leaving; the other three went on")


def agree(network):
    def same():
        heads = [(s["as_of"]["height"], s["as_of"]["block_id"]) for s in map(network.status_of, network.numbers()) if s]
        return len(heads) == network.size and len(set(heads)) == 1

    until(same, "the same newest block at all nodes")


def body(network, folder):
    network.start()
    load = Load(network, folder, institution=2, rate=60)
    try:
        load.await_more(20)
        add_the_fifth(network, load)
        require(follow(network, 5, 1)["validators"] == 5, "a light client sees another set")
        remove_the_first(network, load)
        require(follow(network, 1, 2)["validators"] == 4, "a light client sees another set")
        everybody_dies_in_the_middle(network, load)
        require(follow(network, 4, 3)["validators"] == 3, "a light client sees another set")
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0, f"not everything was committed: {summary}")
    agree(network)
    report = load.verify()
    say(f"{report['acknowledged']} acknowledged through three set changes, none missed; five ledgers are the same")


if __name__ == "__main__":
    run_test("membership", body, nodes=5, machine=WithObservers(1))
