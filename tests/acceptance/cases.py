"""The kinds of accident that ../shared/cases tells of: for each kind its law, as tables of commands against a real ledger. CASES.md says which
test holds which case, here and elsewhere, and which neighbours of it were invented. Nothing of ../shared is copied; where it is not, its own
files are not tried."""

import base64
import datetime
import os
import subprocess
import time
import unicodedata

import case_nodes
from case_world import (FAILURE, FAKETIME, NOWHERE, OK, PASSWORD, REVOKED, SHARED, UNKNOWN, UNREACHABLE, USAGE, OneRuns, World, at, hold,
                        row, typed, with_shared)
from network import Failed, Home, require, run_test, say, with_parent


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def read_days():
    """The days that a law speaks of: those of its own beginning."""
    global YESTERDAY, TODAY, TOMORROW, AFTER
    YESTERDAY, TODAY, TOMORROW, AFTER = (today() + datetime.timedelta(days) for days in (-1, 0, 1, 2))


read_days()
REVOKE, SUSPEND = "issuer status revoke", "issuer status suspend --reason correction"


# ---- an option or a column that has no effect; a final act on whatever a name may mean ----------------------------------------

def prepare_awards(world):
    """S1 in two batches, S2 in one, two learners who differ by zeros."""
    spring = world.issue("spring", "student,given_name,family_name\nS1,Ada,Ekman\nS2,Bo,Lindqvist\n")
    world.issue("autumn", "student,given_name,family_name\nS1,Ada,Ekman\nS3,Cy,Berg\n", "--again")
    zeros = typed(world.office, "issuer", "batch", "issue", "--achievement", world.ach, "--name", "zeros", "--csv",
                  world.write("zeros.csv", "student,given_name\n0012345,Ada\n12345,Bo\nA 7,Cy\na-7,Di\n"))
    require(zeros[0] == OK and all(word in zeros[1] for word in ('"0012345"', '"12345"', '"A 7"', '"a-7"')), f"no warning: {zeros}")
    return {student: award["index"] for student, award in spring.items()}


def options_mean_what_they_say(world, index):
    folder = world.folder
    facts = world.write("facts.toml", 'country = "AT"\ndomain = "other.example"\n[legal_names]\nen = "Other"\n')
    drafts = [folder / f"draft{number}.json" for number in range(4)]
    world.nothing_sent(world.office, [
        row("a draft of a final act", f"{REVOKE} --index {index['S1']} --reason correction --draft {drafts[0]}", OK, "nothing was sent"),
        row("a draft of a recognition", f"trust grant {world.second} --amount 60 --depth 0 --draft {drafts[1]}", OK, "nothing was sent"),
        row("a draft of one's own facts", f"institution update {facts} --draft {drafts[2]}", OK, "nothing was sent"),
        row("a time that is none", f"{REVOKE} --index {index['S1']} --send-by nonsense", USAGE, "nonsense"),
        row("a time without a draft", f"institution update {facts} --send-by +2h", USAGE, "--send-by belongs to --draft"),
        row("a batch that is not", f"{REVOKE} --index {index['S1']} --batch nosuch", USAGE, '"nosuch"'),
        row("a batch without the learner", f"{SUSPEND} --student S2 --batch autumn", USAGE, '"S2" in batch autumn'),
        row("a column that is not", ["issuer", "batch", "issue", "--csv", folder / "spring.csv", "--achievement", world.ach, "--map",
                                     "Foo=student"], USAGE, '"Foo"'),
        row("half of a question to the holder", f"credential verify {folder / 'spring.csv'} --nonce n", USAGE, "--audience"),
        row("a form of days for a list without a day", ["issuer", "batch", "issue", "--csv", folder / "spring.csv", "--achievement", world.ach,
                                                        "--name", "days", "--again", "--dry-run", "--date-format", "DD.MM.YYYY"], USAGE,
            "--date-format"),
        row("a batch has no draft", f"issuer batch issue --csv {folder / 'spring.csv'} --achievement {world.ach} --draft {drafts[3]}", USAGE),
    ])
    require([draft.exists() for draft in drafts] == [True, True, True, False], "a draft that is not there, or that was not to be")
    require(world.statuses("S1") == {"spring": "valid", "autumn": "valid"}, f"a draft had an effect: {world.statuses('S1')}")

    hold(world.office, [row("the column batch is read", [*SUSPEND.split(), "--csv", world.write("sb.csv", "student,batch\nS1,autumn\n")], OK)])
    require(world.statuses("S1") == {"spring": "valid", "autumn": "suspended"}, f"both batches were hit: {world.statuses('S1')}")
    hold(world.office, [row("and so is the column index", ["issuer", "status", "reinstate", "--csv",
                                                           world.write("si.csv", "student,batch,reference\nS1,autumn,\n")], OK)])
    require(world.statuses("S1")["autumn"] == "valid", "the award was not reinstated")


def final_acts_name_whom_they_hit(world, index):
    lists = {"ambiguous": "student\nS2\nS1\n", "excel": "student\n12345\n", "lower": "student\ns2\n", "other": "student,index\nS2,%d\n" % index["S1"]}
    files = {name: world.write(f"{name}.csv", text) for name, text in lists.items()}
    world.nothing_sent(world.office, with_shared([
        row("a learner of two awards", f"{REVOKE} --student S1", USAGE, "has 2 awards", "batch spring", "batch autumn", "--batch",
            "--reference", "--all"),
        row("one of a list has two", [*REVOKE.split(), "--csv", files["ambiguous"]], USAGE, '"S1" has 2 awards'),
        row("nearly a learner", [*REVOKE.split(), "--csv", files["lower"]], USAGE, '"S2"'),
        row("another's award", [*REVOKE.split(), "--csv", files["other"]], USAGE, '"S1", not of "S2"'),
        row("another's award, by options", f"{SUSPEND} --student S2 --index {index['S1']}", USAGE, '"S1", not of "S2"'),
        row("one of a learner's own awards", f"{SUSPEND} --student S1 --index {index['S1']} --draft {world.folder / 'own.json'}", OK, "1 award",
            "batch spring", "!batch autumn"),
        row("a whole batch", f"{REVOKE} --batch spring", USAGE, "2 awards", "--all"),
        row("a batch that this home has not", f"{SUSPEND} --csv @revoke-student-batch.csv", USAGE, '"tA"'),
    ]))
    require(world.statuses("S2") == {"spring": "valid"}, "a list that was refused hit somebody")
    hold(world.office, [row("whom a spreadsheet left", [*REVOKE.split(), "--csv", files["excel"]], OK, '"12345" is not "0012345"', "12345, ",
                            world.ach, "batch zeros", "!0012345, ")])
    require(world.statuses("0012345") == {"zeros": "valid"} and world.statuses("12345") == {"zeros": "revoked"}, "the wrong one was hit")


# ---- contents against what every verifier compares; the last check before the first lasting effect ----------------------------

def dead_lists():
    nfd = unicodedata.normalize("NFD", "Prüfung sicherer Systeme")
    head = "student,given_name,"
    return [("hundredths for credits", f"{head}ects_hundredths\nD1,Ada,3\n", ("line 2, column 8", "0.03 ECTS", "300")),
            ("a title in another form", f"{head}title\nD1,Ada,{nfd}\n", ("line 2, column 8", "NFD")),
            ("an award of a day to come", f"{head}award_date\nD1,Ada,2099-01-01\n", ("2099-01-01", str(TODAY))),
            ("other credits", f"{head}ects\nD1,Ada,30\n", ("30 ECTS", "says 3 ECTS")),
            ("another level, in the third line", f"{head}eqf_level\nD1,Ada,6\nD2,Bo,5\n", ("line 3, column 7", "5;", "says 6")),
            ("a title of another case", f"{head}title\nD1,Ada,secure software engineering\n", ("by case",)),
            ("another supervision", f"{head}identity_check\nD1,Ada,unsupervised\n", ("supervised_onsite",)),
            ("born after the award", f"{head}birthdate,award_date\nD1,Ada,2020-01-01,2019-01-01\n", ("2020-01-01", "2019-01-01"))]


def issue(world, file, *more):
    return ["issuer", "batch", "issue", "--achievement", world.ach, "--name", "dead", *more, "--csv", file]


def nothing_dead_is_issued(world):
    rows = [row(what, issue(world, world.fresh(text)), USAGE, *words, "nothing was issued")
            for what, text, words in dead_lists()]
    rows += with_shared([row(name, issue(world, "@" + name), USAGE, word) for name, word in (
        ("class-ects-3.csv", "0.03 ECTS"), ("class-title-nfd.csv", "NFD"), ("class-award-2099.csv", "2099-01-01"))])
    return world.nothing_sent(world.office, rows)


def no_refusal_lasts(world):
    wrong = world.write("wrong.passphrase", "another passphrase\n")
    wrong.chmod(0o600)
    fresh = world.write("fresh.csv", "student,given_name\nF1,Ada\n")
    rows = [row(f"a wrong passphrase, try {number}", issue(world, fresh), PASSWORD, "passphrase", passphrase=wrong) for number in (1, 2, 3)]
    rows += [row("the class under another name", issue(world, world.folder / "spring.csv"), USAGE, "held already", "S1", "batch spring"),
             row("one of a class who has it", issue(world, world.write("half.csv", "student,given_name\nF1,Ada\nS2,Bo\n")), USAGE, "S2",
                 "--again", "!F1, "),
             row("no node", issue(world, fresh, "--endpoint", NOWHERE), UNREACHABLE),
             row("a request of nobody", issue(world, fresh, "--requests", "/no/such/folder"), USAGE, "/no/such/folder"),
             row("a name that is taken", ["issuer", "batch", "issue", "--achievement", world.ach, "--name", "spring", "--csv", fresh], USAGE)]
    world.nothing_sent(world.office, rows)
    require(not (world.office.folder / "issuer" / "batches" / "dead").exists(), "a refused batch has a folder")


def credentials_name_the_issuer_of_now(world):
    facts = world.write("renamed.toml", 'country = "AT"\ndomain = "renamed.example"\n[legal_names]\nen = "Renamed University"\n')
    world.office.run("institution", "update", facts)
    world.issue("renamed", "student,given_name\nR1,Ada\n")
    claim, code = world.claims("renamed")["R1"]
    shown = import_and_present(world, claim, code, "renamed.txt")
    hold(world.nobody, [row("what was issued after it", f"credential verify {shown} --audience A --nonce n", OK, "genuine",
                            "Renamed University", "issuer, achievement and key agree")])


# ---- outputs, many programs, days --------------------------------------------------------------------------------------------

def import_and_present(world, claim, code, name, *more):
    imported = world.learner.run("credential", "import", claim, "--code-file", code)
    out = world.folder / name
    world.learner.run("credential", "present", imported["reference"], "--claim", "given_name", "--audience", "A", "--nonce", "n", "--out",
                      out, *more)
    return out


def snapshot(home):
    return {path: path.read_bytes() for path in sorted(home.folder.rglob("*")) if path.is_file() and "ledgers" not in path.parts
            and path.name != ".lock"}


def no_output_destroys_anything(world):
    """The neighbours of guarded_home.py: every other command that writes a file which somebody names."""
    office, learner = world.office, world.learner
    root = office.folder / "issuer" / "root.age"
    vault = learner.folder / "wallet.age"
    link = world.folder / "innocent.json"
    link.symlink_to(root)
    before = snapshot(office), snapshot(learner)
    hold(office, [row(what, words, USAGE, "belongs to the home") for what, words in (
        ("a graph", f"trust graph --force --out {root}"), ("a graph through a link", f"trust graph --force --out {link}"),
        ("a drawing", f"trust explain {world.second} --force --svg {root}"),
        ("codes", f"issuer batch codes spring --force --csv {root}"),
        ("a claim file", f"issuer resend --student S2 --batch spring --force --out {root}"),
        ("a draft", f"trust distrust {world.second} --force --draft {root}"))])
    hold(learner, [row(what, words, USAGE, "belongs to the home") for what, words in (
        ("a backup", f"wallet backup --force {vault}"), ("a request of a wallet", f"wallet request --issuer {world.first} --student S9 "
                                                         f"--force --out {vault}"),
        ("a request of a verifier", f"verifier request --name A --force --out {vault}"))])
    require((snapshot(office), snapshot(learner)) == before, "a home was changed")


def many_programs_lose_nothing(world):
    """Neighbours of guarded_home.py: changes of status, and imports beside requests and a backup."""
    learners = [f"M{number}" for number in range(4)]
    world.issue("many", "student,given_name\n" + "".join(f"{each},Ada\n" for each in learners))
    claims = world.claims("many")
    twin = Home(world.folder.parent / "twin", [world.endpoint])
    twin.run("wallet", "init", "--words-file", world.folder / "twin.words")
    begun = [(world.office, ("issuer", "status", "suspend", "--student", each, "--reason", "correction")) for each in learners[:3]]
    begun += [(twin, ("credential", "import", claims[each][0], "--code-file", claims[each][1])) for each in learners[:3]]
    begun += [(twin, ("wallet", "request", "--issuer", world.first, "--student", "T", "--out", world.folder / "t.request")),
              (twin, ("wallet", "backup", world.folder / "twin.backup"))]
    running = [(home, words, home.begin(*words)) for home, words in begun]
    for home, words, process in running:
        home.finish(process, words)
    require([world.statuses(each)["many"] for each in learners] == ["suspended"] * 3 + ["valid"], "a change of status was lost")
    shown = twin.run("wallet", "show")
    require((shown["credentials"], shown["open_requests"]) == (3, 1), f"an import or a request was lost: {shown}")


def a_day_is_a_day(world):
    world.issue("short", "student,given_name\nE1,Ada\n", "--expires", str(TOMORROW))
    claim, code = world.claims("short")["E1"]
    shown = import_and_present(world, claim, code, "short.txt", "--until", str(TODAY))
    verify = f"credential verify {shown} --no-holder"
    last = f"{TOMORROW} (UTC, to the end of that day)"
    hold(world.nobody, [row("today", verify, OK, "genuine", last, f"!{AFTER}")])
    reference = world.learner.run("credential", "list")["credentials"][-1]["reference"]
    hold(world.learner, [row("in the list", "credential list", OK, last, f"!{AFTER}"), row("shown", f"credential show {reference}", OK, last)])
    if FAKETIME:
        # So far from the ledger's newest block the status is unknown, which is another exit code than expired.
        ended, text = typed(world.nobody, *verify.split(), environment=at(f"{TOMORROW} 23:59:00"))
        require(ended != REVOKED and "expired" not in text, f"over before its last day ended: {ended} {text}")
        ended, text = typed(world.nobody, *verify.split(), environment=at(f"{AFTER} 00:01:00"))
        require(ended == REVOKED and "expired" in text, f"after its last day: {ended} {text}")
    over = f"{YESTERDAY} is over"
    world.nothing_sent(world.learner, [
        row("a presentation until yesterday", ["credential", "present", *present(world), "--until", str(YESTERDAY)], USAGE, over)])
    world.nothing_sent(world.office, [
        row("a credential until yesterday", issue(world, world.write("late.csv", "student,given_name\nE9,Ada\n"), "--expires", str(YESTERDAY)),
            USAGE, over),
        row("a recognition until yesterday", f"trust grant {world.second} --amount 60 --depth 0 --until {YESTERDAY}", USAGE, over)])
    world.nothing_sent(world.agency, [row("an accreditation until yesterday", f"accreditation grant {world.first} --until {YESTERDAY}", USAGE, over)])
    hold(world.office, [row("a recognition until today", f"trust grant {world.second} --amount 60 --depth 0 --until {TODAY}", OK, f"last day: {TODAY}",
                            f"!until {TOMORROW}"),
                        row("it holds today", f"registry statements --by {world.first}", OK, f"last day: {TODAY}")])
    hold(world.agency, [row("an accreditation until today", f"accreditation grant {world.first} --until {TODAY}", OK, f"last day: {TODAY}",
                            f"!until {TOMORROW}")])


def what_is_said_is_ended_as_it_is_said(world):
    """What stands beside a statement, before it and after it is named, and no end says more than it does."""
    of, about = world.first, world.second
    hold(world.agency, [
        row("in full", f"accreditation grant {of} --field 0311", OK),
        row("less beside more", f"accreditation grant {of} --field 0311 --amount 60", USAGE, "it would not count", f"withdraw {of} --statement tmx1"),
        row("nothing", f"accreditation grant {of} --field 0321 --amount 0", USAGE, "--amount 0 would say nothing"),
        row("backwards", f"accreditation grant {of} --field 0312 --from 2020-01-01", OK, "which is past", "retroactive"),
        row("an end that is to come", f"accreditation withdraw {of} --from 2040-01-01", OK, "still to come"),
        row("an end now", f"accreditation withdraw {of} --from 2021-01-01", OK, "for everybody but your own nodes it ends with its block"),
        row("it ends when it was ended", f"accreditation list --of {of}", OK, f"withdrawn   from {TODAY} on", "!withdrawn   from 2021"),
        row("nothing is left", f"accreditation withdraw {of}", USAGE, "nothing was sent")])
    hold(world.office, [
        row("blocked", f"trust distrust {about}", OK),
        row("trusted beside that", f"trust grant {about} --amount 60 --slot 3", OK, "no effect while this distrust stands in another slot"),
        row("the distrust ends", f"trust withdraw {about}", OK, "it ends: ", " distrust", "in another slot this stands on: ", " in this slot"),
        row("the rest ends", f"trust withdraw {about} --slot 3", OK, "it ends: ", "!in another slot"),
        row("nothing is left", f"trust withdraw {about}", OK, "has ended already"),
        row("from long ago", f"trust grant {about} --amount 60 --from 2020-01-01", OK, "which is past")])


def present(world):
    reference = world.learner.run("credential", "list")["credentials"][0]["reference"]
    return [reference, "--claim", "given_name", "--audience", "A", "--nonce", "n"]


# ---- facts that never change, registers, tables ------------------------------------------------------------------------------

def listing(world, name, country, domain):
    return world.fresh(f'country = "{country}"\ndomain = "{domain}"\n[legal_names]\nen = "{name}"\n', ".toml")


def facts_are_checked_by_meaning(world):
    bad = [("Listed", "EL", "listed.example", "EL: ISO 3166-1 says GR"), ("Listed", "UK", "listed.example", "UK: ISO 3166-1 says GB"),
           ("Listed", "SU", "listed.example", "SU"), ("Listed", "AT", "uni.github.io", "many share"),
           ("Listed", "AT", "192.0.2.7", "address in numbers"), ("University of Helsinki\\u200B", "FR", "zwsp.example", "U+200B"),
           ("Uni\\u00ADversity of Helsinki", "FR", "soft.example", "U+00AD"),
           ("UNIVERSITY  OF HELSINKI", "FI", "case.example", "University of Helsinki"),
           ("Univ\\u0435rsity of Helsinki", "FI", "cyrillic.example", "University of Helsinki")]
    rows = [row(f"{name}, {country}, {domain}", ["institution", "list", listing(world, name, country, domain)], USAGE, word)
            for name, country, domain, word in bad]
    rows += with_shared([row(name, ["institution", "list", "@" + name], USAGE, word) for name, word in (
        ("list-country-el.toml", "EL: ISO 3166-1 says GR"), ("list-lookalike.toml", "U+200B"))])
    world.nothing_sent(world.agency, rows)


def texts_hold_no_mark_that_nobody_sees(world):
    marks = [("Ada\u00a0,X", "U+00A0", "character 4"), ("Ada\u00ad,X", "U+00AD", "character 4"), ("Zo\ufffd,X", "U+FFFD", "character 3"),
             ("\u3000Ada,X", "U+3000", "character 1"), ("A\u202eda,X", "U+202E", "character 2"), ("Ada\u0378,X", "U+0378", "character 4"),
             ("Ada,X\ufeff", "U+FEFF", "character 2")]
    rows = [row(f"a name with {code}", issue(world, world.fresh(f"student,given_name,family_name\nQ1,{text}\n")), USAGE,
                "line 2", code, place) for text, code, place in marks]
    rows.append(row("a reference with U+200B", issue(world, world.write("mark.csv", "student,given_name\nQ1,Ada\nQ1\u200b,Bo\n")), USAGE, "line 3",
                    "U+200B", "character 3"))
    rows += with_shared([row(name, issue(world, "@" + name), USAGE, word) for name, word in (
        ("name-1.csv", "U+00A0"), ("name-2.csv", "U+00AD"), ("name-3.csv", "U+FFFD"), ("student-zwsp.csv", "U+200B"))])
    rows.append(row("joiners between letters stay", issue(world, world.write("farsi.csv", "student,given_name\nQ2,\u0645\u06cc\u200c\u062e\u0648\n"),
                                                          "--dry-run"), OK))
    world.nothing_sent(world.office, rows)


HEADER = ("agency,local_identifier,activity,status,decision,valid_from,link,institution[1].deqar_id,institution[1].name_official,"
          "institution[1].country,institution[1].website_link\r\n")


def report(number, deqar, name, country, site, status="1", decision="1", day="2024-01-15"):
    return f"AGY,{number},Audit,{status},{decision},{day},https://agency.example/{number},{deqar},{name},{country},{site}\r\n"


def reading(world, name, dry=True):
    return ["accreditation", "import", name, "--agency", "AGY", *(["--dry-run"] if dry else [])]


def registers_are_read_by_meaning(world):
    numbers = world.write("numbers.csv", HEADER + report(1, "DEQARINST0815", "Newton", "FR", "https://newton.test") +
                          report(2, "815", "", "", "") + report(3, "deqarinst00815", "", "", "") + report(4, "\u00a00815 ", "", "", ""))
    countries = world.write("countries.csv", HEADER + report(1, "", "Alpha", "Greece", "https://alpha.test") +
                            report(2, "", "ALPHA", "el", "https://www.alpha.test/") + report(3, "", "Beta", "GBR", "https://beta.test") +
                            report(4, "", "Beta", "UK", "https://beta.test/home") + report(5, "", "Gamma", "SU", "https://gamma.test"))
    hold(world.agency, with_shared([
        row("four spellings of a number are one body", reading(world, numbers), OK, "1 institution to list, 4 accreditations"),
        row("four spellings of two countries are two bodies", reading(world, countries), FAILURE, "2 institutions to list, 4 accreditations",
            "list Alpha (GR", "list Beta (GB", '"SU" is no country of ISO 3166-1'),
        row("UK and GB", reading(world, "@register-countries.csv"), FAILURE, "list Sampleton University (GB", "list University of Testos (GR",
            "row 3  accredit Sampleton University", "row 5  accredit University of Testos"),
        row("bare numbers", reading(world, "@register-bare-ids.csv", dry=False), OK, "1 institution to list, 5 accreditations"),
        row("a body that is known now", reading(world, "@register-bare-ids.csv"), OK, "0 institutions to list, 0 accreditations"),
        row("the present template", reading(world, "@register-template.csv"), OK, "!activity is missing", "!not read: programme", "2 accreditations"),
        row("a report in JSON", reading(world, "@register-report.json"), OK, "1 accreditation to send"),
        row("with a byte-order mark", reading(world, "@register-report-bom.json"), OK, "1 accreditation to send"),
        row("seven spellings of one report", reading(world, "@register-same-report.csv"), OK, "1 accreditation to send, 0 on the ledger"),
    ]))


def a_report_is_sent_once(world):
    one = report(7, "", "Delta", "GR", "https://delta.test")
    words = {"other words": report(7, "", " DELTA ", "EL", "https://delta.test/", "part of obligatory EQA system", "positive"),
             "another activity's spaces": one.replace("Audit", " Audit "), "the number of a country": one.replace(",GR,", ",GRC,")}
    hold(world.agency, [row("the first time", reading(world, world.write("one.csv", HEADER + one), dry=False), OK, "1 accreditation to send")] +
         [row(what, reading(world, world.fresh(HEADER + text)), OK, "0 institutions to list, 0 accreditations to send, 1 on the ledger")
          for what, text in words.items()] +
         [row("in JSON", reading(world, world.write("one.json", '\ufeff{"results": [{"agency": "AGY", "local_identifier": "7", "activities": '
              '["Audit"], "status": 1, "decision": "1", "valid_from": "2024-01-15", "links": ["https://agency.example/7"], "institutions": '
              '[{"name_official": "Delta", "country": "GR"}]}]}')), OK, "0 institutions to list"),
          row("a changed one is a replacement", reading(world, world.write("changed.csv", HEADER + one.replace(",1,1,2024", ",1,2,2024"))), OK,
              "a replacement of")])


def one_reader_of_tables(world):
    """Class lists, lists of changes and registers: the same cause by the same word. A class list may be read all the same, and says so."""
    heads = {"class": "student,given_name\r\nT1,Ada\r\n", "status": "student,batch\r\nS2,spring\r\n",
             "register": HEADER + report(1, "", "Epsilon", "AT", "https://epsilon.test")}
    commands = {"class": lambda file: issue(world, file, "--dry-run"), "status": lambda file: [*SUSPEND.split(), "--csv", file],
                "register": lambda file: reading(world, file)}
    forms = {"semicolons": ("semicolons", lambda text: text.replace(",", ";").encode(), OK), "tabs": ("tabs", lambda text: text.replace(",", "\t").encode(), OK),
             "a hint": ("sep=", lambda text: b"sep=,\r\n" + text.encode(), OK), "UTF-16": ("UTF-16", lambda text: text.encode("utf-16"), USAGE),
             "UTF-16 without a mark": ("UTF-16", lambda text: text.encode("utf-16-le"), USAGE),
             "a table of bars": ("bars", lambda text: text.replace(",", "|").encode(), OK),
             "Windows-1252": ("Windows-1252", lambda text: text.replace("Ada", "Zoë").replace("spring", "frühjahr").replace("Epsilon", "Köln")
                              .encode("cp1252"), USAGE),
             "classic line ends": ("classic Macintosh", lambda text: text.replace("\r\n", "\r").encode(), USAGE)}
    for kind, text in heads.items():
        home = world.agency if kind == "register" else world.office
        world.nothing_sent(home, [row(f"{kind}: {form}", commands[kind](world.fresh(make(text))), code if kind == "class" else USAGE,
                                      word) for form, (word, make, code) in forms.items()])
    empty = {"a blank last line": "student,given_name\r\nT1,Ada\r\n\r\n", "rows of commas": "student,given_name\r\nT1,Ada\r\n,\r\n,\r\n",
             "a last column without a name": "student,given_name,\r\nT1,Ada,\r\n", "a blank first line": "\r\nstudent,given_name\r\nT1,Ada\r\n",
             "spaces in an empty row": "student,given_name\r\nT1,Ada\r\n , \r\n"}
    rows = [row(what, issue(world, world.fresh(text), "--dry-run"), OK, "issues 1 credential", notice)
            for what, text in empty.items() for notice in ["left out" if "column" in what else "empty, skipped"]]
    rows += with_shared([row(name, issue(world, "@" + name, "--dry-run", "--again"), OK, *words) for name, *words in (
        ("blank-last-line.csv", "issues 2 credentials", "line 4: empty, skipped"), ("comma-rows.csv", "issues 2 credentials", "empty, skipped"),
        ("trailing-empty-column.csv", "issues 2 credentials", "column 4"), ("class-tab.txt", "tabs"), ("class-sep-line.csv", "sep="))])
    rows += with_shared([row("semicolons", f"{REVOKE} --csv @revoke-semicolons.csv", USAGE, "semicolons")])
    world.nothing_sent(world.office, rows)


# ---- passphrases, words and files as people carry them ------------------------------------------------------------------------

WORDS = ("dice wrist cement drama flame crawl case museum salt payment gauge breeze denial ankle sting enemy miss wage decrease knee orange "
         "brain husband rent")  # of nobody: in ../shared/cases too


def passphrase(world, name, text):
    file = world.write(name, text)
    file.chmod(0o600)
    return file


def passphrases_are_what_people_type(world):
    pairs = [("ö and é", "größtes geheimnis né"), ("Ångström's sign and Hangul", "\u212bngstr\u00f6m \u1e9b\u0323 \ud55c\uae00")]
    for number, (what, text) in enumerate(pairs):
        home = world.folder.parent / f"letters{number}"
        forms = [passphrase(world, f"letters{number}{form}", unicodedata.normalize(form, text) + end)
                 for form, end in (("NFC", "\n"), ("NFD", "\r\n"))]
        hold(home, [row(what, f"wallet init --words-file {world.folder / f'letters{number}.words'}", OK, passphrase=forms[number % 2]),
                    row(f"{what}, in another form", "wallet show", OK, "credentials", passphrase=forms[1 - number % 2])])
    home = world.folder.parent / "marked"
    plain, marked = passphrase(world, "plain.pass", "a long passphrase\n"), passphrase(world, "marked.pass", "\ufeffa long passphrase\n")
    hold(home, [row("a byte-order mark is named", f"wallet init --words-file {world.folder / 'marked.words'}", OK, "byte-order mark", passphrase=marked),
                row("it is no part of the secret; a new passphrase with a mark", f"wallet passphrase --new-passphrase-file {passphrase(world, 'new.pass', chr(0xfeff) + 'another long one')}",
                    OK, passphrase=plain),
                row("nor of the new one", "wallet show", OK, passphrase=passphrase(world, "new2.pass", "another long one\n"))])
    # Bytes that nobody can type are in no new vault; one of old still opens (unit: vault).
    for number, (what, code, word) in enumerate((("a file of Windows", "utf-16", "UTF-16"), ("another", "utf-16-le", "UTF-16"),
                                                 ("a file of old", "latin-1", "UTF-8"))):
        untypable = world.fresh("größtes geheimnis\n".encode(code), ".pass")
        untypable.chmod(0o600)
        hold(world.folder.parent / f"untypable{number}", [row(what, f"wallet init --words-file {world.folder / f'untypable{number}.words'}",
                                                              PASSWORD, word, passphrase=untypable)])


def words_are_read_as_people_carry_them(world):
    words = WORDS.split()
    plain = passphrase(world, "words.pass", "a long passphrase\n")
    spellings = {"numbered": " ".join(f"{at}. {word}" for at, word in enumerate(words, 1)), "with commas": ", ".join(words),
                 "one a line, numbered, of Windows": "\ufeff" + "".join(f"{at}) {word.upper()}\r\n" for at, word in enumerate(words, 1)),
                 "a list in quotes": ",".join(f'"{word}"' for word in words)}
    files = [(what, world.write(f"words{number}", text)) for number, (what, text) in enumerate(spellings.items())]
    files += [(name, SHARED / name) for name in ("words-numbered.txt", "words-commas.txt") if (SHARED / name).is_file()]
    for number, (what, file) in enumerate(files):
        hold(world.folder.parent / f"words{number}", [row(what, f"wallet restore --words-file {file}", OK, "restored", passphrase=plain)])
    wrong = {"a typing error": (words[:1] + ["wrost"] + words[2:], "word 2 of 24"), "another order": (words[1:] + words[:1], "do not belong together"),
             "one too few": (words[1:], "23 words"), "a word in a numbered list": ([f"{at}. {word}x" if at == 5 else f"{at}. {word}"
                                                                                   for at, word in enumerate(words, 1)], "word 5 of 24")}
    home = world.folder.parent / "wordless"
    hold(home, [row(what, f"wallet restore --words-file {world.fresh(' '.join(typed_words), '.words')}", PASSWORD, part, "!wrost", "!flame",
                    passphrase=plain) for what, (typed_words, part) in wrong.items()])


def backups_are_named(world):
    learner, folder = world.learner, world.folder
    backup = folder / "ada.age"
    learner.run("wallet", "backup", backup)
    text = base64.b64encode(backup.read_bytes()).decode()
    lines = ["-----BEGIN AGE ENCRYPTED FILE-----", *(text[at:at + 64] for at in range(0, len(text), 64)), "-----END AGE ENCRYPTED FILE-----"]
    home = world.folder.parent / "restored"
    restore = f"wallet restore --words-file {folder / 'ada.words'} --backup "
    hold(home, with_shared([
        row("armour of others", f"wallet restore --words-file {folder / 'ada.words'} --backup @armoured-backup.asc", PASSWORD, "another wallet's",
            passphrase=learner.passphrase),
        row("another file", restore + str(folder / "ada.words"), USAGE, "not an age", passphrase=learner.passphrase),
        row("an empty file", restore + str(world.write("empty.age", b"")), USAGE, passphrase=learner.passphrase)]))
    cut = world.fresh(backup.read_bytes()[:-100], ".age")
    cut_armour = world.fresh("\n".join(lines[:-2]) + "\n", ".asc")
    hold(home, [row("a backup that is cut short", restore + str(cut), FAILURE, "cut short", passphrase=learner.passphrase),
                row("armour that is cut short", restore + str(cut_armour), FAILURE, "cut short", passphrase=learner.passphrase)])
    require(not (home / "wallet.age").exists(), "a vault was made of a file that is no backup")
    for number, (what, form) in enumerate({
            "a backup in armour": "\n".join(lines) + "\n", "by mail, from Windows": "\r\n".join(lines) + "\r\n",
            "with an empty line behind it": "\n".join(lines) + "\n\n",
            "with words before it": "Dear Ada,\n\n" + "\n".join(lines) + "\n"}.items()):
        hold(world.folder.parent / f"restored{number}", [row(what, restore + str(world.fresh(form, ".asc")), OK, passphrase=learner.passphrase)])


def what_is_pasted_is_read(world):
    shown = world.folder / "pasted.txt"
    world.learner.run("credential", "present", *present(world), "--out", shown)
    text = shown.read_text().strip()
    bare = text[:text.rindex("~") + 1]
    verify = "credential verify --audience A --nonce n "
    good = {"a leading space": " " + text, "lines of 72": "\r\n".join(text[at:at + 72] for at in range(0, len(text), 72)), "a tab": "\t" + text + "\t",
            "no-break spaces": "\u00a0" + text + "\u00a0", "a byte-order mark": "\ufeff" + text + "\n\n\n",
            "as a citation": "\n".join("> " + text[at:at + 72] for at in range(0, len(text), 72)), "with words before": "Dear A,\n" + text}
    bad = {"in quotes": f'"{text}"', "a dash of a word processor": text[:60] + "\u2013" + text[61:], "nothing": "",
           "half of it": text[:len(text) // 3], "without its end": text[:-40], "cut in the holder's proof": text[:text.rindex(".") - 20],
           "cut in a claim": bare[:-20], "cut in the signature": text[:text.index("~") - 20], "pasted twice": text + "\n" + text,
           "with one tilde more": text + "~", "a mark inside": text[:40] + "\u200b" + text[40:]}
    hold(world.nobody, [row(what, verify + str(world.fresh(each, ".txt")), OK, "genuine") for what, each in good.items()] +
         [row(what, verify + str(world.fresh(each, ".txt")), USAGE, "Copy the whole", "!forged", "!base64url") for what, each in bad.items()] +
         [row(what, f"credential verify --no-holder {world.fresh(each, '.txt')}", OK, "genuine") for what, each in
          (("without its holder", bare), ("without the last tilde", bare[:-1]))])


# ---- where the wallet connects; causes and exit codes -------------------------------------------------------------------------

def configurations_are_read_or_refused(world):
    home = world.folder.parent / "configured"
    home.mkdir()
    plain = world.learner.passphrase
    tries = [('endpoints = "127.0.0.1:49203"', "line 1: endpoints is not a list"), ('endpoints = ["127.0.0.1:99999"]', '"127.0.0.1:99999"'),
             ('endpoints = ["ledger.test:7601"]\ntls_root = "/nowhere/root.pem"', "line 2: tls_root: cannot open /nowhere/root.pem"),
             ('endpoints = ["127.0.0.1:0"]', '"127.0.0.1:0"'), ('endpoints = ["127.0.0.1:+80"]', '"127.0.0.1:+80"'),
             ('endpoints = {a = "127.0.0.1:1"}', "line 1: endpoints is not a list"), ('tls_root = ""', "line 1: tls_root"),
             (f'endpoints = ["ledger.test:1"]\ntls_root = "{home}"', "is not a file"),
             ('endpoints = ["127.0.0.1:1"]\n\nEndpoints = ["127.0.0.1:2"]', "line 3: Endpoints is no key"),
             ('endpoints = ["127.0.0.1:1"', ":1: not TOML"), ('endpoints = ["::1:7601"]', '"::1:7601"'),
             *[(f'endpoints = ["ledger.test:1"]\ntls_root = "{world.fresh(text, ".pem")}"', "line 2: tls_root") for text in (
                 "", "hello\n", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")]]
    wrong = []
    for text, word in tries:
        (home / "config.toml").write_text(text + "\n")
        code, said = typed(home, "node", "status", passphrase=plain)
        if code != USAGE or "config.toml" not in said or word not in said:
            wrong.append(f"{text}: {code}: {said[:300]}")
    (home / "config.toml").unlink()
    (home / "config.toml").mkdir()
    code, said = typed(home, "node", "status", passphrase=plain)
    if code != USAGE or "config.toml" not in said:
        wrong.append(f"a folder in its place: {code}: {said[:300]}")
    require(not wrong, "\n".join(wrong))
    (home / "config.toml").rmdir()
    (home / "config.toml").write_text(f'\ufeffendpoints = ["{world.endpoint}"]\n')
    hold(home, [row("a byte-order mark before it", "node status", OK, passphrase=plain),
                row("--tls-root that is not", "--tls-root /nowhere/root.pem node status", USAGE, "/nowhere/root.pem", passphrase=plain),
                row("--endpoint without a port", "--endpoint 127.0.0.1 node status", USAGE, '"127.0.0.1"', passphrase=plain)])


def causes_keep_their_exit_code(world):
    claim, code = world.claims("spring")["S2"]
    without = ["registry institution ut.ee", "registry institutions", f"check {'0' * 64}", "node status", f"trust graph --out {world.folder / 'none.json'}",
               "trust explain ut.ee", "trust grant ut.ee", "ledger follow"]
    unknown = ["registry institution nobody.example", f"check {'0' * 64}", f"accreditation withdraw {NOBODY}", "trust grant nobody.example"]
    hold(world.agency, [row(each, f"--endpoint {NOWHERE} {each}", UNREACHABLE, NOWHERE) for each in without + ["accreditation grant ut.ee"]] +
         [row(each, each, UNKNOWN) for each in unknown])
    imported = ["credential", "import", claim, "--code-file", code]
    hold(world.learner, [row("an import", imported, OK), row("the same again", imported, FAILURE, "in the wallet already"),
                         row("without a network", [*imported, "--endpoint", NOWHERE], FAILURE, "in the wallet already"),
                         row("with a wrong code", ["credential", "import", claim, "--code-file", world.write("wrong.code", "11111-11111-11111-11111\n")],
                             PASSWORD)])


NOBODY = "nobody.example"


# In turn, because they use the same homes; what each needs, an earlier one left.
TOGETHER = [("nothing dead is issued", nothing_dead_is_issued), ("no refusal lasts", no_refusal_lasts),
            ("no output destroys anything", no_output_destroys_anything), ("many programs lose nothing", many_programs_lose_nothing),
            ("a day is a day", a_day_is_a_day), ("what is said is ended as it is said", what_is_said_is_ended_as_it_is_said), ("texts hold no mark that nobody sees", texts_hold_no_mark_that_nobody_sees),
            ("one reader of tables", one_reader_of_tables), ("what is pasted is read", what_is_pasted_is_read),
            ("backups are named", backups_are_named), ("causes keep their exit code", causes_keep_their_exit_code),
            ("facts are checked by meaning", facts_are_checked_by_meaning), ("registers are read by meaning", registers_are_read_by_meaning),
            ("a report is sent once", a_report_is_sent_once), ("credentials name the issuer of now", credentials_name_the_issuer_of_now)]
# With homes of their own, in a process beside the others.
APART = [("passphrases are what people type", passphrases_are_what_people_type),
         ("words are read as people carry them", words_are_read_as_people_carry_them),
         ("configurations are read or refused", configurations_are_read_or_refused), *case_nodes.LAWS]


def try_all(world, laws):
    """Every law; which of them do not hold."""
    broken = []
    for law, test in laws:
        begun = time.monotonic()
        read_days()
        try:
            test(world)
            say(f"{law} ({time.monotonic() - begun:.0f} s)")
        except (Failed, subprocess.TimeoutExpired, OSError) as problem:  # the others are tried all the same
            say(f"{law}: {problem}")
            if TODAY == today():
                broken.append(law)
            else:
                say(f"{law}: not judged, for the day ended in the middle of it")
    return broken


def begin_apart(world):
    """The laws of APART in another process. Its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with_parent()
            world.folder = world.folder.parent / "apart"
            world.folder.mkdir()
            code = 1 if try_all(world, APART) else 0
        finally:
            os._exit(code)  # never into what the other process ends and removes
    return child


def body(network, folder):
    world = World(network, folder)
    world.learner.run("wallet", "init", "--words-file", world.folder / "ada.words")
    if not SHARED.is_dir():
        say("../shared/cases is not here: only the neighbours are tried")
    apart = begin_apart(world)
    index = prepare_awards(world)
    broken = try_all(world, [("an option and a column mean what they say", lambda each: options_mean_what_they_say(each, index)),
                             ("final acts name whom they hit", lambda each: final_acts_name_whom_they_hit(each, index)), *TOGETHER])
    _, code = os.waitpid(apart, 0)
    require(not broken and code == 0, "; ".join(broken) or "a law that was tried apart")


if __name__ == "__main__":
    run_test("cases", body, nodes=2, machine=OneRuns())
