"""The explorer's Python side: build a program on the runtime, run it, tell what it found.

Data flows one way: build -> runner (raw JSON) -> symbols -> findings -> table, JSON, gdb or a judge.
"""
