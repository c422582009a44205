// A real OpenID provider: `node provider.js LIBRARY PORT REDIRECT_URI SECRET [CERTIFICATE KEY]`. Whoever signs in is what
// they type, with any password. Their groups are what follows a plus: `ola+sre` is in the group `sre`.
import { createServer as plain } from 'node:http'
import { createServer as secured } from 'node:https'
import { readFileSync } from 'node:fs'

const [library, port, redirectUri, secret, certificate, key] = process.argv.slice(2)
const { default: Provider } = await import(library)

const scheme = certificate ? 'https' : 'http'
const issuer = `${scheme}://127.0.0.1:${port}`
const provider = new Provider(issuer, {
  clients: [{ client_id: 'watchkeep', client_secret: secret, redirect_uris: [redirectUri] }],
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  pkce: { required: () => true },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, preferred_username: sub.split('+')[0], groups: sub.split('+').slice(1) }),
  }),
})
const serve = certificate
  ? secured({ cert: readFileSync(certificate), key: readFileSync(key) }, provider.callback())
  : plain(provider.callback())
serve.listen(Number(port), '127.0.0.1', () => console.log(`listens at ${issuer}`))
