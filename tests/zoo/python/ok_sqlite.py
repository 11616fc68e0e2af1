"""Healthy: a job that writes a database, a hundred rows to a transaction."""
import sqlite3
from case import say

db = sqlite3.connect("rows.db")
db.execute("create table t (n integer primary key, s text)")
say("ready")
n = 0
while True:
    with db:
        for _ in range(100):
            n += 1
            db.execute("insert or replace into t values (?, ?)", (n % 100000, "row %d" % n))
