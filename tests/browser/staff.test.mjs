// Who the members' listener sees in a browser: the holder of the certificate in the browser's own store, or nobody.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startInstallation } from './installation.mjs';
import { firstAdministrator, newMember, sitDown } from './staff.mjs';

let installation;

before(async () => { installation = await startInstallation(); });
after(() => installation?.stop());

async function seen(member) {
  const seat = await sitDown(installation, member);
  try {
    const page = await seat.open();
    const answer = await page.goto(`${seat.origin}/v1/me`);
    return { status: answer.status(), text: await answer.text(), tls: await answer.securityDetails() };
  } finally {
    await seat.leave();
  }
}

test('the browser shows the certificate of its own store, and trusts our root by that store', async () => {
  const members = [firstAdministrator(installation), await newMember(installation, 'Siri Support', 'support'), await newMember(installation, 'Aud Auditor', 'auditor')];
  for (const one of await Promise.all(members.map(async (member) => ({ member, ...await seen(member) })))) {
    assert.equal(one.status, 200);
    const { kind, name, role } = JSON.parse(one.text);
    assert.deepEqual({ kind, name, role }, { kind: 'staff', name: one.member.name, role: one.member.role });
    assert.match(one.tls.protocol, /^TLS 1\.[23]$/);
    assert.equal(one.tls.issuer, 'Nordic Trust Issuing');
  }
});

test('the same browser without a certificate gets the page that says what is missing', async () => {
  const { status, text } = await seen(null);
  assert.equal(status, 401);
  assert.match(text, /a client certificate is needed/);
});
