"""Homes under hurried hands: outputs aimed at what is there, many programs at one home, lists that no verifier would
accept, a standard output that is full. Real commands against a real node; nothing is lost, and nothing is final by accident."""

import json
import os
import subprocess

from network import Home, publish_achievement, registrar, require, run_test, say

OK, FAILURE, USAGE, UNREACHABLE = 0, 1, 2, 7
PROGRAMS = 8


def contains(text, *parts):
    for part in parts:
        require(part in text, f"'{part}' is not in: {text[:2000]}")


def indexes(office):
    file = office.folder / "issuer" / "next_index.json"
    return file.read_text() if file.exists() else ""


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".lock" and "ledgers" not in path.parts}  # what a home follows moves on


def write(path, *lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def nothing_dead_is_issued(office, folder, achievement):
    before = indexes(office)
    cases = [
        (["student,given_name,ects_hundredths", "S1,Ada,3"], ["line 2, column 8", "3 is 0.03 ECTS; the achievement says 300"]),
        (["student,given_name,ects", "S1,Ada,30"], ["30 ECTS", "says 3 ECTS"]),
        (["student,given_name,title", "S1,Ada,Fault-tolerant systems"], ["column 8", "Fault-tolerant Systems"]),
        (["student,given_name,award_date", "S1,Ada,2099-01-01"], ["2099-01-01 is to come"]),
        (["student,given_name,eqf_level", "S1,Ada,7"], ["7; the achievement says 6"]),
        (["student,given_name", "S1,Ada\u00a0"], ["U+00A0", "character 4"]),
        (["student,given_name", "S1,Zo\ufffd"], ["U+FFFD", "character 3"]),
    ]
    for lines, parts in cases:
        text = office.run("issuer", "batch", "issue", "--csv", write(folder / "dead.csv", *lines), "--achievement", achievement,
                          "--name", "dead", expect=USAGE)
        contains(text, *parts, "nothing was issued")
    # What is read in another way than it looks is said.
    for lines, word in [(["student;given_name", "S1;Ada"], "semicolons"), (["student\tgiven_name", "S1\tAda"], "tabs"),
                        (["sep=,", "student,given_name", "S1,Ada"], "sep=")]:
        shown = office.run("issuer", "batch", "issue", "--csv", write(folder / "dead.csv", *lines), "--achievement", achievement,
                           "--name", "dead", "--dry-run")
        require(any(word in notice for notice in shown["notices"]), f"{word}: {shown}")
    yesterday = office.run("issuer", "batch", "issue", "--csv", write(folder / "late.csv", "student,given_name", "S1,Ada"),
                           "--achievement", achievement, "--name", "dead", "--expires", "2001-01-01", expect=USAGE)
    contains(yesterday, "2001-01-01 is over")
    require(indexes(office) == before and not (office.folder / "issuer" / "batches" / "dead").exists(), "something was kept")


def make_class(office, folder, achievement, learners):
    """A class whose claim files go to one learner, for many imports. Returns (claim file, code file) pairs."""
    rows = ["student,given_name,ects,"] + [f"L{i},Ada{i},3," for i in range(learners)] + [",,,"]
    done = office.run("issuer", "batch", "issue", "--csv", write(folder / "class.csv", *rows), "--achievement", achievement,
                      "--name", "class")
    require(done["count"] == learners, f"{done['count']} learners")
    pairs = []
    for row in office.run("issuer", "batch", "codes", "class")["codes"]:
        code = write(folder / f"{row['file']}.code", row["code"])
        pairs.append((office.folder / "issuer" / "batches" / "class" / "claims" / row["file"], code))
    return pairs


def all_at_once(home, commands, expect=OK):
    running = [(command, home.begin(*command)) for command in commands]
    return [home.finish(process, command, expect) for command, process in running]


def many_programs_at_one_home(network, office, learner, folder, pairs, achievement):
    all_at_once(learner, [("credential", "import", claim, "--code-file", code) for claim, code in pairs])
    listed = learner.run("credential", "list")["credentials"]
    require(len(listed) == len(pairs), f"{len(listed)} of {len(pairs)} imports were kept")

    requests = [folder / f"request{i}" for i in range(4)]
    all_at_once(learner, [("wallet", "request", "--issuer", network.institutions[0], "--student", f"R{i}", "--out", file)
                          for i, file in enumerate(requests)])
    keys = {json.dumps(json.loads(file.read_text())["holder"], sort_keys=True) for file in requests}
    require(len(keys) == len(requests), f"{len(keys)} different keys for {len(requests)} requests")

    lists = [write(folder / f"small{i}.csv", "student,given_name", f"B{i},Bo") for i in range(3)]
    issued = all_at_once(office, [("issuer", "batch", "issue", "--csv", csv, "--achievement", achievement, "--name", f"b{i}")
                                  for i, csv in enumerate(lists)])
    used = [award["index"] for batch in issued for award in batch["awards"]]
    require(len(set(used)) == 3, f"indexes given twice: {used}")


def no_output_destroys_anything(office, learner, folder):
    before = snapshot(learner.folder)
    vault = learner.folder / "wallet.age"
    os.link(vault, folder / "second-name")
    present = ["credential", "present", learner.run("credential", "list")["credentials"][0]["reference"], "--claim", "given_name",
               "--audience", "Employer", "--nonce", "n1"]
    for target in [vault, folder / "second-name", learner.folder / "config.toml", learner.folder / "outbox" / "x"]:
        contains(learner.run("wallet", "backup", target, expect=USAGE), "belongs to the home")
        contains(learner.run(*present, "--out", target, "--force", expect=USAGE), "belongs to the home")
    require(snapshot(learner.folder) == before, "the home changed")
    contains(office.run("trust", "graph", "--out", office.folder / "issuer" / "root.age", expect=USAGE), "belongs to the home")

    backup = folder / "ada.backup"
    learner.run("wallet", "backup", backup)
    learner.run("wallet", "backup", backup)  # an older one that holds no more
    learner.run("wallet", "erase", learner.run("credential", "list")["credentials"][-1]["reference"])
    require(not (learner.folder / "wallet.age.previous").exists(), "what was erased is in the previous version")
    whole = backup.read_bytes()
    contains(learner.run("wallet", "backup", backup, expect=USAGE), "holds what the wallet lacks", "--force")
    require(backup.read_bytes() == whole, "a backup that held more was replaced")
    learner.run("wallet", "backup", backup, "--force")

    shown_before = learner.run("wallet", "show")["presentations"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(learner.command(*present), stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True)
    require(done.returncode == FAILURE, f"exit code {done.returncode} on a full disk: {done.stderr}")
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *learner.command(*present)], stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    require(closed.returncode == FAILURE, f"exit code {closed.returncode} on a closed output: {closed.stderr}")
    contains(learner.run(*present, "--until", "2001-01-01", expect=USAGE), "2001-01-01 is over")
    require(learner.run("wallet", "show")["presentations"] == shown_before, "a presentation that reached nobody was booked")


def words_are_seen_or_there_is_no_vault(folder):
    for number, (words, code) in enumerate([("/no/such/dir/words", FAILURE), ("/dev/full", USAGE), ("/dev/null", USAGE)]):
        home = Home(folder / f"wordless{number}")
        home.run("wallet", "init", "--words-file", words, expect=code)
        require(not (home.folder / "wallet.age").exists(), f"a vault whose words went to {words}")
    home = Home(folder / "jsonly")
    home.run("wallet", "init", expect=USAGE)
    require(not (home.folder / "wallet.age").exists(), "a vault whose words nobody saw")


def what_is_pasted_is_read(learner, folder):
    reference = learner.run("credential", "list")["credentials"][0]["reference"]
    shown = learner.run("credential", "present", reference, "--claim", "given_name", "--audience", "Employer", "--nonce",
                        "n2")["presentation"]
    wrapped = "\ufeff " + "\r\n".join(shown[i:i + 70] for i in range(0, len(shown), 70)) + "\r\n\r\n"
    files = {"plain": shown, "wrapped": wrapped, "indented": "   " + shown}
    for name, text in files.items():
        file = folder / f"{name}.pasted"
        file.write_text(text, encoding="utf-8", newline="")
        learner.run("credential", "verify", file, "--audience", "Employer", "--nonce", "n2")
    broken = write(folder / "broken.pasted", "Here it is: " + shown)
    contains(learner.run("credential", "verify", broken, expect=USAGE), "was it pasted?")


def other_files_are_mistakes_of_usage(network, learner, folder):
    """A file of another kind is a mistake of who named it, exit code 2; 5 is for a credential or a record that does not hold."""
    shown = write(folder / "shown.txt", learner.run("credential", "present", learner.run("credential", "list")["credentials"][0]["reference"],
                                                    "--claim", "given_name", "--audience", "A", "--nonce", "n3")["presentation"])
    (folder / "empty").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    for name in ["class.csv", "empty", "picture.png", "shown.txt", "no-such-file", "."]:
        file = folder / name
        learner.run("ledger", "trust", file, expect=USAGE)
        learner.run("genesis", "check", file, expect=USAGE)
        learner.run("genesis", "sign", file, expect=USAGE)
        learner.run("credential", "import", file, expect=USAGE)
        learner.run("credential", "verify", shown, "--receipt", file, expect=USAGE)
        learner.run("wallet", "restore", "--words-file", folder / "ada.words", "--backup", file, expect=USAGE)
        learner.run("trust", "explain", network.institutions[0], "--graph", file, expect=USAGE)


def an_option_has_an_effect_or_is_refused(learner, folder):
    shown = folder / "shown.txt"
    receipt = folder / "kept.receipt"
    learner.run("credential", "receipt", shown, "--out", receipt)
    for options, words in [(["--max-age", "60"], "it needs --audience and --nonce"),
                           (["--receipt", receipt, "--max-age", "60"], "it needs --audience and --nonce"),
                           (["--receipt", receipt, "--purpose", "credit"], "--purpose would have no effect here")]:
        contains(learner.run("credential", "verify", shown, *options, expect=USAGE), words)
    contains(learner.run("credential", "verify", shown, "--graph", shown, expect=USAGE), "--policy")
    contains(learner.run("credential", "verify", shown, "--nonce", "n3", expect=USAGE), "go together")


def settings_are_read_or_refused(network, folder):
    lines = {
        "tls_root = '/no/such/root.pem'": "/no/such/root.pem",
        "tls_root = 5": "tls_root",
        f"endpoints = '{network.endpoints[0]}'": "endpoints",
        "endpoints = ['127.0.0.1:99999']": "99999",
        "endpoints = ['127.0.0.1']": "127.0.0.1",
        "endpoints = ['https://127.0.0.1:7601']": "https://",
        "endpoints = []": "empty",
        "endpoint = ['127.0.0.1:7601']": "endpoint",
    }
    for number, (line, named) in enumerate(lines.items()):
        home = Home(folder / f"settings{number}")
        write(home.folder / "config.toml", line)
        contains(home.run("registry", "institutions", expect=USAGE), "config.toml, line 1", named)

    # A name that only begins like this machine's address is another machine: nothing is said to it in clear.
    home = Home(folder / "elsewhere")
    for endpoint in ["127.evil.test:7601", "localhost.evil.test:7601", "127.0.0.1.evil.test:7601"]:
        home.run("registry", "institutions", "--endpoint", endpoint, expect=UNREACHABLE)


def who_answers_in_the_place_of_another_is_said(network, folder):
    home = Home(folder / "two-nodes", ["127.0.0.1:1", network.endpoints[0]])
    command = [word for word in home.command("registry", "institutions") if word != "--json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    require(done.returncode == OK, f"exit code {done.returncode}: {done.stderr}")
    contains(done.stderr, "127.0.0.1:1 does not answer", network.endpoints[0], "policy of its own institution")


def a_party_is_added_once(network, folder):
    office = Home(folder / "founder")
    record = folder / "founding.genesis"
    office.run("genesis", "draft", "--out", record)
    party = next(network.folder.rglob("party.toml"))
    office.run("genesis", "add", record, party)
    before = record.read_bytes()
    text = office.run("genesis", "add", record, party, expect=USAGE)
    contains(text, "already", "[party_twice]")
    require(text.count("[") == 1, f"more than one cause is named: {text}")
    require(record.read_bytes() == before, "the record changed")


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    achievement = publish_achievement(office, folder)
    say("a vault whose words nobody saw does not exist")
    words_are_seen_or_there_is_no_vault(folder)
    say("nothing dead is issued, and no refusal uses an index")
    nothing_dead_is_issued(office, folder, achievement)
    pairs = make_class(office, folder, achievement, PROGRAMS)
    learner = Home(folder / "ada", network.endpoints)
    learner.run("wallet", "init", "--words-file", folder / "ada.words")
    say("many programs at one home")
    many_programs_at_one_home(network, office, learner, folder, pairs, achievement)
    say("what is pasted is read")
    what_is_pasted_is_read(learner, folder)
    say("files of another kind, options without an effect, settings that are none")
    other_files_are_mistakes_of_usage(network, learner, folder)
    an_option_has_an_effect_or_is_refused(learner, folder)
    settings_are_read_or_refused(network, folder)
    who_answers_in_the_place_of_another_is_said(network, folder)
    a_party_is_added_once(network, folder)
    say("no output destroys anything")
    no_output_destroys_anything(office, learner, folder)


run_test("guarded-home", body, nodes=1)
