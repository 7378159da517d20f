import { setTimeout as wait } from 'node:timers/promises'
import { AUDIENCE, startApis } from './apis.js'
import type { Api } from './apis.js'
import type { OpenIdProvider } from './providers.js'

/** What became of the calls of one scene. */
export interface SceneResult {
  readonly calls: number
  readonly failures: number
  /** What was seen beside, in words. */
  readonly remark: string
}

/** Keys grow old within the scene instead of within minutes, so that an outage outlasts them. */
const KEY_CACHE = { minAgeMs: 300, defaultAgeMs: 300, maxAgeMs: 300 }

/**
 * Keeps calling every API while the provider rotates its keys, and then while it is gone and its keys have grown old.
 * Leaves the provider stopped.
 */
export async function playKeyScenes(
  provider: OpenIdProvider,
): Promise<{ readonly rotation: SceneResult; readonly outage: SceneResult }> {
  const apis = await startApis([provider.issuer], () => {}, KEY_CACHE)
  try {
    return { rotation: await rotateUnderLoad(provider, apis), outage: await outliveProvider(provider, apis) }
  } finally {
    for (const api of apis) await api.close()
  }
}

async function rotateUnderLoad(provider: OpenIdProvider, apis: readonly Api[]): Promise<SceneResult> {
  let tokens = [await provider.requestToken('orders:read', AUDIENCE)]
  const load = startLoad(apis, () => tokens)
  const signAnew = async (): Promise<void> => {
    provider.promoteKey()
    // Tokens of the old key and of the new one together.
    tokens = [...tokens.slice(-1), await provider.requestToken('orders:read', AUDIENCE)]
    await wait(KEY_CACHE.maxAgeMs)
  }
  await wait(KEY_CACHE.maxAgeMs)
  // Without notice: the first token of the new key is what makes each API look for it.
  await provider.publishKey()
  await signAnew()
  // With notice: the new key is there before anything is signed with it.
  for (let round = 0; round < 2; round++) {
    await provider.publishKey()
    await wait(KEY_CACHE.maxAgeMs)
    await signAnew()
  }
  return { ...(await load.stop()), remark: '3 new keys, the first without notice' }
}

async function outliveProvider(provider: OpenIdProvider, apis: readonly Api[]): Promise<SceneResult> {
  const token = await provider.requestToken('orders:read', AUDIENCE)
  await provider.stop()
  const load = startLoad(apis, () => [token])
  await wait(KEY_CACHE.maxAgeMs * 4)
  const result = await load.stop()
  const states = new Set(apis.flatMap((api) => api.health()).map(({ state }) => state))
  return { ...result, remark: `the provider is gone, its keys are ${[...states].join(' and ')}` }
}

/** Calls every API again and again, each with every token, until it is stopped. */
function startLoad(apis: readonly Api[], tokens: () => readonly string[]) {
  let running = true
  let calls = 0
  let failures = 0
  const work = apis.map(async ({ url }) => {
    while (running) {
      for (const token of tokens()) {
        const { status } = await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })
        calls++
        if (status !== 200) failures++
      }
    }
  })
  return {
    async stop(): Promise<{ readonly calls: number; readonly failures: number }> {
      running = false
      await Promise.all(work)
      return { calls, failures }
    },
  }
}
