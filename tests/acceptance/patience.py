"""Whoever waits at a terminal reads for what: for a node that takes a connection and never answers. The line is gone at the end; into a
pipe, and with --quiet, nothing of it goes."""

import os
import pty
import select
import socket
import subprocess
import tempfile
import termios
import time

from network import BIN, PATIENCE_S, require, say
from page import screen


def typed(words, home, terminal):
    """Exit code and what a terminal, or a pipe, was sent."""
    reader, writer = pty.openpty() if terminal else os.pipe()
    if terminal:
        mode = termios.tcgetattr(writer)
        mode[1] &= ~termios.OPOST  # line ends as they were printed
        termios.tcsetattr(writer, termios.TCSANOW, mode)
    process = subprocess.Popen([str(BIN / "testamur"), "--home", home, *words], stdin=writer if terminal else subprocess.DEVNULL,
                               stdout=writer, stderr=writer, env={"PATH": os.environ["PATH"], "HOME": home, "NO_COLOR": "1"})
    if not terminal:
        os.close(writer)
    sent, deadline = "", time.monotonic() + PATIENCE_S
    while process.poll() is None or select.select([reader], [], [], 0)[0]:
        require(time.monotonic() < deadline, f"{words} does not end: {sent}")
        if select.select([reader], [], [], 0.05)[0]:
            piece = os.read(reader, 65536)
            if not piece:
                break
            sent += piece.decode(errors="replace")
    os.close(reader)
    return process.wait(), sent


def main():
    with tempfile.TemporaryDirectory(prefix="testamur-patience-") as home:
        # It listens and never takes: connections stand, and nothing is ever said on them.
        deaf = socket.create_server(("127.0.0.1", 0), backlog=8)
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        waited = f'asking "{address}", '
        words = ["--endpoint", address, "--timeout", "4000", "node", "status"]

        code, sent = typed(words, home, True)
        require(waited + "1 s" in sent and waited + "2 s" in sent, f"nobody is told what is waited for: {sent!r}")
        left = screen(sent)
        require(code == 7 and not any(waited in line for line in left), f"{code}, and the line stays: {left}")
        require(left[0].startswith(address + "  "), f"what was drawn stands before the answer: {left}")
        say("who waits at a terminal reads for what; at the end the line is gone")

        for what, terminal, more in (("a pipe", False, []), ("--quiet", True, ["--quiet"])):
            code, sent = typed([*more, *words], home, terminal)
            require(code == 7 and waited not in sent, f"{what}: {code} {sent!r}")
            say(f"{what}: nothing of it")
        deaf.close()


if __name__ == "__main__":
    main()
