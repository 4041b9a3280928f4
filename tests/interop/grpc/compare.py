"""Starts `testamurd --dev`, and compares what check.mjs and `testamur check` say of its sample data and of an unknown hash."""

import json
import socket
import subprocess
import sys

testamurd, testamur, ledger = sys.argv[1:4]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ours(endpoint, hash_text):
    done = subprocess.run([testamur, "--home", ledger + "-home", "--json", "--quiet", "--endpoint", endpoint, "check", hash_text], capture_output=True, text=True)
    answer = json.loads(done.stdout)["answers"][0]
    return {
        "finding": "FINDING_" + answer["finding"].upper(),
        "slots": [(slot["issuer"]["name_now"], "CREDENTIAL_STATUS_" + slot["status"]["effective_status"].upper(),
                   [("DECISION_POINT_" + d["point"].upper(), "DECISION_OUTCOME_" + d["outcome"].upper()) for d in slot["decisions"]])
                  for slot in answer.get("slots", [])],
    }


def theirs(endpoint, hashes):
    done = subprocess.run(["node", "check.mjs", endpoint, *hashes], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit("check.mjs failed: " + done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [{"finding": line["finding"],
             "slots": [(slot["issuer"], slot["status"], [tuple(decision) for decision in slot["decisions"]]) for slot in line["slots"]]}
            for line in lines]


def main():
    endpoint = f"127.0.0.1:{free_port()}"
    node = subprocess.Popen([testamurd, "--dev", "--dir", ledger, "--api", endpoint], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        hashes = []
        for line in node.stdout:  # the node prints what it issued, then serves
            hashes += [word.strip(".,:;()") for word in line.split() if len(word.strip(".,:;()")) == 64]
            if len(hashes) >= 3:
                break
        if not hashes:
            sys.exit("testamurd --dev printed no commitment")
        hashes.append("00" * 32)
        mine = [ours(endpoint, each) for each in hashes]
        other = theirs(endpoint, hashes)
        for each, a, b in zip(hashes, mine, other):
            print("same" if a == b else "DIFFERENT", each[:16], a)
            if a != b:
                print("  theirs:", b)
        assert mine == other and mine[0]["finding"] == "FINDING_FOUND" and mine[-1]["finding"] == "FINDING_NOT_LISTED"
    finally:
        node.terminate()
        node.wait(timeout=30)


main()
