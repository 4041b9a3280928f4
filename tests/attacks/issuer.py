"""An issuer in good standing who lists what somebody else has issued, and callers who ask for it."""

import subprocess

from callers import VERIFY, flood, member, read_varint
from harness import attack
from http2 import Connection, field
from network import BIN, require

COPIES = 16384
ANSWER_BYTES = 64 * 1024


def copied_commitment(network, number):
    """An honest institution lists one commitment; another lists it 16,384 times, thrice. Returns (issuer, commitment)."""
    done = subprocess.run([str(BIN / "copying_issuer"), "--endpoint", network.endpoints[0], "--chain", network.chain,
                           "--victim", network.institutions[1], "--victim-keys", str(network.folder / "issuer-keys2"),
                           "--copier", network.institutions[2], "--copier-keys", str(network.folder / "issuer-keys3"),
                           "--copies", str(COPIES), "--times", "3"], capture_output=True, text=True, timeout=180)
    require(done.returncode == 0, f"copying_issuer: {done.stdout} {done.stderr}")
    issuer, commitment = done.stdout.split()
    victim = bytes.fromhex(issuer), bytes.fromhex(commitment)
    check_answers(network.endpoints[number - 1], *victim)
    return victim


def check_answers(endpoint, issuer, commitment):
    """What a verifier gets: the one slot of the issuer whom it knows, and how many others there are; and little of it."""
    connection = Connection(endpoint)
    status, answer = connection.call(VERIFY + "CheckHash", field(1, commitment) + field(3, issuer))
    require(status == 0 and len(answer) < ANSWER_BYTES, f"CheckHash for an issuer: status {status}, {len(answer)} bytes")
    require(member(member(member(answer, 2), 6), 1) == issuer, "CheckHash for an issuer shows a slot of another")
    require(number_in(answer, 7) == 3 * COPIES, f"CheckHash says {number_in(answer, 7)} others")
    status, answer = connection.call(VERIFY + "CheckHash", field(1, commitment))
    require(status == 0 and len(answer) < ANSWER_BYTES, f"CheckHash of anybody: status {status}, {len(answer)} bytes")
    status, answer = connection.call(VERIFY + "CheckBulk", field(1, commitment * 1000))
    require(status == 0 and len(answer) < 1000 * 1024, f"CheckBulk of copies: status {status}, {len(answer)} bytes")
    connection.close()


def number_in(message, wanted):
    at = 0
    while at < len(message):
        key, at = read_varint(message, at)
        if key & 7 == 0:
            value, at = read_varint(message, at)
            if key >> 3 == wanted:
                return value
            continue
        size, at = (read_varint(message, at) if key & 7 == 2 else ((8, at) if key & 7 == 1 else (4, at)))
        at += size
    return 0


@attack("copied_commitment", "issuer", prepare=copied_commitment, brief=True)
def ask_for_copies(target, stop):
    """a commitment that somebody else listed 16,384 times, thrice: checked by hash, again and again"""
    issuer, commitment = target.prepared
    flood(target, stop, VERIFY + "CheckHash", lambda turn: field(1, commitment) + (field(3, issuer) if turn % 2 else b""), streams=32)


@attack("copies_in_bulk", "issuer", prepare=copied_commitment)
def ask_for_copies_in_bulk(target, stop):
    """the same in bulk, 16,384 times in one request"""
    _, commitment = target.prepared
    flood(target, stop, VERIFY + "CheckBulk", lambda turn: field(1, commitment * COPIES), streams=8)
