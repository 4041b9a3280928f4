"""kill -9 of all four nodes at once under load, ten times: all come back, nothing acknowledged is missing, nothing is
committed twice, and the four agree on every block."""

import time

from network import Load, require, run_test, say

ROUNDS = 10
BETWEEN = 40  # acknowledged transactions before the next kill


def body(network, folder):
    network.start()
    load = Load(network, folder)
    try:
        load.await_more(BETWEEN)
        for number in range(1, ROUNDS + 1):
            network.kill(*network.numbers())
            killed = time.monotonic()
            network.start()
            answering = time.monotonic() - killed
            load.await_more(1)
            again = time.monotonic() - killed
            load.await_more(BETWEEN)
            say(f"round {number}: all four answer after {answering:.1f} s, the next commit after {again:.1f} s")
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0, f"something was never committed: {summary}")
    height = network.await_agreement()
    report = load.verify()
    require(report["common_height"] == height, f"the nodes moved on: {report}")
    say(f"{report['acknowledged']} acknowledged, each once at each node; {summary['sent_again']} were sent again; height {height}")


run_test("all_nodes_death", body)
