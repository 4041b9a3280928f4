"""Somebody has copied a validator's directory and votes twice with its key: the others see it, keep the evidence and write it on
the ledger. The institution replaces the key while the ledger goes on."""

import subprocess

from assembly import at_node, await_epoch, declare_ready, governor, pin_of, seats, set_words, status_now
from network import BIN, Load, require, run_test, say, until

VICTIM = 3  # whose key is stolen
WITNESS = 2  # who is lied to


def steal(network):
    address, pin = pin_of(network, WITNESS)
    done = subprocess.run([str(BIN / "thief"), "--config", str(network.directory(VICTIM) / "testamurd.toml"), "--peer", address,
                           "--pin", pin, "--of", network.institutions[WITNESS - 1], "--views-ahead", "200"],
                          capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, f"the thief was not heard: {done.stdout} {done.stderr}")
    return int(done.stdout)


def misbehaviour(network, number):
    return [each for each in status_now(network, number)["obstacles"] if each.startswith("misbehaviour")]


def replace_the_key(network, folder, load):
    old = status_now(network, VICTIM)["consensus_key_id_text"]
    file = folder / "new-key.toml"
    at_node(network, VICTIM, "new-key", "consensus", "--out", file)
    governor(network, VICTIM, "register-key", file, network.folder / f"issuer-keys{VICTIM}")
    key, ready = declare_ready(network, VICTIM)
    require(key != old, "the node is ready with the key that was stolen")
    chosen = seats(network, (1, 2, 3, 4))
    chosen[network.institutions[VICTIM - 1]] = f"{key}:{ready}"
    governor(network, 1, "set", set_words(chosen), voters=(1, 2, 4))
    load.await_more(30)
    await_epoch(network, 1, 1, 2, 3, 4)
    require(status_now(network, VICTIM)["consensus_key_id_text"] == key, "the node votes with another key")
    keys = network.directory(VICTIM) / "keys"
    until(lambda: not (keys / "consensus.key.next").exists(), "the new key in the place of the old one")
    return old, key


def body(network, folder):
    network.start()
    load = Load(network, folder, institution=1, rate=60)
    try:
        load.await_more(20)
        view = steal(network)
        until(lambda: misbehaviour(network, WITNESS), "evidence at the witness")
        say(f"two votes for view {view}; node {WITNESS} says: {misbehaviour(network, WITNESS)[0]}")
        for number in network.numbers():
            until(lambda: any(piece["anchored"] for piece in governor(network, number, "evidence", 0)["evidence"]),
                  f"the evidence on the ledger of node {number}")
        piece = governor(network, 4, "evidence", 0)["evidence"][0]
        require(piece["validator"] == network.institutions[VICTIM - 1] and piece["view"] == view, f"other evidence: {piece}")
        network.kill(WITNESS)
        network.start(WITNESS)
        require(misbehaviour(network, WITNESS), "the witness has forgotten what it saw")
        old, key = replace_the_key(network, folder, load)
        say(f"{old} is replaced by {key}")
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0, f"not everything was committed: {summary}")
    network.await_agreement()
    say(f"{load.verify()['acknowledged']} acknowledged, none missed")


if __name__ == "__main__":
    run_test("stolen_key", body)
