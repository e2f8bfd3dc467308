"""Runs SQL on a SQLite file: sqlite.py FILE, with [{"sql": …, "rows": [[…], …]}, …] as JSON on standard input.

Everything is one transaction. Prints how many rows the statements changed.
"""

import json
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
changed = 0
connection.execute("BEGIN IMMEDIATE")
for statement in json.load(sys.stdin):
    for row in statement["rows"]:
        cursor = connection.execute(statement["sql"], row)
        changed += max(cursor.rowcount, 0)
connection.execute("COMMIT")
print(changed)
