#!/usr/bin/env python3
"""More than f keys destroyed: the survivors go on by a recovery genesis, every old credential still verifies, and a client
that was not told refuses. Of four validators two lose their keys and data; f is 1."""

import shutil
import subprocess

from network import BIN, Home, publish_achievement, registrar, require, run_test, say, until, write_class

INVALID_EXIT, FAILURE_EXIT, CANNOT_TELL_EXIT, NOT_ACCEPTED_EXIT, UNKNOWN_EXIT = 5, 1, 7, 8, 9
FACTS_HOLD = (0, NOT_ACCEPTED_EXIT)  # whether anybody accepts the issuer is another question


def command(*arguments, expect=0):
    done = subprocess.run([str(BIN / arguments[0]), *map(str, arguments[1:])], capture_output=True, text=True)
    require(done.returncode == expect, f"exit code {done.returncode} instead of {expect}: {arguments}: {done.stdout} {done.stderr}")
    return done.stdout + done.stderr


def refused(name, *arguments, expect):
    text = command(*arguments, expect=expect)
    require(name in text, f"not refused as {name}: {text}")
    say(f"   {text.strip()}")


def issue(office, folder, achievement, name, learners):
    """The awards of a batch, with the codes of their claim files."""
    write_class(folder / f"{name}.csv", learners, prefix=name)
    issued = office.run("issuer", "batch", "issue", "--csv", folder / f"{name}.csv", "--achievement", achievement, "--name", name)
    codes = {row["student"]: row["code"] for row in office.run("issuer", "batch", "codes", name)["codes"]}
    return [(award["student"], award["file"], codes[award["student"]]) for award in issued["awards"]]


class Learner:
    """Holds one credential, and what a verifier is shown of it."""

    def __init__(self, folder, endpoints, award):
        student, file, code = award
        self.home = Home(folder / f"learner-{student}", endpoints)
        self.home.run("wallet", "init", "--words-file", folder / f"{student}.words")
        code_file = folder / f"{student}.code"
        code_file.write_text(code + "\n")
        code_file.chmod(0o600)
        self.home.run("credential", "import", file, "--code-file", code_file)
        self.shown = folder / f"{student}.shown"
        self.home.run("credential", "present", "--claim", "title", "--audience", "Employer", "--nonce", "7f3a", "--out", self.shown)
        self.reference = self.home.run("credential", "list")["credentials"][0]["reference"]


def verify(home, learner, *more):
    """The verdict's JSON; the credential must be good, accepted or not. Before the first block after a recovery nothing is proven."""
    def once():
        process = home.begin(*more, "credential", "verify", learner.shown, "--audience", "Employer", "--nonce", "7f3a", "--max-age", 86400)
        out, errors = process.communicate(timeout=120)
        require(process.returncode in (*FACTS_HOLD, CANNOT_TELL_EXIT), f"exit code {process.returncode}: {out} {errors}")
        return out if process.returncode in FACTS_HOLD else None

    return until(once, "a verdict that rests on a block")


def destroy(network, number):
    """Keys and data of a node. The institution's root key lies elsewhere."""
    shutil.rmtree(network.directory(number))


def recover(network, folder, record):
    for number in (1, 2):
        config = network.directory(number) / "testamurd.toml"
        say("   " + command("testamurd", "recover", "--config", config, "--genesis", record).strip())


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    achievement = publish_achievement(office, folder)
    old = [Learner(folder, network.endpoints, award) for award in issue(office, folder, achievement, "before", 2)]
    verifier = Home(folder / "verifier", network.endpoints)
    require("proven" in verify(verifier, old[0]), "not proven before the disaster")
    receipt = folder / "before.receipt"
    verifier.run("credential", "receipt", old[0].shown, "--out", receipt)
    network.await_agreement()

    say("two of four nodes lose keys and data")
    network.kill(3, 4)
    for number in (3, 4):
        destroy(network, number)
    network.stop(1, 2)

    say("a survivor drafts, three institutions sign")
    record = folder / "recovery.bin"
    config = network.directory(1) / "testamurd.toml"
    keep = [word for number in (1, 2) for word in ("--keep", network.institutions[number - 1])]
    say(command("testamurd", "genesis", "recover", "--config", config, *keep, record))
    refused("founder_missing", "testamurd", "recover", "--config", config, "--genesis", record, expect=FAILURE_EXIT)
    office.run("genesis", "sign", record)  # from its root vault
    command("testamur", "--yes", "genesis", "sign", record, "--keys", network.folder / "issuer-keys2")
    refused("founders_too_few", "testamurd", "recover", "--config", config, "--genesis", record, expect=FAILURE_EXIT)
    command("testamur", "--yes", "genesis", "sign", record, "--keys", network.folder / "issuer-keys3")
    words = command("testamur", "genesis", "check", record)
    require("a recovery" in words and "complete" in words, words)
    say(words)
    chain = next(word for word in words.split() if word.startswith("tmn1") and word != network.chain)

    say("the survivors go on")
    recover(network, folder, record)
    recover(network, folder, record)  # as after a crash: nothing changes
    network.start(1, 2)
    network.await_agreement(1, 2)

    say("a client that was not told refuses")
    survivors = network.endpoints[:2]
    for home in (verifier, office):
        (home.folder / "config.toml").write_text("endpoints = [" + ", ".join(f'"{each}"' for each in survivors) + "]\n")
    text = verifier.run("credential", "verify", old[0].shown, expect=FAILURE_EXIT)
    require("recovery_not_accepted" in text and chain in text, text)
    text = verifier.run("--accept-recovery", network.chain, "ledger", "follow", expect=FAILURE_EXIT)
    require("recovery_not_accepted" in text, text)
    text = office.run("trust", "grant", network.institutions[1], "--amount", "10", "--depth", "0", expect=FAILURE_EXIT)
    require("recovery_not_accepted" in text, text)

    say("told, it follows: every old credential verifies, a new one is issued")
    followed = verifier.run("--accept-recovery", chain, "ledger", "follow")
    require(followed["ledgers"][0]["chain"] == chain and followed["ledgers"][0]["continues"] == network.chain, str(followed))
    for learner in old:
        verify(verifier, learner)
    office.run("--accept-recovery", chain, "ledger", "follow")
    new = Learner(folder, survivors, issue(office, folder, achievement, "after", 1)[0])
    until(lambda: "proven" in verify(verifier, new), "a proof of the new credential")
    require("proven" in verify(verifier, old[1]), "an old credential is proven under the new ledger")
    require(old[0].reference.split(":")[3] != new.reference.split(":")[3], "both name one ledger")
    for learner in (old[0], new):
        out = run_check(verifier, learner.reference)
        require(learner.reference in out, out)

    say("a receipt of the old ledger verifies offline, with no node at all")
    network.stop(1, 2)
    out = verify_offline(verifier, old[0], receipt)
    require("proven" in out, out)


def run_check(home, reference):
    """`check` of a reference, accepted or not."""
    process = home.begin("check", reference)
    out, errors = process.communicate(timeout=120)
    require(process.returncode in FACTS_HOLD, f"exit code {process.returncode}: {out} {errors}")
    return out


def verify_offline(home, learner, receipt):
    process = home.begin("credential", "verify", learner.shown, "--audience", "Employer", "--nonce", "7f3a", "--max-age", 86400, "--receipt",
                         receipt, "--max-status-age", 86400000)
    out, errors = process.communicate(timeout=120)
    # Acceptance stays unknown without a node: that is no fault of the credential.
    require(process.returncode not in (INVALID_EXIT, UNKNOWN_EXIT), f"exit code {process.returncode}: {out} {errors}")
    return out


run_test("recovery", body)
