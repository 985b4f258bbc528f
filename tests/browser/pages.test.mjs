// The recipient's pages as a person sees them: phone and desktop, with and without scripts.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startInstallation, build, until } from './installation.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const widths = { phone: { width: 375, height: 740 }, desktop: { width: 1280, height: 860 } };
let installation;
let browser;

before(async () => {
  installation = await startInstallation();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(async () => {
  await browser?.close();
  await installation?.stop();
});

async function open(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true, viewport: widths.desktop, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.complaints.push(message.text()); });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

// No accessibility fault, nothing wider than the screen, no script or style complaint; a picture to look at.
async function looksRight(page, name) {
  for (const [kind, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    const spare = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(spare <= 0, `${name} at ${kind} width is ${spare} px too wide`);
    await page.screenshot({ path: join(build, 'screens', `${name}-${kind}.png`), fullPage: true });
  }
  assert.deepEqual(page.complaints, [], `${name}: complaints of the browser`);
}
async function accessible(page, name) {
  const found = await page.evaluate(async (source) => {
    // The page's policy forbids foreign scripts, as it should; the debugger's evaluation stands above it.
    (0, eval)(source);
    const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }, axe);
  assert.deepEqual(found, [], `${name}: accessibility`);
}
async function axeContext(options = {}) {
  return open({ bypassCSP: true, ...options });
}

test('one mail on one day: code, file with its hash, acknowledgement, password on its way', async () => {
  const order = await installation.order();
  const page = await open();
  await page.goto(order.link);
  assert.match(await page.textContent('h1'), /e-banking/);
  assert.doesNotMatch(await page.content(), /4567/, 'the number is masked without its last four digits');
  await looksRight(page, '1-intro');
  await page.fill('#code', 'AAAA AAAA');
  await page.click('text=Continue');
  assert.match(await page.textContent('[role=alert]'), /4 tries are left/);
  await looksRight(page, '2-wrong-code');
  await page.fill('#code', ` ${order.code.slice(0, 4).toLowerCase()}-${order.code.slice(4)} `);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  await until('the file is made', async () => (await page.$('#download')) !== null);
  await looksRight(page, '3-file');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  const bytes = readFileSync(await download.path());
  assert.match(download.suggestedFilename(), /^e-banking-\d{8}\.p12$/);
  const digest = createHash('sha256').update(bytes).digest('hex');
  await until('the page has hashed the file', async () => (await page.inputValue('#sha256')) === digest);
  assert.equal(installation.messages('password').length, 0, 'no password before the acknowledgement');
  await looksRight(page, '4-fetched');
  await page.click('text=I have saved the file');
  await page.waitForURL(/\/done$/);
  await looksRight(page, '5-done');
  await installation.newest('password', new Set());
  await page.goto(order.link);
  assert.match(page.url(), /\/done$/, 'the same browser is led to the end');
  await page.context().close();
});

test('the same without scripts', async () => {
  const order = await installation.order();
  const page = await open({ javaScriptEnabled: false });
  await page.goto(order.link);
  await page.fill('#code', order.code);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.ok(readFileSync(await download.path()).length > 500);
  await page.click('text=I have saved the file');
  await page.waitForURL(/\/done$/);
  assert.equal(await page.locator('h1').count(), 1);
  await until('the order moves on', () => ['received', 'password_sent'].includes(order.state()));
  await page.context().close();
});

test('the compatible file is one click further and has the same fate', async () => {
  const order = await installation.order();
  const page = await open();
  await page.goto(order.link);
  await page.fill('#code', order.code);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  await page.click('text=Is it for an old system?');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#compatible')]);
  const digest = createHash('sha256').update(readFileSync(await download.path())).digest('hex');
  await until('the page has hashed the file', async () => (await page.inputValue('#sha256')) === digest);
  await page.click('text=I have saved the file');
  await page.waitForURL(/\/done$/);
  await page.context().close();
});

test('a new code: wrong digits are refused, right ones send it', async () => {
  const order = await installation.order();
  const page = await open();
  await page.goto(order.link);
  await page.click('text=No code, or it is too old?');
  await page.fill('#digits', '0000');
  await page.click('button.second');
  assert.match(await page.textContent('[role=alert]'), /last four digits/);
  const known = new Set(installation.messages('code'));
  await page.fill('#digits', '4567');
  await page.click('button.second');
  assert.match(await page.textContent('[role=status]'), /on its way/);
  await looksRight(page, '6-new-code');
  const fresh = installation.codeOf(await installation.newest('code', known));
  await page.fill('#code', fresh);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  await page.context().close();
});

test('five wrong codes lock, and the page says whom to ask', async () => {
  const order = await installation.order();
  const page = await open();
  await page.goto(order.link);
  for (let n = 0; n < 5; n++) {
    await page.fill('#code', 'AAAAAAAA');
    await page.click('text=Continue');
  }
  assert.match(await page.textContent('main'), /Ask Ada Administrator/);
  await looksRight(page, '7-locked');
  assert.equal(order.state(), 'locked');
  await page.context().close();
});

test('a dead link is calm, and says what to do', async () => {
  const page = await open();
  const answer = await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/d/AAAAAAAAAAAAAAAAAAAAAA`);
  assert.equal(answer.status(), 404);
  await looksRight(page, '8-dead');
  await page.context().close();
});

test('the download page without the claim asks for the code', async () => {
  const order = await installation.order();
  const page = await open();
  const answer = await page.goto(`${order.link}/file`);
  assert.equal(answer.status(), 403);
  assert.equal(await page.locator('#code').count(), 1);
  assert.equal(await page.locator('#download').count(), 0);
  await page.context().close();
});

test('a scanner that runs scripts, presses every button and submits every form changes nothing', async () => {
  const order = await installation.order();
  const settled = () => JSON.stringify({ ...order.show(), messages: undefined });
  await until('both messages are sent', () => order.show().messages.every((message) => message.state === 'sent'));
  const was = settled();
  const page = await open();
  for (let round = 0; round < 3; round++) {
    await page.goto(order.link, { waitUntil: 'networkidle' });
    for (const summary of await page.$$('summary')) await summary.click();
    const count = await page.locator('button, a[href]').count();
    for (let n = 0; n < count; n++) {
      await page.goto(order.link);
      await page.locator('button, a[href]').nth(n).click({ timeout: 1000, force: true }).catch(() => {});
    }
    await page.goto(order.link);
    const forms = await page.locator('form').count();
    assert.equal(forms, 2);
    for (let form = 0; form < forms; form++) {
      await page.goto(order.link);
      await Promise.all([page.waitForNavigation(), page.locator('form').nth(form).evaluate((element) => element.submit())]);
    }
  }
  assert.equal(settled(), was);
  await page.goto(order.link);
  await page.fill('#code', order.code);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  await page.context().close();
});

test('markup in a name is text, and the policy lets no foreign script run', async () => {
  installation.client('canary', '<img src=x onerror=window.canary=1><b>');
  const order = await installation.order('canary');
  const page = await open();
  const answer = await page.goto(order.link);
  assert.match(await page.textContent('h1'), /<img src=x/);
  assert.equal(await page.evaluate(() => window.canary), undefined);
  assert.equal(await page.locator('main img').count(), 0);
  const policy = answer.headers()['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers()['referrer-policy'], 'no-referrer');
  assert.equal(answer.headers()['cache-control'], 'no-store');
  await page.context().close();
});

test('axe finds nothing on any page, light or dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const order = await installation.order();
    const page = await axeContext({ colorScheme, viewport: widths.phone });
    await page.goto(order.link);
    await accessible(page, `intro, ${colorScheme}`);
    if (colorScheme === 'dark') await page.screenshot({ path: join(build, 'screens', '9-intro-dark.png'), fullPage: true });
    await page.fill('#code', 'AAAAAAAA');
    await page.click('text=Continue');
    await accessible(page, `wrong code, ${colorScheme}`);
    await page.fill('#code', order.code);
    await page.click('text=Continue');
    await page.waitForURL(/\/file$/);
    await accessible(page, `file, ${colorScheme}`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    await download.path();
    await until('the file is hashed', async () => (await page.inputValue('#sha256')).length === 64);
    await page.click('text=I have saved the file');
    await page.waitForURL(/\/done$/);
    await accessible(page, `done, ${colorScheme}`);
    await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/d/AAAAAAAAAAAAAAAAAAAAAA`);
    await accessible(page, `dead, ${colorScheme}`);
    await page.context().close();
  }
});
