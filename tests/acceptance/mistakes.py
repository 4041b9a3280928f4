"""Mistakes that people make at the command line, and what they read: each with its exit code and the words that must be there, against real
nodes. `scripts/mistakes` writes docs/mistakes.md from the same table. Then the causes: whatever command meets them, no node is 7 and an
unknown name is 9."""

import json
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

from network import BIN, ROOT, registrar, require, run_test, say, with_parent

OK, FAILURE, USAGE, CANCELLED, PASSWORD, INVALID, UNREACHABLE, UNKNOWN = 0, 1, 2, 3, 4, 5, 7, 9
NOWHERE = "127.0.0.1:1"

ACHIEVEMENT = """number = 77
version = 1
award_kind = "skill"
award_type = "microcredential"
ects = "3"
eqf = 6
fields = ["0613"]

[titles]
en = "Secure Software Engineering"
de = "Prüfung sicherer Systeme"
"""

FILES = {
    "achievement.toml": ACHIEVEMENT,
    "achievement-gap.toml": ACHIEVEMENT.replace("version = 1", "version = 3"),
    "achievement-next.toml": ACHIEVEMENT.replace("version = 1", "version = 2"),
    "achievement-broken.toml": ACHIEVEMENT.replace('ects = "3"', 'ects = "three"').replace("eqf = 6", "eqf = 9"),
    "class.csv": "student,given_name,family_name\nS1,Ada,Ekman\nS2,Bo,Lindqvist\n",
    "class-autumn.csv": "student,given_name,family_name\nS1,Ada,Ekman\nS3,Cy,Berg\n",
    "class-zeros.csv": "student,given_name,family_name\n0012345,Ada,Ekman\n12345,Bo,Lindqvist\n",
    "class-ects.csv": "student,given_name,family_name,ects_hundredths\nE1,Ada,Ekman,3\n",
    "class-eqf.csv": "student,given_name,family_name,eqf_level\nE1,Ada,Ekman,7\n",
    "class-title.csv": "student,given_name,family_name,title\nE1,Ada,Ekman," + unicodedata.normalize("NFD", "Prüfung sicherer Systeme") + "\n",
    "class-new.csv": "student,given_name,family_name\nN1,Ada,Ekman\n",
    "revoke-excel.csv": "student\n12345\n",
    "revoke-batch.csv": "student,batch\nS1,autumn\n",
    "class-2099.csv": "student,given_name,family_name,award_date\nE1,Ada,Ekman,2099-01-01\n",
    "revoke-semicolons.csv": "student;batch\nS1;autumn\n",
    "revoke-typo.csv": "student,bacth\nS1,autumn\n",
    "revoke-disagree.csv": "student,index\nS2,%INDEX_OF_S1%\n",
    "new-domain.toml": 'country = "AT"\ndomain = "new-name.example"\n[legal_names]\nen = "University of Vienna"\n',
}


class Case:
    """A command as somebody types it, how it ends, and what must be read. `after` looks at what became of it."""

    def __init__(self, title, command, exit_code, *words, yes=True, after=None):
        self.title, self.command, self.exit_code, self.words = title, command, exit_code, words
        self.yes, self.after = yes, after


class Office:
    """A registrar's home, used as a person uses it: text, no --json."""

    def __init__(self, network, folder):
        self.network = network
        self.folder = folder / "work"
        self.folder.mkdir()
        self.home = registrar(network, 1, folder)
        self.wrong = folder / "wrong.passphrase"
        self.wrong.write_text("another passphrase\n")
        self.wrong.chmod(0o600)
        self.facts = {}
        for name, text in FILES.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def prepare(self):
        self.facts["ACH"] = self.home.run("issuer", "achievement", "publish", self.folder / "achievement.toml")["achievement"]
        for csv, name in (("class.csv", "spring"), ("class-autumn.csv", "autumn"), ("class-zeros.csv", "zeros")):
            again = ["--again"] if name == "autumn" else []
            issued = self.home.run("issuer", "batch", "issue", "--csv", self.folder / csv, "--achievement", self.facts["ACH"],
                                   "--name", name, *again)
            if name == "spring":
                used = {award["index"] for award in issued["awards"]}
                self.facts["INDEX_OF_NOBODY"] = str(next(index for index in range(self.next_index() - 16, self.next_index()) if index not in used))
            for award in issued["awards"]:
                self.facts[f"INDEX_{award['student']}_{name}"] = str(award["index"])
        self.home.run("ledger", "follow")
        self.home.run("trust", "grant", self.facts["OTHER"], "--amount", "60", "--depth", "0", "--field", "06", "--slot", "7")
        self.fill("revoke-disagree.csv", "%INDEX_OF_S1%", self.facts["INDEX_S1_spring"])

    def fill(self, name, key, value):
        file = self.folder / name
        file.write_text(file.read_text().replace(key, value))

    def words(self, command):
        return [re.sub(r"\$(\w+)", lambda found: self.facts[found.group(1)], word) for word in command.split()]

    def type(self, case):
        """Exit code and all that is printed."""
        words = self.words(case.command)
        passphrase = self.wrong if "--wrong-passphrase" in words else self.home.passphrase
        words = [word for word in words if word != "--wrong-passphrase"]
        command = [str(BIN / "testamur"), "--home", str(self.home.folder), "--passphrase-file", str(passphrase), "--timeout", "180000",
                   *(["--yes"] if case.yes else []), *words]
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400,
                              preexec_fn=with_parent)
        return done.returncode, done.stderr + done.stdout

    def next_index(self):
        return json.loads((self.home.folder / "issuer" / "next_index.json").read_text())["reserved_until"]


def nothing_reserved(office, _):
    require(office.next_index() == office.facts["NEXT"], "a refusal used up indexes")


def draft_is_there(office, _):
    require((office.folder / "revoke.json").exists(), "no draft was written")


ISSUE = "issuer batch issue --achievement $ACH --csv"
CASES = [
    Case("A draft is written and nothing is sent", "issuer status revoke --student S2 --reason correction --draft revoke.json", OK,
         "nothing was sent; the draft is in revoke.json", "S2", after=draft_is_there),
    Case("A draft that is there stays", "issuer status revoke --student S2 --reason correction --draft revoke.json", (FAILURE, USAGE), "revoke.json"),
    Case("A time that is none", "issuer status revoke --student S2 --send-by nonsense", USAGE, "--send-by", "nonsense"),
    Case("A time without a draft", "issuer status revoke --student S2 --send-by +2h", USAGE, "--send-by belongs to --draft FILE"),
    Case("A time that has passed", "trust grant $OTHER --amount 60 --draft grant.json --send-by 2020-01-01", USAGE, "--send-by", "has passed"),
    Case("An index of another batch", "issuer status revoke --index $INDEX_S1_spring --batch autumn", USAGE, "stands in batch spring, not in autumn"),
    Case("A batch that there is not", "issuer status revoke --index $INDEX_S1_spring --batch nosuch", USAGE, 'no batch "nosuch"', '"spring"'),
    Case("A learner with two awards", "issuer status revoke --student S1 --reason withdrawn", USAGE, 'learner "S1" has 2 awards',
         "batch spring", "batch autumn", "--batch", "--reference", "--all"),
    Case("The same without --yes and without a terminal", "issuer status revoke --student S1", USAGE, "has 2 awards", yes=False),
    Case("A list as a spreadsheet writes it", "issuer status revoke --csv revoke-semicolons.csv", USAGE, "semicolon"),
    Case("A column that nobody reads", "issuer status revoke --csv revoke-typo.csv", USAGE, "bacth"),
    Case("A row whose columns disagree", "issuer status revoke --csv revoke-disagree.csv", USAGE, 'an award of learner "S1", not of "S2"'),
    Case("A learner and a reference that disagree", "issuer status suspend --student S2 --reference $REFERENCE_S1 --reason correction", USAGE,
         'an award of learner "S1", not of "S2"'),
    Case("A learner whom nobody knows, but nearly", "issuer status revoke --student s2", USAGE, 'there is "S2": is that who is meant?'),
    Case("A whole batch by accident", "issuer status revoke --batch spring", USAGE, "2 awards", "--all"),
    Case("Nobody named", "issuer status revoke --reason withdrawn", USAGE, "name whom to change"),
    Case("A reason that is none", "issuer status revoke --student S2 --reason because", USAGE, '"because" is no reason'),
    Case("A reason that nobody gave", "issuer status revoke --student S2", CANCELLED, "no --reason was given", '"withdrawn"', "nothing was sent", yes=False),
    Case("A suspension without a reason", "issuer status suspend --student S2", USAGE, "--reason: say why it is suspended", "correction"),
    Case("An index that is nobody's", "issuer status revoke --index $INDEX_OF_NOBODY --reason correction", USAGE, "is no award of batch spring",
         "nothing was changed"),
    Case("The same, to suspend it", "issuer status suspend --index $INDEX_OF_NOBODY --reason correction", USAGE, "is no award of batch spring"),
    Case("A list in which each learner's batch is named", "issuer status suspend --csv revoke-batch.csv --reason correction", OK, "1 award", "S1",
         "batch autumn"),
    Case("The same again", "issuer status suspend --csv revoke-batch.csv --reason correction", OK, "nothing to change", "it is suspended already",
         "batch autumn"),
    Case("Leading zeros that a spreadsheet dropped", "issuer status revoke --csv revoke-excel.csv", OK, '"12345" is not "0012345"',
         "12345, ", "batch zeros", "This cannot be undone"),
    Case("What is revoked cannot be suspended", "issuer status suspend --student 12345 --reason correction", FAILURE, "it is for good revoked",
         "status_final", "nothing was changed"),
    Case("Nor made valid again", "issuer status reinstate --student 12345", FAILURE, "it is for good revoked", "status_final"),
    Case("Nor superseded", "issuer status supersede --student 12345", FAILURE, "it is for good revoked", "status_final"),
    Case("A final act that nobody confirmed", "issuer status revoke --student S3", CANCELLED, "S3", "batch autumn", "nothing was sent", yes=False),
    Case("Credits of another achievement", f"{ISSUE} class-ects.csv --name e1", USAGE, "line 2, column", "0.03 ECTS", "300", after=nothing_reserved),
    Case("A level of another achievement", f"{ISSUE} class-eqf.csv --name e2", (USAGE, INVALID), "6", "7", after=nothing_reserved),
    Case("An award of a day to come", f"{ISSUE} class-2099.csv --name e3", USAGE, "2099-01-01", after=nothing_reserved),
    Case("A validity that is over", f"{ISSUE} class-new.csv --name e4 --expires 2020-01-01", USAGE, "--expires", "2020-01-01",
         after=nothing_reserved),
    Case("The same class under another name", f"{ISSUE} class.csv --name spring-2", USAGE, "held already", "S1", "S2", "batch spring", "--again",
         after=nothing_reserved),
    Case("A wrong passphrase", f"{ISSUE} class-new.csv --name n1 --wrong-passphrase", PASSWORD, "passphrase", after=nothing_reserved),
    Case("A name of a batch that is taken", f"{ISSUE} class-new.csv --name spring", USAGE, "batch resume spring", "batch discard spring", after=nothing_reserved),
    Case("A name of a batch that is a path", f"{ISSUE} class-new.csv --name ../elsewhere", USAGE, "cannot be the name of a batch", after=nothing_reserved),
    Case("Look first", f"{ISSUE} class-new.csv --name n1 --dry-run", OK, "N1", "nothing was issued", after=nothing_reserved),
    Case("Issuing that nobody confirmed", f"{ISSUE} class-new.csv --name n1", CANCELLED, "nothing was issued", yes=False, after=nothing_reserved),
    Case("A batch has no draft", f"{ISSUE} class-new.csv --draft batch.json", USAGE, "--draft"),
    Case("Codes of a batch that there is not", "issuer batch codes autmun", USAGE, 'no batch "autmun"', "autumn"),
    Case("An achievement that was published before", "issuer achievement publish achievement.toml", FAILURE, "what to do", "["),
    Case("An achievement file with mistakes", "issuer achievement publish achievement-broken.toml", USAGE, "achievement-broken.toml", "line"),
    Case("An achievement that the ledger does not know", "issuer achievement retire $OWN/9.9", UNKNOWN, "9.9"),
    Case("An institution that the ledger does not know", "trust grant nobody.example --amount 60", UNKNOWN, "nobody.example"),
    Case("More than full trust", "trust grant $OTHER --amount 999", USAGE, "--amount is 1 to 120", "999"),
    Case("A recognition in the place of another", "trust grant $OTHER --amount 60 --slot 7", CANCELLED, "it takes the place of", "amount 60, depth 0",
         "06", yes=False),
    Case("A recognition that stands already", "trust grant $OTHER --amount 60 --depth 0 --field 06 --slot 7", USAGE, "this stands already",
         "nothing was sent"),
    Case("A field that is only the rest of others", "trust grant $OTHER --amount 60 --field 0699", USAGE, "would stand for all of 06"),
    Case("A role that cannot be taken back", "governance propose admission $OTHER --class accreditor --retroactive", USAGE,
         "--retroactive would have no effect here"),
    Case("Statements of nobody in particular", "registry statements", USAGE, "--by INSTITUTION"),
    Case("A recognition that nobody confirmed", "trust grant $OTHER --depth 0", CANCELLED, "trusts", "its own awards only", yes=False),
    Case("A role that this institution has not", "accreditation grant $OTHER", FAILURE, "has not the role of an accreditor"),
    Case("A proposal that the ledger does not know", "governance vote $NO_TRANSACTION yes", UNKNOWN),
    Case("A command that is none", "issuer batch isue", USAGE, '"isue" is no command of testamur issuer batch', "testamur issuer batch issue"),
    Case("A verb without its noun", "present", USAGE, "did you mean testamur credential present?"),
    Case("A template over a list that is there", "issuer batch template --achievement 77.1 --out class.csv", USAGE, "class.csv"),
    Case("A version that does not follow", "issuer achievement publish achievement-gap.toml --dry-run", FAILURE, "version = 2", "what to do"),
    Case("A dry run of a draft", "issuer achievement publish achievement-next.toml --dry-run --draft next.json", USAGE,
         "--draft would have no effect here"),
    Case("What would stand for good", "issuer achievement publish achievement-next.toml --dry-run", OK, "credits         3 ECTS", "it does not state workload_hours",
         "nothing was sent"),
    Case("Too little of an id", "institution show tmi1qq", USAGE, "at least 8 characters after tmi1"),
    Case("The beginning of no id", "institution show tmi1qqqqqqqqqq", UNKNOWN, "begins none that is known"),
    Case("The ledger of this institution let go", "ledger forget $CHAIN", USAGE, "its institution is registered there", "nothing was forgotten"),
    Case("A ledger that is not trusted", "ledger forget $NO_CHAIN", UNKNOWN, "does not trust"),
    Case("A vault as an output", "trust graph --out $VAULTS/root.age", USAGE, "root.age"),
    Case("No node answers", f"{ISSUE} class-new.csv --name n1 --endpoint {NOWHERE}", UNREACHABLE, NOWHERE, after=nothing_reserved),
]

# Every command that asks a node, with what it needs: without a node each ends with 7.
WITHOUT_A_NODE = [
    "issuer achievement publish achievement.toml", "issuer achievement retire $ACH", "issuer batch issue --csv class-new.csv --achievement $ACH",
    "issuer status revoke --student S2", "issuer status suspend --index $INDEX_S1_spring --reason correction", "issuer status reinstate --reference $REFERENCE_S1",
    "issuer status supersede --csv revoke-batch.csv", "trust grant uni.example", "trust grant $OTHER --amount 60", "trust distrust $OTHER", "trust withdraw $OTHER",
    "trust explain $OTHER", "trust explain uni.example", "trust graph --out graph.json", "trust policy publish policy.toml",
    "key list", "key add credential", "key rotate $NO_KEY", "key retire $NO_KEY", "key show $NO_KEY",
    "institution show", "institution show uni.example", "institution list new-domain.toml", "institution update new-domain.toml", "institution leave",
    "institution succeed merge $OTHER --heir $OWN", "accreditation grant $OTHER", "accreditation withdraw $OTHER", "accreditation grant uni.example",
    "governance list", "governance show $NO_TRANSACTION", "governance vote $NO_TRANSACTION yes", "governance veto $NO_TRANSACTION",
    "governance validators", "governance ready", "governance ready uni.example", "governance evidence", "governance parameters",
    "governance propose suspend uni.example", "governance propose parameter heartbeat_ms 500", "governance propose admission $OTHER --class issuer",
    "ledger follow", "send grant-other.json", "issuer batch template --achievement 77.1", "accreditation list --of uni.example", "accreditation list",
    "institution show tmi1qqqqqqqqqq",
]

# Commands that name an institution, an achievement, a key or a proposal that the ledger does not know: each ends with 9.
UNKNOWN_NAMES = [
    "trust grant nobody.example", "trust distrust nobody.example", "trust withdraw nobody.example", "trust explain nobody.example",
    "trust explain $OTHER --viewpoint nobody.example", "trust explain $OTHER --achievement $OWN/9.9", "institution show nobody.example",
    "institution register party.toml --listed nobody.example", "institution succeed merge nobody.example --heir $OWN", "key list nobody.example",
    "key show $NO_KEY", "key rotate $NO_KEY", "key retire $NO_KEY", "governance show $NO_TRANSACTION", "governance vote $NO_TRANSACTION no",
    "governance propose suspend nobody.example", "governance ready nobody.example", "registry statements --about nobody.example", "issuer achievement retire $OWN/9.9",
    "issuer batch issue --csv class-new.csv --achievement $OWN/9.9", "issuer status revoke --index 999999",
    "issuer batch template --achievement 9.9", "accreditation list --by nobody.example", "institution show tmi1qqqqqqqqqq", "ledger forget $NO_CHAIN",
]


def bech32m(prefix, data):
    """BIP-350."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits, value, words = 0, 0, []
    for byte in data:
        value, bits = value << 8 | byte, bits + 8
        while bits >= 5:
            bits -= 5
            words.append(value >> bits & 31)
    if bits:
        words.append(value << (5 - bits) & 31)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    checksum = 1
    for each in expanded + words + [0] * 6:
        top = checksum >> 25
        checksum = (checksum & 0x1ffffff) << 5 ^ each
        for i, generator in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            checksum ^= generator if top >> i & 1 else 0
    checksum ^= 0x2bc830a3
    return prefix + "1" + "".join(alphabet[word] for word in words + [checksum >> 5 * (5 - i) & 31 for i in range(6)])


def fits(code, expected):
    return code in expected if isinstance(expected, tuple) else code == expected


def make_office(network, folder):
    network.start()
    office = Office(network, folder)
    office.facts.update({"OWN": network.institutions[0], "VAULTS": str(office.home.folder / "issuer"), "OTHER": network.institutions[1],
                         "NO_KEY": bech32m("tmk", bytes([7] * 16)), "NO_TRANSACTION": bech32m("tmx", bytes([7] * 32)),
                         "CHAIN": network.chain, "NO_CHAIN": bech32m("tmn", bytes([7] * 32))})
    office.prepare()
    office.facts["NEXT"] = office.next_index()
    answer = office.home.run("issuer", "status", "suspend", "--index", office.facts["INDEX_S1_spring"], "--reason", "correction", "--draft", office.folder / "unused.json")
    require(answer["awards"][0]["student"] == "S1", f"another award than was named: {answer}")
    office.facts["REFERENCE_S1"] = reference_of(office, office.facts["INDEX_S1_spring"])
    return office


def reference_of(office, index):
    """urn:testamur:1:<first ten bytes of the chain>:<issuer>:<index>."""
    chain = bytes.fromhex(office.network.status_of(1)["chain_id"])
    return f"urn:testamur:1:{bech32m('tmn', chain[:10])}:{office.facts['OWN']}:{index}"


def run_cases(office):
    """Each case with its exit code and text."""
    for case in CASES:
        code, text = office.type(case)
        require(fits(code, case.exit_code), f"{case.title}: exit code {code} instead of {case.exit_code}: {text}")
        for word in case.words:
            require(word in text, f"{case.title}: '{word}' is not in: {text}")
        if case.after:
            case.after(office, text)
        yield case, code, text


def run_causes(office):
    (office.folder / "policy.toml").write_text('[policy]\npreset = "friends"\n')
    party = pathlib.Path(office.network.directory(1)) / "party.toml"
    (office.folder / "party.toml").write_text(party.read_text())
    office.home.run("trust", "grant", office.facts["OTHER"], "--amount", "60", "--depth", "0", "--draft", office.folder / "grant-other.json")
    office.home.run("sign", office.folder / "grant-other.json")
    wrong = []
    for commands, more, expected in ((WITHOUT_A_NODE, f" --endpoint {NOWHERE}", UNREACHABLE), (UNKNOWN_NAMES, "", UNKNOWN)):
        for command in commands:
            code, text = office.type(Case("", command + more, expected))
            if code != expected:
                wrong.append(f"{command}{more}: {code} instead of {expected}: {text.strip()[:300]}")
    require(not wrong, "a cause lost its exit code:\n" + "\n".join(wrong))
    say(f"{len(WITHOUT_A_NODE)} commands without a node end with 7, {len(UNKNOWN_NAMES)} with an unknown name end with 9")


CONFIGURATIONS = [
    ('endpoints = "127.0.0.1:49203"\n', "line 1: endpoints is not a list of texts"),
    ("endpoints = [1]\n", "line 1: endpoints: one of its values is not a text"),
    ('endpoints = ["127.0.0.1:99999"]\n', '"127.0.0.1:99999" is no endpoint'),
    ('endpoints = ["127.0.0.1"]\n', '"127.0.0.1" is no endpoint'),
    ('endpoints = ["https://ledger.example:7601"]\n', "without https://"),
    ('endpoints = []\n', "an empty list"),
    ('# a comment\nendpoints = ["ledger.example:7601"]\ntls_root = "/nowhere/root.pem"\n', "line 3: tls_root: "),
    ("tls_root = 7\n", "line 1: tls_root is not a text"),
    ('endpoint = "127.0.0.1:1"\n', "line 1: endpoint is no key of this file"),
]


def run_configurations(office):
    """A key that is missing and one of the wrong type are two things; neither is ignored."""
    folder = office.folder / "configured"
    folder.mkdir()
    for text, word in CONFIGURATIONS:
        (folder / "config.toml").write_text(text)
        done = subprocess.run([str(BIN / "testamur"), "--home", str(folder), "node", "status"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        require(done.returncode == USAGE and word in done.stderr, f"{text}: {done.returncode} {done.stderr}")
    say(f"{len(CONFIGURATIONS)} broken configurations, each with key and line")


FAKETIME = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


def run_clocks(office):
    """A registrar's clock that is years behind or ahead dates nothing."""
    if FAKETIME is None:
        say("libfaketime is not here: clocks were not tried")
        return
    for when in ("2020-01-01 00:00:00", "2045-01-01 00:00:00"):
        command = office.home.command("issuer", "batch", "issue", "--csv", office.folder / "class-new.csv", "--achievement", office.facts["ACH"])
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=400,
                              env={**os.environ, "LD_PRELOAD": str(FAKETIME), "FAKETIME": f"@{when}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        text = done.stdout + done.stderr
        require(done.returncode == FAILURE and "Set the clock" in text and when[:4] in text, f"at {when}: {done.returncode} {text}")
        nothing_reserved(office, text)
    say("a clock of 2020 and one of 2045 are refused, with both times")


SHARED = ROOT.parent / "shared" / "cases"
# Files of others, where they are: command, exit code, what is read.
SHARED_CASES = [
    ("issuer batch issue --achievement $ACH --name x --csv class-ects-3.csv", USAGE, "0.03 ECTS"),
    ("issuer batch issue --achievement $ACH --name x --csv class-title-nfd.csv", USAGE, "NFD"),
    ("issuer batch issue --achievement $ACH --name x2 --csv class-award-2099.csv", USAGE, "2099-01-01"),
    ("issuer batch issue --achievement $ACH --name x3 --again --dry-run --csv class-tab.txt", OK, "separated by tabs"),
    ("issuer batch issue --achievement $ACH --name x4 --again --dry-run --csv class-sep-line.csv", OK, "sep="),
    ("issuer batch issue --achievement $ACH --name x5 --csv student-zwsp.csv", USAGE, "U+200B"),
    ("issuer batch issue --achievement $ACH --name x6 --csv name-1.csv", USAGE, "line 2"),
    ("issuer batch issue --achievement $ACH --name x7 --csv name-2.csv", USAGE, "line 2"),
    ("issuer batch issue --achievement $ACH --name x8 --csv name-3.csv", USAGE, "line 2"),
    ("issuer batch issue --achievement $ACH --name x9 --csv class-leading-zeros.csv", USAGE, "0012345"),
    ("issuer status revoke --csv revoke-semicolons.csv", USAGE, "semicolon"),
    ("issuer status revoke --csv revoke-student-batch.csv", USAGE, "tA"),
    ("issuer status revoke --csv revoke-after-excel.csv", OK, "12345"),
]


def run_shared(office):
    if not SHARED.is_dir():
        say("the cases of ../shared are not here")
        return
    wrong = []
    for command, expected, word in SHARED_CASES:
        words = [str(SHARED / part) if (SHARED / part).is_file() else part for part in command.split()]
        code, text = office.type(Case("", " ".join(words), expected))
        if not fits(code, expected) or word not in text:
            wrong.append(f"{command}: {code} instead of {expected}, '{word}' in: {text}")
    require(not wrong, "\n".join(wrong))
    say(f"{len(SHARED_CASES)} cases of others end as they should")


def new_domain(office):
    """Verifiers compare with the registry of now: so does the office."""
    facts = office.folder / "renamed.toml"
    current = office.home.run("institution", "show")["institution"]
    facts.write_text(f'country = "{current["name"]["country"]}"\ndomain = "renamed.example"\n[legal_names]\nen = "Renamed University"\n')
    office.home.run("institution", "update", facts)
    office.home.run("issuer", "batch", "issue", "--csv", office.folder / "class-new.csv", "--achievement", office.facts["ACH"], "--name", "renamed")
    say("after a change of domain the credentials name the new one, and verify")


def body(network, folder):
    office = make_office(network, folder)
    done = sum(1 for _ in run_cases(office))
    say(f"{done} mistakes end as they should")
    run_causes(office)
    run_configurations(office)
    run_clocks(office)
    run_shared(office)
    new_domain(office)


if __name__ == "__main__":
    run_test("mistakes", body, nodes=int(sys.argv[1]) if len(sys.argv) > 1 else 4)
