/** What is used of `createClient()` and `createClientPool()` of `redis` and `@redis/client`. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>
  readonly isOpen: boolean
}

/** What is used of `createSentinel()` of `redis` and `@redis/client`. */
export interface NodeRedisSentinel {
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  getMasterNode(): unknown
}

/** What is used of `createCluster()` of `redis` and `@redis/client`. */
export interface NodeRedisCluster {
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  getSlotRandomNode(slot: number): unknown
}

/** What is used of `Redis` and `Cluster` of `ioredis` and `iovalkey`. */
export interface IoredisClient {
  call(command: string, ...args: string[]): Promise<unknown>
  readonly status: string
  readonly isCluster: boolean
}

/** What is used of `GlideClient` and `GlideClusterClient` of `@valkey/valkey-glide`. */
export interface GlideClientLike {
  customCommand(args: string[]): Promise<unknown>
}

/** A client that the application has already. It opens, configures and closes it; these stores only send commands. */
export type RedisClient = NodeRedisClient | NodeRedisSentinel | NodeRedisCluster | IoredisClient | GlideClientLike
