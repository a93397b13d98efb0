"""Builds the sandbox's Tryton database, an SQLite file or one of PostgreSQL (database.py).

    build.py base PLACE              tables and modules, no record of ours; a file must not exist yet, a database is empty
    build.py trade PLACE             the same, with what a company that makes and sells goods needs besides
    build.py fill PLACE DOCUMENT     what DOCUMENT (JSON) lists; PLACE is a copy of one of these
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
from trytond.transaction import Transaction, TransactionError, inactive_records  # noqa: E402

MODULES = ['party', 'country', 'currency', 'company', 'account_invoice']
TRADE = ['product', 'account_product', 'sale', 'stock', 'account_invoice_stock', 'production']


def base(modules=MODULES):
    if place.endswith('.sqlite'):
        open(place, 'x').close()
    database = backend.Database(name)
    database.connect()
    database.init()
    Pool.start()
    Pool(name).init(update=['ir', 'res'], lang=['en'])
    with Transaction().start(name, 0):
        Pool(name).get('ir.module').update_list()
    Pool(name).init(update=modules, lang=['en'], activatedeps=True)
    with Transaction().start(name, 0):
        with inactive_records():
            admin, = Pool(name).get('res.user').search([('login', '=', 'admin')])
        # Nobody signs in as the administrator: the sandbox's users have ordinary rights.
        admin.password = os.urandom(24).hex()
        admin.save()


def trade():
    base(MODULES + TRADE)


def fill():
    with open(sys.argv[3], encoding='utf-8') as text:
        document = json.load(text)
    Pool.start()
    Pool(name).init()
    locks = {}
    while True:
        try:
            with Transaction().start(name, 1, context={'language': 'en'}, **locks):
                fill_database(Pool(name), document, lambda done, all: print(f'{done} of {all}', flush=True))
            return
        except TransactionError as error:  # it wants a table for itself from the transaction's beginning on
            error.fix(locks)


tether()
{'base': base, 'trade': trade, 'fill': fill}[what]()
