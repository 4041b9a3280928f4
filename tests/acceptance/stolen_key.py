"""Somebody has copied a validator's directory and votes twice with its key: the others see it, keep the evidence and write it on
the ledger. The institution replaces the key while the ledger goes on."""

import subprocess

from assembly import at_node, await_epoch, declare_ready, governor, pin_of, seats, set_words, status_now
from network import BIN, Load, require, run_test, say, until


def roles(network):
    """Whose key is stolen, and who is lied to: a node with a larger pin takes what one with a smaller pin dials, also now."""
    by_pin = sorted(network.numbers(), key=lambda number: pin_of(network, number)[1])
    return by_pin[0], by_pin[1]


def steal(network, victim, witness):
    """The views in which two votes were given."""
    address, pin = pin_of(network, witness)
    done = subprocess.run([str(BIN / "thief"), "--config", str(network.directory(victim) / "testamurd.toml"), "--peer", address,
                           "--pin", pin, "--of", network.institutions[witness - 1]], capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, f"the thief was not heard: {done.stdout} {done.stderr}")
    return [int(view) for view in done.stdout.split()]


def misbehaviour(network, number):
    return [each for each in status_now(network, number)["obstacles"] if each.startswith("misbehaviour")]


def replace_the_key(network, folder, load, victim):
    old = status_now(network, victim)["consensus_key_id_text"]
    file = folder / "new-key.toml"
    at_node(network, victim, "new-key", "consensus", "--out", file)
    governor(network, victim, "register-key", file, network.folder / f"issuer-keys{victim}")
    key, ready = declare_ready(network, victim)
    require(key != old, "the node is ready with the key that was stolen")
    chosen = seats(network, (1, 2, 3, 4))
    chosen[network.institutions[victim - 1]] = f"{key}:{ready}"
    governor(network, 1, "set", set_words(chosen), voters=[each for each in (1, 2, 3, 4) if each != victim])
    load.await_more(30)
    await_epoch(network, 1, 1, 2, 3, 4)
    require(status_now(network, victim)["consensus_key_id_text"] == key, "the node votes with another key")
    keys = network.directory(victim) / "keys"
    until(lambda: not (keys / "consensus.key.next").exists(), "the new key in the place of the old one")
    return old, key


def body(network, folder):
    network.start()
    load = Load(network, folder, institution=1, rate=60)
    try:
        load.await_more(20)
        victim, witness = roles(network)
        views = steal(network, victim, witness)
        until(lambda: misbehaviour(network, witness), "evidence at the witness")
        say(f"two votes for view {views}; node {witness} says: {misbehaviour(network, witness)[0]}")
        for number in network.numbers():
            until(lambda: any(piece["anchored"] for piece in governor(network, number, "evidence", 0)["evidence"]),
                  f"the evidence on the ledger of node {number}")
        piece = governor(network, witness, "evidence", 0)["evidence"][0]
        require(piece["validator"] == network.institutions[victim - 1] and piece["view"] in views, f"other evidence: {piece}")
        network.kill(witness)
        network.start(witness)
        require(misbehaviour(network, witness), "the witness has forgotten what it saw")
        old, key = replace_the_key(network, folder, load, victim)
        say(f"{old} is replaced by {key}")
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0, f"not everything was committed: {summary}")
    network.await_agreement()
    say(f"{load.verify()['acknowledged']} acknowledged, none missed")


if __name__ == "__main__":
    run_test("stolen_key", body)
