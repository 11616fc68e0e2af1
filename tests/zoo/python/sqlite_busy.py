"""BEGIN IMMEDIATE on a database that another process keeps locked; SQLite tries again, with naps, for ten minutes."""
import os
import sqlite3
import time
from case import say

sqlite3.connect("orders.db").execute("create table t (n)").connection.commit()
holder = os.fork()
if holder == 0:
    mine = sqlite3.connect("orders.db", isolation_level=None)
    mine.execute("begin exclusive")
    time.sleep(300)
time.sleep(0.5)
say("process", holder)
say("process", os.getpid())
say("path", os.path.realpath("orders.db"))
say("ready")
sqlite3.connect("orders.db", timeout=600, isolation_level=None).execute("begin immediate")
