"""Makes the archive that kept_data.py opens: a ledger, a registrar's and a learner's home, a batch that a crash cut off, a backup,
a presentation and a receipt, all made by the build in TESTAMUR_BIN and left behind by kill -9.

    TESTAMUR_BIN=<bin of the old build> python3 tests/acceptance/keep_data.py tests/data/NAME.tar.xz

The keys inside are of this ledger only. The archive is made once for a build that others may still have data of, and never again:
what it holds is the point."""

import json
import pathlib
import subprocess
import sys
import tempfile

from network import Home, Loopback, Network, publish_achievement, registrar, require, until

STUDENTS = ("S1", "S2", "S3")
NONCE, AUDIENCE = "7f3a", "ACME"


class OneNode(Loopback):
    """Two institutions, one validator: the other institution has no node of its own here."""

    def devnet_options(self):
        return ["--observers", "1"]


def write_class(path, students):
    rows = [f"{each},Given{each},Family{each},2024-06-28" for each in students]
    path.write_text("student,given_name,family_name,award_date\n" + "\n".join(rows) + "\n")


def issue(office, achievement, path, name, *more):
    return ["issuer", "batch", "issue", "--csv", path, "--achievement", achievement, "--name", name, *more]


def cut_off(network, office, achievement, folder):
    """A batch that is signed and may or may not have reached the node: node and program are killed."""
    write_class(folder / "cut-off.csv", ("S8", "S9"))
    process = office.begin(*issue(office, achievement, folder / "cut-off.csv", "cut-off"))
    until(lambda: list((office.folder / "outbox").glob("*.tx")) or process.poll() is not None, "a signed transaction")
    network.kill(1)
    require(process.poll() is None, "the batch was not cut off")
    process.kill()
    process.communicate()


def make(folder):
    network = Network(folder / "net", 2, OneNode())
    try:
        network.start(1)
        office = registrar(network, 1, folder)
        learner = Home(folder / "learner", network.endpoints[:1])
        for home in (office, learner):
            (home.folder / "config.toml").write_text(f'endpoints = ["{network.endpoints[0]}"]\n')
        office.run("trust", "grant", network.institutions[1], "--amount", "120", "--depth", "1")
        achievement = publish_achievement(office, folder)

        requests = folder / "requests"
        requests.mkdir()
        learner.run("wallet", "init", "--words-file", folder / "words")
        learner.run("wallet", "request", "--issuer", network.institutions[0], "--student", "S1", "--out", requests / "S1.request")
        write_class(folder / "class.csv", STUDENTS)
        office.run(*issue(office, achievement, folder / "class.csv", "spring", "--requests", requests))
        claims = office.folder / "issuer" / "batches" / "spring" / "claims"
        learner.run("credential", "import", next(claims.glob("S1*")))
        office.run("issuer", "status", "revoke", "--student", "S2")

        shown = folder / "shown.txt"
        learner.run("credential", "present", "--claim", "family_name", "--audience", AUDIENCE, "--nonce", NONCE, "--out", shown)
        learner.run("credential", "receipt", shown, "--out", folder / "shown.receipt")
        learner.run("wallet", "backup", folder / "backup.age")
        cut_off(network, office, achievement, folder)
    finally:
        network.end()
    (folder / "facts.json").write_text(json.dumps({"achievement": achievement, "institutions": network.institutions,
                                                   "chain": network.chain}, indent=1) + "\n")


def pack(folder, archive):
    """Without what only a person reads or another program makes again."""
    left_out = ["--exclude=./net/node2", "--exclude=./net/logs", "--exclude=./net/pids", "--exclude=LOG*", "--exclude=*.sock",
                "--exclude=./net/issuer-keys*"]
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", *left_out, "-C", folder, "-cJf", archive, "."],
                   check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        make(pathlib.Path(made))
        pack(pathlib.Path(made), pathlib.Path(sys.argv[1]).resolve())
