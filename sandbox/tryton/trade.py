"""Fills what a company that sells needs: accounts, taxes, products, bills of material, employees, rights of its users."""
import datetime
import zoneinfo
from decimal import Decimal

# What it makes and buys: code, name, unit, list price, cost, what it is made of (code, quantity).
PARTS = [('RM-001', 'Steel tube ⌀40 mm', 'Meter', '7.50', '4.10'), ('RM-002', 'Sealing ring 40', 'Unit', '0.80', '0.22'),
    ('RM-003', 'Bearing 6204', 'Unit', '6.40', '3.90'), ('RM-004', 'Lubricant', 'Kilogram', '12.25', '7.00'),
    ('RM-005', 'Motor 0.75 kW', 'Unit', '96.00', '71.50'), ('RM-006', 'Screw M6×20', 'Unit', '0.05', '0.02')]
MADE = [('AS-001', 'Valve body', 'Unit', '48.50', '21.00', [('RM-001', 0.35), ('RM-002', 2), ('RM-006', 8)]),
    ('AS-002', 'Pump drive', 'Unit', '189.00', '96.40', [('RM-005', 1), ('RM-003', 2), ('RM-004', 0.25)]),
    ('FG-001', 'Pump station Größe 1', 'Unit', '429.99', '182.75', [('AS-001', 2), ('AS-002', 1), ('RM-006', 12)]),
    ('FG-002', 'Pump station Größe 2', 'Unit', '612.00', '251.40', [('AS-001', 4), ('AS-002', 2), ('RM-006', 24)])]
SERVICES = [('SV-001', 'Installation', 'Hour', '84.00', '50.00'), ('SV-002', 'Inspection', 'Unit', '140.00', '60.00')]
# Product administration alone may write products; employees, their parties; accounts are read by invoices.
GROUPS = ['Accounting Party', 'Party Administration', 'Sales', 'Stock', 'Stock Force Assignment', 'Account',
    'Product Administration', 'Account Product Administration', 'Production', 'Production Administration',
    'Employee Administration']
ZONE = 'Europe/Berlin'


def chart(pool, company):
    """Tryton's own chart of accounts, a tax of 19 %, and a year before and after this one."""
    from trytond.transaction import Transaction
    template = pool.get('account.account.template')(
        pool.get('ir.model.data').get_id('account', 'account_template_root_en'))
    Wizard = pool.get('account.create_chart', type='wizard')
    session, *_ = Wizard.create()
    Wizard.execute(session, {'account': {'company': company.id, 'account_template': template.id}}, 'create_account')
    Account = pool.get('account.account')

    def kind(name):
        found, *_ = Account.search([(f'type.{name}', '=', True), ('company', '=', company.id)], limit=1)
        return found

    properties = {'company': company.id, 'account_receivable': kind('receivable').id,
        'account_payable': kind('payable').id}
    Wizard.execute(session, {'properties': properties}, 'create_properties')
    Wizard.delete(session)
    debt, = Account.search([('name', '=', 'Main Tax'), ('company', '=', company.id)])
    tax, = pool.get('account.tax').create([{'name': 'VAT 19 %', 'description': 'VAT 19 %', 'type': 'percentage',
        'rate': Decimal('.19'), 'company': company.id, 'invoice_account': debt.id, 'credit_note_account': debt.id}])
    Sequence, Strict = pool.get('ir.sequence'), pool.get('ir.sequence.strict')
    types = {kind.name: kind for kind in pool.get('ir.sequence.type').search([])}
    this = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).year
    Year = pool.get('account.fiscalyear')
    for year in (this - 1, this, this + 1):
        moves, = Sequence.create([{'name': f'Moves {year}', 'sequence_type': types['Account Move'].id,
            'company': company.id}])
        numbers = {f'{kind}_sequence': Strict.create([{'name': f'{prefix} {year}', 'company': company.id,
            'sequence_type': types['Invoice'].id, 'prefix': f'{prefix}-{year}-', 'padding': 5}])[0].id
            for kind, prefix in (('out_invoice', 'INV'), ('in_invoice', 'BILL'), ('out_credit_note', 'CN'),
                ('in_credit_note', 'SCN'))}
        made, = Year.create([{'name': str(year), 'company': company.id, 'start_date': datetime.date(year, 1, 1),
            'end_date': datetime.date(year, 12, 31), 'post_move_sequence': moves.id,
            'invoice_sequences': [('create', [{'company': company.id, **numbers}])]}])
        Year.create_period([made])
    goods, = pool.get('product.category').create([{'name': 'Goods', 'accounting': True,
        'account_expense': kind('expense').id, 'account_revenue': kind('revenue').id,
        'customer_taxes': [('add', [tax.id])]}])
    with Transaction().set_context(company=company.id):
        Cash = pool.get('account.invoice.payment.method')
        cash, = Account.search([('name', '=', 'Main Cash'), ('company', '=', company.id)])
        journal, *_ = pool.get('account.journal').search([('type', '=', 'cash')], limit=1)
        Cash.create([{'name': 'Bank', 'company': company.id, 'journal': journal.id, 'credit_account': cash.id,
            'debit_account': cash.id}])
    return goods


def products(pool, category):
    units = {unit.name: unit.id for unit in pool.get('product.uom').search([])}
    Template = pool.get('product.template')

    def template(code, name, unit, price, cost, kind, **more):
        return {'code': code, 'name': name, 'type': kind, 'default_uom': units[unit], 'list_price': Decimal(price),
            'account_category': category.id, 'cost_price_method': 'fixed',
            'products': [('create', [{'cost_price': Decimal(cost)}])], **more}

    sold = {'salable': True}
    rows = [template(*part, 'goods') for part in PARTS]
    rows += [template(*made[:5], 'goods', sale_uom=units[made[2]], producible=True, **sold) for made in MADE]
    rows += [template(*service, 'service', sale_uom=units[service[2]], **sold) for service in SERVICES]
    Template.create(rows)
    known = {product.code: product for product in pool.get('product.product').search([])}
    Bom = pool.get('production.bom')
    for code, _, unit, _, _, inputs in MADE:
        bom, = Bom.create([{'name': f'{code} made here',
            'inputs': [('create', [{'product': known[part].id, 'quantity': float(quantity),
                'unit': known[part].default_uom.id} for part, quantity in inputs])],
            'outputs': [('create', [{'product': known[code].id, 'quantity': 1.0, 'unit': units[unit]}])]}])
        known[code].boms = [pool.get('product.product-production.bom')(bom=bom)]
        known[code].save()


def employees(pool, company, staff):
    """The staff's parties become employees; the first is everybody's supervisor, the last one has left."""
    Employee, Party = pool.get('company.employee'), pool.get('party.party')
    first = None
    for number, person in enumerate(staff):
        mail = person.name.split(' ')[0].lower().encode('ascii', 'ignore').decode() or 'staff'
        Party.write([person], {'contact_mechanisms': [('create', [
            {'type': 'email', 'value': f'{mail}{number + 1}@works.example'}])]})
        made, = Employee.create([{'party': person.id, 'company': company.id, 'supervisor': first and first.id,
            'start_date': datetime.date(2018, 1, 1) + datetime.timedelta(days=97 * number),
            'end_date': datetime.date(2026, 6, 30) if number == len(staff) - 1 else None}])
        first = first or made


def trade(pool, company, staff):
    from trytond.transaction import Transaction
    company.timezone = ZONE
    company.save()
    with Transaction().set_context(company=company.id, employee=None):
        products(pool, chart(pool, company))
        employees(pool, company, staff)
        configuration = pool.get('sale.configuration')(1)
        configuration.sale_invoice_method, configuration.sale_shipment_method = 'order', 'order'
        configuration.save()
