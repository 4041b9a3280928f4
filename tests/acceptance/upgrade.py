"""Four nodes of a build that knows protocol version 1 become nodes of one that knows version 4, one after the other, while
credentials are issued. The last one is late: it stops before the height at which version 4 begins, says so, and still answers."""

import pathlib
import tempfile

from assembly import declare_ready, governor, status_now
from network import BIN, Load, Loopback, require, run_test, say, until

OLD = BIN / "testamurd_protocol1"
BLOCKS_AHEAD = 150
VERSION = 4


class BegunByOldBuilds(Loopback):
    """A ledger that began with the first protocol version, as the old build knows no other."""

    def __init__(self, settings):
        self.file = settings

    def devnet_options(self):
        self.file.write_text("protocol_version = 1\n")
        return ["--settings", str(self.file)]


def roll(network, load, number):
    network.stop(number)
    del network.programs[number]
    network.start(number)
    require(int(status_now(network, number)["newest_protocol"]) == VERSION, f"node {number} runs the old build")
    load.await_more(20)
    declare_ready(network, number)


def body(network, folder):
    for number in network.numbers():
        network.programs[number] = OLD
    network.start()
    require(int(status_now(network, 1)["newest_protocol"]) == 1, "the old build knows more than version 1")
    load = Load(network, folder, institution=2, rate=60)
    try:
        load.await_more(20)
        for number in (1, 2, 3):
            roll(network, load, number)
        say("three of four were replaced under load")
        begins = int(status_now(network, 1)["as_of"]["height"]) + BLOCKS_AHEAD
        governor(network, 1, "activate", VERSION, begins, voters=(1, 2, 3))
        warned = until(lambda: (network.status_of(4) or {}).get("obstacles"), "a warning of node 4")[0]
        say(f"node 4 says: {warned}")
        until(lambda: int(status_now(network, 1)["protocol_version"]) == VERSION, "the new version at node 1")
        late = until(lambda: next((s for s in [network.status_of(4)] if s and int(s["as_of"]["height"]) == begins - 1), None),
                     "node 4 before the height")
        require(late["obstacles"][0].startswith("stopped"), f"node 4 does not say that it stopped: {late['obstacles']}")
        load.await_more(40)
        require(int(status_now(network, 4)["as_of"]["height"]) == begins - 1, "node 4 went on")
        network.kill(4)
        network.start(4)
        require(int(status_now(network, 4)["as_of"]["height"]) == begins - 1, "node 4 went on after a restart")
        say(f"node 4 stopped before height {begins}: {late['obstacles'][0]}")
        roll(network, load, 4)
        summary = load.finish()
    finally:
        load.end()
    require(summary["open"] == 0, f"not everything was committed: {summary}")
    height = network.await_agreement()
    say(f"all four agree at height {height}; {load.verify()['acknowledged']} acknowledged, none missed")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as settings:
        run_test("upgrade", body, machine=BegunByOldBuilds(pathlib.Path(settings) / "settings.toml"))
