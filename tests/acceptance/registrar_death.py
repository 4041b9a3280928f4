"""kill -9 of `testamur issuer batch issue` at every step and at random points: `issuer batch resume` finishes it, there is
one batch only, no index is used twice, and all claim files are there."""

import json
import random
import subprocess
import time

from network import publish_achievement, registrar, require, run_test, say, until, verify_file, write_class

LEARNERS = 6
RANDOM_KILLS = 3
SEED = 20260101


class Office:
    def __init__(self, network, folder):
        self.folder = folder
        self.home = registrar(network, 1, folder)
        self.achievement = publish_achievement(self.home, folder)
        self.issued = {}

    def arguments(self, name):
        csv = self.folder / f"{name}.csv"
        write_class(csv, LEARNERS, prefix=name)
        return ["issuer", "batch", "issue", "--csv", csv, "--achievement", self.achievement, "--name", name]

    def batch(self, name):
        return self.home.folder / "issuer" / "batches" / name

    def claims(self, name):
        return list((self.batch(name) / "claims").glob("*.testamur.age"))

    def recover(self, name):
        """What a registrar does after the crash: resume what is there; begin again where nothing is there yet."""
        if (self.batch(name) / "batch.age").exists():
            answer = self.home.run("issuer", "batch", "resume", name)
        else:
            answer = self.home.run(*self.arguments(name))
        require(answer["count"] == LEARNERS and answer["committed"], f"{name}: {answer}")
        require(len(self.claims(name)) == LEARNERS, f"{name}: {len(self.claims(name))} claim files")
        self.issued[name] = answer


def kill(process):
    process.kill()
    process.communicate()


def kill_at_each_step(office):
    outbox = office.home.folder / "outbox"
    reserved = office.home.folder / "issuer" / "next_index.json"
    steps = {
        "reserved": lambda name: reserved.exists(),
        "folder": lambda name: office.batch(name).exists(),
        "state": lambda name: (office.batch(name) / "batch.age").exists(),
        "signed": lambda name: list(outbox.glob("*.tx")),
        "first-claim": lambda name: office.claims(name),
        "half-of-the-claims": lambda name: len(office.claims(name)) >= LEARNERS // 2,
    }
    for step, reached in steps.items():
        reserved.unlink(missing_ok=True)  # so that the first step can be seen; the ledger's own count keeps indexes apart
        process = office.home.begin(*office.arguments(step))
        until(lambda: reached(step) or process.poll() is not None, step)
        ended = process.poll() is not None
        kill(process)
        office.recover(step)
        say(f"killed at '{step}'{' (it had ended)' if ended else ''}: recovered")


def kill_at_random(office, usual_seconds):
    chance = random.Random(SEED)
    for number in range(RANDOM_KILLS):
        name = f"random-{number}"
        process = office.home.begin(*office.arguments(name))
        after = chance.uniform(0, usual_seconds)
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            kill(process)
        if (office.batch(name) / "batch.age").exists():  # and once more while it resumes
            process = office.home.begin("issuer", "batch", "resume", name)
            try:
                process.wait(timeout=chance.uniform(0, usual_seconds))
            except subprocess.TimeoutExpired:
                kill(process)
        office.recover(name)
        say(f"killed after {after:.2f} s: recovered")


def body(network, folder):
    network.start()
    office = Office(network, folder)
    begun = time.monotonic()
    office.home.run(*office.arguments("whole"))
    office.recover("whole")
    usual_seconds = (time.monotonic() - begun) * 0.7
    kill_at_each_step(office)
    kill_at_random(office, usual_seconds)
    indexes = [award["index"] for batch in office.issued.values() for award in batch["awards"]]
    require(len(indexes) == len(set(indexes)), "an index was used twice")
    slots = sum(batch["slots"] for batch in office.issued.values())
    reserved = json.loads((office.home.folder / "issuer" / "next_index.json").read_text())["reserved_until"]
    require(slots == reserved - 1, f"{reserved - 1} indexes are used up by batches of {slots}")
    record = folder / "all"
    record.write_text("".join(f"- {award['commitment']} {award['index']} 0\n"
                              for batch in office.issued.values() for award in batch["awards"]))
    network.await_agreement()
    report = verify_file(network, record, 1)
    expected = len(office.issued) + 1
    require(all(node["transactions"] == expected for node in report["nodes"]), f"not {expected} transactions: {report}")
    # What a crash leaves before the first file: it must not stand in the way of other batches.
    office.batch("cut-off").mkdir()
    office.home.run("issuer", "status", "revoke", "--student", "whole-matr-77000")
    say(f"{len(office.issued)} batches of {LEARNERS}, each committed once (seed {SEED})")


run_test("registrar_death", body)
