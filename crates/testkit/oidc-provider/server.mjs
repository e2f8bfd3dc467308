// A private OpenID Connect provider for tests: node server.mjs CALLBACK_URL
// Prints its issuer when it listens, and ends when its input does. Who may sign in, with any password, and whose tokens
// it spoils on the way out, stands in accounts.json.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const accounts = JSON.parse(readFileSync(new URL('accounts.json', import.meta.url)));
const [, , callback] = process.argv;

const makeKey = async () => {
  const { privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), alg: 'RS256', use: 'sig' };
};
const key = { ...(await makeKey()), kid: 'signing' };
const newKey = { ...(await makeKey()), kid: 'new' };
const otherKey = { ...(await makeKey()), kid: 'signing' };

const clientSecret = 'secret-of-the-tests-client-0123456789';
const clients = ['sentry', 'another'].map((client_id) => ({
  client_id,
  client_secret: clientSecret,
  redirect_uris: [callback],
  post_logout_redirect_uris: [callback],
}));
clients.push({ client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris: [callback] });

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients,
  jwks: { keys: [key] },
  cookies: { keys: ['of-a-test'] },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'groups', 'https://example.org/teams'],
    email: ['email', 'email_verified'],
  },
  pkce: { required: () => true },
  ttl: { AuthorizationCode: 60, AccessToken: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
  async findAccount(_ctx, accountId) {
    const account = accounts[accountId];
    if (!account) return undefined;
    const claims = account.claims ?? accounts.ada.claims;
    return { accountId, claims: async () => ({ sub: accountId, ...claims }) };
  },
});

async function sign(claims, how) {
  const signed = new jose.SignJWT(claims);
  switch (how) {
    case 'none':
      return new jose.UnsecuredJWT(claims).encode();
    case 'shared-secret':
      return signed.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(clientSecret));
    case 'new-key':
      return signed.setProtectedHeader({ alg: 'RS256', kid: 'new' }).sign(await jose.importJWK(newKey));
    case 'other-key':
      return signed.setProtectedHeader({ alg: 'RS256', kid: 'signing' }).sign(await jose.importJWK(otherKey));
    default:
      return signed.setProtectedHeader({ alg: 'RS256', kid: 'signing' }).sign(await jose.importJWK(key));
  }
}

let changedKeys = false;
provider.use(async (ctx, next) => {
  await next();
  if (ctx.path === '/jwks' && changedKeys) {
    const { kty, e, n, kid, alg, use } = newKey;
    ctx.body = { keys: [{ kty, e, n, kid, alg, use }] };
  }
  if (ctx.path === '/token' && ctx.body?.id_token) {
    const claims = jose.decodeJwt(ctx.body.id_token);
    const { tamper, sign: how } = accounts[claims.sub];
    if (how === 'new-key') changedKeys = true;
    for (const [name, value] of Object.entries(tamper ?? {})) {
      if (value === null) delete claims[name];
      else claims[name] = value;
    }
    ctx.body.id_token = how === 'omitted' ? undefined : await sign(claims, how);
  }
  if (ctx.path === '/me' && ctx.body?.sub) Object.assign(ctx.body, accounts[ctx.body.sub].info);
});

server.on('request', provider.callback());
process.stdin.resume().on('end', () => process.exit());
console.log(issuer);
