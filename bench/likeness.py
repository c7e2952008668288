"""How often what is said of two records is right: `python -m bench.likeness --seeds 301 302`, of invented people."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from spanco.sales.rules.matching.evidence import Ground, gathered
from spanco.sales.rules.matching.keys import keys
from spanco.sales.rules.matching.verdicts import likeness
from tests.sales.people import People
from tests.sales.records import Record

HOME = Ground("CZ")
CAP = 50
Pair = tuple[int, int]


@dataclass(slots=True)
class Counts:
    """Of all pairs: how many are the same, and how many were found so, rightly and wrongly."""

    same: int = 0
    found: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def told(self) -> str:
        """Precision and recall of what is certain, then of that and what is probable."""
        certain = [self.found["certain", right] for right in (True, False)]
        likely = [self.found["probable", right] + each for each, right in zip(certain, (True, False), strict=True)]
        return " | ".join(
            f"{right / max(right + wrong, 1):.4f} | {right / self.same:.4f}" for right, wrong in (certain, likely)
        )


def judged(records: Sequence[Record]) -> dict[str, Counts]:
    """All pairs that share a key, judged; in all and by the country of the one that comes first."""
    evidence = [gathered(each.document(), HOME) for each in records]
    index: dict[str, list[int]] = defaultdict(list)
    entities: dict[int, list[int]] = defaultdict(list)
    for number, each in enumerate(evidence):
        entities[records[number].truth].append(number)
        for key in keys(each):
            index[key].append(number)
    found: dict[str, Counts] = defaultdict(Counts)
    same: set[Pair] = {pair for shared in entities.values() for pair in combinations(shared, 2)}
    for one, _ in same:
        for part in ("all", records[one].country):
            found[part].same += 1
    for one, other in {pair for shared in index.values() for pair in combinations(shared[-CAP:], 2)}:
        outcome = likeness(evidence[one], evidence[other]).outcome
        for part in ("all", records[one].country):
            found[part].found[outcome, (one, other) in same] += 1
    return found


def main() -> None:
    """Print a table: by seed, and by country over all seeds."""
    parser = argparse.ArgumentParser(prog="python -m bench.likeness", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[301])
    parser.add_argument("--entities", type=int, default=5000)
    parser.add_argument("--slips", type=int, default=0, help="so many more slips in every record that comes again")
    chosen = parser.parse_args()
    sums: dict[str, Counts] = defaultdict(Counts)
    for seed in chosen.seeds:
        records = People(seed, worse=chosen.slips).records(chosen.entities)
        for part, counts in judged(records).items():
            sums[part].same += counts.same
            sums[part].found += counts.found
            if part == "all":
                print(f"| {seed} | {len(records):,} | {counts.told()} |", flush=True)
    for part, counts in sorted(sums.items()):
        print(f"| {part} | {counts.same:,} pairs | {counts.told()} |")


if __name__ == "__main__":
    main()
