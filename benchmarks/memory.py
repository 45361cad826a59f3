"""What memory a process takes, and what it may."""

import os
import resource
from pathlib import Path


def forget(folder: Path) -> None:
    """Take files out of the page cache."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def limit_memory(size: int, name: str) -> bool:
    """Whether this process, page cache included, is held to so many bytes: root can do that."""
    group = Path("/sys/fs/cgroup/memory") / name
    try:
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(str(size))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True


def memory() -> int:
    """MiB that this process takes now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def peak(before: int) -> str:
    """MiB that this process has taken at the most, in words."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"memory at most {most} MiB, {most - before} more than before"


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
