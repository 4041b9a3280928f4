"""A node as a service of the system: its configuration lies apart from its keys and its ledger, as /etc wants it, and it tells
the service manager when its API answers and when it stops, over a socket with a path and over an abstract one."""

import os
import re
import signal
import socket
import subprocess

from network import BIN, Failed, PATIENCE_S, free_address, require, run_test, say, until, with_parent


class Installed:
    """A ledger of one node, made by the steps of an operator."""

    def __init__(self, folder):
        self.folder = folder
        self.state, self.config = folder / "state", folder / "etc" / "testamurd.toml"
        self.config.parent.mkdir()
        self.api = free_address()
        self.process = None
        self.node("init", "--dir", self.state, "--config", self.config, "--name", "University of Tartu", "--country", "EE",
                  "--domain", "ut.ee", "--peer-address", free_address(), "--api-address", self.api)
        record, settings = folder / "genesis.bin", folder / "settings.toml"
        settings.write_text("")
        self.wallet("genesis", "draft", settings, "--out", record)
        self.wallet("genesis", "add", record, self.state / "party.toml")
        self.wallet("genesis", "sign", record, "--keys", self.state / "issuer-keys")
        self.record = record

    def call(self, words, expect=0):
        done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        require(done.returncode == expect, f"exit code {done.returncode} instead of {expect}: {words}: {done.stdout} {done.stderr}")
        return done.stdout + done.stderr

    def node(self, *words, expect=0):
        return self.call([BIN / "testamurd", *words], expect)

    def wallet(self, *words, expect=0):
        return self.call([BIN / "testamur", "--yes", "--home", self.folder / "home", *words], expect)

    def start(self, notify_socket=None):
        environment = {name: text for name, text in os.environ.items() if name != "NOTIFY_SOCKET"}
        if notify_socket:
            environment["NOTIFY_SOCKET"] = notify_socket
        self.log = self.folder / "node.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(BIN / "testamurd"), "run", "--config", str(self.config)], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=with_parent)

    def answers(self):
        done = subprocess.run([str(BIN / "testamur"), "--quiet", "--endpoint", self.api, "node", "status"], capture_output=True)
        return done.returncode in (0, 1)  # 1: with obstacles

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        require(self.process.wait(timeout=PATIENCE_S) == 0, f"the node did not end well: {self.log.read_text()}")

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def files_lie_apart(installed):
    require(sorted(path.name for path in installed.config.parent.iterdir()) == ["testamurd.toml"],
            "there is more beside the configuration")
    require(not (installed.state / "testamurd.toml").exists(), "the configuration is in the directory as well")
    named = dict(re.findall(r'^(\w+) = "(/[^"]*)"$', installed.config.read_text(), re.MULTILINE))
    expected = {"data_dir": "data", "genesis": "genesis.bin", "consensus": "keys/consensus.key", "transport": "keys/transport.key",
                "admin_socket": "admin.sock"}
    require(named == {key: str(installed.state / file) for key, file in expected.items()}, f"the configuration names {named}")

    again = installed.node("init", "--dir", installed.state, "--config", installed.config, "--name", "Other", "--country", "EE",
                           "--domain", "other.ee", expect=1)
    require("holds a node already" in again, f"a second init says {again}")
    both = installed.node("join", "--dir", installed.state, "--config", installed.config, "--genesis", installed.record, expect=2)
    require("--dir" in both and "--config" in both, f"join with both says {both}")
    installed.node("join", "--genesis", installed.record, expect=2)
    installed.node("join", "--config", installed.config, "--genesis", installed.record)
    installed.node("check-config", "--config", installed.config)
    say("configuration and state lie apart")


def hear(manager, installed):
    try:
        return manager.recv(100)
    except TimeoutError as silence:
        raise Failed(f"the manager was told nothing; the log of the node:\n{installed.log.read_text()}") from silence


def says_when_it_is_ready(installed, name, address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(PATIENCE_S)
        installed.start(name)
        require(hear(manager, installed) == b"READY=1", "the first word is not that the node is ready")
        require(installed.answers(), "the node said that it is ready, and its API did not answer")
        installed.stop()
        require(hear(manager, installed) == b"STOPPING=1", "the node did not say that it stops")
        manager.setblocking(False)
        try:
            raise Failed(f"the node said more than that it is ready and stops: {manager.recv(100)}")
        except BlockingIOError:
            pass
    say(f"told a manager at {name}")


def serves_without_a_manager(installed, name, complaint):
    installed.start(name)
    until(installed.answers, "an answer of a node whose manager is not there")
    # Before the API answers nobody can know whether it complained.
    if complaint:
        until(lambda: complaint in installed.log.read_text(), f"a warning in the log:\n{installed.log.read_text()}")
    installed.stop()
    require(complaint or "service_manager_not_told" not in installed.log.read_text(), "the node complains about no manager")


def body(installed, folder):
    files_lie_apart(installed)
    path = str(folder / "notify")
    says_when_it_is_ready(installed, path, path)
    abstract = f"testamur-service-{os.getpid()}"
    says_when_it_is_ready(installed, "@" + abstract, "\0" + abstract)
    serves_without_a_manager(installed, None, "")
    serves_without_a_manager(installed, str(folder / "nobody"), "service_manager_not_told")
    serves_without_a_manager(installed, "vsock:2:1234", "names neither a path nor an abstract socket")
    say("without a manager it serves as well")


if __name__ == "__main__":
    run_test("service", body, made=Installed)
