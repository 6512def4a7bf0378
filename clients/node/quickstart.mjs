/**
 * An account's life on the sandbox, from the API key to the end: `node clients/node/quickstart.mjs`
 *
 * With `new Bridge({ options: ['--api-domain', 'acme'] })` the same calls go to the real service.
 */
import { Bridge, OVSError } from './ovs-bridge.mjs';

const email = 'user_name@domain.com';
const password = 'user_password';

const bridge = new Bridge();
// What the sandbox would have mailed it tells as an event.
bridge.on('OVS_NOTIFY_SANDBOX_MAIL', (mail) => console.log(`mail to ${mail.to}: ${mail.subject} ${mail.password}`));
try {
  await bridge.setApiKey({ api_key: 'your_api_key' });
  await bridge.addClient({ email, password, countrycode: 'US', type: '12', first_name: 'Zoë' });
  console.log(`added ${email}`);
  try {
    await bridge.addClient({ email, password, countrycode: 'US', type: '12' });
  } catch (error) {
    if (!(error instanceof OVSError)) throw error;
    console.log(`once more: ${error.name}, ${error.message}`);
  }

  await bridge.login({ email, password });
  await showPlan();
  const credential = await bridge.getAccountCredential();
  console.log(`OpenVPN user ${credential.username}, password ${credential.password}`);
  await bridge.newProduct({ type: '6' });
  await bridge.changePlan({ type: '24' });
  await showPlan();
  await bridge.cancelPlan();
  console.log('cancelled for that day');

  // Many at a time: a call need not wait for those before it, and each gets its own answer.
  const emails = Array.from({ length: 1000 }, (_, n) => `${n}@x.de`);
  const added = await Promise.all(emails.map((email) => bridge.addClient({ email, countrycode: 'DE', type: '1' })));
  const last = added[added.length - 1];
  console.log(`added ${added.length} more, the last is ${last.username} with password ${last.password}`);

  await bridge.resetPassword({ email });
  await bridge.closeClient({ email });
  console.log('closed');
} finally {
  await bridge.close();
}

async function showPlan() {
  const [plan, due] = await Promise.all([bridge.getAccountType(), bridge.getAccountExpDate()]);
  console.log(`plan ${plan.type}, due ${due.exp_date}`);
}
