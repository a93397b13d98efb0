"""Serves one Tryton database on loopback: serve.py PLACE PORT (0: a free one). PLACE as in database.py.

Prints one JSON line when it listens, and ends when its standard input ends, so that it cannot outlive its starter.
"""
import json
import sys
import warnings

warnings.simplefilter('ignore')
sys.dont_write_bytecode = True

from database import configure  # noqa: E402
from tether import tether  # noqa: E402
from trytond.config import config  # noqa: E402

place, port = sys.argv[1], int(sys.argv[2])
name = configure(place)
config.set('database', 'list', 'False')
# With SQLite a writer waits for another one by repeating its transaction. With PostgreSQL nothing is repeated here:
# whoever called is told that two transactions met, and must cope.
config.set('database', 'retry', '50' if place.endswith('.sqlite') else '0')


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
