#!/usr/bin/env python3
"""Four founders, each in a folder of its own, begin a ledger: the ceremony, and by name what goes wrong in it."""

import json
import shutil
import subprocess

from network import BIN, Failed, require, run_test, say

INVALID_EXIT, INCOMPLETE_EXIT, USAGE_EXIT = 5, 1, 2
FOUNDERS = [("University of Vienna", "AT", "univie.ac.at"), ("University of Helsinki", "FI", "helsinki.fi"),
            ("Ghent University", "BE", "ugent.be"), ("University of Tartu", "EE", "ut.ee")]


def testamur(*arguments, expect=0):
    """The JSON answer of `testamur genesis …`."""
    done = subprocess.run([str(BIN / "testamur"), "--json", "--yes", "--quiet", "genesis", *map(str, arguments)], capture_output=True,
                          text=True)
    require(done.returncode == expect, f"exit code {done.returncode} instead of {expect}: {arguments}: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def refused(name, *arguments, expect=INVALID_EXIT):
    """The command must fail with this name in brackets."""
    text = testamur(*arguments, expect=expect)["error"]
    require(f"[{name}]" in text, f"not refused as {name}: {text}")
    say(f"   {name}: {text}")


def faults(record, expect):
    return [fault["name"] for fault in testamur("check", record, expect=expect)["faults"]]


def changed(file, to, old, new):
    text = file.read_text()
    require(old in text, f"{file} does not hold {old}")
    to.write_text(text.replace(old, new, 1))
    return to


def found(folder, name, country, domain):
    home = folder / domain
    done = subprocess.run([str(BIN / "testamurd"), "init", "--dir", str(home / "node"), "--name", name, "--country", country, "--domain",
                           domain, "--with-issuer-keys", str(home / "keys")], capture_output=True, text=True)
    require(done.returncode == 0, done.stderr)
    return home


def bad_parties(folder, homes, draft):
    """A party file that was tampered with never gets into a draft."""
    party = homes[0] / "node" / "party.toml"
    text = party.read_text()
    proof = text.rindex('possession = "') + len('possession = "')
    forged = folder / "forged.toml"
    forged.write_text(text[:proof] + ("1" if text[proof] == "0" else "0") + text[proof + 1:])
    before = draft.read_bytes()
    refused("possession_proof", "add", draft, forged)
    renamed = changed(party, folder / "renamed.toml", "univie.ac.at", "univie.example")
    text = testamur("add", draft, renamed, expect=USAGE_EXIT)["error"]
    require("is not the id of these facts and keys" in text, text)
    require(draft.read_bytes() == before, "a refused party changed the draft")


def one_key_at_two_parties(folder, homes, draft):
    """The second party shows the first one's public key as its own: its id is its own, the key is not."""
    first = (homes[0] / "node" / "party.toml").read_text()
    second = (homes[1] / "node" / "party.toml").read_text()

    def issue_key(text):
        at = text.index('purpose = "issue"')
        return text[text.index('public_key = "', at):].split('"')[1]

    stolen = second.replace(issue_key(second), issue_key(first), 1)
    stolen = "\n".join(line for line in stolen.splitlines() if not line.startswith("institution ="))
    thief = folder / "thief.toml"
    thief.write_text(stolen)
    copy = folder / "with_thief.bin"
    shutil.copyfile(draft, copy)
    testamur("add", copy, homes[0] / "node" / "party.toml")
    refused("key_twice", "add", copy, thief)


def parties_that_are_taken_for_one_another(folder, homes, draft):
    """By case, spaces, marks or letters that only look alike: what is in a genesis stays there."""
    for number, name in enumerate(("UNIVERSITY  OF VIENNA", "Universit\u0443 of Vienna")):
        other = found(folder, name, "AT", f"other{number}.example")
        copy = folder / f"alike{number}.bin"
        shutil.copyfile(draft, copy)
        testamur("add", copy, homes[0] / "node" / "party.toml")
        before = copy.read_bytes()
        refused("lookalike", "add", copy, other / "node" / "party.toml")
        require(copy.read_bytes() == before, "a refused party changed the draft")
    announced = changed(homes[1] / "node" / "party.toml", folder / "everywhere.toml", "[legal_names]", 'peer_address = "0.0.0.0:7600"\n\n[legal_names]')
    text = testamur("add", draft, announced, expect=USAGE_EXIT)["error"]
    require("nobody can dial it" in text, text)


def a_time_far_away(folder, homes):
    """A slip in the year of the settings."""
    for number, year in enumerate((2020, 2096)):
        settings = folder / f"year{number}.toml"
        settings.write_text(f'time = "{year}-01-01"\n')
        draft = folder / f"year{number}.bin"
        refused("time_far", "draft", settings, "--out", draft, expect=USAGE_EXIT)
        require(not draft.exists(), "a refused draft was written")
        testamur("draft", settings, "--any-time", "--out", draft)
        testamur("add", draft, homes[0] / "node" / "party.toml")
        refused("time_far", "sign", draft, "--keys", homes[0] / "keys", expect=USAGE_EXIT)
        testamur("sign", draft, "--any-time", "--keys", homes[0] / "keys")
        warnings = [each["name"] for each in testamur("check", draft)["warnings"]]
        require(warnings == (["time_far"] if year > 2026 else []), f"{year}: warned of {warnings}")
    done = subprocess.run([str(BIN / "testamurd"), "join", "--dir", str(homes[0] / "node"), "--genesis", str(folder / "year1.bin")],
                          capture_output=True, text=True)
    require(done.returncode != 0 and "ahead of this clock" in done.stderr, done.stdout + done.stderr)


def settings_of(folder):
    settings = folder / "standard.toml"
    settings.write_text("")
    return settings


def slips_of_init(folder):
    """What stands in a genesis for good, and what the others would dial."""
    for words, part in ((["--ror", "nonsense"], "ror"), (["--lei", "529900T8BM49AURSDO56"], "lei"), (["--deqar", "7"], "deqar"),
                        (["--eter", "x"], "eter"), (["--peer-address", "0.0.0.0:7600"], "nobody can dial"),
                        (["--peer-address", "ledger.example:0"], "no port"),
                        (["--peer-address", "127.0.0.1:7601"], "one port")):
        done = subprocess.run([str(BIN / "testamurd"), "init", "--dir", str(folder / "slip"), "--name", "Slip", "--country", "AT", "--domain",
                               "slip.example", *words], capture_output=True, text=True)
        require(done.returncode == USAGE_EXIT and part in done.stderr, f"{words}: {done.returncode} {done.stderr}")
        require(not (folder / "slip").exists(), f"{words}: a refused init made something")


def body(network, folder):
    homes = [found(folder, *founder) for founder in FOUNDERS]
    settings = folder / "settings.toml"
    settings.write_text("[parameters]\nheartbeat_ms = 1000\n")
    draft = folder / "genesis.bin"
    testamur("draft", settings, "--out", draft)
    settings.write_text("[parameters]\nspeed = 3\n")
    text = testamur("draft", settings, "--out", folder / "never.bin", expect=USAGE_EXIT)["error"]
    require("speed" in text and "settings.toml" in text, text)
    say("party files that were tampered with")
    bad_parties(folder, homes, draft)
    one_key_at_two_parties(folder, homes, draft)
    say("slips: parties that look alike, a time far away, identifiers and addresses that are none")
    parties_that_are_taken_for_one_another(folder, homes, draft)
    a_time_far_away(folder, homes)
    slips_of_init(folder)
    versions = set()
    for number, words in enumerate(([], [settings_of(folder)])):
        testamur("draft", *words, "--out", folder / f"version{number}.bin")
        versions.add(testamur("check", folder / f"version{number}.bin", expect=INVALID_EXIT)["protocol_version"])
    require(len(versions) == 1, f"with and without settings another protocol version: {versions}")

    parties = [home / "node" / "party.toml" for home in homes]
    chain = testamur("add", draft, *parties)["chain"]
    refused("party_twice", "add", draft, parties[2], expect=USAGE_EXIT)
    say("each founder signs a copy in its own folder")
    for home in homes:
        shutil.copyfile(draft, home / "genesis.bin")
        require(testamur("sign", home / "genesis.bin", "--keys", home / "keys")["chain"] == chain, "another chain id")
    require(set(faults(homes[0] / "genesis.bin", INCOMPLETE_EXIT)) == {"founder_missing"}, "three signatures are missing")
    refused("founder_stranger", "sign", draft, "--keys", network.folder / "issuer-keys1" / "root.key")
    refused("already_signed", "add", homes[0] / "genesis.bin", parties[1], expect=USAGE_EXIT)

    say("one founder signed another record")
    other = folder / "other.bin"
    testamur("draft", "--out", other)
    testamur("add", other, *parties)
    testamur("sign", other, "--keys", homes[3] / "keys")
    refused("record_differs", "merge", draft, other)

    record = folder / "record.bin"
    shutil.copyfile(homes[0] / "genesis.bin", record)
    testamur("merge", record, homes[1] / "genesis.bin", homes[2] / "genesis.bin", expect=INCOMPLETE_EXIT)
    words = subprocess.run([str(BIN / "testamur"), "genesis", "check", str(record)], capture_output=True, text=True)
    require(words.returncode == INCOMPLETE_EXIT and "University of Tartu" in words.stdout.split("not yet")[1].splitlines()[0], words.stdout)
    require("heartbeat_ms = 1000 (standard 30000)" in words.stdout and "q = 3" in words.stdout, words.stdout)
    join_is_refused(homes[0], record, "founder_missing")
    testamur("merge", record, homes[3] / "genesis.bin")
    require(faults(record, 0) == [], "the record is complete")

    say("the record is altered after it was signed")
    whole = record.read_bytes()
    at = whole.index(b"univie.ac.at")
    record.write_bytes(whole[:at] + b"u" * 12 + whole[at + 12:])
    answer = testamur("check", record, expect=USAGE_EXIT)
    require(answer.get("faults") or "the genesis record" in answer.get("error", ""), "an altered record passed")
    join_is_refused(homes[0], record, "genesis")
    record.write_bytes(whole[:10] + bytes([whole[10] ^ 1]) + whole[11:])  # the time: every rule but the signatures holds
    require(set(faults(record, INVALID_EXIT)) == {"founder_signature"}, "signatures of another record passed")
    record.write_bytes(whole)

    say("the ledger begins")
    for home in homes:
        done = subprocess.run([str(BIN / "testamurd"), "join", "--dir", str(home / "node"), "--genesis", str(record)]
                              + [word for party in parties for word in ("--party", str(party))], capture_output=True, text=True)
        require(done.returncode == 0 and chain in done.stdout, done.stdout + done.stderr)
        checked = subprocess.run([str(BIN / "testamurd"), "check-config", "--config", str(home / "node" / "testamurd.toml")],
                                 capture_output=True, text=True)
        require(checked.returncode == 0, checked.stderr)


def join_is_refused(home, record, text):
    done = subprocess.run([str(BIN / "testamurd"), "join", "--dir", str(home / "node"), "--genesis", str(record)], capture_output=True,
                          text=True)
    if done.returncode == 0 or text not in done.stderr:
        raise Failed(f"a node took an unfit record: {done.stdout} {done.stderr}")


run_test("genesis_ceremony", body, nodes=1)
