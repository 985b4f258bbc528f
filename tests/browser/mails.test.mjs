// Every mail as its reader sees it: sent by SMTP to a real server, its HTML opened on phone and desktop, in light and in dark.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'playwright-core';
import { accessibleMail, fits, startBrowser } from './browser.mjs';
import { startInstallation, until } from './installation.mjs';

const support = fileURLToPath(new URL('../support', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'counterfoil-mails-'));
const week = 605_000;
let server;
let browser;

const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });

before(async () => {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', 'key', '-out', 'pem');
  server = spawn(join(support, 'mail_server.py'), [folder, '--certificate', join(folder, 'pem'), '--key', join(folder, 'key')], { stdio: 'ignore' });
  await until('the mail server listens', () => existsSync(join(folder, 'port')));
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  if (server) await new Promise((resolve) => { server.once('exit', resolve); server.kill('SIGTERM'); });
  rmSync(folder, { recursive: true, force: true });
});

// What the configuration is to say instead of what init wrote.
function hookFor(tag) {
  const keys = { mail: 'smtp', mail_server: `localhost:${readFileSync(join(folder, 'port'), 'utf8').trim()}`, mail_ca: join(folder, 'pem'),
    mail_from: 'ca@counterfoil.example', staff_mail: 'staff@acme.example', language: tag };
  return Object.entries(keys).map(([key, value]) => `sed -i -e '/^${key} = /d' -e '/^${key} =$/d' -e 's|^\\[delivery\\]$|&\\n${key} = ${value}|' "$1/counterfoil.conf"`).join('; ');
}

// The first mail of those that nobody has asked for yet, by what its reader makes of it.
const mails = new Map();
function arrived(subject, to) {
  const fresh = readdirSync(folder).filter((name) => name.endsWith('.eml') && !mails.has(name)).sort((a, b) => parseInt(a) - parseInt(b));
  for (const name of fresh) {
    const read = JSON.parse(execFileSync(join(support, 'read_mail.py'), [join(folder, name)], { encoding: 'utf8' }));
    mails.set(name, { ...read, raw: readFileSync(join(folder, name), 'utf8'), taken: false });
  }
  const found = [...mails.values()].find((mail) => !mail.taken && subject.test(mail.headers.Subject) && (!to || mail.to[0] === to));
  if (found) found.taken = true;
  return found;
}
const mailOf = (subject, to) => until(`a mail ${subject}`, () => arrived(subject, to), 60);

// The HTML alone, as a reader of mails opens it: no scripts, nothing fetched.
async function looksRight(mail, tag, name) {
  assert.deepEqual(mail.defects, [], `${name}: defects`);
  assert.deepEqual(mail.types, ['multipart/alternative', 'text/plain', 'text/html']);
  assert.doesNotMatch(mail.html, /\{\{|<(img|script|link|style)\b|(?:src|background)=/i, `${name}: nothing is fetched, and every place is filled`);
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, offline: true });
    const page = await context.newPage();
    await page.setContent(mail.html);
    await page.addStyleTag({ content: 'html { background: Canvas }' }); // said aloud, for axe takes it to be white
    assert.equal(await page.getAttribute('html', 'lang'), tag, `${name}: the language`);
    assert.equal(await page.title(), mail.headers.Subject, `${name}: the title`);
    await fits(page, name, (kind) => ((kind === 'phone') === (colorScheme === 'light') ? `mail-${tag}-${name}-${kind}-${colorScheme}` : null));
    await accessibleMail(page, `${name}, ${colorScheme}`);
    await context.close();
  }
}

const textOf = (tag) => readFileSync(fileURLToPath(new URL(`../../delivery/languages/${tag}.txt`, import.meta.url)), 'utf8');
// How the subject of a section begins, of whatever language.
function subjectOf(tag, section) {
  const subject = new RegExp(`\\n\\[${section}\\]\\nsubject = ([^\\n]*)`).exec(textOf(tag))[1];
  return new RegExp(`^${subject.split('{{').map((piece, n) => (n ? piece.slice(piece.indexOf('}}') + 2) : piece)).join('.+')}$`);
}

for (const tag of ['en', 'nb']) {
  test(`every mail, ${tag}`, { timeout: 180_000 }, async () => {
    const installation = await startInstallation(hookFor(tag));
    const api = await request.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: { Accept: 'application/json' } });
    const got = async (section, to) => {
      const mail = await mailOf(subjectOf(tag, section), to);
      await looksRight(mail, tag, section.replace('_', '-'));
      return mail;
    };
    const contact = (name, mobile = '+4791234567') => installation.command('contact', 'add', '--organisation', 'nordbank', '--name', 'Kari Nordmann', '--email',
      `${name}@nordbank.example`, '--mobile', mobile);
    const ordered = async (to = 'kari@nordbank.example') => {
      const known = new Set(installation.messages('code'));
      const { id } = JSON.parse(installation.command('order', 'new', '--organisation', 'nordbank', '--service', 'document-archive',
        '--client', 'e-banking', '--contact', to));
      return { id, code: installation.codeOf(await installation.newest('code', known)) };
    };
    const linkIn = (mail) => /https:\/\/\S+\/d\/[A-Za-z0-9_-]{22}/.exec(mail.text)[0];
    // The file is fetched and the claim acknowledged: what is left is the password.
    const collect = async (link, code) => {
      const { claim } = await (await api.post(`${link}/code`, { form: { code } })).json();
      const headers = { Authorization: `Bearer ${claim}` };
      const answer = await until('the file', async () => {
        const one = await api.get(`${link}/package/modern`, { headers });
        return one.ok() ? one : null;
      });
      const sha256 = createHash('sha256').update(await answer.body()).digest('hex');
      return () => api.post(`${link}/received`, { headers, form: { sha256 } });
    };
    try {
      const first = await ordered();
      const mail = await got('link');
      assert.ok(mail.html.includes(linkIn(mail)));
      for (const line of mail.raw.slice(mail.raw.indexOf('text/plain'), mail.raw.indexOf('text/html')).split('\r\n'))
        assert.ok(line.length <= 80 || /:\/\//.test(line), `one line is long: ${line}`);
      for (let n = 0; n < 5; n++) await api.post(`${linkIn(mail)}/code`, { form: { code: 'AAAAAAAA' } });
      await got('locked_order', 'staff@acme.example');
      installation.command('order', 'cancel', first.id, '--reason', 'of no use any more', '--yes');

      contact('per');
      installation.command('contact', 'change', 'per@nordbank.example', '--email', 'ph@nordbank.example', '--mobile', '+4790000011');
      await got('new_email', 'per@nordbank.example');
      await got('new_mobile', 'ph@nordbank.example');

      contact('nobody', '+4790000012'); // the other's number of before rests
      writeFileSync(join(folder, 'mode'), 'rcpt:nobody@nordbank.example 550 5.1.1 nobody here');
      await ordered('nobody@nordbank.example');
      await got('dead', 'staff@acme.example');

      await ordered();
      await mailOf(subjectOf(tag, 'link'));
      const claimed = await ordered();
      await collect(linkIn(await mailOf(subjectOf(tag, 'link'))), claimed.code);
      const acknowledged = await ordered();
      const acknowledge = await collect(linkIn(await mailOf(subjectOf(tag, 'link'))), acknowledged.code);
      installation.command('outbox', 'pause', '--reason', 'the gateway is away');
      assert.equal((await acknowledge()).status(), 200);
      installation.moveClock(week - 86_500);
      installation.lookNow();
      await until('its password is given up', () => /lapsed_password/.test(installation.command('order', 'show', acknowledged.id)));
      installation.command('outbox', 'resume');
      await got('lapsed_password', 'staff@acme.example');
      await got('lapsed_claim', 'staff@acme.example');
      await got('reminder', 'kari@nordbank.example');
      installation.moveClock(week);
      installation.lookNow();
      await got('lapsed_link', 'staff@acme.example');
    } finally {
      await api.dispose();
      await installation.stop();
    }
  });
}
