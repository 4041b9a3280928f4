#!/usr/bin/env python3
"""Recomputes, from docs/formats alone, the bytes that ledger/tx hashes, signs and stores: bodies of every active kind,
a genesis record with real keys, and registry records. Prints tests/vectors/ledger_tx.json."""
import hashlib
import json
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


def sized(b):
    b = b.encode() if isinstance(b, str) else b
    return u(32, len(b)) + b


# ---- BIP-340 in affine arithmetic, with auxiliary randomness of zeros -------------------------------------------
P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    s = (3 * a[0] * a[0] * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (s * s - a[0] - b[0]) % P
    return x, (s * (a[0] - x) - a[1]) % P


def mul(k):
    r, q = None, G
    while k:
        if k & 1:
            r = add(r, q)
        q = add(q, q)
        k >>= 1
    return r


class Key:
    def __init__(self, name):
        self.d = int.from_bytes(sha(name.encode()), "big")
        point = mul(self.d)
        self.pub = point[0].to_bytes(32, "big")
        if point[1] % 2:
            self.d = N - self.d

    def sign(self, m):
        t = self.d ^ int.from_bytes(tagged("BIP0340/aux", bytes(32)), "big")
        k = int.from_bytes(tagged("BIP0340/nonce", t.to_bytes(32, "big") + self.pub + m), "big") % N
        r = mul(k)
        if r[1] % 2:
            k = N - k
        rx = r[0].to_bytes(32, "big")
        e = int.from_bytes(tagged("BIP0340/challenge", rx + self.pub + m), "big") % N
        return rx + ((k + e * self.d) % N).to_bytes(32, "big")


# ---- Protobuf, strict ------------------------------------------------------------------------------------------
def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n) if n else b""


def data(field, b):
    b = b.encode() if isinstance(b, str) else b
    return varint(field << 3 | 2) + varint(len(b)) + b


def opt(field, b):
    return data(field, b) if b else b""


def text(field, *pairs):
    return b"".join(data(field, data(1, l) + data(2, t)) for l, t in pairs)


CHAIN, AUTHOR, SUBJECT, NONCE = count(0x00, 32), count(0x20, 16), count(0x40, 16), count(0x60, 16)
UNTIL, FROM = 1800000600000, 1800000000000


def body(kind, message):
    return data(1, AUTHOR) + data(2, NONCE) + num(3, UNTIL) + data(kind, message)


def hashes(n):
    return b"".join(sha(u(64, i)) for i in range(n))


new_key = Key("golden/new")
possession = count(0x01, 64)
description = num(1, 2) + num(2, 1) + data(3, new_key.pub)
facts_pb = (text(1, ("de", "Universität Gold"), ("en", "Golden University")) + data(2, "AT") + data(3, "gold.example")
            + data(4, "05gq02987") + data(5, "AT0001") + data(6, "529900T8BM49AURSDO55") + data(7, "DEQARINST0001")
            + data(8, SUBJECT))
achievement_pb = (
    num(1, 7) + num(2, 2)
    + text(3, ("de", "Grundlagen der Datenanalyse"), ("en", "Foundations of data analysis"))
    + text(4, ("en", "From raw data to a reasoned answer."))
    + num(5, 3) + num(6, 1) + num(7, 250) + num(8, 63) + num(9, 6) + data(10, varint(542) + varint(613))
    + data(11, text(1, ("en", "Cleans and joins tables.")) + data(2, "http://data.europa.eu/esco/skill/a")
           + data(2, "http://data.europa.eu/esco/skill/b"))
    + data(11, text(1, ("en", "Explains uncertainty.")))
    + data(12, bytes([2, 5])) + text(13, ("en", "A project and a written examination.")) + num(14, 3)
    + data(15, num(1, 1) + text(2, ("en", "Internal review every three years.")) + data(3, "https://aurora.example/quality"))
    + data(16, SUBJECT) + data(17, AUTHOR) + data(18, AUTHOR) + data(18, SUBJECT)
    + num(19, 1894608000000) + data(20, "de") + data(20, "en") + text(21, ("en", "None.")) + num(22, 4)
    + text(23, ("en", "1 to 5")) + num(24, 2) + data(25, "https://aurora.example/courses/data"))
reference = data(1, AUTHOR) + num(2, 7) + num(3, 2)
mask = bytes([0b00001000]) + bytes(7) + bytes([0b01000000]) + bytes(7)  # bits 3 and 70
scope_pb = (data(1, mask) + num(2, 0b01100000) + num(3, 1) + num(4, 2) + data(5, data(1, SUBJECT) + num(2, 1))
            + data(5, data(1, SUBJECT) + num(2, 7)))
ids = count(0x80, 32) + count(0x90, 32)

bodies = {
    "institution_update": body(11, data(1, facts_pb)),
    "institution_register": body(10, num(1, 2) + data(2, facts_pb) + data(3, num(1, 1) + num(2, 1) + data(3, new_key.pub))
                                 + data(3, description) + num(4, 1) + data(5, count(0xA0, 16))),
    "institution_leave": body(13, b""),
    "institution_list": body(14, data(1, facts_pb)),
    "succession_merge": body(30, data(1, SUBJECT) + data(1, count(0xA0, 16)) + data(2, AUTHOR)),
    "succession_split": body(31, data(1, AUTHOR) + data(2, SUBJECT) + data(2, count(0xA0, 16)) + data(3, SUBJECT) + num(4, 1)),
    "succession_rename": body(32, data(1, AUTHOR) + data(2, SUBJECT)),
    "succession_custody": body(33, data(1, AUTHOR) + data(2, SUBJECT)),
    "policy_publish": body(50, data(1, count(0x80, 32)) + data(2, "https://aurora.example/policy.toml")),
    "rule_publish": body(60, num(1, 3) + num(2, 1) + text(3, ("en", "A degree in parts")) + data(4, count(0x80, 32))
                         + data(5, "https://aurora.example/rule")),
    "key_add": body(20, data(1, description) + data(2, possession)),
    "key_rotate": body(21, data(1, count(0xA0, 16)) + data(2, description) + data(3, possession)),
    "key_retire": body(22, data(1, count(0xA0, 16)) + num(2, FROM)),
    "achievement_publish": body(40, achievement_pb),
    "achievement_cosign": body(41, data(1, reference)),
    "achievement_retire": body(42, num(1, 7) + num(2, 2)),
    "issue_listed": body(70, data(1, reference) + num(2, 1000) + data(3, hashes(3))),
    "issue_anchored": body(71, data(1, reference) + num(2, 1000) + num(3, 257) + data(4, hashes(3))),
    "status_list": body(80, num(1, 1) + num(2, 2) + data(3, data(1, varint(0) + varint(5) + varint(300)))),
    "status_ranges": body(80, num(1, 4) + num(2, 3) + data(4, data(1, num(2, 5)) + data(1, num(1, 9) + num(2, 1000)))),
    "status_bulk": body(80, num(1, 3) + num(2, 1) + data(5, num(1, 64) + data(2, bytes([0x00, 0x81])))),
    "recognition_trust": body(90, data(1, SUBJECT) + num(2, 3) + num(3, 120) + num(4, 2) + data(5, scope_pb) + num(6, FROM)
                              + num(7, UNTIL) + num(8, 1) + data(9, count(0x80, 32))),
    "recognition_distrust": body(91, data(1, SUBJECT) + num(4, FROM) + num(6, 4)),
    "recognition_end": body(92, data(1, SUBJECT) + num(3, FROM) + num(4, 2) + data(5, ids)),
    "recognition_void": body(93, data(1, SUBJECT) + num(2, 5) + data(3, ids)),
    "accreditation_accredit": body(100, data(1, SUBJECT) + num(2, 9) + num(3, 60) + num(4, 1) + num(6, FROM) + num(8, 2)
                                   + data(9, count(0x80, 32)) + data(10, "https://agency.example/r")),
    "accreditation_end": body(101, data(1, SUBJECT) + num(2, FROM) + data(4, ids)),
    "accreditation_void": body(102, data(1, SUBJECT) + num(2, 6) + data(3, ids)),
}

# ---- governance ------------------------------------------------------------------------------------------------
BLOCK = count(0xB0, 32)


def statement(act, view, block=None):
    return (bytes([act]) + u(64, 3) + u(64, view) + (u(64, view - 1) + block if block else b"")
            + (possession if block else count(0x11, 64)))


def seat(institution, kid, ready):
    return data(1, institution) + data(2, kid) + opt(3, ready)


new_root_pb = num(1, 1) + num(2, 1) + data(3, new_key.pub)
actions = {
    "admission": data(3, data(1, SUBJECT) + num(2, 2) + num(3, 1)),
    "validator_set": data(4, data(1, seat(AUTHOR, count(0xA0, 16), b"")) + data(1, seat(SUBJECT, count(0xA1, 16), count(0x80, 32)))),
    "parameters": data(5, data(1, num(1, 14) + num(2, 20000)) + data(1, num(1, 26) + num(2, 86400000))),
    "protocol": data(6, num(1, 2) + num(2, 1000)),
    "root_replacement": data(7, data(1, SUBJECT) + data(2, new_root_pb) + data(3, possession)),
    "suspension": data(8, data(1, SUBJECT)),
    "suspension_lifted": data(8, data(1, SUBJECT) + num(2, 1)),
    "succession": data(11, data(1, AUTHOR) + data(2, SUBJECT)),
}
proposals = {n: num(1, UNTIL) + num(2, FROM) + a for n, a in actions.items()}
bodies.update({"propose_" + n: body(110, p) for n, p in proposals.items()})
bodies.update({
    "vote": body(111, data(1, count(0x80, 32)) + num(2, 1)),
    "veto": body(111, data(1, count(0x80, 32)) + num(3, 1)),
    "ready": body(120, data(1, count(0xA0, 16)) + data(2, "1.2.3") + num(3, 2) + num(4, 77) + data(5, BLOCK)),
    "evidence": body(130, data(1, statement(3, 9)) + data(2, statement(4, 9, BLOCK)) + data(3, SUBJECT)),
})

# ---- genesis ---------------------------------------------------------------------------------------------------
ROWS = [2097152, 200000, 3600000, 16384, 8192, 4096, 1024, 16, 4096, 20000, 2000000, 1000, 100000, 30000, 65536, 256,
        30 * 86400000, 90 * 86400000, 7 * 86400000, 90 * 86400000, 30 * 86400000, 600000, 64, 8, 90 * 86400000,
        365 * 86400000]
parameters = u(16, len(ROWS)) + b"".join(u(16, i + 1) + u(64, v) for i, v in enumerate(ROWS))
PURPOSE = {"root": 1, "issue": 2, "govern": 3, "consensus": 4}


def key_id(purpose, key):
    return tagged("testamur/key-id", bytes([purpose, 1]) + key.pub)[:16]


class Party:
    def __init__(self, name, cls, labels):
        self.cls, self.threshold = cls, 1 if labels else 0
        self.facts = (b"\1" + sized("en") + sized("University " + name) + sized("AT") + sized(name + ".example")
                      + sized("") * 4 + bytes(16))
        keys = sorted((PURPOSE[l], key_id(PURPOSE[l], Key(name + "/" + l)), Key(name + "/" + l)) for l in labels)
        self.keys = keys
        self.record = (bytes([cls, self.threshold]) + self.facts + bytes([len(keys)])
                       + b"".join(bytes([p, 1]) + sized(k.pub) for p, _, k in keys))
        self.id = tagged("testamur/party", self.record)[:16]

    def proofs(self):
        return b"".join(k.sign(tagged("testamur/possession", bytes(32) + self.id + bytes([p, 1]) + k.pub))
                        for p, _, k in self.keys)

    def key(self, label):
        return next((i, k) for p, i, k in self.keys if p == PURPOSE[label])


member = ["root", "issue", "govern"]
parties = sorted([Party("aurora", 4, member + ["consensus"]), Party("borealis", 4, member + ["consensus"]),
                  Party("cygnus", 2, member), Party("agency", 3, member), Party("draco", 1, [])], key=lambda p: p.id)
validators = [p for p in parties if p.cls == 4]
GENESIS_TIME = 1800000000000
record = (u(16, 1) + u(16, 1) + u(64, GENESIS_TIME) + sized(parameters) + u(16, len(parties))
          + b"".join(p.record + p.proofs() for p in parties)
          + u(16, len(validators)) + b"".join(p.id + p.key("consensus")[0] for p in validators) + b"\0")
chain_id = tagged("testamur/genesis", record)
founders = sorted((p.key("root")[0], p.key("root")[1].sign(tagged("testamur/genesis-sign", chain_id))) for p in validators)
signed_record = record + u(16, len(founders)) + b"".join(i + s for i, s in founders)

CAUSE0 = b"\1" + bytes(32 + 16 + 8)
validator_set = u(32, len(validators)) + b"".join(p.id + p.key("consensus")[1].pub for p in validators)
entries = {(5, b"\0"): parameters, (6, b"\0"): validator_set, (20, b"\0"): u(16, 1) + u(64, 0)}
for p in parties:
    entries[(1, p.id)] = CAUSE0 + bytes([p.cls, 1, p.threshold, 0]) + bytes(16) + p.facts
    for purpose, kid, k in p.keys:
        entries[(2, kid)] = CAUSE0 + b"\1" + p.id + bytes([purpose, 1]) + sized(k.pub) + bytes(8)


def map_root(items, depth=0):
    if not items:
        return bytes(32)
    if len(items) == 1:
        return tagged("testamur/map-leaf", items[0][0] + items[0][1])
    side = lambda e: e[0][depth // 8] >> (7 - depth % 8) & 1
    return tagged("testamur/map-node", map_root([e for e in items if not side(e)], depth + 1)
                  + map_root([e for e in items if side(e)], depth + 1))


items = []
for (kind, rid), value in entries.items():
    name = u(16, kind) + rid
    items.append((tagged("testamur/map-record-key", name + u(64, 1)),
                  tagged("testamur/map-value", u(64, 0) + u(64, GENESIS_TIME) + value)))
    items.append((tagged("testamur/map-head-key", name), tagged("testamur/map-value", u(64, 1) + u(64, 1))))

# ---- a recovery: aurora goes on alone after an empty block 1 -----------------------------------------------------
def map_path(entries, key, depth=0):
    """The siblings from the root to the leaf of `key`."""
    if len(entries) == 1:
        return []
    side = lambda k: k[depth // 8] >> (7 - depth % 8) & 1
    own = [e for e in entries if side(e[0]) == side(key)]
    other = [e for e in entries if side(e[0]) != side(key)]
    return [map_root(other, depth + 1)] + map_path(own, key, depth + 1)


def map_proof(key):
    path = map_path(items, key)
    bitmap = bytearray((len(path) + 7) // 8)
    for i, sibling in enumerate(path):
        if any(sibling):
            bitmap[i // 8] |= 0x80 >> i % 8
    return u(16, len(path)) + bytes(bitmap) + b"".join(sibling for sibling in path if any(sibling)) + b"\0"


def as_of_proof(kind, rid):
    name = u(16, kind) + rid
    return (b"\1" + u(64, 1) + u(64, 1) + map_proof(tagged("testamur/map-head-key", name)) + u(64, 1)
            + sized(u(64, 0) + u(64, GENESIS_TIME) + entries[(kind, rid)])
            + map_proof(tagged("testamur/map-record-key", name + u(64, 1))))


def header(chain, epoch, height, view, proposer, parent, time, registry_root, set_digest):
    return (u(16, 1) + u(16, 1) + chain + u(64, epoch) + u(64, height) + u(64, view) + proposer + parent + u(64, time) + sha(b"")
            + u(64, 0) + sha(b"") + u(64, 0) + sha(b"") + registry_root + set_digest + bytes(32)
            + tagged("testamur/parameters", parameters) + b"\0" + bytes(32))


set_digest = tagged("testamur/validator-set", validator_set)
genesis_block = header(chain_id, 0, 0, 0, bytes(16), bytes(32), GENESIS_TIME, map_root(items), set_digest)
last = header(chain_id, 0, 1, 1, validators[0].id, tagged("testamur/header", genesis_block), GENESIS_TIME + 1000, map_root(items),
              set_digest)
last_id = tagged("testamur/header", last)
vote = u(64, 0) + u(64, 1) + u(64, 0) + last_id
finalize = tagged("testamur/finalize", chain_id + u(64, 0) + set_digest + u(64, 1) + u(64, 0) + last_id)
checkpoint = (last + b"\4" + vote + u(32, 3) + b"".join(p.key("consensus")[1].sign(finalize) for p in validators) + u(16, 0))
witnesses = b"".join(p.id + as_of_proof(1, p.id) + b"\1" + p.key("root")[0] + as_of_proof(2, p.key("root")[0]) for p in validators)
spare = Key("golden/spare")
aurora = next(p for p in validators if p.key("root")[1].pub == Key("aurora/root").pub)
borealis = next(p for p in validators if p is not aurora)
replaced = (aurora.id + bytes([4, 1]) + sized(spare.pub)
            + spare.sign(tagged("testamur/possession", chain_id + aurora.id + bytes([4, 1]) + spare.pub)))
RECOVERY_TIME = GENESIS_TIME + 86400000
recovery = (u(16, 1) + u(16, 1) + u(64, RECOVERY_TIME) + sized(parameters) + u(16, 0) + u(16, 1) + aurora.id + key_id(4, spare)
            + b"\1" + sized(checkpoint) + b"\1" + validator_set + bytes([len(validators)]) + witnesses + b"\1" + replaced)
recovery_id = tagged("testamur/genesis", recovery)
signers = sorted((p.key("root")[0], p.key("root")[1].sign(tagged("testamur/genesis-sign", recovery_id))) for p in validators)
signed_recovery = recovery + u(16, len(signers)) + b"".join(i + s for i, s in signers)

# The state after it: the new set, the ledger that ended, the new key, and the two that go.
recovered_set = u(32, 1) + aurora.id + spare.pub
added = {(6, b"\0"): (2, recovered_set), (16, b"\0"): (1, b"\1" + chain_id + u(64, 0) + u(64, 1) + last_id),
         (2, key_id(4, spare)): (1, CAUSE0 + b"\1" + aurora.id + bytes([4, 1]) + sized(spare.pub) + bytes(8))}
for p in validators:
    kid, k = p.key("consensus")
    added[(2, kid)] = (2, CAUSE0 + b"\2" + p.id + bytes([4, 1]) + sized(k.pub) + bytes(8))
recovered = dict(items)
for (kind, rid), (seq, value) in added.items():
    name = u(16, kind) + rid
    recovered[tagged("testamur/map-record-key", name + u(64, seq))] = tagged("testamur/map-value", u(64, 2) + u(64, RECOVERY_TIME) + value)
    recovered[tagged("testamur/map-head-key", name)] = tagged("testamur/map-value", u(64, seq) + u(64, seq))
recovered_root = map_root(list(recovered.items()))
recovery_block = header(recovery_id, 1, 2, 0, bytes(16), last_id, RECOVERY_TIME, recovered_root,
                        tagged("testamur/validator-set", recovered_set))

# ---- registry records ------------------------------------------------------------------------------------------
cause = b"\1" + count(0x80, 32) + count(0xA0, 16) + u(64, 77)
facts = (b"\2" + sized("de") + sized("Universität Gold") + sized("en") + sized("Golden University") + sized("AT")
         + sized("gold.example") + sized("05gq02987") + sized("AT0001") + sized("529900T8BM49AURSDO55")
         + sized("DEQARINST0001") + SUBJECT)
scope = (bytes([31]) + u(64, 8) + u(64, 64) + bytes([0b01100000]) + u(16, 1) + bytes([2]) + bytes([2])
         + SUBJECT + u(32, 1) + SUBJECT + u(32, 7))
records = {
    "institution": cause + bytes([4, 2, 3, 1]) + AUTHOR + facts,
    "key_added": cause + b"\1" + AUTHOR + bytes([2, 1]) + sized(new_key.pub) + u(64, 0),
    "key_retired": cause + b"\2" + AUTHOR + bytes([2, 1]) + sized(new_key.pub) + u(64, FROM),
    "achievement_published": cause + b"\1" + AUTHOR + sized(achievement_pb),
    "achievement_retired": cause + b"\3" + AUTHOR + sized(b""),
    "trust": cause + bytes([1, 0]) + u(16, 3) + bytes([120, 2]) + scope + u(64, FROM) + u(64, UNTIL) + b"\1"
             + count(0x80, 32) + b"\0" + sized("") + u(16, 0),
    "void": cause + bytes([5, 0]) + u(16, 0) + bytes([0, 0]) + b"\0" + u(64, 0) + u(64, 0) + b"\5" + bytes(32) + b"\0"
            + sized("") + u(16, 2) + ids,
    "succession": cause + bytes([2, 2, 1]) + SUBJECT + b"\1" + AUTHOR + b"\2" + SUBJECT + count(0xA0, 16),
    "policy": cause + count(0x80, 32) + sized("https://aurora.example/policy.toml"),
    "rule": cause + u(32, 3) + u(16, 1) + b"\1" + sized("en") + sized("A degree in parts") + count(0x80, 32)
            + sized("https://aurora.example/rule"),
    "accredit": cause + bytes([2, 1]) + u(16, 9) + bytes([60, 1]) + b"\0" + u(64, FROM) + u(64, 0) + b"\0"
                + count(0x80, 32) + b"\2" + sized("https://agency.example/r") + u(16, 0),
}

event = lambda e, actor, due=0, reason=0, proposed=b"": (cause + bytes([e]) + actor + u(64, due) + u(16, reason)
                                                         + sized(proposed))
records.update({
    "proposed": event(1, AUTHOR, proposed=proposals["validator_set"]),
    "approved": event(2, AUTHOR),
    "passed": event(4, bytes(16), due=UNTIL),
    "proposal_void": event(7, bytes(16), reason=276),
    "ready": cause + AUTHOR + u(16, 2) + u(64, 77) + BLOCK + sized("1.2.3"),
    "evidence": cause + AUTHOR + SUBJECT + sized(statement(3, 9)) + sized(statement(4, 9, BLOCK)),
    "protocol": u(16, 2) + u(64, 1000),
})

print(json.dumps({
    "chain": CHAIN.hex(), "author": AUTHOR.hex(), "subject": SUBJECT.hex(), "nonce": NONCE.hex(),
    "valid_until_ms": UNTIL, "valid_from_ms": FROM, "new_key": new_key.pub.hex(),
    "bodies": {n: {"body": b.hex(), "id": tagged("testamur/transaction", CHAIN + b).hex()} for n, b in bodies.items()},
    "carried": (data(1, bodies["achievement_retire"]) + data(2, data(1, count(0xA0, 16)) + data(2, possession))).hex(),
    "parameters": {"bytes": parameters.hex(), "digest": tagged("testamur/parameters", parameters).hex()},
    "genesis": {"record": signed_record.hex(), "chain": chain_id.hex(), "registry_root": map_root(items).hex(),
                "validator_set": tagged("testamur/validator-set", validator_set).hex()},
    "recovery": {"record": signed_recovery.hex(), "chain": recovery_id.hex(), "registry_root": recovered_root.hex(),
                 "block": tagged("testamur/header", recovery_block).hex()},
    "records": {n: r.hex() for n, r in records.items()},
}, indent=1))
