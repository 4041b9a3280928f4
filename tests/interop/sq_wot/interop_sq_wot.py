#!/usr/bin/env python3
"""Side by side with Debian's sq-wot (Sequoia's web of trust) on random networks of depth <= 2: what it accepts we accept,
and every difference is settled by an oracle that tries every cut. Its known defects are named cases.
  interop_sq_wot.py PROGRAM [NETWORKS [SEED]]
Exits 77 (skipped) where sq or sq-wot are absent."""

import itertools
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

THRESHOLD = 120


def run(*command, data=None):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.decode()}")
    return done.stdout


class Sequoia:
    """Keys made once; each network certifies the bare certificates anew."""

    def __init__(self, folder, names):
        self.folder, self.prints, self.bare = folder, {}, {}
        for name in names:
            key = folder / f"{name}.key"
            run("sq", "key", "generate", "--userid", self.uid(name), "--export", key)
            self.bare[name] = run("sq", "key", "extract-cert", key)
            cert = folder / f"{name}.bare"
            cert.write_bytes(self.bare[name])
            text = run("sq", "inspect", cert).decode()
            self.prints[re.search(r"Fingerprint: ([0-9A-F]{40})", text).group(1)] = name

    @staticmethod
    def uid(name):
        return f"<{name}@example.org>"

    def amounts(self, statements):
        certs = dict(self.bare)
        current = self.folder / "current.cert"
        for truster, subject, amount, depth in statements:
            current.write_bytes(certs[subject])
            certs[subject] = run("sq", "certify", "-a", str(amount), "-d", str(depth),
                                 self.folder / f"{truster}.key", current, self.uid(subject))
        ring = self.folder / "ring.pgp"
        with ring.open("wb") as out:
            for name, cert in certs.items():
                current.write_bytes(cert)
                out.write(run("sq", "dearmor", current))
        root = next(fingerprint for fingerprint, name in self.prints.items() if name == "s")
        done = subprocess.run(["sq-wot", "-k", ring, "-r", root, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        found = {}
        for fingerprint, percent in re.findall(r"^\[.\] ([0-9A-F]{40}) .*\((\d+)%\)$", done.stdout.decode(), re.M):
            found[self.prints[fingerprint]] = int(percent)
        return found


def oracle(statements, target, through_target=False):
    """The least cut of the layered network of docs/trust.md, by trying every side of every party. With
    `through_target`, chains may pass through the target itself (the sock puppet)."""
    cap = {}
    for u, v, amount, depth in statements:
        cap[u, v] = (amount, depth)

    def at(u, v, depth):
        amount, reaches = cap.get((u, v), (0, 0))
        return amount if reaches >= depth else 0

    names = sorted({n for s in statements for n in s[:2]} - {"s"})
    friends = [n for n in names if through_target or n != target]
    lasts = [n for n in names if n != target]
    best = None
    for side in itertools.product((False, True), repeat=len(lasts)):
        kept = {v for v, inside in zip(lasts, side) if inside}
        cut = at("s", target, 0) + sum(at(v, target, 0) for v in kept)
        for u in friends:
            if u != target and u not in kept and at(u, target, 0):
                cut += at("s", u, 1)
                continue
            passes = sum(at(u, v, 1) for v in lasts if v != u and v not in kept)
            cut += min(at("s", u, 1), at("s", u, 2), passes)
        best = cut if best is None else min(best, cut)
    return best


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def amounts(self, statements):
        self.process.stdin.write("".join(f"{u} {v} {a} {d}\n" for u, v, a, d in statements) + "\n")
        self.process.stdin.flush()
        found = {}
        while (line := self.process.stdout.readline().strip()):
            name, amount = line.split()
            found[name] = int(amount)
        return found


def networks(count, seed):
    """Named cases first, then random ones: at most one statement a pair, depths 0 to 2."""
    half = [("s", "a", 60, 2), ("a", "d", 60, 1), ("d", "t", 60, 0), ("s", "e", 60, 2), ("e", "b", 60, 1), ("b", "t", 60, 0)]
    yield "greed", half
    yield "greed, one statement more", half + [("a", "b", 60, 1)]
    yield "sock puppet", [("s", "t", 60, 2), ("t", "x", 120, 2), ("x", "t", 120, 2)]
    rng = random.Random(seed)
    names = ["s", "a", "b", "d", "e", "t", "x"]
    for number in range(count):
        pairs = [(u, v) for u in names for v in names if u != v and v != "s"]
        rng.shuffle(pairs)
        yield f"random {number}", [(u, v, rng.choice((30, 60, 60, 90, 120)), rng.randrange(3))
                                   for u, v in pairs[: rng.randrange(6, 18)]]


def main():
    if not (shutil.which("sq") and shutil.which("sq-wot")):
        print("skipped: sq and sq-wot are not installed (apt-get install sq sq-wot)")
        return 77
    ours = Ours(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    wrong, compared, more, puppets = [], 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        sequoia = Sequoia(pathlib.Path(folder), ["s", "a", "b", "d", "e", "t", "x"])
        for title, statements in networks(count, seed):
            theirs = sequoia.amounts(statements)
            for party, amount in ours.amounts(statements).items():
                compared += 1
                exact = oracle(statements, party)
                if amount != exact:
                    wrong.append(f"{title}: {party}: {amount}, the oracle says {exact}: {statements}")
                they_accept, we_accept = theirs.get(party, 0) >= 100, amount >= THRESHOLD
                if we_accept and not they_accept:
                    more += 1
                    print(f"{title}: {party}: accepted here with {amount}, there {theirs.get(party, 0)}%")
                if they_accept and not we_accept:
                    # Only an issuer that vouches for itself may be accepted there and not here.
                    puppets += 1
                    itself = oracle(statements, party, through_target=True)
                    print(f"{title}: {party}: {amount} here, accepted there through the issuer itself ({itself})")
                    if itself < THRESHOLD:
                        wrong.append(f"{title}: {party}: accepted by sq-wot only: {statements}")
    print(f"{compared} issuers compared: {more} accepted here only (greed there), {puppets} there only (sock puppets)")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
