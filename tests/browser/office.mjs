// An office at work: an installation with staff of every role and an order in every state that asks for something. What
// stands here is made through /v1, so the console's own tests find it made.
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { startInstallation, until } from './installation.mjs';
import { firstAdministrator, newMember } from './staff.mjs';

// One exchange with a listener: {status, headers, text, json}.
function exchange(agent, method, url, { body, type = 'application/json', headers = {} } = {}) {
  const sent = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { Accept: 'application/json', ...(sent && { 'Content-Type': type, 'Content-Length': sent.length }), ...headers } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const bytes = Buffer.concat(parts);
        const text = bytes.toString();
        resolve({ status: answer.statusCode, headers: answer.headers, bytes, text, get json() { return JSON.parse(text); } });
      });
    });
    asked.on('error', reject);
    asked.end(sent);
  });
}

export async function openOffice() {
  const installation = await startInstallation();
  const { dir, ports } = installation;
  const ca = readFileSync(join(dir, 'ca/root.pem'));
  const members = `https://localhost:${ports.PORT_MEMBERS}`;
  const anybody = new Agent({ ca, keepAlive: true });
  const agents = [anybody];
  // What member (or holder of a certificate) gets; `ask` refuses what is no success.
  const speaker = (identity) => {
    const agent = new Agent({ ca, keepAlive: true, ...identity });
    agents.push(agent);
    const call = (method, path, body, headers) => exchange(agent, method, members + path, { body, headers });
    const ask = async (...words) => {
      const answer = await call(...words);
      if (answer.status >= 300) throw new Error(`${words[0]} ${words[1]} ${JSON.stringify(words[2])}: ${answer.status} ${answer.text}`);
      return answer.json;
    };
    return { call, ask };
  };
  const seat = (member) => ({ ...member, ...speaker({ pfx: readFileSync(member.p12), passphrase: readFileSync(member.passwordFile, 'utf8').trim() }) });
  const [berit, petter, siri, aud] = await Promise.all([['Berit Bakke', 'administrator'], ['Petter Pedersen', 'approver'], ['Siri Solheim', 'support'], ['Aud Aune', 'auditor']]
    .map(async ([name, role]) => seat(await newMember(installation, name, role))));
  const ada = seat(firstAdministrator(installation));

  // A message of a kind that the order has sent, as it left: one that is not among the known.
  const spool = join(dir, 'spool');
  const sent = (id, kind, known = []) => until(`a ${kind} message of ${id}`, async () => {
    const { messages } = await ada.ask('GET', `/v1/orders/${id}`);
    const one = messages.find((message) => message.kind === kind && !known.includes(message.id));
    const name = one && readdirSync(spool).find((file) => file.endsWith(`-${one.id}.txt`));
    return name && { id: one.id, text: readFileSync(join(spool, name), 'utf8') };
  });
  const parcel = async (id, known) => {
    const [link, code] = [await sent(id, 'link', known), await sent(id, 'code', known)];
    return { link: /https:\/\/\S+\/d\/[A-Za-z0-9_-]{22}/.exec(link.text)[0], code: installation.codeOf(code.text), messages: [link.id, code.id] };
  };
  // An order of `who`, with its link and code unless it waits for an approval.
  async function order(who, wishes = {}) {
    const made = await who.ask('POST', '/v1/orders', { organisation: 'nordbank', service: 'document-archive', client: 'e-banking', contact: 'kari@nordbank.example', ...wishes });
    return made.state === 'requested' ? made : { ...made, ...await parcel(made.id) };
  }
  const visit = (method, url, form, headers) => exchange(anybody, method, url, { body: form && new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded', headers });
  // Collected with a key of the recipient's own: the certificate, and its holder.
  async function collect({ link, code }, name) {
    const key = join(dir, `${name}.key`);
    execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=any', '-keyout', key, '-out', `${key}.csr`], { stdio: 'ignore' });
    const { claim } = (await visit('POST', `${link}/code`, { code, key: 'own' })).json;
    const answer = await exchange(anybody, 'POST', `${link}/request`, { body: readFileSync(`${key}.csr`, 'utf8'), type: 'application/pkcs10', headers: { Authorization: `Bearer ${claim}` } });
    if (answer.status !== 200) throw new Error(`request: ${answer.status} ${answer.text}`);
    const certificate = answer.text;
    const sha256 = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
    const received = await visit('POST', `${link}/received`, { sha256 }, { Authorization: `Bearer ${claim}` });
    if (received.status !== 200) throw new Error(`received: ${received.status} ${received.text}`);
    return { certificate, ...speaker({ cert: certificate, key: readFileSync(key) }) };
  }
  // Collected as a file: the package and its password, as a browser's own store takes them.
  async function collectFile({ id, link, code }, name) {
    const { claim } = (await visit('POST', `${link}/code`, { code })).json;
    const headers = { Authorization: `Bearer ${claim}` };
    const file = await until('the file', async () => {
      const answer = await exchange(anybody, 'GET', `${link}/package/modern`, { headers });
      return answer.status === 200 && answer.bytes;
    });
    await visit('POST', `${link}/received`, { sha256: createHash('sha256').update(file).digest('hex') }, headers);
    const [password] = /[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){5}/.exec((await sent(id, 'password')).text);
    const at = join(dir, name);
    writeFileSync(`${at}.p12`, file, { mode: 0o600 });
    writeFileSync(`${at}.password`, `${password}\n`, { mode: 0o600 });
    return { p12: `${at}.p12`, passwordFile: `${at}.password` };
  }
  async function certified(client, name = client) {
    await ada.ask('POST', '/v1/clients', { organisation: 'nordbank', service: 'document-archive', slug: client, name });
    const ordered = await order(ada, { client, own_key: true });
    const holder = await collect(ordered, client);
    const { serial } = await holder.ask('GET', '/v1/me');
    await until('the certificate is in use', async () => (await ada.ask('GET', `/v1/orders/${ordered.id}`)).state === 'in_use');
    return { serial, order: ordered.id, holder };
  }

  return {
    installation, ada, berit, petter, siri, aud, order, sent, parcel, certified, collectFile, visit,
    staff: [ada, berit, petter, siri, aud],
    async stop() {
      for (const agent of agents) agent.destroy();
      await installation.stop();
    },
  };
}

// Something of each kind, so that every page and every form of the console has what it is for.
export async function stage(office) {
  const { ada, berit, order, certified, visit, installation } = office;
  const payments = { organisation: 'nordbank', service: 'payments' };
  const clients = [['card-desk', 'Card desk'], ['card-terminal', 'Card terminal'], ['desktop-pay', 'Payments on the desktop'], ['phone-pay', 'Payments on the phone'], ['plain-pay', 'Payments without scripts']];
  await ada.ask('POST', '/v1/services', { ...payments, service: undefined, slug: 'payments', name: 'Payments', approvals: 1 });
  for (const [slug, name] of clients) await ada.ask('POST', '/v1/clients', { ...payments, slug, name });
  const requested = await order(berit, { ...payments, client: 'card-desk', note: 'For the new card terminals' });
  await order(ada, { ...payments, client: 'card-terminal' });
  const live = [];
  for (const [slug, name] of [['ledger', 'General ledger'], ['reports', 'Reports'], ['archive', 'Archive'], ['invoices', 'Invoices']]) live.push({ client: slug, name, ...await certified(slug, name) });
  const held = await certified('backup', 'Backup');
  await ada.ask('POST', `/v1/certificates/${held.serial}/hold`, { note: 'the server is being moved' });
  const revoked = await certified('old-desk', 'Old desk');
  await ada.ask('POST', `/v1/certificates/${revoked.serial}/revoke`, { reason: 'cessationOfOperation', note: 'shut down' });
  await ada.ask('POST', '/v1/clients', { ...payments, service: 'document-archive', slug: 'scanner', name: 'Scanner' });
  const locked = await order(ada, { client: 'scanner' });
  for (let n = 0; n < 5; n++) await visit('POST', `${locked.link}/code`, { code: 'AAAAAAAA' });
  const offered = await order(ada, { note: 'The old one ends in May' });
  const { items: [contact] } = await ada.ask('GET', '/v1/contacts?organisation=nordbank');
  await newMember(installation, 'Tone Tangen', 'support');
  const { items: staff } = await ada.ask('GET', '/v1/staff');
  await ada.ask('POST', `/v1/staff/${staff.find((one) => one.name === 'Tone Tangen').id}/suspend`, { reason: 'on leave' });
  return { requested, live, held, revoked, locked, offered, contact, staff };
}

// The same with a hostile text wherever a text is free.
export function plant(office, texts) {
  const { ada, order } = office;
  return Promise.all(texts.map(async (text, n) => {
    const [organisation, service, client] = [`hostile-${n}`, 'service', 'client'];
    const email = `h${n}@hostile.example`;
    await ada.ask('POST', '/v1/organisations', { slug: organisation, name: text });
    await ada.ask('POST', '/v1/services', { organisation, slug: service, name: text, approvals: n % 2 });
    await ada.ask('POST', '/v1/clients', { organisation, service, slug: client, name: text });
    const contact = await ada.ask('POST', '/v1/contacts', { organisation, name: text, email, mobile: `+479000010${n}` });
    const made = await order(ada, { organisation, service, client, contact: email, note: text });
    const cancelled = n % 4 < 2;
    if (cancelled) await ada.ask('POST', `/v1/orders/${made.id}/cancel`, { reason: text });
    return { text, organisation, contact: contact.id, order: made.id, cancelled };
  }));
}
