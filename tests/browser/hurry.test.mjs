// A person in a hurry: pastes what there is, presses twice, reloads. No try, code or file comes or goes for that.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openPage, startBrowser, widths } from './browser.mjs';
import { startInstallation, until } from './installation.mjs';

let installation;
let browser;

before(async () => {
  installation = await startInstallation();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await installation?.stop();
});

async function open(address, options = {}) {
  const page = await openPage(browser, { locale: 'en-GB', viewport: widths.phone, ...options });
  await page.goto(address);
  return page;
}
async function paste(page, id, text) {
  await page.fill(id, '');
  await page.locator(id).evaluate((element, what) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', what);
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    element.focus();
    if (element.dispatchEvent(event)) document.execCommand('insertText', false, what);
  }, text);
  return page.inputValue(id);
}
// Both presses of a double click on a slow line: the second comes before the first was answered.
async function pressTwice(page, selector, path) {
  let posted = 0;
  await page.route(path, async (route) => { posted++; await new Promise((resolve) => setTimeout(resolve, 300)); await route.continue(); });
  await page.locator(selector).evaluate((button) => { button.click(); setTimeout(() => button.click(), 50); });
  await page.waitForLoadState();
  await page.waitForEvent('load');
  await page.unroute(path);
  return posted;
}

test('a whole SMS, a code as telephones write it, and a whole number may be pasted', async () => {
  const order = await installation.order();
  const page = await open(order.link);
  const { code } = order;
  assert.equal(await paste(page, '#code', `${code} is your code to collect it. It works for 30 minutes.\n@localhost #${code}`), code);
  assert.equal(await paste(page, '#code', `${code} is your code`), code);
  await page.click('#new summary');
  for (const text of ['4567', ' 4567 ', '+47 912 34 567', '45 67']) assert.equal(await paste(page, '#digits', text), '4567');
  await page.fill('#digits', '45 67');
  assert.equal(await page.locator('#digits').evaluate((element) => element.checkValidity()), true);
  const odd = `#${code.slice(0, 4)}\u2011${code.slice(4)}\u00a0`;
  await page.fill('#code', `\u00a0${odd}`);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  await page.context().close();
});

test('reloading the answer to a wrong code costs no try', async () => {
  const order = await installation.order();
  const page = await open(order.link);
  await page.fill('#code', 'AAAAAAAA');
  await page.click('text=Continue');
  assert.match(await page.textContent('[role=alert]'), /4 tries are left/);
  for (let n = 0; n < 3; n++) await page.reload();
  assert.match(await page.textContent('main'), /You have 4 tries/);
  assert.equal(page.url(), order.link);
  await page.context().close();
});

test('reloading the answer to a new code sends no other one, and the one sent works', async () => {
  const order = await installation.order();
  const page = await open(order.link);
  const known = new Set(installation.messages('code'));
  await page.click('#new summary');
  await page.fill('#digits', '45 67');
  await page.evaluate(() => { document.getElementById('send').disabled = false; });
  assert.equal(await pressTwice(page, '#send', '**/new-code'), 1);
  assert.match(await page.textContent('[role=status]'), /on its way/);
  const code = installation.codeOf(await installation.newest('code', known));
  await page.reload();
  await page.fill('#code', code);
  assert.equal(await pressTwice(page, 'form[action$="/code"] button', '**/code'), 1);
  await page.waitForURL(/\/file$/);
  assert.equal(order.show().messages.filter((message) => message.kind === 'code').length, 2);
  await page.context().close();
});

test('without scripts, too, reloading costs no try and sends no other code', async () => {
  const order = await installation.order();
  const page = await open(order.link, { javaScriptEnabled: false });
  await page.fill('#code', 'AAAAAAAA');
  await page.click('text=Continue');
  assert.match(await page.textContent('[role=alert]'), /4 tries are left/);
  for (let n = 0; n < 3; n++) await page.reload();
  assert.match(await page.textContent('[role=alert]'), /4 tries are left/);
  await page.click('#new summary');
  await page.fill('#digits', '4567');
  await page.click('#send');
  assert.match(await page.textContent('[role=status]'), /on its way/);
  for (let n = 0; n < 3; n++) await page.reload();
  assert.equal(order.show().messages.filter((message) => message.kind === 'code').length, 2);
  await page.context().close();
});

test('an address makes the page say nothing that is not true', async () => {
  const order = await installation.order();
  await until('the code is sent', () => order.show().messages.every((message) => message.state === 'sent'));
  const page = await open(order.link, { javaScriptEnabled: false });
  for (const word of ['wrong-code', 'sent', '', '%3Cb%3E', 'alert.locked']) {
    await page.goto(`${order.link}?said=${word}`);
    assert.equal(await page.locator('[role=alert], [role=status]').count(), 0, word);
  }
  await page.context().close();
});

const digestOf = async (download) => createHash('sha256').update(readFileSync(await download.path())).digest('hex');

test('a second press on a download while the first is under way saves one file', async () => {
  const order = await installation.order();
  const page = await open(order.link);
  await page.fill('#code', order.code);
  await page.click('text=Continue');
  await until('the file is made', async () => (await page.$('#download')) !== null);
  const files = [];
  page.on('download', (download) => files.push(download));
  await page.locator('#download').evaluate((link) => { link.click(); link.click(); });
  await until('the page has hashed the file', async () => (await page.inputValue('#sha256')).length === 64);
  const first = await page.inputValue('#sha256');
  await page.click('#compatible');
  await until('the other one came too', async () => {
    const other = await page.inputValue('#sha256');
    return other !== first && (await Promise.all(files.map(digestOf))).includes(other);
  });
  assert.equal(files.length, 2);
  await page.context().close();
});

test('who typed the code on the telephone goes on at the server with a new one, and the telephone says so', async () => {
  const order = await installation.order();
  const phone = await open(order.link);
  await phone.fill('#code', order.code);
  await phone.click('text=Continue');
  await until('the file is made', async () => (await phone.$('#download')) !== null);
  await phone.click('text=Is this not the machine');
  assert.match(await phone.textContent('main'), /counterfoil collect.* ask for a new code/s);
  const known = new Set(installation.messages('code'));
  const server = await open(order.link);
  await server.fill('#digits', '4567');
  await server.evaluate(() => { document.getElementById('send').disabled = false; });
  await server.click('#send');
  await server.fill('#code', installation.codeOf(await installation.newest('code', known)));
  await server.click('text=Continue');
  await server.waitForURL(/\/file$/);
  await phone.click('#download');
  await phone.waitForSelector('#digits');
  await phone.context().close();
  await server.context().close();
});
