"""An institution with a transport key, an issue key and no seat, against one node's peer port: peer_attacker.cpp does it."""

import subprocess

from harness import attack
from network import BIN, with_parent

REFUSED = r"^refused of "

ATTACKS = {
    "unknown_keys": ("transactions under keys that nobody registered, 64 a frame", REFUSED + ".*unknown_signer"),
    "far_validity": ("genuine transactions that would wait for most of a day", REFUSED + ".*far_validity"),
    "bad_signatures": ("transactions whose signatures do not hold", REFUSED + ".*bad_signature"),
    "shadowing": ("every transaction that comes by, sent back at once under a signature that does not hold", None),
    "same_range": ("issues of half a MiB over the same indexes", None),
    "many_pending": ("small issues, as many as one connection carries", None),
    "no_transactions": ("4,096 times bytes that are no transaction, a frame", REFUSED + ".*malformed_transaction"),
    "block_requests": ("requests for 1,024 blocks without waiting for the answers", REFUSED + ".*block_requests"),
    "slow_reader": ("requests for blocks whose answers are not read", None),
    "unasked_blocks": ("answers of 800 KB that nobody asked for", REFUSED + ".*unasked_blocks"),
    "consensus_block_requests": ("55 bytes for 2 MiB, as fast as one connection carries", REFUSED + ".*consensus_requests"),
    "certificate_requests": ("requests for a million certificates", REFUSED + ".*consensus_requests"),
    "false_votes": ("votes in the name of every seat", None),
    "presence": ("claims to be a billion blocks further", None),
    "malformed_messages": ("consensus messages that do not decode", REFUSED + ".*malformed_message"),
    "every_frame": ("everything above in turn", REFUSED),
}


def add(name, text, names):
    def program(target, stop):
        process = subprocess.Popen(
            [str(BIN / "peer_attacker"), "--config", str(target.stranger / "testamurd.toml"), "--keys", str(target.stranger_keys),
             "--peer", target.peer, "--pin", target.pin, "--of", target.institutions[target.number - 1], "--attack", name,
             "--seconds", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=with_parent)
        try:
            while not stop() and process.poll() is None:
                try:
                    process.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    pass
        finally:
            process.kill()
            process.wait()

    program.__doc__ = text
    # One transport key, one connection.
    attack(name, "peer", names=names, at_once=1)(program)


for each, (what, shown) in ATTACKS.items():
    add(each, what, shown)
