#!/usr/bin/env python3
"""Recomputes, from docs/formats alone, the golden bytes that the tests of ledger/ pin. Prints NAME VALUE lines."""
import hashlib
import struct


def sha(m):
    return hashlib.sha256(m).digest()


def tagged(name, m):
    t = sha(name.encode())
    return sha(t + t + m)


def count(first, n):
    return bytes((first + i) % 256 for i in range(n))


def u(width, v):
    return v.to_bytes(width // 8, "big")


def leaf(d):
    return sha(b"\0" + d)


def node(l, r):
    return sha(b"\1" + l + r)


def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node(root(leaves[:k]), root(leaves[k:]))


def map_root(entries, depth=0):
    """entries: list of (key, value hash)"""
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        return tagged("testamur/map-leaf", entries[0][0] + entries[0][1])
    side = lambda k: k[depth // 8] >> (7 - depth % 8) & 1
    left = [e for e in entries if not side(e[0])]
    right = [e for e in entries if side(e[0])]
    return tagged("testamur/map-node", map_root(left, depth + 1) + map_root(right, depth + 1))


def show(name, value):
    print(name, value.hex() if isinstance(value, bytes) else value)


# header.md
header = (u(16, 1) + u(16, 1) + count(0x10, 32) + u(64, 2) + u(64, 3) + u(64, 4) + count(0x20, 16) + count(0x30, 32)
          + u(64, 1700000000123) + count(0x40, 32) + u(64, 5) + count(0x50, 32) + u(64, 6) + count(0x60, 32)
          + count(0x70, 32) + count(0x80, 32) + count(0x90, 32) + count(0xa0, 32) + b"\1" + bytes(32))
show("header", header)
show("block_id", tagged("testamur/header", header))
show("payload_digest", root([leaf(b"first"), leaf(b"second"), leaf(b"third")]))

# log.md
log_leaf = (b"\1" + u(64, 7) + u(64, 3) + u(64, 1700000000123) + u(16, 70) + count(0x01, 16) + count(0x21, 16)
            + count(0x41, 32))
show("log_leaf", log_leaf)
show("log_leaf_hash", leaf(log_leaf))

# pages.md: 130 commitments SHA-256(u64 i) from issuer index 1000
commitments = [sha(u(64, i)) for i in range(130)]


def page(first, listed):
    return (b"\1" + count(0x01, 16) + count(0x21, 16) + count(0x01, 16) + u(32, 9) + u(16, 2) + u(64, 7) + u(64, 3)
            + u(64, 1700000000123) + u(64, 1000 + first) + bytes([len(listed)]) + root([leaf(c) for c in listed]))


first, second = page(0, commitments[:128]), page(128, commitments[128:])
show("page_static", second)
show("static_digest", tagged("testamur/page-static", second))
chunks = [bytearray(32), bytearray(32)]
chunks[0][1] |= 1 << 2  # slot 5 revoked
chunks[1][0] |= 3 << 2  # slot 1 superseded
leaves = [leaf(tagged("testamur/page-leaf", tagged("testamur/page-static", s) + bytes(c)))
          for s, c in zip((first, second), chunks)]
show("page_leaf_hash", leaves[1])
show("page_root", root(leaves))

# registry.md
name = u(16, 2) + count(0x01, 16)
records = [u(64, 3) + u(64, 1700000000123) + b"body one", u(64, 8) + u(64, 1700000009999) + b"body two"]
head = u(64, 2) + u(64, 2)
entries = [(tagged("testamur/map-record-key", name + u(64, i + 1)), tagged("testamur/map-value", r))
           for i, r in enumerate(records)]
entries.append((tagged("testamur/map-head-key", name), tagged("testamur/map-value", head)))
show("record_key", entries[0][0])
show("head_key", entries[2][0])
show("map_leaf", tagged("testamur/map-leaf", entries[0][0] + entries[0][1]))
show("registry_root", map_root(entries))

# certificate-proof.md
members = [(count(0x10, 16), count(0x50, 32)), (count(0x20, 16), count(0x60, 32))]
record = u(32, 2) + b"".join(i + k for i, k in members)
show("validator_set", tagged("testamur/validator-set", record))
proof = (b"\4" + u(64, 2) + u(64, 4) + u(64, 3) + count(0x30, 32) + u(32, 0b101) + count(0x01, 64) + count(0x41, 64)
         + u(16, 1) + u(32, 389) + header)
show("finality_proof", tagged("golden", proof))
