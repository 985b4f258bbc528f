import { openOffice } from './office.mjs';
import { sitDown } from './staff.mjs';
import { widths } from './browser.mjs';
const office = await openOffice();
try {
  const o = await office.order(office.ada, { note: 'for May' });
  const { serial, order } = await office.certified('ledger', 'Ledger');
  const seat = await sitDown(office.installation, office.ada);
  const paths = { orders: '/console/orders', new: '/console/orders/new?organisation=nordbank&service=document-archive&client=e-banking', new0: '/console/orders/new', order: `/console/orders/${o.id}`, used: `/console/orders/${order}`, certs: '/console/certificates', cert: `/console/certificates/${serial}`, revoke: `/console/certificates/${serial}/revoke`, orgs: '/console/organisations', org: '/console/organisations/nordbank', service: '/console/services/nordbank/document-archive', client: '/console/clients/nordbank/document-archive/ledger', contacts: '/console/contacts' };
  for (const [w, viewport] of Object.entries({ desktop: widths.desktop, phone: widths.phone })) {
    const page = await seat.open({ viewport, colorScheme: w === 'phone' ? 'dark' : 'light' });
    for (const [name, path] of Object.entries(paths)) {
      const a = await page.goto(seat.origin + path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      console.log(w, name, a.status(), wide, page.complaints.join('; ')); page.complaints.length = 0;
      if (process.argv[2]?.split(',').includes(name)) for (const d of await page.$$('details')) await d.evaluate((e) => { e.open = true; });
      await page.screenshot({ path: `/tmp/shots/${name}-${w}.png`, fullPage: true });
    }
    await page.close();
  }
  await seat.leave();
} finally { await office.stop(); }
