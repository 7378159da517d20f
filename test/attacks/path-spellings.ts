import type { Attack } from './attack.js'

/** One path in spellings that a router may take for it, and a guard by path would not. */
const SPELLINGS: readonly string[] = [
  '/orders',
  '/orders/',
  '//orders',
  '///orders//',
  '/orders;jsessionid=1',
  '/orders;/x',
  '/%6frders',
  '/orders%2F',
  '/%2Forders',
  '/orders%00',
  '/orders%20',
  '/orders?',
  '/orders#',
  '/ORDERS',
  '/Orders/',
  '/./orders',
  '/x/../orders',
  '/orders/.',
  '/orders/x/..',
  '/%2e/orders',
  '/x/%2e%2e/orders',
  '/open/../orders',
  '/open/..%2Forders',
  '/open;/../orders',
  '/orders.json',
  '/orders\\',
  '\\orders',
  '/orders/both',
  '/orders//both',
  '/shop/orders/1',
  '/shop//orders/1',
  '//shop/orders/1',
  '/SHOP/orders/1',
  '/shop/%6frders/1',
  '/shop/orders/%31',
  '/shop;x=y/orders/1',
  '/admin/stats',
  '/admin//stats',
  '//admin/stats',
  '/ADMIN/stats',
  '/admin/STATS/',
  '/admin/%73tats',
  '/admin%2Fstats',
  '/partner/me',
  '//partner/me',
  '/partner//me',
  '/PARTNER/me',
  '/partner/%6de',
  '/inner/me',
  '/inner//me',
]

/** A path in each of the spellings that routers are known to mend. */
export function createSpellings(path: string): readonly string[] {
  const [first = '', ...rest] = path
  const escaped = `%${first.charCodeAt(0).toString(16).toUpperCase()}${rest.join('')}`
  const doubled = path.replaceAll('/', '//')
  return [
    `/${path}`,
    `//${doubled}`,
    `///${path}`,
    `/${path}/`,
    `/${path}//`,
    `/${path.toUpperCase()}`,
    `/${path};x=y`,
    `/${path};`,
    `/;x=y/${path}`,
    `/${path}?x=y`,
    `/${path}%2F`,
    `/%2F${path}`,
    `/${escaped}`,
    `/%2${escaped}`,
    `/./${path}`,
    `/x/../${path}`,
    `/open/../${path}`,
    `/open/..;/${path}`,
    `/open/%2e%2e/${path}`,
    `/open;/../${path}`,
    `/${path}%00`,
    `/${path}%20`,
    `/${path}.`,
    `/${path}.json`,
    `/\\${path}`,
  ]
}

/** Whatever the router makes of it, nobody gets in. */
const CLOSED = [301, 400, 401, 403, 404, 405]

/** Guards by route, not by path: what is routed is guarded. */
export const pathSpellings: readonly Attack[] = [
  {
    title: '#20 CVE-2026-2880 CVE-2026-14198 CVE-2026-33808: a guarded path in other spellings, without a token',
    requests: () => SPELLINGS.map((path) => ({ name: path, request: { path }, status: CLOSED })),
  },
  {
    title: '#20 CVE-2026-2880 CVE-2026-14198 CVE-2026-33808: a guarded path in other spellings, without the scope',
    async requests({ token }) {
      const fields = [['Authorization', `Bearer ${await token({ scope: 'nothing' })}`]] as const
      return SPELLINGS.filter((path) => !/(partner|inner)/i.test(path)).map((path) => ({
        name: path,
        request: { path, fields },
        status: CLOSED,
      }))
    },
  },
  {
    title:
      '#21 CVE-2026-22753 CVE-2026-22754: routers and applications below a prefix, each by its own middleware and guards',
    async requests({ token }) {
      const fields = [['Authorization', `Bearer ${await token({ scope: 'nothing' })}`]] as const
      return [
        '/shop/orders/1',
        '/admin/stats',
        '/partner/me',
        '/inner/me',
        '/bound/orders',
        '/optional/orders',
      ].flatMap((path) => [
        { name: `${path}, without a token`, request: { path }, status: [401] },
        { name: `${path}, with a token that is not enough there`, request: { path, fields }, status: [401, 403] },
      ])
    },
  },
]
