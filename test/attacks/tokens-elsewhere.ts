import { UNAUTHENTICATED } from './attack.js'
import type { Attack, ForgedRequest } from './attack.js'

/** A good token where nobody looks for one. */
export const tokensElsewhere: readonly Attack[] = [
  {
    title: 'B3 B8 B9: a token in the query, the body, a cookie or another field is never read',
    async requests({ token }) {
      const good = await token()
      const form = `access_token=${good}`
      const shapes: Readonly<Record<string, ForgedRequest['request']>> = {
        'in the query': { path: `/me?access_token=${good}` },
        'in the query, by other names': { path: `/me?token=${good}&bearer=${good}&authorization=Bearer%20${good}` },
        'in the fragment': { path: `/me#access_token=${good}` },
        'in a form under POST': {
          method: 'POST',
          path: '/orders',
          fields: [
            ['Content-Type', 'application/x-www-form-urlencoded'],
            ['Content-Length', String(form.length)],
          ],
          body: form,
        },
        'in a form, under GET': {
          fields: [
            ['Content-Type', 'application/x-www-form-urlencoded'],
            ['Content-Length', String(form.length)],
          ],
          body: form,
        },
        'in a cookie': { fields: [['Cookie', `access_token=${good}; Authorization=Bearer ${good}`]] },
        'in other fields': {
          fields: [
            ['Proxy-Authorization', `Bearer ${good}`],
            ['X-Forwarded-Authorization', `Bearer ${good}`],
            ['X-Original-Authorization', `Bearer ${good}`],
            ['X-Access-Token', good],
            ['X-Forwarded-Access-Token', good],
            ['X-Amzn-Oidc-Data', good],
            ['Authentication', `Bearer ${good}`],
            ['Sec-WebSocket-Protocol', `bearer, ${good}`],
            ['DPoP', good],
          ],
        },
        'by a method in another field': { fields: [['X-HTTP-Method-Override', 'OPTIONS']] },
        'by a user that a proxy names': {
          fields: [
            ['X-Forwarded-User', 'user-1'],
            ['X-Remote-User', 'user-1'],
            ['Forwarded', 'for=127.0.0.1;host=api.example.com'],
            ['X-Forwarded-Client-Cert', 'Subject="CN=admin"'],
          ],
        },
      }
      return Object.entries(shapes).map(([name, request]) => ({
        name,
        request,
        // Fastify has no such route there, and says so before it asks who is calling.
        ...(request.method === 'POST' ? { status: [401, 404] } : { status: [401], challenge: UNAUTHENTICATED }),
      }))
    },
  },
]
