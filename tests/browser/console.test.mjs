// The console as staff use it, in Chromium with their certificates in its own store: at each width, without scripts, by keys alone.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { widths } from './browser.mjs';
import * as core from './console_core.mjs';
import { fill, focused, formTo, notice, openDesk, orderForm, send, submit } from './desk.mjs';
import { sitDown } from './staff.mjs';

let desk, office;
before(async () => {
  desk = await openDesk();
  ({ office } = desk);
});
after(() => desk?.close());

const ways = { desktop: { viewport: widths.desktop }, phone: { viewport: widths.phone }, plain: { scripts: false } };

for (const [way, options] of Object.entries(ways)) {
  test(`an order's life, ${way === 'plain' ? 'without scripts' : `at ${way} width`}`, async () => {
    const { ada, berit, petter, siri } = office;
    const ordered = await core.orders(desk, berit, options, `${way}-pay`, `Ordered ${way}`);
    const path = new URL(ordered.url()).pathname;
    await core.mayNotApprove(ordered, berit);
    const pages = [ordered, await core.approves(desk, petter, options, path)];
    const resent = await core.resends(desk, siri, options, path);
    pages.push(resent, await core.unlocks(desk, siri, options, path, resent.parcel));
    pages.push(await core.exports(desk, ada, options, '/console/orders'));
    for (const page of pages) {
      assert.deepEqual(page.complaints, []);
      await page.close();
    }
  });
  test(`searching, revoking, exporting, changing, ${way === 'plain' ? 'without scripts' : `at ${way} width`}`, async () => {
    const { ada, berit, siri, aud } = office;
    const certified = desk.staged.live[Object.keys(ways).indexOf(way)];
    const pages = [await core.searches(desk, aud, options, certified), await core.revokes(desk, siri, options, certified), await core.exports(desk, aud, options, '/console/certificates'),
      await core.changesStale(desk, ada, berit, options, `/console/clients/nordbank/payments/${way}-pay`)];
    for (const page of pages) {
      assert.deepEqual(page.complaints, []);
      await page.close();
    }
  });
}

const ordersFor = async (client) => (await office.ada.ask('GET', `/v1/orders?organisation=nordbank&service=payments&client=${client}`)).items;

for (const scripts of [true, false]) test(`a double click makes one order, ${scripts ? 'with' : 'without'} scripts`, async () => {
  const client = `double-${scripts}`;
  await office.ada.ask('POST', '/v1/clients', { organisation: 'nordbank', service: 'payments', slug: client, name: client, several: true });
  const page = await desk.visit(office.ada, orderForm(client), { scripts });
  await fill(formTo(page, '/console/orders/new'), { note: 'once' });
  await send(formTo(page, '/console/orders/new'), (button) => button.dblclick());
  await page.waitForURL(/\/console\/orders\/[a-z0-9]{16}/);
  assert.equal((await ordersFor(client)).length, 1);
  await page.close();
});

test('the same form sent eight times at once makes one order', async () => {
  const client = 'eightfold';
  await office.ada.ask('POST', '/v1/clients', { organisation: 'nordbank', service: 'payments', slug: client, name: client, several: true });
  const page = await desk.visit(office.ada, orderForm(client), { bypassPolicy: true });
  const ends = await formTo(page, '/console/orders/new').evaluate(async (form) => {
    const body = new URLSearchParams(new FormData(form)).toString();
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(form.action, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })));
    return answers.map((answer) => new URL(answer.url).pathname);
  });
  const orders = await ordersFor(client);
  assert.equal(orders.length, 1);
  assert.deepEqual(new Set(ends), new Set([`/console/orders/${orders[0].id}`]), 'all eight lead to it');
  await page.close();
});

test('by the keyboard alone: an order, its faults, and back', async () => {
  const client = 'keyboard';
  await office.ada.ask('POST', '/v1/clients', { organisation: 'nordbank', service: 'payments', slug: client, name: client });
  const page = await desk.visit(office.ada, orderForm(client));
  const press = async (key) => { await page.keyboard.press(key); return page.evaluate(() => ({ name: document.activeElement.name, type: document.activeElement.type, text: document.activeElement.textContent.trim(), form: document.activeElement.form?.getAttribute('action'), method: document.activeElement.form?.method })); };
  const tabTo = async (what) => {
    for (let n = 0; n < 60; n++) if (what(await press('Tab'))) return;
    assert.fail(`Tab never came to ${what}`);
  };
  const inForm = (name) => (at) => at.name === name && at.method === 'post';
  assert.match((await press('Tab')).text, /Skip to the content/, 'the first stop leads past the navigation');
  await page.keyboard.press('Enter');
  await tabTo(inForm('due'));
  await page.keyboard.type('01012020');
  await tabTo(inForm('note'));
  await page.keyboard.type('without a mouse');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.equal(await focused(page), 'faults');
  assert.match(await page.textContent('#faults'), /Due/);
  await tabTo((at) => /Due/.test(at.text));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.name === 'due');
  await page.keyboard.type(`0601${new Date().getFullYear() + 1}`);
  const form = formTo(page, '/console/orders/new');
  assert.equal(await form.locator('[name=note]').inputValue(), 'without a mouse', 'input is kept');
  await tabTo((at) => at.type === 'submit' && at.method === 'post');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.match(await notice(page), /order is made/);
  assert.equal((await ordersFor(client)).length, 1);
  await page.close();
});

test('whoever stands in the directory is added and changed at the console', async () => {
  const { ada } = office;
  const page = await desk.visit(ada, '/console/organisations');
  const at = () => new URL(page.url()).pathname;
  // Every fault at once, beside its field and in the summary; what was typed stays.
  const organisation = formTo(page, '/console/organisations');
  await submit(organisation, { slug: 'Süd Bank', name: '' });
  assert.equal(await focused(page), 'faults');
  assert.equal(await page.locator('#faults li').count(), 2);
  assert.equal(await organisation.locator('[aria-invalid=true]').count(), 2);
  assert.equal(await organisation.locator('[name=slug]').inputValue(), 'Süd Bank');
  await submit(organisation, { slug: 'sued', name: 'Süd Bank' });
  const add = async (path, values) => {
    const answer = await submit(formTo(page, path), values);
    assert.equal(answer.status(), 200, `${path}: ${await page.textContent('main')}`);
    assert.equal(await page.locator('#faults').count(), 0, `${path}: ${await page.textContent('main')}`);
  };
  await page.goto(new URL('/console/organisations/sued', page.url()).href);
  await add(`${at()}/services`, { slug: 'cards', name: 'Cards' });
  await page.goto(new URL('/console/organisations/sued', page.url()).href);
  await add(`${at()}/contacts`, { name: 'Ruth Müller', email: 'ruth@sued.example', mobile: '+4915112345678' });
  await page.goto(new URL('/console/services/sued/cards', page.url()).href);
  await add(`${at()}/clients`, { slug: 'terminal', name: 'Terminal' });
  await page.goto(new URL('/console/clients/sued/cards/terminal', page.url()).href);
  await add(at(), { name: 'Terminals', several: true });
  await page.goto(new URL('/console/services/sued/cards', page.url()).href);
  await add(at(), { approvals: '2' });
  assert.equal((await ada.ask('GET', '/v1/clients/sued/cards/terminal')).several, true);
  assert.equal((await ada.ask('GET', '/v1/services/sued/cards')).approvals, 2);
  const { items } = await ada.ask('GET', '/v1/contacts?organisation=sued');
  assert.deepEqual(items.map(({ name, email, mobile }) => ({ name, email, mobile })), [{ name: 'Ruth Müller', email: 'ruth@sued.example', mobile: '+4915112345678' }]);
  assert.deepEqual(page.complaints, []);
  await page.close();
});

test('a new member of the staff is added at the console, collects its own certificate, and is let in by it', async () => {
  const { ada, parcel, collectFile, installation } = office;
  const page = await desk.visit(ada, '/console/staff');
  const add = formTo(page, '/console/staff');
  const wishes = { name: 'Nina Nilsen', role: 'support', email: 'nina@nordic.example', mobile: '+4791111111' };
  await submit(add, { ...wishes, email: 'no address', mobile: '12' });
  assert.equal(await focused(page), 'faults');
  assert.equal(await add.locator('[aria-invalid=true]').count(), 2);
  assert.equal(await add.locator('[name=role]').inputValue(), 'support');
  const answer = await submit(add, wishes);
  assert.equal(answer.status(), 200);
  assert.match(page.url(), /\/console\/staff\/[a-z0-9]{16}/);
  const { items } = await ada.ask('GET', '/v1/orders');
  const order = items.find((one) => one.staff_name === 'Nina Nilsen' || one.staff);
  const seat = await sitDown(installation, await collectFile({ id: order.id, ...await parcel(order.id) }, 'nina'));
  const own = await seat.open();
  await own.goto(`${seat.origin}/console`);
  assert.match(await own.textContent('.who'), /Nina Nilsen\s*support/);
  assert.equal((await own.goto(`${seat.origin}/console/staff`)).status(), 403);
  await seat.leave();
  assert.deepEqual(page.complaints, []);
  await page.close();
});
