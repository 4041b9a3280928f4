#!/usr/bin/env python3
"""Sets our age files against the age program, both ways. Exit code 77: the program is absent.

The age program reads passphrases from a terminal only, so it gets a pseudo-terminal.
"""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

ours = sys.argv[1]
PASSPHRASE = "correct horse battery staple"
SIZES = (0, 1, 65535, 65536, 65537, 300_000)
TERMINAL_TIMEOUT_S = 60


def call(*words):
    subprocess.run([ours, *words], check=True)


def age_with_passphrase(arguments, answers):
    """Runs age on a pseudo-terminal and types an answer at each prompt. Returns its exit code and what it printed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("age", ["age", *arguments])
    printed = b""
    answers = list(answers)
    answered_at = 0
    deadline = time.monotonic() + TERMINAL_TIMEOUT_S
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end has closed
            break
        if not part:
            break
        printed += part
        if answers and b": " in printed[answered_at:]:
            answered_at = len(printed)
            os.write(terminal, answers.pop(0).encode() + b"\n")
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), printed.decode(errors="replace")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")
    print(f"passed: {what}")


def check_keys(folder, plain):
    ident = folder + "/ident"
    call("identity", ident)
    identity = read(ident).decode().strip()
    recipient = subprocess.run(["age-keygen", "-y", ident], check=True, capture_output=True, text=True).stdout.strip()
    for size in SIZES:
        contents = os.urandom(size)
        with open(plain, "wb") as file:
            file.write(contents)
        call("seal-to", recipient, plain, folder + "/ours.age")
        opened = subprocess.run(["age", "-d", "-i", ident, folder + "/ours.age"], check=True, capture_output=True).stdout
        check(opened == contents, f"age -d -i opens ours, {size} bytes")
        subprocess.run(["age", "-r", recipient, "-o", folder + "/theirs.age", plain], check=True)
        call("open-with", identity, folder + "/theirs.age", folder + "/out")
        check(read(folder + "/out") == contents, f"we open theirs, {size} bytes")
    other = folder + "/other"
    subprocess.run(["age-keygen", "-o", other], check=True, capture_output=True)
    other_identity = read(other).decode().splitlines()[-1]
    other_recipient = subprocess.run(["age-keygen", "-y", other], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["age", "-r", recipient, "-r", other_recipient, "-o", folder + "/two.age", plain], check=True)
    call("open-with", other_identity, folder + "/two.age", folder + "/out")
    check(read(folder + "/out") == read(plain), "we open theirs with several recipients, by an identity of age-keygen")


def check_passphrases(folder, plain):
    with open(plain, "wb") as file:
        file.write(b"by passphrase\n")
    call("seal-passphrase", PASSPHRASE, "12", plain, folder + "/pass.age")
    code, printed = age_with_passphrase(["-d", "-o", folder + "/out", folder + "/pass.age"], [PASSPHRASE])
    check(code == 0 and read(folder + "/out") == b"by passphrase\n", "age -d opens our passphrase file on a terminal")
    code, printed = age_with_passphrase(["-d", "-o", folder + "/no", folder + "/pass.age"], ["wrong"])
    check(code != 0, "age -d refuses our passphrase file with a wrong passphrase")
    code, printed = age_with_passphrase(["-p", "-o", folder + "/theirs-pass.age", plain], [PASSPHRASE, PASSPHRASE])
    check(code == 0, "age -p seals on a terminal")
    call("open-passphrase", PASSPHRASE, folder + "/theirs-pass.age", folder + "/out2")
    check(read(folder + "/out2") == b"by passphrase\n", "we open their passphrase file")


def check_wallet_files(folder):
    call("vault", PASSPHRASE, folder + "/vault.age")
    code, printed = age_with_passphrase(["-d", "-o", folder + "/vault.json", folder + "/vault.age"], [PASSPHRASE])
    check(code == 0, "age -d opens a vault on a terminal")
    check(json.loads(read(folder + "/vault.json"))["testamur_wallet"] == 1, "the vault holds a wallet")
    call("backup", folder + "/backup.age", folder + "/backup-identity")
    opened = subprocess.run(["age", "-d", "-i", folder + "/backup-identity", folder + "/backup.age"], check=True, capture_output=True)
    check(json.loads(opened.stdout)["testamur_wallet"] == 1, "age -d -i opens a backup")


def main():
    if shutil.which("age") is None or shutil.which("age-keygen") is None:
        print("skipped: the age program is not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        plain = folder + "/plain"
        check_keys(folder, plain)
        check_passphrases(folder, plain)
        check_wallet_files(folder)


main()
