// The recipient's pages as a person sees them: phone and desktop, in two languages, with and without scripts.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { accessible, looksRight, openPage, picture, startBrowser, widths } from './browser.mjs';
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

const open = (options) => openPage(browser, options);

// The words by which a person finds the way, and some that must stand there.
const languages = {
  en: { locale: 'en-GB', other: 'Norsk', proceed: 'Continue', tries: /4 tries are left/, digits: /last four digits/, way: /on its way/,
    whole: /whole and undamaged/, saved: 'I have saved the file', notWhole: /not arrived whole/, password: /password (is on its way|has been sent)/, dead: /not in use/ },
  nb: { locale: 'nb-NO', other: 'English', proceed: 'Fortsett', tries: /4 forsøk igjen/, digits: /fire siste sifrene/, way: /på vei/,
    whole: /hel og uskadd/, saved: 'Jeg har lagret filen', notWhole: /ikke kommet hel/, password: /Passordet er (på vei|sendt)/, dead: /ikke i bruk/ },
};

for (const [tag, words] of Object.entries(languages)) for (const scripts of [true, false]) {
  const name = (page) => `${tag}-${page}${scripts ? '' : '-plain'}`;
  test(`every page of one delivery, ${tag}, ${scripts ? 'with' : 'without'} scripts`, async () => {
    const order = await installation.order();
    const page = await open({ locale: words.locale, javaScriptEnabled: scripts });
    const looks = async (what) => {
      assert.equal(await page.getAttribute('html', 'lang'), tag, 'the language of the page');
      assert.equal(await page.locator('h1').count(), 1, `${what}: one heading`);
      assert.doesNotMatch(await page.content(), /4567|\{\{/, `${what}: the number is masked without its last four digits, and every place is filled`);
      await looksRight(page, name(what));
    };
    await page.goto(order.link);
    assert.match(await page.textContent('h1'), /e-banking/);
    await looks('1-intro');
    // What the other language says of the same page, and back.
    await page.click(`nav a:text-is("${words.other}")`);
    assert.notEqual(await page.getAttribute('html', 'lang'), tag);
    await page.goto(order.link);
    await page.fill('#code', 'AAAA AAAA');
    await page.click(`text=${words.proceed}`);
    assert.match(await page.textContent('[role=alert]'), words.tries);
    await looks('2-wrong-code');
    await page.click('#new summary');
    await page.fill('#digits', '0000');
    // Scripts hold the button back until the SMS has had its minute.
    if (scripts) assert.equal(await page.isDisabled('#send'), true);
    if (scripts) await page.evaluate(() => { document.getElementById('send').disabled = false; });
    await page.click('#send');
    assert.match(await page.textContent('[role=alert]'), words.digits);
    const known = new Set(installation.messages('code'));
    await page.fill('#digits', '4567');
    if (scripts) await page.evaluate(() => { document.getElementById('send').disabled = false; });
    await page.click('#send');
    assert.match(await page.textContent('[role=status]'), words.way);
    await looks('3-new-code');
    const code = installation.codeOf(await installation.newest('code', known));
    await page.fill('#code', ` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)} `);
    await page.click(`text=${words.proceed}`);
    await page.waitForURL(/\/file$/);
    for (let n = 0; n < 20 && (await page.$('#download')) === null; n++) await (scripts ? page.waitForTimeout(300) : page.click('main button'));
    await looks('4-file');
    await page.click(`text=${words.saved}`); // in a hurry: nothing was fetched
    assert.match(await page.textContent('[role=alert]'), words.notWhole);
    await looks('5-not-whole');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const bytes = readFileSync(await download.path());
    assert.match(download.suggestedFilename(), /^e-banking-\d{8}\.p12$/);
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (scripts) {
      await until('the page has hashed the file', async () => (await page.inputValue('#sha256')) === digest);
      assert.match(await page.textContent('#progress'), words.whole);
      assert.equal(await page.evaluate(() => document.getElementById('bar').value), 100);
      assert.equal(await page.isVisible('[role=alert]'), false, 'it came whole: what was wrong before is over');
      await looks('6-fetched');
    }
    const passwords = new Set(installation.messages('password'));
    await page.click(`text=${words.saved}`);
    await page.waitForURL(/\/done$/);
    assert.match(await page.textContent('h1'), words.password);
    const guides = page.locator('.guides details');
    assert.equal(await guides.count(), 9);
    for (let n = 0; n < 9; n++) await guides.nth(n).evaluate((element) => { element.removeAttribute('name'); element.open = true; });
    const commands = (await page.locator('pre code').allTextContents()).join('\n');
    assert.ok(commands.split(download.suggestedFilename()).length > 8, 'the commands name the very file');
    if (scripts) {
      assert.ok(await page.locator('pre .word').count() > 100, 'the words of the commands stand by themselves');
      const torn = await page.locator('pre .word').evaluateAll((words) => words.filter((word) => word.textContent.length < 20 && word.getClientRects().length &&
        word.offsetHeight > 40).map((word) => word.textContent));
      assert.deepEqual(torn, [], 'no short word of a command is torn at its hyphens');
    }
    assert.equal(await page.locator('.copy').count(), scripts ? await page.locator('pre').count() : 0);
    await looks('7-done');
    assert.match(await installation.newest('password', passwords), /\n(?:[2-9A-HJ-NP-Z]{4}-){5}[2-9A-HJ-NP-Z]{4}\n/);
    await page.goto(order.link);
    assert.match(page.url(), /\/done$/, 'the same browser is led to the end');
    await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/d/AAAAAAAAAAAAAAAAAAAAAA`);
    assert.match(await page.textContent('h1'), words.dead);
    await looks('8-dead');
    await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/`);
    await looks('9-home');
    await page.context().close();
  });
}

test('the language of the address stays through forms, pages and the end, and no other is made up', async () => {
  const order = await installation.order();
  const page = await open({ locale: 'en-GB', javaScriptEnabled: false });
  await page.goto(`${order.link}?lang=nb`);
  await page.fill('#code', 'AAAAAAAA');
  await page.click('text=Fortsett');
  assert.match(page.url(), /\?lang=nb&said=wrong-code$/);
  assert.match(await page.textContent('[role=alert]'), /Koden stemmer ikke/);
  await page.click('#new summary');
  await page.fill('#digits', '0000');
  await page.click('#send');
  assert.match(page.url(), /new-code\?lang=nb$/);
  assert.equal(await page.getAttribute('nav a', 'href'), `${new URL(order.link).pathname}?lang=en`, 'what was posted is not posted again');
  await page.fill('#code', order.code);
  await page.click('text=Fortsett');
  await page.waitForURL(/\/file\?lang=nb$/);
  for (const tag of ['xx', '', '%22%3E%3Cscript%3E', '../en', 'nb&lang=en']) {
    await page.goto(`${order.link}?lang=${tag}`);
    assert.match(await page.getAttribute('html', 'lang'), /^(en|nb)$/);
    assert.equal(await page.locator('main script').count(), 0);
  }
  await page.context().close();
});

test('a browser that asks for none of the languages gets the contact\'s', async () => {
  const order = await installation.order('e-banking', 'ola@nordbank.example');
  const page = await open({ locale: 'de-DE', javaScriptEnabled: false });
  await page.goto(order.link);
  assert.equal(await page.getAttribute('html', 'lang'), 'nb');
  await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/d/AAAAAAAAAAAAAAAAAAAAAA`);
  assert.equal(await page.getAttribute('html', 'lang'), 'en', 'a dead link has no contact');
  await page.context().close();
});

test('the file for an older system has the same fate', async () => {
  const order = await installation.order();
  const page = await open();
  await page.goto(order.link);
  await page.fill('#code', order.code);
  await page.click('text=Continue');
  await page.waitForURL(/\/file$/);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#compatible')]);
  const digest = createHash('sha256').update(readFileSync(await download.path())).digest('hex');
  await until('the page has hashed the file', async () => (await page.inputValue('#sha256')) === digest);
  await page.click('text=I have saved the file');
  await page.waitForURL(/\/done$/);
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
  await looksRight(page, 'en-11-locked');
  assert.equal(order.state(), 'locked');
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
  await until('both messages are sent', () => order.show().messages.every((message) => message.state === 'sent'));
  const page = await open();
  const settled = async () => JSON.stringify({ order: { ...order.show(), messages: order.show().messages.length },
    spool: ['link', 'code', 'password'].map((kind) => installation.messages(kind).length),
    seen: await (await page.request.get(order.link, { headers: { Accept: 'application/json' } })).json() });
  const was = await settled();
  for (const start of [order.link, `${order.link}?lang=nb`]) {
    await page.goto(start, { waitUntil: 'networkidle' });
    for (const summary of await page.$$('summary')) await summary.click();
    const count = await page.locator('button, a[href]').count();
    for (let n = 0; n < count; n++) {
      await page.goto(start);
      await page.evaluate(() => document.querySelectorAll('details').forEach((element) => { element.open = true; }));
      await page.locator('button, a[href]').nth(n).click({ timeout: 500, force: true }).catch(() => {});
    }
    await page.goto(start);
    const forms = await page.locator('form').count();
    assert.equal(forms, 2);
    for (let form = 0; form < forms; form++) {
      await page.goto(start);
      await Promise.all([page.waitForNavigation(), page.locator('form').nth(form).evaluate((element) => element.submit())]);
    }
  }
  // What it can guess of further pages: none of them does anything without the claim.
  for (const path of ['/file', '/done', '/package/modern', '/package/compatible']) await page.request.get(order.link + path);
  for (const path of ['/code', '/new-code', '/prepare', '/received']) {
    await page.request.post(order.link + path);
    await page.request.post(order.link + path, { form: { code: '', digits: '', sha256: '' } });
  }
  assert.equal(await settled(), was);
  assert.equal(JSON.parse(was).seen.tries_left, 5);
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
  for (const [colorScheme, tag] of [['light', 'en'], ['dark', 'nb']]) {
    const words = languages[tag];
    const order = await installation.order();
    const page = await open({ bypassCSP: true, colorScheme, viewport: widths.phone, locale: words.locale });
    const clean = async (what) => {
      await page.evaluate(() => document.querySelectorAll('details').forEach((element) => { element.removeAttribute('name'); element.open = true; }));
      await accessible(page, `${what}, ${colorScheme}`);
      if (colorScheme === 'dark') await picture(page, `dark-${what}`);
    };
    await page.goto(order.link);
    await clean('intro');
    await page.fill('#code', 'AAAAAAAA');
    await page.click(`text=${words.proceed}`);
    await clean('wrong-code');
    await page.fill('#code', order.code);
    await page.click(`text=${words.proceed}`);
    await page.waitForURL(/\/file$/);
    await until('the file is made', async () => (await page.$('#download')) !== null);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    await download.path();
    await until('the file is hashed', async () => (await page.inputValue('#sha256')).length === 64);
    await clean('file');
    await page.click(`text=${words.saved}`);
    await page.waitForURL(/\/done$/);
    await clean('done');
    await page.goto(`https://localhost:${installation.ports.PORT_PUBLIC}/d/AAAAAAAAAAAAAAAAAAAAAA`);
    await clean('dead');
    await page.context().close();
  }
});

// The last one: the daemon's clock goes with it.
test('a code whose time is over leaves one thing to do', async () => {
  const order = await installation.order();
  const page = await open({ locale: 'nb-NO' });
  await page.goto(order.link);
  assert.equal(await page.locator('form').count(), 2);
  installation.moveClock(3600);
  await until('the page knows it', async () => { await page.goto(order.link); return (await page.locator('#code').count()) === 0; });
  assert.equal(await page.locator('#digits').isVisible(), true);
  assert.match(await page.textContent('[role=status]'), /for gammel/);
  await looksRight(page, 'nb-10-old-code');
  await page.context().close();
});
