"""Real nodes and real commands for the acceptance tests: starts, kills and asks them. Standard library only.

Nothing here waits a fixed time for something to happen: until() asks again until a condition holds or a deadline passes."""

import csv
import ctypes
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("TESTAMUR_BIN", ROOT / "build" / "release" / "bin"))
PASSPHRASE = "a long passphrase for these tests"

# How long a condition may take on a busy machine. Far above what is usual.
PATIENCE_S = 180


LIBC = ctypes.CDLL(None, use_errno=True)


def with_parent():
    """In a new process: it dies with the test, however that ends."""
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Failed(Exception):
    """An expectation that did not hold."""


def say(text):
    print(text, flush=True)


def require(condition, text):
    if not condition:
        raise Failed(text)


def until(condition, what, seconds=PATIENCE_S):
    """The first true answer of `condition`, asked again and again. Raises when `seconds` pass without one."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(pause)  # between two questions
        pause = min(pause * 1.5, 0.1)


GIVEN_PORTS = set()


def free_address():
    """Not of those that the kernel gives to outgoing connections, nor of scripts/devnet's, nor one that was given before: whoever
    listens later would find it taken."""
    while True:
        with socket.socket() as free:
            address = ("127.0.0.1", random.randrange(22000, 32768))
            if address[1] in GIVEN_PORTS:
                continue
            try:
                free.bind(address)
            except OSError:
                continue
            GIVEN_PORTS.add(address[1])
            return f"127.0.0.1:{address[1]}"


class Loopback:
    """Where nodes run: here all on the loopback interface. spaces.Spaces gives each a machine of its own."""

    switch = None  # between the nodes: spaces.Spaces has one

    def devnet_options(self):
        return []

    def settings(self, number):
        """Of the node's configuration: {(section, key): text}."""
        return {("metrics", "listen"): self.metrics_listen(number)}

    def prepare(self, folder, numbers):
        """After the nodes' directories were made, before a node starts."""

    def metrics_listen(self, number):
        if not hasattr(self, "ports"):
            self.ports = {}
        return self.ports.setdefault(number, free_address())

    def enter_space(self, number):
        """In a new process, before it becomes the node or a command at the node's own machine."""

    def environment(self, number):
        """What is added to the node's environment."""
        return {}

    def own_endpoint(self, number, endpoints):
        """The node's API as its own machine sees it."""
        return endpoints[number - 1]

    def metrics_url(self, number):
        return f"http://{self.metrics_listen(number)}/metrics"

    def end(self):
        """When all nodes have ended."""


def set_key(file, section, key, text):
    """Replaces one text in a configuration file that testamurd made."""
    pattern = re.compile(rf'(^\[{section}\]$(?:(?!^\[).)*?^{key} = )"[^"]*"', re.MULTILINE | re.DOTALL)
    changed, count = pattern.subn(lambda found: f'{found.group(1)}"{text}"', file.read_text())
    require(count == 1, f"{file} has no {section}.{key}")
    file.write_text(changed)


class Network:
    """Validators, numbered from 1."""

    def __init__(self, folder, nodes=4, machine=None):
        self.folder = folder
        self.size = nodes
        self.machine = machine or Loopback()
        made = subprocess.run([str(ROOT / "scripts" / "devnet"), "prepare", "--nodes", str(nodes), "--dir", str(folder),
                               *self.machine.devnet_options()],
                              env={**os.environ, "TESTAMUR_BIN": str(BIN)}, capture_output=True, text=True)
        require(made.returncode == 0, f"no network: {made.stdout} {made.stderr}")
        for number in self.numbers():
            self.configure(number, self.machine.settings(number))
        self.machine.prepare(folder, self.numbers())
        self.read()

    def configure(self, number, settings):
        for (section, key), text in settings.items():
            set_key(self.directory(number) / "testamurd.toml", section, key, text)

    def read(self):
        self.endpoints = (self.folder / "endpoints").read_text().split()
        self.chain = (self.folder / "chain").read_text().strip()
        self.institutions = [file.read_text().strip() for file in sorted(self.folder.glob("institution?"))]
        self.processes = {}
        self.programs = {}  # of a node that runs another build

    @classmethod
    def reopen(cls, folder):
        """The network of another time and place, of which node 1 is left: at free ports of this machine."""
        network = cls.__new__(cls)
        network.folder, network.size, network.machine = folder, 1, Loopback()
        (folder / "logs").mkdir()
        api = free_address()
        network.configure(1, {("peers", "listen"): free_address(), ("api", "listen"): api, **network.machine.settings(1)})
        (folder / "endpoints").write_text(api + "\n")
        network.read()
        return network

    def numbers(self):
        return range(1, self.size + 1)

    def directory(self, number):
        return self.folder / f"node{number}"

    def log(self, number):
        return (self.folder / "logs" / f"node{number}.log").read_text(errors="replace")

    def launch(self, number):
        """Starts a node and does not wait for it."""
        with open(self.folder / "logs" / f"node{number}.log", "ab") as log:
            self.processes[number] = subprocess.Popen(
                [str(self.programs.get(number, BIN / "testamurd")), "run", "--config", str(self.directory(number) / "testamurd.toml")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lambda: self.arrive(number),
                env={**os.environ, **self.machine.environment(number)})

    def arrive(self, number):
        with_parent()
        self.machine.enter_space(number)

    def start(self, *numbers):
        for number in numbers or self.numbers():
            self.launch(number)
        for number in numbers or self.numbers():
            until(lambda: self.status_of(number), f"an answer of node {number}; its log ends:\n{self.log(number)[-2000:]}")

    def kill(self, *numbers):
        """kill -9, all of them before any is waited for."""
        for number in numbers:
            self.processes[number].send_signal(signal.SIGKILL)
        for number in numbers:
            self.processes[number].wait()

    def stop(self, *numbers):
        """As an operator does it: SIGTERM, and the node ends with exit code 0."""
        for number in numbers:
            self.processes[number].send_signal(signal.SIGTERM)
        for number in numbers:
            require(self.processes[number].wait(timeout=PATIENCE_S) == 0, f"node {number} did not end well")

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self.machine.end()

    def height_of(self, number):
        """The newest final block of a node, by its metrics: cheap. None when it does not answer."""
        try:
            with urllib.request.urlopen(self.machine.metrics_url(number), timeout=5) as answer:
                return int(float(re.search(r"^testamur_height (\S+)", answer.read().decode(), re.MULTILINE).group(1)))
        except OSError:
            return None

    def status_of(self, number):
        """`testamur node status` of one node; None when it does not answer."""
        require(self.processes[number].poll() is None,
                f"node {number} ended with {self.processes[number].poll()}; its log ends:\n{self.log(number)[-2000:]}")
        endpoint = self.machine.own_endpoint(number, self.endpoints)
        done = subprocess.run([str(BIN / "testamur"), "--quiet", "--json", "--endpoint", endpoint, "node", "status"],
                              capture_output=True, text=True, preexec_fn=lambda: self.arrive(number))
        answered = done.returncode in (0, 1) and done.stdout.strip()  # 1: with obstacles
        answer = json.loads(done.stdout) if answered else {}
        nodes = answer.get("nodes", [])
        return nodes[0] if nodes and "as_of" in nodes[0] else None

    def await_agreement(self, *numbers):
        """Until all have the same newest block and miss nobody. Returns its height."""
        numbers = numbers or tuple(self.numbers())

        def agreed():
            statuses = [self.status_of(number) for number in numbers]
            if not all(statuses):
                return None
            heads = {(status["as_of"]["height"], status["as_of"]["block_id"]) for status in statuses}
            alone = any(status["consensus"]["reachable"] < len(numbers) for status in statuses)
            return statuses[0] if len(heads) == 1 and not alone else None

        return until(agreed, f"agreement of nodes {numbers}")["as_of"]["height"]


class Home:
    """The home of one person or office, and its command line."""

    def __init__(self, folder, endpoints=()):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        listed = ", ".join(f'"{each}"' for each in endpoints)
        (folder / "config.toml").write_text(f"endpoints = [{listed}]\n" if endpoints else "")
        self.passphrase = folder.parent / (folder.name + ".passphrase")
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.passphrase.chmod(0o600)

    def command(self, *arguments):
        return [str(BIN / "testamur"), "--home", str(self.folder), "--passphrase-file", str(self.passphrase), "--yes", "--quiet",
                "--json", "--timeout", str(1000 * PATIENCE_S), *map(str, arguments)]

    def begin(self, *arguments):
        """The command as a process of its own."""
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, preexec_fn=with_parent)

    def run(self, *arguments, expect=0):
        return self.finish(self.begin(*arguments), arguments, expect)

    def finish(self, process, arguments=(), expect=0):
        """Its JSON answer. For an expected failure: the text of the error."""
        out, errors = process.communicate(timeout=2 * PATIENCE_S)
        require(process.returncode == expect,
                f"exit code {process.returncode} instead of {expect}: {' '.join(map(str, arguments))}: {out} {errors}")
        if expect != 0:
            return out + errors
        return json.loads(out) if out.strip() else {}


def registrar(network, number, folder):
    """The home of an institution's registrar; asks its own node first, then the others."""
    order = network.endpoints[number - 1:] + network.endpoints[:number - 1]
    home = Home(folder / f"registrar{number}", order)
    home.run("issuer", "init", "--keys", network.folder / f"issuer-keys{number}")
    return home


ACHIEVEMENT = """number = 1
version = 1
award_kind = "skill"
award_type = "microcredential"
ects = "3"
eqf = 6
fields = ["0613"]

[titles]
en = "Fault-tolerant Systems"
"""


def publish_achievement(home, folder):
    file = folder / "achievement.toml"
    file.write_text(ACHIEVEMENT)
    return home.run("issuer", "achievement", "publish", file)["achievement"]


def write_class(path, learners, prefix="S"):
    """A class list of made-up people, whose values occur nowhere else by chance."""
    rows = [{"student": f"{prefix}-matr-{77000 + i}", "given_name": f"Wilhelmina{i}", "family_name": f"Quackenbush{i}",
             "birthdate": f"19{70 + i % 30}-0{1 + i % 9}-1{i % 9}", "student_number": f"wq{77000 + i}@students.example",
             "award_date": "2024-06-28"} for i in range(learners)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


class Load:
    """load_client against a network, issuing in the background."""

    def __init__(self, network, folder, institution=1, rate=150, threads=8, seconds=3600, keys=None, extra=()):
        self.network = network
        self.institution = institution
        self.file = folder / f"acknowledged{institution}"
        self.file.touch()
        self.errors = folder / f"load{institution}.errors"
        self.process = subprocess.Popen(
            [str(BIN / "load_client"), "--endpoints", ",".join(network.endpoints), "--keys",
             str(network.folder / f"issuer-keys{keys or institution}"), *self.identity(), "--log", str(self.file), "--rate", str(rate),
             "--threads", str(threads), "--seconds", str(seconds), *extra],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.errors, "wb"), text=True, preexec_fn=with_parent)

    def identity(self):
        return ["--institution", self.network.institutions[self.institution - 1], "--chain", self.network.chain]

    def acknowledged(self):
        if self.process.poll() is not None:
            raise Failed(f"the load ended early with {self.process.returncode}: {self.errors.read_text()}")
        with open(self.file, "rb") as file:
            return file.read().count(b"\n")

    def await_more(self, count, seconds=PATIENCE_S):
        """Until `count` more transactions are acknowledged than now. Returns the seconds that it took."""
        begun = time.monotonic()
        goal = self.acknowledged() + count
        until(lambda: self.acknowledged() >= goal, f"{count} more acknowledged transactions", seconds)
        return time.monotonic() - begun

    def finish(self):
        """Ends the load and brings what is under way to its end. Returns the client's summary."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=3 * PATIENCE_S)
        require(self.process.returncode == 0, f"the load went wrong: {out} {self.errors.read_text()}")
        return json.loads(out)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def verify(self):
        return verify_file(self.network, self.file, self.institution)


def verify_file(network, file, institution):
    """Asks every node for everything that a file of load_client's form lists, and compares their ledgers block by block."""
    done = subprocess.run([str(BIN / "load_client"), "--verify", str(file), "--endpoints", ",".join(network.endpoints),
                           "--institution", network.institutions[institution - 1], "--chain", network.chain],
                          capture_output=True, text=True)
    require(done.returncode == 0, f"the ledger lost or repeated something: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def run_test(name, body, nodes=4, machine=None, made=None):
    """Runs body(network, folder) and stops everything, whatever happens. The folder of a failure is kept. `made`: gives the network
    in a folder, where it is not a new one."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"testamur-{name}-"))
    begun = time.monotonic()
    network = None
    failed = False
    try:
        network = made(folder) if made else Network(folder / "net", nodes, machine)
        body(network, folder)
    except (Failed, subprocess.TimeoutExpired) as problem:
        failed = True
        say(f"FAILED: {problem}")
    finally:
        if network:
            network.end()
        if failed:
            say(f"{name}: failed; everything is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if not failed:
        say(f"{name}: all as expected ({time.monotonic() - begun:.0f} s)")
    sys.exit(1 if failed else 0)
