"""Encoding on a Ray cluster: blocks of rows, each by a `LocalEngine` on one of its machines.

What comes back goes into the cache of the process that asked, block by block; a worker that dies
costs its block, which Ray gives to another.
"""

import logging
import os
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xshot.encoder.digests import DigestTable
from xshot.encoder.engine import EncodedFile
from xshot.encoder.local import LocalEngine
from xshot.encoder.pieces import EncodedTexts
from xshot.errors import UserError

if TYPE_CHECKING:
    from xshot.encoder.encode import Encoder

_ROWS_PER_BLOCK = 256

T = TypeVar("T")
R = TypeVar("R")


class RayEngine:
    """Workers on the cluster that `RAY_ADDRESS` names, or on this machine if it names none.

    Every machine must have the repository and the data at the same paths, the same packages, and
    the same kind of processor: workers refuse where `cache_name` is another.

    Args:
        load: loads the encoder.
        threads: CPUs of a worker.
        device: of a worker, `cpu` or `cuda:N`; a GPU each, then.
        batch_size: rows per pass on a GPU.
        cache_name: names what the features' bits depend on.
    """

    def __init__(
        self,
        load: Callable[[], "Encoder"],
        *,
        threads: int,
        device: str,
        batch_size: int,
        cache_name: Callable[[], str],
    ) -> None:
        if find_spec("ray") is None:
            raise UserError(
                "clip.engine: ray is not installed; pip install -e '.[scale]', or set it to local"
            )
        self._gpus = int(device != "cpu")
        self._threads = threads
        self._rows = max(_ROWS_PER_BLOCK, batch_size)
        self._machine = _Machine(Path.cwd(), load, threads, cache_name, cache_name())

    def images(
        self, files: Iterable[tuple[int, Path]], known: Collection[bytes]
    ) -> Iterator[list[EncodedFile]]:
        """See `Engine`."""
        content = DigestTable(0, b"".join(known))

        def encode(engine: LocalEngine, block: list[tuple[int, Path]]) -> list[EncodedFile]:
            return [found for group in engine.images(block, content) for found in group]

        yield from self.map(encode, _blocks(files, self._rows))

    def texts(self, texts: Sequence[str]) -> Iterator[EncodedTexts]:
        """See `Engine`."""

        def encode(engine: LocalEngine, block: tuple[int, list[str]]) -> list[EncodedTexts]:
            first, block_texts = block
            return [
                replace(group, rows=tuple(first + row for row in group.rows))
                for group in engine.texts(block_texts)
            ]

        starts = range(0, len(texts), self._rows)
        blocks = zip(starts, _blocks(texts, self._rows), strict=True)
        for groups in self.map(encode, blocks):
            yield from groups

    def map(self, work: Callable[[LocalEngine, T], R], blocks: Iterable[T]) -> Iterator[R]:
        """What `work` gives for each block, in the order in which workers are done.

        A block whose worker dies is done again, from its beginning.
        """
        waiting = iter(blocks)
        running = list(islice(waiting, 1))
        if not running:
            return
        ray = _connected()
        from ray.util import ActorPool

        task = ray.put(work)

        def run(worker: Any, block: T) -> Any:
            # In a list Ray leaves it a reference, which a worker looks up once.
            return worker.run.remote([task], block)

        actor = ray.remote(
            num_cpus=self._threads, num_gpus=self._gpus, max_restarts=-1, max_task_retries=-1
        )(_Worker)
        running += islice(waiting, self._workers(ray.cluster_resources()) - 1)
        # Ray ends them once nothing refers to them.
        pool: Any = ActorPool([actor.remote(self._machine) for _ in running])
        for block in running:
            pool.submit(run, block)
        wrong: UserError | None = None
        while pool.has_next():
            result = pool.get_next_unordered()
            if isinstance(result, UserError):
                # What is running may end: Ray speaks of work that is cut off.
                wrong, waiting = result, iter(())
            for block in islice(waiting, 1):
                pool.submit(run, block)
            if wrong is None:
                yield result
        if wrong is not None:
            raise wrong

    def _workers(self, there: dict[str, float]) -> int:
        by_cpu = int(there.get("CPU", 1)) // self._threads
        by_gpu = int(there.get("GPU", 0)) if self._gpus else by_cpu
        return max(1, min(by_cpu, by_gpu))


@dataclass(frozen=True)
class _Machine:
    """What a worker needs to be the same as this process."""

    folder: Path
    load: "Callable[[], Encoder]"
    threads: int
    cache_name: Callable[[], str]
    expected: str


class _Worker:
    """Runs on a machine of the cluster; keeps its encoder from block to block."""

    def __init__(self, machine: _Machine) -> None:
        self._machine = machine
        self._work: Callable[[LocalEngine, Any], Any] | None = None
        self._engine = LocalEngine(machine.load, threads=machine.threads)
        os.chdir(machine.folder)  # the paths of params.yaml start there

    def run(self, task: list[Any], block: Any) -> Any:
        """What the work gives for a block, or the line that says what is wrong."""
        if self._work is None:
            import ray

            self._work = ray.get(task[0])
        try:
            if self._machine.cache_name() != self._machine.expected:
                raise UserError(
                    f"clip.engine: {os.uname().nodename} has another kind of processor or other "
                    "packages than this machine; use machines of one kind"
                )
            return self._work(self._engine, block)
        except UserError as error:
            return error


def _connected() -> Any:
    """Ray, connected and quiet."""
    import ray

    with warnings.catch_warnings():
        # Ray forks only to start other programs.
        warnings.filterwarnings("ignore", "lance is not fork-safe")
        ray.init(logging_level=logging.ERROR, log_to_driver=False, ignore_reinit_error=True)
    return ray


def _blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block
