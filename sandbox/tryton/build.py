"""Builds the sandbox's Tryton database, an SQLite file.

    build.py base PATH              tables and modules, no record of ours; PATH must not exist yet
    build.py fill PATH DOCUMENT     what DOCUMENT (JSON) lists; PATH is a copy of the base
"""
import json
import os
import sys
import warnings

warnings.simplefilter('ignore')
sys.dont_write_bytecode = True

from fill import fill as fill_database  # noqa: E402
from tether import tether  # noqa: E402
from trytond.config import config  # noqa: E402

what, path = sys.argv[1:3]
folder, file = os.path.split(os.path.abspath(path))
name = file.removesuffix('.sqlite')
config.set('database', 'uri', 'sqlite://')
config.set('database', 'path', folder)

from trytond import backend  # noqa: E402
from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction, inactive_records  # noqa: E402

MODULES = ['party', 'country', 'currency', 'company', 'account_invoice']


def base():
    open(path, 'x').close()
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
