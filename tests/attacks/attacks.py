"""The attacks by name or kind: attacks.py [--seconds N] [--together A,B] [--list] [NAME or KIND ...]. Without a name: all."""

import argparse
import sys

import callers  # noqa: F401
import issuer  # noqa: F401
import peers  # noqa: F401
from harness import ATTACKS, run_all, run_test_network


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*")
    options.add_argument("--seconds", type=float, default=6, help="how long each attack lasts")
    options.add_argument("--rate", type=int, default=40, help="honest transactions a second")
    options.add_argument("--together", action="append", default=[], metavar="A,B", help="these attacks at once; may be repeated")
    options.add_argument("--deeds", type=int, default=0, help="go on until each attack has done so many things")
    options.add_argument("--brief", action="store_true", help="only those that stand for a kind: what ctest runs")
    options.add_argument("--list", action="store_true", help="name the attacks and end")
    given = options.parse_args()
    if given.list:
        for one in ATTACKS.values():
            print(f"{one.name:22} {one.kind:8} {one.text.splitlines()[0] if one.text else ''}")
        return
    together = [each.split(",") for each in given.together]
    every = not given.names and not together
    names = [name for name, one in ATTACKS.items() if (every or name in given.names or one.kind in given.names)
             and (one.brief or not given.brief)]
    known = set(ATTACKS) | {one.kind for one in ATTACKS.values()}
    unknown = [name for name in given.names if name not in known] + [name for each in together for name in each if name not in ATTACKS]
    if unknown:
        sys.exit(f"no attack is called {', '.join(unknown)}: see --list")
    run_test_network(lambda network, folder: run_all([[name] for name in names] + together, network, folder, given))


if __name__ == "__main__":
    main()
