// The console's walls and looks: who is shown what, what comes of a form of somebody else's, what hostile text does, and whether
// every page fits, is accessible and keeps to its policy. Pictures go to BUILD/screens.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { crawl, routeOf, routes } from './crawler.mjs';
import { clean, formTo, looks, openDesk, orderForm, submit } from './desk.mjs';
import { canaries, shownAsText } from './hostile.mjs';
import { build, until } from './installation.mjs';
import { plant } from './office.mjs';

let desk, office, staged;
before(async () => {
  desk = await openDesk();
  ({ office, staged } = desk);
});
after(() => desk?.close());

test('the canaries do run where nothing escapes them', async () => {
  const { foreign } = desk;
  const page = await (await desk.at(office.ada)).open();
  for (const [text, where] of canaries) {
    await page.goto(foreign.raw(where(text)));
    if (await page.locator('#a').count()) await page.click('#a');
    await page.waitForFunction(() => window.pwned);
    await assert.rejects(shownAsText(page, text, 'where it ran'), / ran\n/);
  }
  await page.close();
});

// All that stands in the store of what people make.
const tables = ['organisation', 'service', 'client', 'contact', 'staff', 'orders', 'approval', 'certificate', 'message'];

const stored = () => execFileSync('sqlite3', ['-cmd', '.timeout 5000', join(desk.office.installation.dir, 'counterfoil.db'),
  ...tables.map((table) => `SELECT '${table}', * FROM ${table} ORDER BY 2, 3;`)], { encoding: 'utf8', maxBuffer: 1 << 26 });

// Every parameter of a path, by something that there is.
const known = () => ({ organisation: 'nordbank', service: 'payments', client: 'card-desk', contact: staged.contact.id, order: staged.requested.id,
  serial: staged.live[0].serial, staff: staged.staff.at(-1).id, name: 'style.css' });

const placed = (path) => path.replaceAll(/\{([^}]+)\}/g, (_, name) => known()[name] ?? assert.fail(`nothing is known for {${name}}`));

const console_ = routes.filter((route) => route.path.startsWith('/console'));

const posts = console_.filter((route) => route.method === 'POST');

test('each role is shown the links and the buttons that it may use, no others, and every link answers', async () => {
  const shown = await Promise.all(office.staff.filter((member) => member !== office.berit).map(async (member) => {
    const page = await (await desk.at(member)).open({ bypassPolicy: true });
    const pages = await crawl(page, (await desk.at(member)).origin, '/console', { few: 16 });
    assert.deepEqual(pages.filter((one) => one.status !== 200).map((one) => `${one.status} ${one.path}`), [], `${member.role}: dead links`);
    assert.deepEqual(pages.flatMap((one) => one.foreign.map((what) => `${one.path}: ${what}`)), [], `${member.role}: what is not of our own`);
    const forms = new Set(pages.flatMap((one) => one.forms.map((action) => routeOf('POST', action)?.path ?? action)));
    await page.close();
    return { role: member.role, count: pages.length, forms, reached: new Set(pages.flatMap((one) => [one.path, ...one.queries]).map((path) => routeOf('GET', path.split('?')[0])?.path)) };
  }));
  for (const { role, count, forms, reached } of shown) {
    const seen = (path) => console_.find((route) => route.method === 'GET' && route.path === path)?.who.includes(role) ?? true;
    // A form stands on the page that its own path begins with: where that is for others, so is the form.
    const may = (list) => list.filter((route) => route.who.includes(role) && seen(route.path.replace(/\/[^/]+$/, ''))).map((route) => route.path).sort();
    assert.ok(count > 10, `${role}: ${count} pages`);
    assert.deepEqual([...forms].sort(), may(posts), `the forms of ${role}`);
    assert.deepEqual(may(console_.filter((route) => route.method === 'GET')).filter((path) => !reached.has(path)), [], `pages that nothing leads ${role} to`);
  }
});

test('a page of another role says which role it needs', async () => {
  for (const member of [office.petter, office.siri, office.aud]) {
    const page = await (await desk.at(member)).open();
    for (const { path, who } of console_.filter((route) => route.method === 'GET' && !route.who.includes(member.role))) {
      const answer = await page.goto((await desk.at(member)).origin + placed(path));
      assert.equal(answer.status(), 403, `${member.role} at ${path}`);
      const text = await page.textContent('main');
      assert.match(text, new RegExp(member.role));
      assert.match(text, new RegExp(who[0]));
    }
    await page.close();
  }
});

test('a form of another origin changes nothing, by whatever route', async () => {
  const { foreign } = desk;
  const seat = await desk.at(office.ada);
  const own = await desk.visit(office.ada, `/console/orders/${staged.offered.id}`);
  const token = await own.locator('form[method=post] input[name=token]').first().getAttribute('value');
  const body = { token, organisation: 'nordbank', service: 'document-archive', client: 'e-banking', contact: 'kari@nordbank.example', slug: 'forged', name: 'Forged',
    email: 'forged@nordbank.example', mobile: '+4790000099', role: 'administrator', reason: 'keyCompromise', note: 'forged', confirm: 'General ledger', typed: 'General ledger' };
  assert.ok(posts.length > 0);
  const was = stored();
  const page = await seat.open();
  const actions = posts.map(({ path }) => seat.origin + placed(path));
  for (const action of actions) {
    await page.goto(foreign.post(action, body));
    const [answer] = await Promise.all([page.waitForNavigation(), page.click('#go')]);
    assert.equal(answer.status(), 403, `${action} from another origin, with the right token`);
  }
  // From frames without an origin: whatever came of it may not be framed, and each says so when it has come.
  let refused = 0;
  page.on('console', (message) => { refused += /frame-ancestors/.test(message.text()); });
  await page.goto(foreign.framed(actions, body));
  await until('every frame has its answer', () => refused >= actions.length);
  assert.equal(stored(), was);
  await page.close();
  await own.close();
});

// Every page, by the name of its picture.
const gallery = () => {
  const { requested, offered, locked, live, held, revoked, contact } = staged;
  const client = live[0].client;
  return { start: '/console', search: '/console/search?q=nord', audit: '/console/audit', orders: '/console/orders?organisation=nordbank', 'order-new': '/console/orders/new',
    'order-form': orderForm('card-desk'), 'order-requested': `/console/orders/${requested.id}`, 'order-locked': `/console/orders/${locked.id}`, 'order-offered': `/console/orders/${offered.id}`,
    'order-in-use': `/console/orders/${live[0].order}`, certificates: '/console/certificates?organisation=nordbank', certificate: `/console/certificates/${live[0].serial}`,
    'certificate-held': `/console/certificates/${held.serial}`, 'certificate-revoked': `/console/certificates/${revoked.serial}`, revoke: `/console/certificates/${live[0].serial}/revoke`,
    organisations: '/console/organisations', organisation: '/console/organisations/nordbank', service: '/console/services/nordbank/payments',
    client: `/console/clients/nordbank/document-archive/${client}`, contacts: '/console/contacts', contact: `/console/contacts/${contact.id}`,
    staff: '/console/staff', member: `/console/staff/${staged.staff.at(-1).id}`, 'not-found': '/console/nothing' };
};

test('every page at both widths, light and dark: nothing too wide, no complaint, and axe finds nothing', async () => {
  const faults = [];
  await Promise.all([[looks, {}], [clean, { bypassPolicy: true }]].map(async ([proof, options]) => {
    const page = await (await desk.at(office.ada)).open(options);
    for (const [name, path] of Object.entries(gallery())) {
      const answer = await page.goto((await desk.at(office.ada)).origin + path);
      if (answer.status() !== (name === 'not-found' ? 404 : 200)) faults.push(`${name}: ${answer.status()}`);
      await proof(page, name).catch((error) => faults.push(error.message));
      page.complaints.length = 0;
    }
    await page.close();
  }));
  assert.deepEqual(faults, []);
});

// What the README shows: docs/screens has copies.
test('the pictures for the README are taken anew', async () => {
  for (const [name, path, colorScheme] of [['start', '/console', 'light'], ['order', gallery()['order-requested'], 'dark'], ['revoke', gallery().revoke, 'light']]) {
    const page = await desk.visit(office.ada, path, { colorScheme });
    assert.equal(page.answer.status(), 200);
    const picture = await page.screenshot({ path: join(build, 'screens', `readme-console-${name}.png`) });
    assert.ok(picture.length > 20_000 && picture.length < 150_000, `${name}: ${picture.length} bytes`);
    await page.close();
  }
});

// The last one: the office is not nice to look at afterwards.
test('hostile text is text on every page that shows it', async () => {
  const { ada, siri } = office;
  const planted = await plant(office, canaries.map(([text]) => text));
  const pages = await Promise.all([ada, siri].map(async (member) => (await desk.at(member)).open({ bypassPolicy: true })));
  await Promise.all(pages.map(async (page, half) => {
    for (const [n, { text, organisation, contact, order, cancelled }] of planted.entries()) {
      if (n % 2 !== half) continue;
      const asked = encodeURIComponent(text);
      const paths = ['/console/organisations', `/console/organisations/${organisation}`, `/console/services/${organisation}/service`, `/console/clients/${organisation}/service/client`,
        '/console/contacts', `/console/contacts/${contact}`, `/console/orders?organisation=${organisation}`, `/console/orders/${order}`, `/console/search?q=${asked}`];
      if (half === 0) paths.push(`/console/orders/new?organisation=${organisation}`, `/console/audit?object=${asked}`, ...(cancelled ? [`/console/audit?object=${order}`] : []));
      for (const path of paths) {
        await page.goto((await desk.at(ada)).origin + path);
        await shownAsText(page, text, path);
      }
      for (const path of [`/console/orders?organisation=${asked}`, `/console/certificates?client=${asked}`, `/console?said=${asked}`, `/console/orders/${asked}`]) {
        await page.goto((await desk.at(ada)).origin + path);
        await shownAsText(page, text, path, { shown: false }); // what cannot be meant may be left out
      }
    }
  }));
  // What a refused form gives back.
  const [page] = pages;
  for (const [text] of canaries) {
    await page.goto((await desk.at(ada)).origin + orderForm('card-desk'));
    await submit(formTo(page, '/console/orders/new'), { note: text, due: '2020-01-01' });
    await shownAsText(page, text, 'a form with faults');
  }
  for (const one of pages) await one.close();
});
