"""The main job of Testamur end to end, on real processes: run it through scripts/demo.

Every step prints the command that a person would type and what came back. A verdict other than the expected one ends the
demo with exit code 1. The demo uses ports on the loopback interface only and leaves nothing running."""

import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("TESTAMUR_BIN", ROOT / "build" / "release" / "bin"))
SHARED_UNIVERSITIES = ROOT.parent / "shared" / "data" / "universities.csv"
LEARNERS = 200
WITH_WALLET = 3

# Facts about real universities, for machines without the longer list.
BUILT_IN = [
    ("University of Vienna", "AT", "univie.ac.at"), ("University of Helsinki", "FI", "helsinki.fi"),
    ("Universidade de Lisboa", "PT", "ulisboa.pt"), ("University of Tartu", "EE", "ut.ee"),
    ("Ghent University", "BE", "ugent.be"), ("Uppsala University", "SE", "uu.se"),
    ("University of Bologna", "IT", "unibo.it"), ("Masaryk University", "CZ", "muni.cz"),
]
GIVEN = ["Ada", "Amir", "Anouk", "Bela", "Chiara", "Dilan", "Elif", "Emeka", "Freja", "Goran", "Hana", "Ines", "Jonas",
         "Katri", "Liam", "Mette", "Nuno", "Olena", "Pavel", "Rosa", "Sofia", "Tariq", "Urte", "Yusuf", "Zoe"]
FAMILY = ["Andersen", "Bianchi", "Costa", "Dvorak", "Eriksson", "Fischer", "Gruber", "Horvat", "Ivanova", "Jansen",
          "Korhonen", "Lindqvist", "Moreau", "Novak", "Okafor", "Papadopoulos", "Rossi", "Silva", "Tamm", "Yilmaz"]

# Council Recommendation 2022/C 243/02, Annex I.
MANDATORY_ELEMENTS = ["learner", "title", "country", "awarding body", "date of issuing", "learning outcomes", "workload (ECTS)",
                      "level (EQF)", "type of assessment", "form of participation", "quality assurance"]

failures = []


def say(text):
    print(text, flush=True)


def title(number, text):
    say(f"\n\033[1m{number}. {text}\033[0m" if sys.stdout.isatty() else f"\n{number}. {text}")


def pick_universities(count):
    """Four names, countries and domains: from the long list where it is there, always the same ones."""
    if SHARED_UNIVERSITIES.exists():
        with open(SHARED_UNIVERSITIES, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file)
                    if row["country_code"] in {"AT", "DE", "FI", "NL", "PT", "EE", "IT", "SE", "CZ", "BE"}
                    and row["name"].isascii() and len(row["name"]) < 40]
        chosen = random.Random(20260101).sample(rows, count)
        return [(row["name"], row["country_code"], row["domain"]) for row in chosen]
    return BUILT_IN[:count]


def write_class(path):
    """A class list as a student system exports it. Names are made up."""
    rng = random.Random(7)
    rows = []
    for i in range(LEARNERS):
        rows.append({
            "student": f"S{2026000 + i}", "given_name": rng.choice(GIVEN), "family_name": rng.choice(FAMILY),
            "birthdate": f"{rng.randint(1985, 2006)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            "award_date": "2026-06-30", "grade": rng.choice(["A", "B", "C"]), "grading_scheme": "ECTS A-F",
        })
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


ACHIEVEMENT = """# A micro-credential, as its university describes it to the world.
number = 1
version = 1
award_kind = "skill"
award_type = "microcredential"
ects = "3"
workload_hours = 75
eqf = 6
fields = ["0613"]
assessment = ["project", "written_examination"]
participation = "blended"
quality_assurance = "esg"
quality_text = { en = "Internal review every three years under the ESG" }
languages = ["en"]
identity_check = "supervised_onsite"
stackability = "stackable"
prerequisites = { en = "Programming in any language" }
grading = { en = "ECTS A-F" }

[titles]
en = "Secure Software Engineering"
de = "Sichere Softwareentwicklung"

[[outcomes]]
en = "Models threats against a system and derives testable requirements"
esco = ["http://data.europa.eu/esco/skill/b3ab4e4d-5f3a-4a37-8b4b-2f3a3f0c2d51"]

[[outcomes]]
en = "Reviews code for memory safety and input validation"
"""


class University:
    def __init__(self, number, facts, folder, endpoints):
        self.name, self.country, self.domain = facts
        self.number = number
        self.home = folder / "homes" / f"university{number}"
        self.endpoint = endpoints[number - 1]


class Demo:
    def __init__(self, folder):
        self.folder = folder
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text("a long passphrase for the demo\n")
        self.passphrase.chmod(0o600)
        # Where no home is named it is the verifier's: whoever runs the demo keeps an own home that trusts another ledger.
        os.environ["TESTAMUR_HOME"] = str(folder / "homes" / "verifier")

    def run(self, arguments, home=None, endpoints=(), expect=0, as_json=True, show=True, typed=None):
        """One command of `testamur`. Returns its JSON answer."""
        command = [str(BIN / "testamur")]
        if home is not None:
            command += ["--home", str(home)]
        for endpoint in endpoints:
            command += ["--endpoint", endpoint]
        command += ["--passphrase-file", str(typed or self.passphrase), "--yes", "--quiet"]
        if show:
            say("   $ testamur " + " ".join(quote(argument) for argument in arguments))
        done = subprocess.run(command + ["--json"] + arguments, capture_output=True, text=True)
        if done.returncode != expect:
            failures.append(" ".join(arguments))
            say(f"   !! exit code {done.returncode}, expected {expect}: {done.stdout.strip()[:400]} {done.stderr.strip()[:400]}")
            if not as_json:
                return None
        try:
            return json.loads(done.stdout) if done.stdout.strip() else {}
        except json.JSONDecodeError:
            failures.append("no JSON from " + " ".join(arguments))
            return {}

    def await_calm(self, endpoints):
        """Until no node has an obstacle: those that have just begun do not know each other yet."""
        command = [str(BIN / "testamur"), "--quiet", *[word for each in endpoints for word in ("--endpoint", each)], "node", "status"]
        for _ in range(150):
            if subprocess.run(command, capture_output=True).returncode == 0:
                return
            time.sleep(0.2)

    def text(self, arguments, home=None, endpoints=(), expect=0):
        """One command, its text shown as a person sees it."""
        command = [str(BIN / "testamur")]
        if home is not None:
            command += ["--home", str(home)]
        for endpoint in endpoints:
            command += ["--endpoint", endpoint]
        command += ["--passphrase-file", str(self.passphrase), "--yes", "--quiet"]
        say("   $ testamur " + " ".join(quote(argument) for argument in arguments))
        done = subprocess.run(command + arguments, capture_output=True, text=True)
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            say("     " + line)
        if done.returncode != expect:
            failures.append(" ".join(arguments))
            say(f"   !! exit code {done.returncode}, expected {expect}")


def quote(argument):
    text = str(argument)
    return f'"{text}"' if " " in text else text


def devnet(arguments):
    return subprocess.run([str(ROOT / "scripts" / "devnet")] + arguments, check=True, capture_output=True, text=True).stdout


def verdict(what, got, expected):
    good = got == expected
    say(f"   {'ok' if good else '!!'}  {what}: {got}" + ("" if good else f", expected {expected}"))
    if not good:
        failures.append(what)


def set_up(demo, folder):
    facts = pick_universities(4)
    parties = folder / "parties.csv"
    with open(parties, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(facts)
    say(f"   $ scripts/devnet up --nodes 4 --dir {folder}/net")
    devnet(["up", "--nodes", "4", "--dir", str(folder / "net"), "--parties", str(parties)])
    endpoints = (folder / "net" / "endpoints").read_text().split()
    universities = [University(i + 1, facts[i], folder, endpoints) for i in range(4)]
    for university in universities:
        university.home.mkdir(parents=True)
        (university.home / "config.toml").write_text(
            "endpoints = [" + ", ".join(f'"{e}"' for e in [university.endpoint] + [x for x in endpoints if x != university.endpoint]) + "]\n")
        say(f"   {university.name}, {university.country} ({university.domain}) runs the validator at {university.endpoint}")
    demo.await_calm(endpoints)
    status = demo.run(["node", "status"], endpoints=endpoints)
    verdict("nodes in agreement", len(status.get("nodes", [])), 4)
    for university in universities:
        profile = demo.run(["issuer", "init", "--keys", str(folder / "net" / f"issuer-keys{university.number}")],
                           home=university.home, show=university.number == 1)
        university.id = profile.get("institution", "")
    return universities, endpoints


def main_job(folder):
    demo = Demo(folder)
    title(1, "Four universities start a ledger together")
    universities, endpoints = set_up(demo, folder)
    a, b, c, d = universities

    title(2, "Whom they trust")
    say(f"   {b.name} knows the courses of {a.name}; {c.name} trusts {b.name}, its own awards and those that it speaks for.")
    say(f"   {d.name} has said nothing yet.")
    demo.text(["trust", "grant", a.id, "--amount", "120", "--depth", "0", "--field", "06"], home=b.home)
    demo.text(["trust", "grant", b.id, "--amount", "120", "--depth", "2"], home=c.home)

    title(3, f"{a.name} publishes what it awards, and issues to a class of {LEARNERS}")
    achievement_file = folder / "achievement.toml"
    achievement_file.write_text(ACHIEVEMENT)
    published = demo.run(["issuer", "achievement", "publish", str(achievement_file)], home=a.home)
    achievement = published.get("achievement", "")
    rows = write_class(folder / "class.csv")
    requests = folder / "requests"
    requests.mkdir()
    wallets = []
    for i in range(WITH_WALLET):
        wallet = folder / "homes" / f"learner{i + 1}"
        demo.run(["wallet", "init", "--words-file", str(folder / f"words{i + 1}")], home=wallet, show=i == 0)
        demo.run(["wallet", "request", "--issuer", a.domain, "--student", rows[i]["student"], "--out",
                  str(requests / f"{rows[i]['student']}.request")], home=wallet, endpoints=[a.endpoint], show=i == 0)
        wallets.append(wallet)
    batch = demo.run(["issuer", "batch", "issue", "--csv", str(folder / "class.csv"), "--achievement", achievement,
                      "--requests", str(requests), "--name", "spring"], home=a.home)
    verdict("credentials issued", batch.get("count"), LEARNERS)
    awards = {award["student"]: award for award in batch.get("awards", [])}

    title(4, "A learner takes it into the wallet, and keeps a backup")
    first = awards[rows[0]["student"]]
    demo.text(["credential", "import", first["file"]], home=wallets[0])
    demo.text(["wallet", "backup", str(folder / "ada.backup.age")], home=wallets[0])
    fourth = awards[rows[WITH_WALLET]["student"]]
    codes = {row["student"]: row["code"] for row in demo.run(["issuer", "batch", "codes", "spring"], home=a.home).get("codes", [])}
    newcomer = folder / "homes" / "newcomer"
    demo.run(["wallet", "init", "--words-file", str(folder / "words-newcomer")], home=newcomer, show=False)
    code_file = folder / "claim-code"
    code_file.write_text(codes.get(fourth["student"], "") + "\n")
    say("   A learner without a wallet until today opens the claim file with the code from the registrar:")
    imported = demo.run(["credential", "import", fourth["file"], "--code-file", str(code_file)], home=newcomer)
    verdict("key of the credential", imported.get("holder_key"), "issuer-made")
    code_file.write_text("00000-00000-00000-00000\n")
    demo.run(["credential", "import", fourth["file"], "--code-file", str(code_file)], home=newcomer, expect=4, show=False)

    title(5, "A verifier checks the hash at three nodes, then a whole presentation")
    commitment = first["commitment"]
    say(f"   At {c.name}, which accepts {a.name} through {b.name}:")
    demo.text(["check", commitment], endpoints=[c.endpoint])
    answer = demo.run(["check", commitment], endpoints=[c.endpoint], show=False)["answers"][0]
    slot = answer["slots"][0]
    verdict("issuer", slot["issuer"]["name_now"], a.name)
    verdict("status", slot["status"]["effective_status"], "valid")
    decisions = {decision["point"]: decision for decision in slot["decisions"]}
    verdict("accepted today", decisions["today"]["outcome"], "accept")
    through = [hop["subject"]["name_now"] for path in decisions["today"]["paths"] for hop in path["hops"]]
    verdict("through", " > ".join(through), f"{b.name} > {a.name}")
    say(f"   At {d.name}, which trusts nobody yet:")
    other = demo.run(["check", commitment], endpoints=[d.endpoint], expect=8)
    verdict("accepted there", other["answers"][0]["slots"][0]["decisions"][0]["outcome"], "refuse")
    say("   A hash that nobody issued:")
    demo.run(["check", "00" * 32], endpoints=[c.endpoint], expect=9)
    shown = folder / "shown.txt"
    demo.text(["credential", "present", "--claim", "title", "--claim", "given_name", "--claim", "family_name", "--claim", "award_date",
               "--claim", "ects_hundredths", "--claim", "eqf_level", "--audience", "Employer", "--nonce", "n-7f3a", "--out", str(shown)],
              home=wallets[0])
    verified = demo.run(["credential", "verify", str(shown), "--audience", "Employer", "--nonce", "n-7f3a"], endpoints=[c.endpoint])
    elements = [element for element in verified.get("elements", []) if element["name"] in MANDATORY_ELEMENTS]
    for element in elements:
        say(f"     {element['name']:<28} {element.get('value') or '-':<58.58} {element.get('source', '')}")
    present = [element for element in elements if element.get("value")]
    verdict("mandatory EU elements carried", len(present), 11)
    demo.run(["credential", "verify", str(shown), "--audience", "Somebody else", "--nonce", "n-7f3a"], endpoints=[c.endpoint], expect=5)

    title(6, "It is revoked, and the next check says so")
    demo.text(["issuer", "status", "revoke", "--student", rows[0]["student"], "--reason", "correction"], home=a.home)
    demo.text(["check", commitment], endpoints=[c.endpoint], expect=6)
    demo.run(["credential", "verify", str(shown), "--audience", "Employer", "--nonce", "n-7f3a"], endpoints=[c.endpoint], expect=6)

    title(7, f"{d.name} joins the circle; {c.name} changes its mind")
    demo.text(["trust", "grant", c.id, "--amount", "120", "--depth", "2"], home=d.home)
    demo.text(["trust", "distrust", a.id, "--reason", "quality_concern"], home=c.home)
    second = awards[rows[1]["student"]]["commitment"]
    blocked = demo.run(["check", second], endpoints=[c.endpoint], expect=8)
    today = {decision["point"]: decision for decision in blocked["answers"][0]["slots"][0]["decisions"]}["today"]
    verdict("accepted after that", today["outcome"], "blocked")

    title(8, "Nothing about a learner is on the ledger")
    verdict("learners' names, ids and keys found in the nodes' directories", scan(folder / "net", rows, folder / "homes"), 0)


def scan(net, rows, homes):
    """Searches every byte that the nodes wrote for what the class list says of people."""
    needles = set()
    for row in rows:
        needles.update({row["student"].encode(), (row["given_name"] + " " + row["family_name"]).encode()})
    found = 0
    for path in net.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        found += sum(needle in content for needle in needles)
    return found


def main():
    keep = "--keep" in sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="testamur-demo-"))
    started = time.monotonic()
    try:
        main_job(folder)
    except Exception as problem:  # the demo must stop its nodes whatever happens
        failures.append(f"{type(problem).__name__}: {problem}")
    finally:
        subprocess.run([str(ROOT / "scripts" / "devnet"), "down", "--dir", str(folder / "net")], capture_output=True)
        if keep:
            say(f"\nkept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - started
    if failures:
        say(f"\ndemo: {len(failures)} unexpected: " + "; ".join(failures))
        return 1
    say(f"\ndemo: every verdict was as expected ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
