#!/usr/bin/env python3
"""The rules of the house that a compiler does not know: include levels, owners of third-party libraries, banned
constructs, sizes. There is no list of exceptions. Prints one line a finding and exits 1 if there is any."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE_FOLDERS = ["common", "files", "trust", "consensus", "ledger", "node", "wallet", "tests"]
PURE = ("trust", "consensus", "ledger")
LEVEL = {"common": 0, "trust": 1, "consensus": 1, "ledger": 2, "files": 3, "node": 4, "wallet": 4, "tests": 5}
FORBIDDEN_PAIRS = {("consensus", "ledger"), ("ledger", "consensus"), ("node", "wallet"), ("wallet", "node"),
                   ("trust", "consensus"), ("consensus", "trust")}
# Inside node: store and net know nothing of each other; chain may use both; api knows no chain; rpc may use these; main all.
NODE_LEVEL = {"log": -1, "store": 0, "net": 0, "config": 0, "chain": 1, "api": 1, "validator": 2, "rpc": 3, "main": 4}

# Inside ledger/tx: bytes know nothing of what is stored, what is stored nothing of what may be done.
TX_LEVEL = {"wire": 0, "records": 1, "rules": 2}
# Inside wallet/cli: files and texts know nothing of what is done with them. What stands beside the folders serves all.
CLI_LEVEL = {"files": 1, "description": 2, "flow": 3, "commands": 4}

# A third-party header may be included only from these folders (and from tests).
OWNERS = [
    (r"secp256k1", ("common",)),
    (r"utf8proc", ("common",)),
    (r"openssl/", ("common", "wallet/keystore", "node/net", "node/api", "wallet/client")),
    (r"toml\+\+", ("common/toml_text.h", "files", "node", "wallet/cli")),
    (r"nlohmann/", ("wallet", "node/rpc")),
    (r"rocksdb/", ("node/store",)),
    (r"boost/", ("node", "wallet/client")),
    (r"grpcpp/|testamur/v1/.*\.grpc\.pb\.h", ("node/api", "node/rpc", "wallet/client")),
    (r"google/protobuf/|testamur/v1/.*\.pb\.h", ("ledger/tx/wire", "node/net", "node/api/library_logs.cpp", "node/rpc", "wallet/client")),
    (r"CLI/", ("node", "wallet/cli", "common/option_slips.h", "common/usage_text.h")),
    (r"spdlog/", ("node",)),
    (r"qrencode", ("wallet/cli",)),
]

BANS_EVERYWHERE = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "unfinished work is an issue, not a comment"),
    (r"\busing namespace std\b", "names of the standard library are written out"),
    (r"\b(class|struct|namespace)\s+\w*(Manager|Helper|Util|Utils)\b", "a name that says nothing"),
    (r"\bstd::(rand|srand)\b|\brandom_device\b", "randomness comes from common/keys.h or a seed"),
    (r"\bassert\s*\(", "TM_CHECK is always compiled in"),
    (r"\bstrcpy\b|\bsprintf\b|\bstrcat\b", "unbounded C string functions"),
]
# What writes files is in one place, so that no output destroys anything: wallet/cli/files/output.h for what a person named,
# wallet/keystore/file.h beneath it.
WRITERS = [
    (r"\bstd::ofstream\b|\bfopen\b|::rename\s*\(|::renameat", ("wallet/keystore/file.cpp",)),
    (r"\bwrite_file_atomically\b|\bwrite_output\b", ("wallet/keystore", "wallet/credential", "wallet/client",
                                                       "wallet/cli/files/output.cpp", "wallet/cli/files/key_files.cpp")),
]
BANS_PURE = [
    (r"\bstd::chrono\b|\b<chrono>|\btime\s*\(\s*(NULL|nullptr|0)", "no clock in a pure folder: the time is handed in"),
    (r"\bstd::(thread|jthread|mutex|shared_mutex|atomic|condition_variable|async|future)\b", "no threads in a pure folder"),
    (r"\b(float|double|long double)\b", "no floating point in a pure folder"),
    (r"\bstd::unordered_", "no unordered containers in a pure folder"),
    (r"\bgetenv\b|\bstd::filesystem\b|\b<fstream>", "no environment or files in a pure folder"),
    (r"\bfill_random\b|\brandom_fixed\b|SecretKey::generate", "no randomness in a pure folder"),
]
BANS_TESTS = [
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\b|\bsleep\s*\(", "a test waits on the thing, not on time"),
]
# Of std::filesystem in node/ only what gives an error code: the other forms throw where a folder may not be entered.
THROWING = re.compile(r"\b(?:fs|filesystem)::(exists|is_\w+|create_\w+|remove|remove_all|rename|status|symlink_status|equivalent|canonical|"
                      r"weakly_canonical|absolute|relative|proximate|current_path|file_size|copy\w*|temp_directory_path|permissions|space|"
                      r"last_write_time|read_symlink|resize_file|hard_link_count|directory_iterator\s+\w+|recursive_directory_iterator)\s*\(")
ERROR_CODES = ("failure", "failed", "ignored", "kind")  # the last: what status() gave, at which nothing throws
# One place prints for the wallet, and makes visible what others wrote into names, claims and answers.
BANS_WALLET = [
    (r"\bstd::(cout|cerr|clog|puts|fputs|fputc|printf|fprintf|putchar|putc|fwrite|vprintf|vfprintf)\b|\b(printf|fprintf|puts|fputs)\s*\(",
     "put() of wallet/cli/terminal.h prints"),
]
PRINTS = ("wallet/cli/terminal.cpp", "wallet/cli/busy_line.cpp")
# A path of the source tree in a document, in backticks: a file of code, or one without its suffix, or a folder.
NAMED_PATH = re.compile(r"`((?:common|trust|consensus|ledger|node|wallet|proto|tests|scripts|docs)/[\w./-]*\w)/?`")
# The same in a comment of the code, where it stands without backticks.
COMMENT_PATH = re.compile(
    r"(?<![\w./-])((?:common|files|trust|consensus|ledger|node|wallet|proto|tests|scripts|docs)/[\w./-]*\w)")
# A file by the end of its path, such as `facts.h` or `records/record.h`.
COMMENT_FILE = re.compile(r"(?<![\w./-])((?:\w+/)*[\w-]+\.(?:h|cpp|md|proto|py|dot))\b")
DECISION = re.compile(r"\bdecisions? (\d{4})\b")
NAMED_SUFFIXES = ("", ".h", ".cpp", ".md", ".py", ".proto", ".json", ".dot", ".svg")
MAX_FUNCTION, MAX_SOURCE, MAX_HEADER, MAX_TEST, MAX_FOLDER_README = 70, 800, 300, 800, 60
MAX_COLUMNS = 100

findings = []


def walk(folder):
    """Every file below `folder` that belongs to the project, sorted."""
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in ("build", ".git", "node_modules", "__pycache__", ".venv"))
        for name in sorted(files):
            yield pathlib.Path(directory) / name


def report(path, line, text):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {text}")


COMMENT_OR_LITERAL = re.compile(
    r'R"(?P<d>[^()\\ ]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.S)


def strip(text):
    """The text with comments and literals blanked, line structure kept."""
    return COMMENT_OR_LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def comments(text):
    """(line, text) of each line of each comment."""
    for match in COMMENT_OR_LITERAL.finditer(text):
        if match.group(0).startswith(("//", "/*")):
            first = text.count("\n", 0, match.start()) + 1
            yield from enumerate(match.group(0).splitlines(), first)


def functions(code):
    """(first line, last line) of each function body with its head; `code` is stripped text."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.M)
    stack, head_start, found = [], 0, []
    for at, char in enumerate(code):
        if char == "{":
            head = code[head_start:at]
            outer = stack[-1][0] if stack else "scope"
            clean = re.sub(r"\b(template\s*<[^{;]*?>|\[\[[^\]]*\]\])\s*(?=\w)", "", head).strip()
            if re.match(r"(inline\s+)?namespace\b|extern\b", clean):
                kind = "scope"
            elif re.match(r"(typedef\s+)?(class|struct|union|enum)\b", clean) and "(" not in clean.split(":")[0]:
                kind = "scope"
            elif outer == "scope" and ")" in head:
                kind = "function"
            else:
                kind = "other"
            lead = len(head) - len(head.lstrip())
            stack.append((kind, head_start + lead))
            head_start = at + 1
        elif char == "}":
            if stack:
                kind, start = stack.pop()
                if kind == "function":
                    found.append((code.count("\n", 0, start) + 1, code.count("\n", 0, at) + 1))
            head_start = at + 1
        elif char == ";":
            head_start = at + 1
    return found


def folder_of(path):
    return path.relative_to(ROOT).parts[0]


def check_includes(path, text):
    relative = path.relative_to(ROOT)
    folder = relative.parts[0]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(1)
        top = target.split("/")[0]
        if top in LEVEL and folder != "tests":
            if LEVEL[top] > LEVEL[folder]:
                report(path, number, f"{folder} (level {LEVEL[folder]}) includes {target} (level {LEVEL[top]})")
            if (folder, top) in FORBIDDEN_PAIRS:
                report(path, number, f"{folder} and {top} never include each other")
            if folder == "node" and top == "node":
                own = relative.parts[1] if len(relative.parts) > 2 else "main"
                other = target.split("/")[1] if target.count("/") > 1 else "main"
                if own != other and NODE_LEVEL.get(other, 9) >= NODE_LEVEL.get(own, -1):
                    report(path, number, f"node/{own} includes node/{other}")
            if relative.parts[:2] == ("ledger", "tx") and target.startswith("ledger/tx/"):
                own, other = relative.parts[2], target.split("/")[2]
                if TX_LEVEL.get(other, -1) > TX_LEVEL.get(own, 9):
                    report(path, number, f"ledger/tx/{own} includes ledger/tx/{other}")
            if relative.parts[:2] == ("wallet", "cli") and target.startswith("wallet/cli/"):
                own, other = relative.parts[2], target.split("/")[2]
                if CLI_LEVEL.get(other, 0) > CLI_LEVEL.get(own, 9):
                    report(path, number, f"wallet/cli/{own} includes wallet/cli/{other}")
        for pattern, owners in OWNERS:
            if re.search(pattern, target) and top not in LEVEL:
                if folder != "tests" and not any(f"{relative}/".startswith(owner + "/") for owner in owners):
                    report(path, number, f"{target} belongs to {', '.join(owners)}")
                break


def check_bans(path, text, code):
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(BANS_EVERYWHERE[0][0], line):
            report(path, number, BANS_EVERYWHERE[0][1])
    bans = list(BANS_EVERYWHERE[1:])
    if folder in PURE:
        bans += BANS_PURE
    if folder == "tests":
        bans += BANS_TESTS
    if folder == "wallet" and str(path.relative_to(ROOT)) not in PRINTS:
        bans += BANS_WALLET
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, why in bans:
            if re.search(pattern, line):
                report(path, number, why + ": " + line.strip()[:80])


def check_writers(path, code):
    relative = str(path.relative_to(ROOT))
    if not relative.startswith("wallet/"):
        return
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, owners in WRITERS:
            if re.search(pattern, line) and not relative.startswith(owners):
                report(path, number, "files are written by wallet/cli/files/output.h: " + line.strip()[:80])


def arguments_of(code, at):
    """The arguments of the call whose bracket opens before `at`, as they are written."""
    found, depth, start = [], 0, at
    for place in range(at, len(code)):
        char = code[place]
        if char in "([{":
            depth += 1
        elif char in ")]}" and depth == 0:
            return found + [code[start:place].strip()]
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            found.append(code[start:place].strip())
            start = place + 1
    return found


def check_filesystem(path, code):
    if folder_of(path) not in ("node", "files"):
        return
    for call in THROWING.finditer(code):
        arguments = arguments_of(code, call.end())
        if arguments == [""] and "iterator" in call.group(1):
            continue
        if arguments[-1] not in ERROR_CODES:
            report(path, code.count("\n", 0, call.start()) + 1, f"{call.group(1)} throws: give it an error code, or use files/paths.h")


def check_sizes(path, text, code):
    # Lines of code: blank lines and comments are free, so that nobody pays for a limit with air.
    written = [bool(line.strip()) for line in code.splitlines()]
    lines = sum(written)
    folder = folder_of(path)
    limit = MAX_HEADER if path.suffix == ".h" else MAX_TEST if folder == "tests" else MAX_SOURCE
    if lines > limit:
        report(path, 1, f"{lines} lines of code, at most {limit}")
    for number, (line, spaced) in enumerate(zip(text.splitlines(), code.splitlines()), 1):
        # A text that is copied from elsewhere, such as a key, stays whole; so does a symbol.
        if len(line) > MAX_COLUMNS and not re.fullmatch(r'\s*\S+\s*', line):
            report(path, number, f"{len(line)} columns, at most {MAX_COLUMNS}")
    for first, last in functions(code):
        length = sum(written[first - 1:last])
        if length > MAX_FUNCTION:
            report(path, first, f"a function of {length} lines, at most {MAX_FUNCTION}")


def check_texts():
    for path in walk(ROOT):
        parts = path.relative_to(ROOT).parts
        if parts[0] == "LICENSE":
            continue
        if path.name == "README.md" and parts[0] in CODE_FOLDERS and len(path.read_text().splitlines()) > MAX_FOLDER_README:
            report(path, 1, f"a folder's README has at most {MAX_FOLDER_README} lines")
        if path.suffix in (".md", ".proto", ".txt", ".sh", ".py", ".toml", "") and path.resolve() != pathlib.Path(__file__).resolve():
            text = path.read_text(errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"\b(TODO|FIXME)\b", line) and "no TODO" not in line:
                    report(path, number, BANS_EVERYWHERE[0][1])


def check_links():
    for path in walk(ROOT):
        if path.suffix != ".md":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)", line):
                if not target.startswith(("http:", "https:", "mailto:")) and not (path.parent / target).exists():
                    report(path, number, f"a link to {target}, which does not exist")


def exists(name):
    """Whether the tree has what a text names; of other kinds (party.toml, a key) are a user's own."""
    suffix = pathlib.PurePath(name).suffix
    if suffix not in NAMED_SUFFIXES:
        return True
    candidates = [name + more for more in NAMED_SUFFIXES] if suffix in ("", ".h", ".cpp") else [name]
    return any((ROOT / candidate).exists() for candidate in candidates)


def check_comments(path, text, decisions, ends):
    """What a comment sends its reader to exists. `ends`: of the paths of all files."""
    for number, line in comments(text):
        whole = COMMENT_PATH.findall(line)
        for name in whole:
            if not exists(name):
                report(path, number, f"names {name}, which does not exist")
        for name in COMMENT_FILE.findall(line):
            if name not in whole and name not in ends:
                report(path, number, f"names {name}, which does not exist")
        for decision in DECISION.findall(line):
            if decision not in decisions:
                report(path, number, f"names decision {decision}, which does not exist")


def check_named_paths():
    """What a document names exists. Files of other kinds (party.toml, a key) are a user's own."""
    for path in walk(ROOT):
        if path.suffix != ".md" or path.name == "CHANGELOG.md":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in NAMED_PATH.findall(line):
                if not exists(name):
                    report(path, number, f"names {name}, which does not exist")



def main():
    ends = {"/".join(path.relative_to(ROOT).parts[at:]) for path in walk(ROOT)
            for at in range(len(path.relative_to(ROOT).parts))}
    decisions = {path.name[:4] for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    for folder in CODE_FOLDERS:
        for path in walk(ROOT / folder):
            if path.suffix not in (".h", ".cpp"):
                continue
            text = path.read_text()
            code = strip(text)
            check_includes(path, text)
            check_bans(path, text, code)
            check_writers(path, code)
            check_filesystem(path, code)
            check_sizes(path, text, code)
            check_comments(path, text, decisions, ends)
            if path.suffix == ".h" and "#pragma once" not in text:
                report(path, 1, "a header begins with #pragma once")
    check_texts()
    check_links()
    check_named_paths()
    for finding in findings:
        print(finding)
    print(f"lint: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
