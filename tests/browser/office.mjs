// An office at work: an installation with staff of every role and an order in every state that asks for something. What
// stands here is made through /v1, so the console's own tests find it made.
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { startInstallation, until } from './installation.mjs';
import { firstAdministrator, newMember } from './staff.mjs';

// One exchange with a listener: {status, headers, text, json}.
function exchange(agent, method, url, { body, type = 'application/json', headers = {} } = {}) {
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { Accept: 'application/json', ...(bytes && { 'Content-Type': type, 'Content-Length': bytes.length }), ...headers } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text, get json() { return JSON.parse(text); } });
      });
    });
    asked.on('error', reject);
    asked.end(bytes);
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

  const spooled = async (kind, known, contact) => {
    const text = await installation.newest(kind, known);
    return text.includes(contact) || !contact ? text : null;
  };
  // An order of `who`; parcel: its link and code, when it wants no approval.
  async function order(who, wishes = {}, { parcel = true } = {}) {
    const known = new Set([...installation.messages('link'), ...installation.messages('code')]);
    const made = await who.ask('POST', '/v1/orders', { organisation: 'nordbank', service: 'document-archive', client: 'e-banking', contact: 'kari@nordbank.example', ...wishes });
    if (!parcel) return made;
    const link = /https:\/\/\S+\/d\/[A-Za-z0-9_-]{22}/.exec(await spooled('link', known))[0];
    return { ...made, link, code: installation.codeOf(await spooled('code', known)) };
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
  async function certified(client, name = client) {
    await ada.ask('POST', '/v1/clients', { organisation: 'nordbank', service: 'document-archive', slug: client, name });
    const ordered = await order(ada, { client, own_key: true });
    const holder = await collect(ordered, client);
    const { serial } = await holder.ask('GET', '/v1/me');
    await until('the certificate is in use', async () => (await ada.ask('GET', `/v1/orders/${ordered.id}`)).state === 'in_use');
    return { serial, order: ordered.id, holder };
  }

  return {
    installation, ada, berit, petter, siri, aud, order, collect, certified, visit, members,
    staff: [ada, berit, petter, siri, aud],
    async stop() {
      for (const agent of agents) agent.destroy();
      await installation.stop();
    },
  };
}
