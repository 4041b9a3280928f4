"""A second node of an institution follows without a vote: made by one command, registered by its key, admitted, and of use to a
verifier while the first node is dead. Slips of whoever makes it change nothing."""

import json
import subprocess

from network import BIN, Home, free_address, registrar, require, run_test, say, until

OK, FAILURE, USAGE = 0, 1, 2


def testamurd(*words, expect=OK):
    done = subprocess.run([str(BIN / "testamurd"), *map(str, words)], capture_output=True, text=True, timeout=60)
    require(done.returncode == expect, f"testamurd {' '.join(map(str, words))}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout + done.stderr


def make_words(network, folder, api):
    parties = [word for number in network.numbers() for word in ("--party", network.directory(number) / "party.toml")]
    return ["init", "--second-node-of", network.institutions[0], "--genesis", network.directory(1) / "genesis.bin", *parties,
            "--dir", folder, "--peer-address", free_address(), "--api-address", api]


def slips(network, words, second):
    for extra in (["--name", "University"], ["--observer"], ["--with-issuer-keys", "keys"], ["--domain", "uni.example"]):
        require("--second-node-of" in testamurd(*words, *extra, expect=USAGE), f"{extra} was taken")
    require("--genesis" in testamurd(*[word for word in words if word not in ("--genesis", words[4])], expect=USAGE), "no record")
    wrong = [network.directory(1) / "party.toml" if word == words[4] else word for word in words]
    require("is no genesis record" in testamurd(*wrong, expect=FAILURE), "a party file was taken for the record")
    require("--name" in testamurd("init", "--dir", second, expect=USAGE), "an institution without a name")
    require(not second.exists(), "a slip made something")


def body(network, folder):
    network.start()
    office = registrar(network, 1, folder)
    second, api = folder / "second", free_address()
    words = make_words(network, second, api)
    slips(network, words, second)

    shown = testamurd(*words)
    require("key add transport --public" in shown, f"the next step is not said: {shown}")
    require(sorted(file.name for file in (second / "keys").iterdir()) == ["transport.key"], "another key was made")
    require("never overwrites" in testamurd(*words, expect=FAILURE), "made twice")
    checked = testamurd("check-config", "--config", second / "testamurd.toml")
    require("complete and correct" in checked, checked)

    with open(second / "log", "wb") as log:
        node = subprocess.Popen([str(BIN / "testamurd"), "run", "--config", str(second / "testamurd.toml")], stdout=log, stderr=log)
    try:
        own = Home(folder / "verifier", [api])
        until(lambda: b"event=api_listening" in (second / "log").read_bytes() or b"api" in (second / "log").read_bytes(), "its API")
        office.run("key", "add", "transport", "--public", second / "transport-key.toml")
        say("the key of the second node is registered")

        def follows():
            done = own.begin("node", "status")
            text, _ = done.communicate(timeout=60)
            statuses = json.loads(text)["nodes"] if text.strip().startswith("{") else []
            (folder / "status.json").write_text(text)
            return done.returncode == OK and len(statuses) == 1 and not statuses[0]["obstacles"]

        until(follows, "a second node that follows without an obstacle")
        until(lambda: not network.status_of(2)["obstacles"], "another member that has no obstacle in it")
        network.kill(1)
        shown = own.run("registry", "institution", network.institutions[0])
        require(network.institutions[0] in json.dumps(shown), f"{shown}")
        say("a verifier is answered by the second node while the first is dead")
        require(network.status_of(2)["consensus"]["validators"] == 4, "the set changed")
    finally:
        node.terminate()
        node.wait(timeout=60)


if __name__ == "__main__":
    run_test("second_node", body)
