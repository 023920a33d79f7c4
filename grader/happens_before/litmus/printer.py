"""The same tiny programs as C17 for the explorer.

Many programs share one file, since compiling is what costs: the environment variable PROGRAM says
which of them main runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from happens_before.litmus.notation import show
from happens_before.litmus.program import (
    Add,
    Cas,
    Exchange,
    Fence,
    If,
    Load,
    Operand,
    Program,
    Statement,
    Store,
    Thread,
)

SELECTOR = "PROGRAM"
"""The environment variable that selects a program by its index."""

HEAD = """\
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "outcome.h"
"""

MAIN = """
static void (*const programs[])(void) = {{{names}}};

int main(void) {{
    const char *which = getenv("{selector}");
    programs[which ? atoi(which) : 0]();
    return 0;
}}
"""


class Printer:
    """Prints one program; every name in it gets a prefix."""

    def __init__(self, program: Program, prefix: str) -> None:
        self.program = program
        self.prefix = prefix

    def name(self, name: str) -> str:
        """A location or a register."""
        return f"{self.prefix}_{name}"

    def operand(self, operand: Operand) -> str:
        """A constant or a register."""
        return str(operand) if isinstance(operand, int) else self.name(operand)

    def statement(self, item: Statement, indent: str) -> list[str]:
        """The lines of one statement."""
        if isinstance(item, Fence):
            return [f"{indent}atomic_thread_fence(memory_order_{item.order.value});"]
        if isinstance(item, If):
            lines = [f"{indent}if ({self.name(item.register)} == {item.equals}) {{"]
            lines += self.body(item.then, indent + "    ")
            if item.otherwise:
                lines += [f"{indent}}} else {{", *self.body(item.otherwise, indent + "    ")]
            return [*lines, f"{indent}}}"]
        order, location = f"memory_order_{item.order.value}", f"&{self.name(item.location)}"
        if isinstance(item, Store):
            value = self.operand(item.value)
            return [f"{indent}atomic_store_explicit({location}, {value}, {order});"]
        register = self.name(item.register)
        if isinstance(item, Load):
            return [f"{indent}{register} = atomic_load_explicit({location}, {order});"]
        if isinstance(item, Cas):
            failure = f"memory_order_{item.failure.value}"
            call = f"{location}, &{register}, {self.operand(item.desired)}, {order}, {failure}"
            return [
                f"{indent}{register} = {item.expected};",
                f"{indent}atomic_compare_exchange_strong_explicit({call});",
            ]
        function = "atomic_fetch_add" if isinstance(item, Add) else "atomic_exchange"
        call = f"{location}, {self.operand(item.operand)}, {order}"
        return [f"{indent}{register} = {function}_explicit({call});"]

    def body(self, statements: Thread, indent: str = "    ") -> list[str]:
        """The lines of statements in a row."""
        return [line for item in statements for line in self.statement(item, indent)]

    def thread(self, index: int) -> list[str]:
        """The function of one thread."""
        return [
            f"static void *{self.prefix}_thread_{index}(void *unused) {{",
            "    (void)unused;",
            *self.body(self.program.threads[index]),
            "    return NULL;",
            "}",
        ]

    def run(self) -> list[str]:
        """The function that runs the program once and tells its outcome."""
        threads = range(len(self.program.threads))
        create = [
            f"    pthread_create(&threads[{index}], NULL, {self.prefix}_thread_{index}, NULL);"
            for index in threads
        ]
        join = [f"    pthread_join(threads[{index}], NULL);" for index in threads]
        parts = [f"{name}=%d" for name in (*self.program.registers, *self.program.observed)]
        values = [self.name(name) for name in self.program.registers]
        values += [
            f"atomic_load_explicit(&{self.name(name)}, memory_order_relaxed)"
            for name in self.program.observed
        ]
        arguments = "".join(f", {value}" for value in values)
        return [
            f"static void {self.prefix}(void) {{",
            f"    pthread_t threads[{len(threads)}];",
            *create,
            *join,
            f'    outcome("{" ".join(parts)}"{arguments});',
            "}",
        ]

    def text(self) -> str:
        """Everything of the program but main."""
        lines = ["", f"/* {self.program.name}: {show(self.program)} */"]
        # Not static: a compiler may drop an atomic object whose only stores are of its first value.
        lines += [f"atomic_int {self.name(name)};" for name in self.program.locations]
        lines += [f"static int {self.name(name)};" for name in self.program.registers]
        for index in range(len(self.program.threads)):
            lines += self.thread(index)
        return "\n".join(lines + self.run()) + "\n"


def c_source(programs: Sequence[Program]) -> str:
    """One C file with all the programs."""
    prefixes = [f"p{index}" for index in range(len(programs))]
    texts = [Printer(program, prefix).text() for program, prefix in zip(programs, prefixes)]
    main = MAIN.format(names=", ".join(prefixes), selector=SELECTOR)
    return HEAD + "".join(texts) + main
