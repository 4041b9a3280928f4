"""Eight programs at one home, with commands by chance: whatever was acknowledged is there, nothing is given twice, and no vault, register or
outbox is damaged. For --seconds of them, which is short where nobody asks for more; --seed replays the commands."""

import argparse
import json
import random
import threading
import time

from network import Home, publish_achievement, registrar, require, run_test, say

PROGRAMS = 8
CLAIMS_A_SECOND = 3  # more than are imported


class Seen:
    """What the programs were told, by all of them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.indexes, self.keys, self.imported, self.suspended, self.problems = [], [], set(), set(), []
        self.commands = 0

    def note(self, change):
        with self.lock:
            self.commands += 1
            change()


class Program:
    """One of those who hurry. Its choices follow from the seed and its number alone."""

    def __init__(self, seen, home, folder, number, seed, achievement, issuer, claims):
        self.seen, self.home, self.folder, self.number = seen, home, folder, number
        self.choice = random.Random(f"{seed}/{number}")
        self.achievement, self.issuer, self.claims = achievement, issuer, claims
        self.learners, self.done = [], 0

    def name(self, what):
        return f"{what}-{self.number}-{self.done}"

    def issue(self):
        name = self.name("batch")
        students = [f"{name}-{i}" for i in range(self.choice.randint(1, 3))]
        csv = self.folder / f"{name}.csv"
        csv.write_text("student,given_name\n" + "".join(f"{student},Ada\n" for student in students))
        issued = self.home.run("issuer", "batch", "issue", "--csv", csv, "--achievement", self.achievement, "--name", name)
        self.learners += students
        self.seen.note(lambda: self.seen.indexes.extend((award["index"], award["student"]) for award in issued["awards"]))

    def request(self):
        out = self.folder / self.name("request")
        self.home.run("wallet", "request", "--issuer", self.issuer, "--student", self.name("R"), "--out", out)
        key = json.dumps(json.loads(out.read_text())["holder"], sort_keys=True)
        self.seen.note(lambda: self.seen.keys.append(key))

    def import_one(self):
        with self.seen.lock:
            claim = self.claims.pop() if self.claims else None
        if claim is None:
            return self.request()
        file, code = claim
        shown = self.home.run("credential", "import", file, "--code-file", code)
        self.seen.note(lambda: self.seen.imported.add(shown["reference"]))

    def suspend(self):
        if not self.learners:
            return self.issue()
        student = self.learners.pop(self.choice.randrange(len(self.learners)))
        self.home.run("issuer", "status", "suspend", "--student", student, "--reason", "withdrawn")
        self.seen.note(lambda: self.seen.suspended.add(student))

    def backup(self):
        self.home.run("wallet", "backup", self.folder / f"backup-{self.number}", "--force")
        self.seen.note(lambda: None)

    def look(self):
        self.home.run(*self.choice.choice([("credential", "list"), ("wallet", "show"), ("outbox", "resume"), ("ledger", "follow")]))
        self.seen.note(lambda: None)

    def step(self):
        self.done += 1
        self.choice.choice([self.issue, self.request, self.import_one, self.import_one, self.suspend, self.backup, self.look])()

    def hurry(self, end):
        try:
            while time.monotonic() < end:
                self.step()
        except Exception as problem:  # told to the thread that judges
            self.seen.note(lambda: self.seen.problems.append(f"program {self.number}, command {self.done}: {problem}"))


def prepared_claims(office, folder, achievement, learners):
    csv = folder / "prepared.csv"
    csv.write_text("student,given_name\n" + "".join(f"P{i},Ada\n" for i in range(learners)))
    office.run("issuer", "batch", "issue", "--csv", csv, "--achievement", achievement, "--name", "prepared")
    claims = []
    for row in office.run("issuer", "batch", "codes", "prepared")["codes"]:
        code = folder / f"{row['file']}.code"
        code.write_text(row["code"] + "\n")
        claims.append((office.folder / "issuer" / "batches" / "prepared" / "claims" / row["file"], code))
    return claims


def body(network, folder):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=20261129)
    asked = parser.parse_args()
    say(f"{PROGRAMS} programs for {asked.seconds} s, seed {asked.seed}")
    network.start()
    office = registrar(network, 1, folder)
    achievement = publish_achievement(office, folder)
    office.run("wallet", "init", "--words-file", folder / "words")
    claims = prepared_claims(office, folder, achievement, CLAIMS_A_SECOND * asked.seconds)

    seen = Seen()
    programs = [Program(seen, office, folder, number, asked.seed, achievement, network.institutions[0], claims) for number in range(PROGRAMS)]
    end = time.monotonic() + asked.seconds
    threads = [threading.Thread(target=program.hurry, args=(end,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    require(not seen.problems, "\n".join(seen.problems))
    indexes = [index for index, _ in seen.indexes]
    require(len(set(indexes)) == len(indexes), f"indexes given twice: {sorted(indexes)}")
    require(len(set(seen.keys)) == len(seen.keys), "one holder key was given to two requests")
    listed = {credential["reference"] for credential in office.run("credential", "list")["credentials"]}
    require(listed == seen.imported, f"{len(listed)} credentials are in the wallet, {len(seen.imported)} were imported")
    require(office.run("outbox", "resume")["committed"] == [], "something was acknowledged and had not ended")
    for student in sorted(seen.suspended):
        done = office.run("issuer", "status", "suspend", "--student", student, "--reason", "withdrawn")
        require(done["transaction"] == "", f"{student} was not suspended: {done}")
    Home(folder / "restored").run("wallet", "restore", "--words-file", folder / "words")
    say(f"{seen.commands} commands, {len(indexes)} indexes, {len(seen.keys)} keys, {len(seen.imported)} imports: all there, none twice")


run_test("home-storm", body, nodes=1)
