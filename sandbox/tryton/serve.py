"""Serves one Tryton database on loopback: serve.py PATH PORT (0: a free one).

Prints one JSON line when it listens, and ends when its standard input ends, so that it cannot outlive its starter.
"""
import json
import os
import sys
import warnings

warnings.simplefilter('ignore')
sys.dont_write_bytecode = True

from tether import tether  # noqa: E402
from trytond.config import config  # noqa: E402

path, port = sys.argv[1], int(sys.argv[2])
folder, file = os.path.split(os.path.abspath(path))
name = file.removesuffix('.sqlite')
config.set('database', 'uri', 'sqlite://')
config.set('database', 'path', folder)
config.set('database', 'list', 'False')
# A writer waits for another one; with SQLite that is a repeated transaction.
config.set('database', 'retry', '50')


tether()

from trytond.pool import Pool  # noqa: E402
from trytond.wsgi import app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402


class Quiet(WSGIRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_request(self, *arguments):
        pass


Pool.start()
Pool(name).init()
server = make_server('127.0.0.1', port, app, threaded=True, request_handler=Quiet)
print(json.dumps({'port': server.server_port, 'database': name}), flush=True)
server.serve_forever()
