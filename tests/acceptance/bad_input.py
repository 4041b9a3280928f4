"""Bad input at the command line and on a node's disk: each a clear error with its exit code, and nothing is lost."""

import pathlib
import shutil
import subprocess

from network import (BIN, PATIENCE_S, Home, Load, publish_achievement, registrar, require, run_test, say, until, write_class)

FAILURE_EXIT, USAGE_EXIT, PASSPHRASE_EXIT, UNREACHABLE_EXIT, UNKNOWN_EXIT = 1, 2, 4, 7, 9
DAMAGED_EXIT = 70


def contains(text, *parts):
    for part in parts:
        require(part in text, f"'{part}' is not in: {text[:2000]}")
    say("   " + text.strip().replace("\n", " ")[:200])


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0x40]))


def log_size(network):
    return network.status_of(1)["log_size"]


def class_with_a_broken_row(network, folder, office, achievement):
    rows = folder / "broken.csv"
    write_class(rows, 5)
    lines = rows.read_text().splitlines()
    lines[3] = lines[3].replace("1972", "1972-02-30", 1)
    rows.write_text("\n".join(lines) + "\n")
    before = log_size(network)
    text = office.run("issuer", "batch", "issue", "--csv", rows, "--achievement", achievement, "--name", "broken",
                      expect=USAGE_EXIT)
    contains(text, "line 4", "birthdate", "nothing was issued")
    require(log_size(network) == before and not (office.folder / "issuer" / "batches" / "broken").exists(), "it was issued")


def wrong_passphrase_and_corrupt_vault(folder, network):
    home = Home(folder / "ada", network.endpoints)
    home.run("wallet", "init", "--words-file", folder / "ada.words")
    right = home.passphrase.read_text()
    home.passphrase.write_text("not the passphrase at all\n")
    contains(home.run("wallet", "show", expect=PASSPHRASE_EXIT), "passphrase")
    home.passphrase.write_text(right)
    vault = max((path for path in home.folder.rglob("*.age")), key=lambda path: path.stat().st_size)
    whole = vault.read_bytes()
    flip(vault, len(whole) - 20)
    contains(home.run("wallet", "show", expect=FAILURE_EXIT), vault.name, "damaged", "backup")
    vault.write_bytes(whole)
    home.run("wallet", "show")


def another_ledger(folder, network, office, achievement):
    other = folder / "other"
    port = other.with_suffix(".out")
    with open(port, "wb") as out:
        node = subprocess.Popen([str(BIN / "testamurd"), "--dev", "--no-sample-data", "--dir", str(other), "--api", "127.0.0.1:0"],
                                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        served = until(lambda: [word for word in port.read_text().split() if word.startswith("api_port=")], "the other ledger")
        text = office.run("--endpoint", "127.0.0.1:" + served[0].split("=")[1], "trust", "grant", network.institutions[1],
                          "--amount", "10", "--depth", "0", expect=UNKNOWN_EXIT)
        contains(text, "another ledger", network.chain)

        # Whoever only asks would take its answers for those of this ledger.
        graph, table = folder / "graph.json", folder / "hashes.csv"
        table.write_text("hash\n" + 64 * "0" + "\n")
        friend = network.institutions[1]
        for words in [
                ["check", 64 * "0"], ["check", "--csv", table, "--out", folder / "verdicts.csv"],
                ["registry", "institutions"], ["registry", "institution", friend], ["registry", "achievements", friend],
                ["registry", "achievement", achievement], ["registry", "statements", "--by", friend],
                ["accreditation", "list"], ["trust", "explain", friend],
                ["trust", "graph", "--out", graph], ["key", "list"], ["governance", "list"],
                ["governance", "validators"], ["governance", "ready"], ["governance", "evidence"],
                ["governance", "parameters"], ["issuer", "batch", "template", "--achievement", achievement, "--out", folder / "class.csv"]]:
            text = office.run("--endpoint", "127.0.0.1:" + served[0].split("=")[1], *words, expect=UNKNOWN_EXIT)
            contains(text, "another ledger", network.chain)
        require(not graph.exists() and not (folder / "class.csv").exists(), "an answer of another ledger was kept")
    finally:
        node.terminate()
        node.wait()
    return other / "genesis.bin"


def what_the_rules_refuse(network, folder, office):
    """An index range that is used already; a key that is not the author's; a learner of another office."""
    first = Load(network, folder, institution=2, seconds=600, extra=["--count", "1", "--first-index", "7"])
    require(first.process.wait(timeout=PATIENCE_S) == 0, first.errors.read_text())
    again = Load(network, folder, institution=2, seconds=600, extra=["--count", "1", "--first-index", "7"])
    require(again.process.wait(timeout=PATIENCE_S) == FAILURE_EXIT, "an index was used twice")
    contains(again.process.stdout.read(), "index")
    stranger = Load(network, folder, institution=3, keys=2, seconds=600, extra=["--count", "1"])
    require(stranger.process.wait(timeout=PATIENCE_S) != 0, "a key of another was taken")
    contains(stranger.errors.read_text(), "refused")
    contains(office.run("issuer", "status", "revoke", "--student", "nobody-here", expect=USAGE_EXIT), "nobody-here")


def what_is_no_statement(network, folder, office):
    """Trust and accreditations that cannot be: named, exit code 2 (1 for a missing role), nothing on the ledger."""
    before = log_size(network)
    friend, full = network.institutions[1], ["--amount", "120"]
    contains(office.run("trust", "grant", "nobody.example", expect=UNKNOWN_EXIT), "nobody.example")
    for arguments, parts in [
            (["grant", friend], ["--amount 1 to 120", "nothing was done"]),
            (["grant", friend, "--amount", "0"], ["--amount 0 would say nothing", "withdraw"]),
            (["grant", friend, "--amount", "121"], ["--amount is 1 to 120"]),
            (["grant", network.institutions[0], *full], ["about_itself"]),
            (["grant", friend, *full, "--depth", "8"], ["--depth is 0 to 7"]),
            (["grant", friend, *full, "--field", "9999"], ["9999"]),
            (["grant", friend, *full, "--field", ""], ["field"]),
            (["grant", friend, *full, "--level", "9"], ["1 to 8"]),
            (["grant", friend, *full, "--from", "2059-01-01", "--until", "2058-01-01"], ["interval_empty"]),
            (["explain", friend, "--at", "2026-02-30"], ["2026-02-30"]),
            (["explain", friend, "--assume", "me:" + friend + ":121:1"], ["0 to 120"])]:
        contains(office.run("trust", *arguments, expect=USAGE_EXIT), *parts)
    contains(office.run("accreditation", "grant", friend, expect=FAILURE_EXIT), "has not the role of an accreditor")
    reports = folder / "reports.csv"
    reports.write_text("agency,status\nAAQ\n")
    contains(office.run("accreditation", "import", reports, expect=USAGE_EXIT), "line 2")
    policy = folder / "policy.toml"
    policy.write_text("[policy]\nthreshold = 0\njoint = \"some\"\n")
    contains(office.run("trust", "explain", friend, "--policy", policy, expect=USAGE_EXIT), "policy.toml:2", "policy.toml:3",
             "all or any")
    require(log_size(network) == before, "something was committed")


def refusal(network, number, expect=FAILURE_EXIT):
    """Starts a node that must not come up. Returns what it says."""
    network.launch(number)
    code = network.processes[number].wait(timeout=PATIENCE_S)
    require(code == expect, f"exit code {code}: {network.log(number)[-1000:]}")
    return network.log(number).strip().splitlines()[-1]


def comes_back(network, number):
    network.start(number)
    network.await_agreement()


def corrupt_journal(network, number):
    network.stop(number)
    segment = network.directory(number) / "data" / "journal" / "0000000000000001.seg"
    flip(segment, 40)
    contains(refusal(network, number, DAMAGED_EXIT), segment.name, "offset 0", "Nothing was changed", "backup")
    flip(segment, 40)
    comes_back(network, number)


def corrupt_database(network, number):
    network.stop(number)
    store = network.directory(number) / "data" / "store"
    whole = network.folder / "whole"
    shutil.copytree(store, whole)
    damaged = [max(store.glob("MANIFEST-*"))] + sorted(store.glob("*.sst"))[:1]
    for file in damaged:
        flip(file, file.stat().st_size // 2)
        contains(refusal(network, number, DAMAGED_EXIT), str(store), "Corruption", "keep a copy", "catch up from its peers")
        shutil.rmtree(store)
        shutil.copytree(whole, store)
    shutil.rmtree(store)  # what the message advises
    comes_back(network, number)
    say(f"   {len(damaged)} damaged files named; without its store the node caught up from its peers")


def torn_log_of_the_database(network, number):
    """A byte of RocksDB's own log, after kill -9: the journal and the peers complete what cannot be read."""
    network.kill(number)
    log = max((network.directory(number) / "data" / "store").glob("*.log"))
    flip(log, log.stat().st_size // 2)
    network.launch(number)
    until(lambda: network.processes[number].poll() is not None or network.status_of(number), "an end or an answer")
    if network.processes[number].poll() is None:
        network.await_agreement()
        say("   a damaged write-ahead log: recovered with nothing lost")
    else:
        contains(network.log(number).strip().splitlines()[-1], "store")
        shutil.rmtree(log.parent)
        comes_back(network, number)


def another_genesis(network, number, genesis):
    network.stop(number)
    own = network.directory(number) / "genesis.bin"
    whole = own.read_bytes()
    shutil.copyfile(genesis, own)
    contains(refusal(network, number), "ledger")
    own.write_bytes(whole)
    comes_back(network, number)


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    achievement = publish_achievement(office, folder)
    say("a class list with a broken row")
    class_with_a_broken_row(network, folder, office, achievement)
    say("a wrong passphrase, a corrupt vault")
    wrong_passphrase_and_corrupt_vault(folder, network)
    say("what the rules refuse")
    what_the_rules_refuse(network, folder, office)
    say("what is no statement")
    what_is_no_statement(network, folder, office)
    say("another ledger")
    genesis = another_ledger(folder, network, office, achievement)
    another_genesis(network, 4, genesis)
    say("a corrupt journal")
    corrupt_journal(network, 4)
    say("a corrupt database")
    corrupt_database(network, 4)
    torn_log_of_the_database(network, 4)


run_test("bad_input", body)
