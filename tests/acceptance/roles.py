"""What registrar, learner and verifier do in an ordinary week, on real nodes: a class list as a German spreadsheet writes it, a register to
look at with and without a network, a verifier's request that is answered by e-mail, a holder whom nobody asked for, a correction, a lost
claim file, another passphrase."""

import csv
import json

from network import Home, publish_achievement, registrar, require, run_test, say

USAGE, PASSWORD, INVALID, REVOKED, UNREACHABLE, UNKNOWN, HOLDER, INCOMPLETE = 2, 4, 5, 6, 7, 9, 10, 11
NOWHERE = "127.0.0.1:1"

# Semicolons, Windows-1252, days with dots, names of the student system, empty rows at the end.
GERMAN = ("Matrikelnummer;Vorname;Nachname;Abschluss;Bemerkung\r\n1001;Zoë;Müller;24.11.2025;x\r\n1002;Ana;Straße;1.2.2026;\r\n"
          "1003;Bo;Qi;1.2.2026;\r\n;;;;\r\n;;;;\r\n")


def contains(text, *words):
    for word in words:
        require(word in text, f"“{word}” is not in: {text}")


def without_a_network(home):
    """The same home, with no node that answers."""
    (home.folder / "config.toml").write_text(f'endpoints = ["{NOWHERE}"]\n')


def issue_class(office, learner, folder, network):
    requests = folder / "requests"
    requests.mkdir()
    learner.run("wallet", "init", "--words-file", folder / "words")
    learner.run("wallet", "request", "--issuer", network.institutions[0], "--student", "1003", "--out", requests / "bo.request")
    (folder / "german.csv").write_bytes(GERMAN.encode("cp1252"))
    arguments = ["issuer", "batch", "issue", "--csv", folder / "german.csv", "--achievement", "1.1", "--requests", requests, "--name", "spring"]
    notation = ["--map", "Matrikelnummer=student", "--map", "Vorname=given_name", "--map", "Nachname=family_name", "--map", "Abschluss=award_date",
                "--map", "Bemerkung=-", "--date-format", "DD.MM.YYYY"]
    contains(office.run(*arguments, *notation, expect=USAGE), "--encoding windows-1252")
    issued = office.run(*arguments, *notation, "--encoding", "windows-1252")
    require(issued["count"] == 3, f"not three were issued: {issued}")


def look_at_the_register(office, folder):
    batches = office.run("issuer", "batch", "list")["batches"]
    require([(each["batch"], each["awards"], each["statuses"]) for each in batches] == [("spring", 3, {"valid": 3})], f"the batches: {batches}")
    awards = {each["student"]: each for each in office.run("issuer", "list", "--batch", "spring")["awards"]}
    require(awards["1001"]["name"] == "Zoë Müller" and awards["1001"]["date"] == "2025-11-24", f"the first learner: {awards['1001']}")
    require([awards[each]["delivery"] for each in ("1001", "1002", "1003")] == ["code", "code", "request"], f"delivery: {awards}")
    require(office.run("issuer", "list", "--status", "revoked")["count"] == 0, "somebody is revoked")
    contains(office.run("issuer", "list", "--status", "gone", expect=USAGE), "is no status")
    contains(office.run("issuer", "show", "--student", "101", expect=USAGE), "no register of this home has a learner")

    office.run("issuer", "batch", "codes", "spring", "--csv", folder / "merge.csv")
    with open(folder / "merge.csv", newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    require(rows["1002"]["family_name"] == "Straße" and rows["1002"]["file"] == "1002.testamur.age", f"a row: {rows['1002']}")
    require(rows["1002"]["code"] and not rows["1003"]["code"], f"codes: {rows}")
    return rows


def look_without_a_network(office, network):
    without_a_network(office)
    listed = office.run("issuer", "list")
    require(listed["count"] == 3 and not listed["status_asked"], f"without a network: {listed}")
    require({each["status"] for each in listed["awards"]} == {"not_asked"}, f"a status without a network: {listed}")
    office.run("issuer", "list", "--status", "revoked", expect=UNREACHABLE)
    (office.folder / "config.toml").write_text(f"endpoints = {json.dumps(network.endpoints)}\n")


def ask_by_mail(learner, verifier, folder):
    """A request, its answer, both as a mail program leaves them."""
    asked, answer = folder / "ask.testamur", folder / "answer.txt"
    contains(verifier.run("verifier", "request", "--claims", "note", "--out", asked, expect=USAGE), "family_name")
    verifier.run("verifier", "request", "--name", "ACME GmbH", "--claims", "family_name,title,grade", "--purpose", "employment", "--valid-for", "7d",
                 "--out", asked)
    asked.write_text("Dear Bo,\r\n\r\n> " + asked.read_text().replace("\n", "\r\n> ") + "\r\n")
    shown = learner.run("credential", "present", "--request", asked, "--out", answer)
    require(shown["disclosed"] == ["family_name", "title"] and shown["lacking"] == ["grade"], f"what was shown: {shown}")
    require("title" not in shown["withheld"] and "ects_hundredths" in shown["public"], f"what the registry shows: {shown}")
    answer.write_text("\r\n".join(answer.read_text()[at:at + 60] for at in range(0, len(answer.read_text()), 60)))

    verdict = json.loads(verifier.run("credential", "verify", "--request", asked, answer, expect=INCOMPLETE))
    require("not all is shown that was asked for: grade" in verdict["headline"], f"the headline: {verdict}")
    require(verdict["standing"] == "genuine" and verdict["holder_checked"], f"the answer: {verdict}")
    require(verdict["asked_and_not_shown"] == ["grade"], f"what is missing: {verdict}")
    contains(verifier.run("credential", "verify", "--request", asked, "--nonce", "x", answer, expect=USAGE), "--audience and --nonce")

    # An answer to somebody else's request proves nothing here.
    other = folder / "other.testamur"
    verifier.run("verifier", "request", "--name", "ACME", "--out", other)
    contains(verifier.run("credential", "verify", "--request", other, answer, expect=INVALID), "ACME GmbH")
    return answer


def verify_a_folder(verifier, asked, answer, folder):
    answers = folder / "answers"
    answers.mkdir()
    (answers / "bo.txt").write_text(answer.read_text())
    (answers / "Thumbs.db").write_bytes(b"\x00\x01")
    (answers / "late").mkdir()
    (answers / "late" / "ada.txt").write_text(answer.read_text())
    (answers / "gone.txt").symlink_to(answers / "nowhere.txt")
    done = json.loads(verifier.run("credential", "verify", "--request", asked, answers, expect=USAGE))
    require(sorted(done["not_looked_at"]) == [str(answers / "gone.txt"), str(answers / "late")], f"what was left out: {done}")
    require(done["of_the_system"] == [str(answers / "Thumbs.db")], f"what nobody put there: {done}")
    require(done["counts"] == {"genuine": 1}, f"the folder: {done}")


def ask_nobody(verifier, answer):
    open_question = json.loads(verifier.run("credential", "verify", answer, expect=HOLDER))
    require(open_question["standing"] == "genuine", f"a holder who was not asked: {open_question}")
    contains(open_question["headline"], "whether its holder shows it was not checked")
    verifier.run("credential", "verify", "--no-holder", answer)
    contains(verifier.run("credential", "verify", "--no-holder", "--audience", "A", "--nonce", "n", answer, expect=USAGE), "contradict")


def check_a_table(office, verifier, folder):
    commitments = [each["commitment"] for each in office.run("issuer", "batch", "resume", "spring")["awards"]]
    (folder / "table.csv").write_text("note,hash\n" + "".join(f"n{at},{each}\n" for at, each in enumerate(commitments)) + f"none,{'0' * 64}\n")
    done = json.loads(verifier.run("check", "--csv", folder / "table.csv", "--out", folder / "checked.csv", expect=UNKNOWN))
    require(done["rows"] == 4 and done["verdicts"] == {"found": 3, "not_listed": 1}, f"the table: {done}")
    with open(folder / "checked.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    require([row["note"] for row in rows] == ["n0", "n1", "n2", "none"] and rows[0]["recognised"] == "own", f"the rows: {rows}")
    contains(rows[0]["rests_on"], "proven under block")
    verifier.run("check", "--csv", folder / "table.csv", "--out", folder / "checked.csv", expect=USAGE)
    verifier.run("check", "--csv", folder / "table.csv", expect=USAGE)


def correct(office, verifier, answer, folder):
    (folder / "one.csv").write_text("student,given_name,family_name,award_date\n1003,Bo,Qian,2026-02-01\n")
    (folder / "two.csv").write_text("student,given_name,family_name\n1003,Bo,Qian\n1002,Ana,Strasse\n")
    unlocked = ["issuer", "correct", "--student", "1003", "--batch", "spring", "--csv", folder / "one.csv"]
    contains(office.run(*unlocked, expect=USAGE), "is locked to the wallet", "--requests", "--by-code")
    arguments = ["issuer", "correct", "--student", "1003", "--batch", "spring", "--by-code", "--csv"]
    contains(office.run(*arguments, folder / "two.csv", expect=USAGE), "has 2 learners")
    # A batch that there is not, or a variable of a script that was empty, is never taken for the only one.
    for batch in ("", "sprnig", "../spring"):
        elsewhere = ["--student", "1003", "--batch", batch]
        office.run("issuer", "correct", *elsewhere, "--csv", folder / "one.csv", expect=USAGE)
        office.run("issuer", "resend", *elsewhere, "--out", folder / "nothing.testamur.age", expect=USAGE)
    office.run(*arguments, folder / "one.csv", "--dry-run")
    require(len(office.run("issuer", "batch", "list")["batches"]) == 1, "a look issued something")
    corrected = office.run(*arguments, folder / "one.csv")
    require(corrected["batch"] and corrected["superseded"]["reason"] == "correction", f"the correction: {corrected}")
    # The award that is replaced is no second one.
    require(not corrected["held_already"] and not corrected["warnings"], f"a correction warned of itself: {corrected}")
    contains(" ".join(corrected["notices"]), "it takes the place of 1003")
    contains(office.run(*arguments, folder / "one.csv", expect=USAGE), "superseded")

    shown = {each["batch"]: each for each in office.run("issuer", "show", "--student", "1003")["awards"]}
    require(shown["spring"]["status"] == "superseded" and shown["spring-correction-1"]["status"] == "valid", f"after it: {shown}")
    require(shown["spring-correction-1"]["name"] == "Bo Qian", f"the new name: {shown}")
    verdict = json.loads(verifier.run("credential", "verify", "--no-holder", answer, expect=REVOKED))
    require(verdict["standing"] == "superseded", f"the old one: {verdict}")


def lose_a_file(office, rows, folder):
    again = office.run("issuer", "resend", "--student", "1002", "--batch", "spring", "--out", folder / "again.testamur.age")
    require(again["code"] == rows["1002"]["code"], "another code")
    lost = office.folder / "issuer" / "batches" / "spring" / "claims" / "1002.testamur.age"
    lost.unlink()
    office.run("issuer", "resend", "--student", "1002", "--batch", "spring", "--out", folder / "rewritten.testamur.age")
    code = folder / "code"
    code.write_text(again["code"] + "\n")
    learner = Home(folder / "ana", [NOWHERE])
    learner.run("wallet", "init", "--words-file", folder / "words-ana")
    learner.run("credential", "import", folder / "rewritten.testamur.age", "--code-file", code)


def change_passphrase(learner, folder):
    fresh = folder / "fresh.passphrase"
    fresh.write_text("another long passphrase\n")
    learner.run("wallet", "passphrase", "--new-passphrase-file", fresh)
    learner.run("wallet", "show", expect=PASSWORD)
    learner.passphrase = fresh
    require(learner.run("wallet", "show")["credentials"] == 1, "the wallet lost its credential")


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    publish_achievement(office, folder)
    learner = Home(folder / "bo", network.endpoints)
    verifier = Home(folder / "acme", network.endpoints[:1])
    issue_class(office, learner, folder, network)
    rows = look_at_the_register(office, folder)
    look_without_a_network(office, network)
    say("a class from a German spreadsheet is issued and looked at")

    claim = next((office.folder / "issuer" / "batches" / "spring" / "claims").glob("1003*"))
    learner.run("credential", "import", claim)
    answer = ask_by_mail(learner, verifier, folder)
    verify_a_folder(verifier, folder / "ask.testamur", answer, folder)
    ask_nobody(verifier, answer)
    say("a request was answered by mail and judged")

    check_a_table(office, verifier, folder)
    correct(office, verifier, answer, folder)
    lose_a_file(office, rows, folder)
    change_passphrase(learner, folder)
    say("corrected, sent again, opened by another passphrase")


if __name__ == "__main__":
    run_test("roles", body)
