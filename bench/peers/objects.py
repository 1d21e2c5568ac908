"""The bench of bench/programs for mpi4py: Python objects, and NumPy arrays (bench/lib/result.ts says what is measured).

    mpirun -n RANKS python3 -m mpi4py objects.py '{"bench": ..., "seconds": ..., "sizes": [...], "objects": {kind: object}}'

Method as in bench/lib/measure.ts: rounds that size themselves by rank 0's clock, every value verified, one JSON line each.
"""

import json
import math
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from time import perf_counter_ns

import numpy as np
from mpi4py import MPI

WORLD = MPI.COMM_WORLD
RANK, SIZE = WORLD.rank, WORLD.size
MIN_SAMPLES, MAX_SAMPLES, SAMPLE_TIME = 8, 1_000_000, 20.0


def now() -> float:
    return perf_counter_ns() / 1000


class Plan:
    """What to do next: so many samples, each the mean of so many rounds, which count or only warm up."""

    def __init__(self, seconds: float):
        self.budget = seconds * 1e6
        self.warm_up = max(0.2 * self.budget, 50e3)
        self.samples, self.rounds, self.counts = 2, 1, False
        self.elapsed, self.done = 0.0, 0

    def next(self, microseconds: float, join: bool) -> tuple[int, int, bool]:
        each = microseconds / self.samples
        target = self.budget if self.counts else self.warm_up
        self.elapsed += microseconds
        self.done += self.samples
        if self.done < MIN_SAMPLES or (self.elapsed < 0.9 * target and self.done < MAX_SAMPLES):
            wanted = samples_in(target - self.elapsed, each) if self.counts else 2 * self.samples
            self.samples = min(wanted, MAX_SAMPLES - self.done)
        elif self.counts:
            self.samples = 0
        else:
            self.rounds = math.ceil(SAMPLE_TIME / each) if join and each < SAMPLE_TIME else 1
            self.samples = samples_in(self.budget / 2, each * self.rounds)
            self.counts = True
            self.elapsed, self.done = 0.0, 0
        return self.samples, self.rounds, self.counts


def samples_in(microseconds: float, each: float) -> int:
    return min(max(round(microseconds / each), MIN_SAMPLES), MAX_SAMPLES)


def clock_cost(looks: int = 1000) -> float:
    started = last = now()
    for _ in range(looks):
        last = now()
    return (last - started) / looks


def measure(seconds: float, timed: Callable, check: Callable, apart: Callable | None = None) -> np.ndarray:
    """Every rank gets its own times of the same rounds; `apart` is done before each and not timed."""
    plan = Plan(seconds)
    samples, rounds, counts = plan.samples, plan.rounds, plan.counts
    clock = clock_cost() if apart else 0.0
    kept = []
    round_ = 0
    while samples > 0:
        times = []
        batch = now()
        for _ in range(samples):
            if apart:
                apart(round_)
            started = now()
            for _ in range(rounds):
                result = timed(round_)
                round_ += 1
            times.append(max(now() - started - clock, 0.0) / rounds)
            check(result, round_ - 1)
        took = now() - batch
        if counts:
            kept += times
        samples, rounds, counts = WORLD.bcast(plan.next(took, apart is None) if RANK == 0 else None)
        plan.samples, plan.rounds, plan.counts = samples, rounds, counts
    return np.array(kept)


def mean_over_ranks(times: np.ndarray) -> np.ndarray:
    total = np.empty_like(times)
    WORLD.Reduce(times, total)
    return total / SIZE


def report(times: np.ndarray, scale: float = 1.0, **about) -> None:
    if RANK != 0:
        return
    series = sorted(times * scale)
    at = lambda share: series[max(0, math.ceil(share * len(series)) - 1)]
    mean = sum(series) / len(series)
    line = about | {"samples": len(series)} | {
        name: round(value, 3)
        for name, value in (("min", series[0]), ("p50", at(0.5)), ("p99", at(0.99)), ("max", series[-1]), ("mean", mean))
    }
    if "bytes" in about:
        line["MBps"] = round(about["bytes"] / mean, 4)
    print(json.dumps(line), flush=True)


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(f"rank {RANK}: {what}")


def come_together(_round: int) -> None:
    WORLD.Barrier()


# Objects.


def rich_objects() -> dict:
    """What JSON cannot say; the others come from bench/lib/objects.ts."""
    since = datetime.fromtimestamp(0, timezone.utc)
    return {
        "Map, Date, Set": {"round": 0, "since": since, "seen": {1, "two"}, "of": {"a": {"b": 1}}},
        "1 MiB array inside": {"round": 0, "name": "field", "values": np.arange(2.0**17)},
    }


def same(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b


def carries_round(ball: dict | None, round_: int) -> None:
    expect(ball is None or ball["round"] == round_, f"round {round_} arrived as {ball and ball['round']}")


def objects(bench: str, seconds: float, given: dict) -> None:
    for kind, ball in (given | rich_objects()).items():

        def there_and_back(round_: int):
            if RANK == 0:
                ball["round"] = round_
                WORLD.send(ball, 1)
                return WORLD.recv(source=1)
            if RANK == 1:
                got = WORLD.recv(source=0)
                WORLD.send(got, 0)
                return got
            return None

        def from_root(round_: int):
            if RANK == 0:
                ball["round"] = round_
            return WORLD.bcast(ball if RANK == 0 else None)

        collective = bench == "objects-bcast"
        once = from_root if collective else there_and_back
        times = measure(seconds, once, carries_round, come_together if collective else None)
        last = once(0)
        expect(last is None or same(last, ball | {"round": 0}), f"{kind} arrived as something else")
        if collective:
            report(mean_over_ranks(times), bench=bench, variant=kind)
        else:
            report(times, 0.5, bench=bench, variant=kind)


def total(round_: int) -> int:
    return SIZE * round_ + SIZE * (SIZE - 1) // 2


def tally(a: dict, b: dict) -> dict:
    return {
        "name": a["name"],
        "count": a["count"] + b["count"],
        "sum": a["sum"] + b["sum"],
        "least": min(a["least"], b["least"]),
        "most": max(a["most"], b["most"]),
    }


def objects_allreduce(seconds: float) -> None:
    """The same values and functions as COMBINED of bench/lib/objects.ts."""
    kinds = {
        "number": (lambda n: n + RANK, MPI.SUM, total),
        "tally": (
            lambda n: {"name": "energy", "count": 1, "sum": n + RANK, "least": RANK, "most": RANK},
            tally,
            lambda n: {"name": "energy", "count": SIZE, "sum": total(n), "least": 0, "most": SIZE - 1},
        ),
        "1000 numbers": (
            lambda n: [n + RANK + i for i in range(1000)],
            lambda a, b: [x + y for x, y in zip(a, b)],
            lambda n: [total(n) + SIZE * i for i in range(1000)],
        ),
    }
    for kind, (make, combine, result) in kinds.items():
        value = None

        def prepare(round_: int) -> None:
            nonlocal value
            value = make(round_)
            WORLD.Barrier()

        def check(combined, round_: int) -> None:
            expect(combined == result(round_), f"{kind}: a wrong result in round {round_}")

        times = measure(seconds, lambda _: WORLD.allreduce(value, op=combine), check, prepare)
        report(mean_over_ranks(times), bench="objects-allreduce", variant=kind)


# Arrays.

PERIOD, SEED_STEP = 65_521, 65_536


def pattern(length: int, seeds: float, count: int = 1) -> np.ndarray:
    return np.arange(length) % PERIOD * float(count) + seeds * SEED_STEP


def arrays(bench: str, seconds: float, sizes: list[int]) -> None:
    for size in sizes:
        length = size // 8
        mine, theirs = np.zeros(length), np.zeros(length)

        def stamp(round_: int) -> None:
            mine[0] = mine[-1] = round_ + RANK

        def ping_pong(round_: int):
            if RANK == 0:
                stamp(round_)
                WORLD.Send(mine, 1)
                WORLD.Recv(theirs, 1)
            elif RANK == 1:
                stamp(round_)
                WORLD.Recv(theirs, 0)
                WORLD.Send(mine, 0)

        def before(round_: int) -> None:
            stamp(round_)
            WORLD.Barrier()

        def check(_result, round_: int) -> None:
            expected = total(round_) if bench == "allreduce" else round_ + 1 - RANK
            expect(RANK > 1 and bench == "latency" or theirs[0] == theirs[-1] == expected, f"round {round_}: {theirs[0]}")

        if bench == "latency":
            times = measure(seconds, ping_pong, check)
            if RANK < 2:
                mine[:] = pattern(length, RANK)
                WORLD.Sendrecv(mine, 1 - RANK, recvbuf=theirs)
                expect(np.array_equal(theirs, pattern(length, 1 - RANK)), f"{size} bytes arrived as something else")
            report(times, 0.5, bench=bench, bytes=size)
        else:
            times = measure(seconds, lambda _: WORLD.Allreduce(mine, theirs), check, before)
            mine[:] = pattern(length, RANK)
            WORLD.Allreduce(mine, theirs)
            expect(np.array_equal(theirs, pattern(length, total(0), SIZE)), f"a wrong sum of {size} bytes")
            report(mean_over_ranks(times), bench=bench, bytes=size)


def main(bench: str, seconds: float, sizes: list[int], objects_: dict) -> None:
    if bench in ("objects", "objects-bcast"):
        objects(bench, seconds, objects_)
    elif bench == "objects-allreduce":
        objects_allreduce(seconds)
    elif bench in ("latency", "allreduce"):
        arrays(bench, seconds, sizes)
    elif bench != "startup":
        raise ValueError(f"there is no bench '{bench}'")


settings = json.loads(sys.argv[1])
main(settings["bench"], settings.get("seconds", 1), settings.get("sizes", []), settings.get("objects", {}))
