"""Every command and every option of `--help` stands in exactly one manual page, and is offered by the completion of bash, zsh and
fish there where it is understood. What the help says is read here anew, and not by the reader of scripts/manual.

A shell that is not installed is named and left out; so are mandoc and man, which look at the pages."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from network import BIN, Failed, PATIENCE_S, ROOT, require, say

MAN = ROOT / "docs" / "man"
SECTIONS = {"testamur": 1, "testamurd": 8}
EVERYWHERE = {"testamur"}  # whose own options may stand behind any of its commands


class Help:
    """The names that a program's help has: {words of a command: (its commands, its options, its options with a value)}."""

    def __init__(self, program):
        self.program = program
        self.commands = {}
        self.read(())

    def read(self, words):
        text = subprocess.run([BIN / self.program, *words, "--help"], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"^  ([a-z][a-z-]*)", text.split("\nSubcommands:\n")[1], re.MULTILINE) if "\nSubcommands:\n" in text else []
        options = re.findall(r"^  (--[a-z][a-z-]*)( (?:TEXT|U?INT))?", text, re.MULTILINE)
        self.commands[words] = (names, [name for name, _ in options], [name for name, value in options if value])
        for name in names:
            self.read((*words, name))

    def offered(self, words):
        """The options that may be typed behind these words."""
        general = self.commands[()][1] if self.program in EVERYWHERE else []
        return sorted({*self.commands[words][1], *general})


def unescaped(text):
    for escaped, plain in (("\\fB", ""), ("\\fR", ""), ("\\fI", ""), ("\\-", "-"), ("\\&", "")):
        text = text.replace(escaped, plain)
    return text


def options_on_pages(program):
    """{words of a command: [its options on each page]}; a page without a heading of the command says nothing of it."""
    found = {}
    for page in MAN.glob(f"{program}*.{SECTIONS[program]}"):
        text = unescaped(page.read_text())
        own = tuple(page.stem.split("-")[1:])
        found.setdefault(own, []).append(tags(text.split("\n.SH OPTIONS\n")[1].split("\n.SH ")[0]) if "\n.SH OPTIONS\n" in text else [])
        for block in text.split("\n.SS ")[1:]:
            words = tuple(block.split("\n")[0].split()[1:])
            found.setdefault(words, []).append(tags(block.split("\n.SH ")[0]))
    return found


def tags(text):
    return re.findall(r"^\.TP\n(--[a-z][a-z-]*)", text, re.MULTILINE)


def check_pages(program, told):
    found = options_on_pages(program)
    require(found.keys() == told.commands.keys(), f"not told and shown alike: {found.keys() ^ told.commands.keys()}")
    for words, (_, options, _) in told.commands.items():
        require(found[words] == [options], f"{program} {' '.join(words)}: the pages show {found[words]}, the help {options}")


def check_sections():
    for page in sorted(MAN.glob("*.[18]")):
        text = page.read_text()
        titles = re.findall(r"^\.SH (.*)$", text, re.MULTILINE)
        for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXAMPLES", "EXIT STATUS", "FILES", "ENVIRONMENT", "SEE ALSO"):
            require(titles.count(title) == 1, f"{page.name}: {titles.count(title)} sections {title}")


def check_sources():
    """What the sources read and keep stands on the pages."""
    for folder, page in (("wallet", "testamur.1"), ("node", "testamurd.8")):
        text = (MAN / page).read_text()
        for source in (ROOT / folder).rglob("*.cpp"):
            for name in re.findall(r"\bgetenv\(\"(\w+)\"\)", source.read_text()):
                require(f"\n.B {name}\n" in text, f"{source.relative_to(ROOT)} reads {name}, of which {page} says nothing")
    text = unescaped((MAN / "testamur.1").read_text()).lower()
    for name in re.findall(r"^//   (\S+)", (ROOT / "wallet/cli/context.h").read_text(), re.MULTILINE):
        require(f"\n.b {re.sub('[<>]', '', name)}\n" in text, f"wallet/cli/context.h has {name} in the home, and testamur.1 has not")


def check_lint():
    pages = sorted(MAN.glob("*.[18]"))
    if shutil.which("mandoc"):
        heard("mandoc", "-Tlint", *pages)
    else:
        say("mandoc is not installed: its look at the pages is left out")
    if shutil.which("man"):
        heard("man", "--warnings", "-l", *pages, out=subprocess.DEVNULL)
    else:
        say("man is not installed: its look at the pages is left out")


def heard(*command, out=subprocess.PIPE):
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    require(done.returncode == 0 and not (done.stdout or "") + done.stderr, f"{command[0]}: {done.stdout} {done.stderr}")


def asked(shell, script, folder):
    """What the shell prints, a line each answer: words, sorted."""
    done = subprocess.run([*shell, script], capture_output=True, text=True, cwd=folder)
    require(done.returncode == 0 and not done.stderr, f"{shell[0]}: {done.returncode} {done.stderr[-2000:]}")
    return [sorted(line.split()) for line in done.stdout.splitlines()]


def typed(told):
    """What is asked of each command: [(words to complete, what is offered)]."""
    for words, (names, _, _) in told.commands.items():
        yield [told.program, *words, "--"], told.offered(words)
        if names:
            yield [told.program, *words, ""], sorted(names)


# Of commands and options with values of each kind, in a folder that holds the file `one` and the folder `two`. The word before the
# one that is completed may be a command's name and yet be a value.
VALUES = [
    (["testamur", "wallet", "backup", ""], "one two/"),
    (["testamur", "--home", ""], "two/"),
    (["testamur", "trust", "explain", "--policy", ""], "one two/"),
    (["testamur", "trust", "explain", "--level", ""], ""),
    (["testamur", "wallet", "erase", ""], ""),
    (["testamur", "--home", "wallet", "iss"], "issuer"),
    (["testamur", "help", "issuer", "ba"], "batch"),
    (["testamurd", "backup", "--to", ""], "two/"),
    (["testamurd", "decisions", "export", "--to", ""], ""),
]


def compared(shell, cases, answers):
    require(len(cases) == len(answers), f"{shell}: {len(answers)} answers to {len(cases)} questions")
    for (words, expected), answer in zip(cases, answers):
        require(answer == expected, f"{shell} offers {answer} for {' '.join(words)}, and not {expected}")


def word_list(words):
    return " ".join(f"'{word}'" for word in words)


def check_bash(helps, folder):
    cases = [case for told in helps for case in typed(told)]
    cases += [(words, sorted(offer.replace("/", "").split())) for words, offer in VALUES]
    script = "".join(f"source '{MAN}/{told.program}.bash'\n" for told in helps) + """
        compopt() { :; }  # only while a person types
        t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); "_$1"; echo "${COMPREPLY[*]}"; }
        """ + "".join(f"t {word_list(words)}\n" for words, _ in cases)
    compared("bash", cases, asked(["bash", "--norc", "-c"], script, folder))
    # Bash makes three words of --home=t.
    require(asked(["bash", "--norc", "-c"], script.split("t 'testamur'")[0] + "t testamur --home = t\n", folder) == [["two"]],
            "bash offers no folder for --home=t")


def check_fish(helps, folder):
    cases = [case for told in helps for case in typed(told)] + [(words, sorted(offer.split())) for words, offer in VALUES]
    script = "".join(f"source '{MAN}/{told.program}.fish'\n" for told in helps)
    for words, _ in cases:
        line = " ".join(words)
        script += f"echo (complete -C '{line}' | string replace -r '\\t.*' '')\n"
    compared("fish", cases, asked(["fish", "--no-config", "-c"], script, folder))


# In the place of zsh's own functions: they print the names that they are given.
ZSH_STUBS = r"""
    _arguments() {
      local spec
      state=commands
      [[ $asked == -- ]] || return 1
      for spec in "$@"; do
        case $spec in (--*|\*--*) spec=${spec#\*}; print -rn -- "${spec%%[=\[]*} " ;; esac
      done
    }
    _describe() { print -rn -- "${commands[@]%%:*}" }
    t() { words=("$@"); CURRENT=$#; asked=${words[-1]}; "_$1"; print }
    asked=''
"""


def check_zsh(helps, folder):
    cases = [case for told in helps for case in typed(told)]
    script = (ZSH_STUBS + "".join(f"source '{MAN}/_{told.program}' > /dev/null\n" for told in helps)
              + "".join(f"t {word_list(words)}\n" for words, _ in cases))
    compared("zsh", cases, asked(["zsh", "-f", "-c"], script, folder))
    for words, expected in VALUES:
        if len(expected.split()) == 1:
            line = " ".join(words)
            whole = " ".join([*words[:-1], expected])
            got = typed_to_zsh(line, folder).rstrip()
            require(got == whole, f"zsh makes {got} of {line}, and not {whole}")


def typed_to_zsh(line, folder):
    """What stands on the line of a real zsh after the tab key."""
    (folder / ".zshrc").write_text(f"""
        fpath=('{MAN}' $fpath); autoload -U compinit; compinit -u -D
        show() {{ zle -I; print -r -- "<$BUFFER>" }}; zle -N show; bindkey '^T' show
        PROMPT='ready: '
    """)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-d", "-i"], {**os.environ, "ZDOTDIR": str(folder), "TERM": "dumb"})
    try:
        heard_on(terminal, r"ready: ")
        os.write(terminal, line.encode() + b"\t\x14")
        return heard_on(terminal, r"<(testamurd? [^<>]*)>")[1]
    finally:
        os.close(terminal)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def heard_on(terminal, pattern):
    heard, deadline = "", time.monotonic() + PATIENCE_S
    while not re.search(pattern, heard):
        ready, _, _ = select.select([terminal], [], [], deadline - time.monotonic())
        require(ready, f"zsh does not say {pattern}: {heard[-500:]}")
        heard += os.read(terminal, 4096).decode(errors="replace")
    return re.search(pattern, heard)


def main():
    require(subprocess.run([ROOT / "scripts" / "manual", "--check"]).returncode == 0, "docs/man is not what the programs say")
    helps = [Help(program) for program in SECTIONS]
    for told in helps:
        check_pages(told.program, told)
    check_sections()
    check_sources()
    check_lint()
    say(f"{sum(len(told.commands) for told in helps)} commands stand in one page each, with their options")

    with tempfile.TemporaryDirectory(prefix="testamur-manual-") as name:
        folder = pathlib.Path(name)
        (folder / "one").touch()
        (folder / "two").mkdir()
        for shell, check in (("bash", check_bash), ("zsh", check_zsh), ("fish", check_fish)):
            if shutil.which(shell):
                check(helps, folder)
                say(f"{shell} offers them")
            else:
                say(f"{shell} is not installed: its completion is left out")


if __name__ == "__main__":
    try:
        main()
    except Failed as problem:
        say(f"manual: failed: {problem}")
        sys.exit(1)
