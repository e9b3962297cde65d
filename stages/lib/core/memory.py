"""How much memory this process can have."""

import os
import resource
from pathlib import Path

# A container's limit, of Linux' two kinds of control groups; 'max' or a huge number is none.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_limit() -> int:
    """Bytes: the machine's memory, or less where a container or `ulimit` allows less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in _LIMITS:
        try:
            limits.append(int(file.read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such group, or 'max'
            continue
    soft = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return min(limits + [limit for limit in soft if limit != resource.RLIM_INFINITY])
