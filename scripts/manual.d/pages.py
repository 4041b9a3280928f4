"""Manual pages: one of each program, and of `testamur` one for each noun. What is the same on all pages is said here, once."""

import re
import textwrap

from tree import ROOT

DAY = "@DAY@"  # in the place of the day on which a page changed
EXAMPLES = 4   # on a page, where the documents show so many commands of it


class Program:
    """What a program does not say in its help."""

    def __init__(self, section, about, document, examples, files, environment):
        self.section = section
        self.about = about
        self.document = document    # with the table of exit codes
        self.examples = examples    # the documents that show commands; the first that shows one is taken
        self.files = files
        self.environment = environment


PROGRAMS = {
    "testamur": Program(1, "the command line of learners, issuers and verifiers", "docs/cli.md", [
        *(f"docs/start-{role}.md" for role in ("learner", "registrar", "verifier", "agency", "auditor", "operator")),
        "docs/operating.md", "docs/cli.md",
    ], [
        ("~/.testamur", "The home, where `--home` and `TESTAMUR_HOME` name no other. What follows stands in it."),
        ("config.toml", '`endpoints = ["host:port", …]` and `tls_root = "…"`, for what `--endpoint` and `--tls-root` do not say.'),
        ("wallet.age", "A learner's vault; `wallet.age.previous` is what it held before the last change."),
        ("wallet.keys", "How many of its keys were given out, so that a vault of before that is put back gives none of them out again."),
        ("issuer/PURPOSE.age", "An institution's vaults: root, issue, govern and credential."),
        ("issuer/party.toml", "The institution's public facts and keys, for the ceremony that begins a ledger."),
        ("issuer/issuer.json", "The ledger and the institution's id on it."),
        ("issuer/batches/NAME/", "A batch: its state, claim files, codes and register."),
        ("outbox/", "Signed transactions that have not ended."),
        ("ledgers/", "The ledgers that this home trusts, as far as they were followed."),
        (".lock", "Held by the program that changes the home now."),
    ], [
        ("TESTAMUR_HOME", "The home, where `--home` names none."),
        ("HOME", "The folder of `.testamur`, where neither names one."),
        ("NO_COLOR", "Not empty: no colours."),
        ("https_proxy, no_proxy", "The way to nodes on other machines, as the gRPC library reads it."),
    ]),
    "testamurd": Program(8, "one institution's node of a ledger of credentials", "docs/operating.md", [
        "docs/start-operator.md", "docs/operating.md",
    ], [
        ("testamurd.toml", "The configuration, where `--config` names no other; the service of the Debian package reads "
                           "/etc/testamur/testamurd.toml. It says where the files are that follow; relative paths begin at its folder."),
        ("keys/consensus.key", "The validator's voting key. Never copy it: two nodes with one key contradict each other."),
        ("keys/transport.key", "The key of the connections to other nodes."),
        ("data/", "Votes, blocks, state, evidence and decisions."),
        ("genesis.bin", "The genesis record of the ledger."),
        ("party.toml", "The node's public facts and keys, for the other institutions."),
        ("admin.sock", "The operator's interface of the running node, for its own user only."),
        ("/var/lib/testamur", "Keys and data of the Debian package's node."),
    ], [
        ("NOTIFY_SOCKET", "Where the node says that it is ready and that it stops, as sd_notify(3) describes it."),
    ]),
}


def roff(text):
    """Text for man: `words` are bold, and no character depends on the reader's locale."""
    for plain, escaped in (("\\", "\\e"), ("-", "\\-"), ("~", "\\(ti"), ("^", "\\(ha"), ("'", "\\(aq")):
        text = text.replace(plain, escaped)
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = "".join(letter if ord(letter) < 128 else f"\\[u{ord(letter):04X}]" for letter in text)
    return "\\&" + text if text.startswith(".") else text


def tagged(rows):
    return "".join(f".TP\n.B {roff(tag)}\n{roff(about)}\n" for tag, about in rows)


def wrapped(page):
    """Short lines, as man wants them; a macro and what is shown as it is typed stay whole."""
    lines, whole = [], False
    for line in page.splitlines():
        whole = line == ".nf" or (whole and line != ".fi")
        more = [line] if whole or line.startswith(".") else textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)
        lines += [f"\\&{each}" if number and each.startswith(".") else each for number, each in enumerate(more)]
    return "\n".join(lines) + "\n"


def section(title, text):
    return f".SH {title}\n{text}" if text else ""


def argument(row):
    """An option or a positional argument: what is typed, its bounds, its text."""
    shown = ", ".join(f"\\fB{roff(name)}\\fR" for name in row.names)
    if row.value:
        shown += f" \\fI{ {'file': 'FILE', 'folder': 'DIR'}.get(row.kind, row.value) }\\fR" + (" ..." if row.many else "")
    bounds = [row.range] if row.range else []
    bounds += ["required"] if row.required else []
    bounds += [f"{limit.lower()} {other}" for limit, other in re.findall(r"(Needs|Excludes): (\S+)", row.limits)]
    about = " ".join([row.about, *(f"({bound})" for bound in bounds)])
    return f".TP\n{shown}\n{roff(about)}\n"


def synopsis(commands):
    return ".br\n".join(f".B {roff(command.words)}\n{roff(command.usage)}\n" for command in commands)


def described(command):
    """A command below the noun of a page, or a program's command without further ones."""
    return (f".SS {roff(command.words)}\n{roff(command.about)}\n"
            + "".join(argument(row) for row in command.positionals + command.options))


def typed_in(document, program):
    """The commands that a document shows, in a line each, without the remark behind them."""
    for line in (ROOT / document).read_text().splitlines():
        found = re.match(rf"\s*(?:\$ )?({program} \S.*)$", line)
        typed = re.split(r"\s{2,}|\s#", found[1])[0] if found else ""
        if typed and not re.search(r"[|…\\\[]", typed):
            yield typed


def examples(commands):
    """Those of the help; then what the documents show of the other commands."""
    shown = {command.words: line for command in commands for line in command.examples}
    program = commands[0].program
    for typed in (typed for document in PROGRAMS[program].examples for typed in typed_in(document, program)):
        command = next((each for each in commands if not each.commands and f"{typed} ".startswith(f"{each.words} ")), None)
        if command and len(shown) < EXAMPLES:
            shown.setdefault(command.words, typed)
    lines = "".join(f"{roff(line)}\n" for line in dict.fromkeys(shown.values()))
    return f".nf\n{lines}.fi\n" if lines else ""


def exit_codes(document):
    """The table under "Exit codes" of a document: the only list of them."""
    text = (ROOT / document).read_text().split("\n## Exit codes\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (\d+) \| (.*?) \|$", text, re.MULTILINE)


def page(name, about, program, parts, commands, related):
    """A whole page; `parts` are the sections that are its own."""
    facts = PROGRAMS[program]
    head = f'.TH {roff(name.upper())} {facts.section} {DAY} "Testamur" "Testamur"\n.nh\n.ad l\n'
    own = section("NAME", f"{roff(name)} \\- {roff(about)}\n") + "".join(section(*part) for part in parts)
    precedence = "Where several apply, the first of this list wins.\n" if program == "testamur" else ""
    same = (section("EXAMPLES", examples(commands)) + section("EXIT STATUS", precedence + tagged(exit_codes(facts.document)))
            + section("FILES", tagged(facts.files)) + section("ENVIRONMENT", tagged(facts.environment)))
    others = "".join(f".BR {roff(other)} ({number}),\n" for other, number in related)
    last = section("SEE ALSO", f"{others}{roff(facts.document)} of the sources or of the package testamur\\-doc\n")
    return wrapped(head + own + same + last)


def overview(top):
    """The page of a program: its options, the pages of its nouns, and every command that has no page of its own."""
    facts, nouns = PROGRAMS[top.program], nouns_of(top)
    own = [command for command in top.all() if command is not top and not any(command in noun.all() for noun in nouns)]
    listed = "".join(f".TP\n.BR {roff(name_of(noun))} (1)\n{roff(noun.about)}\n" for noun in nouns)
    shown = listed + "".join(described(command) for command in own)
    related = [(name_of(noun), 1) for noun in nouns] + [(other, PROGRAMS[other].section) for other in PROGRAMS if other != top.program]
    hint = ".PP\nWhat belongs to one noun has a page of its own.\n" if nouns else ""
    parts = [("SYNOPSIS", synopsis([top])), ("DESCRIPTION", f"{roff(top.about)}.\n{hint}"),
             ("OPTIONS", "".join(argument(row) for row in top.options)), ("COMMANDS", shown)]
    return page(top.program, facts.about, top.program, parts, own, related)


def noun_page(noun):
    commands = list(noun.all())[1:]
    parts = [("SYNOPSIS", synopsis([command for command in commands if not command.commands])),
             ("DESCRIPTION", f"{roff(noun.about)}.\n.PP\nThe options that all commands take are those of\n.BR {noun.program} (1).\n"),
             ("COMMANDS", "".join(described(command) for command in commands))]
    return page(name_of(noun), noun.about, noun.program, parts, commands, [(noun.program, 1)])


def name_of(noun):
    return noun.words.replace(" ", "-")


def nouns_of(top):
    """The commands with a page of their own: of `testamur` those that have commands."""
    return [command for command in top.commands if command.commands] if top.program == "testamur" else []


def pages(top):
    """Every page of a program: {name of the file: text}."""
    number = PROGRAMS[top.program].section
    return {f"{top.program}.{number}": overview(top)} | {f"{name_of(noun)}.{number}": noun_page(noun) for noun in nouns_of(top)}
