"""Fills a fresh database: places, company, terms, users, and the parties of a JSON file, all in one transaction."""
from trade import GROUPS, trade

CURRENCIES = [('EUR', 'Euro', '€', '978'), ('USD', 'US Dollar', '$', '840')]
TERMS = [('Direct', 0), ('Net 14', 14), ('Net 30', 30), ('Net 45', 45), ('Net 60', 60)]
COMPANY = 'Sandbox Works GmbH'
STAFF = ['Anneliese Krüger', 'Bartosz Wójcik', 'Claire Lefèvre', 'Deniz Şahin', 'Eun-ji 김', 'Fintan Ó Briain',
    'Giorgia Russo', 'Hana Nováková', 'Ivo Petrović', 'Júlia Szűcs']
SUPPLIERS = ['Kontor Papier', 'Nordlicht Energie', 'Paketdienst Süd']
CHUNK = 300


def names(model, field='name'):
    return {getattr(record, field): record.id for record in model.search([])}


def address(row, country, **more):
    return {'street': row.get('street'), 'postal_code': row.get('postal_code'), 'city': row.get('city'),
        'country': country.get(row.get('country')), **more}


def party(row, country, language, term, category):
    addresses = []
    if row.get('city') or row.get('street') or row.get('country'):
        addresses.append(address(row, country, sequence=1))
    if row.get('warehouse'):
        addresses.append(address({**row, 'street': row['warehouse']}, country, sequence=2, invoice=False))
    mechanisms = [{'type': kind, 'value': row[kind]} for kind in ('email', 'phone', 'website') if row.get(kind)]
    identifiers = [{'type': 'eu_vat', 'code': row['vat']}] if row.get('vat') else []
    return {'name': row['name'], 'active': row.get('active', True), 'lang': language.get(row.get('language')),
        'customer_payment_term': term.get(row.get('term')), 'categories': [('add', [category])],
        'addresses': [('create', addresses)], 'contact_mechanisms': [('create', mechanisms)],
        'identifiers': [('create', identifiers)]}


def places(pool, rows):
    Country, Currency = pool.get('country.country'), pool.get('currency.currency')
    codes = sorted({row['country'] for row in rows if row.get('country')})
    Country.create([{'name': code, 'code': code} for code in codes])
    Currency.create([{'name': name, 'symbol': symbol, 'code': code, 'numeric_code': number}
            for code, name, symbol, number in CURRENCIES])


def terms(pool):
    pool.get('account.invoice.payment_term').create([{'name': name, 'lines': [('create', [
        {'type': 'remainder', 'relativedeltas': [('create', [{'days': days}] if days else [])]}])]}
            for name, days in TERMS])


def company(pool):
    Party = pool.get('party.party')
    home, *staff = Party.create([{'name': COMPANY}] + [{'name': name} for name in STAFF])
    currency = names(pool.get('currency.currency'), 'code')['EUR']
    made, = pool.get('company.company').create([{'party': home.id, 'currency': currency}])
    return made, staff


def users(pool, company, accounts, rights):
    groups = [group.id for group in pool.get('res.group').search([('name', 'in', rights)])]
    pool.get('res.user').create([{'name': name, 'login': name, 'password': password,
        'groups': [('add', groups)], 'companies': [('add', [company.id])], 'company': company.id}
            for name, password in accounts.items()])


def fill(pool, document, progress):
    """`document` is {users: {login: password}, parties: [{name, street, …, active?, kind?}], trade?: true}."""
    Party, Category = pool.get('party.party'), pool.get('party.category')
    rows = document['parties']
    places(pool, rows)
    terms(pool)
    own, staff = company(pool)
    rights = GROUPS if document.get('trade') else ['Accounting Party', 'Party Administration']
    users(pool, own, document['users'], rights)
    if document.get('trade'):
        trade(pool, own, staff)
    customer, supplier = Category.create([{'name': 'Customer'}, {'name': 'Supplier'}])
    country = names(pool.get('country.country'), 'code')
    language = names(pool.get('ir.lang'), 'code')
    term = names(pool.get('account.invoice.payment_term'))
    Party.create([{'name': name, 'categories': [('add', [supplier.id])]} for name in SUPPLIERS])
    for start in range(0, len(rows), CHUNK):
        Party.create([party(row, country, language, term, customer.id) for row in rows[start:start + CHUNK]])
        progress(min(start + CHUNK, len(rows)), len(rows))
