"""The story of a ledger's year at the command line: a fifth institution joins under two roots that sign offline and becomes a validator,
limits change, a validator is suspended and comes back, keys rotate, a stolen one makes void what it signed, a lost root is replaced
and the replacement vetoed, two institutions merge. And what each command says to bad input."""

import json
import subprocess

from network import (BIN, Home, publish_achievement, registrar, require, run_test, say, set_key, until, write_class)

FAILURE, USAGE, CANCELLED, REVOKED, UNKNOWN = 1, 2, 3, 6, 9
FIFTH = "testland.example"


def contains(text, *parts):
    text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    for part in parts:
        require(part in text, f"'{part}' is not in: {text[:3000]}")


def testamurd(*words):
    done = subprocess.run([str(BIN / "testamurd"), *map(str, words)], capture_output=True, text=True, timeout=60)
    require(done.returncode == 0, f"testamurd {' '.join(map(str, words))}: {done.stdout} {done.stderr}")
    return done.stdout


def first_words(text):
    return {line.split()[0]: line.split()[1] for line in text.splitlines() if len(line.split()) > 1}


class World:
    def __init__(self, network, folder):
        self.network = network
        self.folder = folder
        self.offices = {number: registrar(network, number, folder) for number in (1, 2, 3, 4)}

    def decide(self, proposal, *voters, state="done"):
        """The votes of these registrars, and the state that follows."""
        for voter in voters:
            self.offices[voter].run("governance", "vote", proposal, "yes")
        until(lambda: self.offices[1].run("governance", "show", proposal)["state"] == state, f"{proposal} {state}")

    def propose(self, by, *words):
        answer = self.offices[by].run("governance", "propose", *words)
        return answer["proposal"], answer

    def validators(self):
        return self.offices[1].run("governance", "validators")


def a_faster_heartbeat(world):
    proposal, answer = world.propose(1, "parameter", "heartbeat_ms", "500")
    contains(answer["says"], "If 3 of the 4 validators vote yes before", "heartbeat_ms changes from 30000 (30 seconds) to 500 (500 ms)")
    contains(world.offices[2].run("governance", "list", "--open"), proposal, "voting")
    world.decide(proposal, 1, 2, 3)
    rows = {row["name"]: row["value"] for row in world.offices[4].run("governance", "parameters")["parameters"]}
    require(rows["heartbeat_ms"] == 500, f"the heartbeat is {rows['heartbeat_ms']}")
    contains(world.offices[4].run("governance", "vote", proposal, "yes", expect=FAILURE), "proposal_closed", "advice", "has ended")
    say("a parameter changed by 3 of 4 votes")


def make_the_fifth(world):
    """Its node's directory, and a party file that asks for two of two roots; the second root lies on another machine."""
    network, folder = world.network, world.folder
    ports = [int(network.machine.metrics_listen(100 + i).split(":")[1]) for i in range(2)]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    testamurd("init", "--dir", network.directory(5), "--observer", "--name", "Testland Institute", "--country", "TL", "--domain", FIFTH,
              "--peer-address", addresses[0], "--api-address", addresses[1], "--with-issuer-keys", folder / "keys5")
    testamurd("init", "--dir", folder / "elsewhere", "--observer", "--name", "Elsewhere", "--country", "TL", "--domain", "elsewhere.example",
              "--with-issuer-keys", folder / "second-root")
    for path in (folder / "second-root").iterdir():
        if path.name != "root.key":
            path.unlink()
    party = network.directory(5) / "party.toml"
    other = (folder / "elsewhere" / "party.toml").read_text()
    second = next(part for part in other.split("[[key]]")[1:] if 'purpose = "root"' in part)
    party.write_text(party.read_text().replace("root_threshold = 1", "root_threshold = 2") + "\n[[key]]" + second)
    network.endpoints.append(addresses[1])
    network.size = 5
    return party


def join_the_ledger(world, party):
    network, folder = world.network, world.folder
    draft = folder / "join.json"
    answer = world.offices[1].run("institution", "register", party, "--draft", draft)
    contains(answer["says"], "sponsors a new institution: Testland Institute", answer["institution"])
    contains(world.offices[1].run("send", draft, expect=FAILURE), "not complete", "prove that it holds its root key")
    candidate = Home(folder / "candidate")  # no endpoint: no network
    answer = candidate.run("sign", draft, "--keys", folder / "keys5", "--keys", network.directory(5) / "keys")
    require(any("root key" in line for line in answer["missing"]), f"the second root is not missing: {answer}")
    candidate.run("sign", draft, "--keys", folder / "second-root")
    world.offices[1].run("sign", draft)
    institution = world.offices[1].run("send", draft)["institution"]
    contains(world.offices[2].run("send", draft), institution)  # the same bytes again: committed once
    return institution


def start_the_fifth(world, institution):
    network = world.network
    set_key(network.directory(5) / "testamurd.toml", "metrics", "listen", network.machine.metrics_listen(5))
    network.institutions.append(institution)
    parties = [word for n in (1, 2, 3, 4) for word in ("--party", network.directory(n) / "party.toml")]
    testamurd("join", "--dir", network.directory(5), "--genesis", network.folder / "genesis.bin", *parties, "--institution", institution)
    network.start(5)
    home = Home(world.folder / "registrar5", network.endpoints[4:] + network.endpoints[:4])
    until(lambda: network.status_of(5)["as_of"]["height"] >= network.status_of(1)["as_of"]["height"] - 2, "the fifth node to follow")
    home.run("issuer", "init", "--keys", world.folder / "keys5")
    # The plain keys are gone, as they should be; that is no reason to look for them.
    contains(home.run("issuer", "init", "--keys", world.folder / "keys5", expect=2), "set up for Testland Institute", "no plain keys of it are in")
    world.offices[5] = home


def declared_ready(world):
    network = world.network
    config = network.directory(5) / "testamurd.toml"
    ready = first_words(testamurd("ready", "--config", config))["transaction"]

    def committed():
        return any(each["id_text"] == ready for each in world.offices[1].run("governance", "ready", FIFTH)["ready"])

    until(committed, "the ready of the fifth")
    return ready


def become_a_validator(world):
    proposal, answer = world.propose(1, "admission", FIFTH, "--class", "validator")
    contains(answer["says"], "Testland Institute", "is admitted to the class validator")
    world.decide(proposal, 1, 2, 3)
    ready = declared_ready(world)
    proposal, answer = world.propose(2, "validator-set", "add", FIFTH, "--ready", ready)
    contains(answer["says"], "Testland Institute", "joins the validator set", "Blocks will then need 4 of 5 validators (now 3 of 4)",
             "The epoch ends with that block.")
    contains(answer["warnings"], "the next number that bears more failures is 7")
    contains(world.offices[5].run("governance", "vote", proposal, "yes", expect=FAILURE), "not_seated", "governance validators")
    world.decide(proposal, 2, 3, 4)
    until(lambda: len(world.validators()["seats"]) == 5, "five seats")
    until(lambda: (world.network.status_of(5) or {}).get("role") == "validator", "the fifth node to vote")
    say("a fifth institution registered under two offline roots, and votes")


def everybody_issues(world):
    awards = {}
    for number, office in world.offices.items():
        achievement = publish_achievement(office, world.folder)
        csv = world.folder / f"class{number}.csv"
        write_class(csv, 3, prefix=f"u{number}")
        answer = office.run("issuer", "batch", "issue", "--csv", csv, "--achievement", achievement, "--name", "first")
        require(answer["committed"], f"{number}: {answer}")
        awards[number] = (achievement, answer["awards"])
    say("five validators issue")
    return awards


def suspend_and_lift(world):
    network = world.network
    proposal, answer = world.propose(1, "suspend", network.institutions[3])
    contains(answer["says"], "is suspended", "leaves the validator set", "3 of 4 validators (now 4 of 5)")
    world.decide(proposal, 1, 2, 3, 5)
    until(lambda: len(world.validators()["seats"]) == 4, "four seats")
    csv = world.folder / "late.csv"
    write_class(csv, 2, prefix="late")
    office = world.offices[4]
    contains(office.run("governance", "propose", "lift", network.institutions[3], expect=FAILURE), "author_not_in_good_standing", "governance lift")
    proposal, answer = world.propose(2, "lift", network.institutions[3])
    contains(answer["says"], "the suspension of", "ends")
    world.decide(proposal, 1, 2, 3)
    # Its own node was cut off by the others and follows again.
    until(lambda: office.run("institution", "show")["institution"]["standing"] == "good", "the end of the suspension")
    require(len(world.validators()["seats"]) == 4, "a seat came back by itself")
    say("a validator suspended, out of the set, and in good standing again")


def keys_of(office, purpose, state="active"):
    return [key["id_text"] for key in office.run("key", "list")["keys"] if key["purpose"] == purpose and key["state"] == state]


def rotate_an_issue_key(world, awards):
    office = world.offices[2]
    old = keys_of(office, "issue")[0]
    answer = office.run("key", "rotate", old)
    contains(answer["says"], "replaces the key " + old, "what it signed before stands")
    require(keys_of(office, "issue") == [answer["key"]], "the new key is not the only active one")
    csv = world.folder / "second.csv"
    write_class(csv, 2, prefix="second")
    office.run("issuer", "batch", "issue", "--csv", csv, "--achievement", awards[2][0], "--name", "second")
    contains(office.run("key", "retire", old, expect=USAGE), "is retired already")
    consensus = keys_of(office, "consensus")[0]
    for verb in ("rotate", "retire"):
        contains(office.run("key", verb, consensus, expect=USAGE), "changes only with the validator set", "testamurd ready")
    say("an issue key rotated; the next class is issued with the new one")


def verdict(office, commitment):
    process = office.begin("check", commitment)
    out, errors = process.communicate(timeout=60)
    return process.returncode, out + errors


def a_stolen_key(world, awards):
    office = world.offices[3]
    before = [award["commitment"] for award in awards[3][1]]
    require("void" not in verdict(office, before[0])[1], "void before its time")
    key = keys_of(office, "issue")[0]
    contains(office.run("key", "retire", key, "--compromised-since", "+1d", expect=USAGE), "a time that has passed")
    stolen = ["key", "retire", key, "--compromised-since", "2026-01-01"]
    contains(office.run(*stolen, expect=USAGE), "only active issue key", "testamur key add issue", "--last")
    answer = office.run(*stolen, "--last")
    contains(answer["says"], "as compromised since 2026-01-01", "counts as void in every verdict", "1 issuance with")
    require(answer["becomes_void"]["issuances"] == 1, f"{answer['becomes_void']}")
    code, text = verdict(office, before[0])
    require(code == REVOKED, f"exit code {code}")
    contains(text, '"effective_status": "void"')
    say("a key retired as compromised: what it signed is void in the next verdict")


def two_offline_roots(world):
    folder = world.folder
    office = world.offices[5]
    contains(office.run("key", "add", "credential", expect=FAILURE), "does not hold all that must sign", "--draft FILE")
    draft, copy = folder / "add.json", folder / "copy.json"
    answer = office.run("key", "add", "credential", "--draft", draft, "--send-by", "+50m")
    contains(answer["missing"], "2 of these root keys of Testland Institute")
    second = Home(folder / "second")  # without a network
    second.run("sign", draft, "--keys", folder / "second-root", "--out", copy)
    contains(office.run("send", copy, expect=FAILURE), "1 of these root keys")
    office.run("sign", draft)
    office.run("send", draft, copy)
    require(answer["key"] in keys_of(office, "credential"), "the key is not registered")
    contains(second.run("sign", copy, expect=FAILURE), "holds no key that the draft waits for")
    later = folder / "later.json"
    office.run("key", "add", "cosign", "--draft", later, "--send-by", "+2d")
    require(not office.run("sign", later, "--keys", folder / "second-root")["missing"], "both roots did not sign")
    contains(office.run("send", later, expect=FAILURE), "too early")
    say("two roots signed apart and without a network")


def a_lost_root(world):
    network = world.network
    rescue = Home(world.folder / "rescue")
    public = world.folder / "new-root.toml"
    rescue.run("key", "make", "root", "--out", public, "--chain", network.chain, "--institution", network.institutions[1])
    proposal, answer = world.propose(1, "root-replacement", network.institutions[1], "--public", public)
    contains(answer["says"], "becomes its only root key", "no sooner than 7 days", "governance veto")
    contains(world.offices[3].run("governance", "veto", proposal, expect=USAGE), "one's own root")
    world.decide(proposal, 1, 3, 5, state="passed")
    contains(world.offices[2].run("governance", "veto", proposal)["says"], "keeps its root keys")
    require(world.offices[2].run("governance", "show", proposal)["state"] == "vetoed", "not vetoed")
    proposal, _ = world.propose(3, "root-replacement", network.institutions[1], "--public", public)
    contains(world.offices[2].run("governance", "veto", proposal, expect=FAILURE), "veto_used", "vote no")
    say("a root replacement passed, and the present root vetoed it, once")


def listed_and_merged(world):
    facts = world.folder / "college.toml"
    facts.write_text('country = "TL"\ndomain = "college.example"\n[legal_names]\nen = "Old College"\n')
    college = world.offices[1].run("institution", "list", facts)["institution"]
    contains(world.offices[2].run("institution", "show", "college.example"), college, "listed")
    one, four = world.network.institutions[0], world.network.institutions[3]
    answer = world.offices[4].run("institution", "succeed", "merge", four, "--heir", one)
    contains(answer["says"], "agrees to this", "close and become part of")
    contains(world.offices[4].run("institution", "succeed", "merge", four, "--heir", one, expect=FAILURE), "already_consented")
    world.offices[1].run("institution", "succeed", "merge", four, "--heir", one)
    require(world.offices[1].run("institution", "show", four)["institution"]["standing"] == "closed", "not closed")
    contains(world.offices[5].run("institution", "leave", "--draft", world.folder / "leave.json")["says"], "leaves the ledger")
    say("an institution listed, two merged by the roots of both")


def bad_input(world):
    office, folder = world.offices[1], world.folder
    one = world.network.institutions[0]
    broken = folder / "broken.toml"
    broken.write_text('country = "TL"\ncolour = "red"\n')
    ready = "tmx1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
    cases = [
        (USAGE, ["governance", "vote", "tmx1abc", "yes"], "governance list"),
        (USAGE, ["governance", "vote", ready, "perhaps"], "yes or no"),
        (USAGE, ["governance", "propose", "parameter", "speed", "9"], "is no parameter"),
        (USAGE, ["governance", "propose", "parameter", "heartbeat_ms", "fast"], "whole number"),
        (USAGE, ["governance", "propose", "parameter", "heartbeat_ms", "1"], "is from 100 to 3600000"),
        (USAGE, ["governance", "propose", "parameter", "heartbeat_ms"], "NAME VALUE"),
        (USAGE, ["governance", "propose", "admission", one, "--class", "king"], "issuer, accreditor, validator"),
        (UNKNOWN, ["governance", "propose", "suspend", "nowhere.example"], "nowhere.example"),
        (USAGE, ["governance", "propose", "suspend", one, "--voting-ends", "soon"], "--voting-ends"),
        (USAGE, ["governance", "propose", "suspend", one, "--voting-ends", "2020-01-01"], "has passed"),
        (FAILURE, ["governance", "propose", "suspend", one, "--voting-ends", "+400d"], "voting_time"),
        (USAGE, ["governance", "propose", "protocol", "0", "--height", "9"], "from 1 to 65535"),
        (USAGE, ["governance", "propose", "validator-set", "remove", world.network.institutions[3]], "has no seat"),
        (USAGE, ["governance", "propose", "validator-set", "add", one, "--ready", "tmx1"], "--ready"),
        (USAGE, ["governance", "propose", "root-replacement", one, "--public", broken], "broken.toml"),
        (FAILURE, ["governance", "propose", "parameter", "heartbeat_ms", "500"], "parameters_unchanged"),
        (USAGE, ["key", "add", "master"], "no purpose of a key"),
        (USAGE, ["key", "add", "transport"], "testamurd new-key transport"),
        (USAGE, ["key", "add", "credential", "--algorithm", "rsa"], "es256k"),
        (USAGE, ["key", "add", "root", "--public", folder / "none.toml"], "none.toml"),
        (USAGE, ["key", "rotate", "tmk1abc"], "key list"),
        (USAGE, ["key", "retire", "tmk1abc", "--compromised-since", "yesterday"], "key list"),
        (USAGE, ["institution", "register", broken], ":2: colour"),
        (USAGE, ["institution", "list", folder / "keys5" / "nothing.toml"], "nothing.toml"),
        (UNKNOWN, ["institution", "succeed", "merge", "nowhere.example", "--heir", one], "nowhere.example"),
        (USAGE, ["sign", broken], "is no draft"),
        (USAGE, ["send", broken], "is no draft"),
        (USAGE, ["key", "add", "issue", "--send-by", "+2d"], "--send-by belongs to --draft"),
    ]
    for code, words, part in cases:
        contains(office.run(*words, expect=code), part)
    arguments = [word for word in office.command("governance", "propose", "suspend", one) if word != "--yes"]
    done = subprocess.run(arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    require(done.returncode == CANCELLED, f"without --yes and without a terminal: {done.returncode} {done.stdout}")
    contains(done.stdout + done.stderr, "nothing was sent")
    say(f"{len(cases)} mistakes, each with its name")


def body(network, folder):
    network.start()
    world = World(network, folder)
    a_faster_heartbeat(world)
    institution = join_the_ledger(world, make_the_fifth(world))
    start_the_fifth(world, institution)
    become_a_validator(world)
    awards = everybody_issues(world)
    suspend_and_lift(world)
    rotate_an_issue_key(world, awards)
    a_stolen_key(world, awards)
    two_offline_roots(world)
    a_lost_root(world)
    listed_and_merged(world)
    bad_input(world)
    network.await_agreement(1, 2, 3, 5)


if __name__ == "__main__":
    run_test("governance", body)
