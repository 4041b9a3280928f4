"""What an earlier build left behind is opened by this one and goes on: tests/data holds a ledger that kill -9 ended, a registrar's home
with a batch that a crash cut off, a learner's vault, its backup, a presentation and a receipt (keep_data.py made them)."""

import json
import sys
import tarfile

from keep_data import AUDIENCE, NONCE, write_class
from network import Home, Network, ROOT, require, run_test, say

REVOKED, UNKNOWN = 6, 7
# The holder's proof and the receipt are as old as the archive.
PROOF = ("--audience", AUDIENCE, "--nonce", NONCE, "--max-age", 4_000_000_000)
OLD_STATUS = ("--max-status-age", 4_000_000_000_000)


def unpacked(archive):
    def network(folder):
        with tarfile.open(archive) as packed:
            packed.extractall(folder)
        return Network.reopen(folder / "net")
    return network


def expect_status(office, student, batch, status):
    awards = office.run("issuer", "show", "--student", student)["awards"]
    require([each["status"] for each in awards if each["batch"] == batch] == [status], f"{student} of {batch}: {awards}")


def offline(folder, learner):
    """Judged from files alone, by nobody's node."""
    verdict = json.loads(learner.run("credential", "verify", *PROOF, *OLD_STATUS, "--receipt", folder / "shown.receipt", folder / "shown.txt",
                                     expect=UNKNOWN))  # whether the issuer is accepted stands in no receipt
    require(verdict["standing"] == "genuine" and verdict["source"] == "proven", f"the old presentation with its receipt: {verdict}")


def body(network, folder):
    facts = json.loads((folder / "facts.json").read_text())
    office, learner = (Home(folder / name, network.endpoints) for name in ("registrar1", "learner"))
    offline(folder, learner)
    say("the old presentation and its receipt are judged without a network")

    network.start(1)
    before = int(network.status_of(1)["as_of"]["height"])
    expect_status(office, "S1", "spring", "valid")
    expect_status(office, "S2", "spring", "revoked")
    require(learner.run("wallet", "show")["credentials"] == 1, "the learner's vault")
    learner.run("credential", "verify", *PROOF, folder / "shown.txt")
    say(f"ledger (height {before}), register and vault of the earlier build are read")

    resumed = office.run("issuer", "batch", "resume", "cut-off")
    require(resumed["committed"] and resumed["count"] == 2, f"the batch that was cut off: {resumed}")
    expect_status(office, "S8", "cut-off", "valid")
    write_class(folder / "more.csv", ("S20", "S21"))
    more = office.run("issuer", "batch", "issue", "--csv", folder / "more.csv", "--achievement", facts["achievement"], "--name", "more")
    indexes = [award["index"] for award in resumed["awards"] + more["awards"]]
    require(len(set(indexes)) == 4 and min(indexes) > 3, f"indexes are used again: {indexes}")
    office.run("issuer", "status", "revoke", "--student", "S1", "--batch", "spring")
    learner.run("credential", "verify", *PROOF, folder / "shown.txt", expect=REVOKED)
    say("the batch was finished, another issued, an old award revoked")

    heir = Home(folder / "heir", network.endpoints[:1])
    heir.passphrase.write_text(learner.passphrase.read_text())
    heir.run("wallet", "restore", "--words-file", folder / "words", "--backup", folder / "backup.age")
    require(heir.run("wallet", "show")["credentials"] == 1, "the backup lost the credential")

    network.kill(1)
    network.start(1)
    expect_status(office, "S20", "more", "valid")
    require(int(network.status_of(1)["as_of"]["height"]) > before, "the ledger did not grow")
    say("the node was killed and knows all of it")


if __name__ == "__main__":
    archive = ROOT / "tests" / "data" / f"{sys.argv[1]}.tar.xz"
    run_test(f"kept-data-{sys.argv[1]}", body, made=unpacked(archive))
