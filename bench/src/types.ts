import type { TestIssuer } from '@countersign/testing'

/** What was measured of one contender in one round, by metric. */
export type Sample = Readonly<Record<string, number>>

/** Contenders that took turns: what each did in each round. Round `n` of one is comparable with round `n` of another, and with nothing else. */
export interface Group {
  readonly section: Section
  readonly name: string
  /** The contender that the others are divided by. */
  readonly base: string
  /** Whether each contender does the same work in each round, so that those in which it took longer were disturbed. */
  readonly isSteady?: boolean
  readonly metrics: readonly Metric[]
  readonly contenders: readonly { readonly name: string; readonly samples: readonly Sample[] }[]
}

export interface Metric {
  readonly key: string
  readonly title: string
  readonly unit: string
  /** Whether more is better. */
  readonly rate?: boolean
}

/** Something counted, or measured once: no ratio. */
export interface Fact {
  readonly section: Section
  readonly key: string
  readonly title: string
  readonly value: number
  readonly unit: string
  /** Who it is said of; `countersign` where nothing else is said. */
  readonly contender?: string
}

export type Section = 'verify' | 'http' | 'growth' | 'storms' | 'extras' | 'exchange' | 'audit' | 'start'

export interface Findings {
  readonly groups: readonly Group[]
  readonly facts: readonly Fact[]
}

export interface Environment {
  readonly node: string
  readonly openssl: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly load: string
  readonly generator: string
  /** Whether each server had one core, the same for all, and the load another. */
  readonly isPlaced?: boolean
  readonly versions: Readonly<Record<string, string>>
}

export interface Report extends Findings {
  readonly mode: Mode
  readonly startedAt: string
  readonly seconds: number
  readonly environment: Environment
  readonly profiles: readonly Profile[]
}

/** Where the time of one loop goes: functions by the share spent in themselves, 0 to 1. */
export interface Profile {
  readonly name: string
  readonly rows: readonly { readonly name: string; readonly share: number }[]
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** A report without its samples: what the page shows, and what is kept. */
export interface Summary {
  readonly mode: Mode
  readonly startedAt: string
  readonly seconds: number
  readonly environment: Environment
  readonly groups: readonly SummaryGroup[]
  readonly facts: readonly Fact[]
  readonly profiles: readonly Profile[]
  readonly bars: readonly BarResult[]
}

export interface SummaryGroup extends Omit<Group, 'contenders'> {
  readonly contenders: readonly {
    readonly name: string
    /** By metric: divided by the base's, and the median in the metric's own unit. */
    readonly figures: Readonly<Record<string, { readonly ratio: Spread; readonly typical: number }>>
  }[]
}

/** How the bars came out, by major version of Node. */
export type Checks = Readonly<
  Record<
    string,
    {
      readonly node: string
      readonly startedAt: string
      readonly seconds: number
      readonly isPlaced?: boolean
      readonly bars: readonly BarResult[]
    }
  >
>

/** One bar of the table, and how far it was cleared. */
export interface BarResult {
  readonly title: string
  readonly limit: number
  /** Whether the value may not be over the limit, or not under it. */
  readonly sense: 'most' | 'least'
  readonly unit: string
  readonly value: number
  readonly spread?: Spread
  readonly holds: boolean
  /** The bar as it stands, where, on another Node than 24, the server without authentication falls short of it in this run, and is the limit. */
  readonly outOfReach?: number
}

export type Mode = 'quick' | 'full' | 'check'

/** How much of everything; see settings.mjs. */
export interface Settings {
  readonly mode: Mode
  readonly verify: {
    readonly rounds: number
    readonly batchMs: number
    /** So often the rounds are shared out over the run: a machine may be slow for a minute. */
    readonly sittings: 1 | 3
    /** Of each contender, before anything is measured. */
    readonly warmUpCalls: number
    /**
     * Of new tokens, before a sitting: so many, and the heap has grown to what it will be and was gone over as a whole. Before that, pages
     * that are touched for the first time are a tenth of what a token costs.
     */
    readonly settlingCalls: number
    readonly algorithms: readonly Algorithm[]
    readonly peers: boolean
  }
  readonly http: {
    readonly rounds: number
    readonly seconds: number
    readonly connections: number
    /** Whether hot requests also come one at a time. */
    readonly alone: boolean
    readonly algorithms: readonly Algorithm[]
    /** Whether contenders play that no bar speaks of. */
    readonly all: boolean
  }
  readonly growth: {
    readonly rounds: number
    readonly issuers: readonly number[]
    readonly keys: readonly number[]
    readonly tokens: readonly number[]
    readonly tokenKiB: readonly number[]
  }
  readonly storms: { readonly floodSeconds: number; readonly coldRequests: number; readonly peers: boolean }
  readonly extras: { readonly rounds: number; readonly batchMs: number; readonly all: boolean }
  readonly exchange: { readonly rounds: number; readonly seconds: number; readonly connections: readonly number[] }
  readonly audit: {
    /** Of the sinks, each with so many callers that wait. */
    readonly rounds: number
    readonly batchMs: number
    readonly callers: readonly number[]
    /** Of requests with and without. */
    readonly requestRounds: number
    readonly requestSeconds: number
  }
  readonly start: { readonly rounds: number }
}

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** An issuer that listens on loopback, and tokens of it. */
export interface World {
  readonly issuer: TestIssuer
  readonly audience: string
  /** Distinct tokens: more than the token cache of countersign remembers to have seen once. */
  tokens(algorithm: Algorithm): Promise<readonly string[]>
  /** As many others as the token cache holds: once it is full of them, none of `tokens` is ever found in it. */
  fillTokens(): Promise<readonly string[]>
  /** A few tokens, each as many strings that share nothing, as they would come over the wire. */
  hotTokens(algorithm: Algorithm): Promise<readonly string[]>
  close(): Promise<void>
}

export interface Context {
  readonly settings: Settings
  readonly world: World
  /** Says what is going on, in a line. */
  say(text: string): void
}
