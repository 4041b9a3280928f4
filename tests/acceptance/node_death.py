"""kill -9 of one node while it issues, then of two: what was acknowledged stays, clients go on elsewhere with the same bytes,
the ledger stands still when too few are left, says why, and goes on by itself. In the end no node's directory holds anything
about a learner."""

import base64
import json

from network import Home, Load, publish_achievement, registrar, require, run_test, say, until, verify_file, write_class

LEARNERS = 200
NOTHING = {"pool": {"transactions": 0}}  # of a node that gives no answer


def one_dies(network, folder):
    """Each of the four in turn, under load, without the ledger standing still."""
    load = Load(network, folder, institution=2)
    try:
        load.await_more(40)
        for number in network.numbers():
            network.kill(number)
            without = load.await_more(40)
            network.start(number)
            load.await_more(10)
            say(f"node {number} killed: 40 more transactions after {without:.1f} s without it")
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0 and summary["sent_again"] > 0, f"nothing had to be sent again: {summary}")
    height = network.await_agreement()
    report = load.verify()
    say(f"the four agree at height {height}; {report['acknowledged']} acknowledged, {summary['sent_again']} times sent again")


def outbox(home):
    return sorted(file.name for file in (home.folder / "outbox").glob("*.tx"))


def obstacle(network, number, text):
    """The first obstacle of a node that says `text`."""

    def found():
        status = network.status_of(number)
        return [each for each in status["obstacles"] if text in each] if status else None

    return until(found, f"an obstacle of node {number} with '{text}'")[0]


def two_die_while_a_class_is_issued(network, folder, office, learner, rows):
    """Nodes 3 and 4 die, so nothing can be agreed on; then the registrar's own node dies with the transaction in memory."""
    achievement = publish_achievement(office, folder)
    (folder / "requests").mkdir()
    learner.run("wallet", "request", "--issuer", "univie.ac.at", "--student", rows[0]["student"], "--out",
                folder / "requests" / "first.request")
    network.await_agreement()
    network.kill(3, 4)
    issuing = office.begin("issuer", "batch", "issue", "--csv", folder / "class.csv", "--achievement",
                           achievement, "--requests", folder / "requests", "--name", "spring")
    written = until(lambda: outbox(office), "signed bytes on disk")
    until(lambda: (network.status_of(1) or NOTHING)["pool"]["transactions"] == 1, "the transaction at node 1")
    say("two are dead, and node 1 says: " + obstacle(network, 1, "this node hears only"))
    waiting = until(lambda: network.status_of(1), "an answer of node 1")
    require(waiting["pool"]["transactions"] == 1, "the ledger moved without a quorum")
    network.kill(1)
    require(issuing.poll() is None, "the command gave up")
    network.start(3, 4)
    issued = office.finish(issuing)
    require(issued["count"] == LEARNERS and len(written) == 1, f"another batch: {issued}")
    require(outbox(office) == [], "the outbox is not empty")
    network.start(1)
    network.await_agreement()
    identity = written[0].removesuffix(".tx")
    record = folder / "batch"
    record.write_text("".join(f"{identity} {award['commitment']} {award['index']} 0\n" for award in issued["awards"]))
    verify_file(network, record, 1)
    say(f"the others committed the batch with the bytes that were signed first: {identity}")
    return {award["student"]: award for award in issued["awards"]}


def the_ledger_goes_on_when_one_returns(network, office):
    network.kill(2, 3)
    asking = office.begin("trust", "grant", network.institutions[1], "--amount", "60", "--depth", "0")
    obstacle(network, 1, "the ledger stands still until one more returns")
    require(asking.poll() is None, "committed without a quorum")
    network.start(3)
    office.finish(asking)
    network.start(2)
    say(f"one of two came back and the ledger went on; all agree at height {network.await_agreement()}")


def holder_key_of(home, folder):
    """Coordinates of the key that the only credential of a wallet is bound to."""
    shown = folder / (home.folder.name + ".shown")
    home.run("credential", "present", "--claim", "title", "--audience", "Employer", "--nonce", "n-1", "--out", shown)
    payload = shown.read_text().split("~")[0].split(".")[1]
    key = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["cnf"]["jwk"]
    return [base64.urlsafe_b64decode(key[name] + "=") for name in ("x", "y")]


def forms_of(key):
    """Every form of a holder's public key that a careless program could have written."""
    x, y = key
    forms = set()
    for raw in (x, bytes([2 + y[-1] % 2]) + x, b"\x04" + x + y):
        forms |= {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.urlsafe_b64encode(raw).rstrip(b"=")}
    return forms


def searchable(path):
    """What a file holds, without long runs of zeros; of a journal also without the marker that begins each sector of 512
    bytes and could cut a name in two."""
    content = path.read_bytes()
    if path.suffix == ".seg":
        content += b"".join(content[at + 1:at + 512] for at in range(0, len(content), 512) if content[at])
    return b"\n".join(part for part in content.split(bytes(64)) if part)


def no_trace_of_learners(network, folder, office, learner, awards, rows):
    learner.run("credential", "import", awards[rows[0]["student"]]["file"])
    code = {row["student"]: row["code"] for row in office.run("issuer", "batch", "codes", "spring")["codes"] if row["code"]}
    newcomer = Home(folder / "newcomer", network.endpoints)
    newcomer.run("wallet", "init", "--words-file", folder / "newcomer.words")
    (folder / "code").write_text(code[rows[1]["student"]] + "\n")
    newcomer.run("credential", "import", awards[rows[1]["student"]]["file"], "--code-file", folder / "code")
    needles = forms_of(holder_key_of(learner, folder)) | forms_of(holder_key_of(newcomer, folder))
    for row in rows:
        needles |= {row[name].encode() for name in ("student", "given_name", "family_name", "student_number", "birthdate")}
        needles |= {text.encode() for text in code.values()}
    network.stop(*network.numbers())  # what was only in memory goes to disk
    files = [path for number in network.numbers() for path in network.directory(number).rglob("*") if path.is_file()]
    files += list((network.folder / "logs").iterdir())
    present = bytes.fromhex(awards[rows[0]["student"]]["commitment"])
    require(any(present in path.read_bytes() for path in files), "the search finds not even a commitment")
    for path in files:
        content = searchable(path)
        found = [needle for needle in needles if needle in content]
        require(not found, f"{path} holds {found[:3]}")
    say(f"{len(files)} files of the nodes hold none of {len(needles)} names, ids, addresses, codes and keys")


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    learner = Home(folder / "learner", network.endpoints)
    learner.run("wallet", "init", "--words-file", folder / "learner.words")
    rows = write_class(folder / "class.csv", LEARNERS)
    one_dies(network, folder)
    awards = two_die_while_a_class_is_issued(network, folder, office, learner, rows)
    the_ledger_goes_on_when_one_returns(network, office)
    no_trace_of_learners(network, folder, office, learner, awards, rows)


run_test("node_death", body)
