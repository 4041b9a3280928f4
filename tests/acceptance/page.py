"""A page of docs as a person reads it: its files, its commands, and what is shown below each command. Pure: nothing is run here.

What a page may hold, by the words behind the three back-ticks of a block (a reader on the web does not see them):

  console                       commands behind `$ `, each with what it prints below it; all of it is typed and compared
  console no-run: REASON        not typed, for this reason
  console needs: THING          typed where the machine has it: grpc (Python's grpcio, and protoc's plugin for it), grpcurl
  console unshown               what is printed is left out; each command must end well
  console any-order             the lines of each command in any order
  console stays                 the command runs on in a terminal of its own; what is shown is what it prints at first
  console with: FILE from WHO   somebody gives the reader this file first: another page's person, or one of pages.OTHERS
  console after: WHAT           somebody does this first (pages.OTHERS)
  FORMAT file: PATH             the reader writes this file

Several of them stand behind each other with `;` between.

What is compared: both what is shown and what was printed are normalised by RULES. A shown line `[…]` stands for any number of
lines, and ` […]` at the end of a line for the rest of it."""

import re

FENCE = re.compile(r"^```(\S*) ?(.*)$")
ELIDED = "[…]"

WORDS = "  (24 words)"  # its rows of four are one line

# In this order. What differs from run to run is written as one sign; the shape of what a person sees stays.
RULES = [
    (r"urn:testamur:1:[^:\s]+:[^:\s,]+:(\d+|N)", r"urn:testamur:1:tmn1…:tmi1…:N"),  # a reference; indexes are given out by lot
    (r"\bindex \d+|\bthe indexes \d+", lambda found: found.group(0).rstrip("0123456789") + "N"),
    (r"^ +\d+ [a-z]{3,8}( +\d+ [a-z]{3,8}){3}$", WORDS),
    (r"^Words \d+, \d+ and \d+,", "Words 3, 11 and 20,"),
    (r"\b(api_port|peer_port|open_files)=\d+", r"\1=N"),
    (r"\b(tm[a-z]1)[0-9a-z…]{5,}", r"\1…"),                                      # ids, also shortened ones
    (r"\b[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\b", "XXXXX-XXXXX-XXXXX-XXXXX"),            # a claim code
    (r"\bage1[0-9a-z]{20,}", "age1…"),
    (r"\b[0-9a-f]{16,}(…|\b)", "…"),                                             # hashes, keys, digests
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?", "TIME"),
    (r"\b(height|block|view|height=)( *)\d+", r"\1\2N"),
    (r"\bfinal: \d+", "final: N"),
    (r"\b\d+ (ms|s|transactions)\b", r"N \1"),
]

# The lines that show how far something has come are no part of what a person keeps of it.
PROGRESS = re.compile(r"^.* \[[#.]+\] \d+ %$")


class BrokenPage(Exception):
    """What is wrong with a page as a text."""


class Command:
    """What is typed, over one line or several, and what is shown below it."""

    def __init__(self, line):
        self.lines = [line]
        self.shown = []

    def typed(self):
        return "\n".join(self.lines)

    def text(self):
        return ["$ " + self.lines[0], *self.lines[1:], *self.shown]


class Block:
    """A fenced block: from line `begin` (its first back-ticks) to line `end`, counted from 0."""

    def __init__(self, page, begin, language, info):
        self.page, self.begin, self.end = page, begin, begin
        self.language = language
        self.options = self.read_options(info)
        self.body = []

    def read_options(self, info):
        options = []
        for part in filter(None, (each.strip() for each in info.split(";"))):
            name, _, value = part.partition(":")
            options.append((name.strip(), value.strip()))
        return options

    def all(self, name):
        return [value for key, value in self.options if key == name]

    def one(self, name):
        return next(iter(self.all(name)), None)

    def has(self, name):
        return any(key == name for key, _ in self.options)

    def where(self):
        return f"{self.page.name}, line {self.begin + 1}"

    def commands(self):
        found = []
        for line in self.body:
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            elif not found:
                raise BrokenPage(f"{self.where()}: a block of commands begins with `$ `")
            elif not found[-1].shown and found[-1].lines[-1].endswith("\\"):
                found[-1].lines.append(line)
            else:
                found[-1].shown.append(line)
        return found


KNOWN = {"console": {"no-run", "needs", "unshown", "any-order", "stays", "with", "after"}, "": {"file"}}


class Page:
    """`lists`: it lists commands without typing them, as docs/cli.md does."""

    def __init__(self, name, text, lists=False):
        self.name = name
        self.lists = lists
        self.lines = text.splitlines()
        self.blocks = []
        self.read()

    def read(self):
        block = None
        for number, line in enumerate(self.lines):
            if block is None and (found := FENCE.match(line)):
                block = Block(self, number, found.group(1), found.group(2))
            elif block is not None and line == "```":
                block.end = number
                self.blocks.append(block)
                block = None
            elif block is not None:
                block.body.append(line)
            elif re.match(r"^\s*\$ ", line) or (not self.lists and re.match(r"^    (testamurd?|grpcurl) ", line)):
                raise BrokenPage(f"{self.name}, line {number + 1}: a command outside a block of commands (```console): it would not be typed")
        if block is not None:
            raise BrokenPage(f"{block.where()}: the block does not end")
        for each in self.blocks:
            self.check(each)

    def check(self, block):
        """No command that is not typed and does not say so."""
        known = KNOWN["console" if block.language == "console" else ""]
        for name, _ in block.options:
            if name not in known:
                raise BrokenPage(f"{block.where()}: `{name}` is not known here (known: {', '.join(sorted(known))})")
        if block.language == "console":
            if block.has("no-run") and not block.one("no-run"):
                raise BrokenPage(f"{block.where()}: no-run without a reason")
            block.commands()
        elif block.has("file"):
            name = block.one("file").split("/")[-1]
            if not any(name in line for line in self.lines[max(0, block.begin - 3):block.begin] + block.body[:1]):
                raise BrokenPage(f"{block.where()}: nobody who reads the page sees that the file is called {name}")
        elif any(re.match(r"^\s*(\$ |(testamurd?|grpcurl|scripts/\w+) )", line) for line in block.body):
            raise BrokenPage(f"{block.where()}: a command that is not typed and does not say so")

    def written(self, new):
        """The page with other bodies of blocks: {block: lines}."""
        lines = list(self.lines)
        for block in sorted(new, key=lambda each: -each.begin):
            lines[block.begin + 1:block.end] = new[block]
        return "\n".join(lines) + "\n"


def screen(text):
    """What stands on a terminal after this was printed: a line that was drawn over is what it was last."""
    return [line.split("\r")[-1] if not line.endswith("\r") else line[:-1].split("\r")[-1] for line in text.split("\n")]


def normalised(lines, known_days=(), names=()):
    """`known_days`: dates of the pages' files and commands; every other is DAY. `names`: pairs of what stands on this machine and what the
    page calls it."""
    result = []
    for line in lines:
        line = re.sub("\x1b\\[[0-9;]*m", "", line).rstrip()
        if PROGRESS.match(line):
            continue
        for real, shown in names:
            line = line.replace(real, shown)
        for pattern, sign in RULES:
            line = re.sub(pattern, sign, line)
        line = re.sub(r"\b20\d\d-\d\d-\d\d\b", lambda found: found.group(0) if found.group(0) in known_days else "DAY", line)
        if line == WORDS and result and result[-1] == WORDS:
            continue
        result.append(line)
    while result and not result[-1]:
        result.pop()
    return result


def matches(shown, printed):
    """Whether normalised lines are those that the page shows, which may leave some out."""
    if not shown:
        return not printed
    if shown[0].strip() == ELIDED:
        return any(matches(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    if not printed or not same_line(shown[0], printed[0]):
        return False
    return matches(shown[1:], printed[1:])


def same_line(shown, printed):
    if shown.endswith(ELIDED):
        return printed.startswith(shown[:-len(ELIDED)].rstrip())
    return shown == printed


def days_of(page):
    """The dates that stand in its files and commands."""
    typed = [line for block in page.blocks for line in block.body if block.has("file") or line.startswith("$ ")]
    return set(re.findall(r"\b20\d\d-\d\d-\d\d\b", "\n".join(typed)))
