import * as client from 'openid-client'
import { redirectUri } from './provider.js'
import type { InteropProvider } from './provider.js'

/** What a sign-in leaves the app with. */
export interface SignInResult {
  readonly accessToken: string
  readonly idToken: string
}

/** Signs a user in at the public client `app`: authorization code with PKCE, by HTTP, without a browser. */
export async function signIn(
  { app }: InteropProvider,
  login: string,
  request: { readonly scope: string; readonly resource?: string },
): Promise<SignInResult> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()]
  const start = client.buildAuthorizationUrl(app, {
    redirect_uri: redirectUri,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...request,
  })
  const end = await walk(start, login)
  const answer = await client.authorizationCodeGrant(app, end, { pkceCodeVerifier, expectedState, expectedNonce })
  return { accessToken: answer.access_token, idToken: answer.id_token ?? '' }
}

/** Follows redirects with a cookie jar and sends the two development forms, until the provider redirects to the app. */
async function walk(start: URL, login: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = start
  let form: URLSearchParams | undefined
  for (let steps = 0; steps < 12; steps += 1) {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      redirect: 'manual',
      ...(form === undefined ? {} : { body: form }),
    })
    for (const field of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(field) ?? []
      cookies.set(name, value)
    }
    const body = await response.text()
    const location = response.headers.get('location')
    if (location !== null) {
      url = new URL(location, url)
      form = undefined
      if (url.href.startsWith(redirectUri)) return url
      continue
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(body)?.[1]
    const prompt = /name="prompt" value="(\w+)"/.exec(body)?.[1]
    if (action === undefined || prompt === undefined) throw new Error(`No form at ${url.href}: ${response.status}`)
    url = new URL(action, url)
    form = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt })
  }
  throw new Error(`The provider never came back to the app, last at ${url.href}`)
}
