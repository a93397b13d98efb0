"""Ends this process when whoever started it is gone: its standard input is a pipe that only the starter holds.

    tether.py MODULE ARGUMENTS…     runs a module as `python -m MODULE ARGUMENTS…` does, tethered
"""
import os
import runpy
import sys
import threading


def tether():
    def wait():
        # Not through sys.stdin: its lock, held here, would stop the interpreter from ending.
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == '__main__':
    tether()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)
