"""The pages by role, docs/start-*.md, typed as a person types them: each block of commands against one ledger of real nodes, at a terminal, and
what is printed is what the page shows. page.py says how a page is written and by which rules the two are compared.

  pages.py             all pages; exit code 1 where one shows what is not printed
  pages.py --write     writes what was printed into the pages, so that a person only reviews the difference; a block that still
                       matches stays as it is, with what it leaves out
  pages.py --texts     only the law of the texts: no command that is not typed and does not say so; no ledger is started

Each page is one person with one folder, which is also the home (`~`), and one terminal: blocks build on each other. A page waits where
somebody has to give it a file, and goes on when that person's page has made it; OTHERS are people who have no page.

What is typed is what the page shows, but for these: NAMES (addresses that this machine has not), and an id with `…` in a command
(tmi1…, tmx1…, urn:testamur:1:…): the last one of that kind which was printed on this page, as the page tells its reader to copy it; a
reference of which none was printed is that of the registrar's first award.
At a question the person types y, at a passphrase PASSPHRASE, at a claim code that of the file, as the registrar's page printed it."""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time

import page as pages_text
from network import BIN, PATIENCE_S, ROOT, Failed, Home, free_address, registrar, require, run_test, say, until, with_parent
from page import BrokenPage, Page, days_of, matches, normalised, screen

DOCS = ROOT / "docs"
ROLES = ["operator", "registrar", "learner", "verifier", "agency", "integrator", "auditor"]
PAGES = {role: DOCS / f"start-{role}.md" for role in ROLES} | {"api": DOCS / "api.md", "reader": ROOT / "README.md"}
# Written by a run of its own: scripts/mistakes.
WRITTEN_ELSEWHERE = {"mistakes.md"}
PASSPHRASE = "a long passphrase of this person"

# Addresses of the pages, and whose node of the network each is. The operator's are of a node that the page makes.
NODES = {"ledger.univie.example:7601": 1, "ledger.helsinki.example:7601": 2}
OWN_ADDRESSES = ["127.0.0.1:7600", "127.0.0.1:7601"]


def python_with_grpc():
    """Whose grpcio is there: the first `python3` of the PATH, or that of Debian's packages."""
    for python in (shutil.which("python3"), "/usr/bin/python3"):
        if python and subprocess.run([python, "-c", "import grpc"], capture_output=True).returncode == 0:
            return python
    return None


def has_grpc():
    return python_with_grpc() is not None and shutil.which("grpc_python_plugin") is not None


NEEDS = {"grpc": has_grpc, "grpcurl": lambda: shutil.which("grpcurl") is not None}


def shown_words(printed):
    rows = re.findall(r"^ +\d+ [a-z]{3,8}(?: +\d+ [a-z]{3,8}){3}$", printed, re.MULTILINE)
    words = re.findall(r"(\d+) ([a-z]+)", " ".join(rows))
    require([int(number) for number, _ in words] == list(range(1, 25)), f"no 24 numbered words: {words}")
    return [word for _, word in words]


class Terminal:
    """A shell at a terminal of its own: one command after the other, each with all that it prints."""

    def __init__(self, folder, answer, programs=BIN):
        """`programs`: a folder whose programs come before all others."""
        self.answer = answer  # (what stands before the cursor) -> what is typed
        self.master, slave = pty.openpty()
        mode = termios.tcgetattr(slave)
        mode[1] &= ~termios.OPOST  # line ends as they were printed
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        commands, self.commands = os.pipe()
        self.done, done = os.pipe()
        script = f'while IFS= read -r -d "" -u {commands} line; do (exit "${{code:-0}}"); eval "$line"; code=$?; printf "%s\\n" "$code" >&{done}; done'
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        environment |= {"PATH": f"{programs}:{BIN}:{environment.get('PATH', '/usr/bin:/bin')}", "HOME": str(folder), "NO_COLOR": "1", "TERM": "dumb",
                        "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}

        def arrive():
            with_parent()
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.shell = subprocess.Popen(["bash", "--norc", "-c", script], cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave,
                                      pass_fds=(commands, done), preexec_fn=arrive)
        os.close(commands)
        os.close(done)
        os.close(slave)

    def begin(self, command):
        os.write(self.commands, command.encode() + b"\0")

    def type(self, command):
        """Exit code and what was printed."""
        self.begin(command)
        printed, answered = b"", 0
        deadline = time.monotonic() + PATIENCE_S
        while True:
            ready, _, _ = select.select([self.master, self.done], [], [], 0.05)
            if self.master in ready:
                printed += os.read(self.master, 65536)
                continue  # what was printed before the end is read before the end
            if self.done in ready:
                return int(os.read(self.done, 16).decode().split()[-1]), printed.decode(errors="replace")
            require(time.monotonic() < deadline, f"`{command}` does not end; so far: {printed.decode(errors='replace')[-1000:]}")
            # A prompt is what stands before the cursor when nothing more comes.
            last = printed.decode(errors="replace").split("\n")[-1].split("\r")[-1]
            if len(printed) > answered and last.endswith((": ", "[y/N] ")):
                typed = self.answer(last, command, printed.decode(errors="replace"))
                require(typed is not None, f"`{command}` asks what this test does not know: {last}")
                if last.endswith(": "):
                    until(lambda: not termios.tcgetattr(self.master)[3] & termios.ECHO, "a terminal without echo")
                answered = len(printed)
                os.write(self.master, typed.encode() + b"\n")

    def printed_until(self, command, enough):
        """Of a command that runs on: what it printed until that is `enough`."""
        printed = b""

        def more():
            nonlocal printed
            ready, _, _ = select.select([self.master], [], [], 0)
            if ready:
                printed += os.read(self.master, 65536)
            require(self.shell.poll() is None, f"`{command}` ended: {printed.decode(errors='replace')}")
            return enough(printed.decode(errors="replace"))

        self.begin(command)
        until(more, f"the lines of `{command}`; so far: {printed.decode(errors='replace')}")
        return printed.decode(errors="replace")

    def end(self):
        if self.shell.poll() is None:
            os.killpg(self.shell.pid, 9)
            self.shell.wait()
        for descriptor in (self.master, self.commands, self.done):
            os.close(descriptor)


class Person:
    """One page and the person who follows it."""

    def __init__(self, world, role):
        self.world, self.role = world, role
        self.page = Page(PAGES[role].name, PAGES[role].read_text(encoding="utf-8"))
        self.folder = world.folder / role
        if role == "api":
            self.folder = world.folder / "integrator"  # with the client that the integrator's page made
        self.folder.mkdir(exist_ok=True)
        self.terminal = Terminal(self.folder, self.answer, world.programs)
        self.others = []
        self.waiting = list(self.page.blocks)
        self.printed = ""
        self.new, self.wrong, self.left_out = {}, [], []

    def answer(self, prompt, command, printed):
        if asked := re.match(r"Words (\d+), (\d+) and (\d+), from your paper: ", prompt):
            words = shown_words(printed)
            return " ".join(words[int(place) - 1] for place in asked.groups())
        if prompt.endswith("[y/N] "):
            return "y"
        if prompt.startswith("Claim code"):
            return self.world.claim_code(command)
        if "recovery words" in prompt:
            return " ".join(self.world.words[self.role])
        return PASSPHRASE

    def names(self):
        return [(str(self.folder), "~"), *((real, shown) for shown, real in self.world.addresses.items())]

    def real(self, text):
        """What is typed on this machine for what the page shows."""
        for shown, real in self.world.addresses.items():
            text = text.replace(shown, real)

        def last_printed(found):
            kind = found.group(1)
            known = re.findall(rf"\b{kind}[0-9a-z:]{{20,}}", self.printed)
            if not known and kind.startswith("urn"):
                known = self.world.facts.get("references", [])[:1]
            require(known, f"{self.page.name} says {kind}… and none was printed before")
            return known[-1]

        return re.sub(r"\b(urn:testamur:1:|tm[a-z]1)…", last_printed, text)

    def go_on(self):
        """Blocks until somebody has to do something first. True when one was done."""
        begun = len(self.waiting)
        while self.waiting and self.ready(self.waiting[0]):
            self.do(self.waiting.pop(0))
        return len(self.waiting) < begun

    def ready(self, block):
        for given in block.all("with"):
            name, who = re.fullmatch(r"(\S+) from (.+)", given).groups()
            if not (self.folder / name).exists() and not self.world.give(name, who, self):
                return False
        return all(self.world.happened(what) for what in block.all("after"))

    def do(self, block):
        if path := block.one("file"):
            file = pathlib.Path(path.replace("~", str(self.folder)))
            file = file if file.is_absolute() else self.folder / file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.real("\n".join(block.body)) + "\n", encoding="utf-8")
        if block.language != "console" or block.has("no-run"):
            return
        if any(not self.world.has(need) for need in block.all("needs")):
            self.left_out.append(f"{block.where()}: not typed, for this machine has no {', '.join(block.all('needs'))}")
            return
        lines = []
        for command in block.commands():
            lines += self.do_command(block, command)
        if lines != block.body:
            self.new[block] = lines

    def do_command(self, block, command):
        """The lines of the page for it: those that stand there, if they are what was printed."""
        typed = self.real(command.typed())
        shown = normalised(command.shown, self.world.known_days)
        if block.has("stays"):
            terminal = Terminal(self.folder, self.answer)
            self.others.append(terminal)
            wanted = max(1, len(command.shown))
            code, printed = 0, terminal.printed_until(typed, lambda text: text.count("\n") >= wanted)
            if command.shown:
                printed = "\n".join(printed.split("\n")[:wanted])  # what it prints later is another matter
        else:
            code, printed = self.terminal.type(typed)
        self.printed += printed
        self.world.hear(self, typed, printed)
        lines = normalised(screen(printed), self.world.known_days, self.names())
        if block.has("unshown") and code == 0:
            return command.text()
        if matches(shown, lines) or (block.has("any-order") and sorted(shown) == sorted(lines)):
            return command.text()
        self.wrong.append(f"{block.where()}: $ {command.lines[0]}\n  the page shows:\n" + "".join(f"    {line}\n" for line in shown) +
                          "  printed was:\n" + "".join(f"    {line}\n" for line in lines))
        return ["$ " + command.lines[0], *command.lines[1:], *lines]

    def end(self):
        for terminal in [self.terminal, *self.others]:
            terminal.end()


class World:
    """The ledger, its people, and what goes from hand to hand."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.addresses = {shown: network.endpoints[number - 1] for shown, number in NODES.items()}
        self.addresses |= {shown: free_address() for shown in OWN_ADDRESSES}
        self.addresses["/var/lib/testamur/node"] = str(network.directory(1))
        self.homes, self.words, self.codes = {}, {}, {}
        self.done, self.present = {}, {}
        self.facts = {}
        self.people = {}
        self.programs = folder / "programs"
        self.programs.mkdir()
        if python := python_with_grpc():
            (self.programs / "python3").write_text(f'#!/bin/sh\nexec {python} "$@"\n')
            (self.programs / "python3").chmod(0o755)

    def has(self, need):
        if need not in self.present:
            require(need in NEEDS, f"nobody knows what `needs: {need}` is")
            self.present[need] = NEEDS[need]()
        return self.present[need]

    def member(self, number):
        """The registrar of a university that has no page."""
        if number not in self.homes:
            self.homes[number] = registrar(self.network, number, self.folder)
        return self.homes[number]

    def give(self, name, who, to):
        """A file, from a page's person or one of OTHERS. False when it is not made yet."""
        if who in ROLES:
            found = next(iter(sorted((self.folder / who).rglob(name))), None)
        else:
            require(f"{name} from {who}" in OTHERS, f"nobody knows who `{who}` is, who gives {name}")
            found = OTHERS[f"{name} from {who}"](self)
        if not found:
            return False
        (shutil.copytree if found.is_dir() else shutil.copyfile)(found, to.folder / name)
        return True

    def happened(self, what):
        if not self.done.get(what):
            require(what in OTHERS, f"nobody knows how `{what}` comes about")
            self.done[what] = OTHERS[what](self)
        return self.done[what]

    def hear(self, person, typed, printed):
        """What somebody tells or writes down: the codes of claim files, the words of a wallet."""
        for file, code in re.findall(r"(\S+\.testamur\.age)\s+([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})", printed):
            self.codes[file] = code
        if "wallet init" in typed and "--home" not in typed:
            self.words[person.role] = shown_words(printed)

    def claim_code(self, command):
        return next((code for file, code in self.codes.items() if file in command), None)


def draft_of_a_member(world):
    """The University of Lisbon drafts the registration of the agency, of which it got party.toml."""
    party = world.folder / "agency" / "node" / "party.toml"
    if not party.exists():
        return None
    draft = world.folder / "join.json"
    if not draft.exists():
        world.member(3).run("institution", "register", party, "--draft", draft)
    return draft


def member_sends(world):
    joined = world.folder / "agency" / "join.json"
    world.member(3).run("sign", joined)
    sent = world.member(3).run("send", joined)
    world.facts["agency"] = re.search(r"tmi1[0-9a-z]{20,}", str(sent)).group(0)
    return True


def proposed(world):
    """A member proposes the role of the agency. Not before the agency is registered."""
    if "agency" not in world.facts:
        return False
    answer = world.member(3).run("governance", "propose", "admission", world.facts["agency"], "--class", "accreditor")
    world.facts["proposal"] = answer["transaction"]
    world.network.await_agreement()
    return True


def members_voted(world):
    """Two more than the registrar's page, whose vote comes first."""
    if "proposal" not in world.facts or "voted" not in world.people["registrar"].printed:
        return False
    for number in (2, 3):
        world.member(number).run("governance", "vote", world.facts["proposal"], "yes")

    def admitted():
        answer = world.member(3).run("governance", "show", world.facts["proposal"])
        return "done" in str(answer).lower()

    until(admitted, "the role of the agency")
    world.network.await_agreement()
    return True


def archive(world):
    """A table of the references of all awards of the registrar's page, once one of them was revoked."""
    table = world.folder / "awards.csv"
    if "revoked" not in world.people["registrar"].printed:
        return None
    if not table.exists():
        passphrase = world.folder / "archive.passphrase"
        passphrase.write_text(PASSPHRASE + "\n")
        passphrase.chmod(0o600)
        office = [str(BIN / "testamur"), "--home", str(world.folder / "registrar" / ".testamur"), "--passphrase-file", str(passphrase)]
        shown = "".join(subprocess.run([*office, "issuer", "show", "--student", student], capture_output=True, text=True).stdout
                        for student in ("S100", "S101", "S102"))
        references = re.findall(r"urn:testamur:\S+", shown)
        require(len(references) == 3, f"not three awards in the register: {shown}")
        world.facts["references"] = references
        table.write_text("\n".join(["reference", *references]) + "\n")
    return table


def helsinki_trusts_vienna(world):
    world.member(2).run("trust", "grant", "univie.ac.at", "--amount", "120", "--depth", "0", "--field", "06")
    world.network.await_agreement()
    return True


# What people do who have no page: it gives a file, or says that it was done. None or False: not yet.
OTHERS = {
    "issuer-keys from the operator": lambda world: world.network.folder / "issuer-keys1",
    "genesis.bin from a member": lambda world: world.network.folder / "genesis.bin",
    "govern.key from a colleague in Tartu": lambda world: world.network.folder / "issuer-keys4" / "govern.key",
    "proto from the repository": lambda world: ROOT / "proto",
    "awards.csv from the archive": archive,
    "join.json from a member": draft_of_a_member,
    "the member sent it": member_sends,
    "a member proposed an agency": proposed,
    "the members voted": members_voted,
    "Helsinki trusts Vienna": helsinki_trusts_vienna,
}


def all_texts():
    """Every page of docs and the README keep the law: what begins with `$ ` is typed by this program, or says why not. Of the other
    pages that is all: what they list (`    testamur …`) is a synopsis."""
    wrong = []
    for file in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]:
        if file.name in WRITTEN_ELSEWHERE:
            continue
        try:
            read = Page(file.name, file.read_text(encoding="utf-8"), lists=file not in PAGES.values())
        except BrokenPage as problem:
            wrong.append(str(problem))
            continue
        if file not in PAGES.values():
            wrong += [f"{block.where()}: only {', '.join(path.name for path in PAGES.values())} are typed; say no-run: and why"
                      for block in read.blocks if block.language == "console" and not block.has("no-run")]
    require(not wrong, "\n".join(wrong))
    say("no page has a command that is not typed and does not say so")


def follow(world, write):
    people = world.people = {role: Person(world, role) for role in PAGES}
    world.known_days = set().union(*(days_of(person.page) for person in people.values()))
    try:
        while any(person.waiting for person in people.values()):
            moved = False
            for person in people.values():
                if person.waiting and person.go_on():
                    moved = True
                    world.network.await_agreement()
            waits = [f"{person.waiting[0].where()} {person.waiting[0].options}" for person in people.values() if person.waiting]
            require(moved, "nobody can go on: " + "; ".join(waits))
    finally:
        for person in people.values():
            person.end()
        if write:
            write_pages(people)
    report(people, write)


def write_pages(people):
    for person in people.values():
        if person.new:
            PAGES[person.role].write_text(person.page.written(person.new), encoding="utf-8")
            say(f"{person.page.name}: {len(person.new)} blocks written anew")


def report(people, write):
    for person in people.values():
        for text in person.left_out:
            say(text)
    wrong = [text for person in people.values() for text in person.wrong]
    if not write:
        require(not wrong, "\n".join(wrong))
    say(f"{len(people)} pages, {sum(len(person.page.blocks) for person in people.values())} blocks")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--texts", action="store_true")
    options = parser.parse_args()
    if options.texts:
        try:
            all_texts()
        except Failed as problem:
            sys.exit(f"FAILED: {problem}")
        return

    def body(network, folder):
        all_texts()
        network.start()
        follow(World(network, folder), options.write)

    run_test("pages", body)


if __name__ == "__main__":
    main()
