"""Builds the sandbox's Tryton database, an SQLite file or one of PostgreSQL (database.py).

    build.py base PLACE              tables and modules, no record of ours; a file must not exist yet, a database is empty
    build.py fill PLACE DOCUMENT     what DOCUMENT (JSON) lists; PLACE is a copy of the base
"""
import json
import os
import sys
import warnings

warnings.simplefilter('ignore')
sys.dont_write_bytecode = True

from database import configure  # noqa: E402
from fill import fill as fill_database  # noqa: E402
from tether import tether  # noqa: E402

what, place = sys.argv[1:3]
name = configure(place)

from trytond import backend  # noqa: E402
from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction, inactive_records  # noqa: E402

MODULES = ['party', 'country', 'currency', 'company', 'account_invoice']


def base():
    if place.endswith('.sqlite'):
        open(place, 'x').close()
    database = backend.Database(name)
    database.connect()
    database.init()
    Pool.start()
    Pool(name).init(update=['ir', 'res'], lang=['en'])
    with Transaction().start(name, 0):
        Pool(name).get('ir.module').update_list()
    Pool(name).init(update=MODULES, lang=['en'], activatedeps=True)
    with Transaction().start(name, 0):
        with inactive_records():
            admin, = Pool(name).get('res.user').search([('login', '=', 'admin')])
        # Nobody signs in as the administrator: the sandbox's users have ordinary rights.
        admin.password = os.urandom(24).hex()
        admin.save()


def fill():
    with open(sys.argv[3], encoding='utf-8') as text:
        document = json.load(text)
    Pool.start()
    Pool(name).init()
    with Transaction().start(name, 1, context={'language': 'en'}):
        fill_database(Pool(name), document, lambda done, all: print(f'{done} of {all}', flush=True))


tether()
{'base': base, 'fill': fill}[what]()
