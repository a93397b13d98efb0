/**
 * Serves the model with SAP's own server on loopback, with data in memory: node serve.mjs, in a folder that has the
 * packages. Says `ready <port>` when it listens, and ends when its standard input does.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const cds = require('@sap/cds');
const odata2 = require('@cap-js-community/odata-v2-adapter');

process.stdin.on('end', () => process.exit(0)).resume();

const NUMBERED = {
  's4.S4': [
    ['A_BusinessPartner', 'BusinessPartner', 10],
    ['A_Product', 'Product', 10],
    ['MaterialBOM', 'BillOfMaterial', 8],
    ['A_SalesOrder', 'SalesOrder', 10],
  ],
  's4.Finance': [['A_BillingDocument', 'BillingDocument', 10]],
};
const THOUSANDTHS = 1000;
const inThousandths = (amount) => Math.round(Number(amount ?? 0) * THOUSANDTHS);

/** Numbers as S/4HANA gives them. */
const numbers = (service) => {
  for (const [entity, key, digits] of NUMBERED[service.name] ?? []) {
    let last = 100000;
    service.before('CREATE', entity, ({ data }) => {
      last += 1;
      data[key] ??= String(last).padStart(digits, '0');
    });
  }
};

/** Rules of the house that no metadata tells. */
const rules = (service) => {
  service.before(['CREATE', 'UPDATE'], 'A_BusinessPartner', (request) => {
    const [date, time] = request.timestamp.toISOString().split(/[T.]/);
    Object.assign(request.data, { LastChangeDate: date, LastChangeTime: time });
    if (request.event === 'CREATE') request.data.CreationTime = time;
    if (/^TEST\b/i.test(request.data.OrganizationBPName1 ?? ''))
      request.reject({
        status: 422,
        code: 'R1/224',
        message: 'Business partner names must not begin with TEST',
        target: 'OrganizationBPName1',
      });
  });
  service.before('CREATE', 'A_SalesOrder', (request) => {
    const { to_Item: items = [], TotalNetAmount: total } = request.data;
    const sum = items.reduce((all, { NetAmount: net }) => all + inThousandths(net), 0);
    request.data.TotalNetAmount = total ?? String(sum / THOUSANDTHS);
    if (sum !== inThousandths(request.data.TotalNetAmount))
      request.reject({
        status: 422,
        code: 'V1/555',
        message: `The items come to ${sum / THOUSANDTHS}, not to ${total}`,
        target: 'TotalNetAmount',
      });
  });
};

cds.on('bootstrap', (app) => {
  const listen = app.listen.bind(app);
  app.listen = (_port, ...rest) => listen(Number(process.env.PORT ?? 0), '127.0.0.1', ...rest);
  app.use(odata2());
});
cds.on('serving', (service) => {
  numbers(service);
  if (service.name === 's4.S4') rules(service);
});

await cds.plugins;
const server = await cds.server({ from: ['model'], in_memory: true, service: 'all' });
if (!server.listening) await once(server, 'listening');
const { port } = server.address();
// What cds-serve does when it listens; the adapter for OData V2 waits for it.
await cds.emit('listening', { server, url: `http://127.0.0.1:${port}` });
process.stdout.write(`ready ${port}\n`);
