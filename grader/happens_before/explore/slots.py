"""Where the runtime keeps what belongs to one thread (grader/runtime/explorer/memory.h).

Heap, stack and thread-local variables of a thread lie in one slot of address space, at the same
place in every execution, so an offset into one of them is a name that lasts.
"""

from __future__ import annotations

SLOTS_BASE = 0x200000000000
SLOT_BYTES = 128 << 20
MAX_THREADS = 16
HEAP_BYTES = 64 << 20
GUARD_BYTES = 1 << 20
STACK_BYTES = 1 << 20


def name_of(address: int) -> str:
    """What lies there: "heap of thread 1 + 64"; "" when it is in no slot."""
    thread, offset = divmod(address - SLOTS_BASE, SLOT_BYTES)
    if not 0 <= thread < MAX_THREADS:
        return ""
    stack = HEAP_BYTES + GUARD_BYTES
    if offset < HEAP_BYTES:
        return f"heap of thread {thread} + {offset}"
    if offset < stack:
        return f"guard below the stack of thread {thread}"
    if offset < stack + STACK_BYTES:
        return f"stack of thread {thread} - {stack + STACK_BYTES - offset}"
    return f"thread-local memory of thread {thread} + {offset - stack - STACK_BYTES}"
