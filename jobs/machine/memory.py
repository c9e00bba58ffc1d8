"""Memory that this process has freed, back to the machine."""

import ctypes


def return_freed_memory() -> None:
    """Return the pages that no object uses any more.

    The C library keeps what a thread frees for that thread's next objects. A worker that reads one
    shard after the other in changing threads would so keep the largest shard once a thread: two
    gigabytes after 10^7 characters, where one shard takes half. Where the library is not glibc,
    nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
