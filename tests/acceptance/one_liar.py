"""One validator of four, and of seven, lies (lying_node.cpp): the load goes on, 99 of a hundred transactions are final
within three seconds, the honest nodes' memory stays flat, and nothing acknowledged is missing or committed twice.

    one_liar.py [NODES [TRANSACTIONS]]"""

import pathlib
import sys

from network import BIN, Load, require, run_test, say

LIAR = 2
RATE = 40
WARM = 400    # acknowledged before memory is looked at
MORE = int(sys.argv[2]) if len(sys.argv) > 2 else 1200
P99_MS = 3_000
GROWTH_KIB = 64 << 10  # of one process, between the two looks


def resident_kib(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def honest_memory(network):
    return {number: resident_kib(network.processes[number]) for number in network.numbers() if number != LIAR}


def body(network, folder):
    network.programs[LIAR] = BIN / "testamurd_liar"
    network.start()
    network.endpoints = [each for number, each in enumerate(network.endpoints, 1) if number != LIAR]
    load = Load(network, folder, rate=RATE)
    try:
        load.await_more(WARM)
        before = honest_memory(network)
        seconds = load.await_more(MORE)
        after = honest_memory(network)
        summary = load.finish()
    finally:
        load.end()
    grown = {number: after[number] - before[number] for number in after}
    say(f"{network.size} nodes, one liar: {MORE} acknowledged in {seconds:.0f} s, p50 {summary['p50_ms']:.0f} ms, "
        f"p99 {summary['p99_ms']:.0f} ms, worst {summary['worst_ms']:.0f} ms; memory grew by {grown} KiB")
    require(summary["open"] == 0, f"something was never committed: {summary}")
    require(summary["p99_ms"] <= P99_MS, f"one in a hundred took longer than {P99_MS} ms: {summary}")
    require(max(grown.values()) <= GROWTH_KIB, f"memory grew: {before} to {after}")
    report = load.verify()
    say(f"{report['acknowledged']} acknowledged, each once at each honest node")


if __name__ == "__main__":
    run_test("one_liar", body, nodes=int(sys.argv[1]) if len(sys.argv) > 1 else 4)
