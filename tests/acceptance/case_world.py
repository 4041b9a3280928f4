"""What the tests of cases.py share: an office, a quality agency and a learner on one ledger, commands as people type them, rows of a table."""

import csv
import os
import pathlib
import shutil
import subprocess

from network import BIN, ROOT, Home, Loopback, registrar, require, with_parent

OK, FAILURE, USAGE, PASSWORD, INVALID, REVOKED, UNREACHABLE, UNKNOWN = 0, 1, 2, 4, 5, 6, 7, 9
DISK = 70
NOWHERE = "127.0.0.1:1"
SHARED = ROOT.parent / "shared" / "cases"
FAKETIME = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)

ACHIEVEMENT = """number = 77
version = 1
award_kind = "skill"
award_type = "microcredential"
ects = "3"
eqf = 6
fields = ["0613"]
identity_check = "supervised_onsite"

[titles]
en = "Secure Software Engineering"
de = "Prüfung sicherer Systeme"
"""


class OneRuns(Loopback):
    """Two institutions: the first alone is the validator, the second has no seat and its node is not started."""

    def devnet_options(self):
        return ["--observers", "1"]


def own_mounts(*command):
    """The command in mounts of its own, or None where that is not permitted."""
    space = ["unshare", "--mount"] + ([] if os.getuid() == 0 else ["--user", "--map-root-user"])
    if not shutil.which("unshare") or subprocess.run([*space, "true"], capture_output=True).returncode != 0:
        return None
    return [*space, *command]


def at(moment):
    """The environment of a program whose clock says `moment`, YYYY-MM-DD hh:mm:ss in UTC."""
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"@{moment}", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}


def typed(home, *words, passphrase=None, environment=None, wrap=()):
    """As a person types it: text, no --json. Exit code and all that is printed."""
    command = [*wrap, str(BIN / "testamur"), "--home", str(home.folder if isinstance(home, Home) else home), "--passphrase-file",
               str(passphrase or home.passphrase), "--yes", *map(str, words)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=400, preexec_fn=with_parent,
                          env={**os.environ, **(environment or {})})
    return done.returncode, (done.stderr + done.stdout).decode(errors="replace")


def row(what, words, code, *parts, **how):
    """One line of a table: the command, its exit code, and what must be read; a part that begins with ! must not."""
    return what, words, code, parts, how


def hold(home, rows):
    """Every row ends as it says. All that do not are told at once."""
    wrong = []
    for what, words, code, parts, how in rows:
        ended, text = typed(home, *(words.split() if isinstance(words, str) else words), **how)
        missing = [part for part in parts if (part[1:] in text if part.startswith("!") else part not in text)]
        if ended != code or missing:
            wrong.append(f"{what}: {ended} instead of {code}; {missing} in: {text.strip()[:600]}")
    require(not wrong, "\n".join(wrong))
    return len(rows)


class World:
    """`folder` takes the files that a test makes; `ach` is the achievement, 3 ECTS at level 6."""

    def __init__(self, network, folder):
        self.network = network
        self.folder = folder / "work"
        self.folder.mkdir()
        self.files = 0
        network.start(1)
        self.endpoint = network.endpoints[0]
        self.office = self.registrar(folder, 1)
        self.agency = self.registrar(folder, 2)
        self.learner = Home(folder / "ada", [self.endpoint])
        self.nobody = Home(folder / "nobody", [self.endpoint])
        self.first, self.second = network.institutions
        self.make_an_agency()  # an agency from the next block on, which the achievement brings
        self.ach = self.office.run("issuer", "achievement", "publish", self.write("achievement.toml", ACHIEVEMENT))["achievement"]

    def registrar(self, folder, number):
        home = registrar(self.network, number, folder)
        (home.folder / "config.toml").write_text(f'endpoints = ["{self.endpoint}"]\n')
        return home

    def make_an_agency(self):
        proposed = self.office.run("governance", "propose", "admission", self.second, "--class", "accreditor")
        self.office.run("governance", "vote", proposed["transaction"], "yes")

    def write(self, name, text, **form):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(text, newline="", **({"encoding": "utf-8"} | form))
        return file

    def fresh(self, text, ending=".csv"):
        """A file of a name that no other has."""
        self.files += 1
        return self.write(f"{self.files}{ending}", text)

    def log_size(self):
        return self.network.status_of(1)["log_size"]

    def nothing_sent(self, home, rows):
        """The rows, none of which changes the ledger or uses up an index."""
        before, used = self.log_size(), self.next_index()
        done = hold(home, rows)
        require(self.log_size() == before, "something was sent")
        require(self.next_index() == used, "a refusal used up indexes")
        return done

    def next_index(self):
        file = self.office.folder / "issuer" / "next_index.json"
        return file.read_text() if file.exists() else ""

    def issue(self, name, text, *more):
        """A batch; its awards by learner."""
        done = self.office.run("issuer", "batch", "issue", "--csv", self.write(f"{name}.csv", text), "--achievement", self.ach,
                               "--name", name, *more)
        return {award["student"]: award for award in done["awards"]}

    def statuses(self, student):
        """What became of a learner's awards: {batch: status}."""
        return {each["batch"]: each["status"] for each in self.office.run("issuer", "show", "--student", student)["awards"]}

    def claims(self, batch):
        """{learner: (claim file, file with its code)}."""
        merge = self.folder / f"{batch}.codes.csv"
        self.office.run("issuer", "batch", "codes", batch, "--csv", merge, "--force")
        with open(merge, newline="", encoding="utf-8") as file:
            return {each["student"]: (self.office.folder / "issuer" / "batches" / batch / "claims" / each["file"],
                                      self.write(f"{batch}.{each['student']}.code", each["code"] + "\n"))
                    for each in csv.DictReader(file)}


def shared(name):
    """A case of ../shared/cases, or None where they are not."""
    return SHARED / name if (SHARED / name).is_file() else None


def with_shared(rows):
    """Only the rows whose file is here: a name that stands behind @ is one of ../shared/cases."""
    kept = []
    for what, words, code, parts, how in rows:
        words = words.split() if isinstance(words, str) else list(words)
        names = [word[1:] for word in words if str(word).startswith("@")]
        if all(shared(name) for name in names):
            kept.append((what, [shared(word[1:]) if str(word).startswith("@") else word for word in words], code, parts, how))
    return kept
