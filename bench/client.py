"""Our generation client beside the openai package used plainly and beside other projects' clients, in one run.

python -m bench.client                                     # requests/s against an endpoint that answers at once
python -m bench.client --delay_ms=500 --in_flight=512      # and what share of in_flight / delay each reaches
python -m bench.client --memory --in_flight=10000          # ours alone: that many in flight at once, and its memory
python -m bench.client --resume=1000000                    # how long `data_gen.generate` takes to go on (bench/resume.py)

    | side | requests/s | ours / it | whole call s | CPU ms | peak MiB |
    |---|---|---|---|---|---|
    | ours, journal on | 913 [865-1,412] | 1.00 | 2.2 | 0.68 | 97 |
    | openai, default transport | 452 [351-483] | 2.46 | 4.4 | 1.99 | 102 |

Prompts of about 200 tokens, answers of 8,000 characters. Sides are measured in turn, round by round, each in a new
process with a new endpoint (bench/instant_endpoint.py). The requests/s of ours and of the package are by the whole call,
to the last row written and the client closed, after imports. Those of the other projects are by the endpoint's clock,
from the first prompt that came to the last answer that went: it leaves out what they prepare before and write after,
which `whole call` has, and their work on the last answers, at most as many as are in flight. `CPU ms` is of a request, by
the whole call; where other work runs beside, as in the rows above, it is steadier than the rates. Medians over the
rounds, of the ratio too, with [lowest-highest]; of memory the highest (bench/watched.py). Other projects are installed on
first use (bench/peer_environments.py); one that cannot be is left out with a line that says why.

Not covered: real networks, TLS, answers that stream.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import openai

from bench.client_sides import FEW, SIDES, THREADS, Job
from bench.instant_endpoint import instant_endpoint, own_rate
from bench.peer_environments import InstallError, interpreter, pinned
from bench.resume import print_resume
from bench.watched import watched
from data_gen.cli import ConfigError, UserError, command

OURS = "ours"
PEERS = {
    "openai-aiohttp": "openai, aiohttp transport",
    "openai-few": f"openai, default transport, {FEW} in flight",
    "openai": "openai, default transport",
    "threads": f"openai, {THREADS} threads",
    "curator": "",  # those in an environment of their own are named by what it pins
    "distilabel": "",
}
MODEL = "instant"
LIMIT_S = 1800.0  # of one side in one round: a peer may hang
LOOPBACK = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "HF_HUB_OFFLINE": "1"}
SENTENCE = "A box holds {a} red and {b} blue marbles; {c} are taken out at random without looking, one after the other. "
FEWEST_WAVES = 4
SLOWEST_RATE = 400  # requests/s that even a busy machine sends: so long must answers wait for all to be in flight at once


@dataclass(frozen=True)
class Measured:
    """One side in one round."""

    rate: float
    seconds: float
    cpu_ms: float  # a request
    peak_mib: float
    in_flight: int
    connections: int


def main(
    requests: int = 5000,
    delay_ms: float = 0,
    in_flight: int = 512,
    rounds: int = 3,
    peers: str = ",".join(PEERS),
    memory: bool = False,
    resume: int | None = None,
    row_bytes: int = 2000,
) -> None:
    """Print the table; `peers` is a list with commas, or `none`. With `memory` or `resume`, ours alone."""
    if min(requests, in_flight, rounds, row_bytes) < 1 or delay_ms < 0:
        raise ConfigError(
            "--requests, --in_flight, --rounds and --row_bytes are numbers above 0, --delay_ms is not below it"
        )
    if resume:
        print_resume(resume, row_bytes)
    elif memory:
        print_memory(in_flight, max(requests, in_flight), delay_ms)
    else:
        print_table([OURS, *listed(peers)], requests, delay_ms, in_flight, rounds)


def listed(peers: str) -> list[str]:
    """Return the peers that are asked for. Raises ConfigError that lists those there are."""
    names = [] if peers == "none" else [name.strip() for name in peers.split(",")]
    if unknown := [name for name in names if name not in PEERS]:
        raise ConfigError(f"--peers={peers}: no {', '.join(unknown)}; there are: {', '.join(PEERS)}")
    return names


def print_table(sides: list[str], requests: int, delay_ms: float, in_flight: int, rounds: int) -> None:
    """Measure every side in every round and print the table."""
    pythons = {side: python for side in sides if (python := python_of(side))}
    found: dict[str, list[Measured]] = {side: [] for side in pythons}
    for number in range(rounds):
        for side in list(found):
            try:
                measured = measure(side, pythons[side], requests, delay_ms, in_flight)
            except UserError as error:
                if side == OURS:
                    raise
                print(f"{error}\n{name_of(side)} is left out", flush=True)
                del found[side]
                continue
            found[side].append(measured)
            print(f"round {number + 1}: {name_of(side):<40} {measured.rate:8,.0f} requests/s", file=sys.stderr, flush=True)
    with instant_endpoint() as endpoint:
        alone = own_rate(endpoint)
    print(f"{requests:,} requests, answers after {delay_ms:g} ms, {in_flight:,} in flight, {rounds} rounds; ", end="")
    print(f"openai {openai.__version__}; the endpoint gives plain sockets {alone:,.0f} answers/s\n")
    ceiling = 1000 * in_flight / delay_ms if delay_ms else None
    heads = ["side", "requests/s", "ours / it", "whole call s", "CPU ms", "peak MiB"]
    heads += ["in flight", "of the ceiling"] if ceiling else []
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for side, rows in found.items():
        rate = statistics.median(row.rate for row in rows)
        low, high = min(row.rate for row in rows), max(row.rate for row in rows)
        ratio = statistics.median(own.rate / row.rate for own, row in zip(found[OURS], rows, strict=True))
        cells = [name_of(side), f"{rate:,.0f} [{low:,.0f}-{high:,.0f}]", f"{ratio:.2f}"]
        cells += [
            f"{statistics.median(row.seconds for row in rows):.1f}",
            f"{statistics.median(row.cpu_ms for row in rows):.2f}",
        ]
        cells += [f"{max(row.peak_mib for row in rows):,.0f}"]
        cells += [f"{max(row.in_flight for row in rows):,}", f"{rate / ceiling:.0%}"] if ceiling else []
        print(f"| {' | '.join(cells)} |")
    if requests < FEWEST_WAVES * in_flight and set(found) - set(SIDES):
        print("\ntoo few requests for so many in flight: the rates of other projects leave out their last answers", end="")
        print(f"; give --requests={FEWEST_WAVES * in_flight} or more")
    if ceiling:
        waves = -(-requests // in_flight)
        print(f"\nceiling: {in_flight:,} in flight / {delay_ms:g} ms = {ceiling:,.0f} requests/s; ", end="")
        print(f"{requests:,} requests are {waves} waves of them, at most {1000 * requests / (waves * delay_ms):,.0f}")


def name_of(side: str) -> str:
    """Return what the table calls a side."""
    return "ours, journal on" if side == OURS else PEERS[side] or pinned(side)


def python_of(side: str) -> Path | None:
    """Return the interpreter that runs a side, or None, with a line, where a peer cannot be installed."""
    if side in SIDES:
        return Path(sys.executable)
    try:
        return interpreter(side)
    except InstallError as error:
        print(f"{name_of(side)} is left out: it cannot be installed here: {error}", flush=True)
        return None


def measure(side: str, python: Path, requests: int, delay_ms: float, in_flight: int, warm: bool = True) -> Measured:
    """Run a side once, in a new process, against a new endpoint. Raises UserError with its last words where it fails."""
    with tempfile.TemporaryDirectory() as temporary, instant_endpoint(delay_ms) as endpoint:
        folder = Path(temporary)
        prompts = folder / "prompts.jsonl"
        prompts.write_text("".join(json.dumps({"prompt": prompt(number)}) + "\n" for number in range(requests)))
        job = Job(side, endpoint.url, str(prompts), in_flight, MODEL, warm)
        module = "bench.client_sides" if side in SIDES else f"bench.peers.with_{side}"
        run = watched([str(python), "-m", module, json.dumps(asdict(job))], folder / "log", LOOPBACK, LIMIT_S)
        result = folder / "result.json"
        if run.status or not result.is_file():
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
            why = f"was stopped after {LIMIT_S:g} s" if run.seconds > LIMIT_S else "failed"
            raise UserError(f"{name_of(side)} {why}:\n{log[-2000:]}")
        done = json.loads(result.read_text(encoding="utf-8"))
        if done["answered"] != requests:
            raise UserError(f"{name_of(side)} has {done['answered']:,} answers to {requests:,} requests")
        counts = endpoint.stats(requests)  # the last ones: a peer may ask something else first
        # The endpoint does not see how long a client works on its last answers, one a connection: a peer gets that free.
        phase = done["seconds"] if side in SIDES else counts["seconds"]
        return Measured(
            rate=requests / phase,
            seconds=done["seconds"],
            cpu_ms=1000 * done["cpu"] / requests,
            peak_mib=run.peak_mib,
            in_flight=counts["peak_in_flight"],
            connections=counts["peak_connections"],
        )


def prompt(number: int) -> str:
    """Return a question of about 200 tokens that no other number has."""
    said = "".join(SENTENCE.format(a=number + row, b=3 * row + 5, c=row + 2) for row in range(7))
    return f"{said}\n\nHow many marbles are left in all the boxes together? Put the final answer inside \\boxed{{}}."


def print_memory(in_flight: int, requests: int, delay_ms: float) -> None:
    """Run our client alone with answers that come so late that all requests are in flight at once; print its memory."""
    delay_ms = delay_ms or 1000 * max(10, in_flight / SLOWEST_RATE)
    one = measure(OURS, Path(sys.executable), requests, delay_ms, in_flight, warm=False)
    print(f"{requests:,} requests, answers of 8,000 characters after {delay_ms / 1000:g} s, {in_flight:,} allowed in flight")
    print(f"seen by the endpoint: {one.in_flight:,} requests in flight at once on {one.connections:,} connections")
    if one.in_flight < in_flight:
        print("fewer than allowed: raise the limit of open files (`ulimit -Hn`), or --delay_ms on a slow machine")
    print(f"our process: {one.peak_mib:,.0f} MiB at its peak; {one.seconds:.1f} s; every answer in the journal")


if __name__ == "__main__":
    command(main)
