"""What testamur and testamurd say of themselves: every command with its options, read from `--help`."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("TESTAMUR_BIN", ROOT / "build" / "release" / "bin"))

# Which values are files and which are folders; `--help` calls both TEXT. A name holds for every command, or for those whose words
# stand before it. A positional argument stands without hyphens.
FILES = """--backup --code-file --config --csv --dot --draft --genesis --graph --key-file --keys --new-passphrase-file --out --party
           --passphrase-file --policy --public --receipt --request --svg --tls-root --words-file copies file files record settings"""
FOLDERS = """--dir --home --requests --with-issuer-keys"""
FOLDERS_OF = {("backup",): "--to", ("restore",): "--from", ("recover",): "--from", ("genesis", "recover"): "--from",
              ("issuer", "init"): "--keys"}

# The programs whose own options may stand behind any of their commands.
GENERAL = ("testamur",)

# One row of the help: a name, what it takes, and its text, which stands beside it or below it.
ROW = re.compile(r"(?P<names>[^\s{]+)(?:\{\w+\})?(?: (?P<value>TEXT|U?INT)(?::\S+ in \[(?P<range>.*?)\])?)?(?P<many> \.\.\.)?"
                 r"(?P<required> REQUIRED)?(?P<limits>(?: (?:Needs|Excludes): \S+)*)(?: (?P<about>\S.*))?$")


class Argument:
    """An option, or a positional argument."""

    def __init__(self, path, left, about):
        found = ROW.match(left)
        self.names = found["names"].split(",")
        self.name = self.names[-1]
        self.value = found["value"]  # None: it takes none
        self.range = found["range"] or ""
        self.many = bool(found["many"])
        self.required = bool(found["required"])
        self.limits = found["limits"]
        self.about = f"{found['about'] or ''} {about}".strip()
        self.kind = self.kind_of(tuple(path)) if self.value else ""

    def kind_of(self, path):
        """What the value is: "file", "folder" or "value"."""
        if self.name in FOLDERS.split() or self.name == FOLDERS_OF.get(path):
            return "folder"
        return "file" if self.name in FILES.split() else "value"


class Command:
    """One command with its options and its commands."""

    def __init__(self, program, path):
        self.program = program
        self.path = path
        self.words = " ".join([program, *path])
        text = help_of(program, path)
        self.about = text.split("Usage:")[0].strip()
        self.usage = re.search(r"^Usage: \S+ ?(.*)$", text, re.MULTILINE)[1].removeprefix(" ".join(path)).strip()
        self.positionals = [Argument(path, *row) for row in rows_of(text, "Positionals")]
        self.options = [Argument(path, *row) for row in rows_of(text, "Options") if not row[0].startswith("-h,")]
        self.examples = [left for left, _ in rows_of(text, "Example")]
        self.commands = [Command(program, [*path, name]) for name, _ in rows_of(text, "Subcommands")]

    def all(self):
        """This command, and all below it."""
        yield self
        for command in self.commands:
            yield from command.all()

    def takes_file(self):
        return any(row.kind == "file" for row in self.positionals)


def help_of(program, path):
    return subprocess.run([str(BIN / program), *path, "--help"], capture_output=True, text=True, check=True).stdout


def rows_of(text, title):
    """The rows of one section: what stands left, and what stands right or goes on below."""
    found = re.search(rf"^{title}:\n((?:(?: .*)?\n)*)", text, re.MULTILINE)
    rows = []
    for line in (found[1] if found else "").splitlines():
        row = re.match(r"  (\S.*?)(?:\s{2,}(\S.*))?$", line)
        more = re.match(r"\s{20,}(\S.*)$", line)
        if more and rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {more[1]}".strip())
        elif row:
            rows.append((row[1], row[2] or ""))
    return rows
