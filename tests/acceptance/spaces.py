"""Where the nodes of a test run: all on the loopback interface (network.Loopback), or each in a network namespace of its own
behind switch.py, on a small disk, with a clock that can be set. Needs root, or user namespaces, and /dev/net/tun.

Everything is made in namespaces of the test's own process: nothing of it is left on the machine when that ends."""

import ctypes
import fcntl
import glob
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

from network import LIBC, Loopback, require, until

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
REMOUNT = 32  # MS_REMOUNT
TUNSETIFF = 0x400454CA
TUN_WITHOUT_HEADER = 0x0001 | 0x1000  # IFF_TUN | IFF_NO_PI
ADDRESSES = "10.57.0"
CLIENTS = 254  # as in switch.py
MTU_BYTES = 9000
MARK = "TESTAMUR_TEST_SPACES"
DISK_BYTES = 8 << 30  # taken from memory only as it is used
SLACK_BYTES = 64 << 10


def enter():
    """Restarts this program inside network and mount namespaces of its own, once. Returns why that cannot be, or None."""
    state = os.environ.get(MARK)
    if state is not None:
        return state or None
    command = ["unshare", "--net", "--mount"] + ([] if os.getuid() == 0 else ["--user", "--map-root-user"])
    probe = "import os; os.open('/dev/net/tun', os.O_RDWR)"
    reason = None
    if not shutil.which("unshare") or not shutil.which("ip"):
        reason = "unshare or ip is missing: scripts/setup"
    elif subprocess.run([*command, sys.executable, "-c", probe], capture_output=True).returncode != 0:
        reason = "no permission for namespaces or /dev/net/tun"
    if reason:
        os.environ[MARK] = reason
        return reason
    os.environ[MARK] = ""
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def faketime():
    """The library that shifts a process's clock, or None."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


def checked(result):
    require(result == 0, f"namespaces: {os.strerror(ctypes.get_errno())}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    require(done.returncode == 0, f"{' '.join(command)}: {done.stderr}")


def open_device(octet):
    """A TUN device of the current namespace with its address; the descriptor behind it."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"ledger0", TUN_WITHOUT_HEADER))
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{ADDRESSES}.{octet}/24", "dev", "ledger0")
    run("ip", "link", "set", "ledger0", "mtu", str(MTU_BYTES), "up")
    return descriptor


class Clock:
    """The clock of one node, read anew by libfaketime every second."""

    def __init__(self, file, library):
        self.file = file
        self.library = library
        self.set(0)

    def set(self, offset_s):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}\n")
        fresh.rename(self.file)

    def environment(self):
        return {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


class Disk:
    """A small disk in memory, mounted where a node's data are."""

    def __init__(self, directory):
        self.directory = directory
        before = directory.with_suffix(".before")
        shutil.move(directory, before)
        directory.mkdir(mode=0o700)
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "testamur-test", str(directory))
        shutil.copytree(before, directory, dirs_exist_ok=True)
        shutil.rmtree(before)

    def fill(self):
        """No more space than is in use, and a little."""

        def shrunk():
            facts = os.statvfs(self.directory)
            used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
            return self.resize(used + SLACK_BYTES)

        until(shrunk, f"a full disk at {self.directory}")  # it may grow between the question and the change

    def make_space(self):
        require(self.resize(DISK_BYTES), f"{self.directory} cannot be made larger")

    def resize(self, size_bytes):
        """mount(8) would repeat the owner's number, which a user namespace does not know."""
        return LIBC.mount(b"testamur-test", str(self.directory).encode(), b"tmpfs", REMOUNT, f"size={size_bytes}".encode()) == 0


class Spaces(Loopback):
    """Call enter() first. `small_disks`: how many nodes, from the first on, have a disk that can be filled."""

    def __init__(self, seed, small_disks):
        self.seed = seed
        self.small_disks = small_disks
        self.spaces = {}
        self.disks = {}
        self.clocks = {}
        self.switch = None

    def devnet_options(self):
        return ["--hosts", f"{ADDRESSES}.%d"]

    def settings(self, number):
        return {("api", "listen"): "0.0.0.0:7601", ("api", "tls"): "off", ("metrics", "listen"): "0.0.0.0:7602"}

    def prepare(self, folder, numbers):
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        devices = [(open_device(CLIENTS), CLIENTS)]
        for number in numbers:
            checked(LIBC.unshare(NEW_NETWORK))
            self.spaces[number] = os.open("/proc/self/ns/net", os.O_RDONLY)
            devices.append((open_device(number), number))
            checked(LIBC.setns(own, NEW_NETWORK))
            if number <= self.small_disks:
                self.disks[number] = Disk(folder / f"node{number}" / "data")
            if faketime():
                self.clocks[number] = Clock(folder / f"node{number}.clock", faketime())
        script = pathlib.Path(__file__).resolve().parent / "switch.py"
        self.switch = subprocess.Popen(
            [sys.executable, str(script), self.seed, *(str(each) for device in devices for each in device)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[descriptor for descriptor, _ in devices])
        require(self.switch.stdout.readline() == "ok\n", "the switch does not start")
        for descriptor, _ in devices:
            os.close(descriptor)

    def set_faults(self, **faults):
        """Of the network between the nodes; replaces those before. Without any: all is well again."""
        self.switch.stdin.write(json.dumps(faults) + "\n")
        self.switch.stdin.flush()
        require(self.switch.stdout.readline() == "ok\n", "the switch has ended")

    def enter_space(self, number):
        LIBC.setns(self.spaces[number], NEW_NETWORK)

    def environment(self, number):
        return self.clocks[number].environment() if number in self.clocks else {}

    def own_endpoint(self, number, endpoints):
        return "127.0.0.1:7601"

    def metrics_url(self, number):
        return f"http://{ADDRESSES}.{number}:7602/metrics"

    def end(self):
        if self.switch:
            self.switch.stdin.close()
            self.switch.wait()
        for disk in self.disks.values():
            subprocess.run(["umount", str(disk.directory)], capture_output=True)
