"""Where a sandbox's Tryton keeps its data: an SQLite file, or a database of the PostgreSQL that DATABASE_URL names.

    database.py has NAME            exit code 0 when that PostgreSQL has such a database
    database.py copy FROM TO        TO becomes a copy of FROM; `-` for FROM: an empty one
    database.py rename FROM TO      unless there is such a one already: then FROM is dropped
"""
import os
import sys

sys.dont_write_bytecode = True


def configure(place):
    """Tells trytond where its data is; answers the database's name. `place` is a path, or postgresql:NAME."""
    from trytond.config import config
    if place.startswith('postgresql:'):
        config.set('database', 'uri', os.environ['DATABASE_URL'])
        return place.removeprefix('postgresql:')
    folder, file = os.path.split(os.path.abspath(place))
    config.set('database', 'uri', 'sqlite://')
    config.set('database', 'path', folder)
    return file.removesuffix('.sqlite')


def main(what, *names):
    import psycopg2
    from psycopg2 import errors, sql
    connection = psycopg2.connect(os.environ['DATABASE_URL'])
    connection.autocommit = True
    cursor = connection.cursor()

    def do(statement, *named):
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, named)))

    def has(name):
        cursor.execute('select from pg_database where datname = %s', [name])
        return cursor.rowcount > 0

    if what == 'has':
        return 0 if has(names[0]) else 1
    origin, made = names
    if what == 'copy':
        do('create database {} template {}', made, 'template0' if origin == '-' else origin)
    else:
        try:
            do('alter database {} rename to {}', origin, made)
        except errors.DuplicateDatabase:
            do('drop database {}', origin)
    return 0


if __name__ == '__main__':
    from tether import tether
    tether()
    sys.exit(main(*sys.argv[1:]))
