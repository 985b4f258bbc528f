// What the console is for, as each of its people does it: the core that has to work at each width, and without scripts.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { focused, formTo, notice, send, submit } from './desk.mjs';

const apiOf = (path) => path.replace('/console', '/v1');
const pathOf = (page) => new URL(page.url()).pathname;

// An order for a service that wants an approval, by a form that asks for one thing after the other.
export async function orders(desk, member, options, client, note) {
  const page = await desk.visit(member, '/console/orders/new', options);
  const choose = page.locator('form[action="/console/orders/new"]:not([method=post])');
  for (const [name, value] of [['organisation', 'nordbank'], ['service', 'payments'], ['client', client]]) {
    const field = choose.locator(`[name=${name}]`);
    if ((await field.inputValue()) === value) continue; // where there is but one, it is chosen already
    await field.selectOption(value);
    await send(choose);
  }
  const answer = await submit(formTo(page, '/console/orders/new'), { contact: { label: 'Kari Nordmann <kari@nordbank.example>' }, note });
  assert.equal(answer.status(), 200);
  assert.match(await notice(page), /order is made/);
  assert.match(await page.textContent('main'), /Waiting for approval/);
  assert.match(await page.textContent('main'), new RegExp(note));
  return page;
}

// No button for whoever ordered; and sent all the same, with all that a form carries, it is refused.
export async function mayNotApprove(page, member) {
  const path = pathOf(page);
  assert.equal(await formTo(page, `${path}/approve`).count(), 0, 'no button for who ordered');
  const { digest } = await member.ask('GET', apiOf(path));
  await page.evaluate(([action, value]) => {
    const form = document.querySelector('main form[method=post]').cloneNode(true);
    Object.assign(form, { action, id: 'forced' });
    form.insertAdjacentHTML('beforeend', `<input name="digest" value="${value}">`);
    document.querySelector('main').append(form);
  }, [`${path}/approve`, digest]);
  const [answer] = await Promise.all([page.waitForNavigation(), page.evaluate(() => document.getElementById('forced').submit())]);
  assert.ok(answer.status() >= 400, `own approval: ${answer.status()}`);
  const { state, approved } = await member.ask('GET', apiOf(path));
  assert.deepEqual({ state, approved }, { state: 'requested', approved: [] });
}

// Another person finds it on the start page, sees exactly what it is, and approves that.
export async function approves(desk, member, options, path) {
  const page = await desk.visit(member, '/console', options);
  const { digest } = await member.ask('GET', apiOf(path));
  await Promise.all([page.waitForNavigation(), page.locator(`main a[href="${path}"]`).first().click()]);
  assert.match(await page.textContent('main'), new RegExp(digest));
  await send(formTo(page, `${path}/approve`));
  assert.match(await notice(page), /approval is written down/);
  assert.match(await page.textContent('main'), /Offered/);
  assert.equal(await formTo(page, `${path}/approve`).count(), 0);
  const { approved } = await member.ask('GET', apiOf(path));
  assert.deepEqual(approved.map((one) => one.name), [member.name]);
  return page;
}

// A new link and a new code; the old link is dead. The new parcel.
export async function resends(desk, member, options, path) {
  const { parcel, visit } = desk.office;
  const id = path.split('/').at(-1);
  const was = await parcel(id);
  const page = await desk.visit(member, path, options);
  await send(formTo(page, `${path}/resend`));
  assert.match(await notice(page), /sent again/);
  page.parcel = await parcel(id, was.messages);
  assert.equal((await visit('GET', was.link)).status, 404);
  return page;
}

// Five wrong codes lock it; support finds it on the start page, and its new code opens it.
export async function unlocks(desk, member, options, path, { link, messages }) {
  const { sent, visit, installation } = desk.office;
  const known = [...messages, ...(await member.ask('GET', apiOf(path))).messages.map((one) => one.id)];
  for (let n = 0; n < 5; n++) await visit('POST', `${link}/code`, { code: 'AAAAAAAA' });
  const page = await desk.visit(member, '/console', options);
  await Promise.all([page.waitForNavigation(), page.locator(`main a[href="${path}"]`).first().click()]);
  assert.match(await page.textContent('main'), /Locked/);
  await send(formTo(page, `${path}/unlock`));
  assert.match(await notice(page), /unlocked/);
  const { text } = await sent(path.split('/').at(-1), 'code', known);
  const answer = await visit('POST', `${link}/code`, { code: installation.codeOf(text), key: 'own' });
  assert.equal(answer.status, 200, answer.text);
  return page;
}

// In whatever notation people have it before them.
export async function searches(desk, member, options, certified) {
  const certificate = new X509Certificate(certified.holder.certificate);
  const { serial } = certified;
  const pairs = (hex) => hex.match(/../g).join(':');
  const digest = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const to = `/console/certificates/${serial}`;
  const page = await desk.visit(member, '/console', options);
  for (const [asked, path] of [
    [serial, to], [serial.toUpperCase(), to], [pairs(serial), to], [`0x${serial}`, to], [BigInt(`0x${serial}`).toString(), to],
    [digest, to], [certificate.fingerprint256, to], [certified.order, `/console/orders/${certified.order}`],
    [certified.client, `/console/clients/nordbank/document-archive/${certified.client}`], ['Nordbank', '/console/organisations/nordbank'],
    ['kari@nordbank.example', /^\/console\/contacts\//], ['+4791234567', /^\/console\/contacts\//], ['Kari', /^\/console\/contacts\//]]) {
    await page.fill('#q', asked);
    const find = page.locator('form[role=search]');
    await send(find, (button) => (asked === serial ? find.locator('input').press('Enter') : button.click()));
    const links = await page.locator('main a').evaluateAll((all) => all.map((one) => new URL(one.href).pathname));
    assert.ok(links.some((link) => (path instanceof RegExp ? path.test(link) : link === path)) || pathOf(page) === path, `${asked}: wanted ${path}, had ${links}`);
    assert.equal(await page.inputValue('#q'), asked, 'what was asked stands there still');
  }
  return page;
}

// First with the wrong name: nothing happens, the fault has the focus, and what was typed stays.
export async function revokes(desk, member, options, { serial, name, holder }) {
  const path = `/console/certificates/${serial}`;
  const page = await desk.visit(member, path, options);
  assert.match(await page.textContent('main'), /Valid/);
  await Promise.all([page.waitForNavigation(), page.locator(`main a[href^="${path}/revoke"]`).first().click()]);
  const form = formTo(page, `${path}/revoke`);
  const confirm = await form.locator('input[type=text]').evaluateAll((all) => all.map((one) => one.name).find((one) => one !== 'note' && one !== 'compromised_at'));
  await submit(form, { reason: 'keyCompromise', note: 'seen where it should not be', [confirm]: `${name} not` });
  assert.equal(await focused(page), 'faults', 'the summary has the focus');
  assert.equal(await form.locator('[name=note]').inputValue(), 'seen where it should not be');
  assert.equal(await form.locator('[name=reason]').inputValue(), 'keyCompromise');
  assert.equal(await form.locator(`[name=${confirm}]`).getAttribute('aria-invalid'), 'true');
  assert.equal((await holder.call('GET', '/v1/me')).status, 200, 'nothing was revoked');
  await submit(form, { [confirm]: name });
  assert.match(await page.textContent('main'), /Revoked/);
  assert.equal((await holder.call('GET', '/v1/me')).status, 403, 'it is refused from that moment');
  return page;
}

// What is before the reader, as files.
export async function exports(desk, member, options, path) {
  const page = await desk.visit(member, path, options);
  const link = (words) => page.locator('main').getByRole('link', { name: words, exact: true });
  const { items } = await member.ask('GET', apiOf(path));
  const [download] = await Promise.all([page.waitForEvent('download'), link('CSV').click()]);
  const rows = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
  assert.equal(rows.length, items.length + 1, 'a line of names, and one a row');
  const key = items[0].id ? 'id' : 'serial';
  const column = rows[0].split(',').indexOf(key);
  assert.ok(column >= 0, rows[0]);
  assert.deepEqual(rows.slice(1).map((row) => row.split(',')[column]), items.map((item) => item[key]));
  const [answer] = await Promise.all([page.waitForNavigation(), link('JSON').click()]);
  assert.deepEqual((await answer.json()).items.map((item) => item[key]), items.map((item) => item[key]));
  return page;
}

// A stale form: who changed it and when, what was typed stays, and nothing is overwritten.
export async function changesStale(desk, member, other, options, path) {
  const api = apiOf(path);
  const page = await desk.visit(member, path, options);
  const { version, name } = await member.ask('GET', api);
  await other.ask('POST', api, { name: `${name} II` }, { 'If-Match': `"${version}"` });
  const answer = await submit(formTo(page, path), { name: `${name} mine` });
  assert.equal(answer.status(), 412);
  assert.equal(await focused(page), 'faults');
  const text = await page.textContent('main');
  assert.match(text, new RegExp(other.name), 'who changed it');
  assert.match(text, /ago|\d{2}:\d{2}/, 'when');
  assert.match(text, new RegExp(`It is now: ${name} II`));
  assert.equal(await formTo(page, path).locator('[name=name]').inputValue(), `${name} mine`, 'input is kept');
  assert.equal((await member.ask('GET', api)).name, `${name} II`, 'nothing is overwritten');
  await send(formTo(page, path));
  assert.equal((await member.ask('GET', api)).name, `${name} mine`, 'sent again, knowing of it, it is saved');
  return page;
}
