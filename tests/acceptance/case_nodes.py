"""The kinds of accident of whoever runs a node, or is told an address: which cases.py tries on the ledger that it has made. Each node is a copy of
the second institution's directory, which is not started otherwise."""

import contextlib
import datetime
import http.client
import os
import re
import resource
import shutil
import socket
import subprocess

from case_world import DISK, FAILURE, FAKETIME, OK, UNKNOWN, UNREACHABLE, USAGE, at, hold, own_mounts, row, typed
from network import BIN, LIBC, PATIENCE_S, require, say, set_key, until, with_parent

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
TLS_HANDSHAKE = 0x16


def node_directory(world, name, *settings, long_name=""):
    """A directory of a node, with what is set in its configuration: (section, key, text)."""
    directory = world.folder / (long_name or name)
    shutil.copytree(world.network.directory(2), directory)
    config = directory / "testamurd.toml"
    for section, key, text in [("peers", "listen", "127.0.0.1:0"), ("api", "listen", "127.0.0.1:0"), ("metrics", "listen", ""), *settings]:
        set_key(config, section, key, text)
    return directory


def command(directory, verb):
    return [str(BIN / "testamurd"), verb, "--config", str(directory / "testamurd.toml")]


def ended(directory, verb, wrap=()):
    """Exit code and text of a command of the node that has to end by itself."""
    done = subprocess.run([*wrap, *command(directory, verb)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                          preexec_fn=with_parent)
    return done.returncode, done.stdout + done.stderr


@contextlib.contextmanager
def running(directory, prepare=None, environment=None):
    """The node while it runs; gives the port of its API and its log. It is ended as an operator does it."""
    log = directory / "run.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(command(directory, "run"), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(environment or {})},
                                   preexec_fn=lambda: (with_parent(), prepare() if prepare else None))
    try:
        served = until(lambda: re.search(r"api_port=(\d+)", log.read_text()) or process.poll() is not None, "a node that serves")
        require(served is not True, f"the node ended: {log.read_text()[-800:]}")
        yield int(served.group(1)), log
    finally:
        if process.poll() is None:
            process.terminate()
        require(process.wait(timeout=PATIENCE_S) == OK, f"the node's end: {log.read_text()[-800:]}")


def free_port(family=socket.AF_INET, host="127.0.0.1"):
    with socket.socket(family) as free:
        free.bind((host, 0))
        return free.getsockname()[1]


# ---- who is spoken to in clear ------------------------------------------------------------------------------------------------

LOOPBACK = ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"]
ELSEWHERE = ["evil.test", "localhost.evil.test", "127.evil.test", "127.0.0.1.evil.test"]


def named(world, *words):
    """A command for which every name of .test is this machine."""
    hosts = world.write("hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 evil.test localhost.evil.test 127.evil.test "
                        "127.0.0.1.evil.test node.test\n")
    return own_mounts("sh", "-c", f'mount --bind {hosts} /etc/hosts; exec "$@"', "sh", *words)


def first_byte(world, host):
    """What a command line sends first to an endpoint of that name."""
    family, address = (socket.AF_INET6, "::1") if host.startswith("[") else (socket.AF_INET, "0.0.0.0")
    with socket.socket(family) as server:
        server.bind((address, 0))
        server.listen()
        server.settimeout(PATIENCE_S)
        asked = subprocess.Popen(named(world, str(BIN / "testamur"), "--home", str(world.nobody.folder), "--timeout", "1000", "--endpoint",
                                       f"{host}:{server.getsockname()[1]}", "node", "status"),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=with_parent)
        connection, _ = server.accept()
        with connection:
            begun = connection.recv(1)
    asked.communicate(timeout=PATIENCE_S)
    require(asked.returncode == UNREACHABLE, f"{host}: exit code {asked.returncode} of a node that only listens")
    return begun[0] if begun else None


def only_loopback_is_spoken_to_in_clear(world):
    if named(world, "true") is None:
        say("   no mounts of its own: names that only look like loopback were not tried")
        return
    wrong = [host for host in LOOPBACK if first_byte(world, host) != PREFACE[0]]
    wrong += [host for host in ELSEWHERE if first_byte(world, host) != TLS_HANDSHAKE]
    require(not wrong, f"spoken to in clear, or not on loopback: {wrong}")


# ---- a node that is not what its configuration says -----------------------------------------------------------------------------

def make_certificate(directory, name, days, environment=None, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-subj", "/CN=node.test",
                    "-addext", "subjectAltName=DNS:node.test", "-days", str(days), "-keyout", directory / f"{name}.key", "-out",
                    directory / f"{name}.pem"], check=True, capture_output=True, env={**os.environ, **(environment or {})})


def tls(certificate, key):
    return [("api", "tls", "on"), ("api", "certificate", certificate), ("api", "private_key", key)]


CONFIGURATIONS = [
    ("a key in the place of a socket", [("api", "admin_socket", "keys/consensus.key")], ["api.admin_socket", "keys.consensus", "are one file"]),
    ("a public file in its place", [("api", "admin_socket", "party.toml")], ["party.toml", "is no socket"]),
    ("a log over the record", [("log", "file", "genesis.bin")], ["log.file", "node.genesis", "are one file"]),
    ("a log over something else", [("log", "file", "party.toml")], ["party.toml", "is no log of testamurd"]),
    ("a log in no folder", [("log", "file", "logs/node.log")], ["there is no folder"]),
    ("a node of nobody", [("node", "institution", "")], ["node.institution is empty"]),
    ("one port for two", [("api", "listen", "127.0.0.1:7799"), ("metrics", "listen", "localhost:7799")], ["api.listen", "metrics.listen", "one port"]),
    ("address without brackets", [("metrics", "listen", "::1:7602")], ['metrics.listen', '"::1:7602"']),
    ("a port that is none", [("metrics", "listen", "127.0.0.1:99999")], ["metrics.listen", "99999"]),
    ("a name that nobody has", [("metrics", "listen", "node.invalid:0")], ["metrics.listen", "node.invalid"]),
    ("a name that only begins like loopback", [("api", "listen", "127.evil.invalid:0")], ["is not a loopback address"]),
    ("another such name", [("api", "listen", "localhost.evil.invalid:0")], ["is not a loopback address"]),
    ("everywhere, without a certificate", [("api", "listen", "0.0.0.0:0")], ["is not a loopback address", "api.certificate"]),
    ("a key of another certificate", tls("one.pem", "two.key"), ["two.key", "is not the key of the certificate"]),
    ("certificate and key in each other's place", tls("one.key", "one.pem"), ["one.key", "holds no certificate"]),
    ("a certificate that is empty", tls("empty.pem", "one.key"), ["empty.pem", "holds no certificate"]),
    ("a certificate that is not there", tls("none.pem", "one.key"), ["none.pem"]),
    ("a certificate of a short key", tls("short.pem", "short.key"), ["short.pem", "1024 bits"]),
    ("a certificate of a curve that TLS lacks", tls("curve.pem", "curve.key"), ["curve.pem", "secp256k1"]),
    ("a socket in no folder", [("api", "admin_socket", "no/admin.sock")], ["api.admin_socket", "cannot be made"]),
    ("data in the place of a file", [("node", "data_dir", "party.toml")], ["party.toml", "cannot be written"]),
    ("no data at all", [("node", "data_dir", "")], ["node.data_dir: is empty"]),
    ("a certificate that never ends", tls("/dev/zero", "one.key"), ["/dev/zero", "no regular file"]),
    ("a certificate that is over", tls("old.pem", "old.key"), ["old.pem", "expired on"]),
]


def check_config_and_run_agree(world):
    for number, (what, settings, words) in enumerate(CONFIGURATIONS if FAKETIME else CONFIGURATIONS[:-1]):
        directory = node_directory(world, f"config{number}", *settings)
        for name in ("one", "two"):
            make_certificate(directory, name, 30)
        make_certificate(directory, "short", 30, key=("rsa:1024",))
        make_certificate(directory, "curve", 30, key=("ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"))
        if FAKETIME:
            make_certificate(directory, "old", 30, at("2020-01-01 00:00:00"))
        (directory / "empty.pem").write_text("")
        kept = sorted(path for path in directory.rglob("*"))
        for verb in ("check-config", "run"):
            code, text = ended(directory, verb)
            require(code == FAILURE and all(word in text for word in words), f"{what}: {verb}: {code}: {text[-500:]}")
            require("is the port taken" not in text, f"{what}: {verb} names another cause: {text[-500:]}")
        require(sorted(path for path in directory.rglob("*")) == kept, f"{what}: something was done before it was refused")


def no_file_of_an_operator_is_written_over(world):
    directory = node_directory(world, "files")
    files = [directory / name for name in ("testamurd.toml", "genesis.bin", "party.toml", "keys/consensus.key", "keys/transport.key")]
    before = [file.read_bytes() for file in files]
    fresh = directory / "fresh.toml"
    with running(directory):
        for file in files:
            for verb, words in (("new-key", ["transport"]), ("decisions", ["export"])):
                told = subprocess.run([str(BIN / "testamurd"), verb, *words, "--config", str(directory / "testamurd.toml"), "--out", str(file)],
                                      capture_output=True, text=True, timeout=PATIENCE_S)
                require(told.returncode == FAILURE and "nothing was written" in told.stderr, f"{verb} --out {file.name}: {told.stderr}")
        require(not (directory / "keys" / "transport.key.next").exists(), "a key was made for a file that was refused")
        for folder in ("data", "data/copy", "keys/copy", "."):
            told = subprocess.run([*command(directory, "backup"), "--to", str(directory / folder)], capture_output=True, text=True, timeout=PATIENCE_S)
            require(told.returncode == USAGE and "--to" in told.stderr, f"backup --to {folder}: {told.stderr}")
        for wanted in (OK, FAILURE):
            told = subprocess.run([*command(directory, "new-key"), "transport", "--out", str(fresh)], capture_output=True, text=True, timeout=PATIENCE_S)
            require(told.returncode == wanted, f"new-key --out, once more: {told.returncode} {told.stderr}")
    require([file.read_bytes() for file in files] == before, "a file of the node was changed")
    told = subprocess.run([*command(directory, "new-key"), "transport"], cwd=world.folder, capture_output=True, text=True, timeout=PATIENCE_S)
    require(told.returncode == FAILURE and "is the node running" in told.stderr, told.stderr)


def what_is_printed_arrives_or_fails(world):
    directory = node_directory(world, "printed")
    config = ["--config", str(directory / "testamurd.toml")]
    for words in (["--version"], ["version"], ["--help"], ["help"], ["check-config", *config]):
        for to in (">/dev/full", ">&-"):
            told = subprocess.run(["sh", "-c", f'exec "$@" {to}', "sh", str(BIN / "testamurd"), *words], capture_output=True, text=True, timeout=PATIENCE_S)
            require(told.returncode == FAILURE and "cannot be printed" in told.stderr, f"{words} {to}: {told.returncode} {told.stderr}")
    # Without standard error the log must not go where the next file would be.
    with subprocess.Popen(["sh", "-c", 'exec "$@" 2>&-', "sh", *command(directory, "run")], preexec_fn=with_parent) as process:
        until(lambda: (directory / "admin.sock").exists() or process.poll() is not None, "a node that serves")
        process.terminate()
        require(process.wait(timeout=PATIENCE_S) == OK, "a node without standard error")
    wrong = [file for file in (directory / "data").rglob("*") if file.is_file() and b"event=" in file.read_bytes()]
    require(not wrong, f"the log was written into {wrong}")


def a_folder_of_backups_belongs_to_one_node(world):
    directory, other, folder = node_directory(world, "backed"), world.folder / "trial", world.folder / "backups"
    with running(directory):
        told = subprocess.run([*command(directory, "backup"), "--to", str(folder)], capture_output=True, text=True, timeout=PATIENCE_S)
        require(told.returncode == OK, f"the first backup: {told.stderr}")
    kept = sorted(folder.rglob("*"))
    trial = subprocess.Popen([str(BIN / "testamurd"), "--dev", "--dir", str(other), "--api", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, preexec_fn=with_parent)
    try:
        until((other / "admin.sock").exists, "a trial that serves")
        told = subprocess.run([*command(other, "backup"), "--to", str(folder)], capture_output=True, text=True, timeout=PATIENCE_S)
        require(told.returncode == USAGE and "another ledger" in told.stderr and world.network.chain in told.stderr, f"{told.returncode} {told.stderr}")
    finally:
        trial.terminate()
        trial.wait(timeout=PATIENCE_S)
    require(sorted(folder.rglob("*")) == kept, "a refused backup wrote something")


def trying_is_no_running(world):
    directory = node_directory(world, "real")
    kept = sorted(directory.rglob("*"))
    for words, part in ((["--dev", *command(directory, "run")[1:]], "--dev"), (["--dir", str(directory), *command(directory, "run")[1:]], "--dev"),
                        (["--dev", "--dir", str(directory)], "did not make")):
        told = subprocess.run([str(BIN / "testamurd"), *words], capture_output=True, text=True, timeout=PATIENCE_S, preexec_fn=with_parent)
        require(told.returncode == USAGE and part in told.stderr, f"{words}: {told.returncode} {told.stdout} {told.stderr}")
    require(sorted(directory.rglob("*")) == kept, "a refused trial changed a node")
    for words in (["help"], ["--version"]):
        require(subprocess.run([str(BIN / "testamurd"), *words], capture_output=True, timeout=PATIENCE_S).returncode == OK, f"testamurd {words}")


def paths_fit_a_socket(world):
    limit = 107
    tail = len("/admin.sock")
    for what, length in (("of 110 characters", 110), ("one too long", limit - tail - len(str(world.folder)))):
        directory = node_directory(world, "long", long_name="l" * length)
        for verb in ("check-config", "run"):
            code, text = ended(directory, verb)
            require(code == FAILURE and str(limit) in text and "admin_socket" in text and str(len(str(directory)) + tail) in text,
                    f"a folder {what}: {verb}: {code} {text[-500:]}")
            require("event=serving" not in text, f"a folder {what} was served from")
    with running(node_directory(world, "long", long_name="l" * (limit - tail - 1 - len(str(world.folder))))):
        pass


def metrics_are_whole_numbers_for_every_caller(world):
    port = free_port(socket.AF_INET6, "::1")
    directory = node_directory(world, "metrics", ("metrics", "listen", f"[::1]:{port}"))
    code, text = ended(directory, "check-config")
    require(code == OK, f"check-config: {code} {text}")
    # A month ahead, so that the age of the newest block has ten digits.
    ahead = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(30)
    environment = at(ahead.strftime("%Y-%m-%d %H:%M:%S")) if FAKETIME else None
    with running(directory, environment=environment):
        def ask(method, path):
            connection = http.client.HTTPConnection("::1", port, timeout=PATIENCE_S)
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        for method, path, status in (("GET", "/metrics", 200), ("HEAD", "/metrics", 200), ("GET", "/metrics?x=1", 200), ("HEAD", "/metrics?a&b", 200),
                                     ("GET", "/", 404), ("GET", "/metrics2", 404)):
            code, text = ask(method, path)
            require(code == status, f"{method} {path}: {code}")
            require(method == "GET" or not text, "HEAD has a body")
        values = dict(line.rsplit(" ", 1) for line in ask("GET", "/metrics")[1].splitlines() if not line.startswith("#"))
        odd = {name: value for name, value in values.items() if not re.fullmatch(r"\d+(\.\d+)?(e-\d+)?", value)}
        require(not odd, f"numbers that lose digits: {odd}")
        require(not FAKETIME or len(values["testamur_status_age_ms"]) >= 10, f"no large number: {values['testamur_status_age_ms']}")


def a_certificate_says_how_long_it_lasts(world):
    if named(world, "true") is None:
        say("   no mounts of its own: the status over TLS was not tried")
        return
    for days, left in ((10, "expires in 9 days"), (365, None)):
        directory = node_directory(world, f"tls{days}", ("api", "listen", "0.0.0.0:0"), *tls("one.pem", "one.key"))
        make_certificate(directory, "one", days)
        with running(directory) as (port, _):
            status = ["--endpoint", f"node.test:{port}", "--tls-root", str(directory / "one.pem"), "node", "status"]
            code, text = typed(world.nobody, *status, wrap=named(world))
            require(code in (OK, FAILURE) and (left in text if left else "expires in" not in text), f"{days} days: {code} {text}")
            # A certificate by nobody whom the caller trusts, and the right one under another name.
            for other in (["--endpoint", f"node.test:{port}", "node", "status"], ["--endpoint", f"evil.test:{port}", *status[2:]]):
                code, text = typed(world.nobody, *other, wrap=named(world))
                require(code == UNREACHABLE, f"another certificate was taken: {code} {text}")


# ---- what outsiders can use up ------------------------------------------------------------------------------------------------

def connections_do_not_make_a_node_deaf(world, descriptors=1024, connections=1300):
    own = resource.getrlimit(resource.RLIMIT_NOFILE)
    if own[1] < connections + 200:
        say("   too few descriptors: a flood of connections was not tried")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(own[0], connections + 200), own[1]))
    held = []
    try:
        with running(node_directory(world, "flooded"), lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, descriptors))) as (port, log):
            require(f"open_files={descriptors}" in log.read_text() and "api_connections=" in log.read_text(), "what is allowed is not in the log")
            for _ in range(connections):
                held.append(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
                with contextlib.suppress(OSError):  # it may have been turned away
                    held[-1].sendall(PREFACE)
            status = ["--endpoint", f"127.0.0.1:{port}", "node", "status"]
            text = until(lambda: (lambda done: done[1] if done[0] == FAILURE else None)(typed(world.nobody, *status)), "an answer beside the flood")
            require("overload (api_connections)" in text and "127.0.0.1" in text, f"the status names no cause: {text}")
            said = [line for line in log.read_text().splitlines() if "api_connections" in line and "event=serving" not in line]
            require(said, f"nothing in the log: {log.read_text()[-800:]}")
    finally:
        for each in held:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, own)


def who_is_asked_to_wait_waits_once(world):
    """A node that serves four calls a second says when to come again; a command is done then, and nobody has to type it twice."""
    directory = node_directory(world, "busy")
    config = directory / "testamurd.toml"
    config.write_text(config.read_text().replace("rate_per_second = 0", "rate_per_second = 4").replace("rate_burst = 2000", "rate_burst = 4"))
    with running(directory) as (port, _):
        hold(world.nobody, [row(f"question {number}", f"--endpoint 127.0.0.1:{port} {question}", code) for number, (question, code) in enumerate(
            [("registry institutions", OK), ("governance list", OK), (f"check {'0' * 64}", UNKNOWN), ("registry institutions", OK)] * 2)])


def a_full_disk_is_named_at_start(world):
    directory = node_directory(world, "full")
    data = directory / "data"
    if own_mounts("true") is None:
        say("   no mounts of its own: a full disk was not tried")
        return
    for free_kib in (0, 300, 3000):
        script = (f"mv {data} {data}.kept && mkdir -m 700 {data} && mount -t tmpfs -o size=200m,mode=0700 none {data} && cp -a {data}.kept/. {data}/ && "
                  f"mount -o remount,size=$(( $(df --output=used -k {data} | tail -1) + {free_kib} ))k {data}; exec \"$@\"")
        for verb in ("check-config", "run"):
            code, text = ended(directory, verb, wrap=own_mounts("sh", "-c", script, "sh"))
            (data.rmdir(), data.with_suffix(".kept").rename(data))
            require(code == DISK and "No space left on device" in text and str(data) in text, f"{free_kib} KiB free: {verb}: {code} {text[-500:]}")


LAWS = [("only loopback is spoken to in clear", only_loopback_is_spoken_to_in_clear),
        ("check-config and run agree", check_config_and_run_agree),
        ("no file of an operator is written over", no_file_of_an_operator_is_written_over), ("trying is no running", trying_is_no_running), ("paths fit a socket", paths_fit_a_socket),
        ("metrics are whole numbers for every caller", metrics_are_whole_numbers_for_every_caller),
        ("a certificate says how long it lasts", a_certificate_says_how_long_it_lasts),
        ("connections do not make a node deaf", connections_do_not_make_a_node_deaf),
        ("what is printed arrives or fails", what_is_printed_arrives_or_fails),
        ("a folder of backups belongs to one node", a_folder_of_backups_belongs_to_one_node),
        ("who is asked to wait waits once", who_is_asked_to_wait_waits_once), ("a full disk is named at start", a_full_disk_is_named_at_start)]
